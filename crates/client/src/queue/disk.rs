//! The thread that a storage lives on: writing waits for the disk, and no task of the runtime may.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::change::{Change, Opened};
use crate::error::QueueFileError;

/// Where a queue is kept. Every call blocks until the disk has answered.
pub(crate) trait QueueStorage: Send + 'static {
    /// Opens it, for the first time or again after a failure.
    fn open(&mut self) -> Result<Opened, QueueFileError>;

    /// Makes a change; it would survive a crash when this returns. After an error nothing is changed, and the storage
    /// has to be opened again.
    fn commit(&mut self, change: &Change) -> Result<(), QueueFileError>;
}

/// Something for the thread to do.
#[derive(Debug)]
pub(super) enum Job {
    Open,
    Commit(Arc<Change>),
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    Opened(Opened),
    Committed,
    Failed(QueueFileError),
}

/// The way to the thread. One job is under way at a time: what changes meanwhile goes into the next, and so shares its
/// fsync.
#[derive(Debug)]
pub(super) struct Disk {
    jobs: mpsc::Sender<Job>,
    outcomes: mpsc::Receiver<Outcome>,
}

impl Disk {
    /// Starts the thread.
    pub(super) fn start(mut storage: impl QueueStorage) -> std::io::Result<Self> {
        let (jobs, mut due) = mpsc::channel(1);
        let (done, outcomes) = mpsc::channel(1);
        std::thread::Builder::new().name("mission-control-queue".to_owned()).spawn(move || {
            while let Some(job) = due.blocking_recv() {
                let outcome = match job {
                    Job::Open => storage.open().map(Outcome::Opened),
                    Job::Commit(change) => storage.commit(&change).map(|()| Outcome::Committed),
                };
                if done.blocking_send(outcome.unwrap_or_else(Outcome::Failed)).is_err() {
                    break;
                }
            }
            // The file is free for others once this is seen to have ended.
            drop(storage);
            drop(done);
        })?;
        Ok(Self { jobs, outcomes })
    }

    /// Hands a job over; false when the thread is gone, or busy.
    pub(super) fn begin(&self, job: Job) -> bool {
        self.jobs.try_send(job).is_ok()
    }

    /// Waits for the outcome of the job under way; `None` when the thread is gone. Dropping the future loses nothing.
    pub(super) async fn outcome(&mut self) -> Option<Outcome> {
        self.outcomes.recv().await
    }

    /// Ends the thread, after the job under way, and waits until the file is free.
    pub(super) async fn close(self) {
        let Self { jobs, mut outcomes } = self;
        drop(jobs);
        while outcomes.recv().await.is_some() {}
    }
}
