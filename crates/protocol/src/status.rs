//! `DashboardStatus` (integration plan, section 2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{DashboardId, Timestamp};

/// What a dashboard is doing now. Only the latest counts, so it carries no `seq` and is not acknowledged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DashboardStatus {
    /// The dashboard this is about; must be the registered one.
    pub dashboard_id: DashboardId,
    /// What the dashboard is for.
    pub use_case: String,
    /// What it is doing.
    pub state: DashboardState,
    /// What data it holds.
    pub data_status: DataStatus,
    /// Id of the tab its user looks at.
    pub active_tab: String,
    /// Users connected now.
    pub connected_users: u32,
    /// How it performs.
    pub performance: StatusPerformance,
}

/// `DashboardStatus.state`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum DashboardState {
    /// Waiting.
    Idle,
    /// In use.
    Active,
    /// Working on data, a workflow or an agent.
    Processing,
    /// Failed, and has not recovered.
    Error,
}

/// `DashboardStatus.dataStatus`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DataStatus {
    /// Whether any data is loaded.
    pub has_data: bool,
    /// When data was last ingested; null when never.
    pub last_ingested: Option<Timestamp>,
    /// Records held.
    #[ts(type = "number")]
    pub record_count: u64,
}

/// `DashboardStatus.performance`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct StatusPerformance {
    /// Mean time to answer a request, in milliseconds.
    pub response_time: f64,
    /// Failed requests, in percent (0 to 100).
    pub error_rate: f64,
    /// Records or requests per second.
    pub throughput: f64,
}
