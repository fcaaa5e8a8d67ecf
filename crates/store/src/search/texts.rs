//! The texts of a JSON document, found without parsing it: what search looks at most of all.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// Each text value in `body`, at any depth, in order, decoded; names of fields are not texts. `body` is valid JSON; of
/// anything else some texts are found, and nothing breaks.
pub(crate) fn texts(body: &str) -> Texts<'_> {
    Texts { body, at: 0 }
}

/// See [`texts`].
pub(crate) struct Texts<'a> {
    body: &'a str,
    at: usize,
}

impl<'a> Iterator for Texts<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let bytes = self.body.as_bytes();
        loop {
            let start = self.at + memchr(b'"', bytes.get(self.at..)?)? + 1;
            let mut escaped = false;
            let mut end = start;
            loop {
                end += memchr2(b'"', b'\\', bytes.get(end..)?)?;
                if bytes.get(end) == Some(&b'"') {
                    break;
                }
                escaped = true;
                end += 2;
            }
            self.at = end + 1;
            let follows = bytes.get(self.at..)?.iter().find(|byte| !byte.is_ascii_whitespace());
            if follows == Some(&b':') {
                continue;
            }
            let raw = self.body.get(start..end)?;
            return Some(if escaped { Cow::Owned(decoded(raw)) } else { Cow::Borrowed(raw) });
        }
    }
}

/// `raw` with its JSON escapes replaced by what they stand for.
fn decoded(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut characters = escape.chars();
        match characters.next() {
            Some('u') => {
                let (character, after) = unicode(characters.as_str());
                text.push(character);
                rest = after;
                continue;
            }
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some(other) => text.push(other),
            None => {}
        }
        rest = characters.as_str();
    }
    text.push_str(rest);
    text
}

/// The character that the digits after `\u` stand for, and what follows them. Half a surrogate pair is no character.
fn unicode(digits: &str) -> (char, &str) {
    let unit = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
    let Some(first) = unit(digits) else { return (char::REPLACEMENT_CHARACTER, digits) };
    let after = digits.get(4..).unwrap_or_default();
    if let Some(character) = char::from_u32(first) {
        return (character, after);
    }
    let second = after.strip_prefix("\\u").and_then(unit);
    match second {
        Some(second) if first < 0xDC00 && (0xDC00..0xE000).contains(&second) => {
            let joined = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            let character = char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER);
            (character, after.get(6..).unwrap_or_default())
        }
        _ => (char::REPLACEMENT_CHARACTER, after),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// The texts of a parsed document: what [`texts`] must find.
    pub(crate) fn texts_of(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| texts_of(value, found)),
            Value::Object(fields) => fields.values().for_each(|value| texts_of(value, found)),
            _ => {}
        }
    }

    /// Any JSON, its texts with characters that are written in more than one way.
    pub(crate) fn any_json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[ -~]{0,12}",
            "[a-cA-C\"\\\\/\n\t\u{8}\u{c}é日K\u{212a}İſßσΣς😀_-]{0,12}",
            any::<String>(),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(text.clone(), inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// `json` with every character of its texts and names that is not plain written as `\u` escapes, and some that are.
    pub(crate) fn escaped(json: &str) -> String {
        let mut text = String::new();
        let (mut inside, mut after_backslash) = (false, false);
        for (index, character) in json.chars().enumerate() {
            let plain = !inside
                || after_backslash
                || matches!(character, '"' | '\\')
                || (character.is_ascii() && index % 3 != 0);
            if plain {
                text.push(character);
            } else {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
            if character == '"' && !after_backslash {
                inside = !inside;
            }
            after_backslash = inside && character == '\\' && !after_backslash;
        }
        text
    }

    #[test]
    fn names_of_fields_are_not_texts() {
        let body = r#"{"a" : "b", "c":["d\"e",{"f":"g\\"}], "h": 1}"#;
        assert_eq!(texts(body).collect::<Vec<_>>(), ["b", "d\"e", "g\\"]);
    }

    #[test]
    fn half_a_pair_is_replaced() {
        let found: Vec<_> =
            texts(r#"["\ud83d\ude00", "\ud83d!", "\ude00", "\ud83d\u0041", "\u00e9"]"#).collect();
        assert_eq!(found, ["😀", "\u{fffd}!", "\u{fffd}", "\u{fffd}A", "é"]);
    }

    proptest! {
        #[test]
        fn finds_what_a_parser_finds(value in any_json()) {
            let mut expected = Vec::new();
            texts_of(&value, &mut expected);
            for body in [value.to_string(), format!("{value:#}"), escaped(&value.to_string())] {
                prop_assert_eq!(&serde_json::from_str::<Value>(&body).unwrap(), &value);
                prop_assert_eq!(texts(&body).collect::<Vec<_>>(), expected.clone());
            }
        }

        #[test]
        fn takes_anything(body in any::<String>(), json in any_json(), cut in 0_usize..200) {
            texts(&body).for_each(drop);
            let json = json.to_string();
            texts(json.get(..cut.min(json.len())).unwrap_or_default()).for_each(drop);
        }
    }

    #[test]
    fn an_empty_document_has_no_texts() {
        assert_eq!(texts(&json!({"a": 1, "b": null}).to_string()).count(), 0);
    }
}
