//! From what rules say to alerts. A rule that raises too many in a minute is told by one alert that stands for all
//! further ones and counts them.

use std::collections::{BTreeSet, HashMap, VecDeque};

use mission_control_protocol::{
    Alert, AlertAction, AlertId, EnrichedAlert, Timestamp,
    alert::{AlertCondition, AlertTransition, SOURCE_RULE},
    alerting::{Rule, RuleCondition, Silent, labels, unit_of},
    limits::RULE_ALERTS_PER_MINUTE,
    record::AlertRecord,
};
use mission_control_store::{
    projection::AlertProjection,
    rules::{RuleStep, RuleSubject, deviation::Aspect},
};
use serde_json::json;

use super::{
    manager::{Manager, Step},
    watch::dashboard_of,
};

const MINUTE: i64 = 60_000;

/// The label of an alert that stands for many.
const COLLAPSED: &str = "collapsed";

/// Dashboards that an alert which stands for many names.
const NAMED: usize = 10;

/// What the rules raised lately, and what is told by one alert.
#[derive(Debug, Default)]
pub(super) struct RuleAlerts {
    /// When each rule raised, within the last minute.
    raised: HashMap<String, VecDeque<Timestamp>>,
    collapsed: HashMap<String, Collapsed>,
}

#[derive(Debug)]
struct Collapsed {
    rule: std::sync::Arc<Rule>,
    holding: BTreeSet<RuleSubject>,
    /// How many it was in all.
    total: u64,
    /// Whether that is still to be told.
    is_changed: bool,
}

/// Whether an alert stands for many.
pub(super) fn is_summary(alert: &AlertProjection) -> bool {
    alert.labels.contains_key(COLLAPSED)
}

impl Manager {
    /// A rule began or ceased to hold.
    pub(crate) fn rule_step(&mut self, step: &RuleStep, new_id: AlertId, now: Timestamp) -> Vec<Step> {
        let id = step.rule.id.as_str().to_owned();
        // A rule that was switched off or removed meanwhile has no alerts any more.
        if step.holds && self.policies().rule(&step.rule.id).is_none_or(|view| !view.rule.enabled) {
            return Vec::new();
        }
        if let Some(collapsed) = self.rule_alerts.collapsed.get_mut(&id) {
            if step.holds {
                collapsed.holding.insert(step.subject.clone());
                collapsed.total += 1;
                collapsed.is_changed = true;
                return Vec::new();
            }
            if collapsed.holding.remove(&step.subject) {
                collapsed.is_changed = true;
                return Vec::new();
            }
        } else if step.holds {
            let raised = self.rule_alerts.raised.entry(id.clone()).or_default();
            raised.retain(|at| now.milliseconds_since(*at) < MINUTE);
            if raised.len() >= RULE_ALERTS_PER_MINUTE {
                let collapsed = Collapsed {
                    rule: step.rule.clone(),
                    holding: [step.subject.clone()].into(),
                    total: 1,
                    is_changed: true,
                };
                self.rule_alerts.collapsed.insert(id, collapsed);
                self.is_dirty = true;
                return Vec::new();
            }
            raised.push_back(now);
        }
        let alert = self.alert_of(step);
        self.report(alert, &labels_of(&step.rule, &step.subject), new_id, now).unwrap_or_default()
    }

