//! Whether a record is what a query asks for. Pure: the same record, query, time and use cases give the same answer.

use std::collections::{HashMap, HashSet};

use mission_control_protocol::{Record, RecordKind, Severity, Timestamp};

use super::{
    needle::Needle,
    query::{
        Comparison, Expression, LocalTime, Node, Number, Path, PathRoot, PathTest, Pattern, Query, Test,
        TextField, Words,
    },
    sets::{KindSet, SeveritySet},
    texts::texts,
    values::{self, Value},
    words::{fold, split_word},
};

/// What each dashboard is for, by its id, as it last registered.
pub type UseCases = HashMap<String, String>;

/// A record as it is looked at: borrowed from wherever it is stored.
#[derive(Debug, Clone, Copy)]
pub struct RecordView<'a> {
    /// When the hub received it.
    pub at: Timestamp,
    /// The dashboard it is about.
    pub dashboard_id: &'a str,
    /// What sort of thing happened.
    pub kind: RecordKind,
    /// How bad it is.
    pub severity: Severity,
    /// The details: JSON.
    pub body: &'a str,
}

impl<'a> From<&'a Record> for RecordView<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            at: record.at,
            dashboard_id: record.dashboard_id.as_str(),
            kind: record.kind,
            severity: record.severity,
            body: record.body.get(),
        }
    }
}

/// A query made ready to be asked of many records.
#[derive(Debug, Clone)]
pub struct Matcher {
    root: Option<Check>,
}

/// What is known of a record, or of each record of a stretch, before looking at it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// Its kind.
    pub kind: Option<RecordKind>,
    /// Its severity.
    pub severity: Option<Severity>,
    /// Its dashboard.
    pub dashboard_id: Option<&'a str>,
    /// When it was received.
    pub at: Option<Timestamp>,
}

impl Matcher {
    /// Makes `query` ready, as asked at `local` time in a fleet with these `use_cases`.
    #[must_use]
    pub fn new(query: &Query, local: LocalTime, use_cases: &UseCases) -> Self {
        Self { root: query.root.as_ref().map(|root| check(root, local, use_cases)) }
    }

    /// Whether the query asks for this record.
    #[must_use]
    pub fn matches(&self, record: &RecordView<'_>) -> bool {
        self.root.as_ref().is_none_or(|root| root.passes(record))
    }

    /// Whether the query can ask for any record of which these `facts` are known.
    #[must_use]
    pub fn can_match(&self, facts: &Facts<'_>) -> bool {
        self.root.as_ref().is_none_or(|root| root.judge(facts) != Some(false))
    }

    /// Whether the query asks for something about dashboards at all.
    #[must_use]
    pub(super) fn asks_dashboard(&self) -> bool {
        self.root.as_ref().is_some_and(Check::asks_dashboard)
    }

    /// Whether the query asks for every record of which these `facts` are known.
    #[must_use]
    pub fn must_match(&self, facts: &Facts<'_>) -> bool {
        self.root.as_ref().is_none_or(|root| root.judge(facts) == Some(true))
    }
}

#[derive(Debug, Clone)]
enum Check {
    All(Vec<Check>),
    Any(Vec<Check>),
    Not(Box<Check>),
    Kind(KindSet),
    Severity(SeveritySet),
    After(Timestamp),
    Before(Timestamp),
    Dashboard(Vec<Pattern>),
    /// One of these dashboards.
    Members(HashSet<String>),
    Words(WordsCheck),
    Field(FieldCheck),
    Path(PathCheck),
}

fn check(node: &Node, local: LocalTime, use_cases: &UseCases) -> Check {
    let each = |parts: &[Node]| {
        let mut checks: Vec<_> = parts.iter().map(|part| check(part, local, use_cases)).collect();
        // Cheap ones first; they decide most records.
        checks.sort_by_key(Check::cost);
        checks
    };
    match &node.expression {
        Expression::All(parts) => Check::All(each(parts)),
        Expression::Any(parts) => Check::Any(each(parts)),
        Expression::Not(inner) => Check::Not(Box::new(check(inner, local, use_cases))),
        Expression::Test(test) => match test {
            Test::Words(words) => Check::Words(WordsCheck::new(words)),
            Test::Kind(kinds) => Check::Kind(*kinds),
            Test::Severity(severities) => Check::Severity(*severities),
            Test::After(time) => Check::After(time.resolve(local)),
            Test::Before(time) => Check::Before(time.resolve(local)),
            Test::Field(TextField::Dashboard, patterns) => Check::Dashboard(patterns.clone()),
            Test::Field(TextField::UseCase, patterns) => {
                let like = |use_case: &str| patterns.iter().any(|pattern| pattern.matches(use_case));
                let members = use_cases.iter().filter(|(_, use_case)| like(use_case));
                Check::Members(members.map(|(id, _)| id.clone()).collect())
            }
            Test::Field(field, patterns) => Check::Field(FieldCheck::new(*field, patterns)),
            Test::Path(path, test) => Check::Path(PathCheck::new(path, test)),
        },
    }
}

