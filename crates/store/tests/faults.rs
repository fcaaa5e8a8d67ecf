//! What the disk, the clock and other programs do to a log: nothing wrong is ever told, and upkeep goes on around it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says why it skips"
)]

mod tmpfs;

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp, operator_wire::RecordBatch,
};
use mission_control_store::{
    Entry, LogReader, ONLY_PARTITION, OriginWriter, ReplicaWriter, Retention, StoreError, Upkeep,
    UpkeepSettings, UpkeepThread,
};
use rusqlite::Connection;
use serde_json::{json, value::to_raw_value};
use tempfile::TempDir;
use uuid::Uuid;

use crate::tmpfs::Tmpfs;

const START: i64 = 1_800_000_000_000;
const DAY: i64 = 24 * 60 * 60 * 1_000;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(START + milliseconds)
}

fn body(seq: u64) -> serde_json::Value {
    match seq % 5 {
        0 => json!({"dashboardId": "energy", "useCase": "energy", "state": "active", "activeTab": "overview",
            "dataStatus": {"hasData": true, "lastIngested": null, "recordCount": seq}, "connectedUsers": 1,
            "performance": {"responseTime": seq, "errorRate": 0.5, "throughput": 3.0}}),
        _ => json!({"type": "X", "payload": {"number": seq, "text": Uuid::from_u128(u128::from(seq) << 64)}}),
    }
}

fn entry(seq: u64) -> Entry {
    Entry {
        dashboard_id: DashboardId::new("energy").unwrap(),
        kind: if seq.is_multiple_of(5) { RecordKind::Status } else { RecordKind::Event },
        severity: Severity::Info,
        body: to_raw_value(&body(seq)).unwrap(),
        producer: None,
    }
}

fn record(seq: u64) -> Record {
    let Entry { dashboard_id, kind, severity, body, .. } = entry(seq);
    Record { seq, at: at(seq.cast_signed()), dashboard_id, kind, severity, body }
}

fn batch(seqs: std::ops::RangeInclusive<u64>) -> RecordBatch {
    RecordBatch {
        partition: ONLY_PARTITION,
        epoch: Uuid::from_u128(1),
        head_seq: *seqs.end(),
        records: seqs.map(record).collect(),
    }
}

fn settings() -> UpkeepSettings {
    UpkeepSettings {
        segment_records: 50,
        head_records: 60,
        retention: Retention::forever(),
        ..UpkeepSettings::default()
    }
}

/// A log of `count` records, a millisecond apart, ten to a group.
fn log(count: u64) -> (TempDir, PathBuf, OriginWriter) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = OriginWriter::open(&path).unwrap();
    for last in (10..=count).step_by(10) {
        writer.append(at(last.cast_signed()), &mut (last - 9..=last).map(entry).collect()).unwrap();
    }
    (directory, path, writer)
}

fn tend(
    path: &Path,
    settings: &UpkeepSettings,
    mut commit: impl FnMut(&mission_control_store::PreparedUpkeep),
) {
    let mut upkeep = Upkeep::open(path, settings).unwrap();
    while let Ok(Some(piece)) = upkeep.prepare() {
        commit(&piece);
    }
}

#[test]
fn killed_after_retention_the_fleet_is_as_it_was_at_every_instant_that_is_kept() {
    let (_directory, path, mut writer) = log(1_000);
    let mut before = LogReader::open(&path).unwrap();
    let instants: Vec<i64> = (500..=1_000).step_by(20).collect();
    let as_it_was: Vec<_> =
        instants.iter().map(|instant| before.projection_at(at(*instant)).unwrap()).collect();
    let retention = Retention { age: Some(Duration::from_millis(700)), ..Retention::default() };
    let settings = UpkeepSettings { retention, clock: || at(1_150), ..settings() };
    tend(&path, &settings, |piece| writer.tend(piece).unwrap());
    let projection = writer.projection().clone();
    // Nothing is closed: as a kill leaves it.
    std::mem::forget(writer);
    let mut reader = LogReader::open(&path).unwrap();
    assert!(reader.extents().unwrap()[0].first_seq > 300, "it did drop");
    assert!(reader.projection().unwrap().0 == projection, "what was folded from what is gone is still known");
    for (instant, expected) in instants.iter().zip(&as_it_was) {
        assert!(reader.projection_at(at(*instant)).unwrap() == *expected, "at {instant}");
    }
}

