//! The audit: an event for each execution and each refusal, in the TypeScript SDK's words.

use mission_control_protocol::{Command, CommandId, CommandResult, DashboardEvent, OperatorId, Severity};
use serde::Serialize;
use serde_json::{Value, json};

use super::refusal::Refusal;
use crate::enrichment::now;

/// What the audit says of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuditedCommand {
    pub(crate) id: CommandId,
    pub(crate) kind: String,
    pub(crate) issued_by: OperatorId,
}

impl From<&Command> for AuditedCommand {
    fn from(command: &Command) -> Self {
        Self { id: command.id.clone(), kind: command.kind.clone(), issued_by: command.issued_by.clone() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a, T> {
    command: &'a str,
    command_id: &'a CommandId,
    issued_by: &'a OperatorId,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    timestamp: Value,
    #[serde(flatten)]
    details: T,
}

#[derive(Serialize)]
struct Execution<'a> {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
}

#[derive(Serialize)]
struct Refused<'a> {
    success: bool,
    code: &'a str,
    reason: &'a str,
}

/// `result` came of `command`.
pub(super) fn execution(
    command: &AuditedCommand,
    result: &CommandResult,
    user: Option<String>,
) -> DashboardEvent {
    let details =
        Execution { success: result.success, error: result.error.as_deref(), duration: result.duration };
    let severity = if result.success { Severity::Info } else { Severity::Warning };
    event("MISSION_CONTROL_COMMAND", severity, command, user, details)
}

/// `command` was refused.
pub(super) fn refusal(command: &AuditedCommand, refusal: &Refusal, user: Option<String>) -> DashboardEvent {
    let details = Refused { success: false, code: refusal.code.as_str(), reason: &refusal.reason };
    event("MISSION_CONTROL_COMMAND_REFUSED", Severity::Warning, command, user, details)
}

fn event<T: Serialize>(
    kind: &str,
    severity: Severity,
    command: &AuditedCommand,
    user: Option<String>,
    details: T,
) -> DashboardEvent {
    let entry = Entry {
        command: &command.kind,
        command_id: &command.id,
        issued_by: &command.issued_by,
        user,
        timestamp: json!(now()),
        details,
    };
    DashboardEvent { kind: kind.to_owned(), severity, payload: json!(entry) }
}
