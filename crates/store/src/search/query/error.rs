//! What is wrong with a query, where, and what to do about it.

use std::fmt;

use super::{MAX_DEPTH, MAX_LENGTH, Span, fields};

/// A query that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct QueryError {
    /// Where the trouble is.
    pub span: Span,
    /// What it is.
    pub problem: QueryProblem,
}

impl QueryError {
    pub(super) fn new(span: Span, problem: QueryProblem) -> Self {
        Self { span, problem }
    }
}

/// What is wrong with a query. Written out, it is a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryProblem {
    /// It is longer than [`MAX_LENGTH`].
    TooLong,
    /// It is nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// There is no such field.
    UnknownField {
        /// What was written.
        name: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// `payload:` or `body:` without the name of a field in it.
    NoPath {
        /// Which of the two.
        root: &'static str,
    },
    /// The field has a fixed set of values, and this is none of them.
    UnknownValue {
        /// The field.
        field: &'static str,
        /// What was written.
        value: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// A field without a value.
    NoValue {
        /// An example of the field with one.
        example: &'static str,
    },
    /// The field cannot be compared so.
    WrongOperator {
        /// The operator.
        operator: &'static str,
        /// An example of what can be written.
        example: &'static str,
    },
    /// Nothing is below the mildest severity, or above the worst.
    NoSuchSeverity,
    /// Only numbers have an order here.
    NotANumber,
    /// Not an instant.
    NotATime,
    /// A list where one value is due.
    ListNotAllowed,
    /// A quote without its end.
    UnclosedQuote,
    /// `(` without `)`.
    UnclosedParenthesis,
    /// `)` without `(`.
    UnopenedParenthesis,
    /// `()`.
    EmptyParentheses,
    /// `AND`, `OR`, `NOT` or `-` with nothing beside it.
    NoOperand {
        /// Which.
        operator: &'static str,
    },
    /// `=`, `>` and the like without a field before it.
    NoField {
        /// The operator.
        operator: &'static str,
    },
    /// A text without a letter or a digit.
    NoWord,
    /// `*` inside a word.
    StarInside,
}

impl fmt::Display for QueryProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(formatter, "The query is too long; use at most {MAX_LENGTH} bytes."),
            Self::TooDeep => {
                write!(formatter, "There are more than {MAX_DEPTH} parentheses or negations inside each other; use fewer.")
            }
            Self::UnknownField { name, meant: Some(meant) } => write!(
                formatter,
                "Unknown field `{name}`; did you mean `{meant}`? To search for the text itself, put it in quotes."
            ),
            Self::UnknownField { name, meant: None } => write!(
                formatter,
                "Unknown field `{name}`; the fields are {}. To search for the text itself, put it in quotes.",
                fields::names()
            ),
            Self::NoPath { root } => write!(
                formatter,
                "`{root}` needs the name of a field in it, such as `{root}.recordCount`; to search all texts, write only the word."
            ),
            Self::UnknownValue { field, value, meant } => {
                write!(formatter, "`{value}` is not a value of `{field}`; ")?;
                match meant {
                    Some(meant) => write!(formatter, "did you mean `{meant}`?"),
                    None => write!(formatter, "write one of {}.", fields::values_of(field)),
                }
            }
            Self::NoValue { example } => write!(formatter, "A value is missing here; write for example `{example}`."),
            Self::WrongOperator { operator, example } => {
                write!(formatter, "`{operator}` does not fit this field; write for example `{example}`.")
            }
            Self::NoSuchSeverity => {
                formatter.write_str("No severity is below `debug` or above `critical`; use `<=` or `>=`.")
            }
            Self::NotANumber => {
                formatter.write_str("This is compared with a number, as in `payload.recordCount>1000`.")
            }
            Self::NotATime => formatter.write_str(
                "This is not a time; write `-2h`, `-7d`, `today`, `yesterday`, `14:30`, `2026-11-22`, `2026-11-22T14:30` or `2026-11-22T14:30:00Z`.",
            ),
            Self::ListNotAllowed => formatter.write_str("Write one value here, not a list."),
            Self::UnclosedQuote => formatter.write_str("This quote has no end; close it with another `\"`."),
            Self::UnclosedParenthesis => formatter.write_str("This parenthesis has no end; close it with `)`."),
            Self::UnopenedParenthesis => formatter.write_str("Nothing is open that this could close; remove it."),
            Self::EmptyParentheses => formatter.write_str("There is nothing between these parentheses; remove them."),
            Self::NoOperand { operator: "AND" } => {
                formatter.write_str("`AND` stands between two conditions; add the other one, or put it in quotes.")
            }
            Self::NoOperand { operator: "OR" } => {
                formatter.write_str("`OR` stands between two conditions; add the other one, or put it in quotes.")
            }
            Self::NoOperand { operator } => write!(
                formatter,
                "`{operator}` turns the condition after it around; write one directly after it, as in `-kind:metrics`."
            ),
            Self::NoField { operator } => write!(
                formatter,
                "`{operator}` compares a field; write one before it, as in `severity>=warning`, or put the text in quotes."
            ),
            Self::NoWord => formatter.write_str(
                "There is no letter or digit to search for here; remove it. An empty query finds everything.",
            ),
            Self::StarInside => {
                formatter.write_str("`*` can stand only at the end of a word, as in `time*`; in a field's value it can stand anywhere.")
            }
        }
    }
}
