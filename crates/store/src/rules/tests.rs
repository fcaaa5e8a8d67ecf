//! Rules on streams of records: each kind, each boundary, gaps and durations; and, by properties, that nothing depends on
//! where a stream is cut.

mod deviations;

use std::collections::BTreeMap;

use mission_control_protocol::{
    DashboardId, Record, RecordKind, RuleId, Severity, Timestamp,
    alerting::{Comparison, FleetCondition, Rule, RuleCondition, Silent},
};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

use super::{Evaluator, RuleStep, RuleSubject};

const START: i64 = 1_700_000_000_000;
const METRIC: &str = "data.dataQuality";

fn rule(id: &str, for_seconds: u32, condition: RuleCondition) -> Rule {
    Rule {
        id: RuleId::new(id).unwrap(),
        title: id.to_owned(),
        description: String::new(),
        enabled: true,
        severity: Severity::Warning,
        labels: BTreeMap::new(),
        dashboards: Vec::new(),
        for_seconds,
        condition,
        runbook: None,
    }
}

fn threshold(comparison: Comparison, value: f64, clear: Option<f64>, for_seconds: u32) -> Rule {
    let condition =
        RuleCondition::Threshold { metric: METRIC.to_owned(), unit: None, comparison, value, clear };
    rule("threshold", for_seconds, condition)
}

fn record(second: f64, dashboard: &str, kind: RecordKind, body: &Value) -> Record {
    Record {
        seq: 1,
        at: Timestamp::from_milliseconds(START + (second * 1_000.0) as i64),
        dashboard_id: DashboardId::new(dashboard).unwrap(),
        kind,
        severity: Severity::Info,
        body: RawValue::from_string(body.to_string()).unwrap(),
    }
}

fn sample(second: f64, dashboard: &str, value: f64) -> Record {
    let body = json!({"dashboardId": dashboard, "timestamp": "2026-11-22T19:58:21.042Z",
        "data": {"dataQuality": value}});
    record(second, dashboard, RecordKind::Metrics, &body)
}

fn registration(second: f64, dashboard: &str, use_case: &str) -> Record {
    let body = json!({"config": {"id": dashboard, "type": "run-dashboard", "useCase": use_case, "version": "1"},
        "commands": [], "epoch": "6f1c2a34-9b1e-4c0d-8a57-3d2e5f607182", "remoteAddress": "127.0.0.1:1"});
    record(second, dashboard, RecordKind::Registration, &body)
}

fn connection(second: f64, dashboard: &str, liveness: &str) -> Record {
    record(second, dashboard, RecordKind::Connection, &json!({"liveness": liveness, "reason": ""}))
}

fn status(second: f64, dashboard: &str, state: &str, records: u64) -> Record {
    let body = json!({"dashboardId": dashboard, "useCase": "energy", "state": state,
        "dataStatus": {"hasData": true, "lastIngested": null, "recordCount": records},
        "activeTab": "overview", "connectedUsers": 1,
        "performance": {"responseTime": 1.0, "errorRate": 0.0, "throughput": 1.0}});
    record(second, dashboard, RecordKind::Status, &body)
}

fn run(rules: &[Rule], records: &[Record], until: f64) -> Vec<RuleStep> {
    let mut evaluator = Evaluator::default();
    evaluator.set_rules(rules);
    let mut steps = Vec::new();
    for record in records {
        evaluator.record(record, &mut steps);
    }
    evaluator.advance(Timestamp::from_milliseconds(START + (until * 1_000.0) as i64), &mut steps);
    steps
}

/// Seconds at which it began and ceased to hold.
fn told(steps: &[RuleStep]) -> Vec<(f64, bool)> {
    let second = |step: &RuleStep| (step.at.as_milliseconds() - START) as f64 / 1_000.0;
    steps.iter().map(|step| (second(step), step.holds)).collect()
}

fn values(rule: Rule, values: &[(f64, f64)]) -> Vec<(f64, bool)> {
    let records: Vec<_> = values.iter().map(|(second, value)| sample(*second, "energy-01", *value)).collect();
    told(&run(&[rule], &records, 1e6))
}

#[test]
fn each_comparison_has_its_boundary() {
    for (comparison, wrong, right) in [
        (Comparison::Above, 5.001, 5.0),
        (Comparison::AtLeast, 5.0, 4.999),
        (Comparison::Below, 4.999, 5.0),
        (Comparison::AtMost, 5.0, 5.001),
    ] {
        let steps = values(threshold(comparison, 5.0, None, 0), &[(0.0, right), (1.0, wrong), (2.0, right)]);
        assert_eq!(steps, [(1.0, true), (2.0, false)], "{comparison:?}");
    }
}

