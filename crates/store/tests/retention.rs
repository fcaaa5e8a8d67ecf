//! What need not be kept goes, what is kept stays, and the two are told apart from what is missing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, path::Path, time::Duration};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp, operator_wire::RecordBatch,
};
use mission_control_store::{
    Entry, KindRetention, LogReader, ONLY_PARTITION, OriginWriter, RecordFilter, ReplicaWriter, Retention,
    Upkeep, UpkeepSettings,
};
use serde_json::{json, value::to_raw_value};
use uuid::Uuid;

const NOW: i64 = 1_800_000_000_000;
const DAY: i64 = 24 * 60 * 60 * 1_000;

fn now() -> Timestamp {
    Timestamp::from_milliseconds(NOW)
}

fn settings(retention: Retention) -> UpkeepSettings {
    UpkeepSettings {
        segment_records: 50,
        head_records: 60,
        retention,
        clock: now,
        ..UpkeepSettings::default()
    }
}

/// Every tenth record is a connection's, every third a status; the others are events.
fn kind(seq: u64) -> RecordKind {
    match seq {
        seq if seq.is_multiple_of(10) => RecordKind::Connection,
        seq if seq.is_multiple_of(3) => RecordKind::Status,
        _ => RecordKind::Event,
    }
}

fn entry(seq: u64) -> Entry {
    let body = match kind(seq) {
        RecordKind::Connection => json!({"liveness": "online", "reason": "back"}),
        // What compresses badly, so that size is what it looks like.
        _ => json!({"type": "X", "payload": {"a": Uuid::new_v4(), "b": Uuid::new_v4(), "seq": seq}}),
    };
    Entry {
        dashboard_id: DashboardId::new("energy").unwrap(),
        kind: kind(seq),
        severity: Severity::Info,
        body: to_raw_value(&body).unwrap(),
        producer: None,
    }
}

/// `count` records, ten of them every ten hours, the last of them now.
fn log(path: &Path, count: u64) -> OriginWriter {
    let mut writer = OriginWriter::open(path).unwrap();
    for last in (10..=count).step_by(10) {
        let at = NOW - i64::try_from(count - last).unwrap() * DAY / 24;
        writer.append(Timestamp::from_milliseconds(at), &mut (last - 9..=last).map(entry).collect()).unwrap();
    }
    writer
}

fn tend(path: &Path, writer: &mut OriginWriter, settings: &UpkeepSettings) {
    let mut upkeep = Upkeep::open(path, settings).unwrap();
    while let Some(piece) = upkeep.prepare().unwrap() {
        writer.tend(&piece).unwrap();
    }
}

fn seqs(path: &Path) -> Vec<u64> {
    let records: Vec<Record> = LogReader::open(path).unwrap().records(ONLY_PARTITION, 1, u32::MAX).unwrap();
    records.iter().map(|record| record.seq).collect()
}

fn days(days: u64) -> Option<Duration> {
    Some(Duration::from_secs(days * 24 * 60 * 60))
}

