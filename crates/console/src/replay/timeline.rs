//! What the scrubber is drawn from. Blocks on the disk: for blocking threads only.

use std::collections::HashMap;

use mission_control_protocol::{
    DashboardId, RecordKind, Timestamp, alert::AlertTransition, record::AlertRecord,
};
use mission_control_store::{LogReader, ONLY_PARTITION, RecordFilter, StoreError};

use super::{LogOf, changes};
use crate::{
    models::status,
    plain_text::harmless,
    view::conductor::{Timeline, TimelineAlert, TimelineRequest},
};

/// Alerts shown at most.
const ALERTS: usize = 500;
/// Changes of state shown at most.
const CHANGES: usize = 1_000;
/// Records of alerts read for them: an alert is several.
const ALERT_RECORDS: u32 = 5_000;
/// Records looked at for them.
const LOOK_AT: u64 = 2_000_000;
/// Parts at most.
const BUCKETS: u32 = 2_000;

/// A log and the names of its dashboards.
pub(crate) struct TimelineSource {
    pub(crate) log: LogOf,
    pub(crate) names: HashMap<DashboardId, String>,
}

/// Reads the timeline of all logs together. `now` is where it ends when the request does not say.
///
/// # Errors
/// Those of the disk.
pub(crate) fn read(
    sources: &[TimelineSource],
    request: TimelineRequest,
    now: Timestamp,
) -> Result<Timeline, StoreError> {
    let mut readers = Vec::with_capacity(sources.len());
    let mut earliest: Option<Timestamp> = None;
    for source in sources {
        let mut reader = LogReader::open(&source.log.path)?;
        let first = reader.records(ONLY_PARTITION, 1, 1)?.first().map(|record| record.at);
        earliest = match (earliest, first) {
            (Some(known), Some(first)) => Some(known.min(first)),
            (known, first) => known.or(first),
        };
        readers.push((source, reader));
    }
    let to = request.to.unwrap_or(now);
    let from = request.from.or(earliest).unwrap_or(to).min(to);
    let buckets = request.buckets.clamp(1, BUCKETS);
    let mut records = vec![0; buckets as usize];
    let mut alerts = Vec::new();
    let mut has_more_alerts = false;
    let mut changes = Vec::new();
    let mut has_more_changes = false;
    for (source, mut reader) in readers {
        count(&reader, from, to, &mut records)?;
        has_more_alerts |= read_alerts(source, &mut reader, from, to, &mut alerts)?;
        has_more_changes |= changes::read(source, &mut reader, (from, to), &mut changes)?;
    }
    alerts.sort_by_key(|alert| alert.at);
    if alerts.len() > ALERTS {
        has_more_alerts = true;
        alerts.drain(..alerts.len() - ALERTS);
    }
    changes.sort_by_key(|change| change.at);
    if changes.len() > CHANGES {
        has_more_changes = true;
        changes.drain(..changes.len() - CHANGES);
    }
    Ok(Timeline { earliest, from, to, records, alerts, has_more_alerts, changes, has_more_changes })
}

/// Counts by places: a bisection for each boundary, however many records lie between.
fn count(reader: &LogReader, from: Timestamp, to: Timestamp, records: &mut [u64]) -> Result<(), StoreError> {
    let span = i128::from(to.milliseconds_since(from)) + 1;
    let parts = records.len() as i128;
    let boundary = |part: i128| {
        let milliseconds = span * part / parts;
        from.plus_milliseconds(i64::try_from(milliseconds).unwrap_or(i64::MAX))
    };
    let mut start = reader.seq_at(ONLY_PARTITION, from)?;
    for (part, sum) in (1..).zip(records) {
        let end = reader.seq_at(ONLY_PARTITION, boundary(part))?;
        *sum += end.saturating_sub(start);
        start = end;
    }
    Ok(())
}

/// Returns whether there are more than were read.
fn read_alerts(
    source: &TimelineSource,
    reader: &mut LogReader,
    from: Timestamp,
    to: Timestamp,
    alerts: &mut Vec<TimelineAlert>,
) -> Result<bool, StoreError> {
    let end = reader.seq_at(ONLY_PARTITION, to.plus_milliseconds(1))?;
    let first = reader.seq_at(ONLY_PARTITION, from)?;
    let filter = RecordFilter { dashboard: None, kinds: vec![RecordKind::Alert] };
    let look_at = LOOK_AT.min(end.saturating_sub(first));
    let page = reader.newest(ONLY_PARTITION, &filter, end, ALERT_RECORDS, look_at)?;
    let mut reached_start = page.next_before_seq.is_none_or(|next| next <= first);
    for record in page.records {
        if record.at < from {
            reached_start = true;
            break;
        }
        let Ok(step) = serde_json::from_str::<AlertRecord>(record.body.get()) else { continue };
        if step.transition != AlertTransition::Raised {
            continue;
        }
        let Some(said) = step.alert else { continue };
        alerts.push(TimelineAlert {
            hub: source.log.hub,
            alert_id: step.alert_id,
            at: record.at,
            status: status::of_alert(record.severity),
            title: harmless(&said.alert.title, 120),
            dashboard_name: source
                .names
                .get(&record.dashboard_id)
                .cloned()
                .unwrap_or_else(|| record.dashboard_id.as_str().to_owned()),
        });
    }
    Ok(!reached_start)
}