#[test]
fn a_threshold_must_last_and_clears_at_its_own_bound() {
    let rule = || threshold(Comparison::Above, 5.0, Some(3.0), 10);
    // One sample short of ten seconds, and one that falls back in between, are nothing.
    assert_eq!(values(rule(), &[(0.0, 6.0), (9.999, 6.0), (10.5, 4.0), (20.0, 6.0)]), []);
    let lasting = [(0.0, 6.0), (10.0, 6.0), (11.0, 4.0), (12.0, 3.5), (13.0, 3.0), (14.0, 6.0)];
    assert_eq!(values(rule(), &lasting), [(10.0, true), (13.0, false)]);
}

#[test]
fn a_gap_begins_anew_what_was_about_to_hold_and_ends_nothing() {
    let rule = || threshold(Comparison::Above, 5.0, None, 60);
    assert_eq!(values(rule(), &[(0.0, 6.0), (301.0, 6.0), (361.0, 6.0)]), [(361.0, true)]);
    assert_eq!(values(rule(), &[(0.0, 6.0), (300.0, 6.0)]), [(300.0, true)]);
    assert_eq!(
        values(rule(), &[(0.0, 6.0), (60.0, 6.0), (9_000.0, 6.0), (9_001.0, 5.0)]),
        [(60.0, true), (9_001.0, false)]
    );
}

#[test]
fn a_rate_is_told_by_the_minute_either_way() {
    let rate = |comparison, per_minute| {
        rule(
            "rate",
            0,
            RuleCondition::Rate {
                metric: METRIC.to_owned(),
                unit: None,
                comparison,
                per_minute,
                clear: None,
                over_seconds: 60,
            },
        )
    };
    let rising: Vec<_> = (0..20).map(|step| (f64::from(step) * 10.0, f64::from(step))).collect();
    assert_eq!(values(rate(Comparison::Above, 5.9), &rising), [(30.0, true)]);
    assert_eq!(values(rate(Comparison::Above, 6.1), &rising), []);
    let falling: Vec<_> = rising.iter().map(|(second, value)| (*second, -value)).collect();
    assert_eq!(values(rate(Comparison::Below, -5.9), &falling), [(30.0, true)]);
}

#[test]
fn a_forecast_warns_before_the_bound() {
    let forecast = rule(
        "forecast",
        0,
        RuleCondition::Forecast {
            metric: METRIC.to_owned(),
            unit: None,
            comparison: Comparison::AtLeast,
            value: 100.0,
            within_seconds: 600,
            over_seconds: 300,
        },
    );
    // One a minute: 100 is reached after 6,000 s, and forecast 600 s before.
    let rising: Vec<_> = (0..700).map(|step| (f64::from(step) * 10.0, f64::from(step) / 6.0)).collect();
    let steps = values(forecast, &rising);
    assert_eq!(steps.len(), 1);
    assert!((steps[0].0 - 5_400.0).abs() <= 10.0 && steps[0].1, "{steps:?}");
}

#[test]
fn a_lost_dashboard_is_told_in_time_and_one_that_left_is_not() {
    let lost = rule("lost", 60, RuleCondition::Absence { what: Silent::Dashboard, metric: None });
    let records = [
        connection(0.0, "energy-01", "online"),
        connection(10.0, "energy-01", "offline"),
        connection(11.0, "energy-02", "left"),
        connection(12.0, "energy-03", "offline"),
        connection(50.0, "energy-03", "online"),
        connection(100.0, "energy-01", "online"),
    ];
    let steps = run(&[lost], &records, 1_000.0);
    assert_eq!(told(&steps), [(70.0, true), (100.0, false)]);
    assert_eq!(steps[0].subject, RuleSubject::Dashboard(DashboardId::new("energy-01").unwrap()));
}

#[test]
fn a_metric_that_does_not_come_is_missed_while_its_dashboard_is_there() {
    let missing = || {
        rule("missing", 30, RuleCondition::Absence { what: Silent::Metric, metric: Some(METRIC.to_owned()) })
    };
    let records = [
        connection(0.0, "energy-01", "online"),
        sample(1.0, "energy-01", 1.0),
        sample(20.0, "energy-01", 1.0),
        sample(90.0, "energy-01", 1.0),
    ];
    assert_eq!(told(&run(&[missing()], &records, 100.0)), [(50.0, true), (90.0, false)]);
    assert_eq!(told(&run(&[missing()], &records, 121.0)).last(), Some(&(120.0, true)));
    let lost = [&records[..3], &[connection(40.0, "energy-01", "offline")]].concat();
    assert_eq!(told(&run(&[missing()], &lost, 1_000.0)), []);
}

