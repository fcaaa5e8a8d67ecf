//! Instants as operators write them.

use std::fmt;

use jiff::{civil, tz::TimeZone};
use mission_control_protocol::Timestamp;

const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;

/// Units of a span, in seconds.
const UNITS: [(char, u64); 5] = [('w', 7 * 86_400), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// An instant, as it was written; which one it is depends on when it is asked, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeExpression {
    /// `now`
    Now,
    /// `today`: its first instant.
    Today,
    /// `yesterday`: its first instant.
    Yesterday,
    /// `-2h`, `-1d12h`: so many seconds ago.
    Ago(u64),
    /// `2026-11-22`: the first instant of the day.
    Date(civil::Date),
    /// `2026-11-22T14:30`, in the operator's time.
    DateTime(civil::DateTime),
    /// `14:30`, today, in the operator's time.
    TimeOfDay(civil::Time),
    /// `2026-11-22T14:30:00Z`: wherever one is.
    Instant(Timestamp),
}

/// When and where a query is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// When.
    pub now: Timestamp,
    /// How far the operator's clock is ahead of UTC, in minutes. It holds for the whole query: a day on the other side
    /// of a change to or from summer time begins an hour off.
    pub utc_offset_minutes: i32,
}

impl TimeExpression {
    /// Reads an instant; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "now" => return Some(Self::Now),
            "today" => return Some(Self::Today),
            "yesterday" => return Some(Self::Yesterday),
            _ => {}
        }
        if let Some(seconds) = span(text.strip_prefix('-').unwrap_or(text)) {
            return Some(Self::Ago(seconds));
        }
        if let Ok(instant) = text.parse() {
            return Some(Self::Instant(instant));
        }
        if text.contains(['T', 't', ' ']) {
            return text.parse().ok().map(Self::DateTime);
        }
        if text.contains(':') {
            return text.parse().ok().map(Self::TimeOfDay);
        }
        text.parse().ok().map(Self::Date)
    }

    /// Which instant it is.
    #[must_use]
    pub fn resolve(self, local: LocalTime) -> Timestamp {
        let offset = i64::from(local.utc_offset_minutes) * 60 * SECOND;
        let midnight = |days_ago: i64| {
            let wall = local.now.as_milliseconds().saturating_add(offset);
            Timestamp::from_milliseconds((wall.div_euclid(DAY) - days_ago) * DAY - offset)
        };
        let at = |wall: civil::DateTime| {
            let utc = wall.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp().as_millisecond());
            // Only the very last and first hours of the calendar have no instant in UTC.
            let out_of_range = if wall.year() > 0 { i64::MAX } else { i64::MIN };
            Timestamp::from_milliseconds(utc.unwrap_or(out_of_range).saturating_sub(offset))
        };
        match self {
            Self::Now => local.now,
            Self::Today => midnight(0),
            Self::Yesterday => midnight(1),
            Self::Ago(seconds) => {
                let milliseconds = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
                local.now.plus_milliseconds(-milliseconds)
            }
            Self::Date(date) => at(date.at(0, 0, 0, 0)),
            Self::DateTime(wall) => at(wall),
            Self::TimeOfDay(time) => {
                let since_midnight = civil::Time::midnight().until(time).map_or(0, |span| {
                    (i64::from(span.get_hours()) * 60 + span.get_minutes()) * 60 * SECOND
                        + span.get_seconds() * SECOND
                        + span.get_milliseconds()
                });
                midnight(0).plus_milliseconds(since_midnight)
            }
            Self::Instant(instant) => instant,
        }
    }
}

/// Reads `2h` or `1d12h30m` as seconds.
fn span(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        let unit = rest.get(digits..)?.chars().next()?;
        let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit.to_ascii_lowercase())?;
        total = total.checked_add(number.checked_mul(seconds)?)?;
        rest = rest.get(digits + 1..)?;
    }
    (!text.is_empty()).then_some(total)
}

impl fmt::Display for TimeExpression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => formatter.write_str("now"),
            Self::Today => formatter.write_str("today"),
            Self::Yesterday => formatter.write_str("yesterday"),
            Self::Ago(0) => formatter.write_str("-0s"),
            Self::Ago(seconds) => {
                formatter.write_str("-")?;
                let mut rest = *seconds;
                // A week is not written: seven days are as clear, and one form is enough.
                for (name, unit) in UNITS.into_iter().skip(1) {
                    if rest >= unit {
                        write!(formatter, "{}{name}", rest / unit)?;
                        rest %= unit;
                    }
                }
                Ok(())
            }
            Self::Date(date) => write!(formatter, "{date}"),
            Self::DateTime(wall) => write!(formatter, "{wall}"),
            Self::TimeOfDay(time) => write!(formatter, "{time}"),
            Self::Instant(instant) => write!(formatter, "{instant}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_in_every_form() {
        let local = LocalTime { now: "2026-11-22T23:30:10Z".parse().unwrap(), utc_offset_minutes: 60 };
        for (written, expected) in [
            ("now", "2026-11-22T23:30:10.000Z"),
            ("-2h", "2026-11-22T21:30:10.000Z"),
            ("30m", "2026-11-22T23:00:10.000Z"),
            ("-1w1d", "2026-11-14T23:30:10.000Z"),
            ("Today", "2026-11-22T23:00:00.000Z"),
            ("yesterday", "2026-11-21T23:00:00.000Z"),
            ("2026-11-20", "2026-11-19T23:00:00.000Z"),
            ("2026-11-20T14:30", "2026-11-20T13:30:00.000Z"),
            ("2026-11-20 14:30:05", "2026-11-20T13:30:05.000Z"),
            ("2026-11-20T14:30:00Z", "2026-11-20T14:30:00.000Z"),
            ("2026-11-20T14:30:00.5+02:00", "2026-11-20T12:30:00.500Z"),
            ("00:15", "2026-11-22T23:15:00.000Z"),
        ] {
            let found = TimeExpression::parse(written).unwrap_or_else(|| panic!("{written}"));
            assert_eq!(found.resolve(local).to_string(), expected, "{written}");
        }
        for written in
            ["", "-", "2", "-2", "2x", "h", "tomorrow", "2026-13-01", "25:00", "99999999999999999w"]
        {
            assert_eq!(TimeExpression::parse(written), None, "{written}");
        }
    }

    proptest! {
        #[test]
        fn resolves_anything_that_it_reads(text in "[-0-9TZ:.+ wdhms]{0,24}", offset in any::<i32>(), now in any::<i64>()) {
            if let Some(time) = TimeExpression::parse(&text) {
                let _ = time.resolve(LocalTime { now: Timestamp::from_milliseconds(now), utc_offset_minutes: offset });
                prop_assert_eq!(TimeExpression::parse(&time.to_string()), Some(time));
            }
        }
    }
}
