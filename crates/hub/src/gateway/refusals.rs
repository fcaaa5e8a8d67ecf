//! How many refusals may be recorded: a client that does everything wrong must not fill the log.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use mission_control_protocol::Timestamp;

/// Refusals recorded per connection and second.
const PER_CONNECTION: u32 = 3;

/// Refusals recorded per second of all connections that have not registered.
const OF_STRANGERS: u64 = 10;

/// The bound of one connection.
#[derive(Debug, Default)]
pub(super) struct Budget {
    second: i64,
    spent: u32,
}

impl Budget {
    /// Whether one more may be recorded now.
    pub(super) fn allows(&mut self, now: Timestamp) -> bool {
        let second = now.as_milliseconds() / 1_000;
        if second != self.second {
            *self = Self { second, spent: 0 };
        }
        self.spent += 1;
        self.spent <= PER_CONNECTION
    }
}

/// The bound that all unregistered connections share. The upper bits hold the second, the lower 16 what is spent of it.
#[derive(Debug, Default)]
pub(crate) struct SharedBudget(AtomicU64);

impl SharedBudget {
    /// Whether one more may be recorded now.
    pub(super) fn allows(&self, now: Timestamp) -> bool {
        let second = (now.as_milliseconds() / 1_000).unsigned_abs();
        self.0
            .fetch_update(Relaxed, Relaxed, |state| {
                let spent = if state >> 16 == second { state & 0xFFFF } else { 0 };
                (spent < OF_STRANGERS).then_some(second << 16 | (spent + 1))
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_its_bound_and_the_next_one_its_own() {
        let (mut own, shared) = (Budget::default(), SharedBudget::default());
        for second in [1_000_000, 1_001_000] {
            let now = Timestamp::from_milliseconds(second);
            assert_eq!((0..100).filter(|_| own.allows(now)).count(), 3);
            assert_eq!((0..100).filter(|_| shared.allows(now)).count(), 10);
        }
    }
}
