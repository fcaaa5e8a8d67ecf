//! Operators: following the log from where they stand, live, slow, and inside the same program.

use std::time::Duration;

use mission_control_protocol::{
    DashboardId, ErrorCode, OperatorId,
    operator_wire::{ConsoleMessage, OperatorMessage, OperatorReply, OperatorRequest, RequestOutcome},
};
use serde_json::{Value, json};

use crate::support::{self, Client, PATIENCE, TestHub, eventually};

/// Reads `RECORDS` until the record with number `until`, and returns the numbers in the order they came.
async fn numbers_until(operator: &mut Client, until: u64) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.last().is_none_or(|last| *last < until) {
        let batch = operator.expect("RECORDS").await;
        numbers.extend(
            batch["records"].as_array().unwrap().iter().map(|record| record["seq"].as_u64().unwrap()),
        );
    }
    numbers
}

fn cursor(welcome: &Value, seq: u64) -> Value {
    json!([{"partition": 0, "epoch": welcome["partitions"][0]["epoch"], "seq": seq}])
}

async fn publish(dashboard: &mut Client, count: u64) {
    for _ in 0..count {
        dashboard.event("X").await;
    }
    dashboard.acknowledged(dashboard.seq).await;
}

#[tokio::test]
async fn welcome_says_who_and_what_the_hub_is() {
    let hub = TestHub::with(|config| config.name = "Test hub".to_owned()).await;
    let mut operator = hub.operator().await;
    let welcome = operator.expect("WELCOME").await;
    assert_eq!((&welcome["hubName"], &welcome["heartbeatInterval"]), (&json!("Test hub"), &json!(5_000)));
    assert_eq!(welcome["partitions"][0]["lastSeq"], 0);
    let id = welcome["hubId"].clone();
    operator.send(json!({"type": "PING", "nonce": 42})).await;
    assert_eq!(operator.expect("PONG").await["nonce"], 42);
    operator.send(json!({"type": "HELLO", "token": hub.operator_token(), "operator": "alice"})).await;
    operator.expect_error("ALREADY_REGISTERED").await;
    operator.send_text("nonsense".to_owned()).await;
    operator.expect_error("MALFORMED_JSON").await;
    let hub = hub.restart(|_| {}).await;
    let mut operator = hub.operator().await;
    assert_eq!(operator.expect("WELCOME").await["hubId"], id, "a hub keeps its id");
}

