//! `Alert` and `EnrichedAlert` with their `actions` (integration plan, section 8), and an alert's states.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::{DashboardId, Severity, Timestamp};

/// Alert types the integration plan names. Any other upper-case name is as good.
pub mod types {
    /// The data quality score fell under its threshold.
    pub const DATA_QUALITY: &str = "DATA_QUALITY";
    /// A workflow failed.
    pub const WORKFLOW_FAILURE: &str = "WORKFLOW_FAILURE";
}

/// `EnrichedAlert.source` of the alerts that the hub's rules raise. Only the hub says so: what a producer sends under it is
/// recorded as `dashboard`.
pub const SOURCE_RULE: &str = "rule";

/// Something an operator should know of, as the dashboard's code says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// Upper-case name of the problem, such as `DATA_QUALITY`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How bad it is.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// What is wrong, in a sentence or two. Shown as text, never as markup.
    #[serde(default)]
    pub message: String,
    /// What the operator can do about it; each becomes a button.
    #[serde(default)]
    pub actions: Vec<AlertAction>,
    /// Whether the problem began (the default) or ended.
    #[serde(default, skip_serializing_if = "AlertCondition::is_firing")]
    pub condition: AlertCondition,
    /// What makes two alerts of one dashboard the same problem; `type` and `title` when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub fingerprint: Option<String>,
}

/// Whether a producer says that a problem began or ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum AlertCondition {
    /// The problem is there.
    #[default]
    Firing,
    /// The problem is over.
    Resolved,
}

impl AlertCondition {
    fn is_firing(&self) -> bool {
        *self == Self::Firing
    }
}

/// One button of an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertAction {
    /// Text of the button.
    pub label: String,
    /// What it does: a view (`VIEW_…`), a command the dashboard declares, or one of the plan's names
    /// (`REINGEST_DATA`, `RETRY_WORKFLOW`), which stand for commands.
    pub action: String,
    /// Payload of the command, where the action is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub payload: Option<Value>,
}

/// An alert with what the client adds to it before it leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EnrichedAlert {
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
    /// Who raised it: `dashboard`, `backend` or `rule`.
    pub source: String,
    /// The dashboard it is about; must be the registered one.
    pub dashboard_id: DashboardId,
    /// What the dashboard was doing; any JSON.
    #[serde(default)]
    pub context: Value,
    /// When it was raised, by the producer's clock.
    pub timestamp: Timestamp,
}

impl EnrichedAlert {
    /// What makes two alerts the same problem: the dashboard, the type, and the producer's fingerprint or the title.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let problem = self.alert.fingerprint.as_deref().unwrap_or(&self.alert.title);
        if self.source == SOURCE_RULE {
            return format!(
                "{}\u{1f}{}\u{1f}{problem}\u{1f}{SOURCE_RULE}",
                self.dashboard_id, self.alert.kind
            );
        }
        format!("{}\u{1f}{}\u{1f}{problem}", self.dashboard_id, self.alert.kind)
    }
}

/// Where an alert stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Raised, and nobody has taken it up.
    Raised,
    /// An operator has taken it up.
    Acknowledged,
    /// Over.
    Resolved,
}

/// A step in an alert's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum AlertTransition {
    /// A problem began: a new episode. It notifies unless `heldBy` names what holds it.
    Raised,
    /// The same problem was reported again.
    Repeated,
    /// An operator took it up.
    Acknowledged,
    /// The producer, its rule or an operator says it is over.
    Resolved,
    /// Nothing holds it any more: it notifies now.
    Notified,
    /// What holds it from notifying changed, to what `heldBy` names.
    Held,
    /// An operator gave it to somebody (`to`), or to nobody.
    Assigned,
    /// Nobody took it up in time.
    Escalated,
    /// An operator put it on the shelf, until `until`.
    Shelved,
    /// It was taken off the shelf: by an operator, or by the hub when its time came.
    Unshelved,
    /// It is open again.
    Reopened,
    /// An operator remarked something.
    Noted,
    /// It comes and goes so fast that it is kept open until it is steady.
    Flapping,
    /// It came or went while it was flapping.
    Flapped,
    /// It does not come and go any more.
    Steady,
}

impl AlertTransition {
    /// Every transition, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Raised,
        Self::Repeated,
        Self::Acknowledged,
        Self::Resolved,
        Self::Notified,
        Self::Held,
        Self::Assigned,
        Self::Escalated,
        Self::Shelved,
        Self::Unshelved,
        Self::Reopened,
        Self::Noted,
        Self::Flapping,
        Self::Flapped,
        Self::Steady,
    ];
}

impl AlertState {
    /// The state after `transition`, or `None` where that step is not possible from here.
    #[must_use]
    pub fn after(self, transition: AlertTransition) -> Option<Self> {
        use AlertTransition as T;
        match (self, transition) {
            (_, T::Raised) => None,
            (Self::Raised, T::Acknowledged) => Some(Self::Acknowledged),
            (Self::Raised, T::Escalated) => Some(self),
            (Self::Acknowledged, T::Acknowledged | T::Escalated) => None,
            (Self::Raised | Self::Acknowledged, T::Resolved) => Some(Self::Resolved),
            (Self::Raised | Self::Acknowledged, T::Reopened) => None,
            (
                Self::Raised | Self::Acknowledged,
                T::Repeated
                | T::Notified
                | T::Held
                | T::Assigned
                | T::Shelved
                | T::Unshelved
                | T::Noted
                | T::Flapping
                | T::Flapped
                | T::Steady,
            ) => Some(self),
            (Self::Resolved, T::Reopened) => Some(Self::Raised),
            (Self::Resolved, T::Noted) => Some(self),
            (Self::Resolved, _) => None,
        }
    }
}
