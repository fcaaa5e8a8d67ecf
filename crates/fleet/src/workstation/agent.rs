//! The task that measures, reports, and executes the operator's commands on itself.

use std::{path::Path, time::Duration};

use anyhow::Context;
use mission_control_client::{
    CommandFailure, ConfigurationRejected, DashboardEvent, MissionControlClient, Publication, QueryFailure,
    WhenFull,
};
use mission_control_protocol::{
    Command, CommandDeclaration, DashboardConfig, DashboardId, Severity, catalog,
    config::{DashboardMetadata, TYPE_RUN_DASHBOARD},
    configuration::Configuration,
};
use serde_json::{Value, json};
use sysinfo::System;
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    measurement::{MeasurementError, Meter},
    report::Records,
};
use crate::{clock::now, fleet::HubAccess, schedule::Periodic};

/// Id of this machine's dashboard.
pub const WORKSTATION_ID: &str = "this-workstation";
const USE_CASE: &str = "Operations";
/// Inputs that may wait.
const MAILBOX: usize = 64;
/// Time between measurements in debug mode, at most.
const DEBUG_INTERVAL: Duration = Duration::from_millis(500);

/// The commands that mean something here.
const COMMANDS: [&str; 7] = [
    "REFRESH_DATA",
    "EXPORT_DATA",
    "CLEAR_DATA",
    "ENABLE_DEBUG_MODE",
    "DISABLE_DEBUG_MODE",
    "COLLECT_DIAGNOSTICS",
    "RESTART_SERVICES",
];

type Answer<T> = oneshot::Sender<Result<T, String>>;

enum Input {
    Command(Command, Answer<Value>),
    Query(String, Answer<Value>),
    Configuration(Configuration, Answer<()>),
}

/// This machine, not yet reporting.
pub struct Workstation {
    /// Its connection.
    pub client: MissionControlClient,
    agent: Agent,
}

struct Agent {
    client: MissionControlClient,
    inputs: mpsc::Receiver<Input>,
    /// `None` while a measurement is under way or after one failed for good; made anew then.
    meter: Option<Meter>,
    records: Records,
    fast: Periodic,
    slow: Periodic,
}

/// What the declarations of [`COMMANDS`] say here, where it differs from the catalog.
fn declarations() -> Vec<CommandDeclaration> {
    let mut declarations = catalog::seed_commands();
    declarations.retain(|declaration| COMMANDS.contains(&declaration.kind.as_str()));
    for declaration in &mut declarations {
        let description = match declaration.kind.as_str() {
            "REFRESH_DATA" => "Measures this machine now.",
            "EXPORT_DATA" => "Returns the measurements held, in the format asked for.",
            "CLEAR_DATA" => "Forgets the measurements held.",
            "ENABLE_DEBUG_MODE" => "Measures twice a second, and tells the busiest process each time.",
            "RESTART_SERVICES" => "Restarts the measuring; nothing else on this machine is touched.",
            _ => continue,
        };
        declaration.description = description.to_owned();
    }
    declarations
}

