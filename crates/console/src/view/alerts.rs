//! The alerts.

use mission_control_protocol::{AlertId, Severity, Timestamp, alert::AlertState};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DashboardKey, Freshness, Status, frame::AlertCounts};

/// Which alerts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertFilter {
    /// Words that must all occur in the title, message, type or dashboard.
    pub text: String,
    /// Which states.
    pub scope: AlertScope,
    /// At least this bad; any when null.
    pub minimum_severity: Option<Severity>,
    /// Of dashboards of this use case; of any when null.
    #[serde(default)]
    pub use_case: Option<String>,
}

/// Which states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum AlertScope {
    /// Raised or acknowledged.
    #[default]
    Open,
    /// Raised, and nobody has acknowledged it.
    Unacknowledged,
    /// Over.
    Resolved,
    /// All.
    All,
}

/// The alerts.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertsView {
    /// Open alerts, the filter aside.
    pub counts: AlertCounts,
    /// Open alerts nobody has acknowledged, the filter aside.
    pub unacknowledged: u32,
    /// The alerts that pass the filter: open first, worst first, newest first, those of one group together; at most 500.
    pub alerts: Vec<AlertRow>,
    /// How many more pass the filter.
    pub more: u32,
    /// The use cases there are.
    pub use_cases: Vec<String>,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertRow {
    /// Which.
    pub alert_id: AlertId,
    /// The dashboard it is about.
    pub dashboard: DashboardKey,
    /// Name of that dashboard.
    pub dashboard_name: String,
    /// Its use case; empty when it has none.
    pub use_case: String,
    /// Upper-case name of the problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// How bad it is.
    pub severity: Severity,
    /// How it looks.
    pub status: Status,
    /// One line.
    pub title: String,
    /// A sentence or two.
    pub message: String,
    /// Where it stands.
    pub state: AlertState,
    /// Times it was reported in this episode.
    #[ts(type = "number")]
    pub count: u64,
    /// When it was first reported in this episode.
    pub first_seen: Timestamp,
    /// When it was last reported.
    pub last_seen: Timestamp,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// When.
    pub acknowledged_at: Option<Timestamp>,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Who resolved it; null when the producer did.
    pub resolved_by: Option<String>,
    /// The last remark made on it.
    pub note: Option<String>,
    /// Whose it is.
    pub assigned_to: Option<String>,
    /// How far it was escalated; 0 is not at all.
    pub escalation: u32,
    /// Until when it is on the shelf.
    pub shelved_until: Option<Timestamp>,
    /// Whether it comes and goes.
    pub is_flapping: bool,
    /// Times it was opened again.
    pub reopened: u32,
    /// Why it does not notify; empty when it did.
    pub holds: Vec<AlertHold>,
    /// Its group, in words: alerts of one group are told together. Null when it is alone in one.
    pub group: Option<String>,
    /// Matchers for a silence of just this, written out.
    pub matchers: Vec<String>,
    /// What the operator can do.
    pub actions: Vec<AlertActionRow>,
    /// How fresh this is.
    pub freshness: Freshness,
}

/// What kind of thing keeps an alert from notifying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum AlertHoldKind {
    /// A silence.
    Silence,
    /// Another alert, by an inhibition.
    Inhibition,
    /// The shelf.
    Shelf,
    /// A maintenance window.
    Window,
    /// Its group, which notified a moment ago.
    Group,
}

/// Why an alert does not notify.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertHold {
    /// What keeps it.
    pub kind: AlertHoldKind,
    /// In words, such as `Silenced by m.okafor: deploy`.
    pub text: String,
    /// Which silence, inhibition or window.
    pub holder: Option<String>,
    /// The alert that explains it, or that was told for its group.
    pub alert_id: Option<AlertId>,
    /// Until when, where that is known.
    pub until: Option<Timestamp>,
}

/// One button of an alert.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertActionRow {
    /// Its place among the alert's actions; names it to `run_alert_action`.
    pub index: u32,
    /// What the producer calls it; names it together with the place.
    pub action: String,
    /// Text of the button.
    pub label: String,
    /// What it does.
    pub effect: AlertActionEffect,
    /// Why it cannot be used now, in a sentence; null when it can.
    pub disabled: Option<String>,
}

/// What a button of an alert does.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum AlertActionEffect {
    /// Opens the dashboard at a section.
    OpenView {
        /// The section of the dashboard view.
        section: DashboardSection,
    },
    /// Sends a command.
    SendCommand {
        /// Its type.
        command: String,
    },
    /// Nothing that this console knows: neither a view nor a command the dashboard declares.
    Unknown,
}

/// A section of the dashboard view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum DashboardSection {
    /// Status and charts.
    Overview,
    /// Metrics of the data group.
    Data,
    /// Metrics of the workflows group, and workflow events.
    Workflows,
    /// Metrics of the agents group.
    Agents,
    /// The event feed.
    Events,
    /// The alerts.
    Alerts,
    /// The commands.
    Commands,
}
