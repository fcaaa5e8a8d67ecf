//! `kill -9` of the hub at any moment: after a restart every acknowledged message is there, once and in order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use mission_control_protocol::{DashboardId, dashboard_wire::HubMessage};
use mission_control_tests::{
    load::Load,
    log::{assert_each_once, assert_unbroken},
    producer::{Producer, registration},
    programs::Hub,
};
use serde_json::json;
use uuid::Uuid;

/// Producers that speak the protocol by hand, and such as use the SDK.
const BY_HAND: usize = 4;
const BY_SDK: usize = 2;
/// How often the hub is killed.
const KILLS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_survives_kill_9_once_and_in_order() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(directory.path(), &[]);
    let load = Load::start(hub.address(), BY_HAND, BY_SDK);

    for _ in 0..KILLS {
        // Every third life ends before it has done much: recovery itself is interrupted too.
        if random.u32(0..3) > 0 {
            load.acknowledged(random.u64(200..4_000)).await;
        }
        // Not a wait for anything: the moment of death is to be any.
        tokio::time::sleep(Duration::from_micros(random.u64(0..40_000))).await;
        hub.kill();
        hub.restart();
    }

    let account = load.finish().await;
    assert!(hub.stop().success());
    println!("{account:?}");
    assert_unbroken(&hub.log_file());
    account.assert_kept(&hub.log_file());
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
