//! The evaluator against one that takes no short cuts, and what operators expect of it.

use mission_control_protocol::{RecordKind, Severity, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    evaluate::{Facts, Matcher, RecordView, UseCases},
    plan::Plan,
    query::{
        Comparison, Expression, LocalTime, Node, Number, Path, PathRoot, PathTest, Pattern, Test, TextField,
        TimeExpression, Words,
    },
    texts::tests::{any_json, escaped, texts_of},
    words::{self, folded, in_text},
};
use crate::search::query::tests::any_query;

const NOW: i64 = 1_795_000_000_000;

fn local() -> LocalTime {
    LocalTime { now: Timestamp::from_milliseconds(NOW), utc_offset_minutes: 60 }
}

fn use_cases() -> UseCases {
    [("a-b", "Energy"), ("b", "port")].map(|(id, use_case)| (id.to_owned(), use_case.to_owned())).into()
}

#[derive(Debug, Clone)]
struct Sample {
    at: i64,
    dashboard: &'static str,
    kind: RecordKind,
    severity: Severity,
    body: Value,
}

impl Sample {
    fn view<'a>(&self, body: &'a str) -> RecordView<'a> {
        RecordView {
            at: Timestamp::from_milliseconds(self.at),
            dashboard_id: self.dashboard,
            kind: self.kind,
            severity: self.severity,
            body,
        }
    }
}

/// The same by definition, on the parsed document.
fn naive(node: &Node, sample: &Sample) -> bool {
    let test = match &node.expression {
        Expression::All(parts) => return parts.iter().all(|part| naive(part, sample)),
        Expression::Any(parts) => return parts.iter().any(|part| naive(part, sample)),
        Expression::Not(inner) => return !naive(inner, sample),
        Expression::Test(test) => test,
    };
    let like = |patterns: &[Pattern], text: &str| patterns.iter().any(|pattern| pattern.matches(text));
    let text_at = |pointer: &str, patterns: &[Pattern]| {
        sample.body.pointer(pointer).and_then(Value::as_str).is_some_and(|text| like(patterns, text))
    };
    match test {
        Test::Words(words) => {
            let mut texts = vec![sample.dashboard.to_owned()];
            texts_of(&sample.body, &mut texts);
            texts.iter().any(|text| has_in_a_row(text, words))
        }
        Test::Kind(kinds) => kinds.contains(sample.kind),
        Test::Severity(severities) => severities.contains(sample.severity),
        Test::After(time) => sample.at >= time.resolve(local()).as_milliseconds(),
        Test::Before(time) => sample.at < time.resolve(local()).as_milliseconds(),
        Test::Field(TextField::Dashboard, patterns) => like(patterns, sample.dashboard),
        Test::Field(TextField::UseCase, patterns) => {
            use_cases().get(sample.dashboard).is_some_and(|use_case| like(patterns, use_case))
        }
        Test::Field(TextField::Type, patterns) => match sample.kind {
            RecordKind::Event => text_at("/type", patterns),
            RecordKind::Alert => text_at("/alert/type", patterns),
            RecordKind::Command => text_at("/command/type", patterns),
            RecordKind::Query => text_at("/query/type", patterns),
            _ => false,
        },
        Test::Field(TextField::Operator, patterns) => match sample.kind {
            RecordKind::Command => text_at("/command/issuedBy", patterns),
            RecordKind::Alert | RecordKind::Query | RecordKind::Configuration => text_at("/by", patterns),
            _ => false,
        },
        Test::Field(TextField::Command, patterns) => {
            sample.kind == RecordKind::Command
                && (text_at("/commandId", patterns) || text_at("/command/type", patterns))
        }
        Test::Field(TextField::Alert, patterns) => {
            sample.kind == RecordKind::Alert
                && (text_at("/alertId", patterns) || text_at("/alert/type", patterns))
        }
        Test::Path(path, test) => {
            let root = match (path.root, sample.kind) {
                (PathRoot::Body, _) => Some(&sample.body),
                (PathRoot::Payload, RecordKind::Event) => sample.body.pointer("/payload"),
                (PathRoot::Payload, RecordKind::Command) => sample.body.pointer("/command/payload"),
                _ => None,
            };
            root.is_some_and(|root| at_the_end(root, path).iter().any(|value| admits(test, value)))
        }
    }
}

fn has_in_a_row(text: &str, words: &Words) -> bool {
    let found: Vec<_> = in_text(text).map(folded).collect();
    found.windows(words.words.len()).any(|row| {
        row.iter().zip(&words.words).enumerate().all(|(index, (found, wanted))| {
            found == wanted
                || words.prefix && index + 1 == words.words.len() && found.starts_with(wanted.as_str())
        })
    })
}

