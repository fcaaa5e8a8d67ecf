//! Commands, queries and configurations reach the dashboard's handlers, and their answers the hub.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use crate::test_hub::{Peer, TestHub, registered};
use mission_control_client::{CommandFailure, ConfigurationRejected, QueryFailure};
use mission_control_protocol::{CommandDeclaration, Hazard};
use serde_json::{Value, json};
use tokio::sync::mpsc;

fn declaration(kind: &str) -> CommandDeclaration {
    CommandDeclaration {
        kind: kind.into(),
        title: kind.into(),
        description: String::new(),
        payload_schema: json!({"type": "object", "properties": {"n": {"type": "integer"}}}),
        hazard: Hazard::None,
    }
}

/// Reads until the result of a command; returns the stages before it and the result.
async fn outcome(peer: &mut Peer) -> (Vec<String>, Value) {
    let mut stages = vec![];
    loop {
        let message = peer.next().await;
        match message["type"].as_str().unwrap() {
            "COMMAND_PROGRESS" => stages.push(message["stage"].as_str().unwrap().to_owned()),
            "COMMAND_RESULT" => return (stages, message),
            // The audit.
            "EVENT" => {}
            other => panic!("unexpected {other}"),
        }
    }
}

#[tokio::test]
async fn a_command_is_accepted_run_once_and_its_result_is_numbered() {
    let hub = TestHub::start().await;
    let runs = Arc::new(AtomicU32::new(0));
    let client = hub
        .client()
        .on_command(declaration("DOUBLE"), {
            let runs = runs.clone();
            move |command, context| {
                runs.fetch_add(1, Ordering::Relaxed);
                async move {
                    context.progress(0.5, "halfway");
                    Ok(json!({"doubled": command.payload["n"].as_i64().unwrap_or(0) * 2}))
                }
            }
        })
        .start()
        .unwrap();
    let (_, (mut peer, register)) = tokio::join!(client.register_dashboard(), hub.register(0));
    assert_eq!(register["commands"][0]["type"], "DOUBLE");

    peer.command("c1", "DOUBLE", json!({"n": 21})).await;
    let (stages, result) = outcome(&mut peer).await;
    assert_eq!(stages, ["ACCEPTED", "RUNNING"]);
    assert_eq!((&result["seq"], &result["success"]), (&json!(1), &json!(true)));
    assert_eq!(result["result"]["doubled"], 42);
    assert!(result["duration"].is_number());

    peer.command("c1", "DOUBLE", json!({"n": 21})).await;
    peer.command("c2", "DOUBLE", json!({"n": 1})).await;
    let mut message = outcome(&mut peer).await.1;
    while message["commandId"] != "c2" {
        message = outcome(&mut peer).await.1;
    }
    assert_eq!((&message["seq"], runs.load(Ordering::Relaxed)), (&json!(3), 2));
}

#[tokio::test]
async fn what_cannot_be_run_fails_clearly() {
    let hub = TestHub::start().await;
    let client = hub
        .client()
        .on_command(declaration("FAIL"), |_, _| async { Err(CommandFailure::new("the sensor is offline")) })
        .on_command(declaration("PANIC"), |command, _| async move { panic!("{}", command.kind) })
        .on_command(declaration("HUGE"), |_, _| async { Ok(json!("x".repeat(70_000))) })
        .start()
        .unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    for (id, kind, payload, expected) in [
        ("c1", "FAIL", json!({}), "the sensor is offline"),
        ("c2", "PANIC", json!({}), "failed unexpectedly"),
        ("c3", "HUGE", json!({}), "cannot be sent"),
        ("c4", "FAIL", json!({"n": "three"}), "payload/n"),
        ("c5", "UNDECLARED", json!({}), "no handler for UNDECLARED"),
    ] {
        peer.command(id, kind, payload).await;
        let (_, result) = outcome(&mut peer).await;
        assert_eq!((&result["commandId"], &result["success"]), (&json!(id), &json!(false)));
        assert!(result["error"].as_str().unwrap().contains(expected), "{result}");
    }
    peer.send(&json!({"type": "COMMAND", "command": {
        "id": "late", "type": "FAIL", "payload": {}, "dashboardId": "d1", "issuedBy": "ada",
        "issuedAt": "2026-11-22T19:00:00.000Z", "expiresAt": "2026-11-22T19:05:00.000Z"
    }}))
    .await;
    assert!(outcome(&mut peer).await.1["error"].as_str().unwrap().contains("expired"));
}

#[tokio::test]
async fn a_cancelled_command_says_so() {
    let hub = TestHub::start().await;
    let client = hub
        .client()
        .on_command(declaration("WAIT"), |_, context| async move {
            context.cancelled().await;
            Err(CommandFailure::cancelled())
        })
        .start()
        .unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    peer.command("c1", "WAIT", json!({})).await;
    assert_eq!(peer.next().await["stage"], "ACCEPTED");
    peer.send(&json!({"type": "COMMAND_CANCEL", "commandId": "c1"})).await;
    let (_, result) = outcome(&mut peer).await;
    assert_eq!(result["error"], "cancelled");
}

