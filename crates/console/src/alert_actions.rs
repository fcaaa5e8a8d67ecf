//! What a button of an alert does: a pure mapping from the action's name, what the alert says of its setting, and
//! what the dashboard accepts.

use mission_control_protocol::{AlertAction, CommandDeclaration, DashboardId, Hazard};
use serde_json::{Value, json};

use crate::{
    hub_state::HubState,
    plain_text::harmless,
    view::{DashboardSection, alerts::AlertActionEffect},
};

/// What a button of an alert does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    /// Opens the dashboard at a section.
    Open(DashboardSection),
    /// Sends a command.
    Send {
        /// Its type.
        command: String,
        /// Its payload.
        payload: Value,
        /// How careful to be.
        hazard: Hazard,
    },
    /// Nothing that can be done.
    Unknown {
        /// Why, in a sentence.
        reason: String,
    },
}

impl Plan {
    /// As the UI is told.
    pub(crate) fn effect(&self) -> AlertActionEffect {
        match self {
            Self::Open(section) => AlertActionEffect::OpenView { section: *section },
            Self::Send { command, .. } => AlertActionEffect::SendCommand { command: command.clone() },
            Self::Unknown { .. } => AlertActionEffect::Unknown,
        }
    }
}

/// The commands a dashboard accepts.
pub(crate) fn accepted<'hub>(hub: &'hub HubState, id: &DashboardId) -> &'hub [CommandDeclaration] {
    hub.projection
        .dashboards
        .get(id)
        .and_then(|dashboard| dashboard.registration.as_ref())
        .map_or(&[], |registration| &registration.commands)
}

/// What the producer calls `action`, fit for a button's key.
pub(crate) fn name(action: &AlertAction) -> String {
    harmless(&action.action, 60)
}

/// What `action` does. `context` is the alert's; `accepts` are the commands its dashboard declared.
pub(crate) fn plan(action: &AlertAction, context: &Value, accepts: &[CommandDeclaration]) -> Plan {
    let name = action.action.as_str();
    if let Some(view) = name.strip_prefix("VIEW_") {
        return Plan::Open(section(view));
    }
    if let Some(declared) = find(accepts, name) {
        return send(declared, action.payload.clone().unwrap_or_else(|| json!({})));
    }
    match name {
        "REINGEST_DATA" => reingest(action, context, accepts),
        "RETRY_WORKFLOW" => retry(action, context, accepts),
        _ => Plan::Unknown {
            reason: format!(
                "{} is neither a view nor a command that the dashboard accepts.",
                harmless(name, 60)
            ),
        },
    }
}

/// The section that a view's name means; the overview where it means none in particular.
fn section(view: &str) -> DashboardSection {
    let has = |words: &[&str]| words.iter().any(|word| view.split('_').any(|part| part == *word));
    if has(&["WORKFLOW", "WORKFLOWS"]) {
        DashboardSection::Workflows
    } else if has(&["DATA", "QUALITY", "INGESTION"]) {
        DashboardSection::Data
    } else if has(&["AGENT", "AGENTS"]) {
        DashboardSection::Agents
    } else if has(&["EVENT", "EVENTS", "LOG", "LOGS"]) {
        DashboardSection::Events
    } else if has(&["ALERT", "ALERTS"]) {
        DashboardSection::Alerts
    } else if has(&["COMMAND", "COMMANDS"]) {
        DashboardSection::Commands
    } else {
        DashboardSection::Overview
    }
}

fn reingest(action: &AlertAction, context: &Value, accepts: &[CommandDeclaration]) -> Plan {
    let payload = action.payload.clone().or_else(|| {
        let source = context.get("source")?.as_str()?;
        Some(json!({ "source": source }))
    });
    match (find(accepts, "INGEST_DATA"), payload) {
        (Some(ingest), Some(payload)) => return send(ingest, payload),
        (ingest, _) => {
            if let Some(refresh) = find(accepts, "REFRESH_DATA") {
                return send(refresh, json!({}));
            }
            // Without a source the form has to be filled in; that is better than nothing.
            if let Some(ingest) = ingest {
                return send(ingest, json!({}));
            }
        }
    }
    Plan::Unknown { reason: "The dashboard accepts neither INGEST_DATA nor REFRESH_DATA.".to_owned() }
}

