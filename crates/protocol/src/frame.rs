//! Reading a dashboard's frames: the hub's fast path.
//!
//! The frequent kinds (`EVENT`, `METRICS`, `RESOURCE_USAGE`) are checked in full against their types without building
//! them: the body stays the text that came, ready to be stored, and is certain to parse as its type later. All other
//! kinds become an owned [`DashboardMessage`]. Only when something is wrong is the text read again, to say what and where.
//!
//! What a refusal means for the numbering: the error carries the message's `seq` when it could be read. A number so
//! refused is spent; the hub counts it as received, or one bad message would hold up all that follow it.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{
    ErrorCode, ProtocolError, RecordKind, Severity, Timestamp,
    dashboard_wire::DashboardMessage,
    shape::{self, EventShape, MetricsShape, ResourceUsageShape},
};

/// A dashboard's frame, understood.
#[derive(Debug, Clone)]
pub enum IncomingFrame<'a> {
    /// `EVENT`, `METRICS` or `RESOURCE_USAGE`.
    Publication(Publication<'a>),
    /// Anything else.
    Message(Box<DashboardMessage>),
}

/// A frequent message, checked and borrowed from its frame.
#[derive(Debug, Clone)]
pub struct Publication<'a> {
    /// The kind of record it becomes: `Event`, `Metrics` or `ResourceUsage`.
    pub kind: RecordKind,
    /// Number in the session, 1 or more.
    pub seq: u64,
    /// The dashboard it names; a valid id, and not yet compared with the registered one.
    pub dashboard_id: Cow<'a, str>,
    /// Of the event; `info` for the other kinds.
    pub severity: Severity,
    /// When it happened or was measured, by the producer's clock.
    pub timestamp: Timestamp,
    /// The `event`, `metrics` or `usage` as it came; parses as the type that `kind` names.
    pub body: &'a RawValue,
}

/// The `type` of every message a dashboard may send.
pub const DASHBOARD_MESSAGE_TYPES: [&str; 13] = [
    "REGISTER",
    "HEARTBEAT",
    "STATUS",
    "EVENT",
    "METRICS",
    "ALERT",
    "RESOURCE_USAGE",
    "WORKFLOW_UPDATE",
    "COMMAND_PROGRESS",
    "COMMAND_RESULT",
    "QUERY_RESULT",
    "CONFIG_RESULT",
    "DISCONNECT",
];

/// What is needed of any message before its kind is known. Fields that only some kinds have stay raw, so that a
/// kind without them may carry anything under their names.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    seq: Option<&'a RawValue>,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow)]
    metrics: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// Reads one text frame from a dashboard.
///
/// # Errors
/// `MALFORMED_JSON` when the text is not a JSON object, `UNKNOWN_TYPE` when its `type` is missing or none of
/// [`DASHBOARD_MESSAGE_TYPES`], `INVALID_MESSAGE` when a field is missing, of the wrong type or out of range. The text
/// names the field and the fix; `seq` is set when it could be read.
pub fn parse(text: &str) -> Result<IncomingFrame<'_>, ProtocolError> {
    // A derived struct would also read a JSON array, field by field.
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        return Err(not_an_object(text));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| bad_envelope(text, &error))?;
    let Some(kind) = envelope.kind.as_deref() else {
        return Err(unknown_type("the message has no `type`").about(lenient_seq(envelope.seq)));
    };
    let publication = match kind {
        "EVENT" => publication::<EventShape<'_>>(kind, "event", envelope.event, envelope.seq),
        "METRICS" => publication::<MetricsShape<'_>>(kind, "metrics", envelope.metrics, envelope.seq),
        "RESOURCE_USAGE" => {
            publication::<ResourceUsageShape<'_>>(kind, "usage", envelope.usage, envelope.seq)
        }
        _ => {
            return message(kind, text)
                .map(|message| IncomingFrame::Message(Box::new(message)))
                .map_err(|error| error.about(lenient_seq(envelope.seq)));
        }
    };
    publication.map(IncomingFrame::Publication).map_err(|error| error.about(lenient_seq(envelope.seq)))
}

/// The kinds that are checked without being built.
trait PublicationShape<'a>: Deserialize<'a> {
    const KIND: RecordKind;
    fn into_head(self) -> (Cow<'a, str>, Severity, Timestamp);
}

impl<'a> PublicationShape<'a> for EventShape<'a> {
    const KIND: RecordKind = RecordKind::Event;
    fn into_head(self) -> (Cow<'a, str>, Severity, Timestamp) {
        (self.dashboard_id, self.severity, self.timestamp)
    }
}

