//! Counts over everything that a query asks for: by kind, severity, dashboard, type, and over time. Counted from the
//! newest record back, a piece at a time.

use std::{collections::HashMap, ops::ControlFlow};

use mission_control_protocol::{DashboardId, RecordKind, Severity, Timestamp};

use super::{Effort, Plan};
use crate::{LogReader, StoreError, segments::Direction};

/// Types are counted in so many of the newest hits: a type stands in the body, which has to be fetched for it.
const TYPED: u64 = 20_000;

/// Types counted apart; all others are counted together.
const TYPES: usize = 500;

/// The counts over one partition of a log.
#[derive(Debug, Clone)]
pub struct Tally {
    partition: u16,
    plan: Plan,
    /// Everything from here on has been counted.
    counted_from: Option<u64>,
    span: Span,
    kinds: [u64; RecordKind::ALL.len()],
    severities: [u64; Severity::ALL.len()],
    dashboards: HashMap<i64, (DashboardId, u64)>,
    types: HashMap<String, u64>,
    typed: u64,
    buckets: Vec<[u64; Severity::ALL.len()]>,
    total: u64,
}

/// Time in buckets of one width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where the first bucket begins.
    pub from: Timestamp,
    /// How long each is, in milliseconds.
    pub width: i64,
    /// How many there are.
    pub count: usize,
}

impl Span {
    /// `count` buckets that cover the time from `from` until `to`, which is not in it.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp, count: usize) -> Self {
        let count = count.max(1);
        let length = to.milliseconds_since(from).max(1);
        let buckets = i64::try_from(count).unwrap_or(i64::MAX);
        Self { from, width: (length.saturating_sub(1) / buckets).saturating_add(1), count }
    }

    /// The bucket in which `at` falls; the first or the last when it is outside.
    #[must_use]
    pub fn bucket(&self, at: Timestamp) -> usize {
        let index = at.milliseconds_since(self.from).max(0) / self.width.max(1);
        usize::try_from(index).unwrap_or(usize::MAX).min(self.count.saturating_sub(1))
    }
}

impl Tally {
    /// Nothing counted yet. What comes after `last_seq` is not counted.
    #[must_use]
    pub fn new(partition: u16, plan: Plan, span: Span, last_seq: u64) -> Self {
        Self {
            partition,
            plan,
            counted_from: Some(last_seq.saturating_add(1)),
            buckets: vec![[0; Severity::ALL.len()]; span.count],
            span,
            kinds: [0; RecordKind::ALL.len()],
            severities: [0; Severity::ALL.len()],
            dashboards: HashMap::new(),
            types: HashMap::new(),
            typed: 0,
            total: 0,
        }
    }

    /// Counts on, until all is counted or it is told to stop.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn count(&mut self, reader: &mut LogReader, effort: &Effort<'_>) -> Result<(), StoreError> {
        let Some(counted_from) = self.counted_from else { return Ok(()) };
        let plan = self.plan.clone();
        let seqs = (1, counted_from.saturating_sub(1));
        // With every hit looked at, none is counted twice when it is gone on with.
        let walked = reader.walk(self.partition, &plan, seqs, Direction::Backward, effort, |look| {
            if !look.passes()? {
                return Ok(ControlFlow::Continue(()));
            }
            let (at, severity) = (look.at(), look.severity());
            self.total += 1;
            if let Some(index) = RecordKind::ALL.into_iter().position(|kind| Some(kind) == look.kind()) {
                self.kinds[index] += 1;
            }
            self.severities[usize::from(severity.code())] += 1;
            self.buckets[self.span.bucket(at)][usize::from(severity.code())] += 1;
            match self.dashboards.get_mut(&look.dashboard()) {
                Some((_, count)) => *count += 1,
                None => {
                    self.dashboards.insert(look.dashboard(), (look.dashboard_id()?, 1));
                }
            }
            if self.typed < TYPED {
                self.typed += 1;
                if let Some(name) = look.type_name()?
                    && (self.types.len() < TYPES || self.types.contains_key(&name))
                {
                    *self.types.entry(name).or_default() += 1;
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.counted_from = walked.reached;
        Ok(())
    }

    /// Whether everything is counted; until then each count is "at least".
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.counted_from.is_none()
    }

    /// Whether the types of all hits are counted; else only those of the newest are.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.is_complete() && self.typed == self.total && self.types.len() < TYPES
    }

    /// Everything from this `seq` on is counted; `None` when all is.
    #[must_use]
    pub fn counted_from(&self) -> Option<u64> {
        self.counted_from
    }

    /// Hits so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Hits of each kind that occurs.
    pub fn kinds(&self) -> impl Iterator<Item = (RecordKind, u64)> {
        RecordKind::ALL.into_iter().zip(self.kinds).filter(|(_, count)| *count > 0)
    }

    /// Hits of each severity that occurs.
    pub fn severities(&self) -> impl Iterator<Item = (Severity, u64)> {
        Severity::ALL.into_iter().zip(self.severities).filter(|(_, count)| *count > 0)
    }

    /// Hits of each dashboard that occurs.
    pub fn dashboards(&self) -> impl Iterator<Item = (&DashboardId, u64)> {
        self.dashboards.values().map(|(id, count)| (id, *count))
    }

    /// Hits of each type that occurs.
    pub fn types(&self) -> impl Iterator<Item = (&str, u64)> {
        self.types.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// Hits over time: for each bucket, those of each severity, mildest first.
    #[must_use]
    pub fn buckets(&self) -> &[[u64; Severity::ALL.len()]] {
        &self.buckets
    }
}
