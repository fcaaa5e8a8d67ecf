//! JSON Schemas (draft 2020-12) of everything on the wire, and the AsyncAPI document that ties them to the two channels;
//! all generated from the types.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    Alert, Command, CommandResult, DASHBOARD_PATH, DashboardConfig, DashboardEvent, DashboardMetrics,
    DashboardStatus, EnrichedAlert, EnrichedEvent, EnrichedMetrics, EnrichedResourceUsage, OPERATOR_PATH,
    PROTOCOL, ProtocolError, Query, QueryResult, Record, ResourceUsage, WorkflowUpdate,
    alerting::{AlertPolicyRecord, Rule},
    config::RegistrationResult,
    configuration::Configuration,
    dashboard_wire::{DashboardMessage, HubMessage},
    operator_wire::{ConsoleMessage, OperatorMessage},
    record::{
        AccessRecord, AlertRecord, CommandRecord, ConfigurationRecord, ConnectionRecord, QueryRecord,
        RefusalRecord, RegistrationRecord,
    },
};

/// Name and schema of each published type; the name is that of the file under `crates/protocol/schemas/`.
#[must_use]
pub fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("DashboardMessage", schema::<DashboardMessage>()),
        ("HubMessage", schema::<HubMessage>()),
        ("OperatorMessage", schema::<OperatorMessage>()),
        ("ConsoleMessage", schema::<ConsoleMessage>()),
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
        ("Record", schema::<Record>()),
        ("RegistrationRecord", schema::<RegistrationRecord>()),
        ("ConnectionRecord", schema::<ConnectionRecord>()),
        ("AlertRecord", schema::<AlertRecord>()),
        ("CommandRecord", schema::<CommandRecord>()),
        ("QueryRecord", schema::<QueryRecord>()),
        ("ConfigurationRecord", schema::<ConfigurationRecord>()),
        ("RefusalRecord", schema::<RefusalRecord>()),
        ("AccessRecord", schema::<AccessRecord>()),
        ("AlertPolicyRecord", schema::<AlertPolicyRecord>()),
        ("Rule", schema::<Rule>()),
    ]
}

fn schema<T: JsonSchema>() -> Value {
    SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>().into()
}

/// One channel of the AsyncAPI document: who speaks on it, and in which messages.
struct Channel {
    name: &'static str,
    address: &'static str,
    description: &'static str,
    /// Name and schema of the messages.
    from_client: (&'static str, Value),
    from_hub: (&'static str, Value),
}

/// The AsyncAPI 3.0 document of a hub: both channels with all their messages, whose payloads refer to the schemas beside it.
#[must_use]
pub fn asyncapi() -> Value {
    let channels = [
        Channel {
            name: "dashboard",
            address: DASHBOARD_PATH,
            description: "Run dashboards and backends. The first message is REGISTER.",
            from_client: ("DashboardMessage", schema::<DashboardMessage>()),
            from_hub: ("HubMessage", schema::<HubMessage>()),
        },
        Channel {
            name: "operator",
            address: OPERATOR_PATH,
            description: "Consoles. The first message is HELLO.",
            from_client: ("OperatorMessage", schema::<OperatorMessage>()),
            from_hub: ("ConsoleMessage", schema::<ConsoleMessage>()),
        },
    ];
    let mut channel_objects = Map::new();
    let mut operations = Map::new();
    let mut messages = Map::new();
    for channel in channels {
        let mut names = Map::new();
        // An application's operations are seen from its own side: the hub receives what a client sends.
        for (action, (kind, schema)) in [("receive", channel.from_client), ("send", channel.from_hub)] {
            let mut operation = Vec::new();
            for (index, tag, description) in variants(&schema) {
                let name = format!("{}.{action}.{tag}", channel.name);
                messages.insert(
                    name.clone(),
                    json!({
                        "name": tag,
                        "summary": description,
                        "contentType": "application/json",
                        "payload": {"$ref": format!("./{kind}.json#/oneOf/{index}")}
                    }),
                );
                names.insert(name.clone(), json!({"$ref": format!("#/components/messages/{name}")}));
                operation.push(json!({"$ref": format!("#/channels/{}/messages/{name}", channel.name)}));
            }
            operations.insert(
                format!("{}.{action}", channel.name),
                json!({
                    "action": action,
                    "channel": {"$ref": format!("#/channels/{}", channel.name)},
                    "messages": operation
                }),
            );
        }
        channel_objects.insert(
            channel.name.to_owned(),
            json!({"address": channel.address, "description": channel.description, "messages": names}),
        );
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mission Control hub",
            "version": PROTOCOL.rsplit('.').next().unwrap_or(PROTOCOL),
            "description": "The mission-control.v1 protocol. docs/PROTOCOL.md explains it."
        },
        "defaultContentType": "application/json",
        "servers": {
            "embedded": {
                "host": "127.0.0.1:7420",
                "protocol": "ws",
                "description": "The hub inside the desktop program, or a headless one on this machine."
            }
        },
        "channels": channel_objects,
        "operations": operations,
        "components": {"messages": messages}
    })
}

/// Place, `type` and description of each message in the schema of a message enum.
fn variants(schema: &Value) -> Vec<(usize, String, String)> {
    let variants = schema.get("oneOf").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    variants
        .iter()
        .enumerate()
        .filter_map(|(index, variant)| {
            let tag = variant.pointer("/properties/type/const")?.as_str()?;
            let description = variant.get("description").and_then(Value::as_str).unwrap_or_default();
            Some((index, tag.to_owned(), description.to_owned()))
        })
        .collect()
}
