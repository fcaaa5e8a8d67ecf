//! Rules: what the hub watches for in what dashboards report.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::{MATCHERS_LIMIT, Matcher, check_text, labels};
use crate::{RuleId, Severity};

/// Longest name of a metric, in bytes.
const METRIC_LENGTH: usize = 200;

/// Longest time a rule may look back or wait, in seconds: a week.
const LONGEST_SECONDS: u32 = 7 * 24 * 3_600;

/// One rule. What it is about, when it holds, and what the alert it raises says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Chosen by its author; saving under the same id changes the rule.
    pub id: RuleId,
    /// One line; the title of its alerts.
    pub title: String,
    /// What it means and what to do, in a sentence or two.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it is evaluated.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Severity of its alerts.
    pub severity: Severity,
    /// Labels of its alerts, besides those that every alert has. At most 16.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Which dashboards: all of these must match the labels `dashboard`, `useCase`, `environment` and `type` (here that of
    /// the dashboard). None means every dashboard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dashboards: Vec<Matcher>,
    /// How long the condition must hold before an alert is raised, in seconds. At most a week.
    #[serde(default)]
    pub for_seconds: u32,
    /// When it holds.
    pub condition: RuleCondition,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub runbook: Option<Runbook>,
}

fn yes() -> bool {
    true
}

/// What to do about an alert: a page to read, a command to send, or both.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Runbook {
    /// A page, `https://…` or `http://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub url: Option<String>,
    /// A command that the dashboard declares; becomes a button of the alert, and takes the way of every command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub command: Option<String>,
    /// The command's payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub payload: Option<Value>,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[ts(rename = "RuleComparison")]
pub enum Comparison {
    /// Greater.
    Above,
    /// Greater or equal.
    AtLeast,
    /// Less.
    Below,
    /// Less or equal.
    AtMost,
}

impl Comparison {
    /// Whether `value` compares so with `bound`.
    #[must_use]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Above => value > bound,
            Self::AtLeast => value >= bound,
            Self::Below => value < bound,
            Self::AtMost => value <= bound,
        }
    }

    /// Whether more is worse.
    #[must_use]
    pub fn is_upper(self) -> bool {
        matches!(self, Self::Above | Self::AtLeast)
    }

    /// In words: `above`, `at least`, `below`, `at most`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::AtLeast => "at least",
            Self::Below => "below",
            Self::AtMost => "at most",
        }
    }
}

/// What is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Silent {
    /// The dashboard is offline: lost, not said goodbye.
    Dashboard,
    /// A metric that the dashboard reported before does not come any more, while the dashboard is there.
    Metric,
    /// `status.recordCount` and `dataStatus.lastIngested` stay as they are, while the dashboard is there and has data.
    Ingestion,
}

/// What makes a dashboard count in a share of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FleetCondition {
    /// Its status says `error`.
    Error,
    /// It is offline: lost, not said goodbye.
    Offline,
    /// Either.
    ErrorOrOffline,
}