#[test]
fn a_hole_that_is_filled_after_retention_takes_nothing_away() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cache.sqlite");
    let mut writer = ReplicaWriter::open(&path).unwrap();
    let mut whole = mission_control_store::Projection::default();
    (1..=1_000).for_each(|seq| whole.apply(&record(seq)));
    writer.append(&batch(1..=450)).unwrap();
    writer.append(&batch(701..=1_000)).unwrap();
    // The cut lies in the hole.
    let retention = Retention { age: Some(Duration::from_millis(500)), ..Retention::default() };
    let settings = UpkeepSettings { retention, clock: || at(1_100), ..settings() };
    tend(&path, &settings, |piece| writer.tend(piece).unwrap());
    assert!(LogReader::open(&path).unwrap().extents().unwrap()[0].first_seq > 100, "it did drop");
    writer.fill(&batch(451..=700), 451, 700).unwrap();
    assert!(writer.refold().unwrap());
    assert!(*writer.projection() == whole);
    tend(&path, &settings, |piece| writer.tend(piece).unwrap());
    assert!(LogReader::open(&path).unwrap().projection().unwrap().0 == whole);
}

#[test]
fn a_chore_that_cannot_be_done_holds_up_no_other() {
    let (_directory, path, mut writer) = log(1_000);
    // The first chore fails whenever it looks.
    Connection::open(&path).unwrap().execute_batch("DROP TABLE series_spans").unwrap();
    tend(&path, &settings(), |piece| writer.tend(piece).unwrap());
    let statistics = LogReader::open(&path).unwrap().statistics().unwrap();
    assert!(statistics.segments > 10, "sealing went on: {statistics:?}");
    let mut upkeep = Upkeep::open(&path, &settings()).unwrap();
    assert!(upkeep.prepare().is_err(), "and what is wrong is told");
}

#[test]
fn upkeep_that_fails_is_not_tried_again_with_every_record() {
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    let (_directory, path, _writer) = log(1_000);
    Connection::open(&path).unwrap().execute_batch("DROP TABLE series_spans; DROP TABLE segments").unwrap();
    let clock = || {
        LOOKS.fetch_add(1, Ordering::Relaxed);
        at(0)
    };
    let settings = UpkeepSettings { clock, retention: Retention::default(), ..settings() };
    let thread = UpkeepThread::start(&path, settings, Err).unwrap();
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(600) {
        thread.wake();
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(thread);
    let looks = LOOKS.load(Ordering::Relaxed);
    assert!((1..20).contains(&looks), "{looks} looks in less than a second");
}

#[test]
fn a_segment_does_not_reach_over_a_hole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cache.sqlite");
    let mut writer = ReplicaWriter::open(&path).unwrap();
    writer.append(&batch(1..=120)).unwrap();
    writer.append(&batch(5_001..=6_000)).unwrap();
    tend(&path, &settings(), |piece| writer.tend(piece).unwrap());
    let connection = Connection::open(&path).unwrap();
    let reaches_over = "SELECT count(*) FROM segments WHERE first_place <= 120 AND last_place >= 5001";
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count(reaches_over), 0);
    assert!(
        count("SELECT count(*) FROM segments WHERE first_place > 5000") > 10,
        "what lies after it is sealed"
    );
    // Once it is filled, all of it is sealed.
    writer.fill(&batch(121..=5_000), 121, 5_000).unwrap();
    tend(&path, &settings(), |piece| writer.tend(piece).unwrap());
    assert_eq!(count("SELECT count(*) FROM log WHERE place < 5900"), 0);
    let seqs: Vec<u64> = LogReader::open(&path)
        .unwrap()
        .records(ONLY_PARTITION, 1, u32::MAX)
        .unwrap()
        .iter()
        .map(|record| record.seq)
        .collect();
    assert_eq!(seqs, (1..=6_000).collect::<Vec<_>>());
}

