//! From a dashboard's socket to the operator's screen, and back.

use std::path::Path;

use anyhow::{Context, anyhow};
use mission_control_protocol::{RecordKind, Severity};
use mission_control_store::LogReader;
use mission_control_tests::{
    desktop::Desktop,
    log::{assert_copied, assert_each_once, assert_unbroken, records},
    programs::{Hub, start_fleet},
    wait::{wait_for, wait_until},
    window::{ConsoleWindow, only_cache, test_id},
};
use serde_json::json;

use crate::service::{INGESTED, Service};

/// Dashboards of the simulated fleet.
const FLEET: u32 = 24;
/// The one of them that the story is about.
const SICK: &str = "energy-north";
/// The dashboard on the remote hub, and that hub.
const REMOTE: &str = "harbour";
const HUB: &str = "Plant";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_dashboard_to_the_operator_and_back() {
    let desktop = Desktop::start();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    let _ = window.page().find(&test_id("fleet-empty"));
    in_both_themes(&window, "fleet-empty", || window.go("fleet"));

    let fleet = start_fleet(window.address(), FLEET, &["--seed", "7"], &desktop.log("fleet.txt"));
    fleet_appears(&desktop, &window);
    pictures_of_the_fleet(&window);
    in_both_themes(&window, "dashboard", || {
        window.open_dashboard(SICK);
        window.page().click(&test_id("chart-range-fiveMinutes"));
        // Charts are drawn when they come into sight.
        let _ = window.page().find("[data-testid=dashboard-charts] canvas");
    });

    data_quality_falls_and_is_restored(&desktop, &window);

    let mut hub = Hub::start(&desktop.directory().join("plant"), &["--name", HUB, "--heartbeat-ms", "1000"]);
    let service = Service::start(hub.address(), REMOTE).await;
    window.add_hub(HUB, hub.address());
    window.wait_for_hub(HUB, "live");
    alerts_of_the_remote_hub(&desktop, &window, &service).await;
    record_count_rises(&window);
    in_both_themes(&window, "alerts", || window.go("alerts"));
    in_both_themes(&window, "commands", || window.choose_command(REMOTE, "INGEST_DATA"));
    in_both_themes(&window, "settings", || {
        window.go("settings");
        // Choosing the theme has scrolled down to it.
        let up = "document.querySelector('[data-testid=add-hub]').scrollIntoView({block: 'end'})";
        window.page().script(up, &json!([])).unwrap();
    });

    assert!(hub.stop().success());
    shown_as_cached(&window);
    in_both_themes(&window, "cached", || {
        window.filter_fleet(REMOTE);
        window.page().click(&test_id(&format!("card-{REMOTE}")));
        let _ = window.page().find(&test_id("open-dashboard"));
    });

    hub.restart();
    window.page().click(&test_id(&format!("retry-{HUB}")));
    window.wait_for_hub(HUB, "live");
    window.filter_fleet(REMOTE);
    window.wait_for_attribute(&format!("card-{REMOTE}"), "data-freshness", "live");
    assert_eq!(window.send_command(REMOTE, "INGEST_DATA", &[("/source", "gauges")]), "SUCCEEDED");
    let id = service.id().clone();
    let last = service.finish().await;
    let cache = wait_for("the remote hub's cache", || only_cache(&desktop.directory().join("console")));
    caught_up(&cache, &hub.log_file());
    assert!(fleet.terminate().success());
    window.terminate();
    assert!(hub.stop().success());

    assert_copied(&cache, &hub.log_file());
    assert_each_once(&cache, &id, last);
    assert_unbroken(&cache);
    let recorded = last_seq(&cache).unwrap();
    assert_unbroken(&desktop.directory().join("console/hub/log.sqlite"));

    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    shown_as_cached(&window);
    whole_history(&window, recorded);
    window.terminate();
}

