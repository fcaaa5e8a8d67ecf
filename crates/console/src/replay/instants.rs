//! Reading instants of the past from the logs. Blocks on the disk: for blocking threads only.

use std::{collections::HashMap, ops::ControlFlow, path::PathBuf};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp,
    alert::AlertTransition,
    operator_wire::Cursor,
    record::{AlertRecord, ConnectionRecord, Liveness},
    status::{DashboardState, DashboardStatus},
};
use mission_control_store::{Folded, Hole, LogReader, ONLY_PARTITION, Projection, RecordFilter, StoreError};
use serde_json::value::RawValue;

use crate::{
    activity::{Activity, MINUTE},
    hub_link::history,
    hub_state::{TAIL, seq_of},
    models::events,
    view::{HubKey, conductor::StepTarget},
};

/// Folding on is quicker than finding a snapshot for fewer records than these.
const FOLDED_ON: u64 = 20_000;
/// Records looked at for the newest lines of the feed.
const LOOK_AT: u64 = 20_000;
/// Newest records whose severity is looked at for the activity strip.
const WEIGHED: u64 = 5_000;
/// Records looked through at once for a state change before an instant.
const STRETCH: u64 = 10_000;

/// A log to read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogOf {
    pub(crate) hub: HubKey,
    pub(crate) path: PathBuf,
}

/// What a log says of an instant.
#[derive(Default)]
pub(crate) struct HubInstant {
    pub(crate) projection: Projection,
    pub(crate) cursors: Vec<Cursor>,
    /// Newest first.
    pub(crate) newest: Vec<Record>,
    pub(crate) activity: Activity,
    /// Records that it would take to know this for sure, and that are not here.
    pub(crate) missing: u64,
    /// Why the log says nothing, in a sentence; `None` when it could be read.
    pub(crate) problem: Option<String>,
}

/// Reads instants. Remembers the last of each log, so that a replay only folds on.
#[derive(Default)]
pub(crate) struct InstantReader {
    logs: Vec<OpenLog>,
}

struct OpenLog {
    source: LogOf,
    reader: LogReader,
    projection: Projection,
    cursors: Vec<Cursor>,
    missing: u64,
    at: Timestamp,
    activity: (i64, Activity),
}

impl InstantReader {
    /// The state of each log at `at`. A log that cannot be read says why.
    pub(crate) fn read(&mut self, logs: &[LogOf], at: Timestamp) -> Vec<(HubKey, HubInstant)> {
        self.logs.retain(|open| logs.contains(&open.source));
        let mut instants = Vec::with_capacity(logs.len());
        for log in logs {
            match self.read_one(log, at) {
                Ok(instant) => instants.push((log.hub, instant)),
                Err(error) => {
                    tracing::warn!(%error, "the past of a hub cannot be read");
                    self.logs.retain(|open| open.source != *log);
                    let problem = Some(format!("What it recorded cannot be read: {error}."));
                    instants.push((log.hub, HubInstant { problem, ..HubInstant::default() }));
                }
            }
        }
        instants
    }

    fn read_one(&mut self, log: &LogOf, at: Timestamp) -> Result<HubInstant, StoreError> {
        let index = match self.logs.iter().position(|open| open.source == *log) {
            Some(index) => index,
            None => {
                let mut reader = LogReader::open(&log.path)?;
                let Folded { projection, cursors, missing } = reader.folded_at(at)?;
                let (source, activity) = (log.clone(), (i64::MIN, Activity::default()));
                self.logs.push(OpenLog { source, reader, projection, cursors, missing, at, activity });
                self.logs.len() - 1
            }
        };
        self.logs[index].show(at)
    }
}

impl OpenLog {
    fn show(&mut self, at: Timestamp) -> Result<HubInstant, StoreError> {
        let after = self.reader.seq_at(ONLY_PARTITION, at.plus_milliseconds(1))?;
        let folded = seq_of(&self.cursors, ONLY_PARTITION);
        // A log of which nothing was known yet may begin with a state rather than with its first record.
        let crosses = |hole: &Hole| hole.first_seq <= after && hole.last_seq > folded;
        let goes_on = at >= self.at && folded > 0 && !self.reader.holes()?.iter().any(crosses);
        if goes_on && after.saturating_sub(folded) <= FOLDED_ON {
            self.reader.advance(&mut self.projection, &mut self.cursors, at)?;
        } else {
            let folded = self.reader.folded_at(at)?;
            (self.projection, self.cursors) = (folded.projection, folded.cursors);
            self.missing = folded.missing;
        }
        self.at = at;
        let filter = RecordFilter { dashboard: None, kinds: events::FED.to_vec() };
        // Some lines are no news and are left out later: read a few more.
        let wanted = u32::try_from(TAIL * 4).unwrap_or(u32::MAX);
        let newest = self.reader.newest(ONLY_PARTITION, &filter, after, wanted, LOOK_AT)?.records;
        let minute = at.as_milliseconds().div_euclid(MINUTE);
        if self.activity.0 != minute {
            self.activity = (minute, history::activity(&mut self.reader, at, WEIGHED)?);
        }
        Ok(HubInstant {
            projection: self.projection.clone(),
            cursors: self.cursors.clone(),
            newest,
            activity: self.activity.1.clone(),
            missing: self.missing,
            problem: None,
        })
    }
}

