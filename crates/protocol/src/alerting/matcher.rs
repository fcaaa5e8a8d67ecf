//! Matchers on labels, as texts: `useCase=energy`, `severity!=info`, `dashboard=~energy-.*`, `type!~TEST_.*`.

use std::{borrow::Cow, fmt, str::FromStr};

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Matchers in one list.
pub const MATCHERS_LIMIT: usize = 16;

/// Longest value or pattern, in bytes.
const VALUE_LENGTH: usize = 256;

/// Longest label, in bytes.
const LABEL_LENGTH: usize = 64;

/// Memory that a compiled pattern may take, in bytes.
const PATTERN_SIZE: usize = 256 * 1024;

/// How a matcher compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchOperator {
    /// `=`: is this value.
    Equal,
    /// `!=`: is another value, or absent.
    NotEqual,
    /// `=~`: the pattern matches all of the value.
    Matches,
    /// `!~`: the pattern does not match all of the value.
    MatchesNot,
}

impl MatchOperator {
    fn text(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::MatchesNot => "!~",
        }
    }
}

/// One condition on one label. An absent label has the empty value. Patterns are regular expressions that must match
/// the whole value, in time linear to its length.
#[derive(Clone, Serialize, Deserialize, JsonSchema, TS)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
#[ts(type = "string")]
pub struct Matcher {
    label: String,
    operator: MatchOperator,
    value: String,
    pattern: Option<Regex>,
}

/// Why a text is not a matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMatcher {
    /// There is no operator.
    #[error("{0:?} has no operator; write a matcher like useCase=energy (or !=, =~, !~)")]
    NoOperator(String),
    /// The label is not one.
    #[error(
        "{0:?} is not a label; a label is 1 to {LABEL_LENGTH} letters, digits, dots, hyphens or underscores"
    )]
    Label(String),
    /// The value is too long.
    #[error("the value of {0:?} is longer than {VALUE_LENGTH} bytes; shorten it")]
    ValueTooLong(String),
    /// The quotes are not closed, or hold an unknown escape.
    #[error("the quoted value of {0:?} is not closed; write it like {0}=\"two words\"")]
    Quotes(String),
    /// The pattern is not a regular expression, or too large.
    #[error("the pattern of {label:?} is not a regular expression that can be used: {reason}")]
    Pattern {
        /// Of which label.
        label: String,
        /// What is wrong.
        reason: String,
    },
}

impl Matcher {
    /// A matcher.
    ///
    /// # Errors
    /// See [`InvalidMatcher`].
    pub fn new(label: &str, operator: MatchOperator, value: &str) -> Result<Self, InvalidMatcher> {
        let is_label = (1..=LABEL_LENGTH).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if !is_label {
            return Err(InvalidMatcher::Label(label.chars().take(LABEL_LENGTH).collect()));
        }
        if value.len() > VALUE_LENGTH {
            return Err(InvalidMatcher::ValueTooLong(label.to_owned()));
        }
        let pattern = match operator {
            MatchOperator::Equal | MatchOperator::NotEqual => None,
            MatchOperator::Matches | MatchOperator::MatchesNot => Some(compile(label, value)?),
        };
        Ok(Self { label: label.to_owned(), operator, value: value.to_owned(), pattern })
    }

    /// Which label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// How it is compared.
    #[must_use]
    pub fn operator(&self) -> MatchOperator {
        self.operator
    }

    /// With what.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether it holds for the label's value, which is empty when the label is absent.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        match (self.operator, &self.pattern) {
            (MatchOperator::Equal, _) => value == self.value,
            (MatchOperator::NotEqual, _) => value != self.value,
            (MatchOperator::Matches, pattern) => pattern.as_ref().is_some_and(|it| it.is_match(value)),
            (MatchOperator::MatchesNot, pattern) => !pattern.as_ref().is_some_and(|it| it.is_match(value)),
        }
    }
}

fn compile(label: &str, pattern: &str) -> Result<Regex, InvalidMatcher> {
    // Tried alone first: `a)(b` is not a pattern, though the anchored text around it would be one.
    let build = |text: &str| RegexBuilder::new(text).size_limit(PATTERN_SIZE).nest_limit(32).build();
    build(pattern).and_then(|_| build(&format!("^(?:{pattern})$"))).map_err(|error| InvalidMatcher::Pattern {
        label: label.to_owned(),
        reason: error.to_string().lines().last().unwrap_or_default().trim().to_owned(),
    })
}

/// Whether every matcher holds, given the value of each label.
pub fn all_match<'labels>(matchers: &[Matcher], value_of: impl Fn(&str) -> Option<&'labels str>) -> bool {
    matchers.iter().all(|matcher| matcher.matches(value_of(&matcher.label).unwrap_or_default()))
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.operator == other.operator && self.value == other.value
    }
}

