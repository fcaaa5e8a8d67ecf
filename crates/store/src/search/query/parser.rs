//! From the text to the tree: `OR` binds weakest, standing side by side (or `AND`) stronger, `NOT` and `-` strongest.

use mission_control_protocol::{RecordKind, Severity};

use super::{
    Comparison, Expression, MAX_DEPTH, MAX_LENGTH, Node, Number, Path, PathRoot, PathTest, Pattern, Query,
    QueryError, QueryProblem, Span, Test, TimeExpression, Words,
    fields::{self, Description, Field},
    lexer::{self, Operator, Piece, Token, Value},
};
use crate::search::{
    sets::{KindSet, SeveritySet},
    words::{folded, in_text},
};

/// Reads a query.
pub(super) fn parse(text: &str) -> Result<Query, QueryError> {
    if text.len() > MAX_LENGTH {
        let start = text.floor_char_boundary(MAX_LENGTH);
        return Err(QueryError::new(Span::between(start, text.len()), QueryProblem::TooLong));
    }
    let (tokens, error) = lexer::tokens(text);
    if let Some(error) = error {
        return Err(error);
    }
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth: 0, end: text.len() };
    if parser.tokens.peek().is_none() {
        return Ok(Query { root: None });
    }
    let root = parser.any()?;
    match parser.tokens.next() {
        None => Ok(Query { root: Some(root) }),
        Some(token) => Err(QueryError::new(token.span, QueryProblem::UnopenedParenthesis)),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
    end: usize,
}

impl Parser {
    fn next_is(&mut self, wanted: impl Fn(&Piece) -> bool) -> Option<Span> {
        self.tokens.next_if(|token| wanted(&token.piece)).map(|token| token.span)
    }

    fn any(&mut self) -> Result<Node, QueryError> {
        let mut parts = vec![self.all()?];
        while let Some(span) = self.next_is(|piece| matches!(piece, Piece::Or)) {
            self.need_operand("OR", span)?;
            parts.push(self.all()?);
        }
        Ok(any_of(parts))
    }

    fn all(&mut self) -> Result<Node, QueryError> {
        let mut parts = vec![self.one()?];
        loop {
            if let Some(span) = self.next_is(|piece| matches!(piece, Piece::And)) {
                self.need_operand("AND", span)?;
            } else if self.tokens.peek().is_none_or(|token| matches!(token.piece, Piece::Or | Piece::Close)) {
                return Ok(all_of(parts));
            }
            parts.push(self.one()?);
        }
    }

    fn need_operand(&mut self, operator: &'static str, span: Span) -> Result<(), QueryError> {
        match self.tokens.peek() {
            None | Some(Token { piece: Piece::And | Piece::Or | Piece::Close, .. }) => {
                Err(QueryError::new(span, QueryProblem::NoOperand { operator }))
            }
            _ => Ok(()),
        }
    }

