//! The state at any instant of the past, and on from there: the same as folding everything up to it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp, operator_wire::RecordBatch,
};
use mission_control_store::{Entry, LogReader, ONLY_PARTITION, OriginWriter, Projection, ReplicaWriter};
use proptest::prelude::*;
use serde_json::{json, value::to_raw_value};

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_800_000_000_000 + milliseconds)
}

/// Something that leaves a mark in the projection, `number` its mark.
fn entry(number: u64) -> Entry {
    let dashboard = ["north", "south", "west"][usize::try_from(number % 3).unwrap()];
    let (kind, body) = match number % 4 {
        0 => (
            RecordKind::Status,
            json!({"dashboardId": dashboard, "useCase": "energy", "state": "active",
                "dataStatus": {"hasData": true, "lastIngested": null, "recordCount": number}, "activeTab": "overview",
                "connectedUsers": 1,
                "performance": {"responseTime": number, "errorRate": 0.5, "throughput": 3.0}}),
        ),
        1 => (RecordKind::Event, json!({"type": "TEST", "payload": {"number": number}})),
        2 => (RecordKind::Connection, json!({"liveness": "online", "reason": "connected"})),
        _ => (
            RecordKind::Metrics,
            json!({"dashboardId": dashboard, "timestamp": "2027-01-15T08:00:00.000Z", "data": {"totalRecords": number,
                "processingRate": 1, "errorRate": 0, "dataQuality": 99}}),
        ),
    };
    Entry {
        dashboard_id: DashboardId::new(dashboard).unwrap(),
        kind,
        severity: Severity::Info,
        body: to_raw_value(&body).unwrap(),
        producer: None,
    }
}

/// The fold of all records not after `until`, in the only way that cannot be wrong; and how far it reaches.
fn folded(records: &[Record], until: Timestamp) -> (Projection, u64) {
    let mut projection = Projection::default();
    let known: Vec<_> = records.iter().filter(|record| record.at <= until).collect();
    known.iter().for_each(|record| projection.apply(record));
    (projection, known.last().map_or(0, |record| record.seq))
}

fn all(path: &Path) -> Vec<Record> {
    LogReader::open(path).unwrap().records(ONLY_PARTITION, 1, 1_000_000).unwrap()
}

/// The written form tells more than `==`: two that are equal bit by bit are written alike.
fn written(projection: &Projection) -> String {
    serde_json::to_string(projection).unwrap()
}

#[derive(Debug, Clone)]
enum Step {
    /// A group of so many records, so many milliseconds after the last.
    Append(u64, i64),
    /// The hub stops neatly, which writes a snapshot, and starts again.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u64..6, 0_i64..3).prop_map(|(records, later)| Step::Append(records, later)),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_instant_is_the_fold_of_what_came_before(steps in prop::collection::vec(step(), 1..24)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        let mut writer = OriginWriter::open(&path).unwrap();
        let (mut now, mut number) = (10, 0);
        for step in steps {
            match step {
                Step::Append(records, later) => {
                    now += later;
                    let mut entries: Vec<_> = (number..number + records).map(entry).collect();
                    number += records;
                    writer.append(at(now), &mut entries).unwrap();
                }
                Step::Restart => {
                    writer.close().unwrap();
                    writer = OriginWriter::open(&path).unwrap();
                }
            }
        }
        let records = all(&path);
        let mut reader = LogReader::open(&path).unwrap();
        let (mut walked, mut cursors) = reader.projection_at(at(0)).unwrap();
        for instant in 0..=now + 1 {
            let (expected, reached) = folded(&records, at(instant));
            let (found, found_cursors) = reader.projection_at(at(instant)).unwrap();
            prop_assert_eq!(written(&found), written(&expected), "at {}", instant);
            prop_assert_eq!(found_cursors[0].seq, reached);
            reader.advance(&mut walked, &mut cursors, at(instant)).unwrap();
            prop_assert_eq!(written(&walked), written(&expected), "walked to {}", instant);
            prop_assert_eq!(cursors[0].seq, reached);
        }
        prop_assert_eq!(written(writer.projection()), written(&reader.projection().unwrap().0));
    }
}

#[test]
fn what_fills_a_hole_counts_at_every_instant_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let origin_path = directory.path().join("log.sqlite");
    let mut origin = OriginWriter::open(&origin_path).unwrap();
    for number in 0..40_u64 {
        origin.append(at(number.cast_signed()), &mut vec![entry(number)]).unwrap();
    }
    let records = all(&origin_path);
    let path = directory.path().join("cache.sqlite");
    let batch = |range: std::ops::Range<usize>| RecordBatch {
        partition: ONLY_PARTITION,
        epoch: origin.epoch(),
        head_seq: 40,
        records: records[range].to_vec().into(),
    };
    for range in [0..5, 5..10, 30..35, 35..40] {
        let mut cache = ReplicaWriter::open(&path).unwrap();
        cache.append(&batch(range)).unwrap();
        cache.close().unwrap(); // Writes a snapshot.
    }
    let mut cache = ReplicaWriter::open(&path).unwrap();
    cache.fill(&batch(10..30), 11, 30).unwrap();
    for instant in [4, 9, 12, 29, 31, 36, 39] {
        let (found, _) = LogReader::open(&path).unwrap().projection_at(at(instant)).unwrap();
        assert_eq!(written(&found), written(&folded(&records, at(instant)).0), "at {instant}");
    }
    assert!(cache.refold().unwrap());
    assert_eq!(written(cache.projection()), written(origin.projection()));
}

#[test]
fn a_snapshot_that_cannot_be_read_is_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    for number in 0..12_u64 {
        let mut writer = OriginWriter::open(&path).unwrap();
        writer.append(at(number.cast_signed()), &mut vec![entry(number)]).unwrap();
        writer.close().unwrap();
    }
    let records = all(&path);
    let spoil = rusqlite::Connection::open(&path).unwrap();
    let spoilt = spoil.execute("UPDATE snapshots SET projection = x'5a5a' WHERE number % 2 = 0", []).unwrap();
    assert_eq!(spoilt, 6);
    spoil.execute("UPDATE snapshots SET cursors = 'none' WHERE number % 3 = 0", []).unwrap();
    for instant in 0..12 {
        let (found, _) = LogReader::open(&path).unwrap().projection_at(at(instant)).unwrap();
        assert_eq!(written(&found), written(&folded(&records, at(instant)).0), "at {instant}");
    }
    assert_eq!(OriginWriter::open(&path).unwrap().last_seq(), 12);
}
