//! What operators ask of dashboards: commands through all their stages, queries, configurations, notices; and what
//! becomes of them when the hub restarts in between.

use std::time::Duration;

use crate::support::{self, Client, TestHub, eventually};
use mission_control_protocol::{
    ErrorCode, RecordKind,
    operator_wire::{OperatorReply, RequestOutcome},
};
use serde_json::{Value, json};

#[expect(clippy::needless_pass_by_value, reason = "calls read better with a literal")]
fn issue(dashboard: &str, kind: &str, payload: Value) -> Value {
    json!({"kind": "ISSUE_COMMAND", "dashboardId": dashboard, "commandType": kind, "payload": payload})
}

fn command_id(outcome: RequestOutcome) -> String {
    let RequestOutcome::Ok(OperatorReply::Command { command_id }) = outcome else { panic!("{outcome:?}") };
    command_id.to_string()
}

fn error_code(outcome: RequestOutcome) -> ErrorCode {
    let RequestOutcome::Error(error) = outcome else { panic!("{outcome:?}") };
    error.code
}

async fn result(dashboard: &mut Client, command: &str, more: Value) {
    let mut message = json!({"type": "COMMAND_RESULT", "commandId": command, "success": true});
    support::merge(&mut message, more);
    dashboard.send(message).await;
}

#[tokio::test]
async fn a_command_goes_through_its_stages_to_its_result() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut operator = hub.operator().await;
    let id = command_id(operator.request(issue("energy-01", "INGEST_DATA", json!({"source": "s"}))).await);
    let command = dashboard.expect("COMMAND").await["command"].clone();
    assert_eq!(command["id"], id.as_str());
    assert_eq!(command["type"], "INGEST_DATA");
    assert_eq!(command["issuedBy"], "alice");
    for (stage, progress) in [("ACCEPTED", Value::Null), ("RUNNING", json!(0.5))] {
        dashboard
            .send(json!({"type": "COMMAND_PROGRESS", "commandId": id, "stage": stage, "progress": progress}))
            .await;
    }
    result(&mut dashboard, &id, json!({"seq": 1, "result": {"records": 7}, "duration": 12.5})).await;
    dashboard.acknowledged(1).await;
    assert_eq!(operator.stage(&id, "QUEUED").await["command"]["payload"], json!({"source": "s"}));
    operator.stage(&id, "SENT").await;
    operator.stage(&id, "ACCEPTED").await;
    assert_eq!(operator.stage(&id, "RUNNING").await["progress"], 0.5);
    let done = operator.stage(&id, "SUCCEEDED").await;
    assert_eq!(done["result"], json!({"records": 7}));
    assert_eq!(done["duration"], 12.5);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_recorded() {
    let hub = TestHub::start().await;
    let dashboard = hub.dashboard("energy-01").await;
    let mut gone = hub.dashboard("energy-02").await;
    gone.send(json!({"type": "DISCONNECT", "reason": "done"})).await;
    gone.expect_end().await;
    let mut operator = hub.operator().await;
    operator
        .record("left", |record| record["kind"] == "CONNECTION" && record["body"]["liveness"] == "left")
        .await;
    for (request, code) in [
        (issue("nobody", "REFRESH_DATA", json!({})), ErrorCode::DashboardUnknown),
        (issue("energy-02", "REFRESH_DATA", json!({})), ErrorCode::DashboardOffline),
        (issue("energy-01", "SELF_DESTRUCT", json!({})), ErrorCode::CommandUndeclared),
        (issue("energy-01", "INGEST_DATA", json!({"source": 3})), ErrorCode::PayloadInvalid),
    ] {
        assert_eq!(error_code(operator.request(request).await), code);
        let refused = operator.record("refused", |record| record["body"]["stage"] == "REFUSED").await;
        assert_eq!(refused["body"]["error"]["code"], serde_json::to_value(code).unwrap());
        assert_eq!(refused["body"]["command"]["issuedBy"], "alice");
    }
    let unknown = json!({"kind": "CANCEL_COMMAND", "commandId": "no-such"});
    assert_eq!(error_code(operator.request(unknown).await), ErrorCode::CommandUnknown);
    drop(dashboard);
}

#[tokio::test]
async fn a_silent_dashboard_times_out_and_its_late_result_still_counts() {
    let hub = TestHub::with(|config| config.limits.accept_timeout = Duration::from_millis(150)).await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut operator = hub.operator().await;
    let id = command_id(operator.request(issue("energy-01", "REFRESH_DATA", json!({}))).await);
    operator.stage(&id, "TIMED_OUT").await;
    result(&mut dashboard, &id, json!({})).await;
    operator.stage(&id, "SUCCEEDED").await;

    let mut request = issue("energy-01", "REFRESH_DATA", json!({}));
    request["timeoutMilliseconds"] = json!(300);
    let id = command_id(operator.request(request).await);
    dashboard.send(json!({"type": "COMMAND_PROGRESS", "commandId": id, "stage": "RUNNING"})).await;
    operator.stage(&id, "RUNNING").await;
    operator.stage(&id, "TIMED_OUT").await;
}

