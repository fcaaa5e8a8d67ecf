//! The log as a hub writes it and a console copies it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;

use mission_control_protocol::{
    DashboardId, Record, RecordKind, SessionEpoch, Severity, Timestamp, operator_wire::RecordBatch,
};
use mission_control_store::{
    Entry, HubIdentity, LogReader, ONLY_PARTITION, OriginWriter, ProducerSequence, Projection, RecordFilter,
    ReplicaWriter, StoreError,
};
use proptest::prelude::*;
use serde_json::{json, value::to_raw_value};
use tempfile::TempDir;
use uuid::Uuid;

fn id(text: &str) -> DashboardId {
    DashboardId::new(text).unwrap()
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_800_000_000_000 + milliseconds)
}

fn entry(dashboard: &str, kind: RecordKind, body: &serde_json::Value) -> Entry {
    Entry {
        dashboard_id: id(dashboard),
        kind,
        severity: Severity::Info,
        body: to_raw_value(body).unwrap(),
        producer: None,
    }
}

fn event(dashboard: &str, number: u64) -> Entry {
    entry(dashboard, RecordKind::Event, &json!({"type": "TEST", "payload": {"number": number}}))
}

fn numbered(dashboard: &str, epoch: u128, seq: u64) -> Entry {
    let sequence = ProducerSequence { epoch: SessionEpoch(Uuid::from_u128(epoch)), seq };
    Entry { producer: Some((id(dashboard), sequence)), ..event(dashboard, seq) }
}

fn status(dashboard: &str, response_time: f64) -> Entry {
    entry(
        dashboard,
        RecordKind::Status,
        &json!({"dashboardId": dashboard, "useCase": "energy", "state": "active",
            "dataStatus": {"hasData": true, "lastIngested": null, "recordCount": 5}, "activeTab": "overview",
            "connectedUsers": 1,
            "performance": {"responseTime": response_time, "errorRate": 0.5, "throughput": 3.0}}),
    )
}

fn log() -> (TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    (directory, path)
}

fn all(path: &std::path::Path) -> Vec<Record> {
    LogReader::open(path).unwrap().records(ONLY_PARTITION, 1, 1_000_000).unwrap()
}

#[test]
fn what_was_appended_is_there_after_reopening() {
    let (_directory, path) = log();
    let mut writer = OriginWriter::open(&path).unwrap();
    let epoch = writer.epoch();
    writer.append(at(0), &mut vec![event("a", 1), event("b", 2)]).unwrap();
    drop(writer); // No close: as after a crash.
    let writer = OriginWriter::open(&path).unwrap();
    assert_eq!((writer.epoch(), writer.last_seq()), (epoch, 2));
    let records = all(&path);
    assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(records[1].dashboard_id, id("b"));
    assert_eq!(records[1].body.get(), r#"{"payload":{"number":2},"type":"TEST"}"#);
}

#[test]
fn time_never_falls() {
    let (_directory, path) = log();
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(1_000), &mut vec![event("a", 1)]).unwrap();
    writer.append(at(10), &mut vec![event("a", 2)]).unwrap();
    drop(writer);
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(20), &mut vec![event("a", 3)]).unwrap();
    assert!(all(&path).iter().all(|record| record.at == at(1_000)));
}

#[test]
fn what_a_producer_sends_twice_is_kept_once_over_a_restart_too() {
    let (_directory, path) = log();
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(0), &mut vec![numbered("a", 1, 1), numbered("a", 1, 2), numbered("a", 1, 2)]).unwrap();
    drop(writer);
    let mut writer = OriginWriter::open(&path).unwrap();
    assert_eq!(writer.watermarks()[&id("a")].seq, 2);
    let appended = writer.append(at(1), &mut vec![numbered("a", 1, 1), numbered("a", 1, 3)]).unwrap();
    assert_eq!((appended.records.len(), appended.duplicates), (1, 1));
    // A new session counts from one again.
    let appended = writer.append(at(2), &mut vec![numbered("a", 2, 1)]).unwrap();
    assert_eq!((appended.records.len(), appended.duplicates), (1, 0));
    assert_eq!(all(&path).len(), 4);
}

