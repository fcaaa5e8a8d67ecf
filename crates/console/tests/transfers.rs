//! What leaves and enters as files: exports of what a search finds, archives made and taken in, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::{fs, path::Path};

use mission_control_console::{
    Console, ConsoleConfig, ConsoleHandle,
    view::{
        DashboardKey, Freshness, HubKey, Status, ViewModel, ViewRequest,
        conductor::ConductTime,
        frame::HubConnection,
        metrics::SeriesSelection,
        requests::{IssueCommand, RequestErrorCode},
        search::{SearchPageRequest, SearchScope},
        transfers::{ExportSubject, FileFormat, StartExport, SuggestExportPath, TransferRow, TransferState},
    },
};
use mission_control_protocol::{Severity, Timestamp};
use serde_json::{Value, json};
use support::*;

fn scope(hubs: &[HubKey], query: &str) -> SearchScope {
    SearchScope {
        view: "events".to_owned(),
        hubs: hubs.to_vec(),
        query: query.to_owned(),
        utc_offset_minutes: 0,
        until: None,
    }
}

fn records(query: &str, format: FileFormat, path: &Path) -> StartExport {
    StartExport {
        subject: ExportSubject::Records { scope: scope(&[], query) },
        format,
        path: path.display().to_string(),
        replace: false,
    }
}

/// Waits until a transfer is over.
async fn over(handle: &ConsoleHandle, id: u32) -> TransferRow {
    let mut view = handle.subscribe(ViewRequest::Transfers);
    until(&mut view, "the transfer to be over", |model| {
        let ViewModel::Transfers(view) = model else { panic!("not transfers") };
        let row = view.transfers.iter().find(|row| row.id == id)?;
        (!matches!(row.state, TransferState::Running { .. })).then(|| row.clone())
    })
    .await
}

