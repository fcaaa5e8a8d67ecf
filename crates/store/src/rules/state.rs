//! What is remembered of one rule on one series of one dashboard.

use mission_control_protocol::alerting::RuleCondition;

use super::{deviation::Score, window::Window};

/// After so long without a sample, in milliseconds, what was about to hold begins anew.
pub(super) const GAP: i64 = 5 * 60_000;

/// Whether a condition holds, and since when it is about to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Holding {
    pub(super) since: Option<i64>,
    pub(super) holds: bool,
}

impl Holding {
    /// The condition is met or not at `at`; `goes_on` says whether what holds already goes on. Returns whether it holds,
    /// when that changed.
    pub(super) fn see(&mut self, at: i64, is_met: bool, goes_on: bool, wait: i64) -> Option<bool> {
        if self.holds {
            if goes_on {
                return None;
            }
            *self = Self::default();
            return Some(false);
        }
        if !is_met {
            self.since = None;
            return None;
        }
        let since = *self.since.get_or_insert(at);
        self.ripen(at, since + wait)
    }

    /// As time passes without news.
    pub(super) fn ripen(&mut self, at: i64, due: i64) -> Option<bool> {
        if self.holds || self.since.is_none() || at < due {
            return None;
        }
        self.holds = true;
        Some(true)
    }

    /// Nothing is known any more. Returns `Some(false)` when it held.
    pub(super) fn end(&mut self) -> Option<bool> {
        let held = self.holds;
        *self = Self::default();
        held.then_some(false)
    }
}

/// One rule on one series.
#[derive(Debug, Clone)]
pub(super) struct SeriesState {
    pub(super) slot: usize,
    pub(super) holding: Holding,
    /// When the last sample came.
    pub(super) last: i64,
    /// Whether a deadline is set, for absence.
    pub(super) is_waiting: bool,
    /// For rules that look back.
    pub(super) window: Option<Box<Window>>,
    /// For rules on deviations that hold: when a sample last was unusual.
    pub(super) unusual_at: i64,
}

/// What a sample is judged by, besides the rule's own bounds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing {
    /// The median of the peers and the size of a usual distance from it, for rules on outliers.
    pub(super) peers: Option<(f64, f64)>,
    /// How unusual it is for its series, for rules on deviations.
    pub(super) score: Option<Score>,
}

impl SeriesState {
    pub(super) fn new(slot: usize, condition: &RuleCondition) -> Self {
        let looks_back = matches!(condition, RuleCondition::Rate { .. } | RuleCondition::Forecast { .. });
        Self {
            slot,
            holding: Holding::default(),
            last: i64::MIN,
            is_waiting: false,
            window: looks_back.then(Box::default),
            unusual_at: i64::MIN,
        }
    }

    /// Takes a sample. Returns whether the rule holds when that changed, and the value that decided it.
    pub(super) fn sample(
        &mut self,
        condition: &RuleCondition,
        wait: i64,
        (at, value): (i64, f64),
        standing: Standing,
    ) -> Option<(bool, f64)> {
        if self.last != i64::MIN && at - self.last > GAP && !self.holding.holds {
            self.holding.since = None;
        }
        self.last = at;
        let (is_met, goes_on, shown) = match condition {
            RuleCondition::Threshold { comparison, value: bound, clear, .. } => {
                let goes_on = comparison.holds(value, clear.unwrap_or(*bound));
                (comparison.holds(value, *bound), goes_on, value)
            }
            RuleCondition::Rate { comparison, per_minute, clear, over_seconds, .. } => {
                let over = i64::from(*over_seconds) * 1_000;
                let window = self.window.get_or_insert_default();
                window.push(at, value, over);
                // Too little to tell is no reason to end what holds.
                let rate = window.per_minute(at, value, over)?;
                let goes_on = comparison.holds(rate, clear.unwrap_or(*per_minute));
                (comparison.holds(rate, *per_minute), goes_on, rate)
            }
            RuleCondition::Forecast { comparison, value: bound, within_seconds, over_seconds, .. } => {
                let over = i64::from(*over_seconds) * 1_000;
                let window = self.window.get_or_insert_default();
                window.push(at, value, over);
                let ahead = window.line_at(at, value, over, i64::from(*within_seconds) * 1_000);
                let is_beyond = comparison.holds(value, *bound);
                if ahead.is_none() && !is_beyond {
                    return None;
                }
                let is_met = is_beyond || ahead.is_some_and(|ahead| comparison.holds(ahead, *bound));
                (is_met, is_met, value)
            }
            RuleCondition::Outlier { distance, .. } => {
                let Some((median, usual)) = standing.peers else {
                    // Without enough peers nothing is usual, and nothing unusual.
                    return self.holding.end().map(|holds| (holds, value));
                };
                let is_met = (value - median).abs() > distance * usual;
                (is_met, is_met, value)
            }
            RuleCondition::Deviation { score, clear, calm_seconds, .. } => {
                // Before the series is known, and where it is one too many, nothing can be said.
                let scored = standing.score?;
                let calm = i64::from(*calm_seconds) * 1_000;
                // One that held when the hub started is calm from its first sample on.
                if scored.anomaly >= clear.unwrap_or(*score) || self.unusual_at == i64::MIN {
                    self.unusual_at = at;
                }
                (scored.anomaly >= *score, at - self.unusual_at < calm, value)
            }
            RuleCondition::Absence { .. } | RuleCondition::Fleet { .. } => return None,
        };
        self.holding.see(at, is_met, goes_on, wait).map(|holds| (holds, shown))
    }
}
