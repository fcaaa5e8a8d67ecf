//! The record in the real window: searched, charted, and shown as it was at an instant, also with every dashboard gone.

use mission_control_protocol::DashboardId;
use mission_control_tests::{
    desktop::Desktop,
    producer::{self, Producer},
    programs::{Hub, HubAddress},
    wait::{wait_for, wait_until},
    window::{ConsoleWindow, test_id},
};
use serde_json::json;

pub(super) const ID: &str = "hall-3";
pub(super) const HUB: &str = "plant";
/// The key, as WebDriver names it.
pub(super) const ENTER: &str = "\u{E007}";
pub(super) const TITLE: &str = "Cooling failed";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_is_found_and_looked_at_as_it_was() {
    let desktop = Desktop::start();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    let page = window.page();
    incident(window.address()).await;
    window.wait_for_text("unacknowledged-badge", "1");
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
pub(super) async fn incident(hub: &HubAddress) {
    let id = DashboardId::new(ID).unwrap();
    let mut dashboard = Producer::register(hub, ID).await;
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
}

/// With the hub gone everything it sent is still there: the fleet at the instant of the alert, its neighbours, what plays,
/// the search, the charts, and a picture of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_remote_hub_down_the_past_is_stepped_through_searched_charted_and_saved() {
    let desktop = Desktop::start();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    let page = window.page();
    let mut hub = Hub::start(&desktop.directory().join("plant"), &["--name", HUB]);
    window.add_hub(HUB, hub.address());
    window.wait_for_hub(HUB, "live");
    incident(hub.address()).await;
    window.wait_for_text("unacknowledged-badge", "1");
    hub.kill();
    window.wait_for_hub(HUB, "cached");

    window.filter_fleet(ID);
    window.wait_for_attribute(&format!("card-{ID}"), "data-freshness", "cached");
    page.click(&test_id("live-mark"));
    page.click(&test_id("step-alert-back"));
    window.wait_for_attribute("conductor", "data-mode", "past");
    window.wait_for_attribute(&format!("card-{ID}"), "data-status", "serious");
    page.click(&test_id("step-change-back"));
    window.wait_for_attribute(&format!("card-{ID}"), "data-status", "normal");
    page.click(&test_id("step-alert-on"));
    window.wait_for_attribute(&format!("card-{ID}"), "data-status", "serious");

    // What plays moves on by itself, until it is told to stand still.
    let before = window.text("clock").unwrap();
    page.click(&test_id("conductor-play"));
    wait_until("the clock to move on", || window.text("clock").is_ok_and(|clock| clock != before));
    page.click(&test_id("conductor-live"));
    window.wait_for_attribute("live-mark", "data-live", "true");

    window.go("events");
    page.fill(&test_id("query"), "kind:alert \"cooling failed\"");
    page.press(ENTER);
    window.wait_for_text("search-progress", "1 record");
    page.click("[data-testid^=hit-]");
    window.wait_for_text("hit-body", TITLE);

    window.go("metrics");
    page.click(&test_id("series-status.responseTime"));
    window.wait_for_text("line-table", ID);
    page.click(&test_id("save-picture"));
    let picture = desktop.directory().join("response time.png");
    page.fill(&test_id("picture-path"), &picture.to_string_lossy());
    window.wait_for_attribute("picture", "data-ready", "true");
    page.click(&test_id("picture-save"));
    window.wait_for_text("picture-saved", "response time.png");
    assert_eq!(size_of_png(&std::fs::read(&picture).unwrap()), (1920, 1080));
    // A second time only when it is said that it may.
    page.click(&test_id("picture-size-1280x720"));
    window.wait_for_attribute("picture", "data-ready", "true");
    page.click(&test_id("picture-save"));
    window.wait_for_text("picture-taken", "already");
    assert_eq!(size_of_png(&std::fs::read(&picture).unwrap()), (1920, 1080));
    page.click(&test_id("picture-save"));
    window.wait_for_text("picture-saved", "response time.png");
    assert_eq!(size_of_png(&std::fs::read(&picture).unwrap()), (1280, 720));
    window.take_pictures("metrics-picture-dark");
    window.terminate();
}

/// Width and height of a PNG, every part of which is there.
fn size_of_png(bytes: &[u8]) -> (u32, u32) {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n").expect("the signature of a PNG");
    let number = |at: &[u8]| u32::from_be_bytes(at[..4].try_into().unwrap());
    let (mut size, mut pixels) = ((0, 0), 0);
    loop {
        let (length, kind) = (number(rest) as usize, &rest[4..8]);
        let body = &rest[8..8 + length];
        match kind {
            b"IHDR" => size = (number(body), number(&body[4..])),
            b"IDAT" => pixels += length,
            b"IEND" => break,
            _ => {}
        }
        // A length, a kind, a body, a checksum.
        rest = &rest[12 + length..];
    }
    assert!(pixels > 10_000, "lines and letters take more than {pixels} bytes");
    size
}
