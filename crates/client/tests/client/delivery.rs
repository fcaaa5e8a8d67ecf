//! Numbered messages arrive once and in order, whatever the connection does.

use std::time::Duration;

use crate::test_hub::{TestHub, registered, status};
use mission_control_client::{
    ConnectionState, DashboardEvent, DisconnectError, PublishError, RegistrationError, TryPublishError,
};
use mission_control_protocol::{ErrorCode, Severity, Timestamp, WorkflowUpdate, workflow::WorkflowState};
use serde_json::{Value, json};

fn event(kind: &str) -> DashboardEvent {
    DashboardEvent { kind: kind.into(), severity: Severity::Info, payload: Value::Null }
}

#[tokio::test]
async fn registers_publishes_and_is_acknowledged() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    client.publish_event(event("BEFORE")).await.unwrap();
    let (registration, (mut peer, register)) = tokio::join!(client.register_dashboard(), hub.register(0));
    assert_eq!(registration.unwrap().heartbeat_interval, 60_000);
    assert_eq!(register["token"], "secret");
    client.publish_event(event("AFTER")).await.unwrap();

    let messages = peer.expect_numbers(1, 2).await;
    assert_eq!(messages[0]["event"]["type"], "BEFORE");
    assert_eq!(messages[1]["event"]["dashboardId"], "d1");
    assert_eq!(messages[1]["event"]["context"]["useCase"], "tests");
    peer.acknowledge(2).await;
    client.flush().await.unwrap();
    let metrics = client.get_metrics().await.unwrap();
    assert_eq!((metrics.event_count, metrics.unacknowledged), (2, 0));
}

#[tokio::test]
async fn what_was_not_acknowledged_is_sent_again_after_a_reconnection() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let (_, (mut peer, first)) = tokio::join!(client.register_dashboard(), hub.register(0));
    for number in 1..=5 {
        client.publish_event(event(&format!("E{number}"))).await.unwrap();
    }
    client.update_status(status("overview"));
    let mut seen = vec![];
    while seen.len() < 6 {
        seen.push(peer.next().await["type"].clone());
    }
    peer.acknowledge(2).await;
    drop(peer);

    // The acknowledgement of 3 was lost with the connection.
    let (mut peer, second) = hub.register(3).await;
    assert_eq!(first["session"], second["session"]);
    assert_eq!(peer.next().await["status"]["activeTab"], "overview");
    let messages = peer.expect_numbers(4, 5).await;
    assert_eq!(messages[0]["event"]["type"], "E4");
    peer.acknowledge(5).await;
    client.flush().await.unwrap();
    assert_eq!(client.get_metrics().await.unwrap().registrations, 2);
}

#[tokio::test]
async fn a_gap_is_filled_by_sending_again_once() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    for _ in 0..4 {
        client.publish_event(event("E")).await.unwrap();
    }
    peer.expect_numbers(1, 4).await;
    // As if 2 had not arrived: every message behind it is refused.
    peer.acknowledge(1).await;
    peer.refuse("SEQUENCE_GAP", Some(3)).await;
    peer.refuse("SEQUENCE_GAP", Some(4)).await;
    peer.expect_numbers(2, 4).await;
    peer.acknowledge(4).await;
    client.flush().await.unwrap();
    // Nothing was sent twice more.
    client.publish_event(event("LAST")).await.unwrap();
    peer.expect_numbers(5, 5).await;
}

#[tokio::test]
async fn a_refused_message_does_not_stop_those_behind_it() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    client.publish_event(event("BAD")).await.unwrap();
    client.publish_event(event("GOOD")).await.unwrap();
    peer.expect_numbers(1, 2).await;
    // Its number is spent: the acknowledgement covers it.
    peer.refuse("INVALID_MESSAGE", Some(1)).await;
    peer.acknowledge(2).await;
    let message = peer.next().await;
    assert_eq!((&message["seq"], &message["event"]["type"]), (&json!(3), &json!("MESSAGE_REFUSED")));
    assert_eq!(message["event"]["payload"]["refused"], "EVENT");
    assert_eq!(message["event"]["payload"]["subject"], "BAD");
    peer.acknowledge(3).await;
    client.flush().await.unwrap();
    assert_eq!(client.get_metrics().await.unwrap().refused, 1);
}

