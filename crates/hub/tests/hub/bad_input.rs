//! What a hub says to input that is wrong, and that everyone else goes on undisturbed.

use std::time::Duration;

use crate::support::{self, Client, TestHub, eventually};
use futures_util::SinkExt;
use mission_control_protocol::RecordKind;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{Error, Message};

/// A well-behaved dashboard beside the one that misbehaves.
struct Bystander(Client);

impl Bystander {
    async fn of(hub: &TestHub) -> Self {
        Self(hub.dashboard("bystander").await)
    }

    async fn is_undisturbed(&mut self) {
        let seq = self.0.event("UNDISTURBED").await;
        self.0.acknowledged(seq).await;
        let errors: Vec<_> = self.0.unread.iter().filter(|message| message["type"] == "ERROR").collect();
        assert_eq!(errors, [] as [&Value; 0]);
    }
}

fn refusals(hub: &TestHub, code: &str) -> Vec<String> {
    hub.records()
        .iter()
        .filter(|record| record.kind == RecordKind::Refusal && support::body::<Value>(record)["code"] == code)
        .map(|record| record.dashboard_id.to_string())
        .collect()
}

#[tokio::test]
async fn each_bad_message_gets_its_code_and_the_connection_goes_on() {
    let hub = TestHub::start().await;
    let mut bystander = Bystander::of(&hub).await;
    for (text, code) in [
        ("{\"type\":\"HEARTBEAT\"", "MALFORMED_JSON"),
        ("[1,2,3]", "MALFORMED_JSON"),
        ("{\"type\":\"TELEPORT\"}", "UNKNOWN_TYPE"),
        ("{\"seq\":1}", "UNKNOWN_TYPE"),
        ("{\"type\":\"STATUS\",\"status\":{\"state\":5}}", "INVALID_MESSAGE"),
        ("{\"type\":\"EVENT\",\"seq\":\"one\",\"event\":{}}", "INVALID_MESSAGE"),
        ("{\"type\":\"EVENT\",\"event\":{}}", "INVALID_MESSAGE"),
        (
            "{\"type\":\"COMMAND_PROGRESS\",\"commandId\":\"no-such\",\"stage\":\"RUNNING\"}",
            "COMMAND_UNKNOWN",
        ),
        ("{\"type\":\"COMMAND_RESULT\",\"commandId\":\"no-such\",\"success\":true}", "COMMAND_UNKNOWN"),
        ("{\"type\":\"QUERY_RESULT\",\"queryId\":\"no-such\",\"success\":true}", "QUERY_UNKNOWN"),
        ("{\"type\":\"CONFIG_RESULT\",\"version\":3,\"success\":true}", "INVALID_MESSAGE"),
    ] {
        let mut dashboard = hub.dashboard("energy-01").await;
        dashboard.send_text(text.to_owned()).await;
        let error = dashboard.expect_error(code).await;
        assert!(!error["message"].as_str().unwrap().is_empty(), "{text}");
        let seq = dashboard.event("AFTER").await;
        dashboard.acknowledged(seq).await;
        dashboard.send(json!({"type": "DISCONNECT"})).await;
        dashboard.expect_end().await;
        assert!(refusals(&hub, code).contains(&"energy-01".to_owned()), "{code} is recorded");
        bystander.is_undisturbed().await;
    }
}

#[tokio::test]
async fn a_binary_frame_and_a_second_registration_are_told_and_survived() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    dashboard.socket.send(Message::Binary(vec![1, 2, 3].into())).await.unwrap();
    dashboard.expect_error("BINARY_FRAME").await;
    let again = json!({"type": "REGISTER", "token": "", "session": {"epoch": uuid::Uuid::new_v4()},
        "config": {"id": "energy-02", "type": "run-dashboard", "useCase": "x", "version": "1"}});
    dashboard.send(again).await;
    dashboard.expect_error("ALREADY_REGISTERED").await;
    let seq = dashboard.event("AFTER").await;
    dashboard.acknowledged(seq).await;
}