impl Workstation {
    /// Takes the first counters of this machine and puts its dashboard together. What it publishes is kept in
    /// `queue_directory` until the hub has it; in memory when none is named.
    ///
    /// # Errors
    /// When the machine cannot be measured, the hub's address cannot be used, or another program uses the directory.
    pub async fn new(
        id: DashboardId,
        hub: &HubAccess,
        queue_directory: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let meter = spawn_blocking(Meter::new).await??;
        let (mailbox, inputs) = mpsc::channel(MAILBOX);
        let host = System::host_name().unwrap_or_else(|_| "this machine".to_owned());
        let config = DashboardConfig {
            id: id.clone(),
            kind: TYPE_RUN_DASHBOARD.to_owned(),
            use_case: USE_CASE.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            capabilities: vec!["real-time-updates".to_owned(), "resource-monitoring".to_owned()],
            metadata: DashboardMetadata {
                user: std::env::var("USER").ok(),
                environment: Some("workstation".to_owned()),
                start_time: Some(now()),
                other: [
                    ("name".to_owned(), json!(WORKSTATION_ID)),
                    ("host".to_owned(), json!(host)),
                    ("operatingSystem".to_owned(), json!(System::long_os_version().ok())),
                    ("simulated".to_owned(), json!(false)),
                ]
                .into(),
            },
        };
        let (commands, queries, configurations) = (mailbox.clone(), mailbox.clone(), mailbox);
        // Nobody here can wait, and the newest measurements are the ones an operator wants.
        let mut builder = hub.client(config).when_full(WhenFull::DropOldest);
        if let Some(directory) = queue_directory {
            builder = builder.queue_file(directory.join(format!("{WORKSTATION_ID}.queue")));
        }
        let client =
            builder
                .on_commands(declarations(), move |command, _| {
                    let mailbox = commands.clone();
                    async move {
                        ask(&mailbox, |answer| Input::Command(command, answer))
                            .await
                            .map_err(CommandFailure::new)
                    }
                })
                .on_query(move |query| {
                    let mailbox = queries.clone();
                    async move {
                        ask(&mailbox, |answer| Input::Query(query.kind, answer)).await.map_err(QueryFailure)
                    }
                })
                .on_config_update(move |configuration| {
                    let mailbox = configurations.clone();
                    async move {
                        ask(&mailbox, |answer| Input::Configuration(configuration, answer))
                            .await
                            .map_err(ConfigurationRejected)
                    }
                })
                .on_alert(|alert| async move {
                    tracing::info!(title = alert.alert.title, "an alert is shown");
                })
                .start()
                .context("the workstation's client")?;
        let agent = Agent {
            client: client.clone(),
            inputs,
            meter: Some(meter),
            records: Records::new(id, USE_CASE),
            fast: Periodic::after(Duration::ZERO),
            slow: Periodic::after(Duration::ZERO),
        };
        Ok(Self { client, agent })
    }

    /// Measures and reports until the fleet stops; then says goodbye to the hub.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut agent = self.agent;
        agent.records.registered();
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = agent.live() => {}
        }
        if let Err(error) = agent.client.disconnect("the agent is stopping").await {
            tracing::warn!(%error, "the workstation's goodbye was not orderly");
        }
    }
}

async fn ask<T>(mailbox: &mpsc::Sender<Input>, input: impl FnOnce(Answer<T>) -> Input) -> Result<T, String> {
    let stopping = || "the agent is stopping".to_owned();
    let (answer, answered) = oneshot::channel();
    mailbox.send(input(answer)).await.map_err(|_| stopping())?;
    answered.await.map_err(|_| stopping())?
}

impl Agent {
    async fn live(&mut self) {
        // Rates need a span; right after the start there is none yet.
        let mut next = Instant::now() + DEBUG_INTERVAL;
        loop {
            tokio::select! {
                input = self.inputs.recv() => match input {
                    Some(input) => self.take(input).await,
                    None => return,
                },
                () = tokio::time::sleep_until(next) => {
                    next = Instant::now() + self.interval();
                    if let Err(error) = self.measure().await {
                        self.records.measurement_failed();
                        self.publish(DashboardEvent {
                            kind: "ERROR".to_owned(),
                            severity: Severity::Error,
                            payload: json!({"message": error}),
                        });
                    }
                    self.report();
                }
            }
        }
    }

    fn interval(&self) -> Duration {
        let interval = Duration::from_millis(self.records.settings.measure_interval);
        if self.records.debug { interval.min(DEBUG_INTERVAL) } else { interval }
    }

    /// Measures away from the async threads, since reading the machine's counters blocks.
    async fn measure(&mut self) -> Result<(), String> {
        let meter = self.meter.take();
        let measured = spawn_blocking(move || {
            let mut meter = match meter {
                Some(meter) => meter,
                None => Meter::new()?,
            };
            let measurement = meter.measure();
            Ok::<_, MeasurementError>((meter, measurement))
        })
        .await;
        let (meter, measurement) =
            measured.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        self.meter = Some(meter);
        self.records.hold(measurement);
        Ok(())
    }

    fn report(&mut self) {
        self.client.update_status(self.records.status());
        if let Some(usage) = self.records.last().map(|last| last.usage.clone()) {
            let began = std::time::Instant::now();
            let written = serde_json::to_string(&usage);
            self.records.render = began.elapsed();
            if written.is_ok() {
                self.publish(usage);
            }
        }
        let at = Instant::now();
        let (fast, slow) =
            (self.fast.is_due(at, Duration::from_secs(5)), self.slow.is_due(at, Duration::from_secs(10)));
        if fast || slow {
            let mut metrics = self.records.metrics();
            metrics.performance = metrics.performance.filter(|_| fast);
            metrics.data = metrics.data.filter(|_| fast);
            metrics.usage = metrics.usage.filter(|_| slow);
            self.publish(metrics);
        }
        for alert in self.records.judge() {
            self.publish(alert);
        }
        if self.records.debug {
            let busiest = self.records.last().and_then(|last| last.usage.processes.first().cloned());
            self.event("DEBUG_TRACE", Severity::Debug, json!({"busiestProcess": busiest}));
        }
    }

