//! The fold: what a log's records, read in order, say of the fleet. The same code serves live, offline and (stopped
//! at an instant) replay. It is pure: no clock, no I/O, and the same records always give the same projection.

mod alert_policies;
mod alerts;
mod commands;
mod dashboards;

use std::collections::BTreeMap;

use mission_control_protocol::{
    AlertId, CommandId, DashboardId, Record, RecordKind, Timestamp,
    alert::AlertTransition,
    alerting::labels,
    record::{AlertRecord, CommandRecord, ConfigurationRecord, ConnectionRecord, RegistrationRecord},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use alert_policies::{AlertPoliciesProjection, RuleView, SilenceProjection};
pub use alerts::{AlertNote, AlertProjection, AlertStep, AlertsProjection};
pub use commands::{CommandProjection, CommandsProjection, StageEntry};
pub use dashboards::{
    ConfigurationProjection, DashboardProjection, LivenessProjection, RegistrationProjection, Stamped,
};

/// Everything the records say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// Each dashboard that was ever heard of.
    pub dashboards: BTreeMap<DashboardId, DashboardProjection>,
    /// The alerts: all that are open, and the last that are over.
    pub alerts: AlertsProjection,
    /// What operators said about many alerts: silences, rules and the like.
    #[serde(default)]
    pub alert_policies: AlertPoliciesProjection,
    /// The commands: all that are under way, and the last that are final.
    pub commands: CommandsProjection,
    /// When the newest record was received.
    pub last_at: Option<Timestamp>,
    /// Records whose body is not of the type its kind calls for; they are kept in the log and not folded.
    pub unreadable: u64,
}

impl Projection {
    /// Folds one record. Records must come in the order of their log.
    pub fn apply(&mut self, record: &Record) {
        self.last_at = self.last_at.max(Some(record.at));
        if self.fold(record).is_none() {
            self.unreadable += 1;
        }
    }

    /// An alert by its id.
    #[must_use]
    pub fn alert(&self, id: &AlertId) -> Option<&AlertProjection> {
        self.alerts.get(id)
    }

    /// A command by its id.
    #[must_use]
    pub fn command(&self, id: &CommandId) -> Option<&CommandProjection> {
        self.commands.get(id)
    }

    /// What each dashboard is for, as it last registered: what a query about use cases is asked with.
    #[must_use]
    pub fn use_cases(&self) -> std::collections::HashMap<String, String> {
        let known = self.dashboards.iter().filter_map(|(id, dashboard)| {
            Some((id.as_str().to_owned(), dashboard.registration.as_ref()?.config.use_case.clone()))
        });
        known.collect()
    }

    /// Leaves nothing but what is about the dashboards of which `keep` says so.
    pub fn retain(&mut self, keep: impl Fn(&DashboardId) -> bool) {
        self.dashboards.retain(|id, _| keep(id));
        self.alerts.retain(&keep);
        self.commands.retain(&keep);
    }

    fn fold(&mut self, record: &Record) -> Option<()> {
        match record.kind {
            // Refusals may be under an id that only a stranger claimed: they make no dashboard.
            RecordKind::Refusal | RecordKind::Query | RecordKind::WorkflowUpdate | RecordKind::Access => {
                return Some(());
            }
            RecordKind::Alert => {
                let step: AlertRecord = body(record)?;
                fold_alert(
                    &mut self.alerts,
                    &mut self.alert_policies,
                    (record.at, &record.dashboard_id),
                    step,
                );
                return Some(());
            }
            RecordKind::AlertPolicy => {
                self.alert_policies.apply(record.at, body(record)?);
                return Some(());
            }
            RecordKind::Command => {
                let step: CommandRecord = body(record)?;
                if let Some(command) = &step.command
                    && let Some(dashboard) = self.dashboards.get_mut(&record.dashboard_id)
                {
                    dashboard.last_command = Some((command.id.clone(), command.kind.clone(), record.at));
                }
                self.commands.apply(record, step);
                return Some(());
            }
            _ => {}
        }
        // Looked up before it is inserted: a dashboard is new once, and known a million times.
        let dashboard = match self.dashboards.get_mut(&record.dashboard_id) {
            Some(dashboard) => dashboard,
            None => self.dashboards.entry(record.dashboard_id.clone()).or_default(),
        };
        match record.kind {
            RecordKind::Registration => dashboard.register(record.at, body::<RegistrationRecord>(record)?),
            RecordKind::Connection => dashboard.connect(record.at, body::<ConnectionRecord>(record)?),
            RecordKind::Status => dashboard.status(record.at, body(record)?),
            RecordKind::Event => dashboard.event(record.at, record.severity),
            RecordKind::Metrics => dashboard.metrics(record.at, body(record)?),
            RecordKind::ResourceUsage => dashboard.resources(record.at, body(record)?),
            RecordKind::Configuration => {
                dashboard.configuration(record.at, body::<ConfigurationRecord>(record)?);
            }
            RecordKind::Alert
            | RecordKind::AlertPolicy
            | RecordKind::Command
            | RecordKind::Query
            | RecordKind::WorkflowUpdate
            | RecordKind::Refusal
            | RecordKind::Access => {}
        }
        Some(())
    }
}

/// Folds a step of an alert of a dashboard, recorded at an instant, and counts what holds it.
pub fn fold_alert(
    alerts: &mut AlertsProjection,
    policies: &mut AlertPoliciesProjection,
    (at, dashboard): (Timestamp, &DashboardId),
    step: AlertRecord,
) {
    let id = step.alert_id.clone();
    let transition = step.transition;
    // Steps that nothing can hold are most of them.
    let before = alerts.get(&id).map(|alert| alert.held_by.clone());
    if transition == AlertTransition::Raised
        && before.is_none()
        && let Some(rule) = step.labels.get(labels::RULE)
    {
        policies.count_raised(rule);
    }
    alerts.apply(at, dashboard, step);
    if let Some(alert) = alerts.get(&id)
        && !alert.held_by.is_empty()
    {
        let is_report = matches!(transition, AlertTransition::Raised | AlertTransition::Repeated);
        policies.count_held(&before.unwrap_or_default(), &alert.held_by, is_report);
    }
}

fn body<T: DeserializeOwned>(record: &Record) -> Option<T> {
    serde_json::from_str(record.body.get())
        .inspect_err(
            |error| tracing::debug!(seq = record.seq, kind = ?record.kind, %error, "unreadable record"),
        )
        .ok()
}
