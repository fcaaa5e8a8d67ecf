//! The hub as a whole: puts the rooms together, and takes them down in order.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
    thread::JoinHandle,
    time::Duration,
};

use mission_control_protocol::{
    DASHBOARD_PATH, OPERATOR_PATH,
    limits::DEFAULT_FRAME_LIMIT,
    operator_wire::{ConsoleMessage, OperatorMessage},
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    HubConfig, HubCounters, HubError,
    alerts::{Alerts, watch},
    commands::{Commands, Times},
    descriptors,
    gateway::{Admission, AllowedOrigins, Attempts, Gateway, OperatorSession, Services, acceptor},
    log::{Log, Opened},
    monitoring::Counters,
    registry::Registry,
    tokens::{IssuedTokens, Tokens},
};

/// Messages that may wait between the hub and a console in the same program, each way.
const IN_MEMORY_WAITING: usize = 16;

/// Time for connections to end when the hub stops.
const CLOSING_TIME: Duration = Duration::from_secs(6);

/// Time for the log to be closed after that.
const LOG_CLOSING_TIME: Duration = Duration::from_secs(20);

/// A running hub. [`Hub::shutdown`] stops it cleanly; dropping it stops it without waiting.
pub struct Hub {
    services: Option<Arc<Services>>,
    address: SocketAddr,
    is_tls: bool,
    dashboard_token_file: PathBuf,
    operator_token_file: PathBuf,
    log_path: PathBuf,
    counters: Arc<Counters>,
    connections: TaskTracker,
    stopping: CancellationToken,
    giving_up: CancellationToken,
    writer: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Hub").field("address", &self.address).field("log", &self.log_path).finish()
    }
}

impl Hub {
    /// Opens the log, listens, and takes up what was under way when the hub last stopped.
    ///
    /// # Errors
    /// See [`HubError`]; nothing is left running then.
    pub async fn start(config: HubConfig) -> Result<Self, HubError> {
        let heartbeat_milliseconds = check(&config)?;
        descriptors::raise_limit();
        let origins = AllowedOrigins::new(&config.allowed_origins)?;
        let tls = config.tls.as_ref().map(acceptor).transpose()?;
        let listener =
            TcpListener::bind(config.listen).await.map_err(|source| listen_error(config.listen, source))?;
        let address = listener.local_addr().map_err(|source| listen_error(config.listen, source))?;
        let directory = config.data_directory.clone();
        // What dashboards say may be confidential: a directory that the hub makes is its owner's alone.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|source| HubError::File { path: directory.clone(), source })?;
        let (tokens, archive) = Tokens::open(&directory)?;
        let hub_id = hub_id(&directory)?;
        let log_path = directory.join("log.sqlite");
        let counters = Arc::new(Counters::default());
        let giving_up = CancellationToken::new();
        let opening = {
            let (path, counters, giving_up) = (log_path.clone(), counters.clone(), giving_up.clone());
            let (group_entries, upkeep) = (config.limits.group_entries, config.upkeep);
            tokio::task::spawn_blocking(move || Log::open(&path, group_entries, upkeep, counters, giving_up))
        };
        let Opened { log, projection, thread } = opening.await.map_err(|error| HubError::File {
            path: log_path.clone(),
            source: std::io::Error::other(error.to_string()),
        })??;
        let limits = config.limits;
        let times = Times {
            accept: limits.accept_timeout,
            command: limits.command_timeout,
            query: limits.query_timeout,
        };
        let commands = Commands::start(&projection, log.clone(), times);
        let alerts = Alerts::start(&projection, log.clone());
        let registry = Registry::start(&projection, config.heartbeat_interval, log.clone(), commands.clone())
            .await
            .map_err(|_| HubError::File {
                path: log_path.clone(),
                source: std::io::Error::other("the log's writer ended as soon as it was started"),
            })?;
        let stopping = CancellationToken::new();
        watch(&projection, &log, registry.presence(), alerts.clone(), stopping.clone());
        let issued_tokens = IssuedTokens::start(archive, log.clone(), registry.clone());
        let (dashboard_token_file, operator_token_file) =
            (tokens.dashboard_file.clone(), tokens.operator_file.clone());
        let is_tls = tls.is_some();
        let services = Arc::new(Services {
            hub_id,
            name: config.name,
            heartbeat_milliseconds,
            limits,
            tokens,
            issued_tokens,
            attempts: Attempts::start(),
            origins,
            log,
            registry,
            commands,
            alerts,
            back_tests: Semaphore::new(1),
            counters: counters.clone(),
            stopping: stopping.clone(),
            strangers: Default::default(),
            connection_numbers: AtomicU64::new(1),
        });
        let connections = TaskTracker::new();
        let gateway = Gateway { listener, tls, services: services.clone(), connections: connections.clone() };
        connections.spawn(gateway.run());
        Ok(Self {
            services: Some(services),
            address,
            is_tls,
            dashboard_token_file,
            operator_token_file,
            log_path,
            counters,
            connections,
            stopping,
            giving_up,
            writer: Some(thread),
        })
    }

