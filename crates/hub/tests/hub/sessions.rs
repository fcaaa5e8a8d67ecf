//! Registration, numbering, acknowledgement, take-over, liveness.

use std::time::Duration;

use crate::support::{self, Client, TestHub, eventually};
use futures_util::{SinkExt, StreamExt};
use mission_control_hub::{Hub, HubConfig, HubError};
use mission_control_protocol::{RecordKind, record::Liveness};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, http::StatusCode};

fn event_numbers(hub: &TestHub) -> Vec<u64> {
    hub.bodies(RecordKind::Event).iter().map(|body| body["payload"]["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn registration_answers_with_what_a_client_needs() {
    let hub = TestHub::with(|config| config.heartbeat_interval = Duration::from_secs(3)).await;
    let mut client = hub.connect().await;
    let registered = client.register("energy-01", &hub.dashboard_token(), json!({})).await;
    assert_eq!(registered["success"], true);
    assert_eq!(registered["dashboardId"], "energy-01");
    assert_eq!(registered["heartbeatInterval"], 3_000);
    assert_eq!(registered["lastSeq"], 0);
    assert_eq!(registered["frameLimit"], 1_048_576);
    let kinds: Vec<_> = hub.records().iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [RecordKind::Registration, RecordKind::Connection], "registered means recorded");
}

#[tokio::test]
async fn an_ack_means_that_it_is_in_the_file() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    for _ in 0..50 {
        let seq = dashboard.event("X").await;
        dashboard.acknowledged(seq).await;
        assert_eq!(event_numbers(&hub).last(), Some(&seq), "acknowledged, so another reader sees it");
    }
}

#[tokio::test]
async fn one_of_each_is_kept_under_its_kind_in_the_order_of_arrival() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let common = json!({"dashboardId": "energy-01", "timestamp": support::now()});
    let with = |more: Value| {
        let mut body = common.clone();
        support::merge(&mut body, more);
        body
    };
    let status = json!({"dashboardId": "energy-01", "useCase": "energy", "state": "active",
        "dataStatus": {"hasData": true, "lastIngested": null, "recordCount": 3}, "activeTab": "t", "connectedUsers": 1,
        "performance": {"responseTime": 1.0, "errorRate": 0.0, "throughput": 2.0}});
    dashboard
        .send(json!({"type": "EVENT", "seq": 1, "event": with(json!({"type": "X", "severity": "error"}))}))
        .await;
    let metrics = with(
        json!({"agents": {"executionCount": 1, "avgExecutionTime": 2, "successRate": 3, "queueLength": 4}}),
    );
    dashboard.send(json!({"type": "METRICS", "seq": 2, "metrics": metrics})).await;
    let alert =
        with(json!({"type": "DATA_QUALITY", "severity": "warning", "title": "Low", "source": "dashboard"}));
    dashboard.send(json!({"type": "ALERT", "seq": 3, "alert": alert})).await;
    let usage = with(json!({"host": {"cpuPercent": 1, "memory": {"usedBytes": 1, "totalBytes": 2},
        "disk": {"usedBytes": 1, "totalBytes": 2, "readBytesPerSecond": 0, "writeBytesPerSecond": 0},
        "network": {"receivedBytesPerSecond": 0, "sentBytesPerSecond": 0}}}));
    dashboard.send(json!({"type": "RESOURCE_USAGE", "seq": 4, "usage": usage})).await;
    dashboard.send(json!({"type": "STATUS", "status": status})).await;
    dashboard.event_at(5, "LAST").await;
    dashboard.acknowledged(5).await;
    let records = hub.records();
    let kinds: Vec<_> = records.iter().skip(2).map(|record| record.kind).collect();
    assert_eq!(
        kinds,
        [
            RecordKind::Event,
            RecordKind::Metrics,
            RecordKind::Alert,
            RecordKind::ResourceUsage,
            RecordKind::Status,
            RecordKind::Event
        ]
    );
    assert_eq!(support::body::<Value>(&records[3]), metrics, "kept as it came");
    assert_eq!(records[2].severity, mission_control_protocol::Severity::Error);
}