#[test]
fn a_damaged_summary_moves_no_instant_and_lets_nothing_go_too_early() {
    let (_directory, path, mut writer) = log(1_000);
    tend(&path, &settings(), |piece| writer.tend(piece).unwrap());
    let connection = Connection::open(&path).unwrap();
    let firsts: Vec<i64> = connection
        .prepare("SELECT first_place FROM segments ORDER BY first_place")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    // The one in the middle is where bisecting looks first.
    let middle = firsts[firsts.len() / 2 - 1];
    connection.execute("UPDATE segments SET summary = x'00' WHERE first_place = ?1", [middle]).unwrap();
    let reader = LogReader::open(&path).unwrap();
    for instant in (10..=900).step_by(10) {
        let found = reader.seq_at(ONLY_PARTITION, at(instant)).unwrap();
        let expected = instant.cast_unsigned() - 9;
        // What cannot be read may count as older or not.
        let mut between = found.min(expected)..found.max(expected);
        assert!(
            between.all(|seq| (middle..middle + 50).contains(&seq.cast_signed())),
            "at {instant}: {found}"
        );
    }
    let retention = Retention { age: Some(Duration::from_millis(1_000)), ..Retention::default() };
    let settings = UpkeepSettings { retention, clock: || at(1_200), ..settings() };
    tend(&path, &settings, |piece| writer.tend(piece).unwrap());
    let kept: Vec<u64> = LogReader::open(&path)
        .unwrap()
        .records(ONLY_PARTITION, 1, u32::MAX)
        .unwrap()
        .iter()
        .map(|record| record.seq)
        .collect();
    let expected = (201..=1_000).filter(|seq| !(middle..middle + 50).contains(&u64::cast_signed(*seq)));
    assert!(expected.clone().all(|seq| kept.contains(&seq)), "none of them is old enough to go");
    assert!(!kept.contains(&100));
}

#[test]
fn a_hub_that_counts_beyond_all_numbers_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = ReplicaWriter::open(&directory.path().join("cache.sqlite")).unwrap();
    writer.append(&batch(1..=3)).unwrap();
    for seqs in [[u64::MAX, 4], [u64::MAX - 1, u64::MAX], [u64::MAX, u64::MAX], [4, 6]] {
        let records = seqs.map(|seq| Record { seq, ..record(4) });
        let batch = RecordBatch { records: records.into(), ..batch(4..=4) };
        assert!(matches!(writer.append(&batch), Err(StoreError::OutOfOrder { .. })), "{seqs:?}");
    }
    // What nobody asked for is not taken into a hole.
    writer.append(&batch(10..=12)).unwrap();
    writer.fill(&batch(5..=20), 4, 9).unwrap();
    writer.append(&batch(13..=13)).unwrap();
    let path = directory.path().join("cache.sqlite");
    let records = LogReader::open(&path).unwrap().records(ONLY_PARTITION, 1, u32::MAX).unwrap();
    assert_eq!(records.last().unwrap().seq, 13);
}

#[test]
fn a_clock_that_goes_back_a_day_moves_no_record() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = OriginWriter::open(&path).unwrap();
    // Forward, a day back, slowly on, a second time back, and at last past where it was.
    let clock = [0, 1_000, 2_000, 2_000 - DAY, 3_000 - DAY, -2 * DAY, 1_999, 2_001, 2_500];
    for (group, now) in (0..).zip(clock) {
        writer.append(at(now), &mut (group * 100 + 1..=group * 100 + 100).map(entry).collect()).unwrap();
        tend(&path, &settings(), |piece| writer.tend(piece).unwrap());
        if group == 4 {
            // Nor after a restart in between, killed or closed.
            std::mem::forget(writer);
            fs::remove_file(directory.path().join("log.sqlite.lock")).unwrap();
            writer = OriginWriter::open(&path).unwrap();
        }
    }
    let mut reader = LogReader::open(&path).unwrap();
    let records = reader.records(ONLY_PARTITION, 1, u32::MAX).unwrap();
    assert_eq!(records.len(), 900);
    assert!(records.windows(2).all(|pair| pair[0].at <= pair[1].at));
    for (instant, first) in
        [(-DAY, 1), (0, 1), (500, 101), (1_000, 101), (2_000, 201), (2_001, 701), (2_500, 801)]
    {
        assert_eq!(reader.seq_at(ONLY_PARTITION, at(instant)).unwrap(), first, "at {instant}");
        let (_, cursors) = reader.projection_at(at(instant - 1)).unwrap();
        assert_eq!(cursors[0].seq, first - 1, "before {instant}");
    }
    assert!(reader.check(|_| ControlFlow::Continue(())).unwrap().is_clean());
}

