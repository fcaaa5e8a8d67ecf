//! Alerts beyond one alert: views of rules and silences, changes, back-tests on the log at hand, statistics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use mission_control_console::view::{
    HubKey, ViewModel, ViewRequest,
    alert_changes::{AlertingChange, ChangeAlerting, EventsAroundRequest},
    alert_statistics::AlertStatisticsRequest,
    conductor::ConductTime,
    requests::RequestErrorCode,
    rules::BackTestRequest,
};
use mission_control_protocol::{
    AlertId, RecordKind, Severity, Timestamp, alert::AlertTransition, operator_wire::OperatorRequest,
};
use serde_json::{Value, json};
use support::*;

const HUB: HubKey = HubKey::EMBEDDED;
const MINUTE: i64 = 60_000;

fn ago(minutes: i64) -> Timestamp {
    now().plus_milliseconds(-minutes * MINUTE)
}

/// Three times too slow within two hours, for two minutes each.
fn slow_thrice(hub: &StubHub) {
    hub.append_at(ago(130), vec![registration("d0"), connection("d0", "online"), registration("d1")]);
    for minute in (1..120).rev() {
        let slow = [30, 31, 60, 61, 100, 101].contains(&minute);
        let statuses = vec![status("d0", if slow { 900.0 } else { 100.0 }), status("d1", 100.0)];
        hub.append_at(ago(minute), statuses);
    }
}

fn rule(value: f64) -> Value {
    json!({"id": "slow", "title": "Slow", "enabled": false, "severity": "warning", "forSeconds": 0,
        "condition": {"kind": "THRESHOLD", "metric": "status.responseTime", "unit": "ms",
            "comparison": "ABOVE", "value": value}})
}

