//! An archive is the stretch it was made of: the same records, the same state at every instant, or a clear no.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use mission_control_protocol::{DashboardId, Record, RecordKind, Severity, Timestamp};
use mission_control_store::{
    ArchiveError, ArchiveManifest, ArchiveRequest, Entry, ExportError, LogReader, ONLY_PARTITION,
    OriginWriter, Projection, Upkeep, UpkeepSettings, import_archive, open_archive, read_manifest,
    search::{Plan, UseCases, query::LocalTime},
    write_archive,
};
use proptest::prelude::*;
use serde_json::{json, value::to_raw_value};

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_800_000_000_000 + milliseconds)
}

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

/// A log of groups of records, a group a millisecond; restarted now and then, so that it has snapshots.
fn log(directory: &Path, groups: &[u64], sealed: bool) -> PathBuf {
    let path = directory.join("log.sqlite");
    let mut writer = OriginWriter::open(&path).unwrap();
    let mut number = 0;
    for (instant, group) in (0..).zip(groups) {
        let mut entries: Vec<_> = (number..number + group).map(entry).collect();
        number += group;
        writer.append(at(instant), &mut entries).unwrap();
        if instant % 5 == 4 {
            writer.close().unwrap();
            writer = OriginWriter::open(&path).unwrap();
        }
    }
    if sealed {
        let settings = UpkeepSettings { head_records: 0, segment_records: 16, ..UpkeepSettings::default() };
        let mut upkeep = Upkeep::open(&path, &settings).unwrap();
        while let Some(piece) = upkeep.prepare().unwrap() {
            writer.tend(&piece).unwrap();
        }
    }
    writer.close().unwrap();
    path
}

fn request(log: &Path, query: &str) -> ArchiveRequest {
    let local = LocalTime { now: at(1_000_000), utc_offset_minutes: 0 };
    ArchiveRequest {
        log: log.to_owned(),
        hub_name: "North".to_owned(),
        made_by: "ada".to_owned(),
        made_at: at(2_000_000),
        query: query.to_owned(),
        plan: Plan::new(&query.parse().unwrap(), local, &UseCases::new()),
    }
}

fn go_on() -> impl FnMut(mission_control_store::ExportProgress) -> ControlFlow<()> {
    |_| ControlFlow::Continue(())
}

fn archive(log: &Path, query: &str, target: &Path) -> ArchiveManifest {
    write_archive(&request(log, query), target, false, &mut go_on()).unwrap()
}

fn records(path: &Path) -> Vec<Record> {
    LogReader::open(path).unwrap().records(ONLY_PARTITION, 1, 1_000_000).unwrap()
}

fn state_at(path: &Path, instant: i64) -> Projection {
    LogReader::open(path).unwrap().projection_at(at(instant)).unwrap().0
}

/// The written form tells more than `==`.
fn written(projection: &Projection) -> String {
    serde_json::to_string(projection).unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_instant_of_its_stretch_is_as_it_was(
        groups in prop::collection::vec(1_u64..9, 4..24),
        from in 0_usize..20,
        length in 1_usize..20,
        sealed in any::<bool>(),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let log = log(directory.path(), &groups, sealed);
        let from = from % groups.len();
        let to = (from + length).min(groups.len());
        let (from, to) = (i64::try_from(from).unwrap(), i64::try_from(to).unwrap());
        let query = format!("after:{} before:{}", at(from), at(to));
        let made = directory.path().join("made.mcarchive");
        let manifest = archive(&log, &query, &made);
        let taken = directory.path().join("taken/in.mcarchive");
        prop_assert_eq!(&import_archive(&made, &taken, &mut go_on()).unwrap(), &manifest);
        prop_assert_eq!(&open_archive(&taken).unwrap(), &manifest);

        let mut expected = records(&log);
        expected.retain(|record| (at(from)..at(to)).contains(&record.at));
        prop_assert_eq!(manifest.records, expected.len() as u64);
        prop_assert_eq!(&records(&taken), &expected);
        prop_assert!(!manifest.is_partial);
        // Before its first record too, as far as the state it begins with reaches.
        for instant in (from - 1).max(0)..to {
            prop_assert_eq!(written(&state_at(&taken, instant)), written(&state_at(&log, instant)), "at {}", instant);
        }
        prop_assert_eq!(state_at(&taken, from - 2), Projection::default(), "nothing is known of what was before");
        // Past its end nothing happens any more.
        prop_assert_eq!(written(&state_at(&taken, to + 100)), written(&state_at(&log, to - 1)));
        prop_assert!(LogReader::open(&taken).unwrap().holes().unwrap().is_empty());
    }
}

#[test]
fn charts_of_an_archive_are_those_of_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path(), &[40; 300], false);
    let (from, to) = (at(40), at(280));
    let made = directory.path().join("made.mcarchive");
    archive(&log, &format!("after:{from} before:{to}"), &made);
    let south = DashboardId::new("south").unwrap();
    let last = at(279);
    let chart = |path: &Path| {
        LogReader::open(path).unwrap().chart(&south, "data.totalRecords", from, last, 20_000).unwrap()
    };
    let (expected, found) = (chart(&log), chart(&made));
    assert!(expected.times.len() > 500, "{}", expected.times.len());
    assert_eq!((found.times, found.values), (expected.times, expected.values));
}