impl Eq for Matcher {}

impl fmt::Debug for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.to_string())
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = &self.value;
        let is_plain = value.trim() == value && !value.starts_with(['"', '~', '=']);
        let shown = if is_plain { Cow::Borrowed(value.as_str()) } else { Cow::Owned(quoted(value)) };
        write!(formatter, "{}{}{shown}", self.label, self.operator.text())
    }
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The text between the quotes, or `None` where they do not close at the end.
fn unquoted(text: &str) -> Option<String> {
    let mut value = String::with_capacity(text.len());
    let mut characters = text.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(value),
            '\\' => value.push(characters.next().filter(|next| matches!(next, '"' | '\\'))?),
            other => value.push(other),
        }
    }
}

impl FromStr for Matcher {
    type Err = InvalidMatcher;

    fn from_str(text: &str) -> Result<Self, InvalidMatcher> {
        let no_operator = || InvalidMatcher::NoOperator(text.chars().take(LABEL_LENGTH).collect());
        let at = text.find(['=', '!']).ok_or_else(no_operator)?;
        let (label, rest) = text.split_at(at);
        let (operator, value) = [
            MatchOperator::NotEqual,
            MatchOperator::Matches,
            MatchOperator::MatchesNot,
            MatchOperator::Equal,
        ]
        .into_iter()
        .find_map(|operator| rest.strip_prefix(operator.text()).map(|value| (operator, value.trim())))
        .ok_or_else(no_operator)?;
        let label = label.trim();
        if value.starts_with('"') {
            let value = unquoted(value).ok_or_else(|| InvalidMatcher::Quotes(label.to_owned()))?;
            return Self::new(label, operator, &value);
        }
        Self::new(label, operator, value)
    }
}

impl TryFrom<String> for Matcher {
    type Error = InvalidMatcher;

    fn try_from(text: String) -> Result<Self, InvalidMatcher> {
        text.parse()
    }
}

impl From<Matcher> for String {
    fn from(matcher: Matcher) -> Self {
        matcher.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(matcher: &str, value: &str) -> bool {
        matcher.parse::<Matcher>().unwrap().matches(value)
    }

    #[test]
    fn each_operator_compares_the_whole_value() {
        for (matcher, value, expected) in [
            ("useCase=energy", "energy", true),
            ("useCase=energy", "energy2", false),
            ("useCase != energy", "water", true),
            ("useCase!=energy", "energy", false),
            ("useCase!=energy", "", true),
            ("environment=", "", true),
            ("environment=", "staging", false),
            ("dashboard=~energy-.*", "energy-01", true),
            ("dashboard=~energy", "energy-01", false),
            ("dashboard=~a|b", "ab", false),
            ("dashboard=~a|b", "b", true),
            ("dashboard!~energy-.*", "water-01", true),
            ("dashboard!~energy-.*", "energy-01", false),
            ("title=\" two \\\"words\\\" \"", " two \"words\" ", true),
        ] {
            assert_eq!(holds(matcher, value), expected, "{matcher} on {value:?}");
        }
    }

    #[test]
    fn what_is_no_matcher_is_told() {
        for (text, part) in [
            ("", "no operator"),
            ("useCase", "no operator"),
            ("use case=x", "not a label"),
            ("=x", "not a label"),
            ("a=~(", "regular expression"),
            ("a=~x)(y", "regular expression"),
            ("a=\"x", "not closed"),
            ("a=\"x\\n\"", "not closed"),
            ("a=~(?:a{100}){100}{100}", "regular expression"),
        ] {
            let error = text.parse::<Matcher>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(format!("a={}", "x".repeat(257)).parse::<Matcher>().is_err());
    }

    #[test]
    fn a_pattern_made_to_be_slow_is_not() {
        let matcher: Matcher = "a=~(x+x+)+y".parse().unwrap();
        assert!(!matcher.matches(&"x".repeat(100_000)));
    }

    proptest! {
        #[test]
        fn a_matcher_survives_its_text(label in "[A-Za-z0-9._-]{1,20}", value in ".{0,40}", operator in 0..2) {
            let operator = [MatchOperator::Equal, MatchOperator::NotEqual][operator as usize];
            prop_assume!(value.len() <= VALUE_LENGTH);
            let matcher = Matcher::new(&label, operator, &value).unwrap();
            prop_assert_eq!(matcher.to_string().parse::<Matcher>().unwrap(), matcher);
        }

        #[test]
        fn no_text_makes_it_fail(text in ".{0,60}") {
            if let Ok(matcher) = text.parse::<Matcher>() {
                prop_assert_eq!(matcher.to_string().parse::<Matcher>().unwrap(), matcher);
            }
        }
    }
}
