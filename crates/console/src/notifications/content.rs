//! What notifications say.

use mission_control_protocol::{AlertId, Severity};

use super::{
    ACTION_ACKNOWLEDGE, ACTION_DEFAULT, ACTION_PREFIX, ACTION_SNOOZE, Notification, NotificationTarget,
    Raised, Urgency, routing::Manner,
};
use crate::{
    alert_actions,
    plain_text::{escape_markup, harmless},
    view::HubKey,
};

/// The alert's own actions that become buttons.
const BUTTONS: usize = 3;
/// Longest title and body, in characters.
pub(super) const TITLE: usize = 120;
pub(super) const BODY: usize = 400;

pub(super) fn key(hub: HubKey, alert: &AlertId) -> String {
    format!("alert-{}-{alert}", hub.0)
}

pub(super) fn urgency(severity: Severity) -> Urgency {
    match severity {
        Severity::Debug | Severity::Info => Urgency::Low,
        Severity::Warning | Severity::Error => Urgency::Normal,
        Severity::Critical => Urgency::Critical,
    }
}

pub(super) fn notification(step: &Raised<'_>, manner: &Manner, snooze_minutes: u32) -> Notification {
    let alert = step.alert;
    let said = &alert.alert.alert;
    let mut actions = vec![
        (ACTION_DEFAULT.to_owned(), "Open".to_owned()),
        (ACTION_ACKNOWLEDGE.to_owned(), "Acknowledge".to_owned()),
        (ACTION_SNOOZE.to_owned(), format!("Snooze {}", span(i64::from(snooze_minutes) * 60_000))),
    ];
    actions.extend(said.actions.iter().take(BUTTONS).enumerate().map(|(index, action)| {
        let label = harmless(&action.label, 40);
        let label = if label.is_empty() { harmless(&action.action, 40) } else { label };
        (format!("{ACTION_PREFIX}{index}:{}", alert_actions::name(action)), label)
    }));
    let mut body = harmless(step.dashboard_name, 80);
    if !said.message.is_empty() {
        body.push_str(": ");
        body.push_str(&said.message);
    }
    if alert.count > 1 {
        body = format!("({} times) {body}", alert.count);
    }
    if let Some((level, _)) = alert.escalated {
        body = format!("(escalated, level {level}) {body}");
    }
    let title = harmless(&said.title, TITLE);
    Notification {
        key: key(step.hub, &alert.id),
        target: NotificationTarget::Alert { hub: step.hub, alert_id: alert.id.clone() },
        title: if title.is_empty() { harmless(&said.kind, TITLE) } else { title },
        body: escape_markup(&harmless(&body, BODY)),
        urgency: manner.urgency,
        sound: manner.sound.clone(),
        actions,
    }
}

/// A severity, as labels name it.
pub(super) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Debug => "debug",
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

/// The same notification as a reminder, after so many milliseconds.
pub(super) fn reminder(notification: &Notification, open_for: i64) -> Notification {
    let body = format!("Open for {}, not acknowledged. {}", span(open_for), notification.body);
    Notification { body, ..notification.clone() }
}

/// A length of time in words, of two units at most.
fn span(milliseconds: i64) -> String {
    let seconds = milliseconds / 1_000;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        _ if seconds % 3_600 < 60 => format!("{} h", seconds / 3_600),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}
