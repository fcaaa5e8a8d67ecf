//! What can be said of a rule without knowing the fleet.

use super::*;

fn rule(condition: RuleCondition) -> Rule {
    Rule {
        id: RuleId::new("slow").unwrap(),
        title: "Slow".to_owned(),
        description: String::new(),
        enabled: true,
        severity: Severity::Warning,
        labels: BTreeMap::new(),
        dashboards: Vec::new(),
        for_seconds: 60,
        condition,
        runbook: None,
    }
}

fn threshold(unit: Option<&str>, comparison: Comparison, value: f64, clear: Option<f64>) -> Rule {
    rule(RuleCondition::Threshold {
        metric: "performance.apiResponseTime".to_owned(),
        unit: unit.map(str::to_owned),
        comparison,
        value,
        clear,
    })
}

fn deviation(score: f64, clear: Option<f64>, at_least: u32) -> RuleCondition {
    RuleCondition::Deviation {
        metric: "performance.apiResponseTime".to_owned(),
        unit: None,
        score,
        clear,
        calm_seconds: 900,
        at_least,
    }
}

#[test]
fn a_deviation_needs_no_more_than_a_metric() {
    let text = r#"{"kind": "DEVIATION", "metric": "performance.apiResponseTime"}"#;
    let condition: RuleCondition = serde_json::from_str(text).unwrap();
    assert_eq!(condition, deviation(0.5, None, 300));
    assert_eq!(Rule { for_seconds: 0, ..rule(condition) }.check(), Ok(()));
}

#[test]
fn what_is_wrong_with_a_rule_is_told() {
    let fine = threshold(Some("ms"), Comparison::Above, 500.0, Some(400.0));
    assert_eq!(fine.check(), Ok(()));
    for (rule, part) in [
        (threshold(Some("s"), Comparison::Above, 0.5, None), "is in ms"),
        (threshold(None, Comparison::Above, f64::NAN, None), "not a number"),
        (threshold(None, Comparison::Above, 1.0, Some(2.0)), "`clear` is 2, above"),
        (threshold(None, Comparison::AtMost, 2.0, Some(1.0)), "`clear` is 1, below"),
        (Rule { title: " ".to_owned(), ..fine.clone() }, "`title` is empty"),
        (Rule { title: "x".repeat(1_001), ..fine.clone() }, "1001 characters"),
        (
            Rule { labels: [("severity".to_owned(), "info".to_owned())].into(), ..fine.clone() },
            "every alert has",
        ),
        (Rule { dashboards: vec!["rule=x".parse().unwrap()], ..fine.clone() }, "do not have"),
        (
            Rule {
                runbook: Some(Runbook { url: Some("javascript:x".to_owned()), ..Runbook::default() }),
                ..fine
            },
            "https://",
        ),
        (
            Rule { for_seconds: 0, ..rule(RuleCondition::Absence { what: Silent::Dashboard, metric: None }) },
            "less than 5",
        ),
        (rule(RuleCondition::Absence { what: Silent::Metric, metric: None }), "`metric` is missing"),
        (
            rule(RuleCondition::Fleet { condition: FleetCondition::Error, percent: 100.0, at_least: 2 }),
            "`percent`",
        ),
        (rule(deviation(0.5, None, 300)), "`forSeconds` is not 0"),
        (Rule { for_seconds: 0, ..rule(deviation(0.0, None, 300)) }, "`score`"),
        (Rule { for_seconds: 0, ..rule(deviation(f64::NAN, None, 300)) }, "`score`"),
        (Rule { for_seconds: 0, ..rule(deviation(0.5, Some(0.6), 300)) }, "`clear`"),
        (Rule { for_seconds: 0, ..rule(deviation(0.5, None, 29)) }, "`atLeast`"),
    ] {
        let problem = rule.check().unwrap_err();
        assert!(problem.contains(part) && problem.contains("slow"), "{problem}");
    }
}

#[test]
fn each_comparison_has_its_boundary() {
    for (comparison, below, equal, above) in [
        (Comparison::Above, false, false, true),
        (Comparison::AtLeast, false, true, true),
        (Comparison::Below, true, false, false),
        (Comparison::AtMost, true, true, false),
    ] {
        let holds = [1.0, 2.0, 3.0].map(|value| comparison.holds(value, 2.0));
        assert_eq!(holds, [below, equal, above], "{comparison:?}");
        assert!(!comparison.holds(f64::NAN, 2.0));
    }
}
