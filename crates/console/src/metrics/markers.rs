//! Alerts and commands that fall into the span of a chart.

use std::collections::BTreeSet;

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Timestamp,
    alert::AlertTransition,
    record::{AlertRecord, CommandRecord},
};
use mission_control_store::{LogReader, ONLY_PARTITION, RecordFilter, StoreError};

use super::{MetricsSource, Turn};
use crate::{
    models::status,
    plain_text::harmless,
    view::{
        metrics::{ChartMarker, ChartSeriesRequest, MarkerKind},
        requests::RequestError,
    },
};

/// Markers of one chart at most.
const MOST: usize = 200;

/// Steps of alerts and commands read at most for one dashboard.
const STEPS: u32 = 2_000;

/// Records looked at for them at most.
const LOOK_AT: u64 = 2_000_000;

/// The newest alerts and commands of the selected dashboards in the span, oldest first, and whether there are more. A
/// hub whose history cannot be read has none: its lines say so.
pub(super) fn read(
    sources: &[MetricsSource],
    request: &ChartSeriesRequest,
    turn: &Turn,
) -> Result<(Vec<ChartMarker>, bool), RequestError> {
    let mut found = Vec::new();
    let mut is_partial = false;
    for source in sources {
        let dashboards: BTreeSet<&DashboardId> = request
            .selections
            .iter()
            .filter(|selection| selection.dashboard.hub == source.hub)
            .map(|selection| &selection.dashboard.dashboard_id)
            .collect();
        if dashboards.is_empty() {
            continue;
        }
        let Ok(mut reader) = LogReader::open(&source.path) else { continue };
        for dashboard in dashboards {
            turn.go_on()?;
            match of_dashboard(&mut reader, source, dashboard, request) {
                Ok((markers, partial)) => {
                    found.extend(markers);
                    is_partial |= partial;
                }
                Err(error) => {
                    tracing::debug!(%error, "the markers of a chart cannot be read");
                    is_partial = true;
                }
            }
        }
    }
    found.sort_by(|left, right| left.at.cmp(&right.at).then_with(|| left.id.cmp(&right.id)));
    if found.len() > MOST {
        found.drain(..found.len() - MOST);
        is_partial = true;
    }
    Ok((found, is_partial))
}

fn of_dashboard(
    reader: &mut LogReader,
    source: &MetricsSource,
    dashboard: &DashboardId,
    request: &ChartSeriesRequest,
) -> Result<(Vec<ChartMarker>, bool), StoreError> {
    let filter = RecordFilter {
        dashboard: Some(dashboard.clone()),
        kinds: vec![RecordKind::Alert, RecordKind::Command],
    };
    let first = reader.seq_at(ONLY_PARTITION, Timestamp::from_milliseconds(request.from))?;
    let end = reader.seq_at(ONLY_PARTITION, Timestamp::from_milliseconds(request.to + 1))?;
    let look_at = end.saturating_sub(first).min(LOOK_AT);
    let page = reader.newest(ONLY_PARTITION, &filter, end, STEPS, look_at)?;
    let is_partial = page.next_before_seq.is_some_and(|before| before > first);
    let markers = page.records.iter().filter(|record| record.seq >= first);
    Ok((markers.filter_map(|record| marker(source, record)).collect(), is_partial))
}

/// The marker of a record that begins an alert or a command.
fn marker(source: &MetricsSource, record: &Record) -> Option<ChartMarker> {
    let (kind, title, status, id) = match record.kind {
        RecordKind::Alert => {
            let step: AlertRecord = serde_json::from_str(record.body.get()).ok()?;
            if step.transition != AlertTransition::Raised {
                return None;
            }
            let alert = step.alert?;
            let status = status::of_alert(alert.alert.severity);
            (MarkerKind::Alert, harmless(&alert.alert.title, 200), status, step.alert_id.as_str().to_owned())
        }
        RecordKind::Command => {
            let step: CommandRecord = serde_json::from_str(record.body.get()).ok()?;
            let command = step.command?;
            let status = status::of_stage(step.stage);
            (MarkerKind::Command, harmless(&command.kind, 80), status, step.command_id.as_str().to_owned())
        }
        _ => return None,
    };
    Some(ChartMarker {
        kind,
        at: record.at,
        title,
        status,
        id,
        dashboard: source.key_of(&record.dashboard_id),
        dashboard_name: source.name_of(&record.dashboard_id),
    })
}
