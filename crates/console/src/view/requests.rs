//! What the UI asks the console to do, and how that fails. Each request is one Tauri command of the same name.

use mission_control_protocol::{CommandId, ErrorCode, payload::PayloadProblem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::{DashboardKey, DashboardSection, EventRow, search::QuerySpan};

/// `issue_command`: send a command.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IssueCommand {
    /// To which dashboard.
    pub dashboard: DashboardKey,
    /// One of the types it accepts.
    #[serde(rename = "type")]
    pub kind: String,
    /// The payload.
    pub payload: Value,
    /// How long it may take, in milliseconds; the hub's default when null.
    pub timeout_milliseconds: Option<u32>,
}

/// `issue_command` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IssuedCommand {
    /// Its id; its stages are in the commands view.
    pub command_id: CommandId,
}

/// `validate_payload`: what is wrong with a payload, as one types. Returns a list of [`PayloadProblem`].
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ValidatePayload {
    /// For which dashboard.
    pub dashboard: DashboardKey,
    /// For which command.
    #[serde(rename = "type")]
    pub kind: String,
    /// The payload.
    pub payload: Value,
}

/// `validate_payload` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PayloadVerdict {
    /// What is wrong; empty when nothing is.
    pub problems: Vec<PayloadProblem>,
}

/// `events_page`: older events of one dashboard, or of all of one hub. Newest first.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventsPageRequest {
    /// Of which dashboard.
    pub dashboard: DashboardKey,
    /// Only what stands before this place in the log.
    #[ts(type = "number")]
    pub before_seq: u64,
    /// At most so many; 500 at the most.
    pub limit: u32,
}

/// `events_page` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventsPage {
    /// The events, newest first.
    pub events: Vec<EventRow>,
    /// Ask again with this `beforeSeq`; null when there is nothing older.
    #[ts(type = "number | null")]
    pub next_before_seq: Option<u64>,
}

/// `query_dashboard`: ask a dashboard something.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueryDashboard {
    /// Which dashboard.
    pub dashboard: DashboardKey,
    /// What is asked, such as `STATUS`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Details.
    pub params: Value,
}

/// `query_dashboard` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueryAnswer {
    /// The answer, as JSON text, indented.
    pub result: String,
}

/// `push_configuration`: push a configuration to a dashboard.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PushConfiguration {
    /// Which dashboard.
    pub dashboard: DashboardKey,
    /// The settings, an object.
    pub values: Value,
}

/// `add_hub`: follow a remote hub from now on.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AddHub {
    /// Name for people; the hub's own when empty.
    pub name: String,
    /// `ws://host:port` (loopback only) or `wss://host:port`.
    pub address: String,
    /// An operator token of that hub.
    pub token: String,
}

/// Which button of an alert `run_alert_action` presses: its place, and what was there when it was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertButton {
    /// Its place among the alert's actions.
    pub index: u32,
    /// The `action` of the row that was shown.
    pub action: String,
}

/// What came of `run_alert_action`.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum AlertActionOutcome {
    /// Open this.
    OpenView {
        /// The dashboard.
        dashboard: DashboardKey,
        /// The section.
        section: DashboardSection,
    },
    /// A command is on its way.
    CommandIssued {
        /// Its id.
        command_id: CommandId,
    },
}

/// What the shell tells the UI unasked: a notification was clicked, a tray entry chosen.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Navigation {
    /// Show the alert.
    Alert {
        /// Its id.
        alert_id: String,
    },
    /// Show the dashboard.
    Dashboard {
        /// Which.
        dashboard: DashboardKey,
        /// At which section.
        section: DashboardSection,
    },
    /// Show a view by its name: `fleet`, `alerts`, `commands` or `settings`.
    View {
        /// The name.
        name: String,
    },
}

/// Why a request failed. The UI acts on `code` and shows `message`.
#[derive(Debug, Clone, PartialEq, Serialize, TS, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{message}")]
pub struct RequestError {
    /// For the UI to act on.
    pub code: RequestErrorCode,
    /// For the operator: what is wrong, and what to do.
    pub message: String,
    /// What is wrong with a payload, when that is it.
    pub problems: Vec<PayloadProblem>,
    /// Where a query is wrong, when that is it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub span: Option<QuerySpan>,
}

/// For the UI to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum RequestErrorCode {
    /// The hub is not connected.
    HubDisconnected,
    /// No such hub.
    HubUnknown,
    /// The hub refused; `refusal` tells in detail.
    Refused,
    /// The payload is not valid.
    PayloadInvalid,
    /// A field of the request is not valid.
    InvalidInput,
    /// An instant of the past is shown: nothing can be changed there.
    InThePast,
    /// The cache cannot be read or written.
    CacheUnavailable,
    /// The hub did not answer in time.
    Timeout,
    /// The query of a search cannot be understood; `span` points at the place.
    QueryInvalid,
    /// A newer request of the same kind took its place: nobody waits for this one.
    Superseded,
}

impl RequestError {
    /// An error without payload problems.
    pub fn new(code: RequestErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), problems: Vec::new(), span: None }
    }
}

impl From<mission_control_protocol::ProtocolError> for RequestError {
    fn from(error: mission_control_protocol::ProtocolError) -> Self {
        let code = match error.code {
            ErrorCode::PayloadInvalid => RequestErrorCode::PayloadInvalid,
            ErrorCode::QueryTimeout => RequestErrorCode::Timeout,
            _ => RequestErrorCode::Refused,
        };
        Self::new(code, error.message)
    }
}
