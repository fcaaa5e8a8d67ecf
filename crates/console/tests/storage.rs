//! Keeping: how a log fares, what is kept of it, checks, backups, restores and copies made anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use mission_control_console::{
    Console, ConsoleConfig, ConsoleHandle, Retention, embedded_retention,
    view::{
        HubKey, Status, ViewModel, ViewRequest,
        requests::RequestErrorCode,
        search::SearchScope,
        storage::{
            KindRule, LogRole, RetentionChoice, RetentionRequest, StorageHealth, StorageTask, StorageWork,
            WorkState,
        },
        transfers::{ExportSubject, FileFormat, StartExport, TransferState},
    },
};
use mission_control_protocol::RecordKind;
use mission_control_store::{LogReader, ONLY_PARTITION};
use support::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Waits until the work is over, having seen that its progress never falls.
async fn over(handle: &ConsoleHandle) -> StorageWork {
    within("the work", async {
        let mut progress = 0.0;
        loop {
            let work = handle.storage_work().expect("work was started");
            assert!((progress..=1.0).contains(&work.progress), "{progress} then {work:?}");
            progress = work.progress;
            if work.state != WorkState::Running {
                return work;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
}

async fn done(handle: &ConsoleHandle, hub: HubKey, task: StorageTask) -> StorageWork {
    handle.start_storage_work(hub, task).await.unwrap();
    let work = over(handle).await;
    assert_eq!(work.state, WorkState::Done, "{work:?}");
    work
}

fn backup(file: &Path) -> StorageTask {
    StorageTask::Backup { file: file.display().to_string() }
}

fn restore(file: &Path) -> StorageTask {
    StorageTask::Restore { file: file.display().to_string() }
}

fn seqs(log: &Path) -> Vec<u64> {
    let mut reader = LogReader::open(log).unwrap();
    reader.records(ONLY_PARTITION, 1, u32::MAX).unwrap().iter().map(|record| record.seq).collect()
}

async fn health(handle: &ConsoleHandle) -> StorageHealth {
    handle.storage_health(HubKey::EMBEDDED).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_measured_checked_and_backed_up() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    hub.append((1..=9_998).map(|number| event("a", "TICK", number)).collect());
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();

    let found = health(&handle).await;
    assert_eq!((found.role, found.status, found.last_check), (LogRole::Own, Status::Normal, None));
    let numbers = found.numbers.unwrap();
    assert_eq!((numbers.records, numbers.holes), (10_000, 0));
    assert_eq!(numbers.areas.iter().map(|area| area.bytes).sum::<u64>(), numbers.bytes);
    let events = numbers.kinds.iter().find(|kind| kind.kind == RecordKind::Event).unwrap();
    assert_eq!((events.records, events.kept.as_str()), (9_998, "365 days"));
    assert!(numbers.oldest_at.is_some() && numbers.disk_free_bytes.is_some());

    handle.start_storage_work(HubKey::EMBEDDED, StorageTask::Check).await.unwrap();
    let second = handle.start_storage_work(HubKey::EMBEDDED, StorageTask::Check).await.unwrap_err();
    assert_eq!(second.code, RequestErrorCode::Refused, "{second:?}");
    let work = over(&handle).await;
    assert_eq!((work.state, work.title.as_str()), (WorkState::Done, "Checking"), "{work:?}");
    let check = health(&handle).await.last_check.unwrap();
    assert_eq!(check.status, Status::Normal);
    assert_eq!(check.lines, ["Everything is whole: 10.0 k records were read."]);

    // Where it is suggested, beside the log that goes on; and never over a file that is there.
    let file = PathBuf::from(found.suggested_backup);
    let work = done(&handle, HubKey::EMBEDDED, backup(&file)).await;
    assert!(work.outcome.contains(&file.display().to_string()), "{work:?}");
    hub.append(vec![event("a", "TICK", 9_999)]);
    assert_eq!(seqs(&file), (1..=10_000).collect::<Vec<_>>());
    let note = health(&handle).await.last_backup.unwrap();
    assert_eq!(note.file, file.display().to_string());
    assert_eq!(note.bytes, fs::metadata(&file).unwrap().len());
    handle.start_storage_work(HubKey::EMBEDDED, backup(&file)).await.unwrap();
    let work = over(&handle).await;
    assert!(work.state == WorkState::Failed && work.outcome.contains("exists already"), "{work:?}");
    let relative = handle.start_storage_work(HubKey::EMBEDDED, backup(Path::new("b.sqlite"))).await;
    assert!(relative.unwrap_err().message.starts_with("File:"));
    console.shutdown().await;

    // What was noted is known when the program starts again.
    let console = start(directory.path(), Some(hub.embedded())).await;
    let found = health(&console.handle()).await;
    assert_eq!((found.last_check, found.last_backup), (Some(check), Some(note)));
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_cancelled_leaves_nothing() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    for part in 0..8 {
        hub.append((1..=4_000).map(|number| event("a", "TICK", part * 4_000 + number)).collect());
    }
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    let mut cancelled = 0;
    for round in 0..50 {
        let file = directory.path().join(format!("{round}.sqlite"));
        handle.start_storage_work(HubKey::EMBEDDED, backup(&file)).await.unwrap();
        handle.cancel_storage_work();
        let work = over(&handle).await;
        // It may have been done before it was told.
        assert_eq!(file.exists(), work.state == WorkState::Done, "{work:?}");
        assert!(!directory.path().join(format!("{round}.sqlite.partial")).exists());
        if work.state == WorkState::Cancelled {
            cancelled += 1;
            break;
        }
    }
    assert!(cancelled > 0);
    assert_eq!(health(&handle).await.last_backup, None);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_waits_for_the_next_start_and_can_be_given_up() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.append((1..=50).map(|number| event("a", "TICK", number)).collect());
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    let file = directory.path().join("backup.sqlite");
    done(&handle, HubKey::EMBEDDED, backup(&file)).await;
    let wrong = directory.path().join("wrong.sqlite");
    fs::write(&wrong, vec![0x5a; 9_000]).unwrap();
    handle.start_storage_work(HubKey::EMBEDDED, restore(&wrong)).await.unwrap();
    let work = over(&handle).await;
    assert!(work.state == WorkState::Failed && work.outcome.contains("wrong.sqlite"), "{work:?}");
    assert!(!health(&handle).await.restore_waiting);

    let work = done(&handle, HubKey::EMBEDDED, restore(&file)).await;
    assert!(work.outcome.contains("starts next"), "{work:?}");
    assert!(health(&handle).await.restore_waiting);
    handle.forget_restore().await.unwrap();
    assert!(!health(&handle).await.restore_waiting);

    // Once more; then the hub starts again.
    done(&handle, HubKey::EMBEDDED, restore(&file)).await;
    hub.append(vec![event("a", "TICK", 51)]);
    console.shutdown().await;
    hub.restart_log();
    assert_eq!(seqs(&hub.log_path), (1..=50).collect::<Vec<_>>());
    let console = start(directory.path(), Some(hub.embedded())).await;
    assert!(!health(&console.handle()).await.restore_waiting);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_choice_drops_is_told_and_the_choice_reaches_hub_and_settings() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    // Old ones, which are sealed: only those go.
    let then = now().plus_milliseconds(-100 * 24 * 60 * 60 * 1_000);
    hub.append_at(then, (1..=1_000).map(|number| event("a", "TICK", number)).collect());
    hub.tend();
    let embedded = hub.embedded();
    let retained = embedded.retain.subscribe();
    let console = start(directory.path(), Some(embedded)).await;
    let handle = console.handle();
    let request = |retention| RetentionRequest { hub: HubKey::EMBEDDED, retention };

    let told = handle.preview_retention(request(RetentionChoice::default())).await.unwrap();
    assert!(!told.drops, "{told:?}");
    let mut choice = RetentionChoice { keep_days: 30, ..RetentionChoice::default() };
    let told = handle.preview_retention(request(choice.clone())).await.unwrap();
    assert!(told.drops && told.lines[0].contains("events, received before"), "{told:?}");
    choice.kinds.insert(RecordKind::Event, KindRule { keep_days: 200, keep_bytes: None });
    let told = handle.preview_retention(request(choice.clone())).await.unwrap();
    assert!(!told.drops, "the rule of its own goes before: {told:?}");

    let wrong = RetentionChoice { keep_bytes: Some(5), ..choice.clone() };
    let refused = handle.save_retention(request(wrong)).await.unwrap_err();
    assert_eq!(refused.code, RequestErrorCode::InvalidInput);
    assert!(refused.message.starts_with("Size:"), "{refused:?}");
    handle.save_retention(request(choice.clone())).await.unwrap();
    let kept = retained.borrow().clone();
    assert_eq!((kept.age, kept.kinds[&RecordKind::Event].age), (Some(DAY * 30), Some(DAY * 200)));
    assert_eq!(health(&handle).await.retention, choice);
    console.shutdown().await;
    assert_eq!(embedded_retention(directory.path()), kept, "for the next start");
}

fn set_aside(directory: &Path) -> usize {
    let entries = fs::read_dir(directory.join("cache")).unwrap();
    entries
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().contains(".set-aside-"))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_copy_of_a_remote_hub_is_made_anew_when_it_can_be_fetched() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    hub.append((1..=50).map(|number| event("a", "TICK", number)).collect());
    let listening = hub.listen(0).await;
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let key = add_hub(&handle, listening.address()).await;
    until_live(&handle, key).await;
    let cached = async |records: u64| {
        let mut view = handle.subscribe(ViewRequest::Settings);
        until(&mut view, "the copy", |model| {
            let row = settings(model).hubs.iter().find(|row| row.chip.hub == key)?;
            (row.cached_records == records && row.holes == 0).then_some(())
        })
        .await;
    };
    cached(52).await;
    let found = handle.storage_health(key).await.unwrap();
    assert_eq!((found.role, found.numbers.unwrap().records), (LogRole::Copy, 52));
    let refused = handle.start_storage_work(key, restore(Path::new("/tmp/backup.sqlite"))).await.unwrap_err();
    assert_eq!(refused.code, RequestErrorCode::InvalidInput, "only a hub's own log is restored");

    handle.rebuild_cache(key).await.unwrap();
    within("the copy to be set aside", async {
        while set_aside(directory.path()) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    until_live(&handle, key).await;
    hub.append(vec![event("a", "TICK", 51)]);
    cached(53).await;
    let path = PathBuf::from(handle.storage_health(key).await.unwrap().path);
    listening.stop().await;
    until_chip(&handle, key, "the loss", is_cached).await;
    let refused = handle.rebuild_cache(key).await.unwrap_err();
    assert_eq!(refused.code, RequestErrorCode::HubDisconnected, "{refused:?}");
    console.shutdown().await;
    assert_eq!(seqs(&path), (1..=53).collect::<Vec<_>>());
    assert_eq!(hub.hellos().last().unwrap().1, [], "from the beginning");
}

/// Waits until a transfer is done.
async fn transferred(handle: &ConsoleHandle, id: u32) {
    let mut view = handle.subscribe(ViewRequest::Transfers);
    until(&mut view, "the transfer to be done", |model| {
        let ViewModel::Transfers(view) = model else { panic!("not transfers") };
        let row = view.transfers.iter().find(|row| row.id == id)?;
        matches!(row.state, TransferState::Done { .. }).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_the_only_one_is_not_rebuilt_and_an_archive_is_left_as_it_is() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.append((1..=50).map(|number| event("a", "TICK", number)).collect());
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HubKey::EMBEDDED).await;
    let refused = handle.rebuild_cache(HubKey::EMBEDDED).await.unwrap_err();
    assert!(refused.message.contains("restore it from a backup"), "{refused:?}");

    let path = directory.path().join("a.mcarchive");
    let scope = SearchScope {
        view: "events".to_owned(),
        hubs: Vec::new(),
        query: String::new(),
        utc_offset_minutes: 0,
        until: None,
    };
    let archive = StartExport {
        subject: ExportSubject::Records { scope },
        format: FileFormat::Archive,
        path: path.display().to_string(),
        replace: false,
    };
    let id = handle.start_export(archive).await.unwrap();
    transferred(&handle, id).await;
    let id = handle.import_archive(path.display().to_string()).await.unwrap();
    transferred(&handle, id).await;
    let mut view = handle.subscribe(ViewRequest::Frame);
    let key = until(&mut view, "the archive", |model| {
        frame(model).hubs.iter().find(|chip| chip.archive.is_some()).map(|chip| chip.hub)
    })
    .await;
    let found = handle.storage_health(key).await.unwrap();
    assert_eq!((found.role, found.status), (LogRole::Archive, Status::Normal), "{found:?}");
    let numbers = found.numbers.unwrap();
    assert_eq!((numbers.records, numbers.growth_bytes), (50, 0));
    assert!(numbers.kinds.iter().all(|kind| kind.kept == "for ever"), "{numbers:?}");
    done(&handle, key, StorageTask::Check).await;
    let request = RetentionRequest { hub: key, retention: RetentionChoice::default() };
    let refused = handle.save_retention(request).await.unwrap_err();
    assert_eq!(refused.code, RequestErrorCode::InvalidInput);
    assert_eq!(handle.rebuild_cache(key).await.unwrap_err().code, RequestErrorCode::InvalidInput);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_are_lost_drop_nothing_and_the_operator_is_told() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    fs::write(directory.path().join("settings.json"), "{ not json").unwrap();
    assert_eq!(embedded_retention(directory.path()), Retention::forever());
    let mut config = ConsoleConfig::new(directory.path().to_owned());
    let mut embedded = hub.embedded();
    embedded.note = Some("Port 7420 is in use.".to_owned());
    config.embedded = Some(embedded);
    let console = Console::start(config).await.unwrap();
    let mut view = console.handle().subscribe(ViewRequest::Frame);
    let notices = until(&mut view, "the notices", |model| {
        let notices = frame(model).notices.clone();
        (notices.len() == 2).then_some(notices)
    })
    .await;
    assert!(notices[0].contains("settings.json.set-aside-"), "{notices:?}");
    assert_eq!(notices[1], "Port 7420 is in use.");
    assert_eq!(health(&console.handle()).await.retention, RetentionChoice::for_ever());
    console.shutdown().await;
}
