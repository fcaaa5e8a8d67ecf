//! Is a producer's clock off?

use mission_control_protocol::{ErrorCode, ProtocolError, Timestamp, limits::CLOCK_SKEW_LIMIT_MS};

/// Tells a connection once that its clock is off. The message itself is kept.
#[derive(Debug, Default)]
pub(crate) struct SkewNotice {
    told: bool,
}

impl SkewNotice {
    /// The notice, if `produced` (by the producer's clock) is far off `now` (by the hub's) for the first time.
    pub(crate) fn judge(&mut self, now: Timestamp, produced: Timestamp, seq: u64) -> Option<ProtocolError> {
        let ahead = produced.milliseconds_since(now);
        if self.told || ahead.abs() <= CLOCK_SKEW_LIMIT_MS {
            return None;
        }
        self.told = true;
        let (minutes, direction) = (ahead.abs() / 60_000, if ahead > 0 { "ahead of" } else { "behind" });
        let cause = if ahead > 0 {
            "set the producer's clock"
        } else {
            "set the producer's clock, unless the message waited that long to be sent"
        };
        Some(
            ProtocolError::new(
                ErrorCode::ClockSkew,
                format!("`timestamp` is {minutes} minutes {direction} the hub's clock ({now}); {cause}. The message was kept, and this is said once per connection."),
            )
            .about(Some(seq)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const DAY: i64 = 24 * 60 * 60 * 1_000;

    #[test]
    fn a_day_off_either_way_is_told_once() {
        for produced in [NOW + DAY, NOW - DAY] {
            let now = Timestamp::from_milliseconds(NOW);
            let mut notice = SkewNotice::default();
            let told = notice.judge(now, Timestamp::from_milliseconds(produced), 7).unwrap();
            assert_eq!((told.code, told.seq), (ErrorCode::ClockSkew, Some(7)));
            assert!(told.message.contains("1440 minutes"), "{}", told.message);
            assert_eq!(notice.judge(now, Timestamp::from_milliseconds(produced), 8), None);
        }
    }

    #[test]
    fn a_few_minutes_are_nothing() {
        let now = Timestamp::from_milliseconds(NOW);
        let mut notice = SkewNotice::default();
        assert_eq!(notice.judge(now, Timestamp::from_milliseconds(NOW - 4 * 60_000), 1), None);
    }
}
