//! The plan's seventeen commands (sections 3 and 9).

use mission_control_protocol::{CommandDeclaration, catalog};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::registration::{RegisteredCommand, accept};
use crate::{error::CommandFailure, handlers::CommandContext};

/// The payload of a command that has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct NoPayload {}

/// Payload of `INGEST_DATA`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IngestData {
    /// Name of a configured source, a file or a URL.
    pub source: String,
    /// How to ingest it.
    #[serde(default)]
    pub params: IngestParams,
}

/// `IngestData.params`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct IngestParams {
    /// Records to ingest at most.
    #[serde(default)]
    pub limit: Option<u64>,
    /// What becomes of the data that is there.
    #[serde(default)]
    pub mode: IngestMode,
}

/// `IngestParams.mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IngestMode {
    /// It stays.
    #[default]
    Append,
    /// It gives way to the new data.
    Replace,
}

/// Payload of `EXECUTE_WORKFLOW`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecuteWorkflow {
    /// Id of the workflow.
    pub workflow_id: String,
    /// Values handed to the workflow.
    #[serde(default)]
    pub context: Map<String, Value>,
}

/// Payload of `START_WORKFLOW`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartWorkflow {
    /// Id of the workflow.
    pub workflow_id: String,
}

/// Payload of `STOP_WORKFLOW`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopWorkflow {
    /// Id of the execution, as the dashboard reported it when it started.
    pub execution_id: String,
}

/// Payload of `PAUSE_WORKFLOW`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseWorkflow {
    /// Id of the execution, as the dashboard reported it when it started.
    pub execution_id: String,
}

/// Payload of `NAVIGATE_TAB`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NavigateTab {
    /// The tab to bring to the front.
    pub tab_id: String,
}

/// Payload of `OPEN_MODAL`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenModal {
    /// The dialog to open.
    pub modal_id: String,
}

/// Payload of `EXPORT_DATA`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ExportData {
    /// `json`, `csv` or `ndjson`.
    pub format: String,
}

/// Payload of `EXECUTE_AGENT`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecuteAgent {
    /// Id of the agent.
    pub agent_id: String,
    /// What the agent is to work on.
    #[serde(default)]
    pub data: Map<String, Value>,
}

/// Payload of `CANCEL_AGENT`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelAgent {
    /// Id of the execution, as the dashboard reported it when it started.
    pub execution_id: String,
}

/// Maps the plan's commands to the dashboard's functions, and declares those that have one, as the
/// [catalog](mission_control_protocol::catalog) describes them.
///
/// ```no_run
/// # use mission_control_client::{CommandFailure, MissionControlClient, commands::RemoteControl};
/// # use serde_json::json;
/// # fn example(config: mission_control_protocol::DashboardConfig) -> Result<(), Box<dyn std::error::Error>> {
/// let control = RemoteControl::new()
///     .ingest_data(|ingest, context| async move {
///         context.progress(0.1, format!("opening {}", ingest.source));
///         Ok(json!({"recordCount": 1200}))
///     })
///     .clear_data(|_, _| async { Err::<(), _>(CommandFailure::new("this data must be kept")) });
/// let client = MissionControlClient::builder("ws://127.0.0.1:7420", config).remote_control(control).start()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
#[must_use = "commands do nothing until they are registered with the client's builder"]
pub struct RemoteControl {
    commands: Vec<RegisteredCommand>,
}