/// When a rule holds. Metrics are named as series are, such as `performance.apiResponseTime`. `unit`, where it is given,
/// must be the metric's own.
///
/// A sample counts at the time at which the hub received it. Where no sample of a metric came for five minutes, what was about
/// to hold begins anew with the next; what holds goes on until a sample says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum RuleCondition {
    /// A value is beyond a bound.
    Threshold {
        /// Of which metric.
        metric: String,
        /// Its unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        unit: Option<String>,
        /// Which side is wrong.
        comparison: Comparison,
        /// The bound.
        value: f64,
        /// Once it holds, it goes on until the value is not beyond this one either; `value` where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        clear: Option<f64>,
    },
    /// Nothing came for `forSeconds`, which is 5 at least.
    Absence {
        /// What is silent.
        what: Silent,
        /// The metric, where `what` is `METRIC`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        metric: Option<String>,
    },
    /// A value changes too fast.
    Rate {
        /// Of which metric.
        metric: String,
        /// Its unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        unit: Option<String>,
        /// Which side is wrong.
        comparison: Comparison,
        /// The bound, in units of the metric a minute; negative for a fall.
        per_minute: f64,
        /// As in `THRESHOLD`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        clear: Option<f64>,
        /// The change is measured over so long, in seconds; at least half of it must have samples.
        over_seconds: u32,
    },
    /// A value will be beyond a bound soon, if it goes on like that: a straight line through the samples of the last
    /// `overSeconds` crosses it within `withinSeconds`. A value that is beyond already holds too.
    Forecast {
        /// Of which metric.
        metric: String,
        /// Its unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        unit: Option<String>,
        /// Which side is wrong.
        comparison: Comparison,
        /// The bound.
        value: f64,
        /// How soon, in seconds.
        within_seconds: u32,
        /// How much of the past the line is drawn through, in seconds; at least half of it must have samples.
        over_seconds: u32,
    },
    /// More than a share of the dashboards of one use case are in trouble. Dashboards that said goodbye do not count.
    Fleet {
        /// What counts as trouble.
        condition: FleetCondition,
        /// The share, in percent: it holds above this,
        percent: f64,
        /// and when the use case has at least so many dashboards.
        #[serde(default = "two")]
        at_least: u32,
    },
    /// A dashboard's value is unlike those of the others of its use case: further from their median than
    /// `distance` times their median absolute deviation.
    Outlier {
        /// Of which metric.
        metric: String,
        /// Its unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        unit: Option<String>,
        /// In median absolute deviations, scaled so that they are standard deviations where values are normally
        /// distributed.
        distance: f64,
        /// When at least so many peers reported the metric in the last five minutes; 3 or more.
        #[serde(default = "four")]
        at_least: u32,
    },
    /// A value is unlike what is usual for it: its own past, and its hour of the day and of the week. Nothing has to be
    /// trained, and one score does for all series. It is told at the beginning of what is unusual, so `forSeconds` must
    /// be 0.
    Deviation {
        /// Of which metric.
        metric: String,
        /// Its unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        unit: Option<String>,
        /// How unlike, above 0 and at most 1: it holds from this score on. At 0.5 a value is a seventh of the width of
        /// its usual range outside of it, at 0.8 three quarters.
        #[serde(default = "half")]
        score: f64,
        /// Samples with this score or more keep it going, once it holds; `score` where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        clear: Option<f64>,
        /// Once it holds, it goes on until none has for so long, in seconds.
        #[serde(default = "quarter_of_an_hour")]
        calm_seconds: u32,
        /// Nothing is unusual before so many samples of the series; 30 or more.
        #[serde(default = "three_hundred")]
        at_least: u32,
    },
}

fn half() -> f64 {
    0.5
}

fn quarter_of_an_hour() -> u32 {
    900
}

fn three_hundred() -> u32 {
    300
}

fn two() -> u32 {
    2
}

fn four() -> u32 {
    4
}

impl RuleCondition {
    /// The metric it looks at, where it looks at one.
    #[must_use]
    pub fn metric(&self) -> Option<&str> {
        match self {
            Self::Threshold { metric, .. }
            | Self::Rate { metric, .. }
            | Self::Forecast { metric, .. }
            | Self::Outlier { metric, .. }
            | Self::Deviation { metric, .. } => Some(metric),
            Self::Absence { metric, .. } => metric.as_deref(),
            Self::Fleet { .. } => None,
        }
    }