#[tokio::test]
async fn a_running_command_is_cancelled_by_asking_the_dashboard() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut operator = hub.operator().await;
    let id = command_id(operator.request(issue("energy-01", "REFRESH_DATA", json!({}))).await);
    dashboard.expect("COMMAND").await;
    let cancel = json!({"kind": "CANCEL_COMMAND", "commandId": id});
    assert_eq!(operator.request(cancel.clone()).await, RequestOutcome::Ok(OperatorReply::Done));
    assert_eq!(dashboard.expect("COMMAND_CANCEL").await["commandId"], id.as_str());
    result(&mut dashboard, &id, json!({"success": false, "error": "cancelled"})).await;
    let cancelled = operator.stage(&id, "CANCELLED").await;
    assert_eq!(cancelled["message"], "cancelled on request of alice");
    assert_eq!(error_code(operator.request(cancel).await), ErrorCode::CommandStageConflict);
}

#[tokio::test]
async fn a_result_for_anothers_command_is_an_error_and_a_recorded_refusal() {
    let hub = TestHub::start().await;
    let mut first = hub.dashboard("energy-01").await;
    let mut second = hub.dashboard("energy-02").await;
    let mut operator = hub.operator().await;
    let id = command_id(operator.request(issue("energy-01", "REFRESH_DATA", json!({}))).await);
    first.expect("COMMAND").await;
    result(&mut second, &id, json!({"seq": 1})).await;
    assert_eq!(second.expect_error("COMMAND_UNKNOWN").await["seq"], 1);
    // The number is spent, so that what follows is not held up.
    second.acknowledged(1).await;
    second.event_at(2, "AFTER").await;
    second.acknowledged(2).await;
    let refusal = operator.record("refusal", |record| record["kind"] == "REFUSAL").await;
    assert_eq!(
        (&refusal["dashboardId"], &refusal["body"]["code"]),
        (&json!("energy-02"), &json!("COMMAND_UNKNOWN"))
    );
    result(&mut first, &id, json!({"seq": 1})).await;
    operator.stage(&id, "SUCCEEDED").await;
    // Said again under a new number: kept once, and acknowledged.
    result(&mut first, &id, json!({"seq": 2})).await;
    first.acknowledged(2).await;
    let succeeded =
        hub.bodies(RecordKind::Command).into_iter().filter(|body| body["stage"] == "SUCCEEDED").count();
    assert_eq!(succeeded, 1);
}

#[tokio::test]
async fn a_restart_in_the_middle_of_commands_loses_none() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let epoch = dashboard.epoch.clone();
    let mut operator = hub.operator().await;
    let running = command_id(operator.request(issue("energy-01", "REFRESH_DATA", json!({}))).await);
    dashboard.expect("COMMAND").await;
    dashboard.send(json!({"type": "COMMAND_PROGRESS", "commandId": running, "stage": "RUNNING"})).await;
    operator.stage(&running, "RUNNING").await;
    let mut request = issue("energy-01", "REFRESH_DATA", json!({}));
    request["timeoutMilliseconds"] = json!(1_500);
    let abandoned = command_id(operator.request(request).await);
    operator.stage(&abandoned, "SENT").await;
    dashboard.event("BEFORE").await;
    dashboard.acknowledged(1).await;

    let hub = hub.restart(|_| {}).await;
    assert!(
        hub.bodies(RecordKind::Connection).iter().any(|body| body["liveness"] == "offline"),
        "the dashboard was there when the hub stopped"
    );
    let mut dashboard = hub.connect().await;
    let more = json!({"session": {"epoch": epoch}});
    let registered = dashboard.register("energy-01", &hub.dashboard_token(), more).await;
    assert_eq!(registered["lastSeq"], 1);
    result(&mut dashboard, &running, json!({"seq": 2})).await;
    dashboard.acknowledged(2).await;
    for (command, stage) in [(&running, "SUCCEEDED"), (&abandoned, "TIMED_OUT")] {
        eventually(stage, || {
            let steps = hub.bodies(RecordKind::Command);
            steps.into_iter().find(|step| step["commandId"] == command.as_str() && step["stage"] == stage)
        })
        .await;
    }
}

