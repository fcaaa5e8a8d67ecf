//! The Rust snippet that *Connect a dashboard* shows registers with a token that was made for it, and publishes. Those for
//! JavaScript are run by `sdk/typescript/test/hub/snippets.test.ts`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

use mission_control_protocol::{
    DashboardId, RecordKind,
    operator_wire::{OperatorReply, OperatorRequest},
    record::RegistrationRecord,
};
use mission_control_tests::{
    log::records,
    operator::Operator,
    process::{Running, signal},
    programs::{Hub, binary},
    wait::wait_until,
};
use rustix::process::Signal;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rust_snippet_registers_with_its_token_and_publishes() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(&directory.path().join("hub"), &[]);
    let operator = Operator::connect(hub.address(), "tester", Vec::new()).await;
    let reply = operator.request(OperatorRequest::CreateToken { label: "snippet".to_owned() }).await;
    let Ok(OperatorReply::Token { token, secret }) = reply else { panic!("not a token: {reply:?}") };

    let mut program = Command::new(binary("mission-control-test-rust-snippet"));
    program.env("WS_ADDRESS", &hub.address().url).env("TOKEN", &secret.0).env("DASHBOARD_ID", "hall-3");
    let mut program = Running::start(&program, &directory.path().join("program.txt"));
    program.line_after("registered");
    let id = DashboardId::new("hall-3").unwrap();
    wait_until("its event", || !records(&hub.log_file(), Some(&id), &[RecordKind::Event]).is_empty());
    let registered = records(&hub.log_file(), Some(&id), &[RecordKind::Registration]);
    let registered: RegistrationRecord = serde_json::from_str(registered[0].body.get()).unwrap();
    assert_eq!(registered.token_id, Some(token.id));
    signal(program.id(), Signal::INT);
    assert!(program.wait().success(), "{}", program.output());
    hub.stop();
}
