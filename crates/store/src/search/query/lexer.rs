//! The pieces of a query's text. Used by the parser, and by completion on a text that is not finished.

use super::{QueryError, QueryProblem, Span};

/// A piece of the text.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) span: Span,
    pub(super) piece: Piece,
}

#[derive(Debug)]
pub(super) enum Piece {
    Open,
    Close,
    And,
    Or,
    /// `NOT`, or `-` directly before something.
    Not(&'static str),
    /// A word as it stands there.
    Bare(String),
    /// What stood between quotes, and whether `*` follows.
    Quoted {
        text: String,
        star: bool,
    },
    /// A field with its operator and values; none when they are missing.
    Field {
        name: String,
        name_span: Span,
        operator: Operator,
        values: Vec<Value>,
        dangling: bool,
    },
    /// An operator without a field.
    Stray(Operator),
}

/// One of the values of a field.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) span: Span,
    pub(super) text: String,
    pub(super) quoted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    IsNot,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// Every way to write one; longer ones first.
    const WRITTEN: [(&'static str, Self); 7] = [
        ("!=", Self::IsNot),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        (":", Self::Is),
        ("=", Self::Is),
    ];

    pub(super) fn written(self) -> &'static str {
        match self {
            Self::Is => ":",
            Self::IsNot => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// The pieces of `text`, and the first thing that is wrong with them.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Option<QueryError>) {
    let mut lexer = Lexer { text, at: 0, error: None };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token() {
        tokens.push(token);
    }
    (tokens, lexer.error)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    error: Option<QueryError>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn since(&self, start: usize) -> Span {
        Span::between(start, self.at)
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn token(&mut self) -> Option<Token> {
        self.skip_space();
        let start = self.at;
        let piece = match self.rest().chars().next()? {
            '(' => self.single(Piece::Open),
            ')' => self.single(Piece::Close),
            '"' => {
                let text = self.quoted();
                let star = self.rest().starts_with('*');
                self.at += usize::from(star);
                Piece::Quoted { text, star }
            }
            '-' if self.rest().chars().nth(1).is_some_and(|next| !next.is_whitespace()) => {
                self.single(Piece::Not("-"))
            }
            _ => self.word_or_field(),
        };
        Some(Token { span: self.since(start), piece })
    }

    fn single(&mut self, piece: Piece) -> Piece {
        self.at += 1;
        piece
    }

    fn word_or_field(&mut self) -> Piece {
        let rest = self.rest();
        let end = rest
            .char_indices()
            .find(|(index, character)| ends_word(*character) || operator(&rest[*index..]).is_some())
            .map_or(rest.len(), |(index, _)| index);
        let name = &rest[..end];
        if name.is_empty()
            && let Some((length, operator)) = operator(rest)
        {
            self.at += length;
            return Piece::Stray(operator);
        }
        let after = rest[end..].trim_start();
        // `12:30` and `C:` aside: a field begins with a letter, and `kind : event` is one too.
        if let Some((length, operator)) = operator(after)
            && name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        {
            let name_span = Span::between(self.at, self.at + end);
            self.at += rest.len() - after.len() + length;
            let (values, dangling) = self.values();
            return Piece::Field { name: name.to_owned(), name_span, operator, values, dangling };
        }
        let end = rest.find(ends_word).unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        match word {
            "AND" => Piece::And,
            "OR" => Piece::Or,
            "NOT" => Piece::Not("NOT"),
            _ => Piece::Bare(word.to_owned()),
        }
    }

    /// Values with commas between; whether one is missing at the end.
    fn values(&mut self) -> (Vec<Value>, bool) {
        let mut values = Vec::new();
        loop {
            let end_of_last = self.at;
            self.skip_space();
            let start = self.at;
            let quoted = self.rest().starts_with('"');
            let text = if quoted { self.quoted() } else { self.bare_value() };
            if !quoted && text.is_empty() {
                self.at = end_of_last;
                return (values, true);
            }
            values.push(Value { span: self.since(start), text, quoted });
            if !self.rest().starts_with(',') {
                return (values, false);
            }
            self.at += 1;
        }
    }

    fn bare_value(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|character| ends_word(character) || character == ',').unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_owned()
    }

    /// What stands between the quotes; `\` makes the next character stand for itself.
    fn quoted(&mut self) -> String {
        let start = self.at;
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => {
                    self.at = start + index + 1;
                    return text;
                }
                '\\' => text.extend(characters.next().map(|(_, character)| character)),
                _ => text.push(character),
            }
        }
        self.at = self.text.len();
        let span = Span { offset: start, length: 1 };
        self.error.get_or_insert(QueryError::new(span, QueryProblem::UnclosedQuote));
        text
    }
}

fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '(' | ')')
}

/// The operator that `text` begins with, and its length.
fn operator(text: &str) -> Option<(usize, Operator)> {
    Operator::WRITTEN
        .into_iter()
        .find(|(written, _)| text.starts_with(written))
        .map(|(written, operator)| (written.len(), operator))
}
