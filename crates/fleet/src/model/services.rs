//! What can go wrong with a dashboard's services, and how they are restarted.

use std::time::Duration;

use mission_control_protocol::{CommandId, Severity, event::types};
use serde_json::json;

use super::{Model, signal::Stress};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentKind {
    /// The data that comes in is poor.
    PoorData,
    /// Something upstream is slow, and requests fail.
    SlowUpstream,
    /// Workflows fail.
    FailingWorkflows,
    /// Agents get more work than they can do.
    AgentBacklog,
    /// The services are down; they come back by themselves, or after `RESTART_SERVICES`.
    ServiceCrash,
}

impl IncidentKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::PoorData, Self::SlowUpstream, Self::FailingWorkflows, Self::AgentBacklog, Self::ServiceCrash];
}

/// Something that goes wrong for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// What.
    pub kind: IncidentKind,
    /// For how long, in simulated time.
    pub duration: Duration,
}

/// Time services are down during a restart, and then idle, in milliseconds.
const RESTART_DOWN: f64 = 1_500.0;
const RESTART_IDLE: f64 = 1_500.0;

#[derive(Debug)]
struct Restart {
    elapsed: f64,
    command: Option<CommandId>,
    up: bool,
}

#[derive(Debug, Default)]
pub(super) struct Services {
    incident: Option<(IncidentKind, f64)>,
    restart: Option<Restart>,
    until_error: f64,
    restarts: u64,
}

impl Services {
    pub(super) fn begin(&mut self, incident: &Incident) {
        self.incident = Some((incident.kind, incident.duration.as_secs_f64() * 1000.0));
        self.until_error = 1_000.0;
    }

    pub(super) fn incident(&self) -> Option<IncidentKind> {
        self.incident.map(|(kind, _)| kind)
    }

    pub(super) fn restarts(&self) -> u64 {
        self.restarts
    }

    fn is(&self, kind: IncidentKind) -> bool {
        self.incident() == Some(kind)
    }

    pub(super) fn are_up(&self) -> bool {
        self.restart.is_none() && !self.is(IncidentKind::ServiceCrash)
    }

    /// Down, which is an error; a restart that is past that is not.
    pub(super) fn are_down(&self) -> bool {
        match &self.restart {
            Some(restart) => !restart.up,
            None => self.is(IncidentKind::ServiceCrash),
        }
    }

    pub(super) fn are_restarting(&self) -> bool {
        self.restart.is_some()
    }

    pub(super) fn has_bad_data(&self) -> bool {
        self.is(IncidentKind::PoorData)
    }

    pub(super) fn fails_workflows(&self) -> bool {
        self.is(IncidentKind::FailingWorkflows)
    }

    pub(super) fn has_agent_backlog(&self) -> bool {
        self.is(IncidentKind::AgentBacklog)
    }

    pub(super) fn stress(&self) -> Stress {
        if self.are_down() {
            return Stress { slowness: 1.0, errors: 100.0, capacity: 0.0 };
        }
        match self.incident() {
            Some(IncidentKind::SlowUpstream) => Stress { slowness: 4.5, errors: 9.0, capacity: 0.55 },
            Some(IncidentKind::FailingWorkflows) => Stress { slowness: 1.25, errors: 1.2, capacity: 0.95 },
            Some(IncidentKind::AgentBacklog) => Stress { slowness: 1.6, errors: 0.6, capacity: 0.85 },
            Some(IncidentKind::PoorData | IncidentKind::ServiceCrash) | None => {
                Stress { slowness: 1.0, errors: 0.0, capacity: 1.0 }
            }
        }
    }

    /// A restart is not called back; only its command is let go.
    pub(super) fn cancel(&mut self, command: &CommandId) -> bool {
        match &mut self.restart {
            Some(restart) if restart.command.as_ref() == Some(command) => {
                restart.command = None;
                true
            }
            _ => false,
        }
    }
}

impl Model {
    pub(super) fn step_services(&mut self, dt: f64) {
        if let Some((kind, left)) = &mut self.services.incident {
            *left -= dt;
            let (kind, over) = (*kind, *left <= 0.0);
            if over {
                self.services.incident = None;
                if kind == IncidentKind::ServiceCrash && self.services.restart.is_none() {
                    self.out.event("SERVICES_RECOVERED", Severity::Info, json!({"by": "supervisor"}));
                }
            } else {
                self.report_errors(kind, dt);
            }
        }
        self.step_restart(dt);
    }

    /// `ERROR` events while something is wrong: the first soon, the rest now and then.
    fn report_errors(&mut self, kind: IncidentKind, dt: f64) {
        let message = match kind {
            IncidentKind::SlowUpstream => "upstream timeout after 30 s",
            IncidentKind::ServiceCrash => "data service does not answer: connection refused",
            IncidentKind::PoorData | IncidentKind::FailingWorkflows | IncidentKind::AgentBacklog => return,
        };
        self.services.until_error -= dt;
        if self.services.until_error > 0.0 {
            return;
        }
        self.services.until_error = 9_000.0 + 14_000.0 * self.rng.f64();
        self.remember_error(message);
        self.out.event(
            types::ERROR,
            Severity::Error,
            json!({
                "message": message,
                "stack": format!("at DataService.fetch (services/data.ts:{})\nat Refresh.run (refresh.ts:41)",
                    60 + self.rng.u32(..80)),
                "context": {"source": self.ingestion.source(), "tab": self.usage.active_tab()},
            }),
        );
    }

    fn step_restart(&mut self, dt: f64) {
        let Some(restart) = &mut self.services.restart else { return };
        let was_up = restart.up;
        restart.elapsed += dt;
        restart.up = restart.elapsed >= RESTART_DOWN;
        let whole = RESTART_DOWN + RESTART_IDLE;
        if restart.up && !was_up {
            self.out.progress(restart.command.as_ref(), 0.6, "services are up, warming caches");
        }
        if restart.elapsed >= whole {
            let took = restart.elapsed.round();
            let command = restart.command.take();
            self.services.restart = None;
            self.services.restarts += 1;
            self.out.event("SERVICES_RESTARTED", Severity::Info, json!({"duration": took}));
            self.out.done(
                command,
                Ok(json!({"success": true, "duration": took, "restarts": self.services.restarts})),
            );
        }
    }

    /// Restarts the services; running work is lost, and what was wrong with them ends.
    pub(super) fn restart_services(&mut self, command: CommandId) -> Result<(), String> {
        if self.services.are_restarting() {
            return Err("the services are restarting already".to_owned());
        }
        self.out.event("SERVICES_RESTARTING", Severity::Warning, json!({"state": "error"}));
        self.out.progress(Some(&command), 0.1, "stopping services");
        self.abandon_work("lost in a restart of the services");
        // New data is as poor after a restart as before.
        if self.services.incident() != Some(IncidentKind::PoorData) {
            self.services.incident = None;
        }
        self.services.restart = Some(Restart { elapsed: 0.0, command: Some(command), up: false });
        Ok(())
    }

    /// The services go down, and with them what they were doing.
    pub(super) fn crash(&mut self) {
        self.abandon_work("lost when the services went down");
    }

    fn abandon_work(&mut self, reason: &str) {
        let mut commands = self.ingestion.abandon();
        commands.extend(self.abandon_workflows());
        commands.extend(self.agents.abandon());
        for command in commands {
            self.out.done(Some(command), Err(reason.to_owned()));
        }
    }
}