#[test]
fn what_is_too_old_goes_from_segments_and_head_and_the_rest_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = log(&path, 1_000);
    let projection = writer.projection().clone();
    let ten_days = settings(Retention { age: days(10), ..Retention::default() });
    tend(&path, &mut writer, &settings(Retention::forever()));
    assert_eq!(seqs(&path).len(), 1_000);
    tend(&path, &mut writer, &ten_days);
    // Ten days are 240 records; of the segment in which the tenth day begins nothing may be gone yet.
    let left = seqs(&path);
    let bulk: Vec<u64> = left.iter().copied().filter(|seq| kind(*seq) != RecordKind::Connection).collect();
    assert!(*bulk.first().unwrap() > 700 && *bulk.first().unwrap() <= 760, "{:?}", bulk.first());
    let connections = left.iter().filter(|seq| kind(**seq) == RecordKind::Connection).count();
    assert_eq!(connections, 100, "what tells who was there is kept");
    let mut reader = LogReader::open(&path).unwrap();
    let extent = reader.extents().unwrap()[0];
    assert_eq!(extent.first_seq, writer.first_seq());
    assert!((extent.first_seq..=1_000).all(|seq| left.contains(&seq)), "whole from there on");
    assert_eq!(extent.last_seq, 1_000);
    assert!(reader.holes().unwrap().is_empty());
    let since = reader.kept_since().unwrap();
    assert_eq!(since.keys().copied().collect::<Vec<_>>(), [RecordKind::Status, RecordKind::Event]);
    let filter = RecordFilter { dashboard: None, kinds: vec![RecordKind::Event] };
    let page = reader.newest(ONLY_PARTITION, &filter, u64::MAX, 10_000, u64::MAX).unwrap();
    assert!(page.records.iter().all(|record| record.seq > 700));
    // Nothing in between when there is nothing to do; and a restart goes on with the same state.
    assert!(Upkeep::open(&path, &ten_days).unwrap().prepare().unwrap().is_none());
    writer.close().unwrap();
    let mut writer = OriginWriter::open(&path).unwrap();
    assert_eq!(*writer.projection(), projection);
    assert_eq!(writer.last_seq(), 1_000);
    let appended = writer.append(Timestamp::from_milliseconds(5), &mut vec![entry(1_001)]).unwrap();
    assert_eq!((appended.records[0].seq, appended.records[0].at), (1_001, now()));
}

#[test]
fn all_of_it_may_be_too_old() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = log(&path, 300);
    let rule = KindRetention { age: Some(Duration::ZERO), bytes: None };
    let kinds: BTreeMap<_, _> =
        [RecordKind::Connection, RecordKind::Event, RecordKind::Status].map(|kind| (kind, rule)).into();
    // Long after the last record.
    let later = UpkeepSettings {
        clock: || Timestamp::from_milliseconds(NOW + DAY),
        ..settings(Retention { kinds, ..Retention::forever() })
    };
    tend(&path, &mut writer, &later);
    // What lies within a segment that is not all old enough is none: it all is.
    assert_eq!(seqs(&path), Vec::<u64>::new());
    assert_eq!(writer.first_seq(), 301);
    drop(writer);
    let mut writer = OriginWriter::open(&path).unwrap();
    assert_eq!((writer.first_seq(), writer.last_seq()), (301, 300));
    let appended = writer.append(Timestamp::from_milliseconds(0), &mut vec![entry(301)]).unwrap();
    assert!(appended.records[0].at >= now(), "time does not fall though nothing is left to tell it");
    assert_eq!(seqs(&path), [301]);
}

#[test]
fn what_is_too_much_goes_oldest_first_and_its_pages_are_used_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = log(&path, 20_000);
    let settings = |retention| UpkeepSettings { segment_records: 1_000, ..settings(retention) };
    tend(&path, &mut writer, &settings(Retention::forever()));
    let before = LogReader::open(&path).unwrap().statistics().unwrap();
    let bound = before.used_bytes * 6 / 10;
    let bounded = settings(Retention { bytes: Some(bound), ..Retention::forever() });
    tend(&path, &mut writer, &bounded);
    let after = LogReader::open(&path).unwrap().statistics().unwrap();
    assert!(after.used_bytes <= bound, "{} > {bound}", after.used_bytes);
    assert!(after.used_bytes > bound / 2, "no more than need be: {}", after.used_bytes);
    assert_eq!(after.file_bytes, before.file_bytes);
    let left = seqs(&path);
    assert!(left.ends_with(&(19_900..=20_000).collect::<Vec<_>>()));
    // A kind with a bound of its own.
    let kinds = [(RecordKind::Status, KindRetention { age: None, bytes: Some(1_000) })].into();
    tend(&path, &mut writer, &settings(Retention { kinds, ..Retention::forever() }));
    let status = LogReader::open(&path).unwrap().statistics().unwrap();
    let of = |kind| status.kinds.iter().find(|found| found.kind == kind).map_or(0, |found| found.records);
    assert!(of(RecordKind::Status) < 500, "only what the head has: {}", of(RecordKind::Status));
    assert!(of(RecordKind::Event) > 500);
}

