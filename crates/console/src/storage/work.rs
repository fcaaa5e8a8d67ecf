//! Checks, backups and restores: one at a time, each on a thread of its own, with progress, and broken off when told.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use mission_control_protocol::Timestamp;
use mission_control_store::{LogReader, StoreError, stage_restore};
use tokio::sync::watch;

use super::{StoredLog, journal, words};
use crate::{
    config::Clock,
    view::{
        requests::{RequestError, RequestErrorCode},
        storage::{BackupNote, CheckNote, LogRole, StorageTask, StorageWork, WorkState},
    },
};

/// The work that runs, or ran last.
#[derive(Clone)]
pub(crate) struct StorageDesk {
    clock: Clock,
    work: watch::Sender<Option<StorageWork>>,
    cancelled: Arc<AtomicBool>,
}

impl std::fmt::Debug for StorageDesk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StorageDesk").field("work", &self.work).finish_non_exhaustive()
    }
}

impl StorageDesk {
    /// Nothing under way; `clock` dates what is noted.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, work: watch::channel(None).0, cancelled: Arc::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// How far the work is.
    pub(crate) fn work(&self) -> Option<StorageWork> {
        self.work.borrow().clone()
    }

    /// Breaks off what runs, soon.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Starts a piece of work, unless one runs.
    pub(crate) fn start(&self, log: StoredLog, task: StorageTask) -> Result<(), RequestError> {
        let task = checked(task, log.role)?;
        let mut is_free = false;
        self.work.send_if_modified(|work| {
            is_free = work.as_ref().is_none_or(|work| work.state != WorkState::Running);
            if is_free {
                *work = Some(StorageWork {
                    hub: log.hub,
                    title: title(&task).to_owned(),
                    progress: 0.0,
                    state: WorkState::Running,
                    outcome: String::new(),
                });
            }
            is_free
        });
        if !is_free {
            return Err(RequestError::new(
                RequestErrorCode::Refused,
                "A check, backup or restore is under way; wait for it, or cancel it.",
            ));
        }
        self.cancelled.store(false, Ordering::Relaxed);
        let desk = self.clone();
        tokio::task::spawn_blocking(move || desk.run(&log, &task));
        Ok(())
    }

    fn run(&self, log: &StoredLog, task: &StorageTask) {
        let now = || self.now();
        let progress = |done: f64| {
            self.work.send_modify(|work| {
                if let Some(work) = work {
                    work.progress = done;
                }
            });
            if self.cancelled.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let done = match task {
            StorageTask::Check => check(log, now, progress),
            StorageTask::Backup { file } => back_up(log, Path::new(file), now, progress),
            StorageTask::Restore { file } => restore(log, Path::new(file), progress),
        };
        let (state, outcome) = match done {
            Ok(Some(outcome)) => (WorkState::Done, outcome),
            Ok(None) => (WorkState::Cancelled, "Broken off; nothing was changed.".to_owned()),
            Err(error) => (WorkState::Failed, format!("{error}.")),
        };
        self.work.send_modify(|work| {
            if let Some(work) = work {
                (work.state, work.outcome) = (state, outcome);
            }
        });
    }
}

fn title(task: &StorageTask) -> &'static str {
    match task {
        StorageTask::Check => "Checking",
        StorageTask::Backup { .. } => "Backing up",
        StorageTask::Restore { .. } => "Preparing the restore",
    }
}

/// What was asked for, if it can be done at all.
fn checked(task: StorageTask, role: LogRole) -> Result<StorageTask, RequestError> {
    let invalid = |message: &str| RequestError::new(RequestErrorCode::InvalidInput, message);
    let file = |file: String| {
        let file = file.trim().to_owned();
        if Path::new(&file).is_absolute() {
            Ok(file)
        } else {
            Err(invalid("File: write the whole path, beginning with /."))
        }
    };
    Ok(match task {
        StorageTask::Check => StorageTask::Check,
        StorageTask::Backup { file: to } => StorageTask::Backup { file: file(to)? },
        StorageTask::Restore { .. } if role != LogRole::Own => {
            return Err(invalid(
                "Only the log of the hub inside this program is restored; the copy of another hub's is rebuilt from it.",
            ));
        }
        StorageTask::Restore { file: from } => StorageTask::Restore { file: file(from)? },
    })
}

type Outcome = Result<Option<String>, StoreError>;

fn check(
    log: &StoredLog,
    now: impl Fn() -> Timestamp,
    progress: impl FnMut(f64) -> ControlFlow<()>,
) -> Outcome {
    let found = LogReader::open(&log.path)?.check(progress)?;
    if found.is_partial {
        return Ok(None);
    }
    let (status, lines) = words::check(&found, log.role);
    let gist = lines.first().cloned().unwrap_or_default();
    journal::note(&log.data_directory, log.hub, |noted| {
        noted.last_check = Some(CheckNote { at: now(), status, lines });
    });
    Ok(Some(gist))
}

fn back_up(
    log: &StoredLog,
    file: &Path,
    now: impl Fn() -> Timestamp,
    progress: impl FnMut(f64) -> ControlFlow<()>,
) -> Outcome {
    // The suggested directory is made; any other must be there, so that a slip makes none.
    let own: PathBuf = log.data_directory.join("backups");
    if file.parent() == Some(&own) {
        fs::create_dir_all(&own).map_err(|source| StoreError::File { path: own.clone(), source })?;
    }
    if LogReader::open(&log.path)?.backup(file, progress)?.is_break() {
        return Ok(None);
    }
    let bytes = fs::metadata(file).map_or(0, |found| found.len());
    journal::note(&log.data_directory, log.hub, |noted| {
        noted.last_backup = Some(BackupNote { at: now(), file: file.display().to_string(), bytes });
    });
    Ok(Some(format!("Backed up and read again: {} in {}.", words::bytes(bytes), file.display())))
}

fn restore(log: &StoredLog, file: &Path, progress: impl FnMut(f64) -> ControlFlow<()>) -> Outcome {
    if stage_restore(&log.path, file, progress)?.is_break() {
        return Ok(None);
    }
    Ok(Some(
        "The backup is whole and waits. It takes the log's place when Mission Control starts next; what is there now \
         is kept beside it."
            .to_owned(),
    ))
}
