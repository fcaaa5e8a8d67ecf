//! One simulated dashboard, connected: a task that owns a model, lets time pass in it, and carries what comes out to
//! the hub and what comes from the hub in.

use std::{collections::HashMap, time::Duration};

use mission_control_client::{
    CommandContext, CommandFailure, ConfigurationRejected, DashboardMetrics, DashboardStatus,
    MissionControlClient, Publication, QueryFailure, SetupError,
};
use mission_control_protocol::{
    Command, CommandId, DashboardConfig, DashboardId, WorkflowUpdate, catalog,
    config::{DashboardMetadata, TYPE_RUN_DASHBOARD},
    configuration::Configuration,
};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::now,
    fleet::HubAccess,
    model::{Applied, Incident, Model, Output, Profile},
    schedule::{Periodic, STATUS_AGE, is_significant},
};

/// Wall time between steps of the model.
const TICK: Duration = Duration::from_millis(250);
/// Wall time between reports of resource usage.
const RESOURCE_INTERVAL: Duration = Duration::from_secs(10);
/// Inputs that may wait for the model.
const MAILBOX: usize = 64;
/// Executions whose last backend update is remembered.
const BACKEND_UPDATES: usize = 64;

type Answer<T> = oneshot::Sender<Result<T, String>>;

/// Something for the model.
enum Input {
    Command { command: Command, context: CommandContext, answer: Answer<Value> },
    Query { kind: String, answer: Answer<Value> },
    Configuration { configuration: Configuration, answer: Answer<()> },
    WorkflowUpdate(WorkflowUpdate),
    Incident(Incident),
}

/// What a simulated dashboard shares with the rest of the fleet.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Where to connect.
    pub hub: HubAccess,
    /// Who reports workflows; none when the fleet has no backend.
    pub backend: Option<mpsc::Sender<WorkflowUpdate>>,
    /// Simulated seconds per second.
    pub time_scale: f64,
    /// Cancelled when the fleet stops.
    pub shutdown: CancellationToken,
}

/// A handle to a simulated dashboard.
pub struct SimulatedDashboard {
    /// Its connection.
    pub client: MissionControlClient,
    mailbox: mpsc::Sender<Input>,
    actor: Simulation,
}

/// Starts troubles in a running dashboard.
#[derive(Debug, Clone)]
pub struct Troublemaker(mpsc::Sender<Input>);

impl Troublemaker {
    /// Something goes wrong from now on.
    pub async fn begin(&self, incident: Incident) {
        // A dashboard that has stopped has no troubles.
        let _ = self.0.send(Input::Incident(incident)).await;
    }
}

