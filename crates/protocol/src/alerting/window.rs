//! Maintenance windows: times at which alerts that match are expected.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Matcher, check_matchers, check_text};
use crate::{Timestamp, WindowId};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Keeps alerts that match from notifying, at times known before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct MaintenanceWindow {
    /// Chosen by the console.
    pub id: WindowId,
    /// One line.
    pub title: String,
    /// All must match. At least one.
    pub matchers: Vec<Matcher>,
    /// When.
    pub schedule: WindowSchedule,
}

/// When a maintenance window is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum WindowSchedule {
    /// Once.
    Once {
        /// From then
        from: Timestamp,
        /// until then.
        to: Timestamp,
    },
    /// On the same days of every week, at the same time of day.
    Weekly {
        /// On which days it begins.
        days: Vec<Weekday>,
        /// When it begins, in minutes after midnight; 0 to 1,439.
        start_minute: u16,
        /// How long it is open, in minutes; 1 to 1,440.
        minutes: u16,
        /// How far that clock is ahead of UTC, in minutes; -1,440 to 1,440. It does not follow summer time.
        #[serde(default)]
        utc_offset_minutes: i16,
    },
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The day of the week of the day so many days after 1970-01-01, a Thursday.
    fn of(day: i64) -> Option<Self> {
        usize::try_from((day + 3).rem_euclid(7)).ok().and_then(|index| Self::ALL.get(index).copied())
    }
}

impl MaintenanceWindow {
    /// Checks it.
    ///
    /// # Errors
    /// A sentence that names the field and the fix.
    pub fn check(&self) -> Result<(), String> {
        check_text("title", &self.title)?;
        check_matchers("matchers", &self.matchers)?;
        match &self.schedule {
            WindowSchedule::Once { from, to } if from >= to => {
                Err("`to` is not after `from`; choose a later end.".to_owned())
            }
            WindowSchedule::Weekly { days, .. } if days.is_empty() => {
                Err("`days` is empty; name at least one day.".to_owned())
            }
            WindowSchedule::Weekly { start_minute, minutes, utc_offset_minutes, .. } => {
                if *start_minute >= 1_440 {
                    Err("`startMinute` is not in 0 to 1,439, the minutes of a day.".to_owned())
                } else if !(1..=1_440).contains(minutes) {
                    Err("`minutes` is not in 1 to 1,440; a window is open for a day at most.".to_owned())
                } else if !(-1_440..=1_440).contains(utc_offset_minutes) {
                    Err("`utcOffsetMinutes` is not in -1,440 to 1,440.".to_owned())
                } else {
                    Ok(())
                }
            }
            WindowSchedule::Once { .. } => Ok(()),
        }
    }
}

impl WindowSchedule {
    /// Until when it is open, where it is open at `now`.
    #[must_use]
    pub fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.openings(now).find(|(from, to)| *from <= now && now < *to).map(|(_, to)| to)
    }

    /// When it opens or closes next, after `now`.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.openings(now).flat_map(|(from, to)| [from, to]).filter(|at| *at > now).min()
    }

    /// The openings around `now`: those of the days before to a week after.
    fn openings(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let once = match self {
            Self::Once { from, to } => Some((*from, *to)),
            Self::Weekly { .. } => None,
        };
        let weekly = match self {
            Self::Once { .. } => None,
            Self::Weekly { days, start_minute, minutes, utc_offset_minutes } => {
                let offset = i64::from(*utc_offset_minutes) * MINUTE;
                let today = now.as_milliseconds().saturating_add(offset).div_euclid(DAY);
                let is_one = move |day: &i64| Weekday::of(*day).is_some_and(|day| days.contains(&day));
                Some((today - 2..=today + 8).filter(is_one).map(move |day| {
                    let from = day * DAY + i64::from(*start_minute) * MINUTE - offset;
                    let to = from + i64::from(*minutes) * MINUTE;
                    (Timestamp::from_milliseconds(from), Timestamp::from_milliseconds(to))
                }))
            }
        };
        once.into_iter().chain(weekly.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_weekly_window_opens_on_its_days_by_its_own_clock() {
        let schedule = WindowSchedule::Weekly {
            days: vec![Weekday::Sunday],
            start_minute: 23 * 60,
            minutes: 120,
            utc_offset_minutes: 60,
        };
        // 2026-11-22 is a Sunday; 23:00 at +01:00 is 22:00 UTC.
        assert_eq!(schedule.open_until(at("2026-11-22T21:59:59Z")), None);
        assert_eq!(schedule.open_until(at("2026-11-22T22:00:00Z")), Some(at("2026-11-23T00:00:00Z")));
        assert_eq!(schedule.open_until(at("2026-11-22T23:59:59.999Z")), Some(at("2026-11-23T00:00:00Z")));
        assert_eq!(schedule.open_until(at("2026-11-23T00:00:00Z")), None);
        assert_eq!(schedule.next_change(at("2026-11-23T00:00:00Z")), Some(at("2026-11-29T22:00:00Z")));
        assert_eq!(schedule.next_change(at("2026-11-22T22:30:00Z")), Some(at("2026-11-23T00:00:00Z")));
    }

    #[test]
    fn a_window_that_happens_once_is_over_after_it() {
        let (from, to) = (at("2026-11-22T10:00:00Z"), at("2026-11-22T12:00:00Z"));
        let schedule = WindowSchedule::Once { from, to };
        assert_eq!(schedule.open_until(from), Some(to));
        assert_eq!(schedule.open_until(to), None);
        assert_eq!(schedule.next_change(at("2026-11-22T09:00:00Z")), Some(from));
        assert_eq!(schedule.next_change(to), None);
    }

    proptest! {
        /// Between one change and the next, a window stays as it is.
        #[test]
        fn nothing_changes_between_changes(
            start in 0..4_000_000_000_000_i64, minute in 0..1_440_u16, minutes in 1..=1_440_u16,
            offset in -840..840_i16, day in 0..7_usize, other in 0..7_usize, part in 0.0..1.0_f64,
        ) {
            let schedule = WindowSchedule::Weekly {
                days: vec![Weekday::ALL[day], Weekday::ALL[other]],
                start_minute: minute, minutes, utc_offset_minutes: offset,
            };
            let now = Timestamp::from_milliseconds(start);
            let next = schedule.next_change(now).unwrap();
            prop_assert!(next > now && next.milliseconds_since(now) <= 8 * DAY);
            let between = now.plus_milliseconds(((next.milliseconds_since(now) - 1) as f64 * part) as i64);
            prop_assert_eq!(schedule.open_until(now).is_some(), schedule.open_until(between).is_some());
        }
    }
}
