//! One alert: how it went, what it is about, and what went like it before.

use std::collections::BTreeSet;

use mission_control_protocol::{
    AlertId, RuleId,
    alert::{AlertState, AlertTransition},
    alerting::{MatchOperator, Matcher, labels},
};
use mission_control_store::projection::{AlertProjection, AlertStep};
use serde_json::Value;

use super::{Knowledge, alerts, commands::indented, holds, rules, status};
use crate::{
    charts::describe,
    hub_state::HubState,
    plain_text::harmless,
    view::{
        AlertDetailView,
        alert_detail::{AlertDetail, AlertLabel, AlertMetric, AlertRule, AlertStepRow, SimilarAlert},
        metrics::SeriesSelection,
        rules::RuleBound,
    },
};

/// Earlier alerts shown at most.
const SIMILAR: usize = 12;

/// Operators offered at most.
const OPERATORS: usize = 50;

/// What is drawn beside an alert that names no metric.
const BY_TYPE: [(&str, &str); 2] =
    [("DATA_QUALITY", "data.dataQuality"), ("WORKFLOW_FAILURE", "workflows.failedCount")];

/// What is drawn where not even the type says it.
const IN_GENERAL: &str = "status.errorRate";

/// One alert, of whichever hub knows it.
pub(crate) fn view(knowledge: &Knowledge, id: &AlertId) -> AlertDetailView {
    let found = knowledge.hubs.iter().find_map(|hub| Some((hub, hub.projection.alert(id)?)));
    AlertDetailView { found: found.map(|(hub, alert)| detail(hub, alert)) }
}

fn detail(hub: &HubState, alert: &AlertProjection) -> AlertDetail {
    let context = &alert.alert.context;
    let rule = rule_of(hub, alert);
    let runbook = rule_id(alert)
        .and_then(|id| hub.projection.alert_policies.rule(&id)?.rule.runbook.as_ref()?.url.clone())
        .or_else(|| context.get("runbook")?.as_str().map(str::to_owned))
        .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
        .map(|url| harmless(&url, 2_000));
    AlertDetail {
        row: alerts::row(hub, alert),
        disabled: rules::disabled(hub),
        steps: steps(hub, alert),
        flaps: alert.flaps,
        labels: label_rows(alert),
        runbook,
        metric: metric(hub, alert),
        similar: similar(hub, alert),
        context: if context.is_null() { String::new() } else { indented(context) },
        operators: operators(hub),
        rule,
    }
}

fn rule_id(alert: &AlertProjection) -> Option<RuleId> {
    RuleId::new(alert.rule()?).ok()
}

fn rule_of(hub: &HubState, alert: &AlertProjection) -> Option<AlertRule> {
    let rule_id = rule_id(alert)?;
    let known = hub.projection.alert_policies.rule(&rule_id).map(|known| known.rule);
    Some(AlertRule {
        hub: hub.key,
        title: known.map_or_else(|| rule_id.as_str().to_owned(), |rule| harmless(&rule.title, 200)),
        condition: known.map(rules::words).unwrap_or_default(),
        description: known.map(|rule| harmless(&rule.description, 1_000)).unwrap_or_default(),
        rule_id,
    })
}

fn label_rows(alert: &AlertProjection) -> Vec<AlertLabel> {
    let mut names: BTreeSet<&str> = alert.labels.keys().map(String::as_str).collect();
    names.extend([labels::DASHBOARD, labels::TYPE, labels::SOURCE]);
    let row = |name: &str| {
        let value = alert.label(name)?;
        let matcher = Matcher::new(name, MatchOperator::Equal, value).ok()?;
        Some(AlertLabel {
            name: harmless(name, 64),
            value: harmless(value, 200),
            matcher: matcher.to_string(),
        })
    };
    names.into_iter().filter_map(row).collect()
}

/// The steps with the remarks made in them, and the remarks made between them.
fn steps(hub: &HubState, alert: &AlertProjection) -> Vec<AlertStepRow> {
    let mut notes: Vec<_> = alert.notes.iter().collect();
    let mut rows: Vec<AlertStepRow> = Vec::new();
    for step in &alert.steps {
        let place = notes.iter().position(|note| note.at == step.at && note.by == step.by);
        let note = place.map(|place| notes.remove(place));
        rows.push(AlertStepRow {
            at: step.at,
            transition: step.transition,
            text: step_text(step),
            by: step.by.as_ref().map(|by| by.as_str().to_owned()),
            note: note.map(|note| harmless(&note.text, 2_000)),
            holds: holds::rows(hub, &step.held_by),
        });
    }
    // Their steps made room for later ones.
    rows.extend(notes.into_iter().map(|note| AlertStepRow {
        at: note.at,
        transition: AlertTransition::Noted,
        text: "Note".to_owned(),
        by: note.by.as_ref().map(|by| by.as_str().to_owned()),
        note: Some(harmless(&note.text, 2_000)),
        holds: Vec::new(),
    }));
    rows.sort_by_key(|row| row.at);
    rows
}

