//! The queue's file: what was published is still there after the client ended without a word, and its number is used
//! for nothing else.

use std::path::Path;

use mission_control_client::{
    DashboardEvent, DashboardMetrics, DisconnectError, MissionControlClient, QueueFileError, ReceiptError,
    SetupError, StorageState, TryPublishError, WhenFull,
};
use mission_control_protocol::Severity;
use serde_json::{Value, json};

use crate::test_hub::{Peer, TestHub};

fn event(n: u64) -> DashboardEvent {
    DashboardEvent { kind: "E".into(), severity: Severity::Info, payload: json!({"n": n}) }
}

/// What the kernel leaves of a client whose process is killed: its file as it is. The client lives on, without a hub and
/// with a file of its own that nobody looks at any more.
fn killed(file: &Path, at: &Path) {
    std::fs::create_dir_all(at).unwrap();
    for suffix in ["", "-wal"] {
        let from = format!("{}{suffix}", file.display());
        if Path::new(&from).exists() {
            std::fs::copy(&from, at.join(format!("queue{suffix}"))).unwrap();
        }
    }
}

fn contents(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|message| message["event"]["payload"]["n"].as_u64().unwrap()).collect()
}

async fn connect(hub: &TestHub, client: &MissionControlClient, last_seq: u64) -> (Peer, Value) {
    let (registered, peer) = tokio::join!(client.register_dashboard(), hub.register(last_seq));
    registered.unwrap();
    peer
}

#[tokio::test]
async fn what_was_stored_goes_on_in_the_same_session_after_a_kill() {
    let hub = TestHub::start().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("queue");
    let client = hub.client().queue_file(&file).start().unwrap();
    assert_eq!(client.accepted_before(), Some(0));
    let (mut peer, first) = connect(&hub, &client, 0).await;
    for n in 1..=5 {
        let mut receipt = client.publish_event(event(n)).await.unwrap();
        assert_eq!(receipt.accepted().await, Ok(n));
    }
    client.stored().await.unwrap();
    assert_eq!(contents(&peer.expect_numbers(1, 5).await), [1, 2, 3, 4, 5]);
    peer.acknowledge(2).await;

    let after = directory.path().join("after");
    killed(&file, &after);
    let client = hub.client().queue_file(after.join("queue")).start().unwrap();
    assert_eq!(client.accepted_before(), Some(5));
    // The hub got 3, and its acknowledgement was lost.
    let (mut peer, second) = connect(&hub, &client, 3).await;
    assert_eq!(first["session"], second["session"]);
    let mut receipt = client.publish_event(event(6)).await.unwrap();
    assert_eq!(contents(&peer.expect_numbers(4, 6).await), [4, 5, 6]);
    assert_eq!(receipt.stored().await, Ok(6));
    peer.acknowledge(6).await;
    assert_eq!(receipt.acknowledged().await, Ok(6));
    client.flush().await.unwrap();
    let metrics = client.get_metrics().await.unwrap();
    assert_eq!((metrics.accepted, metrics.published, metrics.unacknowledged), (6, 1, 0));
}

#[tokio::test]
async fn an_orderly_end_without_a_hub_keeps_everything_and_frees_the_file() {
    let hub = TestHub::start().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("queue");
    for life in 0..3 {
        let client = hub.client().queue_file(&file).start().unwrap();
        assert_eq!(client.accepted_before(), Some(life));
        client.publish_event(event(life + 1)).await.unwrap();
        let count = usize::try_from(life).unwrap() + 1;
        assert_eq!(client.disconnect("x").await, Err(DisconnectError::Kept { count }));
    }
    let client = hub.client().queue_file(&file).start().unwrap();
    let (mut peer, _) = connect(&hub, &client, 0).await;
    assert_eq!(contents(&peer.expect_numbers(1, 3).await), [1, 2, 3]);
    peer.acknowledge(3).await;
    client.disconnect("x").await.unwrap();
    // What is acknowledged is gone from the file too.
    let client = hub.client().queue_file(&file).start().unwrap();
    assert_eq!(client.get_metrics().await.unwrap().unacknowledged, 0);
    assert_eq!(client.accepted_before(), Some(3));
}

