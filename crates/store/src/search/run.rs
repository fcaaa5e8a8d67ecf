//! Searching a log: a page of hits, and where to go on.

use std::ops::ControlFlow;

use mission_control_protocol::{Record, RecordKind, Severity, Timestamp};

use super::{Plan, evaluate::Facts, evaluate::RecordView};
use crate::{
    LogReader, StoreError,
    database::MAX_SEQ,
    segments::{CodeSet, Direction, Selection},
};

/// Records whose columns are looked at between two looks at whether to stop.
const STRETCH: u64 = 100_000;

/// Bodies that are looked at between two looks at whether to stop.
const BODIES: u64 = 64;

/// How much a call may do. What was not done is said in the answer, and can be gone on with.
pub struct Effort<'a> {
    /// Asked now and then: whether to stop here.
    pub stop: &'a dyn Fn() -> bool,
}

impl std::fmt::Debug for Effort<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Effort").finish_non_exhaustive()
    }
}

/// Part of a search's hits.
#[derive(Debug)]
pub struct Hits {
    /// The records, in the order asked for.
    pub records: Vec<Record>,
    /// Everything from where the search began up to and including this `seq` was looked at; `None` when it came to the
    /// end.
    pub reached: Option<u64>,
    /// Whether it stopped because it was told to, and not because the page is full.
    pub stopped: bool,
}