/// Every dashboard is in the window, and in its title.
fn fleet_appears(desktop: &Desktop, window: &ConsoleWindow) {
    wait_for("the fleet in the window's title", || {
        let titles = desktop.windows("^Mission Control");
        let title = titles.first().context("there is no window")?;
        let online = title.split(" · ").find_map(|part| part.strip_suffix(" online")?.parse::<u32>().ok());
        if online >= Some(FLEET) { Ok(()) } else { Err(anyhow!("the title is {title:?}")) }
    });
    window.filter_fleet(SICK);
    window.wait_for_attribute(&format!("card-{SICK}"), "data-freshness", "live");
    wait_for("the number of its records", || window.record_count(SICK));
    window.filter_fleet("");
}

fn pictures_of_the_fleet(window: &ConsoleWindow) {
    in_both_themes(window, "fleet-cards", || {
        window.filter_fleet("");
        window.page().click(&test_id(&format!("card-{SICK}")));
        let _ = window.page().find(&test_id("open-dashboard"));
    });
    in_both_themes(window, "fleet-table", || {
        window.go("fleet");
        window.page().click(&test_id("fleet-layout-table"));
        let _ = window.page().find(&test_id("fleet-table"));
    });
    window.page().click(&test_id("fleet-layout-cards"));
}

/// A bad source makes the quality fall; the notification says so, and its button sends the command it promises.
fn data_quality_falls_and_is_restored(desktop: &Desktop, window: &ConsoleWindow) {
    let log = desktop.directory().join("console/hub/log.sqlite");
    assert_eq!(window.send_command(SICK, "INGEST_DATA", &[("/source", "faulty-sensor")]), "SUCCEEDED");
    let notification = wait_for("the notification", || {
        let received = desktop.notifications().received();
        let about = |text: &str| text.contains(SICK);
        let found = received.iter().find(|one| about(&one.summary) || about(&one.body)).cloned();
        found.ok_or_else(|| format!("received were {received:?}"))
    });
    assert_eq!(notification.application, "Mission Control");
    assert_eq!(notification.urgency, "NORMAL", "{notification:?}");
    let mut buttons = notification.buttons();
    buttons.sort_unstable();
    assert_eq!(buttons, ["Acknowledge", "Re-ingest", "Snooze 30 min", "View Details"]);

    let commands = || {
        records(&log, None, &[RecordKind::Command])
            .iter()
            .filter(|record| record.body.get().contains("QUEUED"))
            .count()
    };
    let before = commands();
    desktop.notifications().press(desktop, "Re-ingest", &notification.summary);
    wait_until("the button's command", || commands() > before);
    window.go("commands");
    wait_until("both commands in the window", || {
        window.page().texts(&test_id("command-row")).is_ok_and(|rows| rows.len() >= 2)
    });
}

/// Alerts of a hub on another machine: acknowledged from the notification, and opened by a click on it.
async fn alerts_of_the_remote_hub(desktop: &Desktop, window: &ConsoleWindow, service: &Service) {
    window.go("alerts");
    service.raise(Severity::Critical, "Pressure too high").await;
    let notification = desktop.notifications().wait_for("Pressure too high");
    assert_eq!(notification.urgency, "CRITICAL", "{notification:?}");
    assert!(
        notification.body.contains("&lt;b&gt;rising&lt;/b&gt; &amp; more"),
        "text of a dashboard is never markup: {notification:?}"
    );
    alert_in_state(window, "Pressure too high", "raised");
    desktop.notifications().press(desktop, "Acknowledge", &notification.summary);
    alert_in_state(window, "Pressure too high", "acknowledged");

    window.go("fleet");
    service.raise(Severity::Error, "Valve stuck").await;
    let notification = desktop.notifications().wait_for("Valve stuck");
    let (_, label) =
        notification.actions.iter().find(|(key, _)| key == "default").expect("a click has an effect");
    desktop.notifications().press(desktop, label, &notification.summary);
    wait_until("the alert's place", || window.place().starts_with("#/alerts/"));
    window.wait_for_text("alert-title", "Valve stuck");
}