    /// The unit it gives.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Threshold { unit, .. }
            | Self::Rate { unit, .. }
            | Self::Forecast { unit, .. }
            | Self::Outlier { unit, .. }
            | Self::Deviation { unit, .. } => unit.as_deref(),
            Self::Absence { .. } | Self::Fleet { .. } => None,
        }
    }

    /// The tag: the `type` of the alerts that rules of this kind raise.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Threshold { .. } => "THRESHOLD",
            Self::Absence { .. } => "ABSENCE",
            Self::Rate { .. } => "RATE",
            Self::Forecast { .. } => "FORECAST",
            Self::Fleet { .. } => "FLEET",
            Self::Outlier { .. } => "OUTLIER",
            Self::Deviation { .. } => "DEVIATION",
        }
    }

    fn check(&self, for_seconds: u32) -> Result<(), String> {
        if let Some(metric) = self.metric() {
            if metric.is_empty() || metric.len() > METRIC_LENGTH {
                return Err(format!(
                    "`metric` has {} bytes; name a series, such as performance.apiResponseTime.",
                    metric.len()
                ));
            }
            if let (Some(said), Some(known)) = (self.unit(), unit_of(metric))
                && said != known
            {
                let known = if known.is_empty() { "a plain number" } else { known };
                return Err(format!(
                    "`unit` is {said:?}, but {metric} is in {known}; write the bounds in that unit."
                ));
            }
        }
        match self {
            Self::Threshold { comparison, value, clear, .. } => {
                check_bounds(*comparison, ("value", *value), *clear)
            }
            Self::Rate { comparison, per_minute, clear, over_seconds, .. } => {
                check_seconds("overSeconds", *over_seconds)?;
                check_bounds(*comparison, ("perMinute", *per_minute), *clear)
            }
            Self::Forecast { comparison, value, within_seconds, over_seconds, .. } => {
                check_seconds("withinSeconds", *within_seconds)?;
                check_seconds("overSeconds", *over_seconds)?;
                check_bounds(*comparison, ("value", *value), None)
            }
            Self::Absence { what, metric } => {
                if for_seconds < 5 {
                    return Err("`forSeconds` is less than 5; say how long nothing must come.".to_owned());
                }
                match (what, metric) {
                    (Silent::Metric, None) => {
                        Err("`metric` is missing; name the series that must come.".to_owned())
                    }
                    (Silent::Dashboard | Silent::Ingestion, Some(_)) => {
                        Err("`metric` is only for `what` = METRIC; leave it out.".to_owned())
                    }
                    _ => Ok(()),
                }
            }
            Self::Fleet { percent, .. } => {
                if (0.0..100.0).contains(percent) {
                    Ok(())
                } else {
                    Err("`percent` is not in 0 to 100 (100 excluded: nothing is above it).".to_owned())
                }
            }
            Self::Outlier { distance, at_least, .. } => {
                if !(1.0..=1_000.0).contains(distance) {
                    Err("`distance` is not in 1 to 1,000.".to_owned())
                } else if *at_least < 3 {
                    Err("`atLeast` is less than 3; with fewer peers nothing is usual.".to_owned())
                } else {
                    Ok(())
                }
            }
            Self::Deviation { score, clear, calm_seconds, at_least, .. } => {
                check_deviation(*score, *clear, *at_least, for_seconds)?;
                check_seconds("calmSeconds", *calm_seconds)
            }
        }
    }
}

fn check_deviation(score: f64, clear: Option<f64>, at_least: u32, for_seconds: u32) -> Result<(), String> {
    if !(score > 0.0 && score <= 1.0) {
        return Err("`score` is not above 0 and at most 1; 0.5 is where the unusual begins.".to_owned());
    }
    if clear.is_some_and(|clear| !(clear > 0.0 && clear <= score)) {
        return Err(format!(
            "`clear` is not above 0 and at most `score` ({score}); leave it out for `score`."
        ));
    }
    if at_least < 30 {
        return Err("`atLeast` is less than 30; from fewer samples nothing is usual.".to_owned());
    }
    if for_seconds > 0 {
        return Err(
            "`forSeconds` is not 0; what is unusual is told when it begins, so leave it out and set `calmSeconds`."
                .to_owned(),
        );
    }
    Ok(())
}

fn check_seconds(field: &str, seconds: u32) -> Result<(), String> {
    if (10..=LONGEST_SECONDS).contains(&seconds) {
        return Ok(());
    }
    Err(format!("`{field}` is {seconds}; choose 10 to {LONGEST_SECONDS} (a week)."))
}

fn check_bounds(
    comparison: Comparison,
    (field, value): (&str, f64),
    clear: Option<f64>,
) -> Result<(), String> {
    if !value.is_finite() || clear.is_some_and(|clear| !clear.is_finite()) {
        return Err(format!("`{field}` or `clear` is not a number that can be compared with."));
    }
    let Some(clear) = clear else { return Ok(()) };
    if comparison.is_upper() && clear > value {
        return Err(format!("`clear` is {clear}, above `{field}` ({value}); it must be {value} or less."));
    }
    if !comparison.is_upper() && clear < value {
        return Err(format!("`clear` is {clear}, below `{field}` ({value}); it must be {value} or more."));
    }
    Ok(())
}

