//! Pushing view models: whole ones, when they changed, and not too often.

use std::{sync::Arc, time::Duration};

use mission_control_protocol::Record;
use tokio::{sync::watch, time::Instant};

use super::{Core, CoreMessage};
use crate::{
    feed::{DashboardFeed, Loaded, Reading},
    hub_link::LinkCommand,
    hub_state::Touched,
    models::{alert_detail, alerts, commands, connect, dashboard, fleet, frame, rules, settings, silences},
    view::{HubKey, TransfersView, ViewModel, ViewRequest, conductor::ConductorView},
};

/// A view may take one part in so many of the core's time.
const SHARE: u32 = 10;

/// One view that somebody follows.
pub(crate) struct Subscription {
    id: u64,
    request: ViewRequest,
    models: watch::Sender<Option<Arc<ViewModel>>>,
    /// For a dashboard: its events and charts.
    feed: Option<DashboardFeed>,
    /// Whether what it shows may have changed.
    is_dirty: bool,
    /// Not before this.
    due_at: Instant,
}

impl Subscription {
    fn is_followed(&self) -> bool {
        !self.models.is_closed()
    }

    /// Least time between two pushes.
    fn pace(&self) -> Duration {
        Duration::from_millis(match self.request {
            ViewRequest::Alerts { .. }
            | ViewRequest::Alert { .. }
            | ViewRequest::Rules
            | ViewRequest::Silences
            | ViewRequest::Commands
            | ViewRequest::Connect { .. }
            | ViewRequest::Transfers => 100,
            ViewRequest::Frame | ViewRequest::Present => 200,
            ViewRequest::Fleet { .. } | ViewRequest::Dashboard { .. } => 250,
            ViewRequest::Settings => 500,
        })
    }
}

impl Core {
    pub(super) fn subscribe(&mut self, request: ViewRequest, models: watch::Sender<Option<Arc<ViewModel>>>) {
        let id = self.next_subscription;
        self.next_subscription += 1;
        let now = self.shown_now();
        let mut feed = None;
        if let ViewRequest::Dashboard { dashboard, range } = &request {
            let mut new = DashboardFeed::new(dashboard.clone(), *range);
            if let Some(hub) = self.shown().hub(dashboard.hub) {
                self.read(id, new.read_anew(hub, now));
            }
            feed = Some(new);
        }
        if request == ViewRequest::Settings {
            self.measure_caches();
        }
        self.subscriptions.push(Subscription {
            id,
            request,
            models,
            feed,
            is_dirty: true,
            due_at: Instant::now(),
        });
    }

