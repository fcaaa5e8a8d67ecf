//! The headless hub: `mission-control-hub --listen ADDR --data DIR`. And what works on its own: what leaves its log, and its
//! rules, as in `mission-control-hub rules score FILE.csv`.

mod leaving;
mod rules;

use std::{
    io::Write,
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand, error::ErrorKind};
use mission_control_hub::{Hub, HubConfig, TlsFiles};
use mission_control_protocol::limits::DEFAULT_HEARTBEAT_INTERVAL_MS;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::leaving::Leaving;

/// Mission Control without a window: dashboards and operators' consoles connect to it.
#[derive(Debug, Parser)]
#[command(
    name = "mission-control-hub",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Arguments {
    #[command(flatten)]
    serve: ServeArguments,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The rules on their own, without a hub.
    #[command(subcommand)]
    Rules(rules::Command),
    #[command(flatten)]
    Leaving(Leaving),
}

#[derive(Debug, Args)]
struct ServeArguments {
    /// Address and port to listen on; port 0 takes a free one. Anything but loopback needs TLS.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7420")]
    listen: SocketAddr,
    /// Directory for the log, the tokens and the hub's id.
    #[arg(long, value_name = "DIR", required = true)]
    data: Option<PathBuf>,
    /// The hub's name, for people.
    #[arg(long)]
    name: Option<String>,
    /// Milliseconds between the heartbeats that dashboards are asked for.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_HEARTBEAT_INTERVAL_MS, value_parser = clap::value_parser!(u32).range(50..))]
    heartbeat_ms: u32,
    /// Certificate chain in PEM form, to serve wss://.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM form.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A web origin whose pages may connect as dashboards, such as https://dashboards.example.org. May be repeated.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Days for which statuses, events, metrics, resource usage, queries and workflow updates are kept; 0 for ever.
    /// Registrations, alerts, commands, configurations and refusals are kept for ever.
    #[arg(long, value_name = "N", default_value_t = 365)]
    keep_days: u32,
    /// Bytes of the log beyond which the oldest of what --keep-days names go.
    #[arg(long, value_name = "N")]
    keep_bytes: Option<u64>,
    /// Newest records that are kept row by row; older ones are compressed.
    #[arg(long, value_name = "N", hide = true)]
    head_records: Option<u64>,
    /// Records that are compressed together.
    #[arg(long, value_name = "N", hide = true)]
    segment_records: Option<usize>,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl ServeArguments {
    fn config(self, data: PathBuf) -> HubConfig {
        let mut config = HubConfig::new(data);
        config.listen = self.listen;
        config.name = self.name.unwrap_or(config.name);
        config.heartbeat_interval = Duration::from_millis(self.heartbeat_ms.into());
        config.tls = self.tls_cert.zip(self.tls_key).map(|(certificate, key)| TlsFiles { certificate, key });
        config.allowed_origins = self.allow_origin;
        let upkeep = &mut config.upkeep;
        upkeep.retention.age = (self.keep_days > 0).then(|| DAY * self.keep_days);
        upkeep.retention.bytes = self.keep_bytes;
        upkeep.head_records = self.head_records.unwrap_or(upkeep.head_records);
        upkeep.segment_records = self.segment_records.unwrap_or(upkeep.segment_records);
        config
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let result = match (arguments.part, arguments.serve.data.clone()) {
        (Some(Part::Rules(command)), _) => command.run(),
        (Some(Part::Leaving(leaving)), _) => until_signalled(move |cancelled| leaving.run(cancelled)),
        (None, Some(data)) => run(arguments.serve.config(data)),
        (None, None) => Arguments::command()
            .error(ErrorKind::MissingRequiredArgument, "--data DIR says where the log and the tokens are")
            .exit(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The last line on stderr says what to do; the log lines before it are for engineers.
            let _ = writeln!(std::io::stderr(), "mission-control-hub: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: HubConfig) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
        let hub = Hub::start(config).await?;
        announce(&hub).context("cannot write to stdout")?;
        tokio::select! {
            _ = terminate.recv() => tracing::info!("stopping on SIGTERM"),
            _ = interrupt.recv() => tracing::info!("stopping on SIGINT"),
        }
        hub.shutdown().await;
        Ok(())
    })
}

/// Does blocking work, telling it to break off when a signal comes.
fn until_signalled(
    work: impl FnOnce(&Arc<AtomicBool>) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancelled);
        let mut work = tokio::task::spawn_blocking(move || work(&flag));
        tokio::select! {
            ended = &mut work => return ended?,
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        cancelled.store(true, Ordering::Relaxed);
        work.await?
    })
}

fn announce(hub: &Hub) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "mission-control-hub listening on {}", hub.url())?;
    writeln!(stdout, "dashboard token: {}", hub.dashboard_token_file().display())?;
    writeln!(stdout, "operator token: {}", hub.operator_token_file().display())?;
    stdout.flush()
}
