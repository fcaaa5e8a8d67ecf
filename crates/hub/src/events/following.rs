//! Following the log: from a cursor to its end by reading it, then live; back to reading whenever the follower is too
//! slow for the live stream. What is sent has no gap and no duplicate either way, and what waits never grows: the disk
//! is the buffer.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use mission_control_protocol::{
    Record,
    operator_wire::{ConsoleMessage, Cursor, RecordBatch},
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

/// Where a follower stands, and what it follows.
pub(crate) struct Follower {
    log: Log,
    live: broadcast::Receiver<Arc<[Record]>>,
    presence: broadcast::Receiver<Presence>,
    /// The last record sent.
    position: u64,
}

impl Follower {
    /// A follower that stands at the cursor of the log's partition, or before its first record when there is no such
    /// cursor, or only one from another life of the log.
    pub(crate) fn new(log: Log, presence: broadcast::Receiver<Presence>, cursors: &[Cursor]) -> Self {
        let live = log.follow();
        let extent = log.extent();
        let position = cursors
            .iter()
            .find(|cursor| {
                cursor.partition == extent.partition
                    && cursor.epoch == extent.epoch
                    && cursor.seq <= extent.last_seq
            })
            .map_or(0, |cursor| cursor.seq)
            .max(extent.first_seq.saturating_sub(1));
        Self { log, live, presence, position }
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
            self.position = self.position.max(extent.first_seq.saturating_sub(1));
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
            let Some(last) = records.last().map(|record| record.seq) else {
                // Records of a kind that only a newer version knows.
                self.position = self.log.extent().last_seq;
                break;
            };
            if self.send(records.into(), console).await.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.position = last;
        }
        Ok(ControlFlow::Continue(()))
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
