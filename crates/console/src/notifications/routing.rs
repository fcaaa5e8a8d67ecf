//! How an alert is notified: by the route that matches it, by its severity, and by the time.

use jiff::tz::TimeZone;
use mission_control_protocol::{
    Severity, Timestamp,
    alerting::{MATCHERS_LIMIT, Weekday, all_match, labels},
};

use super::{Raised, Urgency, content};
use crate::view::{
    Preferences,
    notification_policy::{NotificationPolicySettings, QuietHours},
};

/// The label that stands for the hub of an alert.
const HUB: &str = "hub";

/// Routes at most.
const ROUTES: usize = 50;

/// Longest name of a sound, in bytes.
const SOUND: usize = 64;

/// Longest time between two reminders: a week.
const LONGEST_REMINDER: u32 = 7 * 24 * 3_600;

/// How an alert is notified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) urgency: Urgency,
    /// As the desktop's sound theme names it; silent when empty.
    pub(crate) sound: String,
}

/// Says how alerts are notified.
#[derive(Debug)]
pub(crate) struct Routing {
    settings: NotificationPolicySettings,
    threshold: Severity,
    zone: TimeZone,
}

impl Routing {
    pub(crate) fn new(
        settings: &NotificationPolicySettings,
        preferences: &Preferences,
        zone: TimeZone,
    ) -> Self {
        Self { settings: settings.clone(), threshold: preferences.notify_from, zone }
    }

    pub(crate) fn set_threshold(&mut self, threshold: Severity) {
        self.threshold = threshold;
    }

    pub(crate) fn set(&mut self, settings: &NotificationPolicySettings) {
        self.settings = settings.clone();
    }

    pub(crate) fn snooze_minutes(&self) -> u32 {
        self.settings.snooze_minutes
    }

    /// How an alert is notified; `None` when it is not.
    pub(crate) fn manner(&self, step: &Raised<'_>) -> Option<Manner> {
        let severity = step.alert.alert.alert.severity;
        let named = content::severity_name(severity);
        let value = |label: &str| match label {
            HUB => Some(step.hub_name),
            labels::SEVERITY => Some(named),
            label => step.alert.label(label),
        };
        let route = self.settings.routes.iter().find(|route| all_match(&route.matchers, value));
        let by_severity = || self.settings.sounds.of(severity).clone();
        match route {
            Some(route) if !route.notify => None,
            Some(route) => Some(Manner {
                urgency: route.urgency.unwrap_or_else(|| content::urgency(severity)),
                sound: route.sound.clone().unwrap_or_else(by_severity),
            }),
            None if severity < self.threshold => None,
            None => Some(Manner { urgency: content::urgency(severity), sound: by_severity() }),
        }
    }

    /// Whether a notification of this severity must wait.
    pub(crate) fn is_quiet(&self, severity: Severity, now: Timestamp) -> bool {
        if severity == Severity::Critical && self.settings.critical_breaks_through {
            return false;
        }
        self.settings.do_not_disturb_until.is_some_and(|until| now < until)
            || is_within(&self.settings.quiet_hours, now, &self.zone)
    }

    /// Milliseconds after which an alert that nobody acknowledged is notified again.
    pub(crate) fn remind_after(&self, severity: Severity) -> Option<i64> {
        let seconds = *self.settings.remind_seconds.of(severity);
        (seconds > 0).then(|| i64::from(seconds) * 1_000)
    }
}

/// Whether it is within quiet hours, by the clock of `zone`.
fn is_within(hours: &QuietHours, now: Timestamp, zone: &TimeZone) -> bool {
    let Ok(now) = jiff::Timestamp::from_millisecond(now.as_milliseconds()) else { return false };
    let now = now.to_zoned(zone.clone());
    let minute = u16::try_from(i32::from(now.hour()) * 60 + i32::from(now.minute())).unwrap_or(0);
    let on = |day: jiff::civil::Weekday| hours.days.iter().any(|known| weekday(*known) == day);
    let (today, start, end) = (now.weekday(), hours.start_minute, hours.end_minute);
    hours.enabled
        && if start < end {
            on(today) && (start..end).contains(&minute)
        } else {
            // Over midnight: what began yesterday goes on until its end.
            (on(today) && minute >= start) || (on(today.previous()) && minute < end)
        }
}

fn weekday(day: Weekday) -> jiff::civil::Weekday {
    match day {
        Weekday::Monday => jiff::civil::Weekday::Monday,
        Weekday::Tuesday => jiff::civil::Weekday::Tuesday,
        Weekday::Wednesday => jiff::civil::Weekday::Wednesday,
        Weekday::Thursday => jiff::civil::Weekday::Thursday,
        Weekday::Friday => jiff::civil::Weekday::Friday,
        Weekday::Saturday => jiff::civil::Weekday::Saturday,
        Weekday::Sunday => jiff::civil::Weekday::Sunday,
    }
}

/// What is wrong with a policy.
///
/// # Errors
/// A sentence that names the field and the fix.
pub(crate) fn check(settings: &NotificationPolicySettings) -> Result<(), String> {
    if settings.routes.len() > ROUTES {
        return Err(format!("Routes: {} are too many; keep {ROUTES} or fewer.", settings.routes.len()));
    }
    for (number, route) in (1..).zip(&settings.routes) {
        if route.matchers.is_empty() {
            return Err(format!(
                "Route {number}: it matches everything; give a matcher, such as severity=info."
            ));
        }
        if route.matchers.len() > MATCHERS_LIMIT {
            return Err(format!("Route {number}: more than {MATCHERS_LIMIT} matchers; give fewer."));
        }
        if route.name.chars().count() > 80 {
            return Err(format!("Route {number}: its name has more than 80 characters; shorten it."));
        }
        if let Some(sound) = &route.sound {
            check_sound(&format!("Route {number}: sound"), sound)?;
        }
    }
    let hours = &settings.quiet_hours;
    if hours.start_minute >= 1_440 || hours.end_minute >= 1_440 {
        return Err("Quiet hours: beginning and end are times of the day, 00:00 to 23:59.".to_owned());
    }
    if hours.enabled && hours.days.is_empty() {
        return Err("Quiet hours: no day is chosen; choose one, or switch them off.".to_owned());
    }
    let sounds = &settings.sounds;
    for (name, sound) in [
        ("critical", &sounds.critical),
        ("error", &sounds.error),
        ("warning", &sounds.warning),
        ("info", &sounds.info),
    ] {
        check_sound(&format!("Sound of {name}"), sound)?;
    }
    let remind = &settings.remind_seconds;
    let reminders = [remind.critical, remind.error, remind.warning, remind.info];
    if let Some(seconds) = reminders.into_iter().find(|seconds| *seconds > LONGEST_REMINDER) {
        return Err(format!("Reminder: {seconds} seconds are more than a week; 0 is never."));
    }
    if !(1..=1_440).contains(&settings.snooze_minutes) {
        return Err(format!("Snooze: {} minutes are not 1 to 1,440 (a day).", settings.snooze_minutes));
    }
    Ok(())
}

fn check_sound(field: &str, sound: &str) -> Result<(), String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if sound.len() <= SOUND && sound.bytes().all(is_name) {
        return Ok(());
    }
    Err(format!("{field}: {sound:?} is no name of a sound; write one such as dialog-warning, or none."))
}

#[cfg(test)]
#[path = "routing_tests.rs"]
mod tests;
