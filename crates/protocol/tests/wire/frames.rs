//! The hub's fast path agrees with the types, and nothing makes it panic.

use mission_control_protocol::{
    EnrichedEvent, EnrichedMetrics, EnrichedResourceUsage, ErrorCode, ProtocolError, RecordKind, Severity,
    dashboard_wire::DashboardMessage,
    frame::{self, IncomingFrame, Publication},
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{messages, strategies};

/// The message a frame stands for, and a check that its head says what its body says.
fn owned(frame: IncomingFrame<'_>) -> Result<DashboardMessage, String> {
    let publication = match frame {
        IncomingFrame::Message(message) => return Ok(*message),
        IncomingFrame::Publication(publication) => publication,
    };
    fn body<T: DeserializeOwned>(publication: &Publication<'_>) -> Result<T, String> {
        serde_json::from_str(publication.body.get())
            .map_err(|error| format!("accepted, but cannot be read: {error}: {}", publication.body))
    }
    let seq = publication.seq;
    let (message, dashboard_id, severity, timestamp) = match publication.kind {
        RecordKind::Event => {
            let event: EnrichedEvent = body(&publication)?;
            let head = (event.dashboard_id.clone(), event.event.severity, event.timestamp);
            (DashboardMessage::Event { seq, event }, head.0, head.1, head.2)
        }
        RecordKind::Metrics => {
            let metrics: EnrichedMetrics = body(&publication)?;
            let head = (metrics.dashboard_id.clone(), metrics.timestamp);
            (DashboardMessage::Metrics { seq, metrics }, head.0, Severity::Info, head.1)
        }
        RecordKind::ResourceUsage => {
            let usage: EnrichedResourceUsage = body(&publication)?;
            let head = (usage.dashboard_id.clone(), usage.timestamp);
            (DashboardMessage::ResourceUsage { seq, usage }, head.0, Severity::Info, head.1)
        }
        other => return Err(format!("{other:?} is not a publication")),
    };
    let head = (&*publication.dashboard_id, publication.severity, publication.timestamp);
    if head != (dashboard_id.as_str(), severity, timestamp) {
        return Err(format!("the head says {head:?}, the body {dashboard_id} {severity:?} {timestamp}"));
    }
    Ok(message)
}

#[test]
fn every_golden_message_is_understood() {
    for (name, message) in messages::dashboard_messages() {
        let text = serde_json::to_string_pretty(&message).unwrap();
        assert_eq!(owned(frame::parse(&text).unwrap()).as_ref(), Ok(&message), "{name}");
    }
}

#[test]
fn every_type_is_listed_and_no_other() {
    let mut types: Vec<_> = messages::dashboard_messages()
        .into_iter()
        .map(|(_, message)| serde_json::to_value(message).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();
    types.dedup();
    assert_eq!(types, frame::DASHBOARD_MESSAGE_TYPES);
}

/// Puts `put` in place of the value at `pointer`, or removes it.
fn broken(text: &str, pointer: &str, put: Option<Value>) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    match put {
        Some(put) => *value.pointer_mut(pointer).unwrap() = put,
        None => {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        }
    }
    value.to_string()
}

fn golden(name: &str) -> String {
    let found = messages::dashboard_messages().into_iter().find(|(known, _)| *known == name).unwrap().1;
    serde_json::to_string(&found).unwrap()
}

fn refusal(text: &str) -> ProtocolError {
    match frame::parse(text) {
        Ok(frame) => panic!("accepted: {frame:?}"),
        Err(error) => error,
    }
}

#[test]
fn a_refusal_names_the_field_what_was_expected_and_the_number() {
    // Which golden message, what is put where (or taken away), and what the refusal names, expects and numbers.
    type Case = (&'static str, &'static str, Option<Value>, &'static str, &'static str, Option<u64>);
    let cases: [Case; 18] = [
        ("event", "/event/dashboardId", None, "`event`", "missing field `dashboardId`", Some(42)),
        ("event", "/event/dashboardId", Some("a b".into()), "`event.dashboardId`", "an id is", Some(42)),
        ("event", "/event/timestamp", Some("noon".into()), "`event.timestamp`", "RFC 3339", Some(42)),
        ("event", "/event/severity", Some("bad".into()), "`event.severity`", "`critical`", Some(42)),
        ("event", "/event/context/user", Some(3.into()), "`event.context.user`", "a text", Some(42)),
        ("event", "/event", Some(3.into()), "`event`", "an object", Some(42)),
        ("event", "/seq", Some("42".into()), "`seq`", "a whole number", None),
        ("event", "/seq", None, "EVENT", "missing field `seq`", None),
        (
            "metrics",
            "/metrics/usage/tabViews/agents",
            Some("3".into()),
            "`metrics.usage.tabViews",
            "a number",
            Some(43),
        ),
        ("metrics", "/metrics/data/errorRate", None, "`metrics.data`", "missing field `errorRate`", Some(43)),
        (
            "resource-usage",
            "/usage/host/cores",
            Some((-1).into()),
            "`usage.host.cores`",
            "4294967295",
            Some(45),
        ),
        (
            "resource-usage",
            "/usage/processes/0/pid",
            Some(1.5.into()),
            "`usage.processes[0].pid`",
            "4294967295",
            Some(45),
        ),
        ("alert", "/alert/actions/1/label", None, "`alert.actions[1]`", "missing field `label`", Some(44)),
        (
            "status",
            "/status/dataStatus/hasData",
            Some(1.into()),
            "`status.dataStatus.hasData`",
            "true or false",
            None,
        ),
        (
            "workflow-update",
            "/update/progress",
            Some(1.5.into()),
            "`update.progress`",
            "from 0 to 1",
            Some(1),
        ),
        ("command-result", "/success", None, "COMMAND_RESULT", "missing field `success`", Some(46)),
        ("register", "/session/epoch", Some("one".into()), "`session.epoch`", "UUID", None),
        ("register", "/config/useCase", None, "`config`", "missing field `useCase`", None),
    ];
    for (name, pointer, put, place, reason, seq) in cases {
        let error = refusal(&broken(&golden(name), pointer, put.clone()));
        assert_eq!(error.code, ErrorCode::InvalidMessage, "{name} {pointer}: {error}");
        assert!(error.message.contains(place), "{name} {pointer}: no {place} in: {}", error.message);
        assert!(error.message.contains(reason), "{name} {pointer}: no {reason} in: {}", error.message);
        assert_eq!(error.seq, seq, "{name} {pointer}: {error}");
    }
}

#[test]
fn a_long_fault_has_a_short_message() {
    let text = broken(&golden("event"), "/event/severity", Some("x".repeat(500_000).into()));
    assert!(refusal(&text).message.len() < 1_000);
    let text = broken(&golden("event"), "/type", Some("é".repeat(500_000).into()));
    let error = refusal(&text);
    assert_eq!(error.code, ErrorCode::UnknownType);
    assert!(error.message.len() < 1_000);
}

proptest! {
    #[test]
    fn what_the_types_read_the_frame_reads(message in strategies::dashboard_message()) {
        let text = serde_json::to_string(&message).unwrap();
        let frame = frame::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(owned(frame), Ok(message));
    }

    #[test]
    fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = frame::parse(&String::from_utf8_lossy(&bytes));
    }

    /// A golden message with one value, anywhere, replaced or removed: if the frame is accepted, its type reads it, and
    /// if it is refused, its type refuses it or the frame is the stricter one in a documented way.
    #[test]
    fn a_broken_message_is_judged_as_its_type_judges_it(
        index in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        put in proptest::option::of(strategies::json()),
    ) {
        let messages = messages::dashboard_messages();
        let mut value = serde_json::to_value(&index.get(&messages).1).unwrap();
        let mut pointers = Vec::new();
        collect_pointers(&value, "", &mut pointers);
        let pointer = place.get(&pointers).clone();
        match put {
            Some(put) => *value.pointer_mut(&pointer).unwrap() = put,
            None => match value.pointer_mut(pointer.rsplit_once('/').unwrap().0).unwrap() {
                Value::Object(fields) => { fields.remove(pointer.rsplit_once('/').unwrap().1); }
                _ => return Ok(()),
            },
        }
        let text = value.to_string();
        let by_type = serde_json::from_str::<DashboardMessage>(&text);
        match frame::parse(&text) {
            Ok(frame) => prop_assert_eq!(owned(frame), by_type.map_err(|error| error.to_string())),
            Err(error) => {
                let stricter = ["expected an object", "expected a number from 0 to 1", "count from 1"];
                prop_assert!(
                    by_type.is_err() || stricter.iter().any(|reason| error.message.contains(reason)),
                    "the type accepts it, the frame says: {}", error.message
                );
            }
        }
    }

    /// A golden message with a few bytes changed: whatever is accepted can be read later.
    #[test]
    fn what_is_accepted_can_be_read_later(
        index in any::<prop::sample::Index>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
    ) {
        const PIECES: [&str; 18] = [
            "", "0", "9", "-", ".", "e9", "e999", "\"", "\\", "\\ud800", "{", "}", "[", "]", ",", ":", "null", "\u{0}",
        ];
        let messages = messages::dashboard_messages();
        let mut text: Vec<char> = serde_json::to_string(&index.get(&messages).1).unwrap().chars().collect();
        for (place, piece) in edits {
            let place = place.index(text.len());
            text.splice(place..=place, piece.get(&PIECES).chars());
        }
        let text: String = text.into_iter().collect();
        match frame::parse(&text) {
            Ok(frame) => { owned(frame).map_err(TestCaseError::fail)?; }
            Err(error) => prop_assert!(!error.message.is_empty()),
        }
    }
}

fn collect_pointers(value: &Value, pointer: &str, pointers: &mut Vec<String>) {
    let mut visit = |name: &str, value| {
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        collect_pointers(value, &pointer, pointers);
        pointers.push(pointer);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| visit(name, value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| visit(&index.to_string(), value));
        }
        _ => {}
    }
}
