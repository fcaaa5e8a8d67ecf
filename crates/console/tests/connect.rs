//! Connecting a dashboard: a token is made, somebody is turned away, and the dashboard arrives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use mission_control_console::view::{
    ConnectView, HubKey, ViewModel, ViewRequest, connect::CreateToken, requests::RequestErrorCode,
};
use mission_control_protocol::{
    AttemptReason, ConnectionAttempt, DashboardToken, Timestamp, TokenId,
    operator_wire::{ConsoleMessage, OperatorRequest},
};
use support::*;

const HUB: HubKey = HubKey::EMBEDDED;

fn connecting(token: Option<&TokenId>) -> ViewRequest {
    ViewRequest::Connect { hub: HUB, token: token.cloned() }
}

fn connect_view(model: &ViewModel) -> &ConnectView {
    match model {
        ViewModel::Connect(view) => view,
        other => panic!("another view: {other:?}"),
    }
}

fn attempt(number: u64, second: i64) -> ConnectionAttempt {
    ConnectionAttempt {
        number,
        first_at: Timestamp::from_milliseconds(second * 1_000),
        last_at: Timestamp::from_milliseconds(second * 1_000),
        count: 2,
        remote_address: "127.0.0.1:50440".to_owned(),
        reason: AttemptReason::TokenUnknown,
        message: "the hub does not know this token\u{202e}".to_owned(),
        remedy: "Copy it again.".to_owned(),
        dashboard_id: Some(id("a")),
    }
}

fn told(tokens: Vec<DashboardToken>) -> ConsoleMessage {
    ConsoleMessage::Tokens { tokens, note: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_made_somebody_is_turned_away_and_the_dashboard_arrives() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    let mut view = handle.subscribe(connecting(None));
    until(&mut view, "a hub to connect to", |model| {
        let [hub] = connect_view(model).hubs.as_slice() else { return None };
        assert_eq!(hub.dashboard_address, "ws://127.0.0.1:7420/v1/dashboard");
        hub.disabled.is_none().then_some(())
    })
    .await;

    let made = handle.create_token(CreateToken { hub: HUB, label: "Hall 3".to_owned() }).await.unwrap();
    assert_eq!((made.secret.0.as_str(), made.dashboard_id.as_str()), (SECRET, "hall-3"));
    assert!(!format!("{made:?}").contains(SECRET));
    for snippet in &made.snippets {
        for part in [SECRET, "ws://127.0.0.1:7420", "hall-3"] {
            assert!(snippet.code.contains(part), "{} has no {part}", snippet.key);
        }
    }
    hub.tell(&told(vec![token("Hall 3")]));
    // One attempt is older than the token, and one newer.
    hub.tell(&ConsoleMessage::Attempts { attempts: vec![attempt(2, 2_000), attempt(1, 10)], total: 2 });
    let mut view = handle.subscribe(connecting(Some(&made.token_id)));
    let seen = until(&mut view, "the newer attempt", |model| {
        let view = connect_view(model);
        (view.token.is_some() && !view.attempts.is_empty()).then(|| view.attempts.clone())
    })
    .await;
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].number, seen[0].count, seen[0].title.as_str()), (2, 2, "Unknown token"));
    assert_eq!(seen[0].message, "The hub does not know this token.");

    hub.register(&["a"]);
    let used = DashboardToken {
        last_used_at: Some(Timestamp::from_milliseconds(3_000_000)),
        last_used_by: Some(id("a")),
        ..token("Hall 3")
    };
    hub.tell(&told(vec![used]));
    let arrival = until(&mut view, "the dashboard", |model| connect_view(model).arrival.clone()).await;
    assert_eq!((arrival.name.as_str(), arrival.version.as_str()), ("Name of a", "1.2.3"));
    assert_eq!((arrival.commands, arrival.online, arrival.events), (17, true, 0));
    hub.append(vec![event("a", "TICK", 1)]);
    until(&mut view, "its first event", |model| {
        connect_view(model).arrival.as_ref().filter(|arrival| arrival.events == 1).map(|_| ())
    })
    .await;

    handle.revoke_token(HUB, made.token_id.clone()).await.unwrap();
    hub.tell(&told(Vec::new()));
    until(&mut view, "the token to be gone", |model| connect_view(model).token.is_none().then_some(())).await;
    let asked = hub.requests();
    assert!(asked.contains(&OperatorRequest::RevokeToken { token_id: made.token_id }));
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_cannot_be_made_is_said_why() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    let mut view = handle.subscribe(connecting(None));
    until(&mut view, "the hub", |model| {
        connect_view(model).hubs.first().filter(|hub| hub.disabled.is_none()).map(|_| ())
    })
    .await;
    let refused =
        handle.create_token(CreateToken { hub: HUB, label: "refused".to_owned() }).await.unwrap_err();
    assert_eq!((refused.code, refused.message.as_str()), (RequestErrorCode::Refused, "the disk is full"));
    let nowhere = HubKey(uuid::Uuid::from_u128(9));
    let unknown = handle.create_token(CreateToken { hub: nowhere, label: "x".to_owned() }).await.unwrap_err();
    assert_eq!(unknown.code, RequestErrorCode::HubUnknown);
    console.shutdown().await;
}
