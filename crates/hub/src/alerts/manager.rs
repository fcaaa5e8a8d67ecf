//! What becomes of alerts, as a pure state machine: given what is known (the projections that consoles fold too), what
//! happens and what time it is, it says which records are to be written, and folds them itself.

use std::collections::{BTreeSet, HashMap, VecDeque};

use mission_control_protocol::{
    AlertId, DashboardConfig, DashboardId, EnrichedAlert, ErrorCode, OperatorId, ProtocolError, Severity,
    Timestamp,
    alert::{AlertCondition, AlertState, AlertTransition},
    alerting::{AlertPolicyChange, AlertPolicyRecord, labels},
    limits::OPEN_ALERTS_LIMIT,
    record::AlertRecord,
};
use mission_control_store::projection::{
    AlertPoliciesProjection, AlertProjection, AlertsProjection, Projection, fold_alert,
};

use super::{
    holds::{Inhibitors, group_of},
    rule_alerts::{RuleAlerts, is_summary},
};

/// Changes of a problem, within [`FLAP_WINDOW`] before the next, that make it flap.
const FLAP_CHANGES: usize = 6;

/// In milliseconds. A flapping problem is steady once at most one change is left in it.
pub(super) const FLAP_WINDOW: i64 = 5 * 60_000;

/// Problems whose changes are remembered; those of further ones are not, and do not flap.
const PROBLEMS_WATCHED: usize = 50_000;

/// The hub's own name, under which records stand that are about no single dashboard.
pub(super) const HUB: &str = "hub";

/// A record to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// The dashboard it is about.
    pub(crate) dashboard_id: DashboardId,
    /// How bad it is.
    pub(crate) severity: Severity,
    pub(crate) body: Body,
}

/// What a record to be written holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    Alert(Box<AlertRecord>),
    Policy(Box<AlertPolicyRecord>),
}

/// The state machine.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(super) alerts: AlertsProjection,
    pub(super) policies: AlertPoliciesProjection,
    /// The open alerts of each dashboard, the one first seen in front.
    pub(super) of_dashboard: HashMap<DashboardId, BTreeSet<(Timestamp, AlertId)>>,
    /// What matchers see of each dashboard.
    dashboards: HashMap<DashboardId, Vec<(&'static str, String)>>,
    /// The alert that was last notified of each group, and when.
    pub(super) groups: HashMap<String, (AlertId, Timestamp)>,
    /// The last changes of problems, by fingerprint.
    pub(super) changes: HashMap<String, VecDeque<Timestamp>>,
    pub(super) inhibitors: Inhibitors,
    /// Something happened that may change what is held.
    pub(super) is_dirty: bool,
    /// When something is due next, as far as is known.
    pub(super) next_due: Option<Timestamp>,
    pub(super) rule_alerts: RuleAlerts,
    /// Alerts that stood for many before the hub stopped.
    pub(super) stale_summaries: Vec<AlertId>,
    pub(super) hub: DashboardId,
}

impl Manager {
    /// Takes up what `projection` knows.
    pub(crate) fn new(projection: &Projection, hub: DashboardId) -> Self {
        let mut manager = Self {
            alerts: projection.alerts.clone(),
            policies: projection.alert_policies.clone(),
            of_dashboard: HashMap::new(),
            dashboards: HashMap::new(),
            groups: HashMap::new(),
            changes: HashMap::new(),
            inhibitors: Inhibitors::default(),
            is_dirty: true,
            next_due: None,
            rule_alerts: RuleAlerts::default(),
            stale_summaries: projection
                .alerts
                .open()
                .filter(|alert| is_summary(alert))
                .map(|alert| alert.id.clone())
                .collect(),
            hub,
        };
        for dashboard in projection.dashboards.values() {
            if let Some(registration) = &dashboard.registration {
                manager.registered(&registration.config);
            }
        }
        for alert in manager.alerts.open() {
            manager
                .of_dashboard
                .entry(alert.dashboard_id.clone())
                .or_default()
                .insert((alert.first_seen, alert.id.clone()));
            if let (Some(group), Some(at)) = (&alert.group, alert.notified_at) {
                let last = manager.groups.entry(group.clone()).or_insert((alert.id.clone(), at));
                if last.1 < at {
                    *last = (alert.id.clone(), at);
                }
            }
        }
        manager.inhibitors.rebuild(&manager.policies, &manager.alerts);
        manager
    }

    /// What the manager knows of alerts.
    pub(crate) fn alerts(&self) -> &AlertsProjection {
        &self.alerts
    }

    /// What the manager knows of silences, rules and the like.
    pub(crate) fn policies(&self) -> &AlertPoliciesProjection {
        &self.policies
    }

