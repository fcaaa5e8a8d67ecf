//! The notification policy: how the desktop is told of alerts. Kept in `settings.json`.

use mission_control_protocol::{
    Severity, Timestamp,
    alerting::{Matcher, Weekday},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::notifications::Urgency;

/// How the desktop is told of alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct NotificationPolicySettings {
    /// Looked at in their order: the first that matches an alert says how it is notified. At most 50. What none matches
    /// is notified by its severity.
    pub routes: Vec<NotificationRoute>,
    /// When it is quiet.
    pub quiet_hours: QuietHours,
    /// Until then nothing is notified; null where nothing was asked for.
    pub do_not_disturb_until: Option<Timestamp>,
    /// Whether critical alerts are notified all the same, while it is quiet and until one may be disturbed again.
    pub critical_breaks_through: bool,
    /// What is heard.
    pub sounds: BySeverity<String>,
    /// Seconds after which an alert that nobody has acknowledged is notified again, and again; 0 for never.
    pub remind_seconds: BySeverity<u32>,
    /// How long the button of a notification puts an alert on the shelf, in minutes; 1 to 1,440.
    pub snooze_minutes: u32,
}

impl Default for NotificationPolicySettings {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            quiet_hours: QuietHours::default(),
            do_not_disturb_until: None,
            critical_breaks_through: true,
            sounds: BySeverity {
                critical: "dialog-error".to_owned(),
                error: "dialog-warning".to_owned(),
                warning: String::new(),
                info: String::new(),
            },
            remind_seconds: BySeverity { critical: 300, error: 1_800, warning: 0, info: 0 },
            snooze_minutes: 30,
        }
    }
}

/// Something for each severity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct BySeverity<T> {
    /// For critical alerts.
    pub critical: T,
    /// For errors.
    pub error: T,
    /// For warnings.
    pub warning: T,
    /// For what is milder.
    pub info: T,
}

impl<T> BySeverity<T> {
    /// What is for `severity`.
    #[must_use]
    pub fn of(&self, severity: Severity) -> &T {
        match severity {
            Severity::Critical => &self.critical,
            Severity::Error => &self.error,
            Severity::Warning => &self.warning,
            Severity::Info | Severity::Debug => &self.info,
        }
    }
}

/// How the alerts that match are notified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NotificationRoute {
    /// For people.
    #[serde(default)]
    pub name: String,
    /// All of these must hold. The labels are those of the alert, and `hub`, the name of its hub. At least 1, at most 32.
    pub matchers: Vec<Matcher>,
    /// Whether there is a notification. Where there is, also of what is milder than the severity to notify from.
    pub notify: bool,
    /// How urgent it is; by severity when null.
    #[serde(default)]
    pub urgency: Option<Urgency>,
    /// What is heard, none when empty; by severity when null.
    #[serde(default)]
    pub sound: Option<String>,
}

/// When it is quiet, by this computer's clock: notifications wait, and are told in one summary afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct QuietHours {
    /// Whether there are any.
    pub enabled: bool,
    /// The days on which they begin.
    pub days: Vec<Weekday>,
    /// When they begin, in minutes after midnight; 0 to 1,439.
    pub start_minute: u16,
    /// When they end, in minutes after midnight; on the day after where that is not after their beginning.
    pub end_minute: u16,
}

impl Default for QuietHours {
    fn default() -> Self {
        Self {
            enabled: false,
            days: vec![
                Weekday::Monday,
                Weekday::Tuesday,
                Weekday::Wednesday,
                Weekday::Thursday,
                Weekday::Friday,
                Weekday::Saturday,
                Weekday::Sunday,
            ],
            start_minute: 22 * 60,
            end_minute: 7 * 60,
        }
    }
}