#[tokio::test]
async fn a_hub_that_cannot_write_its_log_is_waited_for_on_the_same_connection() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    client.publish_event(event("BEFORE")).await.unwrap();
    peer.expect_numbers(1, 1).await;
    peer.refuse("LOG_UNAVAILABLE", None).await;
    assert!(hub.is_left_alone().await);
    client.publish_event(event("MEANWHILE")).await.unwrap();
    peer.expect_numbers(2, 2).await;
    peer.acknowledge(2).await;
    client.flush().await.unwrap();
    assert_eq!(client.get_metrics().await.unwrap().registrations, 1);
}

#[tokio::test]
async fn a_hub_that_lost_the_session_gets_the_rest_in_a_new_one() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let (_, (mut peer, first)) = tokio::join!(client.register_dashboard(), hub.register(0));
    for number in 1..=3 {
        client.publish_event(event(&format!("E{number}"))).await.unwrap();
    }
    peer.expect_numbers(1, 3).await;
    peer.acknowledge(2).await;
    // The acknowledgement is processed once the metrics say so.
    while client.get_metrics().await.unwrap().unacknowledged > 1 {
        tokio::task::yield_now().await;
    }
    drop(peer);
    let (peer, second) = hub.register(0).await;
    assert_eq!(first["session"], second["session"]);
    peer.closed().await;
    let (mut peer, third) = hub.register(0).await;
    assert_ne!(first["session"], third["session"]);
    assert_eq!(peer.expect_numbers(1, 1).await[0]["event"]["type"], "E3");
}

#[tokio::test]
async fn publishers_wait_while_the_queue_is_full_and_nothing_is_dropped() {
    let hub = TestHub::start().await;
    let client = hub.client().queue_bytes(600).start().unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    let mut taken = 0;
    loop {
        match client.try_publish(event("E")) {
            Ok(_) => taken += 1,
            Err(TryPublishError::QueueFull) if taken > 3 => break,
            Err(TryPublishError::QueueFull) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.publish_event(event("LAST")).await }
    });
    let mut seq = 0;
    while seq < taken + 1 {
        seq += 1;
        peer.expect_numbers(seq, seq).await;
        peer.acknowledge(seq).await;
    }
    assert_eq!(waiting.await.unwrap().unwrap().acknowledged().await, Ok(seq));
    client.flush().await.unwrap();
}

#[tokio::test]
async fn only_the_latest_status_is_sent() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    for number in 0..100 {
        client.update_status(status(&format!("tab{number}")));
    }
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    assert_eq!(peer.next().await["status"]["activeTab"], "tab99");
    client.publish_event(event("NEXT")).await.unwrap();
    peer.expect_numbers(1, 1).await;
}

#[tokio::test]
async fn a_wrong_token_is_told_and_not_tried_again() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let refuse = async {
        let mut peer = hub.accept().await;
        peer.next().await;
        peer.refuse("TOKEN_INVALID", None).await;
        peer.closed().await;
    };
    let (answer, ()) = tokio::join!(client.register_dashboard(), refuse);
    let Err(RegistrationError::Refused(error)) = answer else { panic!("{answer:?}") };
    assert_eq!(error.code, ErrorCode::TokenInvalid);
    assert!(hub.is_left_alone().await);
    assert!(matches!(&*client.on_connection_change().borrow(), ConnectionState::Refused(_)));
    // Asking again is the caller's to decide.
    let (answer, _) = tokio::join!(client.register_dashboard(), hub.register(0));
    answer.unwrap();
}

#[tokio::test]
async fn a_session_taken_over_is_not_fought_for() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    peer.refuse("SESSION_TAKEN_OVER", None).await;
    let mut state = client.on_connection_change();
    let refused = state.wait_for(|state| matches!(state, ConnectionState::Refused(_)));
    tokio::time::timeout(Duration::from_secs(5), refused).await.unwrap().unwrap();
    peer.closed().await;
    assert!(hub.is_left_alone().await);
}

