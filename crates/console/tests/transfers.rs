//! What leaves and enters as files: exports of what a search finds, archives made and taken in, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::{fs, path::Path};

use mission_control_console::{
    Console, ConsoleConfig, ConsoleHandle,
    view::{
        DashboardKey, Freshness, HubKey, Status, ViewModel, ViewRequest,
        frame::HubConnection,
        metrics::SeriesSelection,
        requests::{IssueCommand, RequestErrorCode},
        search::{SearchPageRequest, SearchScope},
        transfers::{ExportSubject, FileFormat, StartExport, SuggestExportPath, TransferRow, TransferState},
    },
};
use mission_control_protocol::Timestamp;
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
    let refused = handle.issue_command(command).await.unwrap_err();
    assert!(refused.code != RequestErrorCode::HubUnknown, "{refused:?}");
    let page = SearchPageRequest { scope: scope(&[key], "TICK"), position: None, limit: 100 };
    assert_eq!(handle.search_page(page).await.unwrap().rows.len(), 25);
    console.shutdown().await;

    // It is still there when the program starts again; and removed, only the copy goes.
    let console = Console::start(ConsoleConfig::new(there.path().to_owned())).await.unwrap();
    let handle = console.handle();
    assert_eq!(look_at(&handle).await.1, key);
    handle.remove_hub(key).await.unwrap();
    let mut view = handle.subscribe(ViewRequest::Frame);
    until(&mut view, "no hub", |model| frame(model).hubs.is_empty().then_some(())).await;
    console.shutdown().await;
    assert!(path.exists());
}

/// Waits until the archive's fleet is shown, cached; returns how its chip looks.
async fn look_at(handle: &ConsoleHandle) -> (Status, HubKey) {
    let mut view = handle.subscribe(whole_fleet());
    until(&mut view, "the archive's dashboard", |model| {
        let cards = cards(model);
        let card = cards.first()?;
        assert!(matches!(card.freshness, Freshness::Cached { .. }), "{card:?}");
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
        Some((chip.status, chip.hub))
    })
    .await
}
