//! Which alerts become notifications, and when. Pure: the caller tells the time and sends the intents on.
//!
//! Only what is raised while the operator is watching is notified; a storm becomes one summary that is updated in
//! place, and draws attention again when it grows more urgent, when something critical comes in, and once a window; what
//! comes while it is quiet is told in one summary afterwards; what nobody takes up is told again; a notification goes
//! when its alert is taken up.

use std::collections::{BTreeMap, HashSet, VecDeque};

use jiff::tz::TimeZone;
use mission_control_protocol::{
    AlertId, Severity, Timestamp,
    alert::{AlertState, AlertTransition},
};
use mission_control_store::projection::AlertProjection;

use super::{
    Notification, NotificationIntent,
    content::{self, key},
    routing::{Manner, Routing},
    storm::{Storm, Told},
};
use crate::view::{DashboardKey, HubKey, Preferences, notification_policy::NotificationPolicySettings};

/// Length of the window in which notifications are counted, in milliseconds. A storm is over when
/// fewer alerts came in the last window than may each have a notification of its own.
pub(super) const WINDOW: i64 = 60_000;
/// Least time between two updates of one notification, in milliseconds.
pub(super) const UPDATE_EVERY: i64 = 1_000;
/// Least time between two times that a summary draws attention to critical alerts that came in, in milliseconds.
pub(super) const CRITICAL_EVERY: i64 = 10_000;
/// Notifications remembered; the oldest are forgotten, and stay until the desktop or the operator closes them.
const REMEMBERED: usize = 200;
/// Alerts that wait until it is quiet no more; the oldest give way, and are in the alerts view.
const WAITING: usize = 10_000;

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
    pub(crate) hub_name: &'alert str,
}

/// Decides which alerts become notifications.
#[derive(Debug)]
pub(crate) struct NotificationPolicy {
    enabled: bool,
    routing: Routing,
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
    /// The summary of the last storm that is over, while something of it is left.
    past_storm: Option<Storm>,
    storms: u64,
    /// What came while it was quiet.
    waiting: BTreeMap<(HubKey, AlertId), (Told, DashboardKey)>,
}

#[derive(Debug)]
struct Shown {
    updated_at: Timestamp,
    /// The severity that attention was drawn to.
    told: Severity,
    /// What is to be shown, when that was held back.
    due: Option<Notification>,
    /// What is shown, or about to be.
    latest: Notification,
    since: Timestamp,
    remind_at: Option<Timestamp>,
}

impl NotificationPolicy {
    /// `zone` is that of quiet hours.
    pub(crate) fn new(
        preferences: &Preferences,
        settings: &NotificationPolicySettings,
        zone: TimeZone,
    ) -> Self {
        Self {
            enabled: preferences.notifications_enabled,
            routing: Routing::new(settings, preferences, zone),
            per_window: per_window(preferences),
            shown: BTreeMap::new(),
            order: VecDeque::new(),
            drawn: VecDeque::new(),
            arrivals: VecDeque::new(),
            storm: None,
            past_storm: None,
            storms: 0,
            waiting: BTreeMap::new(),
        }
    }

    /// Takes over what the operator chose. Switched off, everything shown is taken away.
    pub(crate) fn set_preferences(&mut self, preferences: &Preferences) -> Vec<NotificationIntent> {
        self.enabled = preferences.notifications_enabled;
        self.routing.set_threshold(preferences.notify_from);
        self.per_window = per_window(preferences);
        if self.enabled {
            return Vec::new();
        }
        self.order.clear();
        self.waiting.clear();
        let shown = std::mem::take(&mut self.shown);
        let dismissed = shown.into_keys().map(|(hub, id)| key(hub, &id));
        let storms = [self.storm.take(), self.past_storm.take()].into_iter().flatten().map(|storm| storm.key);
        dismissed.chain(storms).map(|key| NotificationIntent::Dismiss { key }).collect()
    }

