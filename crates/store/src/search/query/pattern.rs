//! Texts with `*` and `?` in them.

use std::fmt;

use crate::search::words::fold;

/// What a text is to look like; upper and lower case are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As it was written.
    pub text: String,
    /// Whether `*` stands for any characters and `?` for one; else they are themselves, as in a quoted value.
    pub wild: bool,
}

impl Pattern {
    /// A value as it stands in a query.
    #[must_use]
    pub fn new(text: &str, quoted: bool) -> Self {
        Self { text: text.to_owned(), wild: !quoted && text.contains(['*', '?']) }
    }

    /// Whether it is `*` alone: anything.
    #[must_use]
    pub fn is_anything(&self) -> bool {
        self.wild && self.text.chars().all(|character| character == '*')
    }

    /// Whether all of `text` looks so.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        if self.wild {
            matches_wild(&self.text, text)
        } else {
            self.text.chars().map(fold).eq(text.chars().map(fold))
        }
    }

    /// The longest piece that every text of this look contains.
    #[must_use]
    pub fn literal(&self) -> &str {
        if !self.wild {
            return &self.text;
        }
        self.text.split(['*', '?']).max_by_key(|piece| piece.len()).unwrap_or_default()
    }
}

/// Matches without going back further than to the last `*`: the time is bounded by the product of the lengths.
fn matches_wild(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    let mut last_star = None;
    loop {
        let before_text = text.clone();
        match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = before_text.clone();
                last_star = Some((pattern.clone(), before_text));
                continue;
            }
            (Some('?'), Some(_)) => continue,
            (Some(wanted), Some(found)) if fold(wanted) == fold(found) => continue,
            (Some(_), None) => return false,
            _ => {}
        }
        let Some((after_star, from)) = &mut last_star else { return false };
        if from.next().is_none() {
            return false;
        }
        pattern = after_star.clone();
        text = from.clone();
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = !self.text.is_empty()
            && !self.text.contains(|character: char| {
                character.is_whitespace() || matches!(character, '"' | '(' | ')' | ',')
            });
        if plain && self.wild == self.text.contains(['*', '?']) {
            return formatter.write_str(&self.text);
        }
        write!(formatter, "\"{}\"", self.text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, false).matches(text)
    }

    #[test]
    fn stars_stand_for_anything_and_case_for_nothing() {
        assert!(matches("energy-*", "Energy-North"));
        assert!(matches("*-north", "energy-north"));
        assert!(matches("e*y-n?rth", "energy-north"));
        assert!(matches("*", ""));
        assert!(!matches("energy-*", "energy"));
        assert!(!matches("?", ""));
        assert!(!matches("a*b*c", "acb"));
        assert!(!Pattern::new("a*", true).matches("ab"));
        assert!(Pattern::new("a*", true).matches("A*"));
    }

    /// The same by definition: a star is nothing, or one character and a star.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                naive(rest, text) || text.split_first().is_some_and(|(_, text)| naive(pattern, text))
            }
            (['?', pattern @ ..], [_, text @ ..]) => naive(pattern, text),
            ([wanted, pattern @ ..], [found, text @ ..]) => {
                fold(*wanted) == fold(*found) && naive(pattern, text)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[abAé*?]{0,8}", text in "[abAÉ]{0,10}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matches_wild(&pattern, &text), naive(&chars(&pattern), &chars(&text)));
        }
    }
}