    /// A dashboard registered: what matchers see of it.
    pub(crate) fn registered(&mut self, config: &DashboardConfig) {
        let mut known = vec![(labels::USE_CASE, config.use_case.clone())];
        if let Some(environment) = &config.metadata.environment {
            known.push((labels::ENVIRONMENT, environment.clone()));
        }
        self.dashboards.insert(config.id.clone(), known);
    }

    /// A producer, or a rule, says that a problem is there or over. `new_id` becomes the id of a new episode; `labels`
    /// are added to those that every alert has. A dashboard that has as many open alerts as it may loses its oldest.
    ///
    /// # Errors
    /// `ALERT_UNKNOWN` when a problem is said to be over that is not open.
    pub(crate) fn report(
        &mut self,
        alert: EnrichedAlert,
        added: &[(String, String)],
        new_id: AlertId,
        now: Timestamp,
    ) -> Result<Vec<Step>, ProtocolError> {
        let fingerprint = alert.fingerprint();
        let condition = alert.alert.condition;
        let known = self
            .alerts
            .open_with_fingerprint(&fingerprint)
            .map(|known| (known.id.clone(), known.flapping, known.condition));
        let mut steps = Vec::new();
        match (known, condition) {
            (Some((id, true, said)), _) => {
                let is_change = said != condition;
                if is_change {
                    self.changed(&fingerprint, now);
                }
                let is_report = !is_change && condition == AlertCondition::Firing;
                let transition = if is_report { AlertTransition::Repeated } else { AlertTransition::Flapped };
                self.said(id, transition, alert, now, &mut steps);
            }
            (Some((id, false, _)), AlertCondition::Firing) => {
                self.said(id, AlertTransition::Repeated, alert, now, &mut steps);
            }
            (Some((id, false, _)), AlertCondition::Resolved) => {
                self.changed(&fingerprint, now);
                self.said(id, AlertTransition::Resolved, alert, now, &mut steps);
            }
            (None, AlertCondition::Firing) => {
                let is_flapping = self.changed(&fingerprint, now) > FLAP_CHANGES;
                self.make_room(&alert.dashboard_id, now, &mut steps);
                self.raise(alert, added, new_id.clone(), now, &mut steps);
                if is_flapping {
                    let record = AlertRecord {
                        note: Some(format!(
                            "it came and went {FLAP_CHANGES} times in five minutes; it stays open until it is steady"
                        )),
                        ..AlertRecord::new(new_id, AlertTransition::Flapping)
                    };
                    self.take(record, Severity::Info, now, &mut steps);
                }
            }
            (None, AlertCondition::Resolved) => {
                return Err(ProtocolError::new(
                    ErrorCode::AlertUnknown,
                    format!(
                        "no {} alert with this fingerprint is open, so there is nothing to resolve; `type` and \
                         `fingerprint` (or `title`) must be those it was raised with.",
                        alert.alert.kind
                    ),
                ));
            }
        }
        Ok(steps)
    }

    fn said(
        &mut self,
        id: AlertId,
        transition: AlertTransition,
        alert: EnrichedAlert,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) {
        let severity = alert.alert.severity;
        let record = AlertRecord { alert: Some(alert), ..AlertRecord::new(id, transition) };
        self.take(record, severity, now, steps);
    }

    fn raise(
        &mut self,
        alert: EnrichedAlert,
        added: &[(String, String)],
        id: AlertId,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) {
        let severity = alert.alert.severity;
        let mut record = AlertRecord::new(id, AlertTransition::Raised);
        record.labels = added.iter().cloned().collect();
        if let Some(of_dashboard) = self.dashboards.get(&alert.dashboard_id) {
            for (label, value) in of_dashboard {
                record.labels.entry((*label).to_owned()).or_insert_with(|| value.clone());
            }
        }
        for (label, value) in [
            (labels::DASHBOARD, alert.dashboard_id.as_str()),
            (labels::TYPE, &alert.alert.kind),
            (labels::SEVERITY, severity_name(severity)),
            (labels::SOURCE, &alert.source),
        ] {
            record.labels.insert(label.to_owned(), value.to_owned());
        }
        record.group = group_of(self.policies.settings(), &record.labels);
        record.held_by = self.holds_of_new(&record, severity, now);
        record.alert = Some(alert);
        self.take(record, severity, now, steps);
    }

    /// Resolves the oldest alerts of a dashboard until there is room for one more.
    pub(super) fn make_room(&mut self, dashboard: &DashboardId, now: Timestamp, steps: &mut Vec<Step>) {
        while let Some(alerts) = self.of_dashboard.get(dashboard)
            && alerts.len() >= OPEN_ALERTS_LIMIT
            && let Some((_, oldest)) = alerts.first().cloned()
        {
            let record = AlertRecord {
                note: Some(format!(
                    "resolved by the hub: {dashboard} had {OPEN_ALERTS_LIMIT} open alerts, and a new one needed the \
                     place of the oldest; whether the problem is over is not known"
                )),
                ..AlertRecord::new(oldest, AlertTransition::Resolved)
            };
            self.take(record, Severity::Warning, now, steps);
        }
    }

