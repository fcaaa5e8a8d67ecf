//! The rules, with their conditions in words.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use mission_control_protocol::{
    RuleId,
    alerting::{Comparison, FleetCondition, Rule, RuleCondition, Silent, unit_of},
};
use mission_control_store::rules::builtin;

use super::{Knowledge, number};
use crate::{
    charts::{describe, described_metrics},
    hub_state::{HubState, IN_THE_PAST, archived},
    plain_text::harmless,
    view::{
        RulesView,
        frame::HubConnection,
        rules::{AlertingHub, RuleBound, RuleMetric, RuleRow},
    },
};

/// Rules shown at most.
const SHOWN: usize = 2_000;

/// Use cases named at most of each hub.
const USE_CASES: usize = 200;

/// Why nothing can be changed at a hub, in a sentence; `None` when it can.
pub(crate) fn disabled(hub: &HubState) -> Option<String> {
    if let Some(archive) = &hub.archive {
        return Some(archived(archive));
    }
    match &hub.connection {
        HubConnection::Live | HubConnection::CatchingUp { .. } => None,
        HubConnection::Connecting => Some(format!("{} is not connected yet.", hub.name)),
        HubConnection::Cached { reason, .. } => Some(format!("{} is not connected: {reason}", hub.name)),
        HubConnection::Past { .. } => Some(IN_THE_PAST.to_owned()),
    }
}

/// The hubs, as pages about alerts name them. Those of an archive are left out while it is empty of rules.
pub(crate) fn hubs(knowledge: &Knowledge) -> Vec<AlertingHub> {
    knowledge
        .hubs
        .iter()
        .map(|hub| AlertingHub {
            hub: hub.key,
            name: hub.name.clone(),
            disabled: disabled(hub),
            use_cases: use_cases(hub).into_iter().take(USE_CASES).collect(),
        })
        .collect()
}

/// The use cases of a hub's dashboards.
pub(crate) fn use_cases(hub: &HubState) -> BTreeSet<String> {
    let dashboards = hub.projection.dashboards.values();
    let known = dashboards.filter_map(|dashboard| Some(&dashboard.registration.as_ref()?.config.use_case));
    known.map(|use_case| harmless(use_case, 80)).filter(|use_case| !use_case.is_empty()).collect()
}

/// The rules of all hubs.
pub(crate) fn view(knowledge: &Knowledge) -> RulesView {
    let mut rules = Vec::new();
    for hub in knowledge.hubs.iter().filter(|hub| hub.archive.is_none()) {
        let mut open: BTreeMap<&str, u32> = BTreeMap::new();
        for rule in hub.projection.alerts.open().filter_map(|alert| alert.rule()) {
            *open.entry(rule).or_default() += 1;
        }
        for known in hub.projection.alert_policies.rules().take(SHOWN) {
            rules.push(RuleRow {
                hub: hub.key,
                rule: known.rule.clone(),
                version: known.version,
                is_built_in: is_built_in(&known.rule.id),
                changed_at: known.changed.map(|(at, _)| at),
                changed_by: known.changed.and_then(|(_, by)| by).map(|by| by.as_str().to_owned()),
                kind: kind(&known.rule.condition).to_owned(),
                condition: words(known.rule),
                raised: known.raised,
                open: open.get(known.rule.id.as_str()).copied().unwrap_or(0),
            });
        }
    }
    let metrics = described_metrics().map(|(name, title, unit)| RuleMetric {
        name: name.to_owned(),
        title,
        unit: unit.to_owned(),
    });
    RulesView { hubs: hubs(knowledge), rules, metrics: metrics.collect() }
}

fn is_built_in(id: &RuleId) -> bool {
    static IDS: OnceLock<BTreeSet<RuleId>> = OnceLock::new();
    IDS.get_or_init(|| builtin().rules.into_iter().map(|rule| rule.id).collect()).contains(id)
}

/// What kind of rule it is, for people.
pub(crate) fn kind(condition: &RuleCondition) -> &'static str {
    match condition {
        RuleCondition::Threshold { .. } => "Threshold",
        RuleCondition::Absence { .. } => "Absence",
        RuleCondition::Rate { .. } => "Rate of change",
        RuleCondition::Forecast { .. } => "Forecast",
        RuleCondition::Fleet { .. } => "Fleet share",
        RuleCondition::Outlier { .. } => "Outlier",
        RuleCondition::Deviation { .. } => "Deviation",
    }
}

