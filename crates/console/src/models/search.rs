//! Hits of a search, as lines.

use mission_control_protocol::Record;
use serde_json::Value;

use super::events;
use crate::{
    hub_state::HubState,
    plain_text::harmless,
    view::{Status, search::SearchRow},
};

/// The line of `record`: as the event feed has it, and for what is no news there, its kind and body.
pub(crate) fn row(hub: &HubState, record: &Record) -> SearchRow {
    let line = events::row(hub, record);
    let (status, type_name, summary) = match line {
        Some(line) => (line.status, line.kind, line.summary),
        None => {
            let body: Value = serde_json::from_str(record.body.get()).unwrap_or_default();
            let kind = serde_json::to_value(record.kind).ok();
            let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
            (Status::Standby, kind, events::summary(&body))
        }
    };
    SearchRow {
        dashboard: hub.dashboard_key(&record.dashboard_id),
        dashboard_name: hub.dashboard_name(&record.dashboard_id),
        seq: record.seq,
        at: record.at,
        kind: record.kind,
        severity: record.severity,
        status,
        type_name: harmless(&type_name, 80),
        summary,
    }
}
