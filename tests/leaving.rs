//! `mission-control-hub export` and `mission-control-hub archive`: the real program, beside the hub that writes the log.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use mission_control_protocol::{DashboardId, RecordKind, Severity, Timestamp};
use mission_control_store::{Entry, OriginWriter, read_manifest};
use mission_control_tests::{
    log::{assert_unbroken, records},
    process::{Running, signal},
    producer::Producer,
    programs::{Hub, binary},
    wait::wait_until,
};
use rustix::process::Signal;
use serde_json::{Value, json, value::to_raw_value};

const ID: &str = "hall-3";

fn leaving(what: &str, data: &Path, output: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(binary("mission-control-hub"));
    command.arg(what).arg("--data").arg(data).arg("--output").arg(output).args(options);
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn done(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", text(&stderr));
    text(&stdout).to_owned()
}

/// What it says last when it fails.
fn refused(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(!status.success(), "{}", text(&stdout));
    text(&stderr).lines().last().unwrap_or_default().to_owned()
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_running_hub_has_recorded_leaves_in_every_form() {
    let directory = tempfile::tempdir().unwrap();
    let (data, out) = (directory.path().join("hub"), directory.path().join("out"));
    fs::create_dir(&out).unwrap();
    let mut hub = Hub::start(&data, &["--name", "plant"]);
    let mut dashboard = Producer::register(hub.address(), ID).await;
    for seq in 1..=20 {
        dashboard.send_event(seq, &json!({"reading": seq, "note": "a \"b\", c"})).await.unwrap();
    }
    dashboard.acknowledged(20).await;

    let query = ["--query", "kind:event payload.reading>5", "--name", "plant"];
    let export = |format: &str| {
        let file = out.join("found").with_extension(format);
        let mut command = leaving("export", &data, &file, &["--format", format]);
        let said = done(command.args(query));
        assert_eq!(said, format!("15 records in {}\n", file.display()));
        fs::read(file).unwrap()
    };
    let ndjson = export("ndjson");
    let lines: Vec<Value> = text(&ndjson).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let readings: Vec<_> = lines.iter().map(|line| line["body"]["payload"]["reading"].as_u64()).collect();
    assert_eq!(readings, (6..=20).map(Some).collect::<Vec<_>>());
    assert!(lines.iter().all(|line| line["hub"] == "plant" && line["dashboard"] == ID));
    let csv = export("csv");
    assert_eq!(text(&csv).lines().count(), 16);
    assert!(text(&csv).starts_with("hub,seq,at,"), "{}", text(&csv));
    let parquet = export("parquet");
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));

    let archive = out.join("incident.mcarchive");
    let said = done(&mut leaving("archive", &data, &archive, &["--name", "plant"]));
    let manifest = read_manifest(&archive).unwrap();
    assert_eq!(said, format!("{} records in {}\n", manifest.records, archive.display()));
    assert_eq!((manifest.hub_name.as_str(), manifest.is_partial), ("plant", false));
    assert_unbroken(&archive);
    let id = DashboardId::new(ID).unwrap();
    assert_eq!(records(&archive, Some(&id), &[RecordKind::Event]).len(), 20);

    // The hub was not disturbed, and nothing but the files is there.
    dashboard.send_event(21, &json!({"reading": 21})).await.unwrap();
    dashboard.acknowledged(21).await;
    assert!(hub.stop().success());
    let mut found = names(&out);
    found.sort();
    assert_eq!(found, ["found.csv", "found.ndjson", "found.parquet", "incident.mcarchive"]);
}

#[test]
fn what_is_wrong_is_told_with_the_way_on_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let (data, out) = (directory.path().join("hub"), directory.path().join("out"));
    fs::create_dir(&out).unwrap();
    let mut hub = Hub::start(&data, &[]);
    let file = out.join("found.csv");
    let csv = ["--format", "csv"];

    // The query's mistake is pointed at.
    let output =
        leaving("export", &data, &file, &csv).args(["--query", "kind:event sevrity:error"]).output().unwrap();
    let said = text(&output.stderr);
    assert!(!output.status.success());
    let (at, mark) = (said.rfind("sevrity").unwrap(), said.find('^').unwrap());
    let column = |place: usize| place - said[..place].rfind('\n').map_or(0, |end| end + 1);
    assert_eq!(column(at), column(mark), "{said}");
    assert!(said.contains("severity"), "{said}");

    let said = refused(&mut leaving("export", &data, &file, &["--format", "xlsx"]));
    assert!(said.contains("--help"), "{said}");
    let said = refused(&mut leaving("export", &directory.path().join("nowhere"), &file, &csv));
    assert!(said.contains("nowhere") && said.contains("there is no hub's log to read"), "{said}");
    let said = refused(&mut leaving("archive", &data, &out.join("no/such.mcarchive"), &[]));
    assert!(said.contains("no such folder"), "{said}");
    assert!(names(&out).is_empty(), "{:?}", names(&out));

    fs::write(&file, "mine").unwrap();
    let said = refused(&mut leaving("export", &data, &file, &csv));
    assert!(said.contains("is there already") && said.contains("replace"), "{said}");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    done(&mut leaving("export", &data, &file, &["--format", "csv", "--replace"]));
    assert!(fs::read(&file).unwrap().starts_with(b"hub,"));
    assert!(hub.stop().success());
}

/// Records of a log that takes a while to write out.
const MANY: usize = 200_000;

#[test]
fn interrupted_it_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (data, out) = (directory.path().join("hub"), directory.path().join("out"));
    fs::create_dir(&data).unwrap();
    fs::create_dir(&out).unwrap();
    let mut writer = OriginWriter::open(&data.join("log.sqlite")).unwrap();
    let entry = || Entry {
        dashboard_id: DashboardId::new(ID).unwrap(),
        kind: RecordKind::Event,
        severity: Severity::Info,
        body: to_raw_value(&json!({"type": "TEST", "payload": {"reading": 1}})).unwrap(),
        producer: None,
    };
    for group in 0..20 {
        let mut entries: Vec<_> = (0..MANY / 20).map(|_| entry()).collect();
        writer.append(Timestamp::from_milliseconds(group), &mut entries).unwrap();
    }
    writer.close().unwrap();

    for (what, options) in [("export", &["--format", "ndjson"][..]), ("archive", &[])] {
        let command = leaving(what, &data, &out.join("all"), options);
        let mut running = Running::start(&command, &directory.path().join(format!("{what}.txt")));
        wait_until("it to have begun", || !names(&out).is_empty());
        assert_ne!(names(&out), ["all"], "it is not there before it is whole");
        signal(running.id(), Signal::INT);
        let status = running.wait();
        assert!(!status.success(), "{}", running.output());
        assert!(running.output().contains("it was cancelled; nothing was written"), "{}", running.output());
        assert!(names(&out).is_empty(), "{what} left {:?}", names(&out));
    }
}