fn retry(action: &AlertAction, context: &Value, accepts: &[CommandDeclaration]) -> Plan {
    let Some(command) = find(accepts, "EXECUTE_WORKFLOW").or_else(|| find(accepts, "START_WORKFLOW")) else {
        return Plan::Unknown {
            reason: "The dashboard accepts neither EXECUTE_WORKFLOW nor START_WORKFLOW.".to_owned(),
        };
    };
    let workflow = action
        .payload
        .as_ref()
        .and_then(|payload| payload.get("workflowId"))
        .or_else(|| context.get("workflowId"));
    let payload = workflow.map_or_else(|| json!({}), |id| json!({ "workflowId": id }));
    send(command, payload)
}

fn find<'declared>(
    accepts: &'declared [CommandDeclaration],
    kind: &str,
) -> Option<&'declared CommandDeclaration> {
    accepts.iter().find(|declared| declared.kind == kind)
}

fn send(declared: &CommandDeclaration, payload: Value) -> Plan {
    Plan::Send { command: declared.kind.clone(), payload, hazard: declared.hazard }
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::catalog;

    use super::*;

    fn action(name: &str, payload: Option<Value>) -> AlertAction {
        AlertAction { label: "Do it".to_owned(), action: name.to_owned(), payload }
    }

    fn sends(plan: &Plan) -> (&str, &Value) {
        match plan {
            Plan::Send { command, payload, .. } => (command, payload),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_plans_views_open_their_sections() {
        for (name, expected) in [
            ("VIEW_DATA_QUALITY", DashboardSection::Data),
            ("VIEW_WORKFLOW_LOGS", DashboardSection::Workflows),
            ("VIEW_DETAILS", DashboardSection::Overview),
            ("VIEW_LOGS", DashboardSection::Events),
            ("VIEW_AGENTS", DashboardSection::Agents),
        ] {
            assert_eq!(plan(&action(name, None), &json!({}), &[]), Plan::Open(expected), "{name}");
        }
    }

    #[test]
    fn a_declared_command_is_sent_with_the_actions_payload() {
        let all = catalog::seed_commands();
        let found = plan(&action("EXPORT_DATA", Some(json!({"format": "csv"}))), &json!({}), &all);
        assert_eq!(sends(&found), ("EXPORT_DATA", &json!({"format": "csv"})));
        let found = plan(&action("EXPORT_DATA", None), &json!({}), &all);
        assert_eq!(sends(&found), ("EXPORT_DATA", &json!({})));
    }

    #[test]
    fn reingest_takes_the_source_from_payload_then_context_else_refreshes() {
        let all = catalog::seed_commands();
        let found =
            plan(&action("REINGEST_DATA", Some(json!({"source": "a"}))), &json!({"source": "b"}), &all);
        assert_eq!(sends(&found), ("INGEST_DATA", &json!({"source": "a"})));
        let found = plan(&action("REINGEST_DATA", None), &json!({"source": "b"}), &all);
        assert_eq!(sends(&found), ("INGEST_DATA", &json!({"source": "b"})));
        let found = plan(&action("REINGEST_DATA", None), &json!({}), &all);
        assert_eq!(sends(&found), ("REFRESH_DATA", &json!({})));
        assert!(matches!(plan(&action("REINGEST_DATA", None), &json!({}), &[]), Plan::Unknown { .. }));
    }

    #[test]
    fn retry_names_the_workflow() {
        let all = catalog::seed_commands();
        let context = json!({"workflowId": "w-1"});
        let found = plan(&action("RETRY_WORKFLOW", None), &context, &all);
        assert_eq!(sends(&found), ("EXECUTE_WORKFLOW", &json!({"workflowId": "w-1"})));
        let only_start: Vec<_> =
            all.iter().filter(|declared| declared.kind == "START_WORKFLOW").cloned().collect();
        let found =
            plan(&action("RETRY_WORKFLOW", Some(json!({"workflowId": "w-2"}))), &context, &only_start);
        assert_eq!(sends(&found), ("START_WORKFLOW", &json!({"workflowId": "w-2"})));
        let found = plan(&action("RETRY_WORKFLOW", None), &json!({}), &all);
        assert_eq!(sends(&found), ("EXECUTE_WORKFLOW", &json!({})), "the form then asks for the workflow");
    }

    #[test]
    fn an_unknown_action_says_why() {
        let found = plan(&action("DANCE\u{202e}", None), &json!({}), &catalog::seed_commands());
        let Plan::Unknown { reason } = found else { panic!("{found:?}") };
        assert!(reason.starts_with("DANCE is neither"), "{reason}");
    }
}
