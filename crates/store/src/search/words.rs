//! The words of a record: what full-text search looks for, and what a sealed segment notes so that a search can skip
//! it.
//!
//! A **word** is a run of letters and digits in lower case; everything else stands between words. Chinese and Japanese
//! characters, which are written without spaces, are a word each. `DATA_QUALITY` is the words `data quality`,
//! `energy-north` is `energy north`, and a UUID is its five groups: an identifier is searched for as its words in a
//! row, and so is found whole.
//!
//! The words of a record are those of its dashboard's id and of each text in its body, at any depth. Names of fields,
//! numbers, truth values and nulls have none.

use std::borrow::Cow;

use super::texts::texts;

/// Shortest word that is noted of a segment, in bytes. Shorter ones are in every segment and would tell nothing.
const NOTED: usize = 3;

/// Shows `visit` each word of a record, folded; a word that occurs twice is shown twice. Words that
/// [`is_noted`] turns down are left out: this is what a segment's filter is made of.
pub fn of(dashboard_id: &str, body: &str, mut visit: impl FnMut(&str)) {
    let mut note = |text: &str| {
        for word in in_text(text) {
            let word = folded(word);
            if is_noted(&word) {
                visit(&word);
            }
        }
    };
    note(dashboard_id);
    for text in texts(body) {
        note(&text);
    }
}

/// Whether a segment's filter knows of this word, which is folded. Only of a word that is noted can the filter say that it is absent.
#[must_use]
pub fn is_noted(word: &str) -> bool {
    word.len() >= NOTED
}

/// The words of a plain text, as they stand there: to be compared by [`folded`].
pub fn in_text(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(char::is_alphanumeric)?;
        let (word, after) = split_word(rest.get(start..)?);
        rest = after;
        Some(word)
    })
}

/// The word that `text` begins with, and what comes after it. `text` begins with a letter or a digit.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    let first = text.chars().next();
    let end = match first {
        Some(first) if is_ideograph(first) => first.len_utf8(),
        _ => text
            .find(|character: char| !character.is_alphanumeric() || is_ideograph(character))
            .unwrap_or(text.len()),
    };
    text.split_at(end)
}

/// Chinese and Japanese characters: written without spaces, each a word.
fn is_ideograph(character: char) -> bool {
    matches!(character,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

/// A text as it is compared: in lower case, character by character.
#[must_use]
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| fold(character) == character) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(fold).collect())
    }
}

/// The lower case of a character. A character outside ASCII stays outside, so that ASCII words can be looked for in
/// the bytes of a body; and the two small sigmas are one letter.
pub(super) fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    if character == 'ς' {
        return 'σ';
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) if !lower.is_ascii() => lower,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::texts::tests::{any_json, escaped, texts_of};

    fn words(body: &str) -> Vec<String> {
        let mut found = Vec::new();
        of("energy-north", body, |word| found.push(word.to_owned()));
        found
    }

    #[test]
    fn identifiers_are_their_words_in_a_row() {
        let body =
            r#"{"type":"DATA_QUALITY","id":"018f2c1e-7b3a-7c4d-9e5f-0123456789ab","n":4711,"ok":true}"#;
        let expected =
            ["energy", "north", "data", "quality", "018f2c1e", "7b3a", "7c4d", "9e5f", "0123456789ab"];
        assert_eq!(words(body), expected);
    }

    #[test]
    fn case_does_not_matter_nor_how_json_writes_a_character() {
        assert_eq!(words(r#"["Zeit\u00FCberschreitung\nÉTÉ"]"#)[2..], ["zeitüberschreitung", "été"]);
        assert_eq!(words("[\"ΟΔΟΣ οδος\"]")[2..], ["οδοσ", "οδοσ"]);
    }

    #[test]
    fn ideographs_are_words_of_their_own() {
        assert_eq!(in_text("日本 a本b").collect::<Vec<_>>(), ["日", "本", "a", "本", "b"]);
    }

    #[test]
    fn a_mark_that_joins_is_no_word() {
        assert_eq!(in_text("か\u{3099} a\u{3099}b").collect::<Vec<_>>(), ["か", "a", "b"]);
    }

    #[test]
    fn folding_is_steady_and_keeps_what_a_word_is() {
        for character in '\0'..=char::MAX {
            let folded = fold(character);
            assert_eq!(fold(folded), folded);
            assert_eq!(folded.is_ascii(), character.is_ascii(), "{character:?}");
            assert_eq!(folded.is_alphanumeric(), character.is_alphanumeric(), "{character:?}");
            assert_eq!(is_ideograph(folded), is_ideograph(character), "{character:?}");
        }
    }

    proptest! {
        #[test]
        fn words_come_from_texts_only(value in any_json()) {
            let mut expected: Vec<String> = vec!["energy".to_owned(), "north".to_owned()];
            let mut texts = Vec::new();
            texts_of(&value, &mut texts);
            for text in texts {
                let mut word = String::new();
                for character in text.chars().chain([' ']) {
                    if (!character.is_alphanumeric() || is_ideograph(character)) && !word.is_empty() {
                        expected.push(std::mem::take(&mut word));
                    }
                    // A mark that joins what stands before it is no word, whatever its block.
                    if character.is_alphanumeric() && is_ideograph(character) {
                        expected.push(character.to_string());
                    } else if character.is_alphanumeric() {
                        word.push(fold(character));
                    }
                }
            }
            expected.retain(|word| is_noted(word));
            prop_assert_eq!(words(&escaped(&value.to_string())), expected);
        }
    }
}
