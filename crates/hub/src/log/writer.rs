//! The writer thread: takes what waits, commits it as one group with one fsync, and only then tells anyone.

use std::{sync::Arc, time::Duration};

use mission_control_protocol::{Record, operator_wire::PartitionExtent};
use mission_control_store::{Appended, Entry, OriginWriter, PreparedUpkeep, UpkeepThread};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{Health, Receipt, Work};
use crate::{clock, monitoring::Counters};

/// Bytes of bodies after which a group takes no more: entries may be large, and what follows the log holds a few groups.
const GROUP_BYTES: usize = 8 << 20;

/// Pause before a group that the disk refused is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

pub(super) struct GroupWriter {
    pub(super) writer: OriginWriter,
    pub(super) waiting: mpsc::Receiver<Work>,
    pub(super) group_entries: usize,
    pub(super) live: broadcast::Sender<Arc<[Record]>>,
    pub(super) extent: watch::Sender<PartitionExtent>,
    pub(super) health: watch::Sender<Health>,
    pub(super) counters: Arc<Counters>,
    pub(super) giving_up: CancellationToken,
    pub(super) upkeep: UpkeepThread,
    /// Records appended since the upkeep was last woken.
    pub(super) since_woken: usize,
}

/// Records after which there may be something for the upkeep to do.
const WAKE_AFTER: usize = 1_024;

impl GroupWriter {
    pub(super) fn run(mut self) {
        let mut entries = Vec::with_capacity(self.group_entries);
        let mut receipts = Vec::new();
        let mut upkeep = None;
        while let Some(work) = self.waiting.blocking_recv() {
            take(work, &mut entries, &mut receipts, &mut upkeep);
            // What arrived while the last group was on its way to the disk makes the next one.
            let mut counted = 0;
            let mut bytes = 0;
            while entries.len() < self.group_entries
                && {
                    bytes += entries[counted..].iter().map(|entry| entry.body.get().len()).sum::<usize>();
                    counted = entries.len();
                    bytes < GROUP_BYTES
                }
                && let Ok(work) = self.waiting.try_recv()
            {
                take(work, &mut entries, &mut receipts, &mut upkeep);
            }
            if !entries.is_empty() || !receipts.is_empty() {
                let Some(appended) = self.append(&mut entries) else { break };
                self.announce(&appended);
                for receipt in receipts.drain(..) {
                    self.hand_out(receipt);
                }
            }
            // Whoever waited for the group has been told: upkeep delays the next one only.
            if let Some(piece) = upkeep.take() {
                self.tend(&piece);
            }
        }
        drop(self.waiting);
        drop(self.upkeep);
        if let Err(error) = self.writer.close() {
            tracing::warn!(%error, "the log could not be closed neatly; nothing is lost");
        }
    }

    /// Appends the group, however long the disk takes to accept it. `None` when the hub stops before it does.
    fn append(&mut self, entries: &mut Vec<Entry>) -> Option<Appended> {
        loop {
            match self.writer.append(clock::now(), entries) {
                Ok(appended) => {
                    self.health.send_if_modified(|health| {
                        let was_unavailable = *health != Health::Writable;
                        if was_unavailable {
                            tracing::info!("the log can be written again");
                            *health = Health::Writable;
                        }
                        was_unavailable
                    });
                    return Some(appended);
                }
                Err(error) => {
                    let reason: Arc<str> = error.to_string().into();
                    self.health.send_if_modified(|health| {
                        let next = Health::Unavailable(reason.clone());
                        let changed = *health != next;
                        if changed {
                            tracing::error!(%error, "the log cannot be written; trying again until it can");
                            *health = next;
                        }
                        changed
                    });
                    if self.giving_up.is_cancelled() {
                        tracing::error!(
                            entries = entries.len(),
                            "stopping with entries that the disk refused; none of them was acknowledged"
                        );
                        return None;
                    }
                    std::thread::sleep(RETRY_PAUSE);
                }
            }
        }
    }

    fn tend(&mut self, piece: &PreparedUpkeep) {
        match self.writer.tend(piece) {
            Ok(()) => self.extent.send_modify(|extent| extent.first_seq = self.writer.first_seq()),
            // It is prepared again; what it would have made room for is there all the same.
            Err(error) => tracing::warn!(%error, "upkeep of the log could not be written"),
        }
    }

    fn announce(&mut self, appended: &Appended) {
        self.counters.committed(appended.records.len(), appended.duplicates);
        let Some(last) = appended.records.last() else { return };
        let last_seq = last.seq;
        self.since_woken += appended.records.len();
        if self.since_woken >= WAKE_AFTER {
            self.since_woken = 0;
            self.upkeep.wake();
        }
        self.extent.send_modify(|extent| {
            extent.first_seq = extent.first_seq.max(1);
            extent.last_seq = last_seq;
        });
        // Nobody may be following.
        let _ = self.live.send(appended.records.clone());
    }

    fn hand_out(&self, receipt: Receipt) {
        // Whoever asked may be gone; that is their affair.
        match receipt {
            Receipt::Acknowledge { durable, seq } => {
                durable.send_if_modified(|known| {
                    let higher = seq > *known;
                    *known = seq.max(*known);
                    higher
                });
            }
            Receipt::Watermark { dashboard_id, epoch, reply } => {
                let known = self.writer.watermarks().get(&dashboard_id);
                let seq = known.filter(|known| known.epoch == epoch).map_or(0, |known| known.seq);
                let _ = reply.send(seq);
            }
            Receipt::Durable(reply) => {
                let _ = reply.send(());
            }
            Receipt::Reply(reply, answer) => {
                let _ = reply.send(Ok(answer));
            }
        }
    }
}

fn take(
    work: Work,
    entries: &mut Vec<Entry>,
    receipts: &mut Vec<Receipt>,
    upkeep: &mut Option<PreparedUpkeep>,
) {
    match work {
        Work::Append(submission) => {
            entries.extend(submission.entries);
            receipts.extend(submission.receipt);
        }
        // There is never a second piece: the next is prepared once this one is committed.
        Work::Tend(piece) => *upkeep = Some(piece),
    }
}