#[tokio::test]
async fn what_was_kept_is_not_kept_twice_and_is_acknowledged_again() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    for seq in [1, 2, 3] {
        dashboard.event_at(seq, "X").await;
    }
    dashboard.acknowledged(3).await;
    dashboard.event_at(2, "AGAIN").await;
    dashboard.acknowledged(3).await;
    dashboard.event_at(4, "X").await;
    dashboard.acknowledged(4).await;
    assert_eq!(event_numbers(&hub), [1, 2, 3, 4]);
    assert!(hub.hub.counters().duplicates >= 1);
}

#[tokio::test]
async fn a_gap_is_told_and_nothing_of_it_kept() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    dashboard.event_at(1, "X").await;
    dashboard.event_at(3, "X").await;
    let error = dashboard.expect_error("SEQUENCE_GAP").await;
    assert_eq!(error["seq"], 3);
    assert!(error["message"].as_str().unwrap().contains("2 is due"), "{error}");
    for seq in [2, 3] {
        dashboard.event_at(seq, "X").await;
    }
    dashboard.acknowledged(3).await;
    assert_eq!(event_numbers(&hub), [1, 2, 3]);
}

#[tokio::test]
async fn a_session_resumes_after_a_restart_and_another_starts_at_one() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let epoch = dashboard.epoch.clone();
    for _ in 0..5 {
        dashboard.event("X").await;
    }
    dashboard.acknowledged(5).await;
    drop(dashboard);
    let hub = hub.restart(|_| {}).await;
    let mut same = hub.dashboard_with("energy-01", json!({"session": {"epoch": epoch}})).await;
    assert_eq!(same.seq, 5);
    same.event_at(5, "RESENT").await;
    same.event_at(6, "X").await;
    same.acknowledged(6).await;
    same.send(json!({"type": "DISCONNECT", "reason": "update"})).await;
    same.expect_end().await;
    let mut other = hub.dashboard("energy-01").await;
    assert_eq!(other.seq, 0);
    other.event_at(1, "X").await;
    other.acknowledged(1).await;
    assert_eq!(event_numbers(&hub), [1, 2, 3, 4, 5, 6, 1]);
}

#[tokio::test]
async fn the_same_session_takes_over_and_another_epoch_is_turned_away() {
    let hub = TestHub::start().await;
    let mut older = hub.dashboard("energy-01").await;
    for _ in 0..3 {
        older.event("X").await;
    }
    let mut stranger = hub.connect().await;
    stranger
        .send(json!({"type": "REGISTER", "token": hub.dashboard_token(), "session": {"epoch": uuid::Uuid::new_v4()},
            "config": {"id": "energy-01", "type": "run-dashboard", "useCase": "x", "version": "1"}}))
        .await;
    stranger.expect_error("DASHBOARD_ID_IN_USE").await;
    stranger.expect_end().await;
    let mut newer = hub.dashboard_with("energy-01", json!({"session": {"epoch": older.epoch}})).await;
    older.expect_error("SESSION_TAKEN_OVER").await;
    older.expect_end().await;
    for seq in newer.seq + 1..=10 {
        newer.event_at(seq, "X").await;
    }
    newer.acknowledged(10).await;
    assert_eq!(event_numbers(&hub), (1..=10).collect::<Vec<_>>());
    let refusals = hub.bodies(RecordKind::Refusal);
    assert!(refusals.iter().any(|body| body["code"] == "DASHBOARD_ID_IN_USE"), "{refusals:?}");
}

#[tokio::test]
async fn a_half_open_connection_gives_way_at_once() {
    let hub = TestHub::start().await;
    // A client that hears and says nothing any more, as after a network cable was pulled: its socket stays open.
    let mut older = hub.dashboard("energy-01").await;
    older.event("X").await;
    older.acknowledged(1).await;
    let epoch = older.epoch.clone();
    let started = std::time::Instant::now();
    let mut newer = hub.dashboard_with("energy-01", json!({"session": {"epoch": epoch}})).await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(newer.seq, 1);
    newer.event("X").await;
    newer.acknowledged(2).await;
    drop(older);
    newer.event("X").await;
    newer.acknowledged(3).await;
    let last = hub.bodies(RecordKind::Connection).pop().unwrap();
    assert_eq!(last["liveness"], "online", "the older connection's end is not the dashboard's");
}

