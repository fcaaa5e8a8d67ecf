//! `mission-control-test-publisher HUB TOKEN_FILE QUEUE_FILE LAST`: a service that publishes the events 1 to LAST, each
//! once, however often it is killed: it goes on where its queue's file says. It prints how far it is.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test's program tells its test, and fails by panicking"
)]

use std::time::Duration;

use mission_control_client::{DashboardEvent, MissionControlClient};
use mission_control_protocol::{DashboardConfig, DashboardId, Severity};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

/// Events published in one go, after which it waits until they are stored.
const BATCH: u64 = 20;
/// Between two batches: a service that is done at once is not one that can be killed in the middle.
const PACE: Duration = Duration::from_millis(10);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [hub, token_file, queue_file, last] = arguments.as_slice() else {
        panic!("HUB TOKEN_FILE QUEUE_FILE LAST")
    };
    let last: u64 = last.parse().unwrap();
    let config = DashboardConfig {
        id: DashboardId::new("publisher").unwrap(),
        kind: "run-dashboard".to_owned(),
        use_case: "durability".to_owned(),
        version: "1.0.0".to_owned(),
        capabilities: Vec::new(),
        metadata: Default::default(),
    };
    let client = MissionControlClient::builder(hub, config)
        .token(std::fs::read_to_string(token_file).unwrap())
        .queue_file(queue_file)
        .reconnect_backoff(Duration::from_millis(10), Duration::from_millis(200))
        .start()
        .unwrap();
    let before = client.accepted_before().unwrap();
    let left = client.get_metrics().await.unwrap().unacknowledged;
    println!("found {before} accepted, {left} of them not acknowledged");
    // Publishing does not wait for the registration: the hub may be away.
    let registering = tokio::spawn({
        let client = client.clone();
        async move { client.register_dashboard().await.unwrap() }
    });
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next = before + 1;
    while next <= last {
        ticks.tick().await;
        let end = last.min(next + BATCH - 1);
        let mut receipt = None;
        for n in next..=end {
            let payload = json!({"n": n, "source": "meters"});
            let event =
                DashboardEvent { kind: "DATA_INGESTED".to_owned(), severity: Severity::Info, payload };
            receipt = Some(client.publish_event(event).await.unwrap());
        }
        assert_eq!(receipt.unwrap().stored().await.unwrap(), end);
        println!("stored {end}");
        next = end + 1;
    }
    registering.await.unwrap();
    client.flush().await.unwrap();
    client.disconnect("everything is published").await.unwrap();
    println!("done {last}");
}