    /// Where the hub listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL to connect to, without the path: dashboards add `/v1/dashboard`, consoles `/v1/operator`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", if self.is_tls { "wss" } else { "ws" }, self.address)
    }

    /// The full URL for dashboards.
    #[must_use]
    pub fn dashboard_url(&self) -> String {
        self.url() + DASHBOARD_PATH
    }

    /// The full URL for consoles.
    #[must_use]
    pub fn operator_url(&self) -> String {
        self.url() + OPERATOR_PATH
    }

    /// The file that holds the token for dashboards.
    #[must_use]
    pub fn dashboard_token_file(&self) -> &Path {
        &self.dashboard_token_file
    }

    /// The file that holds the token for operators.
    #[must_use]
    pub fn operator_token_file(&self) -> &Path {
        &self.operator_token_file
    }

    /// The log, for a reader beside the hub.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.log_path
    }

    /// What the hub has done since it started.
    #[must_use]
    pub fn counters(&self) -> HubCounters {
        self.counters.read()
    }

    /// Connects a console of the same program. It says `HELLO` like any other; its token is not looked at.
    #[must_use]
    pub fn connect_operator(&self) -> (mpsc::Sender<OperatorMessage>, mpsc::Receiver<ConsoleMessage>) {
        let (to_hub, incoming) = mpsc::channel(IN_MEMORY_WAITING);
        let (console, from_hub) = mpsc::channel(IN_MEMORY_WAITING);
        if let Some(services) = self.services.clone() {
            let session = OperatorSession { services, incoming, console };
            self.connections.spawn(session.run(Admission::SameProgram));
        }
        (to_hub, from_hub)
    }

    /// Tells everyone, makes what was received durable, and closes the log. Returns when the file is closed.
    pub async fn shutdown(mut self) {
        self.stopping.cancel();
        self.connections.close();
        if tokio::time::timeout(CLOSING_TIME, self.connections.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        // With the last way in gone the actors end, and after them the writer, when it has written all that waits.
        self.services = None;
        self.giving_up.cancel();
        let Some(writer) = self.writer.take() else { return };
        let joined = tokio::task::spawn_blocking(move || writer.join());
        match tokio::time::timeout(LOG_CLOSING_TIME, joined).await {
            Ok(Ok(Ok(()))) => {}
            Ok(_) => tracing::error!("the log's writer failed"),
            Err(_) => tracing::error!("the log could not be closed in time; nothing acknowledged is lost"),
        }
        let counters = self.counters.read();
        tracing::info!(?counters, "hub stopped");
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.giving_up.cancel();
    }
}

/// Checks what can be checked without touching anything, and returns the heartbeat interval in milliseconds.
fn check(config: &HubConfig) -> Result<u32, HubError> {
    if config.tls.is_none() && !config.listen.ip().is_loopback() {
        return Err(HubError::TlsRequired { address: config.listen });
    }
    let milliseconds =
        u32::try_from(config.heartbeat_interval.as_millis()).ok().filter(|milliseconds| *milliseconds >= 50);
    let Some(milliseconds) = milliseconds else {
        return Err(HubError::OutOfRange { field: "the heartbeat interval", reason: "50 ms to 49 days" });
    };
    if !(1_024..=16 * DEFAULT_FRAME_LIMIT).contains(&config.limits.frame_bytes) {
        return Err(HubError::OutOfRange { field: "the frame limit", reason: "1 KiB to 16 MiB" });
    }
    if config.limits.group_entries == 0 || config.limits.unregistered_connections == 0 {
        return Err(HubError::OutOfRange { field: "a limit", reason: "at least 1" });
    }
    Ok(milliseconds)
}

fn listen_error(address: SocketAddr, source: std::io::Error) -> HubError {
    match source.kind() {
        std::io::ErrorKind::AddrInUse => HubError::AddressInUse { address },
        _ => HubError::Listen { address, source },
    }
}

/// The hub's id, made once. It outlives the log: a hub that starts with a new log is still the same hub.
fn hub_id(directory: &Path) -> Result<Uuid, HubError> {
    let path = directory.join("hub-id");
    let file_error = |source| HubError::File { path: path.clone(), source };
    if path.exists() {
        let text = fs::read_to_string(&path).map_err(file_error)?;
        return text
            .trim()
            .parse()
            .map_err(|_| HubError::BadFile { path: path.clone(), reason: "it holds a UUID on one line" });
    }
    let id = Uuid::new_v4();
    // Written whole under another name first, so that a crash leaves no half id.
    let unfinished = path.with_extension("new");
    fs::write(&unfinished, format!("{id}\n"))
        .and_then(|()| fs::rename(&unfinished, &path))
        .map_err(file_error)?;
    Ok(id)
}
