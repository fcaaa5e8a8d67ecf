//! Which alerts become notifications, and when. Pure: the caller tells the time and sends the intents on.
//!
//! Only what is raised while the operator is watching is notified; a storm becomes one summary that is updated in
//! place; a notification goes when its alert is taken up.

use std::collections::{BTreeMap, HashSet, VecDeque};

use mission_control_protocol::{
    AlertId, Severity, Timestamp,
    alert::{AlertState, AlertTransition},
};
use mission_control_store::projection::AlertProjection;

use super::{
    ACTION_ACKNOWLEDGE, ACTION_DEFAULT, ACTION_PREFIX, Notification, NotificationIntent, NotificationTarget,
    Urgency,
};
use crate::{
    plain_text::{escape_markup, harmless},
    view::{DashboardKey, HubKey, Preferences},
};

/// Length of the window in which notifications are counted, in milliseconds. A storm is over when a window has passed without a new alert.
const WINDOW: i64 = 60_000;
/// Least time between two updates of one notification, in milliseconds.
const UPDATE_EVERY: i64 = 1_000;
/// Notifications remembered; the oldest are forgotten, and stay until the desktop or the operator closes them.
const REMEMBERED: usize = 200;
/// The alert's own actions that become buttons.
const BUTTONS: usize = 3;
/// Longest title and body, in characters.
const TITLE: usize = 120;
const BODY: usize = 400;

fn per_window(preferences: &Preferences) -> usize {
    usize::try_from(preferences.notifications_per_minute).unwrap_or(usize::MAX)
}

/// A step in an alert's life, seen live.
pub(crate) struct Raised<'alert> {
    pub(crate) hub: HubKey,
    pub(crate) transition: AlertTransition,
    /// The alert after the step.
    pub(crate) alert: &'alert AlertProjection,
    pub(crate) dashboard_name: &'alert str,
}

/// Decides which alerts become notifications.
#[derive(Debug)]
pub(crate) struct NotificationPolicy {
    enabled: bool,
    threshold: Severity,
    /// Notifications that may draw attention in any [`WINDOW`]; what comes on top goes into the summary.
    per_window: usize,
    /// Alerts that have a notification of their own.
    shown: BTreeMap<(HubKey, AlertId), Shown>,
    /// Their order, oldest first.
    order: VecDeque<(HubKey, AlertId)>,
    /// When notifications drew attention, within the last window.
    drawn: VecDeque<Timestamp>,
    storm: Option<Storm>,
    storms: u64,
}

#[derive(Debug)]
struct Shown {
    updated_at: Timestamp,
    /// What is to be shown, when that was held back.
    due: Option<Notification>,
}

/// Many alerts in a short time, told as one.
#[derive(Debug)]
struct Storm {
    key: String,
    alerts: BTreeMap<(HubKey, AlertId), Severity>,
    dashboards: HashSet<DashboardKey>,
    last_alert_at: Timestamp,
    updated_at: Timestamp,
    update_due: bool,
}

impl NotificationPolicy {
    pub(crate) fn new(preferences: &Preferences) -> Self {
        Self {
            enabled: preferences.notifications_enabled,
            threshold: preferences.notify_from,
            per_window: per_window(preferences),
            shown: BTreeMap::new(),
            order: VecDeque::new(),
            drawn: VecDeque::new(),
            storm: None,
            storms: 0,
        }
    }

    /// Takes over what the operator chose. Switched off, everything shown is taken away.
    pub(crate) fn set_preferences(&mut self, preferences: &Preferences) -> Vec<NotificationIntent> {
        self.enabled = preferences.notifications_enabled;
        self.threshold = preferences.notify_from;
        self.per_window = per_window(preferences);
        if self.enabled {
            return Vec::new();
        }
        self.order.clear();
        let shown = std::mem::take(&mut self.shown);
        let dismissed = shown.into_keys().map(|(hub, id)| key(hub, &id));
        let storm = self.storm.take().map(|storm| storm.key);
        dismissed.chain(storm).map(|key| NotificationIntent::Dismiss { key }).collect()
    }

    /// What a step in an alert's life calls for.
    pub(crate) fn step(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        if !self.enabled {
            return None;
        }
        match step.transition {
            AlertTransition::Raised => self.raised(step, now),
            AlertTransition::Repeated => self.repeated(step, now),
            AlertTransition::Acknowledged | AlertTransition::Resolved => self.taken_up(step, now),
        }
    }

    /// What was held back and is due now. To be called about once a second.
    pub(crate) fn tick(&mut self, now: Timestamp) -> Vec<NotificationIntent> {
        let mut due = Vec::new();
        for shown in self.shown.values_mut() {
            if now.milliseconds_since(shown.updated_at) >= UPDATE_EVERY
                && let Some(notification) = shown.due.take()
            {
                shown.updated_at = now;
                due.push(NotificationIntent::Update(notification));
            }
        }
        if let Some(storm) = &mut self.storm {
            if storm.update_due && now.milliseconds_since(storm.updated_at) >= UPDATE_EVERY {
                storm.update_due = false;
                storm.updated_at = now;
                due.push(NotificationIntent::Update(storm.notification()));
            } else if now.milliseconds_since(storm.last_alert_at) >= WINDOW {
                // The summary stays where it is; the next alert is one of its own again.
                self.storm = None;
            }
        }
        due
    }

