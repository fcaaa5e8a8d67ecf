//! Wrong, hostile and careless clients, against the real hub: each gets its documented code, the others go on
//! undisturbed, and nothing acknowledged is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use futures_util::StreamExt;
use mission_control_protocol::{
    DASHBOARD_PATH, DashboardId, ErrorCode, RecordKind, catalog, dashboard_wire::HubMessage,
    operator_wire::OperatorRequest,
};
use mission_control_tests::{
    log::{assert_each_once, assert_unbroken, records},
    operator::Operator,
    producer::{Producer, event_at, open, registration, time_off_by},
    programs::Hub,
    wait::until,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message};
use uuid::Uuid;

/// Connections that never register.
const STRANGERS: usize = 1_000;

/// A hub with one well-behaved dashboard on it, whose messages must go on being acknowledged whatever others do.
struct Neighbourhood {
    hub: Hub,
    neighbour: Producer,
    sent: u64,
    directory: tempfile::TempDir,
}

impl Neighbourhood {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let hub = Hub::start(directory.path(), &[]);
        let neighbour = Producer::register(hub.address(), "neighbour").await;
        Self { hub, neighbour, sent: 0, directory }
    }

    /// The neighbour publishes something, and it is acknowledged.
    async fn goes_on(&mut self) {
        self.sent += 1;
        self.neighbour.send_event(self.sent, &json!({"n": self.sent})).await.unwrap();
        self.neighbour.acknowledged(self.sent).await;
    }

    /// Stops the hub and checks that the neighbour lost nothing. What the hub has written stays for as long as what is
    /// returned.
    async fn ends_well(mut self) -> tempfile::TempDir {
        self.goes_on().await;
        assert!(self.hub.stop().success());
        assert_each_once(&self.hub.log_file(), &DashboardId::new("neighbour").unwrap(), self.sent);
        assert_unbroken(&self.hub.log_file());
        self.directory
    }

    async fn newcomer(&self, id: &str) -> Producer {
        Producer::connect(&self.hub.address().url, &DashboardId::new(id).unwrap()).await.unwrap()
    }
}

