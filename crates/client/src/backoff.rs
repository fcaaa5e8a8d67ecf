//! How long to wait before connecting again: exponential, with jitter so that a fleet does not return all at once.

use std::time::Duration;

/// The waits between attempts.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    shortest: Duration,
    longest: Duration,
    attempts: u32,
}

impl Backoff {
    pub(crate) fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest: longest.max(shortest), attempts: 0 }
    }

    /// The next wait; `jitter` is a random number from 0 to 1. Half of the wait is fixed and half is random.
    pub(crate) fn next(&mut self, jitter: f64) -> Duration {
        let doubled = self.shortest.saturating_mul(2_u32.saturating_pow(self.attempts));
        self.attempts = self.attempts.saturating_add(1);
        let wait = doubled.min(self.longest);
        wait.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
    }

    /// How many waits there were since the last success.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Starts over, after a success.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_grow_but_stay_within_bounds(jitters in proptest::collection::vec(0.0_f64..1.0, 1..200)) {
            let (shortest, longest) = (Duration::from_millis(200), Duration::from_secs(15));
            let mut backoff = Backoff::new(shortest, longest);
            for (attempt, jitter) in jitters.into_iter().enumerate() {
                let wait = backoff.next(jitter);
                prop_assert!(wait >= shortest / 2 && wait <= longest);
                if attempt > 8 {
                    prop_assert!(wait >= longest / 2);
                }
            }
            backoff.reset();
            prop_assert!(backoff.next(1.0) <= shortest);
        }
    }
}
