//! The queue together with its storage.

use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Duration};

use mission_control_protocol::{ErrorCode, SessionEpoch, Timestamp};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep_until},
};

use super::{
    change::{Change, Opened},
    disk::{Disk, Job, Outcome, QueueStorage},
    outgoing::{OutgoingQueue, Resumption},
};
use crate::{error::QueueFileError, message::QueuedMessage, receipt::Stage};

/// Wait before the storage is tried again after a failure.
const STORAGE_RETRY: Duration = Duration::from_secs(10);
/// How long the storage may go on holding what the hub has acknowledged.
const TIDY_AFTER: Duration = Duration::from_secs(1);
/// Time for what is left to be stored when the client ends.
const LAST_STORE: Duration = Duration::from_secs(5);

/// Where the queue is kept now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageState {
    /// In memory, as the program chose: what the hub has not acknowledged is lost with the process.
    Memory,
    /// In its file: it survives the end of the process, however that comes.
    Durable {
        /// Where a damaged file is now that was found at the start, or during the work. Nothing of it was taken over.
        set_aside: Option<PathBuf>,
    },
    /// In memory, since its file cannot be used now; the file is tried again every few seconds. What is sent meanwhile
    /// may be sent a second time if the process ends before the file works again.
    Failing {
        /// Why, and what to do about it.
        reason: String,
    },
}

impl StorageState {
    /// Whether what is published would survive the end of the process.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        matches!(self, Self::Durable { .. })
    }
}

/// Something about the storage that the queue's owner hands back to it.
#[derive(Debug)]
pub(crate) enum DiskEvent {
    Done(Option<Outcome>),
    /// It is time to try the storage again, or to let it go of what is acknowledged.
    Due,
}

/// What the thread is doing.
#[derive(Debug)]
enum UnderWay {
    Opening,
    Storing(Arc<Change>),
}

#[derive(Debug)]
struct Storage {
    disk: Disk,
    under_way: Option<UnderWay>,
    /// It was opened once: what it held is in the queue.
    is_loaded: bool,
    failed: bool,
    /// When to try again after a failure, or to store what can wait.
    due: Option<Instant>,
    set_aside: Option<PathBuf>,
}

/// A publication whose publisher may be waiting.
#[derive(Debug)]
struct Awaited {
    place: u64,
    number: u64,
    stage: watch::Sender<Stage>,
}

/// The outgoing queue and its storage: what is published is stored in groups, and nothing goes on the wire before the
/// storage holds it under its number. While the storage fails, the queue goes on in memory, and says so.
#[derive(Debug)]
pub(crate) struct DurableQueue {
    queue: OutgoingQueue,
    storage: Option<Storage>,
    state: watch::Sender<StorageState>,
    /// In the order of their places.
    awaited: VecDeque<Awaited>,
    /// The storage holds every message up to this place that is not done with.
    stored_through: u64,
    flushing: Vec<(u64, oneshot::Sender<()>)>,
    storing: Vec<(u64, oneshot::Sender<Result<(), String>>)>,
}

impl DurableQueue {
    /// A queue that lives in memory.
    pub(crate) fn in_memory(queue: OutgoingQueue) -> Self {
        Self {
            queue,
            storage: None,
            state: watch::Sender::new(StorageState::Memory),
            awaited: VecDeque::new(),
            stored_through: 0,
            flushing: Vec::new(),
            storing: Vec::new(),
        }
    }

    /// A queue that lives in `storage`, which `opened` tells of. When it could not be opened, the queue lives in memory
    /// until it can.
    pub(crate) fn stored_in(
        queue: OutgoingQueue,
        storage: impl QueueStorage,
        opened: Result<Opened, QueueFileError>,
    ) -> std::io::Result<Self> {
        let mut this = Self::in_memory(queue);
        this.storage = Some(Storage {
            disk: Disk::start(storage)?,
            under_way: None,
            is_loaded: false,
            failed: false,
            due: None,
            set_aside: None,
        });
        match opened {
            Ok(Opened { stored: Some(stored), set_aside }) if this.queue.last_place() == 0 => {
                this.queue = this.queue.restore(stored);
                this.stored_through = this.queue.last_place();
                this.loaded(set_aside);
                this.state.send_replace(StorageState::Durable { set_aside: None });
            }
            Ok(opened) => {
                this.opened(opened);
                let set_aside = this.storage.as_ref().and_then(|storage| storage.set_aside.clone());
                this.state.send_replace(StorageState::Durable { set_aside });
            }
            Err(error) => this.fail(&error),
        }
        Ok(this)
    }

