//! Puts a client together.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use mission_control_protocol::{
    Command, CommandDeclaration, DEFAULT_FRAME_LIMIT, DashboardConfig, EnrichedAlert, Query, SessionEpoch,
    WorkflowUpdate, configuration::Configuration, payload,
};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::{
    actor::{Actor, Parts},
    backoff::Backoff,
    client::MissionControlClient,
    commands::{RegisteredCommand, RemoteControl},
    enrichment::Identity,
    error::{CommandFailure, ConfigurationRejected, QueryFailure, SetupError},
    handlers::{
        AcceptedCommand, AlertCallback, CommandContext, CommandHandler, Handlers, WorkflowCallback,
        spawn_notices,
    },
    inbox::Inbox,
    queue::{DurableQueue, OutgoingQueue, WhenFull},
    security::{CommandMemory, SecurityIntegration, SecurityOptions},
    state::ConnectionState,
    transport::HubAddress,
    work::Work,
};
#[cfg(feature = "disk-queue")]
use crate::{
    error::QueueFileError,
    queue::{QueueFile, QueueStorage},
};

/// Publications handed over by callers and not yet in the queue.
const HANDOVER: usize = 64;
/// Requests, and words of progress, on their way to the actor.
const REQUESTS: usize = 256;
/// Bytes of unacknowledged messages kept unless the builder says otherwise.
const QUEUE_BYTES: usize = 8 * 1024 * 1024;

/// A client being put together; see [`MissionControlClient::builder`].
pub struct ClientBuilder {
    hub: String,
    config: DashboardConfig,
    token: String,
    epoch: SessionEpoch,
    roots: Vec<u8>,
    handlers: Handlers,
    security: SecurityOptions,
    command_memory: Option<PathBuf>,
    alert: Option<AlertCallback>,
    workflow_update: Option<WorkflowCallback>,
    queue_file: Option<PathBuf>,
    queue_bytes: usize,
    when_full: WhenFull,
    backoff: (Duration, Duration),
    id_in_use_patience: Duration,
}

impl ClientBuilder {
    pub(crate) fn new(hub: &str, config: DashboardConfig) -> Self {
        Self {
            hub: hub.to_owned(),
            config,
            token: String::new(),
            epoch: SessionEpoch(Uuid::new_v4()),
            roots: Vec::new(),
            handlers: Handlers::default(),
            security: SecurityOptions::new(),
            command_memory: None,
            alert: None,
            workflow_update: None,
            queue_file: None,
            queue_bytes: QUEUE_BYTES,
            when_full: WhenFull::default(),
            backoff: (Duration::from_millis(250), Duration::from_secs(15)),
            id_in_use_patience: Duration::from_secs(20),
        }
    }

    /// The hub's dashboard token. White space around it, such as a file's last line break, is taken off.
    #[must_use]
    pub fn token(mut self, token: impl AsRef<str>) -> Self {
        self.token = token.as_ref().trim().to_owned();
        self
    }

    /// Accepts one command, run by `handler`: an async closure whose value is the command's result. A later handler for
    /// the same command type takes the place of an earlier one.
    #[must_use]
    pub fn on_command<F, R>(self, declaration: CommandDeclaration, handler: F) -> Self
    where
        F: Fn(Command, CommandContext) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, CommandFailure>> + Send + 'static,
    {
        self.on_commands([declaration], handler)
    }

    /// Accepts several commands, all run by one `handler`.
    #[must_use]
    pub fn on_commands<F, R>(
        mut self,
        declarations: impl IntoIterator<Item = CommandDeclaration>,
        handler: F,
    ) -> Self
    where
        F: Fn(Command, CommandContext) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, CommandFailure>> + Send + 'static,
    {
        let handler: CommandHandler = Arc::new(move |command, context| Box::pin(handler(command, context)));
        for declaration in declarations {
            let kind = declaration.kind.clone();
            let accepted = AcceptedCommand { declaration, handler: handler.clone(), time_out: None };
            self.handlers.commands.insert(kind, accepted);
        }
        self
    }

    /// Accepts a command with a payload type of its own.
    #[must_use]
    pub fn register_command(mut self, command: RegisteredCommand) -> Self {
        self.handlers.commands.insert(command.0.declaration.kind.clone(), command.0);
        self
    }