impl Check {
    fn cost(&self) -> u32 {
        match self {
            Self::Kind(_) | Self::Severity(_) | Self::After(_) | Self::Before(_) => 1,
            Self::Members(_) | Self::Dashboard(_) => 4,
            Self::Words(_) => 16,
            Self::Field(_) | Self::Path(_) => 64,
            Self::Not(inner) => inner.cost(),
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::cost).sum(),
        }
    }

    fn asks_dashboard(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_dashboard),
            Self::Not(inner) => inner.asks_dashboard(),
            Self::Dashboard(_) | Self::Members(_) => true,
            _ => false,
        }
    }

    fn passes(&self, record: &RecordView<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.passes(record)),
            Self::Any(parts) => parts.iter().any(|part| part.passes(record)),
            Self::Not(inner) => !inner.passes(record),
            Self::Kind(kinds) => kinds.contains(record.kind),
            Self::Severity(severities) => severities.contains(record.severity),
            Self::After(from) => record.at >= *from,
            Self::Before(to) => record.at < *to,
            Self::Dashboard(patterns) => patterns.iter().any(|pattern| pattern.matches(record.dashboard_id)),
            Self::Members(members) => members.contains(record.dashboard_id),
            Self::Words(words) => words.passes(record),
            Self::Field(field) => field.passes(record),
            Self::Path(path) => path.passes(record),
        }
    }

    /// Whether a record passes of which only the facts are known; `None` when they do not say.
    fn judge(&self, facts: &Facts<'_>) -> Option<bool> {
        match self {
            Self::All(parts) => Self::judge_each(parts, facts, false),
            Self::Any(parts) => Self::judge_each(parts, facts, true),
            Self::Not(inner) => inner.judge(facts).map(|passes| !passes),
            Self::Kind(kinds) => Some(kinds.contains(facts.kind?)),
            Self::Severity(severities) => Some(severities.contains(facts.severity?)),
            Self::Dashboard(patterns) => {
                let id = facts.dashboard_id?;
                Some(patterns.iter().any(|pattern| pattern.matches(id)))
            }
            Self::Members(members) => Some(members.contains(facts.dashboard_id?)),
            Self::Field(field) => ways(field.field, facts.kind?).is_empty().then_some(false),
            Self::Path(path) => path.way(facts.kind?).is_none().then_some(false),
            Self::After(from) => Some(facts.at? >= *from),
            Self::Before(to) => Some(facts.at? < *to),
            Self::Words(_) => None,
        }
    }

    /// One part that is `decisive` decides; else all must be known.
    fn judge_each(parts: &[Self], facts: &Facts<'_>, decisive: bool) -> Option<bool> {
        let mut judgement = Some(!decisive);
        for part in parts {
            match part.judge(facts) {
                Some(passes) if passes == decisive => return Some(decisive),
                Some(_) => {}
                None => judgement = None,
            }
        }
        judgement
    }
}

#[derive(Debug, Clone)]
struct WordsCheck {
    words: Words,
    needle: Option<Needle>,
}

impl WordsCheck {
    fn new(words: &Words) -> Self {
        let longest = words.words.iter().max_by_key(|word| word.len());
        Self { words: words.clone(), needle: longest.and_then(|word| Needle::of(word)) }
    }

    fn passes(&self, record: &RecordView<'_>) -> bool {
        if self.is_in(record.dashboard_id) {
            return true;
        }
        if self.needle.as_ref().is_some_and(|needle| needle.is_missing(record.body)) {
            return false;
        }
        texts(record.body).any(|text| self.is_in(&text))
    }

    /// Whether the words stand in a row somewhere in `text`.
    fn is_in(&self, text: &str) -> bool {
        let mut rest = text;
        while let Some(start) = rest.find(char::is_alphanumeric) {
            let from = rest.get(start..).unwrap_or_default();
            if self.begins(from) {
                return true;
            }
            rest = split_word(from).1;
        }
        false
    }

    /// Whether the words stand in a row at the beginning of `text`.
    fn begins(&self, text: &str) -> bool {
        let mut rest = text;
        let last = self.words.words.len() - 1;
        for (index, wanted) in self.words.words.iter().enumerate() {
            let Some(start) = rest.find(char::is_alphanumeric) else { return false };
            let (found, after) = split_word(rest.get(start..).unwrap_or_default());
            let mut found = found.chars().map(fold);
            let same = wanted.chars().all(|character| found.next() == Some(character));
            let whole = found.next().is_none();
            if !same || !(whole || self.words.prefix && index == last) {
                return false;
            }
            rest = after;
        }
        true
    }
}

