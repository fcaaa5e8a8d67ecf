//! Why an alert does not notify, in words.

use mission_control_protocol::{AlertId, alerting::Hold};

use crate::{
    hub_state::HubState,
    plain_text::harmless,
    view::alerts::{AlertHold, AlertHoldKind},
};

/// What holds an alert, as the UI shows it: each names who or what it was, and leads there.
pub(crate) fn rows(hub: &HubState, holds: &[Hold]) -> Vec<AlertHold> {
    holds.iter().map(|hold| row(hub, hold)).collect()
}

fn row(hub: &HubState, hold: &Hold) -> AlertHold {
    let policies = &hub.projection.alert_policies;
    let title_of = |id: &AlertId| {
        let alert = hub.projection.alert(id)?;
        Some((harmless(&alert.alert.alert.title, 80), hub.dashboard_name(&alert.dashboard_id)))
    };
    match hold {
        Hold::Silenced { silence_id } => {
            let known = policies.silence(silence_id);
            let by = known.and_then(|known| known.silence.created_by.as_ref());
            let comment = known.map(|known| harmless(&known.silence.comment, 120)).unwrap_or_default();
            let mut text = "Silenced".to_owned();
            if let Some(by) = by {
                text = format!("{text} by {}", by.as_str());
            }
            if !comment.is_empty() {
                text = format!("{text}: {comment}");
            }
            AlertHold {
                kind: AlertHoldKind::Silence,
                text,
                holder: Some(silence_id.as_str().to_owned()),
                alert_id: None,
                until: known.map(|known| known.silence.ends_at),
            }
        }
        Hold::Inhibited { inhibition_id, by } => {
            let text = title_of(by).map_or_else(
                || "Explained by another alert".to_owned(),
                |(title, dashboard)| format!("Explained by {title} on {dashboard}"),
            );
            AlertHold {
                kind: AlertHoldKind::Inhibition,
                text,
                holder: Some(inhibition_id.as_str().to_owned()),
                alert_id: Some(by.clone()),
                until: None,
            }
        }
        Hold::Shelved { until } => AlertHold {
            kind: AlertHoldKind::Shelf,
            text: "On the shelf".to_owned(),
            holder: None,
            alert_id: None,
            until: Some(*until),
        },
        Hold::Maintenance { window_id } => {
            let window = policies.window(window_id);
            let title = window.map(|window| harmless(&window.title, 80)).unwrap_or_default();
            AlertHold {
                kind: AlertHoldKind::Window,
                text: if title.is_empty() {
                    "Maintenance".to_owned()
                } else {
                    format!("Maintenance: {title}")
                },
                holder: Some(window_id.as_str().to_owned()),
                alert_id: None,
                until: None,
            }
        }
        Hold::Grouped { with, until } => AlertHold {
            kind: AlertHoldKind::Group,
            text: title_of(with).map_or_else(
                || "Told together with its group".to_owned(),
                |(title, _)| format!("Told together with {title}"),
            ),
            holder: None,
            alert_id: Some(with.clone()),
            until: Some(*until),
        },
    }
}
