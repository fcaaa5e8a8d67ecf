//! The console and a remote hub, over a real WebSocket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::{fs, path::PathBuf};

use mission_control_console::view::{
    Freshness, HubKey, Status, ViewRequest,
    frame::HubConnection,
    requests::{AddHub, RequestErrorCode},
};
use mission_control_protocol::operator_wire::OperatorRequest;
use mission_control_store::{LogReader, ONLY_PARTITION};
use support::*;

/// The numbers of the records in a cache.
fn cached(path: &std::path::Path) -> Vec<u64> {
    let mut reader = LogReader::open(path).unwrap();
    reader.records(ONLY_PARTITION, 1, 1_000_000).unwrap().iter().map(|record| record.seq).collect()
}

fn cache_of(directory: &std::path::Path, hub: HubKey) -> PathBuf {
    directory.join("cache").join(format!("{}.sqlite", hub.0))
}

fn set_aside(directory: &std::path::Path) -> usize {
    fs::read_dir(directory.join("cache"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().contains(".set-aside-"))
        .count()
}

async fn until_cached_records(
    handle: &mission_control_console::ConsoleHandle,
    hub: HubKey,
    records: u64,
) -> u32 {
    let mut view = handle.subscribe(ViewRequest::Settings);
    until(&mut view, "the cache to be filled", |model| {
        let row = settings(model).hubs.iter().find(|row| row.chip.hub == hub)?;
        (row.cached_records == records && row.holes == 0).then_some(row.holes)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resumes_from_its_cursor_after_a_restart_without_gap_or_duplicate() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    hub.append((1..=50).map(|number| event("a", "TICK", number)).collect());
    let listening = hub.listen(0).await;
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let key = add_hub(&handle, listening.address()).await;
    let chip = until_live(&handle, key).await;
    assert_eq!(chip.name, "Stub hub");
    hub.append(vec![event("a", "TICK", 51)]);
    until_cached_records(&handle, key, 53).await;
    console.shutdown().await;
    assert_eq!(hub.hellos()[0].1, []);

    hub.append((52..=60).map(|number| event("a", "TICK", number)).collect());
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    until_live(&handle, key).await;
    let cursors = hub.hellos().last().unwrap().1.clone();
    assert_eq!(cursors[0].seq, 53, "resumed after what it had");
    let mut view = handle.subscribe(one_dashboard(key, "a"));
    until(&mut view, "every event once", |model| {
        (event_numbers(dashboard(model)) == (1..=60).collect::<Vec<_>>()).then_some(())
    })
    .await;
    console.shutdown().await;
    assert_eq!(cached(&cache_of(directory.path(), key)), (1..=62).collect::<Vec<_>>());
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_after_the_network_was_gone() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    let listening = hub.listen(0).await;
    let port = listening.port;
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let key = add_hub(&handle, listening.address()).await;
    until_live(&handle, key).await;
    listening.stop().await;
    let chip = until_chip(&handle, key, "the loss", is_cached).await;
    let HubConnection::Cached { at, retry_at, .. } = chip.connection else { panic!("{chip:?}") };
    assert!(at.is_some() && retry_at.is_some());
    assert_eq!(chip.status, Status::Caution);
    until_chip(&handle, key, "a refused attempt", |chip| {
        matches!(&chip.connection, HubConnection::Cached { reason, .. } if reason.starts_with("Nothing listens at"))
    })
    .await;
    hub.append(vec![event("a", "TICK", 1)]);
    let listening = hub.listen(port).await;
    until_live(&handle, key).await;
    until_cached_records(&handle, key, 3).await;
    console.shutdown().await;
    assert_eq!(cached(&cache_of(directory.path(), key)), [1, 2, 3]);
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn started_with_the_hub_unreachable_it_shows_the_whole_history() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    hub.append((1..=20).map(|number| event("a", "TICK", number)).collect());
    hub.append(vec![status("a", 80.0)]);
    let listening = hub.listen(0).await;
    let console = start(directory.path(), None).await;
    let key = add_hub(&console.handle(), listening.address()).await;
    until_live(&console.handle(), key).await;
    console.shutdown().await;
    listening.stop().await;

    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let mut fleet_view = handle.subscribe(whole_fleet());
    let card = until(&mut fleet_view, "the cached dashboard", |model| {
        cards(model).first().map(|card| (*card).clone())
    })
    .await;
    assert_eq!(card.status, Status::Off);
    assert_eq!(card.response_time, Some(80.0));
    assert_eq!(card.hub_name, "Stub hub");
    assert!(matches!(card.freshness, Freshness::Cached { at } if at.as_milliseconds() > 0));
    until_chip(&handle, key, "the failed attempt", is_cached).await;
    let mut view = handle.subscribe(one_dashboard(key, "a"));
    let shown = until(&mut view, "events and charts", |model| {
        let view = dashboard(model);
        (event_numbers(view).len() == 20 && !view.charts.is_empty()).then(|| view.commands_disabled.clone())
    })
    .await;
    assert!(shown.unwrap().contains("is not connected"));
    let mut frame_view = handle.subscribe(ViewRequest::Frame);
    let tail = until(&mut frame_view, "the tail", |model| {
        (!frame(model).tail.is_empty()).then(|| frame(model).tail.len())
    })
    .await;
    assert_eq!(tail, 20);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hole_is_recorded_and_filled() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    hub.append((1..=100).map(|number| event("a", "TICK", number)).collect());
    hub.withhold(40, 80);
    let listening = hub.listen(0).await;
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let key = add_hub(&handle, listening.address()).await;
    until_live(&handle, key).await;
    let mut view = handle.subscribe(one_dashboard(key, "a"));
    until(&mut view, "every event once, in order", |model| {
        (event_numbers(dashboard(model)) == (1..=100).collect::<Vec<_>>()).then_some(())
    })
    .await;
    assert!(hub.requests().iter().any(|request| matches!(
        request,
        OperatorRequest::FetchRecords { partition: ONLY_PARTITION, from_seq: 40, to_seq: 80, .. }
    )));
    until_cached_records(&handle, key, 102).await;
    console.shutdown().await;
    let path = cache_of(directory.path(), key);
    assert_eq!(cached(&path), (1..=102).collect::<Vec<_>>());
    assert_eq!(LogReader::open(&path).unwrap().holes().unwrap(), []);
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_started_anew_is_copied_anew() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["old"]);
    let listening = hub.listen(0).await;
    let port = listening.port;
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let key = add_hub(&handle, listening.address()).await;
    until_live(&handle, key).await;
    listening.stop().await;
    until_chip(&handle, key, "the loss", is_cached).await;

    hub.start_log_anew();
    hub.register(&["new"]);
    let listening = hub.listen(port).await;
    let mut fleet_view = handle.subscribe(whole_fleet());
    until(&mut fleet_view, "only the new dashboard, live", |model| {
        let cards = cards(model);
        let names: Vec<_> = cards.iter().map(|card| card.dashboard.dashboard_id.as_str()).collect();
        (names == ["new"] && matches!(cards[0].freshness, Freshness::Live { .. })).then_some(())
    })
    .await;
    assert_eq!(set_aside(directory.path()), 1, "the old copy is kept");
    console.shutdown().await;
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_cache_is_set_aside_and_copied_anew() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    let listening = hub.listen(0).await;
    let port = listening.port;
    let console = start(directory.path(), None).await;
    let key = add_hub(&console.handle(), listening.address()).await;
    until_live(&console.handle(), key).await;
    console.shutdown().await;
    listening.stop().await;
    fs::write(cache_of(directory.path(), key), vec![0x5a; 8_192]).unwrap();

    let console = start(directory.path(), None).await;
    let handle = console.handle();
    until_chip(&handle, key, "the reason", |chip| {
        matches!(&chip.connection, HubConnection::Cached { reason, .. } if reason.starts_with("The cache was damaged; it is kept as"))
    })
    .await;
    let listening = hub.listen(port).await;
    until_live(&handle, key).await;
    until_cached_records(&handle, key, 2).await;
    assert_eq!(set_aside(directory.path()), 1);
    console.shutdown().await;
    listening.stop().await;
}

/// Overwrites the first page of a table, as a bad sector would.
fn damage_table(path: &std::path::Path, table: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let page = connection
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [table], |row| row.get::<_, u32>(0))
        .unwrap() as usize;
    let size = connection.query_row("PRAGMA page_size", [], |row| row.get::<_, u32>(0)).unwrap() as usize;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let mut bytes = fs::read(path).unwrap();
    bytes[(page - 1) * size..page * size].fill(0x5a);
    fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_that_only_upkeep_meets_has_the_cache_set_aside_too() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    let listening = hub.listen(0).await;
    let port = listening.port;
    let console = start(directory.path(), None).await;
    let key = add_hub(&console.handle(), listening.address()).await;
    until_live(&console.handle(), key).await;
    until_cached_records(&console.handle(), key, 2).await;
    console.shutdown().await;
    listening.stop().await;
    // No record that comes or is shown touches it.
    damage_table(&cache_of(directory.path(), key), "series_spans");

    // The damage is met while there is no hub: what can be read is shown meanwhile.
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let path = cache_of(directory.path(), key);
    until_chip(&handle, key, "the copy", is_cached).await;
    assert_eq!(cached(&path), [1, 2]);
    assert_eq!(set_aside(directory.path()), 0);

    let listening = hub.listen(port).await;
    let is_whole = || {
        let read = LogReader::open(&path).and_then(|mut reader| reader.records(ONLY_PARTITION, 1, 10));
        read.is_ok_and(|records| records.len() == 2)
    };
    within("the cache to be set aside and copied anew", async {
        while set_aside(directory.path()) == 0 || !is_whole() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
    until_live(&handle, key).await;
    console.shutdown().await;
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_of_a_newer_version_is_left_alone() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let listening = hub.listen(0).await;
    let console = start(directory.path(), None).await;
    let key = add_hub(&console.handle(), listening.address()).await;
    until_live(&console.handle(), key).await;
    console.shutdown().await;
    // The format is the `user_version`, four bytes at offset 60 of an SQLite file.
    let path = cache_of(directory.path(), key);
    let mut bytes = fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&path, &bytes).unwrap();

    let console = start(directory.path(), None).await;
    let chip = until_chip(&console.handle(), key, "the reason", is_cached).await;
    let HubConnection::Cached { reason, retry_at: None, .. } = chip.connection else { panic!("{chip:?}") };
    assert!(reason.contains("install the newer version"), "{reason}");
    console.shutdown().await;
    assert_eq!(fs::read(&path).unwrap(), bytes);
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_token_is_not_tried_again() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let listening = hub.listen(0).await;
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let request =
        AddHub { name: "North".to_owned(), address: listening.address(), token: "wrong".to_owned() };
    let key = handle.add_hub(request).await.unwrap();
    let chip = until_chip(&handle, key, "the refusal", is_cached).await;
    let HubConnection::Cached { reason, retry_at: None, .. } = &chip.connection else { panic!("{chip:?}") };
    assert!(reason.contains("refuses the token"), "{reason}");
    assert_eq!((chip.name.as_str(), chip.status), ("North", Status::Serious));

    let again = AddHub { name: String::new(), address: listening.address(), token: TOKEN.to_owned() };
    let error = handle.add_hub(again.clone()).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::InvalidInput);
    handle.remove_hub(key).await.unwrap();
    assert_eq!(handle.remove_hub(key).await.unwrap_err().code, RequestErrorCode::HubUnknown);
    let key = handle.add_hub(again).await.unwrap();
    until_live(&handle, key).await;
    console.shutdown().await;
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hubs_may_have_a_dashboard_of_the_same_id() {
    let (north, south, directory) = (StubHub::new(), StubHub::new(), tempfile::tempdir().unwrap());
    north.register(&["a"]);
    south.register(&["a"]);
    let listening = north.listen(0).await;
    let console = start(directory.path(), Some(south.embedded())).await;
    let handle = console.handle();
    let key = add_hub(&handle, listening.address()).await;
    let mut fleet_view = handle.subscribe(whole_fleet());
    let keys = until(&mut fleet_view, "both, live", |model| {
        (fleet(model).summary.online == 2)
            .then(|| cards(model).iter().map(|card| card.dashboard.hub).collect::<Vec<_>>())
    })
    .await;
    assert!(keys.contains(&key) && keys.contains(&HubKey::EMBEDDED));
    listening.stop().await;
    until(&mut fleet_view, "one cached, one live", |model| {
        let summary = fleet(model).summary;
        (summary.online == 1 && summary.cached == 1).then_some(())
    })
    .await;
    console.shutdown().await;
}
