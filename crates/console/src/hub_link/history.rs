//! Reading what a log holds when it is opened. Blocks on the disk: for blocking threads only.

use std::{ops::ControlFlow, path::Path};

use mission_control_protocol::{RecordKind, Timestamp};
use mission_control_store::{HoleSpan, LogReader, ONLY_PARTITION, RecordFilter, StoreError};

use super::{CacheStatistics, LinkContext, LinkEvent, OpenedCache};
use crate::{
    activity::{Activity, MINUTE, MINUTES, severity_status},
    hub_state::TAIL,
    models::events,
    view::Status,
};

/// Records looked at for the newest lines of the feed.
const LOOK_AT: u64 = 200_000;
/// Newest records whose severity is looked at for the activity of the last hour; the older ones are only counted.
const WEIGHED: u64 = 100_000;

/// Everything but the projection and the cursors.
pub(super) fn read(path: &Path, now: Timestamp) -> Result<OpenedCache, StoreError> {
    let mut reader = LogReader::open(path)?;
    let filter = RecordFilter { dashboard: None, kinds: events::FED.to_vec() };
    // Some lines are no news and are left out later: read a few more.
    let wanted = u32::try_from(TAIL * 4).unwrap_or(u32::MAX);
    let newest = reader.newest(ONLY_PARTITION, &filter, u64::MAX, wanted, LOOK_AT)?;
    Ok(OpenedCache {
        current_at: reader.current_at()?,
        name: reader.hub()?.map(|hub| hub.name),
        newest: newest.records,
        activity: activity(&mut reader, now, WEIGHED)?,
        statistics: measure(&mut reader)?,
        ..OpenedCache::default()
    })
}

/// The log of the hub inside this program, whole.
pub(super) fn read_with_projection(path: &Path, now: Timestamp) -> Result<OpenedCache, StoreError> {
    let (projection, cursors) = LogReader::open(path)?.projection()?;
    let mut opened = read(path, now)?;
    opened.projection = projection;
    opened.cursors = cursors;
    Ok(opened)
}

/// Tells the core what the log comes to, measured away from the link.
pub(super) fn measure_for(context: &LinkContext) {
    let (key, path, events) = (context.key, context.log_path.clone(), context.events.clone());
    tokio::task::spawn_blocking(move || {
        if let Ok(statistics) = LogReader::open(&path).and_then(|mut reader| measure(&mut reader)) {
            let _ = events.blocking_send((key, LinkEvent::Statistics(statistics)));
        }
    });
}

/// What the log comes to.
pub(super) fn measure(reader: &mut LogReader) -> Result<CacheStatistics, StoreError> {
    let missing = reader.hole_spans()?;
    let extents = reader.extents()?;
    let spans = extents.iter().filter(|extent| extent.first_seq > 0);
    let records: u64 = spans.map(|extent| (extent.last_seq + 1).saturating_sub(extent.first_seq)).sum();
    // A hole before the first record is outside the span.
    let inside = missing.iter().filter(|span| {
        let hole = span.hole;
        extents.iter().any(|extent| extent.partition == hole.partition && extent.first_seq < hole.first_seq)
    });
    let inside: u64 = inside.map(HoleSpan::records).sum();
    Ok(CacheStatistics { records: records.saturating_sub(inside), bytes: reader.bytes()?, missing })
}

/// Records per minute of the hour before `at`: counted by their places, so that a busy hour costs no more than a quiet
/// one. The severity of the newest `weighed` records is looked at.
pub(crate) fn activity(reader: &mut LogReader, at: Timestamp, weighed: u64) -> Result<Activity, StoreError> {
    let newest = at.as_milliseconds().div_euclid(MINUTE);
    let length = i64::try_from(MINUTES).unwrap_or(i64::MAX);
    let after = at.plus_milliseconds(1);
    let boundary = |minute: i64| Timestamp::from_milliseconds(minute.saturating_mul(MINUTE)).min(after);
    let mut counts = Vec::with_capacity(MINUTES);
    let mut start = reader.seq_at(ONLY_PARTITION, boundary(newest + 1 - length))?;
    let first = start;
    for minute in newest + 1 - length..=newest {
        let end = reader.seq_at(ONLY_PARTITION, boundary(minute + 1))?;
        counts.push((minute, end.saturating_sub(start), Status::Off));
        start = end;
    }
    let filter = RecordFilter { dashboard: None, kinds: vec![RecordKind::Event, RecordKind::Alert] };
    let weighed_from = first.max(start.saturating_sub(weighed));
    reader.scan(ONLY_PARTITION, &filter, weighed_from, start.saturating_sub(1), |record| {
        let minute = record.at.as_milliseconds().div_euclid(MINUTE);
        if let Ok(index) = counts.binary_search_by_key(&minute, |(minute, ..)| *minute) {
            counts[index].2 = counts[index].2.max(severity_status(&record));
        }
        ControlFlow::Continue(())
    })?;
    let mut activity = Activity::default();
    for (minute, records, worst) in counts {
        if records > 0 {
            activity.add(minute, u32::try_from(records).unwrap_or(u32::MAX), worst);
        }
    }
    Ok(activity)
}
