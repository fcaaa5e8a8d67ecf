//! What a model lets out.

use mission_control_protocol::{Alert, CommandId, DashboardEvent, Severity, workflow::WorkflowState};
use serde_json::Value;

/// Something that happened in a simulated dashboard.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// To publish.
    Event(DashboardEvent),
    /// To raise, or to say that it is over.
    Alert(Alert),
    /// For the backend to report.
    Workflow {
        /// Which workflow.
        workflow_id: String,
        /// Which execution.
        execution_id: String,
        /// Where it stands.
        state: WorkflowState,
        /// Part done, 0 to 1.
        progress: f64,
        /// Why it failed.
        error: Option<String>,
    },
    /// A command is getting on.
    CommandProgress {
        /// Which.
        command: CommandId,
        /// Part done, 0 to 1.
        fraction: f64,
        /// What it is doing.
        message: String,
    },
    /// A command that was [`Applied::Pending`] has ended.
    CommandDone {
        /// Which.
        command: CommandId,
        /// What it returned, or why it was not done.
        outcome: Result<Value, String>,
    },
}

/// What became of a command at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// It is over.
    Done(Result<Value, String>),
    /// It takes a while: [`Output::CommandDone`] will tell.
    Pending,
}

/// Outputs on their way out.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    outputs: Vec<Output>,
}

impl Outbox {
    pub(super) fn event(&mut self, kind: &str, severity: Severity, payload: Value) {
        self.outputs.push(Output::Event(DashboardEvent { kind: kind.to_owned(), severity, payload }));
    }

    pub(super) fn alert(&mut self, alert: Alert) {
        self.outputs.push(Output::Alert(alert));
    }

    pub(super) fn workflow(
        &mut self,
        workflow_id: &str,
        execution_id: &str,
        state: WorkflowState,
        progress: f64,
        error: Option<&str>,
    ) {
        self.outputs.push(Output::Workflow {
            workflow_id: workflow_id.to_owned(),
            execution_id: execution_id.to_owned(),
            state,
            progress,
            error: error.map(ToOwned::to_owned),
        });
    }

    /// Tells how a command gets on, where work is a command's.
    pub(super) fn progress(&mut self, command: Option<&CommandId>, fraction: f64, message: &str) {
        if let Some(command) = command {
            let (command, message) = (command.clone(), message.to_owned());
            self.outputs.push(Output::CommandProgress { command, fraction, message });
        }
    }

    /// Tells what came of a command, where work was a command's.
    pub(super) fn done(&mut self, command: Option<CommandId>, outcome: Result<Value, String>) {
        if let Some(command) = command {
            self.outputs.push(Output::CommandDone { command, outcome });
        }
    }

    pub(super) fn take(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }
}
