//! Which instant is shown: a state machine without a clock of its own.

use mission_control_protocol::Timestamp;
use tokio::time::Instant;

/// Slowest and fastest play, in seconds of the past per second.
pub(crate) const SPEEDS: std::ops::RangeInclusive<f64> = 1.0..=1_000.0;

/// Live, or somewhere in the past.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Conductor {
    /// Now.
    #[default]
    Live,
    /// Standing still.
    Still {
        /// There.
        at: Timestamp,
    },
    /// Playing.
    Playing {
        /// From here on.
        from: Timestamp,
        /// Since then, by this program's clock.
        since: Instant,
        /// So many times as fast as it happened.
        speed: f64,
    },
}

impl Conductor {
    /// The instant shown; `None` when that is now.
    pub(crate) fn position(self, now: Instant) -> Option<Timestamp> {
        match self {
            Self::Live => None,
            Self::Still { at } => Some(at),
            Self::Playing { from, since, speed } => {
                let elapsed = now.saturating_duration_since(since).as_secs_f64() * 1_000.0 * speed;
                #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
                Some(from.plus_milliseconds(elapsed as i64))
            }
        }
    }

    /// Seconds of the past per second, while it plays.
    pub(crate) fn speed(self) -> Option<f64> {
        match self {
            Self::Playing { speed, .. } => Some(speed),
            _ => None,
        }
    }

    /// Shows `at`, standing still; live when that is yet to come.
    pub(crate) fn seek(at: Timestamp, present: Timestamp) -> Self {
        if at >= present { Self::Live } else { Self::Still { at } }
    }

    /// Plays on from where it is. What is live plays already.
    pub(crate) fn play(self, speed: f64, now: Instant) -> Self {
        let speed = if speed.is_finite() { speed.clamp(*SPEEDS.start(), *SPEEDS.end()) } else { 1.0 };
        match self.position(now) {
            None => Self::Live,
            Some(from) => Self::Playing { from, since: now, speed },
        }
    }

    /// Stands still where it is.
    pub(crate) fn pause(self, now: Instant, present: Timestamp) -> Self {
        Self::Still { at: self.position(now).unwrap_or(present) }
    }

    /// Goes live once what plays has come to the present. Returns whether it did.
    pub(crate) fn catch_up(&mut self, now: Instant, present: Timestamp) -> bool {
        let has = matches!(self, Self::Playing { .. }) && self.position(now).is_some_and(|at| at >= present);
        if has {
            *self = Self::Live;
        }
        has
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(1_800_000_000_000 + milliseconds)
    }

    #[test]
    fn it_plays_as_fast_as_it_is_told_and_changes_speed_where_it_is() {
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        let conductor = Conductor::seek(at(0), at(1_000_000)).play(10.0, start);
        assert_eq!(conductor.position(later(3)), Some(at(30_000)));
        let faster = conductor.play(100.0, later(3));
        assert_eq!(faster.position(later(5)), Some(at(230_000)));
        let still = faster.pause(later(5), at(1_000_000));
        assert_eq!(still, Conductor::Still { at: at(230_000) });
        assert_eq!(still.position(later(500)), Some(at(230_000)));
    }

    #[test]
    fn where_the_record_ends_it_goes_live() {
        let start = Instant::now();
        let mut conductor = Conductor::seek(at(0), at(5_000)).play(1.0, start);
        assert!(!conductor.catch_up(start + Duration::from_secs(4), at(9_000)));
        assert!(conductor.catch_up(start + Duration::from_secs(10), at(10_000)));
        assert_eq!(conductor, Conductor::Live);
        assert_eq!(Conductor::seek(at(10), at(10)), Conductor::Live);
        let mut still = Conductor::Still { at: at(0) };
        assert!(!still.catch_up(start, at(-5)), "what stands still stays");
    }

    #[test]
    fn a_speed_that_is_none_is_brought_into_range() {
        let start = Instant::now();
        for (given, expected) in [(0.0, 1.0), (-3.0, 1.0), (f64::NAN, 1.0), (1e9, 1_000.0), (60.0, 60.0)] {
            assert_eq!(Conductor::Still { at: at(0) }.play(given, start).speed(), Some(expected));
        }
        assert_eq!(Conductor::Live.play(5.0, start), Conductor::Live);
    }
}
