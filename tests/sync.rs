//! A console far behind a hub: the present first, then the past; and whatever way a copy came about, it is the hub's log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use mission_control_console::{
    Console, ConsoleConfig, ConsoleHandle,
    view::{
        HubKey, ViewModel, ViewRequest,
        frame::{HubChip, HubConnection},
        requests::AddHub,
    },
};
use mission_control_protocol::{DashboardId, RecordKind, Severity, Timestamp};
use mission_control_store::{Entry, LogReader, OriginWriter, Projection};
use mission_control_tests::{
    log::{assert_copied, assert_unbroken, event_numbers, records},
    producer::Producer,
    programs::{Hub, binary},
};
use serde_json::{json, value::to_raw_value};

/// Records of the past: more than a console takes before it shows the present.
const PAST: u64 = 70_000;
/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(180);

fn now() -> Timestamp {
    mission_control_console::system_clock()()
}

fn entry(number: u64) -> Entry {
    let dashboard = ["north", "south", "west"][usize::try_from(number % 3).unwrap()];
    let (kind, body) = match number % 50 {
        0 => (RecordKind::Connection, json!({"liveness": "online", "reason": "registered"})),
        1..=9 => (
            RecordKind::Metrics,
            json!({"dashboardId": dashboard, "timestamp": "2026-11-22T08:00:00.000Z", "data": {"totalRecords": number,
                "processingRate": 1.5, "errorRate": 0.1, "dataQuality": 99}}),
        ),
        _ => (RecordKind::Event, json!({"type": "TICK", "severity": "info", "payload": {"number": number}})),
    };
    Entry {
        dashboard_id: DashboardId::new(dashboard).unwrap(),
        kind,
        severity: Severity::Info,
        body: to_raw_value(&body).unwrap(),
        producer: None,
    }
}

/// Writes a log as a hub would have that ran for a while and was restarted a few times.
fn write_past(log: &Path, count: u64, mut at: Timestamp) {
    let mut number = 0;
    while number < count {
        let mut writer = OriginWriter::open(log).unwrap();
        let until = count.min(number + 20_000);
        while number < until {
            let group = (until - number).min(2_000);
            let mut entries = (number..number + group).map(entry).collect();
            number += group;
            at = at.plus_milliseconds(500);
            writer.append(at, &mut entries).unwrap();
        }
        writer.close().unwrap();
    }
}

/// A console in a directory of its own.
struct Station {
    directory: PathBuf,
    console: Console,
    key: HubKey,
}

impl Station {
    async fn start(directory: &Path) -> Console {
        Console::start(ConsoleConfig::new(directory.to_owned())).await.unwrap()
    }

    /// A new one, that follows `hub`.
    async fn new(directory: &Path, hub: &Hub) -> Self {
        let console = Self::start(directory).await;
        let request = AddHub {
            name: String::new(),
            address: hub.address().url.clone(),
            token: hub.address().operator_token(),
        };
        let key = console.handle().add_hub(request).await.unwrap();
        Self { directory: directory.to_owned(), console, key }
    }

    /// Ends the program, and starts it again.
    async fn restart(self) -> Self {
        let Self { directory, console, key } = self;
        console.shutdown().await;
        Self { console: Self::start(&directory).await, directory, key }
    }

    fn handle(&self) -> ConsoleHandle {
        self.console.handle()
    }

    fn cache(&self) -> PathBuf {
        self.directory.join("cache").join(format!("{}.sqlite", self.key.0))
    }

