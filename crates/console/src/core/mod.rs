//! The core: one task that owns everything the console knows. Links tell it what happens, handles ask it for things,
//! and it pushes view models to those who follow them. Nothing here touches the disk or waits for the network.

mod notifications;
mod replay;
mod requests;
mod storage;
mod subscriptions;
mod transfers;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use mission_control_protocol::{
    AlertId, OperatorId, Record, RecordKind, Severity, Timestamp, alert::AlertTransition, record::AlertRecord,
};
use mission_control_store::{Retention, UpkeepSettings};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior, interval},
};

pub(crate) use requests::{AlertActionPlan, CoreRequest};
pub(crate) use subscriptions::Subscription;

use crate::{
    config::Clock,
    feed::Loaded,
    hub_link::{HubLink, LinkCommand, LinkContext, LinkEvent, Route},
    hub_state::{Change, HubState, Touched},
    models::Knowledge,
    notifications::{NotificationIntent, NotificationPolicy, Raised},
    replay::{Conductor, ReadInstant, Replay},
    settings::{Settings, SettingsFile, retention},
    transfers::{TransferReport, Transfers},
    view::{HubKey, ViewModel, ViewRequest, requests::RequestError},
};

/// Requests from handles that wait for the core at most.
pub(crate) const INBOX: usize = 256;

/// Time between two looks at what changes with time alone.
const TICK: Duration = Duration::from_secs(1);

/// What handles and blocking readings send to the core.
pub(crate) enum CoreMessage {
    /// Follow a view.
    Subscribe { request: ViewRequest, models: watch::Sender<Option<Arc<ViewModel>>> },
    /// What a feed read from the log.
    FeedLoaded { subscription: u64, reading: u64, loaded: Option<Loaded> },
    /// What the logs say of an instant of the past.
    InstantRead(ReadInstant),
    /// Where a step leads.
    Stepped {
        found: Result<Option<Timestamp>, RequestError>,
        reply: oneshot::Sender<Result<(), RequestError>>,
    },
    /// Where an export, archive or import stands.
    Transfer { id: u32, report: TransferReport },
    /// Something asked for.
    Request(CoreRequest),
    /// End, with everything written.
    Shutdown(oneshot::Sender<()>),
}

/// Owns everything the console knows.
pub(crate) struct Core {
    knowledge: Knowledge,
    links: HashMap<HubKey, HubLink>,
    settings: Settings,
    settings_file: SettingsFile,
    /// Held while the settings are written.
    settings_turn: Arc<tokio::sync::Mutex<()>>,
    /// What is kept of every cache, for those who look after them.
    retain_caches: watch::Sender<Retention>,
    /// The same of the embedded hub's log, when that hub runs.
    pub(crate) retain_embedded: Option<watch::Sender<Retention>>,
    operator: OperatorId,
    downloads_directory: PathBuf,
    transfers: Transfers,
    policy: NotificationPolicy,
    replay: Replay,
    /// When what plays moves on.
    frame_at: Instant,
    /// When the dashboards' charts and events were last read for an instant of the past.
    feeds_read_at: Option<Instant>,
    clock: Clock,
    subscriptions: Vec<Subscription>,
    next_subscription: u64,
    /// Cloned into links.
    events_in: mpsc::Sender<(HubKey, LinkEvent)>,
    /// Cloned into blocking readings.
    messages_in: mpsc::WeakSender<CoreMessage>,
    intents: mpsc::Sender<NotificationIntent>,
}

/// The ends of the channels that the core holds.
pub(crate) struct CoreChannels {
    pub(crate) messages: mpsc::Receiver<CoreMessage>,
    pub(crate) events: mpsc::Receiver<(HubKey, LinkEvent)>,
}

/// What the core is made of.
pub(crate) struct CoreParts {
    pub(crate) knowledge: Knowledge,
    pub(crate) settings: Settings,
    pub(crate) settings_file: SettingsFile,
    pub(crate) operator: OperatorId,
    pub(crate) downloads_directory: PathBuf,
    pub(crate) clock: Clock,
    pub(crate) events_in: mpsc::Sender<(HubKey, LinkEvent)>,
    pub(crate) messages_in: mpsc::WeakSender<CoreMessage>,
    pub(crate) intents: mpsc::Sender<NotificationIntent>,
}

impl Core {
    pub(crate) fn new(parts: CoreParts) -> Self {
        Self {
            policy: NotificationPolicy::new(
                &parts.settings.preferences,
                &parts.settings.notification_policy,
                jiff::tz::TimeZone::system(),
            ),
            knowledge: parts.knowledge,
            replay: Replay::default(),
            frame_at: Instant::now(),
            feeds_read_at: None,
            links: HashMap::new(),
            retain_caches: watch::Sender::new(retention(&parts.settings.caches)),
            retain_embedded: None,
            settings: parts.settings,
            settings_file: parts.settings_file,
            settings_turn: Arc::default(),
            operator: parts.operator,
            downloads_directory: parts.downloads_directory,
            transfers: Transfers::default(),
            clock: parts.clock,
            subscriptions: Vec::new(),
            next_subscription: 0,
            events_in: parts.events_in,
            messages_in: parts.messages_in,
            intents: parts.intents,
        }
    }

