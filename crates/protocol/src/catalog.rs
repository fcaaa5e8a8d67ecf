//! The seventeen commands of the integration plan (sections 3 and 9), as a dashboard declares them.

use serde_json::{Value, json};

use crate::{CommandDeclaration, Hazard};

/// The declarations of all seventeen commands, in the plan's order.
#[must_use]
pub fn seed_commands() -> Vec<CommandDeclaration> {
    let no_payload = || object(json!({}), &[]);
    let workflow_id = json!({"type": "string", "minLength": 1, "title": "Workflow",
        "description": "Id of the workflow."});
    let execution_id = json!({"type": "string", "minLength": 1, "title": "Execution",
        "description": "Id of the execution, as the dashboard reported it when it started."});
    vec![
        command(
            "INGEST_DATA",
            "Ingest data",
            "Loads data from a source into the dashboard.",
            Hazard::None,
            object(
                json!({
                    "source": {"type": "string", "minLength": 1, "title": "Source",
                        "description": "Name of a configured source, a file or a URL."},
                    "params": {"type": "object", "title": "Parameters", "properties": {
                        "limit": {"type": "integer", "minimum": 1, "maximum": 10_000_000, "title": "At most",
                            "description": "Records to ingest at most."},
                        "mode": {"type": "string", "enum": ["append", "replace"], "default": "append",
                            "title": "Mode"}
                    }}
                }),
                &["source"],
            ),
        ),
        command(
            "EXECUTE_WORKFLOW",
            "Execute workflow",
            "Runs a workflow to its end.",
            Hazard::None,
            object(
                json!({
                    "workflowId": workflow_id,
                    "context": {"type": "object", "title": "Context",
                        "description": "Values handed to the workflow."}
                }),
                &["workflowId"],
            ),
        ),
        command(
            "NAVIGATE_TAB",
            "Go to tab",
            "Brings a tab to the front for everyone who watches the dashboard.",
            Hazard::Disruptive,
            object(json!({"tabId": {"type": "string", "minLength": 1, "title": "Tab"}}), &["tabId"]),
        ),
        command(
            "REFRESH_DATA",
            "Refresh data",
            "Loads the current source again.",
            Hazard::None,
            no_payload(),
        ),
        command(
            "EXPORT_DATA",
            "Export data",
            "Returns the dashboard's data in the format asked for.",
            Hazard::None,
            object(
                json!({"format": {"type": "string", "enum": ["json", "csv", "ndjson"], "default": "json",
                    "title": "Format"}}),
                &["format"],
            ),
        ),
        command(
            "CLEAR_DATA",
            "Clear data",
            "Removes all data from the dashboard.",
            Hazard::Destructive,
            no_payload(),
        ),
        command(
            "OPEN_MODAL",
            "Open dialog",
            "Opens a dialog for everyone who watches the dashboard.",
            Hazard::Disruptive,
            object(json!({"modalId": {"type": "string", "minLength": 1, "title": "Dialog"}}), &["modalId"]),
        ),
        command(
            "CLOSE_ALL_MODALS",
            "Close all dialogs",
            "Closes every open dialog.",
            Hazard::Disruptive,
            no_payload(),
        ),
        command(
            "START_WORKFLOW",
            "Start workflow",
            "Starts a workflow and returns its execution at once.",
            Hazard::None,
            object(json!({"workflowId": workflow_id}), &["workflowId"]),
        ),
        command(
            "STOP_WORKFLOW",
            "Stop workflow",
            "Ends a running execution for good.",
            Hazard::Disruptive,
            object(json!({"executionId": execution_id}), &["executionId"]),
        ),
        command(
            "PAUSE_WORKFLOW",
            "Pause workflow",
            "Holds a running execution; the same command again lets it go on.",
            Hazard::None,
            object(json!({"executionId": execution_id}), &["executionId"]),
        ),
        command(
            "EXECUTE_AGENT",
            "Execute agent",
            "Runs an agent over the data given.",
            Hazard::None,
            object(
                json!({
                    "agentId": {"type": "string", "minLength": 1, "title": "Agent"},
                    "data": {"title": "Data", "type": "object", "description": "What the agent is to work on."}
                }),
                &["agentId"],
            ),
        ),
        command(
            "CANCEL_AGENT",
            "Cancel agent",
            "Ends a waiting or running agent execution.",
            Hazard::None,
            object(json!({"executionId": execution_id}), &["executionId"]),
        ),
        command(
            "ENABLE_DEBUG_MODE",
            "Enable debug mode",
            "Makes the dashboard say more of what it does.",
            Hazard::None,
            no_payload(),
        ),
        command("DISABLE_DEBUG_MODE", "Disable debug mode", "Ends debug mode.", Hazard::None, no_payload()),
        command(
            "COLLECT_DIAGNOSTICS",
            "Collect diagnostics",
            "Returns what an engineer needs to find a fault.",
            Hazard::None,
            no_payload(),
        ),
        command(
            "RESTART_SERVICES",
            "Restart services",
            "Restarts the dashboard's services; running work is lost.",
            Hazard::Destructive,
            no_payload(),
        ),
    ]
}

fn command(
    kind: &str,
    title: &str,
    description: &str,
    hazard: Hazard,
    payload_schema: Value,
) -> CommandDeclaration {
    CommandDeclaration {
        kind: kind.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        payload_schema,
        hazard,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the value is moved into the schema")]
fn object(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_seventeen_are_there_once_with_a_usable_schema() {
        let commands = seed_commands();
        let mut names: Vec<_> = commands.iter().map(|command| command.kind.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 17);
        for command in &commands {
            crate::payload::check_schema(&command.payload_schema).unwrap();
        }
    }
}
