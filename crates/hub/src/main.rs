//! The headless hub: `mission-control-hub --listen ADDR --data DIR`. And what works on its own: the care of its log, what
//! leaves it, and its rules, as in `mission-control-hub rules score FILE.csv`.

mod leaving;
mod maintenance;
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
use mission_control_protocol::{RecordKind, limits::DEFAULT_HEARTBEAT_INTERVAL_MS};
use mission_control_store::KindRetention;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{leaving::Leaving, maintenance::Maintenance};

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
    #[command(flatten)]
    Maintenance(Maintenance),
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
    /// How long one kind of record is kept, in place of --keep-days, and the bytes its sealed records may take: such as
    /// EVENT=90, ALERT=730 or METRICS=30,500000000; 0 days for ever. May be repeated.
    #[arg(long, value_name = "KIND=DAYS[,BYTES]", value_parser = kind_rule)]
    keep_kind: Vec<(RecordKind, KindRetention)>,
    /// Days for which series of numbers are kept, which outlive the records they come from; 0 for ever.
    #[arg(long, value_name = "N", default_value_t = 1_095)]
    keep_series_days: u32,
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
        upkeep.retention.kinds = self.keep_kind.into_iter().collect();
        upkeep.retention.series = (self.keep_series_days > 0).then(|| DAY * self.keep_series_days);
        upkeep.head_records = self.head_records.unwrap_or(upkeep.head_records);
        upkeep.segment_records = self.segment_records.unwrap_or(upkeep.segment_records);
        config
    }
}

/// The rule of one kind, as `KIND=DAYS[,BYTES]` says it.
fn kind_rule(text: &str) -> Result<(RecordKind, KindRetention), String> {
    let (kind, rule) = text.split_once('=').ok_or("write it like EVENT=90, or EVENT=90,500000000")?;
    let name = serde_json::Value::String(kind.trim().to_ascii_uppercase());
    let kind = serde_json::from_value(name).map_err(|_| {
        let name = |kind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned);
        format!(
            "{kind:?} is no kind of record; one of {}",
            RecordKind::ALL.into_iter().filter_map(name).collect::<Vec<_>>().join(", ")
        )
    })?;
    let (days, bytes) = match rule.split_once(',') {
        Some((days, bytes)) => (days, Some(bytes)),
        None => (rule, None),
    };
    let days: u32 = days.trim().parse().map_err(|_| format!("{days:?} is no number of days"))?;
    let bytes = bytes
        .map(|bytes| bytes.trim().parse::<u64>().map_err(|_| format!("{bytes:?} is no number of bytes")));
    Ok((kind, KindRetention { age: (days > 0).then(|| DAY * days), bytes: bytes.transpose()? }))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let result = match (arguments.part, arguments.serve.data.clone()) {
        (Some(Part::Rules(command)), _) => command.run(),
        (Some(Part::Leaving(leaving)), _) => until_signalled(move |cancelled| leaving.run(cancelled)),
        (Some(Part::Maintenance(care)), _) => until_signalled(move |cancelled| care.run(cancelled)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_for_a_kind_is_read_or_refused_with_what_is_wrong() {
        let (kind, rule) = kind_rule("event=90,1000").unwrap();
        assert_eq!((kind, rule.age, rule.bytes), (RecordKind::Event, Some(DAY * 90), Some(1_000)));
        let (kind, rule) = kind_rule("RESOURCE_USAGE=0").unwrap();
        assert_eq!((kind, rule.age, rule.bytes), (RecordKind::ResourceUsage, None, None));
        for (text, expected) in [
            ("EVENT", "like EVENT=90"),
            ("EVENTS=1", "one of REGISTRATION"),
            ("EVENT=x", "days"),
            ("EVENT=1,x", "bytes"),
        ] {
            assert!(kind_rule(text).unwrap_err().contains(expected), "{text}");
        }
    }

    #[test]
    fn serving_needs_a_directory_and_care_takes_none_of_its_options() {
        let parse = Arguments::try_parse_from::<[&str; _], _>;
        assert!(parse(["hub"]).is_err());
    }
}
