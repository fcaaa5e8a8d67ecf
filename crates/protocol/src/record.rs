//! The ordered log's record. Everything that happens is one, and everything anyone sees is a fold over them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use ts_rs::TS;
use uuid::Uuid;

use crate::{
    AlertId, Command, CommandDeclaration, CommandId, CommandStage, DashboardConfig, DashboardId,
    EnrichedAlert, ErrorCode, OperatorId, Query, QueryId, SessionEpoch, Severity, Timestamp, TokenId,
    alert::AlertTransition, alerting::Hold, configuration::Configuration,
};

/// One entry of a hub's ordered, append-only log.
///
/// `seq` counts 1, 2, 3… within the partition and epoch of the log; `at` is the hub's receive time and never falls
/// within a partition. The producer's own time stays in the body.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Place in the log.
    pub seq: u64,
    /// When the hub received it.
    pub at: Timestamp,
    /// The dashboard it is about.
    pub dashboard_id: DashboardId,
    /// What sort of thing happened.
    pub kind: RecordKind,
    /// How bad it is.
    pub severity: Severity,
    /// The details, as they came: the type that [`RecordKind`] names for the kind.
    #[schemars(with = "Value")]
    pub body: Box<RawValue>,
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.seq == other.seq
            && self.at == other.at
            && self.dashboard_id == other.dashboard_id
            && self.kind == other.kind
            && self.severity == other.severity
            && self.body.get() == other.body.get()
    }
}

/// What sort of thing a record tells. The number is the stored form and never changes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[repr(u8)]
pub enum RecordKind {
    /// A dashboard registered: [`RegistrationRecord`].
    Registration = 1,
    /// Its liveness changed: [`ConnectionRecord`].
    Connection = 2,
    /// Its status: [`crate::DashboardStatus`].
    Status = 3,
    /// An event: [`crate::EnrichedEvent`].
    Event = 4,
    /// Metrics: [`crate::EnrichedMetrics`].
    Metrics = 5,
    /// Resource usage: [`crate::EnrichedResourceUsage`].
    ResourceUsage = 6,
    /// A step in an alert's life: [`AlertRecord`].
    Alert = 7,
    /// A step in a command's life: [`CommandRecord`].
    Command = 8,
    /// A query, or its answer: [`QueryRecord`].
    Query = 9,
    /// A configuration pushed, or the answer to it: [`ConfigurationRecord`].
    Configuration = 10,
    /// A backend's word on a workflow: [`crate::WorkflowUpdate`].
    WorkflowUpdate = 11,
    /// Something was refused: [`RefusalRecord`].
    Refusal = 12,
    /// Somebody changed who may connect: [`AccessRecord`].
    Access = 13,
    /// What is said about many alerts changed: [`AlertPolicyRecord`](crate::alerting::AlertPolicyRecord).
    AlertPolicy = 14,
}

impl RecordKind {
    /// Every kind, in stored order.
    pub const ALL: [Self; 14] = [
        Self::Registration,
        Self::Connection,
        Self::Status,
        Self::Event,
        Self::Metrics,
        Self::ResourceUsage,
        Self::Alert,
        Self::Command,
        Self::Query,
        Self::Configuration,
        Self::WorkflowUpdate,
        Self::Refusal,
        Self::Access,
        Self::AlertPolicy,
    ];

    /// The kind stored as `code`, or `None` for a number this version does not know.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == code)
    }
}

/// Body of [`RecordKind::Registration`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationRecord {
    /// What the dashboard says of itself.
    pub config: DashboardConfig,
    /// The commands it accepts.
    pub commands: Vec<CommandDeclaration>,
    /// The numbering session.
    pub epoch: SessionEpoch,
    /// Where it connected from, such as `127.0.0.1:50432`.
    pub remote_address: String,
    /// The token it showed; absent when that was the hub's shared one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub token_id: Option<TokenId>,
}

/// Whether a dashboard is there.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum Liveness {
    /// Heard from within the heartbeat interval.
    Online,
    /// One heartbeat missed.
    Stale,
    /// Three heartbeats missed, or the connection lost.
    Offline,
    /// It said goodbye.
    Left,
}

/// Body of [`RecordKind::Connection`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionRecord {
    /// What it is now.
    pub liveness: Liveness,
    /// Why, for people.
    pub reason: String,
}

