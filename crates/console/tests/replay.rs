//! The time conductor: every view at an instant of the past, stepping, playing, and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use mission_control_console::{
    ConsoleHandle,
    view::{
        AlertFilter, HubKey, Status, ViewModel, ViewRequest,
        conductor::{ConductTime, ConductorView, StepTarget, TimelineRequest},
        frame::HubConnection,
        requests::{IssueCommand, RequestErrorCode},
    },
};
use mission_control_protocol::{AlertId, RecordKind, Severity, Timestamp};
use serde_json::json;
use support::*;

const HUB: HubKey = HubKey::EMBEDDED;

fn minutes_ago(minutes: i64) -> Timestamp {
    now().plus_milliseconds(-minutes * 60_000)
}

fn failing(dashboard: &str) -> mission_control_store::Entry {
    let mut body: serde_json::Value = serde_json::from_str(status(dashboard, 900.0).body.get()).unwrap();
    body["state"] = json!("error");
    entry(dashboard, RecordKind::Status, Severity::Info, &body)
}

/// An hour ago `a` came and was well; at 40 an alert; at 30 it failed and `b` came; at 20 the alert was over.
fn incident(hub: &StubHub) -> [Timestamp; 4] {
    let times = [60, 40, 30, 20].map(minutes_ago);
    let [came, alerted, failed, over] = times;
    hub.append_at(
        came,
        vec![registration("a"), connection("a", "online"), status("a", 80.0), event("a", "TICK", 1)],
    );
    hub.append_at(alerted, vec![alert("a", "al-1", Severity::Critical), event("a", "TICK", 2)]);
    hub.append_at(
        failed,
        vec![failing("a"), registration("b"), connection("b", "online"), event("a", "TICK", 3)],
    );
    hub.append_at(over, vec![alert_step("a", "al-1", "resolved"), status("a", 90.0), event("a", "TICK", 4)]);
    times
}

async fn seek(handle: &ConsoleHandle, at: Timestamp) {
    handle.conduct_time(ConductTime::Seek { at }).await.unwrap();
}

