//! The notification policy, on a real notification service.

use std::{collections::BTreeSet, path::Path};

use mission_control_protocol::Severity;
use mission_control_tests::{
    desktop::Desktop,
    notifications::Notification,
    programs::Hub,
    wait::{wait_for, wait_until},
    window::{ConsoleWindow, test_id},
};
use serde_json::{Value, json};

use crate::{service::Service, story::in_both_themes};

const HUB: &str = "Plant";
/// Alerts of the storm.
const STORM: usize = 12;

/// Writes the notification policy of a console that does not run, and leaves its other settings.
fn set_policy(data: &Path, policy: &Value) {
    std::fs::create_dir_all(data).unwrap();
    let file = data.join("settings.json");
    let mut settings: Value = match std::fs::read(&file) {
        Ok(text) => serde_json::from_slice(&text).unwrap(),
        Err(_) => json!({"preferences": {"notificationsPerMinute": 4}}),
    };
    settings["notificationPolicy"] = policy.clone();
    std::fs::write(&file, settings.to_string()).unwrap();
}

fn titled<'all>(received: &'all [Notification], part: &str) -> Vec<&'all Notification> {
    received.iter().filter(|one| one.summary.contains(part)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_policy_is_kept_on_the_screen() {
    let desktop = Desktop::start();
    let data = desktop.directory().join("console");
    set_policy(
        &data,
        &json!({
            "routes": [
                {"matchers": ["dashboard=muted"], "notify": false},
                {"matchers": ["dashboard=harbour", "severity=info"], "notify": true, "urgency": "low", "sound": ""},
            ],
            "remindSeconds": {"critical": 2},
            "snoozeMinutes": 5,
        }),
    );
    let mut hub = Hub::start(&desktop.directory().join("plant"), &["--name", HUB, "--heartbeat-ms", "1000"]);
    let harbour = Service::start(hub.address(), "harbour").await;
    let muted = Service::start(hub.address(), "muted").await;
    harbour.raise(Severity::Critical, "Long known").await;
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    window.add_hub(HUB, hub.address());
    window.wait_for_hub(HUB, "live");
    let screen = desktop.notifications();

    // A route that says no, one that says how, and none.
    muted.raise(Severity::Critical, "Nobody hears this").await;
    harbour.raise(Severity::Info, "For information").await;
    assert_eq!(screen.wait_for("For information").urgency, "LOW", "milder than the threshold, and routed");
    harbour.resolve(Severity::Info, "For information").await;
    wait_until("what is resolved to be gone", || screen.on_screen(&desktop) == Some(0));

    // Reminded until it is put on the shelf.
    harbour.raise(Severity::Critical, "Pump stopped").await;
    let first = screen.wait_for("Pump stopped");
    assert_eq!(first.urgency, "CRITICAL");
    assert!(first.buttons().contains(&"Snooze 5 min"), "{first:?}");
    wait_for("a reminder", || {
        let received = screen.received();
        let about = titled(&received, "Pump stopped");
        let found = about.iter().any(|one| one.body.contains("not acknowledged"));
        if found { Ok(()) } else { Err(format!("{about:?}")) }
    });
    screen.press(&desktop, "Snooze 5 min", "Pump stopped");
    wait_until("what is snoozed to be gone", || screen.on_screen(&desktop) == Some(0));

    // More than may be at once: a few of their own, and one summary in its place, with exact counts.
    for number in 0..STORM {
        harbour.raise(Severity::Error, &format!("Leak {number:02}")).await;
    }
    let summary = wait_for("a summary of all", || {
        let received = screen.received();
        let own: BTreeSet<_> = titled(&received, "Leak").iter().map(|one| one.summary.clone()).collect();
        let wanted = format!("{} alerts from 1 dashboard: {0} serious", STORM - own.len());
        let summaries = titled(&received, "from 1 dashboard");
        let found = summaries.iter().find(|one| one.summary == wanted).map(|one| (*one).clone());
        found.ok_or_else(|| format!("{wanted:?}: {summaries:?}"))
    });
    let received = screen.received();
    let summaries = titled(&received, "from 1 dashboard");
    assert!(summaries.iter().all(|one| one.id == summary.id), "in its place: {summaries:?}");
    for number in 0..STORM {
        harbour.resolve(Severity::Error, &format!("Leak {number:02}")).await;
    }
    wait_until("the storm to be gone", || screen.on_screen(&desktop) == Some(0));
    for unheard in ["Nobody hears this", "Long known"] {
        assert!(titled(&screen.received(), unheard).is_empty(), "{unheard}");
    }
    window.terminate();

    // What was raised while nobody looked is not told when the console catches up, and while it is quiet only what is
    // critical is.
    for number in 0..5 {
        harbour.raise(Severity::Critical, &format!("Overnight {number}")).await;
    }
    let days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    let quiet = json!({"enabled": true, "days": days, "startMinute": 0, "endMinute": 0});
    set_policy(&data, &json!({"quietHours": quiet, "doNotDisturbUntil": "2100-01-01T00:00:00Z"}));
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    window.wait_for_hub(HUB, "live");
    harbour.raise(Severity::Error, "Can wait").await;
    harbour.raise(Severity::Critical, "Cannot wait").await;
    assert_eq!(screen.wait_for("Cannot wait").urgency, "CRITICAL");
    for unheard in ["Overnight", "Can wait", "Pump stopped (", "from"] {
        let after = &screen.received()[received.len()..];
        assert!(titled(after, unheard).is_empty(), "{unheard}: {after:?}");
    }
    in_both_themes(&window, "notification-policy", || {
        window.go("settings");
        let show = "document.querySelector('[data-testid=notification-policy]').scrollIntoView()";
        window.page().script(show, &json!([])).unwrap();
    });
    window.page().click(&test_id("quiet-hours"));
    window.wait_for_attribute("quiet-hours", "data-state", "unchecked");
    window.page().choose(&test_id("do-not-disturb"), "Off");
    let told = screen.wait_for("1 alert from 1 dashboard: 1 serious");
    assert_eq!(told.urgency, "NORMAL");
    window.terminate();
    harbour.finish().await;
    muted.finish().await;
    assert!(hub.stop().success());
}
