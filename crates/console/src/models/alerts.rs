//! The alerts.

use std::cmp::Reverse;

use mission_control_protocol::{Severity, alert::AlertState};
use mission_control_store::projection::AlertProjection;

use super::{Knowledge, all_occur, number, status, words};
use crate::{
    alert_actions,
    hub_state::HubState,
    plain_text::harmless,
    view::{
        AlertFilter, AlertRow, AlertsView,
        alerts::{AlertActionRow, AlertScope},
        frame::AlertCounts,
    },
};

/// Alerts shown at most.
const SHOWN: usize = 500;

/// One alert.
pub(crate) fn row(hub: &HubState, alert: &AlertProjection) -> AlertRow {
    let said = &alert.alert.alert;
    let by = |operator: &Option<mission_control_protocol::OperatorId>| {
        operator.as_ref().map(|operator| operator.as_str().to_owned())
    };
    AlertRow {
        alert_id: alert.id.clone(),
        dashboard: hub.dashboard_key(&alert.dashboard_id),
        dashboard_name: hub.dashboard_name(&alert.dashboard_id),
        kind: harmless(&said.kind, 80),
        severity: said.severity,
        status: status::of_alert_in_state(said.severity, alert.state),
        title: harmless(&said.title, 200),
        message: harmless(&said.message, 2_000),
        state: alert.state,
        count: alert.count,
        first_seen: alert.first_seen,
        last_seen: alert.last_seen,
        acknowledged_by: alert.acknowledged.as_ref().and_then(|(operator, _)| by(operator)),
        acknowledged_at: alert.acknowledged.as_ref().map(|(_, at)| *at),
        resolved_at: alert.resolved.as_ref().map(|(_, at)| *at),
        resolved_by: alert.resolved.as_ref().and_then(|(operator, _)| by(operator)),
        note: alert.note.as_deref().map(|note| harmless(note, 2_000)),
        actions: actions(hub, alert),
        freshness: hub.freshness(&alert.dashboard_id),
    }
}

fn actions(hub: &HubState, alert: &AlertProjection) -> Vec<AlertActionRow> {
    let accepts = alert_actions::accepted(hub, &alert.dashboard_id);
    let disabled = hub.commands_disabled(&alert.dashboard_id);
    let rows = alert.alert.alert.actions.iter().enumerate().map(|(index, action)| {
        let plan = alert_actions::plan(action, &alert.alert.context, accepts);
        AlertActionRow {
            index: number(index),
            action: alert_actions::name(action),
            label: harmless(&action.label, 60),
            disabled: match &plan {
                alert_actions::Plan::Open(_) => None,
                alert_actions::Plan::Send { .. } => disabled.clone(),
                alert_actions::Plan::Unknown { reason } => Some(reason.clone()),
            },
            effect: plan.effect(),
        }
    });
    rows.collect()
}

/// Whether an alert is in one of the states asked for.
fn in_scope(state: AlertState, scope: AlertScope) -> bool {
    match scope {
        AlertScope::Open => state != AlertState::Resolved,
        AlertScope::Unacknowledged => state == AlertState::Raised,
        AlertScope::Resolved => state == AlertState::Resolved,
        AlertScope::All => true,
    }
}

/// The open alerts of all hubs by how they look, and how many nobody has acknowledged. Those of an archive count in the
/// past only: now, nobody can do anything about them.
pub(crate) fn counts(knowledge: &Knowledge) -> (AlertCounts, u32) {
    let mut counts = AlertCounts::default();
    let mut unacknowledged = 0;
    let hubs = knowledge.hubs.iter().filter(|hub| hub.is_of_the_instant());
    for alert in hubs.flat_map(|hub| hub.projection.alerts.open()) {
        match alert.alert.alert.severity {
            Severity::Critical => counts.critical += 1,
            Severity::Error => counts.serious += 1,
            Severity::Warning => counts.caution += 1,
            Severity::Info | Severity::Debug => counts.standby += 1,
        }
        unacknowledged += u32::from(alert.state == AlertState::Raised);
    }
    (counts, unacknowledged)
}

/// The alerts that pass a filter: open first, worst first, newest first.
pub(crate) fn view(knowledge: &Knowledge, filter: &AlertFilter) -> AlertsView {
    let words = words(&filter.text);
    let mut passing: Vec<(&HubState, &AlertProjection)> = Vec::new();
    for hub in &knowledge.hubs {
        passing.extend(
            hub.projection
                .alerts
                .iter()
                .filter(|alert| in_scope(alert.state, filter.scope))
                .filter(|alert| {
                    filter.minimum_severity.is_none_or(|minimum| alert.alert.alert.severity >= minimum)
                })
                .filter(|alert| words.is_empty() || all_occur(&words, &texts(hub, alert)))
                .map(|alert| (hub, alert)),
        );
    }
    sort(&mut passing);
    let more = number(passing.len().saturating_sub(SHOWN));
    let alerts = passing.into_iter().take(SHOWN).map(|(hub, alert)| row(hub, alert)).collect();
    let (counts, unacknowledged) = counts(knowledge);
    AlertsView { counts, unacknowledged, alerts, more }
}

/// The alerts of one dashboard, in the same order, at most `limit`.
pub(crate) fn of_dashboard(
    hub: &HubState,
    id: &mission_control_protocol::DashboardId,
    limit: usize,
) -> Vec<AlertRow> {
    let mut found: Vec<_> = hub
        .projection
        .alerts
        .iter()
        .filter(|alert| alert.dashboard_id == *id)
        .map(|alert| (hub, alert))
        .collect();
    sort(&mut found);
    found.into_iter().take(limit).map(|(hub, alert)| row(hub, alert)).collect()
}

fn sort(alerts: &mut [(&HubState, &AlertProjection)]) {
    alerts.sort_by_key(|(_, alert)| {
        let over = alert.state == AlertState::Resolved;
        // Among those that are over, how bad they were no longer matters.
        let severity = if over { Severity::Debug } else { alert.alert.alert.severity };
        (over, Reverse(severity), Reverse(alert.last_seen), alert.id.clone())
    });
}

fn texts(hub: &HubState, alert: &AlertProjection) -> [String; 5] {
    let said = &alert.alert.alert;
    [
        said.title.to_lowercase(),
        said.message.to_lowercase(),
        said.kind.to_lowercase(),
        hub.dashboard_name(&alert.dashboard_id).to_lowercase(),
        alert.dashboard_id.as_str().to_lowercase(),
    ]
}
