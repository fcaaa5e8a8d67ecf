//! What leaves for a disk that is full.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says why it skips"
)]

mod tmpfs;

use std::{fs, ops::ControlFlow, path::Path};

use mission_control_protocol::{DashboardId, RecordKind, Severity, Timestamp};
use mission_control_store::{
    ArchiveError, ArchiveRequest, Entry, ExportError, ExportFormat, ExportProgress, OriginWriter,
    RecordSource, export_records, import_archive,
    search::{Plan, UseCases, query::LocalTime},
    write_archive,
};
use serde_json::{Value, json, value::to_raw_value};
use uuid::Uuid;

use crate::tmpfs::Tmpfs;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_800_000_000_000 + milliseconds)
}

fn entry(body: &Value) -> Entry {
    Entry {
        dashboard_id: DashboardId::new("north").unwrap(),
        kind: RecordKind::Event,
        severity: Severity::Info,
        body: to_raw_value(body).unwrap(),
        producer: None,
    }
}

#[test]
fn what_leaves_for_a_full_disk_is_not_there_at_all_and_leaves_when_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log.sqlite");
    let mut writer = OriginWriter::open(&log).unwrap();
    // What cannot be compressed.
    let noise = || json!({"type": "X", "payload": [Uuid::new_v4(), Uuid::new_v4()]});
    for group in 0..20 {
        let mut entries: Vec<_> = (0..500).map(|_| entry(&noise())).collect();
        writer.append(at(group), &mut entries).unwrap();
    }
    writer.close().unwrap();
    let plan = || {
        let local = LocalTime { now: at(1_000_000), utc_offset_minutes: 0 };
        Plan::new(&"".parse().unwrap(), local, &UseCases::new())
    };
    let mut go_on = |_: ExportProgress| ControlFlow::Continue(());
    let mut export = |format: ExportFormat, place: &Path| {
        let source = RecordSource { hub: "North".to_owned(), log: log.clone(), plan: plan() };
        export_records(&[source], format, place, false, &mut go_on).map(|exported| exported.rows)
    };
    let archive = |place: &Path| {
        let request = ArchiveRequest {
            log: log.clone(),
            hub_name: "North".to_owned(),
            made_by: "ada".to_owned(),
            made_at: at(2_000),
            query: String::new(),
            plan: plan(),
        };
        write_archive(&request, place, false, &mut |_| ControlFlow::Continue(()))
            .map(|manifest| manifest.records)
    };
    let made = directory.path().join("made.mcarchive");
    archive(&made).unwrap();
    let Some(disk) = Tmpfs::mount(directory.path(), 128) else { return };
    let names = || fs::read_dir(&disk.0).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();

    let formats = [ExportFormat::Csv, ExportFormat::Ndjson, ExportFormat::Parquet];
    for format in formats {
        let place = disk.0.join("out").with_extension(format.extension());
        let error = export(format, &place).unwrap_err();
        assert!(matches!(&error, ExportError::DiskFull { path } if *path == place), "{error}");
        assert!(names().is_empty(), "{format:?} left {:?}", names());
    }
    let (archived, taken) = (disk.0.join("out.mcarchive"), disk.0.join("taken.mcarchive"));
    let error = archive(&archived).unwrap_err();
    assert!(matches!(&error, ExportError::DiskFull { path } if *path == archived), "{error}");
    assert!(names().is_empty(), "the archive left {:?}", names());
    let error = import_archive(&made, &taken, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(
        matches!(&error, ArchiveError::Copy(ExportError::DiskFull { path }) if *path == taken),
        "{error}"
    );
    assert!(names().is_empty(), "the import left {:?}", names());

    disk.remount("size=64m");
    for format in formats {
        let place = disk.0.join("out").with_extension(format.extension());
        assert_eq!(export(format, &place).unwrap(), 10_000);
    }
    assert_eq!(archive(&archived).unwrap(), 10_000);
    import_archive(&made, &taken, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(names().len(), 5, "{:?}", names());
}