#[tokio::test]
async fn silence_makes_stale_then_offline_and_a_heartbeat_online_again() {
    let hub = TestHub::with(|config| config.heartbeat_interval = Duration::from_millis(200)).await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let liveness = |hub: &TestHub| -> Vec<Liveness> {
        hub.bodies(RecordKind::Connection)
            .into_iter()
            .map(|body| serde_json::from_value(body["liveness"].clone()).unwrap())
            .collect()
    };
    eventually("stale", || (liveness(&hub).last() == Some(&Liveness::Stale)).then_some(())).await;
    dashboard.send(json!({"type": "HEARTBEAT"})).await;
    eventually("online", || (liveness(&hub).last() == Some(&Liveness::Online)).then_some(())).await;
    eventually("offline", || (liveness(&hub).last() == Some(&Liveness::Offline)).then_some(())).await;
    dashboard.expect_end().await;
    let again = hub.dashboard_with("energy-01", json!({"session": {"epoch": dashboard.epoch}})).await;
    eventually("online", || (liveness(&hub).last() == Some(&Liveness::Online)).then_some(())).await;
    drop(again);
    eventually("offline", || (liveness(&hub).last() == Some(&Liveness::Offline)).then_some(())).await;
}

#[tokio::test]
async fn a_goodbye_is_acknowledged_and_recorded_as_left() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let seq = dashboard.event("LAST").await;
    dashboard.send(json!({"type": "DISCONNECT", "reason": "maintenance"})).await;
    dashboard.acknowledged(seq).await;
    dashboard.expect_end().await;
    let left = eventually("left", || {
        hub.bodies(RecordKind::Connection).into_iter().find(|body| body["liveness"] == "left")
    })
    .await;
    assert_eq!(left["reason"], "maintenance");
}

#[tokio::test]
async fn stopping_tells_everyone_and_keeps_what_came() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut operator = hub.operator().await;
    operator.expect("WELCOME").await;
    let seq = dashboard.event("X").await;
    dashboard.acknowledged(seq).await;
    let TestHub { hub, directory } = hub;
    let path = hub.log_path().to_owned();
    let (told, asked, ()) = tokio::join!(
        async {
            let error = dashboard.expect_error("HUB_STOPPING").await;
            dashboard.expect_end().await;
            error
        },
        async {
            let error = operator.expect_error("HUB_STOPPING").await;
            operator.expect_end().await;
            error
        },
        hub.shutdown()
    );
    assert_eq!((told["type"].as_str(), asked["type"].as_str()), (Some("ERROR"), Some("ERROR")));
    let records = support::records(&path);
    assert_eq!(support::bodies(&records, RecordKind::Event).len(), 1);
    assert_eq!(support::bodies(&records, RecordKind::Connection).pop().unwrap()["reason"], "the hub stopped");
    drop(directory);
}