#[test]
fn ingestion_that_stands_still_is_told_until_it_moves() {
    let stale = rule("stale", 60, RuleCondition::Absence { what: Silent::Ingestion, metric: None });
    let mut records = vec![connection(0.0, "energy-01", "online")];
    records.extend((0..20).map(|step| status(f64::from(step) * 10.0, "energy-01", "active", 7)));
    records.push(status(205.0, "energy-01", "active", 8));
    assert_eq!(told(&run(&[stale], &records, 210.0)), [(60.0, true), (205.0, false)]);
}

#[test]
fn a_share_of_a_use_case_counts_those_that_are_there() {
    let fleet = rule(
        "fleet",
        10,
        RuleCondition::Fleet { condition: FleetCondition::ErrorOrOffline, percent: 20.0, at_least: 5 },
    );
    let names: Vec<_> = (0..5).map(|number| format!("energy-{number}")).collect();
    let mut records = Vec::new();
    for name in &names {
        records.push(registration(0.0, name, "energy"));
        records.push(connection(0.0, name, "online"));
    }
    // A fifth is not more than a fifth.
    records.push(status(1.0, &names[0], "error", 1));
    records.push(connection(20.0, &names[1], "offline"));
    let steps = run(std::slice::from_ref(&fleet), &records, 29.0);
    assert_eq!(told(&steps), []);
    records.push(status(40.0, &names[0], "active", 1));
    let steps = run(&[fleet], &records, 100.0);
    assert_eq!(told(&steps), [(30.0, true), (40.0, false)]);
    assert_eq!((steps[0].value, &steps[0].subject), (Some(40.0), &RuleSubject::UseCase("energy".to_owned())));
}

#[test]
fn one_that_is_unlike_its_peers_is_told() {
    let outlier = rule(
        "outlier",
        0,
        RuleCondition::Outlier { metric: METRIC.to_owned(), unit: None, distance: 5.0, at_least: 4 },
    );
    let mut records: Vec<_> =
        (0..6).map(|number| registration(0.0, &format!("energy-{number}"), "energy")).collect();
    for second in 1..20 {
        for number in 0..6 {
            let value = if number == 3 && second >= 10 { 500.0 } else { 100.0 + f64::from(number) };
            records.push(sample(f64::from(second) * 5.0, &format!("energy-{number}"), value));
        }
    }
    let steps = run(&[outlier], &records, 1_000.0);
    assert_eq!(told(&steps), [(50.0, true)]);
    assert_eq!(steps[0].subject, RuleSubject::Dashboard(DashboardId::new("energy-3").unwrap()));
}

#[test]
fn a_rule_looks_only_at_the_dashboards_it_names_and_ends_when_it_changes() {
    let only = Rule {
        dashboards: vec!["useCase=energy".parse().unwrap()],
        ..threshold(Comparison::Above, 5.0, None, 0)
    };
    let mut evaluator = Evaluator::default();
    evaluator.set_rules([&only]);
    let mut steps = Vec::new();
    for record in [
        registration(0.0, "energy-01", "energy"),
        registration(0.0, "water-01", "water"),
        sample(1.0, "energy-01", 6.0),
        sample(1.0, "water-01", 6.0),
    ] {
        evaluator.record(&record, &mut steps);
    }
    assert_eq!(told(&steps), [(1.0, true)]);
    assert_eq!(evaluator.counts().states, 1);
    assert_eq!(evaluator.set_rules([&only]), []);
    let changed = Rule { for_seconds: 5, ..only };
    assert_eq!(told(&evaluator.set_rules([&changed])), [(1.0, false)]);
    assert_eq!(evaluator.counts().states, 0);
    // What another use case reports later is looked at then.
    evaluator.record(&registration(2.0, "water-01", "energy"), &mut steps);
    steps.clear();
    evaluator.record(&sample(3.0, "water-01", 6.0), &mut steps);
    evaluator.record(&sample(8.0, "water-01", 6.0), &mut steps);
    assert_eq!(told(&steps), [(8.0, true)]);
}

#[test]
fn many_rules_cost_only_where_they_look() {
    let rules: Vec<_> = (0..10_000)
        .map(|number| Rule {
            id: RuleId::new(&format!("rule-{number}")).unwrap(),
            dashboards: vec![format!("dashboard=energy-{}", number % 1_000).parse().unwrap()],
            ..threshold(Comparison::Above, 5.0, None, 0)
        })
        .collect();
    let mut evaluator = Evaluator::default();
    evaluator.set_rules(&rules);
    let mut steps = Vec::new();
    for second in 1..=10 {
        for number in 0..3 {
            evaluator.record(&sample(f64::from(second), &format!("energy-{number}"), 6.0), &mut steps);
        }
    }
    // Ten rules on each of the three dashboards, ten samples each.
    assert_eq!((evaluator.counts().states, evaluator.counts().samples, steps.len()), (30, 300, 30));
}

