//! Files of the first format are brought to this one, whatever interrupts it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use mission_control_store::{LogReader, ONLY_PARTITION, OriginWriter, Upkeep, UpkeepSettings};
use rusqlite::{Connection, params};

/// The tables as the first format had them. Never to be changed: files like this are out there.
const FORMAT_1: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE dashboards (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
    CREATE TABLE partitions (partition INTEGER PRIMARY KEY, epoch TEXT NOT NULL, last_seq INTEGER NOT NULL);
    CREATE TABLE log (
        place INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        dashboard INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        severity INTEGER NOT NULL,
        body TEXT NOT NULL
    );
    CREATE TABLE watermarks (dashboard INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL);
    CREATE TABLE holes (first_place INTEGER PRIMARY KEY, last_place INTEGER NOT NULL);
    CREATE TABLE snapshots (id INTEGER PRIMARY KEY, cursors TEXT NOT NULL, projection TEXT NOT NULL);
";

const RECORDS: i64 = 20_000;

fn write_format_1(path: &Path) {
    let mut connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "page_size", 8_192).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    let transaction = connection.transaction().unwrap();
    transaction.execute_batch(FORMAT_1).unwrap();
    transaction.pragma_update(None, "application_id", 0x4D43_544C).unwrap();
    transaction.pragma_update(None, "user_version", 1).unwrap();
    transaction
        .execute_batch(
            "
        INSERT INTO meta VALUES ('role', 'a hub''s own log');
        INSERT INTO dashboards VALUES (1, 'energy-01');
        INSERT INTO partitions VALUES (0, '01981f3a-5f10-7a90-b6c3-0d4e7f218a96', 20000);
        INSERT INTO watermarks VALUES (1, '01981f3a-5f10-7a90-b6c3-0d4e7f218a97', 17);
        INSERT INTO snapshots VALUES (1, 'what an older version wrote', '{}');
    ",
        )
        .unwrap();
    for place in 1..=RECORDS {
        transaction
            .prepare_cached("INSERT INTO log VALUES (?1, ?2, 1, 4, 1, ?3)")
            .unwrap()
            .execute(params![place, 1_800_000_000_000 + place, format!(r#"{{"type":"X","number":{place}}}"#)])
            .unwrap();
    }
    transaction.commit().unwrap();
}

fn assert_whole(path: &Path) {
    let mut reader = LogReader::open(path).unwrap();
    let records = reader.records(ONLY_PARTITION, 1, u32::MAX).unwrap();
    assert_eq!(records.len() as i64, RECORDS);
    for (number, record) in (1..).zip(&records) {
        assert_eq!(record.body.get(), format!(r#"{{"type":"X","number":{number}}}"#));
    }
    assert_eq!(reader.extents().unwrap()[0].last_seq, 20_000);
    let (projection, _) = reader.projection().unwrap();
    assert_eq!(projection.dashboards.values().next().unwrap().event_count, 20_000);
}

#[test]
fn the_first_format_is_brought_to_this_one_and_sealed_like_any_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    write_format_1(&path);
    let mut writer = OriginWriter::open(&path).unwrap();
    assert_eq!(writer.watermarks().values().next().unwrap().seq, 17);
    assert_whole(&path);
    let settings = UpkeepSettings { head_records: 100, ..UpkeepSettings::default() };
    let mut upkeep = Upkeep::open(&path, &settings).unwrap();
    while let Some(piece) = upkeep.prepare().unwrap() {
        writer.tend(&piece).unwrap();
    }
    let statistics = LogReader::open(&path).unwrap().statistics().unwrap();
    assert!(statistics.segments >= 4 && statistics.head_records < 5_000, "{statistics:?}");
    assert_whole(&path);
    writer.close().unwrap();
    assert_whole(&path);
}

#[test]
fn a_migration_that_is_interrupted_leaves_the_file_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    write_format_1(&path);
    // A table that the second step makes is there already, so that the step fails in its midst.
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE segment_parts (in_the_way INTEGER)").unwrap();
    assert!(OriginWriter::open(&path).is_err());
    let format: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(format, 1);
    let begun: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name IN ('segments', 'kept')", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(begun, 0, "nothing of the step is left");
    connection.execute_batch("DROP TABLE segment_parts").unwrap();
    drop(connection);
    OriginWriter::open(&path).unwrap();
    assert_whole(&path);
}

#[test]
fn a_migration_killed_on_its_way_to_the_disk_is_done_when_the_file_is_next_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    write_format_1(&path);
    let original = std::fs::read(&path).unwrap();
    let writer = OriginWriter::open(&path).unwrap();
    let wal = std::fs::read(directory.path().join("log.sqlite-wal")).unwrap();
    // What a kill leaves: the file as it was, and a write-ahead log that ends anywhere. Only a whole one counts.
    std::mem::forget(writer);
    assert!(!wal.is_empty());
    for share in [1, 3, 7, 9] {
        let killed = directory.path().join(format!("killed-{share}.sqlite"));
        std::fs::write(&killed, &original).unwrap();
        std::fs::write(
            directory.path().join(format!("killed-{share}.sqlite-wal")),
            &wal[..wal.len() * share / 10],
        )
        .unwrap();
        drop(OriginWriter::open(&killed).unwrap());
        assert_whole(&killed);
    }
}
