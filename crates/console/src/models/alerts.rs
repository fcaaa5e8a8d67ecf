//! The alerts.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

use mission_control_protocol::{
    DashboardId, Severity,
    alert::AlertState,
    alerting::{MatchOperator, Matcher, labels},
};
use mission_control_store::projection::AlertProjection;

use super::{Knowledge, all_occur, holds, number, rules, status, words};
use crate::{
    alert_actions,
    hub_state::HubState,
    plain_text::harmless,
    view::{
        AlertFilter, AlertRow, AlertsView, HubKey,
        alerts::{AlertActionRow, AlertScope},
        frame::AlertCounts,
    },
};

/// Alerts shown at most.
const SHOWN: usize = 500;

/// Use cases to choose from at most.
const USE_CASES: usize = 500;

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
        use_case: use_case(hub, alert),
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
        assigned_to: alert.assigned.as_ref().map(|(to, _)| to.as_str().to_owned()),
        escalation: alert.escalated.map_or(0, |(level, _)| u32::from(level)),
        shelved_until: alert.shelved_until,
        is_flapping: alert.flapping,
        reopened: alert.reopened,
        holds: holds::rows(hub, &alert.held_by),
        group: alert.group.as_deref().map(|group| harmless(group, 200)),
        matchers: matchers(alert),
        actions: actions(hub, alert),
        freshness: hub.freshness(&alert.dashboard_id),
    }
}

/// The use case of an alert: its label, else that of its dashboard.
fn use_case(hub: &HubState, alert: &AlertProjection) -> String {
    let known = || {
        let dashboard = hub.projection.dashboards.get(&alert.dashboard_id)?;
        Some(dashboard.registration.as_ref()?.config.use_case.as_str())
    };
    alert.label(labels::USE_CASE).or_else(known).map(|use_case| harmless(use_case, 80)).unwrap_or_default()
}

/// Matchers for a silence of this problem on this dashboard, and of nothing else.
fn matchers(alert: &AlertProjection) -> Vec<String> {
    let wanted = match alert.rule() {
        Some(_) => [labels::DASHBOARD, labels::RULE],
        None => [labels::DASHBOARD, labels::TYPE],
    };
    let matcher = |label: &str| Matcher::new(label, MatchOperator::Equal, alert.label(label)?).ok();
    wanted.into_iter().filter_map(matcher).map(|matcher| matcher.to_string()).collect()
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
                .filter(|alert| filter.use_case.as_ref().is_none_or(|wanted| *wanted == use_case(hub, alert)))
                .filter(|alert| words.is_empty() || all_occur(&words, &texts(hub, alert)))
                .map(|alert| (hub, alert)),
        );
    }
    sort(&mut passing);
    let passing = together(passing);
    let more = number(passing.len().saturating_sub(SHOWN));
    let alerts = passing.into_iter().take(SHOWN).map(|(hub, alert)| row(hub, alert)).collect();
    let (counts, unacknowledged) = counts(knowledge);
    let use_cases: BTreeSet<_> = knowledge.hubs.iter().flat_map(rules::use_cases).take(USE_CASES).collect();
    AlertsView { counts, unacknowledged, alerts, more, use_cases: use_cases.into_iter().collect() }
}

/// Those of one group that are open stand together, where the first of them stands.
fn together<'hubs>(
    sorted: Vec<(&'hubs HubState, &'hubs AlertProjection)>,
) -> Vec<(&'hubs HubState, &'hubs AlertProjection)> {
    let mut places: HashMap<(HubKey, &str), usize> = HashMap::new();
    let mut groups: Vec<Vec<(&HubState, &AlertProjection)>> = Vec::new();
    for (hub, alert) in sorted {
        let group = alert.group.as_deref().filter(|_| alert.is_open());
        match group.map(|group| *places.entry((hub.key, group)).or_insert(groups.len())) {
            Some(place) if place < groups.len() => groups[place].push((hub, alert)),
            _ => groups.push(vec![(hub, alert)]),
        }
    }
    groups.into_iter().flatten().collect()
}

/// The alerts of one dashboard, in the same order, at most `limit`.
pub(crate) fn of_dashboard(hub: &HubState, id: &DashboardId, limit: usize) -> Vec<AlertRow> {
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
