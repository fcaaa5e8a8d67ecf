//! Instants on the wire: RFC 3339 in UTC with milliseconds, held as milliseconds since the Unix epoch.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

/// An instant, in whole milliseconds since 1970-01-01T00:00:00Z. On the wire `"2026-11-22T19:58:21.042Z"` (RFC 3339);
/// any offset is understood on the way in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, TS)]
#[ts(type = "string")]
pub struct Timestamp(i64);

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time is written like 2026-11-22T19:58:21.042Z (RFC 3339), but this is {0:?}")]
pub struct InvalidTimestamp(String);

impl Timestamp {
    /// The instant `milliseconds` after the Unix epoch, held to the years -9998 to 9999, which RFC 3339 can write.
    #[must_use]
    pub fn from_milliseconds(milliseconds: i64) -> Self {
        // Whole seconds: jiff takes no milliseconds beyond the last whole second it holds.
        let (least, greatest) =
            (jiff::Timestamp::MIN.as_second() * 1_000, jiff::Timestamp::MAX.as_second() * 1_000);
        Self(milliseconds.clamp(least, greatest))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn as_milliseconds(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to `self`; negative when `earlier` is in fact later.
    #[must_use]
    pub fn milliseconds_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The instant `milliseconds` later (earlier when negative).
    #[must_use]
    pub fn plus_milliseconds(self, milliseconds: i64) -> Self {
        Self::from_milliseconds(self.0.saturating_add(milliseconds))
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        text.parse::<jiff::Timestamp>()
            .map(|instant| Self(instant.as_millisecond()))
            .map_err(|_| InvalidTimestamp(text.chars().take(64).collect()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(formatter, "{instant:.3}")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InstantText;
        impl serde::de::Visitor<'_> for InstantText {
            type Value = Timestamp;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a time such as \"2026-11-22T19:58:21.042Z\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(InstantText)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_utc_with_milliseconds_and_reads_any_offset() {
        let instant: Timestamp = "2026-11-22T20:58:21.042+01:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-11-22T19:58:21.042Z");
    }

    #[test]
    fn the_first_and_the_last_instant_are_written_and_read_again() {
        for milliseconds in [i64::MIN, i64::MAX] {
            let instant = Timestamp::from_milliseconds(milliseconds);
            assert_eq!(instant.to_string().parse(), Ok(instant));
        }
        assert!(Timestamp::from_milliseconds(i64::MAX) > Timestamp::from_milliseconds(0));
    }

    #[test]
    fn refuses_a_text_that_is_not_a_time() {
        assert!("yesterday".parse::<Timestamp>().is_err());
    }

    proptest! {
        #[test]
        fn survives_json(milliseconds in -62_135_596_800_000_i64..253_402_207_200_000) {
            let instant = Timestamp::from_milliseconds(milliseconds);
            let json = serde_json::to_string(&instant).unwrap();
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), instant);
        }
    }
}