    /// Waits until the hub looks like this.
    async fn until(&self, what: &str, is_so: impl Fn(&HubChip) -> bool) -> HubChip {
        let mut view = self.handle().subscribe(ViewRequest::Frame);
        let mut last = None;
        let waiting = async {
            loop {
                let model = view.next().await.expect("the console has ended");
                let ViewModel::Frame(frame) = &*model else { continue };
                let chip = frame.hubs.iter().find(|chip| chip.hub == self.key);
                if let Some(chip) = chip.filter(|chip| is_so(chip)) {
                    return chip.clone();
                }
                last = chip.cloned();
            }
        };
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("waited too long for {what}; last was {last:?}"))
    }

    /// Waits until the present is shown and nothing of the past is missing.
    async fn until_whole(&self) {
        self.until("everything to be here", |chip| is_live(chip) && chip.missing.is_none()).await;
    }

    async fn until_reached(&self, seq: u64) {
        let cache = self.cache();
        let waiting = async {
            while last_seq(&cache) < seq {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the copy follows");
    }
}

fn is_live(chip: &HubChip) -> bool {
    chip.connection == HubConnection::Live
}

fn last_seq(log: &Path) -> u64 {
    LogReader::open(log).unwrap().extents().unwrap().first().map_or(0, |extent| extent.last_seq)
}

/// Two that are equal bit by bit are written alike.
fn written(projection: &Projection) -> String {
    serde_json::to_string(projection).unwrap()
}

/// Every record, the present, and instants of the past are the hub's.
fn assert_same(cache: &Path, log: &Path) {
    assert_unbroken(cache);
    assert_copied(cache, log);
    let (mut ours, mut theirs) = (LogReader::open(cache).unwrap(), LogReader::open(log).unwrap());
    assert_eq!(written(&ours.projection().unwrap().0), written(&theirs.projection().unwrap().0));
    let all = records(log, None, &[]);
    for place in 0..=12 {
        let at = all[(all.len() - 1) * place / 12].at;
        let here = ours.folded_at(at).unwrap();
        assert_eq!(here.missing, 0, "at {at}");
        assert_eq!(written(&here.projection), written(&theirs.projection_at(at).unwrap().0), "at {at}");
    }
}

/// Lets the dashboard go, and tells the last record there will be.
async fn farewell(producer: Producer, log: &Path) -> u64 {
    let before = last_seq(log);
    drop(producer);
    let waiting = async {
        // The connection that is lost.
        while last_seq(log) == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the hub notices");
    last_seq(log)
}

/// The one copy that was set aside when `cache` began anew.
fn set_aside(cache: &Path) -> PathBuf {
    let mut aside: Vec<_> = fs::read_dir(cache.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.contains(".set-aside-") && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    aside.remove(0)
}

/// Has the hub's program look after a log.
fn look_after(arguments: &[&dyn AsRef<OsStr>]) {
    let output = Command::new(binary("mission-control-hub")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn publish(producer: &mut Producer, from: u64, count: u64) {
    for seq in from..from + count {
        producer.send_event(seq, &json!({"n": seq})).await.unwrap();
    }
    producer.acknowledged(from + count - 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_present_comes_first_and_two_consoles_agree_however_they_were_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("hub");
    fs::create_dir_all(&data).unwrap();
    write_past(&data.join("log.sqlite"), PAST, now().plus_milliseconds(-3_600_000));
    let mut hub = Hub::start(&data, &[]);
    let mut producer = Producer::register(hub.address(), "live").await;
    publish(&mut producer, 1, 100).await;

    let first = Station::new(&directory.path().join("first"), &hub).await;
    let present = first.until("the present", |chip| is_live(chip) && chip.missing.is_some()).await;
    // Those of the past were cut off when their hub started anew; all of them are known all the same.
    assert_eq!((present.dashboards, present.online_dashboards), (4, 1), "{present:?}");
    let missing = present.missing.unwrap();
    assert!(missing.is_fetching && missing.records > 0 && missing.records < PAST, "{missing:?}");
    // While the past comes, what is shown is what the hub shows.
    let (shown, cursors) = LogReader::open(&first.cache()).unwrap().projection().unwrap();
    let mut theirs = LogReader::open(&hub.log_file()).unwrap();
    let there = theirs.snapshot_at(cursors[0].partition, cursors[0].seq).unwrap().unwrap();
    assert_eq!(written(&shown), there.projection.get());

    // The second comes late, and is interrupted again and again.
    publish(&mut producer, 101, 200).await;
    let mut second = Station::new(&directory.path().join("second"), &hub).await;
    for round in 0..4 {
        second
            .until("some more", |chip| match &chip.missing {
                Some(missing) => round > 0 && is_live(chip) && missing.records < PAST,
                None => is_live(chip),
            })
            .await;
        second = second.restart().await;
        publish(&mut producer, 301 + round * 50, 50).await;
    }
    let last = farewell(producer, &hub.log_file()).await;
    first.until_whole().await;
    second.until_whole().await;
    first.until_reached(last).await;
    second.until_reached(last).await;
    let caches = [first.cache(), second.cache()];
    first.console.shutdown().await;
    second.console.shutdown().await;
    assert!(hub.stop().success());
    for cache in &caches {
        assert_same(cache, &hub.log_file());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_began_anew_is_copied_anew_and_nothing_of_both_is_mixed() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("hub");
    fs::create_dir_all(&data).unwrap();
    let log = data.join("log.sqlite");
    // Enough that old records are sealed on both sides.
    write_past(&log, 40_000, now().plus_milliseconds(-3_600_000));
    let mut hub = Hub::start(&data, &[]);
    let mut producer = Producer::register(hub.address(), "before").await;
    publish(&mut producer, 1, 50).await;
    let station = Station::new(&directory.path().join("console"), &hub).await;
    station.until_whole().await;
    station.until_reached(last_seq(&log)).await;
    let old: Vec<_> = records(&station.cache(), None, &[]);
    drop(producer);
    assert!(hub.stop().success());
    station.until("the loss", |chip| matches!(chip.connection, HubConnection::Cached { .. })).await;

    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(data.join(format!("log.sqlite{suffix}")));
    }
    write_past(&log, 30_000, now().plus_milliseconds(-1_000_000));
    hub.restart();
    let mut producer = Producer::register(hub.address(), "after").await;
    publish(&mut producer, 1, 20).await;
    let chip = station.until("the new log", |chip| is_live(chip) && chip.dashboards == 4).await;
    assert_eq!(chip.dashboards, 4, "north, south, west and the new one");
    let last = farewell(producer, &log).await;
    station.until_whole().await;
    station.until_reached(last).await;
    let cache = station.cache();
    station.console.shutdown().await;
    assert!(hub.stop().success());
    assert_same(&cache, &log);

    // The old copy is still there, whole, and can be read.
    let kept = records(&set_aside(&cache), None, &[]);
    assert_eq!(kept[..old.len()], old[..]);
    assert!(kept.iter().any(|record| record.dashboard_id.as_str() == "before"));
    assert!(kept.iter().all(|record| record.dashboard_id.as_str() != "after"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_that_saw_more_than_a_backup_has_copies_the_restored_log_anew() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("hub");
    fs::create_dir_all(&data).unwrap();
    let log = data.join("log.sqlite");
    write_past(&log, 30_000, now().plus_milliseconds(-3_600_000));
    let mut hub = Hub::start(&data, &[]);
    let mut producer = Producer::register(hub.address(), "live").await;
    publish(&mut producer, 1, 50).await;
    let backup = directory.path().join("backup.sqlite");
    look_after(&[&"backup", &"--data", &data, &"--output", &backup]);
    publish(&mut producer, 51, 500).await;
    let station = Station::new(&directory.path().join("console"), &hub).await;
    station.until_whole().await;
    let seen = farewell(producer, &log).await;
    station.until_reached(seen).await;
    assert!(hub.stop().success());
    station.until("the loss", |chip| matches!(chip.connection, HubConnection::Cached { .. })).await;

    look_after(&[&"restore", &"--data", &data, &backup]);
    assert!(last_seq(&log) < seen, "the console saw more than that");
    hub.restart();
    let mut producer = Producer::register(hub.address(), "after").await;
    publish(&mut producer, 1, 20).await;
    station.until("the restored log", |chip| is_live(chip) && chip.dashboards == 5).await;
    let last = farewell(producer, &log).await;
    station.until_whole().await;
    station.until_reached(last).await;
    let cache = station.cache();
    station.console.shutdown().await;
    assert!(hub.stop().success());
    assert_same(&cache, &log);
    // What came after the backup is in the copy that was set aside.
    let kept = event_numbers(&set_aside(&cache), &DashboardId::new("live").unwrap());
    assert_eq!(kept, (1..=550).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_never_fall_although_the_clock_of_the_hub_does() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("hub");
    fs::create_dir_all(&data).unwrap();
    let log = data.join("log.sqlite");
    // What the hub wrote while its clock was an hour ahead.
    write_past(&log, 500, now().plus_milliseconds(3_600_000));
    let ahead = records(&log, None, &[]).last().unwrap().at;
    let mut hub = Hub::start(&data, &[]);
    let station = Station::new(&directory.path().join("console"), &hub).await;
    let mut producer = Producer::register(hub.address(), "live").await;
    publish(&mut producer, 1, 50).await;
    let last = farewell(producer, &log).await;
    station.until_whole().await;
    station.until_reached(last).await;
    let cache = station.cache();
    station.console.shutdown().await;
    assert!(hub.stop().success());
    assert_unbroken(&log);
    assert_same(&cache, &log);
    let after: Vec<_> = records(&cache, None, &[]).into_iter().filter(|record| record.seq > 500).collect();
    assert!(after.len() >= 50 && after.iter().all(|record| record.at >= ahead));
}