    fn raised(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        let alert = step.alert;
        let severity = alert.alert.alert.severity;
        if severity < self.threshold || alert.state != AlertState::Raised {
            return None;
        }
        let id = (step.hub, alert.id.clone());
        if self.shown.contains_key(&id) {
            return None;
        }
        while self.drawn.front().is_some_and(|at| now.milliseconds_since(*at) >= WINDOW) {
            self.drawn.pop_front();
        }
        if self.storm.as_ref().is_some_and(|storm| now.milliseconds_since(storm.last_alert_at) >= WINDOW) {
            self.storm = None;
        }
        if self.storm.is_none() && self.drawn.len() < self.per_window {
            self.drawn.push_back(now);
            self.remember(id, now);
            return Some(NotificationIntent::Show(notification(step)));
        }
        let dashboard = DashboardKey { hub: step.hub, dashboard_id: alert.dashboard_id.clone() };
        match &mut self.storm {
            Some(storm) => {
                storm.alerts.insert(id, severity);
                storm.dashboards.insert(dashboard);
                storm.last_alert_at = now;
                storm.update(now)
            }
            None => {
                self.storms += 1;
                let storm = Storm {
                    key: format!("storm-{}-{}", now.as_milliseconds(), self.storms),
                    alerts: BTreeMap::from([(id, severity)]),
                    dashboards: HashSet::from([dashboard]),
                    last_alert_at: now,
                    updated_at: now,
                    update_due: false,
                };
                let shown = storm.notification();
                self.storm = Some(storm);
                Some(NotificationIntent::Show(shown))
            }
        }
    }

    fn repeated(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        let id = (step.hub, step.alert.id.clone());
        if let Some(shown) = self.shown.get_mut(&id) {
            let notification = notification(step);
            if now.milliseconds_since(shown.updated_at) < UPDATE_EVERY {
                shown.due = Some(notification);
                return None;
            }
            shown.updated_at = now;
            shown.due = None;
            return Some(NotificationIntent::Update(notification));
        }
        let storm = self.storm.as_mut()?;
        let known = storm.alerts.get_mut(&id)?;
        let severity = step.alert.alert.alert.severity;
        if *known == severity {
            return None;
        }
        *known = severity;
        storm.update(now)
    }

    fn taken_up(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        let id = (step.hub, step.alert.id.clone());
        if self.shown.remove(&id).is_some() {
            self.order.retain(|known| *known != id);
            return Some(NotificationIntent::Dismiss { key: key(id.0, &id.1) });
        }
        let storm = self.storm.as_mut()?;
        storm.alerts.remove(&id)?;
        if storm.alerts.is_empty() {
            return self.storm.take().map(|storm| NotificationIntent::Dismiss { key: storm.key });
        }
        storm.update(now)
    }

    fn remember(&mut self, id: (HubKey, AlertId), now: Timestamp) {
        self.order.push_back(id.clone());
        self.shown.insert(id, Shown { updated_at: now, due: None });
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.shown.remove(&oldest);
        }
    }
}

impl Storm {
    fn update(&mut self, now: Timestamp) -> Option<NotificationIntent> {
        if now.milliseconds_since(self.updated_at) < UPDATE_EVERY {
            self.update_due = true;
            return None;
        }
        self.updated_at = now;
        self.update_due = false;
        Some(NotificationIntent::Update(self.notification()))
    }

    fn notification(&self) -> Notification {
        let count = |severity| self.alerts.values().filter(|known| **known == severity).count();
        let names = [
            (Severity::Critical, "critical"),
            (Severity::Error, "serious"),
            (Severity::Warning, "caution"),
            (Severity::Info, "info"),
            (Severity::Debug, "debug"),
        ];
        let parts: Vec<_> = names
            .iter()
            .map(|(severity, name)| (count(*severity), name))
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let (alerts, dashboards) = (self.alerts.len(), self.dashboards.len());
        Notification {
            key: self.key.clone(),
            target: NotificationTarget::Alerts,
            title: format!(
                "{alerts} alert{} from {dashboards} dashboard{}",
                plural(alerts),
                plural(dashboards)
            ),
            body: parts.join(", "),
            urgency: self.alerts.values().copied().map(urgency).max().unwrap_or(Urgency::Low),
            actions: vec![(ACTION_DEFAULT.to_owned(), "Open alerts".to_owned())],
        }
    }
}

fn key(hub: HubKey, alert: &AlertId) -> String {
    format!("alert-{}-{alert}", hub.0)
}

fn urgency(severity: Severity) -> Urgency {
    match severity {
        Severity::Debug | Severity::Info => Urgency::Low,
        Severity::Warning | Severity::Error => Urgency::Normal,
        Severity::Critical => Urgency::Critical,
    }
}

fn notification(step: &Raised<'_>) -> Notification {
    let alert = step.alert;
    let said = &alert.alert.alert;
    let mut actions = vec![
        (ACTION_DEFAULT.to_owned(), "Open".to_owned()),
        (ACTION_ACKNOWLEDGE.to_owned(), "Acknowledge".to_owned()),
    ];
    actions.extend(said.actions.iter().take(BUTTONS).enumerate().map(|(index, action)| {
        let label = harmless(&action.label, 40);
        let label = if label.is_empty() { harmless(&action.action, 40) } else { label };
        (format!("{ACTION_PREFIX}{index}"), label)
    }));
    let mut body = harmless(step.dashboard_name, 80);
    if !said.message.is_empty() {
        body.push_str(": ");
        body.push_str(&said.message);
    }
    if alert.count > 1 {
        body = format!("({} times) {body}", alert.count);
    }
    let title = harmless(&said.title, TITLE);
    Notification {
        key: key(step.hub, &alert.id),
        target: NotificationTarget::Alert { hub: step.hub, alert_id: alert.id.clone() },
        title: if title.is_empty() { harmless(&said.kind, TITLE) } else { title },
        body: escape_markup(&harmless(&body, BODY)),
        urgency: urgency(said.severity),
        actions,
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
