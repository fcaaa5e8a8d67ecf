//! A projection as it travels from a hub to a console.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::operator_wire::Cursor;

/// What a log's records up to a place come to: the hub's own projection, written down.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Version of the projection's written form. Who does not know it passes the snapshot over, and folds records.
    pub form: u32,
    /// The last record it has folded, by partition.
    pub cursors: Vec<Cursor>,
    /// The projection. Only for a program that folds as the hub does.
    #[schemars(with = "serde_json::Value")]
    pub projection: Box<RawValue>,
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.form == other.form
            && self.cursors == other.cursors
            && self.projection.get() == other.projection.get()
    }
}