#[tokio::test]
async fn a_query_is_answered_or_times_out_or_fails_with_its_dashboard() {
    let hub = TestHub::with(|config| config.limits.query_timeout = Duration::from_millis(200)).await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut operator = hub.operator().await;
    let ask = json!({"kind": "QUERY", "dashboardId": "energy-01", "queryType": "STATUS", "params": {"x": 1}});

    let number = operator.post(ask.clone()).await;
    let query = dashboard.expect("QUERY").await["query"].clone();
    assert_eq!((&query["type"], &query["params"]), (&json!("STATUS"), &json!({"x": 1})));
    dashboard
        .send(
            json!({"type": "QUERY_RESULT", "queryId": query["id"], "success": true, "result": {"ok": true}}),
        )
        .await;
    let RequestOutcome::Ok(OperatorReply::Query { result, .. }) = operator.reply(number).await else {
        panic!()
    };
    assert_eq!(result, json!({"ok": true}));

    let number = operator.post(ask.clone()).await;
    assert_eq!(error_code(operator.reply(number).await), ErrorCode::QueryTimeout);
    let late = dashboard.expect("QUERY").await["query"]["id"].clone();
    dashboard.send(json!({"type": "QUERY_RESULT", "queryId": late, "success": true})).await;
    dashboard.expect_error("QUERY_UNKNOWN").await;

    let number = operator.post(ask.clone()).await;
    let query = dashboard.expect("QUERY").await["query"]["id"].clone();
    dashboard
        .send(
            json!({"type": "QUERY_RESULT", "queryId": query, "success": false, "error": "no such question"}),
        )
        .await;
    let RequestOutcome::Error(failed) = operator.reply(number).await else { panic!("it was not answered") };
    assert_eq!((failed.code, failed.message.as_str()), (ErrorCode::QueryFailed, "no such question"));

    let number = operator.post(ask.clone()).await;
    dashboard.expect("QUERY").await;
    drop(dashboard);
    let failed = error_code(operator.reply(number).await);
    assert!(matches!(failed, ErrorCode::DashboardOffline | ErrorCode::QueryTimeout), "{failed:?}");
    let asked = hub.bodies(RecordKind::Query);
    assert!(asked.iter().any(|body| body["by"] == "alice" && body["query"]["type"] == "STATUS"), "{asked:?}");
}

#[tokio::test]
async fn a_configuration_is_versioned_held_and_answered_for() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut operator = hub.operator().await;
    let push =
        |values: Value| json!({"kind": "PUSH_CONFIGURATION", "dashboardId": "energy-01", "values": values});
    assert_eq!(error_code(operator.request(push(json!(3))).await), ErrorCode::InvalidMessage);
    let outcome = operator.request(push(json!({"theme": "dark"}))).await;
    assert_eq!(outcome, RequestOutcome::Ok(OperatorReply::Configuration { version: 1 }));
    let update = dashboard.expect("CONFIG_UPDATE").await;
    assert_eq!(update["config"], json!({"version": 1, "values": {"theme": "dark"}}));
    dashboard
        .send(json!({"type": "CONFIG_RESULT", "version": 1, "success": false, "error": "no such theme"}))
        .await;
    let rejected = operator.record("rejected", |record| record["body"]["state"] == "rejected").await;
    assert_eq!(rejected["body"]["error"], "no such theme");

    // Pushed while the dashboard is away: it gets it when it registers, after a restart too.
    drop(dashboard);
    operator.record("offline", |record| record["body"]["liveness"] == "offline").await;
    operator.request(push(json!({"theme": "light"}))).await;
    let hub = hub.restart(|_| {}).await;
    let mut dashboard = hub.connect().await;
    let registered = dashboard.register("energy-01", &hub.dashboard_token(), json!({})).await;
    assert_eq!(registered["configuration"], json!({"version": 2, "values": {"theme": "light"}}));
    let mut operator = hub.operator().await;
    let outcome = operator.request(push(json!({"theme": "dark"}))).await;
    assert_eq!(outcome, RequestOutcome::Ok(OperatorReply::Configuration { version: 3 }));
}

#[tokio::test]
async fn a_notice_reaches_the_dashboards_user_and_is_recorded() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut operator = hub.operator().await;
    let notice = json!({"kind": "NOTIFY_DASHBOARD", "dashboardId": "energy-01", "title": "Maintenance", "message": "at noon"});
    assert_eq!(operator.request(notice).await, RequestOutcome::Ok(OperatorReply::Done));
    let alert = dashboard.expect("ALERT").await["alert"].clone();
    assert_eq!((&alert["title"], &alert["source"]), (&json!("Maintenance"), &json!("operator")));
    let recorded = eventually("the notice is recorded", || hub.bodies(RecordKind::Event).pop()).await;
    assert_eq!(recorded["payload"], json!({"title": "Maintenance", "message": "at noon", "by": "alice"}));
}

#[tokio::test]
async fn a_backends_update_is_recorded_under_the_dashboard_and_forwarded_to_it() {
    let hub = TestHub::start().await;
    let mut dashboard = hub.dashboard("energy-01").await;
    let mut backend = hub.dashboard_with("backend-1", json!({"config": {"type": "backend"}})).await;
    let update = json!({"dashboardId": "energy-01", "workflowId": "w1", "executionId": "e1", "state": "running",
        "progress": 0.25, "timestamp": support::now()});
    backend.send(json!({"type": "WORKFLOW_UPDATE", "seq": 1, "update": update})).await;
    assert_eq!(dashboard.expect("WORKFLOW_UPDATE").await["update"], update);
    backend.acknowledged(1).await;
    let record = hub.records().into_iter().find(|record| record.kind == RecordKind::WorkflowUpdate).unwrap();
    assert_eq!(record.dashboard_id.as_str(), "energy-01");
}
