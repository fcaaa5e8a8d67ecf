//! Starting and ending the desktop program.

use std::process::Command;

use mission_control_store::LogReader;
use mission_control_tests::{
    desktop::Desktop,
    load::Load,
    log::assert_unbroken,
    process::{Running, free_port},
    programs::{HubAddress, binary},
    wait::wait_until,
    window::ConsoleWindow,
};

/// The desktop program without a driver.
fn program(desktop: &Desktop, data: &str) -> Command {
    let mut command = desktop.command(binary("mission-control"));
    command.arg("--data").arg(desktop.directory().join(data)).args(["--listen", "127.0.0.1:0"]);
    command
}

#[test]
fn the_window_comes_back_in_the_size_it_was_left_in() {
    let desktop = Desktop::start();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    window.page().resize(1234, 765);
    window.terminate();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    wait_until("the window in its old size", || {
        window.page().viewport().is_ok_and(|size| size == (1234, 765))
    });
    window.terminate();
}

#[test]
fn a_second_start_leaves_the_first_alone_and_a_request_to_end_is_obeyed() {
    let desktop = Desktop::start();
    let mut first = Running::start(&program(&desktop, "console"), &desktop.log("first.txt"));
    let hub = HubAddress::read(&mut first, "mission-control");
    wait_until("the window", || !desktop.windows("^Mission Control").is_empty());

    let mut second = Running::start(&program(&desktop, "console"), &desktop.log("second.txt"));
    assert!(second.wait().success(), "{}", second.output());
    assert!(!second.output().contains("listening on"), "{}", second.output());
    assert!(first.has_ended().is_none());
    assert_eq!(desktop.windows("^Mission Control").len(), 1);

    assert!(std::fs::read_to_string(&hub.operator_token_file).is_ok());
    let status = first.terminate();
    assert!(status.success(), "{status}");
    assert_unbroken(&desktop.directory().join("console/hub/log.sqlite"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_under_load_loses_nothing_that_was_acknowledged() {
    let desktop = Desktop::start();
    let listen = format!("127.0.0.1:{}", free_port());
    let window = ConsoleWindow::start(&desktop, "console", &listen);
    let load = Load::start(window.address(), 2, 1);
    load.acknowledged(2_000).await;
    window.kill();

    let window = ConsoleWindow::start(&desktop, "console", &listen);
    load.acknowledged(2_000).await;
    let account = load.finish().await;
    window.filter_fleet("producer");
    wait_until("the producers in the window", || {
        (1..=3).all(|number| window.text(&format!("card-producer-{number}")).is_ok())
    });
    window.terminate();
    let log = desktop.directory().join("console/hub/log.sqlite");
    assert_unbroken(&log);
    account.assert_kept(&log);
    let kept = LogReader::open(&log).unwrap().extents().unwrap();
    println!("{account:?} in {kept:?}");
}
