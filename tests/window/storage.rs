//! Keeping, in the real window: what the log comes to, a check, a backup, and the backup put back at the next start.

use std::path::{Path, PathBuf};

use mission_control_protocol::DashboardId;
use mission_control_tests::{
    desktop::Desktop,
    log::event_numbers,
    producer::Producer,
    wait::wait_until,
    window::{ConsoleWindow, test_id},
};
use serde_json::json;

const ID: &str = "hall-3";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_measured_checked_backed_up_and_put_back() {
    let desktop = Desktop::start();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    let page = window.page();
    let id = DashboardId::new(ID).unwrap();
    let mut producer = Producer::register(window.address(), ID).await;
    publish(&mut producer, 1, 40).await;

    open_storage(&window);
    let records = window.text("storage-records").unwrap();
    assert!(records.parse::<u64>().unwrap() > 40, "{records}");
    window.wait_for_attribute("storage-summary", "data-status", "normal");
    window.wait_for_text("storage-kind-EVENT", "40");
    page.click(&test_id("storage-check"));
    window.wait_for_text("last-check", "Everything is whole");

    page.click(&test_id("storage-backup"));
    let file = page.find(&test_id("storage-file")).attribute("value").unwrap().unwrap();
    page.click(&test_id("storage-file-confirm"));
    window.wait_for_text("last-backup", &file);
    window.take_pictures("storage-dark");
    assert_eq!(event_numbers(Path::new(&file), &id), (1..=40).collect::<Vec<_>>());

    // Something more; then the backup is to take the log's place.
    publish(&mut producer, 41, 10).await;
    page.click(&test_id("storage-restore"));
    page.fill(&test_id("storage-file"), &file);
    page.click(&test_id("storage-file-confirm"));
    window.wait_for_text("restore-waiting", "start it again");
    let log = log_of(&desktop);
    assert_eq!(event_numbers(&log, &id).len(), 50, "not before");
    drop(producer);
    window.terminate();

    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    open_storage(&window);
    window.wait_for_text("storage-kind-EVENT", "40");
    window.wait_for_text("last-check", "Everything is whole");
    assert!(window.text("restore-waiting").is_err());
    assert_eq!(event_numbers(&log, &id), (1..=40).collect::<Vec<_>>());
    // Dashboards come back to it.
    let mut producer = Producer::register(window.address(), ID).await;
    publish(&mut producer, 1, 5).await;
    wait_until("the new ones", || event_numbers(&log, &id).len() == 45);
    window.terminate();
}

fn open_storage(window: &ConsoleWindow) {
    window.go("settings");
    window.page().click(&test_id("open-storage"));
    let _ = window.page().find(&test_id("storage-records"));
}

fn log_of(desktop: &Desktop) -> PathBuf {
    desktop.directory().join("console/hub/log.sqlite")
}

async fn publish(producer: &mut Producer, from: u64, count: u64) {
    for seq in from..from + count {
        producer.send_event(seq, &json!({"n": seq})).await.unwrap();
    }
    producer.acknowledged(from + count - 1).await;
}