/// When a rule holds, in words.
pub(crate) fn words(rule: &Rule) -> String {
    let lasting =
        if rule.for_seconds > 0 { format!(" for {}", span(rule.for_seconds)) } else { String::new() };
    match &rule.condition {
        RuleCondition::Threshold { metric, comparison, value, clear, .. } => {
            let until = clear.map_or_else(String::new, |clear| {
                format!(", until {} {}", away(*comparison), amount(clear, metric))
            });
            format!("{} {} {}{lasting}{until}", title(metric), comparison.words(), amount(*value, metric))
        }
        RuleCondition::Absence { what, metric } => {
            let what = match (what, metric) {
                (Silent::Dashboard, _) => "Dashboard is offline".to_owned(),
                (Silent::Ingestion, _) => "No data is ingested".to_owned(),
                (Silent::Metric, Some(metric)) => format!("{} does not come", title(metric)),
                (Silent::Metric, None) => "A metric does not come".to_owned(),
            };
            format!("{what}{lasting}")
        }
        RuleCondition::Rate { metric, comparison, per_minute, over_seconds, .. } => format!(
            "{} changes by {} {} a minute, measured over {}{lasting}",
            title(metric),
            comparison.words(),
            amount(*per_minute, metric),
            span(*over_seconds)
        ),
        RuleCondition::Forecast { metric, comparison, value, within_seconds, over_seconds, .. } => format!(
            "{} will be {} {} within {}, going on as over the last {}{lasting}",
            title(metric),
            comparison.words(),
            amount(*value, metric),
            span(*within_seconds),
            span(*over_seconds)
        ),
        RuleCondition::Fleet { condition, percent, at_least } => {
            let trouble = match condition {
                FleetCondition::Error => "in error",
                FleetCondition::Offline => "offline",
                FleetCondition::ErrorOrOffline => "in error or offline",
            };
            format!(
                "More than {percent} % of a use case {trouble}{lasting}, where it has {at_least} dashboards or more"
            )
        }
        RuleCondition::Outlier { metric, distance, at_least, .. } => format!(
            "{} further than {distance} deviations from the median of its use case{lasting}, among {at_least} or more",
            title(metric)
        ),
        RuleCondition::Deviation { metric, score, calm_seconds, at_least, .. } => format!(
            "{} is unlike what is usual for it (score {score} or more), until it was calm for {}; from {at_least} samples on",
            title(metric),
            span(*calm_seconds)
        ),
    }
}

/// The bounds to draw across a chart of the rule's metric.
pub(crate) fn bounds(condition: &RuleCondition) -> Vec<RuleBound> {
    let line = |value: f64, label: String, fires: bool| RuleBound { value, label, fires };
    match condition {
        RuleCondition::Threshold { metric, comparison, value, clear, .. } => {
            let mut lines =
                vec![line(*value, format!("fires {} {}", comparison.words(), amount(*value, metric)), true)];
            if let Some(clear) = clear.filter(|clear| clear != value) {
                lines.push(line(clear, format!("clears at {}", amount(clear, metric)), false));
            }
            lines
        }
        RuleCondition::Forecast { metric, comparison, value, .. } => {
            let label = format!("fires when it heads {} {}", comparison.words(), amount(*value, metric));
            vec![line(*value, label, true)]
        }
        // What they compare is not on the axis of the metric.
        RuleCondition::Absence { .. }
        | RuleCondition::Rate { .. }
        | RuleCondition::Fleet { .. }
        | RuleCondition::Outlier { .. }
        | RuleCondition::Deviation { .. } => Vec::new(),
    }
}

fn title(metric: &str) -> String {
    harmless(&describe(metric).title, 80)
}

fn away(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Above => "at most",
        Comparison::AtLeast => "below",
        Comparison::Below => "at least",
        Comparison::AtMost => "above",
    }
}

/// A value with the metric's unit.
fn amount(value: f64, metric: &str) -> String {
    match unit_of(metric) {
        None | Some("") => format!("{value}"),
        Some("B") if value.abs() >= 1_048_576.0 => format!("{:.1} MiB", value / 1_048_576.0),
        Some(unit) => format!("{value} {unit}"),
    }
}

/// A length of time in its largest whole unit.
pub(crate) fn span(seconds: u32) -> String {
    let whole = |unit: u32| seconds.is_multiple_of(unit) && seconds >= unit;
    if whole(86_400) {
        format!("{} d", seconds / 86_400)
    } else if whole(3_600) {
        format!("{} h", seconds / 3_600)
    } else if whole(60) {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    }
}

/// A number of rules, for a summary.
pub(crate) fn times(count: u64) -> String {
    match count {
        0 => "not once".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

/// How many firings a summary counts, as the view models write it.
pub(crate) fn dashboards(count: u32) -> String {
    if count == 1 { "1 dashboard".to_owned() } else { format!("{} dashboards", number(count as usize)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_rule_reads_as_a_sentence() {
        let read: Vec<_> = builtin().rules.iter().map(words).collect();
        assert_eq!(read[0], "Dashboard is offline for 1 min");
        assert_eq!(read[1], "Error rate above 10 % for 2 min, until at most 5 %");
        assert!(read.iter().any(|text| text.starts_with("More than 20 % of a use case in error or offline")));
        assert!(read.iter().all(|text| !text.contains("{") && text.len() > 20), "{read:?}");
    }

    #[test]
    fn a_bound_is_drawn_where_it_fires_and_where_it_clears() {
        let rule = builtin().rules.into_iter().find(|rule| rule.id.as_str() == "error-rate-high").unwrap();
        let lines = bounds(&rule.condition);
        assert_eq!(
            lines.iter().map(|line| (line.value, line.fires)).collect::<Vec<_>>(),
            [(10.0, true), (5.0, false)]
        );
    }
}