#[tokio::test]
async fn a_wrong_dashboard_and_a_false_backend_are_refused_and_their_numbers_spent() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    dashboard
        .send(json!({"type": "EVENT", "seq": 1,
            "event": {"type": "X", "dashboardId": "energy-02", "timestamp": support::now()}}))
        .await;
    assert_eq!(dashboard.expect_error("WRONG_DASHBOARD").await["seq"], 1);
    dashboard
        .send(json!({"type": "WORKFLOW_UPDATE", "seq": 2, "update": {"dashboardId": "energy-01", "workflowId": "w",
            "executionId": "e", "state": "running", "timestamp": support::now()}}))
        .await;
    assert_eq!(dashboard.expect_error("NOT_A_BACKEND").await["seq"], 2);
    dashboard.event_at(3, "AFTER").await;
    dashboard.acknowledged(3).await;
    let epoch = dashboard.epoch.clone();
    drop(dashboard);
    // What was refused is durable too: a restart does not ask for it again.
    let hub = hub.restart(|_| {}).await;
    let again = hub.dashboard_with("energy-01", json!({"session": {"epoch": epoch}})).await;
    assert_eq!(again.seq, 3);
}

#[tokio::test]
async fn a_frame_over_the_limit_is_told_before_the_connection_ends() {
    let hub = TestHub::start().await;
    let mut bystander = Bystander::of(&hub).await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let seq = dashboard.event("BEFORE").await;
    dashboard.acknowledged(seq).await;
    // The hub stops reading in the middle, so the sending may fail; what counts is what can be read then.
    let text = format!("{{\"type\":\"EVENT\",\"padding\":\"{}\"}}", "x".repeat(1024 * 1024));
    let _ = dashboard.socket.send(Message::Text(text.into())).await;
    let error = dashboard.expect_error("FRAME_TOO_LARGE").await;
    assert!(error["message"].as_str().unwrap().contains("1048576"), "{error}");
    dashboard.expect_end().await;
    bystander.is_undisturbed().await;
    eventually("the refusal is recorded", || refusals(&hub, "FRAME_TOO_LARGE").pop()).await;
    // Just under the limit is fine.
    let mut dashboard = hub.dashboard_with("energy-01", json!({"session": {"epoch": dashboard.epoch}})).await;
    let mut event = dashboard.event_body("LARGE", 2);
    event["payload"] = json!("x".repeat(1024 * 1024 - 300));
    dashboard.send(json!({"type": "EVENT", "seq": 2, "event": event})).await;
    dashboard.acknowledged(2).await;
}

#[tokio::test]
async fn a_frame_far_over_the_limit_is_told_too() {
    let hub = TestHub::with(|config| config.limits.frame_bytes = 4_096).await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let _ = dashboard.socket.send(Message::Text("x".repeat(200_000).into())).await;
    dashboard.expect_error("FRAME_TOO_LARGE").await;
    dashboard.expect_end().await;
}

