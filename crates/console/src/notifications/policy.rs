//! Which alerts become notifications, and when. Pure: the caller tells the time and sends the intents on.
//!
//! Only what is raised while the operator is watching is notified; a storm becomes one summary that is updated in
//! place, and draws attention again when it grows more urgent, when something critical comes in, and once a window; a notification goes when its alert is taken up.

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
    alert_actions,
    plain_text::{escape_markup, harmless},
    view::{DashboardKey, HubKey, Preferences},
};

/// Length of the window in which notifications are counted, in milliseconds. A storm is over when
/// fewer alerts came in the last window than may each have a notification of its own.
const WINDOW: i64 = 60_000;
/// Least time between two updates of one notification, in milliseconds.
const UPDATE_EVERY: i64 = 1_000;
/// Least time between two times that a summary draws attention to critical alerts that came in, in milliseconds.
const CRITICAL_EVERY: i64 = 10_000;
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
    /// The worst severity of the episode before the step, where it was known then.
    pub(crate) worst_before: Option<Severity>,
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
    /// When alerts called for attention, within the last window: the last `per_window` of them.
    arrivals: VecDeque<Timestamp>,
    storm: Option<Storm>,
    storms: u64,
}

#[derive(Debug)]
struct Shown {
    updated_at: Timestamp,
    /// The severity that attention was drawn to.
    told: Severity,
    /// What is to be shown, when that was held back.
    due: Option<Notification>,
}

/// Many alerts in a short time, told as one.
#[derive(Debug)]
struct Storm {
    key: String,
    alerts: BTreeMap<(HubKey, AlertId), Severity>,
    dashboards: HashSet<DashboardKey>,
    /// When it last drew attention, and at which urgency.
    shown_at: Timestamp,
    told: Urgency,
    updated_at: Timestamp,
    update_due: bool,
    /// Whether an alert came in since it last drew attention; and a critical one.
    has_grown: bool,
    critical_due: bool,
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
            arrivals: VecDeque::new(),
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
            // What the hub holds back is told when it lets go.
            AlertTransition::Raised | AlertTransition::Reopened | AlertTransition::Notified => {
                if step.alert.held_by.is_empty() { self.raised(step, now) } else { None }
            }
            AlertTransition::Repeated if step.alert.held_by.is_empty() => self.repeated(step, now),
            AlertTransition::Acknowledged | AlertTransition::Resolved => self.taken_up(step, now),
            AlertTransition::Held if !step.alert.held_by.is_empty() => self.taken_up(step, now),
            _ => None,
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
        let is_calm = self.is_calm(now);
        if let Some(storm) = &mut self.storm {
            // Growth that was told in place is not told again by a storm that is over.
            storm.has_grown &= !is_calm;
            due.extend(storm.due(now));
            if storm.alerts.is_empty() {
                due.push(NotificationIntent::Dismiss { key: storm.key.clone() });
                self.storm = None;
            } else if is_calm && !storm.update_due && !storm.critical_due {
                // The summary stays where it is; the next alert is one of its own again.
                self.storm = None;
            }
        }
        due
    }

    fn raised(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        let id = (step.hub, step.alert.id.clone());
        if severity(step) < self.threshold
            || step.alert.state != AlertState::Raised
            || self.shown.contains_key(&id)
        {
            return None;
        }
        self.attend(step, id, now)
    }

    fn repeated(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        let id = (step.hub, step.alert.id.clone());
        let severity = severity(step);
        let told = self.shown.get(&id).map(|shown| shown.told);
        let told = told.max(self.storm.as_ref().and_then(|storm| storm.alerts.get(&id).copied()));
        // Worse than it ever was is news, even where something milder was acknowledged.
        if severity >= self.threshold
            && step.alert.state != AlertState::Resolved
            && told.max(step.worst_before).is_some_and(|worst| severity > worst)
        {
            return self.attend(step, id, now);
        }
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
        if *known == severity {
            return None;
        }
        *known = severity;
        storm.update_due = true;
        storm.due(now)
    }

    /// Draws attention to an alert: by a notification of its own, or, when there are many, by the summary.
    fn attend(
        &mut self,
        step: &Raised<'_>,
        id: (HubKey, AlertId),
        now: Timestamp,
    ) -> Option<NotificationIntent> {
        forget_old(&mut self.drawn, now);
        if self.is_calm(now) {
            self.storm = None;
        }
        self.arrivals.push_back(now);
        while self.arrivals.len() > self.per_window {
            self.arrivals.pop_front();
        }
        let severity = severity(step);
        if self.storm.is_none() && self.drawn.len() < self.per_window {
            self.drawn.push_back(now);
            self.remember(id, severity, now);
            return Some(NotificationIntent::Show(notification(step)));
        }
        if let Some(shown) = self.shown.get_mut(&id) {
            // It has one of its own, which is changed in place.
            shown.due = Some(notification(step));
            shown.told = severity;
        }
        let dashboard = DashboardKey { hub: step.hub, dashboard_id: step.alert.dashboard_id.clone() };
        if let Some(storm) = &mut self.storm {
            return storm.fold(id, severity, dashboard, now);
        }
        self.storms += 1;
        let storm = Storm {
            key: format!("storm-{}-{}", now.as_milliseconds(), self.storms),
            alerts: BTreeMap::from([(id, severity)]),
            dashboards: HashSet::from([dashboard]),
            shown_at: now,
            told: urgency(severity),
            updated_at: now,
            update_due: false,
            has_grown: false,
            critical_due: false,
        };
        let shown = storm.notification();
        self.storm = Some(storm);
        Some(NotificationIntent::Show(shown))
    }

    /// Whether fewer alerts came in the last window than may each have a notification of its own.
    fn is_calm(&mut self, now: Timestamp) -> bool {
        forget_old(&mut self.arrivals, now);
        self.arrivals.len() < self.per_window
    }

    fn taken_up(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        let id = (step.hub, step.alert.id.clone());
        if self.shown.remove(&id).is_some() {
            self.order.retain(|known| *known != id);
            if let Some(storm) = &mut self.storm
                && storm.alerts.remove(&id).is_some()
            {
                storm.update_due = true;
            }
            return Some(NotificationIntent::Dismiss { key: key(id.0, &id.1) });
        }
        let storm = self.storm.as_mut()?;
        storm.alerts.remove(&id)?;
        if storm.alerts.is_empty() {
            return self.storm.take().map(|storm| NotificationIntent::Dismiss { key: storm.key });
        }
        storm.update_due = true;
        storm.due(now)
    }

    fn remember(&mut self, id: (HubKey, AlertId), told: Severity, now: Timestamp) {
        let shown = Shown { updated_at: now, told, due: None };
        if self.shown.insert(id.clone(), shown).is_some() {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.shown.remove(&oldest);
        }
    }
}

