//! How fast something goes of which it is known how much is left.

use mission_control_protocol::Timestamp;

/// Milliseconds over which a rate is measured.
const OVER: i64 = 1_000;

/// What a new measurement counts for beside those before it.
const WEIGHT: f64 = 0.3;

/// How much of something is done, and how fast it goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pace {
    total: u64,
    left: u64,
    /// Per second.
    rate: Option<f64>,
    noted: Option<(Timestamp, u64)>,
}

impl Pace {
    /// Notes how much is left. What is left may grow; once nothing is, the next begins from nothing.
    pub(crate) fn note(&mut self, left: u64, now: Timestamp) {
        if left == 0 {
            *self = Self::default();
            return;
        }
        if left > self.left {
            // There is more to do than was known.
            self.total += left - self.left;
            self.noted = None;
        }
        self.left = left;
        let Some((at, before)) = self.noted else {
            self.noted = Some((now, left));
            return;
        };
        let elapsed = now.milliseconds_since(at);
        if elapsed < 0 {
            self.noted = Some((now, left));
        } else if elapsed >= OVER {
            #[expect(clippy::cast_precision_loss, reason = "a rate needs few digits")]
            let measured = (before - left) as f64 * 1_000.0 / elapsed as f64;
            self.rate = Some(self.rate.map_or(measured, |rate| rate + WEIGHT * (measured - rate)));
            self.noted = Some((now, left));
        }
    }

    /// Nothing goes on any more, or not yet: what is left stays, how fast it went counts no more.
    pub(crate) fn pause(&mut self) {
        self.rate = None;
        self.noted = None;
    }

    /// How much there was to do.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Part done, 0 to 1.
    pub(crate) fn progress(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a part done needs few digits")]
        let left = self.left as f64 / self.total.max(1) as f64;
        if self.total == 0 { 1.0 } else { 1.0 - left }
    }

    /// How many a second, once that is known.
    pub(crate) fn per_second(&self) -> Option<f64> {
        self.rate.map(f64::round).filter(|rate| *rate >= 1.0)
    }

    /// Seconds until it is done, once that can be told.
    pub(crate) fn seconds_left(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a time left needs few digits")]
        let left = self.left as f64;
        self.per_second().map(|rate| (left / rate).ceil())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(1_000_000 + seconds * 1_000)
    }

    #[test]
    fn tells_how_much_is_done_how_fast_and_how_long_it_takes() {
        let mut pace = Pace::default();
        pace.note(10_000, at(0));
        assert_eq!((pace.progress(), pace.per_second(), pace.seconds_left()), (0.0, None, None));
        pace.note(9_000, at(1));
        assert_eq!((pace.per_second(), pace.seconds_left()), (Some(1_000.0), Some(9.0)));
        pace.note(5_000, at(5));
        assert_eq!((pace.progress(), pace.per_second()), (0.5, Some(1_000.0)));
        pace.note(0, at(6));
        assert_eq!((pace.progress(), pace.total()), (1.0, 0));
    }

    #[test]
    fn what_comes_on_top_counts_and_a_clock_that_jumps_back_does_no_harm() {
        let mut pace = Pace::default();
        pace.note(100, at(10));
        pace.note(50, at(11));
        pace.note(150, at(12));
        assert_eq!(pace.total(), 200);
        assert_eq!(pace.progress(), 0.25);
        pace.note(140, at(1));
        pace.note(130, at(2));
        assert!(pace.per_second().is_some_and(|rate| rate > 0.0));
        pace.pause();
        assert_eq!((pace.seconds_left(), pace.total()), (None, 200));
    }
}