fn at_the_end(root: &Value, path: &Path) -> Vec<Value> {
    fn flat(values: Vec<Value>) -> Vec<Value> {
        values
            .into_iter()
            .flat_map(|value| match value {
                Value::Array(inner) => flat(inner),
                other => vec![other],
            })
            .collect()
    }
    let mut values = flat(vec![root.clone()]);
    for name in &path.names {
        let inner = values.iter().filter_map(Value::as_object).flat_map(|fields| {
            fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        });
        values = flat(inner.collect());
    }
    values
}

fn admits(test: &PathTest, value: &Value) -> bool {
    let number = |value: &serde_json::Number| Number::parse(&value.to_string()).unwrap();
    match (test, value) {
        (PathTest::Compares(comparison, limit), Value::Number(found)) => {
            comparison.admits(number(found).compared_to(*limit).unwrap())
        }
        (PathTest::Compares(..), _) => false,
        (PathTest::Matches(patterns), value) => patterns.iter().any(|pattern| match value {
            Value::String(text) => pattern.matches(text),
            Value::Number(found) => {
                pattern.is_anything()
                    || Number::parse(&pattern.text)
                        .is_some_and(|wanted| wanted.compared_to(number(found)).unwrap().is_eq())
            }
            Value::Bool(truth) => pattern.matches(&truth.to_string()),
            Value::Null => pattern.matches("null") && !pattern.wild,
            Value::Object(_) => pattern.is_anything(),
            Value::Array(_) => unreachable!("lists are gone through"),
        }),
    }
}

/// Bodies in the shapes of records, their texts and names from a few, so that queries find something.
fn any_body() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec![
        "a",
        "A b",
        "b-a",
        "ab",
        "Kelvin \u{212a}",
        "é É",
        "İ",
        "日本",
        "\"a\\b\"",
        "x\na",
        "null",
        "5",
        "ΟΔΟΣ",
    ]);
    let scalar = prop_oneof![
        text.clone().prop_map(Value::from),
        (-3_i64..8).prop_map(Value::from),
        prop::sample::select(vec![2.5, -0.5, 5.0]).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        any_json(),
    ];
    let values = scalar.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[xyé]", inner, 0..3).prop_map(|fields| json!(fields)),
        ]
    });
    (text.clone(), text.clone(), text, values.clone(), values).prop_map(|(kind, id, by, payload, other)| {
        let inner = json!({"type": kind, "issuedBy": by, "payload": payload});
        json!({
            "type": kind, "alert": inner, "command": inner, "query": inner, "by": by,
            "commandId": id, "alertId": id, "payload": payload, "X": other,
        })
    })
}

fn any_sample() -> impl Strategy<Value = Sample> {
    (
        NOW - 100_000..NOW + 100_000,
        prop::sample::select(vec!["a-b", "b", "unknown"]),
        prop::sample::select(RecordKind::ALL.to_vec()),
        prop::sample::select(Severity::ALL.to_vec()),
        any_body(),
    )
        .prop_map(|(at, dashboard, kind, severity, body)| Sample { at, dashboard, kind, severity, body })
}

