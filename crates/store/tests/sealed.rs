//! A log whose old records are sealed reads exactly as one whose are not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp, operator_wire::RecordBatch,
};
use mission_control_store::{
    Entry, LogReader, OriginWriter, PreparedUpkeep, RecordFilter, ReplicaWriter, Retention, StoreError,
    Upkeep, UpkeepSettings,
};
use proptest::prelude::*;
use serde_json::{json, value::to_raw_value};
use tempfile::TempDir;
use uuid::Uuid;

const KINDS: [RecordKind; 4] =
    [RecordKind::Event, RecordKind::Status, RecordKind::Alert, RecordKind::Connection];

fn settings(segment_records: usize, head_records: u64) -> UpkeepSettings {
    UpkeepSettings {
        segment_records,
        head_records,
        retention: Retention::forever(),
        ..UpkeepSettings::default()
    }
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_800_000_000_000 + milliseconds)
}

/// A record that differs from its neighbours in everything.
fn record(seq: u64) -> Record {
    let kind = KINDS[usize::try_from(seq * 7 % 11 % 4).unwrap()];
    let body = match kind {
        RecordKind::Connection => json!({"liveness": "online", "reason": format!("number {seq}")}),
        _ => {
            json!({"type": "TEST", "payload": {"number": seq, "text": "ü\"\n".repeat(usize::try_from(seq % 5).unwrap())}})
        }
    };
    Record {
        seq,
        at: at((seq / 3 * 10).cast_signed()),
        dashboard_id: DashboardId::new(&format!("d{}", seq * 5 % 7)).unwrap(),
        kind,
        severity: Severity::from_code(u8::try_from(seq * 3 % 5).unwrap()),
        body: to_raw_value(&body).unwrap(),
    }
}

/// What every way of reading says of the log.
fn read(path: &Path, partitions: u16) -> String {
    use std::fmt::Write;
    let mut reader = LogReader::open(path).unwrap();
    let mut told = String::new();
    writeln!(told, "{:?} {:?}", reader.extents().unwrap(), reader.holes().unwrap()).unwrap();
    let filters = [
        RecordFilter::default(),
        RecordFilter { dashboard: Some(DashboardId::new("d3").unwrap()), kinds: Vec::new() },
        RecordFilter { dashboard: None, kinds: vec![RecordKind::Alert, RecordKind::Event] },
        RecordFilter { dashboard: Some(DashboardId::new("d1").unwrap()), kinds: vec![RecordKind::Status] },
    ];
    for partition in 0..partitions {
        for filter in &filters {
            let mut found = Vec::new();
            reader
                .scan(partition, filter, 3, 70, |record| {
                    found.push(record);
                    std::ops::ControlFlow::Continue(())
                })
                .unwrap();
            writeln!(told, "{found:?}").unwrap();
            for look_at in [9, 1_000_000] {
                let (mut before, mut found) = (u64::MAX, Vec::new());
                loop {
                    let page = reader.newest(partition, filter, before, 4, look_at).unwrap();
                    found
                        .extend(page.records.iter().map(|record| (record.seq, record.body.get().to_owned())));
                    match page.next_before_seq {
                        Some(next) => {
                            assert!(next < before, "each page leads on");
                            before = next;
                        }
                        None => break,
                    }
                }
                writeln!(told, "{found:?}").unwrap();
            }
        }
        for milliseconds in (-10..400).step_by(5) {
            write!(told, "{} ", reader.seq_at(partition, at(milliseconds)).unwrap()).unwrap();
        }
        writeln!(told, "{:?}", reader.records(partition, 5, 30).unwrap()).unwrap();
    }
    writeln!(told, "{}", serde_json::to_string(&reader.projection().unwrap()).unwrap()).unwrap();
    assert_eq!(reader.damage(), []);
    told
}

