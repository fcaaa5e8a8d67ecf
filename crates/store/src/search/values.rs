//! Values inside a body, found by their names without building the document.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::query::Number;

/// A value at the end of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(Number),
    Truth(bool),
    Null,
    /// An object.
    Object,
}

/// Shows `see` each value in `body` that stands at the end of `way`. Lists are gone through; names are compared
/// whatever their case.
pub(super) fn at(body: &str, way: &[&str], mut see: impl FnMut(Value<'_>)) {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    // A body that is no JSON has no values; what was seen before the fault stands.
    let _ = Seek { way, see: &mut see }.deserialize(&mut deserializer);
}

struct Seek<'s, F> {
    way: &'s [&'s str],
    see: &'s mut F,
}

impl<'de, F: FnMut(Value<'_>)> DeserializeSeed<'de> for Seek<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<F: FnMut(Value<'_>)> Seek<'_, F> {
    fn arrive<E>(self, value: Value<'_>) -> Result<(), E> {
        if self.way.is_empty() {
            (self.see)(value);
        }
        Ok(())
    }
}

impl<'de, F: FnMut(Value<'_>)> Visitor<'de> for Seek<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.arrive(Value::Text(text))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.arrive(Value::Truth(truth))
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.arrive(Value::Null)
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.arrive(Value::Number(Number::Whole(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.arrive(Value::Number(Number::Whole(number.into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.arrive(Value::Number(number.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Seek { way: self.way, see: self.see })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Some((name, rest)) = self.way.split_first() else {
            (self.see)(Value::Object);
            while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        while let Some(found) = object.next_key_seed(Name(name))? {
            if found {
                object.next_value_seed(Seek { way: rest, see: self.see })?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Whether a name is this one.
struct Name<'s>(&'s str);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name.eq_ignore_ascii_case(self.0))
    }
}

/// The first text at the end of `way`.
pub(super) fn text_at(body: &str, way: &[&str]) -> Option<String> {
    let mut found = None;
    at(body, way, |value| {
        if let Value::Text(text) = value {
            found.get_or_insert_with(|| text.to_owned());
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_at(body: &str, way: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        at(body, way, |value| found.push(format!("{value:?}")));
        found
    }

    #[test]
    fn goes_through_objects_and_lists() {
        let body = r#"{"payload": {"Rows": [{"n": 1}, {"n": [2.5, "t\u0065xt"]}, 7], "n": true}, "n": null}"#;
        assert_eq!(
            all_at(body, &["payload", "rows", "n"]),
            ["Number(Whole(1))", "Number(Decimal(2.5))", "Text(\"text\")"]
        );
        assert_eq!(all_at(body, &["payload", "n"]), ["Truth(true)"]);
        assert_eq!(all_at(body, &["n"]), ["Null"]);
        assert_eq!(all_at(body, &["payload"]), ["Object"]);
        assert!(all_at(body, &["payload", "missing"]).is_empty());
        assert_eq!(text_at(body, &["payload", "rows", "n"]).as_deref(), Some("text"));
    }

    #[test]
    fn what_is_no_json_has_no_values() {
        for body in ["", "{", "[1", "nonsense", &"[".repeat(100_000)] {
            all_at(body, &["n"]);
        }
    }
}