impl LogReader {
    /// The newest `limit` records before `before_seq` that `plan` asks for, newest first.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn search_before(
        &mut self,
        partition: u16,
        plan: &Plan,
        before_seq: u64,
        limit: usize,
        effort: &Effort<'_>,
    ) -> Result<Hits, StoreError> {
        self.search(partition, plan, (1, before_seq.saturating_sub(1)), Direction::Backward, limit, effort)
    }

    /// The oldest `limit` records after `after_seq` that `plan` asks for, oldest first.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn search_after(
        &mut self,
        partition: u16,
        plan: &Plan,
        after_seq: u64,
        limit: usize,
        effort: &Effort<'_>,
    ) -> Result<Hits, StoreError> {
        let seqs = (after_seq.saturating_add(1), MAX_SEQ);
        self.search(partition, plan, seqs, Direction::Forward, limit, effort)
    }

    /// When the first record from `seq` on was received; `None` when there is none.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn at_of(&mut self, partition: u16, seq: u64) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.records(partition, seq, 1)?.first().map(|record| record.at))
    }

    fn search(
        &mut self,
        partition: u16,
        plan: &Plan,
        seqs: (u64, u64),
        direction: Direction,
        limit: usize,
        effort: &Effort<'_>,
    ) -> Result<Hits, StoreError> {
        let mut records = Vec::new();
        let walked = self.walk(partition, plan, seqs, direction, effort, |look| {
            if look.passes()?
                && let Some(record) = look.take()?
            {
                records.push(record);
            }
            Ok(if records.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(Hits { records, reached: walked.reached, stopped: walked.stopped })
    }

    /// Shows `see` each record between `seqs` that `plan` may ask for.
    pub(super) fn walk(
        &mut self,
        partition: u16,
        plan: &Plan,
        seqs: (u64, u64),
        direction: Direction,
        effort: &Effort<'_>,
        mut see: impl FnMut(&mut Look<'_, '_, '_, '_>) -> rusqlite::Result<ControlFlow<()>>,
    ) -> Result<Walked, StoreError> {
        let Some(selection) = self.select(plan)? else { return Ok(Walked::whole()) };
        let (mut first, mut last) = seqs;
        if let Some(from) = plan.requirements.from {
            first = first.max(self.seq_at(partition, from)?);
        }
        if let Some(to) = plan.requirements.to {
            last = last.min(self.seq_at(partition, to)?.saturating_sub(1));
        }
        let mut bodies = 0;
        let mut stopped = false;
        while first <= last {
            if (effort.stop)() {
                let reached = match direction {
                    Direction::Forward => first - 1,
                    Direction::Backward => last + 1,
                };
                return Ok(Walked { reached: Some(reached), stopped: true });
            }
            let mut ended = false;
            let reached =
                self.visit(partition, &selection, (first, last), direction, STRETCH, |visited, names| {
                    let mut look = Look { plan, visited: Some(visited), names, bodies: &mut bodies };
                    let flow = see(&mut look)?;
                    stopped = bodies >= BODIES && (effort.stop)();
                    bodies %= BODIES;
                    ended = flow.is_break() || stopped;
                    Ok(if ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
                })?;
            let Some(reached) = reached else { break };
            if ended {
                let is_end = reached == if direction == Direction::Forward { last } else { first };
                return Ok(Walked { reached: Some(reached).filter(|_| !is_end), stopped });
            }
            match direction {
                Direction::Forward => first = reached + 1,
                Direction::Backward => last = reached - 1,
            }
        }
        Ok(Walked::whole())
    }

    /// What to skip by, in the numbers that are stored; `None` when no record can pass.
    fn select(&mut self, plan: &Plan) -> Result<Option<Selection>, StoreError> {
        let required = &plan.requirements;
        let mut severities = CodeSet::NONE;
        for severity in required.severities.iter() {
            severities = severities.with(severity.code());
        }
        if required.severities.contains(Severity::Critical) {
            // What a newer version calls worse reads as critical.
            severities = (Severity::Critical.code()..=63).fold(severities, CodeSet::with);
        }
        let dashboards = if plan.matcher.asks_dashboard() { Some(self.dashboards_of(plan)?) } else { None };
        let selection = Selection {
            kinds: CodeSet::kinds(required.kinds.iter()),
            severities,
            dashboards,
            first_at: required.from.map_or(i64::MIN, Timestamp::as_milliseconds),
            last_at: required.to.map_or(i64::MAX, |to| to.as_milliseconds().saturating_sub(1)),
            words: required.words.clone(),
        };
        let is_empty = required.kinds.is_empty()
            || required.severities.is_empty()
            || selection.dashboards.as_ref().is_some_and(Vec::is_empty)
            || selection.first_at > selection.last_at;
        Ok((!is_empty).then_some(selection))
    }

    /// The numbers of the dashboards that the plan does not rule out, rising.
    fn dashboards_of(&mut self, plan: &Plan) -> Result<Vec<i64>, StoreError> {
        self.read(|reader| {
            let mut statement =
                reader.connection().prepare_cached("SELECT number, id FROM dashboards ORDER BY number")?;
            let mut rows = statement.query([])?;
            let mut numbers = Vec::new();
            while let Some(row) = rows.next()? {
                if !plan.rules_out_dashboard(row.get_ref(1)?.as_str()?) {
                    numbers.push(row.get(0)?);
                }
            }
            Ok(numbers)
        })
    }
}

/// How far a walk came.
pub(super) struct Walked {
    /// The last `seq` looked at, when that was not the end.
    pub(super) reached: Option<u64>,
    /// Whether it was told to stop.
    pub(super) stopped: bool,
}

impl Walked {
    fn whole() -> Self {
        Self { reached: None, stopped: false }
    }
}

/// A record that the columns do not rule out.
pub(super) struct Look<'a, 'v, 'n, 'c> {
    plan: &'a Plan,
    /// Until it is taken.
    visited: Option<crate::segments::Visited<'v>>,
    names: &'a mut crate::reader::Names<'n>,
    bodies: &'c mut u64,
}

impl Look<'_, '_, '_, '_> {
    /// When it was received.
    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.visited.as_ref().map_or(0, |visited| visited.at))
    }

    /// The number of its dashboard.
    pub(super) fn dashboard(&self) -> i64 {
        self.visited.as_ref().map_or(0, |visited| visited.dashboard)
    }

    /// Its severity.
    pub(super) fn severity(&self) -> Severity {
        Severity::from_code(self.visited.as_ref().map_or(0, |visited| visited.severity))
    }

    /// Its kind; `None` when only a newer version knows it.
    pub(super) fn kind(&self) -> Option<RecordKind> {
        RecordKind::from_code(self.visited.as_ref()?.kind)
    }

    /// The id of its dashboard.
    pub(super) fn dashboard_id(&mut self) -> rusqlite::Result<mission_control_protocol::DashboardId> {
        let number = self.dashboard();
        self.names.dashboard(number).cloned()
    }

    /// Whether the query asks for it. Its body is fetched only when the columns do not decide.
    pub(super) fn passes(&mut self) -> rusqlite::Result<bool> {
        let Some(kind) = self.kind() else { return Ok(false) };
        let (at, severity, dashboard_id) = (self.at(), self.severity(), self.dashboard_id()?);
        let matcher = &self.plan.matcher;
        let facts = Facts {
            kind: Some(kind),
            severity: Some(severity),
            dashboard_id: Some(dashboard_id.as_str()),
            at: Some(at),
        };
        if !matcher.can_match(&facts) {
            return Ok(false);
        }
        if matcher.must_match(&facts) {
            return Ok(true);
        }
        *self.bodies += 1;
        let Some(body) = self.visited.as_mut().map(crate::segments::Visited::body).transpose()?.flatten()
        else {
            return Ok(false);
        };
        Ok(matcher.matches(&RecordView { at, dashboard_id: dashboard_id.as_str(), kind, severity, body }))
    }

    /// The type of what it tells.
    pub(super) fn type_name(&mut self) -> rusqlite::Result<Option<String>> {
        let (at, severity) = (self.at(), self.severity());
        let Some(kind) = self.kind() else { return Ok(None) };
        *self.bodies += 1;
        let Some(body) = self.visited.as_mut().map(crate::segments::Visited::body).transpose()?.flatten()
        else {
            return Ok(None);
        };
        Ok(super::type_of(&RecordView { at, dashboard_id: "", kind, severity, body }))
    }

    /// The record as a whole; `None` when it is damaged.
    fn take(&mut self) -> rusqlite::Result<Option<Record>> {
        *self.bodies += 1;
        match self.visited.take() {
            Some(visited) => self.names.record(visited),
            None => Ok(None),
        }
    }
}
