//! The hub's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use mission_control_protocol::Timestamp;

/// The time by the hub's clock.
pub(crate) fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_milliseconds(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}
