//! Who may connect: tokens that operators have made, and what operators are told of those who tried in vain.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use futures_util::SinkExt;
use mission_control_protocol::{
    RecordKind, TokenId,
    operator_wire::{OperatorReply, RequestOutcome},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{Client, TestHub, merge};

/// Makes a token, and returns its id and secret.
async fn create(operator: &mut Client, label: &str) -> (TokenId, String) {
    match operator.request(json!({"kind": "CREATE_TOKEN", "label": label})).await {
        RequestOutcome::Ok(OperatorReply::Token { token, secret }) => {
            assert_eq!(token.label, label);
            (token.id, secret.0)
        }
        other => panic!("not a token: {other:?}"),
    }
}

async fn revoke(operator: &mut Client, id: &TokenId) -> RequestOutcome {
    operator.request(json!({"kind": "REVOKE_TOKEN", "tokenId": id})).await
}

/// Waits for a report of tokens that passes.
async fn tokens(operator: &mut Client, what: &str, passes: impl Fn(&[Value]) -> bool) -> Value {
    operator
        .expect_that(what, |message| {
            message["type"] == "TOKENS" && passes(message["tokens"].as_array().unwrap())
        })
        .await
}

/// Waits until an attempt with this reason is told of, and returns it.
async fn attempt(operator: &mut Client, reason: &str) -> Value {
    let passes = |attempt: &Value| attempt["reason"] == reason;
    let report = operator
        .expect_that(reason, |message| {
            message["type"] == "ATTEMPTS" && message["attempts"].as_array().unwrap().iter().any(passes)
        })
        .await;
    report["attempts"].as_array().unwrap().iter().find(|attempt| passes(attempt)).unwrap().clone()
}

fn token_file(hub: &TestHub) -> PathBuf {
    hub.directory.path().join("tokens/dashboards.json")
}

fn registration(token: &str, more: Value) -> Value {
    let mut message = json!({"type": "REGISTER", "token": token, "session": {"epoch": uuid::Uuid::new_v4()},
        "config": {"id": "energy-01", "type": "run-dashboard", "useCase": "energy", "version": "1.0"}});
    merge(&mut message, more);
    message
}

#[tokio::test]
async fn a_token_lets_a_dashboard_in_and_tells_who_used_it() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    assert_eq!(tokens(&mut operator, "none yet", |_| true).await["tokens"], json!([]));
    let (id, secret) = create(&mut operator, "Hall 3").await;
    assert!(secret.starts_with("mcd_") && secret.len() > 40, "{}", secret.len());
    let told = tokens(&mut operator, "the new one", |tokens| tokens.len() == 1).await;
    assert_eq!(told["tokens"][0]["createdBy"], "alice");
    assert!(told["tokens"][0].get("lastUsedAt").is_none());

    let mut dashboard = hub.connect().await;
    dashboard.register("energy-01", &secret, json!({})).await;
    let seq = dashboard.event("X").await;
    dashboard.acknowledged(seq).await;
    let told = tokens(&mut operator, "its use", |tokens| tokens[0].get("lastUsedAt").is_some()).await;
    assert_eq!(told["tokens"][0]["lastUsedBy"], "energy-01");

    // Both tokens work side by side, and the log says which was shown.
    let shared = hub.dashboard("energy-02").await;
    let shown: Vec<_> =
        hub.bodies(RecordKind::Registration).iter().map(|body| body.get("tokenId").cloned()).collect();
    assert_eq!(shown, [Some(json!(id)), None]);
    drop(shared);

    let created = hub.bodies(RecordKind::Access);
    assert_eq!(created.len(), 1);
    assert_eq!(
        created[0],
        json!({"change": "DASHBOARD_TOKEN_CREATED", "tokenId": id, "label": "Hall 3", "by": "alice"})
    );
    let file = token_file(&hub);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(file).unwrap().contains(&secret));
    let log = fs::read(hub.hub.log_path()).unwrap();
    assert!(!log.windows(secret.len()).any(|part| part == secret.as_bytes()), "the secret is in the log");
}

