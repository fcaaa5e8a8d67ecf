//! Reading a hub's log, or a console's cache of it, and checking what must be there.

use std::{ops::ControlFlow, path::Path};

use mission_control_protocol::{DashboardId, Record, RecordKind};
use mission_control_store::{LogReader, ONLY_PARTITION, RecordFilter};
use serde_json::Value;

/// Every record of one dashboard, of these kinds; of all dashboards and kinds when none are named.
#[must_use]
pub fn records(file: &Path, dashboard: Option<&DashboardId>, kinds: &[RecordKind]) -> Vec<Record> {
    let mut reader = LogReader::open(file).unwrap();
    let filter = RecordFilter { dashboard: dashboard.cloned(), kinds: kinds.to_vec() };
    let mut found = Vec::new();
    reader
        .scan(ONLY_PARTITION, &filter, 1, u64::MAX, |record| {
            found.push(record);
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

/// The member `n` of the payload of each of a dashboard's events, in the order of the log.
#[must_use]
pub fn event_numbers(file: &Path, dashboard: &DashboardId) -> Vec<u64> {
    let number = |record: &Record| {
        let body: Value = serde_json::from_str(record.body.get()).unwrap();
        body["payload"]["n"].as_u64()
    };
    records(file, Some(dashboard), &[RecordKind::Event]).iter().filter_map(number).collect()
}

/// Checks that the events numbered 1 to `last` are there, each once, in order, and nothing else.
pub fn assert_each_once(file: &Path, dashboard: &DashboardId, last: u64) {
    let found = event_numbers(file, dashboard);
    let wanted: Vec<u64> = (1..=last).collect();
    if found == wanted {
        return;
    }
    let first_wrong = found.iter().zip(&wanted).position(|(found, wanted)| found != wanted);
    let place = first_wrong.unwrap_or(found.len().min(wanted.len()));
    let around = &found[place.saturating_sub(2)..(place + 3).min(found.len())];
    panic!("{dashboard}: {} events for {last} sent; at place {place} stand {around:?}", found.len());
}

/// Checks that the log itself has neither a gap nor a duplicate: its records count 1, 2, 3… and their times never fall.
pub fn assert_unbroken(file: &Path) {
    let records = records(file, None, &[]);
    for (record, expected) in records.iter().zip(1..) {
        assert_eq!(record.seq, expected, "{}", file.display());
    }
    assert!(records.is_sorted_by_key(|record| record.at), "times fall in {}", file.display());
    assert!(LogReader::open(file).unwrap().holes().unwrap().is_empty(), "{} has holes", file.display());
}

/// Checks that a cache holds what the hub's log holds, the same from the first record on. The hub may have written more
/// since.
pub fn assert_copied(cache: &Path, log: &Path) {
    let (cached, original) = (records(cache, None, &[]), records(log, None, &[]));
    assert!(cached.len() <= original.len(), "{} has more than {}", cache.display(), log.display());
    for (cached, original) in cached.iter().zip(&original) {
        assert_eq!(cached, original);
    }
}
