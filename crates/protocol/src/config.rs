//! Registration: what a dashboard says of itself, and what the hub answers (integration plan, sections 2 and 3).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{DashboardId, Timestamp, configuration::Configuration};

/// `DashboardConfig::kind` of a run dashboard.
pub const TYPE_RUN_DASHBOARD: &str = "run-dashboard";
/// `DashboardConfig::kind` of a backend, the one kind of client that may publish `WORKFLOW_UPDATE` for another.
pub const TYPE_BACKEND: &str = "backend";

/// What a dashboard says of itself when it registers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DashboardConfig {
    /// Stable id, chosen by the owner.
    pub id: DashboardId,
    /// `run-dashboard`, `backend`, or any other kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the dashboard is for, such as `energy`; fleets are grouped by it.
    pub use_case: String,
    /// Version of the dashboard's own software.
    pub version: String,
    /// What it can do: `data-ingestion`, `agent-execution`, `workflow-deployment`, `real-time-updates`, or others.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Who runs it, where, since when; and whatever else the owner wants to see.
    #[serde(default)]
    pub metadata: DashboardMetadata,
}

/// `DashboardConfig.metadata`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DashboardMetadata {
    /// The user on whose behalf the dashboard runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub user: Option<String>,
    /// Such as `production` or `staging`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub environment: Option<String>,
    /// When the dashboard started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub start_time: Option<Timestamp>,
    /// Anything else, kept and shown as it came.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

/// The hub's answer to a registration, carried by `REGISTERED`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationResult {
    /// Always true in `REGISTERED`; a refused registration is answered with `ERROR`.
    pub success: bool,
    /// The id under which the dashboard is registered.
    pub dashboard_id: DashboardId,
    /// Milliseconds between heartbeats that the hub expects. One missed: stale; three missed: offline.
    pub heartbeat_interval: u32,
    /// The hub's clock, for the client to judge its own by.
    pub server_time: Timestamp,
    /// Highest `seq` of this session that is already durable; resume with the next one. 0 when none is.
    #[ts(type = "number")]
    pub last_seq: u64,
    /// Largest frame the hub accepts, in bytes.
    #[ts(type = "number")]
    pub frame_limit: u64,
    /// The configuration that the hub holds for this dashboard, if any was pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub configuration: Option<Configuration>,
    /// Public keys (Ed25519, base64url) of the operators whose signatures the dashboard may trust.
    #[serde(default)]
    pub operator_keys: Vec<String>,
}