#[tokio::test]
async fn a_revoked_token_ends_its_connections_and_lets_nobody_in() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let (id, secret) = create(&mut operator, "Hall 3").await;
    let mut dashboard = hub.connect().await;
    dashboard.register("energy-01", &secret, json!({})).await;
    let mut bystander = hub.dashboard("bystander").await;

    assert_eq!(revoke(&mut operator, &id).await, RequestOutcome::Ok(OperatorReply::Done));
    let error = dashboard.expect_error("TOKEN_INVALID").await;
    assert!(error["message"].as_str().unwrap().contains("revoked by alice"), "{error}");
    dashboard.expect_end().await;
    let mut again = hub.connect().await;
    again.send(registration(&secret, json!({}))).await;
    again.expect_error("TOKEN_INVALID").await;
    again.expect_end().await;
    let told = attempt(&mut operator, "TOKEN_REVOKED").await;
    assert_eq!(told["dashboardId"], "energy-01");
    tokens(&mut operator, "none left", <[Value]>::is_empty).await;

    assert_eq!(revoke(&mut operator, &id).await, RequestOutcome::Ok(OperatorReply::Done), "once is enough");
    let unknown = revoke(&mut operator, &TokenId::new("no-such").unwrap()).await;
    assert!(matches!(unknown, RequestOutcome::Error(_)), "{unknown:?}");
    let changes: Vec<_> = hub.bodies(RecordKind::Access).iter().map(|body| body["change"].clone()).collect();
    assert_eq!(changes, ["DASHBOARD_TOKEN_CREATED", "DASHBOARD_TOKEN_REVOKED"]);
    let seq = bystander.event("UNDISTURBED").await;
    bystander.acknowledged(seq).await;
}