/// Does up to `pieces` pieces of upkeep.
fn tend(
    path: &Path,
    settings: &UpkeepSettings,
    pieces: usize,
    mut tend: impl FnMut(&PreparedUpkeep) -> Result<(), StoreError>,
) -> usize {
    let mut upkeep = Upkeep::open(path, settings).unwrap();
    for done in 0..pieces {
        let Some(piece) = upkeep.prepare().unwrap() else { return done };
        tend(&piece).unwrap();
    }
    pieces
}

fn rows(path: &Path, table: &str) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

struct Files {
    _directory: TempDir,
    plain: PathBuf,
    sealed: PathBuf,
}

fn files() -> Files {
    let directory = tempfile::tempdir().unwrap();
    let (plain, sealed) = (directory.path().join("plain.sqlite"), directory.path().join("sealed.sqlite"));
    Files { _directory: directory, plain, sealed }
}

#[derive(Debug, Clone)]
enum OriginStep {
    Append(u64),
    Tend(usize),
    Reopen,
}

fn origin_step() -> impl Strategy<Value = OriginStep> {
    prop_oneof![
        4 => (1_u64..25).prop_map(OriginStep::Append),
        3 => (1_usize..4).prop_map(OriginStep::Tend),
        1 => Just(OriginStep::Reopen),
    ]
}

#[derive(Debug, Clone)]
enum ReplicaStep {
    /// Copies so many records of a partition after skipping so many.
    Append {
        partition: u16,
        skip: u64,
        records: u64,
    },
    /// Fills so many records into the nth hole, from its end if so, of which the hub has only every other one if so.
    Fill {
        hole: usize,
        records: u64,
        from_end: bool,
        partly: bool,
    },
    Tend(usize),
    Reopen,
}

fn replica_step() -> impl Strategy<Value = ReplicaStep> {
    prop_oneof![
        4 => (0_u16..2, prop_oneof![3 => Just(0_u64), 1 => 1_u64..20], 1_u64..20)
            .prop_map(|(partition, skip, records)| ReplicaStep::Append { partition, skip, records }),
        3 => (0_usize..4, 1_u64..12, any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(hole, records, from_end, partly)| ReplicaStep::Fill { hole, records, from_end, partly }),
        3 => (1_usize..5).prop_map(ReplicaStep::Tend),
        1 => Just(ReplicaStep::Reopen),
    ]
}

