//! Lines of the event feed, from records.

use std::fmt::Write as _;

use mission_control_protocol::{
    CommandStage, EnrichedEvent, Record, RecordKind, WorkflowUpdate,
    alert::AlertTransition,
    alerting::AlertPolicyRecord,
    record::{
        AccessRecord, AlertRecord, CommandRecord, ConfigurationRecord, ConfigurationState, ConnectionRecord,
        RefusalRecord, RegistrationRecord,
    },
    workflow::WorkflowState,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::status;
use crate::{
    hub_state::HubState,
    plain_text::harmless,
    view::{EventRow, Status},
};

/// The kinds of record that make lines in an event feed.
pub(crate) const FED: [RecordKind; 10] = [
    RecordKind::Event,
    RecordKind::Connection,
    RecordKind::Registration,
    RecordKind::WorkflowUpdate,
    RecordKind::Refusal,
    RecordKind::Access,
    RecordKind::AlertPolicy,
    RecordKind::Configuration,
    RecordKind::Command,
    RecordKind::Alert,
];

/// Longest summary, in characters.
const SUMMARY: usize = 300;

/// The line of `record`, or `None` for a record that is no news: measurements, progress within a stage, an alert
/// repeated.
pub(crate) fn row(hub: &HubState, record: &Record) -> Option<EventRow> {
    let line = line(hub, record)?;
    Some(EventRow {
        dashboard: hub.dashboard_key(&record.dashboard_id),
        dashboard_name: hub.dashboard_name(&record.dashboard_id),
        seq: record.seq,
        at: record.at,
        status: line.status,
        kind: harmless(&line.kind, 80),
        summary: summary(&line.details),
        payload: line.payload.unwrap_or_else(|| record.body.get().to_owned()),
    })
}

/// The line of `record` for the frame, where all dashboards share a few lines: a workflow's progress is no news there.
pub(crate) fn headline(hub: &HubState, record: &Record) -> Option<EventRow> {
    if record.kind == RecordKind::WorkflowUpdate {
        let update: WorkflowUpdate = body(record)?;
        let under_way = update.progress.is_some_and(|progress| progress > 0.0);
        if update.state == WorkflowState::Running && under_way {
            return None;
        }
    }
    row(hub, record)
}

struct Line {
    status: Status,
    kind: String,
    details: Value,
    payload: Option<String>,
}

fn line(hub: &HubState, record: &Record) -> Option<Line> {
    let (status, details) = match record.kind {
        RecordKind::Event => {
            let event: EnrichedEvent = body(record)?;
            return Some(Line {
                status: status::of_event(record.severity),
                kind: event.event.kind,
                payload: Some(event.event.payload.to_string()),
                details: event.event.payload,
            });
        }
        RecordKind::Connection => {
            let change: ConnectionRecord = body(record)?;
            let details = json!({"liveness": change.liveness, "reason": change.reason});
            (status::of_liveness(change.liveness), details)
        }
        RecordKind::Registration => {
            let registration: RegistrationRecord = body(record)?;
            let config = registration.config;
            let details = json!({"version": config.version, "useCase": config.use_case,
                "commands": registration.commands.len(), "from": registration.remote_address});
            (Status::Normal, details)
        }
        RecordKind::WorkflowUpdate => {
            let update: WorkflowUpdate = body(record)?;
            let status = match update.state {
                WorkflowState::Failed => Status::Serious,
                WorkflowState::Running | WorkflowState::Completed => Status::Normal,
                WorkflowState::Queued | WorkflowState::Paused | WorkflowState::Stopped => Status::Standby,
            };
            let details = json!({"workflowId": update.workflow_id, "state": update.state,
                "executionId": update.execution_id, "progress": update.progress, "error": update.error});
            (status, details)
        }
        RecordKind::Refusal => {
            let refusal: RefusalRecord = body(record)?;
            let details = json!({"code": refusal.code, "message": refusal.message,
                "from": refusal.remote_address});
            (Status::Caution, details)
        }
        RecordKind::Access => {
            let access: AccessRecord = body(record)?;
            let details = json!({"change": access.change, "label": access.label, "by": access.by,
                "tokenId": access.token_id});
            (Status::Standby, details)
        }
        RecordKind::AlertPolicy => {
            let record: AlertPolicyRecord = body(record)?;
            let details = json!({"by": record.by, "change": record.change});
            (Status::Standby, details)
        }
        RecordKind::Configuration => {
            let step: ConfigurationRecord = body(record)?;
            let status = match step.state {
                ConfigurationState::Pushed => Status::Standby,
                ConfigurationState::Applied => Status::Normal,
                ConfigurationState::Rejected => Status::Caution,
            };
            let details =
                json!({"version": step.version, "state": step.state, "by": step.by, "error": step.error});
            (status, details)
        }
        RecordKind::Command => {
            let step: CommandRecord = body(record)?;
            if step.stage == CommandStage::Running && step.progress.is_some_and(|progress| progress > 0.0) {
                return None;
            }
            let known = hub.projection.command(&step.command_id).map(|known| known.command.kind.as_str());
            let kind = step.command.as_ref().map(|command| command.kind.as_str()).or(known);
            let error = step.error.as_ref().map(|error| &error.message);
            let details = json!({"command": kind, "stage": step.stage, "message": step.message,
                "error": error});
            (status::of_stage(step.stage), details)
        }
        RecordKind::Alert => {
            let step: AlertRecord = body(record)?;
            let status = match step.transition {
                AlertTransition::Repeated | AlertTransition::Flapped => return None,
                AlertTransition::Raised | AlertTransition::Reopened | AlertTransition::Escalated => {
                    status::of_alert(record.severity)
                }
                AlertTransition::Resolved => Status::Normal,
                AlertTransition::Acknowledged
                | AlertTransition::Notified
                | AlertTransition::Held
                | AlertTransition::Assigned
                | AlertTransition::Shelved
                | AlertTransition::Unshelved
                | AlertTransition::Noted
                | AlertTransition::Flapping
                | AlertTransition::Steady => Status::Standby,
            };
            let known = hub.projection.alert(&step.alert_id).map(|known| &known.alert);
            let alert = step.alert.as_ref().or(known).map(|alert| &alert.alert);
            let details = json!({"transition": step.transition, "title": alert.map(|alert| &alert.title),
                "type": alert.map(|alert| &alert.kind), "by": step.by, "note": step.note, "to": step.to,
                "until": step.until, "level": step.level});
            (status, details)
        }
        RecordKind::Status | RecordKind::Metrics | RecordKind::ResourceUsage | RecordKind::Query => {
            return None;
        }
    };
    let kind = serde_json::to_value(record.kind).ok()?.as_str()?.to_owned();
    Some(Line { status, kind, details, payload: None })
}

fn body<T: DeserializeOwned>(record: &Record) -> Option<T> {
    serde_json::from_str(record.body.get()).ok()
}

/// `details` in one line: `key=value key=value`, nulls left out.
pub(crate) fn summary(details: &Value) -> String {
    let mut text = String::new();
    match details {
        Value::Null => {}
        Value::Object(entries) => {
            for (key, value) in entries {
                let shown = match value {
                    Value::Null => continue,
                    Value::String(value) => value.clone(),
                    other => other.to_string(),
                };
                let _ = write!(text, "{}{key}={shown}", if text.is_empty() { "" } else { " " });
                if text.len() > SUMMARY * 4 {
                    break;
                }
            }
        }
        Value::String(value) => text.clone_from(value),
        other => text = other.to_string(),
    }
    harmless(&text, SUMMARY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_harmless_line() {
        let details = json!({"from": "a\u{202e}b", "count": 3, "nothing": null, "nested": {"x": [1, 2]}});
        assert_eq!(summary(&details), "count=3 from=ab nested={\"x\":[1,2]}");
        assert_eq!(summary(&json!(["x".repeat(1_000)])).chars().count(), SUMMARY);
        assert_eq!(summary(&Value::Null), "");
    }
}
