//! What leaves and enters as files, in the real window: what is found is exported, a hub's record is archived, and looked
//! at in another Mission Control when its hub is no more.

use std::{fs, path::Path};

use anyhow::anyhow;
use mission_control_tests::{
    desktop::Desktop,
    programs::Hub,
    wait::{wait_for, wait_until},
    window::{ConsoleWindow, test_id},
};
use serde_json::{Value, json};

use crate::{
    history::{ENTER, HUB, ID, TITLE, incident},
    story::in_both_themes,
};

/// What is exported: three readings and the alert.
const QUERY: &str = "dashboard:hall-3 kind:event,alert";
/// How the archive is called where it was taken in.
const ARCHIVE: &str = "Archive of plant";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_found_is_exported_and_an_archive_is_looked_at_elsewhere() {
    let desktop = Desktop::start();
    let mut hub = Hub::start(&desktop.directory().join("plant"), &["--name", HUB]);
    let out = desktop.directory().join("out");
    fs::create_dir(&out).unwrap();
    let archive = out.join("incident.mcarchive");

    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    window.add_hub(HUB, hub.address());
    window.wait_for_hub(HUB, "live");
    incident(hub.address()).await;
    window.wait_for_text("unacknowledged-badge", "1");
    what_is_found_is_exported(&window, &out);
    archived(&window, &archive);
    window.terminate();
    assert!(hub.stop().success());
    let made = fs::read(&archive).unwrap();

    let window = ConsoleWindow::start(&desktop, "elsewhere", "127.0.0.1:0");
    taken_in(&window, &out);
    nothing_in_it_is_current(&window);
    nothing_can_be_sent_to_it(&window);
    looked_at_as_it_was(&window);
    removed(&window);
    window.terminate();
    wait_until("the copy to be deleted", || {
        fs::read_dir(desktop.directory().join("elsewhere/archives")).unwrap().next().is_none()
    });
    assert!(fs::read(&archive).unwrap() == made, "the file it came from is as it was");
}

fn search(window: &ConsoleWindow, query: &str, counted: &str) {
    window.go("events");
    window.page().fill(&test_id("query"), query);
    window.page().press(ENTER);
    wait_for(&format!("{counted} to be found"), || {
        let found = window.text("search-progress")?;
        if found.starts_with(counted) { Ok(()) } else { Err(anyhow!("{found:?}")) }
    });
}

/// Number and text of each row of the list, the newest first.
fn listed(window: &ConsoleWindow) -> Vec<(u64, String)> {
    // Not as WebDriver reads texts: it leaves out what is cut off by the edge of its column.
    let body = "return [...document.querySelectorAll('[data-testid=hits] [data-testid^=hit-]')]
        .map((row) => [row.dataset.testid, row.textContent])";
    let rows = window.page().script(body, &json!([])).unwrap();
    let rows: Vec<(String, String)> = serde_json::from_value(rows).unwrap();
    let number = |id: &str| id.strip_prefix("hit-").unwrap().parse().unwrap();
    rows.into_iter().map(|(id, text)| (number(&id), text)).collect()
}