    /// Tells what became of the rules that are told by one alert. To be called about once a second.
    pub(crate) fn tell_collapsed(
        &mut self,
        now: Timestamp,
        mut new_id: impl FnMut() -> AlertId,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        for id in std::mem::take(&mut self.stale_summaries) {
            let record = AlertRecord {
                note: Some("the hub started anew; what still holds is told again".to_owned()),
                ..AlertRecord::new(id, AlertTransition::Resolved)
            };
            self.take(record, mission_control_protocol::Severity::Info, now, &mut steps);
        }
        self.rule_alerts.raised.retain(|_, raised| {
            raised.retain(|at| now.milliseconds_since(*at) < MINUTE);
            !raised.is_empty()
        });
        let mut told = Vec::new();
        for (id, collapsed) in &mut self.rule_alerts.collapsed {
            if std::mem::take(&mut collapsed.is_changed) {
                told.push(id.clone());
            }
        }
        told.sort();
        for id in told {
            let Some(collapsed) = self.rule_alerts.collapsed.get(&id) else { continue };
            let is_over = collapsed.holding.is_empty();
            let alert = summary(collapsed, &self.hub, now);
            let mut added = labels_of(&collapsed.rule, &RuleSubject::UseCase(String::new()));
            added.push((COLLAPSED.to_owned(), "true".to_owned()));
            added.retain(|(label, _)| label != labels::USE_CASE);
            if is_over {
                self.rule_alerts.collapsed.remove(&id);
            }
            steps.extend(self.report(alert, &added, new_id(), now).unwrap_or_default());
        }
        steps
    }

    /// Forgets what is told by one alert of a rule that is gone.
    pub(super) fn forget_rule(&mut self, rule: &str) {
        self.rule_alerts.collapsed.remove(rule);
        self.rule_alerts.raised.remove(rule);
    }

    fn alert_of(&self, step: &RuleStep) -> EnrichedAlert {
        let rule = &step.rule;
        let version = self.policies().rule(&rule.id).map_or(0, |view| view.version);
        let subject = match &step.subject {
            RuleSubject::UseCase(use_case) => format!(":{use_case}"),
            RuleSubject::Dashboard(_) => String::new(),
        };
        let runbook = rule.runbook.as_ref();
        let actions = runbook.and_then(|runbook| {
            let action = runbook.command.clone()?;
            let label = action.replace('_', " ").to_lowercase();
            Some(AlertAction { label, action, payload: runbook.payload.clone() })
        });
        EnrichedAlert {
            alert: Alert {
                kind: rule.condition.kind().to_owned(),
                severity: rule.severity,
                title: match &step.subject {
                    RuleSubject::UseCase(use_case) => format!("{}: {use_case}", rule.title),
                    RuleSubject::Dashboard(_) => rule.title.clone(),
                },
                message: message(rule, step.value, step.aspect),
                actions: actions.into_iter().collect(),
                condition: if step.holds { AlertCondition::Firing } else { AlertCondition::Resolved },
                fingerprint: Some(format!("{}{subject}", rule.id)),
            },
            source: SOURCE_RULE.to_owned(),
            dashboard_id: dashboard_of(&step.subject, &self.hub),
            context: json!({
                "rule": rule.id, "version": version, "metric": rule.condition.metric(),
                "unit": rule.condition.metric().and_then(unit_of), "value": step.value,
                "threshold": bound(&rule.condition), "description": rule.description,
                "runbook": runbook.and_then(|runbook| runbook.url.as_ref()),
            }),
            timestamp: step.at,
        }
    }
}

fn labels_of(rule: &Rule, subject: &RuleSubject) -> Vec<(String, String)> {
    let mut added: Vec<_> = rule.labels.iter().map(|(label, value)| (label.clone(), value.clone())).collect();
    added.push((labels::RULE.to_owned(), rule.id.as_str().to_owned()));
    if let RuleSubject::UseCase(use_case) = subject {
        added.push((labels::USE_CASE.to_owned(), use_case.clone()));
    }
    added
}

fn summary(
    collapsed: &Collapsed,
    hub: &mission_control_protocol::DashboardId,
    now: Timestamp,
) -> EnrichedAlert {
    let rule = &collapsed.rule;
    let count = collapsed.holding.len();
    let named: Vec<_> = collapsed
        .holding
        .iter()
        .take(NAMED)
        .map(|subject| match subject {
            RuleSubject::Dashboard(id) => id.as_str(),
            RuleSubject::UseCase(use_case) => use_case,
        })
        .collect();
    let more = count.saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    EnrichedAlert {
        alert: Alert {
            kind: rule.condition.kind().to_owned(),
            severity: rule.severity,
            title: format!("{}: on many dashboards", rule.title),
            message: format!(
                "The rule {} raised more than {RULE_ALERTS_PER_MINUTE} alerts within a minute. This one stands for {} \
                 further ones, of which {count} still hold: {}{more}. Perhaps its bound is too tight.",
                rule.id,
                collapsed.total,
                named.join(", ")
            ),
            actions: Vec::new(),
            condition: if count == 0 { AlertCondition::Resolved } else { AlertCondition::Firing },
            fingerprint: Some(format!("{}:{COLLAPSED}", rule.id)),
        },
        source: SOURCE_RULE.to_owned(),
        dashboard_id: hub.clone(),
        context: json!({"rule": rule.id, "total": collapsed.total, "holding": count}),
        timestamp: now,
    }
}