#[tokio::test]
async fn nobody_gets_in_without_the_right_token() {
    let hub = TestHub::start().await;
    let mut bystander = Bystander::of(&hub).await;
    for (token, code) in [(None, "TOKEN_MISSING"), (Some("wrong"), "TOKEN_INVALID")] {
        let mut client = hub.connect().await;
        let mut message = json!({"type": "REGISTER", "session": {"epoch": uuid::Uuid::new_v4()},
            "config": {"id": "burglar", "type": "run-dashboard", "useCase": "x", "version": "1"}});
        if let Some(token) = token {
            message["token"] = json!(token);
        }
        client.send(message).await;
        client.expect_error(code).await;
        client.expect_end().await;
        let recorded = eventually("recorded under the hub's name, not the id claimed", || {
            let records = hub.records();
            records.into_iter().find(|record| {
                record.kind == RecordKind::Refusal
                    && record.dashboard_id.as_str() == "hub"
                    && record.body.get().contains(code)
            })
        })
        .await;
        assert!(recorded.body.get().contains("claimed to be burglar"), "{}", recorded.body);
        assert!(!refusals(&hub, code).contains(&"burglar".to_owned()));
    }
    let operator_as_dashboard = hub.operator_token();
    let mut client = hub.connect().await;
    client
        .send(json!({"type": "REGISTER", "token": operator_as_dashboard, "session": {"epoch": uuid::Uuid::new_v4()},
            "config": {"id": "burglar", "type": "run-dashboard", "useCase": "x", "version": "1"}}))
        .await;
    client.expect_error("TOKEN_INVALID").await;
    for (token, code) in [("", "TOKEN_MISSING"), ("wrong", "TOKEN_INVALID")] {
        let mut operator = Client::connect(&hub.hub.operator_url()).await.unwrap();
        operator.send(json!({"type": "HELLO", "token": token, "operator": "mallory"})).await;
        operator.expect_error(code).await;
        operator.expect_end().await;
        assert_eq!(operator.unread, [] as [Value; 0], "not a record was shown");
    }
    bystander.is_undisturbed().await;
}

#[tokio::test]
async fn the_first_message_is_register() {
    let hub = TestHub::start().await;
    let mut client = hub.connect().await;
    client.send(json!({"type": "HEARTBEAT"})).await;
    client.expect_error("NOT_REGISTERED").await;
    client.expect_end().await;
    let mut operator = Client::connect(&hub.hub.operator_url()).await.unwrap();
    operator.send(json!({"type": "PING", "nonce": 1})).await;
    operator.expect_error("NOT_REGISTERED").await;
    operator.expect_end().await;
    // A mistake in REGISTER itself can be corrected.
    let mut client = hub.connect().await;
    client.send(json!({"type": "REGISTER", "config": {"id": "a b"}})).await;
    client.expect_error("INVALID_MESSAGE").await;
    client.register("energy-01", &hub.dashboard_token(), json!({})).await;
}

#[tokio::test]
async fn a_declaration_with_a_bad_schema_is_named() {
    let hub = TestHub::start().await;
    let mut client = hub.connect().await;
    client
        .send(json!({"type": "REGISTER", "token": hub.dashboard_token(), "session": {"epoch": uuid::Uuid::new_v4()},
            "config": {"id": "energy-01", "type": "run-dashboard", "useCase": "x", "version": "1"},
            "commands": [{"type": "BROKEN", "title": "B", "payloadSchema": {"type": "no-such-type"}}]}))
        .await;
    let error = client.expect_error("INVALID_MESSAGE").await;
    assert!(error["message"].as_str().unwrap().contains("BROKEN"), "{error}");
    client.register("energy-01", &hub.dashboard_token(), json!({})).await;
}

#[tokio::test]
async fn a_clock_a_day_off_is_told_once_and_the_messages_kept() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    for seq in 1..=3 {
        let mut event = dashboard.event_body("X", seq);
        event["timestamp"] = json!("2031-01-01T00:00:00Z");
        dashboard.send(json!({"type": "EVENT", "seq": seq, "event": event})).await;
    }
    assert_eq!(dashboard.expect_error("CLOCK_SKEW").await["seq"], 1);
    dashboard.acknowledged(3).await;
    assert!(!dashboard.unread.iter().any(|message| message["code"] == "CLOCK_SKEW"), "once per connection");
    assert_eq!(hub.bodies(RecordKind::Event).len(), 3);
}

#[tokio::test]
async fn a_flood_of_mistakes_does_not_fill_the_log() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let started = std::time::Instant::now();
    for _ in 0..500 {
        dashboard.send_text("{".to_owned()).await;
    }
    for _ in 0..500 {
        dashboard.expect_error("MALFORMED_JSON").await;
    }
    let seconds = usize::try_from(started.elapsed().as_secs()).unwrap() + 2;
    let seq = dashboard.event("AFTER").await;
    dashboard.acknowledged(seq).await;
    let recorded = refusals(&hub, "MALFORMED_JSON").len();
    assert!((1..=3 * seconds).contains(&recorded), "{recorded} in {seconds} s");
}

