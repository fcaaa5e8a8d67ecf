//! `DashboardEvent` and `EnrichedEvent` (integration plan, section 5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::{DashboardId, Severity, Timestamp};

/// Event types the integration plan names. Any other upper-case name is as good.
pub mod types {
    /// The dashboard's data source changed.
    pub const DATA_SOURCE_CHANGED: &str = "DATA_SOURCE_CHANGED";
    /// An ingestion started, progressed or ended.
    pub const INGESTION_STATUS_CHANGED: &str = "INGESTION_STATUS_CHANGED";
    /// Data was ingested.
    pub const DATA_INGESTED: &str = "DATA_INGESTED";
    /// A workflow started.
    pub const WORKFLOW_STARTED: &str = "WORKFLOW_STARTED";
    /// An agent finished.
    pub const AGENT_RESULT: &str = "AGENT_RESULT";
    /// Something failed.
    pub const ERROR: &str = "ERROR";
    /// A client's queue was full and dropped something; the payload counts what.
    pub const QUEUE_OVERFLOW: &str = "QUEUE_OVERFLOW";
}

/// What happened, as the dashboard's code says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DashboardEvent {
    /// Upper-case name of what happened, such as `DATA_INGESTED`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How bad it is; `info` when not said.
    #[serde(default)]
    pub severity: Severity,
    /// Details; any JSON.
    #[serde(default)]
    pub payload: Value,
}

/// An event with what the client adds to it before it leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EnrichedEvent {
    /// The event.
    #[serde(flatten)]
    pub event: DashboardEvent,
    /// The dashboard it happened in; must be the registered one.
    pub dashboard_id: DashboardId,
    /// When it happened, by the producer's clock.
    pub timestamp: Timestamp,
    /// In what setting it happened.
    #[serde(default)]
    pub context: EventContext,
}

/// `EnrichedEvent.context`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventContext {
    /// What the dashboard is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub use_case: Option<String>,
    /// Who was using it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub user: Option<String>,
    /// The user's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub session_id: Option<String>,
}
