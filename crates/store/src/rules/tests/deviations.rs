//! Rules on deviations from the usual.

use super::*;
use crate::rules::{
    deviation::{Aspect, Score},
    state::{SeriesState, Standing},
};

pub(super) fn deviation(score: f64, clear: Option<f64>, calm_seconds: u32, at_least: u32) -> Rule {
    let condition = RuleCondition::Deviation {
        metric: METRIC.to_owned(),
        unit: None,
        score,
        clear,
        calm_seconds,
        at_least,
    };
    rule("deviation", 0, condition)
}

/// A sample a second, to and fro between 10 and 12.
fn usual(seconds: u32) -> Vec<(f64, f64)> {
    (0..seconds).map(|second| (f64::from(second), 10.0 + f64::from(second % 3))).collect()
}

fn then(mut samples: Vec<(f64, f64)>, more: &[(f64, f64)]) -> Vec<(f64, f64)> {
    samples.extend(more);
    samples
}

#[test]
fn what_is_unlike_the_usual_is_told_at_its_beginning_and_until_it_is_calm() {
    let samples = then(usual(100), &[(100.0, 50.0), (101.0, 11.0), (129.9, 11.0), (130.0, 11.0)]);
    assert_eq!(values(deviation(0.5, None, 30, 90), &samples), [(100.0, true), (130.0, false)]);
    assert_eq!(values(deviation(0.5, None, 30, 101), &samples), [], "too little was known");
    assert_eq!(values(deviation(0.5, None, 30, 100), &samples)[0], (100.0, true));
    // What is more surprising still keeps it going.
    let again =
        then(usual(100), &[(100.0, 50.0), (120.0, 5_000.0), (131.0, 11.0), (149.9, 11.0), (150.0, 11.0)]);
    assert_eq!(values(deviation(0.5, None, 30, 90), &again), [(100.0, true), (150.0, false)]);
}

#[test]
fn the_score_is_the_boundary() {
    let samples = then(usual(100), &[(100.0, 13.0), (200.0, 11.0)]);
    let mut detector = crate::rules::deviation::DeviationDetector::new();
    let scores: Vec<f64> = samples
        .iter()
        .map(|(second, value)| {
            let at = Timestamp::from_milliseconds(START + (second * 1_000.0) as i64);
            detector.observe(at, *value).anomaly
        })
        .collect();
    let score = scores[100];
    assert!(score > 0.5 && score < 0.9, "{score}");
    assert_eq!(values(deviation(score, None, 30, 30), &samples), [(100.0, true), (200.0, false)]);
    assert_eq!(values(deviation(score + 1e-9, None, 30, 30), &samples), []);
}

