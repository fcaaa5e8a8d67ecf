//! The hub's clocks. What is recorded and shown carries the time of the wall clock; whatever waits for something counts
//! on the monotonic one, which no one can set.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mission_control_protocol::Timestamp;
use tokio::time::Instant;

/// A time in the future that is never reached.
const FAR: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The time by the hub's wall clock.
pub(crate) fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_milliseconds(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}

/// `milliseconds` from `start` on; `start` itself when they are negative.
pub(crate) fn after(start: Instant, milliseconds: i64) -> Instant {
    let pause = Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0)).min(FAR);
    start.checked_add(pause).unwrap_or(start)
}

/// A duration in milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