#[test]
fn a_group_that_cannot_be_written_can_be_tried_again() {
    let (_directory, path) = log();
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(0), &mut vec![numbered("a", 1, 1)]).unwrap();
    // Another connection holds the file's write lock, as a stalled disk would.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut entries = vec![numbered("a", 1, 2), numbered("new", 1, 1)];
    assert!(writer.append(at(1), &mut entries).is_err());
    assert_eq!((entries.len(), writer.last_seq(), writer.watermarks().len()), (2, 1, 1));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(writer.append(at(1), &mut entries).unwrap().records.len(), 2);
    assert!(entries.is_empty());
    assert_eq!(all(&path).iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_time_is_found_by_bisecting() {
    let (_directory, path) = log();
    let mut writer = OriginWriter::open(&path).unwrap();
    for number in 0..100 {
        writer.append(at(number * 10), &mut vec![event("a", 0), event("a", 1)]).unwrap();
    }
    let reader = LogReader::open(&path).unwrap();
    assert_eq!(reader.seq_at(ONLY_PARTITION, at(-5)).unwrap(), 1);
    assert_eq!(reader.seq_at(ONLY_PARTITION, at(500)).unwrap(), 101);
    assert_eq!(reader.seq_at(ONLY_PARTITION, at(501)).unwrap(), 103);
    assert_eq!(reader.seq_at(ONLY_PARTITION, at(99_999)).unwrap(), 201);
}

#[test]
fn pages_go_back_through_one_dashboards_records_without_gap_or_repeat() {
    let (_directory, path) = log();
    let mut writer = OriginWriter::open(&path).unwrap();
    let mut entries =
        (0..1_000).map(|number| event(if number % 7 == 0 { "rare" } else { "common" }, number)).collect();
    writer.append(at(0), &mut entries).unwrap();
    let mut reader = LogReader::open(&path).unwrap();
    let filter = RecordFilter { dashboard: Some(id("rare")), kinds: vec![RecordKind::Event] };
    for look_at in [37, 1_000_000] {
        let mut found = Vec::new();
        let mut before = u64::MAX;
        loop {
            let page = reader.newest(ONLY_PARTITION, &filter, before, 10, look_at).unwrap();
            found.extend(page.records.iter().map(|record| record.seq));
            match page.next_before_seq {
                Some(next) => before = next,
                None => break,
            }
        }
        let expected: Vec<u64> = (1..=1_000).rev().filter(|seq| (seq - 1) % 7 == 0).collect();
        assert_eq!(found, expected);
    }
    let nobody = RecordFilter { dashboard: Some(id("nobody")), kinds: Vec::new() };
    assert!(reader.newest(ONLY_PARTITION, &nobody, u64::MAX, 10, 100).unwrap().records.is_empty());
}

#[test]
fn a_scan_stops_when_told() {
    let (_directory, path) = log();
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(0), &mut (0..50).map(|number| event("a", number)).collect()).unwrap();
    let mut seen = Vec::new();
    LogReader::open(&path)
        .unwrap()
        .scan(ONLY_PARTITION, &RecordFilter::default(), 10, 40, |record| {
            seen.push(record.seq);
            if record.seq == 12 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(seen, [10, 11, 12]);
}

#[test]
fn a_projection_from_a_snapshot_and_a_tail_is_the_same_as_from_the_start() {
    let (_directory, path) = log();
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(0), &mut vec![status("a", 10.0), event("a", 1)]).unwrap();
    writer.close().unwrap();
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(5), &mut vec![status("a", 20.0), event("a", 2), status("b", 1.0)]).unwrap();
    let (projection, cursors) = LogReader::open(&path).unwrap().projection().unwrap();
    assert_eq!(cursors[0].seq, 5);
    assert_eq!(&projection, writer.projection());
    let mut folded = Projection::default();
    all(&path).iter().for_each(|record| folded.apply(record));
    assert_eq!(folded, projection);
    assert_eq!(folded.dashboards[&id("a")].event_count, 2);
    assert_eq!(folded.dashboards[&id("a")].response_times.len(), 2);
}

#[test]
fn a_body_of_the_wrong_type_is_counted_and_changes_nothing_else() {
    let (_directory, path) = log();
    let mut writer = OriginWriter::open(&path).unwrap();
    writer
        .append(at(0), &mut vec![status("a", 1.0), entry("a", RecordKind::Status, &json!({"state": 3}))])
        .unwrap();
    assert_eq!(writer.projection().unreadable, 1);
    assert!(writer.projection().dashboards[&id("a")].status.is_some());
}

fn batch(epoch: u128, records: &[Record]) -> RecordBatch {
    RecordBatch {
        partition: ONLY_PARTITION,
        epoch: Uuid::from_u128(epoch),
        head_seq: records.last().map_or(0, |record| record.seq),
        records: records.to_vec().into(),
    }
}

fn records(range: std::ops::RangeInclusive<u64>) -> Vec<Record> {
    range
        .map(|seq| Record {
            seq,
            at: at(seq.cast_signed()),
            dashboard_id: id(if seq % 2 == 0 { "even" } else { "odd" }),
            kind: RecordKind::Event,
            severity: Severity::Info,
            body: to_raw_value(&json!({"seq": seq})).unwrap(),
        })
        .collect()
}

