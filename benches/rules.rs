//! What rules cost: 10,000 of them over 1,000 dashboards, and rules on deviations, which learn what is usual.

use std::time::Instant;

use anyhow::{Context, Result};
use mission_control_protocol::{
    DashboardId, Record, RecordKind, RuleId, Severity, Timestamp,
    alerting::{Comparison, Rule, RuleCondition},
};
use mission_control_store::rules::Evaluator;
use serde_json::{json, value::RawValue};

use crate::table::Row;

const RULES: usize = 10_000;
const DASHBOARDS: usize = 1_000;
/// Dashboards in one use case; each rule looks at one.
const TOGETHER: usize = 10;
/// Reports of each dashboard.
const ROUNDS: usize = 50;
const METRICS: [&str; 4] = ["totalRecords", "processingRate", "errorRate", "dataQuality"];

/// Measures both.
pub fn measure() -> Result<Vec<Row>> {
    let use_cases = DASHBOARDS / TOGETHER;
    let thresholds = (0..RULES).map(|number| {
        let condition = RuleCondition::Threshold {
            metric: format!("data.{}", METRICS[number % METRICS.len()]),
            unit: None,
            comparison: Comparison::Above,
            value: 1e9,
            clear: None,
        };
        // Each of a use case's rules on each of its metrics.
        rule(number, Some(number / METRICS.len() % use_cases), condition)
    });
    let deviations = METRICS.iter().enumerate().map(|(number, metric)| {
        let condition = RuleCondition::Deviation {
            metric: format!("data.{metric}"),
            unit: None,
            score: 0.8,
            clear: None,
            calm_seconds: 900,
            at_least: 300,
        };
        rule(number, None, condition)
    });
    Ok(vec![
        evaluate(
            &format!("{RULES} rules × {DASHBOARDS} dashboards"),
            &thresholds.collect::<Result<Vec<_>>>()?,
        )?,
        evaluate(
            &format!("{} deviation rules × {DASHBOARDS} dashboards", METRICS.len()),
            &deviations.collect::<Result<Vec<_>>>()?,
        )?,
    ])
}

fn rule(number: usize, use_case: Option<usize>, condition: RuleCondition) -> Result<Rule> {
    let matcher = use_case.map(|which| format!("useCase=case-{which}").parse());
    Ok(Rule {
        id: RuleId::new(&format!("rule-{number}"))?,
        title: format!("Rule {number}"),
        description: String::new(),
        enabled: true,
        severity: Severity::Warning,
        labels: Default::default(),
        dashboards: matcher.transpose()?.into_iter().collect(),
        for_seconds: 0,
        condition,
        runbook: None,
    })
}

fn evaluate(work: &str, rules: &[Rule]) -> Result<Row> {
    let reports = reports()?;
    let before = resident_bytes();
    let mut evaluator = Evaluator::default();
    let mut steps = Vec::new();
    let started = Instant::now();
    evaluator.set_rules(rules);
    for number in 0..DASHBOARDS {
        evaluator.record(&registration(number)?, &mut steps);
    }
    // The first report of each binds its rules.
    let (first, others) = reports.split_at(DASHBOARDS);
    for record in first {
        evaluator.record(record, &mut steps);
    }
    let bound_in = started.elapsed();
    let bound = evaluator.counts();
    let started = Instant::now();
    for record in others {
        evaluator.record(record, &mut steps);
    }
    let took = started.elapsed();
    let counts = evaluator.counts();
    let memory =
        before.zip(resident_bytes()).map(|(before, after)| after.saturating_sub(before) as f64 / 1e6);
    let memory = memory.map_or_else(|| "memory unknown".to_owned(), |memory| format!("{memory:.0} MB"));
    let evaluations = (counts.samples - bound.samples) as f64 / took.as_secs_f64();
    let per_report = took.as_secs_f64() * 1e6 / others.len() as f64;
    Ok(Row {
        work: format!("rules: {work}"),
        measured: format!(
            "{:.2} M evaluations/s, {per_report:.1} µs a report; {} bindings in {:.0} ms, {memory}",
            evaluations / 1e6,
            counts.states,
            bound_in.as_secs_f64() * 1e3,
        ),
        beside: "-".to_owned(),
        ratio: None,
        budget: "-".to_owned(),
        met: None,
    })
}

/// A report of each dashboard, and again.
fn reports() -> Result<Vec<Record>> {
    let report = |round: usize, number: usize| {
        let body = json!({"dashboardId": format!("dashboard-{number}"), "timestamp": "2026-11-22T19:58:21.042Z",
            "data": {"totalRecords": round * 10, "processingRate": 40 + (round * 7 + number) % 13,
                "errorRate": (round + number) % 3, "dataQuality": 90 + (round * 3 + number) % 5}});
        record(RecordKind::Metrics, round, number, &body)
    };
    (0..ROUNDS).flat_map(|round| (0..DASHBOARDS).map(move |number| report(round, number))).collect()
}

fn registration(number: usize) -> Result<Record> {
    let body = json!({"config": {"id": format!("dashboard-{number}"), "type": "run-dashboard",
        "useCase": format!("case-{}", number / TOGETHER), "version": "1"}, "commands": [],
        "epoch": "6f1c2a34-9b1e-4c0d-8a57-3d2e5f607182", "remoteAddress": "127.0.0.1:1"});
    record(RecordKind::Registration, 0, number, &body)
}

fn record(kind: RecordKind, round: usize, number: usize, body: &serde_json::Value) -> Result<Record> {
    let at = 1_700_000_000_000 + i64::try_from(round * 5_000 + number)?;
    Ok(Record {
        seq: 1,
        at: Timestamp::from_milliseconds(at),
        dashboard_id: DashboardId::new(&format!("dashboard-{number}"))?,
        kind,
        severity: Severity::Info,
        body: RawValue::from_string(body.to_string()).context("a report")?,
    })
}

/// Memory of this process that is in use, where the system tells.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1_024)
}
