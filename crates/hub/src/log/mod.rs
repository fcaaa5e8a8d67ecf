//! The ordered log (the plan's *Message Queue* and *Event Stream*): the one way in, and what its readers are told.
//!
//! Everything that is to be recorded goes through one bounded channel to one writer thread. The order in which
//! submissions enter the channel is the order of the log. When the disk is slow the channel fills, its senders wait,
//! and with them the sockets they read: back-pressure from disk to producer, and nothing in between grows.

mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
};

use mission_control_protocol::{
    DashboardId, ErrorCode, ProtocolError, Record, RecordKind, SessionEpoch, Severity,
    operator_wire::{OperatorReply, PartitionExtent},
};
use mission_control_store::{
    Entry, LogReader, ONLY_PARTITION, OriginWriter, PreparedUpkeep, Projection, StoreError, UpkeepSettings,
    UpkeepThread,
};
use serde::Serialize;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::monitoring::Counters;

/// Submissions that may wait for the writer. Each is at most a chunk of one connection.
const WAITING_SUBMISSIONS: usize = 128;

/// Committed groups that an operator may lag behind before it reads from the log instead.
const LIVE_GROUPS: usize = 16;

/// What is to be appended together, and who is to be told when it is durable.
#[derive(Debug, Default)]
pub(crate) struct Submission {
    pub(crate) entries: Vec<Entry>,
    pub(crate) receipt: Option<Receipt>,
}

/// What waits for the writer.
pub(super) enum Work {
    /// Something to be appended.
    Append(Submission),
    /// Upkeep, to be committed between two groups.
    Tend(PreparedUpkeep),
}

/// What the writer does once a submission is durable.
#[derive(Debug)]
pub(crate) enum Receipt {
    /// Raises the connection's durable number, so that it acknowledges up to there.
    Acknowledge { durable: watch::Sender<u64>, seq: u64 },
    /// Says where the session's numbering stands. Whatever an earlier connection submitted is counted.
    Watermark { dashboard_id: DashboardId, epoch: SessionEpoch, reply: oneshot::Sender<u64> },
    /// Says that it is durable.
    Durable(oneshot::Sender<()>),
    /// Answers an operator's request, now that what it changed is durable.
    Reply(Reply, OperatorReply),
}

/// Where the answer to an operator's request goes.
pub(crate) type Reply = oneshot::Sender<Result<OperatorReply, ProtocolError>>;

/// Whether the log can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Health {
    /// It can.
    Writable,
    /// It cannot, for this reason; the writer keeps trying.
    Unavailable(Arc<str>),
}

impl Health {
    /// What clients are told while the log cannot be written.
    pub(crate) fn error(&self) -> Option<ProtocolError> {
        let Self::Unavailable(reason) = self else { return None };
        Some(ProtocolError::new(
            ErrorCode::LogUnavailable,
            format!(
                "the hub cannot write its log ({reason}); keep what is unacknowledged, it goes on by itself."
            ),
        ))
    }
}

/// The way to the log.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    submissions: mpsc::Sender<Work>,
    live: broadcast::Sender<Arc<[Record]>>,
    extent: watch::Receiver<PartitionExtent>,
    health: watch::Receiver<Health>,
    path: Arc<PathBuf>,
}

/// What the log knows when it is opened, and its writer thread.
pub(crate) struct Opened {
    pub(crate) log: Log,
    pub(crate) projection: Projection,
    pub(crate) thread: JoinHandle<()>,
}

/// The log's writer is gone, because the hub is stopping.
#[derive(Debug)]
pub(crate) struct Stopped;

impl Log {
    /// Opens the log at `path` and starts its writer thread. The thread ends, and the log is closed, when every
    /// [`Log`] is dropped; `giving_up` lets it end although the disk refuses what still waits.
    pub(crate) fn open(
        path: &Path,
        group_entries: usize,
        upkeep: UpkeepSettings,
        counters: Arc<Counters>,
        giving_up: CancellationToken,
    ) -> Result<Opened, StoreError> {
        let writer = OriginWriter::open(path)?;
        let projection = writer.projection().clone();
        let first_seq = LogReader::open(path)?
            .extents()?
            .into_iter()
            .find(|extent| extent.partition == ONLY_PARTITION)
            .map_or(0, |extent| extent.first_seq);
        let (submissions, waiting) = mpsc::channel(WAITING_SUBMISSIONS);
        let (live, _) = broadcast::channel(LIVE_GROUPS);
        let (extent_sender, extent) = watch::channel(PartitionExtent {
            partition: ONLY_PARTITION,
            epoch: writer.epoch(),
            first_seq,
            last_seq: writer.last_seq(),
        });
        let (health_sender, health) = watch::channel(Health::Writable);
        // Weak, so that upkeep alone does not keep the writer going.
        let writer_room = submissions.downgrade();
        let upkeep = UpkeepThread::start(path, upkeep, move |piece| {
            // A writer that is gone needs no upkeep.
            let Some(room) = writer_room.upgrade() else { return Ok(()) };
            match room.try_send(Work::Tend(piece)) {
                Err(mpsc::error::TrySendError::Full(Work::Tend(piece))) => Err(piece),
                _ => Ok(()),
            }
        })?;
        let group_writer = writer::GroupWriter {
            writer,
            waiting,
            group_entries,
            live: live.clone(),
            extent: extent_sender,
            health: health_sender,
            counters,
            giving_up,
            upkeep,
            since_woken: 0,
        };
        let thread = std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || group_writer.run())
            .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        let log = Self { submissions, live, extent, health, path: Arc::new(path.to_owned()) };
        Ok(Opened { log, projection, thread })
    }

    /// Hands `submission` to the writer, waiting for room.
    pub(crate) async fn submit(&self, submission: Submission) -> Result<(), Stopped> {
        self.submissions.send(Work::Append(submission)).await.map_err(|_| Stopped)
    }

    /// Hands `submission` to the writer, or gives it back when there is no room now.
    pub(crate) fn try_submit(&self, submission: Submission) -> Result<(), Option<Submission>> {
        self.submissions.try_send(Work::Append(submission)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(Work::Append(submission)) => Some(submission),
            mpsc::error::TrySendError::Full(Work::Tend(_)) | mpsc::error::TrySendError::Closed(_) => None,
        })
    }

    /// What the log has.
    pub(crate) fn extent(&self) -> PartitionExtent {
        *self.extent.borrow()
    }

    /// Tells when the log becomes unwritable, and when it is writable again.
    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Follows what is committed from now on.
    pub(crate) fn follow(&self) -> broadcast::Receiver<Arc<[Record]>> {
        self.live.subscribe()
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// An entry that the hub itself writes.
pub(crate) fn entry<T: Serialize>(
    dashboard_id: DashboardId,
    kind: RecordKind,
    severity: Severity,
    body: &T,
) -> Option<Entry> {
    // Our own types always have a JSON form; were one to lose it, the record is left out, loudly, and the hub goes on.
    let body = serde_json::value::to_raw_value(body)
        .inspect_err(|error| tracing::error!(%error, ?kind, "a record has no JSON form"))
        .ok()?;
    Some(Entry { dashboard_id, kind, severity, body, producer: None })
}