macro_rules! seed_commands {
    ($($(#[$doc:meta])* $method:ident($payload:ty) = $kind:literal;)*) => {
        impl RemoteControl {
            /// Accepts no command yet.
            pub fn new() -> Self {
                Self::default()
            }

            $($(#[$doc])*
            pub fn $method<R, F, O>(self, handler: F) -> Self
            where
                R: Serialize + Send + 'static,
                F: Fn($payload, CommandContext) -> O + Send + Sync + 'static,
                O: Future<Output = Result<R, CommandFailure>> + Send + 'static,
            {
                self.accept($kind, handler)
            })*
        }

        /// Every command type that has a method.
        #[cfg(test)]
        const METHODS: &[&str] = &[$($kind),*];
    };
}

seed_commands! {
    /// `INGEST_DATA`: loads data from a source.
    ingest_data(IngestData) = "INGEST_DATA";
    /// `EXECUTE_WORKFLOW`: runs a workflow to its end.
    execute_workflow(ExecuteWorkflow) = "EXECUTE_WORKFLOW";
    /// `NAVIGATE_TAB`: brings a tab to the front.
    navigate_tab(NavigateTab) = "NAVIGATE_TAB";
    /// `REFRESH_DATA`: loads the current source again.
    refresh_data(NoPayload) = "REFRESH_DATA";
    /// `EXPORT_DATA`: returns the data in a format.
    export_data(ExportData) = "EXPORT_DATA";
    /// `CLEAR_DATA`: removes all data.
    clear_data(NoPayload) = "CLEAR_DATA";
    /// `OPEN_MODAL`: opens a dialog.
    open_modal(OpenModal) = "OPEN_MODAL";
    /// `CLOSE_ALL_MODALS`: closes every dialog.
    close_all_modals(NoPayload) = "CLOSE_ALL_MODALS";
    /// `START_WORKFLOW`: starts a workflow and returns its execution at once.
    start_workflow(StartWorkflow) = "START_WORKFLOW";
    /// `STOP_WORKFLOW`: ends an execution for good.
    stop_workflow(StopWorkflow) = "STOP_WORKFLOW";
    /// `PAUSE_WORKFLOW`: holds an execution; the same again lets it go on.
    pause_workflow(PauseWorkflow) = "PAUSE_WORKFLOW";
    /// `EXECUTE_AGENT`: runs an agent over data.
    execute_agent(ExecuteAgent) = "EXECUTE_AGENT";
    /// `CANCEL_AGENT`: ends an agent's execution.
    cancel_agent(CancelAgent) = "CANCEL_AGENT";
    /// `ENABLE_DEBUG_MODE`: makes the dashboard say more of what it does.
    enable_debug_mode(NoPayload) = "ENABLE_DEBUG_MODE";
    /// `DISABLE_DEBUG_MODE`: ends debug mode.
    disable_debug_mode(NoPayload) = "DISABLE_DEBUG_MODE";
    /// `COLLECT_DIAGNOSTICS`: returns what an engineer needs to find a fault.
    collect_diagnostics(NoPayload) = "COLLECT_DIAGNOSTICS";
    /// `RESTART_SERVICES`: restarts the dashboard's services.
    restart_services(NoPayload) = "RESTART_SERVICES";
}

impl RemoteControl {
    /// Changes what the commands so far say of themselves, such as their descriptions or the values they take.
    pub fn describe(mut self, describe: impl Fn(&mut CommandDeclaration)) -> Self {
        for command in &mut self.commands {
            describe(&mut command.0.declaration);
        }
        self
    }

    pub(crate) fn into_commands(self) -> Vec<RegisteredCommand> {
        self.commands
    }

    fn accept<P, R, F, O>(mut self, kind: &str, handler: F) -> Self
    where
        P: serde::de::DeserializeOwned + Send + 'static,
        R: Serialize + Send + 'static,
        F: Fn(P, CommandContext) -> O + Send + Sync + 'static,
        O: Future<Output = Result<R, CommandFailure>> + Send + 'static,
    {
        let declaration = catalog::seed_commands().into_iter().find(|declaration| declaration.kind == kind);
        self.commands.extend(declaration.map(|declaration| accept(declaration, None, handler)));
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_command_of_the_plan_has_a_method() {
        let kinds: Vec<_> =
            catalog::seed_commands().into_iter().map(|declaration| declaration.kind).collect();
        assert_eq!(kinds, METHODS);
    }

    #[test]
    fn the_payload_types_read_what_the_catalog_s_schemas_allow() {
        let ingest: IngestData = serde_json::from_value(json!({"source": "a"})).unwrap();
        assert_eq!((ingest.params.limit, ingest.params.mode), (None, IngestMode::Append));
        let ingest: IngestData = serde_json::from_value(
            json!({"source": "a", "params": {"limit": 10_000_000, "mode": "replace"}}),
        )
        .unwrap();
        assert_eq!((ingest.params.limit, ingest.params.mode), (Some(10_000_000), IngestMode::Replace));
        serde_json::from_value::<ExecuteWorkflow>(json!({"workflowId": "w", "context": {"a": [1]}})).unwrap();
        serde_json::from_value::<StartWorkflow>(json!({"workflowId": "w"})).unwrap();
        serde_json::from_value::<StopWorkflow>(json!({"executionId": "e"})).unwrap();
        serde_json::from_value::<PauseWorkflow>(json!({"executionId": "e"})).unwrap();
        serde_json::from_value::<CancelAgent>(json!({"executionId": "e"})).unwrap();
        serde_json::from_value::<NavigateTab>(json!({"tabId": "t"})).unwrap();
        serde_json::from_value::<OpenModal>(json!({"modalId": "m"})).unwrap();
        serde_json::from_value::<ExportData>(json!({"format": "csv"})).unwrap();
        serde_json::from_value::<ExecuteAgent>(json!({"agentId": "a", "data": {}})).unwrap();
        serde_json::from_value::<NoPayload>(json!({})).unwrap();
    }
}
