use mission_control_protocol::{RecordKind, Severity, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::search::words::{folded, in_text};

fn canonical(text: &str) -> String {
    text.parse::<Query>().unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

/// What is wrong with `text`: the piece that is pointed at, and the sentence.
fn complaint(text: &str) -> (String, String) {
    let error = text.parse::<Query>().unwrap_err();
    let marked = text.get(error.span.offset..error.span.end()).unwrap();
    (marked.to_owned(), error.to_string())
}

#[test]
fn what_operators_write() {
    for (written, expected) in [
        ("", ""),
        ("  ", ""),
        (
            r#"kind:event severity>=warning dashboard:energy-* "timeout" after:-2h"#,
            "kind:event severity>=warning dashboard:energy-* timeout after:-2h",
        ),
        ("KIND = Events", "kind:event"),
        ("kind:alert, event,RESOURCE_USAGE", "kind:event,resourceUsage,alert"),
        ("kind!=metrics", "-kind:metrics"),
        ("severity > info", "severity>=warning"),
        ("severity<warning", "severity<=info"),
        ("severity:warn", "severity:warning"),
        ("severity:warning,error", "severity:warning,error"),
        ("level>=error", "severity>=error"),
        ("issuedBy:alice", "operator:alice"),
        ("a b OR c -d", "a b OR c -d"),
        ("a AND (b OR c)", "a (b OR c)"),
        ("(a b) c", "a b c"),
        ("a OR (b OR c)", "a OR b OR c"),
        ("NOT (a b)", "-(a b)"),
        ("--a", "-(-a)"),
        ("and or not", "and or not"),
        ("energy-north DATA_QUALITY", "\"energy north\" \"data quality\""),
        ("Conn* energy-*", "conn* energy"),
        ("\"timed ou\"*", "\"timed ou\"*"),
        ("12:30:05", "\"12 30 05\""),
        ("\"a \\\"b\\\" c\"", "\"a b c\""),
        ("payload.recordCount>1000", "payload.recordCount>1000"),
        ("payload.recordCount != 5", "-payload.recordCount:5"),
        ("payload.ratio<=.5e0", "!"),
        ("payload.ratio<=5e-1", "payload.ratio<=5e-1"),
        ("payload.source:\"a, b\",c*", "payload.source:\"a, b\",c*"),
        ("payload.source:\"c*\"", "payload.source:\"c*\""),
        ("body.metrics.performance.cpuUsage>=80.0", "body.metrics.performance.cpuUsage>=80"),
        ("since:yesterday until:2026-11-22T14:30", "after:yesterday before:2026-11-22T14:30:00"),
        ("after:\"2026-11-22 14:30\"", "after:2026-11-22T14:30:00"),
    ] {
        if expected == "!" {
            assert!(written.parse::<Query>().is_err(), "{written}");
        } else {
            assert_eq!(canonical(written), expected, "{written}");
        }
    }
}

#[test]
fn each_mistake_is_pointed_at_and_explained() {
    for (written, marked, said) in [
        ("a sevrity:error", "sevrity", "did you mean `severity`?"),
        ("http://example.org", "http", "put it in quotes"),
        ("sevrity >= error", "sevrity", "did you mean `severity`?"),
        ("kind:evnt", "evnt", "did you mean `event`?"),
        ("kind:event,xyz", "xyz", "registration, connection"),
        ("severity>=eror", "eror", "did you mean `error`?"),
        ("severity>critical", "critical", "use `<=` or `>=`"),
        ("severity>info,error", "error", "one value"),
        ("kind>event", ">", "write for example `kind:event`"),
        ("after!=today", "!=", "write for example `after:-2h`"),
        ("dashboard:", ":", "write for example `dashboard:energy-*`"),
        ("kind:event,", ":event,", "A value is missing"),
        ("(kind:)", ":", "A value is missing"),
        ("payload:x", "payload", "`payload.recordCount`"),
        ("payload..x:1", "payload..x", "`payload.recordCount`"),
        ("payload.x>many", "many", "a number"),
        ("payload.x>nan", "nan", "a number"),
        ("after:tomorrow", "tomorrow", "not a time"),
        ("a \"b c", "\"", "close it"),
        ("a (b", "(", "close it"),
        ("a) b", ")", "remove it"),
        ("a () b", "()", "remove them"),
        ("a OR", "OR", "add the other one"),
        ("OR a", "OR", "add the other one"),
        ("a AND OR b", "AND", "add the other one"),
        ("a (b AND) c", "AND", "add the other one"),
        ("a NOT", "NOT", "directly after it"),
        ("a - b", "-", "no letter or digit"),
        (">5", ">", "compares a field"),
        ("a &", "&", "no letter or digit"),
        ("*", "*", "no letter or digit"),
        ("ti*out", "*", "only at the end"),
        ("größe:5", "größe", "Unknown field"),
    ] {
        let (found, sentence) = complaint(written);
        assert_eq!(found, marked, "{written}: {sentence}");
        assert!(sentence.contains(said), "{written}: {sentence}");
    }
}

#[test]
fn length_and_depth_have_bounds() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(nested(MAX_DEPTH).parse::<Query>().is_ok());
    assert_eq!(nested(MAX_DEPTH + 1).parse::<Query>().unwrap_err().problem, QueryProblem::TooDeep);
    let negated = "-".repeat(2_000) + "a";
    assert_eq!(negated.parse::<Query>().unwrap_err().problem, QueryProblem::TooDeep);
    let long = "é".repeat(MAX_LENGTH);
    assert_eq!(long.parse::<Query>().unwrap_err().problem, QueryProblem::TooLong);
}

#[test]
fn parts_know_where_they_stand() {
    let text = "é (a OR kind:event) -b";
    let Expression::All(parts) = text.parse::<Query>().unwrap().root.unwrap().expression else { panic!() };
    let written: Vec<_> = parts.iter().map(|part| &text[part.span.offset..part.span.end()]).collect();
    assert_eq!(written, ["é", "(a OR kind:event)", "-b"]);
}

fn suggested(text: &str) -> (String, Vec<String>) {
    let known = KnownValues {
        dashboards: vec!["energy-north".to_owned(), "energy-south".to_owned(), "port-north".to_owned()],
        events: vec!["DATA_INGESTED".to_owned()],
        alerts: vec!["DATA_QUALITY".to_owned()],
        commands: vec!["INGEST_DATA".to_owned(), "DATA_INGESTED".to_owned()],
        use_cases: vec!["smart grid".to_owned()],
        operators: Vec::new(),
    };
    let (before, after) = text.split_once('|').unwrap();
    let whole = format!("{before}{after}");
    let found = complete(&whole, before.len(), &known);
    let replaced = whole[found.replace.offset..found.replace.end()].to_owned();
    (replaced, found.suggestions.into_iter().map(|suggestion| suggestion.text).collect())
}

#[test]
fn the_cursor_says_what_can_come() {
    let (replaced, names) = suggested("se|");
    assert_eq!((replaced.as_str(), names[0].as_str()), ("se", "severity>="));
    assert_eq!(suggested("|").1.len(), FIELDS_AND_ROOTS);
    assert_eq!(suggested("kind:event |").1.len(), FIELDS_AND_ROOTS);
    assert_eq!(suggested("kind:al|").1, ["alert", "alertPolicy", "refusal"]);
    assert_eq!(suggested("kind:event,a|lert").1[0], "alert");
    assert_eq!(suggested("kind:event, |").1.len(), RecordKind::ALL.len());
    assert_eq!(suggested("-(severity >= w|)"), ("w".to_owned(), vec!["warning".to_owned()]));
    assert_eq!(suggested("dashboard:north|").1, ["energy-north", "port-north"]);
    assert_eq!(suggested("dashboard:\"ener|").1, ["energy-north", "energy-south"]);
    assert_eq!(suggested("type:data|").1, ["DATA_INGESTED", "DATA_QUALITY", "INGEST_DATA"]);
    assert_eq!(suggested("alert:|").1, ["DATA_QUALITY"]);
    assert_eq!(suggested("useCase:|").1, ["\"smart grid\""]);
    assert_eq!(suggested("after:to|").1, ["today"]);
    assert!(suggested("\"kind:e|").1.is_empty());
}

const FIELDS_AND_ROOTS: usize = fields::FIELDS.len() + fields::ROOTS.len();

#[test]
fn every_example_in_a_message_is_a_query() {
    for field in &fields::FIELDS {
        field.example.parse::<Query>().unwrap();
    }
    for (_, example, _) in fields::ROOTS {
        example.parse::<Query>().unwrap();
    }
}

fn any_words() -> impl Strategy<Value = Words> {
    ("[a-zA-Z0-9éßΣ日 _-]{1,12}", any::<bool>()).prop_filter_map("a word", |(text, prefix)| {
        let words: Vec<_> = in_text(&text).map(|word| folded(word).into_owned()).collect();
        (!words.is_empty()).then_some(Words { words, prefix })
    })
}

fn any_patterns() -> impl Strategy<Value = Vec<Pattern>> {
    let pattern = prop_oneof![
        "[a-zA-Z0-9é*?:=<>!.\\\\-]{1,8}".prop_map(|text| Pattern::new(&text, false)),
        any::<String>().prop_map(|text| Pattern::new(&text, true)),
        Just(Pattern::new("a\"b\\ *", true)),
    ];
    prop::collection::vec(pattern, 1..4)
}

fn any_time() -> impl Strategy<Value = TimeExpression> {
    prop_oneof![
        Just(TimeExpression::Now),
        Just(TimeExpression::Today),
        Just(TimeExpression::Yesterday),
        (0_u64..10_000_000_000).prop_map(TimeExpression::Ago),
        (-9_999_i16..9_999, 1_i8..=12, 1_i8..=28)
            .prop_map(|(year, month, day)| TimeExpression::Date(jiff::civil::date(year, month, day))),
        (1_i16..9_999, 0_i8..24, 0_i8..60, 0_i32..1_000_000_000).prop_map(
            |(year, hour, minute, nanosecond)| {
                TimeExpression::DateTime(jiff::civil::date(year, 2, 3).at(hour, minute, 5, nanosecond))
            }
        ),
        (0_i8..24, 0_i8..60, 0_i8..60).prop_map(|(hour, minute, second)| TimeExpression::TimeOfDay(
            jiff::civil::time(hour, minute, second, 0)
        )),
        (-62_135_596_800_000_i64..253_402_207_200_000)
            .prop_map(|at| TimeExpression::Instant(Timestamp::from_milliseconds(at))),
    ]
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(|value| Number::Whole(value.into())),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Number::from),
    ]
}

