//! Records per minute over the last hour.

use std::collections::VecDeque;

use mission_control_protocol::{Record, RecordKind, Timestamp, alert::AlertTransition, record::AlertRecord};

use crate::{
    models::status,
    view::{Status, frame::ActivityMinute},
};

/// Minutes kept.
pub(crate) const MINUTES: usize = 60;

/// Milliseconds in a minute.
pub(crate) const MINUTE: i64 = 60_000;

/// Records per minute, by the hub's clock.
#[derive(Debug, Default, Clone)]
pub(crate) struct Activity {
    /// Minute (since the Unix epoch) and what was in it, oldest first; minutes without records are left out.
    minutes: VecDeque<(i64, ActivityMinute)>,
}

impl Activity {
    /// Counts a record. Records come in the order of the log.
    pub(crate) fn record(&mut self, record: &Record) {
        let minute = record.at.as_milliseconds().div_euclid(MINUTE);
        self.add(minute, 1, severity_status(record));
    }

    /// Counts `records` in `minute`, the worst of them `worst`. Minutes come in rising order.
    pub(crate) fn add(&mut self, minute: i64, records: u32, worst: Status) {
        match self.minutes.back_mut() {
            Some((last, activity)) if *last >= minute => {
                activity.records = activity.records.saturating_add(records);
                activity.worst = activity.worst.max(worst);
            }
            _ => {
                self.minutes.push_back((minute, ActivityMinute { records, worst }));
                if self.minutes.len() > MINUTES + 1 {
                    self.minutes.pop_front();
                }
            }
        }
    }

    /// Adds what was in each of the last sixty minutes to `sum`, oldest first.
    pub(crate) fn add_to(&self, sum: &mut [ActivityMinute], now: Timestamp) {
        let newest = now.as_milliseconds().div_euclid(MINUTE);
        let length = i64::try_from(sum.len()).unwrap_or(0);
        for (minute, activity) in &self.minutes {
            // A hub whose clock is a little ahead counts in the newest minute.
            let place = (length - 1 - (newest - minute)).min(length - 1);
            if let Some(total) = usize::try_from(place).ok().and_then(|place| sum.get_mut(place)) {
                total.records = total.records.saturating_add(activity.records);
                total.worst = total.worst.max(activity.worst);
            }
        }
    }
}

/// How bad the event or alert in a record is; `off` for any other record.
pub(crate) fn severity_status(record: &Record) -> Status {
    match record.kind {
        RecordKind::Event => status::of_event(record.severity),
        RecordKind::Alert => match serde_json::from_str::<AlertRecord>(record.body.get()) {
            Ok(step) if matches!(step.transition, AlertTransition::Raised | AlertTransition::Repeated) => {
                status::of_alert(record.severity)
            }
            _ => Status::Off,
        },
        _ => Status::Off,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_line_up_from_the_newest_back() {
        let mut activity = Activity::default();
        activity.add(10, 5, Status::Normal);
        activity.add(10, 1, Status::Serious);
        activity.add(12, 2, Status::Off);
        let mut sum = vec![ActivityMinute { records: 0, worst: Status::Off }; MINUTES];
        activity.add_to(&mut sum, Timestamp::from_milliseconds(13 * MINUTE + 5));
        assert_eq!(sum[MINUTES - 2], ActivityMinute { records: 2, worst: Status::Off });
        assert_eq!(sum[MINUTES - 4], ActivityMinute { records: 6, worst: Status::Serious });
        assert_eq!(sum.iter().map(|minute| minute.records).sum::<u32>(), 8);
        activity.add_to(&mut sum, Timestamp::from_milliseconds(200 * MINUTE));
        assert_eq!(sum.iter().map(|minute| minute.records).sum::<u32>(), 8);
    }
}