fn two_hours(hub: HubKey, rule: Value) -> BackTestRequest {
    BackTestRequest { hub, rule, from: ago(125).as_milliseconds(), to: now().as_milliseconds() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_is_tried_on_the_copy_of_a_hub_that_is_gone() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    slow_thrice(&hub);
    let listening = hub.listen(0).await;
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let key = add_hub(&handle, listening.address()).await;
    until_live(&handle, key).await;
    listening.stop().await;
    let chip = until_chip(&handle, key, "cached", is_cached).await;
    assert_eq!(chip.hub, key);

    let tried = handle.back_test_rule(two_hours(key, rule(500.0))).await.unwrap();
    assert_eq!(tried.result.fired, 3, "{tried:?}");
    assert!(tried.result.firings.iter().all(|firing| firing.dashboard_id == id("d0") && firing.to.is_some()));
    assert!(tried.summary.starts_with("It would have fired 3 times"), "{}", tried.summary);
    assert_eq!(tried.selections.len(), 1, "drawn is who would have fired");
    assert!(tried.bounds[0].fires && tried.bounds[0].value == 500.0);
    let tried = handle.back_test_rule(two_hours(key, rule(5_000.0))).await.unwrap();
    assert!(tried.summary.starts_with("It would not have fired"), "{}", tried.summary);

    let mut wrong = rule(500.0);
    wrong["condition"]["unit"] = json!("s");
    let refused = handle.back_test_rule(two_hours(key, wrong)).await.unwrap_err();
    assert_eq!(refused.code, RequestErrorCode::InvalidInput);
    assert!(refused.message.contains("is in ms"), "{}", refused.message);

    let change = AlertingChange::SaveRule { rule: rule(500.0), expected_version: 0 };
    let refused = handle.change_alerting(ChangeAlerting { hub: key, change }).await.unwrap_err();
    assert_eq!(refused.code, RequestErrorCode::HubDisconnected);
    assert!(refused.message.contains("not connected"), "{}", refused.message);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_reach_the_hub_and_never_from_the_past() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    slow_thrice(&hub);
    hub.append_at(ago(20), vec![alert("d0", "al-1", Severity::Error)]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;

    let silence = json!({"id": "", "matchers": ["dashboard=d0"], "endsAt": now().plus_milliseconds(MINUTE),
        "comment": "", "endsWithProblem": false});
    let change = AlertingChange::SaveSilence { silence };
    handle.change_alerting(ChangeAlerting { hub: HUB, change: change.clone() }).await.unwrap();
    let sent = hub.requests();
    assert!(matches!(sent.last(), Some(OperatorRequest::CreateSilence { .. })), "{sent:?}");

    handle.conduct_time(ConductTime::Seek { at: ago(10) }).await.unwrap();
    let refused = handle.change_alerting(ChangeAlerting { hub: HUB, change }).await.unwrap_err();
    assert_eq!(refused.code, RequestErrorCode::InThePast);
    assert_eq!(hub.requests().len(), sent.len(), "nothing was sent");
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_shows_how_it_went_and_what_held_it() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.append_at(ago(130), vec![registration("d0"), connection("d0", "online")]);
    let silence = json!({"change": {"kind": "SILENCE_CREATED", "silence": {"id": "s-1",
        "matchers": ["dashboard=d0"], "endsAt": now().plus_milliseconds(60 * MINUTE),
        "comment": "being rebuilt", "endsWithProblem": false, "createdBy": "ada"}}, "by": "ada"});
    hub.append_at(ago(25), vec![entry("hub", RecordKind::AlertPolicy, Severity::Info, &silence)]);
    hub.append_at(ago(21), vec![alert("d0", "al-0", Severity::Error)]);
    hub.append_at(ago(20), vec![alert_step("d0", "al-0", "resolved")]);
    let mut raised = alert("d0", "al-1", Severity::Error);
    let mut body: Value = serde_json::from_str(raised.body.get()).unwrap();
    body["heldBy"] = json!([{"kind": "SILENCED", "silenceId": "s-1"}]);
    raised = entry("d0", RecordKind::Alert, Severity::Error, &body);
    hub.append_at(ago(15), vec![raised]);
    hub.append_at(ago(14), vec![alert_step("d0", "al-1", "acknowledged")]);

    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let mut alert_view = handle.subscribe(ViewRequest::Alert { alert_id: AlertId::new("al-1").unwrap() });
    let detail = until(&mut alert_view, "the alert", |model| match model {
        ViewModel::Alert(view) => view.found.clone(),
        _ => None,
    })
    .await;
    let steps: Vec<_> = detail.steps.iter().map(|step| (step.transition, step.by.as_deref())).collect();
    assert_eq!(steps, [(AlertTransition::Raised, None), (AlertTransition::Acknowledged, Some("ada"))]);
    assert_eq!(detail.row.holds[0].text, "Silenced by ada: being rebuilt");
    assert_eq!(detail.row.holds[0].holder.as_deref(), Some("s-1"));
    assert_eq!(detail.metric.unwrap().selection.name, "data.dataQuality", "by its type");
    assert_eq!(detail.similar.len(), 1);
    assert_eq!(detail.similar[0].ending, "resolved by ada");

    let mut silences = handle.subscribe(ViewRequest::Silences);
    let row = until(&mut silences, "the silence", |model| match model {
        ViewModel::Silences(view) => view.silences.first().cloned(),
        _ => None,
    })
    .await;
    assert_eq!((row.held, row.reports, row.holding), (1, 1, 1));

    let request = AlertStatisticsRequest { from: ago(60).as_milliseconds(), to: now().as_milliseconds() };
    let counted = handle.alert_statistics(request).await.unwrap();
    let totals = counted.totals;
    assert_eq!((totals.raised, totals.held, totals.acknowledged, totals.resolved), (2, 1, 1, 1));
    let (acknowledged, resolved) = (counted.acknowledged_after.median, counted.resolved_after.median);
    assert!(acknowledged.is_some_and(|time| (59_000..=61_000).contains(&time)), "{acknowledged:?}");
    assert!(resolved.is_some_and(|time| (59_000..=61_000).contains(&time)), "{resolved:?}");
    assert_eq!(counted.dashboards[0].name, "Name of d0");
    assert!(counted.problems.is_empty(), "{:?}", counted.problems);

    let around =
        EventsAroundRequest { dashboard: detail.row.dashboard, from: ago(22), to: ago(10), limit: 50 };
    let around = handle.events_around(around).await.unwrap();
    assert_eq!(around.events.len(), 4, "{around:?}");
    console.shutdown().await;
}
