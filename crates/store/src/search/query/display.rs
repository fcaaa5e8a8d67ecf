//! A query in canonical form: it reads as the same query again.

use std::fmt::{self, Display, Formatter};

use mission_control_protocol::Severity;

use super::{
    Comparison, Expression, Node, Path, PathRoot, PathTest, Query, Test, TextField, Words,
    fields::{self, Field},
};
use crate::search::sets::SeveritySet;

impl Display for Query {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.root.as_ref().map_or(Ok(()), |root| root.fmt(formatter))
    }
}

impl Display for Node {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match &self.expression {
            Expression::All(parts) => join(formatter, parts, " ", |part| match part.expression {
                Expression::Any(_) => Braces::Parentheses,
                _ => Braces::None,
            }),
            Expression::Any(parts) => join(formatter, parts, " OR ", |_| Braces::None),
            Expression::Not(inner) => match inner.expression {
                Expression::Test(_) => write!(formatter, "-{inner}"),
                _ => write!(formatter, "-({inner})"),
            },
            Expression::Test(test) => test.fmt(formatter),
        }
    }
}

enum Braces {
    None,
    Parentheses,
}

fn join(
    formatter: &mut Formatter<'_>,
    parts: &[Node],
    between: &str,
    braces: impl Fn(&Node) -> Braces,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            formatter.write_str(between)?;
        }
        match braces(part) {
            Braces::None => part.fmt(formatter)?,
            Braces::Parentheses => write!(formatter, "({part})")?,
        }
    }
    Ok(())
}

impl Display for Test {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => words.fmt(formatter),
            Self::Kind(kinds) => {
                formatter.write_str("kind:")?;
                list(formatter, kinds.iter().map(fields::kind_name))
            }
            Self::Severity(severities) => severity(formatter, *severities),
            Self::Field(field, patterns) => {
                write!(formatter, "{}:", field.name())?;
                list(formatter, patterns.iter())
            }
            Self::Path(path, PathTest::Matches(patterns)) => {
                write!(formatter, "{path}:")?;
                list(formatter, patterns.iter())
            }
            Self::Path(path, PathTest::Compares(comparison, number)) => {
                let operator = match comparison {
                    Comparison::Less => "<",
                    Comparison::LessOrEqual => "<=",
                    Comparison::Greater => ">",
                    Comparison::GreaterOrEqual => ">=",
                };
                write!(formatter, "{path}{operator}{number}")
            }
            Self::After(time) => write!(formatter, "after:{time}"),
            Self::Before(time) => write!(formatter, "before:{time}"),
        }
    }
}

impl Display for Words {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.words.as_slice() {
            [word] => formatter.write_str(word)?,
            words => write!(formatter, "\"{}\"", words.join(" "))?,
        }
        formatter.write_str(if self.prefix { "*" } else { "" })
    }
}

impl Display for Path {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.root {
            PathRoot::Payload => "payload",
            PathRoot::Body => "body",
        })?;
        self.names.iter().try_for_each(|name| write!(formatter, ".{name}"))
    }
}

impl TextField {
    /// Its name in a query.
    #[must_use]
    pub fn name(self) -> &'static str {
        fields::describe(Field::Text(self)).map_or("", |field| field.name)
    }
}

/// `severity>=warning` where the set is all from one on, or all up to one; else a list.
fn severity(formatter: &mut Formatter<'_>, severities: SeveritySet) -> fmt::Result {
    let (first, last) = (severities.iter().next(), severities.iter().next_back());
    if let (Some(first), Some(last)) = (first, last)
        && first != last
    {
        let span: SeveritySet =
            Severity::ALL.into_iter().filter(|severity| (first..=last).contains(severity)).collect();
        if span == severities && last == Severity::Critical {
            return write!(formatter, "severity>={}", fields::severity_name(first));
        }
        if span == severities && first == Severity::Debug {
            return write!(formatter, "severity<={}", fields::severity_name(last));
        }
    }
    formatter.write_str("severity:")?;
    list(formatter, severities.iter().map(fields::severity_name))
}

fn list(formatter: &mut Formatter<'_>, items: impl Iterator<Item = impl Display>) -> fmt::Result {
    for (index, item) in items.enumerate() {
        if index > 0 {
            formatter.write_str(",")?;
        }
        item.fmt(formatter)?;
    }
    Ok(())
}
