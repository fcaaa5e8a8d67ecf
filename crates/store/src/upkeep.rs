//! Work that keeps a log small and its history fast, done beside the writer.
//!
//! A [`Chore`] looks at the log through a reader of its own, on a thread of its own, and does the heavy part there:
//! compressing, indexing, counting. What it made is committed by the log's one writer, in a short transaction of its own
//! between two groups, so that appending never waits for a chore.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use mission_control_protocol::Timestamp;
use rusqlite::Transaction;
use tokio::sync::watch;

use crate::{
    LogReader, StoreError,
    database::Database,
    segments::{
        Scrubbing, Sealing, SegmentForm,
        retention::{Dropping, Retention, system_clock},
        words::Slicing,
    },
    series::{Expiring, Indexer},
};

/// One kind of upkeep.
pub(crate) trait Chore: Send {
    /// Its name, for logs and counters.
    fn name(&self) -> &'static str;

    /// Does the heavy part of the next piece of work; `None` when there is nothing to do now.
    fn prepare(&mut self, reader: &mut LogReader) -> Result<Option<Box<dyn Prepared>>, StoreError>;
}

/// A piece of upkeep that only has to be written.
pub(crate) trait Prepared: Send + Sync {
    /// Writes it. Checks first that the log still is what it was prepared from, and does nothing when it is not: the
    /// chore will find what there is to do anew.
    fn commit(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()>;
}

/// How a log is looked after.
#[derive(Debug, Clone)]
pub struct UpkeepSettings {
    /// Records of a sealed segment.
    pub segment_records: usize,
    /// How they are compressed.
    pub segment_form: SegmentForm,
    /// Newest records that are not sealed, so that what is looked at most is read row by row.
    pub head_records: u64,
    /// What is kept of the past.
    pub retention: Retention,
    /// What is kept from now on, in place of `retention`, whenever that changes while the log is looked after.
    pub retention_changes: Option<watch::Receiver<Retention>>,
    /// The clock by which records grow old.
    pub clock: fn() -> Timestamp,
}

impl UpkeepSettings {
    fn has_changes(&self) -> bool {
        self.retention_changes.as_ref().is_some_and(|changes| changes.has_changed().unwrap_or(false))
    }

    /// Takes over what has changed; whether anything has.
    fn take_changes(&mut self) -> bool {
        let Some(changes) = &mut self.retention_changes else { return false };
        // Nobody is left who could change it again: what was said last stays in force.
        if !changes.has_changed().unwrap_or(false) {
            return false;
        }
        self.retention = changes.borrow_and_update().clone();
        true
    }
}

impl Default for UpkeepSettings {
    fn default() -> Self {
        Self {
            segment_records: 4_096,
            segment_form: SegmentForm::default(),
            head_records: 16_384,
            retention: Retention::default(),
            retention_changes: None,
            clock: system_clock,
        }
    }
}

/// A piece of upkeep, ready for [`crate::OriginWriter::tend`] or [`crate::ReplicaWriter::tend`].
pub struct PreparedUpkeep {
    chore: &'static str,
    work: Box<dyn Prepared>,
    committed: Option<SyncSender<()>>,
}

impl PreparedUpkeep {
    pub(crate) fn commit(&self, database: &mut Database) -> Result<(), StoreError> {
        let committed = (|| {
            let transaction = database.connection.transaction()?;
            self.work.commit(&transaction)?;
            transaction.commit()
        })();
        committed.map_err(|source| database.error(source))?;
        if let Some(committed) = &self.committed {
            // Whoever prepared it may have been stopped meanwhile.
            let _ = committed.try_send(());
        }
        Ok(())
    }
}

impl std::fmt::Debug for PreparedUpkeep {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PreparedUpkeep").field("chore", &self.chore).finish_non_exhaustive()
    }
}

/// Damage that a chore met. Only the log's writer can have the file set aside, so it is told like of other work.
struct DamageMet {
    reason: String,
}

impl Prepared for DamageMet {
    fn commit(&self, _: &Transaction<'_>) -> rusqlite::Result<()> {
        let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        Err(rusqlite::Error::SqliteFailure(corrupt, Some(self.reason.clone())))
    }
}