fn batch(partition: u16, seqs: impl Iterator<Item = u64>) -> RecordBatch {
    RecordBatch { partition, epoch: Uuid::from_u128(9), head_seq: 0, records: seqs.map(record).collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn an_origin_reads_the_same(
        steps in prop::collection::vec(origin_step(), 1..14),
        records in 1_usize..12,
        head in 0_u64..20,
    ) {
        let files = files();
        let settings = settings(records, head);
        let mut plain = OriginWriter::open(&files.plain).unwrap();
        let mut sealed = OriginWriter::open(&files.sealed).unwrap();
        for step in steps {
            match step {
                OriginStep::Append(count) => {
                    for writer in [&mut plain, &mut sealed] {
                        let first = writer.last_seq() + 1;
                        for record in (first..first + count).map(record) {
                            let entry = Entry {
                                dashboard_id: record.dashboard_id,
                                kind: record.kind,
                                severity: record.severity,
                                body: record.body,
                                producer: None,
                            };
                            writer.append(record.at, &mut vec![entry]).unwrap();
                        }
                    }
                }
                OriginStep::Tend(pieces) => {
                    tend(&files.sealed, &settings, pieces, |piece| sealed.tend(piece));
                }
                OriginStep::Reopen => {
                    drop(sealed);
                    sealed = OriginWriter::open(&files.sealed).unwrap();
                }
            }
        }
        prop_assert_eq!(sealed.last_seq(), plain.last_seq());
        let epoch = |told: String, writer: &OriginWriter| told.replace(&writer.epoch().to_string(), "EPOCH");
        prop_assert_eq!(epoch(read(&files.sealed, 1), &sealed), epoch(read(&files.plain, 1), &plain));
    }

    #[test]
    fn a_replica_reads_the_same_whatever_is_missing_and_filled_in(
        steps in prop::collection::vec(replica_step(), 1..18),
        records in 1_usize..12,
        head in 0_u64..12,
    ) {
        let files = files();
        let settings = settings(records, head);
        let mut plain = ReplicaWriter::open(&files.plain).unwrap();
        let mut sealed = ReplicaWriter::open(&files.sealed).unwrap();
        for step in steps {
            match step {
                ReplicaStep::Append { partition, skip, records } => {
                    for writer in [&mut plain, &mut sealed] {
                        let cursors = writer.cursors();
                        let cursor = cursors.iter().find(|cursor| cursor.partition == partition);
                        let first = cursor.map_or(0, |cursor| cursor.seq) + skip + 1;
                        writer.append(&batch(partition, first..first + records)).unwrap();
                    }
                }
                ReplicaStep::Fill { hole, records, from_end, partly } => {
                    for (writer, path) in [(&mut plain, &files.plain), (&mut sealed, &files.sealed)] {
                        let Some(hole) = writer.holes().unwrap().get(hole).copied() else { continue };
                        let (first, last) = if from_end {
                            (hole.first_seq.max((hole.last_seq + 1).saturating_sub(records)), hole.last_seq)
                        } else {
                            (hole.first_seq, hole.last_seq.min(hole.first_seq + records - 1))
                        };
                        // What was there already is sent again with it.
                        let from = first.saturating_sub(2).max(1);
                        let seqs = (from..=last).filter(|seq| !partly || seq % 2 == 0);
                        let there: Vec<u64> = LogReader::open(path)
                            .unwrap()
                            .records(hole.partition, from, 100)
                            .unwrap()
                            .iter()
                            .map(|record| record.seq)
                            .collect();
                        let seqs = seqs.filter(|seq| *seq >= first || there.contains(seq));
                        writer.fill(&batch(hole.partition, seqs), first, last).unwrap();
                    }
                }
                ReplicaStep::Tend(pieces) => {
                    tend(&files.sealed, &settings, pieces, |piece| sealed.tend(piece));
                }
                ReplicaStep::Reopen => {
                    drop(sealed);
                    sealed = ReplicaWriter::open(&files.sealed).unwrap();
                }
            }
        }
        prop_assert_eq!(read(&files.sealed, 2), read(&files.plain, 2));
    }
}

/// A log of `count` records, sealed as far as it goes.
fn sealed_replica(path: &Path, count: u64, settings: &UpkeepSettings) -> ReplicaWriter {
    let mut writer = ReplicaWriter::open(path).unwrap();
    writer.append(&batch(0, 1..=count)).unwrap();
    tend(path, settings, usize::MAX, |piece| writer.tend(piece));
    writer
}

#[test]
fn sealing_moves_rows_from_the_head_and_ends() {
    let files = files();
    let writer = sealed_replica(&files.sealed, 1_000, &settings(64, 100));
    assert_eq!(rows(&files.sealed, "segments"), 14);
    assert_eq!(rows(&files.sealed, "log"), 1_000 - 14 * 64);
    drop(writer);
    assert_eq!(
        LogReader::open(&files.sealed).unwrap().records(0, 1, 2_000).unwrap(),
        (1..=1_000).map(record).collect::<Vec<_>>()
    );
}

#[test]
fn what_changed_meanwhile_is_not_sealed_from_what_it_was() {
    let files = files();
    let mut writer = ReplicaWriter::open(&files.sealed).unwrap();
    writer.append(&batch(0, 1..=4)).unwrap();
    writer.append(&batch(0, 8..=40)).unwrap();
    writer.fill(&batch(0, std::iter::empty()), 5, 5).unwrap();
    let mut upkeep = Upkeep::open(&files.sealed, &settings(10, 0)).unwrap();
    let piece = upkeep.prepare().unwrap().unwrap();
    // A record comes in where the segment is being made.
    writer.fill(&batch(0, 6..=7), 6, 7).unwrap();
    writer.tend(&piece).unwrap();
    assert_eq!(rows(&files.sealed, "segments"), 0);
    tend(&files.sealed, &settings(10, 0), usize::MAX, |piece| writer.tend(piece));
    let seqs: Vec<u64> = LogReader::open(&files.sealed)
        .unwrap()
        .records(0, 1, 100)
        .unwrap()
        .iter()
        .map(|record| record.seq)
        .collect();
    assert_eq!(seqs, (1..=4).chain(6..=40).collect::<Vec<_>>());
}

#[test]
fn a_dictionary_is_learnt_and_whatever_it_made_is_read_again() {
    let files = files();
    let writer = sealed_replica(&files.sealed, 6_000, &settings(2_000, 0));
    assert!(rows(&files.sealed, "dictionaries") > 0);
    drop(writer);
    assert_eq!(
        LogReader::open(&files.sealed).unwrap().records(0, 1, 9_000).unwrap(),
        (1..=6_000).map(record).collect::<Vec<_>>()
    );
}

#[test]
fn damage_is_read_over_and_told() {
    let files = files();
    drop(sealed_replica(&files.sealed, 300, &settings(100, 0)));
    let connection = rusqlite::Connection::open(&files.sealed).unwrap();
    // The bodies of one part of the second segment, with a bit turned over.
    let (number, mut bodies): (i64, Vec<u8>) = connection
        .query_row(
            "SELECT number, bodies FROM segment_parts WHERE segment = 101 ORDER BY number LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    bodies[20] ^= 4;
    connection
        .execute("UPDATE segment_parts SET bodies = ?1 WHERE number = ?2", rusqlite::params![bodies, number])
        .unwrap();
    let mut reader = LogReader::open(&files.sealed).unwrap();
    let read = reader.records(0, 1, 1_000).unwrap();
    let damaged = reader.damage()[0];
    assert!(damaged.first_seq >= 101 && damaged.last_seq <= 200);
    assert!(read.len() > 250 && read.len() < 300, "the rest is readable");
    assert!(read.iter().all(|found| *found == record(found.seq)));
    // The segment's own summary.
    connection
        .execute("UPDATE segments SET summary = x'0102030405060708' WHERE first_place = 201", [])
        .unwrap();
    let mut reader = LogReader::open(&files.sealed).unwrap();
    let read = reader.records(0, 201, 1_000).unwrap();
    assert!(read.is_empty());
    assert_eq!((reader.damage()[0].first_seq, reader.damage()[0].last_seq), (201, 300));
    assert_eq!(reader.records(0, 1, 100).unwrap().len(), 100);
    reader.seq_at(0, at(900)).unwrap();
}

#[test]
fn damage_is_taken_out_and_becomes_a_hole_that_is_filled() {
    let files = files();
    let settings = settings(100, 0);
    let mut writer = sealed_replica(&files.sealed, 300, &settings);
    let connection = rusqlite::Connection::open(&files.sealed).unwrap();
    connection
        .execute("UPDATE segment_parts SET bodies = zeroblob(octet_length(bodies)) WHERE number = 6", [])
        .unwrap();
    connection.execute("UPDATE segments SET summary = x'01' WHERE first_place = 201", []).unwrap();
    let check =
        LogReader::open(&files.sealed).unwrap().check(|_| std::ops::ControlFlow::Continue(())).unwrap();
    assert_eq!(check.damage.len(), 2, "{check:?}");
    assert!(check.missing.is_empty() && check.out_of_order.is_empty() && check.file.is_empty(), "{check:?}");
    tend(&files.sealed, &settings, usize::MAX, |piece| writer.tend(piece));
    let holes = writer.holes().unwrap();
    assert_eq!(holes.len(), 2);
    assert_eq!((holes[1].first_seq, holes[1].last_seq), (201, 300));
    let mut reader = LogReader::open(&files.sealed).unwrap();
    assert!(reader.records(0, 1, 1_000).unwrap().len() < 200);
    assert_eq!(reader.damage(), [], "it is gone");
    for hole in holes {
        writer.fill(&batch(0, hole.first_seq..=hole.last_seq), hole.first_seq, hole.last_seq).unwrap();
    }
    tend(&files.sealed, &settings, usize::MAX, |piece| writer.tend(piece));
    let mut reader = LogReader::open(&files.sealed).unwrap();
    assert_eq!(reader.records(0, 1, 1_000).unwrap(), (1..=300).map(record).collect::<Vec<_>>());
    let check = reader.check(|_| std::ops::ControlFlow::Continue(())).unwrap();
    assert!(check.is_clean() && check.records == 300, "{check:?}");
}

#[test]
fn a_check_tells_what_is_missing_and_can_be_broken_off() {
    let files = files();
    drop(sealed_replica(&files.sealed, 300, &settings(100, 50)));
    rusqlite::Connection::open(&files.sealed)
        .unwrap()
        .execute("DELETE FROM log WHERE place BETWEEN 270 AND 279", [])
        .unwrap();
    let mut reader = LogReader::open(&files.sealed).unwrap();
    let check = reader.check(|_| std::ops::ControlFlow::Continue(())).unwrap();
    assert_eq!(
        check.missing.iter().map(|hole| (hole.first_seq, hole.last_seq)).collect::<Vec<_>>(),
        [(270, 279)]
    );
    assert!(reader.check(|_| std::ops::ControlFlow::Break(())).unwrap().is_partial);
}

#[test]
fn a_log_is_copied_while_it_is_written_and_the_copy_opens() {
    let files = files();
    let mut writer = sealed_replica(&files.sealed, 300, &settings(100, 0));
    let copy = files.sealed.with_file_name("copy.sqlite");
    let mut reader = LogReader::open(&files.sealed).unwrap();
    let mut told = Vec::new();
    let mut next = 301;
    let done = reader
        .backup(&copy, |done| {
            writer.append(&batch(0, next..=next + 9)).unwrap();
            next += 10;
            told.push(done);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert!(done.is_continue() && told.last().is_some_and(|done| *done >= 1.0));
    assert_eq!(
        LogReader::open(&copy).unwrap().records(0, 1, 9_000).unwrap(),
        (1..=300).map(record).collect::<Vec<_>>()
    );
    assert_eq!(ReplicaWriter::open(&copy).unwrap().cursors()[0].seq, 300);
    assert!(
        reader.backup(&copy, |_| std::ops::ControlFlow::Continue(())).is_err(),
        "nothing is written over"
    );
    let other = files.sealed.with_file_name("other.sqlite");
    assert!(reader.backup(&other, |_| std::ops::ControlFlow::Break(())).unwrap().is_break());
    assert!(!other.exists());
}

#[test]
fn upkeep_waits_for_a_file_that_is_locked_and_goes_on() {
    let files = files();
    let mut writer = ReplicaWriter::open(&files.sealed).unwrap();
    writer.append(&batch(0, 1..=200)).unwrap();
    let settings = settings(50, 0);
    let piece = Upkeep::open(&files.sealed, &settings).unwrap().prepare().unwrap().unwrap();
    let other = rusqlite::Connection::open(&files.sealed).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(writer.tend(&piece).is_err());
    other.execute_batch("ROLLBACK").unwrap();
    tend(&files.sealed, &settings, usize::MAX, |piece| writer.tend(piece));
    assert_eq!(rows(&files.sealed, "segments"), 4);
    assert_eq!(
        LogReader::open(&files.sealed).unwrap().records(0, 1, 900).unwrap(),
        (1..=200).map(record).collect::<Vec<_>>()
    );
}
