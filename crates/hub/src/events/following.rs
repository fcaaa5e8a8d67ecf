//! Following the log: from a cursor to its end by reading it, then live; back to reading whenever the follower is too
//! slow for the live stream. What is sent has no gap and no duplicate either way, and what waits never grows: the disk
//! is the buffer.
//!
//! A console that says how many of the newest records it wants is told what all before them comes to instead. So is one
//! that meets a place from which records are gone.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use mission_control_protocol::{
    Record,
    operator_wire::{ConsoleMessage, Cursor, RecordBatch, Snapshot},
};
use mission_control_store::{LogReader, ONLY_PARTITION, RecordFilter, StoreError};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};

use crate::{log::Log, registry::Presence};

/// Records in one batch that was read from the log.
const BATCH_RECORDS: usize = 1_000;

/// Bytes of bodies in one batch, the last record aside.
const BATCH_BYTES: usize = 1024 * 1024;

/// Bytes of snapshots in one message.
pub(crate) const SNAPSHOT_BYTES: usize = 32 * 1024 * 1024;

/// Where a follower stands, and what it follows.
pub(crate) struct Follower {
    log: Log,
    live: broadcast::Receiver<Arc<[Record]>>,
    presence: broadcast::Receiver<Presence>,
    /// The last record sent.
    position: u64,
    /// What is passed over is told with a snapshot.
    tells_snapshots: bool,
    /// The console must be told a snapshot of its position before anything else.
    owes_snapshot: bool,
}

impl Follower {
    /// A follower that stands at the cursor of the log's partition, or before its first record when there is no such
    /// cursor, or only one from another life of the log. Of what is missed, only the `newest` are sent when it says so.
    pub(crate) fn new(
        log: Log,
        presence: broadcast::Receiver<Presence>,
        cursors: &[Cursor],
        newest: Option<u64>,
    ) -> Self {
        let live = log.follow();
        let extent = log.extent();
        let reached = cursors
            .iter()
            .find(|cursor| {
                cursor.partition == extent.partition
                    && cursor.epoch == extent.epoch
                    && cursor.seq <= extent.last_seq
            })
            .map_or(0, |cursor| cursor.seq);
        let wanted = newest.map_or(0, |newest| extent.last_seq.saturating_sub(newest));
        let position = reached.max(extent.first_seq.saturating_sub(1)).max(wanted);
        let tells_snapshots = newest.is_some();
        Self { log, live, presence, position, tells_snapshots, owes_snapshot: position > reached }
    }
}

/// Sends records until the console is gone, or the hub stops.
///
/// # Errors
/// When the log cannot be read.
pub(crate) async fn follow(
    mut follower: Follower,
    console: mpsc::Sender<ConsoleMessage>,
) -> Result<(), StoreError> {
    loop {
        if follower.catch_up(&console).await?.is_break() || follower.stay_live(&console).await.is_break() {
            return Ok(());
        }
    }
}