/// The instant nearest to `at`, before or after it, at which what is asked for happened in any of `logs`; `None` when
/// there is none.
///
/// # Errors
/// Those of the disk.
pub(crate) fn step(
    logs: &[LogOf],
    at: Timestamp,
    to: StepTarget,
    backwards: bool,
) -> Result<Option<Timestamp>, StoreError> {
    let mut nearest: Option<Timestamp> = None;
    for log in logs {
        let mut reader = LogReader::open(&log.path)?;
        let found = if backwards { before(&mut reader, at, to)? } else { after(&mut reader, at, to)? };
        nearest = match (nearest, found) {
            (Some(known), Some(found)) => Some(if backwards { known.max(found) } else { known.min(found) }),
            (known, found) => known.or(found),
        };
    }
    Ok(nearest)
}

fn after(reader: &mut LogReader, at: Timestamp, to: StepTarget) -> Result<Option<Timestamp>, StoreError> {
    let first = reader.seq_at(ONLY_PARTITION, at.plus_milliseconds(1))?;
    let mut marks = Marks::begin(reader, at, to)?;
    let mut found = None;
    reader.scan(ONLY_PARTITION, &marks.filter(), first, u64::MAX, |record| {
        if marks.is_mark(&record) {
            found = Some(record.at);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn before(reader: &mut LogReader, at: Timestamp, to: StepTarget) -> Result<Option<Timestamp>, StoreError> {
    let mut end = reader.seq_at(ONLY_PARTITION, at)?;
    while end > 1 {
        let start = end.saturating_sub(STRETCH).max(1);
        // What stood before the stretch tells which of its records change anything.
        let eve = match reader.records(ONLY_PARTITION, start, 1)?.first() {
            Some(first) => first.at.plus_milliseconds(-1),
            None => return Ok(None),
        };
        let mut marks = Marks::begin(reader, eve, to)?;
        let mut found = None;
        let from = reader.seq_at(ONLY_PARTITION, eve.plus_milliseconds(1))?;
        reader.scan(ONLY_PARTITION, &marks.filter(), from, end - 1, |record| {
            if marks.is_mark(&record) {
                found = Some(record.at);
            }
            ControlFlow::Continue(())
        })?;
        if found.is_some() {
            return Ok(found);
        }
        end = start.min(from);
    }
    Ok(None)
}

/// Which records one steps to. Records come in the order of the log.
struct Marks {
    to: StepTarget,
    states: HashMap<DashboardId, DashboardState>,
    liveness: HashMap<DashboardId, Liveness>,
}

impl Marks {
    /// Knows what stood at `at`.
    fn begin(reader: &mut LogReader, at: Timestamp, to: StepTarget) -> Result<Self, StoreError> {
        let mut marks = Self { to, states: HashMap::new(), liveness: HashMap::new() };
        if to == StepTarget::StateChange {
            let (projection, _) = reader.projection_at(at)?;
            for (id, dashboard) in projection.dashboards {
                if let Some(status) = dashboard.status {
                    marks.states.insert(id.clone(), status.value.state);
                }
                if let Some(known) = dashboard.liveness {
                    marks.liveness.insert(id, known.liveness);
                }
            }
        }
        Ok(marks)
    }

    fn filter(&self) -> RecordFilter {
        let kinds = match self.to {
            StepTarget::Alert => vec![RecordKind::Alert],
            StepTarget::StateChange => vec![RecordKind::Connection, RecordKind::Status],
        };
        RecordFilter { dashboard: None, kinds }
    }

    fn is_mark(&mut self, record: &Record) -> bool {
        match record.kind {
            RecordKind::Alert => read::<AlertRecord>(&record.body).is_some_and(|step| {
                step.transition == AlertTransition::Raised && record.severity >= Severity::Warning
            }),
            RecordKind::Status => read::<DashboardStatus>(&record.body).is_some_and(|status| {
                self.states.insert(record.dashboard_id.clone(), status.state) != Some(status.state)
            }),
            RecordKind::Connection => read::<ConnectionRecord>(&record.body).is_some_and(|connection| {
                let known = self.liveness.insert(record.dashboard_id.clone(), connection.liveness);
                known != Some(connection.liveness)
            }),
            _ => false,
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &RawValue) -> Option<T> {
    serde_json::from_str(body.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_cannot_be_read_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        std::fs::write(&path, vec![0x5a; 9_000]).unwrap();
        let logs = [LogOf { hub: HubKey::EMBEDDED, path }];
        let read = InstantReader::default().read(&logs, Timestamp::from_milliseconds(5));
        let problem = read[0].1.problem.as_deref().unwrap();
        assert!(problem.contains("log.sqlite is damaged"), "{problem}");
    }
}