impl<'a> PublicationShape<'a> for MetricsShape<'a> {
    const KIND: RecordKind = RecordKind::Metrics;
    fn into_head(self) -> (Cow<'a, str>, Severity, Timestamp) {
        (self.dashboard_id, Severity::Info, self.timestamp)
    }
}

impl<'a> PublicationShape<'a> for ResourceUsageShape<'a> {
    const KIND: RecordKind = RecordKind::ResourceUsage;
    fn into_head(self) -> (Cow<'a, str>, Severity, Timestamp) {
        (self.dashboard_id, Severity::Info, self.timestamp)
    }
}

fn publication<'a, T: PublicationShape<'a>>(
    kind: &str,
    field: &str,
    body: Option<&'a RawValue>,
    seq: Option<&RawValue>,
) -> Result<Publication<'a>, ProtocolError> {
    let seq = required_seq(kind, seq)?;
    let body = body.ok_or_else(|| invalid(kind, "", &format!("missing field `{field}`")))?;
    if !body.get().starts_with('{') {
        return Err(invalid(kind, field, "expected an object"));
    }
    let shape: T =
        serde_json::from_str(body.get()).map_err(|error| located::<T>(kind, field, body.get(), &error))?;
    let (dashboard_id, severity, timestamp) = shape.into_head();
    Ok(Publication { kind: T::KIND, seq, dashboard_id, severity, timestamp, body })
}

fn message(kind: &str, text: &str) -> Result<DashboardMessage, ProtocolError> {
    match kind {
        "HEARTBEAT" => Ok(DashboardMessage::Heartbeat),
        "REGISTER" => owned::<shape::Register>(kind, text).map(Into::into),
        "STATUS" => owned::<shape::Status>(kind, text).map(Into::into),
        "ALERT" => {
            // The alert's own shape gives the place of a fault; the owned type flattens, which loses it.
            let alert = owned::<shape::AlertMessage>(kind, text)?;
            numbered(kind, alert.seq)?;
            Ok(alert.into())
        }
        "WORKFLOW_UPDATE" => {
            let update = owned::<shape::Workflow>(kind, text)?;
            numbered(kind, update.seq)?;
            within_progress(kind, "update.progress", update.update.progress)?;
            Ok(update.into())
        }
        "COMMAND_PROGRESS" => {
            let progress = owned::<shape::CommandProgress>(kind, text)?;
            within_progress(kind, "progress", progress.progress)?;
            Ok(progress.into())
        }
        "COMMAND_RESULT" => {
            let result = owned::<shape::CommandOutcome>(kind, text)?;
            result.seq.map_or(Ok(()), |seq| numbered(kind, seq))?;
            Ok(result.into())
        }
        "QUERY_RESULT" => owned(kind, text).map(DashboardMessage::QueryResult),
        "CONFIG_RESULT" => owned::<shape::ConfigOutcome>(kind, text).map(Into::into),
        "DISCONNECT" => owned::<shape::Disconnect>(kind, text).map(Into::into),
        other => {
            let shown: String = other.chars().take(64).collect();
            Err(unknown_type(&format!("`type` is {shown:?}")))
        }
    }
}

fn owned<'a, T: Deserialize<'a>>(kind: &str, text: &'a str) -> Result<T, ProtocolError> {
    serde_json::from_str(text).map_err(|error| located::<T>(kind, "", text, &error))
}

fn required_seq(kind: &str, seq: Option<&RawValue>) -> Result<u64, ProtocolError> {
    let raw = seq.ok_or_else(|| invalid(kind, "", "missing field `seq`"))?;
    let seq = serde_json::from_str(raw.get())
        .map_err(|_| invalid(kind, "seq", "expected a whole number, 1 or more"))?;
    numbered(kind, seq)?;
    Ok(seq)
}

fn numbered(kind: &str, seq: u64) -> Result<(), ProtocolError> {
    if seq == 0 {
        return Err(invalid(kind, "seq", "numbers count from 1 in each session epoch, but this is 0"));
    }
    Ok(())
}

fn within_progress(kind: &str, path: &str, progress: Option<f64>) -> Result<(), ProtocolError> {
    match progress {
        Some(part) if !(0.0..=1.0).contains(&part) => {
            Err(invalid(kind, path, &format!("expected a number from 0 to 1, but this is {part}")))
        }
        _ => Ok(()),
    }
}

