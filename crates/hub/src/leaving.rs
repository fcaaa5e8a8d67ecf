//! `mission-control-hub export` and `mission-control-hub archive`: what leaves a log, without a window. The log is read
//! beside the hub that writes it, if one runs.

use std::{
    io::Write,
    ops::ControlFlow,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use mission_control_protocol::Timestamp;
use mission_control_store::{
    ArchiveRequest, ExportFormat, ExportProgress, LogReader, RecordSource, export_records,
    search::{
        Plan,
        query::{LocalTime, Query, QueryError},
    },
    write_archive,
};

/// What leaves a log.
#[derive(Debug, Subcommand)]
pub enum Leaving {
    /// Writes the records that a query finds as CSV, NDJSON or Parquet.
    Export {
        #[command(flatten)]
        what: What,
        /// csv, ndjson or parquet.
        #[arg(long, value_name = "FORMAT")]
        format: ExportFormat,
    },
    /// Writes a stretch of the log as one file that a console can take in and look at.
    Archive {
        #[command(flatten)]
        what: What,
    },
}

/// Which records, and where they go.
#[derive(Debug, Args)]
pub struct What {
    /// The hub's directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// What to look for, as in the events view: kind:alert after:-2h. Times are in UTC. Everything when left out.
    #[arg(long, value_name = "QUERY", default_value = "")]
    query: String,
    /// The file to write; it is there as a whole or not at all.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it is there already.
    #[arg(long)]
    replace: bool,
    /// The hub's name in what is written.
    #[arg(long, value_name = "NAME", default_value = "Mission Control")]
    name: String,
}

/// Time between two lines about how far it is.
const TOLD: Duration = Duration::from_secs(1);

impl Leaving {
    /// Writes the file, and says what it came to. `cancelled` ends it, and nothing is left.
    ///
    /// # Errors
    /// Why there is no file, and what to do.
    pub fn run(self, cancelled: &Arc<AtomicBool>) -> anyhow::Result<()> {
        let mut told = Instant::now();
        let mut watch = |progress: ExportProgress| {
            if told.elapsed() >= TOLD {
                told = Instant::now();
                let ExportProgress { looked_at, written, part } = progress;
                let percent = part * 100.0;
                let _ = writeln!(
                    std::io::stderr(),
                    "{percent:.0} %: {looked_at} records looked at, {written} written"
                );
            }
            if cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let (written, missing, output) = match self {
            Self::Export { what, format } => {
                let source = RecordSource { hub: what.name.clone(), log: what.log(), plan: what.plan()? };
                let exported = export_records(&[source], format, &what.output, what.replace, &mut watch)?;
                (exported.rows, exported.missing, what.output)
            }
            Self::Archive { what } => {
                let request = ArchiveRequest {
                    log: what.log(),
                    hub_name: what.name.clone(),
                    made_by: concat!("mission-control-hub ", env!("CARGO_PKG_VERSION")).to_owned(),
                    made_at: now(),
                    query: what.query.trim().to_owned(),
                    plan: what.plan()?,
                };
                let manifest = write_archive(&request, &what.output, what.replace, &mut watch)?;
                (manifest.records, manifest.missing, what.output)
            }
        };
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{written} records in {}", output.display())?;
        if missing > 0 {
            writeln!(stdout, "{missing} records of that time are missing from the log")?;
        }
        Ok(())
    }
}

impl What {
    fn log(&self) -> PathBuf {
        self.data.join("log.sqlite")
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let query: Query = self.query.parse().map_err(|error| anyhow!(pointed_at(&self.query, &error)))?;
        let mut reader = LogReader::open(&self.log())
            .with_context(|| format!("--data {}: there is no hub's log to read", self.data.display()))?;
        let (projection, _) = reader.projection()?;
        let local = LocalTime { now: now(), utc_offset_minutes: 0 };
        Ok(Plan::new(&query, local, &projection.use_cases()))
    }
}

/// What is wrong with a query, and below it the query with a mark at the place.
fn pointed_at(query: &str, error: &QueryError) -> String {
    let letters = |part: Option<&str>| part.unwrap_or_default().chars().count();
    let before = letters(query.get(..error.span.offset));
    let marked = letters(query.get(error.span.offset..error.span.offset + error.span.length)).max(1);
    // One line, whatever is in it: the mark is to be below its place.
    let line: String = query.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("--query: {error}\n  {line}\n  {}{}", " ".repeat(before), "^".repeat(marked))
}

fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_milliseconds(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(query: &str) -> Vec<String> {
        let error = query.parse::<Query>().unwrap_err();
        pointed_at(query, &error).lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_mistake_is_marked_at_its_place() {
        let told = told("\"é\"\tkind:event sevrity:error");
        assert!(
            told[0].starts_with("--query: Unknown field `sevrity`; did you mean `severity`?"),
            "{}",
            told[0]
        );
        assert_eq!(told[1], "  \"é\" kind:event sevrity:error");
        assert_eq!(told[2], format!("{}^^^^^^^", " ".repeat(2 + "_é_ kind:event ".chars().count())));
    }

    #[test]
    fn what_is_missing_at_the_end_is_marked_there() {
        let told = told("kind:event (");
        assert_eq!(told[2].trim_end().len(), told[2].len());
        assert!(told[2].ends_with('^') && told[2].len() <= told[1].len() + 1, "{told:?}");
    }
}