    /// Takes over another policy: for what comes, and for the reminders of what is shown.
    pub(crate) fn set_policy(&mut self, settings: &NotificationPolicySettings, now: Timestamp) {
        self.routing.set(settings);
        for shown in self.shown.values_mut() {
            shown.remind_at = self.routing.remind_after(shown.told).map(|after| now.plus_milliseconds(after));
        }
        if let Some(storm) = &mut self.past_storm {
            let after = storm.worst().and_then(|worst| self.routing.remind_after(worst));
            storm.remind_at = after.map(|after| now.plus_milliseconds(after));
        }
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
            AlertTransition::Escalated if step.alert.held_by.is_empty() => self.escalated(step, now),
            AlertTransition::Acknowledged | AlertTransition::Resolved => self.taken_up(step, now),
            AlertTransition::Held if !step.alert.held_by.is_empty() => self.taken_up(step, now),
            // On the shelf it is out of sight.
            AlertTransition::Shelved => self.taken_up(step, now),
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
                shown.latest = notification.clone();
                due.push(NotificationIntent::Update(notification));
            }
        }
        due.extend(self.end_of_quiet(now));
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
                self.end_storm(now);
            }
        }
        if let Some(storm) = &mut self.past_storm {
            due.extend(storm.due(now));
        }
        due.extend(self.reminders(now));
        due
    }

    fn raised(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        let id = (step.hub, step.alert.id.clone());
        if step.alert.state != AlertState::Raised || self.shown.contains_key(&id) {
            return None;
        }
        let manner = self.routing.manner(step)?;
        self.attend(step, id, manner, now)
    }

    /// Nobody has taken it up for too long: it draws attention again.
    fn escalated(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        if step.alert.state != AlertState::Raised {
            return None;
        }
        let manner = self.routing.manner(step)?;
        self.attend(step, (step.hub, step.alert.id.clone()), manner, now)
    }

    fn repeated(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        let id = (step.hub, step.alert.id.clone());
        let severity = severity(step);
        let told = self.shown.get(&id).map(|shown| shown.told);
        let of_storm = |storm: &Option<Storm>| Some(storm.as_ref()?.alerts.get(&id)?.severity);
        let told = told
            .max(of_storm(&self.storm))
            .max(of_storm(&self.past_storm))
            .max(self.waiting.get(&id).map(|(told, _)| told.severity));
        let manner = self.routing.manner(step);
        // Worse than it ever was is news, even where something milder was acknowledged.
        if let Some(manner) = &manner
            && step.alert.state != AlertState::Resolved
            && told.max(step.worst_before).is_some_and(|worst| severity > worst)
        {
            return self.attend(step, id, manner.clone(), now);
        }
        if let Some(shown) = self.shown.get_mut(&id) {
            let manner = manner.unwrap_or_else(|| Manner {
                urgency: shown.latest.urgency,
                sound: shown.latest.sound.clone(),
            });
            let notification = content::notification(step, &manner, self.routing.snooze_minutes());
            if now.milliseconds_since(shown.updated_at) < UPDATE_EVERY {
                shown.due = Some(notification);
                return None;
            }
            shown.updated_at = now;
            shown.due = None;
            shown.latest = notification.clone();
            return Some(NotificationIntent::Update(notification));
        }
        let storm = self.storm.as_mut()?;
        let known = storm.alerts.get_mut(&id)?;
        if known.severity == severity {
            return None;
        }
        known.severity = severity;
        if let Some(manner) = manner {
            known.manner = manner;
        }
        storm.update_due = true;
        storm.due(now)
    }

    /// Draws attention to an alert: by a notification of its own, or, when there are many, by the summary; later, where
    /// it is quiet.
    fn attend(
        &mut self,
        step: &Raised<'_>,
        id: (HubKey, AlertId),
        manner: Manner,
        now: Timestamp,
    ) -> Option<NotificationIntent> {
        let severity = severity(step);
        let dashboard = DashboardKey { hub: step.hub, dashboard_id: step.alert.dashboard_id.clone() };
        if self.routing.is_quiet(severity, now) {
            self.waiting.insert(id, (Told { severity, manner }, dashboard));
            if self.waiting.len() > WAITING {
                self.waiting.pop_first();
            }
            return None;
        }
        self.waiting.remove(&id);
        forget_old(&mut self.drawn, now);
        if self.is_calm(now) {
            self.end_storm(now);
        }
        self.arrivals.push_back(now);
        while self.arrivals.len() > self.per_window {
            self.arrivals.pop_front();
        }
        let notification = content::notification(step, &manner, self.routing.snooze_minutes());
        if self.storm.is_none() && self.drawn.len() < self.per_window {
            self.drawn.push_back(now);
            self.remember(id, severity, notification.clone(), now);
            return Some(NotificationIntent::Show(notification));
        }
        if let Some(shown) = self.shown.get_mut(&id) {
            // It has one of its own, which is changed in place.
            shown.due = Some(notification);
            shown.told = severity;
        }
        let told = Told { severity, manner };
        if let Some(storm) = &mut self.storm {
            return storm.fold(id, told, dashboard, now);
        }
        Some(self.summarise(BTreeMap::from([(id, told)]), HashSet::from([dashboard]), now))
    }

    /// Begins a summary.
    fn summarise(
        &mut self,
        alerts: BTreeMap<(HubKey, AlertId), Told>,
        dashboards: HashSet<DashboardKey>,
        now: Timestamp,
    ) -> NotificationIntent {
        self.storms += 1;
        let key = format!("storm-{}-{}", now.as_milliseconds(), self.storms);
        let storm = Storm::new(key, alerts, dashboards, now);
        let shown = storm.notification();
        self.storm = Some(storm);
        NotificationIntent::Show(shown)
    }

    /// What waited, as one summary, when it is quiet no more.
    fn end_of_quiet(&mut self, now: Timestamp) -> Option<NotificationIntent> {
        let worst = self.waiting.values().map(|(told, _)| told.severity).max()?;
        if self.routing.is_quiet(worst, now) {
            return None;
        }
        let (mut alerts, mut dashboards) = (BTreeMap::new(), HashSet::new());
        for (id, (told, dashboard)) in std::mem::take(&mut self.waiting) {
            alerts.insert(id, told);
            dashboards.insert(dashboard);
        }
        let Some(storm) = &mut self.storm else { return Some(self.summarise(alerts, dashboards, now)) };
        storm.alerts.extend(alerts);
        storm.dashboards.extend(dashboards);
        (storm.has_grown, storm.update_due) = (true, true);
        storm.due(now)
    }

    /// The summary stays where it is, and what is left of it is told again until it is acknowledged.
    fn end_storm(&mut self, now: Timestamp) {
        if let Some(mut storm) = self.storm.take() {
            let after = storm.worst().and_then(|worst| self.routing.remind_after(worst));
            storm.remind_at = after.map(|after| now.plus_milliseconds(after));
            self.past_storm = Some(storm);
        }
    }

    /// What is to be told again. Reminders count as notifications that draw attention: no more than may be in a window.
    fn reminders(&mut self, now: Timestamp) -> Vec<NotificationIntent> {
        let mut told = Vec::new();
        forget_old(&mut self.drawn, now);
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        for id in &self.order {
            let Some(shown) = self.shown.get_mut(id) else { continue };
            if self.drawn.len() >= self.per_window {
                break;
            }
            if !is_due(shown.remind_at) || self.routing.is_quiet(shown.told, now) {
                continue;
            }
            shown.remind_at = self.routing.remind_after(shown.told).map(|after| now.plus_milliseconds(after));
            shown.updated_at = now;
            self.drawn.push_back(now);
            let reminder = content::reminder(&shown.latest, now.milliseconds_since(shown.since));
            told.push(NotificationIntent::Show(reminder));
        }
        if let Some(storm) = &mut self.past_storm
            && is_due(storm.remind_at)
            && let Some(worst) = storm.worst()
            && !self.routing.is_quiet(worst, now)
        {
            storm.remind_at = self.routing.remind_after(worst).map(|after| now.plus_milliseconds(after));
            let open_for = now.milliseconds_since(storm.shown_at);
            told.push(NotificationIntent::Show(content::reminder(&storm.notification(), open_for)));
        }
        told
    }

    /// Whether fewer alerts came in the last window than may each have a notification of its own.
    fn is_calm(&mut self, now: Timestamp) -> bool {
        forget_old(&mut self.arrivals, now);
        self.arrivals.len() < self.per_window
    }

    fn taken_up(&mut self, step: &Raised<'_>, now: Timestamp) -> Option<NotificationIntent> {
        let id = (step.hub, step.alert.id.clone());
        self.waiting.remove(&id);
        if self.shown.remove(&id).is_some() {
            self.order.retain(|known| *known != id);
            if let Some(storm) = &mut self.storm
                && storm.alerts.remove(&id).is_some()
            {
                storm.update_due = true;
            }
            return Some(NotificationIntent::Dismiss { key: key(id.0, &id.1) });
        }
        for place in [&mut self.storm, &mut self.past_storm] {
            let Some(storm) = place else { continue };
            if storm.alerts.remove(&id).is_none() {
                continue;
            }
            if storm.alerts.is_empty() {
                return place.take().map(|storm| NotificationIntent::Dismiss { key: storm.key });
            }
            storm.update_due = true;
            return storm.due(now);
        }
        None
    }

    fn remember(&mut self, id: (HubKey, AlertId), told: Severity, latest: Notification, now: Timestamp) {
        let remind_at = self.routing.remind_after(told).map(|after| now.plus_milliseconds(after));
        let since = self.shown.get(&id).map_or(now, |shown| shown.since);
        let shown = Shown { updated_at: now, told, due: None, latest, since, remind_at };
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

fn severity(step: &Raised<'_>) -> Severity {
    step.alert.alert.alert.severity
}

fn forget_old(times: &mut VecDeque<Timestamp>, now: Timestamp) {
    while times.front().is_some_and(|at| now.milliseconds_since(*at) >= WINDOW) {
        times.pop_front();
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