impl Follower {
    /// Reads and sends until the end of the log is reached.
    async fn catch_up(
        &mut self,
        console: &mpsc::Sender<ConsoleMessage>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let mut reader = None;
        loop {
            let extent = self.log.extent();
            // What lies before that has lost what need not be kept; who wants the rest of it asks for it.
            self.pass_over_to(extent.first_seq.saturating_sub(1));
            if self.tell_snapshot(console).await?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if self.position >= extent.last_seq {
                break;
            }
            let path = self.log.path().to_owned();
            let from = self.position + 1;
            let read = tokio::task::spawn_blocking(move || read_batch(reader, &path, from)).await;
            // The task was cancelled: the runtime is going down.
            let Ok(read) = read else { return Ok(ControlFlow::Break(())) };
            let (records, opened) = read?;
            reader = Some(opened);
            let Some((first, last)) = records.first().zip(records.last()) else {
                // Records of a kind that only a newer version knows.
                self.position = self.log.extent().last_seq;
                break;
            };
            let (first, last) = (first.seq, last.seq);
            self.pass_over_to(first - 1);
            if self.tell_snapshot(console).await?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if self.send(records.into(), console).await.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.position = last;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn pass_over_to(&mut self, position: u64) {
        if position > self.position {
            self.position = position;
            self.owes_snapshot = true;
        }
    }

    /// Tells what everything up to the position comes to, if records were passed over.
    async fn tell_snapshot(
        &mut self,
        console: &mpsc::Sender<ConsoleMessage>,
    ) -> Result<ControlFlow<()>, StoreError> {
        if !std::mem::take(&mut self.owes_snapshot) || !self.tells_snapshots {
            return Ok(ControlFlow::Continue(()));
        }
        let (path, partition, seq) = (self.log.path().to_owned(), self.log.extent().partition, self.position);
        let read =
            tokio::task::spawn_blocking(move || LogReader::open(&path)?.snapshot_at(partition, seq)).await;
        // The task was cancelled: the runtime is going down.
        let Ok(read) = read else { return Ok(ControlFlow::Break(())) };
        let Some(snapshot) = read?.filter(is_sendable) else { return Ok(ControlFlow::Continue(())) };
        Ok(match console.send(ConsoleMessage::Snapshot(snapshot)).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    }

    /// Sends what is committed as it is, until the live stream has moved on too far (`Continue`) or is over (`Break`).
    async fn stay_live(&mut self, console: &mpsc::Sender<ConsoleMessage>) -> ControlFlow<()> {
        loop {
            let group = tokio::select! {
                group = self.live.recv() => group,
                heard = self.presence.recv() => {
                    match heard {
                        Ok(heard) => {
                            let heard_at = Arc::unwrap_or_clone(heard);
                            if console.send(ConsoleMessage::Presence { heard_at }).await.is_err() {
                                return ControlFlow::Break(());
                            }
                        }
                        // What was missed is said again by the next heartbeats.
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return ControlFlow::Break(()),
                    }
                    continue;
                }
                () = console.closed() => return ControlFlow::Break(()),
            };
            let group = match group {
                Ok(group) => group,
                Err(RecvError::Lagged(_)) => return ControlFlow::Continue(()),
                Err(RecvError::Closed) => return ControlFlow::Break(()),
            };
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            let (first, last) = (first.seq, last.seq);
            if last <= self.position {
                continue;
            }
            if first > self.position + 1 {
                return ControlFlow::Continue(());
            }
            let known = usize::try_from(self.position + 1 - first).unwrap_or(usize::MAX);
            let fresh = if known == 0 { group } else { group.iter().skip(known).cloned().collect() };
            if self.send(fresh, console).await.is_break() {
                return ControlFlow::Break(());
            }
            self.position = last;
        }
    }

    async fn send(&self, records: Arc<[Record]>, console: &mpsc::Sender<ConsoleMessage>) -> ControlFlow<()> {
        let extent = self.log.extent();
        let batch = RecordBatch {
            partition: extent.partition,
            epoch: extent.epoch,
            head_seq: extent.last_seq,
            records,
        };
        match console.send(ConsoleMessage::Records(batch)).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

/// Whether a snapshot fits what a console accepts. One that does not get it folds records, once they are all there.
fn is_sendable(snapshot: &Snapshot) -> bool {
    let bytes = snapshot.projection.get().len();
    if bytes > SNAPSHOT_BYTES {
        tracing::warn!(bytes, "the projection is too large to be sent; consoles fold the records themselves");
    }
    bytes <= SNAPSHOT_BYTES
}

fn read_batch(
    reader: Option<LogReader>,
    path: &Path,
    from: u64,
) -> Result<(Vec<Record>, LogReader), StoreError> {
    let mut reader = match reader {
        Some(reader) => reader,
        None => LogReader::open(path)?,
    };
    let mut records = read_records(&mut reader, from, u64::MAX, BATCH_RECORDS, BATCH_BYTES)?;
    // A batch has no gap inside: what follows one makes the next, and the console sees the gap between the two.
    let consecutive = records.windows(2).take_while(|pair| pair[1].seq == pair[0].seq + 1).count() + 1;
    records.truncate(consecutive);
    Ok((records, reader))
}

/// Records from `from` to `to`, until there are `count` of them or their bodies take `bytes`. At least one, where there
/// is one.
pub(crate) fn read_records(
    reader: &mut LogReader,
    from: u64,
    to: u64,
    count: usize,
    bytes: usize,
) -> Result<Vec<Record>, StoreError> {
    let mut records = Vec::new();
    let mut size = 0;
    reader.scan(ONLY_PARTITION, &RecordFilter::default(), from, to, |record| {
        size += record.body.get().len();
        records.push(record);
        if records.len() < count && size < bytes { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(records)
}
