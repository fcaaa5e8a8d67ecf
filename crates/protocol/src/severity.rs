//! How bad something is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Severity of an event, an alert or a record, in rising order. The integration plan uses `info`, `warning` and
/// `error`; `debug` and `critical` extend it at both ends.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Severity {
    /// Of interest to an engineer only.
    Debug = 0,
    /// Normal activity.
    #[default]
    Info = 1,
    /// Needs attention soon.
    Warning = 2,
    /// Something failed.
    Error = 3,
    /// Needs action now.
    Critical = 4,
}

impl Severity {
    /// All severities, mildest first.
    pub const ALL: [Self; 5] = [Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical];

    /// The severity stored as `code`; anything above the known range reads as the worst, so that a newer writer's
    /// severity is never played down.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Critical)
    }

    /// The small number under which the severity is stored; rises with severity.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}
