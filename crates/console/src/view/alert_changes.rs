//! What an operator changes about alerts. All of it is one request, `change_alerting`, because all of it fails alike:
//! in the past, in an archive, and while the hub is not connected.

use mission_control_protocol::{
    AlertId, InhibitionId, RuleId, SilenceId, Timestamp, WindowId,
    alerting::{AlertSettings, Inhibition, MaintenanceWindow, Rule, Silence},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::{DashboardKey, EventRow, HubKey};

/// `change_alerting`: one change, at one hub.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChangeAlerting {
    /// At which hub.
    pub hub: HubKey,
    /// What.
    pub change: AlertingChange,
}

/// One change. What is saved whole (silences, rules and the like) is read here and not before, so that a matcher with a
/// mistake in it is an error that names it. An empty `id` is given one.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AlertingChange {
    /// Give an alert to somebody; to nobody with null.
    Assign {
        /// Which.
        alert_id: AlertId,
        /// To whom; the name of an operator.
        to: Option<String>,
        /// A remark.
        note: Option<String>,
    },
    /// Keep an alert from notifying for a time.
    Shelve {
        /// Which.
        alert_id: AlertId,
        /// For how long, in minutes; at most 30 days.
        minutes: u32,
        /// Why.
        note: Option<String>,
    },
    /// Take an alert off the shelf.
    Unshelve {
        /// Which.
        alert_id: AlertId,
    },
    /// Open an alert again that was resolved too early.
    Reopen {
        /// Which.
        alert_id: AlertId,
        /// A remark.
        note: Option<String>,
    },
    /// Remark something on an alert.
    Note {
        /// Which.
        alert_id: AlertId,
        /// What; 1 to 1,000 characters.
        note: String,
    },
    /// Make a silence, or change one.
    SaveSilence {
        /// All of it.
        #[ts(as = "Silence")]
        silence: Value,
    },
    /// End a silence.
    EndSilence {
        /// Which.
        silence_id: SilenceId,
    },
    /// Make a rule, or change one.
    SaveRule {
        /// All of it.
        #[ts(as = "Rule")]
        rule: Value,
        /// The version that is changed: 0 for a new and for a built-in one. Refused when somebody changed it meanwhile.
        expected_version: u32,
    },
    /// Make or change all rules of a TOML text, or none of them.
    ImportRules {
        /// The text.
        toml: String,
    },
    /// Switch a rule on or off.
    EnableRule {
        /// Which.
        rule_id: RuleId,
        /// On, or off.
        enabled: bool,
    },
    /// Remove a rule. Its open alerts are resolved.
    DeleteRule {
        /// Which.
        rule_id: RuleId,
    },
    /// Make a maintenance window, or change one.
    SaveWindow {
        /// All of it.
        #[ts(as = "MaintenanceWindow")]
        window: Value,
    },
    /// Remove a maintenance window.
    DeleteWindow {
        /// Which.
        window_id: WindowId,
    },
    /// Make an inhibition, or change one.
    SaveInhibition {
        /// All of it.
        #[ts(as = "Inhibition")]
        inhibition: Value,
    },
    /// Remove an inhibition.
    DeleteInhibition {
        /// Which.
        inhibition_id: InhibitionId,
    },
    /// Change how alerts are grouped and escalated.
    SaveSettings {
        /// All of them.
        #[ts(as = "AlertSettings")]
        settings: Value,
    },
}

/// What came of a change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertingChanged {
    /// The rules that were saved.
    pub rules: Vec<RuleId>,
    /// What is not wrong, but perhaps not what was meant: a metric that nobody reports, say.
    pub warnings: Vec<String>,
}

/// `events_around`: what happened on one dashboard around an instant.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventsAroundRequest {
    /// On which dashboard.
    pub dashboard: DashboardKey,
    /// From then,
    pub from: Timestamp,
    /// until then.
    pub to: Timestamp,
    /// At most so many, those nearest to the end; 200 at the most.
    pub limit: u32,
}

/// `events_around` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventsAround {
    /// Events, commands and connections, newest first.
    pub events: Vec<EventRow>,
    /// Whether there are more in that span.
    pub is_partial: bool,
}