#[tokio::test]
async fn a_file_in_use_ends_the_start() {
    let hub = TestHub::start().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("queue");
    let _first = hub.client().queue_file(&file).start().unwrap();
    let error = hub.client().queue_file(&file).start().unwrap_err();
    let SetupError::QueueFile(QueueFileError::InUse { path }) = &error else { panic!("{error}") };
    assert_eq!(*path, file);
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_work_goes_on() {
    let hub = TestHub::start().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("queue");
    std::fs::write(&file, [0x5a; 10_000]).unwrap();
    let client = hub.client().queue_file(&file).start().unwrap();
    let StorageState::Durable { set_aside: Some(kept) } = client.on_storage_change().borrow().clone() else {
        panic!("{:?}", client.on_storage_change().borrow());
    };
    assert_eq!(std::fs::read(kept).unwrap(), [0x5a; 10_000]);
    assert_eq!(client.accepted_before(), None);
    let mut receipt = client.publish_event(event(1)).await.unwrap();
    receipt.stored().await.unwrap();
    let (mut peer, _) = connect(&hub, &client, 0).await;
    peer.expect_numbers(1, 1).await;
}

#[tokio::test]
async fn a_place_that_cannot_be_written_costs_durability_and_nothing_else() {
    let hub = TestHub::start().await;
    let directory = tempfile::tempdir().unwrap();
    // A file where the directory should be: nobody can write there, not even root.
    let blocked = directory.path().join("blocked");
    std::fs::write(&blocked, "").unwrap();
    let client = hub.client().queue_file(blocked.join("queue")).start().unwrap();
    let state = client.on_storage_change();
    let StorageState::Failing { reason } = state.borrow().clone() else { panic!("{:?}", state.borrow()) };
    assert!(reason.contains("blocked"), "{reason}");
    assert_eq!(client.accepted_before(), None);
    let (mut peer, _) = connect(&hub, &client, 0).await;
    let mut receipt = client.publish_event(event(1)).await.unwrap();
    assert!(matches!(receipt.stored().await, Err(ReceiptError::NotDurable { .. })));
    assert!(matches!(client.stored().await, Err(ReceiptError::NotDurable { .. })));
    peer.expect_numbers(1, 1).await;
    peer.acknowledge(1).await;
    assert_eq!(receipt.acknowledged().await, Ok(1));
    assert!(!client.get_metrics().await.unwrap().durable);
}

#[tokio::test]
async fn a_queue_without_a_file_says_so() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let mut receipt = client.publish_event(event(1)).await.unwrap();
    assert!(matches!(receipt.stored().await, Err(ReceiptError::NotDurable { .. })));
    assert_eq!(*client.on_storage_change().borrow(), StorageState::Memory);
    let _ = client.disconnect("x").await;
    assert_eq!(receipt.acknowledged().await, Err(ReceiptError::Disconnected));
}

#[tokio::test]
async fn while_the_hub_is_away_measurements_give_way_and_then_the_caller_is_told() {
    let hub = TestHub::start().await;
    let directory = tempfile::tempdir().unwrap();
    let client = hub.client().queue_file(directory.path().join("queue")).queue_bytes(8_000).start().unwrap();
    let mut metrics = client.report_metrics(DashboardMetrics::default()).await.unwrap();
    let mut taken = 0;
    loop {
        match client.try_publish(event(taken + 1)) {
            Ok(_) => taken += 1,
            Err(TryPublishError::QueueFull) if client.get_metrics().await.unwrap().queued_bytes >= 8_000 => {
                break;
            }
            Err(TryPublishError::QueueFull) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(metrics.accepted().await, Err(ReceiptError::Dropped));
    let (mut peer, _) = connect(&hub, &client, 0).await;
    let (mut events, mut dropped, mut seq) = (vec![], vec![], 0);
    while events.len() < usize::try_from(taken).unwrap() {
        seq += 1;
        let message = peer.expect_numbers(seq, seq).await.remove(0);
        peer.acknowledge(seq).await;
        match message["event"]["type"].as_str() {
            Some("E") => events.push(message),
            Some("QUEUE_OVERFLOW") => dropped.push(message["event"]["payload"]["dropped"].clone()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(contents(&events), (1..=taken).collect::<Vec<_>>());
    assert_eq!(dropped, [json!({"METRICS": 1})]);
}

#[tokio::test]
async fn a_publisher_that_cannot_wait_keeps_the_newest_and_counts_the_rest() {
    let hub = TestHub::start().await;
    let client = hub.client().queue_bytes(8_000).when_full(WhenFull::DropOldest).start().unwrap();
    for n in 1..=500 {
        client.publish_event(event(n)).await.unwrap();
    }
    let (mut peer, _) = connect(&hub, &client, 0).await;
    let (mut events, mut dropped, mut seq) = (vec![], 0, 0);
    while events.last() != Some(&500) || dropped == 0 {
        seq += 1;
        let message = peer.expect_numbers(seq, seq).await.remove(0);
        peer.acknowledge(seq).await;
        dropped += message["event"]["payload"]["dropped"]["EVENT E"].as_u64().unwrap_or(0);
        events.extend(message["event"]["payload"]["n"].as_u64());
    }
    assert_eq!(events.len() as u64 + dropped, 500);
    assert_eq!(dropped, client.get_metrics().await.unwrap().dropped);
    assert!(events.is_sorted());
}