    /// Starts reading a dashboard's events and charts from the log, away from the core.
    fn read(&self, subscription: u64, reading: Reading) {
        let messages = self.messages_in.clone();
        tokio::task::spawn_blocking(move || {
            let loaded = match reading.run() {
                Ok(Some(loaded)) => Some(loaded),
                // Cancelled: nobody waits for it.
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "the history of a dashboard cannot be read");
                    None
                }
            };
            if let Some(messages) = messages.upgrade() {
                let reading = reading.number;
                let _ = messages.blocking_send(CoreMessage::FeedLoaded { subscription, reading, loaded });
            }
        });
    }

    pub(super) fn feed_loaded(&mut self, subscription: u64, reading: u64, loaded: Option<Loaded>) {
        let Some(found) = self.subscriptions.iter_mut().find(|known| known.id == subscription) else {
            return;
        };
        let Some(feed) = &mut found.feed else { return };
        let shown = self.replay.shown().map_or(&self.knowledge, |shown| &shown.knowledge);
        let Some(hub) = shown.hub(feed.dashboard.hub) else { return };
        match loaded {
            Some(loaded) => feed.loaded(hub, reading, loaded),
            None => feed.failed(hub, reading),
        }
        found.is_dirty = true;
    }

    pub(super) fn records_changed(&mut self, key: HubKey, records: &[Record], touched: Touched) {
        let Some(hub) = self.knowledge.hub(key) else { return };
        let is_live = self.replay.is_live();
        for subscription in &mut self.subscriptions {
            subscription.is_dirty |= match &subscription.request {
                ViewRequest::Present => true,
                // Who connects now does so whatever instant is shown.
                ViewRequest::Connect { hub, .. } => *hub == key,
                // What is shown is the past: nothing that happens now changes it.
                _ if !is_live => false,
                ViewRequest::Frame | ViewRequest::Fleet { .. } => true,
                ViewRequest::Alerts { .. } | ViewRequest::Alert { .. } => touched.alerts || touched.policies,
                ViewRequest::Rules | ViewRequest::Silences => touched.alerts || touched.policies,
                ViewRequest::Commands => touched.commands,
                ViewRequest::Settings | ViewRequest::Transfers => false,
                ViewRequest::Dashboard { dashboard, .. } => {
                    dashboard.hub == key
                        && subscription.feed.as_mut().is_some_and(|feed| feed.records(hub, records))
                }
            };
        }
    }

    /// The past of a hub was replaced: what was read of it is read again.
    pub(super) fn history_changed(&mut self, key: HubKey) {
        self.read_feeds_of(|known| known == key);
    }

    /// Another instant is shown: every dashboard that is looked at is read again.
    pub(super) fn read_feeds(&mut self) {
        self.read_feeds_of(|_| true);
    }

    fn read_feeds_of(&mut self, wanted: impl Fn(HubKey) -> bool) {
        let now = self.shown_now();
        let mut readings = Vec::new();
        let shown = self.replay.shown().map_or(&self.knowledge, |shown| &shown.knowledge);
        for subscription in &mut self.subscriptions {
            if let Some(feed) = &mut subscription.feed
                && wanted(feed.dashboard.hub)
                && let Some(hub) = shown.hub(feed.dashboard.hub)
            {
                readings.push((subscription.id, feed.read_anew(hub, now)));
            }
        }
        for (id, reading) in readings {
            self.read(id, reading);
        }
    }

    pub(super) fn everything_changed(&mut self) {
        for subscription in &mut self.subscriptions {
            subscription.is_dirty = true;
        }
    }

    pub(super) fn access_changed(&mut self) {
        for subscription in &mut self.subscriptions {
            subscription.is_dirty |=
                matches!(subscription.request, ViewRequest::Settings | ViewRequest::Connect { .. });
        }
    }

    pub(super) fn transfers_changed(&mut self) {
        for subscription in &mut self.subscriptions {
            subscription.is_dirty |= subscription.request == ViewRequest::Transfers;
        }
    }

    pub(super) fn presence_changed(&mut self) {
        for subscription in &mut self.subscriptions {
            subscription.is_dirty |=
                !matches!(subscription.request, ViewRequest::Commands | ViewRequest::Transfers);
        }
    }

    /// What changes with time alone: ages, uptimes, the charts' span, the minute of the activity strip.
    pub(super) fn subscriptions_tick(&mut self) {
        self.subscriptions.retain(Subscription::is_followed);
        for subscription in &mut self.subscriptions {
            subscription.is_dirty |= matches!(
                subscription.request,
                ViewRequest::Frame
                    | ViewRequest::Present
                    | ViewRequest::Dashboard { .. }
                    | ViewRequest::Silences
            );
        }
        if self.subscriptions.iter().any(|known| known.request == ViewRequest::Settings) {
            self.measure_caches();
        }
    }

    fn measure_caches(&self) {
        for link in self.links.values() {
            // A link that is busy measures the next time.
            let _ = link.tell(LinkCommand::MeasureCache);
        }
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.subscriptions.iter().filter(|known| known.is_dirty).map(|known| known.due_at).min()
    }

    pub(super) fn push_due(&mut self) {
        let now = Instant::now();
        let mut subscriptions = std::mem::take(&mut self.subscriptions);
        subscriptions.retain(Subscription::is_followed);
        for subscription in &mut subscriptions {
            if !subscription.is_dirty || subscription.due_at > now {
                continue;
            }
            subscription.is_dirty = false;
            let started = Instant::now();
            let model = self.model(subscription);
            // A view that is long in the making is made less often, so that it never takes the core for itself.
            subscription.due_at = now + subscription.pace().max(started.elapsed() * SHARE);
            let known = subscription.models.borrow().clone();
            if known.is_none_or(|known| !is_same(&known, &model)) {
                subscription.models.send_replace(Some(Arc::new(model)));
            }
        }
        self.subscriptions = subscriptions;
    }

    fn model(&self, subscription: &mut Subscription) -> ViewModel {
        let (knowledge, now) = (self.shown(), self.shown_now());
        match &subscription.request {
            ViewRequest::Frame => {
                let conductor = self.replay.view(Instant::now());
                ViewModel::Frame(frame::view(knowledge, conductor, now))
            }
            ViewRequest::Present => {
                ViewModel::Present(frame::view(&self.knowledge, ConductorView::Live, self.now()))
            }
            ViewRequest::Fleet { filter, grouping, sort } => {
                ViewModel::Fleet(fleet::view(knowledge, filter, *grouping, *sort))
            }
            ViewRequest::Dashboard { dashboard, .. } => {
                let hub = knowledge.hub(dashboard.hub);
                let (charts, events) = match (hub, &mut subscription.feed) {
                    (Some(hub), Some(feed)) => (feed.charts(hub, now), feed.events()),
                    _ => (Vec::new(), Vec::new()),
                };
                ViewModel::Dashboard(Box::new(dashboard::view(knowledge, dashboard, charts, events, now)))
            }
            ViewRequest::Alerts { filter } => ViewModel::Alerts(alerts::view(knowledge, filter)),
            ViewRequest::Alert { alert_id } => {
                ViewModel::Alert(Box::new(alert_detail::view(knowledge, alert_id)))
            }
            ViewRequest::Rules => ViewModel::Rules(rules::view(knowledge)),
            ViewRequest::Silences => ViewModel::Silences(silences::view(knowledge, now)),
            ViewRequest::Commands => ViewModel::Commands(commands::view(knowledge)),
            ViewRequest::Connect { hub, token } => {
                ViewModel::Connect(connect::view(&self.knowledge, *hub, token.as_ref()))
            }
            ViewRequest::Settings => ViewModel::Settings(settings::view(&self.knowledge)),
            ViewRequest::Transfers => {
                ViewModel::Transfers(TransfersView { transfers: self.transfers.rows() })
            }
        }
    }
}

/// Whether a model tells nothing new. The clock in the frame alone is no news.
fn is_same(known: &ViewModel, model: &ViewModel) -> bool {
    match (known, model) {
        (ViewModel::Frame(known), ViewModel::Frame(new))
        | (ViewModel::Present(known), ViewModel::Present(new)) => {
            let mut known = known.clone();
            known.now = new.now;
            known == *new
        }
        _ => known == model,
    }
}