/// Where the values of `field` stand in a record of this kind.
fn ways(field: TextField, kind: RecordKind) -> &'static [&'static [&'static str]] {
    match (field, kind) {
        (TextField::Type, RecordKind::Event) => &[&["type"]],
        (TextField::Type, RecordKind::Alert) => &[&["alert", "type"]],
        (TextField::Type, RecordKind::Command) => &[&["command", "type"]],
        (TextField::Type, RecordKind::Query) => &[&["query", "type"]],
        (TextField::Operator, RecordKind::Command) => &[&["command", "issuedBy"]],
        (TextField::Operator, RecordKind::Alert | RecordKind::Query | RecordKind::Configuration) => {
            &[&["by"]]
        }
        (TextField::Command, RecordKind::Command) => &[&["commandId"], &["command", "type"]],
        (TextField::Alert, RecordKind::Alert) => &[&["alertId"], &["alert", "type"]],
        _ => &[],
    }
}

/// The type of what a record tells: of an event, alert, command or query.
#[must_use]
pub fn type_of(record: &RecordView<'_>) -> Option<String> {
    ways(TextField::Type, record.kind).iter().find_map(|way| values::text_at(record.body, way))
}

#[derive(Debug, Clone)]
struct FieldCheck {
    field: TextField,
    patterns: Vec<Pattern>,
    /// One of them must be there; none when anything could do.
    needles: Vec<Needle>,
}

impl FieldCheck {
    fn new(field: TextField, patterns: &[Pattern]) -> Self {
        let needles: Option<_> = patterns.iter().map(|pattern| Needle::of(pattern.literal())).collect();
        Self { field, patterns: patterns.to_vec(), needles: needles.unwrap_or_default() }
    }

    fn passes(&self, record: &RecordView<'_>) -> bool {
        let ways = ways(self.field, record.kind);
        if ways.is_empty()
            || !self.needles.is_empty() && self.needles.iter().all(|needle| needle.is_missing(record.body))
        {
            return false;
        }
        let mut passes = false;
        for way in ways {
            values::at(record.body, way, |value| {
                if let Value::Text(text) = value {
                    passes |= self.patterns.iter().any(|pattern| pattern.matches(text));
                }
            });
        }
        passes
    }
}

#[derive(Debug, Clone)]
struct PathCheck {
    path: Path,
    needle: Option<Needle>,
    test: ValueCheck,
}

#[derive(Debug, Clone)]
enum ValueCheck {
    /// Looks like one of these; and the number that each is, if it is one.
    Matches(Vec<(Pattern, Option<Number>)>),
    Compares(Comparison, Number),
}

impl PathCheck {
    fn new(path: &Path, test: &PathTest) -> Self {
        let test = match test {
            PathTest::Matches(patterns) => ValueCheck::Matches(
                patterns.iter().map(|pattern| (pattern.clone(), Number::parse(&pattern.text))).collect(),
            ),
            PathTest::Compares(comparison, number) => ValueCheck::Compares(*comparison, *number),
        };
        let longest = path.names.iter().max_by_key(|name| name.len());
        Self { path: path.clone(), needle: longest.and_then(|name| Needle::of(name)), test }
    }

    /// Where the way begins in a record of this kind; `None` when it has no payload.
    fn way(&self, kind: RecordKind) -> Option<&'static [&'static str]> {
        match (self.path.root, kind) {
            (PathRoot::Body, _) => Some(&[]),
            (PathRoot::Payload, RecordKind::Event) => Some(&["payload"]),
            (PathRoot::Payload, RecordKind::Command) => Some(&["command", "payload"]),
            (PathRoot::Payload, _) => None,
        }
    }

    fn passes(&self, record: &RecordView<'_>) -> bool {
        let Some(head) = self.way(record.kind) else { return false };
        if self.needle.as_ref().is_some_and(|needle| needle.is_missing(record.body)) {
            return false;
        }
        let way: Vec<&str> = head.iter().copied().chain(self.path.names.iter().map(String::as_str)).collect();
        let mut passes = false;
        values::at(record.body, &way, |value| passes |= self.test.admits(value));
        passes
    }
}

impl ValueCheck {
    fn admits(&self, value: Value<'_>) -> bool {
        match self {
            Self::Compares(comparison, limit) => match value {
                Value::Number(number) => {
                    number.compared_to(*limit).is_some_and(|order| comparison.admits(order))
                }
                _ => false,
            },
            Self::Matches(patterns) => patterns.iter().any(|(pattern, number)| match value {
                Value::Text(text) => pattern.matches(text),
                Value::Number(found) => {
                    pattern.is_anything()
                        || number.is_some_and(|number| {
                            found.compared_to(number).is_some_and(std::cmp::Ordering::is_eq)
                        })
                }
                Value::Truth(truth) => pattern.matches(if truth { "true" } else { "false" }),
                Value::Null => !pattern.wild && pattern.matches("null"),
                Value::Object => pattern.is_anything(),
            }),
        }
    }
}