    /// Follows `hub` from now on.
    pub(crate) fn follow(&mut self, hub: HubState, route: Route) {
        let context = LinkContext {
            key: hub.key,
            log_path: hub.log_path.clone(),
            operator: self.operator.clone(),
            clock: Arc::clone(&self.clock),
            events: self.events_in.clone(),
            upkeep: UpkeepSettings {
                retention: retention(&self.settings.caches),
                retention_changes: Some(self.retain_caches.subscribe()),
                ..UpkeepSettings::default()
            },
        };
        self.links.insert(hub.key, HubLink::start(context, route));
        self.knowledge.hubs.push(hub);
    }

    /// Shows these sentences in the frame.
    pub(crate) fn notice(&mut self, notices: Vec<String>) {
        self.knowledge.notices = notices;
    }

    /// Runs until it is told to end, or every handle is gone.
    pub(crate) async fn run(mut self, mut channels: CoreChannels) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ended = None;
        loop {
            let due = self.next_due();
            let frame = self.next_frame();
            tokio::select! {
                Some((hub, event)) = channels.events.recv() => self.event(hub, event),
                message = channels.messages.recv() => match message {
                    None => break,
                    Some(CoreMessage::Shutdown(done)) => {
                        ended = Some(done);
                        break;
                    }
                    Some(message) => self.message(message),
                },
                () = sleep_until(due) => self.push_due(),
                () = sleep_until(frame) => self.play_on(),
                _ = ticks.tick() => self.tick(),
            }
        }
        self.stop(&mut channels.events).await;
        if let Some(ended) = ended {
            let _ = ended.send(());
        }
    }

    /// Ends the links. They may be waiting to tell something: what they tell is taken and thrown away.
    async fn stop(self, events: &mut mpsc::Receiver<(HubKey, LinkEvent)>) {
        self.transfers.cancel_all();
        let links = self.links;
        let stopping = async move {
            for (_, link) in links {
                link.stop().await;
            }
        };
        tokio::pin!(stopping);
        loop {
            tokio::select! {
                () = &mut stopping => return,
                Some(_) = events.recv() => {}
            }
        }
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn message(&mut self, message: CoreMessage) {
        match message {
            CoreMessage::Subscribe { request, models } => self.subscribe(request, models),
            CoreMessage::FeedLoaded { subscription, reading, loaded } => {
                self.feed_loaded(subscription, reading, loaded);
            }
            CoreMessage::InstantRead(read) => self.instant_read(read),
            CoreMessage::Stepped { found, reply } => self.stepped(found, reply),
            CoreMessage::Transfer { id, report } => self.transfer_reported(id, report),
            CoreMessage::Request(request) => self.request(request),
            // Taken by the loop.
            CoreMessage::Shutdown(_) => {}
        }
    }

    fn event(&mut self, key: HubKey, mut event: LinkEvent) {
        let now = self.now();
        let Some(hub) = self.knowledge.hub_mut(key) else { return };
        match hub.apply(&mut event, now) {
            Change::Records { records, live_after, worst_before } => {
                // Notifications first: they wait for no view.
                if let Some(live_after) = live_after {
                    self.notify(key, records, live_after, &worst_before);
                }
                self.records_changed(key, records, Touched::by(records));
                self.past_grew(records);
            }
            Change::History => {
                if self.replay.is_live() {
                    self.history_changed(key);
                } else {
                    self.past_changed();
                }
                self.everything_changed();
            }
            Change::Connection => self.everything_changed(),
            Change::Presence => self.presence_changed(),
            Change::Access => self.access_changed(),
        }
    }

    /// Hands the alerts among `records` that happened while the operator was watching to the policy.
    fn notify(
        &mut self,
        key: HubKey,
        records: &[Record],
        live_after: u64,
        worst_before: &HashMap<AlertId, Severity>,
    ) {
        let now = self.now();
        let Some(hub) = self.knowledge.hub(key) else { return };
        for record in records {
            if record.kind != RecordKind::Alert || record.seq <= live_after {
                continue;
            }
            let Ok(step) = serde_json::from_str::<AlertRecord>(record.body.get()) else { continue };
            let Some(alert) = hub.projection.alert(&step.alert_id) else { continue };
            let dashboard_name = hub.dashboard_name(&alert.dashboard_id);
            let transition: AlertTransition = step.transition;
            let worst_before = worst_before.get(&step.alert_id).copied();
            let raised = Raised {
                hub: key,
                transition,
                alert,
                worst_before,
                dashboard_name: &dashboard_name,
                hub_name: &hub.name,
            };
            if let Some(intent) = self.policy.step(&raised, now) {
                present(&self.intents, intent);
            }
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        for intent in self.policy.tick(now) {
            present(&self.intents, intent);
        }
        self.subscriptions_tick();
    }

    fn tell_link(&self, key: HubKey, command: LinkCommand) -> Result<(), Option<LinkCommand>> {
        self.links.get(&key).ok_or(None)?.tell(command).map_err(Some)
    }
}

/// Hands an intent to the shell. A shell that does not take them misses some; the alerts are in their view all the
/// same.
fn present(intents: &mpsc::Sender<NotificationIntent>, intent: NotificationIntent) {
    if let Err(mpsc::error::TrySendError::Full(intent)) = intents.try_send(intent) {
        tracing::warn!(?intent, "the shell takes no more notifications");
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
