//! Queries as the UI counts their characters.

use mission_control_store::search::query::{KnownValues, Query, QueryError, Span, complete};

use crate::view::{
    requests::{RequestError, RequestErrorCode},
    search::{CompleteQuery, QueryCompletions, QuerySpan, QuerySuggestion},
};

/// What is wrong with `query`, as an error that points at the place.
pub(crate) fn mistake(query: &str, error: &QueryError) -> RequestError {
    let mut told = RequestError::new(RequestErrorCode::QueryInvalid, error.to_string());
    told.span = Some(in_utf16(query, error.span));
    told
}

/// What could stand at the cursor, and what is wrong so far.
pub(crate) fn completions(request: &CompleteQuery, known: &KnownValues) -> QueryCompletions {
    let query = &request.query;
    let found = complete(query, in_bytes(query, request.cursor), known);
    let parsed = query.parse::<Query>();
    let suggestions = found
        .suggestions
        .into_iter()
        .map(|suggestion| QuerySuggestion { text: suggestion.text, note: suggestion.note })
        .collect();
    QueryCompletions {
        replace: in_utf16(query, found.replace),
        suggestions,
        mistake: parsed.as_ref().err().map(ToString::to_string),
        mistake_at: parsed.as_ref().err().map(|error| in_utf16(query, error.span)),
        canonical: parsed.map(|query| query.to_string()).unwrap_or_default(),
    }
}

fn in_utf16(text: &str, span: Span) -> QuerySpan {
    let units = |from: usize, to: usize| {
        let piece = text.get(from..to).unwrap_or_default();
        u32::try_from(piece.encode_utf16().count()).unwrap_or(u32::MAX)
    };
    QuerySpan { offset: units(0, span.offset), length: units(span.offset, span.end()) }
}

fn in_bytes(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    for (index, character) in text.char_indices() {
        match left.checked_sub(character.len_utf16()) {
            Some(rest) if left > 0 => left = rest,
            _ => return index,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_a_text_field_counts() {
        let query = "\"😀é\" sevrity:error";
        let error = mistake(query, &query.parse::<Query>().unwrap_err());
        assert_eq!(error.code, RequestErrorCode::QueryInvalid);
        assert_eq!(error.span, Some(QuerySpan { offset: 6, length: 7 }));
        assert_eq!(in_bytes(query, 3), 5, "after the smiling face");
        assert_eq!(in_bytes(query, 1_000), query.len());

        let request = CompleteQuery { query: "\"😀\" kind:al".to_owned(), cursor: 12 };
        let found = completions(&request, &KnownValues::default());
        assert_eq!(found.suggestions[0].text, "alert");
        assert_eq!(found.replace, QuerySpan { offset: 10, length: 2 });
        assert!(found.mistake.unwrap().contains("did you mean") || found.canonical.is_empty());
    }
}
