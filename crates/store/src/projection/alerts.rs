//! Alerts, as their records tell them.

use std::collections::{BTreeMap, VecDeque};

use mission_control_protocol::{
    AlertId, DashboardId, EnrichedAlert, OperatorId, Severity, Timestamp,
    alert::{AlertCondition, AlertState, AlertTransition},
    alerting::{Hold, labels},
    record::AlertRecord,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Alerts that are over and still known; older ones are in the log only.
const RESOLVED_KEPT: usize = 1_000;

/// Steps remembered of one alert, repetitions aside; of the first, older ones make room.
const STEPS_KEPT: usize = 64;

/// Remarks remembered of one alert.
const NOTES_KEPT: usize = 32;

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
    /// What matchers see of it, besides what [`AlertProjection::label`] knows by itself.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The group it belongs to; alone in one, when absent.
    #[serde(default)]
    pub group: Option<String>,
    /// What holds it from notifying.
    #[serde(default)]
    pub held_by: Vec<Hold>,
    /// When it last was free to notify: raised or reopened with nothing to hold it, or let go. `None`: never yet.
    #[serde(default)]
    pub notified_at: Option<Timestamp>,
    /// Whose it is, since when.
    #[serde(default)]
    pub assigned: Option<(OperatorId, Timestamp)>,
    /// How far it was escalated, and when; level 0 is not at all.
    #[serde(default)]
    pub escalated: Option<(u8, Timestamp)>,
    /// Until when it is on the shelf.
    #[serde(default)]
    pub shelved_until: Option<Timestamp>,
    /// Whether it comes and goes.
    #[serde(default)]
    pub flapping: bool,
    /// Times it came or went while it was flapping.
    #[serde(default)]
    pub flaps: u64,
    /// What the producer, or the rule, said last.
    #[serde(default)]
    pub condition: AlertCondition,
    /// Times it was opened again.
    #[serde(default)]
    pub reopened: u32,
    /// Remarks, oldest first; the last 32.
    #[serde(default)]
    pub notes: VecDeque<AlertNote>,
    /// Steps of its life, oldest first; the last 64, repetitions left out.
    #[serde(default)]
    pub steps: VecDeque<AlertStep>,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertNote {
    /// The id that its console chose; absent with remarks made in another step.
    pub id: Option<Uuid>,
    /// When.
    pub at: Timestamp,
    /// By whom; the hub, when `None`.
    pub by: Option<OperatorId>,
    /// What.
    pub text: String,
}

/// A step in an alert's life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertStep {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub transition: AlertTransition,
    /// By whom; the producer, its rule or the hub, when `None`.
    pub by: Option<OperatorId>,
    /// With `held`, `raised` and `reopened`: what held it then.
    pub held_by: Vec<Hold>,
    /// With `assigned`: to whom.
    pub to: Option<OperatorId>,
}

impl AlertProjection {
    /// An alert that was raised `at`, and has done nothing yet.
    #[must_use]
    pub fn new(id: AlertId, dashboard_id: DashboardId, alert: EnrichedAlert, at: Timestamp) -> Self {
        Self {
            id,
            dashboard_id,
            worst: alert.alert.severity,
            alert,
            state: AlertState::Raised,
            count: 1,
            first_seen: at,
            last_seen: at,
            acknowledged: None,
            resolved: None,
            note: None,
            labels: BTreeMap::new(),
            group: None,
            held_by: Vec::new(),
            notified_at: None,
            assigned: None,
            escalated: None,
            shelved_until: None,
            flapping: false,
            flaps: 0,
            condition: AlertCondition::Firing,
            reopened: 0,
            notes: VecDeque::new(),
            steps: VecDeque::new(),
        }
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, label: &str) -> Option<&str> {
        if let Some(value) = self.labels.get(label) {
            return Some(value);
        }
        // Records of older hubs have no labels.
        match label {
            labels::DASHBOARD => Some(self.dashboard_id.as_str()),
            labels::TYPE => Some(&self.alert.alert.kind),
            labels::SOURCE => Some(&self.alert.source),
            _ => None,
        }
    }