#[test]
fn a_copy_does_not_ask_for_what_it_would_drop() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cache.sqlite");
    let mut writer = ReplicaWriter::open(&path).unwrap();
    let record = |seq: u64| {
        let Entry { dashboard_id, kind, severity, body, .. } = entry(seq);
        let at = Timestamp::from_milliseconds(NOW - i64::try_from(1_000 - seq).unwrap() * DAY / 24);
        Record { seq, at, dashboard_id, kind, severity, body }
    };
    let batch = |seqs: std::ops::RangeInclusive<u64>| RecordBatch {
        partition: ONLY_PARTITION,
        epoch: Uuid::from_u128(1),
        head_seq: 1_000,
        records: seqs.map(record).collect(),
    };
    for seqs in [1..=100, 111..=700, 991..=1_000] {
        writer.append(&batch(seqs)).unwrap();
    }
    assert_eq!(writer.holes().unwrap().len(), 2);
    let settings = settings(Retention { age: days(20), ..Retention::default() });
    let mut upkeep = Upkeep::open(&path, &settings).unwrap();
    while let Some(piece) = upkeep.prepare().unwrap() {
        writer.tend(&piece).unwrap();
    }
    let holes = writer.holes().unwrap();
    assert_eq!(holes.iter().map(|hole| (hole.first_seq, hole.last_seq)).collect::<Vec<_>>(), [(701, 990)]);
    writer.fill(&batch(701..=990), 701, 990).unwrap();
    assert!(writer.holes().unwrap().is_empty());
    assert_eq!(writer.cursors()[0].seq, 1_000);
    let left = seqs(&path);
    let first = LogReader::open(&path).unwrap().extents().unwrap()[0].first_seq;
    assert!((first..=1_000).all(|seq| left.contains(&seq)));
}

#[test]
fn what_would_go_is_told_before_it_goes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = log(&path, 2_000);
    tend(&path, &mut writer, &settings(Retention::forever()));
    let mut reader = LogReader::open(&path).unwrap();
    assert_eq!(reader.going(&Retention::forever(), now()).unwrap(), Default::default());
    let connections = KindRetention { age: days(20), bytes: None };
    let rules = [
        Retention { age: days(10), ..Retention::default() },
        Retention { kinds: [(RecordKind::Connection, connections)].into(), ..Retention::forever() },
        Retention { age: days(30), bytes: Some(200_000), ..Retention::default() },
    ];
    for rule in rules {
        let before = LogReader::open(&path).unwrap().statistics().unwrap();
        let told = reader.going(&rule, now()).unwrap();
        assert!(!told.kinds.is_empty() && told.bytes > 0, "{told:?}");
        tend(&path, &mut writer, &settings(rule.clone()));
        let after = LogReader::open(&path).unwrap().statistics().unwrap();
        for kind in &before.kinds {
            let left = after.kinds.iter().find(|left| left.kind == kind.kind).map_or(0, |left| left.records);
            let goes = told.kinds.iter().find(|told| told.kind == kind.kind).map_or(0, |told| told.records);
            // Dropping by the file's size goes on in whole segments until it fits: a segment more or less.
            let gone = kind.records - left;
            assert!(
                gone.abs_diff(goes) <= if rule.bytes.is_some() { 60 } else { 0 },
                "{rule:?}: {goes} told, {gone} gone"
            );
        }
        assert!(reader.going(&rule, now()).unwrap().kinds.is_empty() || rule.bytes.is_some());
    }
}

#[test]
fn the_areas_of_a_log_are_all_of_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = log(&path, 2_000);
    tend(&path, &mut writer, &settings(Retention::forever()));
    let storage = LogReader::open(&path).unwrap().storage(now()).unwrap();
    assert!(storage.areas.is_complete);
    let sum: u64 = storage.areas.bytes.iter().map(|(_, bytes)| bytes).sum();
    assert_eq!(sum, storage.statistics.file_bytes);
    assert!(storage.areas.bytes[0].1 > 0 && storage.areas.bytes[1].1 > 0, "{:?}", storage.areas);
    // A record an hour.
    assert!(storage.recent_records.abs_diff(7 * 24) <= 10, "{}", storage.recent_records);
    assert!(storage.disk.unwrap().free_bytes > 0);
    assert!(storage.holes.is_empty() && storage.damage.is_none());
}