#[test]
fn a_query_puts_in_what_it_asks_for_and_nothing_of_other_dashboards() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path(), &[6; 20], true);
    let made = directory.path().join("made.mcarchive");
    let manifest = archive(&log, &format!("dashboard:south after:{}", at(10)), &made);
    assert!(manifest.is_partial);
    let found = records(&made);
    assert!(!found.is_empty() && found.iter().all(|record| record.dashboard_id.as_str() == "south"));
    for instant in [9, 10, 15, 19] {
        let (mut expected, found) = (state_at(&log, instant), state_at(&made, instant));
        expected.retain(|dashboard| dashboard.as_str() == "south");
        assert_eq!(found.dashboards, expected.dashboards, "at {instant}");
    }
    let bytes = fs::read(&made).unwrap();
    assert!(!bytes.windows(5).any(|window| window == b"north"), "another dashboard's name is in the file");
}

#[test]
fn cancelled_it_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path(), &[300; 20], false);
    let place = directory.path().join("out");
    fs::create_dir(&place).unwrap();
    let made = place.join("made.mcarchive");
    for stop_after in [0, 1, 3, 8] {
        let mut reports = 0;
        let cancelled = write_archive(&request(&log, ""), &made, false, &mut |_| {
            reports += 1;
            if reports > stop_after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(cancelled, Err(ExportError::Cancelled)), "{cancelled:?}");
        assert!(names(&place).is_empty(), "{:?}", names(&place));
    }
    archive(&log, "", &made);
    assert_eq!(names(&place), ["made.mcarchive"]);
    let taken = place.join("taken.mcarchive");
    let cancelled = import_archive(&made, &taken, &mut |_| ControlFlow::Break(()));
    assert!(matches!(cancelled, Err(ArchiveError::Copy(ExportError::Cancelled))), "{cancelled:?}");
    assert_eq!(names(&place), ["made.mcarchive"]);
}

#[test]
fn a_time_without_records_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path(), &[3], false);
    let made = directory.path().join("made.mcarchive");
    let none = write_archive(&request(&log, "before:2000-01-01"), &made, false, &mut go_on());
    assert!(matches!(none, Err(ExportError::Invalid(_))), "{none:?}");
    assert!(names(directory.path()).iter().all(|name| name.starts_with("log.sqlite")));
}

#[test]
fn what_is_no_whole_archive_is_told_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path(), &[50; 40], false);
    let made = directory.path().join("made.mcarchive");
    archive(&log, "", &made);
    let whole = fs::read(&made).unwrap();
    let case = directory.path().join("case");
    fs::create_dir(&case).unwrap();
    let (given, taken) = (case.join("given.mcarchive"), case.join("taken.mcarchive"));
    let try_in = |bytes: &[u8]| {
        fs::write(&given, bytes).unwrap();
        let error = import_archive(&given, &taken, &mut go_on()).unwrap_err();
        assert_eq!(names(&case), ["given.mcarchive"], "{error}");
        assert_eq!(fs::read(&given).unwrap(), bytes);
        error
    };

    let error = try_in(b"");
    assert!(matches!(&error, ArchiveError::NotAnArchive { found, .. } if found == "empty"), "{error}");
    let error = try_in(&[b'x'; 50_000]);
    assert!(matches!(error, ArchiveError::NotAnArchive { .. }), "{error}");
    let error = try_in(&fs::read(&log).unwrap());
    assert!(
        error.to_string().contains("is a hub's own log; choose a file that Mission Control made"),
        "{error}"
    );
    for part in [3, 2] {
        let error = try_in(&whole[..whole.len() / part]);
        assert!(
            matches!(&error, ArchiveError::Damaged { reason, .. } if reason.contains("bytes")),
            "{error}"
        );
    }
    // A newer format: the version stands at byte 60.
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    let error = try_in(&newer);
    assert!(matches!(error, ArchiveError::Newer { .. }), "{error}");
    // Flipped bytes anywhere but in the heading are found by SQLite or by the checksum, or lie where nothing is.
    let mut found = 0;
    for index in (100..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        damaged[index] ^= 0x55;
        fs::write(&given, &damaged).unwrap();
        match import_archive(&given, &taken, &mut go_on()) {
            Err(error) => {
                assert!(!taken.exists(), "{error}");
                found += 1;
            }
            Ok(_) => {
                assert_eq!(records(&taken), records(&log), "byte {index} changed a record unnoticed");
                fs::remove_file(&taken).unwrap();
            }
        }
    }
    assert!(found > 20, "{found} of 60 damages were found");
}

#[test]
fn a_manifest_says_what_it_is_of() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path(), &[5; 10], false);
    let made = directory.path().join("made.mcarchive");
    archive(&log, "", &made);
    let manifest = read_manifest(&made).unwrap();
    assert_eq!((manifest.hub_name.as_str(), manifest.made_by.as_str()), ("North", "ada"));
    assert_eq!((manifest.first_seq, manifest.last_seq, manifest.records), (1, 50, 50));
    assert_eq!((manifest.first_at, manifest.last_at), (Some(at(0)), Some(at(9))));
    assert_eq!(manifest.sha256.len(), 64);
    // One file, which can be read where nothing can be written.
    assert_eq!(names(directory.path()).iter().filter(|name| name.starts_with("made")).count(), 1);
}