fn minutes_ago(minutes: i64) -> Timestamp {
    now().plus_milliseconds(-minutes * 60_000)
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_search_finds_is_written() {
    let hub = StubHub::new();
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    hub.append((0..40).map(|number| event("a", "TICK", number)).collect());
    hub.append((0..9).map(|number| event("b", "TOCK", number)).collect());
    let console = start(data.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HubKey::EMBEDDED).await;

    let path = out.path().join("found.ndjson");
    let id = handle.start_export(records("dashboard:b", FileFormat::Ndjson, &path)).await.unwrap();
    let row = over(&handle, id).await;
    let TransferState::Done { count, bytes, note } = &row.state else { panic!("{row:?}") };
    assert_eq!((*count, note), (9, &None));
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(*bytes, text.len() as u64);
    for (line, number) in text.lines().zip(0..) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!((line["dashboard"].as_str(), line["seq"].as_u64()), (Some("b"), Some(41 + number)));
    }
    assert_eq!(text.lines().count(), 9);

    // Refused at once, and naming the field.
    for (request, expected) in [
        (records("", FileFormat::Csv, &path), "File: there is one of this name"),
        (records("", FileFormat::Csv, Path::new("found.csv")), "File: write the whole path"),
        (records("", FileFormat::Csv, out.path()), "File: this is a folder"),
        (records("", FileFormat::Csv, &out.path().join("no/found.csv")), "File: there is no such folder"),
    ] {
        let error = handle.start_export(request).await.unwrap_err();
        assert_eq!(error.code, RequestErrorCode::InvalidInput);
        assert!(error.message.starts_with(expected), "{}", error.message);
    }
    let other = out.path().join("other.csv");
    let error = handle.start_export(records("sevrity:error", FileFormat::Csv, &other)).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::QueryInvalid);
    let samples = StartExport {
        subject: ExportSubject::Samples { selections: Vec::<SeriesSelection>::new(), from: 0, to: 1 },
        ..records("", FileFormat::Csv, &other)
    };
    assert!(handle.start_export(samples).await.unwrap_err().message.starts_with("Series:"));
    assert_eq!(names(out.path()), ["found.ndjson"]);

    handle.dismiss_transfer(id).await.unwrap();
    let mut view = handle.subscribe(ViewRequest::Transfers);
    until(&mut view, "the list to be empty", |model| {
        let ViewModel::Transfers(view) = model else { panic!("not transfers") };
        view.transfers.is_empty().then_some(())
    })
    .await;
    let suggested = handle
        .suggest_export_path(SuggestExportPath {
            name: "events".to_owned(),
            format: FileFormat::Parquet,
            current: None,
        })
        .await
        .unwrap();
    assert!(suggested.path.starts_with(&data.path().display().to_string()), "{}", suggested.path);
    assert!(suggested.path.ends_with(".parquet"), "{}", suggested.path);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_is_looked_at_elsewhere_and_is_never_live() {
    let hub = StubHub::new();
    let (here, there, out) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    hub.append_at(minutes_ago(60), vec![registration("a"), connection("a", "online")]);
    hub.append_at(minutes_ago(50), vec![alert("a", "al-1", Severity::Error)]);
    hub.append_at(minutes_ago(30), (0..25).map(|number| event("a", "TICK", number)).collect());
    let path = out.path().join("incident.mcarchive");
    {
        let console = start(here.path(), Some(hub.embedded())).await;
        let handle = console.handle();
        until_live(&handle, HubKey::EMBEDDED).await;
        // Only the last three quarters of an hour: what was before is in its opening state.
        let request = records("after:-45m", FileFormat::Archive, &path);
        let id = handle.start_export(request).await.unwrap();
        let row = over(&handle, id).await;
        assert!(matches!(row.state, TransferState::Done { count: 25, .. }), "{row:?}");
        console.shutdown().await;
    }

    // Elsewhere: another console, with no hub at all.
    let console = Console::start(ConsoleConfig::new(there.path().to_owned())).await.unwrap();
    let handle = console.handle();
    for (name, bytes, expected) in [
        ("notes.mcarchive", b"hello".to_vec(), "is another sort of file"),
        ("cut.mcarchive", fs::read(&path).unwrap()[..20_000].to_vec(), "is damaged"),
    ] {
        let wrong = out.path().join(name);
        fs::write(&wrong, bytes).unwrap();
        let error = handle.import_archive(wrong.display().to_string()).await.unwrap_err();
        assert_eq!(error.code, RequestErrorCode::InvalidInput);
        assert!(error.message.contains(expected), "{}", error.message);
    }
    let id = handle.import_archive(path.display().to_string()).await.unwrap();
    let row = over(&handle, id).await;
    assert!(matches!(row.state, TransferState::Done { count: 25, .. }), "{row:?}");
    let again = handle.import_archive(path.display().to_string()).await.unwrap_err();
    assert!(again.message.contains("is here already"), "{}", again.message);

    let chip = look_at(&handle).await;
    assert_eq!(chip.0, Status::Off);
    let key = chip.1;
    let command = IssueCommand {
        dashboard: DashboardKey { hub: key, dashboard_id: support::id("a") },
        kind: "REFRESH_DATA".to_owned(),
        payload: json!({}),
        timeout_milliseconds: None,
    };
    let said = "This is an archive of This computer, made at";
    for kind in ["REFRESH_DATA", "NO_SUCH_COMMAND"] {
        let command = IssueCommand { kind: kind.to_owned(), ..command.clone() };
        let refused = handle.issue_command(command).await.unwrap_err();
        assert_eq!(refused.code, RequestErrorCode::HubDisconnected);
        assert!(refused.message.contains(said), "{refused:?}");
    }
    let refused = handle.acknowledge_alert(key, "al-1".parse().unwrap(), None).await.unwrap_err();
    assert!(refused.message.contains(said), "{refused:?}");
    let page = SearchPageRequest { scope: scope(&[key], "TICK"), position: None, limit: 100 };
    assert_eq!(handle.search_page(page).await.unwrap().rows.len(), 25);
    before_its_first_record(&handle, key).await;
    console.shutdown().await;

    // It is still there when the program starts again; and removed, the copy goes, and nothing but the copy.
    let console = Console::start(ConsoleConfig::new(there.path().to_owned())).await.unwrap();
    let handle = console.handle();
    assert_eq!(look_at(&handle).await.1, key);
    let copies = there.path().join("archives");
    let other = copies.join("notes.txt");
    fs::write(&other, "mine").unwrap();
    let (kept, made) = (names(there.path()), fs::read(&path).unwrap());
    assert_eq!(names(&copies).len(), 2, "{:?}", names(&copies));
    handle.remove_hub(key).await.unwrap();
    let mut view = handle.subscribe(ViewRequest::Frame);
    until(&mut view, "no hub", |model| frame(model).hubs.is_empty().then_some(())).await;
    within("the copy to be deleted", async {
        while names(&copies).len() > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    console.shutdown().await;
    assert_eq!(names(&copies), ["notes.txt"]);
    assert_eq!(names(there.path()), kept);
    assert!(fs::read(&path).unwrap() == made, "the file it came from is as it was");
    let console = Console::start(ConsoleConfig::new(there.path().to_owned())).await.unwrap();
    let mut view = console.handle().subscribe(ViewRequest::Frame);
    until(&mut view, "no hub after a restart", |model| frame(model).hubs.is_empty().then_some(())).await;
    console.shutdown().await;
}

/// Before its first record an archive shows the state it begins with; before that nothing is known. The other way round
/// it is the same.
async fn before_its_first_record(handle: &ConsoleHandle, key: HubKey) {
    let mut view = handle.subscribe(whole_fleet());
    for (minutes, dashboards, events) in [(40, 1, 0), (90, 0, 0), (10, 1, 25), (40, 1, 0)] {
        handle.conduct_time(ConductTime::Seek { at: minutes_ago(minutes) }).await.unwrap();
        until(&mut view, "the fleet at that instant", |model| {
            (cards(model).len() == dashboards).then_some(())
        })
        .await;
        if dashboards == 0 {
            continue;
        }
        let mut looked_at = handle.subscribe(one_dashboard(key, "a"));
        until(&mut looked_at, "the dashboard at that instant", |model| {
            let view = dashboard(model);
            (view.config.is_some() && event_numbers(view).len() == events).then_some(())
        })
        .await;
    }
    let mut view = handle.subscribe(ViewRequest::Frame);
    until(&mut view, "the alert of then", |model| (frame(model).unacknowledged_alerts == 1).then_some(()))
        .await;
    handle.conduct_time(ConductTime::Live).await.unwrap();
}

/// Waits until the archive's fleet is shown, cached; returns how its chip looks.
async fn look_at(handle: &ConsoleHandle) -> (Status, HubKey) {
    let mut view = handle.subscribe(whole_fleet());
    until(&mut view, "the archive's dashboard", |model| {
        let cards = cards(model);
        let card = cards.first()?;
        assert!(matches!(card.freshness, Freshness::Archived { .. }), "{card:?}");
        assert_eq!(card.status, Status::Off);
        Some(())
    })
    .await;
    let mut view = handle.subscribe(ViewRequest::Frame);
    until(&mut view, "the archive to be shown", |model| {
        let chip = frame(model).hubs.first()?;
        let archive = chip.archive.as_ref()?;
        let HubConnection::Cached { reason, retry_at: None, .. } = &chip.connection else { return None };
        assert!(reason.contains("This is an archive of"), "{reason}");
        assert!(!archive.is_partial);
        // Its open alert is of then: now, nobody can do anything about it.
        assert_eq!((frame(model).unacknowledged_alerts, frame(model).alert_counts.serious), (0, 0));
        assert_eq!(frame(model).worst, Status::Off);
        assert!(frame(model).tail.iter().all(|row| row.status != Status::Normal));
        Some((chip.status, chip.hub))
    })
    .await
}
