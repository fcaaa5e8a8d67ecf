//! `mission-control-fleet`: a live fleet of run dashboards for a hub.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Parser};
use mission_control_fleet::fleet::{Fleet, FleetPlan, HubAccess};
use tokio::signal::unix::{SignalKind, signal};

/// Runs simulated run dashboards, a backend and this workstation against a hub, until it is told to stop (SIGTERM or
/// Ctrl C). To provoke an alert, send a simulated dashboard INGEST_DATA with the source "faulty-sensor".
#[derive(Debug, Parser)]
#[command(name = "mission-control-fleet", version)]
struct Arguments {
    /// The hub, such as ws://127.0.0.1:7420
    #[arg(long, env = "MISSION_CONTROL_HUB")]
    hub: String,
    #[command(flatten)]
    token: TokenArguments,
    /// Simulated dashboards
    #[arg(long, default_value_t = 24)]
    dashboards: usize,
    /// Decides everything that is left to chance; the same seed gives the same troubles
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave out this workstation
    #[arg(long)]
    no_workstation: bool,
    /// Keep in this directory what this workstation has published and the hub has not taken yet, so that it survives the
    /// end of this program. What is simulated is kept in memory
    #[arg(long, value_name = "DIR")]
    queue_dir: Option<PathBuf>,
    /// Leave out the backend that reports the dashboards' workflows
    #[arg(long)]
    no_backend: bool,
    /// Let nothing go wrong by itself
    #[arg(long)]
    no_incidents: bool,
    /// Simulated seconds per second
    #[arg(long, default_value_t = 1.0, value_parser = time_scale)]
    time_scale: f64,
    /// Trust the certificates in this PEM file beside the system's
    #[arg(long)]
    root_certificates: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct TokenArguments {
    /// File that holds the hub's dashboard token
    #[arg(long)]
    token_file: Option<PathBuf>,
    /// The hub's dashboard token; other users of this machine may see it, so a file is better
    #[arg(long, env = "MISSION_CONTROL_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

fn time_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (0.01..=1_000.0).contains(&scale) => Ok(scale),
        _ => Err("a number from 0.01 to 1000".to_owned()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let token = match (&arguments.token.token_file, arguments.token.token) {
        (Some(path), _) => std::fs::read_to_string(path)
            .with_context(|| format!("the token file {} cannot be read", path.display()))?,
        (None, token) => token.unwrap_or_default(),
    };
    let root_certificates = match &arguments.root_certificates {
        Some(path) => std::fs::read(path)
            .with_context(|| format!("the certificate file {} cannot be read", path.display()))?,
        None => Vec::new(),
    };
    let plan = FleetPlan {
        hub: HubAccess { address: arguments.hub, token, root_certificates },
        dashboards: arguments.dashboards,
        seed: arguments.seed,
        workstation: !arguments.no_workstation,
        queue_directory: arguments.queue_dir,
        backend: !arguments.no_backend,
        incidents: !arguments.no_incidents,
        time_scale: arguments.time_scale,
    };
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told_to_stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    tokio::pin!(told_to_stop);
    let fleet = tokio::select! {
        fleet = Fleet::start(plan) => fleet?,
        () = &mut told_to_stop => return Ok(()),
    };
    announce(fleet.dashboards());
    told_to_stop.await;
    fleet.stop().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the one line that whoever started the fleet waits for")]
fn announce(dashboards: usize) {
    println!("mission-control-fleet: {dashboards} dashboards registered");
}
