//! The fleet: every dashboard of every hub.

use mission_control_protocol::{Timestamp, record::Liveness, status::DashboardState};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DashboardKey, Freshness, Status};

/// In what groups the fleet is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum FleetGrouping {
    /// By use case.
    #[default]
    UseCase,
    /// By state, worst first.
    State,
    /// By hub.
    Hub,
    /// One group.
    None,
}

/// In what order dashboards stand inside a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FleetSort {
    /// By what.
    pub by: FleetColumn,
    /// Largest (or worst, or last) first.
    pub descending: bool,
}

/// What the fleet can be sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum FleetColumn {
    /// Name.
    #[default]
    Name,
    /// Rolled-up status.
    Status,
    /// State.
    State,
    /// Use case.
    UseCase,
    /// Response time.
    ResponseTime,
    /// Error rate.
    ErrorRate,
    /// Throughput.
    Throughput,
    /// Records held.
    RecordCount,
    /// Users connected.
    ConnectedUsers,
    /// Data quality.
    DataQuality,
    /// Open alerts.
    OpenAlerts,
    /// When last heard from.
    LastHeard,
}

/// The fleet.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FleetView {
    /// Of all dashboards, the filter aside.
    pub summary: FleetSummary,
    /// How many pass the filter.
    pub shown: u32,
    /// The dashboards that pass the filter, grouped and sorted.
    pub groups: Vec<FleetGroup>,
}

/// Dashboards by liveness.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FleetSummary {
    /// All.
    pub total: u32,
    /// Online, their hub connected.
    pub online: u32,
    /// Stale, their hub connected.
    pub stale: u32,
    /// Offline, their hub connected.
    pub offline: u32,
    /// Left, their hub connected.
    pub left: u32,
    /// Their hub is not connected.
    pub cached: u32,
    /// They are in an archive.
    pub archived: u32,
}

/// A group of dashboards.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FleetGroup {
    /// Unique among the groups, stable.
    pub key: String,
    /// Title.
    pub title: String,
    /// Worst status in it.
    pub worst: Status,
    /// Its dashboards.
    pub cards: Vec<DashboardCard>,
}

/// One dashboard, at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DashboardCard {
    /// Which.
    pub dashboard: DashboardKey,
    /// Its name: `metadata.name` when it gives one, else its id.
    pub name: String,
    /// Name of its hub.
    pub hub_name: String,
    /// `run-dashboard`, `backend`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is for.
    pub use_case: String,
    /// `metadata.user`.
    pub owner: Option<String>,
    /// `metadata.environment`.
    pub environment: Option<String>,
    /// Rolled up from liveness, state and open alerts: the worst wins. `off` whenever its hub is not connected.
    pub status: Status,
    /// Whether it is there; as last known, when its hub is not connected.
    pub liveness: Liveness,
    /// How fresh the rest is.
    pub freshness: Freshness,
    /// What it is doing; null before its first status.
    pub state: Option<DashboardState>,
    /// Mean time to answer, in milliseconds.
    pub response_time: Option<f64>,
    /// Failed requests, in percent.
    pub error_rate: Option<f64>,
    /// Per second.
    pub throughput: Option<f64>,
    /// Records held.
    #[ts(type = "number | null")]
    pub record_count: Option<u64>,
    /// When data was last ingested.
    pub last_ingested: Option<Timestamp>,
    /// Tab its user looks at.
    pub active_tab: Option<String>,
    /// Users connected.
    pub connected_users: Option<u32>,
    /// Quality score, in percent.
    pub data_quality: Option<f64>,
    /// The last response times, oldest first, at most 48; null where there is a gap.
    pub response_times: Vec<Option<f64>>,
    /// Open alerts.
    pub open_alerts: u32,
    /// Commands under way.
    pub running_commands: u32,
}
