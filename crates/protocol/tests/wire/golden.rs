//! Each message and each interface against its file under `tests/golden/`. Changing a file is a deliberate act:
//! `UPDATE_GOLDEN=1 cargo test -p mission-control-protocol` writes them anew, and the difference is the review.

use std::{collections::BTreeMap, fmt::Debug, fs, path::PathBuf};

use mission_control_protocol::{
    DashboardConfig, EnrichedAlert, EnrichedEvent, EnrichedMetrics, EnrichedResourceUsage, Hazard,
    RecordKind, Severity,
    alert::AlertCondition,
    config::RegistrationResult,
    dashboard_wire::{DashboardMessage, HubMessage},
    operator_wire::{ConsoleMessage, OperatorMessage, OperatorRequest},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{generated, messages, records, samples};

/// A golden file: its name, its text as the code writes it, and the schema it must satisfy.
pub struct Golden {
    pub name: String,
    pub text: String,
    /// Name of the schema, as [`mission_control_protocol::schemas::all`] names it.
    pub schema: &'static str,
    reads_back: ReadsBack,
}

/// Tells whether a text reads as the golden value, and what differs when it does not.
type ReadsBack = Box<dyn Fn(&str) -> Result<(), String>>;

fn golden<T>(name: impl Into<String>, schema: &'static str, value: T) -> Golden
where
    T: Serialize + DeserializeOwned + PartialEq + Debug + 'static,
{
    let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
    let reads_back = move |text: &str| match serde_json::from_str::<T>(text) {
        Ok(read) if read == value => Ok(()),
        Ok(read) => Err(format!("reads as {read:?}\nnot as {value:?}")),
        Err(error) => Err(error.to_string()),
    };
    Golden { name: name.into(), text, schema, reads_back: Box::new(reads_back) }
}

/// Every golden file.
pub fn all() -> Vec<Golden> {
    let mut all = vec![
        golden("interface.dashboard-config", "DashboardConfig", samples::config()),
        golden("interface.registration-result", "RegistrationResult", samples::registration()),
        golden("interface.dashboard-status", "DashboardStatus", samples::status()),
        golden("interface.dashboard-event", "DashboardEvent", samples::event()),
        golden("interface.enriched-event", "EnrichedEvent", samples::enriched_event()),
        golden("interface.dashboard-metrics", "DashboardMetrics", samples::metrics()),
        golden("interface.enriched-metrics", "EnrichedMetrics", samples::enriched_metrics()),
        golden("interface.alert", "Alert", samples::alert()),
        golden("interface.enriched-alert", "EnrichedAlert", samples::enriched_alert()),
        golden("interface.resource-usage", "ResourceUsage", samples::usage()),
        golden("interface.enriched-resource-usage", "EnrichedResourceUsage", samples::enriched_usage()),
        golden("interface.command", "Command", samples::command()),
        golden("interface.command-result", "CommandResult", samples::command_result()),
        golden("interface.query", "Query", samples::query()),
        golden("interface.query-result", "QueryResult", samples::query_result()),
        golden("interface.configuration", "Configuration", samples::configuration()),
        golden("interface.workflow-update", "WorkflowUpdate", samples::workflow_update()),
        golden("interface.protocol-error", "ProtocolError", samples::error()),
        golden("body.registration", "RegistrationRecord", records::registration_record()),
        golden("body.connection", "ConnectionRecord", records::connection_record()),
        golden("body.alert", "AlertRecord", records::alert_record()),
        golden("body.alert.acknowledged", "AlertRecord", records::acknowledged_alert_record()),
        golden("body.command", "CommandRecord", records::command_record()),
        golden("body.command.timed-out", "CommandRecord", records::timed_out_command_record()),
        golden("body.query", "QueryRecord", records::query_record()),
        golden("body.configuration", "ConfigurationRecord", records::configuration_record()),
        golden("body.refusal", "RefusalRecord", records::refusal_record()),
        golden("body.access", "AccessRecord", records::access_record()),
        golden("interface.rule", "Rule", samples::rule()),
        golden("body.alert.held", "AlertRecord", records::held_alert_record()),
        golden("body.alert.noted", "AlertRecord", records::noted_alert_record()),
        golden("body.alert-policy", "AlertPolicyRecord", records::policy_record()),
        golden("body.alert-policy.rule", "AlertPolicyRecord", records::rule_policy_record()),
    ];
    all.extend(
        messages::dashboard_messages()
            .into_iter()
            .map(|(name, message)| golden(format!("dashboard-message.{name}"), "DashboardMessage", message)),
    );
    all.extend(
        messages::hub_messages()
            .into_iter()
            .map(|(name, message)| golden(format!("hub-message.{name}"), "HubMessage", message)),
    );
    all.extend(
        messages::operator_messages()
            .into_iter()
            .map(|(name, message)| golden(format!("operator-message.{name}"), "OperatorMessage", message)),
    );
    all.extend(
        messages::console_messages()
            .into_iter()
            .map(|(name, message)| golden(format!("console-message.{name}"), "ConsoleMessage", message)),
    );
    all.extend(
        records::records()
            .into_iter()
            .map(|(name, record)| golden(format!("record.{name}"), "Record", record)),
    );
    all
}

fn directory() -> PathBuf {
    generated::in_workspace("crates/protocol/tests/golden")
}

#[test]
fn every_message_is_written_as_its_file_and_read_from_it() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for golden in all() {
        let path = directory().join(format!("{}.json", golden.name));
        generated::check_file(&path, &golden.text, update, "the wire format has changed: is that meant?");
        let text = fs::read_to_string(&path).unwrap();
        (golden.reads_back)(&text).unwrap_or_else(|problem| panic!("{}: {problem}", golden.name));
    }
}

#[test]
fn no_file_is_left_over() {
    let known: Vec<_> = all().into_iter().map(|golden| format!("{}.json", golden.name)).collect();
    for entry in fs::read_dir(directory()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "{name} belongs to no message");
    }
}

