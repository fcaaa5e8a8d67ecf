//! The workstation's agent: what it measured while its hub was away outlives both of them.

use std::{fs, path::Path};

use mission_control_client::{ClientMetrics, DisconnectError, MissionControlClient};
use mission_control_protocol::{DashboardConfig, DashboardId, RecordKind};
use mission_control_tests::{
    log::records,
    programs::{Hub, start_fleet},
    wait::wait_until,
};

const ID: &str = "this-workstation";

/// What a queue's file holds, of which nobody else may have a client.
async fn held(file: &Path) -> ClientMetrics {
    let config = DashboardConfig {
        id: DashboardId::new(ID).unwrap(),
        kind: "run-dashboard".to_owned(),
        use_case: "Operations".to_owned(),
        version: "1.0.0".to_owned(),
        capabilities: Vec::new(),
        metadata: Default::default(),
    };
    let client = MissionControlClient::builder("ws://127.0.0.1:1", config).queue_file(file).start().unwrap();
    let metrics = client.get_metrics().await.unwrap();
    let kept = match metrics.unacknowledged {
        0 => Ok(()),
        count => Err(DisconnectError::Kept { count }),
    };
    assert_eq!(client.disconnect("only looking").await, kept);
    metrics
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_workstation_measured_without_a_hub_reaches_it_later() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(&directory.path().join("hub"), &[]);
    let file = directory.path().join(format!("{ID}.queue"));
    let queue_dir = directory.path().to_str().unwrap();
    let start = |hub: &Hub, output: &str| {
        let options = ["--no-backend", "--queue-dir", queue_dir];
        let mut fleet = start_fleet(hub.address(), 0, &options, &directory.path().join(output));
        fleet.line_after("mission-control-fleet: ");
        fleet
    };
    let fleet = start(&hub, "first.txt");
    hub.kill();
    // Each commit adds to the write-ahead log.
    let written = || fs::metadata(file.with_extension("queue-wal")).map_or(0, |wal| wal.len());
    let before = written();
    wait_until("the workstation to keep more", || written() > before + 40_000);
    fleet.kill();
    let kept = held(&file).await;
    assert!(kept.unacknowledged > 0);

    hub.restart();
    let fleet = start(&hub, "second.txt");
    // It leaves when the hub has everything.
    assert!(fleet.terminate().success());
    let after = held(&file).await;
    assert_eq!(after.unacknowledged, 0);
    assert!(after.accepted >= kept.accepted);
    assert!(hub.stop().success());
    let measured =
        records(&hub.log_file(), Some(&DashboardId::new(ID).unwrap()), &[RecordKind::ResourceUsage]);
    assert!(!measured.is_empty());
}
