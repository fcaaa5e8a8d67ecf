//! Benchmarks of the real programs, each beside its floor in the same run. `cargo xtask bench` builds what they need
//! in release and runs them; they print a table and judge nothing by time of day or machine.

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

mod bare_pipeline;
mod clients;
mod commands;
mod detector;
mod generate;
mod growth;
mod ingest;
mod instants;
mod jetstream;
mod load;
mod metrics;
mod nab;
mod notifications;
mod page;
mod programs;
mod rules;
mod search;
mod session;
mod start;
mod table;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Benchmarks of the real programs, each beside its floor in the same run.
#[derive(Parser)]
struct Arguments {
    /// Where the release binaries are.
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// Messages per measurement of the ingest rows.
    #[arg(long, default_value_t = 600_000)]
    messages: u64,
    /// Messages per measurement of the client rows.
    #[arg(long, default_value_t = 100_000)]
    client_messages: u64,
    /// Times each ingest or client measurement is taken, alternating with its floor; the median is shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Real series, for the rows of metrics and of the detector: CSV files of `timestamp,value`, with the windows of
    /// their anomalies in `anomaly_windows.json`.
    #[arg(long, env = "MISSION_CONTROL_SERIES", default_value = "../shared/data/nab")]
    series: PathBuf,
    /// A hub's log whose reports are measured too; it must be in the format of this version.
    #[arg(long)]
    log: Option<PathBuf>,
    /// Samples of the chart of a year.
    #[arg(long, default_value_t = 6_307_200)]
    year_samples: usize,
    /// Records of the logs in which growth is measured.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000_000, 10_000_000])]
    records: Vec<u64>,
    /// Where those logs are kept for the next run.
    #[arg(long, default_value = "target/benches")]
    logs: PathBuf,
    /// Only the rows whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    #[command(subcommand)]
    part: Option<Part>,
}

/// The floors, which run as processes of their own, as the programs do.
#[derive(Subcommand)]
enum Part {
    /// WebSocket in, one table out, nothing else.
    BarePipeline {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
        /// The database to make.
        #[arg(long)]
        database: PathBuf,
    },
    /// Makes a log of so many records, unless it is there, and prints where it is.
    Generate {
        /// How many.
        records: u64,
        /// Where to keep it.
        #[arg(long, default_value = "target/benches")]
        directory: PathBuf,
    },
    /// WebSocket in, the same message back, nothing else.
    Echo {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::BarePipeline { listen, database }) => {
            return bare_pipeline::serve(listen, &database).await;
        }
        Some(Part::Echo { listen }) => return commands::serve_echo(listen).await,
        Some(Part::Generate { records, directory }) => {
            std::fs::create_dir_all(&directory)?;
            println!("{}", generate::generate(&directory, records)?.path.display());
            return Ok(());
        }
        None => {}
    }
    let wanted = |name: &str| name.contains(&arguments.only);
    let mut rows = Vec::new();
    if wanted("ingest") {
        rows.extend(ingest::measure(&arguments.binaries, arguments.messages, arguments.rounds).await?);
    }
    if wanted("command") {
        rows.push(commands::measure(&arguments.binaries).await?);
    }
    if wanted("notification") {
        rows.push(notifications::measure(&arguments.binaries).await?);
    }
    if wanted("client") {
        rows.extend(
            clients::measure(&arguments.binaries, arguments.client_messages, arguments.rounds).await?,
        );
    }
    if wanted("metrics") {
        rows.extend(metrics::sizes(&arguments.series, arguments.log.as_deref())?);
    }
    if wanted("detector") {
        rows.extend(detector::measure(&arguments.series)?);
    }
    if wanted("rules") {
        rows.extend(rules::measure()?);
    }
    if wanted("chart-year") {
        rows.extend(metrics::chart_year(arguments.year_samples)?);
    }
    if wanted("growth") {
        for records in &arguments.records {
            rows.extend(growth::measure(&arguments.logs, *records)?);
            let log = generate::generate(&arguments.logs, *records)?;
            let log = (log.path.as_path(), *records);
            rows.push(
                ingest::measure_grown(&arguments.binaries, log, arguments.messages, arguments.rounds).await?,
            );
        }
    }
    if wanted("instants") {
        for records in &arguments.records {
            let log = generate::generate(&arguments.logs, *records)?;
            rows.push(instants::measure(&log.path, *records)?);
        }
    }
    if wanted("start") {
        for records in &arguments.records {
            let log = generate::generate(&arguments.logs, *records)?;
            rows.push(start::measure(&arguments.binaries, &log.path, *records).await?);
        }
    }
    if wanted("search") {
        for records in &arguments.records {
            let log = generate::generate(&arguments.logs, *records)?;
            rows.extend(search::measure(&log.path, *records)?);
        }
    }
    // Not among the rows of every run: which layout is best is decided once.
    if arguments.only == "layouts" {
        rows.extend(growth::layouts(arguments.records[0])?);
    }
    if wanted("page") {
        rows.extend(page::measure(&arguments.binaries).await?);
    }
    println!("{}", table::render(&rows));
    Ok(())
}
