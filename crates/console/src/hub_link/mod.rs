//! The link to one hub: connects, copies its log, asks it for things, and tells the core what happens.
//!
//! A link is one task. It owns the connection and, for a remote hub, the thread that writes the cache; it tells the
//! core through one channel, in order, so that what the core folds is what the cache holds.

mod backfill;
mod backoff;
mod cache;
mod embedded;
pub(crate) mod history;
mod remote;
mod session;
mod transport;
mod wire;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use mission_control_protocol::{
    ConnectionAttempt, DashboardId, DashboardToken, OperatorId, Record, Timestamp,
    operator_wire::{Cursor, OperatorReply, OperatorRequest, PartitionExtent, RecordBatch},
};
use mission_control_store::{HoleSpan, Projection, UpkeepSettings};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{
    activity::Activity,
    config::{Clock, OperatorPair},
    view::{HubKey, requests::RequestError},
};

/// What waits for the core at most. Each may be a batch of records, so it is small: a core that is busy slows the
/// copying down instead of filling memory.
pub(crate) const EVENTS: usize = 32;

/// Requests that wait for a link at most.
const COMMANDS: usize = 256;

/// What a link tells the core.
pub(crate) enum LinkEvent {
    /// What the cache holds; replaces everything known of the hub.
    Opened(OpenedCache),
    /// The hub let the console in; it has this much of its log.
    Welcome { name: String, partitions: Vec<PartitionExtent> },
    /// Records that follow those told before, and that are durable.
    Records(RecordBatch),
    /// The cache was set aside and starts empty.
    Reset { note: String },
    /// Records were passed over: this is what the hub says that everything up to here comes to.
    PassedOver { projection: Projection, cursors: Vec<Cursor> },
    /// Records of the past came. What they come to, when the projection had lacked them.
    Refilled(Option<Projection>),
    /// When dashboards were last heard from.
    Presence(BTreeMap<DashboardId, Timestamp>),
    /// The tokens that operators had the hub make, and what became of its file of them.
    Tokens { tokens: Vec<DashboardToken>, note: Option<String> },
    /// Who came last to the hub and was not let in, newest first.
    Attempts(Vec<ConnectionAttempt>),
    /// A round trip, in milliseconds.
    Latency(f64),
    /// What the cache comes to.
    Statistics(CacheStatistics),
    /// The connection is lost, or could not be made.
    Down { reason: String, retry_at: Option<Timestamp> },
}

/// What a cache holds when it is opened.
#[derive(Default)]
pub(crate) struct OpenedCache {
    pub(crate) projection: Projection,
    pub(crate) cursors: Vec<Cursor>,
    /// When it was last current.
    pub(crate) current_at: Option<Timestamp>,
    /// The hub's own name, as far as it is known.
    pub(crate) name: Option<String>,
    /// The newest records that make lines in a feed, newest first.
    pub(crate) newest: Vec<Record>,
    pub(crate) activity: Activity,
    pub(crate) statistics: CacheStatistics,
    /// What happened to it, if the operator should know, in a sentence.
    pub(crate) note: Option<String>,
}

/// What a cache comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CacheStatistics {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    /// The stretches that are missing, oldest first.
    pub(crate) missing: Vec<HoleSpan>,
}

/// What the core tells a link.
pub(crate) enum LinkCommand {
    /// Ask the hub.
    Request { request: OperatorRequest, reply: oneshot::Sender<Result<OperatorReply, RequestError>> },
    /// Connect now, whatever was decided before.
    Retry,
    /// Act on behalf of this operator from now on.
    SetOperator(OperatorId),
    /// Tell what the cache comes to.
    MeasureCache,
    /// Set the cache aside and copy the log anew.
    Rebuild,
    /// End, with everything written.
    Stop,
}

/// How a link reaches its hub.
pub(crate) enum Route {
    /// Through memory.
    Embedded { connect: Box<dyn Fn() -> OperatorPair + Send + Sync> },
    /// Over a WebSocket.
    Remote { address: String, token: String },
    /// Not at all: there is only its history.
    None { reason: String },
    /// Not at all: it is an archive.
    Archive { reason: String },
}

/// What a link needs.
pub(crate) struct LinkContext {
    pub(crate) key: HubKey,
    /// The log to read, or the cache to write.
    pub(crate) log_path: PathBuf,
    pub(crate) operator: OperatorId,
    pub(crate) clock: Clock,
    pub(crate) events: mpsc::Sender<(HubKey, LinkEvent)>,
    /// How the cache is looked after.
    pub(crate) upkeep: UpkeepSettings,
}

impl LinkContext {
    /// Tells the core; false when it is gone.
    async fn tell(&self, event: LinkEvent) -> bool {
        self.events.send((self.key, event)).await.is_ok()
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// A running link.
pub(crate) struct HubLink {
    commands: mpsc::Sender<LinkCommand>,
    task: JoinHandle<()>,
}

impl HubLink {
    pub(crate) fn start(context: LinkContext, route: Route) -> Self {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let task = match route {
            Route::Embedded { connect } => tokio::spawn(embedded::run(context, inbox, Arc::from(connect))),
            Route::Remote { address, token } => tokio::spawn(remote::run(context, inbox, address, token)),
            Route::None { reason } => tokio::spawn(embedded::show_history(context, inbox, reason)),
            Route::Archive { reason } => tokio::spawn(embedded::show_archive(context, inbox, reason)),
        };
        Self { commands, task }
    }

    /// Tells the link; false when it is too busy or has ended.
    pub(crate) fn tell(&self, command: LinkCommand) -> Result<(), LinkCommand> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(command) | mpsc::error::TrySendError::Closed(command) => command,
        })
    }

    /// Ends the link and waits until everything is written.
    pub(crate) async fn stop(self) {
        let _ = self.commands.send(LinkCommand::Stop).await;
        drop(self.commands);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the link to a hub ended unexpectedly");
        }
    }
}