impl Storm {
    /// Takes in an alert that calls for attention.
    fn fold(
        &mut self,
        id: (HubKey, AlertId),
        severity: Severity,
        dashboard: DashboardKey,
        now: Timestamp,
    ) -> Option<NotificationIntent> {
        self.alerts.insert(id, severity);
        self.dashboards.insert(dashboard);
        self.has_grown = true;
        self.update_due = true;
        self.critical_due |= urgency(severity) == Urgency::Critical;
        self.due(now)
    }

    /// What is to be told of it now: drawing attention when it became more urgent, when something critical came in,
    /// and once a window while it grows; else in place.
    fn due(&mut self, now: Timestamp) -> Option<NotificationIntent> {
        let urgency = self.urgency();
        self.critical_due &= urgency == Urgency::Critical;
        let since = now.milliseconds_since(self.shown_at);
        if urgency > self.told
            || (self.critical_due && since >= CRITICAL_EVERY)
            || (self.has_grown && since >= WINDOW)
        {
            self.shown_at = now;
            self.updated_at = now;
            self.told = urgency;
            self.update_due = false;
            self.has_grown = false;
            self.critical_due = false;
            return Some(NotificationIntent::Show(self.notification()));
        }
        if !self.update_due || now.milliseconds_since(self.updated_at) < UPDATE_EVERY {
            return None;
        }
        self.updated_at = now;
        self.update_due = false;
        Some(NotificationIntent::Update(self.notification()))
    }

    fn urgency(&self) -> Urgency {
        self.alerts.values().copied().map(urgency).max().unwrap_or(Urgency::Low)
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
            urgency: self.urgency(),
            actions: vec![(ACTION_DEFAULT.to_owned(), "Open alerts".to_owned())],
        }
    }
}

fn key(hub: HubKey, alert: &AlertId) -> String {
    format!("alert-{}-{alert}", hub.0)
}

fn severity(step: &Raised<'_>) -> Severity {
    step.alert.alert.alert.severity
}

fn forget_old(times: &mut VecDeque<Timestamp>, now: Timestamp) {
    while times.front().is_some_and(|at| now.milliseconds_since(*at) >= WINDOW) {
        times.pop_front();
    }
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
        (format!("{ACTION_PREFIX}{index}:{}", alert_actions::name(action)), label)
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