fn alert_in_state(window: &ConsoleWindow, title: &str, state: &str) {
    wait_for(&format!("{title:?} to be {state}"), || {
        let rows = window.page().texts(&format!("[data-testid=alert-row][data-state={state}]"))?;
        if rows.iter().any(|row| row.contains(title)) { Ok(()) } else { Err(anyhow!("such are {rows:?}")) }
    });
}

/// `INGEST_DATA` from the form does what it says, and the window shows it; a form that is not filled in says what is
/// missing, and sends nothing.
fn record_count_rises(window: &ConsoleWindow) {
    window.choose_command(REMOTE, "INGEST_DATA");
    window.page().click(&test_id("send-command"));
    let _ = window.page().find(&test_id("problem-/source"));
    let rows = window.page().texts(&test_id("command-row")).unwrap();
    assert!(rows.iter().all(|row| !row.contains(REMOTE)), "{rows:?}");

    window.filter_fleet(REMOTE);
    let before = wait_for("the number of records", || window.record_count(REMOTE));
    assert_eq!(window.send_command(REMOTE, "INGEST_DATA", &[("/source", "gauges")]), "SUCCEEDED");
    window.filter_fleet(REMOTE);
    wait_for("the number of records to rise", || {
        let now = window.record_count(REMOTE)?;
        if now == before + INGESTED { Ok(()) } else { Err(anyhow!("it was {before} and is {now}")) }
    });
}

/// Everything from the remote hub is marked as cached, what it told is still there, and no command can be sent.
fn shown_as_cached(window: &ConsoleWindow) {
    window.wait_for_hub(HUB, "cached");
    window.wait_for_text(&format!("cached-banner-{HUB}"), "cached at");
    window.filter_fleet(REMOTE);
    window.wait_for_attribute(&format!("card-{REMOTE}"), "data-freshness", "cached");
    assert_ne!(window.attribute(&format!("card-{REMOTE}"), "data-status").unwrap(), "normal", "never green");
    window.go("alerts");
    window.page().click_text(&test_id("alert-row"), "Valve stuck");
    window.wait_for_attribute("resolve-button", "aria-disabled", "true");
    window.choose_command(REMOTE, "INGEST_DATA");
    window.wait_for_attribute("send-command", "aria-disabled", "true");
}

/// The history from before the start is there, all of it.
fn whole_history(window: &ConsoleWindow, recorded: u64) {
    window.open_dashboard(REMOTE);
    window.page().click(&test_id("section-events"));
    let _ = window.page().find_with_text(&test_id("event-row"), "PRESSURE_READ");
    window.go("commands");
    wait_until("the commands of the last run", || {
        window.page().texts(&test_id("command-row")).is_ok_and(|rows| rows.len() >= 4)
    });
    window.go("settings");
    wait_for(&format!("{recorded} records in the cache"), || {
        let panel = window.text(&format!("hub-{HUB}"))?.replace([',', '\u{a0}', '\u{202f}'], "");
        if panel.split_whitespace().any(|word| word == recorded.to_string()) {
            Ok(())
        } else {
            Err(anyhow!("{panel}"))
        }
    });
}

/// Waits until a cache has all that its hub has.
fn caught_up(cache: &Path, log: &Path) {
    wait_for("the cache to catch up", || {
        let (cached, written) = (last_seq(cache)?, last_seq(log)?);
        if cached == written { Ok(()) } else { Err(anyhow!("it has {cached} of {written}")) }
    });
}

/// Number of the newest record in a log or a cache.
fn last_seq(file: &Path) -> anyhow::Result<u64> {
    Ok(LogReader::open(file)?.extents()?.first().context("it has no partition")?.last_seq)
}

/// Takes pictures of a view, dark and light; `show` brings it up.
pub(super) fn in_both_themes(window: &ConsoleWindow, name: &str, show: impl Fn()) {
    for theme in ["light", "dark"] {
        window.choose_theme(theme);
        show();
        window.take_pictures(&format!("{name}-{theme}"));
    }
}
