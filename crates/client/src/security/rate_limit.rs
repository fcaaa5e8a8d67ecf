//! How many commands of a type may run in which time.

use std::{collections::HashMap, time::Duration};

use mission_control_protocol::Timestamp;

/// How many, in which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many at most.
    pub count: u32,
    /// In this time.
    pub per: Duration,
}

impl Default for RateLimit {
    /// Sixty in a minute.
    fn default() -> Self {
        Self { count: 60, per: Duration::from_secs(60) }
    }
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// Token buckets: `count` at once, refilled evenly over `per`.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    buckets: HashMap<String, Bucket>,
}

impl RateLimiter {
    /// Takes one of `name` at `now`; false when there is none left.
    pub(crate) fn take(&mut self, name: &str, limit: RateLimit, now: Timestamp) -> bool {
        let count = f64::from(limit.count);
        let full = Bucket { tokens: count, at: now };
        let bucket = self.buckets.entry(name.to_owned()).or_insert(full);
        let elapsed = now.milliseconds_since(bucket.at).max(0) as f64;
        // A limit over no time at all is refilled at once.
        let refilled = elapsed * count / (limit.per.as_secs_f64() * 1000.0).max(f64::MIN_POSITIVE);
        bucket.tokens = (bucket.tokens + refilled).min(count);
        bucket.at = now;
        let granted = bucket.tokens >= 1.0;
        if granted {
            bucket.tokens -= 1.0;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds)
    }

    #[test]
    fn forgives_with_time_and_counts_each_name_by_itself() {
        let limit = RateLimit { count: 2, per: Duration::from_secs(10) };
        let mut limiter = RateLimiter::default();
        let taken: Vec<_> =
            [0, 0, 0, 4_999, 5_000, 5_000].map(|now| limiter.take("A", limit, at(now))).to_vec();
        assert_eq!(taken, [true, true, false, false, true, false]);
        assert!(limiter.take("B", limit, at(0)));
        // A clock that was set back gives nothing, and takes nothing.
        assert!(!limiter.take("A", limit, at(0)));
    }

    #[test]
    fn a_limit_of_none_lets_none_pass() {
        let none = RateLimit { count: 0, per: Duration::from_secs(1) };
        assert!(!RateLimiter::default().take("A", none, at(0)));
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_what_time_gives(steps in prop::collection::vec(0_i64..500, 1..200)) {
            let limit = RateLimit { count: 5, per: Duration::from_secs(1) };
            let mut limiter = RateLimiter::default();
            let (mut now, mut granted) = (0, 0_u32);
            for step in steps {
                now += step;
                granted += u32::from(limiter.take("A", limit, at(now)));
            }
            prop_assert!(f64::from(granted) <= 5.0 + now as f64 * 5.0 / 1000.0 + 1e-6);
        }
    }
}
