//! The rules, and trying one on what was recorded.

use mission_control_protocol::{
    Timestamp,
    alerting::{BackTest, Rule},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::{HubKey, metrics::SeriesSelection};

/// The rules of all hubs.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RulesView {
    /// The hubs.
    pub hubs: Vec<AlertingHub>,
    /// Their rules, hub by hub, those that come with the program first.
    pub rules: Vec<RuleRow>,
    /// Metrics that can be named in a rule, with their units; those that the protocol defines and were reported.
    pub metrics: Vec<RuleMetric>,
}

/// A hub that has rules and silences.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertingHub {
    /// Which.
    pub hub: HubKey,
    /// Its name.
    pub name: String,
    /// Why nothing can be changed there, in a sentence; null when it can.
    pub disabled: Option<String>,
    /// Use cases of its dashboards.
    pub use_cases: Vec<String>,
}

/// A metric that can be named in a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleMetric {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Its unit; empty for a plain number.
    pub unit: String,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleRow {
    /// At which hub.
    pub hub: HubKey,
    /// All of it.
    pub rule: Rule,
    /// Counts 1, 2, 3…; 0 while it is as it came with the program.
    pub version: u32,
    /// Whether it came with the program, changed or not.
    pub is_built_in: bool,
    /// When it was changed last.
    pub changed_at: Option<Timestamp>,
    /// By whom.
    pub changed_by: Option<String>,
    /// Its kind, such as `Threshold`.
    pub kind: String,
    /// When it holds, in words.
    pub condition: String,
    /// Alerts it raised.
    #[ts(type = "number")]
    pub raised: u64,
    /// Those of them that are open.
    pub open: u32,
}

/// `back_test_rule`: what a rule would have done, by the log that is here: it works while the hub is away. A newer
/// request ends an older one with the code `superseded`, and so does `cancel_back_test`.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackTestRequest {
    /// On the log of which hub.
    pub hub: HubKey,
    /// All of the rule.
    #[ts(as = "Rule")]
    pub rule: Value,
    /// From when on, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub from: i64,
    /// Until when, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub to: i64,
}

/// `back_test_rule` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackTestView {
    /// What it would have done.
    pub result: BackTest,
    /// In a sentence, such as `It would have fired 3 times in 7 d.`
    pub summary: String,
    /// What makes the result less than the whole truth, a sentence each.
    pub notes: Vec<String>,
    /// Series to draw the firings on: of those dashboards that would have fired most, at most 6.
    pub selections: Vec<SeriesSelection>,
    /// Lines to draw across them.
    pub bounds: Vec<RuleBound>,
}

/// A bound of a rule, as a line across a chart.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RuleBound {
    /// At which value.
    pub value: f64,
    /// What it is: `fires above 500`, `clears at 400`.
    pub label: String,
    /// Whether it fires there; else it clears there.
    pub fires: bool,
}
