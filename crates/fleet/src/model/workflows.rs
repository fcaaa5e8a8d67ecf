//! Workflow executions: started on a schedule or on command, running several at a time, paused, stopped, done or failed.

use mission_control_protocol::{CommandId, Severity, Timestamp, event::types, workflow::WorkflowState};
use serde_json::{Value, json};

use super::{Model, WorkflowKind, output::Outbox};

/// Executions that may run at a time.
const RUNNING_LIMIT: usize = 12;

/// One execution.
#[derive(Debug, Clone)]
struct Execution {
    id: String,
    kind: WorkflowKind,
    started: Timestamp,
    /// Usual time it takes, and time it has run, in milliseconds.
    duration: f64,
    done: f64,
    reported: f64,
    paused: bool,
    /// Fails when this part of it is done.
    fails_at: Option<f64>,
    /// The command that waits for its end.
    command: Option<CommandId>,
}

impl Execution {
    fn fraction(&self) -> f64 {
        (self.done / self.duration).min(1.0)
    }

    fn state(&self) -> WorkflowState {
        if self.paused { WorkflowState::Paused } else { WorkflowState::Running }
    }
}

#[derive(Debug)]
pub(super) struct Workflows {
    kinds: &'static [WorkflowKind],
    executions: Vec<Execution>,
    started: u64,
    pub(super) completed: u64,
    pub(super) failed: u64,
    stopped: u64,
    /// Mean of completed ones, in milliseconds.
    pub(super) mean_duration: f64,
    until_next: f64,
}

impl Workflows {
    pub(super) fn new(rng: &mut fastrand::Rng, kinds: &'static [WorkflowKind]) -> Self {
        let completed = rng.u64(20..400);
        let usual = kinds.iter().map(|kind| kind.seconds).sum::<f64>() / kinds.len().max(1) as f64;
        Self {
            kinds,
            executions: Vec::new(),
            started: completed,
            completed,
            failed: completed / 90,
            stopped: 0,
            mean_duration: usual * 1000.0,
            until_next: 4_000.0 + 50_000.0 * rng.f64(),
        }
    }

    pub(super) fn active(&self) -> usize {
        self.executions.len()
    }

    pub(super) fn running(&self) -> usize {
        self.executions.iter().filter(|execution| !execution.paused).count()
    }

    /// Stops the execution a command waits for.
    pub(super) fn cancel(&mut self, command: &CommandId, out: &mut Outbox) -> bool {
        let found = self.executions.iter().position(|execution| execution.command.as_ref() == Some(command));
        found.is_some_and(|index| {
            let execution = self.executions.remove(index);
            self.stopped += 1;
            end(&execution, "WORKFLOW_STOPPED", WorkflowState::Stopped, out);
            true
        })
    }

    pub(super) fn report(&self) -> Value {
        let executions: Vec<_> = self
            .executions
            .iter()
            .map(|execution| {
                json!({
                    "executionId": execution.id, "workflowId": execution.kind.id, "name": execution.kind.name,
                    "state": execution.state(), "progress": execution.fraction(), "startTime": execution.started,
                })
            })
            .collect();
        let kinds: Vec<_> =
            self.kinds.iter().map(|kind| json!({"workflowId": kind.id, "name": kind.name})).collect();
        json!({
            "workflows": kinds, "executions": executions, "completedCount": self.completed,
            "failedCount": self.failed, "stoppedCount": self.stopped,
        })
    }
}

fn end(execution: &Execution, event: &str, state: WorkflowState, out: &mut Outbox) {
    out.workflow(execution.kind.id, &execution.id, state, execution.fraction(), None);
    out.event(
        event,
        Severity::Info,
        json!({"workflowId": execution.kind.id, "name": execution.kind.name, "executionId": execution.id,
            "duration": execution.done.round()}),
    );
}

impl Model {
    pub(super) fn step_workflows(&mut self, dt: f64) {
        self.workflows.until_next -= dt;
        if self.workflows.until_next <= 0.0 {
            self.workflows.until_next = 40_000.0 + 100_000.0 * self.rng.f64();
            if self.services.fails_workflows() {
                // The operators of a failing workflow try again sooner.
                self.workflows.until_next *= 0.3;
            }
            let kinds = self.workflows.kinds;
            let failing = self.alerts.failing_workflow();
            let kind = failing.and_then(|id| kinds.iter().find(|kind| kind.id == id));
            if let Some(kind) = kind.or_else(|| kinds.get(self.rng.usize(..kinds.len().max(1)))) {
                // A full dashboard starts nothing on its own.
                let _ = self.start_workflow(kind.id, None);
            }
        }
        let slowness = self.services.stress().slowness.min(3.0);
        let mut ended = Vec::new();
        for execution in &mut self.workflows.executions {
            if execution.paused {
                continue;
            }
            execution.done += dt / slowness;
            let fraction = execution.fraction();
            if execution.fails_at.is_some_and(|at| fraction >= at) || fraction >= 1.0 {
                ended.push(execution.id.clone());
            } else if fraction - execution.reported >= 0.2 {
                execution.reported = fraction;
                self.out.progress(execution.command.as_ref(), fraction, execution.kind.name);
                self.out.workflow(execution.kind.id, &execution.id, WorkflowState::Running, fraction, None);
            }
        }
        for id in ended {
            self.end_workflow(&id);
        }
    }