#[tokio::test]
async fn tokens_outlive_the_hub_and_so_does_their_end() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let (_, kept) = create(&mut operator, "kept").await;
    let (id, gone) = create(&mut operator, "gone").await;
    let mut dashboard = hub.connect().await;
    dashboard.register("energy-01", &kept, json!({})).await;
    revoke(&mut operator, &id).await;
    drop((operator, dashboard));

    let hub = hub.restart(|_| {}).await;
    let mut operator = hub.operator().await;
    let told = tokens(&mut operator, "what was kept", |tokens| tokens.len() == 1).await;
    assert_eq!(told["tokens"][0]["lastUsedBy"], "energy-01", "what was known of its use is kept");
    let mut dashboard = hub.connect().await;
    dashboard.register("energy-01", &kept, json!({})).await;
    let mut refused = hub.connect().await;
    refused.send(registration(&gone, json!({"config": {"id": "energy-02"}}))).await;
    let error = refused.expect_error("TOKEN_INVALID").await;
    assert!(error["message"].as_str().unwrap().contains("revoked"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_of_tokens_is_told_of_and_lets_nobody_in() {
    let hub = TestHub::start().await;
    let (_, secret) = create(&mut hub.operator().await, "Hall 3").await;
    let file = token_file(&hub);
    hub.hub.shutdown().await;
    fs::write(&file, "{\"form\":1,\"tok").unwrap();
    let hub = TestHub::on(hub.directory, |_| {}).await;
    let mut operator = hub.operator().await;
    let told = tokens(&mut operator, "the note", <[Value]>::is_empty).await;
    assert!(told["note"].as_str().unwrap().contains("set aside"), "{told}");
    let mut dashboard = hub.connect().await;
    dashboard.send(registration(&secret, json!({}))).await;
    dashboard.expect_error("TOKEN_INVALID").await;
    // The shared token and new ones work.
    hub.dashboard("energy-02").await;
    let (_, secret) = create(&mut operator, "Hall 3").await;
    hub.connect().await.register("energy-01", &secret, json!({})).await;
}

#[tokio::test]
async fn a_label_is_asked_for() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let refused = operator.request(json!({"kind": "CREATE_TOKEN", "label": " "})).await;
    let RequestOutcome::Error(error) = refused else { panic!("{refused:?}") };
    assert!(error.message.contains("label"), "{}", error.message);
}

#[tokio::test]
async fn each_refused_registration_is_told_to_operators_with_what_to_do() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let _first = hub.dashboard("energy-01").await;
    let token = hub.dashboard_token();
    let secret = "mcd_a-secret-that-must-not-be-repeated";
    for (text, reason, part) in [
        (registration("", json!({})).to_string(), "TOKEN_MISSING", "`token`"),
        (registration(secret, json!({})).to_string(), "TOKEN_UNKNOWN", "not valid"),
        (registration(&hub.operator_token(), json!({})).to_string(), "TOKEN_UNKNOWN", "operator token"),
        (
            registration(&token, json!({"config": {"useCase": 5}})).to_string(),
            "REGISTRATION_INVALID",
            "useCase",
        ),
        (
            registration(&token, json!({"config": {"id": "no id"}})).to_string(),
            "REGISTRATION_INVALID",
            "config.id",
        ),
        (registration(&token, json!({})).to_string(), "DASHBOARD_ID_IN_USE", "energy-01"),
        ("{\"type\":\"REGI".to_owned(), "MALFORMED_JSON", "not JSON"),
        ("{\"type\":\"HEARTBEAT\"}".to_owned(), "REGISTRATION_MISSING", "REGISTER"),
        (format!("{{\"padding\":\"{}\"}}", "x".repeat(1024 * 1024)), "FRAME_TOO_LARGE", "1048576"),
    ] {
        let mut client = hub.connect().await;
        // The hub may stop reading in the middle.
        let _ = client.socket.send(Message::Text(text.clone().into())).await;
        let what = format!("{reason} with {part}");
        let passes = |attempt: &Value| {
            attempt["reason"] == reason && attempt["message"].as_str().unwrap().contains(part)
        };
        let report = operator
            .expect_that(&what, |message| {
                message["type"] == "ATTEMPTS" && message["attempts"].as_array().unwrap().iter().any(passes)
            })
            .await;
        let attempt = report["attempts"].as_array().unwrap().iter().find(|one| passes(one)).unwrap();
        assert!(attempt["remoteAddress"].as_str().unwrap().starts_with("127.0.0.1:"), "{attempt}");
        assert!(attempt["remedy"].as_str().unwrap().ends_with('.'), "{attempt}");
        let told = report.to_string();
        for hidden in [secret, token.as_str(), &hub.operator_token()] {
            assert!(!told.contains(hidden), "{reason} repeats a token");
        }
    }
}

#[tokio::test]
async fn what_is_repeated_is_one_attempt_with_a_count() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    for _ in 0..3 {
        let mut client = hub.connect().await;
        client.send(registration("wrong", json!({}))).await;
        client.expect_end().await;
    }
    let report = operator
        .expect_that("all three", |message| message["type"] == "ATTEMPTS" && message["total"] == 3)
        .await;
    let attempts = report["attempts"].as_array().unwrap();
    assert_eq!((attempts.len(), &attempts[0]["count"]), (1, &json!(3)), "{report}");
    // One who comes later is told too.
    let mut late = hub.operator().await;
    assert_eq!(attempt(&mut late, "TOKEN_UNKNOWN").await["count"], 3);
}