#[test]
fn a_migration_on_a_full_disk_is_begun_again_when_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = Tmpfs::mount(directory.path(), 2_000) else { return };
    let path = disk.0.join("log.sqlite");
    let old = Connection::open(&path).unwrap();
    old.pragma_update(None, "journal_mode", "WAL").unwrap();
    old.execute_batch(
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
         CREATE TABLE dashboards (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
         CREATE TABLE partitions (partition INTEGER PRIMARY KEY, epoch TEXT NOT NULL, last_seq INTEGER NOT NULL);
         CREATE TABLE log (place INTEGER PRIMARY KEY, at INTEGER NOT NULL, dashboard INTEGER NOT NULL,
             kind INTEGER NOT NULL, severity INTEGER NOT NULL, body TEXT NOT NULL);
         CREATE TABLE watermarks (dashboard INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL);
         CREATE TABLE holes (first_place INTEGER PRIMARY KEY, last_place INTEGER NOT NULL);
         CREATE TABLE snapshots (id INTEGER PRIMARY KEY, cursors TEXT NOT NULL, projection TEXT NOT NULL);
         INSERT INTO meta VALUES ('role', 'a hub''s own log');
         INSERT INTO dashboards VALUES (1, 'energy');
         INSERT INTO partitions VALUES (0, '01981f3a-5f10-7a90-b6c3-0d4e7f218a96', 1);
         INSERT INTO log VALUES (1, 1800000000000, 1, 4, 0, '{\"type\":\"X\"}');
         PRAGMA user_version = 1;",
    )
    .unwrap();
    old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(old);
    disk.fill();
    for _ in 0..3 {
        let error = OriginWriter::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    }
    disk.make_room();
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(1), &mut vec![entry(2)]).unwrap();
    assert_eq!(LogReader::open(&path).unwrap().records(ONLY_PARTITION, 1, 9).unwrap().len(), 2);
}

#[test]
fn on_a_full_disk_every_write_fails_whole_and_goes_on_when_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = Tmpfs::mount(directory.path(), 12_000) else { return };
    let path = disk.0.join("log.sqlite");
    let mut writer = OriginWriter::open(&path).unwrap();
    let retention = Retention { bytes: Some(200_000), ..Retention::forever() };
    let settings = UpkeepSettings { retention, ..settings() };
    let (mut appended, mut refused) = (0, BTreeMap::new());
    for round in 0..40 {
        // Full at each step of the way in turn: while appending, while a piece of upkeep is committed, or not at all.
        if round % 3 == 0 {
            disk.fill();
        }
        let mut entries: Vec<Entry> = (appended + 1..=appended + 500).map(entry).collect();
        match writer.append(at(round), &mut entries) {
            Ok(_) => appended += 500,
            Err(error) => {
                assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
                assert_eq!(entries.len(), 500, "the group is as it was");
                *refused.entry("append").or_insert(0) += 1;
            }
        }
        if round % 3 == 1 {
            disk.fill();
        }
        let mut upkeep = Upkeep::open(&path, &settings).unwrap();
        while let Some(piece) = upkeep.prepare().unwrap() {
            if let Err(error) = writer.tend(&piece) {
                assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
                *refused.entry("upkeep").or_insert(0) += 1;
                break;
            }
        }
        disk.make_room();
        assert_eq!(writer.last_seq(), appended);
    }
    println!("refused: {refused:?}");
    assert!(refused.len() == 2 && appended > 5_000, "{refused:?} {appended}");
    let projection = writer.projection().clone();
    std::mem::forget(writer);
    let mut reader = LogReader::open(&path).unwrap();
    let check = reader.check(|_| ControlFlow::Continue(())).unwrap();
    assert!(check.is_clean(), "{check:?}");
    let first = reader.extents().unwrap()[0].first_seq;
    assert!(first > 1, "it was dropping");
    let records = reader.records(ONLY_PARTITION, first, u32::MAX).unwrap();
    assert!(records.iter().map(|record| record.seq).eq(first..=appended));
    assert!(reader.projection().unwrap().0 == projection);
}

#[test]
fn a_read_only_disk_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = Tmpfs::mount(directory.path(), 4_000) else { return };
    let path = disk.0.join("log.sqlite");
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(1), &mut vec![entry(1)]).unwrap();
    writer.close().unwrap();
    disk.remount("ro");
    let error = OriginWriter::open(&path).unwrap_err().to_string();
    assert!(error.contains("log.sqlite") && error.to_lowercase().contains("read-only"), "{error}");
    disk.remount("rw");
    assert_eq!(OriginWriter::open(&path).unwrap().last_seq(), 1);
}

#[test]
fn a_damaged_dictionary_gives_no_wrong_text() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = OriginWriter::open(&path).unwrap();
    writer.append(at(1), &mut (1..=3_000).map(entry).collect()).unwrap();
    tend(&path, &UpkeepSettings { segment_records: 1_000, ..settings() }, |piece| {
        writer.tend(piece).unwrap();
    });
    let connection = Connection::open(&path).unwrap();
    let dictionaries: Vec<(i64, Vec<u8>)> = connection
        .prepare("SELECT id, dictionary FROM dictionaries")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(!dictionaries.is_empty());
    for (id, dictionary) in dictionaries {
        // Its content is what it ends with.
        let mut damaged = dictionary.clone();
        let from = damaged.len().saturating_sub(2_000);
        damaged[from..].iter_mut().for_each(|byte| *byte ^= 1);
        connection
            .execute("UPDATE dictionaries SET dictionary = ?1 WHERE id = ?2", rusqlite::params![damaged, id])
            .unwrap();
    }
    let mut reader = LogReader::open(&path).unwrap();
    let records = reader.records(ONLY_PARTITION, 1, u32::MAX).unwrap();
    assert!(!reader.damage().is_empty() && records.len() < 3_000, "it is noticed");
    for record in records {
        assert_eq!(record.body.get(), body(record.seq).to_string());
    }
}