#[tokio::test]
async fn a_result_survives_the_connection_it_was_meant_for() {
    let hub = TestHub::start().await;
    let (release, released) = mpsc::channel::<()>(1);
    let released = Arc::new(tokio::sync::Mutex::new(released));
    let client = hub
        .client()
        .on_command(declaration("SLOW"), move |_, _| {
            let released = released.clone();
            async move {
                released.lock().await.recv().await;
                Ok(Value::Null)
            }
        })
        .start()
        .unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    peer.command("c1", "SLOW", json!({})).await;
    assert_eq!(peer.next().await["stage"], "ACCEPTED");
    drop(peer);
    release.send(()).await.unwrap();
    let (mut peer, _) = hub.register(0).await;
    let (_, result) = outcome(&mut peer).await;
    assert_eq!((&result["commandId"], &result["seq"]), (&json!("c1"), &json!(1)));
}

#[tokio::test]
async fn queries_and_configurations_are_answered() {
    let hub = TestHub::start().await;
    let client = hub
        .client()
        .on_query(|query| async move {
            if query.kind == "STATUS" {
                Ok(json!({"fine": true}))
            } else {
                Err(QueryFailure("unknown".into()))
            }
        })
        .on_config_update(|configuration| async move {
            match configuration.values["threshold"].as_f64() {
                Some(_) => Ok(()),
                None => Err(ConfigurationRejected("threshold must be a number".into())),
            }
        })
        .start()
        .unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    peer.send(&json!({"type": "QUERY", "query": {"id": "q1", "type": "STATUS"}})).await;
    let answer = peer.next().await;
    assert_eq!((&answer["queryId"], &answer["result"]), (&json!("q1"), &json!({"fine": true})));
    peer.send(&json!({"type": "QUERY", "query": {"id": "q2", "type": "OTHER"}})).await;
    assert_eq!(peer.next().await["error"], "unknown");

    for (version, values, success) in
        [(1, json!({"threshold": 80}), true), (2, json!({"threshold": "x"}), false)]
    {
        peer.send(&json!({"type": "CONFIG_UPDATE", "config": {"version": version, "values": values}})).await;
        let answer = peer.next().await;
        assert_eq!(answer["type"], "CONFIG_RESULT");
        assert_eq!((&answer["version"], &answer["success"]), (&json!(version), &json!(success)));
    }
}

#[tokio::test]
async fn an_answer_to_a_configuration_that_was_lost_is_given_again() {
    let hub = TestHub::start().await;
    let handled = Arc::new(AtomicU32::new(0));
    let client = hub
        .client()
        .on_config_update({
            let handled = handled.clone();
            move |configuration| {
                handled.fetch_add(1, Ordering::Relaxed);
                async move {
                    match configuration.version {
                        3 => Err(ConfigurationRejected("too high".into())),
                        _ => Ok(()),
                    }
                }
            }
        })
        .start()
        .unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    peer.send(&json!({"type": "CONFIG_UPDATE", "config": {"version": 2, "values": {}}})).await;
    assert_eq!(peer.next().await["type"], "CONFIG_RESULT");
    drop(peer);
    // As if the answer had not arrived: the same version comes with the next registration, and then a newer one.
    for (version, success, times) in [(2, true, 1), (3, false, 2), (3, false, 2)] {
        let mut peer = hub.accept().await;
        assert_eq!(peer.next().await["type"], "REGISTER");
        let mut answer = registered(0);
        answer["configuration"] = json!({"version": version, "values": {}});
        peer.send(&answer).await;
        let result = peer.next().await;
        assert_eq!(result["type"], "CONFIG_RESULT");
        assert_eq!((&result["version"], &result["success"]), (&json!(version), &json!(success)));
        assert_eq!(result["error"].as_str(), (!success).then_some("too high"));
        assert_eq!(handled.load(Ordering::Relaxed), times);
    }
}

#[tokio::test]
async fn alerts_and_workflow_updates_reach_their_callbacks_in_order() {
    let hub = TestHub::start().await;
    let (sender, mut receiver) = mpsc::channel(8);
    let for_updates = sender.clone();
    let client = hub
        .client()
        .on_alert(move |alert| {
            let sender = sender.clone();
            async move { sender.send(alert.alert.title).await.unwrap() }
        })
        .on_workflow_update(move |update| {
            let sender = for_updates.clone();
            async move { sender.send(update.execution_id).await.unwrap() }
        })
        .start()
        .unwrap();
    let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    peer.send(&json!({"type": "ALERT", "alert": {
        "type": "X", "severity": "warning", "title": "look", "source": "rule", "dashboardId": "d1",
        "timestamp": "2026-11-22T20:00:00.000Z"
    }}))
    .await;
    peer.send(&json!({"type": "WORKFLOW_UPDATE", "update": {
        "dashboardId": "d1", "workflowId": "w", "executionId": "e7", "state": "running",
        "timestamp": "2026-11-22T20:00:00.000Z"
    }}))
    .await;
    assert_eq!(receiver.recv().await.unwrap(), "look");
    assert_eq!(receiver.recv().await.unwrap(), "e7");
}
