//! Load: producers of numbered events that go on through every death of their hub, and keep account of what they were
//! promised.

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
use serde_json::json;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{
    log::assert_each_once,
    producer::{Producer, registration},
    programs::HubAddress,
    wait::{PATIENCE, until},
};

/// Several producers at work.
#[derive(Debug)]
pub struct Load {
    progress: Arc<Progress>,
    producers: Vec<(DashboardId, JoinHandle<u64>)>,
}

impl Load {
    /// Starts producers that speak the protocol by hand, and such as use the SDK.
    #[must_use]
    pub fn start(hub: &HubAddress, by_hand: usize, by_sdk: usize) -> Self {
        let progress = Arc::new(Progress::default());
        let mut producers = Vec::new();
        for number in 1..=by_hand + by_sdk {
            let id = DashboardId::new(&format!("producer-{number}")).unwrap();
            let (url, token, progress) = (hub.url.clone(), hub.dashboard_token(), progress.clone());
            let task = if number <= by_hand {
                tokio::spawn(publish_by_hand(url, token, id.clone(), progress))
            } else {
                tokio::spawn(publish_by_sdk(url, token, id.clone(), progress))
            };
            producers.push((id, task));
        }
        Self { progress, producers }
    }

    /// Waits until the hub has acknowledged so many more.
    pub async fn acknowledged(&self, more: u64) {
        let acknowledged = || self.progress.acknowledged.load(Ordering::Relaxed);
        let wanted = acknowledged() + more;
        until("the hub to acknowledge more", async || {
            for (id, task) in &self.producers {
                assert!(!task.is_finished(), "the producer {id} has given up");
            }
            if acknowledged() >= wanted { Ok(()) } else { Err(format!("{} of {wanted}", acknowledged())) }
        })
        .await;
    }

    /// Lets the producers come to an end, which is when all they have sent is acknowledged.
    pub async fn finish(self) -> Account {
        self.progress.enough.store(true, Ordering::Relaxed);
        let mut sent = Vec::new();
        for (id, task) in self.producers {
            let last = tokio::time::timeout(PATIENCE, task).await;
            sent.push((id, last.expect("a producer comes to its end").expect("a producer does not fail")));
        }
        Account { sent }
    }
}

/// What each producer was promised.
#[derive(Debug)]
pub struct Account {
    sent: Vec<(DashboardId, u64)>,
}

impl Account {
    /// Checks that a log holds every one of them, once and in order.
    pub fn assert_kept(&self, log: &std::path::Path) {
        for (id, last) in &self.sent {
            assert!(*last > 0, "{id} has published nothing");
            assert_each_once(log, id, *last);
        }
    }
}

/// Messages a producer without the SDK has under way before it waits for an acknowledgement.
const WINDOW: u64 = 256;
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
                // What is kept is as good as acknowledged, and is not acknowledged again.
                progress.acknowledged.fetch_add(kept - acknowledged, Ordering::Relaxed);
                (acknowledged, next) = (kept, kept + 1);
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