#[tokio::test]
async fn a_wrong_address_origin_or_version_is_told() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let url = hub.hub.dashboard_url();
    let base = hub.hub.url();
    for (address, headers, reason, remedy) in [
        (
            url.clone(),
            vec![("origin", "https://plant.example.org")],
            "ORIGIN_NOT_ALLOWED",
            "--allow-origin https://plant.example.org",
        ),
        (format!("{base}/socket"), vec![], "WRONG_PATH", "/v1/dashboard"),
        (format!("{base}/v2/dashboard"), vec![], "VERSION_MISMATCH", "SDK"),
    ] {
        let refused = Client::connect_with(&address, &headers).await;
        assert!(matches!(refused, Err(Error::Http(_))), "{reason}");
        let told = attempt(&mut operator, reason).await;
        assert!(told["remedy"].as_str().unwrap().contains(remedy), "{told}");
    }
    let newer = Client::connect_with(&url, &[("sec-websocket-protocol", "mission-control.v2")]).await;
    assert!(matches!(newer, Err(Error::Http(_))));
    operator
        .expect_that("the other version", |message| {
            message["type"] == "ATTEMPTS" && message.to_string().contains("offers only mission-control.v2")
        })
        .await;

    // A dashboard on the consoles' path is told so at once.
    let mut lost = Client::connect(&hub.hub.operator_url()).await.unwrap();
    lost.send(registration(&hub.dashboard_token(), json!({}))).await;
    let error = lost.expect_error("NOT_REGISTERED").await;
    assert!(error["message"].as_str().unwrap().contains("/v1/dashboard"), "{error}");
    lost.expect_end().await;
    operator
        .expect_that("the lost dashboard", |message| {
            message["type"] == "ATTEMPTS" && message.to_string().contains("sent REGISTER to /v1/operator")
        })
        .await;
}

#[tokio::test]
async fn what_is_no_websocket_is_answered_and_told() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let mut http = TcpStream::connect(hub.hub.address()).await.unwrap();
    http.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    http.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 ") && answer.contains("/v1/dashboard"), "{answer}");
    attempt(&mut operator, "NOT_WEBSOCKET").await;

    let mut tls = TcpStream::connect(hub.hub.address()).await.unwrap();
    tls.write_all(&[22, 3, 1, 0, 5, 1, 0, 0, 1, 0]).await.unwrap();
    let told = attempt(&mut operator, "TLS_UNEXPECTED").await;
    assert!(told["remedy"].as_str().unwrap().contains("ws://"), "{told}");
}

#[tokio::test]
async fn silence_is_told_of_when_its_time_is_over() {
    let hub = TestHub::with(|config| config.limits.registration_timeout = Duration::from_millis(200)).await;
    let mut operator = hub.operator().await;
    let silent = hub.connect().await;
    attempt(&mut operator, "REGISTRATION_LATE").await;
    drop(silent);
    let wordless = hub.connect().await;
    drop(wordless);
    let told = attempt(&mut operator, "REGISTRATION_MISSING").await;
    assert!(told["message"].as_str().unwrap().contains("without sending REGISTER"), "{told}");
}

#[tokio::test]
async fn what_is_wrong_about_tls_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let tls = crate::support::certificate(directory.path());
    let hub = TestHub::with(|config| config.tls = Some(tls)).await;
    let (console, mut from_hub) = hub.hub.connect_operator();
    let hello = json!({"type": "HELLO", "operator": "alice"});
    console.send(serde_json::from_value(hello).unwrap()).await.unwrap();
    let mut wait_for = async |reason: &str| loop {
        let message = crate::support::from_hub(&mut from_hub).await;
        let told = serde_json::to_value(&message).unwrap();
        if told["type"] == "ATTEMPTS" && told.to_string().contains(reason) {
            return;
        }
    };
    let mut plain = TcpStream::connect(hub.hub.address()).await.unwrap();
    plain.write_all(b"GET /v1/dashboard HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("wss://"), "{answer}");
    wait_for("TLS_MISSING").await;
    let mut garbage = TcpStream::connect(hub.hub.address()).await.unwrap();
    garbage.write_all(&[22, 9, 9, 0, 1, 0]).await.unwrap();
    wait_for("TLS_FAILED").await;
}

#[tokio::test]
async fn a_stranger_s_attempts_do_not_fill_the_log() {
    let hub = TestHub::start().await;
    for number in 0..40 {
        let refused = Client::connect(&format!("{}/{number}", hub.hub.url())).await;
        assert!(refused.is_err());
    }
    let mut operator = hub.operator().await;
    operator
        .expect_that("all of them counted", |message| message["type"] == "ATTEMPTS" && message["total"] == 40)
        .await;
    assert!(hub.bodies(RecordKind::Refusal).is_empty());
}
