//! Alerts over real sockets: what operators ask, what rules say, and what is known after a restart.

use mission_control_protocol::operator_wire::{OperatorReply, RequestOutcome};
use mission_control_store::LogReader;
use serde_json::{Value, json};

use crate::support::{Client, TestHub, now};

fn is_step<'step>(transition: &'step str) -> impl Fn(&Value) -> bool + 'step {
    move |record| record["kind"] == "ALERT" && record["body"]["transition"] == transition
}

async fn alert(dashboard: &mut Client, title: &str) {
    dashboard.seq += 1;
    let alert = json!({"type": "DATA_QUALITY", "severity": "warning", "title": title, "source": "rule",
        "dashboardId": dashboard.id, "timestamp": now()});
    dashboard.send(json!({"type": "ALERT", "seq": dashboard.seq, "alert": alert})).await;
}

async fn quality(dashboard: &mut Client, value: f64) {
    dashboard.seq += 1;
    let metrics = json!({"dashboardId": dashboard.id, "timestamp": now(), "data": {"totalRecords": 1.0,
        "processingRate": 1.0, "errorRate": 0.0, "dataQuality": value}});
    dashboard.send(json!({"type": "METRICS", "seq": dashboard.seq, "metrics": metrics})).await;
}

fn silence() -> Value {
    json!({"id": "calm", "matchers": ["useCase=energy", "environment=~prod.*"], "endsAt": "2100-01-01T00:00:00Z",
        "comment": "works"})
}

#[tokio::test]
async fn a_silenced_alert_names_its_silence_and_is_told_when_that_ends_even_after_a_restart() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let create = json!({"kind": "CREATE_SILENCE", "silence": silence()});
    for _ in 0..2 {
        assert_eq!(operator.request(create.clone()).await, RequestOutcome::Ok(OperatorReply::Done));
    }
    let production = json!({"config": {"metadata": {"environment": "production"}}});
    let mut dashboard = hub.dashboard_with("energy-01", production).await;
    alert(&mut dashboard, "low").await;
    let raised = operator.record("raised", is_step("raised")).await;
    assert_eq!(raised["body"]["heldBy"], json!([{"kind": "SILENCED", "silenceId": "calm"}]));
    assert_eq!(raised["body"]["labels"]["environment"], "production");
    assert_eq!(raised["body"]["alert"]["source"], "dashboard", "only the hub speaks as a rule");
    let wrong = json!({"kind": "CREATE_SILENCE", "silence":
        {"id": "x", "matchers": ["a=~("], "endsAt": "2100-01-01T00:00:00Z"}});
    operator.post(wrong).await;
    let error = operator.expect_error("INVALID_MESSAGE").await;
    assert!(error["message"].as_str().unwrap().contains("regular expression"), "{error}");
    let hub = hub.restart(|_| {}).await;
    let mut operator = hub.operator().await;
    let expire = json!({"kind": "EXPIRE_SILENCE", "silenceId": "calm"});
    assert_eq!(operator.request(expire).await, RequestOutcome::Ok(OperatorReply::Done));
    let told = operator.record("notified", is_step("notified")).await;
    assert_eq!(told["body"]["alertId"], raised["body"]["alertId"]);
    let (projection, _) = LogReader::open(hub.hub.log_path()).unwrap().projection().unwrap();
    let known = projection.alert_policies.silence(&"calm".parse().unwrap()).unwrap();
    assert_eq!((known.held, known.reports, known.over.is_some()), (1, 1, true));
    assert_eq!(projection.unreadable, 0);
}