fn what_is_found_is_exported(window: &ConsoleWindow, out: &Path) {
    let page = window.page();
    let file = out.join("found.ndjson");
    search(window, QUERY, "4 records");
    wait_until("the rows of the list", || listed(window).len() == 4);
    for theme in ["light", "dark"] {
        window.choose_theme(theme);
        search(window, QUERY, "4 records");
        page.click(&test_id("export-records"));
        page.click(&test_id("export-format-ndjson"));
        wait_until("a name that fits", || {
            let path = page.find(&test_id("export-path")).attribute("value").ok().flatten();
            path.is_some_and(|path| path.ends_with(".ndjson"))
        });
        window.take_pictures(&format!("export-{theme}"));
        if theme == "light" {
            page.click_text("[data-testid=export-dialog] button", "Cancel");
        }
    }
    // A place that is none is told, and the dialog stays.
    page.fill(&test_id("export-path"), &out.join("no/such/found.ndjson").to_string_lossy());
    page.click(&test_id("export-confirm"));
    window.wait_for_text("export-dialog", "there is no such folder");
    page.fill(&test_id("export-path"), &file.to_string_lossy());
    page.click(&test_id("export-confirm"));
    window.wait_for_text("transfer-text", "4 rows");
    window.take_pictures("export-done-dark");
    page.click(&test_id("export-close"));

    let lines: Vec<Value> =
        fs::read_to_string(&file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The list has the newest first, the file the oldest.
    let rows = listed(window);
    assert_eq!(rows.len(), lines.len());
    for ((seq, text), line) in rows.iter().rev().zip(&lines) {
        assert_eq!(line["seq"], json!(seq));
        assert_eq!((&line["hub"], &line["dashboard"]), (&json!(HUB), &json!(ID)));
        for shown in [line["type"].as_str().unwrap(), &line["at"].as_str().unwrap()[11..23]] {
            assert!(text.contains(shown), "{text:?} does not show {shown}");
        }
    }
    let readings: Vec<_> = lines.iter().map(|line| &line["body"]["payload"]["reading"]).collect();
    assert_eq!(readings, [&json!(12), &json!(41), &json!(55), &Value::Null]);
    assert!(lines[3]["body"].to_string().contains(TITLE), "{}", lines[3]);
}

/// Everything the hub has recorded, as an archive.
fn archived(window: &ConsoleWindow, archive: &Path) {
    let page = window.page();
    search(window, "", "");
    page.click(&test_id("export-records"));
    page.click(&test_id("export-format-archive"));
    page.choose(&test_id("export-hub"), HUB);
    page.fill(&test_id("export-path"), &archive.to_string_lossy());
    page.click(&test_id("export-confirm"));
    wait_for("the archive to be written", || {
        let text = window.text("transfer-text")?;
        if archive.is_file() && text.contains("records, ") { Ok(()) } else { Err(anyhow!("{text:?}")) }
    });
    page.click(&test_id("export-close"));
}

/// Through the settings; a file that is no archive is refused first.
fn taken_in(window: &ConsoleWindow, out: &Path) {
    let page = window.page();
    window.go("settings");
    page.click(&test_id("import-archive"));
    page.fill(&test_id("import-path"), &out.join("found.ndjson").to_string_lossy());
    page.click(&test_id("import-confirm"));
    window.wait_for_text("import-dialog", "another sort of file");
    window.take_pictures("import-refused-dark");
    page.fill(&test_id("import-path"), &out.join("incident.mcarchive").to_string_lossy());
    page.click(&test_id("import-confirm"));
    window.wait_for_text("transfer-text", "records, ");
    window.take_pictures("import-done-dark");
    page.click(&test_id("import-show"));
}

fn nothing_in_it_is_current(window: &ConsoleWindow) {
    let page = window.page();
    window.wait_for_hub(ARCHIVE, "cached");
    window.wait_for_text(&format!("hub-chip-{ARCHIVE}"), "up to ");
    window.wait_for_text("fleet-summary", "1 archived");
    assert_eq!(window.text("alert-count-serious").unwrap(), "0", "its alert is of then");
    window.filter_fleet(ID);
    window.wait_for_attribute(&format!("card-{ID}"), "data-freshness", "archived");
    window.wait_for_attribute(&format!("card-{ID}"), "data-status", "off");
    in_both_themes(window, "archive-fleet", || {
        window.filter_fleet(ID);
        page.click(&test_id(&format!("card-{ID}")));
        let _ = page.find(&test_id("open-dashboard"));
    });
    for part in ["fleet-cards", "side-panel", &format!("hub-chip-{ARCHIVE}")] {
        not_green(window, part);
    }
    in_both_themes(window, "archive-dashboard", || {
        window.open_dashboard(ID);
        let _ = page.find("[data-testid=dashboard-charts] canvas");
    });
    for part in ["dashboard-header", "status-panel"] {
        not_green(window, part);
    }
}

/// Green is for what is well now.
fn not_green(window: &ConsoleWindow, part: &str) {
    let found = window.page().find_all(&format!("{} [data-status=normal]", test_id(part))).unwrap();
    assert!(found.is_empty(), "{} green marks in {part}", found.len());
}

/// The reason names the archive.
fn nothing_can_be_sent_to_it(window: &ConsoleWindow) {
    let page = window.page();
    window.open_dashboard(ID);
    window.wait_for_attribute("dashboard-send-command", "aria-disabled", "true");
    in_both_themes(window, "archive-commands", || {
        window.go("commands");
        page.click(&test_id(&format!("target-{ID}")));
    });
    let target = page.find(&format!("li:has(> {})", test_id(&format!("target-{ID}"))));
    let reason = target.attribute("title").unwrap().unwrap_or_default();
    assert!(reason.starts_with("This is an archive of plant, made at"), "{reason:?}");
    window.go("alerts");
    wait_until("the alert of the archive", || {
        page.texts("main").is_ok_and(|texts| texts.iter().any(|text| text.contains(TITLE)))
    });
    window.take_pictures("archive-alerts-dark");
}

/// Search and the time conductor work on it.
fn looked_at_as_it_was(window: &ConsoleWindow) {
    let page = window.page();
    search(window, "kind:alert \"cooling failed\"", "1 record");
    window.filter_fleet(ID);
    page.click(&test_id("live-mark"));
    page.click(&test_id("step-alert-back"));
    window.wait_for_attribute("conductor", "data-mode", "past");
    window.wait_for_attribute(&format!("card-{ID}"), "data-status", "serious");
    window.take_pictures("archive-past-dark");
    page.click(&test_id("conductor-live"));
    window.wait_for_attribute("live-mark", "data-live", "true");
    window.wait_for_attribute(&format!("card-{ID}"), "data-freshness", "archived");
}

fn removed(window: &ConsoleWindow) {
    let page = window.page();
    in_both_themes(window, "archive-settings", || {
        window.go("settings");
        let up = "document.querySelector('[data-testid=add-hub]').scrollIntoView({block: 'end'})";
        page.script(up, &json!([])).unwrap();
    });
    window.wait_for_text(&format!("hub-{ARCHIVE}"), "nothing can be sent to it");
    page.click(&test_id(&format!("hub-remove-{ARCHIVE}")));
    window.wait_for_text("remove-hub-dialog", "The file it was imported from stays where it is.");
    window.take_pictures("archive-remove-dark");
    page.click(&test_id("remove-hub-confirm"));
    wait_until("the archive to be gone", || {
        page.find_all(&test_id(&format!("hub-chip-{ARCHIVE}"))).is_ok_and(|found| found.is_empty())
    });
    window.go("fleet");
    let _ = page.find(&test_id("fleet-empty"));
}