fn shows(model: &ViewModel, wanted: Timestamp) -> bool {
    matches!(frame(model).conductor, ConductorView::Past { at, is_loading: false, .. } if at == wanted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_shows_the_instant_and_the_present_goes_on_underneath() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let [came, alerted, failed, over] = incident(&hub);
    let mut console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    let mut intents = console.notifications().unwrap();
    until_live(&handle, HUB).await;
    let mut frames = handle.subscribe(ViewRequest::Frame);
    let mut present = handle.subscribe(ViewRequest::Present);
    let mut alerts = handle.subscribe(ViewRequest::Alerts { filter: AlertFilter::default() });
    let mut looked_at = handle.subscribe(one_dashboard(HUB, "a"));

    let expected = [
        (came, vec![("a", Status::Normal)], 0, vec![1]),
        (alerted.plus_milliseconds(-1), vec![("a", Status::Normal)], 0, vec![1]),
        (alerted, vec![("a", Status::Critical)], 1, vec![1, 2]),
        (failed, vec![("a", Status::Critical), ("b", Status::Standby)], 1, vec![1, 2, 3]),
        (over, vec![("a", Status::Normal), ("b", Status::Standby)], 0, vec![1, 2, 3, 4]),
        // Backwards as well as forwards.
        (alerted, vec![("a", Status::Critical)], 1, vec![1, 2]),
    ];
    for (at, cards_then, unacknowledged, events) in expected {
        seek(&handle, at).await;
        until(&mut frames, "the frame of the instant", |model| {
            let frame = frame(model);
            (shows(model, at) && frame.now == at && frame.unacknowledged_alerts == unacknowledged)
                .then_some(())
        })
        .await;
        // A model that is the same as the last is not pushed: asked for anew each time.
        until(&mut handle.subscribe(whole_fleet()), "the fleet as it was", |model| {
            let mut found: Vec<_> = cards(model)
                .iter()
                .map(|card| (card.dashboard.dashboard_id.to_string(), card.status))
                .collect();
            found.sort();
            let wanted: Vec<_> = cards_then.iter().map(|(id, status)| ((*id).to_owned(), *status)).collect();
            (found == wanted).then_some(())
        })
        .await;
        until(&mut handle.subscribe(one_dashboard(HUB, "a")), "the events up to then", |model| {
            (event_numbers(dashboard(model)) == events).then_some(())
        })
        .await;
    }
    until(&mut alerts, "the alert, open", |model| {
        let ViewModel::Alerts(view) = model else { panic!("not alerts") };
        (view.alerts.len() == 1).then_some(())
    })
    .await;

    // A new alert rings now, and is seen by who looks at the present; the past stays as it was.
    hub.append(vec![alert("b", "al-2", Severity::Critical)]);
    next_intent(&mut intents).await;
    until(&mut present, "the new alert", |model| {
        let ViewModel::Present(frame) = model else { panic!("not the present") };
        (frame.unacknowledged_alerts == 1 && frame.conductor == ConductorView::Live).then_some(())
    })
    .await;
    seek(&handle, alerted).await;
    until(&mut handle.subscribe(ViewRequest::Frame), "still the past", |model| {
        shows(model, alerted).then_some(())
    })
    .await;

    handle.conduct_time(ConductTime::Live).await.unwrap();
    until(&mut frames, "live again", |model| {
        let frame = frame(model);
        (frame.conductor == ConductorView::Live
            && frame.hubs[0].connection == HubConnection::Live
            && frame.unacknowledged_alerts == 1)
            .then_some(())
    })
    .await;
    hub.append(vec![event("a", "TICK", 5)]);
    until(&mut looked_at, "events live again", |model| {
        (event_numbers(dashboard(model)) == [1, 2, 3, 4, 5]).then_some(())
    })
    .await;
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_can_be_changed_in_the_past() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let [_, alerted, ..] = incident(&hub);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let mut looked_at = handle.subscribe(one_dashboard(HUB, "a"));
    until(&mut looked_at, "commands", |model| dashboard(model).commands_disabled.is_none().then_some(()))
        .await;
    seek(&handle, alerted).await;
    let reason =
        until(&mut looked_at, "commands disabled", |model| dashboard(model).commands_disabled.clone()).await;
    assert!(reason.contains("Live"), "{reason}");
    let command = IssueCommand {
        dashboard: mission_control_console::view::DashboardKey { hub: HUB, dashboard_id: id("a") },
        kind: "REFRESH_DATA".to_owned(),
        payload: json!({}),
        timeout_milliseconds: None,
    };
    let refused = handle.issue_command(command.clone()).await.unwrap_err();
    assert_eq!(refused.code, RequestErrorCode::InThePast);
    let alert: AlertId = "al-1".parse().unwrap();
    let refused = handle.acknowledge_alert(HUB, alert, None).await.unwrap_err();
    assert_eq!(refused.code, RequestErrorCode::InThePast);
    assert!(hub.requests().is_empty(), "the hub was asked for nothing");
    handle.conduct_time(ConductTime::Live).await.unwrap();
    handle.issue_command(command).await.unwrap();
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_lead_from_alert_to_alert_and_from_change_to_change() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let [came, alerted, failed, over] = incident(&hub);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let mut frames = handle.subscribe(ViewRequest::Frame);
    let alert = |backwards| ConductTime::Step { to: StepTarget::Alert, backwards };
    let change = |backwards| ConductTime::Step { to: StepTarget::StateChange, backwards };
    for (step, leads_to) in [
        (alert(true), alerted),
        (change(false), failed),
        (change(false), over),
        (change(true), failed),
        (change(true), came),
        (alert(false), alerted),
    ] {
        handle.conduct_time(step).await.unwrap();
        until(&mut frames, "the step", |model| shows(model, leads_to).then_some(())).await;
    }
    let none = handle.conduct_time(alert(true)).await.unwrap_err();
    assert_eq!(none.code, RequestErrorCode::InvalidInput);
    let none = handle.conduct_time(ConductTime::Play { speed: 0.5 }).await.unwrap_err();
    assert!(none.message.contains("1 to 1000"), "{}", none.message);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_plays_moves_on_and_ends_live() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.append_at(minutes_ago(10), vec![registration("a"), connection("a", "online")]);
    let last = minutes_ago(0).plus_milliseconds(-1_500);
    hub.append_at(last, vec![status("a", 80.0)]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let mut frames = handle.subscribe(ViewRequest::Frame);
    seek(&handle, minutes_ago(5)).await;
    handle.conduct_time(ConductTime::Play { speed: 1_000.0 }).await.unwrap();
    let mut last_seen = Timestamp::default();
    until(&mut frames, "live after playing five minutes", |model| match frame(model).conductor {
        ConductorView::Live => Some(()),
        ConductorView::Past { at, .. } => {
            assert!(at >= last_seen, "it only moves on");
            last_seen = at;
            None
        }
    })
    .await;
    assert!(last_seen > minutes_ago(5), "it was seen moving");
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_past_follows_a_log_that_started_anew() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.append_at(minutes_ago(60), vec![registration("old"), connection("old", "online")]);
    let listening = hub.listen(0).await;
    let port = listening.port;
    let console = start(directory.path(), None).await;
    let handle = console.handle();
    let key = add_hub(&handle, listening.address()).await;
    until_live(&handle, key).await;
    let only = |model: &ViewModel, wanted: &str| {
        let cards = cards(model);
        (cards.len() == 1 && cards[0].dashboard.dashboard_id == id(wanted)).then_some(())
    };
    let mut fleet_view = handle.subscribe(whole_fleet());
    seek(&handle, minutes_ago(30)).await;
    until(&mut handle.subscribe(whole_fleet()), "the old dashboard", |model| only(model, "old")).await;
    listening.stop().await;

    hub.start_log_anew();
    hub.append_at(minutes_ago(50), vec![registration("new"), connection("new", "online")]);
    let listening = hub.listen(port).await;
    until(&mut fleet_view, "the new dashboard, in the past", |model| only(model, "new")).await;
    listening.stop().await;
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_timeline_counts_everything_once_and_shows_the_alerts() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let [came, alerted, failed, over] = incident(&hub);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let request = TimelineRequest { from: None, to: None, buckets: 60 };
    let timeline = handle.timeline(request).await.unwrap();
    assert_eq!(timeline.earliest, Some(came));
    assert_eq!(timeline.from, came);
    assert_eq!(timeline.records.len(), 60);
    assert_eq!(timeline.records.iter().sum::<u64>(), hub.last_seq());
    assert_eq!(timeline.records[0], 4);
    let alerts: Vec<_> = timeline.alerts.iter().map(|alert| (alert.at, alert.title.as_str())).collect();
    assert_eq!(alerts, [(alerted, "Title of al-1")]);
    let changes: Vec<_> = timeline.changes.iter().map(|change| (change.at, change.title)).collect();
    let expected =
        [(came, "came online"), (failed, "came online"), (failed, "failed"), (over, "became active")];
    assert_eq!(changes, expected);
    assert!(!timeline.has_more_changes);
    let part = TimelineRequest { from: Some(alerted.plus_milliseconds(1)), to: None, buckets: 10 };
    let timeline = handle.timeline(part).await.unwrap();
    assert!(timeline.alerts.is_empty());
    assert_eq!(timeline.records.iter().sum::<u64>(), hub.last_seq() - 6);
    console.shutdown().await;
}
