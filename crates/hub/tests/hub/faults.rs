//! The binary under faults that take a whole process: killed while it migrates, on a disk of its own that fills up, on
//! one that is slow, beside a second one.

#![allow(clippy::print_stdout, reason = "a test says why it skips, and what it measured")]

use std::{collections::BTreeMap, ops::ControlFlow, path::Path, time::Duration};

use mission_control_protocol::RecordKind;
use mission_control_store::LogReader;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    durability::{BINARY, Process, publish_until_broken},
    support::{self, PATIENCE},
};

/// A log as the first format had it.
fn write_format_1(path: &Path, records: i64) {
    let mut connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "page_size", 8_192).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    let transaction = connection.transaction().unwrap();
    transaction
        .execute_batch(
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
             CREATE TABLE dashboards (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
             CREATE TABLE partitions (partition INTEGER PRIMARY KEY, epoch TEXT NOT NULL, last_seq INTEGER NOT NULL);
             CREATE TABLE log (place INTEGER PRIMARY KEY, at INTEGER NOT NULL, dashboard INTEGER NOT NULL,
                 kind INTEGER NOT NULL, severity INTEGER NOT NULL, body TEXT NOT NULL);
             CREATE TABLE watermarks (dashboard INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL);
             CREATE TABLE holes (first_place INTEGER PRIMARY KEY, last_place INTEGER NOT NULL);
             CREATE TABLE snapshots (id INTEGER PRIMARY KEY, cursors TEXT NOT NULL, projection TEXT NOT NULL);
             INSERT INTO meta VALUES ('role', 'a hub''s own log');
             INSERT INTO dashboards VALUES (1, 'energy-01');",
        )
        .unwrap();
    let epoch = uuid::Uuid::new_v4().to_string();
    transaction.execute("INSERT INTO partitions VALUES (0, ?1, ?2)", params![epoch, records]).unwrap();
    for seq in 1..=records {
        transaction
            .prepare_cached("INSERT INTO log VALUES (?1, ?2, 1, ?3, 1, ?4)")
            .unwrap()
            .execute(params![
                seq,
                1_700_000_000_000 + seq,
                RecordKind::Event as u8,
                format!(r#"{{"type":"X","payload":{{"number":{seq}}}}}"#)
            ])
            .unwrap();
    }
    transaction.pragma_update(None, "user_version", 1).unwrap();
    transaction.commit().unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// The numbers of the events of `id` that are kept, in order.
fn numbers(log: &Path, id: &str) -> Vec<u64> {
    support::records(log)
        .iter()
        .filter(|record| record.kind == RecordKind::Event && record.dashboard_id.as_str() == id)
        .map(|record| support::body::<Value>(record)["payload"]["number"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_migrates_the_next_start_brings_it_to_its_end() {
    const RECORDS: u64 = 4_000;
    const ROUNDS: u64 = 24;
    let original = tempfile::tempdir().unwrap();
    write_format_1(&original.path().join("log.sqlite"), RECORDS.cast_signed());
    let (mut before, mut after) = (0, 0);
    for round in 0..ROUNDS {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log.sqlite");
        std::fs::copy(original.path().join("log.sqlite"), &log).unwrap();
        let mut command = Command::new(BINARY);
        command.args(["--listen", "127.0.0.1:0", "--keep-days", "0", "--data"]).arg(directory.path());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).kill_on_drop(true);
        let mut hub = command.spawn().unwrap();
        // From the first sign that it has the file open, a little later each time.
        let wal = directory.path().join("log.sqlite-wal");
        support::eventually("the write-ahead log", || wal.exists().then_some(())).await;
        std::thread::sleep(Duration::from_micros(round * 400));
        hub.start_kill().unwrap();
        hub.wait().await.unwrap();
        let format: i64 = Connection::open(&log)
            .unwrap()
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert!(format >= 1, "{format}");
        *(if format == 1 { &mut before } else { &mut after }) += 1;
        let mut hub = Process::start_with(directory.path(), &["--keep-days", "0"]).await;
        assert_eq!(numbers(&log, "energy-01"), (1..=RECORDS).collect::<Vec<_>>(), "round {round}");
        hub.signal("-TERM");
        hub.child.wait().await.unwrap();
        let check = LogReader::open(&log).unwrap().check(|_| ControlFlow::Continue(())).unwrap();
        assert!(check.is_clean(), "{check:?}");
    }
    println!("killed before the migration was committed: {before}, after: {after}");
    assert!(after > 0, "some had come that far");
}

#[tokio::test]
async fn a_second_hub_on_one_log_is_told_which_program_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let first = Process::start(directory.path()).await;
    let mut second = Command::new(BINARY);
    second.args(["--listen", "127.0.0.1:0", "--data"]).arg(directory.path()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, second.output()).await.unwrap().unwrap();
    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    let last = told.lines().last().unwrap();
    let who = format!("mission-control-hub (process {})", first.child.id().unwrap());
    assert!(last.contains("log.sqlite is in use by") && last.contains(&who), "{last}");
    // The first is none the worse for it.
    let mut client = first.dashboard("energy-01", &uuid::Uuid::new_v4().to_string()).await;
    let seq = client.event("X").await;
    client.acknowledged(seq).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_while_it_seals_and_drops_holds_producers_back_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let disk = directory.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
        .arg(&disk)
        .output();
    if !mounted.as_ref().is_ok_and(|output| output.status.success()) {
        println!("skipped: a disk of its own cannot be mounted here: {mounted:?}");
        return;
    }
    let _unmount = Unmount(&disk);
    let filler = disk.join("filler");
    let mut hub = Process::start_with(
        &disk,
        &["--head-records", "64", "--segment-records", "32", "--keep-bytes", "1500000"],
    )
    .await;
    let epoch = uuid::Uuid::new_v4().to_string();
    let mut acknowledged = 0;
    for round in 1..=3 {
        let mut client = hub.dashboard("energy-01", &epoch).await;
        assert!(client.seq >= acknowledged);
        // The disk is full at once, or a little into the work.
        let fill = {
            let filler = filler.clone();
            tokio::task::spawn_blocking(move || {
                use std::io::Write;
                std::thread::sleep(Duration::from_millis(100 * (round - 1)));
                let mut file = std::fs::File::create(filler).unwrap();
                for size in [65_536, 4_096, 512] {
                    while file.write_all(&vec![1; size]).is_ok() {}
                }
            })
        };
        let (mut told, mut sent) = (None, 0);
        while told.is_none() {
            client.event("X").await;
            sent += 1;
            while let Ok(message) = tokio::time::timeout(Duration::from_micros(1), client.next()).await {
                let message = message.expect("the hub keeps the connection");
                if message["type"] == "ERROR" {
                    told = Some(message);
                }
            }
            assert!(sent < 400_000, "the disk never filled up");
        }
        fill.await.unwrap();
        assert_eq!(told.unwrap()["code"], "LOG_UNAVAILABLE");
        std::fs::remove_file(&filler).unwrap();
        client.acknowledged(client.seq).await;
        acknowledged = client.seq;
        client.send(json!({"type": "DISCONNECT", "reason": "round over"})).await;
        client.expect_end().await;
    }
    hub.signal("-TERM");
    assert!(tokio::time::timeout(PATIENCE, hub.child.wait()).await.unwrap().unwrap().success());
    let log = disk.join("log.sqlite");
    let kept = numbers(&log, "energy-01");
    assert_eq!(kept.last(), Some(&acknowledged));
    assert!(kept.iter().copied().eq(kept[0]..=acknowledged), "each once, in order");
    let mut reader = LogReader::open(&log).unwrap();
    let check = reader.check(|_| ControlFlow::Continue(())).unwrap();
    assert!(check.is_clean(), "{check:?}");
    assert_eq!(reader.projection().unwrap().0.dashboards.values().next().unwrap().event_count, acknowledged);
}

/// Unmounts when it is dropped.
struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// Resident memory of a process, in bytes.
#[cfg(target_os = "linux")]
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1_024
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_disk_slows_a_hundred_producers_and_takes_no_more_memory() {
    const PRODUCERS: usize = 100;
    const BOUND: u64 = 200 << 20;
    /// Messages of each: more than it can get rid of.
    const EACH: u64 = 2_000;
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Process::start(directory.path()).await;
    let process = hub.child.id().unwrap();
    let mut publishing = Vec::new();
    for number in 0..PRODUCERS {
        let client = hub.dashboard(&format!("energy-{number:03}"), &uuid::Uuid::new_v4().to_string()).await;
        publishing.push(tokio::spawn(publish_until_broken(client, EACH)));
    }
    // Whoever has the database's write lock keeps the writer waiting, as a disk does that answers slowly.
    let log = directory.path().join("log.sqlite");
    let slow = tokio::task::spawn_blocking(move || {
        let connection = Connection::open(log).unwrap();
        connection.busy_timeout(PATIENCE).unwrap();
        let mut sizes = Vec::new();
        for _ in 0..4 {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            std::thread::sleep(Duration::from_millis(700));
            connection.execute_batch("ROLLBACK").unwrap();
            sizes.push(resident(process));
            std::thread::sleep(Duration::from_millis(120));
        }
        sizes
    });
    let sizes = slow.await.unwrap();
    println!("resident megabytes: {:?}", sizes.iter().map(|size| size >> 20).collect::<Vec<_>>());
    assert!(sizes.iter().all(|size| *size < BOUND), "{sizes:?}");
    hub.signal("-KILL");
    hub.child.wait().await.unwrap();
    let mut acknowledged = Vec::new();
    for task in publishing {
        acknowledged.push(tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap());
    }
    assert!(acknowledged.iter().all(|seq| *seq > 0), "all of them get on: {acknowledged:?}");
    let log = directory.path().join("log.sqlite");
    let mut kept: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in support::records(&log).iter().filter(|record| record.kind == RecordKind::Event) {
        let number = support::body::<Value>(record)["payload"]["number"].as_u64().unwrap();
        kept.entry(record.dashboard_id.as_str().to_owned()).or_default().push(number);
    }
    for (number, acknowledged) in acknowledged.iter().enumerate() {
        let kept = &kept[&format!("energy-{number:03}")];
        assert!(kept.len() as u64 >= *acknowledged);
        assert!(kept.iter().copied().eq(1..=kept.len() as u64), "each once, in order");
    }
}
