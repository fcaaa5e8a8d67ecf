//! Identifiers. Text ids are validated once, where they enter, so that code behind the edge can trust them.

use std::{fmt, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;
use uuid::Uuid;

/// Longest text id, in bytes.
pub const ID_MAX_LENGTH: usize = 128;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to {ID_MAX_LENGTH} characters from A-Z a-z 0-9 . _ : -, but this is {0:?}")]
pub struct InvalidId(String);

fn is_valid(text: &str) -> bool {
    (1..=ID_MAX_LENGTH).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-'))
}

/// Checks a text without taking it.
pub(crate) fn check(text: &str) -> Result<(), InvalidId> {
    if is_valid(text) { Ok(()) } else { Err(InvalidId(text.chars().take(ID_MAX_LENGTH).collect())) }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, TS)]
        #[ts(type = "string")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `text` and takes it as an id.
            ///
            /// # Errors
            /// [`InvalidId`] when the text is empty, too long, or has a character outside the allowed set.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                check(text).map(|()| Self(text.into()))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:?}", &*self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct IdText;
                impl serde::de::Visitor<'_> for IdText {
                    type Value = $name;
                    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                        formatter.write_str("an id (a text)")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(IdText)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "minLength": 1,
                    "maxLength": ID_MAX_LENGTH,
                    "pattern": "^[A-Za-z0-9._:-]+$"
                })
            }
        }
    };
}

text_id! {
    /// Names a dashboard or a backend; chosen by its owner, stable over restarts.
    DashboardId
}
text_id! {
    /// Names an operator: the person (or the workstation account) on whose behalf a console acts.
    OperatorId
}
text_id! {
    /// Names a token that an operator had made; made by the hub (UUID version 7), unique for ever.
    TokenId
}
text_id! {
    /// Names a command; made by the hub that accepts it (UUID version 7), unique for ever.
    CommandId
}
text_id! {
    /// Names a query; made by the hub that forwards it.
    QueryId
}
text_id! {
    /// Names one episode of an alert, from raised to resolved; made by the hub.
    AlertId
}

text_id! {
    /// Names a silence; chosen by the console that makes it, so that asking twice makes one.
    SilenceId
}
text_id! {
    /// Names an alert rule; chosen by whoever writes it.
    RuleId
}
text_id! {
    /// Names a maintenance window; chosen by the console that makes it.
    WindowId
}
text_id! {
    /// Names an inhibition; chosen by whoever writes it.
    InhibitionId
}

macro_rules! uuid_v7_ids {
    ($($name:ident),*) => {$(
        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                // A hyphenated UUID is hexadecimal digits and hyphens: always a valid id.
                Self(uuid.hyphenated().to_string().into())
            }
        }
    )*};
}
uuid_v7_ids!(CommandId, QueryId, AlertId, TokenId);

/// One numbering session of a producer: while it lasts, its `seq` counts 1, 2, 3… without a gap. A client with a
/// durable queue keeps its epoch over restarts; one without starts a new epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[ts(type = "string")]
pub struct SessionEpoch(pub Uuid);

impl fmt::Display for SessionEpoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_what_could_confuse_a_reader_or_a_path() {
        for text in ["", "a b", "a/b", "a\u{202e}b", "é", "a\n", &"x".repeat(ID_MAX_LENGTH + 1)] {
            assert!(DashboardId::new(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_valid_id_survives_json(text in "[A-Za-z0-9._:-]{1,128}") {
            let id = DashboardId::new(&text).unwrap();
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<DashboardId>(&json).unwrap(), id);
        }
    }
}
