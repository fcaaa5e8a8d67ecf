//! The program of `docs/quick-start/rust.md` (`crates/client/examples/quick_start.rs`) does what the page says, and goes on with
//! its session when it is started again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{path::Path, process::Command};

use mission_control_protocol::{CommandStage, DashboardId, RecordKind};
use mission_control_tests::{
    log::{assert_unbroken, records},
    operator::Operator,
    process::{Running, signal},
    programs::{Hub, binary},
    wait::until,
};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Starts it as the page says, and ends it with Ctrl-C once it has done everything.
async fn run(hub: &Hub, directory: &Path, start: usize) {
    let id = DashboardId::new("energy-01").unwrap();
    let operator = Operator::connect(hub.address(), "tester", Vec::new()).await;
    let mut program = Command::new(binary("examples/quick_start"));
    program.arg(&hub.address().url).arg(&hub.address().dashboard_token_file).current_dir(directory);
    let mut program = Running::start(&program, &directory.join(format!("program-{start}.txt")));
    program.line_after("registered");
    let command = operator.command(&id, "REFRESH_DATA", json!({})).await.unwrap();
    let outcome = operator.outcome(&command).await;
    assert_eq!(outcome.stage, CommandStage::Succeeded, "{outcome:?}");
    assert_eq!(outcome.result, Some(json!({"pages": 4})));
    // The alert is what it publishes last.
    until("its alert", async || {
        let alerts = operator.records().iter().filter(|record| record.kind == RecordKind::Alert).count();
        if alerts >= start { Ok(()) } else { Err(format!("{alerts} alerts")) }
    })
    .await;
    signal(program.id(), Signal::INT);
    assert!(program.wait().success(), "{}", program.output());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quick_start_for_rust_does_what_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(&directory.path().join("hub"), &[]);
    for start in 1..=2 {
        run(&hub, directory.path(), start).await;
    }
    hub.stop();
    assert_unbroken(&hub.log_file());
    let id = DashboardId::new("energy-01").unwrap();
    let bodies = |kind| -> Vec<Value> {
        let found = records(&hub.log_file(), Some(&id), &[kind]);
        found.iter().map(|record| serde_json::from_str(record.body.get()).unwrap()).collect()
    };
    let events = bodies(RecordKind::Event);
    let ingested = events.iter().filter(|event| event["type"] == "DATA_INGESTED").count();
    assert_eq!(ingested, 2, "{events:?}");
    assert_eq!(bodies(RecordKind::Metrics)[0]["data"]["dataQuality"], 71.0);
    assert_eq!(bodies(RecordKind::Status)[0]["activeTab"], "overview");
    let registrations = bodies(RecordKind::Registration);
    assert_eq!(registrations.len(), 2);
    assert_eq!(registrations[0]["epoch"], registrations[1]["epoch"], "its queue was kept");
    assert_eq!(bodies(RecordKind::Connection).last().unwrap()["liveness"], "left");
}