/// The `seq` for an error to carry, if the message has a usable one.
fn lenient_seq(seq: Option<&RawValue>) -> Option<u64> {
    seq.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// Reads the text a second time, now keeping track of the place, to name the field that `error` is about.
fn located<'a, T: Deserialize<'a>>(
    kind: &str,
    root: &str,
    text: &'a str,
    error: &serde_json::Error,
) -> ProtocolError {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let (path, detail) = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(tracked) => (tracked.path().to_string(), tracked.inner().to_string()),
        Ok(_) => (String::from("."), error.to_string()),
    };
    let path = match (root, path.as_str()) {
        (root, ".") => root.to_owned(),
        ("", path) => path.to_owned(),
        (root, path) => format!("{root}.{path}"),
    };
    if path == "token" {
        // What stands there may be the secret, and this is read by others.
        return invalid(kind, &path, "expected a text");
    }
    // The place in the text says less than the path, and is relative to a part of the frame.
    let detail = detail.rsplit_once(" at line ").map_or(detail.as_str(), |(detail, _)| detail);
    invalid(kind, &path, &in_json_terms(detail))
}

/// serde names Rust's types; the reader knows JSON's.
fn in_json_terms(detail: &str) -> String {
    let Some((found, expected)) = detail.rsplit_once("expected ") else { return detail.to_owned() };
    let expected = match expected {
        "f64" => "a number",
        "u64" => "a whole number, 0 or more",
        "u32" => "a whole number from 0 to 4294967295",
        "a boolean" => "true or false",
        other => other.strip_prefix("struct ").map_or(other, |_| "an object"),
    };
    format!("{found}expected {expected}")
}

fn invalid(kind: &str, path: &str, detail: &str) -> ProtocolError {
    let detail: String = detail.chars().take(400).collect();
    let place = if path.is_empty() { String::new() } else { format!(" `{path}`:") };
    ProtocolError::new(
        ErrorCode::InvalidMessage,
        format!("{kind}:{place} {detail}. Correct the field; this message was not kept."),
    )
}

fn unknown_type(what: &str) -> ProtocolError {
    ProtocolError::new(
        ErrorCode::UnknownType,
        format!("{what}; a dashboard sends one of {}.", DASHBOARD_MESSAGE_TYPES.join(", ")),
    )
}

fn not_an_object(text: &str) -> ProtocolError {
    match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) => malformed(&error),
        Ok(_) => ProtocolError::new(
            ErrorCode::MalformedJson,
            "the frame is JSON, but not an object; send one object with a `type` in each text frame.",
        ),
    }
}

fn malformed(error: &serde_json::Error) -> ProtocolError {
    ProtocolError::new(
        ErrorCode::MalformedJson,
        format!("the frame is not JSON: {error}; send one JSON object in each text frame."),
    )
}

