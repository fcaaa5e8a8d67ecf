//! The thread that writes the cache of a remote hub.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use mission_control_protocol::{
    Timestamp,
    operator_wire::{Cursor, RecordBatch, Snapshot},
};
use mission_control_store::{
    Hole, HubIdentity, LogReader, PreparedUpkeep, ReplicaWriter, StoreError, UpkeepSettings, UpkeepThread,
    set_aside,
};
use tokio::sync::{mpsc, oneshot};

use super::{LinkEvent, OpenedCache, history};
use crate::view::HubKey;

/// Batches that wait for the disk at most.
const WAITING: usize = 8;
/// Records written in one transaction at most, unless a single batch has more.
const GROUP: usize = 8_192;

/// Something for the thread to do.
pub(super) enum CacheTask {
    /// Write records that follow.
    Append(RecordBatch),
    /// Pass over records on the hub's word of what they come to; they become a hole.
    PassOver(Snapshot),
    /// Write records into a hole, and the hub's snapshots of them; what was asked for and did not come is gone for good.
    Fill { batch: RecordBatch, snapshots: Vec<Snapshot>, from_seq: u64, to_seq: u64 },
    /// Report the holes, if there are any.
    FindHoles,
    /// Note which hub this is a cache of.
    NoteHub(HubIdentity),
    /// Note that the cache is current.
    NoteCurrent(Timestamp),
    /// Tell the core what the cache comes to.
    Measure,
    /// Commit upkeep.
    Tend(PreparedUpkeep),
    /// A new session begins: forget a failure, and tell where the copy stands, or why there is none.
    Begin { now: Timestamp, reply: oneshot::Sender<Result<Vec<Cursor>, String>> },
    /// Set the file aside and start an empty one.
    Reset { reason: String, done: oneshot::Sender<Result<(), String>> },
    /// Write everything down and end.
    Close(oneshot::Sender<()>),
}

/// What the thread reports to the session.
pub(super) enum CacheReport {
    /// There are holes to fill, oldest first.
    Holes(Vec<Hole>),
    /// What came does not fit what is here; only a copy from the start helps.
    Misfit(String),
    /// It could not be written; nothing of it is in the cache.
    Failed(String),
}

/// Which cache, and who is told of it.
pub(super) struct CachePlace {
    pub(super) key: HubKey,
    pub(super) path: PathBuf,
    pub(super) upkeep: UpkeepSettings,
    pub(super) events: mpsc::Sender<(HubKey, LinkEvent)>,
}

/// The thread, as its link sees it.
pub(super) struct CacheThread {
    tasks: mpsc::Sender<CacheTask>,
}

/// Why a cache cannot be used, in a sentence.
pub(super) struct Unusable(pub(super) String);

impl CacheThread {
    /// Opens the cache on a thread of its own and tells the core what it holds.
    pub(super) async fn open(
        place: CachePlace,
        now: Timestamp,
    ) -> Result<(Self, mpsc::Receiver<CacheReport>), Unusable> {
        let CachePlace { key, path, upkeep, events } = place;
        let (tasks, inbox) = mpsc::channel(WAITING);
        let room = tasks.downgrade();
        let (report, reports) = mpsc::channel(WAITING * 4);
        let (tell_open, answer) = oneshot::channel();
        let run = move || {
            let (writer, note) = match open(&path) {
                Ok(found) => found,
                Err(reason) => {
                    let _ = tell_open.send(Err(Unusable(reason)));
                    return;
                }
            };
            let cache = opened(&path, &writer, note, now);
            if events.blocking_send((key, LinkEvent::Opened(cache))).is_err() {
                return;
            }
            let _ = tell_open.send(Ok(()));
            let mut worker = Worker {
                key,
                path,
                writer: Some(writer),
                events,
                report,
                failed: false,
                damaged: false,
                settings: upkeep,
                room,
                upkeep: None,
                since_woken: 0,
                refill_told: None,
            };
            worker.start_upkeep();
            worker.run(inbox);
        };
        thread::Builder::new()
            .name("cache".to_owned())
            .spawn(run)
            .map_err(|error| Unusable(format!("The cache's writer cannot be started: {error}.")))?;
        match answer.await {
            Ok(Ok(())) => Ok((Self { tasks }, reports)),
            Ok(Err(unusable)) => Err(unusable),
            Err(_) => Err(Unusable("The cache's writer has ended.".to_owned())),
        }
    }