/// Body of [`RecordKind::Alert`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertRecord {
    /// The episode.
    pub alert_id: AlertId,
    /// The step.
    pub transition: AlertTransition,
    /// What the producer said; with `raised`, `repeated` and `flapped`, and with `resolved` and `reopened` when the
    /// producer did that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub alert: Option<EnrichedAlert>,
    /// The operator who took the step, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<OperatorId>,
    /// What the operator remarked, or why the hub took the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub note: Option<String>,
    /// Chosen by the console, with `noted`: a remark that is sent twice is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string", optional)]
    pub note_id: Option<Uuid>,
    /// What matchers see of it; with `raised`. Absent in records of older hubs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The group it belongs to; with `raised`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
    /// What holds it from notifying; with `raised`, `reopened` and `held`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<Hold>,
    /// To whom; with `assigned`. Absent: to nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub to: Option<OperatorId>,
    /// Until when; with `shelved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub until: Option<Timestamp>,
    /// How far; with `escalated`: 1, 2, 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub level: Option<u8>,
}

impl AlertRecord {
    /// A step that says nothing more.
    #[must_use]
    pub fn new(alert_id: AlertId, transition: AlertTransition) -> Self {
        Self {
            alert_id,
            transition,
            alert: None,
            by: None,
            note: None,
            note_id: None,
            labels: BTreeMap::new(),
            group: None,
            held_by: Vec::new(),
            to: None,
            until: None,
            level: None,
        }
    }

    /// Whether consoles may notify: the problem begins, or nothing holds it any more.
    #[must_use]
    pub fn notifies(&self) -> bool {
        match self.transition {
            AlertTransition::Notified => true,
            AlertTransition::Raised | AlertTransition::Reopened => self.held_by.is_empty(),
            _ => false,
        }
    }
}

/// Body of [`RecordKind::Command`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct CommandRecord {
    /// The command.
    pub command_id: CommandId,
    /// The stage it entered.
    pub stage: CommandStage,
    /// The command itself; with its first record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub command: Option<Command>,
    /// Part done, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub progress: Option<f64>,
    /// What the dashboard says it is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub message: Option<String>,
    /// What it returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub result: Option<Value>,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<StageError>,
    /// How long the dashboard says it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub duration: Option<f64>,
}

/// Why a command did not succeed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct StageError {
    /// The hub's code, when the hub is the one to say so; absent when the dashboard is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub code: Option<ErrorCode>,
    /// What went wrong, and what to do.
    pub message: String,
}

/// Body of [`RecordKind::Query`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueryRecord {
    /// The query.
    pub query_id: QueryId,
    /// The question; with the first record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub query: Option<Query>,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<OperatorId>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub result: Option<Value>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<StageError>,
}

/// Body of [`RecordKind::Configuration`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationRecord {
    /// The version.
    #[ts(type = "number")]
    pub version: u64,
    /// Where it stands.
    pub state: ConfigurationState,
    /// The configuration; when it is pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub configuration: Option<Configuration>,
    /// Who pushed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<OperatorId>,
    /// Why the dashboard rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<String>,
}

/// Where a configuration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum ConfigurationState {
    /// The hub holds it; the dashboard gets it now, or when it registers next.
    Pushed,
    /// The dashboard put it in force.
    Applied,
    /// The dashboard would not.
    Rejected,
}

/// Body of [`RecordKind::Refusal`]. Recorded under the id the client claimed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct RefusalRecord {
    /// What was wrong.
    pub code: ErrorCode,
    /// In words.
    pub message: String,
    /// Where it came from.
    pub remote_address: String,
}

/// Body of [`RecordKind::Access`]. Recorded under the hub's own name, `hub`: it is about no single dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct AccessRecord {
    /// What was changed.
    pub change: AccessChange,
    /// The token it was about.
    pub token_id: TokenId,
    /// What that token is for.
    pub label: String,
    /// The operator who did it.
    pub by: OperatorId,
}

/// What was changed about who may connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccessChange {
    /// A token for a dashboard was made.
    DashboardTokenCreated,
    /// A token for a dashboard was revoked.
    DashboardTokenRevoked,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_numbers_and_kinds_map_one_to_one() {
        for kind in RecordKind::ALL {
            assert_eq!(RecordKind::from_code(kind as u8), Some(kind));
        }
        assert_eq!(RecordKind::from_code(0), None);
        assert_eq!(RecordKind::from_code(200), None);
    }
}