/// Why an object could not be read as an envelope: not JSON after all, a `type` that is not a text, or a field twice.
fn bad_envelope(text: &str, error: &serde_json::Error) -> ProtocolError {
    #[derive(Deserialize)]
    struct LooseEnvelope<'a> {
        #[serde(rename = "type", borrow)]
        kind: Option<&'a RawValue>,
        #[serde(borrow)]
        seq: Option<&'a RawValue>,
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return malformed(&error);
    }
    match serde_json::from_str::<LooseEnvelope<'_>>(text) {
        Ok(LooseEnvelope { kind: Some(kind), seq }) if !kind.get().starts_with('"') => {
            unknown_type("`type` is not a text").about(lenient_seq(seq))
        }
        Ok(LooseEnvelope { seq, .. }) => {
            let detail = error.to_string();
            let detail = detail.rsplit_once(" at line ").map_or(detail.as_str(), |(detail, _)| detail);
            invalid("message", "", detail).about(lenient_seq(seq))
        }
        Err(error) => {
            let detail = error.to_string();
            let detail = detail.rsplit_once(" at line ").map_or(detail.as_str(), |(detail, _)| detail);
            invalid("message", "", detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: &str = r#"{"type":"METRICS","seq":7,"metrics":{"dashboardId":"energy-01",
        "timestamp":"2026-11-22T19:58:21.042Z","agents":{"executionCount":1,"avgExecutionTime":2.5,
        "successRate":100,"queueLength":0}}}"#;

    fn refusal(text: &str) -> ProtocolError {
        parse(text).unwrap_err()
    }

    #[test]
    fn a_frequent_message_is_borrowed_as_it_came() {
        let Ok(IncomingFrame::Publication(publication)) = parse(METRICS) else { panic!("not a publication") };
        assert_eq!(publication.kind, RecordKind::Metrics);
        assert_eq!(publication.seq, 7);
        assert!(matches!(publication.dashboard_id, Cow::Borrowed("energy-01")));
        assert!(METRICS.contains(publication.body.get()));
    }

    #[test]
    fn a_text_for_a_number_is_named_with_its_place_and_number() {
        let error = refusal(&METRICS.replace("\"successRate\":100", "\"successRate\":\"high\""));
        assert_eq!(error.code, ErrorCode::InvalidMessage);
        assert_eq!(error.seq, Some(7));
        assert!(error.message.contains("`metrics.agents.successRate`"), "{}", error.message);
        assert!(error.message.contains("expected a number"), "{}", error.message);
    }

    #[test]
    fn a_token_is_never_repeated() {
        let error = refusal(
            r#"{"type":"REGISTER","token":8151623,"session":{"epoch":"6f1c2a34-9b1e-4c0d-8a57-3d2e5f607182"},
            "config":{"id":"a","type":"run-dashboard","useCase":"u","version":"1"}}"#,
        );
        assert!(error.message.contains("`token`"), "{}", error.message);
        assert!(!error.message.contains("8151623"), "{}", error.message);
    }

    #[test]
    fn an_array_does_not_pass_for_an_object() {
        let error = refusal(&METRICS.replace(
            r#"{"executionCount":1,"avgExecutionTime":2.5,
        "successRate":100,"queueLength":0}"#,
            "[1,2.5,100,0]",
        ));
        assert_eq!(error.code, ErrorCode::InvalidMessage);
        assert_eq!(refusal(r#"["HEARTBEAT"]"#).code, ErrorCode::MalformedJson);
        assert_eq!(refusal("17").code, ErrorCode::MalformedJson);
    }

    #[test]
    fn what_is_not_json_is_told_apart_from_what_is_not_known() {
        assert_eq!(refusal("{\"type\":\"HEARTBEAT\"").code, ErrorCode::MalformedJson);
        assert_eq!(refusal("").code, ErrorCode::MalformedJson);
        assert_eq!(refusal("{}").code, ErrorCode::UnknownType);
        assert_eq!(refusal(r#"{"type":3,"seq":4}"#).seq, Some(4));
        assert_eq!(refusal(r#"{"type":3,"seq":4}"#).code, ErrorCode::UnknownType);
        assert_eq!(refusal(r#"{"type":"event"}"#).code, ErrorCode::UnknownType);
        assert_eq!(refusal(r#"{"type":"HEARTBEAT","type":"HEARTBEAT"}"#).code, ErrorCode::InvalidMessage);
    }

    #[test]
    fn a_body_that_could_not_be_read_later_is_refused_now() {
        let event = |payload: &str| {
            format!(
                r#"{{"type":"EVENT","seq":1,"event":{{"type":"X","dashboardId":"a","timestamp":"2026-11-22T00:00:00Z","payload":{payload}}}}}"#
            )
        };
        assert!(parse(&event("{\"x\":1e300}")).is_ok());
        for payload in ["1e999", "{\"x\":[-1e999]}", r#""\ud800""#, &"[".repeat(200_000)] {
            assert!(parse(&event(payload)).is_err(), "{}", &payload[..payload.len().min(40)]);
        }
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let error = refusal(&event(&deep));
        assert_eq!(error.code, ErrorCode::InvalidMessage);
        assert!(error.message.contains("recursion limit"), "{}", error.message);
    }

    #[test]
    fn numbers_count_from_one() {
        assert_eq!(refusal(&METRICS.replace("\"seq\":7", "\"seq\":0")).code, ErrorCode::InvalidMessage);
        assert_eq!(refusal(&METRICS.replace("\"seq\":7,", "")).code, ErrorCode::InvalidMessage);
    }

    #[test]
    fn a_field_of_another_kind_is_no_concern() {
        let frame = parse(r#"{"type":"HEARTBEAT","seq":"x","event":3}"#);
        assert!(
            matches!(frame, Ok(IncomingFrame::Message(message)) if *message == DashboardMessage::Heartbeat)
        );
    }
}