#[test]
fn milder_samples_keep_it_going_where_they_are_to() {
    let held = |clear: Option<f64>| {
        let rule = deviation(0.5, clear, 30, 30);
        let mut state = SeriesState::new(0, &rule.condition);
        let scores = [(0, 0.49), (10_000, 0.5), (30_000, 0.4), (40_000, 0.1), (60_000, 0.0), (70_000, 0.0)];
        let told = scores.into_iter().filter_map(|(at, anomaly)| {
            let score = Some(Score { anomaly, aspect: None });
            let standing = Standing { score, ..Standing::default() };
            let (holds, _) = state.sample(&rule.condition, 0, (at, 1.0), standing)?;
            Some((at, holds))
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(held(None), [(10_000, true), (40_000, false)]);
    assert_eq!(held(Some(0.4)), [(10_000, true), (60_000, false)]);
    assert_eq!(held(Some(0.1)), [(10_000, true), (70_000, false)]);
}

#[test]
fn a_gap_ends_nothing_and_is_no_deviation() {
    let samples = then(usual(100), &[(100.0, 50.0), (90_000.0, 11.0), (90_001.0, 12.0)]);
    assert_eq!(values(deviation(0.5, None, 30, 90), &samples), [(100.0, true), (90_000.0, false)]);
    assert_eq!(values(deviation(0.5, None, 30, 90), &then(usual(100), &[(90_000.0, 11.0)])), []);
}

#[test]
fn it_says_from_which_side() {
    let records: Vec<_> = then(usual(100), &[(100.0, 50.0)])
        .iter()
        .map(|(second, value)| sample(*second, "energy-01", *value))
        .collect();
    let steps = run(&[deviation(0.5, None, 30, 90)], &records, 100.0);
    assert_eq!((steps.len(), steps[0].value), (1, Some(50.0)));
    assert!(matches!(steps[0].aspect, Some(Aspect::Value | Aspect::Departure)), "{:?}", steps[0].aspect);
}

#[test]
fn rules_share_what_is_usual_and_a_changed_one_goes_on_with_it() {
    let other = Rule { id: RuleId::new("other").unwrap(), ..deviation(0.9, None, 60, 90) };
    let mut evaluator = Evaluator::default();
    evaluator.set_rules([&deviation(0.5, None, 30, 90), &other]);
    let mut steps = Vec::new();
    for (second, value) in usual(100) {
        evaluator.record(&sample(second, "energy-01", value), &mut steps);
    }
    assert_eq!((evaluator.counts().states, evaluator.counts().detectors), (2, 1));
    let changed = deviation(0.6, None, 30, 90);
    evaluator.set_rules([&changed]);
    evaluator.record(&sample(100.0, "energy-01", 50.0), &mut steps);
    assert_eq!(told(&steps), [(100.0, true)], "nothing was forgotten");
    evaluator.set_rules([&threshold(Comparison::Above, 1e9, None, 0)]);
    assert_eq!((evaluator.counts().states, evaluator.counts().detectors), (0, 0));
}

#[test]
fn series_without_room_are_counted_and_nothing_is_said_of_them() {
    let mut evaluator = Evaluator::with_detectors(2);
    evaluator.set_rules([&deviation(0.5, None, 30, 90)]);
    let mut steps = Vec::new();
    for (second, value) in then(usual(100), &[(100.0, 50.0)]) {
        for number in 0..5 {
            evaluator.record(&sample(second, &format!("energy-{number}"), value), &mut steps);
        }
    }
    let counts = evaluator.counts();
    assert_eq!((counts.detectors, counts.detectors_left_out, steps.len()), (2, 3, 2));
}

#[test]
fn what_was_recorded_before_is_known_to_a_hub_that_starts_and_to_a_back_test() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = crate::OriginWriter::open(&path).unwrap();
    for (second, value) in then(usual(100), &[(100.0, 50.0), (131.0, 11.0)]) {
        let record = sample(second, "energy-01", value);
        let entry = crate::Entry {
            dashboard_id: record.dashboard_id,
            kind: record.kind,
            severity: record.severity,
            body: record.body,
            producer: None,
        };
        writer.append(record.at, &mut vec![entry]).unwrap();
    }
    let rule = deviation(0.5, None, 30, 90);
    let mut reader = crate::LogReader::open(&path).unwrap();
    let instant = |second: i64| Timestamp::from_milliseconds(START + second * 1_000);
    let tested = crate::rules::back_test(&mut reader, &rule, instant(100), instant(200), |_| true).unwrap();
    assert_eq!((tested.fired, tested.samples, tested.firings[0].from), (1, 2, instant(100)));
    assert_eq!(tested.firings[0].to, Some(instant(131)));

    let mut evaluator = Evaluator::default();
    evaluator.set_rules([&rule]);
    evaluator.learn(&mut reader, 100, || true).unwrap();
    assert_eq!((evaluator.counts().samples, evaluator.counts().detectors), (0, 1));
    let mut steps = Vec::new();
    evaluator.record(&sample(100.0, "energy-01", 50.0), &mut steps);
    assert_eq!(told(&steps), [(100.0, true)]);
}

#[test]
fn the_built_in_rule_bears_noise_and_tells_of_a_slow_api() {
    let file = crate::rules::builtin();
    let rule = file.rules.iter().find(|rule| rule.id.as_str() == "response-time-unusual").unwrap().clone();
    assert_eq!(rule.check(), Ok(()));
    let measured = |second: f64, value: f64| {
        let body = json!({"dashboardId": "energy-01", "timestamp": "2026-11-22T19:58:21.042Z",
            "performance": {"pageLoadTime": 1.0, "apiResponseTime": value, "renderTime": 1.0, "memoryUsage": 1,
            "cpuUsage": 1.0}});
        record(second, "energy-01", RecordKind::Metrics, &body)
    };
    // A day of samples, five seconds apart, with a long tail: 80 to some 400 ms.
    let mut state = 7_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut records: Vec<_> = (0..17_280)
        .map(|step| measured(f64::from(step) * 5.0, 80.0 - 30.0 * (1.0 - random()).ln()))
        .collect();
    assert_eq!(run(std::slice::from_ref(&rule), &records, 86_400.0), []);
    records.push(measured(86_405.0, 2_500.0));
    let steps = run(&[rule], &records, 86_405.0);
    assert_eq!(told(&steps), [(86_405.0, true)]);
}