    /// Where the queue is kept, now and at every change.
    pub(crate) fn state(&self) -> watch::Receiver<StorageState> {
        self.state.subscribe()
    }

    /// Whether what is published would survive the end of the process.
    pub(crate) fn is_durable(&self) -> bool {
        self.state.borrow().is_durable()
    }

    /// Whether only what is stored may be sent.
    fn stored_only(&self) -> bool {
        self.storage.as_ref().is_some_and(|storage| !storage.failed)
    }

    /// Takes a publication; `stage` tells its publisher what becomes of it.
    pub(crate) fn publish(&mut self, message: QueuedMessage, stage: watch::Sender<Stage>, now: Timestamp) {
        let (place, number) = self.queue.publish(message, now);
        // Most publishers do not wait.
        if !stage.is_closed() {
            stage.send_replace(Stage::Accepted(number));
            self.awaited.push_back(Awaited { place, number, stage });
        }
        self.tell_dropped();
    }

    /// Takes a message of the client's own.
    pub(crate) fn push(&mut self, message: QueuedMessage, now: Timestamp) {
        self.queue.push(message, now);
        self.tell_dropped();
    }

    /// Gives numbers to what is to be sent next; returns how many messages were too large for the hub.
    pub(crate) fn number(&mut self, frame_limit: usize, now: Timestamp) -> u64 {
        self.queue.number(frame_limit, now)
    }

    /// Whether [`Self::next_frame`] has one.
    pub(crate) fn has_sendable(&self) -> bool {
        self.queue.has_sendable(self.stored_only())
    }

    /// The next frame that may go on the wire.
    pub(crate) fn next_frame(&mut self) -> Option<String> {
        self.queue.next_frame(self.stored_only())
    }

    /// The hub has everything up to `seq`; returns how many messages that were.
    pub(crate) fn acknowledge(&mut self, seq: u64) -> usize {
        let count = self.queue.acknowledge(seq);
        self.tell_done();
        count
    }

    /// See [`OutgoingQueue::resume`].
    pub(crate) fn resume(&mut self, last_seq: u64, fresh: SessionEpoch) -> Resumption {
        let resumption = self.queue.resume(last_seq, fresh);
        self.tell_done();
        resumption
    }

    /// See [`OutgoingQueue::replace_too_large`].
    pub(crate) fn replace_too_large(&mut self, frame_limit: usize, now: Timestamp) -> u64 {
        self.queue.replace_too_large(frame_limit, now)
    }

    /// See [`OutgoingQueue::refuse`].
    pub(crate) fn refuse(&mut self, seq: u64, code: ErrorCode, why: &str, now: Timestamp) -> bool {
        let told = self.queue.refuse(seq, code, why, now).is_some();
        self.tell_dropped();
        told
    }

    /// See [`OutgoingQueue::rewind`].
    pub(crate) fn rewind(&mut self) {
        self.queue.rewind();
    }

    /// Answers once the hub has acknowledged everything published so far.
    pub(crate) fn when_flushed(&mut self, answer: oneshot::Sender<()>) {
        self.flushing.push((self.queue.last_place(), answer));
        self.tell_done();
    }

    /// Answers once the storage holds everything published so far, or with the reason why it does not.
    pub(crate) fn when_stored(&mut self, answer: oneshot::Sender<Result<(), String>>) {
        self.storing.push((self.queue.last_place(), answer));
        self.tell_stored();
    }