/// Reads a log in every way there is, and returns its records.
fn read_everything(path: &Path) -> Result<Vec<Record>, StoreError> {
    let mut reader = LogReader::open(path)?;
    let _ = reader.check(|_| ControlFlow::Continue(()));
    let _ = reader.statistics();
    let _ = reader.projection();
    let _ = reader.projection_at(at(300));
    let _ = reader.series_names();
    reader.records(ONLY_PARTITION, 1, u32::MAX)
}

#[test]
fn flipped_bytes_anywhere_are_damage_or_nothing_and_never_a_panic() {
    const ROUNDS: usize = 80;
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed_u64);
    println!("SEED={seed}");
    let mut state = seed;
    let mut random = |below: usize| {
        // splitmix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below as u64).unwrap()
    };
    let (directory, path, mut writer) = log(2_000);
    tend(&path, &settings(), |piece| writer.tend(piece).unwrap());
    writer.close().unwrap();
    let original = fs::read(&path).unwrap();
    let whole: BTreeMap<u64, String> = read_everything(&path)
        .unwrap()
        .into_iter()
        .map(|record| (record.seq, format!("{record:?}")))
        .collect();
    assert_eq!(whole.len(), 2_000);
    let sealed: u64 = 2_000 - LogReader::open(&path).unwrap().statistics().unwrap().head_records;
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for round in 0..ROUNDS {
        let mut bytes = original.clone();
        match round % 4 {
            // The header of the file, and the page of its tables.
            0 => bytes[random(8_192)] ^= 1 << random(8),
            // Anywhere.
            1 => {
                let place = random(original.len());
                bytes[place] ^= 1 << random(8);
            }
            // The head of a page: what kind it is, where its cells are.
            2 => {
                let place = random(original.len() / 8_192) * 8_192 + random(40);
                bytes[place] = u8::try_from(random(256)).unwrap();
            }
            // A stretch, as a disk loses it; or all from somewhere on.
            _ if round % 8 == 3 => {
                let place = random(original.len() / 512) * 512;
                let end = (place + 4_096).min(bytes.len());
                bytes[place..end].fill(0);
            }
            _ => bytes.truncate(random(original.len())),
        }
        let damaged = directory.path().join("damaged.sqlite");
        for companion in ["", "-wal", "-shm", ".lock"] {
            let _ = fs::remove_file(directory.path().join(format!("damaged.sqlite{companion}")));
        }
        fs::write(&damaged, &bytes).unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut writer = match OriginWriter::open(&damaged) {
                Ok(writer) => writer,
                Err(StoreError::Damaged { .. }) => return "not opened: damaged",
                Err(StoreError::NewerFormat { .. } | StoreError::WrongRole { .. }) => {
                    return "not opened: not ours";
                }
                Err(error) => panic!("round {round}: {error:?}"),
            };
            match read_everything(&damaged) {
                Ok(records) => {
                    for record in records.iter().filter(|record| record.seq <= sealed) {
                        assert_eq!(whole.get(&record.seq), Some(&format!("{record:?}")), "round {round}");
                    }
                }
                Err(StoreError::Damaged { .. }) => {}
                Err(error) => panic!("round {round}: {error:?}"),
            }
            // Upkeep neither panics nor runs for ever.
            let mut upkeep = Upkeep::open(&damaged, &settings()).unwrap();
            for _ in 0..50 {
                let Ok(Some(piece)) = upkeep.prepare() else { break };
                let _ = writer.tend(&piece);
            }
            match writer.append(at(5_000), &mut vec![entry(1)]) {
                Ok(_) => "opened",
                Err(StoreError::Damaged { .. }) => "opened, then damaged",
                Err(error) => panic!("round {round}: {error:?}"),
            }
        }));
        let outcome = outcome.unwrap_or_else(|_| panic!("round {round} of SEED={seed}"));
        *outcomes.entry(outcome).or_default() += 1;
    }
    println!("{outcomes:?}");
    assert!(outcomes.len() >= 2, "{outcomes:?}");
}