impl Rule {
    /// Checks everything that can be said without knowing the fleet.
    ///
    /// # Errors
    /// A sentence that names the field and the fix.
    pub fn check(&self) -> Result<(), String> {
        let at = |problem: String| format!("rule {:?}: {problem}", self.id.as_str());
        self.problem().map_or(Ok(()), |problem| Err(at(problem)))
    }

    fn problem(&self) -> Option<String> {
        if self.title.trim().is_empty() {
            return Some("`title` is empty; say in a line what is wrong when it holds.".to_owned());
        }
        if let Err(problem) =
            check_text("title", &self.title).and_then(|()| check_text("description", &self.description))
        {
            return Some(problem);
        }
        if self.labels.len() > 16 {
            return Some(format!("`labels` has {} entries; at most 16 are allowed.", self.labels.len()));
        }
        let reserved = [
            labels::DASHBOARD,
            labels::USE_CASE,
            labels::ENVIRONMENT,
            labels::TYPE,
            labels::SEVERITY,
            labels::RULE,
            labels::SOURCE,
        ];
        for (label, value) in &self.labels {
            if reserved.contains(&label.as_str()) {
                return Some(format!(
                    "`labels` sets {label:?}, which every alert has by itself; leave it out."
                ));
            }
            if let Err(error) = Matcher::new(label, super::MatchOperator::Equal, value) {
                return Some(format!("`labels`: {error}."));
            }
        }
        if self.dashboards.len() > MATCHERS_LIMIT {
            return Some(format!("`dashboards` has more than {MATCHERS_LIMIT} matchers; give fewer."));
        }
        let of_dashboards = [labels::DASHBOARD, labels::USE_CASE, labels::ENVIRONMENT, labels::TYPE];
        if let Some(matcher) =
            self.dashboards.iter().find(|matcher| !of_dashboards.contains(&matcher.label()))
        {
            return Some(format!(
                "`dashboards` matches {:?}, which dashboards do not have; use one of {}.",
                matcher.label(),
                of_dashboards.join(", ")
            ));
        }
        if self.for_seconds > LONGEST_SECONDS {
            return Some(format!("`forSeconds` is more than {LONGEST_SECONDS}, a week; choose less."));
        }
        if let Some(Runbook { url: Some(url), .. }) = &self.runbook
            && (!(url.starts_with("https://") || url.starts_with("http://")) || url.len() > 2_000)
        {
            return Some("`runbook.url` is not the address of a page; begin it with https://.".to_owned());
        }
        self.condition.check(self.for_seconds).err()
    }
}

/// The unit of a metric that the protocol defines: empty for a plain number, `None` for a metric of a dashboard's own.
#[must_use]
pub fn unit_of(metric: &str) -> Option<&'static str> {
    Some(match metric {
        "status.responseTime"
        | "performance.pageLoadTime"
        | "performance.apiResponseTime"
        | "performance.renderTime"
        | "usage.sessionDuration"
        | "agents.avgExecutionTime"
        | "workflows.avgDuration" => "ms",
        "status.errorRate"
        | "performance.cpuUsage"
        | "data.errorRate"
        | "data.dataQuality"
        | "agents.successRate"
        | "resources.cpu" => "%",
        "status.throughput" | "data.processingRate" => "/s",
        "performance.memoryUsage"
        | "resources.memory.usedBytes"
        | "resources.memory.totalBytes"
        | "resources.disk.usedBytes"
        | "resources.disk.totalBytes" => "B",
        "resources.disk.readBytesPerSecond"
        | "resources.disk.writeBytesPerSecond"
        | "resources.network.receivedBytesPerSecond"
        | "resources.network.sentBytesPerSecond" => "B/s",
        "status.recordCount"
        | "status.connectedUsers"
        | "usage.activeUsers"
        | "data.totalRecords"
        | "agents.executionCount"
        | "agents.queueLength"
        | "workflows.activeCount"
        | "workflows.completedCount"
        | "workflows.failedCount"
        | "resources.cores" => "",
        own => {
            let process = own.strip_prefix("resources.processes.")?;
            if process.ends_with(".cpuPercent") {
                "%"
            } else if process.ends_with(".memoryBytes") {
                "B"
            } else {
                return None;
            }
        }
    })
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
