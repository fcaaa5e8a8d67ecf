//! `docs/PROTOCOL.md` against the code: its examples are the golden files, its tables come from the types.

use std::{collections::BTreeMap, fs};

use mission_control_protocol::{ErrorCode, ids, limits, schemas};
use serde_json::Value;

use crate::{generated, golden};

const END: &str = "<!-- end of generated part -->";

/// The document with every generated part written anew.
fn refreshed(document: &str, examples: &BTreeMap<String, String>) -> String {
    let mut fresh = String::new();
    let mut lines = document.lines().peekable();
    while let Some(line) = lines.next() {
        fresh.push_str(line);
        fresh.push('\n');
        let marker = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
        let part = match marker.and_then(|marker| marker.split_once(": ")) {
            Some(("golden", name)) => {
                let example = examples.get(name).unwrap_or_else(|| panic!("there is no golden file {name}"));
                format!("```json\n{example}```\n")
            }
            Some(("generated", "errors")) => errors(),
            Some(("generated", "limits")) => limits(),
            Some(("generated", other)) => panic!("no such generated part: {other}"),
            _ => continue,
        };
        // What stands there now reaches to the end marker; a new marker has nothing yet.
        let rest: Vec<_> = lines.clone().take_while(|line| !line.starts_with("<!-- ")).collect();
        if lines.clone().nth(rest.len()) == Some(END) {
            lines.nth(rest.len());
        }
        fresh.push_str(&part);
        fresh.push_str(END);
        fresh.push('\n');
    }
    fresh
}

fn errors() -> String {
    let schema = schemas::all().into_iter().find(|(name, _)| *name == "ProtocolError").unwrap().1;
    let described = schema["$defs"]["ErrorCode"]["oneOf"].as_array().unwrap();
    let mut table = String::from("| code | what it means | what to do | closes |\n|---|---|---|---|\n");
    assert_eq!(described.len(), ErrorCode::ALL.len());
    for (code, described) in ErrorCode::ALL.into_iter().zip(described) {
        let name = serde_json::to_value(code).unwrap();
        assert_eq!(name, described["const"], "ErrorCode::ALL is in another order than the type");
        let meaning = described["description"].as_str().unwrap().replace('\n', " ");
        let closes = if code.closes_connection() { "yes" } else { "" };
        assert_eq!(
            code.closes_connection(),
            meaning.contains("The connection is"),
            "{name}: the text and the code disagree on whether it closes"
        );
        let name = name.as_str().unwrap();
        table += &format!("| `{name}` | {meaning} | {} | {closes} |\n", code.remedy());
    }
    table
}

fn limits() -> String {
    let seconds = |milliseconds: u64| format!("{} s", milliseconds / 1_000);
    let rows = [
        ("Largest frame a hub accepts (`frameLimit`)", format!("{} bytes", limits::DEFAULT_FRAME_LIMIT)),
        ("Longest id", format!("{} characters", ids::ID_MAX_LENGTH)),
        ("Heartbeat interval (`heartbeatInterval`)", seconds(limits::DEFAULT_HEARTBEAT_INTERVAL_MS.into())),
        ("Silence after which a dashboard is stale", "1 interval, and a quarter".into()),
        (
            "Silence after which a dashboard is offline",
            format!("{} intervals, and a quarter", limits::OFFLINE_AFTER_INTERVALS),
        ),
        ("From connecting to `REGISTER` or `HELLO`", seconds(limits::REGISTRATION_TIMEOUT_MS)),
        (
            "Connections that have not registered; more are turned away",
            limits::UNREGISTERED_LIMIT.to_string(),
        ),
        ("From `COMMAND` to `ACCEPTED`, or anything later", seconds(limits::ACCEPT_TIMEOUT_MS)),
        (
            "From issuing a command to its result, when the operator does not say",
            seconds(limits::DEFAULT_COMMAND_TIMEOUT_MS.into()),
        ),
        ("From `QUERY` to `QUERY_RESULT`", seconds(limits::QUERY_TIMEOUT_MS)),
        (
            "A producer's clock may differ from the hub's by",
            seconds(limits::CLOCK_SKEW_LIMIT_MS.unsigned_abs()),
        ),
        ("Open alerts of one dashboard", limits::OPEN_ALERTS_LIMIT.to_string()),
        (
            "Kept of an alert: title, message, actions",
            format!(
                "{} characters, {} characters, {}",
                limits::ALERT_TITLE_LIMIT,
                limits::ALERT_MESSAGE_LIMIT,
                limits::ALERT_ACTIONS_LIMIT
            ),
        ),
        (
            "Kept of an alert's `context`, and of an action's `payload`",
            format!("{} bytes", limits::ALERT_CONTEXT_LIMIT),
        ),
        (
            "Silences, maintenance windows, inhibitions, of each; rules",
            format!("{}; {}", limits::ALERT_POLICIES_LIMIT, limits::RULES_LIMIT),
        ),
        (
            "Alerts of one rule in a minute; more are told by one that stands for all",
            limits::RULE_ALERTS_PER_MINUTE.to_string(),
        ),
        ("Messages that may wait for a slow client", limits::OUTGOING_LIMIT.to_string()),
        ("Records in one reply to `FETCH_RECORDS`", limits::FETCH_LIMIT.to_string()),
    ];
    let mut table = String::from(
        "A hub keeps to these unless it is configured otherwise.\n\n| what | limit |\n|---|---|\n",
    );
    for (what, limit) in rows {
        table += &format!("| {what} | {limit} |\n");
    }
    table
}

/// The page as it should be.
fn fresh_page() -> String {
    let examples = golden::all().into_iter().map(|golden| (golden.name, golden.text)).collect();
    refreshed(&fs::read_to_string(generated::in_workspace("docs/PROTOCOL.md")).unwrap(), &examples)
}

#[test]
fn the_protocol_page_is_fresh() {
    generated::check_file(
        &generated::in_workspace("docs/PROTOCOL.md"),
        &fresh_page(),
        generated::updating(),
        "run UPDATE_GENERATED=1 cargo test -p mission-control-protocol",
    );
}

#[test]
fn every_message_is_shown_on_the_protocol_page() {
    let document = fresh_page();
    for golden in golden::all() {
        let is_message = golden.name.contains("-message.") && golden.name != "hub-message.command.signed";
        let shown = document.contains(&format!("<!-- golden: {} -->", golden.name));
        assert!(shown || !is_message, "{} is not on the page", golden.name);
    }
}

#[test]
fn every_field_is_on_the_protocol_page() {
    let document = fresh_page();
    for (kind, schema) in schemas::all() {
        let mut missing = Vec::new();
        each_property(&schema, &mut |name| {
            if !document.contains(&format!("\"{name}\"")) && !document.contains(&format!("`{name}`")) {
                missing.push(name.to_owned());
            }
        });
        assert!(missing.is_empty(), "{kind}: {missing:?} are not on the page");
    }
}

fn each_property(schema: &Value, visit: &mut impl FnMut(&str)) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                properties.keys().for_each(|name| visit(name));
            }
            fields.values().for_each(|field| each_property(field, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| each_property(item, visit)),
        _ => {}
    }
}