#[test]
fn every_variant_has_a_file() {
    let schemas: BTreeMap<_, _> = mission_control_protocol::schemas::all().into_iter().collect();
    let goldens = all();
    for kind in ["DashboardMessage", "HubMessage", "OperatorMessage", "ConsoleMessage"] {
        let tags = tags(&schemas[kind], "type");
        assert!(tags.len() > 2, "{kind}");
        for tag in tags {
            assert!(
                goldens.iter().any(|golden| golden.schema == kind && value(golden)["type"] == tag.as_str()),
                "{kind} {tag} has no golden file"
            );
        }
    }
    for tag in tags(&schemas["OperatorMessage"]["$defs"]["OperatorRequest"], "kind") {
        assert!(goldens.iter().any(|golden| value(golden)["request"]["kind"] == tag.as_str()), "{tag}");
    }
    for tag in tags(&schemas["ConsoleMessage"]["$defs"]["OperatorReply"], "kind") {
        assert!(goldens.iter().any(|golden| value(golden)["outcome"]["ok"]["kind"] == tag.as_str()), "{tag}");
    }
    let recorded: Vec<_> = records::records().into_iter().map(|(_, record)| record.kind).collect();
    assert_eq!(recorded, RecordKind::ALL);
}

fn value(golden: &Golden) -> Value {
    serde_json::from_str(&golden.text).unwrap()
}

fn tags(schema: &Value, field: &str) -> Vec<String> {
    let variants = schema["oneOf"].as_array().unwrap();
    variants.iter().map(|variant| variant["properties"][field]["const"].as_str().unwrap().into()).collect()
}

/// Objects whose keys are the producer's own, so that an unknown key is data.
const OPEN: [&str; 16] = [
    "payload",
    "payloadSchema",
    "params",
    "values",
    "result",
    "context",
    "metadata",
    "tabViews",
    "featureUsage",
    "labels",
    "body",
    "projection",
    "heardAt",
    "outcome",
    "ok",
    "error",
];

fn with_unknown_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if !OPEN.contains(&name.as_str()) {
                    with_unknown_fields(field);
                }
            }
            fields.insert("fromTheFuture".into(), json!({"x": [1, null]}));
        }
        Value::Array(items) => items.iter_mut().for_each(with_unknown_fields),
        _ => {}
    }
}

#[test]
fn unknown_fields_are_ignored_everywhere() {
    for golden in all() {
        let mut extended = value(&golden);
        with_unknown_fields(&mut extended);
        // Through text, and with the fields in another order than ours.
        let text = serde_json::to_string(&extended).unwrap();
        let result = (golden.reads_back)(&text);
        // A raw body is compared as text, and its fields come back in another order.
        let has_bodies = golden.name.ends_with("records") || golden.name.ends_with("reply.history");
        if golden.schema != "Record" && !has_bodies {
            result.unwrap_or_else(|problem| panic!("{}: {problem}", golden.name));
        }
    }
}

#[test]
fn a_tag_may_come_last() {
    let text = r#"{"partition":0,"epoch":"b7a9d0c2-1e3f-4a5b-9c8d-7e6f50413223","headSeq":2,"records":[{"seq":2,
        "at":"2026-11-22T19:58:10.042Z","dashboardId":"a","kind":"STATUS","severity":"info","body":{ "x" : 1e2 }}],
        "type":"RECORDS"}"#;
    let ConsoleMessage::Records(batch) = serde_json::from_str(text).unwrap() else { panic!("not records") };
    assert_eq!(batch.records[0].body.get(), r#"{ "x" : 1e2 }"#, "a body stays as it came");
    let reply = r#"{"type":"REPLY","requestId":7,"outcome":{"ok":{"version":3,"kind":"CONFIGURATION"}}}"#;
    assert!(serde_json::from_str::<ConsoleMessage>(reply).is_ok());
}