/// The bound that a value is compared with.
fn bound(condition: &RuleCondition) -> Option<f64> {
    match condition {
        RuleCondition::Threshold { value, .. } | RuleCondition::Forecast { value, .. } => Some(*value),
        RuleCondition::Rate { per_minute, .. } => Some(*per_minute),
        RuleCondition::Fleet { percent, .. } => Some(*percent),
        RuleCondition::Absence { .. } | RuleCondition::Outlier { .. } | RuleCondition::Deviation { .. } => {
            None
        }
    }
}

/// What is wrong, in a sentence.
fn message(rule: &Rule, value: Option<f64>, aspect: Option<Aspect>) -> String {
    let unit = rule.condition.metric().and_then(unit_of).filter(|unit| !unit.is_empty());
    let unit = unit.map_or_else(String::new, |unit| format!(" {unit}"));
    let value = value.map_or_else(|| "unknown".to_owned(), |value| format!("{}{unit}", rounded(value)));
    let lasting = match rule.for_seconds {
        0 => String::new(),
        seconds => format!(" for {}", duration(seconds)),
    };
    match &rule.condition {
        RuleCondition::Threshold { metric, comparison, value: bound, .. } => {
            format!("{metric} is {value}, {} {}{unit}{lasting}.", comparison.words(), rounded(*bound))
        }
        RuleCondition::Rate { metric, comparison, per_minute, .. } => format!(
            "{metric} changes by {value} a minute, {} {}{unit}{lasting}.",
            comparison.words(),
            rounded(*per_minute)
        ),
        RuleCondition::Forecast { metric, comparison, value: bound, within_seconds, .. } => format!(
            "{metric} is {value} and will be {} {}{unit} within {}, if it goes on like that.",
            comparison.words(),
            rounded(*bound),
            duration(*within_seconds)
        ),
        RuleCondition::Absence { what, metric } => match what {
            Silent::Dashboard => format!("It has been lost{lasting}."),
            Silent::Metric => {
                format!("{} has not been reported{lasting}.", metric.as_deref().unwrap_or("A metric"))
            }
            Silent::Ingestion => format!("No data was ingested{lasting}."),
        },
        RuleCondition::Fleet { percent, .. } => {
            format!("{value} % of its dashboards are in trouble, more than {} %{lasting}.", rounded(*percent))
        }
        RuleCondition::Outlier { metric, .. } => {
            format!("{metric} is {value}, unlike the other dashboards of its use case{lasting}.")
        }
        RuleCondition::Deviation { metric, .. } => {
            format!("{metric} is {value}, unlike what is usual for it: {}.", unusual(aspect))
        }
    }
}

/// What is unusual about a value.
fn unusual(aspect: Option<Aspect>) -> &'static str {
    match aspect {
        Some(Aspect::Value) => "it has not been there before",
        Some(Aspect::Departure) => "it is far from its recent level",
        Some(Aspect::Level) => "its level has moved",
        Some(Aspect::Activity) => "it moves more, or less, than it used to",
        Some(Aspect::TimeOfDay) => "it is not so at this time of the day",
        Some(Aspect::TimeOfWeek) => "it is not so at this time of the week",
        // When it is over, nothing is.
        None => "it has calmed down",
    }
}

/// Three digits after the point at most, and none that say nothing.
fn rounded(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn duration(seconds: u32) -> String {
    match seconds {
        seconds if seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
