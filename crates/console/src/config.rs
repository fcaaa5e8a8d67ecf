//! What the console is started with.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use mission_control_protocol::{
    Timestamp,
    operator_wire::{ConsoleMessage, OperatorMessage},
};
use mission_control_store::Retention;
use tokio::sync::{mpsc, watch};

/// Tells the time; handed in so that tests can.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The two ends of an operator connection through memory: what the console sends, and what it receives.
pub type OperatorPair = (mpsc::Sender<OperatorMessage>, mpsc::Receiver<ConsoleMessage>);

/// What the console is started with.
pub struct ConsoleConfig {
    /// Where settings and caches are kept; created when it does not exist.
    pub data_directory: PathBuf,
    /// The hub inside this program, when it runs.
    pub embedded: Option<EmbeddedHub>,
    /// Why it does not run, and what to do, in a sentence. Its history is then shown as cached.
    pub embedded_problem: Option<String>,
    /// Where files go that the operator has written, unless told otherwise.
    pub downloads_directory: PathBuf,
    /// This computer's clock.
    pub clock: Clock,
}

impl ConsoleConfig {
    /// A console without an embedded hub that keeps its data in `data_directory`.
    #[must_use]
    pub fn new(data_directory: PathBuf) -> Self {
        Self {
            downloads_directory: data_directory.clone(),
            data_directory,
            embedded: None,
            embedded_problem: None,
            clock: system_clock(),
        }
    }

    /// Where the embedded hub keeps its log.
    #[must_use]
    pub fn embedded_log(data_directory: &Path) -> PathBuf {
        data_directory.join("hub").join("log.sqlite")
    }
}

impl fmt::Debug for ConsoleConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ConsoleConfig")
            .field("data_directory", &self.data_directory)
            .field("embedded", &self.embedded)
            .field("embedded_problem", &self.embedded_problem)
            .finish_non_exhaustive()
    }
}

/// The hub inside this program, as the console needs to know it.
pub struct EmbeddedHub {
    /// Its name, for people.
    pub name: String,
    /// Its address, for people: where dashboards connect to.
    pub address: String,
    /// Where dashboards find a token for it.
    pub token_file: PathBuf,
    /// Its log, which the console reads and never writes.
    pub log_path: PathBuf,
    /// What the operator should know of how it started, in a sentence.
    pub note: Option<String>,
    /// Tells it what is kept of the past from now on.
    pub retain: watch::Sender<Retention>,
    /// Opens an operator connection to it.
    pub connect: Box<dyn Fn() -> OperatorPair + Send + Sync>,
}

impl fmt::Debug for EmbeddedHub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EmbeddedHub")
            .field("name", &self.name)
            .field("address", &self.address)
            .field("token_file", &self.token_file)
            .field("log_path", &self.log_path)
            .finish_non_exhaustive()
    }
}

/// This computer's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_milliseconds(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Why the console cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The data directory cannot be used.
    #[error(
        "cannot use the data directory {path}: {source}; choose another with --data, or make it writable"
    )]
    DataDirectory {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
}
