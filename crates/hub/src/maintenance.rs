//! What `mission-control-hub` does besides running a hub: backing its log up, and putting a backup back.

use std::{
    io::{IsTerminal, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::Context;
use clap::{Args, Subcommand};
use mission_control_store::{LogReader, OriginWriter, restore};

#[derive(Debug, Subcommand)]
pub enum Maintenance {
    /// Copy the log to a file, whether the hub runs or not, and see that the copy is whole.
    Backup(Backup),
    /// Put a backup in the log's place. The hub must not run; the log that was there is kept under another name.
    /// Consoles copy the restored log anew.
    Restore(Restore),
}

#[derive(Debug, Args)]
pub struct Backup {
    /// The hub's data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The file to write; it must not exist yet.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// The hub's data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Maintenance {
    /// Does it, and says what it came to. `cancelled` ends it, and nothing has changed.
    ///
    /// # Errors
    /// Why it could not be done, and what to do.
    pub fn run(self, cancelled: &AtomicBool) -> anyhow::Result<()> {
        match self {
            Self::Backup(Backup { data, output }) => {
                let log = log_in(&data);
                anyhow::ensure!(
                    log.exists(),
                    "{} has no log; --data names the directory that the hub was started with",
                    data.display()
                );
                let done = LogReader::open(&log)?.backup(&output, progress("backing up", cancelled))?;
                anyhow::ensure!(done.is_continue(), "broken off; there is no {}", output.display());
                let copied =
                    LogReader::open(&output)?.extents()?.iter().map(|extent| extent.last_seq).sum::<u64>();
                say(&format!(
                    "{} holds the log up to record {copied}; it was read again and is whole",
                    output.display()
                ))
            }
            Self::Restore(Restore { data, file }) => {
                let log = log_in(&data);
                let done = restore(&log, &file, progress("restoring", cancelled))?;
                anyhow::ensure!(done.is_continue(), "broken off; {} is as it was", log.display());
                let writer = OriginWriter::open(&log)?;
                let message = format!(
                    "{} holds what {} had, up to record {}; consoles copy it anew. What was there before, if anything, \
                     is kept beside it as log.sqlite.set-aside-TIME",
                    log.display(),
                    file.display(),
                    writer.last_seq()
                );
                writer.close()?;
                say(&message)
            }
        }
    }
}

fn log_in(data: &Path) -> PathBuf {
    data.join("log.sqlite")
}

fn say(message: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{message}").context("cannot write to stdout")
}

/// Shows how far the work is, to somebody who watches.
fn progress(what: &'static str, cancelled: &AtomicBool) -> impl FnMut(f64) -> ControlFlow<()> {
    let watched = std::io::stderr().is_terminal();
    move |done| {
        if watched {
            let _ = write!(
                std::io::stderr(),
                "\r{what}: {:3.0} %{}",
                done * 100.0,
                if done < 1.0 { "" } else { "\n" }
            );
        }
        if cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