#[tokio::test]
async fn an_id_in_use_is_asked_for_again_for_a_while() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let serve = async {
        for _ in 0..2 {
            let mut peer = hub.accept().await;
            peer.next().await;
            peer.refuse("DASHBOARD_ID_IN_USE", None).await;
        }
        hub.register(0).await
    };
    let (answer, _) = tokio::join!(client.register_dashboard(), serve);
    answer.unwrap();

    let impatient = hub.client().id_in_use_patience(Duration::ZERO).start().unwrap();
    let refuse = async {
        let mut peer = hub.accept().await;
        peer.next().await;
        peer.refuse("DASHBOARD_ID_IN_USE", None).await;
    };
    let (answer, ()) = tokio::join!(impatient.register_dashboard(), refuse);
    assert!(matches!(answer, Err(RegistrationError::Refused(_))));
}

#[tokio::test]
async fn a_hub_that_speaks_garbage_does_no_harm() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let serve = async {
        let mut peer = hub.accept().await;
        peer.next().await;
        for text in ["", "null", "[1]", "{\"type\":\"NEWS\"}", "{\"type\":\"ACK\"}", "\u{fffd}{{{"] {
            peer.send_text(text).await;
        }
        peer.send(&registered(0)).await;
        peer.send_text("{\"type\":\"ACK\",\"seq\":999}").await;
        peer
    };
    let (answer, mut peer) = tokio::join!(client.register_dashboard(), serve);
    answer.unwrap();
    client.publish_event(event("E")).await.unwrap();
    peer.expect_numbers(1, 1).await;
    assert_eq!(client.get_metrics().await.unwrap().unacknowledged, 1);
}

#[tokio::test]
async fn what_the_hub_would_not_take_is_refused_before_it_is_queued() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let (_, (_peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    let large = DashboardEvent { payload: json!("x".repeat(70_000)), ..event("LARGE") };
    assert!(matches!(client.publish_event(large).await, Err(PublishError::TooLarge { limit: 65_536, .. })));
    let update = WorkflowUpdate {
        dashboard_id: client.dashboard_id().clone(),
        workflow_id: "w".into(),
        execution_id: "e".into(),
        state: WorkflowState::Running,
        progress: None,
        error: None,
        timestamp: Timestamp::from_milliseconds(0),
    };
    let refused = client.publish_workflow_update(update.clone()).await;
    assert_eq!(refused.unwrap_err(), PublishError::NotABackend);

    let backend = hub.client_of_type("backend").start().unwrap();
    let (_, (mut peer, _)) = tokio::join!(backend.register_dashboard(), hub.register(0));
    backend.publish_workflow_update(update).await.unwrap();
    assert_eq!(peer.expect_numbers(1, 1).await[0]["update"]["executionId"], "e");
}

#[tokio::test]
async fn the_goodbye_comes_after_everything_else() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    client.publish_event(event("E")).await.unwrap();
    let leaving = tokio::spawn({
        let client = client.clone();
        async move { client.disconnect("maintenance").await }
    });
    peer.expect_numbers(1, 1).await;
    peer.acknowledge(1).await;
    let goodbye = peer.next().await;
    assert_eq!((&goodbye["type"], &goodbye["reason"]), (&json!("DISCONNECT"), &json!("maintenance")));
    peer.closed().await;
    leaving.await.unwrap().unwrap();
    assert_eq!(client.publish_event(event("LATE")).await.unwrap_err(), PublishError::Disconnected);
    assert_eq!(client.disconnect("again").await, Err(DisconnectError::AlreadyDisconnected));
}

#[tokio::test]
async fn a_goodbye_without_a_hub_says_what_is_lost() {
    let hub = TestHub::start().await;
    let client = hub.client().start().unwrap();
    client.publish_event(event("E")).await.unwrap();
    assert_eq!(client.disconnect("x").await, Err(DisconnectError::Unacknowledged { count: 1 }));
    assert_eq!(client.register_dashboard().await, Err(RegistrationError::Disconnected));
}
