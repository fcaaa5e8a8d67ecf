//! The record in the real window: searched, charted, and shown as it was at an instant, also with every dashboard gone.

use mission_control_protocol::DashboardId;
use mission_control_tests::{
    desktop::Desktop,
    producer::{self, Producer},
    wait::{wait_for, wait_until},
    window::{ConsoleWindow, test_id},
};
use serde_json::json;

const ID: &str = "hall-3";
/// The key, as WebDriver names it.
const ENTER: &str = "\u{E007}";
const TITLE: &str = "Cooling failed";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_is_found_and_looked_at_as_it_was() {
    let desktop = Desktop::start();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    let page = window.page();
    incident(&window).await;
    // The producer is gone; everything that follows is the record.
    window.filter_fleet(ID);
    window.wait_for_attribute(&format!("card-{ID}"), "data-freshness", "stale");

    window.go("events");
    page.fill(&test_id("query"), "kind:alert \"cooling failed\"");
    page.press(ENTER);
    wait_until("the alert among the hits", || {
        page.texts(&test_id("hits")).is_ok_and(|texts| texts.iter().any(|text| text.contains(TITLE)))
    });
    wait_for("one hit", || {
        let counted = window.text("search-progress")?;
        if counted.starts_with("1 record") { Ok(()) } else { Err(anyhow::anyhow!("{counted:?}")) }
    });
    window.take_pictures("events-found-dark");
    page.fill(&test_id("query"), "sevrity:error");
    page.press(ENTER);
    window.wait_for_text("query-mistake", "severity");
    page.fill(&test_id("query"), &format!("dashboard:{ID} payload.reading>40"));
    page.press(ENTER);
    wait_for("two readings above 40", || {
        let counted = window.text("search-progress")?;
        if counted.starts_with("2 records") { Ok(()) } else { Err(anyhow::anyhow!("{counted:?}")) }
    });

    // Back to the alert: the fleet as it was, with the alert open; a step further back, before there was anything.
    window.go("fleet");
    window.filter_fleet(ID);
    // The filter has the focus: a key would be text there.
    page.click(&test_id("live-mark"));
    page.click(&test_id("step-alert-back"));
    window.wait_for_attribute("conductor", "data-mode", "past");
    window.wait_for_attribute(&format!("card-{ID}"), "data-status", "serious");
    window.wait_for_attribute(&format!("card-{ID}"), "data-freshness", "live");
    wait_until("the address to carry the instant", || window.place().contains("at="));
    wait_for("the clock to stand at the instant", || {
        let shown = page.find(&test_id("conductor-instant")).attribute("value")?.unwrap_or_default();
        let clock = window.text("clock")?;
        if !shown.is_empty() && clock.starts_with(&shown) {
            Ok(())
        } else {
            Err(anyhow::anyhow!("it says {clock:?}, and the instant is {shown:?}"))
        }
    });
    window.take_pictures("conductor-past-dark");
    page.click(&test_id(&format!("card-{ID}")));
    page.click(&test_id("step-change-back"));
    window.wait_for_attribute(&format!("card-{ID}"), "data-status", "normal");
    page.click(&test_id("conductor-live"));
    window.wait_for_attribute("live-mark", "data-live", "true");
    window.wait_for_attribute(&format!("card-{ID}"), "data-freshness", "stale");

    window.go("metrics");
    page.click(&test_id("series-status.responseTime"));
    wait_until("the series drawn", || {
        page.texts(&test_id("line-table")).is_ok_and(|texts| texts.iter().any(|text| text.contains(ID)))
    });
    let _ = page.find("[data-testid=metrics-page] canvas");
    window.take_pictures("metrics-dark");
    window.terminate();
}

/// A dashboard that is well, reads something, raises an alert, and is gone. Each thing is in the log before the next.
async fn incident(window: &ConsoleWindow) {
    let id = DashboardId::new(ID).unwrap();
    let mut dashboard = Producer::register(window.address(), ID).await;
    let status = |response_time: u32| {
        json!({"type": "STATUS", "status": {
            "dashboardId": ID, "useCase": "whole-program test", "state": "active",
            "dataStatus": {"hasData": true, "lastIngested": null, "recordCount": 12},
            "activeTab": "overview", "connectedUsers": 1,
            "performance": {"responseTime": response_time, "errorRate": 0.5, "throughput": 20.0},
        }})
    };
    for (seq, reading) in (1..).zip([12, 41, 55]) {
        dashboard.send(&status(100 + reading)).await.unwrap();
        dashboard.send_event(seq, &json!({"reading": reading})).await.unwrap();
        dashboard.acknowledged(seq).await;
    }
    // The log's clock has milliseconds: what comes next is to be after what came before.
    let said = producer::time_off_by(0);
    wait_until("the clock to go on", || producer::time_off_by(0) > said);
    let alert =
        json!({"type": "COOLING", "severity": "error", "title": TITLE, "message": "Pump 3 stands still."});
    dashboard.send(&producer::alert(&id, 4, &alert)).await.unwrap();
    dashboard.acknowledged(4).await;
    window.wait_for_text("unacknowledged-badge", "1");
}