    /// Counts a change of a problem, and returns how many there were in the window.
    fn changed(&mut self, fingerprint: &str, now: Timestamp) -> usize {
        if !self.changes.contains_key(fingerprint) && self.changes.len() >= PROBLEMS_WATCHED {
            return 1;
        }
        let times = self.changes.entry(fingerprint.to_owned()).or_default();
        times.push_back(now);
        while times.len() > FLAP_CHANGES + 2 {
            times.pop_front();
        }
        times.iter().filter(|at| now.milliseconds_since(**at) <= FLAP_WINDOW).count()
    }

    /// Takes a step that was decided: folds it, and keeps the indexes true to it.
    pub(super) fn take(
        &mut self,
        record: AlertRecord,
        severity: Severity,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) {
        let id = record.alert_id.clone();
        let dashboard_id = match (&record.alert, self.alerts.get(&id)) {
            (_, Some(known)) => known.dashboard_id.clone(),
            (Some(alert), None) => alert.dashboard_id.clone(),
            (None, None) => return,
        };
        let notifies = record.notifies();
        fold_alert(&mut self.alerts, &mut self.policies, (now, &dashboard_id), record.clone());
        if let Some(alert) = self.alerts.get(&id) {
            let place = (alert.first_seen, id.clone());
            match record.transition {
                AlertTransition::Raised | AlertTransition::Reopened => {
                    self.of_dashboard.entry(dashboard_id.clone()).or_default().insert(place);
                    self.inhibitors.opened(&self.policies, alert);
                    self.is_dirty = true;
                }
                AlertTransition::Resolved => {
                    if let Some(open) = self.of_dashboard.get_mut(&dashboard_id) {
                        open.remove(&place);
                        if open.is_empty() {
                            self.of_dashboard.remove(&dashboard_id);
                        }
                    }
                    self.inhibitors.closed(alert);
                    self.is_dirty = true;
                }
                AlertTransition::Acknowledged | AlertTransition::Flapping => self.is_dirty = true,
                _ => {}
            }
            if notifies && let Some(group) = &alert.group {
                self.groups.insert(group.clone(), (id, now));
            }
        }
        steps.push(Step { dashboard_id, severity, body: Body::Alert(Box::new(record)) });
    }

    /// Takes a change of what is said about many alerts.
    pub(super) fn take_policy(
        &mut self,
        change: AlertPolicyChange,
        by: Option<OperatorId>,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) {
        let severity = match change {
            AlertPolicyChange::SilenceEnding { .. } => Severity::Warning,
            _ => Severity::Info,
        };
        let is_inhibition = matches!(
            change,
            AlertPolicyChange::InhibitionSaved { .. } | AlertPolicyChange::InhibitionDeleted { .. }
        );
        let record = AlertPolicyRecord { change, by };
        self.policies.apply(now, record.clone());
        if is_inhibition {
            self.inhibitors.rebuild(&self.policies, &self.alerts);
        }
        self.is_dirty = true;
        let dashboard_id = self.hub.clone();
        steps.push(Step { dashboard_id, severity, body: Body::Policy(Box::new(record)) });
    }

    /// Resolves the open alerts of a rule that is gone or off.
    pub(super) fn resolve_of_rule(
        &mut self,
        rule: &str,
        reason: &str,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) {
        self.forget_rule(rule);
        let of_rule: Vec<_> = self
            .alerts
            .open()
            .filter(|alert| alert.rule() == Some(rule))
            .map(|alert| alert.id.clone())
            .collect();
        for id in of_rule {
            let record = AlertRecord {
                note: Some(reason.to_owned()),
                ..AlertRecord::new(id, AlertTransition::Resolved)
            };
            self.take(record, Severity::Info, now, steps);
        }
    }

    /// The open alert of this id.
    ///
    /// # Errors
    /// `ALERT_UNKNOWN`, or `ALERT_STATE_CONFLICT` when it is over.
    pub(super) fn open_alert(&self, id: &AlertId) -> Result<&AlertProjection, ProtocolError> {
        match self.alerts.get(id) {
            Some(alert) if alert.state != AlertState::Resolved => Ok(alert),
            Some(_) => {
                Err(ProtocolError::new(ErrorCode::AlertStateConflict, "the alert is resolved already."))
            }
            None => {
                Err(ProtocolError::new(ErrorCode::AlertUnknown, "the hub knows no open alert with this id."))
            }
        }
    }
}

/// The severity as the wire writes it.
pub(super) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Debug => "debug",
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}
