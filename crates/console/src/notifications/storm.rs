//! Many alerts in a short time, told as one.

use std::collections::{BTreeMap, HashSet};

use mission_control_protocol::{AlertId, Severity, Timestamp};

use super::{
    ACTION_DEFAULT, Notification, NotificationIntent, NotificationTarget, Urgency,
    policy::{CRITICAL_EVERY, UPDATE_EVERY, WINDOW},
    routing::Manner,
};
use crate::view::{DashboardKey, HubKey};

/// What was told of an alert in a summary.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) severity: Severity,
    pub(super) manner: Manner,
}

/// Many alerts in a short time, told as one.
#[derive(Debug)]
pub(super) struct Storm {
    pub(super) key: String,
    pub(super) alerts: BTreeMap<(HubKey, AlertId), Told>,
    pub(super) dashboards: HashSet<DashboardKey>,
    /// When it last drew attention, and at which urgency.
    pub(super) shown_at: Timestamp,
    pub(super) told: Urgency,
    pub(super) updated_at: Timestamp,
    pub(super) update_due: bool,
    /// Whether an alert came in since it last drew attention; and a critical one.
    pub(super) has_grown: bool,
    pub(super) critical_due: bool,
    /// When it is over: when the operator is reminded of what is left of it.
    pub(super) remind_at: Option<Timestamp>,
}

impl Storm {
    /// One of these alerts, which is told at once.
    pub(super) fn new(
        key: String,
        alerts: BTreeMap<(HubKey, AlertId), Told>,
        dashboards: HashSet<DashboardKey>,
        now: Timestamp,
    ) -> Self {
        let mut storm = Self {
            key,
            alerts,
            dashboards,
            shown_at: now,
            told: Urgency::Low,
            updated_at: now,
            update_due: false,
            has_grown: false,
            critical_due: false,
            remind_at: None,
        };
        storm.told = storm.urgency();
        storm
    }

    /// The worst severity in it.
    pub(super) fn worst(&self) -> Option<Severity> {
        self.alerts.values().map(|told| told.severity).max()
    }

    /// Takes in an alert that calls for attention.
    pub(super) fn fold(
        &mut self,
        id: (HubKey, AlertId),
        alert: Told,
        dashboard: DashboardKey,
        now: Timestamp,
    ) -> Option<NotificationIntent> {
        self.critical_due |= alert.manner.urgency == Urgency::Critical;
        self.alerts.insert(id, alert);
        self.dashboards.insert(dashboard);
        self.has_grown = true;
        self.update_due = true;
        self.due(now)
    }

    /// What is to be told of it now: drawing attention when it became more urgent, when something critical came in,
    /// and once a window while it grows; else in place.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<NotificationIntent> {
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

    pub(super) fn urgency(&self) -> Urgency {
        self.alerts.values().map(|told| told.manner.urgency).max().unwrap_or(Urgency::Low)
    }

    pub(super) fn notification(&self) -> Notification {
        let count = |severity| self.alerts.values().filter(|known| known.severity == severity).count();
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
        // What matters most can be read although a desktop shows no more than the title.
        let worst = parts.first().map_or_else(String::new, |worst| format!(": {worst}"));
        let sound = self.alerts.values().max_by_key(|told| (told.manner.urgency, told.severity));
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let (alerts, dashboards) = (self.alerts.len(), self.dashboards.len());
        Notification {
            key: self.key.clone(),
            target: NotificationTarget::Alerts,
            title: format!(
                "{alerts} alert{} from {dashboards} dashboard{}{worst}",
                plural(alerts),
                plural(dashboards)
            ),
            body: parts.join(", "),
            urgency: self.urgency(),
            sound: sound.map(|told| told.manner.sound.clone()).unwrap_or_default(),
            actions: vec![(ACTION_DEFAULT.to_owned(), "Open alerts".to_owned())],
        }
    }
}
