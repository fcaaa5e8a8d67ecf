//! Text from dashboards, made harmless to show: what a producer wrote may neither change how the rest of the screen
//! reads nor be taken for markup.

/// `text` in one line, without control characters and without the characters that reorder or hide others, at most
/// `limit` characters long; what was cut is marked by an ellipsis.
pub(crate) fn harmless(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit * 4));
    let mut length = 0;
    let mut space_due = false;
    for character in text.chars() {
        if character.is_whitespace() || matches!(character, '\u{2028}' | '\u{2029}') {
            space_due = length > 0;
            continue;
        }
        if character.is_control() || is_invisible(character) {
            continue;
        }
        let needed = 1 + usize::from(space_due);
        if length + needed > limit {
            while length >= limit.max(1) {
                shown.pop();
                length -= 1;
            }
            shown.push('…');
            return shown;
        }
        if space_due {
            shown.push(' ');
            space_due = false;
        }
        shown.push(character);
        length += needed;
    }
    shown
}

/// Marks that reorder text (bidirectional controls) or cannot be seen at all.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// `text` with what notification servers may read as markup escaped.
pub(crate) fn escape_markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strips_what_could_mislead() {
        assert_eq!(harmless("a\u{202e}b\u{0}c\u{200b}\n\n d\u{1b}[31m", 50), "abc d[31m");
        assert_eq!(harmless("  padded \t text  ", 50), "padded text");
    }

    #[test]
    fn says_that_it_was_cut() {
        assert_eq!(harmless("abcdef", 4), "abc…");
        assert_eq!(harmless("abcd", 4), "abcd");
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(escape_markup(r#"<a href="x">&'"#), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    }

    proptest! {
        #[test]
        fn never_longer_than_asked_and_never_a_control(text in any::<String>(), limit in 1_usize..40) {
            let shown = harmless(&text, limit);
            prop_assert!(shown.chars().count() <= limit);
            prop_assert!(!shown.chars().any(char::is_control));
        }
    }
}
