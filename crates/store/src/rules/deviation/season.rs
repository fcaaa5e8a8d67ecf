//! What is usual at each hour of a day or of a week.

use mission_control_protocol::Timestamp;
use serde::{Deserialize, Serialize};

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// A cycle, and how fast its hours follow the series.
#[derive(Debug)]
pub(super) struct Cycle {
    hours: usize,
    rate: f64,
}

/// The hours of a day, in UTC.
pub(super) const DAY: Cycle = Cycle { hours: 24, rate: 0.1 };

/// The hours of a week, in UTC.
pub(super) const WEEK: Cycle = Cycle { hours: 168, rate: 0.2 };

/// The level of each hour of a cycle; `None` for an hour that had no sample yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Season {
    rate: f64,
    levels: Box<[Option<f64>]>,
}

impl Season {
    pub(super) fn new(cycle: &Cycle) -> Self {
        Self { rate: cycle.rate, levels: vec![None; cycle.hours].into() }
    }

    /// How far `value` is from the level of its hour, which then follows it; `None` for the first of the hour.
    pub(super) fn learn(&mut self, at: Timestamp, value: f64) -> Option<f64> {
        let hours = i64::try_from(self.levels.len()).ok().filter(|hours| *hours > 0)?;
        let hour = at.as_milliseconds().div_euclid(HOUR_MS).rem_euclid(hours);
        let level = self.levels.get_mut(usize::try_from(hour).ok()?)?;
        let difference = level.map(|level| value - level);
        *level = Some(level.map_or(value, |level| level + self.rate * (value - level)));
        difference
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.levels)
    }
}