#[test]
fn a_copy_takes_each_record_once_whatever_is_sent_again() {
    let (_directory, path) = log();
    let mut writer = ReplicaWriter::open(&path).unwrap();
    assert_eq!(writer.append(&batch(1, &records(1..=5))).unwrap().len(), 5);
    assert_eq!(writer.append(&batch(1, &records(3..=8))).unwrap().len(), 3);
    assert_eq!(writer.append(&batch(1, &records(1..=8))).unwrap().len(), 0);
    drop(writer);
    let writer = ReplicaWriter::open(&path).unwrap();
    assert_eq!(writer.cursors()[0].seq, 8);
    assert_eq!(all(&path), records(1..=8));
    assert!(writer.holes().unwrap().is_empty());
}

#[test]
fn a_hole_is_seen_and_filled_piece_by_piece() {
    let (_directory, path) = log();
    let mut writer = ReplicaWriter::open(&path).unwrap();
    writer.append(&batch(1, &records(1..=5))).unwrap();
    writer.append(&batch(1, &records(21..=25))).unwrap();
    let hole = writer.holes().unwrap()[0];
    assert_eq!((hole.first_seq, hole.last_seq), (6, 20));
    writer.fill(&batch(1, &records(6..=10)), 6, 10).unwrap();
    let hole = writer.holes().unwrap()[0];
    assert_eq!((hole.first_seq, hole.last_seq), (11, 20));
    // Of the rest the hub has only a part left.
    writer.fill(&batch(1, &records(15..=20)), 11, 20).unwrap();
    assert!(writer.holes().unwrap().is_empty());
    let seqs: Vec<_> = all(&path).iter().map(|record| record.seq).collect();
    assert_eq!(seqs, (1..=10).chain(15..=25).collect::<Vec<_>>());
    assert!(writer.refold().unwrap());
    assert!(!writer.refold().unwrap());
    assert_eq!(writer.projection().dashboards[&id("even")].event_count, 10);
}

#[test]
fn another_life_of_the_log_is_noticed_and_nothing_of_it_taken() {
    let (_directory, path) = log();
    let mut writer = ReplicaWriter::open(&path).unwrap();
    writer.append(&batch(1, &records(1..=5))).unwrap();
    assert!(matches!(writer.append(&batch(2, &records(1..=2))), Err(StoreError::EpochChanged { .. })));
    assert_eq!(writer.cursors()[0].seq, 5);
}

#[test]
fn a_batch_with_a_hole_inside_is_refused_whole() {
    let (_directory, path) = log();
    let mut writer = ReplicaWriter::open(&path).unwrap();
    let mut broken = records(1..=5);
    broken.remove(2);
    assert!(matches!(
        writer.append(&batch(1, &broken)),
        Err(StoreError::OutOfOrder { expected: 3, found: 4 })
    ));
    assert!(all(&path).is_empty());
}

#[test]
fn a_copy_remembers_whose_it_is_and_when_it_was_current() {
    let (_directory, path) = log();
    let mut writer = ReplicaWriter::open(&path).unwrap();
    assert_eq!(LogReader::open(&path).unwrap().current_at().unwrap(), None);
    let hub = HubIdentity { id: Uuid::from_u128(7), name: "ops-hub".to_owned() };
    writer.note_hub(&hub).unwrap();
    writer.note_current(at(3)).unwrap();
    writer.close().unwrap();
    let reader = LogReader::open(&path).unwrap();
    assert_eq!(reader.current_at().unwrap(), Some(at(3)));
    assert_eq!(reader.hub().unwrap(), Some(hub));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// However producers resend and groups fall, each number is there exactly once, in its producer's order.
    #[test]
    fn exactly_once_in_effect(
        groups in prop::collection::vec(prop::collection::vec((0_u8..3, 1_u64..6), 0..12), 1..12),
        reopen in prop::collection::vec(any::<bool>(), 12),
    ) {
        let (_directory, path) = log();
        let mut writer = OriginWriter::open(&path).unwrap();
        let mut sent = [0_u64; 3];
        for (group, reopen) in groups.iter().zip(&reopen) {
            let mut entries = Vec::new();
            for (producer, back) in group {
                // A client sends its next number, or goes back a little and sends again from there.
                let producer = usize::from(*producer);
                let from = (sent[producer] + 1).saturating_sub(back - 1).max(1);
                for seq in from..=sent[producer] + 1 {
                    entries.push(numbered(&format!("p{producer}"), 1, seq));
                }
                sent[producer] += 1;
            }
            writer.append(at(0), &mut entries).unwrap();
            if *reopen {
                drop(writer);
                writer = OriginWriter::open(&path).unwrap();
            }
        }
        let records = all(&path);
        for (producer, last) in sent.iter().enumerate() {
            let numbers: Vec<u64> = records
                .iter()
                .filter(|record| record.dashboard_id.as_str() == format!("p{producer}"))
                .map(|record| {
                    serde_json::from_str::<serde_json::Value>(record.body.get()).unwrap()["payload"]["number"]
                        .as_u64()
                        .unwrap()
                })
                .collect();
            prop_assert_eq!(numbers, (1..=*last).collect::<Vec<_>>());
        }
    }
}