#[tokio::test]
async fn a_rule_is_saved_back_tested_and_raises_and_resolves_its_alert() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let before = now();
    quality(&mut dashboard, 40.0).await;
    quality(&mut dashboard, 90.0).await;
    dashboard.acknowledged(dashboard.seq).await;
    let rule = json!({"id": "quality", "title": "Quality is low", "severity": "error",
        "labels": {"team": "data"}, "condition": {"kind": "THRESHOLD", "metric": "data.dataQuality",
        "unit": "%", "comparison": "BELOW", "value": 50.0, "clear": 60.0}});
    let test = json!({"kind": "BACK_TEST_RULE", "rule": rule, "from": before, "to": "2100-01-01T00:00:00Z"});
    let RequestOutcome::Ok(OperatorReply::BackTest(tested)) = operator.request(test).await else {
        panic!("no back-test")
    };
    assert_eq!((tested.fired, tested.samples, tested.complete, tested.dashboards), (1, 2, true, 1));
    assert_eq!(tested.firings[0].value, Some(40.0));
    assert!(tested.firings[0].to.is_some());
    let save = json!({"kind": "SAVE_RULE", "rule": rule, "expectedVersion": 0});
    let RequestOutcome::Ok(OperatorReply::Rules { saved, .. }) = operator.request(save.clone()).await else {
        panic!("not saved")
    };
    assert_eq!(saved[0].version, 1);
    let unknown = json!({"kind": "SAVE_RULE", "rule": {"id": "odd", "title": "Odd", "severity": "info",
        "condition": {"kind": "THRESHOLD", "metric": "data.dataQualty", "comparison": "BELOW", "value": 50.0}}});
    let RequestOutcome::Ok(OperatorReply::Rules { warnings, .. }) = operator.request(unknown).await else {
        panic!("not saved")
    };
    assert!(warnings[0].contains("data.dataQualty"), "{warnings:?}");
    let RequestOutcome::Error(error) = operator.request(save).await else { panic!("saved over a newer one") };
    assert!(error.message.contains("version 1"), "{error}");
    quality(&mut dashboard, 49.0).await;
    let raised = operator.record("raised", is_step("raised")).await;
    let body = &raised["body"];
    assert_eq!((&body["labels"]["rule"], &body["labels"]["team"]), (&json!("quality"), &json!("data")));
    assert_eq!((&body["alert"]["source"], &raised["severity"]), (&json!("rule"), &json!("error")));
    assert_eq!(body["alert"]["message"], "data.dataQuality is 49 %, below 50 %.");
    // The alert outlives the hub, and its rule goes on with it.
    let hub = hub.restart(|_| {}).await;
    let mut operator = hub.operator().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    quality(&mut dashboard, 55.0).await;
    quality(&mut dashboard, 60.0).await;
    let resolved = operator.record("resolved", is_step("resolved")).await;
    assert_eq!(resolved["body"]["alertId"], body["alertId"]);
}

#[tokio::test]
async fn a_deviation_is_told_and_the_hub_knows_the_usual_after_a_restart() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let rule = json!({"id": "odd", "title": "Quality is odd", "severity": "warning", "condition":
        {"kind": "DEVIATION", "metric": "data.dataQuality", "unit": "%", "calmSeconds": 10, "atLeast": 90}});
    let wrong = json!({"kind": "SAVE_RULE", "rule":
        {"id": "odd", "title": "Odd", "severity": "warning", "forSeconds": 60, "condition": rule["condition"]}});
    let RequestOutcome::Error(error) = operator.request(wrong).await else { panic!("saved") };
    assert!(error.message.contains("`forSeconds`"), "{error}");
    let save = json!({"kind": "SAVE_RULE", "rule": rule, "expectedVersion": 0});
    assert!(matches!(operator.request(save).await, RequestOutcome::Ok(_)));
    for number in 0..100 {
        quality(&mut dashboard, 90.0 + f64::from(number % 3)).await;
    }
    dashboard.acknowledged(dashboard.seq).await;
    let hub = hub.restart(|_| {}).await;
    let mut operator = hub.operator().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    quality(&mut dashboard, 91.0).await;
    quality(&mut dashboard, 20.0).await;
    let raised = operator.record("raised", is_step("raised")).await;
    let alert = &raised["body"]["alert"];
    assert_eq!((&alert["type"], &raised["severity"]), (&json!("DEVIATION"), &json!("warning")));
    let message = alert["message"].as_str().unwrap();
    assert!(message.starts_with("data.dataQuality is 20 %, unlike what is usual for it: it "), "{message}");
}

#[tokio::test]
async fn ten_thousand_alerts_at_once_are_counted_exactly_and_the_hub_answers_meanwhile() {
    let hub = TestHub::start().await;
    let mut operator = hub.operator().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let flood = async {
        for number in 0..10_000 {
            alert(&mut dashboard, &format!("problem {}", number % 50)).await;
        }
        dashboard.acknowledged(10_000).await;
    };
    let asking = async {
        for number in 0..20 {
            let silence = json!({"id": format!("calm-{number}"), "matchers": ["dashboard=other"],
                "endsAt": "2100-01-01T00:00:00Z", "comment": "works"});
            let create = json!({"kind": "CREATE_SILENCE", "silence": silence});
            let asked = std::time::Instant::now();
            assert_eq!(operator.request(create).await, RequestOutcome::Ok(OperatorReply::Done));
            assert!(asked.elapsed() < std::time::Duration::from_secs(10), "{:?}", asked.elapsed());
        }
    };
    tokio::join!(flood, asking);
    let (projection, _) = LogReader::open(hub.hub.log_path()).unwrap().projection().unwrap();
    let counts: Vec<u64> = projection.alerts.open().map(|alert| alert.count).collect();
    assert_eq!((counts.len(), counts.iter().sum::<u64>()), (50, 10_000));
}

#[tokio::test]
async fn an_alert_that_says_too_much_is_cut_and_kept() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    alert(&mut dashboard, &"<b>\u{202e}\u{7}".repeat(60_000)).await;
    let notice = dashboard.expect_error("ALERT_CUT").await;
    assert_eq!(notice["seq"], 1);
    dashboard.acknowledged(1).await;
    let mut operator = hub.operator().await;
    let raised = operator.record("raised", is_step("raised")).await;
    assert_eq!(raised["body"]["alert"]["title"].as_str().unwrap().chars().count(), 300);
}