fn step_text(step: &AlertStep) -> String {
    let with_hold = |what: &str| {
        if step.held_by.is_empty() {
            format!("{what}, and notified")
        } else {
            format!("{what}, did not notify")
        }
    };
    match step.transition {
        AlertTransition::Raised => with_hold("Raised"),
        AlertTransition::Reopened => with_hold("Reopened"),
        AlertTransition::Repeated => "Reported again".to_owned(),
        AlertTransition::Acknowledged => "Acknowledged".to_owned(),
        AlertTransition::Resolved => match step.by {
            Some(_) => "Resolved by hand".to_owned(),
            None => "Resolved: the problem is over".to_owned(),
        },
        AlertTransition::Notified => "Notified: nothing holds it any more".to_owned(),
        AlertTransition::Held => "Held".to_owned(),
        AlertTransition::Assigned => match &step.to {
            Some(to) => format!("Assigned to {}", to.as_str()),
            None => "Assigned to nobody".to_owned(),
        },
        AlertTransition::Escalated => "Escalated: nobody took it up in time".to_owned(),
        AlertTransition::Shelved => "Put on the shelf".to_owned(),
        AlertTransition::Unshelved => "Taken off the shelf".to_owned(),
        AlertTransition::Noted => "Note".to_owned(),
        AlertTransition::Flapping => "Comes and goes: kept open until it is steady".to_owned(),
        AlertTransition::Flapped => "Came or went".to_owned(),
        AlertTransition::Steady => "Steady again".to_owned(),
    }
}

fn metric(hub: &HubState, alert: &AlertProjection) -> Option<AlertMetric> {
    // What is about a use case has no dashboard of its own to draw.
    if !hub.projection.dashboards.contains_key(&alert.dashboard_id) {
        return None;
    }
    let context = &alert.alert.context;
    let condition = rule_id(alert)
        .and_then(|id| hub.projection.alert_policies.rule(&id))
        .map(|known| &known.rule.condition);
    let said = context.get("metric").and_then(Value::as_str);
    let by_type = BY_TYPE.iter().find(|(kind, _)| *kind == alert.alert.alert.kind).map(|(_, metric)| *metric);
    let named = condition.and_then(|condition| condition.metric()).or(said).or(by_type);
    let name = named.unwrap_or(IN_GENERAL);
    let mut bounds = condition.map(rules::bounds).unwrap_or_default();
    if bounds.is_empty()
        && condition.is_none()
        && let Some(value) = context.get("threshold").and_then(Value::as_f64)
    {
        bounds.push(RuleBound { value, label: "threshold".to_owned(), fires: true });
    }
    let described = describe(name);
    Some(AlertMetric {
        selection: SeriesSelection {
            dashboard: hub.dashboard_key(&alert.dashboard_id),
            name: name.to_owned(),
        },
        title: described.title,
        unit: described.unit.to_owned(),
        bounds,
        is_named: named.is_some(),
    })
}

/// Those of the same problem first, then those of the same type; of each the newest first.
fn similar(hub: &HubState, alert: &AlertProjection) -> Vec<SimilarAlert> {
    let fingerprint = alert.alert.fingerprint();
    let others = hub.projection.alerts.iter().rev().filter(|other| {
        other.id != alert.id
            && other.alert.alert.kind == alert.alert.alert.kind
            && other.first_seen <= alert.last_seen
    });
    // A fold of a thousand at most: those that are over are bounded, those that are open are looked at all the same.
    let (mut same, mut like) = (Vec::new(), Vec::new());
    for other in others {
        let is_same = other.alert.fingerprint() == fingerprint;
        let list = if is_same { &mut same } else { &mut like };
        if list.len() < SIMILAR {
            list.push((other, is_same));
        }
    }
    same.into_iter()
        .chain(like)
        .take(SIMILAR)
        .map(|(other, is_same)| similar_row(hub, other, is_same))
        .collect()
}

fn similar_row(hub: &HubState, other: &AlertProjection, is_same_problem: bool) -> SimilarAlert {
    let severity = other.alert.alert.severity;
    let ending = match (&other.state, &other.resolved) {
        (AlertState::Resolved, Some((Some(by), _))) => format!("resolved by {}", by.as_str()),
        (AlertState::Resolved, _) => match &other.acknowledged {
            Some((Some(by), _)) => format!("over by itself, after {} took it up", by.as_str()),
            _ => "over by itself".to_owned(),
        },
        (AlertState::Acknowledged, _) => "still open, taken up".to_owned(),
        (AlertState::Raised, _) => "still open".to_owned(),
    };
    SimilarAlert {
        alert_id: other.id.clone(),
        title: harmless(&other.alert.alert.title, 200),
        dashboard_name: hub.dashboard_name(&other.dashboard_id),
        severity,
        status: status::of_alert_in_state(severity, other.state),
        is_same_problem,
        first_seen: other.first_seen,
        lasted: other.resolved.as_ref().map(|(_, at)| super::since(*at, other.first_seen)),
        ending,
        note: other.note.as_deref().map(|note| harmless(note, 300)),
    }
}

/// Whoever did something to an alert or sent a command.
fn operators(hub: &HubState) -> Vec<String> {
    let mut names = BTreeSet::new();
    for alert in hub.projection.alerts.iter() {
        names.extend(alert.steps.iter().filter_map(|step| step.by.as_ref()).map(|by| by.as_str().to_owned()));
        names.extend(alert.assigned.iter().map(|(to, _)| to.as_str().to_owned()));
    }
    names.extend(hub.projection.commands.iter().map(|known| known.command.issued_by.as_str().to_owned()));
    names.into_iter().take(OPERATORS).collect()
}