fn any_path() -> impl Strategy<Value = Path> {
    let root = prop_oneof![Just(PathRoot::Payload), Just(PathRoot::Body)];
    (root, prop::collection::vec("[a-zA-Zé_-][a-zA-Z0-9é_@$/-]{0,6}", 1..4))
        .prop_map(|(root, names)| Path { root, names })
}

pub(crate) fn any_test() -> impl Strategy<Value = Test> {
    let field = prop::sample::select(vec![
        TextField::Dashboard,
        TextField::Type,
        TextField::UseCase,
        TextField::Operator,
        TextField::Command,
        TextField::Alert,
    ]);
    let comparison = prop::sample::select(vec![
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    prop_oneof![
        any_words().prop_map(Test::Words),
        prop::collection::vec(prop::sample::select(RecordKind::ALL.to_vec()), 1..4)
            .prop_map(|kinds| Test::Kind(kinds.into_iter().collect())),
        prop::collection::vec(prop::sample::select(Severity::ALL.to_vec()), 1..5)
            .prop_map(|severities| Test::Severity(severities.into_iter().collect())),
        (field, any_patterns()).prop_map(|(field, patterns)| Test::Field(field, patterns)),
        (any_path(), any_patterns())
            .prop_map(|(path, patterns)| Test::Path(path, PathTest::Matches(patterns))),
        (any_path(), comparison, any_number())
            .prop_map(|(path, comparison, number)| Test::Path(path, PathTest::Compares(comparison, number))),
        any_time().prop_map(Test::After),
        any_time().prop_map(Test::Before),
    ]
}

/// Queries made of `tests`, in any shape.
pub(crate) fn any_query(tests: impl Strategy<Value = Test> + 'static) -> impl Strategy<Value = Query> {
    let node = |expression| Node { span: Span::default(), expression };
    let leaf = tests.prop_map(move |test| node(Expression::Test(test)));
    let root = leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..5).prop_map(parser::all_of),
            prop::collection::vec(inner.clone(), 2..5).prop_map(parser::any_of),
            inner.prop_map(move |inner| node(Expression::Not(Box::new(inner)))),
        ]
    });
    prop_oneof![1 => Just(Query { root: None }), 20 => root.prop_map(|root| Query { root: Some(root) })]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn canonical_form_reads_as_the_same_query(query in any_query(any_test())) {
        let written = query.to_string();
        prop_assume!(written.len() <= MAX_LENGTH);
        prop_assert_eq!(written.parse::<Query>().map_err(|error| format!("{written}: {error}")), Ok(query));
    }

    #[test]
    fn takes_anything_and_points_inside_it(text in any::<String>()) {
        reads(&text);
    }

    #[test]
    fn takes_anything_that_looks_like_a_query(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "kind", "severity", "payload.x", "after", "dashboard", ":", "=", "!=", ">=", "<", "(", ")", "\"", "\\", "*",
            "-", " ", " ", ",", "AND", "OR", "NOT", "event", "error", "-2h", "5", "é", "日", "\u{a0}",
        ]), 0..20),
    ) {
        reads(&pieces.concat());
    }
}

fn reads(text: &str) {
    match text.parse::<Query>() {
        Ok(query) => assert_eq!(query.to_string().parse::<Query>().as_ref(), Ok(&query), "{text:?}"),
        Err(error) => {
            assert!(text.get(error.span.offset..error.span.end()).is_some(), "{text:?}: {error:?}");
            assert!(!error.to_string().is_empty());
        }
    }
    for cursor in 0..=text.len() {
        let found = complete(text, cursor, &KnownValues::default());
        assert!(text.get(found.replace.offset..found.replace.end()).is_some(), "{text:?} at {cursor}");
    }
}
