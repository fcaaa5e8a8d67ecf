//! The query language: `kind:event severity>=warning dashboard:energy-* "timeout" after:-2h`. `docs/SEARCH.md` is its
//! description for operators.

mod complete;
mod display;
mod error;
mod fields;
mod lexer;
mod number;
mod parser;
mod pattern;
#[cfg(test)]
pub(crate) mod tests;
mod time;

use std::str::FromStr;

pub use complete::{Completions, KnownValues, Suggestion, complete};
pub use error::{QueryError, QueryProblem};
pub use fields::{kind_name, severity_name};
pub use number::Number;
pub use pattern::Pattern;
pub use time::{LocalTime, TimeExpression};

use super::sets::{KindSet, SeveritySet};

/// Longest query, in bytes.
pub const MAX_LENGTH: usize = 4_096;

/// Deepest nesting of parentheses and negations.
pub const MAX_DEPTH: usize = 32;

/// What is searched for. Written out, it reads as the same query in canonical form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// What a record must pass; everything is found when there is nothing.
    pub root: Option<Node>,
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        parser::parse(text)
    }
}

/// A stretch of the query's text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Where it begins.
    pub offset: usize,
    /// How long it is.
    pub length: usize,
}

impl Span {
    /// From `start` up to `end`.
    #[must_use]
    pub fn between(start: usize, end: usize) -> Self {
        Self { offset: start, length: end.saturating_sub(start) }
    }

    /// Where it ends.
    #[must_use]
    pub fn end(self) -> usize {
        self.offset + self.length
    }

    /// From the start of this to the end of `other`.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self::between(self.offset, other.end())
    }
}

/// Part of a query, and where it stands. Two parts are equal when they ask the same, wherever they stand.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands in the text.
    pub span: Span,
    /// What it asks.
    pub expression: Expression,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.expression == other.expression
    }
}

/// What a part of a query asks of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// All of these; two or more, none of them an `All`.
    All(Vec<Node>),
    /// Any of these; two or more, none of them an `Any`.
    Any(Vec<Node>),
    /// Not this.
    Not(Box<Node>),
    /// One thing.
    Test(Test),
}

/// One thing that is asked of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// These words in a row, in one text.
    Words(Words),
    /// One of these kinds.
    Kind(KindSet),
    /// One of these severities.
    Severity(SeveritySet),
    /// A text about the record that looks like one of these.
    Field(TextField, Vec<Pattern>),
    /// A value inside the body.
    Path(Path, PathTest),
    /// Received then or later.
    After(TimeExpression),
    /// Received before then.
    Before(TimeExpression),
}

/// Words in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The words, folded ([`super::words::folded`]); one at least.
    pub words: Vec<String>,
    /// Whether the last is only the beginning of a word.
    pub prefix: bool,
}

/// A text about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextField {
    /// The dashboard's id.
    Dashboard,
    /// The type of an event, or of the alert, command or query that the record holds.
    Type,
    /// What the dashboard is for, as it last registered.
    UseCase,
    /// The operator who did it.
    Operator,
    /// The id or the type of the command; of commands only.
    Command,
    /// The id or the type of the alert; of alerts only.
    Alert,
}

/// The way to a value inside the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Where it starts.
    pub root: PathRoot,
    /// Names of fields, one inside the other; one at least. Lists on the way are gone through.
    pub names: Vec<String>,
}

/// Where the way to a value starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathRoot {
    /// At the `payload` of an event or a command.
    Payload,
    /// At the body itself.
    Body,
}

/// What is asked of a value inside the body.
#[derive(Debug, Clone, PartialEq)]
pub enum PathTest {
    /// That it looks like one of these; `*` alone: that it is there.
    Matches(Vec<Pattern>),
    /// That it is a number that compares so.
    Compares(Comparison, Number),
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Whether something that stands in this `order` to the other passes.
    #[must_use]
    pub fn admits(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}