#[tokio::test]
async fn a_flood_of_refused_numbers_is_acknowledged_to_its_end() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    for seq in 1..=200 {
        dashboard.send(json!({"type": "EVENT", "seq": seq, "event": {"type": 3}})).await;
    }
    dashboard.acknowledged(200).await;
    assert!(refusals(&hub, "INVALID_MESSAGE").len() < 50);
    let epoch = dashboard.epoch.clone();
    drop(dashboard);
    let hub = hub.restart(|_| {}).await;
    let again = hub.dashboard_with("energy-01", json!({"session": {"epoch": epoch}})).await;
    assert_eq!(again.seq, 200, "what is acknowledged is durable");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_ended_and_nobody_waits_for_it() {
    let hub = TestHub::with(|config| {
        config.limits.outgoing_messages = 8;
        config.limits.write_timeout = Duration::from_millis(500);
    })
    .await;
    let mut bystander = Bystander::of(&hub).await;
    let lazy = hub.dashboard("energy-01").await;
    let mut operator = hub.operator().await;
    let notice = json!({"kind": "NOTIFY_DASHBOARD", "dashboardId": "energy-01", "title": "x",
        "message": "y".repeat(500_000)});
    // Socket buffers take some; then the queue fills, and the connection is ended.
    for _ in 0..100 {
        let id = operator.post(notice.clone()).await;
        operator.reply(id).await;
        bystander.is_undisturbed().await;
        let offline = hub
            .records()
            .iter()
            .filter(|record| {
                record.kind == RecordKind::Connection && record.dashboard_id.as_str() == "energy-01"
            })
            .any(|record| support::body::<Value>(record)["liveness"] == "offline");
        if offline {
            drop(lazy);
            return;
        }
    }
    panic!("still connected after 50 MB that nobody read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_that_never_register_change_nothing_for_the_others() {
    let hub = TestHub::with(|config| config.limits.registration_timeout = Duration::from_secs(4)).await;
    let mut bystander = Bystander::of(&hub).await;
    let address = hub.hub.address();
    let mut idle = Vec::new();
    for _ in 0..1_000 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    eventually("most are turned away", || (hub.hub.counters().turned_away >= 1_000 - 256).then_some(()))
        .await;
    for _ in 0..20 {
        bystander.is_undisturbed().await;
    }
    // One more, that would like to talk, is told when to come back.
    let mut late = TcpStream::connect(address).await.unwrap();
    late.write_all(b"GET /v1/dashboard HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    let _ = tokio::time::timeout(support::PATIENCE, late.read_to_string(&mut answer)).await.unwrap();
    // The few places for being turned away politely may be taken; then the connection is just closed.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503"), "{answer}");
    bystander.is_undisturbed().await;
    // When their time is over there is room again, although none of them went away.
    let newcomer = loop {
        match Client::connect(&hub.hub.dashboard_url()).await {
            Ok(mut client) => {
                client.register("newcomer", &hub.dashboard_token(), json!({})).await;
                break client;
            }
            Err(Error::Http(response)) => assert_eq!(response.headers()["retry-after"], "5"),
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    drop((newcomer, idle));
}

#[tokio::test]
async fn a_connection_that_shakes_hands_and_says_nothing_is_told_and_ended() {
    let hub = TestHub::with(|config| config.limits.registration_timeout = Duration::from_millis(300)).await;
    let mut client = hub.connect().await;
    client.expect_error("REGISTRATION_TIMEOUT").await;
    client.expect_end().await;
    let mut operator = Client::connect(&hub.hub.operator_url()).await.unwrap();
    operator.expect_error("REGISTRATION_TIMEOUT").await;
    operator.expect_end().await;
}
