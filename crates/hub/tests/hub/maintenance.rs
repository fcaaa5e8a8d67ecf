//! `mission-control-hub backup` and `restore`, as an operator of a server uses them, and what its flags keep.

use std::{
    ffi::OsStr,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use mission_control_protocol::RecordKind;
use mission_control_store::LogReader;
use serde_json::Value;
use tokio::process::Command;

use crate::{
    durability::{BINARY, Process, publish_until_broken},
    support::{self, PATIENCE},
};

/// Small segments, so that there is everything that a log can have after a few records.
const SMALL: [&str; 4] = ["--head-records", "64", "--segment-records", "32"];

async fn hub(arguments: &[&dyn AsRef<OsStr>]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap()
}

/// What it says when it does what it was asked to.
async fn done(arguments: &[&dyn AsRef<OsStr>]) -> String {
    let output = hub(arguments).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What it says last when it does not.
async fn refused(arguments: &[&dyn AsRef<OsStr>]) -> String {
    let output = hub(arguments).await;
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap().lines().last().unwrap().to_owned()
}

fn last_seq(log: &Path) -> u64 {
    LogReader::open(log).unwrap().extents().unwrap().first().map_or(0, |extent| extent.last_seq)
}

fn epoch(log: &Path) -> uuid::Uuid {
    LogReader::open(log).unwrap().extents().unwrap()[0].epoch
}

fn assert_whole(log: &Path) {
    let check = LogReader::open(log).unwrap().check(|_| ControlFlow::Continue(())).unwrap();
    assert!(check.is_clean(), "{}: {check:?}", log.display());
}

fn numbers(log: &Path, id: &str) -> Vec<u64> {
    support::records(log)
        .iter()
        .filter(|record| record.kind == RecordKind::Event && record.dashboard_id.as_str() == id)
        .map(|record| support::body::<Value>(record)["payload"]["number"].as_u64().unwrap())
        .collect()
}

fn set_aside(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("log.sqlite.set-aside-") && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_under_load_is_backed_up_and_put_back_as_another_life() {
    let directory = tempfile::tempdir().unwrap();
    let (data, backups) = (directory.path().join("hub"), directory.path().join("backups"));
    std::fs::create_dir_all(&backups).unwrap();
    let (log, file) = (data.join("log.sqlite"), backups.join("monday.sqlite"));
    let epochs = [(); 2].map(|()| uuid::Uuid::new_v4().to_string());
    let ids = ["energy-01", "energy-02"];
    let mut running = Process::start_with(&data, &SMALL).await;
    let mut publishing = Vec::new();
    for (id, epoch) in ids.iter().zip(&epochs) {
        let client = running.dashboard(id, epoch).await;
        publishing.push(tokio::spawn(publish_until_broken(client, u64::MAX)));
    }
    support::eventually("a log", || (last_seq(&log) > 3_000).then_some(())).await;

    let said = done(&[&"backup", &"--data", &data, &"--output", &file]).await;
    let copied = last_seq(&file);
    assert!(copied > 3_000);
    let expected = format!("{} holds the log up to record {copied};", file.display());
    assert!(said.starts_with(&expected), "{said}");
    // The load went on all the while, and goes on.
    support::eventually("more", || (last_seq(&log) > copied + 500).then_some(())).await;
    let again = refused(&[&"backup", &"--data", &data, &"--output", &file]).await;
    assert!(again.contains("exists already"), "{again}");
    let in_use = refused(&[&"restore", &"--data", &data, &file]).await;
    assert!(in_use.contains("in use by") && in_use.contains("mission-control-hub"), "{in_use}");

    running.signal("-TERM");
    running.child.wait().await.unwrap();
    for (id, task) in ids.iter().zip(publishing) {
        let acknowledged = tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap();
        let kept = numbers(&log, id);
        assert!(kept.len() as u64 >= acknowledged, "{id}: {acknowledged} of {}", kept.len());
        assert!(kept.iter().copied().eq(1..=kept.len() as u64), "{id}: each once, in order");
    }
    assert_whole(&file);
    let (everything, backed_up) = (support::records(&log), support::records(&file));
    assert_eq!(backed_up.len() as u64, copied);
    assert_eq!(backed_up[..], everything[..backed_up.len()], "the log as it was at one moment");
    let beside: Vec<_> = std::fs::read_dir(&backups).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(beside, ["monday.sqlite"], "a backup is one file");

    let said = done(&[&"restore", &"--data", &data, &file]).await;
    assert!(said.contains(&format!("up to record {copied}")), "{said}");
    assert_eq!(support::records(&log), backed_up);
    assert_ne!(epoch(&log), epoch(&file), "it is another life");
    let aside = set_aside(&data);
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(support::records(&aside[0]), everything, "what was there is kept");

    // Dashboards go on from what the backup knows of them.
    let running = Process::start_with(&data, &SMALL).await;
    for (id, epoch) in ids.iter().zip(&epochs) {
        let mut client = running.dashboard(id, epoch).await;
        assert_eq!(client.seq, numbers(&file, id).len() as u64, "{id}");
        let seq = client.event("AFTER").await;
        client.acknowledged(seq).await;
        assert_eq!(numbers(&log, id), (1..=seq).collect::<Vec<_>>(), "{id}");
    }
}

#[tokio::test]
async fn what_cannot_be_backed_up_or_restored_says_why_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (data, empty) = (directory.path().join("hub"), directory.path().join("empty"));
    std::fs::create_dir_all(&empty).unwrap();
    let (log, file) = (data.join("log.sqlite"), directory.path().join("backup.sqlite"));
    let no_log = refused(&[&"backup", &"--data", &empty, &"--output", &file]).await;
    assert!(no_log.contains("has no log") && no_log.contains("--data"), "{no_log}");

    let mut running = Process::start(&data).await;
    let mut client = running.dashboard("energy-01", &uuid::Uuid::new_v4().to_string()).await;
    let seq = client.event("X").await;
    client.acknowledged(seq).await;
    running.signal("-TERM");
    running.child.wait().await.unwrap();
    let before = support::records(&log);

    let nowhere = directory.path().join("no-such-directory/backup.sqlite");
    let told = refused(&[&"backup", &"--data", &data, &"--output", &nowhere]).await;
    assert!(told.contains("no-such-directory"), "{told}");
    let told = refused(&[&"restore", &"--data", &data, &file]).await;
    assert!(told.contains("backup.sqlite"), "there is no such file: {told}");
    std::fs::write(&file, vec![0x5a; 20_000]).unwrap();
    let told = refused(&[&"restore", &"--data", &data, &file]).await;
    assert!(told.contains("backup.sqlite") && told.contains("damaged"), "{told}");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(support::records(&log), before);
    assert!(set_aside(&data).is_empty());

    // A hub that does not run is backed up, too; and a new directory can begin with it.
    done(&[&"backup", &"--data", &data, &"--output", &file]).await;
    let page = std::fs::metadata(&file).unwrap().len() / 2;
    let elsewhere = directory.path().join("elsewhere");
    done(&[&"restore", &"--data", &elsewhere, &file]).await;
    assert_eq!(support::records(&elsewhere.join("log.sqlite")), before);
    assert!(set_aside(&elsewhere).is_empty());

    // A backup that was cut off is not put in place.
    std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(page).unwrap();
    let told = refused(&[&"restore", &"--data", &data, &file]).await;
    assert!(told.contains("damaged"), "{told}");
    assert_eq!(support::records(&log), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_broken_off_leaves_nothing() {
    const ROUNDS: u32 = 40;
    let directory = tempfile::tempdir().unwrap();
    let (data, backups) = (directory.path().join("hub"), directory.path().join("backups"));
    std::fs::create_dir_all(&backups).unwrap();
    let mut running = Process::start(&data).await;
    let client = running.dashboard("energy-01", &uuid::Uuid::new_v4().to_string()).await;
    publish_until_broken(client, 30_000).await;
    running.signal("-TERM");
    running.child.wait().await.unwrap();
    let mut broken_off = 0;
    for round in 0..ROUNDS {
        let file = backups.join(format!("{round}.sqlite"));
        let unfinished = backups.join(format!("{round}.sqlite.partial"));
        let mut command = Command::new(BINARY);
        command.arg("backup").arg("--data").arg(&data).arg("--output").arg(&file);
        let command = command.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let pid = child.id().unwrap().to_string();
        while !unfinished.exists() && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        // It may have come to its end meanwhile; then there is nobody to tell.
        let _ = std::process::Command::new("kill").args(["-TERM", &pid]).stderr(Stdio::null()).status();
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        assert!(!unfinished.exists(), "round {round}");
        if output.status.success() {
            assert_whole(&file);
        } else {
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(told.contains("broken off"), "{told}");
            assert!(!file.exists(), "round {round}");
            broken_off += 1;
            if broken_off == 3 {
                break;
            }
        }
    }
    assert!(broken_off > 0, "each of {ROUNDS} came to its end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_with_a_rule_of_its_own_goes_and_the_others_stay() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log.sqlite");
    let arguments = [&SMALL[..], &["--keep-days", "0", "--keep-kind", "event=0,20000"]].concat();
    let mut running = Process::start_with(directory.path(), &arguments).await;
    let client = running.dashboard("energy-01", &uuid::Uuid::new_v4().to_string()).await;
    publish_until_broken(client, 5_000).await;
    support::eventually("old records to be sealed", || {
        (LogReader::open(&log).unwrap().statistics().unwrap().segments > 100).then_some(())
    })
    .await;
    // What need not be kept is looked for now and then, and at the start.
    running.signal("-TERM");
    running.child.wait().await.unwrap();
    let _running = Process::start_with(directory.path(), &arguments).await;
    let first = support::eventually("the oldest events to go", || {
        numbers(&log, "energy-01").first().copied().filter(|first| *first > 1)
    })
    .await;
    let kept = numbers(&log, "energy-01");
    assert!(kept.iter().copied().eq(kept[0]..=5_000) && kept[0] >= first);
    let registrations = support::bodies(&support::records(&log), RecordKind::Registration);
    assert_eq!(registrations.len(), 1, "which has no rule");
    let statistics = LogReader::open(&log).unwrap().statistics().unwrap();
    assert!(statistics.kept_since.contains_key(&RecordKind::Event), "{statistics:?}");
    assert!(!statistics.kept_since.contains_key(&RecordKind::Registration), "{statistics:?}");
}