    /// Accepts those of the plan's commands that `control` has functions for.
    #[must_use]
    pub fn remote_control(self, control: RemoteControl) -> Self {
        control.into_commands().into_iter().fold(self, Self::register_command)
    }

    /// Says whose commands are run, and what else is asked of them. Unless said, a command must be signed by a trusted key,
    /// and none is: see [`SecurityOptions`].
    #[must_use]
    pub fn security(mut self, options: SecurityOptions) -> Self {
        self.security = options;
        self
    }

    /// Runs commands that nobody signed, too: `security` with
    /// [`require_signature(false)`](SecurityOptions::require_signature). Whoever is the hub then commands the dashboard.
    #[must_use]
    pub fn accept_unsigned_commands(mut self) -> Self {
        self.security = self.security.require_signature(false);
        self
    }

    /// Remembers in this file which commands were started, so that none runs again after a restart: a file beside the
    /// [queue's](Self::queue_file) unless said, and where there is none, they are remembered as long as the process lives.
    #[must_use]
    pub fn command_memory(mut self, path: impl Into<PathBuf>) -> Self {
        self.command_memory = Some(path.into());
        self
    }

    /// Answers queries.
    #[must_use]
    pub fn on_query<F, R>(mut self, handler: F) -> Self
    where
        F: Fn(Query) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, QueryFailure>> + Send + 'static,
    {
        self.handlers.query = Some(Arc::new(move |query| Box::pin(handler(query))));
        self
    }

    /// Puts a configuration in force, or rejects it with a reason. Called with each version once, one at a time, with
    /// the configuration the hub holds at registration too.
    #[must_use]
    pub fn on_config_update<F, R>(mut self, handler: F) -> Self
    where
        F: Fn(Configuration) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), ConfigurationRejected>> + Send + 'static,
    {
        self.handlers.configuration = Some(Arc::new(move |configuration| Box::pin(handler(configuration))));
        self
    }

    /// Shows an alert to the dashboard's user. Alerts come in order, one at a time.
    #[must_use]
    pub fn on_alert<F, R>(mut self, callback: F) -> Self
    where
        F: Fn(EnrichedAlert) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.alert = Some(Box::new(move |alert| Box::pin(callback(alert))));
        self
    }

    /// Learns how a workflow goes in the backend. Updates come in order, one at a time.
    #[must_use]
    pub fn on_workflow_update<F, R>(mut self, callback: F) -> Self
    where
        F: Fn(WorkflowUpdate) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.workflow_update = Some(Box::new(move |update| Box::pin(callback(update))));
        self
    }

    /// Trusts these certificates (PEM) beside the system's, for a hub with a certificate of the house.
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = pem.into();
        self
    }

    /// Numbers messages under this session; a new one for each client unless said. Two clients must never share one. A
    /// session that a queue's file holds goes on all the same.
    #[must_use]
    pub fn session(mut self, epoch: SessionEpoch) -> Self {
        self.epoch = epoch;
        self
    }

    /// Keeps the queue in this file: what is published survives the end of the process, however that comes, and the
    /// session goes on at the next start. Each client needs a file of its own; the directory is made if need be, and a
    /// lock and SQLite's companions lie beside the file. Without this the queue lives in memory.
    #[cfg(feature = "disk-queue")]
    #[must_use]
    pub fn queue_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.queue_file = Some(path.into());
        self
    }

    /// How many bytes of messages may wait for the hub's acknowledgement; 8 MiB unless said. They are in memory, and also
    /// in the queue's file where there is one.
    #[must_use]
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = bytes.max(1);
        self
    }

    /// What happens when the queue is full; publishers wait unless said.
    #[must_use]
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// The shortest and the longest wait between attempts to connect.
    #[must_use]
    pub fn reconnect_backoff(mut self, shortest: Duration, longest: Duration) -> Self {
        self.backoff = (shortest, longest);
        self
    }

    /// How long to go on asking while the hub says that the id is in use: after a crash, it takes the hub up to three
    /// heartbeats to notice. Twenty seconds unless said.
    #[must_use]
    pub fn id_in_use_patience(mut self, patience: Duration) -> Self {
        self.id_in_use_patience = patience;
        self
    }

    /// Starts the client's task on the current Tokio runtime. It connects when
    /// [`MissionControlClient::register_dashboard`] is called; what is published before that waits in the queue. The
    /// queue's file is read before this returns.
    ///
    /// # Errors
    /// [`SetupError`] when the address, the certificates or a declared command cannot be used, or when the queue's file is
    /// not this client's to use. A file that is damaged, or that cannot be written now, is no error: see
    /// [`StorageState`](crate::StorageState).
    pub fn start(self) -> Result<MissionControlClient, SetupError> {
        let address = HubAddress::new(&self.hub, &self.roots)?;
        for accepted in self.handlers.commands.values() {
            payload::check_schema(&accepted.declaration.payload_schema).map_err(|error| {
                SetupError::CommandSchema {
                    kind: accepted.declaration.kind.clone(),
                    reason: error.to_string(),
                }
            })?;
        }
        let (identity, queue, accepted_before) = open_queue(&self)?;
        let storage = queue.state();
        let memory = self.command_memory.or_else(|| beside(self.queue_file.as_deref()));
        let memory = memory.map_or_else(CommandMemory::default, |path| CommandMemory::in_file(&path));
        let security = SecurityIntegration::with_memory(self.config.id.clone(), self.security, memory);
        let (publications, publications_receiver) = mpsc::channel(HANDOVER);
        let (requests, requests_receiver) = mpsc::channel(REQUESTS);
        let (progress, progress_receiver) = mpsc::channel(REQUESTS);
        let (status, status_receiver) = watch::channel(None);
        let (state, state_receiver) = watch::channel(ConnectionState::Unregistered);
        let (frame_limit, frame_limit_receiver) = watch::channel(DEFAULT_FRAME_LIMIT);
        let actor = Actor::new(Parts {
            address,
            config: self.config,
            token: self.token,
            identity: identity.clone(),
            inbox: Inbox {
                publications: publications_receiver,
                requests: requests_receiver,
                progress: progress_receiver,
                status: status_receiver,
            },
            queue,
            work: Work::new(self.handlers, security, progress),
            notices: spawn_notices(self.alert, self.workflow_update),
            state,
            frame_limit,
            backoff: Backoff::new(self.backoff.0, self.backoff.1),
            id_in_use_patience: self.id_in_use_patience,
        });
        tokio::spawn(actor.run());
        Ok(MissionControlClient {
            identity,
            publications,
            requests,
            status: Arc::new(status),
            state: state_receiver,
            frame_limit: frame_limit_receiver,
            storage,
            accepted_before,
        })
    }
}

