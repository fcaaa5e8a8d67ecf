//! Alerts, as their records tell them.

use std::collections::{BTreeMap, VecDeque};

use mission_control_protocol::{
    AlertId, DashboardId, EnrichedAlert, OperatorId, Record, Severity, Timestamp,
    alert::{AlertState, AlertTransition},
    record::AlertRecord,
};
use serde::{Deserialize, Serialize};

/// Alerts that are over and still known; older ones are in the log only.
const RESOLVED_KEPT: usize = 1_000;

/// The alerts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertsProjection {
    by_id: BTreeMap<AlertId, AlertProjection>,
    open_by_fingerprint: BTreeMap<String, AlertId>,
    /// Ids of those that are over, the one that ended first in front.
    resolved: VecDeque<AlertId>,
}

/// One alert, from raised to resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertProjection {
    /// Which.
    pub id: AlertId,
    /// The dashboard it is about.
    pub dashboard_id: DashboardId,
    /// What the producer said last.
    pub alert: EnrichedAlert,
    /// Where it stands.
    pub state: AlertState,
    /// The worst it was in this episode.
    pub worst: Severity,
    /// Times it was reported.
    pub count: u64,
    /// When it was first reported.
    pub first_seen: Timestamp,
    /// When it was last reported.
    pub last_seen: Timestamp,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<(Option<OperatorId>, Timestamp)>,
    /// Who resolved it (the producer, when `None`), and when.
    pub resolved: Option<(Option<OperatorId>, Timestamp)>,
    /// The last remark.
    pub note: Option<String>,
}

impl AlertsProjection {
    /// An alert by its id.
    #[must_use]
    pub fn get(&self, id: &AlertId) -> Option<&AlertProjection> {
        self.by_id.get(id)
    }

    /// The open alert with this fingerprint ([`EnrichedAlert::fingerprint`]).
    #[must_use]
    pub fn open_with_fingerprint(&self, fingerprint: &str) -> Option<&AlertProjection> {
        self.open_by_fingerprint.get(fingerprint).and_then(|id| self.by_id.get(id))
    }

    /// Every alert, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &AlertProjection> {
        self.by_id.values()
    }

    /// The alerts that are raised or acknowledged, in the order of their fingerprints.
    pub fn open(&self) -> impl Iterator<Item = &AlertProjection> {
        self.open_by_fingerprint.values().filter_map(|id| self.by_id.get(id))
    }

    pub(super) fn apply(&mut self, record: &Record, step: AlertRecord) {
        if step.transition == AlertTransition::Raised {
            self.raise(record, step);
            return;
        }
        let Some(alert) = self.by_id.get_mut(&step.alert_id) else { return };
        let Some(state) = alert.state.after(step.transition) else { return };
        alert.state = state;
        if step.note.is_some() {
            alert.note = step.note;
        }
        match step.transition {
            AlertTransition::Raised => {}
            AlertTransition::Repeated => {
                alert.count += 1;
                alert.last_seen = record.at;
                if let Some(said) = step.alert {
                    alert.worst = alert.worst.max(said.alert.severity);
                    alert.alert = said;
                }
            }
            AlertTransition::Acknowledged => alert.acknowledged = Some((step.by, record.at)),
            AlertTransition::Resolved => {
                alert.resolved = Some((step.by, record.at));
                let fingerprint = alert.alert.fingerprint();
                if self.open_by_fingerprint.get(&fingerprint) == Some(&step.alert_id) {
                    self.open_by_fingerprint.remove(&fingerprint);
                }
                self.resolved.push_back(step.alert_id);
                if self.resolved.len() > RESOLVED_KEPT
                    && let Some(oldest) = self.resolved.pop_front()
                {
                    self.by_id.remove(&oldest);
                }
            }
        }
    }

    fn raise(&mut self, record: &Record, step: AlertRecord) {
        let Some(said) = step.alert else { return };
        if self.by_id.contains_key(&step.alert_id) {
            return;
        }
        self.open_by_fingerprint.insert(said.fingerprint(), step.alert_id.clone());
        let alert = AlertProjection {
            id: step.alert_id.clone(),
            dashboard_id: record.dashboard_id.clone(),
            worst: said.alert.severity,
            alert: said,
            state: AlertState::Raised,
            count: 1,
            first_seen: record.at,
            last_seen: record.at,
            acknowledged: None,
            resolved: None,
            note: step.note,
        };
        self.by_id.insert(step.alert_id, alert);
    }
}