#[tokio::test]
async fn an_operator_resumes_without_a_gap_or_a_duplicate_while_records_keep_coming() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    publish(&mut dashboard, 2_500).await;
    let mut operator = hub.operator().await;
    let welcome = operator.expect("WELCOME").await;
    let publishing = async {
        for _ in 0..20 {
            publish(&mut dashboard, 25).await;
        }
    };
    let (numbers, ()) = tokio::join!(numbers_until(&mut operator, 3_002), publishing);
    assert_eq!(numbers, (1..=3_002).collect::<Vec<_>>());
    drop(operator);
    publish(&mut dashboard, 10).await;
    let mut operator = hub.operator_from(cursor(&welcome, 3_002)).await;
    assert_eq!(numbers_until(&mut operator, 3_012).await, (3_003..=3_012).collect::<Vec<_>>());
    // A cursor of another life of the log, or one beyond its end, says nothing.
    for cursors in
        [json!([{"partition": 0, "epoch": uuid::Uuid::new_v4(), "seq": 3_000}]), cursor(&welcome, 1_000_000)]
    {
        let mut operator = hub.operator_from(cursors).await;
        assert_eq!(numbers_until(&mut operator, 3_012).await, (1..=3_012).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_operator_misses_nothing_and_holds_nobody_up() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut slow = hub.operator().await;
    slow.expect("WELCOME").await;
    // 40 MB that the operator does not read yet: far more than sockets and queues hold.
    let payload = "z".repeat(20_000);
    for _ in 0..20 {
        for _ in 0..100 {
            dashboard.seq += 1;
            let mut event = dashboard.event_body("LARGE", dashboard.seq);
            event["payload"] = json!(payload);
            dashboard.send(json!({"type": "EVENT", "seq": dashboard.seq, "event": event})).await;
        }
        dashboard.acknowledged(dashboard.seq).await;
    }
    let mut quick = hub.operator().await;
    assert_eq!(numbers_until(&mut quick, 2_002).await.len(), 2_002);
    assert_eq!(numbers_until(&mut slow, 2_002).await, (1..=2_002).collect::<Vec<_>>());
    publish(&mut dashboard, 1).await;
    assert_eq!(numbers_until(&mut slow, 2_003).await, [2_003]);
}

#[tokio::test]
async fn records_can_be_fetched_again_within_bounds() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    publish(&mut dashboard, 5_000).await;
    let mut operator = hub.operator().await;
    let fetch = |partition: u16, from: u64, to: u64| json!({"kind": "FETCH_RECORDS", "partition": partition, "fromSeq": from, "toSeq": to});
    for (from, to, first, count) in [(3, 7, 3, 5), (1, 5_002, 1, 4_096), (5_000, 9_999, 5_000, 3)] {
        let RequestOutcome::Ok(OperatorReply::Records(batch)) = operator.request(fetch(0, from, to)).await
        else {
            panic!("{from} to {to}")
        };
        assert_eq!((batch.records[0].seq, batch.records.len()), (first, count));
        assert!(batch.records.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
    }
    for (partition, from, to) in [(1, 1, 2), (0, 0, 2), (0, 7, 3), (0, 6_000, 7_000)] {
        let RequestOutcome::Error(error) = operator.request(fetch(partition, from, to)).await else {
            panic!("{partition} {from} {to}")
        };
        assert_eq!(error.code, ErrorCode::RecordsUnavailable);
    }
}

#[tokio::test]
async fn presence_tells_who_is_heard_from_without_a_record() {
    let hub = TestHub::with(|config| config.heartbeat_interval = Duration::from_millis(400)).await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut operator = hub.operator().await;
    operator.expect("WELCOME").await;
    let before = hub.records().len();
    let mut reports = 0;
    let started = std::time::Instant::now();
    while reports < 2 {
        dashboard.send(json!({"type": "HEARTBEAT"})).await;
        if let Ok(message) = tokio::time::timeout(Duration::from_millis(100), operator.next()).await {
            let message = message.unwrap();
            if message["type"] == "PRESENCE" {
                assert!(message["heardAt"]["energy-01"].is_string(), "{message}");
                reports += 1;
            }
        }
        assert!(started.elapsed() < PATIENCE);
    }
    assert!(started.elapsed() >= Duration::from_millis(900), "at most one a second");
    assert_eq!(hub.records().len(), before);
}

#[tokio::test]
async fn a_console_of_the_same_program_follows_and_asks_like_any_other() {
    let hub = TestHub::start().await;
    let (to_hub, mut from_hub) = hub.hub.connect_operator();
    let operator = OperatorId::new("bob").unwrap();
    to_hub
        .send(OperatorMessage::Hello { token: String::new(), operator, cursors: Vec::new(), newest: None })
        .await
        .unwrap();
    let ConsoleMessage::Welcome { partitions, .. } = support::from_hub(&mut from_hub).await else { panic!() };
    assert_eq!(partitions.len(), 1);
    let mut dashboard = hub.dashboard("energy-01").await;
    let request = OperatorRequest::IssueCommand {
        dashboard_id: DashboardId::new("energy-01").unwrap(),
        kind: "REFRESH_DATA".to_owned(),
        payload: Value::Null,
        timeout_milliseconds: None,
    };
    to_hub.send(OperatorMessage::Request { request_id: 9, request }).await.unwrap();
    let command = dashboard.expect("COMMAND").await;
    assert_eq!(command["command"]["issuedBy"], "bob");
    let mut next = 1;
    let mut replied = false;
    while !replied || next <= 4 {
        match support::from_hub(&mut from_hub).await {
            ConsoleMessage::Records(batch) => {
                for record in &*batch.records {
                    assert_eq!(record.seq, next);
                    next += 1;
                }
            }
            ConsoleMessage::Reply { request_id, outcome } => {
                assert_eq!(request_id, 9);
                assert!(matches!(outcome, RequestOutcome::Ok(OperatorReply::Command { .. })), "{outcome:?}");
                replied = true;
            }
            _ => {}
        }
    }
    let TestHub { hub, directory } = hub;
    let (last, ()) = tokio::join!(
        async {
            let mut last = None;
            while let Some(message) = from_hub.recv().await {
                last = Some(message);
            }
            last
        },
        hub.shutdown()
    );
    let Some(ConsoleMessage::Error(error)) = last else { panic!("{last:?}") };
    assert_eq!(error.code, ErrorCode::HubStopping);
    drop(directory);
}

#[tokio::test]
async fn two_operators_see_the_same_and_who_did_what() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut first = hub.operator().await;
    let mut second = hub.operator().await;
    let alert = json!({"type": "DATA_QUALITY", "severity": "critical", "title": "Low", "source": "dashboard",
        "dashboardId": "energy-01", "timestamp": support::now()});
    dashboard.send(json!({"type": "ALERT", "seq": 1, "alert": alert})).await;
    let raised = first.record("raised", |record| record["body"]["transition"] == "raised").await;
    assert_eq!(raised["severity"], "critical");
    let acknowledge = json!({"kind": "ACKNOWLEDGE_ALERT", "alertId": raised["body"]["alertId"]});
    assert_eq!(first.request(acknowledge.clone()).await, RequestOutcome::Ok(OperatorReply::Done));
    let step = second.record("acknowledged", |record| record["body"]["transition"] == "acknowledged").await;
    assert_eq!(step["body"]["by"], "alice");
    let RequestOutcome::Error(error) = second.request(acknowledge).await else { panic!("twice") };
    assert_eq!(error.code, ErrorCode::AlertStateConflict);
    eventually("both are counted", || (hub.hub.counters().connections >= 3).then_some(())).await;
}

