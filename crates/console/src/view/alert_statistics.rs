//! How noisy alerts are, and how fast they are dealt with.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::DashboardKey;

/// `alert_statistics`: of the alerts that were raised in a span. A newer request ends an older one with the code
/// `superseded`.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertStatisticsRequest {
    /// From then, in milliseconds since the Unix epoch,
    #[ts(type = "number")]
    pub from: i64,
    /// until then, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub to: i64,
}

/// `alert_statistics` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertStatistics {
    /// How many there were.
    pub totals: AlertTotals,
    /// How long until somebody acknowledged them; of those that somebody did.
    pub acknowledged_after: Spread,
    /// How long until they were resolved; of those that were.
    pub resolved_after: Spread,
    /// The noisiest rules, worst first; at most 10. Alerts of producers are not among them.
    pub rules: Vec<NoiseRow>,
    /// The noisiest types, worst first; at most 10.
    pub types: Vec<NoiseRow>,
    /// The noisiest dashboards, worst first; at most 10.
    pub dashboards: Vec<NoiseRow>,
    /// Each day of the span, the first one first; in UTC.
    pub days: Vec<AlertDay>,
    /// What could not be read or is not here yet, a sentence each.
    pub problems: Vec<String>,
}

/// How many alerts there were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertTotals {
    /// Raised.
    #[ts(type = "number")]
    pub raised: u64,
    /// Of those: told at once.
    #[ts(type = "number")]
    pub notified: u64,
    /// Of those: held when they were raised, by a silence, an inhibition, a window or their group.
    #[ts(type = "number")]
    pub held: u64,
    /// Of those: acknowledged by somebody.
    #[ts(type = "number")]
    pub acknowledged: u64,
    /// Of those: over by the end of the span.
    #[ts(type = "number")]
    pub resolved: u64,
    /// Of those that are over: without anybody having acknowledged or resolved them.
    #[ts(type = "number")]
    pub resolved_by_themselves: u64,
    /// Of those: opened again.
    #[ts(type = "number")]
    pub reopened: u64,
    /// Of those: escalated.
    #[ts(type = "number")]
    pub escalated: u64,
    /// Reports, repetitions included.
    #[ts(type = "number")]
    pub reports: u64,
}

/// How long something took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Spread {
    /// Of how many.
    #[ts(type = "number")]
    pub count: u64,
    /// Half of them took no longer, in milliseconds; null when there is none.
    #[ts(type = "number | null")]
    pub median: Option<i64>,
    /// Nine in ten took no longer, in milliseconds; null when there is none.
    #[ts(type = "number | null")]
    pub p90: Option<i64>,
}

/// How noisy one rule, type or dashboard is.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NoiseRow {
    /// The id of the rule, the type, or the id of the dashboard.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// The dashboard, where it is one.
    pub dashboard: Option<DashboardKey>,
    /// Alerts raised.
    #[ts(type = "number")]
    pub raised: u64,
    /// Of those: acknowledged by somebody. Few say that nobody needs them.
    #[ts(type = "number")]
    pub acknowledged: u64,
    /// Reports, repetitions included.
    #[ts(type = "number")]
    pub reports: u64,
    /// Half of those that are over lasted no longer, in milliseconds.
    #[ts(type = "number | null")]
    pub lasted: Option<i64>,
}

/// Alerts raised on one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertDay {
    /// Its midnight in UTC, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub from: i64,
    /// Critical ones.
    pub critical: u32,
    /// Errors.
    pub serious: u32,
    /// Warnings.
    pub caution: u32,
    /// Milder ones.
    pub standby: u32,
}