    async fn take(&mut self, input: Input) {
        match input {
            Input::Command(command, answer) => {
                *self.records.commands.entry(command.kind.clone()).or_default() += 1.0;
                let outcome = self.execute(&command).await;
                self.client.update_status(self.records.status());
                let _ = answer.send(outcome);
            }
            Input::Query(kind, answer) => {
                let _ = answer.send(self.answer(&kind));
            }
            Input::Configuration(configuration, answer) => {
                let values =
                    configuration.values.as_object().ok_or("the configuration must be an object".to_owned());
                let changed =
                    values.and_then(|values| self.records.settings.changed(values, configuration.version));
                let _ = answer.send(changed.map(|settings| self.records.settings = settings));
            }
        }
    }

    async fn execute(&mut self, command: &Command) -> Result<Value, String> {
        match command.kind.as_str() {
            "REFRESH_DATA" => {
                self.measure().await?;
                self.report();
                let usage = self.records.last().map(|last| &last.usage);
                Ok(json!({"success": true, "timestamp": now(), "measured": usage}))
            }
            "EXPORT_DATA" => {
                let format = command.payload.get("format").and_then(Value::as_str).unwrap_or("json");
                self.records.export(format)
            }
            "CLEAR_DATA" => {
                let removed = self.records.clear();
                self.event("DATA_CLEARED", Severity::Warning, json!({"recordCount": removed}));
                Ok(json!({"success": true, "removed": removed}))
            }
            "ENABLE_DEBUG_MODE" => Ok(self.set_debug(true)),
            "DISABLE_DEBUG_MODE" => Ok(self.set_debug(false)),
            "COLLECT_DIAGNOSTICS" => Ok(self.diagnostics()),
            "RESTART_SERVICES" => {
                self.event("SERVICES_RESTARTING", Severity::Warning, json!({}));
                self.meter = None;
                self.measure().await?;
                self.event("SERVICES_RESTARTED", Severity::Info, json!({}));
                Ok(json!({"success": true}))
            }
            other => Err(format!("this workstation does not know {other}")),
        }
    }

    fn set_debug(&mut self, enabled: bool) -> Value {
        self.records.debug = enabled;
        self.event("DEBUG_MODE_CHANGED", Severity::Info, json!({"enabled": enabled}));
        json!({"success": true, "debugMode": enabled})
    }

    fn answer(&self, kind: &str) -> Result<Value, String> {
        match kind {
            "STATUS" => Ok(json!(self.records.status())),
            "METRICS" => Ok(json!(self.records.metrics())),
            "CONFIGURATION" => Ok(json!(self.records.settings)),
            other => Err(format!(
                "{other} is no query of this workstation; there are STATUS, METRICS and CONFIGURATION"
            )),
        }
    }

    fn diagnostics(&self) -> Value {
        let load = System::load_average().ok();
        json!({
            "dashboard": {
                "id": self.client.dashboard_id(), "version": env!("CARGO_PKG_VERSION"), "pid": std::process::id(),
                "simulated": false,
            },
            "collectedAt": now(),
            "host": {
                "name": System::host_name().ok(),
                "operatingSystem": System::long_os_version().ok(),
                "kernel": System::kernel_version().ok(),
                "architecture": System::cpu_arch(),
                "uptimeSeconds": System::uptime().ok(),
                "loadAverage": load.map(|load| [load.one, load.five, load.fifteen]),
            },
            "status": self.records.status(),
            "metrics": self.records.metrics(),
            "configuration": self.records.settings,
            "debugMode": self.records.debug,
            "failedMeasurements": self.records.failed,
            "lastMeasurement": self.records.last(),
        })
    }

    fn event(&self, kind: &str, severity: Severity, payload: Value) {
        self.publish(DashboardEvent { kind: kind.to_owned(), severity, payload });
    }

    /// While the hub is away and the queue is full, the machine is measured on, and the oldest gives way.
    fn publish(&self, publication: impl Into<Publication>) {
        if let Err(error) = self.client.try_publish(publication) {
            tracing::warn!(%error, "the workstation's report is left out");
        }
    }
}