/// The chores of one log. Blocks on the disk: for a thread of its own.
pub struct Upkeep {
    reader: LogReader,
    chores: Vec<Tended>,
}

/// A chore, and when it is looked at again after something went wrong with it.
struct Tended {
    chore: Box<dyn Chore>,
    not_before: Option<Instant>,
}

impl std::fmt::Debug for Upkeep {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Upkeep").finish_non_exhaustive()
    }
}

impl Upkeep {
    /// Looks after the log at `path`, beside its writer.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(path: &Path, settings: &UpkeepSettings) -> Result<Self, StoreError> {
        let chores: Vec<Box<dyn Chore>> = vec![
            // First, so that nothing goes before its numbers are kept.
            Box::new(Indexer::default()),
            Box::new(Dropping::new(settings.retention.clone(), settings.clock, LOOK_AGAIN)),
            Box::new(Expiring::new(settings.retention.series, settings.clock, LOOK_AGAIN)),
            Box::new(Sealing::new(settings.segment_form, settings.segment_records, settings.head_records)),
            Box::new(Slicing),
            Box::new(Scrubbing::default()),
        ];
        let chores = chores.into_iter().map(|chore| Tended { chore, not_before: None }).collect();
        Ok(Self { reader: LogReader::open(path)?, chores })
    }

    /// Makes an archive small and fast: nothing in it grows old, and nothing in it is mended.
    pub(crate) fn of_an_archive(path: &Path, settings: &UpkeepSettings) -> Result<Self, StoreError> {
        let chores: Vec<Box<dyn Chore>> = vec![
            Box::new(Indexer::default()),
            Box::new(Sealing::new(settings.segment_form, settings.segment_records, settings.head_records)),
            Box::new(Slicing),
        ];
        let chores = chores.into_iter().map(|chore| Tended { chore, not_before: None }).collect();
        Ok(Self { reader: LogReader::open(path)?, chores })
    }

    /// Prepares what is to be done next; `None` when there is nothing to do now. Commit what it returns before asking
    /// again. A chore that fails waits a while, and holds up no other. Of damage that a chore met the writer is told by a
    /// piece that fails as the chore did.
    ///
    /// # Errors
    /// Those of the disk, when no other chore has anything to do.
    pub fn prepare(&mut self) -> Result<Option<PreparedUpkeep>, StoreError> {
        let now = Instant::now();
        let mut failed = None;
        for Tended { chore, not_before } in &mut self.chores {
            if not_before.is_some_and(|not_before| now < not_before) {
                continue;
            }
            *not_before = None;
            match chore.prepare(&mut self.reader) {
                Ok(Some(work)) => {
                    return Ok(Some(PreparedUpkeep { chore: chore.name(), work, committed: None }));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(chore = chore.name(), %error, "a chore of the log's upkeep waits");
                    *not_before = Some(now + RETRY_PAUSE);
                    if let StoreError::Damaged { reason, .. } = error {
                        let work = Box::new(DamageMet { reason });
                        return Ok(Some(PreparedUpkeep { chore: chore.name(), work, committed: None }));
                    }
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(None), Err)
    }

    /// Says that a piece of this chore could not be committed: the others go first for a while.
    fn refused(&mut self, chore: &str) {
        for tended in self.chores.iter_mut().filter(|tended| tended.chore.name() == chore) {
            tended.not_before = Some(Instant::now() + RETRY_PAUSE);
        }
    }
}

/// Time without being woken after which the chores look for work all the same.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Time after which a change of what is kept is taken note of, at most.
const LOOK_FOR_CHANGES: Duration = Duration::from_secs(2);

/// Pause after the disk, or the writer, would not take a piece.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// Pause while the writer has no room for a piece.
const ROOM_PAUSE: Duration = Duration::from_millis(20);

/// Looks after a log on a thread of its own, at low priority, for as long as it is kept. Dropping it stops the thread
/// and waits for it: at most as long as one piece of work takes.
#[derive(Debug)]
pub struct UpkeepThread {
    wake: Option<SyncSender<()>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl UpkeepThread {
    /// Starts looking after the log at `path`. `hand_over` gives a piece to the log's writer, or gives it back when the
    /// writer has no room now; it must not wait for the writer.
    ///
    /// # Errors
    /// [`StoreError::File`] when there can be no thread.
    pub fn start(
        path: &Path,
        settings: UpkeepSettings,
        hand_over: impl FnMut(PreparedUpkeep) -> Result<(), PreparedUpkeep> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (wake, woken) = mpsc::sync_channel(1);
        let stopping = Arc::new(AtomicBool::new(false));
        let keeper = Keeper { path: path.to_owned(), settings, woken, stopping: stopping.clone() };
        let thread = thread::Builder::new()
            .name("log-upkeep".to_owned())
            .spawn(move || keeper.run(hand_over))
            .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Ok(Self { wake: Some(wake), stopping, thread: Some(thread) })
    }

    /// Says that there may be something to do.
    pub fn wake(&self) {
        if let Some(wake) = &self.wake {
            // It has been told already.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for UpkeepThread {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the upkeep of the log failed; the log is whole all the same");
        }
    }
}

struct Keeper {
    path: PathBuf,
    settings: UpkeepSettings,
    woken: Receiver<()>,
    stopping: Arc<AtomicBool>,
}

impl Keeper {
    fn run(mut self, mut hand_over: impl FnMut(PreparedUpkeep) -> Result<(), PreparedUpkeep>) {
        step_back();
        let mut upkeep = None;
        while !self.is_stopping() {
            if self.settings.take_changes() {
                upkeep = None;
            }
            let pause = match self.piece(&mut upkeep, &mut hand_over) {
                Ok(true) => continue,
                Ok(false) => LOOK_AGAIN,
                Err(error) => {
                    tracing::debug!(%error, "the upkeep of the log waits");
                    upkeep = None;
                    // However often it is woken meanwhile.
                    self.pause(RETRY_PAUSE);
                    continue;
                }
            };
            let until = Instant::now() + pause;
            loop {
                let left = until.saturating_duration_since(Instant::now()).min(LOOK_FOR_CHANGES);
                match self.woken.recv_timeout(left) {
                    Ok(()) => break,
                    Err(RecvTimeoutError::Timeout) => {
                        if Instant::now() >= until || self.settings.has_changes() {
                            break;
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Does one piece of work; whether there was one.
    fn piece(
        &self,
        upkeep: &mut Option<Upkeep>,
        hand_over: &mut impl FnMut(PreparedUpkeep) -> Result<(), PreparedUpkeep>,
    ) -> Result<bool, StoreError> {
        let upkeep = match upkeep {
            Some(upkeep) => upkeep,
            None => upkeep.insert(Upkeep::open(&self.path, &self.settings)?),
        };
        let Some(mut piece) = upkeep.prepare()? else { return Ok(false) };
        let chore = piece.chore;
        let (committed, answer) = mpsc::sync_channel(1);
        piece.committed = Some(committed);
        while let Err(back) = hand_over(piece) {
            if self.is_stopping() {
                return Ok(false);
            }
            piece = back;
            thread::sleep(ROOM_PAUSE);
        }
        loop {
            match answer.recv_timeout(Duration::from_millis(200)) {
                Ok(()) => return Ok(true),
                Err(RecvTimeoutError::Timeout) if self.is_stopping() => return Ok(false),
                Err(RecvTimeoutError::Timeout) => {}
                // The writer gave it up, and has said why.
                Err(RecvTimeoutError::Disconnected) => {
                    tracing::debug!(chore, "a piece of upkeep was not taken");
                    upkeep.refused(chore);
                    return Ok(true);
                }
            }
        }
    }

    fn pause(&self, mut left: Duration) {
        while !left.is_zero() && !self.is_stopping() {
            let step = left.min(ROOM_PAUSE);
            thread::sleep(step);
            left -= step;
        }
    }
}

/// Lets everything else go first: on Linux niceness is a thread's own.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        let this_thread = rustix::thread::gettid();
        if let Err(error) = rustix::process::setpriority_process(Some(this_thread), 10) {
            tracing::debug!(%error, "the upkeep of the log runs at normal priority");
        }
    }
}
