//! JSON Schemas (draft 2020-12) of everything on the wire, generated from the types.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use crate::{
    Alert, Command, CommandResult, DashboardConfig, DashboardEvent, DashboardMetrics, DashboardStatus,
    EnrichedAlert, EnrichedEvent, EnrichedMetrics, EnrichedResourceUsage, ProtocolError, Query, QueryResult,
    ResourceUsage, WorkflowUpdate,
    config::RegistrationResult,
    configuration::Configuration,
    dashboard_wire::{DashboardMessage, HubMessage},
    operator_wire::OperatorMessage,
};

/// Name and schema of each published type; the name is that of the file under `crates/protocol/schemas/`.
#[must_use]
pub fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("DashboardMessage", schema::<DashboardMessage>()),
        ("HubMessage", schema::<HubMessage>()),
        ("OperatorMessage", schema::<OperatorMessage>()),
        ("DashboardConfig", schema::<DashboardConfig>()),
        ("RegistrationResult", schema::<RegistrationResult>()),
        ("DashboardStatus", schema::<DashboardStatus>()),
        ("DashboardEvent", schema::<DashboardEvent>()),
        ("EnrichedEvent", schema::<EnrichedEvent>()),
        ("DashboardMetrics", schema::<DashboardMetrics>()),
        ("EnrichedMetrics", schema::<EnrichedMetrics>()),
        ("Alert", schema::<Alert>()),
        ("EnrichedAlert", schema::<EnrichedAlert>()),
        ("ResourceUsage", schema::<ResourceUsage>()),
        ("EnrichedResourceUsage", schema::<EnrichedResourceUsage>()),
        ("Command", schema::<Command>()),
        ("CommandResult", schema::<CommandResult>()),
        ("Query", schema::<Query>()),
        ("QueryResult", schema::<QueryResult>()),
        ("Configuration", schema::<Configuration>()),
        ("WorkflowUpdate", schema::<WorkflowUpdate>()),
        ("ProtocolError", schema::<ProtocolError>()),
    ]
}

fn schema<T: JsonSchema>() -> Value {
    SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>().into()
}
