//! `Query` (integration plan, section 3): an operator asks a dashboard something; it answers with `QUERY_RESULT`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::QueryId;

/// A question to a dashboard. A query never changes anything in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    /// Made by the hub.
    pub id: QueryId,
    /// What is asked: `STATUS`, `METRICS`, `CONFIGURATION`, or a name of the dashboard's own.
    #[serde(rename = "type")]
    pub kind: String,
    /// Details of the question; any JSON.
    #[serde(default)]
    pub params: Value,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueryResult {
    /// The query answered.
    pub query_id: QueryId,
    /// Whether there is a result.
    pub success: bool,
    /// The answer, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub result: Option<Value>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<String>,
}