#[tokio::test]
async fn who_wants_the_newest_first_is_told_what_the_others_come_to() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    publish(&mut dashboard, 300).await;
    let mut operator = Client::connect(&hub.hub.operator_url()).await.unwrap();
    let hello = |newest: Value, cursors: Value| {
        json!({"type": "HELLO", "token": hub.operator_token(), "operator": "alice", "cursors": cursors,
            "newest": newest})
    };
    operator.send(hello(json!(100), json!([]))).await;
    let welcome = operator.expect("WELCOME").await;
    let snapshot = operator.expect("SNAPSHOT").await;
    assert_eq!(snapshot["cursors"], cursor(&welcome, 202));
    assert_eq!(snapshot["projection"]["dashboards"]["energy-01"]["event_count"], 200, "{snapshot}");
    assert_eq!(numbers_until(&mut operator, 302).await, (203..=302).collect::<Vec<_>>());
    publish(&mut dashboard, 1).await;
    assert_eq!(numbers_until(&mut operator, 303).await, [303]);

    // Who misses no more than that gets all of it, and no snapshot.
    let mut near = Client::connect(&hub.hub.operator_url()).await.unwrap();
    near.send(hello(json!(100), cursor(&welcome, 250))).await;
    near.expect("WELCOME").await;
    let next = loop {
        let message = near.next().await.unwrap();
        if message["type"] != "TOKENS" {
            break message;
        }
    };
    assert_eq!((&next["type"], &next["records"][0]["seq"]), (&json!("RECORDS"), &json!(251)));

    // And who says nothing of it gets everything, as ever.
    let mut plain = hub.operator().await;
    assert_eq!(numbers_until(&mut plain, 303).await, (1..=303).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_snapshots_of_a_stretch_come_with_its_records() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    publish(&mut dashboard, 20).await;
    // A hub that stops writes down what its records come to.
    let hub = hub.restart(|_| {}).await;
    let mut dashboard = hub.dashboard("energy-02").await;
    publish(&mut dashboard, 20).await;
    let last = hub.records().last().unwrap().seq;
    let mut operator = hub.operator().await;
    let fetch =
        json!({"kind": "FETCH_RECORDS", "partition": 0, "fromSeq": 5, "toSeq": last, "snapshots": true});
    let RequestOutcome::Ok(OperatorReply::History { batch, snapshots }) = operator.request(fetch).await
    else {
        panic!("no history")
    };
    assert_eq!((batch.records[0].seq, batch.records.len() as u64), (5, last - 4));
    let seqs: Vec<u64> = snapshots.iter().map(|snapshot| snapshot.cursors[0].seq).collect();
    assert!(!seqs.is_empty() && seqs.iter().all(|seq| (4..=last).contains(seq)), "{seqs:?}");
}