    /// Starts `workflow_id`; returns the execution's id.
    pub(super) fn start_workflow(
        &mut self,
        workflow_id: &str,
        command: Option<CommandId>,
    ) -> Result<String, String> {
        let kinds = self.workflows.kinds;
        let Some(kind) = kinds.iter().find(|kind| kind.id == workflow_id).copied() else {
            let known: Vec<_> = kinds.iter().map(|kind| kind.id).collect();
            return Err(format!("there is no workflow {workflow_id:?} here; there are {}", known.join(", ")));
        };
        if self.workflows.executions.len() >= RUNNING_LIMIT {
            return Err(format!("{RUNNING_LIMIT} executions are under way already; stop one or wait"));
        }
        self.workflows.started += 1;
        let failing = if self.services.fails_workflows() { 0.85 } else { 0.0 };
        let execution = Execution {
            id: format!("{}-{}", kind.id, self.workflows.started),
            kind,
            started: self.now,
            duration: kind.seconds * 1000.0 * (0.8 + 0.4 * self.rng.f64()),
            done: 0.0,
            reported: 0.0,
            paused: false,
            fails_at: (self.rng.f64() < failing).then(|| 0.3 + 0.5 * self.rng.f64()),
            command,
        };
        self.usage.use_feature("workflows");
        self.out.event(
            types::WORKFLOW_STARTED,
            Severity::Info,
            json!({"workflowId": kind.id, "name": kind.name, "startTime": self.now, "executionId": execution.id}),
        );
        self.out.workflow(kind.id, &execution.id, WorkflowState::Running, 0.0, None);
        self.out.progress(execution.command.as_ref(), 0.0, kind.name);
        let id = execution.id.clone();
        self.workflows.executions.push(execution);
        Ok(id)
    }

    fn end_workflow(&mut self, id: &str) {
        let Some(index) = self.workflows.executions.iter().position(|execution| execution.id == id) else {
            return;
        };
        let execution = self.workflows.executions.remove(index);
        if execution.fails_at.is_none() {
            self.workflows.completed += 1;
            self.workflows.mean_duration += (execution.done - self.workflows.mean_duration) * 0.1;
            end(&execution, "WORKFLOW_COMPLETED", WorkflowState::Completed, &mut self.out);
            self.alerts.workflow_recovered(&execution.kind, &mut self.out);
            self.out.done(
                execution.command,
                Ok(json!({"executionId": execution.id, "state": "completed", "duration": execution.done.round()})),
            );
            return;
        }
        let step = 1 + (execution.fraction() * 8.0) as u32;
        let error = format!("step {step} gave up: upstream timeout after 30 s");
        self.workflows.failed += 1;
        self.remember_error(&format!("{}: {error}", execution.id));
        self.out.workflow(
            execution.kind.id,
            &execution.id,
            WorkflowState::Failed,
            execution.fraction(),
            Some(&error),
        );
        self.out.event(
            "WORKFLOW_FAILED",
            Severity::Error,
            json!({"workflowId": execution.kind.id, "name": execution.kind.name, "executionId": execution.id,
                "error": error}),
        );
        self.alerts.workflow_failed(&execution.kind, &execution.id, &error, &mut self.out);
        self.out.done(execution.command, Err(format!("{} failed: {error}", execution.id)));
    }

    /// Ends an execution for good.
    pub(super) fn stop_workflow(&mut self, id: &str) -> Result<Value, String> {
        let Some(index) = self.workflows.executions.iter().position(|execution| execution.id == id) else {
            return Err(self.unknown_execution(id));
        };
        let execution = self.workflows.executions.remove(index);
        self.workflows.stopped += 1;
        end(&execution, "WORKFLOW_STOPPED", WorkflowState::Stopped, &mut self.out);
        self.out.done(execution.command, Err(format!("{id} was stopped by an operator")));
        Ok(json!({"success": true, "executionId": id, "state": WorkflowState::Stopped}))
    }

    /// Holds a running execution, or lets a held one go on.
    pub(super) fn pause_workflow(&mut self, id: &str) -> Result<Value, String> {
        let Some(execution) = self.workflows.executions.iter_mut().find(|execution| execution.id == id)
        else {
            return Err(self.unknown_execution(id));
        };
        execution.paused = !execution.paused;
        let execution = execution.clone();
        self.out.workflow(execution.kind.id, id, execution.state(), execution.fraction(), None);
        self.out.event(
            if execution.paused { "WORKFLOW_PAUSED" } else { "WORKFLOW_RESUMED" },
            Severity::Info,
            json!({"workflowId": execution.kind.id, "name": execution.kind.name, "executionId": id,
                "progress": execution.fraction()}),
        );
        Ok(json!({"success": true, "executionId": id, "state": execution.state()}))
    }

    /// Ends every execution, as a crash or a restart does; returns the commands that waited.
    pub(super) fn abandon_workflows(&mut self) -> Vec<CommandId> {
        let executions = std::mem::take(&mut self.workflows.executions);
        self.workflows.stopped += executions.len() as u64;
        executions
            .into_iter()
            .filter_map(|execution| {
                end(&execution, "WORKFLOW_STOPPED", WorkflowState::Stopped, &mut self.out);
                execution.command
            })
            .collect()
    }

    fn unknown_execution(&self, id: &str) -> String {
        let under_way: Vec<_> =
            self.workflows.executions.iter().map(|execution| execution.id.as_str()).collect();
        if under_way.is_empty() {
            format!("no execution {id:?} is under way; nothing is")
        } else {
            format!("no execution {id:?} is under way; there are {}", under_way.join(", "))
        }
    }
}
