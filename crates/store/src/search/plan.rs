//! What can be said of every record that a query asks for, so that whole stretches of a log can be skipped.

use mission_control_protocol::{RecordKind, Severity, Timestamp};

use super::{
    evaluate::{Facts, Matcher, UseCases},
    query::{Expression, LocalTime, Node, Number, PathTest, Pattern, Query, Test, TextField},
    sets::{KindSet, SeveritySet},
    words::{folded, in_text, is_noted},
};

/// What is true of every record that a query asks for. A record of which all of it is true need not be asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirements {
    /// It has one of these kinds.
    pub kinds: KindSet,
    /// It has one of these severities.
    pub severities: SeveritySet,
    /// It has each of these words ([`super::words`]); all of them are noted of segments.
    pub words: Vec<String>,
    /// It was received then or later.
    pub from: Option<Timestamp>,
    /// It was received before then.
    pub to: Option<Timestamp>,
}

/// A query made ready: what to skip by, and what to ask of the rest.
#[derive(Debug, Clone)]
pub struct Plan {
    /// To skip by. Of dashboards, [`Matcher::can_match`] tells.
    pub requirements: Requirements,
    /// To ask.
    pub matcher: Matcher,
}

impl Plan {
    /// Makes `query` ready, as asked at `local` time in a fleet with these `use_cases`.
    #[must_use]
    pub fn new(query: &Query, local: LocalTime, use_cases: &UseCases) -> Self {
        let matcher = Matcher::new(query, local, use_cases);
        let kinds = RecordKind::ALL
            .into_iter()
            .filter(|kind| matcher.can_match(&Facts { kind: Some(*kind), ..Facts::default() }))
            .collect();
        let severities = Severity::ALL
            .into_iter()
            .filter(|severity| matcher.can_match(&Facts { severity: Some(*severity), ..Facts::default() }))
            .collect();
        let Bounds { mut words, from, to } =
            query.root.as_ref().map(|root| bounds(root, local)).unwrap_or_default();
        words.sort_unstable();
        words.dedup();
        Self { requirements: Requirements { kinds, severities, words, from, to }, matcher }
    }

    /// The same, of records received before `to` only.
    #[must_use]
    pub fn until(mut self, to: Timestamp) -> Self {
        self.requirements.to = Some(self.requirements.to.map_or(to, |limit| limit.min(to)));
        self
    }

    /// Whether no record of this dashboard is asked for.
    #[must_use]
    pub fn rules_out_dashboard(&self, dashboard_id: &str) -> bool {
        !self.matcher.can_match(&Facts { dashboard_id: Some(dashboard_id), ..Facts::default() })
    }
}

