//! The simulated run dashboard: a pure model. Time, chance and commands come in; events, alerts and results go out.
//! The same profile, seed and inputs give the same outputs, always.

mod agents;
mod alerts;
mod commands;
mod configuration;
mod data;
mod ingestion;
mod output;
mod report;
mod services;
mod signal;
mod usage;
mod workflows;

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Duration};

use mission_control_protocol::{CommandId, DashboardId, Timestamp};

pub use configuration::Settings;
pub use ingestion::FAULTY_SOURCE;
pub use output::{Applied, Output};
pub use services::{Incident, IncidentKind};

use self::{
    agents::Agents, alerts::Alerts, data::Data, ingestion::Ingestion, output::Outbox, services::Services,
    signal::Signals, usage::Usage, workflows::Workflows,
};

/// What makes one simulated dashboard different from another.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its id and its name.
    pub name: String,
    /// What it is for.
    pub use_case: String,
    /// On whose behalf it runs.
    pub user: String,
    /// Such as `production`.
    pub environment: String,
    /// Where its data comes from; at least one.
    pub sources: &'static [&'static str],
    /// What it can run; at least one.
    pub workflows: &'static [WorkflowKind],
    /// Who works for it; at least one.
    pub agents: &'static [AgentKind],
    /// What its records look like.
    pub data: DataKind,
}

/// A workflow a dashboard can run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorkflowKind {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How long it usually takes, in seconds.
    pub seconds: f64,
}

/// An agent a dashboard can run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgentKind {
    /// Its id.
    pub id: &'static str,
    /// How long it usually takes, in seconds.
    pub seconds: f64,
}

/// What a dashboard's records look like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DataKind {
    /// What a record is about.
    pub entity: &'static str,
    /// The field that holds the measured value.
    pub measure: &'static str,
    /// Smallest usual value.
    pub low: f64,
    /// Largest usual value.
    pub high: f64,
}

/// Errors remembered for diagnostics.
const RECENT_ERRORS: usize = 20;

/// The state of one simulated dashboard.
#[derive(Debug)]
pub struct Model {
    id: DashboardId,
    profile: Profile,
    rng: fastrand::Rng,
    /// Simulated time since the start, in milliseconds.
    elapsed: f64,
    /// The wall clock, as last told.
    now: Timestamp,
    settings: Settings,
    signals: Signals,
    services: Services,
    data: Data,
    ingestion: Ingestion,
    workflows: Workflows,
    agents: Agents,
    usage: Usage,
    alerts: Alerts,
    debug: bool,
    until_debug_trace: f64,
    recent_errors: VecDeque<String>,
    out: Outbox,
}

impl Model {
    /// A dashboard that has been running for a while: it holds data, and has users.
    #[must_use]
    pub fn new(id: DashboardId, profile: Profile, seed: u64, now: Timestamp) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let signals = Signals::new(&mut rng, now);
        let data = Data::new(&mut rng, &profile, now);
        Self {
            id,
            elapsed: 0.0,
            now,
            settings: Settings::default(),
            services: Services::default(),
            ingestion: Ingestion::new(&mut rng, profile.sources),
            workflows: Workflows::new(&mut rng, profile.workflows),
            agents: Agents::new(&mut rng, profile.agents),
            usage: Usage::new(&mut rng),
            alerts: Alerts::default(),
            debug: false,
            until_debug_trace: 0.0,
            recent_errors: VecDeque::new(),
            out: Outbox::default(),
            profile,
            rng,
            signals,
            data,
        }
    }

    /// What makes this dashboard different from another.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The configuration in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Lets `dt` of simulated time pass, up to the wall clock's `now`; returns what happened, in order.
    pub fn step(&mut self, dt: Duration, now: Timestamp) -> Vec<Output> {
        let dt = dt.as_secs_f64() * 1000.0;
        self.elapsed += dt;
        self.now = now;
        self.step_services(dt);
        let stress = self.services.stress();
        self.signals.step(dt, stress, &mut self.rng);
        if self.services.are_up() {
            let load = self.signals.load();
            self.usage.step(dt, load, &mut self.rng, &mut self.out);
            self.step_ingestion(dt);
            self.step_workflows(dt);
            self.step_agents(dt);
        }
        self.judge_quality();
        self.judge_errors();
        self.trace(dt);
        self.out.take()
    }

    /// Something goes wrong from now on, for a while.
    pub fn begin_incident(&mut self, incident: &Incident) {
        self.services.begin(incident);
        if incident.kind == IncidentKind::ServiceCrash {
            self.crash();
        }
    }

    /// Stops the work a command is waiting for. Returns whether there was any.
    pub fn cancel(&mut self, command: &CommandId) -> bool {
        let cancelled = self.ingestion.cancel(command)
            | self.workflows.cancel(command, &mut self.out)
            | self.agents.cancel_for(command)
            | self.services.cancel(command);
        if cancelled {
            self.out.done(Some(command.clone()), Err("cancelled".to_owned()));
        }
        cancelled
    }

    fn remember_error(&mut self, message: &str) {
        self.recent_errors.push_back(format!("{} {message}", self.now));
        if self.recent_errors.len() > RECENT_ERRORS {
            self.recent_errors.pop_front();
        }
    }

    /// In debug mode, says every other second what goes on inside.
    fn trace(&mut self, dt: f64) {
        self.until_debug_trace -= dt;
        if self.debug && self.until_debug_trace <= 0.0 {
            self.until_debug_trace = 2_000.0;
            let internals = self.internals();
            self.out.event("DEBUG_TRACE", mission_control_protocol::Severity::Debug, internals);
        }
    }
}