/// Tests that often pass.
fn any_fitting_test() -> impl Strategy<Value = Test> {
    let words = (
        prop::collection::vec(
            prop::sample::select(vec![
                "a", "b", "ab", "x", "é", "日", "本", "kelvin", "\u{212a}", "İ", "οδο", "οδοσ",
            ]),
            1..3,
        ),
        any::<bool>(),
    )
        .prop_map(|(words, prefix)| {
            Test::Words(Words { words: words.into_iter().map(str::to_owned).collect(), prefix })
        });
    let pattern = prop::sample::select(vec![
        "a", "a*", "*b", "?-*", "5", "true", "null", "*", "É*", "\"a\\b\"", "日本", "energy",
    ]);
    let patterns = prop::collection::vec((pattern, any::<bool>()), 1..3).prop_map(|patterns| {
        patterns.into_iter().map(|(text, quoted)| Pattern::new(text, quoted)).collect::<Vec<_>>()
    });
    let field = prop::sample::select(vec![
        TextField::Dashboard,
        TextField::Type,
        TextField::UseCase,
        TextField::Operator,
        TextField::Command,
        TextField::Alert,
    ]);
    let path = (
        prop::sample::select(vec![PathRoot::Payload, PathRoot::Body]),
        prop::collection::vec(prop::sample::select(vec!["x", "X", "y", "é", "payload"]), 1..3),
    )
        .prop_map(|(root, names)| Path { root, names: names.into_iter().map(str::to_owned).collect() });
    let comparison =
        prop::sample::select(vec![Comparison::Less, Comparison::GreaterOrEqual, Comparison::Greater]);
    prop_oneof![
        3 => words,
        1 => prop::collection::vec(prop::sample::select(RecordKind::ALL.to_vec()), 1..6)
            .prop_map(|kinds| Test::Kind(kinds.into_iter().collect())),
        1 => prop::collection::vec(prop::sample::select(Severity::ALL.to_vec()), 1..4)
            .prop_map(|severities| Test::Severity(severities.into_iter().collect())),
        3 => (field, patterns.clone()).prop_map(|(field, patterns)| Test::Field(field, patterns)),
        3 => (path.clone(), patterns).prop_map(|(path, patterns)| Test::Path(path, PathTest::Matches(patterns))),
        1 => (path, comparison, -3_i64..8)
            .prop_map(|(path, comparison, number)| Test::Path(path, PathTest::Compares(comparison, Number::Whole(number.into())))),
        1 => (0_u64..100).prop_map(|ago| Test::After(TimeExpression::Ago(ago))),
        1 => (0_u64..100).prop_map(|ago| Test::Before(TimeExpression::Ago(ago))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn agrees_with_the_definition(query in any_query(any_fitting_test()), sample in any_sample()) {
        let expected = query.root.as_ref().is_none_or(|root| naive(root, &sample));
        let plan = Plan::new(&query, local(), &use_cases());
        for body in [sample.body.to_string(), format!("{:#}", sample.body), escaped(&sample.body.to_string())] {
            let view = sample.view(&body);
            prop_assert_eq!(plan.matcher.matches(&view), expected, "{}", query);

            // What is skipped by a summary is never what was asked for.
            let mut noted = Vec::new();
            words::of(sample.dashboard, &body, |word| noted.push(word.to_owned()));
            let required = &plan.requirements;
            let is_skipped = !required.kinds.contains(sample.kind)
                || !required.severities.contains(sample.severity)
                || required.from.is_some_and(|from| view.at < from)
                || required.to.is_some_and(|to| view.at >= to)
                || plan.rules_out_dashboard(sample.dashboard)
                || required.words.iter().any(|word| !noted.contains(word));
            prop_assert!(!(is_skipped && expected), "{}: {:?}", query, required);
        }
        let facts = Facts {
            kind: Some(sample.kind),
            severity: Some(sample.severity),
            dashboard_id: Some(sample.dashboard),
            at: Some(Timestamp::from_milliseconds(sample.at)),
        };
        prop_assert!(plan.matcher.can_match(&facts) || !expected);
        prop_assert!(!plan.matcher.must_match(&facts) || expected);
    }

    #[test]
    fn any_body_can_be_asked(query in any_query(any_fitting_test()), body in any::<String>()) {
        let view = RecordView {
            at: local().now, dashboard_id: "a", kind: RecordKind::Event, severity: Severity::Info, body: &body,
        };
        let _ = Matcher::new(&query, local(), &use_cases()).matches(&view);
    }
}

#[test]
fn what_operators_expect() {
    let event = json!({
        "type": "DATA_INGESTED", "severity": "info", "dashboardId": "energy-north",
        "payload": {"recordCount": 1_500, "source": "Meter Feed", "rows": [{"id": 7}, {"id": 9}], "ok": true,
            "note": "Zeitüberschreitung: connection timed-out", "empty": null},
        "context": {"user": "carol"},
    });
    let body = escaped(&event.to_string());
    let record = RecordView {
        at: local().now.plus_milliseconds(-60_000),
        dashboard_id: "energy-north",
        kind: RecordKind::Event,
        severity: Severity::Info,
        body: &body,
    };
    let use_cases = [("energy-north".to_owned(), "smart grid".to_owned())].into();
    let found = |query: &str| Matcher::new(&query.parse().unwrap(), local(), &use_cases).matches(&record);
    for query in [
        "",
        "ingested",
        "DATA_INGESTED",
        "data",
        "energy-north",
        "NORTH",
        "timed",
        "\"timed out\"",
        "timed-out",
        "\"connection timed\"",
        "zeitÜberschreitung",
        "conn*",
        "\"meter fe\"*",
        "carol",
        "kind:event severity>=info dashboard:ENERGY-* after:-2h",
        "type:data_*",
        "useCase:\"smart grid\"",
        "payload.recordCount>1000 payload.recordCount<=1500 payload.recordCount:1500.0",
        "payload.source:\"meter feed\"",
        "payload.source:*feed",
        "payload.rows.id:9",
        "payload.rows.id>8",
        "payload.ok:true",
        "payload.note:*",
        "payload.rows:*",
        "body.payload.recordCount:1500",
        "-alert (timeout OR timed)",
        "kind!=metrics",
        "before:-30s",
    ] {
        assert!(found(query), "{query}");
    }
    for query in [
        "recordCount",
        "ingest",
        "1500",
        "\"out timed\"",
        "\"source meter\"",
        "meter carol -ingested",
        "before:-2h",
        "after:-30s",
        "severity>info",
        "type:data",
        "payload.recordCount>1500",
        "payload.source:meter",
        "payload.empty:*",
        "payload.source>1",
        "command:*",
        "operator:carol",
    ] {
        assert!(!found(query), "{query}");
    }
}
