//! Registered commands: what their handlers get, and what they cannot do to the client.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use crate::test_hub::{Peer, TestHub};
use mission_control_client::{
    ClientBuilder, CommandFailure,
    commands::{CommandRegistration, RemoteControl},
};
use mission_control_protocol::{Hazard, catalog};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Steps {
    /// How many.
    #[schemars(range(min = 1, max = 10))]
    steps: u32,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

async fn connected(hub: &TestHub, builder: ClientBuilder) -> (impl Sized + use<>, Peer, Value) {
    let client = builder.start().unwrap();
    let (_, (peer, register)) = tokio::join!(client.register_dashboard(), hub.register(0));
    (client, peer, register)
}

async fn result(peer: &mut Peer) -> Value {
    loop {
        let message = peer.next().await;
        if message["type"] == "COMMAND_RESULT" {
            return message;
        }
    }
}

#[tokio::test]
async fn a_typed_command_is_declared_checked_and_run() {
    let hub = TestHub::start().await;
    let walk = CommandRegistration::new("WALK", "Walk")
        .description("Takes some steps.")
        .hazard(Hazard::Disruptive)
        .run(|payload: Steps, context| async move {
            for step in 1..=payload.steps {
                context.progress(f64::from(step) / f64::from(payload.steps), format!("step {step}"));
            }
            Ok(json!({"walked": payload.steps}))
        });
    let (_client, mut peer, register) = connected(&hub, hub.client().register_command(walk)).await;
    let declared = &register["commands"][0];
    assert_eq!((&declared["title"], &declared["hazard"]), (&json!("Walk"), &json!("disruptive")));
    assert_eq!(declared["payloadSchema"]["properties"]["steps"]["maximum"], 10);

    peer.command("c1", "WALK", json!({"steps": 2})).await;
    assert_eq!(peer.next().await["stage"], "ACCEPTED");
    for message in ["step 1", "step 2"] {
        assert_eq!(peer.next().await["message"], message);
    }
    assert_eq!(result(&mut peer).await["result"], json!({"walked": 2}));
    for payload in [json!({"steps": 11}), json!({}), json!({"steps": 1, "more": 1})] {
        peer.command(&payload.to_string().len().to_string(), "WALK", payload.clone()).await;
        let error = result(&mut peer).await["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with("payload"), "{payload}: {error}");
    }
}

#[tokio::test]
async fn all_seventeen_commands_are_declared_and_reach_their_functions() {
    let hub = TestHub::start().await;
    let say = |what: String| async move { Ok::<_, CommandFailure>(what) };
    let control = RemoteControl::new()
        .ingest_data(move |payload, _| say(payload.source))
        .execute_workflow(move |payload, _| say(payload.workflow_id))
        .navigate_tab(move |payload, _| say(payload.tab_id))
        .refresh_data(move |_, _| say("refreshed".into()))
        .export_data(move |payload, _| say(payload.format))
        .clear_data(move |_, _| say("cleared".into()))
        .open_modal(move |payload, context| {
            assert_eq!(context.command().issued_by.as_str(), "ada");
            say(payload.modal_id)
        })
        .close_all_modals(move |_, _| say("closed".into()))
        .start_workflow(move |payload, _| say(payload.workflow_id))
        .stop_workflow(move |payload, _| say(payload.execution_id))
        .pause_workflow(move |payload, _| say(payload.execution_id))
        .execute_agent(move |payload, _| say(payload.agent_id))
        .cancel_agent(move |payload, _| say(payload.execution_id))
        .enable_debug_mode(move |_, _| say("enabled".into()))
        .disable_debug_mode(move |_, _| say("disabled".into()))
        .collect_diagnostics(move |_, _| say("collected".into()))
        .restart_services(move |_, _| say("restarted".into()));
    let (_client, mut peer, register) = connected(&hub, hub.client().remote_control(control)).await;
    let mut declared: Vec<_> = catalog::seed_commands().iter().map(|command| json!(command)).collect();
    declared.sort_by_key(|command| command["type"].as_str().map(ToOwned::to_owned));
    assert_eq!(register["commands"], json!(declared));
    for (kind, payload, expected) in [
        ("INGEST_DATA", json!({"source": "meters.csv"}), "meters.csv"),
        ("EXECUTE_WORKFLOW", json!({"workflowId": "w1"}), "w1"),
        ("NAVIGATE_TAB", json!({"tabId": "t1"}), "t1"),
        ("REFRESH_DATA", json!({}), "refreshed"),
        ("EXPORT_DATA", json!({"format": "csv"}), "csv"),
        ("CLEAR_DATA", json!({}), "cleared"),
        ("OPEN_MODAL", json!({"modalId": "m1"}), "m1"),
        ("CLOSE_ALL_MODALS", json!({}), "closed"),
        ("START_WORKFLOW", json!({"workflowId": "w2"}), "w2"),
        ("STOP_WORKFLOW", json!({"executionId": "e1"}), "e1"),
        ("PAUSE_WORKFLOW", json!({"executionId": "e2"}), "e2"),
        ("EXECUTE_AGENT", json!({"agentId": "a1"}), "a1"),
        ("CANCEL_AGENT", json!({"executionId": "e3"}), "e3"),
        ("ENABLE_DEBUG_MODE", json!({}), "enabled"),
        ("DISABLE_DEBUG_MODE", json!({}), "disabled"),
        ("COLLECT_DIAGNOSTICS", json!({}), "collected"),
        ("RESTART_SERVICES", json!({}), "restarted"),
    ] {
        peer.command(kind, kind, payload).await;
        assert_eq!(result(&mut peer).await["result"], expected, "{kind}");
    }
}

#[tokio::test]
async fn a_dashboard_may_say_which_values_its_commands_take() {
    let hub = TestHub::start().await;
    let control = RemoteControl::new().navigate_tab(|payload, _| async move { Ok(payload.tab_id) }).describe(
        |declaration| {
            declaration.payload_schema["properties"]["tabId"]["enum"] = json!(["overview", "map"]);
        },
    );
    let (_client, mut peer, register) = connected(&hub, hub.client().remote_control(control)).await;
    assert_eq!(register["commands"][0]["payloadSchema"]["properties"]["tabId"]["enum"][1], "map");
    peer.command("c1", "NAVIGATE_TAB", json!({"tabId": "cellar"})).await;
    assert!(result(&mut peer).await["error"].as_str().unwrap().starts_with("payload/tabId: "));
    peer.command("c2", "NAVIGATE_TAB", json!({"tabId": "map"})).await;
    assert_eq!(result(&mut peer).await["result"], "map");
}

/// Cannot be written as JSON.
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it has no end"))
    }
}