    fn deeper<T>(
        &mut self,
        span: Span,
        parse: impl FnOnce(&mut Self) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        if self.depth == MAX_DEPTH {
            return Err(QueryError::new(span, QueryProblem::TooDeep));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn one(&mut self) -> Result<Node, QueryError> {
        let Some(Token { span, piece }) = self.tokens.next() else {
            // Only before the end of a text that has been checked for operands; said for completeness.
            let span = Span { offset: self.end, length: 0 };
            return Err(QueryError::new(span, QueryProblem::NoWord));
        };
        let problem = match piece {
            Piece::Open => {
                if let Some(close) = self.next_is(|piece| matches!(piece, Piece::Close)) {
                    return Err(QueryError::new(span.to(close), QueryProblem::EmptyParentheses));
                }
                let mut inner = self.deeper(span, Self::any)?;
                match self.next_is(|piece| matches!(piece, Piece::Close)) {
                    Some(close) => {
                        inner.span = span.to(close);
                        return Ok(inner);
                    }
                    None => QueryProblem::UnclosedParenthesis,
                }
            }
            Piece::Not(operator) => {
                self.need_operand(operator, span)?;
                let inner = self.deeper(span, Self::one)?;
                return Ok(Node { span: span.to(inner.span), expression: Expression::Not(Box::new(inner)) });
            }
            Piece::Bare(word) => return bare(&word, span),
            Piece::Quoted { text, star } => return words(&text, star, span),
            Piece::Field { name, name_span, operator, values, dangling } => {
                return field(&name, name_span, operator, &values, dangling, span);
            }
            Piece::Stray(operator) => QueryProblem::NoField { operator: operator.written() },
            Piece::And => QueryProblem::NoOperand { operator: "AND" },
            Piece::Or => QueryProblem::NoOperand { operator: "OR" },
            Piece::Close => QueryProblem::UnopenedParenthesis,
        };
        Err(QueryError::new(span, problem))
    }
}

/// All of these, flat.
pub(super) fn all_of(parts: Vec<Node>) -> Node {
    join(
        parts,
        |expression| match expression {
            Expression::All(parts) => Ok(parts),
            other => Err(other),
        },
        Expression::All,
    )
}

/// Any of these, flat.
pub(super) fn any_of(parts: Vec<Node>) -> Node {
    join(
        parts,
        |expression| match expression {
            Expression::Any(parts) => Ok(parts),
            other => Err(other),
        },
        Expression::Any,
    )
}

fn join(
    parts: Vec<Node>,
    inner: impl Fn(Expression) -> Result<Vec<Node>, Expression>,
    outer: impl Fn(Vec<Node>) -> Expression,
) -> Node {
    let span = match (parts.first(), parts.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => Span::default(),
    };
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match inner(part.expression) {
            Ok(parts) => flat.extend(parts),
            Err(expression) => flat.push(Node { span: part.span, expression }),
        }
    }
    match flat.len() {
        1 => flat.remove(0),
        _ => Node { span, expression: outer(flat) },
    }
}

fn bare(word: &str, span: Span) -> Result<Node, QueryError> {
    let text = word.trim_end_matches('*');
    if let Some(index) = text.find('*') {
        let star = Span { offset: span.offset + index, length: 1 };
        return Err(QueryError::new(star, QueryProblem::StarInside));
    }
    words(text, text.len() < word.len(), span)
}

fn words(text: &str, star: bool, span: Span) -> Result<Node, QueryError> {
    let words: Vec<_> = in_text(text).map(|word| folded(word).into_owned()).collect();
    if words.is_empty() {
        return Err(QueryError::new(span, QueryProblem::NoWord));
    }
    // `energy-*`: the word before is complete, and whatever follows is welcome.
    let prefix = star && text.ends_with(char::is_alphanumeric);
    Ok(Node { span, expression: Expression::Test(Test::Words(Words { words, prefix })) })
}

fn field(
    name: &str,
    name_span: Span,
    operator: Operator,
    values: &[Value],
    dangling: bool,
    span: Span,
) -> Result<Node, QueryError> {
    let missing = |example| {
        let after = Span::between(name_span.end(), span.end());
        Err(QueryError::new(after, QueryProblem::NoValue { example }))
    };
    let (test, negated) = if let Some(path) = path(name, name_span)? {
        if dangling {
            return missing("payload.recordCount>1000");
        }
        (path_test(path, operator, values)?, operator == Operator::IsNot)
    } else if let Some(description) = fields::find(name) {
        if dangling {
            return missing(description.example);
        }
        let operator_span =
            Span::between(name_span.end(), values.first().map_or(span.end(), |value| value.span.offset));
        (field_test(description, operator, operator_span, values)?, operator == Operator::IsNot)
    } else {
        let shown = name.chars().take(40).collect();
        let problem = QueryProblem::UnknownField { name: shown, meant: fields::meant(name) };
        return Err(QueryError::new(name_span, problem));
    };
    let mut node = Node { span, expression: Expression::Test(test) };
    if negated {
        node = Node { span, expression: Expression::Not(Box::new(node)) };
    }
    Ok(node)
}

/// The way that a name such as `payload.recordCount` describes; `None` when it is no such name.
fn path(name: &str, span: Span) -> Result<Option<Path>, QueryError> {
    for (root, written) in [(PathRoot::Payload, "payload"), (PathRoot::Body, "body")] {
        let Some((head, rest)) = name.split_at_checked(written.len()) else { continue };
        if !head.eq_ignore_ascii_case(written) {
            continue;
        }
        if let Some(names) = rest.strip_prefix('.') {
            let names: Vec<_> = names.split('.').map(str::to_owned).collect();
            if names.iter().all(|name| !name.is_empty()) {
                return Ok(Some(Path { root, names }));
            }
        } else if !rest.is_empty() {
            continue;
        }
        return Err(QueryError::new(span, QueryProblem::NoPath { root: written }));
    }
    Ok(None)
}

fn path_test(path: Path, operator: Operator, values: &[Value]) -> Result<Test, QueryError> {
    let comparison = match operator {
        Operator::Is | Operator::IsNot => return Ok(Test::Path(path, PathTest::Matches(patterns(values)))),
        Operator::Less => Comparison::Less,
        Operator::LessOrEqual => Comparison::LessOrEqual,
        Operator::Greater => Comparison::Greater,
        Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
    };
    let value = only(values)?;
    match Number::parse(&value.text) {
        Some(number) => Ok(Test::Path(path, PathTest::Compares(comparison, number))),
        None => Err(QueryError::new(value.span, QueryProblem::NotANumber)),
    }
}

fn field_test(
    description: &'static Description,
    operator: Operator,
    operator_span: Span,
    values: &[Value],
) -> Result<Test, QueryError> {
    let wrong = || {
        let problem =
            QueryProblem::WrongOperator { operator: operator.written(), example: description.example };
        Err(QueryError::new(operator_span, problem))
    };
    let equality = matches!(operator, Operator::Is | Operator::IsNot);
    match description.field {
        Field::Severity => severities(operator, values).map(Test::Severity),
        Field::Kind if equality => values
            .iter()
            .map(|value| {
                fields::kind(&value.text).ok_or_else(|| {
                    unknown_value("kind", value, RecordKind::ALL.into_iter().map(fields::kind_name))
                })
            })
            .collect::<Result<KindSet, _>>()
            .map(Test::Kind),
        Field::Text(field) if equality => Ok(Test::Field(field, patterns(values))),
        Field::After if operator == Operator::Is => instant(values).map(Test::After),
        Field::Before if operator == Operator::Is => instant(values).map(Test::Before),
        _ => wrong(),
    }
}

fn severities(operator: Operator, values: &[Value]) -> Result<SeveritySet, QueryError> {
    let read = |value: &Value| {
        fields::severity(&value.text).ok_or_else(|| {
            unknown_value("severity", value, Severity::ALL.into_iter().map(fields::severity_name))
        })
    };
    if matches!(operator, Operator::Is | Operator::IsNot) {
        return values.iter().map(read).collect();
    }
    let value = only(values)?;
    let bound = read(value)?;
    let admitted: SeveritySet = Severity::ALL
        .into_iter()
        .filter(|severity| match operator {
            Operator::Less => *severity < bound,
            Operator::LessOrEqual => *severity <= bound,
            Operator::Greater => *severity > bound,
            _ => *severity >= bound,
        })
        .collect();
    if admitted.is_empty() {
        return Err(QueryError::new(value.span, QueryProblem::NoSuchSeverity));
    }
    Ok(admitted)
}

fn instant(values: &[Value]) -> Result<TimeExpression, QueryError> {
    let value = only(values)?;
    TimeExpression::parse(&value.text).ok_or(QueryError::new(value.span, QueryProblem::NotATime))
}

fn only(values: &[Value]) -> Result<&Value, QueryError> {
    match values {
        [value] => Ok(value),
        [] => Err(QueryError::new(Span::default(), QueryProblem::ListNotAllowed)),
        [_, second, ..] => Err(QueryError::new(second.span, QueryProblem::ListNotAllowed)),
    }
}

fn patterns(values: &[Value]) -> Vec<Pattern> {
    values.iter().map(|value| Pattern::new(&value.text, value.quoted)).collect()
}

fn unknown_value(
    field: &'static str,
    value: &Value,
    names: impl Iterator<Item = &'static str>,
) -> QueryError {
    let meant = fields::closest(&value.text, names.map(|name| (name, name))).map(str::to_owned);
    let shown = value.text.chars().take(40).collect();
    QueryError::new(value.span, QueryProblem::UnknownValue { field, value: shown, meant })
}