fn id(text: &str) -> DashboardId {
    DashboardId::new(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_strangers_disturb_nobody() {
    // A socket is a file: the usual limit of 1,024 is too near.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let mut street = Neighbourhood::new().await;
    street.goes_on().await;

    let url = street.hub.address().url.clone();
    let (mut let_in, mut turned_away) = (Vec::new(), 0);
    for _ in 0..STRANGERS {
        match open(&url, DASHBOARD_PATH).await {
            Ok(socket) => let_in.push(socket),
            Err(tungstenite::Error::Http(response)) => {
                assert_eq!(response.status(), 503);
                turned_away += 1;
            }
            Err(error) => panic!("a stranger was neither let in nor turned away: {error}"),
        }
        if (let_in.len() + turned_away).is_multiple_of(50) {
            street.goes_on().await;
        }
    }
    assert!(turned_away > 0 && !let_in.is_empty(), "{} let in, {turned_away} turned away", let_in.len());

    // Those who were let in are told, and sent away, when their time is up; meanwhile the neighbour goes on.
    let told = tokio::spawn(async move {
        for mut socket in let_in {
            let Some(Ok(Message::Text(text))) = socket.next().await else {
                panic!("a stranger was told nothing")
            };
            let message: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(message["code"], "REGISTRATION_TIMEOUT", "{message}");
            while let Some(Ok(_)) = socket.next().await {}
        }
    });
    while !told.is_finished() {
        street.goes_on().await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    told.await.unwrap();

    // There is room again.
    let token = street.hub.address().dashboard_token();
    let mut newcomer = until("room for a newcomer", async || {
        Producer::connect(&street.hub.address().url, &id("newcomer")).await
    })
    .await;
    newcomer.send(&registration(&id("newcomer"), &token, Uuid::new_v4())).await.unwrap();
    newcomer.registered().await;
    street.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_over_the_limit_ends_its_connection_and_costs_nothing_acknowledged() {
    let mut street = Neighbourhood::new().await;
    let token = street.hub.address().dashboard_token();
    let register = registration(&id("talker"), &token, Uuid::new_v4());
    let mut talker = street.newcomer("talker").await;
    talker.send(&register).await.unwrap();
    let limit = usize::try_from(talker.registered().await.frame_limit).unwrap();
    talker.send_event(1, &json!({"n": 1})).await.unwrap();
    talker.acknowledged(1).await;

    // The hub may close while the frame is still on its way.
    let _ = talker.send_event(2, &json!({"n": 2, "text": "x".repeat(limit)})).await;
    let refusal = talker.refused(ErrorCode::FrameTooLarge).await;
    assert!(refusal.message.contains(&limit.to_string()), "it names the limit: {}", refusal.message);
    talker.closed().await;
    street.goes_on().await;

    let mut talker = street.newcomer("talker").await;
    talker.send(&register).await.unwrap();
    assert_eq!(talker.registered().await.last_seq, 1);
    talker.send_event(2, &json!({"n": 2})).await.unwrap();
    talker.acknowledged(2).await;
    street.goes_on().await;
    let log = street.hub.log_file();
    let _kept = street.ends_well().await;
    assert_each_once(&log, &id("talker"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_a_day_off_is_noticed_and_its_messages_are_kept() {
    let mut street = Neighbourhood::new().await;
    for (name, seconds) in [("tomorrow", 86_400), ("yesterday", -86_400)] {
        let mut producer = Producer::register(street.hub.address(), name).await;
        let event = event_at(&id(name), 1, &json!({"n": 1}), &time_off_by(seconds));
        producer.send(&event).await.unwrap();
        let (mut noticed, mut acknowledged) = (false, false);
        while !(noticed && acknowledged) {
            match producer.receive().await {
                Some(HubMessage::Error(error)) => {
                    assert_eq!(error.code, ErrorCode::ClockSkew, "{error}");
                    noticed = true;
                }
                Some(HubMessage::Ack { seq: 1 }) => acknowledged = true,
                Some(other) => panic!("{name}: {other:?}"),
                None => panic!("{name}: the connection was closed"),
            }
        }
        street.goes_on().await;
    }
    let log = street.hub.log_file();
    let _kept = street.ends_well().await;
    for name in ["tomorrow", "yesterday"] {
        let [kept] = records(&log, Some(&id(name)), &[RecordKind::Event]).try_into().unwrap();
        let body: Value = serde_json::from_str(kept.body.get()).unwrap();
        assert_ne!(body["timestamp"], kept.at.to_string(), "the producer's time stays in the body");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_from_a_registered_dashboard_gets_its_code_and_keeps_the_connection() {
    let mut street = Neighbourhood::new().await;
    let mut clumsy = Producer::register(street.hub.address(), "clumsy").await;
    let seq = |seq: u64| event_at(&id("clumsy"), seq, &json!({"n": seq}), &time_off_by(0));
    for (frame, code) in [
        ("{\"type\": \"EVENT\", ".to_owned(), ErrorCode::MalformedJson),
        ("[1, 2, 3]".to_owned(), ErrorCode::MalformedJson),
        ("{\"type\": \"TELEPORT\"}".to_owned(), ErrorCode::UnknownType),
        ("{\"hello\": \"there\"}".to_owned(), ErrorCode::UnknownType),
        ("{\"type\": \"STATUS\", \"status\": {\"state\": 7}}".to_owned(), ErrorCode::InvalidMessage),
        (seq(3).to_string(), ErrorCode::SequenceGap),
    ] {
        clumsy.send_text(frame.clone()).await.unwrap();
        let refusal = clumsy.refused(code).await;
        assert!(refusal.message.len() > 10, "{frame}: {refusal}");
        street.goes_on().await;
    }
    // The same number twice is one message.
    clumsy.send(&seq(1)).await.unwrap();
    clumsy.send(&seq(1)).await.unwrap();
    clumsy.send(&seq(2)).await.unwrap();
    clumsy.acknowledged(2).await;
    let log = street.hub.log_file();
    let _kept = street.ends_well().await;
    assert_each_once(&log, &id("clumsy"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_registers_without_the_token_or_under_a_name_that_is_taken() {
    let mut street = Neighbourhood::new().await;
    let token = street.hub.address().dashboard_token();
    let operators = street.hub.address().operator_token();
    for (name, token, code) in [
        ("stranger", "", ErrorCode::TokenMissing),
        ("stranger", "let-me-in", ErrorCode::TokenInvalid),
        // An operator's token is no dashboard's.
        ("stranger", operators.as_str(), ErrorCode::TokenInvalid),
        ("neighbour", token.as_str(), ErrorCode::DashboardIdInUse),
    ] {
        let mut newcomer = street.newcomer(name).await;
        newcomer.send(&registration(&id(name), token, Uuid::new_v4())).await.unwrap();
        newcomer.refused(code).await;
        newcomer.closed().await;
        street.goes_on().await;
    }
    let mut impatient = street.newcomer("impatient").await;
    impatient.send(&json!({"type": "HEARTBEAT"})).await.unwrap();
    impatient.refused(ErrorCode::NotRegistered).await;
    impatient.closed().await;
    street.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_cannot_be_done_is_refused_with_a_reason() {
    let mut street = Neighbourhood::new().await;
    let token = street.hub.address().dashboard_token();
    let mut target = street.newcomer("target").await;
    let mut register = registration(&id("target"), &token, Uuid::new_v4());
    register["commands"] = serde_json::to_value(catalog::seed_commands()).unwrap();
    target.send(&register).await.unwrap();
    target.registered().await;
    let operator = Operator::connect(street.hub.address(), "tester", Vec::new()).await;
    operator.registration(&id("target")).await;

    let ingest = json!({"source": "meters"});
    for (dashboard, kind, payload, code) in [
        ("nobody", "INGEST_DATA", &ingest, ErrorCode::DashboardUnknown),
        ("neighbour", "INGEST_DATA", &ingest, ErrorCode::CommandUndeclared),
        ("target", "MAKE_COFFEE", &ingest, ErrorCode::CommandUndeclared),
        ("target", "INGEST_DATA", &json!({"source": 7}), ErrorCode::PayloadInvalid),
        ("target", "INGEST_DATA", &json!({}), ErrorCode::PayloadInvalid),
    ] {
        let refusal = operator.command(&id(dashboard), kind, payload.clone()).await.unwrap_err();
        assert_eq!(refusal.code, code, "{dashboard} {kind} {payload}: {refusal}");
        assert!(refusal.message.len() > 10, "{refusal}");
    }
    drop(target);
    operator
        .record("the target's connection to be noticed as lost", |record| {
            (record.kind == RecordKind::Connection
                && record.dashboard_id == id("target")
                && record.body.get().contains("offline"))
            .then_some(())
        })
        .await;
    let refusal = operator.command(&id("target"), "INGEST_DATA", ingest.clone()).await.unwrap_err();
    assert_eq!(refusal.code, ErrorCode::DashboardOffline, "{refusal}");

    let unknown = OperatorRequest::AcknowledgeAlert { alert_id: Uuid::new_v4().into(), note: None };
    assert_eq!(operator.request(unknown).await.unwrap_err().code, ErrorCode::AlertUnknown);
    street.goes_on().await;
    street.ends_well().await;
}