    /// Whether it is raised or acknowledged.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state != AlertState::Resolved
    }

    /// The rule that raised it.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.labels.get(labels::RULE).map(String::as_str)
    }
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

    /// How many alerts are raised or acknowledged.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.open_by_fingerprint.len()
    }

    /// Whether an alert of this id is over. Only the last that ended are known.
    #[must_use]
    pub fn is_over(&self, id: &AlertId) -> bool {
        self.by_id.get(id).is_some_and(|alert| !alert.is_open())
    }

    /// Folds one step, about an alert of `dashboard`, recorded `at`. A step that the alert's state does not allow changes
    /// nothing.
    pub fn apply(&mut self, at: Timestamp, dashboard: &DashboardId, step: AlertRecord) {
        if step.transition == AlertTransition::Raised {
            self.raise(at, dashboard, step);
            return;
        }
        let Some(alert) = self.by_id.get_mut(&step.alert_id) else { return };
        let Some(state) = alert.state.after(step.transition) else { return };
        if step.transition == AlertTransition::Reopened
            && self.open_by_fingerprint.contains_key(&alert.alert.fingerprint())
        {
            return;
        }
        alert.state = state;
        alert.remember(at, &step);
        match step.transition {
            AlertTransition::Resolved => {
                let fingerprint = alert.alert.fingerprint();
                if self.open_by_fingerprint.get(&fingerprint) == Some(&step.alert_id) {
                    self.open_by_fingerprint.remove(&fingerprint);
                }
                self.resolved.push_back(step.alert_id.clone());
                if self.resolved.len() > RESOLVED_KEPT
                    && let Some(oldest) = self.resolved.pop_front()
                {
                    self.by_id.remove(&oldest);
                }
            }
            AlertTransition::Reopened => {
                self.open_by_fingerprint.insert(alert.alert.fingerprint(), step.alert_id.clone());
                self.resolved.retain(|id| *id != step.alert_id);
            }
            _ => {}
        }
        if let Some(alert) = self.by_id.get_mut(&step.alert_id) {
            alert.fold(at, step);
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&DashboardId) -> bool) {
        self.by_id.retain(|_, alert| keep(&alert.dashboard_id));
        self.open_by_fingerprint.retain(|_, id| self.by_id.contains_key(id));
        self.resolved.retain(|id| self.by_id.contains_key(id));
    }

    fn raise(&mut self, at: Timestamp, dashboard: &DashboardId, step: AlertRecord) {
        if self.by_id.contains_key(&step.alert_id) {
            return;
        }
        let Some(said) = step.alert.clone() else { return };
        self.open_by_fingerprint.insert(said.fingerprint(), step.alert_id.clone());
        let mut alert = AlertProjection {
            labels: step.labels.clone(),
            group: step.group.clone(),
            notified_at: step.notifies().then_some(at),
            held_by: step.held_by.clone(),
            ..AlertProjection::new(step.alert_id.clone(), dashboard.clone(), said, at)
        };
        alert.remember(at, &step);
        self.by_id.insert(step.alert_id, alert);
    }
}

impl AlertProjection {
    /// Keeps the step, and what was remarked with it.
    fn remember(&mut self, at: Timestamp, step: &AlertRecord) {
        if let Some(text) = &step.note {
            self.note = Some(text.clone());
            let is_known = step.note_id.is_some() && self.notes.iter().any(|note| note.id == step.note_id);
            if !is_known {
                if self.notes.len() == NOTES_KEPT {
                    self.notes.pop_front();
                }
                let note = AlertNote { id: step.note_id, at, by: step.by.clone(), text: text.clone() };
                self.notes.push_back(note);
            }
        }
        if matches!(step.transition, AlertTransition::Repeated | AlertTransition::Flapped) {
            return;
        }
        if self.steps.len() == STEPS_KEPT {
            // How it began is kept.
            self.steps.remove(1);
        }
        self.steps.push_back(AlertStep {
            at,
            transition: step.transition,
            by: step.by.clone(),
            held_by: step.held_by.clone(),
            to: step.to.clone(),
        });
    }

    /// Folds what a step that the state allows changes besides the state.
    fn fold(&mut self, at: Timestamp, step: AlertRecord) {
        let notifies = step.notifies();
        match step.transition {
            AlertTransition::Repeated => {
                self.count += 1;
                self.last_seen = at;
                self.say(step.alert);
            }
            AlertTransition::Flapped => {
                self.flaps += 1;
                if let Some(said) = &step.alert
                    && said.alert.condition == AlertCondition::Firing
                {
                    self.count += 1;
                    self.last_seen = at;
                }
                self.say(step.alert);
            }
            AlertTransition::Acknowledged => self.acknowledged = Some((step.by, at)),
            AlertTransition::Resolved => {
                self.condition = AlertCondition::Resolved;
                self.resolved = Some((step.by, at));
                self.held_by.clear();
                self.shelved_until = None;
                self.flapping = false;
            }
            AlertTransition::Reopened => {
                if step.alert.is_some() {
                    self.count += 1;
                    self.last_seen = at;
                }
                self.condition = AlertCondition::Firing;
                self.say(step.alert);
                self.resolved = None;
                self.acknowledged = None;
                self.escalated = None;
                self.reopened += 1;
                self.held_by = step.held_by;
                self.notified_at = notifies.then_some(at);
            }
            AlertTransition::Notified => {
                self.held_by.clear();
                self.notified_at = Some(at);
            }
            AlertTransition::Held => self.held_by = step.held_by,
            AlertTransition::Assigned => self.assigned = step.to.map(|to| (to, at)),
            AlertTransition::Escalated => self.escalated = Some((step.level.unwrap_or(1), at)),
            AlertTransition::Shelved => self.shelved_until = step.until,
            AlertTransition::Unshelved => self.shelved_until = None,
            AlertTransition::Flapping => self.flapping = true,
            AlertTransition::Steady => self.flapping = false,
            AlertTransition::Raised | AlertTransition::Noted => {}
        }
    }

    fn say(&mut self, said: Option<EnrichedAlert>) {
        let Some(said) = said else { return };
        self.condition = said.alert.condition;
        self.worst = self.worst.max(said.alert.severity);
        // What is over is shown as it was while it lasted.
        if said.alert.condition == AlertCondition::Firing {
            self.alert = said;
        }
    }
}
