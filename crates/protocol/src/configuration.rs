//! Configuration pushed to a dashboard with `CONFIG_UPDATE`: versioned, and answered with `CONFIG_RESULT`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// One version of a dashboard's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// 1, 2, 3… per dashboard; made by the hub.
    #[ts(type = "number")]
    pub version: u64,
    /// The settings, an object whose keys are the dashboard's own.
    pub values: Value,
}