#[tokio::test]
async fn alerts_are_deduplicated_and_survive_a_restart() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let alert = |condition: &str| {
        json!({"type": "DATA_QUALITY", "severity": "warning", "title": "Low", "source": "dashboard",
            "condition": condition, "dashboardId": "energy-01", "timestamp": support::now()})
    };
    for seq in [1, 2] {
        dashboard.send(json!({"type": "ALERT", "seq": seq, "alert": alert("firing")})).await;
    }
    dashboard.acknowledged(2).await;
    let steps = hub.bodies(RecordKind::Alert);
    assert_eq!((&steps[0]["transition"], &steps[1]["transition"]), (&json!("raised"), &json!("repeated")));
    assert_eq!(steps[0]["alertId"], steps[1]["alertId"]);
    let epoch = dashboard.epoch.clone();
    drop(dashboard);
    let hub = hub.restart(|_| {}).await;
    let mut operator = hub.operator().await;
    let acknowledge = json!({"kind": "ACKNOWLEDGE_ALERT", "alertId": steps[0]["alertId"], "note": "on it"});
    operator.request(acknowledge).await;
    let mut dashboard = hub.dashboard_with("energy-01", json!({"session": {"epoch": epoch}})).await;
    dashboard.send(json!({"type": "ALERT", "seq": 3, "alert": alert("resolved")})).await;
    dashboard.acknowledged(3).await;
    dashboard.send(json!({"type": "ALERT", "seq": 4, "alert": alert("resolved")})).await;
    assert_eq!(dashboard.expect_error("ALERT_UNKNOWN").await["seq"], 4);
    dashboard.acknowledged(4).await;
    let steps = hub.bodies(RecordKind::Alert);
    let transitions: Vec<_> = steps.iter().map(|step| step["transition"].as_str().unwrap()).collect();
    assert_eq!(transitions, ["raised", "repeated", "acknowledged", "resolved"]);
    assert_eq!((&steps[2]["by"], &steps[2]["note"]), (&json!("alice"), &json!("on it")));
}

#[tokio::test]
async fn origins_and_paths_are_checked_at_the_door() {
    let hub =
        TestHub::with(|config| config.allowed_origins = vec!["https://dash.example.org".to_owned()]).await;
    let status = |url: String, origin: Option<&'static str>| async move {
        let headers: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
        match Client::connect_with(&url, &headers).await {
            Ok(_) => StatusCode::SWITCHING_PROTOCOLS,
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => response.status(),
            Err(other) => panic!("{other}"),
        }
    };
    let (dashboards, operators) = (hub.hub.dashboard_url(), hub.hub.operator_url());
    for (url, origin, expected) in [
        (&dashboards, None, 101),
        (&dashboards, Some("http://localhost:5173"), 101),
        (&dashboards, Some("https://dash.example.org"), 101),
        (&dashboards, Some("https://evil.example.org"), 403),
        (&operators, None, 101),
        (&operators, Some("http://localhost:5173"), 403),
        (&format!("{}/v2/dashboard", hub.hub.url()), None, 404),
    ] {
        assert_eq!(status(url.clone(), origin).await.as_u16(), expected, "{url} {origin:?}");
    }
}

#[tokio::test]
async fn a_hub_that_cannot_start_says_what_to_do() {
    let hub = TestHub::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = HubConfig::new(directory.path());
    config.listen = hub.hub.address();
    let error = Hub::start(config.clone()).await.unwrap_err();
    assert!(matches!(error, HubError::AddressInUse { .. }), "{error}");
    config.listen = "0.0.0.0:0".parse().unwrap();
    let error = Hub::start(config.clone()).await.unwrap_err();
    assert!(error.to_string().contains("--tls-cert"), "{error}");
    config.listen = "127.0.0.1:0".parse().unwrap();
    config.data_directory = hub.directory.path().to_owned();
    let error = Hub::start(config.clone()).await.unwrap_err();
    assert!(error.to_string().contains("in use"), "{error}");
    std::fs::write(directory.path().join("log.sqlite"), vec![b'x'; 10_000]).unwrap();
    config.data_directory = directory.path().to_owned();
    let error = Hub::start(config).await.unwrap_err();
    assert!(matches!(&error, HubError::Log(error) if error.is_damage()), "{error}");
    assert_eq!(
        std::fs::read(directory.path().join("log.sqlite")).unwrap(),
        vec![b'x'; 10_000],
        "left as it is"
    );
}

#[tokio::test]
async fn a_websocket_ping_is_answered() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    dashboard.socket.send(Message::Ping(vec![7].into())).await.unwrap();
    loop {
        match tokio::time::timeout(support::PATIENCE, dashboard.socket.next()).await.unwrap() {
            Some(Ok(Message::Pong(payload))) => break assert_eq!(&payload[..], [7]),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}