impl SimulatedDashboard {
    /// Puts a dashboard together; it connects when its client registers, and lives when it [runs](Self::run).
    ///
    /// # Errors
    /// [`SetupError`] when the hub's address cannot be used.
    pub fn new(
        id: DashboardId,
        profile: Profile,
        seed: u64,
        surroundings: Surroundings,
    ) -> Result<Self, SetupError> {
        let (mailbox, inputs) = mpsc::channel(MAILBOX);
        let config = DashboardConfig {
            id: id.clone(),
            kind: TYPE_RUN_DASHBOARD.to_owned(),
            use_case: profile.use_case.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            capabilities: ["data-ingestion", "agent-execution", "workflow-deployment", "real-time-updates"]
                .map(ToOwned::to_owned)
                .to_vec(),
            metadata: DashboardMetadata {
                user: Some(profile.user.clone()),
                environment: Some(profile.environment.clone()),
                start_time: Some(now()),
                other: [("name".to_owned(), json!(profile.name)), ("simulated".to_owned(), json!(true))]
                    .into(),
            },
        };
        let (commands, queries, configurations, updates) =
            (mailbox.clone(), mailbox.clone(), mailbox.clone(), mailbox.clone());
        let client = surroundings
            .hub
            .client(config)
            .on_commands(catalog::seed_commands(), move |command, context| {
                let mailbox = commands.clone();
                async move {
                    ask(&mailbox, |answer| Input::Command { command, context, answer })
                        .await
                        .map_err(CommandFailure::new)
                }
            })
            .on_query(move |query| {
                let mailbox = queries.clone();
                async move {
                    ask(&mailbox, |answer| Input::Query { kind: query.kind, answer }).await.map_err(QueryFailure)
                }
            })
            .on_config_update(move |configuration| {
                let mailbox = configurations.clone();
                async move {
                    ask(&mailbox, |answer| Input::Configuration { configuration, answer })
                        .await
                        .map_err(ConfigurationRejected)
                }
            })
            .on_workflow_update(move |update| {
                let mailbox = updates.clone();
                async move {
                    let _ = mailbox.send(Input::WorkflowUpdate(update)).await;
                }
            })
            .on_alert(|alert| async move {
                tracing::info!(dashboard = %alert.dashboard_id, title = alert.alert.title, "an alert is shown");
            })
            .start()?;
        let status_seen = None;
        let start = |share: f64| Periodic::after(Duration::from_millis((share * 5_000.0) as u64));
        let mut rng = fastrand::Rng::with_seed(seed);
        let actor = Simulation {
            client: client.clone(),
            inputs,
            model: Model::new(id, profile, seed, now()),
            surroundings,
            waiting: HashMap::new(),
            backend_updates: Vec::new(),
            stepped: Instant::now(),
            status_seen,
            // Dashboards do not report in step.
            fast: start(rng.f64()),
            slow: start(rng.f64()),
            resources: start(rng.f64()),
        };
        Ok(Self { client, mailbox, actor })
    }

    /// For what goes wrong.
    #[must_use]
    pub fn troublemaker(&self) -> Troublemaker {
        Troublemaker(self.mailbox.clone())
    }

    /// Lives until the fleet stops; then says goodbye to the hub.
    pub async fn run(self) {
        self.actor.run().await;
    }
}

async fn ask<T>(mailbox: &mpsc::Sender<Input>, input: impl FnOnce(Answer<T>) -> Input) -> Result<T, String> {
    let stopping = || "the dashboard is stopping".to_owned();
    let (answer, answered) = oneshot::channel();
    mailbox.send(input(answer)).await.map_err(|_| stopping())?;
    answered.await.map_err(|_| stopping())?
}

/// The task's state.
struct Simulation {
    client: MissionControlClient,
    inputs: mpsc::Receiver<Input>,
    model: Model,
    surroundings: Surroundings,
    /// Commands the model is busy with.
    waiting: HashMap<CommandId, (CommandContext, Answer<Value>)>,
    /// The newest update of each execution that the backend told of, oldest first.
    backend_updates: Vec<WorkflowUpdate>,
    stepped: Instant,
    status_seen: Option<(DashboardStatus, Instant)>,
    fast: Periodic,
    slow: Periodic,
    resources: Periodic,
}

