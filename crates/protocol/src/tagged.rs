//! Enums told apart by a text field, read without a buffer.
//!
//! serde reads an internally tagged enum by first buffering it in a form of its own, which cannot hold a `RawValue` and
//! would copy a batch of records value by value. Here the tag is expected first, where our serialisation always puts it,
//! and the rest is read straight into the variant; a tag that comes later costs one more pass.

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;

/// An enum that names its variant in a field.
pub(crate) trait Tagged: Sized {
    /// The field.
    const TAG: &'static str;
    /// The names it may hold.
    const VARIANTS: &'static [&'static str];
    /// Reads the other fields as the variant named `tag`.
    fn read<'de, D: Deserializer<'de>>(tag: &str, fields: D) -> Result<Self, D::Error>;
}

/// Reads a `T` for its `Deserialize`.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Tagged,
{
    deserializer.deserialize_map(TaggedVisitor(PhantomData))
}

/// The error for a `tag` that names none of `T`'s variants.
pub(crate) fn unknown<T: Tagged, E: Error>(tag: &str) -> E {
    E::unknown_variant(tag, T::VARIANTS)
}

struct TaggedVisitor<T>(PhantomData<T>);

impl<'de, T: Tagged> Visitor<'de> for TaggedVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with `{}`", T::TAG)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut before: BTreeMap<String, Box<RawValue>> = BTreeMap::new();
        while let Some(Name(name)) = map.next_key()? {
            if name != T::TAG {
                before.insert(name.into_owned(), map.next_value()?);
                continue;
            }
            let Name(tag) = map.next_value()?;
            if before.is_empty() {
                return T::read(&tag, MapAccessDeserializer::new(map));
            }
            while let Some(Name(name)) = map.next_key()? {
                before.insert(name.into_owned(), map.next_value()?);
            }
            let fields = serde_json::to_string(&before).map_err(A::Error::custom)?;
            return T::read(&tag, &mut serde_json::Deserializer::from_str(&fields)).map_err(A::Error::custom);
        }
        Err(A::Error::missing_field(T::TAG))
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
