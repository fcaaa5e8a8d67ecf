//! One alert: how it went, what was said, what it is about.

use mission_control_protocol::{AlertId, RuleId, Severity, Timestamp, alert::AlertTransition};
use serde::Serialize;
use ts_rs::TS;

use super::{AlertRow, HubKey, Status, alerts::AlertHold, metrics::SeriesSelection, rules::RuleBound};

/// One alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertDetailView {
    /// All there is; null for an alert that is known no more, and for one that was not at the instant shown.
    pub found: Option<AlertDetail>,
}

/// Everything about one alert.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertDetail {
    /// As it stands in the list.
    pub row: AlertRow,
    /// Why nothing can be changed, in a sentence; null when it can.
    pub disabled: Option<String>,
    /// How it went, oldest first.
    pub steps: Vec<AlertStepRow>,
    /// Times it was reported, and came and went, beside those steps.
    #[ts(type = "number")]
    pub flaps: u64,
    /// What matchers see of it.
    pub labels: Vec<AlertLabel>,
    /// The rule that raised it.
    pub rule: Option<AlertRule>,
    /// A page to read.
    pub runbook: Option<String>,
    /// What to draw beside it; null when it is about no dashboard of its own.
    pub metric: Option<AlertMetric>,
    /// Earlier alerts of the same problem, then of the same type, newest first; at most 12.
    pub similar: Vec<SimilarAlert>,
    /// What its producer says of its setting, as JSON text, indented; empty when that is nothing.
    pub context: String,
    /// Names to give it to: whoever did something on this hub.
    pub operators: Vec<String>,
}

/// A step of an alert's life.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertStepRow {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub transition: AlertTransition,
    /// In words, such as `Silenced by deploy until 14:00`.
    pub text: String,
    /// Who did it; null when the producer, its rule or the hub did.
    pub by: Option<String>,
    /// What was remarked with it.
    pub note: Option<String>,
    /// What held it then.
    pub holds: Vec<AlertHold>,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertLabel {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// A matcher for it, written out.
    pub matcher: String,
}

/// The rule that raised an alert.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertRule {
    /// At which hub.
    pub hub: HubKey,
    /// Which.
    pub rule_id: RuleId,
    /// Its title; its id when it was removed since.
    pub title: String,
    /// When it holds, in words; empty when it was removed since.
    pub condition: String,
    /// What it means and what to do.
    pub description: String,
}

/// What to draw beside an alert.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertMetric {
    /// Which series.
    pub selection: SeriesSelection,
    /// What it is called.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// Bounds to draw as lines.
    pub bounds: Vec<RuleBound>,
    /// Whether the alert names this metric; else it is drawn to give an idea.
    pub is_named: bool,
}

/// An earlier alert.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SimilarAlert {
    /// Which.
    pub alert_id: AlertId,
    /// Its title.
    pub title: String,
    /// On which dashboard.
    pub dashboard_name: String,
    /// How bad it was.
    pub severity: Severity,
    /// How it looks.
    pub status: Status,
    /// Whether it was the same problem, and not only of the same type.
    pub is_same_problem: bool,
    /// When it began.
    pub first_seen: Timestamp,
    /// How long it lasted, in milliseconds; null while it does.
    #[ts(type = "number | null")]
    pub lasted: Option<i64>,
    /// How it ended, in words.
    pub ending: String,
    /// The last remark on it.
    pub note: Option<String>,
}
