//! Searching the logs of the hubs. The work is done on blocking threads; the core is asked only where the logs are, and
//! for the lines of what was found.

mod desk;
mod ground;
mod merge;
mod overview;
mod requests;
mod text;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mission_control_protocol::Timestamp;
use mission_control_store::{
    LogReader, ONLY_PARTITION, StoreError,
    search::{
        Effort, Plan, UseCases,
        query::{LocalTime, Query},
    },
};

pub(crate) use self::{
    desk::{Purpose, SearchDesk},
    ground::{ground, known},
};
use self::{
    merge::Found,
    overview::{Counting, CountingKey},
    text::{completions, mistake},
};
use crate::view::{
    HubKey,
    requests::{RequestError, RequestErrorCode},
    search::SearchScope,
};

/// Hits of a page at most.
pub(crate) const PAGE: u32 = 500;

/// After this long an answer is given with what there is, so that it can be shown and gone on with.
const PATIENCE: Duration = Duration::from_millis(250);

/// A hub that is searched.
#[derive(Debug, Clone)]
pub(crate) struct SearchedHub {
    pub(crate) key: HubKey,
    pub(crate) name: String,
    pub(crate) log: PathBuf,
    pub(crate) use_cases: UseCases,
}

/// What the core knows that a search needs.
#[derive(Debug, Clone)]
pub(crate) struct SearchGround {
    pub(crate) hubs: Vec<SearchedHub>,
    pub(crate) now: Timestamp,
}

/// Whether a newer search took the place of this one, or it has taken long enough.
#[derive(Debug, Clone)]
pub(crate) struct Leash {
    cancelled: Arc<AtomicBool>,
    until: Instant,
}

impl Leash {
    pub(crate) fn new(cancelled: Arc<AtomicBool>) -> Self {
        Self { cancelled, until: Instant::now() + PATIENCE }
    }

    /// Whether the work is to end here.
    fn is_over(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || Instant::now() >= self.until
    }

    /// An error when a newer search took the place of this one.
    pub(crate) fn check(&self) -> Result<(), RequestError> {
        if self.cancelled.load(Ordering::Relaxed) {
            let message = "A newer search of this view took the place of this one.";
            return Err(RequestError::new(RequestErrorCode::Superseded, message));
        }
        Ok(())
    }
}

/// The plan of a search in one hub.
pub(crate) fn plan(scope: &SearchScope, now: Timestamp, hub: &SearchedHub) -> Result<Plan, RequestError> {
    let query: Query = scope.query.parse().map_err(|error| mistake(&scope.query, &error))?;
    let local = LocalTime {
        now: scope.until.unwrap_or(now),
        utc_offset_minutes: scope.utc_offset_minutes.clamp(-1_440, 1_440),
    };
    let plan = Plan::new(&query, local, &hub.use_cases);
    Ok(match scope.until {
        Some(until) => plan.until(until.plus_milliseconds(1)),
        None => plan,
    })
}

/// What is to be done in the log of one hub.
type Job<T> = (HubKey, PathBuf, T);

/// Does `work` on each hub's log, each on a blocking thread of its own. A hub that has no log yet has nothing to find.
pub(crate) async fn on_each<T: Send + 'static>(
    jobs: Vec<Job<T>>,
    leash: &Leash,
    work: fn(&mut LogReader, &mut T, &Effort<'_>) -> Result<(), StoreError>,
) -> Result<Vec<Job<T>>, RequestError> {
    let mut running = Vec::with_capacity(jobs.len());
    for (hub, log, mut job) in jobs {
        let leash = leash.clone();
        running.push(tokio::task::spawn_blocking(move || {
            if log.exists() {
                let mut reader = LogReader::open(&log)?;
                work(&mut reader, &mut job, &Effort { stop: &|| leash.is_over() })?;
            }
            Ok::<_, StoreError>((hub, log, job))
        }));
    }
    let mut done = Vec::with_capacity(running.len());
    for job in running {
        let ended = job.await.map_err(|error| unreadable(error.to_string()))?;
        done.push(ended.map_err(|error| unreadable(error.to_string()))?);
    }
    leash.check()?;
    Ok(done)
}

fn unreadable(error: impl AsRef<str>) -> RequestError {
    let message = format!("The history cannot be searched: {}.", error.as_ref());
    RequestError::new(RequestErrorCode::CacheUnavailable, message)
}

/// When the record at `seq`, or the first one after it, was received.
fn at_of(reader: &mut LogReader, seq: u64) -> Result<Option<Timestamp>, StoreError> {
    reader.at_of(ONLY_PARTITION, seq)
}
