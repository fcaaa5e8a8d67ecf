//! Reading a hub's frames: a message of a kind that only a newer hub knows is passed over.

use std::borrow::Cow;

use mission_control_protocol::operator_wire::ConsoleMessage;
use serde::Deserialize;

/// The messages this version knows.
const KNOWN: [&str; 9] =
    ["WELCOME", "RECORDS", "SNAPSHOT", "PRESENCE", "TOKENS", "ATTEMPTS", "PONG", "REPLY", "ERROR"];

#[derive(Deserialize)]
struct Tag<'frame> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'frame, str>,
}

/// Reads a frame; `None` for a message that only a newer hub knows.
pub(super) fn read(frame: &str) -> Result<Option<ConsoleMessage>, serde_json::Error> {
    serde_json::from_str(frame).map(Some).or_else(|error| match serde_json::from_str::<Tag<'_>>(frame) {
        Ok(tag) if !KNOWN.contains(&tag.kind.as_ref()) => Ok(None),
        _ => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mission_control_protocol::{
        DashboardId, ErrorCode, ProtocolError, Record, RecordKind, Severity, Timestamp,
        operator_wire::{OperatorReply, PartitionExtent, RecordBatch, RequestOutcome},
    };
    use serde_json::{json, value::to_raw_value};
    use uuid::Uuid;

    use super::*;

    fn batch() -> RecordBatch {
        let record = Record {
            seq: 9,
            at: Timestamp::from_milliseconds(5),
            dashboard_id: DashboardId::new("a").unwrap(),
            kind: RecordKind::Event,
            severity: Severity::Info,
            body: to_raw_value(&json!({"n": 1.0})).unwrap(),
        };
        RecordBatch { partition: 0, epoch: Uuid::from_u128(3), head_seq: 12, records: Arc::from([record]) }
    }

    #[test]
    fn every_message_survives_the_wire() {
        for message in [
            ConsoleMessage::Records(batch()),
            ConsoleMessage::Reply {
                request_id: 4,
                outcome: RequestOutcome::Ok(OperatorReply::Records(batch())),
            },
            ConsoleMessage::Reply { request_id: 4, outcome: RequestOutcome::Ok(OperatorReply::Done) },
            ConsoleMessage::Reply {
                request_id: 4,
                outcome: RequestOutcome::Error(ProtocolError::new(ErrorCode::AlertUnknown, "no such alert")),
            },
            ConsoleMessage::Pong { nonce: 3 },
            ConsoleMessage::Error(ProtocolError::new(ErrorCode::TokenInvalid, "no")),
            ConsoleMessage::Presence {
                heard_at: [(DashboardId::new("a").unwrap(), Timestamp::from_milliseconds(5))].into(),
            },
            ConsoleMessage::Welcome {
                hub_id: Uuid::from_u128(1),
                hub_name: "North".to_owned(),
                version: "0.1.0".to_owned(),
                server_time: Timestamp::from_milliseconds(5),
                heartbeat_interval: 5_000,
                partitions: vec![PartitionExtent {
                    partition: 0,
                    epoch: Uuid::from_u128(3),
                    first_seq: 1,
                    last_seq: 12,
                }],
            },
        ] {
            let frame = serde_json::to_string(&message).unwrap();
            assert_eq!(read(&frame).unwrap(), Some(message), "{frame}");
        }
    }

    #[test]
    fn a_newer_message_is_passed_over_and_nonsense_refused() {
        assert_eq!(read(r#"{"type": "FUTURE", "x": 1}"#).unwrap(), None);
        assert!(read(r#"{"type": "RECORDS"}"#).is_err());
        assert!(read("[]").is_err());
    }
}
