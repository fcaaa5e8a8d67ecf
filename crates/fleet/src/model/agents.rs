//! Agents: a queue, one execution at a time, and results.

use std::collections::VecDeque;

use mission_control_protocol::{CommandId, Severity, event::types};
use serde_json::{Value, json};

use super::{AgentKind, Model};

/// Executions that may wait.
const QUEUE_LIMIT: usize = 40;

/// One execution.
#[derive(Debug, Clone)]
struct Execution {
    id: String,
    kind: AgentKind,
    /// In milliseconds.
    duration: f64,
    done: f64,
    /// The command that waits for its end.
    command: Option<CommandId>,
}

#[derive(Debug)]
pub(super) struct Agents {
    kinds: &'static [AgentKind],
    queue: VecDeque<Execution>,
    running: Option<Execution>,
    started: u64,
    executed: u64,
    succeeded: u64,
    /// Mean execution, in milliseconds.
    mean_duration: f64,
    until_next: f64,
}

impl Agents {
    pub(super) fn new(rng: &mut fastrand::Rng, kinds: &'static [AgentKind]) -> Self {
        let executed = rng.u64(100..3_000);
        let usual = kinds.iter().map(|kind| kind.seconds).sum::<f64>() / kinds.len().max(1) as f64;
        Self {
            kinds,
            queue: VecDeque::new(),
            running: None,
            started: executed,
            executed,
            succeeded: executed * 97 / 100,
            mean_duration: usual * 1000.0,
            until_next: 20_000.0 * rng.f64(),
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn executed(&self) -> u64 {
        self.executed
    }

    pub(super) fn mean_duration(&self) -> f64 {
        self.mean_duration
    }

    /// In percent.
    pub(super) fn success_rate(&self) -> f64 {
        if self.executed == 0 { 100.0 } else { 100.0 * self.succeeded as f64 / self.executed as f64 }
    }

    /// Drops the execution a command waits for.
    pub(super) fn cancel_for(&mut self, command: &CommandId) -> bool {
        let is_it = |execution: &Execution| execution.command.as_ref() == Some(command);
        let before = self.queue.len();
        self.queue.retain(|execution| !is_it(execution));
        let running = self.running.as_ref().is_some_and(is_it);
        if running {
            self.running = None;
        }
        running || before != self.queue.len()
    }

    /// Drops all work; returns the commands that waited for it.
    pub(super) fn abandon(&mut self) -> Vec<CommandId> {
        let all = self.running.take().into_iter().chain(self.queue.drain(..));
        all.filter_map(|execution| execution.command).collect()
    }

    pub(super) fn report(&self) -> Value {
        let describe = |execution: &Execution, state: &str| {
            json!({"executionId": execution.id, "agentId": execution.kind.id, "state": state,
                "progress": (execution.done / execution.duration).min(1.0)})
        };
        let running = self.running.iter().map(|execution| describe(execution, "running"));
        let waiting = self.queue.iter().map(|execution| describe(execution, "queued"));
        json!({
            "agents": self.kinds.iter().map(|kind| kind.id).collect::<Vec<_>>(),
            "executions": running.chain(waiting).collect::<Vec<_>>(),
            "executionCount": self.executed, "successRate": self.success_rate(),
        })
    }
}

impl Model {
    pub(super) fn step_agents(&mut self, dt: f64) {
        let hurried = if self.services.has_agent_backlog() { 0.12 } else { 1.0 };
        self.agents.until_next -= dt;
        if self.agents.until_next <= 0.0 {
            self.agents.until_next =
                (9_000.0 + 22_000.0 * self.rng.f64()) * hurried / self.signals.load().max(0.2);
            let kinds = self.agents.kinds;
            if let Some(kind) = kinds.get(self.rng.usize(..kinds.len().max(1))) {
                // A full queue takes nothing more from the dashboard's own schedule.
                let _ = self.execute_agent(kind.id, None);
            }
        }
        if self.agents.running.is_none() {
            self.agents.running = self.agents.queue.pop_front();
            if let Some(execution) = &self.agents.running {
                self.out.progress(execution.command.as_ref(), 0.1, &format!("{} runs", execution.id));
            }
        }
        let slowness = self.services.stress().slowness.min(3.0);
        if let Some(execution) = &mut self.agents.running {
            execution.done += dt / slowness;
            if execution.done >= execution.duration {
                self.finish_agent();
            }
        }
    }

    /// Queues `agent_id`; returns the execution's id.
    pub(super) fn execute_agent(
        &mut self,
        agent_id: &str,
        command: Option<CommandId>,
    ) -> Result<String, String> {
        let kinds = self.agents.kinds;
        let Some(kind) = kinds.iter().find(|kind| kind.id == agent_id).copied() else {
            let known: Vec<_> = kinds.iter().map(|kind| kind.id).collect();
            return Err(format!("there is no agent {agent_id:?} here; there are {}", known.join(", ")));
        };
        if self.agents.queue.len() >= QUEUE_LIMIT {
            return Err(format!("{QUEUE_LIMIT} agent executions are waiting already; try again later"));
        }
        self.agents.started += 1;
        let execution = Execution {
            id: format!("{}-{}", kind.id, self.agents.started),
            kind,
            duration: kind.seconds * 1000.0 * (0.6 + 0.8 * self.rng.f64()),
            done: 0.0,
            command,
        };
        self.usage.use_feature("agents");
        self.out.progress(
            execution.command.as_ref(),
            0.0,
            &format!("{} waits behind {}", execution.id, self.agents.queue.len()),
        );
        let id = execution.id.clone();
        self.agents.queue.push_back(execution);
        Ok(id)
    }

    fn finish_agent(&mut self) {
        let Some(execution) = self.agents.running.take() else { return };
        let failing = match &execution.command {
            _ if self.services.has_agent_backlog() => 0.4,
            Some(_) => 0.0,
            None => 0.02,
        };
        let success = self.rng.f64() >= failing;
        let score = if success { 0.7 + 0.29 * self.rng.f64() } else { 0.2 + 0.3 * self.rng.f64() };
        let score = (score * 100.0).round() / 100.0;
        let insights = if success { self.rng.u32(1..6) } else { 0 };
        self.agents.executed += 1;
        self.agents.succeeded += u64::from(success);
        self.agents.mean_duration += (execution.done - self.agents.mean_duration) * 0.05;
        let result = json!({
            "agent": execution.kind.id, "success": success, "score": score, "insights": insights,
            "executionId": execution.id,
        });
        self.out.event(
            types::AGENT_RESULT,
            if success { Severity::Info } else { Severity::Warning },
            result.clone(),
        );
        let outcome = if success {
            Ok(result)
        } else {
            Err(format!("{} found nothing it could stand for (score {score})", execution.id))
        };
        self.out.done(execution.command, outcome);
    }

    /// Ends a waiting or running execution.
    pub(super) fn cancel_agent(&mut self, id: &str) -> Result<Value, String> {
        let waiting = self.agents.queue.iter().position(|execution| execution.id == id);
        let running = self.agents.running.as_ref().is_some_and(|execution| execution.id == id);
        let execution = match waiting {
            Some(index) => self.agents.queue.remove(index),
            None if running => self.agents.running.take(),
            None => None,
        };
        let Some(execution) = execution else {
            return Err(format!("no agent execution {id:?} is waiting or running; see the query WORKFLOWS"));
        };
        self.out.event(
            "AGENT_CANCELLED",
            Severity::Info,
            json!({"agent": execution.kind.id, "executionId": execution.id}),
        );
        self.out.done(execution.command, Err(format!("{id} was cancelled by an operator")));
        Ok(json!({"success": true, "executionId": id}))
    }
}
