//! What could stand at the cursor.

use mission_control_protocol::{RecordKind, Severity};

use super::{
    Pattern, Span, TextField,
    fields::{self, FIELDS, Field, ROOTS},
    lexer::{self, Piece},
};

/// Suggestions at most.
const MAX_SUGGESTIONS: usize = 20;

/// Times worth suggesting, and what they are.
const TIMES: [(&str, &str); 8] = [
    ("-15m", "15 minutes ago"),
    ("-1h", "an hour ago"),
    ("-6h", "6 hours ago"),
    ("-24h", "24 hours ago"),
    ("-7d", "7 days ago"),
    ("-30d", "30 days ago"),
    ("today", "the start of today"),
    ("yesterday", "the start of yesterday"),
];

/// The values that are known to occur.
#[derive(Debug, Clone, Default)]
pub struct KnownValues {
    /// Ids of dashboards.
    pub dashboards: Vec<String>,
    /// Types of events.
    pub events: Vec<String>,
    /// Types of alerts.
    pub alerts: Vec<String>,
    /// Types of commands.
    pub commands: Vec<String>,
    /// What dashboards are for.
    pub use_cases: Vec<String>,
    /// Operators.
    pub operators: Vec<String>,
}

/// What could stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completions {
    /// What a suggestion takes the place of; empty when it is inserted.
    pub replace: Span,
    /// The suggestions, best first.
    pub suggestions: Vec<Suggestion>,
}

/// Something that could stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What to put there.
    pub text: String,
    /// What it is; may be empty.
    pub note: String,
}

/// What could stand in `text` where the cursor is, so many bytes from its start.
#[must_use]
pub fn complete(text: &str, cursor: usize, known: &KnownValues) -> Completions {
    let cursor = text.floor_char_boundary(cursor.min(text.len()));
    let before = text.get(..cursor).unwrap_or_default();
    let (tokens, _) = lexer::tokens(before);
    let here = Span { offset: cursor, length: 0 };
    let Some(last) = tokens.last() else { return fields_like("", here) };
    match &last.piece {
        Piece::Field { name, values, dangling, .. } => match values.last() {
            Some(value) if !dangling && value.span.end() == cursor => {
                values_like(name, &value.text, value.span, known)
            }
            Some(_) if !dangling => fields_like("", here),
            _ => values_like(name, "", here, known),
        },
        Piece::Bare(word) if last.span.end() == cursor => fields_like(word, last.span),
        Piece::Quoted { .. } if last.span.end() == cursor => {
            Completions { replace: here, suggestions: Vec::new() }
        }
        _ => fields_like("", here),
    }
}

fn fields_like(typed: &str, replace: Span) -> Completions {
    let names = FIELDS.iter().map(|field| {
        let example = format!("{}, as in {}", field.note, field.example);
        match field.field {
            Field::Severity => (format!("{}>=", field.name), example),
            _ => (format!("{}:", field.name), example),
        }
    });
    let roots =
        ROOTS.iter().map(|(root, example, note)| (format!("{root}."), format!("{note}, as in {example}")));
    Completions { replace, suggestions: like(typed, names.chain(roots)) }
}

fn values_like(field: &str, typed: &str, replace: Span, known: &KnownValues) -> Completions {
    let plain = |values: &[&Vec<String>]| {
        let quoted = |value: &String| Pattern::new(value, true).to_string();
        let mut values: Vec<_> = values.iter().flat_map(|values| values.iter().map(quoted)).collect();
        values.sort_unstable();
        values.dedup();
        like(typed, values.into_iter().map(|value| (value, String::new())))
    };
    let suggestions = match fields::find(field).map(|description| description.field) {
        Some(Field::Kind) => like(
            typed,
            RecordKind::ALL.into_iter().map(|kind| (fields::kind_name(kind).to_owned(), String::new())),
        ),
        Some(Field::Severity) => like(
            typed,
            Severity::ALL
                .into_iter()
                .rev()
                .map(|severity| (fields::severity_name(severity).to_owned(), String::new())),
        ),
        Some(Field::Text(TextField::Dashboard)) => plain(&[&known.dashboards]),
        Some(Field::Text(TextField::Type)) => plain(&[&known.events, &known.alerts, &known.commands]),
        Some(Field::Text(TextField::UseCase)) => plain(&[&known.use_cases]),
        Some(Field::Text(TextField::Operator)) => plain(&[&known.operators]),
        Some(Field::Text(TextField::Command)) => plain(&[&known.commands]),
        Some(Field::Text(TextField::Alert)) => plain(&[&known.alerts]),
        Some(Field::After | Field::Before) => {
            like(typed, TIMES.into_iter().map(|(time, note)| (time.to_owned(), note.to_owned())))
        }
        None => Vec::new(),
    };
    Completions { replace, suggestions }
}

/// Those that begin as what was typed, then those that contain it.
fn like(typed: &str, values: impl Iterator<Item = (String, String)>) -> Vec<Suggestion> {
    let typed = typed.to_lowercase();
    let mut found: Vec<(usize, Suggestion)> = values
        .filter_map(|(text, note)| {
            let index = text.to_lowercase().find(&typed)?;
            Some((index.min(1), Suggestion { text, note }))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, suggestion)| suggestion).take(MAX_SUGGESTIONS).collect()
}
