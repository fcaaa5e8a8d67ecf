//! `kill -9` of the hub at any moment: after a restart every acknowledged message is there, once and in order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use mission_control_client::MissionControlClient;
use mission_control_protocol::{
    DashboardConfig, DashboardEvent, DashboardId, Severity, dashboard_wire::HubMessage,
};
use mission_control_tests::{
    log::{assert_each_once, assert_unbroken},
    producer::{Producer, registration},
    programs::Hub,
    wait::until,
};
use serde_json::json;
use uuid::Uuid;

/// Messages a producer without the SDK has under way before it waits for an acknowledgement.
const WINDOW: u64 = 256;
/// Producers that speak the protocol by hand, and such as use the SDK.
const BY_HAND: usize = 4;
const BY_SDK: usize = 2;
/// How often the hub is killed.
const KILLS: usize = 8;

/// What a producer has been promised so far, and whether it should come to an end.
#[derive(Debug, Default)]
struct Progress {
    acknowledged: AtomicU64,
    enough: AtomicBool,
}

/// Publishes numbered events for as long as it should, through every death of the hub. Returns the last number; all up
/// to it are acknowledged then.
async fn publish_by_hand(url: String, token: String, id: DashboardId, progress: Arc<Progress>) -> u64 {
    let epoch = Uuid::new_v4();
    let (mut next, mut acknowledged) = (1, 0);
    loop {
        let Ok(mut producer) = Producer::connect(&url, &id).await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if producer.send(&registration(&id, &token, epoch)).await.is_err() {
            continue;
        }
        match producer.receive().await {
            Some(HubMessage::Registered(result)) => {
                let kept = result.last_seq;
                assert!(kept >= acknowledged, "{id}: {acknowledged} were acknowledged, {kept} are kept");
                assert!(kept < next, "{id}: {kept} are kept of {} sent", next - 1);
                next = kept + 1;
            }
            Some(other) => panic!("{id}: a registration was answered with {other:?}"),
            None => continue,
        }
        loop {
            let enough = progress.enough.load(Ordering::Relaxed);
            if enough && acknowledged + 1 == next {
                return acknowledged;
            }
            if !enough && next <= acknowledged + WINDOW {
                if producer.send_event(next, &json!({"n": next, "source": "meters"})).await.is_err() {
                    break;
                }
                next += 1;
                continue;
            }
            match producer.receive().await {
                Some(HubMessage::Ack { seq }) => {
                    assert!(
                        seq > acknowledged && seq < next,
                        "{id}: ACK {seq} between {acknowledged} and {next}"
                    );
                    progress.acknowledged.fetch_add(seq - acknowledged, Ordering::Relaxed);
                    acknowledged = seq;
                }
                Some(HubMessage::Error(error)) => panic!("{id}: {error}"),
                Some(_) => {}
                None => break,
            }
        }
    }
}

/// The same with the SDK, which does all of that by itself.
async fn publish_by_sdk(url: String, token: String, id: DashboardId, progress: Arc<Progress>) -> u64 {
    let config = DashboardConfig {
        id,
        kind: "run-dashboard".to_owned(),
        use_case: "durability".to_owned(),
        version: "1.0.0".to_owned(),
        capabilities: Vec::new(),
        metadata: Default::default(),
    };
    let client = MissionControlClient::builder(&url, config)
        .token(token)
        .reconnect_backoff(Duration::from_millis(10), Duration::from_millis(200))
        .start()
        .unwrap();
    client.register_dashboard().await.unwrap();
    let mut last = 0;
    while !progress.enough.load(Ordering::Relaxed) {
        last += 1;
        let event = DashboardEvent {
            kind: "DATA_INGESTED".to_owned(),
            severity: Severity::Info,
            payload: json!({"n": last, "source": "meters"}),
        };
        client.publish_event(event).await.unwrap();
    }
    client.flush().await.unwrap();
    client.disconnect("the test is over").await.unwrap();
    last
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_survives_kill_9_once_and_in_order() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(directory.path(), &[]);
    let (url, token) = (hub.address().url.clone(), hub.address().dashboard_token());

    let progress = Arc::new(Progress::default());
    let mut producers = Vec::new();
    for number in 1..=BY_HAND + BY_SDK {
        let id = DashboardId::new(&format!("producer-{number}")).unwrap();
        let (url, token, progress) = (url.clone(), token.clone(), progress.clone());
        let task = if number <= BY_HAND {
            tokio::spawn(publish_by_hand(url, token, id.clone(), progress))
        } else {
            tokio::spawn(publish_by_sdk(url, token, id.clone(), progress))
        };
        producers.push((id, task));
    }

    for _ in 0..KILLS {
        // Every third life ends before it has done much: recovery itself is interrupted too.
        if random.u32(0..3) > 0 {
            let wanted = progress.acknowledged.load(Ordering::Relaxed) + random.u64(200..4_000);
            until("the hub to acknowledge more", async || {
                for (id, task) in &producers {
                    assert!(!task.is_finished(), "the producer {id} has given up");
                }
                let acknowledged = progress.acknowledged.load(Ordering::Relaxed);
                if acknowledged >= wanted { Ok(()) } else { Err(format!("{acknowledged} of {wanted}")) }
            })
            .await;
        }
        // Not a wait for anything: the moment of death is to be any.
        tokio::time::sleep(Duration::from_micros(random.u64(0..40_000))).await;
        hub.kill();
        hub.restart();
    }

    progress.enough.store(true, Ordering::Relaxed);
    let mut last = Vec::new();
    for (id, task) in producers {
        last.push((
            id,
            tokio::time::timeout(mission_control_tests::wait::PATIENCE, task).await.unwrap().unwrap(),
        ));
    }
    assert!(hub.stop().success());
    println!("sent and acknowledged: {last:?}");
    assert_unbroken(&hub.log_file());
    for (id, last) in last {
        assert!(last > 0, "{id} has published nothing");
        assert_each_once(&hub.log_file(), &id, last);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_stop_keeps_what_it_has_not_acknowledged_yet_or_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(directory.path(), &[]);
    let id = DashboardId::new("producer-1").unwrap();
    let epoch = Uuid::new_v4();
    let mut producer = Producer::connect(&hub.address().url, &id).await.unwrap();
    let registered = registration(&id, &hub.address().dashboard_token(), epoch);
    producer.send(&registered).await.unwrap();
    producer.registered().await;
    for seq in 1..=500 {
        producer.send_event(seq, &json!({"n": seq})).await.unwrap();
    }
    assert!(hub.stop().success());
    let mut acknowledged = 0;
    while let Some(message) = producer.receive().await {
        if let HubMessage::Ack { seq } = message {
            acknowledged = seq;
        }
    }

    hub.restart();
    let mut producer = Producer::connect(&hub.address().url, &id).await.unwrap();
    producer.send(&registered).await.unwrap();
    let kept = producer.registered().await.last_seq;
    assert!(kept >= acknowledged, "{acknowledged} were acknowledged, {kept} are kept");
    for seq in kept + 1..=500 {
        producer.send_event(seq, &json!({"n": seq})).await.unwrap();
    }
    if kept < 500 {
        producer.acknowledged(500).await;
    }
    assert!(hub.stop().success());
    assert_each_once(&hub.log_file(), &id, 500);
    assert_unbroken(&hub.log_file());
}
