//! What a rule would have done over recorded history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{DashboardId, Timestamp};

/// Firings listed of one back-test; further ones are counted.
pub const BACK_TEST_FIRINGS: usize = 1_000;

/// What a rule would have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackTest {
    /// From when on; later than asked for where the log begins later.
    pub from: Timestamp,
    /// Until when it was evaluated; earlier than asked for where it was stopped.
    pub to: Timestamp,
    /// Whether all that was asked for was evaluated.
    pub complete: bool,
    /// How often it would have fired.
    #[ts(type = "number")]
    pub fired: u64,
    /// The first of those, in the order in which they began.
    pub firings: Vec<BackTestFiring>,
    /// Samples that it looked at. 0 says that no dashboard it is about reported the metric in that time.
    #[ts(type = "number")]
    pub samples: u64,
    /// Dashboards that it is about.
    pub dashboards: u32,
}

/// One time that it would have fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackTestFiring {
    /// On which dashboard; `hub` where the rule is about a fleet.
    pub dashboard_id: DashboardId,
    /// Of which use case, where the rule is about a fleet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub use_case: Option<String>,
    /// From when on.
    pub from: Timestamp,
    /// Until when; absent where it still held at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub to: Option<Timestamp>,
    /// The value with which it began, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub value: Option<f64>,
}