    pub(super) async fn reserve(&self) -> Option<mpsc::Permit<'_, CacheTask>> {
        self.tasks.reserve().await.ok()
    }

    /// Where the copy stands once everything given before is written; `None` when the thread has ended.
    ///
    /// # Errors
    /// Why the cache cannot be written, in a sentence: then no session can be held.
    pub(super) async fn begin(&self, now: Timestamp) -> Option<Result<Vec<Cursor>, String>> {
        let (reply, answer) = oneshot::channel();
        self.tasks.send(CacheTask::Begin { now, reply }).await.ok()?;
        answer.await.ok()
    }

    /// Sets the file aside and starts an empty one.
    pub(super) async fn reset(&self, reason: String) -> Result<(), String> {
        let (done, answer) = oneshot::channel();
        let gone = || "The cache's writer has ended.".to_owned();
        self.tasks.send(CacheTask::Reset { reason, done }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Notes that the cache was current until now.
    pub(super) async fn note_current(&self, at: Timestamp) {
        let _ = self.tasks.send(CacheTask::NoteCurrent(at)).await;
    }

    /// Writes everything down and ends the thread.
    pub(super) async fn close(self) {
        let (done, closed) = oneshot::channel();
        if self.tasks.send(CacheTask::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

/// Opens the cache; a damaged one is set aside, with a note for the operator.
fn open(path: &std::path::Path) -> Result<(ReplicaWriter, Option<String>), String> {
    match ReplicaWriter::open(path) {
        Ok(writer) => Ok((writer, None)),
        Err(error) if error.is_damage() => {
            tracing::error!(%error, "the cache is damaged");
            let kept = set_aside(path).map_err(|error| error.to_string())?;
            let writer = ReplicaWriter::open(path).map_err(|error| error.to_string())?;
            let note = format!(
                "The cache was damaged; it is kept as {} and copied from the hub anew.",
                kept.display()
            );
            Ok((writer, Some(note)))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// What an open cache holds.
fn opened(
    path: &std::path::Path,
    writer: &ReplicaWriter,
    note: Option<String>,
    now: Timestamp,
) -> OpenedCache {
    OpenedCache {
        projection: writer.projection().clone(),
        cursors: writer.cursors(),
        note,
        ..history::read(path, now).unwrap_or_default()
    }
}

struct Worker {
    key: HubKey,
    path: PathBuf,
    /// Absent while the file is being set aside, and after that failed until it can be opened again.
    writer: Option<ReplicaWriter>,
    events: mpsc::Sender<(HubKey, LinkEvent)>,
    report: mpsc::Sender<CacheReport>,
    /// After a failure nothing is written until a new session begins: what comes would leave a hole.
    failed: bool,
    /// Damage was met since the file was opened: it is set aside once there is a hub to copy it from.
    damaged: bool,
    settings: UpkeepSettings,
    /// The way to this worker itself, for upkeep.
    room: mpsc::WeakSender<CacheTask>,
    /// Runs while there is a writer.
    upkeep: Option<UpkeepThread>,
    /// Records written since the upkeep was last woken.
    since_woken: usize,
    /// When the core was last told that the past has changed.
    refill_told: Option<Instant>,
}

/// Why a cache is copied anew that turned out to be damaged while it was in use.
const DAMAGED: &str = "The cache was damaged.";

/// Records after which there may be something for the upkeep to do.
const WAKE_AFTER: usize = 1_024;

/// While a hole is filled, views are told at most so often that the past has changed: they read it anew each time.
const TELL_REFILL_EVERY: Duration = Duration::from_secs(5);

impl Worker {
    fn run(mut self, mut inbox: mpsc::Receiver<CacheTask>) {
        let mut next = inbox.blocking_recv();
        while let Some(task) = next.take() {
            match task {
                CacheTask::Append(batch) => {
                    let (batch, after) = gather(batch, &mut inbox);
                    next = after;
                    self.append(batch);
                }
                CacheTask::PassOver(snapshot) => self.pass_over(&snapshot),
                CacheTask::Fill { batch, snapshots, from_seq, to_seq } => {
                    self.fill(&batch, &snapshots, (from_seq, to_seq));
                }
                CacheTask::FindHoles => self.report_holes(),
                CacheTask::NoteHub(hub) => self.attempt(|writer| writer.note_hub(&hub)),
                CacheTask::NoteCurrent(at) => self.attempt(|writer| writer.note_current(at)),
                CacheTask::Measure => self.measure(),
                CacheTask::Tend(piece) => self.tend(&piece),
                CacheTask::Begin { now, reply } => {
                    let _ = reply.send(self.begin(now));
                }
                CacheTask::Reset { reason, done } => {
                    let _ = done.send(self.reset(&reason));
                }
                CacheTask::Close(done) => {
                    self.upkeep = None;
                    if let Some(writer) = self.writer.take()
                        && let Err(error) = writer.close()
                    {
                        tracing::warn!(%error, "the cache could not be closed tidily; it is whole all the same");
                    }
                    let _ = done.send(());
                    return;
                }
            }
            if next.is_none() {
                next = inbox.blocking_recv();
            }
        }
    }

    /// Has the cache looked after beside the writer.
    fn start_upkeep(&mut self) {
        let room = self.room.clone();
        let started = UpkeepThread::start(&self.path, self.settings.clone(), move |piece| {
            // A cache that is closed needs no upkeep.
            let Some(room) = room.upgrade() else { return Ok(()) };
            match room.try_send(CacheTask::Tend(piece)) {
                Err(mpsc::error::TrySendError::Full(CacheTask::Tend(piece))) => Err(piece),
                _ => Ok(()),
            }
        });
        match started {
            Ok(thread) => self.upkeep = Some(thread),
            Err(error) => tracing::error!(%error, "the cache is not looked after, and grows"),
        }
    }

    fn tend(&mut self, piece: &PreparedUpkeep) {
        let Some(writer) = self.writer.as_mut().filter(|_| !self.failed) else { return };
        match writer.tend(piece) {
            Ok(()) => {}
            // Old records may be damaged that no new one ever touches.
            Err(error) if error.is_damage() => self.fail(&error),
            // What else is wrong with the cache is told by the next records; upkeep alone ends no session.
            Err(error) => tracing::warn!(%error, "upkeep of the cache could not be written"),
        }
    }

    /// Says that so many records were written.
    fn written(&mut self, records: usize) {
        self.since_woken += records;
        if self.since_woken >= WAKE_AFTER
            && let Some(upkeep) = &self.upkeep
        {
            self.since_woken = 0;
            upkeep.wake();
        }
    }

    fn begin(&mut self, now: Timestamp) -> Result<Vec<Cursor>, String> {
        self.failed = false;
        if self.writer.is_none() {
            // Setting the file aside went wrong before an empty one was there.
            let (writer, note) = open(&self.path)?;
            let opened = opened(&self.path, &writer, note, now);
            let _ = self.events.blocking_send((self.key, LinkEvent::Opened(opened)));
            self.writer = Some(writer);
            self.damaged = false;
            self.start_upkeep();
        }
        // The last session may have ended in the middle of a hole.
        self.refold();
        Ok(self.writer.as_ref().map(ReplicaWriter::cursors).unwrap_or_default())
    }

    fn append(&mut self, batch: RecordBatch) {
        let Some(writer) = self.writer.as_mut().filter(|_| !self.failed) else { return };
        let before = writer.cursors();
        match writer.append(&batch) {
            Ok(new) => {
                if new.is_empty() {
                    return;
                }
                let count = new.len();
                let first = new.first().map_or(0, |record| record.seq);
                let skipped = first > crate::hub_state::seq_of(&before, batch.partition).saturating_add(1);
                let batch = if new.len() == batch.records.len() {
                    batch
                } else {
                    RecordBatch { records: new.to_vec().into(), ..batch }
                };
                let _ = self.events.blocking_send((self.key, LinkEvent::Records(batch)));
                self.written(count);
                if skipped {
                    self.report_holes();
                }
            }
            Err(error) => self.fail(&error),
        }
    }

    fn pass_over(&mut self, snapshot: &Snapshot) {
        let Some(writer) = self.writer.as_mut().filter(|_| !self.failed) else { return };
        match writer.pass_over(snapshot) {
            Ok(true) => {
                let (projection, cursors) = (writer.projection().clone(), writer.cursors());
                let _ = self.events.blocking_send((self.key, LinkEvent::PassedOver { projection, cursors }));
                self.measure();
                self.report_holes();
            }
            // A hub of another version: its records make a hole, and are folded once they are all there.
            Ok(false) => {}
            Err(error) => self.fail(&error),
        }
    }

    fn fill(&mut self, batch: &RecordBatch, snapshots: &[Snapshot], (from_seq, to_seq): (u64, u64)) {
        let Some(writer) = self.writer.as_mut().filter(|_| !self.failed) else { return };
        let filled = writer
            .fill(batch, from_seq, to_seq)
            .and_then(|()| writer.keep_snapshots(snapshots))
            .and_then(|()| writer.holes());
        match filled {
            Ok(holes) => {
                let is_time = self.refill_told.is_none_or(|told| told.elapsed() >= TELL_REFILL_EVERY);
                // Folding anew takes as long as the cache is large, so it waits for the last piece.
                let is_told = holes.is_empty() && self.refold();
                if !is_told && (is_time || holes.is_empty()) {
                    let _ = self.events.blocking_send((self.key, LinkEvent::Refilled(None)));
                }
                if is_told || is_time {
                    self.refill_told = Some(Instant::now());
                }
                self.measure();
                self.report_holes();
                self.written(batch.records.len());
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Takes what was filled in into the projection, if it lacks that, and hands it on. Returns whether it did.
    fn refold(&mut self) -> bool {
        let Some(writer) = self.writer.as_mut() else { return false };
        match writer.refold() {
            Ok(true) => {
                let projection = writer.projection().clone();
                let _ = self.events.blocking_send((self.key, LinkEvent::Refilled(Some(projection))));
                true
            }
            Ok(false) => false,
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    fn fail(&mut self, error: &StoreError) {
        tracing::error!(%error, "the cache cannot take records");
        self.failed = true;
        let report = match error {
            StoreError::EpochChanged { .. } => CacheReport::Misfit("The hub's log started anew.".to_owned()),
            damage if damage.is_damage() => {
                self.damaged = true;
                CacheReport::Misfit(DAMAGED.to_owned())
            }
            other => CacheReport::Failed(format!("The cache cannot be written: {other}.")),
        };
        // The session may have ended; then nobody waits for it.
        let _ = self.report.try_send(report);
    }

    /// Answers a session that begins, and every change: what is missing, or that all is to be copied anew.
    fn report_holes(&mut self) {
        if self.damaged {
            // It may have been told while there was no session.
            let _ = self.report.try_send(CacheReport::Misfit(DAMAGED.to_owned()));
            return;
        }
        let Some(writer) = &self.writer else { return };
        match writer.holes() {
            Ok(holes) => {
                // The last place is kept for a failure, which is told only once.
                if !holes.is_empty() && self.report.capacity() > 1 {
                    let _ = self.report.try_send(CacheReport::Holes(holes));
                }
            }
            Err(error) => self.fail(&error),
        }
    }

    fn attempt(&mut self, write: impl FnOnce(&mut ReplicaWriter) -> Result<(), StoreError>) {
        let Some(writer) = self.writer.as_mut().filter(|_| !self.failed) else { return };
        if let Err(error) = write(writer) {
            self.fail(&error);
        }
    }

    fn measure(&self) {
        let measured = LogReader::open(&self.path).and_then(|mut reader| history::measure(&mut reader));
        if let Ok(statistics) = measured {
            let _ = self.events.blocking_send((self.key, LinkEvent::Statistics(statistics)));
        }
    }

    fn reset(&mut self, reason: &str) -> Result<(), String> {
        self.upkeep = None;
        self.writer = None;
        let kept = set_aside(&self.path).map_err(|error| error.to_string())?;
        let writer = ReplicaWriter::open(&self.path).map_err(|error| error.to_string())?;
        self.writer = Some(writer);
        (self.failed, self.damaged) = (false, false);
        self.start_upkeep();
        let note = format!("{reason} The old copy is kept as {}; the log is copied anew.", kept.display());
        tracing::warn!(note, "the cache starts anew");
        let _ = self.events.blocking_send((self.key, LinkEvent::Reset { note }));
        Ok(())
    }
}

/// `batch`, with the batches that wait behind it and follow it, so that one transaction takes them all; and the task
/// that comes after them, if it was taken from the queue already.
fn gather(batch: RecordBatch, inbox: &mut mpsc::Receiver<CacheTask>) -> (RecordBatch, Option<CacheTask>) {
    let mut more: Vec<RecordBatch> = Vec::new();
    let mut after = None;
    let mut length = batch.records.len();
    while length < GROUP {
        let last = more.last().unwrap_or(&batch);
        match inbox.try_recv() {
            Ok(CacheTask::Append(next)) if follows(last, &next) => {
                length += next.records.len();
                more.push(next);
            }
            Ok(other) => {
                after = Some(other);
                break;
            }
            Err(_) => break,
        }
    }
    let Some(last) = more.last() else { return (batch, after) };
    let head_seq = last.head_seq;
    let records =
        batch.records.iter().chain(more.iter().flat_map(|batch| batch.records.iter())).cloned().collect();
    (RecordBatch { head_seq, records, ..batch }, after)
}

fn follows(batch: &RecordBatch, next: &RecordBatch) -> bool {
    batch.partition == next.partition
        && batch.epoch == next.epoch
        && batch
            .records
            .last()
            .zip(next.records.first())
            .is_some_and(|(last, first)| first.seq == last.seq.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_cache_that_could_not_start_anew_is_opened_by_a_later_session() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("cache");
        let (tell, mut events) = mpsc::channel(16);
        let now = Timestamp::from_milliseconds(1);
        let cache = CachePlace {
            key: HubKey::EMBEDDED,
            path: place.join("hub.sqlite"),
            upkeep: UpkeepSettings::default(),
            events: tell,
        };
        let opened = CacheThread::open(cache, now).await;
        let Ok((cache, _reports)) = opened else { panic!("not opened") };
        assert!(matches!(events.recv().await, Some((_, LinkEvent::Opened(_)))));
        // A file where the directory was: nothing can be made in it.
        std::fs::rename(&place, directory.path().join("moved")).unwrap();
        std::fs::write(&place, "").unwrap();
        assert!(cache.reset("Again.".to_owned()).await.is_err());
        let reason = cache.begin(now).await.unwrap().unwrap_err();
        assert!(!reason.is_empty());
        std::fs::remove_file(&place).unwrap();
        assert!(cache.begin(now).await.unwrap().unwrap().is_empty());
        assert!(matches!(events.recv().await, Some((_, LinkEvent::Opened(_)))), "the core is told");
        cache.close().await;
    }
}
