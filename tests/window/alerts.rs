//! Alerts from a number going wrong to the right person acting: triage by keyboard, a silence that says why, a rule that
//! is tried before it is switched on.

use anyhow::anyhow;
use mission_control_protocol::Severity;
use mission_control_tests::{
    desktop::Desktop,
    programs::start_fleet,
    wait::{wait_for, wait_until},
    window::{ConsoleWindow, test_id},
};
use serde_json::json;

use crate::{service::Service, story::in_both_themes};

/// The dashboard that the story is about.
const PUMP: &str = "pump-house";
/// One of the simulated fleet, which the rule made in it is about.
const SLOW: &str = "energy-north";
/// That rule.
const RULE: &str = "answers-slowly";

/// WebDriver's code of the Enter key.
const ENTER: &str = "\u{e007}";
/// WebDriver's code of the Escape key.
const ESCAPE: &str = "\u{e00c}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_are_triaged_silenced_and_raised_by_a_rule_that_was_tried_first() {
    let desktop = Desktop::start();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    window.go("alerts");
    let _ = window.page().find(&test_id("alerts-empty"));
    let fleet = start_fleet(window.address(), 12, &["--seed", "7"], &desktop.log("fleet.txt"));
    let service = Service::start(window.address(), PUMP).await;
    for (severity, title) in [
        (Severity::Critical, "Pressure too high"),
        (Severity::Error, "Valve stuck"),
        (Severity::Warning, "Gauge drifts"),
        (Severity::Warning, "Filter is old"),
    ] {
        service.raise(severity, title).await;
    }

    triage(&window);
    silence_one(&window, &service).await;
    in_both_themes(&window, "alerts-inbox", || window.go("alerts"));
    rule_is_tried_and_fires(&window);
    details(&window);
    in_both_themes(&window, "alerts-silences", || tab(&window, "silences"));
    statistics(&window);
    service.finish().await;
    assert!(fleet.terminate().success());
    window.terminate();
}

/// `j`, `k`, `a`, `x` and `n`, and nothing else.
fn triage(window: &ConsoleWindow) {
    wait_until("four alerts in the inbox", || {
        window.page().texts(&test_id("alert-row")).is_ok_and(|rows| rows.len() >= 4)
    });
    select(window, "Pressure too high");
    window.page().press("a");
    in_state(window, "Pressure too high", "acknowledged");
    // The other three at once.
    for title in ["Valve stuck", "Gauge drifts", "Filter is old"] {
        select(window, title);
        window.page().press("x");
    }
    window.wait_for_text("alerts-selection", "3 selected");
    window.page().press("a");
    for title in ["Valve stuck", "Gauge drifts", "Filter is old"] {
        in_state(window, title, "acknowledged");
    }
    select(window, "Valve stuck");
    window.page().press("n");
    window.page().fill(&test_id("alert-note"), "a crew is on its way");
    window.page().press(ENTER);
    window.wait_for_text("alert-timeline", "a crew is on its way");
}

/// Moves to an alert with `j` and `k`.
fn select(window: &ConsoleWindow, title: &str) {
    let look = "return [...document.querySelectorAll('[data-testid=alert-row]')]
        .map((row) => [row.textContent, row.dataset.current === 'true'])";
    wait_for(&format!("{title:?} to be current"), || {
        let rows: Vec<(String, bool)> = serde_json::from_value(window.page().script(look, &json!([]))?)?;
        let wanted = rows.iter().position(|(text, _)| text.contains(title));
        let current = rows.iter().position(|(_, is_current)| *is_current);
        let (Some(wanted), Some(current)) = (wanted, current) else {
            return Err(anyhow!("rows are {rows:?}"));
        };
        if wanted == current {
            return Ok(());
        }
        window.page().press(if wanted > current { "j" } else { "k" });
        Err(anyhow!("it is {wanted}, and {current} is current"))
    });
}

fn in_state(window: &ConsoleWindow, title: &str, state: &str) {
    wait_for(&format!("{title:?} to be {state}"), || {
        let rows = window.page().texts(&format!("[data-testid=alert-row][data-state={state}]"))?;
        if rows.iter().any(|row| row.contains(title)) { Ok(()) } else { Err(anyhow!("such are {rows:?}")) }
    });
}