#[test]
fn a_console_message_that_is_none_says_why() {
    for (text, expected) in [
        (r#"{"nonce":1}"#, "missing field `type`"),
        (r#"{"type":"NEWS"}"#, "unknown variant `NEWS`"),
        (r#"{"type":"PONG"}"#, "missing field `nonce`"),
        (r#"["PONG"]"#, "an object with `type`"),
        (r#"{"type":"REPLY","requestId":1,"outcome":{"ok":{}}}"#, "missing field `kind`"),
    ] {
        let error = serde_json::from_str::<ConsoleMessage>(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

const AT: &str = "2026-11-22T19:58:03.042Z";

#[test]
fn what_is_left_out_of_a_registration_is_defaulted() {
    let config: DashboardConfig =
        read(json!({"id": "a", "type": "run-dashboard", "useCase": "u", "version": "1"}));
    assert!(config.capabilities.is_empty());
    assert_eq!(config.metadata, Default::default());
    let message: DashboardMessage =
        read(json!({"type": "REGISTER", "config": config, "session": {"epoch": samples::EPOCH}}));
    let DashboardMessage::Register { token, commands, .. } = message else { panic!("not REGISTER") };
    assert_eq!((token.as_str(), commands.len()), ("", 0));
    let result: RegistrationResult =
        read(json!({"success": true, "dashboardId": "a", "heartbeatInterval": 5000,
        "serverTime": AT, "lastSeq": 0, "frameLimit": 1024}));
    assert!(result.configuration.is_none() && result.operator_keys.is_empty());
    let declared: mission_control_protocol::CommandDeclaration =
        read(json!({"type": "X", "title": "X", "payloadSchema": {}}));
    assert_eq!((declared.description.as_str(), declared.hazard), ("", Hazard::None));
}

#[test]
fn what_is_left_out_of_a_publication_is_defaulted() {
    let event: EnrichedEvent = read(json!({"type": "X", "dashboardId": "a", "timestamp": AT}));
    assert_eq!(event.event.severity, Severity::Info);
    assert_eq!((event.event.payload, event.context), (Value::Null, Default::default()));
    let metrics: EnrichedMetrics = read(json!({"dashboardId": "a", "timestamp": AT}));
    assert_eq!(metrics.metrics, Default::default());
    let usage = json!({"activeUsers": 1, "sessionDuration": 2});
    let metrics: EnrichedMetrics = read(json!({"dashboardId": "a", "timestamp": AT, "usage": usage}));
    assert!(metrics.metrics.usage.unwrap().tab_views.is_empty());
    let alert: EnrichedAlert =
        read(json!({"type": "X", "severity": "error", "title": "t", "source": "dashboard",
        "dashboardId": "a", "timestamp": AT}));
    assert_eq!((alert.alert.message.as_str(), alert.alert.condition), ("", AlertCondition::Firing));
    assert!(alert.alert.actions.is_empty() && alert.alert.fingerprint.is_none() && alert.context.is_null());
    let host = json!({"cpuPercent": 1, "memory": {"usedBytes": 1, "totalBytes": 2},
        "disk": {"usedBytes": 1, "totalBytes": 2, "readBytesPerSecond": 0, "writeBytesPerSecond": 0},
        "network": {"receivedBytesPerSecond": 0, "sentBytesPerSecond": 0}});
    let usage: EnrichedResourceUsage = read(json!({"dashboardId": "a", "timestamp": AT, "host": host}));
    assert!(usage.usage.processes.is_empty() && usage.usage.host.name.is_none());
}

#[test]
fn what_is_left_out_of_an_exchange_is_defaulted() {
    let command =
        json!({"id": "c", "type": "X", "dashboardId": "a", "issuedBy": "o", "issuedAt": AT, "expiresAt": AT});
    let HubMessage::Command { command, signature } = read(json!({"type": "COMMAND", "command": command}))
    else {
        panic!("not COMMAND")
    };
    assert!(command.payload.is_null() && signature.is_none());
    let HubMessage::Query { query } = read(json!({"type": "QUERY", "query": {"id": "q", "type": "STATUS"}}))
    else {
        panic!("not QUERY")
    };
    assert!(query.params.is_null());
    let result = read(json!({"type": "COMMAND_RESULT", "commandId": "c", "success": true}));
    let DashboardMessage::CommandResult { seq: None, result } = result else {
        panic!("not a bare COMMAND_RESULT")
    };
    assert!(result.result.is_none() && result.error.is_none() && result.duration.is_none());
    let goodbye: DashboardMessage = read(json!({"type": "DISCONNECT"}));
    assert_eq!(goodbye, DashboardMessage::Disconnect { reason: String::new() });
    let OperatorMessage::Hello { token, cursors, .. } = read(json!({"type": "HELLO", "operator": "o"}))
    else {
        panic!("not HELLO")
    };
    assert!(token.is_empty() && cursors.is_empty());
    let request = read(json!({"kind": "ISSUE_COMMAND", "dashboardId": "a", "commandType": "X"}));
    let OperatorRequest::IssueCommand { payload: Value::Null, timeout_milliseconds: None, .. } = request
    else {
        panic!("not a bare ISSUE_COMMAND")
    };
}
