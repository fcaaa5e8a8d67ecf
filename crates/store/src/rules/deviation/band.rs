//! The range in which a number has been, slowly forgotten.

use serde::{Deserialize, Serialize};

/// Numbers before a band says anything.
const SETTLED: u64 = 30;

/// Numbers over which the middle is taken, towards which a band shrinks.
const MIDDLE: f64 = 2_000.0;

/// Time after which two thirds of what reaches beyond the middle are forgotten: a hundred days.
const MEMORY_MS: f64 = 100.0 * 24.0 * 60.0 * 60.0 * 1_000.0;

/// Numbers that are remembered even when they come rarely.
const LEAST_MEMORY: f64 = 5_000.0;

/// The excess, in widths of the band, from which a number is no longer usual.
pub(super) const UNUSUAL: f64 = 0.15;

/// Numbers for which the band waits before it takes in an excursion that was no anomaly.
const EXCURSION: u32 = 20;

/// From the least to the greatest number seen, drawn a little closer around the middle with each one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Band {
    low: f64,
    high: f64,
    middle: f64,
    seen: u64,
    excursion: Option<Excursion>,
}

/// Numbers outside of the band, which it has not taken in yet: what creeps out of it in small steps is measured by its
/// whole way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Excursion {
    low: f64,
    high: f64,
    numbers: u32,
}

impl Band {
    /// How far the band reaches, from its low to its high end.
    pub(super) fn width(&self) -> f64 {
        self.high - self.low
    }

    /// By how many of its own widths `number` is further out than any before it, 0 inside. The width is taken as no less
    /// than `least`. `elapsed_ms` since the number before decides how much is forgotten.
    pub(super) fn excess(&mut self, number: f64, least: f64, elapsed_ms: i64) -> f64 {
        if self.seen == 0 {
            (self.low, self.high, self.middle) = (number, number, number);
        }
        let width = self.width() + least + f64::MIN_POSITIVE;
        let outside = (number - self.high).max(self.low - number).max(0.0);
        let seen_outside = self.excursion.as_ref().is_some_and(|excursion| excursion.holds(number));
        let excess = if seen_outside { 0.0 } else { outside / width };
        let settled = self.seen >= SETTLED;
        self.forget(number, elapsed_ms);
        self.reach(number, !settled || excess > UNUSUAL);
        if settled { excess } else { 0.0 }
    }

    fn forget(&mut self, number: f64, elapsed_ms: i64) {
        self.seen = self.seen.saturating_add(1);
        self.middle += (number - self.middle) / MIDDLE.min(self.seen as f64);
        let forgotten = (elapsed_ms as f64 / MEMORY_MS).min(1.0 / LEAST_MEMORY);
        self.low += (self.middle - self.low) * forgotten;
        self.high += (self.middle - self.high) * forgotten;
    }

    /// Takes `number` into the excursion, if there is or begins one, and that into the band when it has waited or must
    /// not wait.
    fn reach(&mut self, number: f64, at_once: bool) {
        let outside = number < self.low || number > self.high;
        if self.excursion.is_none() && !outside {
            return;
        }
        let (low, high) = (self.low, self.high);
        let excursion = self.excursion.get_or_insert(Excursion { low, high, numbers: 0 });
        excursion.low = excursion.low.min(number);
        excursion.high = excursion.high.max(number);
        excursion.numbers += 1;
        if at_once || excursion.numbers >= EXCURSION {
            self.low = self.low.min(excursion.low);
            self.high = self.high.max(excursion.high);
            self.excursion = None;
        }
    }
}

impl Excursion {
    fn holds(&self, number: f64) -> bool {
        (self.low..=self.high).contains(&number)
    }
}