/// `s` opens a silence of just this; the next alert it matches says who silenced it and why.
async fn silence_one(window: &ConsoleWindow, service: &Service) {
    select(window, "Gauge drifts");
    window.page().press("s");
    let _ = window.page().find(&test_id("silence-dialog"));
    let matcher = wait_for("the matcher of the dashboard", || {
        let found = window.page().script(
            "return document.querySelector('[data-testid=silence-matcher-0]')?.value ?? ''",
            &json!([]),
        )?;
        found
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| anyhow!("it is empty"))
    });
    assert_eq!(matcher, format!("dashboard={PUMP}"));
    in_both_sizes(window, "alerts-silence-dialog");
    window.page().fill(&test_id("silence-comment"), "gauges are being replaced");
    window.page().press(ENTER);
    wait_until("the end of the dialog", || {
        window.page().find_all(&test_id("silence-dialog")).is_ok_and(|found| found.is_empty())
    });
    service.raise(Severity::Error, "Second gauge drifts").await;
    wait_for("the alert that is held", || {
        let rows = window.page().texts("[data-testid=alert-row][data-held=true]")?;
        let is_told =
            |row: &String| row.contains("Second gauge") && row.contains("gauges are being replaced");
        if rows.iter().any(is_told) { Ok(()) } else { Err(anyhow!("held are {rows:?}")) }
    });
    select(window, "Second gauge drifts");
    window.wait_for_text("alert-holds", "gauges are being replaced");
    tab(window, "silences");
    window.wait_for_text("silence-row", "kept");
    window.go("alerts");
}

/// Makes a rule, tries it on what was recorded, switches it on, and sees it fire.
fn rule_is_tried_and_fires(window: &ConsoleWindow) {
    tab(window, "rules");
    window.page().click(&test_id("rule-new"));
    let page = window.page();
    page.fill(&test_id("rule-title"), "Answers slowly");
    page.fill(&test_id("rule-metric"), "status.responseTime");
    page.fill(&test_id("rule-value"), "1");
    page.fill(&test_id("rule-forSeconds"), "0");
    page.click(&test_id("rule-dashboards-add"));
    page.fill(&test_id("rule-dashboards-0"), &format!("dashboard={SLOW}"));
    page.click(&test_id("back-test-span-1"));
    page.click(&test_id("back-test-run"));
    let summary = window.wait_for_text("back-test-summary", "It would have fired");
    assert!(!summary.contains("would not"), "{summary}");
    let _ = page.find("[data-testid=back-test-chart] canvas");
    in_both_sizes(window, "alerts-rule-editor");
    page.click(&test_id("rule-save"));
    window.wait_for_attribute(&format!("rule-{RULE}"), "data-enabled", "false");
    page.click(&test_id(&format!("rule-enabled-{RULE}")));
    window.wait_for_attribute(&format!("rule-{RULE}"), "data-enabled", "true");
    window.wait_for_text(&format!("rule-{RULE}"), "open");
    in_both_themes(window, "alerts-rules", || {
        tab(window, "rules");
        window.page().click(&format!("{} a", test_id(&format!("rule-{RULE}"))));
        let _ = window.page().find(&test_id("rule-title"));
    });
    window.go("alerts");
    let _ = page.find_with_text(&test_id("alert-row"), "Answers slowly");
}

/// The alert of the rule, opened: its chart has the bound, its timeline and what happened around it are there.
fn details(window: &ConsoleWindow) {
    select(window, "Answers slowly");
    window.page().press(ENTER);
    window.wait_for_attribute("alert-detail", "data-wide", "true");
    let _ = window.page().find("[data-testid=alert-chart] canvas");
    window.wait_for_text("alert-timeline", "Raised");
    window.wait_for_text("alert-around", "Ten minutes".to_uppercase().as_str());
    let place = window.place();
    in_both_themes(window, "alerts-detail", || {
        window.page().script("location.hash = arguments[0]", &json!([place])).unwrap();
        let _ = window.page().find("[data-testid=alert-chart] canvas");
    });
    window.page().press(ESCAPE);
    wait_until("the inbox", || !window.place().ends_with("/open"));
}

fn statistics(window: &ConsoleWindow) {
    tab(window, "statistics");
    window.wait_for_text("statistics-acknowledged", "acknowledged");
    let noisiest = wait_for("the noisiest rule", || {
        let rows = window.page().texts(&test_id("noise-row"))?;
        rows.first().cloned().ok_or_else(|| anyhow!("there are none"))
    });
    assert!(noisiest.contains("Answers slowly"), "{noisiest}");
    in_both_themes(window, "alerts-statistics", || {
        tab(window, "statistics");
        let _ = window.page().find(&test_id("statistics-days"));
    });
}

/// Goes to one of the pages about alerts.
fn tab(window: &ConsoleWindow, view: &str) {
    window.go("alerts");
    window.page().click(&test_id(&format!("alerts-tab-{view}")));
    let _ = window.page().find(&format!("[data-testid=alerts-tab-{view}][aria-current=page]"));
}

fn in_both_sizes(window: &ConsoleWindow, name: &str) {
    window.take_pictures(&format!("{name}-dark"));
}
