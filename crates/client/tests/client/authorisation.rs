//! Which commands are run and which are refused, and what the audit says of them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::test_hub::{Peer, TestHub, command, registered};
use mission_control_client::{
    ClientBuilder, MissionControlClient,
    commands::{NoPayload, RemoteControl},
    security::{
        EncryptionKey, PermissionFailure, RateLimit, ReceivedCommand, RefusalCode, SecretKey,
        SecurityIntegration, SecurityOptions,
    },
};
use mission_control_protocol::{DashboardId, Timestamp, signature};
use serde_json::{Value, json};

fn key() -> SecretKey {
    SecretKey::from_bytes(&[3; 32])
}

fn trusting() -> SecurityOptions {
    SecurityOptions::new().trust_key(key().public_key())
}

/// The `COMMAND` message with a signature by `key`.
fn signed_by(key: &SecretKey, command: &Value) -> Value {
    let signature = signature::sign_detached(command, key).unwrap();
    json!({"type": "COMMAND", "command": command, "signature": signature})
}

fn signed(command: &Value) -> Value {
    signed_by(&key(), command)
}

/// Commands that do nothing but count.
fn counting(builder: ClientBuilder, runs: &Arc<AtomicU32>) -> ClientBuilder {
    let count = |runs: Arc<AtomicU32>| {
        move |_: NoPayload, _| {
            runs.fetch_add(1, Ordering::Relaxed);
            async { Ok(json!({"done": true})) }
        }
    };
    builder.remote_control(
        RemoteControl::new().refresh_data(count(runs.clone())).clear_data(count(runs.clone())),
    )
}

