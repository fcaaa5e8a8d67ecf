//! How long to wait before the next attempt to connect.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// Doubles from one second to thirty, with jitter, so that many consoles do not come back at the same moment.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The connection was made: start again from the shortest wait.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }

    /// How long to wait now.
    pub(super) fn next(&mut self) -> Duration {
        let random =
            u32::from_le_bytes(uuid::Uuid::new_v4().into_bytes()[..4].try_into().unwrap_or_default());
        let wait = wait(self.attempts, f64::from(random) / f64::from(u32::MAX));
        self.attempts = self.attempts.saturating_add(1);
        wait
    }
}

/// The wait after `attempts` failures; `random` is from 0 to 1.
fn wait(attempts: u32, random: f64) -> Duration {
    let full = FIRST.saturating_mul(2_u32.saturating_pow(attempts)).min(LONGEST);
    // Between half and all of it.
    full.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_never_beyond() {
        let mut last = Duration::ZERO;
        for attempts in 0..40 {
            assert!(wait(attempts, 1.0) >= last);
            last = wait(attempts, 1.0);
            assert!(wait(attempts, 0.0) >= FIRST / 2);
            assert!(last <= LONGEST);
        }
        assert_eq!(wait(0, 1.0), FIRST);
        assert_eq!(last, LONGEST);
    }
}
