//! When what is reported: each group of metrics at its own interval, the status when it changed or grew old.

use std::time::Duration;

use mission_control_protocol::DashboardStatus;
use tokio::time::Instant;

/// The oldest a status may become before it is sent again, changed or not.
pub const STATUS_AGE: Duration = Duration::from_secs(5);

/// Something that is due at an interval.
#[derive(Debug, Clone, Copy)]
pub struct Periodic {
    next: Instant,
}

impl Periodic {
    /// First due after `delay`.
    #[must_use]
    pub fn after(delay: Duration) -> Self {
        Self { next: Instant::now() + delay }
    }

    /// Whether it is due at `now`; if so, it is due again after `interval`.
    pub fn is_due(&mut self, now: Instant, interval: Duration) -> bool {
        let due = now >= self.next;
        if due {
            // A late report does not make the next one late, but missed ones are not made up for.
            self.next = (self.next + interval).max(now);
        }
        due
    }
}

/// Whether an operator would want to see `status` right away, having seen `before`.
#[must_use]
pub fn is_significant(before: &DashboardStatus, status: &DashboardStatus) -> bool {
    let moved = |before: f64, now: f64, share: f64, least: f64| {
        (now - before).abs() > (before.abs() * share).max(least)
    };
    let (old, new) = (&before.performance, &status.performance);
    before.state != status.state
        || before.active_tab != status.active_tab
        || before.connected_users != status.connected_users
        || before.data_status != status.data_status
        || moved(old.response_time, new.response_time, 0.15, 5.0)
        || moved(old.error_rate, new.error_rate, 0.3, 0.5)
        || moved(old.throughput, new.throughput, 0.2, 5.0)
}