/// A client with `options` whose commands count how often they ran, and the hub's end of its connection.
async fn connected(hub: &TestHub, options: SecurityOptions) -> (MissionControlClient, Peer, Arc<AtomicU32>) {
    let runs = Arc::new(AtomicU32::new(0));
    let client = counting(hub.client().security(options), &runs).start().unwrap();
    let (_, (peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
    (client, peer, runs)
}

/// The result of command `id` and the audit's entry on it, whichever comes first.
async fn outcome(peer: &mut Peer, id: &str) -> (Value, Value) {
    let (mut result, mut audit) = (None, None);
    loop {
        let message = peer.next().await;
        if message["type"] == "COMMAND_RESULT" && message["commandId"] == id {
            result = Some(message);
        } else if message["type"] == "EVENT" && message["event"]["payload"]["commandId"] == id {
            audit = Some(message["event"].clone());
        }
        if let (Some(result), Some(audit)) = (&result, &audit) {
            return (result.clone(), audit.clone());
        }
    }
}

#[tokio::test]
async fn a_signed_command_runs_and_the_audit_tells_of_it() {
    let hub = TestHub::start().await;
    let options = trusting().user(|| Some("grace".to_owned()));
    let (_client, mut peer, runs) = connected(&hub, options).await;
    peer.send(&signed(&command("c1", "REFRESH_DATA", json!({})))).await;
    let (result, audit) = outcome(&mut peer, "c1").await;
    assert_eq!((&result["success"], runs.load(Ordering::Relaxed)), (&json!(true), 1));
    assert_eq!((&audit["type"], &audit["severity"]), (&json!("MISSION_CONTROL_COMMAND"), &json!("info")));
    let entry = audit["payload"].as_object().unwrap();
    let names: Vec<_> = entry.keys().map(String::as_str).collect();
    // The members that the TypeScript SDK writes.
    assert_eq!(names, ["command", "commandId", "duration", "issuedBy", "success", "timestamp", "user"]);
    assert_eq!((&entry["command"], &entry["issuedBy"]), (&json!("REFRESH_DATA"), &json!("ada")));
    assert_eq!((&entry["user"], &entry["success"]), (&json!("grace"), &json!(true)));
}

#[tokio::test]
async fn what_is_not_as_it_should_be_is_refused_with_a_reason_and_never_runs() {
    let hub = TestHub::start().await;
    let options = trusting().permissions(|operator, kind| async move {
        Ok(operator.as_str() == "ada" || kind == "REFRESH_DATA")
    });
    let (_client, mut peer, runs) = connected(&hub, options).await;
    let with = |id: &str, member: &str, value: &str| {
        let mut command = command(id, "CLEAR_DATA", json!({}));
        command[member] = json!(value);
        command
    };
    let mut altered = signed(&command("c2", "REFRESH_DATA", json!({})));
    altered["command"]["type"] = json!("CLEAR_DATA");
    let mut stripped = signed(&command("c3", "CLEAR_DATA", json!({})));
    stripped.as_object_mut().unwrap().remove("signature");
    let mut more = signed(&command("c4", "CLEAR_DATA", json!({})));
    more["command"]["force"] = json!(true);
    for (message, code, reason) in [
        (
            signed_by(&SecretKey::from_bytes(&[4; 32]), &command("c1", "CLEAR_DATA", json!({}))),
            "SIGNATURE_INVALID",
            "not one of an operator key",
        ),
        (altered, "SIGNATURE_INVALID", "not one of an operator key"),
        (stripped, "UNSIGNED", "takes signed commands only"),
        (more, "SIGNATURE_INVALID", "not one of an operator key"),
        (signed(&with("c5", "expiresAt", "2026-11-22T19:59:00.000Z")), "EXPIRED", "2026-11-22T19:59:00.000Z"),
        (signed(&with("c6", "issuedAt", "2026-11-22T20:30:00.000Z")), "NOT_YET_ISSUED", "which is not yet"),
        (signed(&with("c7", "dashboardId", "d2")), "WRONG_DASHBOARD", "for d2, and this is d1"),
        (signed(&with("c8", "issuedBy", "eve")), "NOT_PERMITTED", "eve may not use CLEAR_DATA"),
    ] {
        peer.send(&message).await;
        let id = message["command"]["id"].as_str().unwrap().to_owned();
        let (result, audit) = outcome(&mut peer, &id).await;
        assert_eq!(result["success"], false, "{code}");
        assert!(result["error"].as_str().unwrap().contains(reason), "{result}");
        assert_eq!(
            (&audit["type"], &audit["severity"]),
            (&json!("MISSION_CONTROL_COMMAND_REFUSED"), &json!("warning"))
        );
        assert_eq!(
            (&audit["payload"]["code"], &audit["payload"]["reason"]),
            (&json!(code), &result["error"])
        );
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    // An unknown type is executed in vain, not refused.
    peer.send(&signed(&command("c9", "FORMAT_DISK", json!({})))).await;
    let (result, audit) = outcome(&mut peer, "c9").await;
    assert_eq!(result["error"], "this dashboard has no handler for FORMAT_DISK");
    assert_eq!(
        (&audit["type"], &audit["payload"]["success"]),
        (&json!("MISSION_CONTROL_COMMAND"), &json!(false))
    );
}

#[tokio::test]
async fn a_refused_command_may_be_tried_again_and_a_run_one_not() {
    let hub = TestHub::start().await;
    let permitted = Arc::new(Mutex::new(Ok(false)));
    let answer = permitted.clone();
    let options = trusting().permissions(move |_, _| {
        let answer: Result<bool, PermissionFailure> = answer.lock().unwrap().clone();
        async move { answer }
    });
    let (_client, mut peer, runs) = connected(&hub, options).await;
    let message = signed(&command("c1", "CLEAR_DATA", json!({})));
    for (says, code) in
        [(Ok(false), "NOT_PERMITTED"), (Err(PermissionFailure("no directory".into())), "CHECK_FAILED")]
    {
        *permitted.lock().unwrap() = says;
        peer.send(&message).await;
        assert_eq!(outcome(&mut peer, "c1").await.1["payload"]["code"], code);
    }
    *permitted.lock().unwrap() = Ok(true);
    peer.send(&message).await;
    assert_eq!(outcome(&mut peer, "c1").await.0["success"], true);
    // A replay runs nothing. The next command is answered next.
    peer.send(&message).await;
    peer.send(&signed(&command("c2", "CLEAR_DATA", json!({})))).await;
    assert_eq!(outcome(&mut peer, "c2").await.0["success"], true);
    assert_eq!(runs.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_replay_after_a_restart_runs_nothing() {
    let hub = TestHub::start().await;
    let directory = tempfile::tempdir().unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let message = signed(&command("c1", "CLEAR_DATA", json!({})));
    for (marker, so_far) in [("c2", 2), ("c3", 3)] {
        let client = counting(hub.client(), &runs)
            .security(trusting())
            .command_memory(directory.path().join("commands.jsonl"))
            .start()
            .unwrap();
        let (_, (mut peer, _)) = tokio::join!(client.register_dashboard(), hub.register(0));
        peer.send(&message).await;
        if so_far == 2 {
            assert_eq!(outcome(&mut peer, "c1").await.0["success"], true);
        }
        peer.send(&signed(&command(marker, "CLEAR_DATA", json!({})))).await;
        assert_eq!(outcome(&mut peer, marker).await.0["success"], true);
        assert_eq!(runs.load(Ordering::Relaxed), so_far);
    }
}

#[tokio::test]
async fn too_many_of_a_type_are_refused_and_other_types_are_not() {
    let hub = TestHub::start().await;
    let limit = RateLimit { count: 2, per: Duration::from_secs(3_600) };
    let (_client, mut peer, runs) = connected(&hub, trusting().rate_limit(move |_| limit)).await;
    for (id, kind, code) in [
        ("c1", "CLEAR_DATA", None),
        ("c2", "CLEAR_DATA", None),
        ("c3", "CLEAR_DATA", Some("RATE_LIMITED")),
        ("c4", "REFRESH_DATA", None),
    ] {
        peer.send(&signed(&command(id, kind, json!({})))).await;
        let (_, audit) = outcome(&mut peer, id).await;
        assert_eq!(audit["payload"]["code"].as_str(), code, "{id}");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn the_keys_of_the_hub_count_only_where_that_is_wanted() {
    let hub = TestHub::start().await;
    for (options, succeeds) in
        [(SecurityOptions::new(), false), (SecurityOptions::new().trust_registered_keys(), true)]
    {
        let runs = Arc::new(AtomicU32::new(0));
        let client = counting(hub.client().security(options), &runs).start().unwrap();
        let accepting = async {
            let mut peer = hub.accept().await;
            peer.next().await;
            let mut answer = registered(0);
            answer["operatorKeys"] = json!(["no key", key().public_key().to_string()]);
            peer.send(&answer).await;
            peer
        };
        let (_, mut peer) = tokio::join!(client.register_dashboard(), accepting);
        peer.send(&signed(&command("c1", "CLEAR_DATA", json!({})))).await;
        assert_eq!(outcome(&mut peer, "c1").await.0["success"], succeeds);
    }
}

#[tokio::test]
async fn fields_of_a_later_version_are_signed_too() {
    let hub = TestHub::start().await;
    let (_client, mut peer, _) = connected(&hub, trusting()).await;
    let mut later = command("c1", "CLEAR_DATA", json!({}));
    later["approvedBy"] = json!("grace");
    later["expiresAt"] = json!("2026-11-22T20:05:00Z");
    peer.send(&signed(&later)).await;
    assert_eq!(outcome(&mut peer, "c1").await.0["success"], true);
    later["id"] = json!("c2");
    let mut message = signed(&later);
    message["command"]["approvedBy"] = json!("eve");
    peer.send(&message).await;
    assert_eq!(outcome(&mut peer, "c2").await.1["payload"]["code"], "SIGNATURE_INVALID");
}

#[tokio::test]
async fn unsigned_commands_run_where_that_is_wanted_and_wrongly_signed_ones_nowhere() {
    let hub = TestHub::start().await;
    let (_client, mut peer, runs) = connected(&hub, trusting().require_signature(false)).await;
    peer.command("c1", "CLEAR_DATA", json!({})).await;
    assert_eq!(outcome(&mut peer, "c1").await.0["success"], true);
    let message = signed_by(&SecretKey::from_bytes(&[4; 32]), &command("c2", "CLEAR_DATA", json!({})));
    peer.send(&message).await;
    assert_eq!(outcome(&mut peer, "c2").await.1["payload"]["code"], "SIGNATURE_INVALID");
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn code_of_the_dashboard_that_panics_refuses_and_the_client_goes_on() {
    let hub = TestHub::start().await;
    let options = trusting()
        .permissions(|operator, _| async move {
            assert_ne!(operator.as_str(), "mallory", "a bug in the permissions");
            Ok(true)
        })
        .rate_limit(|kind| {
            assert_ne!(kind, "REFRESH_DATA", "a bug in the limits");
            RateLimit::default()
        })
        .user(|| panic!("a bug in the user's name"));
    let (_client, mut peer, runs) = connected(&hub, options).await;
    let mut by_mallory = command("c1", "CLEAR_DATA", json!({}));
    by_mallory["issuedBy"] = json!("mallory");
    for (command, code) in [
        (by_mallory, Some("CHECK_FAILED")),
        (command("c2", "REFRESH_DATA", json!({})), Some("CHECK_FAILED")),
        (command("c3", "CLEAR_DATA", json!({})), None),
    ] {
        peer.send(&signed(&command)).await;
        let (_, audit) = outcome(&mut peer, command["id"].as_str().unwrap()).await;
        assert_eq!(audit["payload"]["code"].as_str(), code);
    }
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_audit_goes_where_it_is_sent() {
    let hub = TestHub::start().await;
    let (sender, mut audit) = tokio::sync::mpsc::unbounded_channel();
    let options = trusting().audit(move |event| sender.send(event).unwrap());
    let (client, mut peer, _) = connected(&hub, options).await;
    peer.command("c1", "CLEAR_DATA", json!({})).await;
    assert_eq!(audit.recv().await.unwrap().kind, "MISSION_CONTROL_COMMAND_REFUSED");
    assert_eq!(peer.next().await["type"], "COMMAND_RESULT");
    assert_eq!(client.get_metrics().await.unwrap().event_count, 0);
}

/// The same order and the same codes as in `sdk/typescript/src/security/integration.test.ts`.
#[tokio::test]
async fn authorize_command_decides_in_the_plan_s_order() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (permission, rate) = (asked.clone(), asked.clone());
    let options = trusting()
        .permissions(move |_, _| {
            permission.lock().unwrap().push("permission");
            async { Ok(true) }
        })
        .rate_limit(move |_| {
            rate.lock().unwrap().push("rate");
            RateLimit { count: 1, per: Duration::from_secs(1) }
        });
    let mut security = SecurityIntegration::new(DashboardId::new("d1").unwrap(), options);
    let received = |id: &str| {
        let command = command(id, "CLEAR_DATA", json!({}));
        let signature = signature::sign_detached(&command, &key()).unwrap();
        ReceivedCommand::new(serde_json::from_value(command).unwrap(), Some(signature))
    };
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (now, late) = (at("2026-11-22T20:00:01.000Z"), at("2026-11-22T20:05:00.000Z"));
    let forged = ReceivedCommand::new(received("c1").command().clone(), Some("x..y".to_owned()));
    let code = |verdict: Result<(), mission_control_client::security::Refusal>| verdict.unwrap_err().code;
    assert_eq!(code(security.authorize_command(&forged, late).await), RefusalCode::SignatureInvalid);
    assert_eq!(code(security.authorize_command(&received("c1"), late).await), RefusalCode::Expired);
    assert!(asked.lock().unwrap().is_empty());
    security.authorize_command(&received("c1"), now).await.unwrap();
    assert_eq!(code(security.authorize_command(&received("c1"), now).await), RefusalCode::Replayed);
    assert_eq!(*asked.lock().unwrap(), ["permission", "rate"]);
    assert_eq!(code(security.authorize_command(&received("c2"), now).await), RefusalCode::RateLimited);
}

/// The vectors that Rust and TypeScript made, and those that neither may take.
#[tokio::test]
async fn the_vectors_of_both_sdks_are_judged_alike() {
    let read = |name: &str| -> Value {
        let path = format!("{}/../protocol/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let now: Timestamp = "2026-11-22T20:01:00.000Z".parse().unwrap();
    let judge = async |vector: &Value| {
        let options = vector["publicKey"]
            .as_str()
            .unwrap()
            .parse()
            .map_or_else(|_| SecurityOptions::new(), |key| SecurityOptions::new().trust_key(key));
        let message = json!({"command": vector["command"]}).to_string();
        let command = serde_json::from_value(vector["command"].clone()).unwrap();
        let signature = vector["signature"].as_str().unwrap().to_owned();
        let received = ReceivedCommand::from_message(command, Some(signature), &message);
        let mut security = SecurityIntegration::new(received.command().dashboard_id.clone(), options);
        security.authorize_command(&received, now).await.map_err(|refusal| refusal.code)
    };
    for file in ["rust.json", "typescript.json"] {
        for vector in read(file)["signedCommands"].as_array().unwrap() {
            assert_eq!(judge(vector).await, Ok(()), "{file}: {}", vector["name"]);
        }
    }
    for vector in read("refused.json").as_array().unwrap() {
        assert_eq!(judge(vector).await, Err(RefusalCode::SignatureInvalid), "{}", vector["name"]);
    }
}

#[test]
fn payloads_are_encrypted_with_the_key_of_the_options() {
    let dashboard = || DashboardId::new("d1").unwrap();
    let options = SecurityOptions::new().encryption_key(EncryptionKey::from_bytes([1; 32]));
    let security = SecurityIntegration::new(dashboard(), options);
    let text = security.encrypt_payload(&json!({"pin": 1234}), "c1").unwrap();
    assert_ne!(text, security.encrypt_payload(&json!({"pin": 1234}), "c1").unwrap());
    assert_eq!(security.decrypt_payload::<Value>(&text, "c1").unwrap(), json!({"pin": 1234}));
    assert!(security.decrypt_payload::<Value>(&text, "c2").is_err());
    let without_key = SecurityIntegration::new(dashboard(), SecurityOptions::new());
    let error = without_key.encrypt_payload(&1, "").unwrap_err();
    assert!(error.to_string().contains("encryption_key"));
}