    /// Stores what changed, together with whatever changes until the storage is free.
    pub(crate) fn store(&mut self) {
        let Some(storage) = &mut self.storage else { return };
        if storage.under_way.is_some() || storage.failed && storage.due.is_some() {
            return;
        }
        if !self.queue.has_urgent_change() {
            if self.queue.has_change() {
                storage.due.get_or_insert_with(|| Instant::now() + TIDY_AFTER);
            }
            return;
        }
        self.store_now();
    }

    fn store_now(&mut self) {
        let Some(storage) = &mut self.storage else { return };
        storage.due = None;
        let Some(change) = self.queue.take_change().map(Arc::new) else { return };
        if storage.disk.begin(Job::Commit(change.clone())) {
            storage.under_way = Some(UnderWay::Storing(change));
        } else {
            self.lose_thread();
        }
    }

    /// Waits for something about the storage. Pending for ever when there is nothing. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> DiskEvent {
        match &mut self.storage {
            Some(storage) if storage.under_way.is_some() => DiskEvent::Done(storage.disk.outcome().await),
            Some(Storage { due: Some(due), .. }) => {
                sleep_until(*due).await;
                DiskEvent::Due
            }
            _ => std::future::pending().await,
        }
    }

    /// Takes what [`Self::next`] brought.
    pub(crate) fn take(&mut self, event: DiskEvent) {
        let outcome = match event {
            DiskEvent::Due => return self.due(),
            DiskEvent::Done(None) => return self.lose_thread(),
            DiskEvent::Done(Some(outcome)) => outcome,
        };
        let under_way = self.storage.as_mut().and_then(|storage| storage.under_way.take());
        match outcome {
            Outcome::Committed => {
                if let Some(UnderWay::Storing(change)) = under_way {
                    self.committed(&change);
                }
            }
            Outcome::Opened(opened) => self.opened(opened),
            Outcome::Failed(error) => self.fail(&error),
        }
    }

    /// Stores what is left, waiting for it for a while, and lets go of the storage.
    pub(crate) async fn close(&mut self) {
        let deadline = Instant::now() + LAST_STORE;
        while self.storage.as_ref().is_some_and(|storage| storage.under_way.is_some() || !storage.failed) {
            if self.storage.as_ref().is_some_and(|storage| storage.under_way.is_none()) {
                self.store_now();
                if self.storage.as_ref().is_none_or(|storage| storage.under_way.is_none()) {
                    break;
                }
            }
            match tokio::time::timeout_at(deadline, self.next()).await {
                Ok(event) => self.take(event),
                Err(_) => {
                    tracing::warn!("the disk did not store what is left of the queue in time");
                    return;
                }
            }
        }
        if let Some(storage) = self.storage.take()
            && tokio::time::timeout_at(deadline, storage.disk.close()).await.is_err()
        {
            tracing::warn!("the disk did not answer while the queue's file was closed");
        }
    }

    fn due(&mut self) {
        let Some(storage) = &mut self.storage else { return };
        storage.due = None;
        if !storage.failed {
            self.store_now();
        } else if storage.disk.begin(Job::Open) {
            storage.under_way = Some(UnderWay::Opening);
        } else {
            self.lose_thread();
        }
    }

    fn committed(&mut self, change: &Change) {
        self.queue.settle(change);
        self.stored_through = self.stored_through.max(change.session.last_place);
        if let Some(storage) = &mut self.storage
            && storage.failed
        {
            storage.failed = false;
            tracing::info!("the queue is on the disk again");
            self.state.send_replace(StorageState::Durable { set_aside: storage.set_aside.clone() });
        }
        let place = self.stored_through;
        for awaited in self.awaited.iter().take_while(|awaited| awaited.place <= place) {
            awaited.stage.send_if_modified(|stage| {
                let is_news = matches!(stage, Stage::Accepted(_));
                if is_news {
                    *stage = Stage::Stored(awaited.number);
                }
                is_news
            });
        }
        self.tell_stored();
        self.store();
    }

    /// The storage can be written: it learns everything there is.
    fn opened(&mut self, opened: Opened) {
        let Opened { stored, set_aside } = opened;
        let is_first = self.storage.as_ref().is_some_and(|storage| !storage.is_loaded);
        if let Some(stored) = stored.filter(|_| is_first) {
            let moved = self.queue.absorb(stored);
            self.move_waiting(&moved);
        }
        self.loaded(set_aside);
        self.queue.keep_everything();
        self.stored_through = 0;
        self.store_now();
    }

    fn loaded(&mut self, set_aside: Option<(PathBuf, String)>) {
        let Some(storage) = &mut self.storage else { return };
        storage.is_loaded = true;
        if let Some((path, reason)) = set_aside {
            tracing::warn!(
                kept = %path.display(), reason,
                "the queue's file was damaged; it is set aside, and the queue begins a file of its own anew"
            );
            storage.set_aside = Some(path);
        }
    }

    fn fail(&mut self, error: &QueueFileError) {
        let Some(storage) = &mut self.storage else { return };
        storage.due = Some(Instant::now() + STORAGE_RETRY);
        self.queue.forget_changes();
        if !std::mem::replace(&mut storage.failed, true) {
            tracing::warn!(%error, "the queue's file cannot be used; what is published is kept in memory only");
        }
        self.state.send_replace(StorageState::Failing { reason: error.to_string() });
        self.tell_stored();
    }

    /// The storage's thread is gone, which it is only after a panic.
    fn lose_thread(&mut self) {
        self.storage = None;
        self.queue.forget_changes();
        let reason =
            "the thread that writes the queue's file ended unexpectedly; restart the program".to_owned();
        tracing::error!(reason, "what is published is kept in memory only");
        self.state.send_replace(StorageState::Failing { reason });
        self.tell_stored();
    }

    fn move_waiting(&mut self, moved: &[(u64, u64)]) {
        let place_now = |old: u64| {
            let index = moved.partition_point(|(from, _)| *from <= old);
            index.checked_sub(1).and_then(|index| moved.get(index)).map_or(0, |(_, to)| *to)
        };
        self.awaited.iter_mut().for_each(|awaited| awaited.place = place_now(awaited.place));
        self.flushing.iter_mut().for_each(|(place, _)| *place = place_now(*place));
        self.storing.iter_mut().for_each(|(place, _)| *place = place_now(*place));
    }

    fn tell_dropped(&mut self) {
        for place in self.queue.take_dropped() {
            if let Ok(index) = self.awaited.binary_search_by_key(&place, |awaited| awaited.place)
                && let Some(awaited) = self.awaited.remove(index)
            {
                awaited.stage.send_replace(Stage::Dropped);
            }
        }
        self.tell_done();
    }

    fn tell_done(&mut self) {
        let done = self.queue.done_through();
        while let Some(awaited) = self.awaited.pop_front_if(|awaited| awaited.place <= done) {
            awaited.stage.send_replace(Stage::Acknowledged(awaited.number));
        }
        for (_, answer) in self.flushing.extract_if(.., |(place, _)| *place <= done) {
            // Whoever asked may have stopped waiting.
            let _ = answer.send(());
        }
    }

    fn tell_stored(&mut self) {
        let stored = self.stored_through.max(self.queue.done_through());
        for (_, answer) in self.storing.extract_if(.., |(place, _)| *place <= stored) {
            let _ = answer.send(Ok(()));
        }
        let reason = match &*self.state.borrow() {
            StorageState::Durable { .. } => return,
            StorageState::Failing { reason } => reason.clone(),
            StorageState::Memory => "this client has no queue file".to_owned(),
        };
        for (_, answer) in self.storing.drain(..) {
            let _ = answer.send(Err(reason.clone()));
        }
    }
}

impl std::ops::Deref for DurableQueue {
    type Target = OutgoingQueue;

    /// To look at the queue; what changes it goes through the methods here.
    fn deref(&self) -> &OutgoingQueue {
        &self.queue
    }
}
