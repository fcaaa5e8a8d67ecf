//! One dashboard, in full.

use mission_control_protocol::{
    CommandDeclaration, DashboardConfig, DashboardStatus, ResourceUsage, Timestamp,
    record::ConfigurationState,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::{AlertRow, CommandRow, EventRow, fleet::DashboardCard};

/// Of what span charts are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ChartRange {
    /// The last five minutes.
    FiveMinutes,
    /// The last half hour.
    #[default]
    HalfHour,
    /// The last six hours.
    SixHours,
    /// The last day.
    Day,
    /// The last seven days.
    Week,
    /// The last 30 days.
    Month,
    /// The last 365 days.
    Year,
}

impl ChartRange {
    /// Its length in milliseconds.
    #[must_use]
    pub fn milliseconds(self) -> i64 {
        const MINUTE: i64 = 60_000;
        match self {
            Self::FiveMinutes => 5 * MINUTE,
            Self::HalfHour => 30 * MINUTE,
            Self::SixHours => 360 * MINUTE,
            Self::Day => 1_440 * MINUTE,
            Self::Week => 7 * 1_440 * MINUTE,
            Self::Month => 30 * 1_440 * MINUTE,
            Self::Year => 365 * 1_440 * MINUTE,
        }
    }
}

/// One dashboard, in full.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DashboardView {
    /// Null when the console knows no such dashboard; then everything else is empty.
    pub card: Option<DashboardCard>,
    /// What it said of itself when it registered.
    pub config: Option<DashboardConfig>,
    /// Its last status, whole.
    pub status: Option<DashboardStatus>,
    /// When the hub received that status.
    pub status_at: Option<Timestamp>,
    /// Its last resource report, whole.
    pub resources: Option<ResourceUsage>,
    /// When the hub received that report.
    pub resources_at: Option<Timestamp>,
    /// Connection, last command, events, errors, uptime: the plan's `MissionControlStatus` (section 4).
    pub mission_control: MissionControlStatus,
    /// How far its clock is ahead of the hub's, in milliseconds, when by more than five minutes either way.
    #[ts(type = "number | null")]
    pub clock_skew_milliseconds: Option<i64>,
    /// Its charts, by group.
    pub charts: Vec<ChartGroup>,
    /// Its newest events and state changes, newest first, at most 200.
    pub events: Vec<EventRow>,
    /// Its alerts, open ones first, newest first, at most 100.
    pub alerts: Vec<AlertRow>,
    /// Its commands, newest first, at most 100.
    pub commands: Vec<CommandRow>,
    /// The commands it accepts.
    pub accepts: Vec<CommandDeclaration>,
    /// Why no command can be sent to it now, in a sentence; null when one can.
    pub commands_disabled: Option<String>,
    /// The configuration last pushed to it.
    pub configuration: Option<ConfigurationRow>,
}

/// The plan's `MissionControlStatus` (section 4), as the console sees it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MissionControlStatus {
    /// Whether the dashboard is connected to its hub and the hub to this console.
    pub connected: bool,
    /// Type of the last command sent to it.
    pub last_command: Option<String>,
    /// When that was.
    pub last_command_at: Option<Timestamp>,
    /// Events received from it since it registered last.
    #[ts(type = "number")]
    pub event_count: u64,
    /// Of those, the ones of severity error or worse.
    #[ts(type = "number")]
    pub error_count: u64,
    /// Milliseconds since it came online; null when it is not.
    #[ts(type = "number | null")]
    pub uptime: Option<i64>,
}

/// Charts that belong together: one of the five groups of metrics, the status, or the resources.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChartGroup {
    /// `status`, `performance`, `usage`, `data`, `agents`, `workflows` or `resources`.
    pub key: String,
    /// Title.
    pub title: String,
    /// Its charts.
    pub charts: Vec<Chart>,
}

/// One chart: series over one time axis and one unit.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Chart {
    /// Unique in the dashboard, stable, such as `performance.apiResponseTime`.
    pub key: String,
    /// Title.
    pub title: String,
    /// Unit, such as `ms`, `%`, `B`, `B/s`, `/s`, or empty for a count.
    pub unit: String,
    /// Start of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub from: i64,
    /// End of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub to: i64,
    /// Times of the points, in milliseconds since the Unix epoch, rising.
    #[ts(type = "Array<number>")]
    pub times: Vec<i64>,
    /// The series.
    pub series: Vec<ChartSeries>,
}

/// One series of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChartSeries {
    /// Name in the legend.
    pub label: String,
    /// One value per time; null where there is none.
    pub values: Vec<Option<f64>>,
    /// The newest value.
    pub latest: Option<f64>,
}

/// A configuration that was pushed.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationRow {
    /// Its version.
    #[ts(type = "number")]
    pub version: u64,
    /// Where it stands.
    pub state: ConfigurationState,
    /// The settings.
    pub values: Value,
    /// When the last step was taken.
    pub at: Timestamp,
    /// Who pushed it.
    pub by: Option<String>,
    /// Why the dashboard rejected it.
    pub error: Option<String>,
}