fn all_kinds() -> Vec<Rule> {
    let metric = || METRIC.to_owned();
    vec![
        threshold(Comparison::Above, 5.0, Some(3.0), 20),
        rule("missing", 40, RuleCondition::Absence { what: Silent::Metric, metric: Some(metric()) }),
        rule("lost", 30, RuleCondition::Absence { what: Silent::Dashboard, metric: None }),
        rule("stale", 50, RuleCondition::Absence { what: Silent::Ingestion, metric: None }),
        rule(
            "rate",
            0,
            RuleCondition::Rate {
                metric: metric(),
                unit: None,
                comparison: Comparison::AtLeast,
                per_minute: 2.0,
                clear: Some(1.0),
                over_seconds: 60,
            },
        ),
        rule(
            "forecast",
            10,
            RuleCondition::Forecast {
                metric: metric(),
                unit: None,
                comparison: Comparison::Above,
                value: 8.0,
                within_seconds: 60,
                over_seconds: 60,
            },
        ),
        rule(
            "fleet",
            15,
            RuleCondition::Fleet { condition: FleetCondition::ErrorOrOffline, percent: 30.0, at_least: 2 },
        ),
        rule(
            "outlier",
            0,
            RuleCondition::Outlier { metric: metric(), unit: None, distance: 3.0, at_least: 3 },
        ),
        deviations::deviation(0.5, None, 20, 30),
    ]
}

fn streams() -> impl Strategy<Value = Vec<Record>> {
    let one = (0..4_usize, 0..9_u8, 0.0..10.0_f64, prop_oneof![4 => 0.1..5.0_f64, 1 => 20.0..400.0_f64]);
    prop::collection::vec(one, 1..150).prop_map(|happenings| {
        // So many that a deviation from them can be told.
        let usual =
            (0..40).flat_map(|step| (0..2).map(move |which| (which, 8, 4.0 + f64::from(step % 3), 0.5)));
        let mut second = 0.0;
        usual
            .chain(happenings)
            .map(|(which, what, value, pause)| {
                second += pause;
                let dashboard = ["energy-01", "energy-02", "energy-03", "water-01"][which];
                match what {
                    0 => registration(second, dashboard, if which == 3 { "water" } else { "energy" }),
                    1 => connection(second, dashboard, "online"),
                    2 => connection(second, dashboard, if value < 8.0 { "offline" } else { "left" }),
                    3 => status(
                        second,
                        dashboard,
                        if value < 5.0 { "error" } else { "active" },
                        value as u64 / 4,
                    ),
                    _ => sample(second, dashboard, value),
                }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    /// Looking at the clock between records, as often as one likes, changes nothing.
    #[test]
    fn results_do_not_depend_on_where_the_stream_is_cut(
        records in streams(), cuts in prop::collection::vec((0..230_usize, 0.0..1.0_f64), 0..60),
    ) {
        let rules = all_kinds();
        let whole = run(&rules, &records, 1e6);
        let mut evaluator = Evaluator::default();
        evaluator.set_rules(&rules);
        let mut steps = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let before = index.checked_sub(1).map_or(START, |index| records[index].at.as_milliseconds());
            let pause = record.at.as_milliseconds() - before;
            let mut looks: Vec<_> = cuts.iter().filter(|(at, _)| *at == index).map(|(_, part)| *part).collect();
            looks.sort_by(f64::total_cmp);
            for part in looks {
                let now = before + (pause as f64 * part) as i64;
                evaluator.advance(Timestamp::from_milliseconds(now), &mut steps);
            }
            evaluator.record(record, &mut steps);
        }
        evaluator.advance(Timestamp::from_milliseconds(START + 1_000_000_000), &mut steps);
        prop_assert_eq!(steps, whole);
    }

    /// Of each rule and subject, beginning and ceasing to hold take turns.
    #[test]
    fn a_rule_begins_and_ceases_in_turn(records in streams()) {
        let mut holding = std::collections::BTreeSet::new();
        let mut last = 0;
        for step in run(&all_kinds(), &records, 1e6) {
            prop_assert!(step.at.as_milliseconds() >= last);
            last = step.at.as_milliseconds();
            let key = (step.rule.id.clone(), step.subject.clone());
            prop_assert_eq!(step.holds, if step.holds { holding.insert(key) } else { !holding.remove(&key) });
        }
    }
}