/// On one thread, which a handler that blocks could take away from the client.
#[tokio::test]
async fn no_handler_takes_the_client_down() {
    let hub = TestHub::start().await;
    let command = |kind: &str| CommandRegistration::new(kind, kind).time_out(Duration::from_millis(50));
    let (release, blocked) = mpsc::channel::<()>();
    let blocked = Arc::new(Mutex::new(blocked));
    let builder = hub
        .client()
        .register_command(command("UNWRITABLE").run(|_: Nothing, _| async { Ok(Unwritable) }))
        .register_command(command("PANIC").run(|_: Nothing, _| async {
            if true {
                panic!("a bug");
            }
            Ok(())
        }))
        .register_command(command("PANIC_AT_ONCE").run(|_: Nothing, _| {
            if true {
                panic!("a bug");
            }
            async { Ok(()) }
        }))
        .register_command(command("HANG").run(|_: Nothing, _| std::future::pending::<Result<(), _>>()))
        .register_command(command("BLOCK").run(move |_: Nothing, _| {
            // It does not even let go of its thread.
            let released = blocked.lock().is_ok_and(|blocked| blocked.recv().is_ok());
            async move { Ok(released) }
        }))
        .register_command(command("STOP").run(|_: Nothing, context| async move {
            context.cancelled().await;
            Err::<(), _>(CommandFailure::cancelled())
        }))
        .register_command(command("FINISH_LATE").run(|_: Nothing, context| async move {
            context.cancelled().await;
            Ok("done, if late")
        }));
    let (_client, mut peer, _) = connected(&hub, builder).await;
    for (kind, expected) in [
        ("UNWRITABLE", "cannot be written as JSON: it has no end"),
        ("PANIC", "failed unexpectedly"),
        ("PANIC_AT_ONCE", "failed unexpectedly"),
        ("HANG", "did not end within 0.05 s; whether it was done is not known"),
        ("BLOCK", "did not end within 0.05 s; whether it was done is not known"),
        ("STOP", "did not end within 0.05 s; whether it was done is not known"),
    ] {
        peer.command(kind, kind, json!({})).await;
        let result = result(&mut peer).await;
        assert_eq!((&result["commandId"], &result["success"]), (&json!(kind), &json!(false)));
        assert!(result["error"].as_str().unwrap().contains(expected), "{result}");
    }
    peer.command("FINISH_LATE", "FINISH_LATE", json!({})).await;
    assert_eq!(result(&mut peer).await["result"], "done, if late");
    release.send(()).unwrap();
}