/// The file of the command memory beside the queue's.
fn beside(queue_file: Option<&Path>) -> Option<PathBuf> {
    queue_file.map(|path| {
        let mut name = path.as_os_str().to_owned();
        name.push(".commands");
        name.into()
    })
}

/// The queue as the builder says, who publishes through it, and how many publications it had accepted before, where
/// that is known.
fn open_queue(builder: &ClientBuilder) -> Result<(Arc<Identity>, DurableQueue, Option<u64>), SetupError> {
    let begin = |epoch: SessionEpoch| {
        let identity = Arc::new(Identity::new(&builder.config, epoch.to_string()));
        let queue = OutgoingQueue::new(epoch, builder.queue_bytes, builder.when_full, identity.clone());
        (identity, queue)
    };
    match &builder.queue_file {
        #[cfg(feature = "disk-queue")]
        Some(path) => {
            let mut file = QueueFile::new(path, &builder.config.id);
            let opened = file.open();
            if let Err(error) = &opened
                && error.is_final()
            {
                return Err(error.clone().into());
            }
            let held =
                opened.as_ref().ok().and_then(|opened| opened.stored.as_ref()).map(|held| held.session);
            let (identity, queue) = begin(held.map_or(builder.epoch, |session| session.epoch));
            let is_known = opened.as_ref().is_ok_and(|opened| opened.set_aside.is_none());
            let queue = DurableQueue::stored_in(queue, file, opened).map_err(|error| {
                QueueFileError::Unusable { path: path.clone(), reason: error.to_string() }
            })?;
            let accepted_before = is_known.then(|| queue.publications());
            Ok((identity, queue, accepted_before))
        }
        _ => {
            let (identity, queue) = begin(builder.epoch);
            Ok((identity, DurableQueue::in_memory(queue), None))
        }
    }
}