impl Simulation {
    async fn run(mut self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.stepped = Instant::now();
        let shutdown = self.surroundings.shutdown.clone();
        let living = async {
            loop {
                tokio::select! {
                    Some(input) = self.inputs.recv() => self.take(input).await,
                    _ = ticks.tick() => {
                        self.stop_cancelled();
                        self.advance().await;
                    }
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = living => {}
        }
        if let Err(error) = self.client.disconnect("the fleet is stopping").await {
            tracing::warn!(dashboard = %self.client.dashboard_id(), %error, "the goodbye was not orderly");
        }
    }

    async fn take(&mut self, input: Input) {
        match input {
            Input::Command { command, context, answer } => {
                // Time up to now passes first: the command acts on the present.
                self.advance().await;
                match self.model.apply(&command) {
                    Applied::Done(outcome) => {
                        // The effect is on its way to the hub before the result says that it is there.
                        self.advance().await;
                        let _ = answer.send(outcome);
                    }
                    Applied::Pending => {
                        self.waiting.insert(command.id, (context, answer));
                        self.advance().await;
                    }
                }
            }
            Input::Query { kind, answer } => {
                let mut answered = self.model.answer(&kind);
                if let (Ok(value), "WORKFLOWS") = (&mut answered, kind.as_str()) {
                    value["backendUpdates"] = json!(self.backend_updates);
                }
                let _ = answer.send(answered);
            }
            Input::Configuration { configuration, answer } => {
                let _ = answer.send(self.model.configure(&configuration));
                self.advance().await;
            }
            Input::WorkflowUpdate(update) => {
                self.backend_updates.retain(|known| known.execution_id != update.execution_id);
                self.backend_updates.push(update);
                if self.backend_updates.len() > BACKEND_UPDATES {
                    self.backend_updates.remove(0);
                }
            }
            Input::Incident(incident) => {
                tracing::info!(dashboard = %self.client.dashboard_id(), ?incident, "an incident begins");
                self.model.begin_incident(&incident);
            }
        }
    }

    fn stop_cancelled(&mut self) {
        let cancelled = self.waiting.iter().filter(|(_, (context, _))| context.is_cancelled());
        let cancelled: Vec<_> = cancelled.map(|(id, _)| id.clone()).collect();
        for id in cancelled {
            self.model.cancel(&id);
        }
    }

    /// Lets the time since the last step pass, and reports what came of it.
    async fn advance(&mut self) {
        let at = Instant::now();
        let dt = (at - self.stepped).mul_f64(self.surroundings.time_scale);
        self.stepped = at;
        let outputs = self.model.step(dt, now());
        self.report_status(at);
        for output in outputs {
            self.deliver(output).await;
        }
        self.report_metrics(at);
    }

    async fn deliver(&mut self, output: Output) {
        match output {
            Output::Event(event) => self.publish(event).await,
            Output::Alert(alert) => self.publish(alert).await,
            Output::Workflow { workflow_id, execution_id, state, progress, error } => {
                let Some(backend) = &self.surroundings.backend else { return };
                let update = WorkflowUpdate {
                    dashboard_id: self.client.dashboard_id().clone(),
                    workflow_id,
                    execution_id,
                    state,
                    progress: Some(progress),
                    error,
                    timestamp: now(),
                };
                let _ = backend.send(update).await;
            }
            Output::CommandProgress { command, fraction, message } => {
                if let Some((context, _)) = self.waiting.get(&command) {
                    context.progress(fraction, message);
                }
            }
            Output::CommandDone { command, outcome } => {
                if let Some((_, answer)) = self.waiting.remove(&command) {
                    let _ = answer.send(outcome);
                }
            }
        }
    }

    /// Events and alerts are never left out: while the hub is away and the queue is full, the dashboard's time stands.
    async fn publish(&self, publication: impl Into<Publication>) {
        if let Err(error) = self.client.publish(publication).await {
            tracing::warn!(dashboard = %self.client.dashboard_id(), %error, "not published");
        }
    }

    fn report_status(&mut self, at: Instant) {
        let status = self.model.status();
        let due = match &self.status_seen {
            None => true,
            Some((seen, when)) => is_significant(seen, &status) || at - *when >= STATUS_AGE,
        };
        if due {
            self.client.update_status(status.clone());
            self.status_seen = Some((status, at));
        }
    }

    /// Measurements are left out while the queue is full: newer ones follow.
    fn report_metrics(&mut self, at: Instant) {
        let interval = Duration::from_millis(self.model.settings().report_interval);
        let (fast, slow) = (self.fast.is_due(at, interval), self.slow.is_due(at, interval * 2));
        if fast || slow {
            let metrics = DashboardMetrics {
                performance: fast.then(|| self.model.performance()),
                data: fast.then(|| self.model.data()),
                usage: slow.then(|| self.model.usage()),
                agents: slow.then(|| self.model.agents()),
                workflows: slow.then(|| self.model.workflows()),
            };
            self.try_publish(metrics);
        }
        if self.resources.is_due(at, RESOURCE_INTERVAL) {
            self.try_publish(self.model.resource_usage());
        }
    }

    fn try_publish(&self, publication: impl Into<Publication>) {
        if let Err(error) = self.client.try_publish(publication) {
            tracing::debug!(dashboard = %self.client.dashboard_id(), %error, "a measurement is left out");
        }
    }
}
