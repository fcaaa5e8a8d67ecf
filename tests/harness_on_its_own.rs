//! The harness, proved against programs that are not ours: when these fail, the machine lacks something, and the other
//! tests' failures mean nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::PathBuf, process::Command};

use mission_control_tests::{
    desktop::Desktop,
    process::{Running, children, program_of},
    wait::wait_until,
    webdriver::Session,
};
use serde_json::json;

#[test]
fn a_button_of_a_notification_can_be_pressed() {
    let desktop = Desktop::start();
    let mut sender = desktop.command("dunstify");
    sender.args([
        "--urgency=critical",
        "--action=default,Open",
        "--action=retry,Try again",
        "--action=ack,Acknowledge",
    ]);
    sender.args(["Workflow failed", "by <b>nobody</b>"]);
    let mut sender = Running::start(&sender, &desktop.log("sender.txt"));

    let notification = desktop.notifications().wait_for("Workflow");
    assert_eq!(notification.summary, "Workflow failed");
    assert_eq!(notification.urgency, "CRITICAL");
    let mut buttons = notification.buttons();
    buttons.sort_unstable();
    assert_eq!(buttons, ["Acknowledge", "Try again"]);

    desktop.notifications().press(&desktop, "Try again", "Workflow failed");
    sender.wait();
    assert_eq!(sender.output().trim(), "retry");
}

#[test]
fn a_window_can_be_driven_and_photographed() {
    let browser = PathBuf::from("/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser");
    if !browser.is_file() {
        eprintln!("not tried: {} is not here, only its library", browser.display());
        return;
    }
    let desktop = Desktop::start();
    let arguments = ["--automation".to_owned()];
    let mut session = Session::start(&desktop, &browser, &arguments, &desktop.log("browser.txt"));
    let page = "<form><input name=title><button type=button>Send</button></form><p></p>";
    let prepare = "document.body.innerHTML = arguments[0];
        document.querySelector('button').onclick = () => {
            document.querySelector('p').innerText = `sent ${document.querySelector('input').value}`;
        }";
    session.script(prepare, &json!([page])).unwrap();
    session.fill("input", "Größe <b>");
    session.click_text("button", "Send");
    assert_eq!(session.find_with_text("p", "sent").text().unwrap(), "sent Größe <b>");

    session.resize(900, 500);
    let picture = session.screenshot();
    assert_eq!(&picture[1..4], b"PNG");

    let programs: Vec<_> = children(session.driver().id()).into_iter().map(program_of).collect();
    assert_eq!(programs, ["MiniBrowser"]);
}

#[test]
fn nothing_outlives_what_started_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "sleep 1000 & echo child $!; wait"]);
    let mut running = Running::start(&shell, &directory.path().join("output.txt"));
    let child = PathBuf::from(format!("/proc/{}", running.line_after("child ")));
    assert!(child.exists());
    drop(running);
    // An orphan stays a zombie until whoever inherits it looks; its command line is gone at once.
    wait_until("the grandchild is gone", || fs::read(child.join("cmdline")).unwrap_or_default().is_empty());
}