/// What kinds, severities and dashboards do not tell.
#[derive(Debug, Default)]
struct Bounds {
    words: Vec<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

fn bounds(node: &Node, local: LocalTime) -> Bounds {
    match &node.expression {
        Expression::All(parts) => {
            parts.iter().map(|part| bounds(part, local)).fold(Bounds::default(), |mut all, part| {
                all.words.extend(part.words);
                all.from = all.from.max(part.from);
                all.to = all.to.into_iter().chain(part.to).min();
                all
            })
        }
        Expression::Any(parts) => parts
            .iter()
            .map(|part| bounds(part, local))
            .reduce(|mut any, part| {
                any.words.retain(|word| part.words.contains(word));
                any.from = any.from.zip(part.from).map(|(left, right)| left.min(right));
                any.to = any.to.zip(part.to).map(|(left, right)| left.max(right));
                any
            })
            .unwrap_or_default(),
        Expression::Not(_) => Bounds::default(),
        Expression::Test(test) => match test {
            Test::After(time) => Bounds { from: Some(time.resolve(local)), ..Bounds::default() },
            Test::Before(time) => Bounds { to: Some(time.resolve(local)), ..Bounds::default() },
            other => Bounds { words: required_words(other), ..Bounds::default() },
        },
    }
}

/// Words that every record has which passes the test.
fn required_words(test: &Test) -> Vec<String> {
    let mut words = match test {
        Test::Words(words) => {
            let whole = words.words.len() - usize::from(words.prefix);
            words.words.iter().take(whole).cloned().collect()
        }
        Test::Field(TextField::UseCase, _) => Vec::new(),
        Test::Field(_, patterns) => common_words(patterns),
        // A number or a truth value has no words, and both look like texts.
        Test::Path(_, PathTest::Matches(patterns)) if patterns.iter().all(can_only_be_text) => {
            common_words(patterns)
        }
        _ => Vec::new(),
    };
    words.retain(|word| is_noted(word));
    words
}

fn can_only_be_text(pattern: &Pattern) -> bool {
    let literal = pattern.text.to_lowercase();
    !pattern.wild
        && Number::parse(&literal).is_none()
        && !matches!(literal.as_str(), "true" | "false" | "null")
}

/// Words that a text of every one of these looks has.
fn common_words(patterns: &[Pattern]) -> Vec<String> {
    patterns
        .iter()
        .map(whole_words)
        .reduce(|mut common, words| {
            common.retain(|word| words.contains(word));
            common
        })
        .unwrap_or_default()
}

/// Words that every text of this look has: those that no `*` or `?` touches.
fn whole_words(pattern: &Pattern) -> Vec<String> {
    let text = pattern.text.as_str();
    let is_wild = |character: Option<char>| pattern.wild && matches!(character, Some('*' | '?'));
    let mut words = Vec::new();
    for word in in_text(text) {
        // Both are pieces of one text.
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(start + word.len()..).and_then(|after| after.chars().next());
        if !is_wild(before) && !is_wild(after) {
            words.push(folded(word).into_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(query: &str) -> Plan {
        let local = LocalTime { now: "2026-11-22T12:00:00Z".parse().unwrap(), utc_offset_minutes: 0 };
        let use_cases = [("energy-north", "energy"), ("port-1", "port")]
            .into_iter()
            .map(|(id, use_case)| (id.to_owned(), use_case.to_owned()))
            .collect();
        Plan::new(&query.parse().unwrap(), local, &use_cases)
    }

    #[test]
    fn kinds_and_severities_follow_from_every_part() {
        let kinds = |query| plan(query).requirements.kinds.iter().collect::<Vec<_>>();
        assert_eq!(kinds("kind:event,alert -kind:alert"), [RecordKind::Event]);
        assert_eq!(kinds("kind:event a OR kind:alert b"), [RecordKind::Event, RecordKind::Alert]);
        assert_eq!(kinds("-(kind:event OR -kind:event,alert)"), [RecordKind::Alert]);
        assert_eq!(kinds("payload.x:1"), [RecordKind::Event, RecordKind::Command]);
        assert_eq!(kinds("command:*"), [RecordKind::Command]);
        assert_eq!(kinds("").len(), RecordKind::ALL.len());
        let severities = plan("severity>=warning -severity:error").requirements.severities;
        assert_eq!(severities.iter().collect::<Vec<_>>(), [Severity::Warning, Severity::Critical]);
    }

    #[test]
    fn words_are_those_that_must_be_there() {
        let words = |query| plan(query).requirements.words;
        assert_eq!(words("timeout conn* \"disk full\" ab -gone"), ["disk", "full", "timeout"]);
        assert_eq!(words("(timeout disk) OR (timeout net)"), ["timeout"]);
        assert_eq!(words("timeout OR disk"), [""; 0]);
        assert_eq!(words("type:DATA_QUALITY dashboard:energy-*-nor*"), ["data", "energy", "quality"]);
        assert_eq!(words("type:DATA_QUALITY,DATA_INGESTED"), ["data"]);
        assert_eq!(words("type:\"a*bcd\""), ["bcd"]);
        assert_eq!(words("payload.x:file payload.y:1000 payload.z:true,abc payload.u:abc*"), ["file"]);
        assert_eq!(words("useCase:energy"), [""; 0]);
    }

    #[test]
    fn times_are_the_widest_that_can_be() {
        let range = |query| {
            let found = plan(query).requirements;
            [found.from, found.to].map(|at| at.map(|at| at.to_string()))
        };
        let at = |text: &str| Some(format!("2026-11-22T{text}:00.000Z"));
        assert_eq!(range("after:-2h after:-1h before:-30m"), [at("11:00"), at("11:30")]);
        assert_eq!(range("after:-2h OR after:-1h"), [at("10:00"), None]);
        assert_eq!(range("after:-2h OR a"), [None, None]);
        assert_eq!(range("-after:-2h"), [None, None]);
        assert_eq!(range("before:-2h before:-1h"), [None, at("10:00")]);
    }

    #[test]
    fn dashboards_are_ruled_out_by_name_and_by_use_case() {
        assert!(plan("dashboard:energy-* timeout").rules_out_dashboard("port-1"));
        assert!(!plan("dashboard:energy-* OR timeout").rules_out_dashboard("port-1"));
        assert!(plan("useCase:ENERGY").rules_out_dashboard("port-1"));
        assert!(plan("-useCase:port").rules_out_dashboard("port-1"));
        assert!(!plan("useCase:energy").rules_out_dashboard("energy-north"));
    }
}
