//! The console and the hub inside the program, through memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use mission_control_console::{
    notifications::{NotificationEffect, NotificationIntent, NotificationTarget, Urgency},
    view::{
        AlertFilter, DashboardKey, DashboardSection, Freshness, HubKey, Preferences, Status, ViewModel,
        ViewRequest,
        frame::HubConnection,
        requests::{
            AlertButton, EventsPageRequest, IssueCommand, Navigation, PushConfiguration, QueryDashboard,
            RequestErrorCode, ValidatePayload,
        },
    },
};
use mission_control_protocol::{AlertId, RecordKind, Severity, operator_wire::OperatorRequest};
use serde_json::json;
use support::*;

const HUB: HubKey = HubKey::EMBEDDED;

fn key(dashboard: &str) -> DashboardKey {
    DashboardKey { hub: HUB, dashboard_id: id(dashboard) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dashboards_appear_with_what_the_log_says_of_them() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a", "b"]);
    hub.append(vec![status("a", 80.0)]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    let mut fleet = handle.subscribe(whole_fleet());
    until(&mut fleet, "both dashboards", |model| (cards(model).len() == 2).then_some(())).await;
    hub.append(vec![status("b", 120.0)]);
    let card = until(&mut fleet, "the status of b", |model| {
        cards(model).into_iter().find(|card| card.response_time == Some(120.0)).cloned()
    })
    .await;
    assert_eq!(card.name, "Name of b");
    assert_eq!(card.status, Status::Normal);
    assert!(matches!(card.freshness, Freshness::Live { .. }));
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dashboards_feed_is_read_from_the_log_and_extended_live() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a", "b"]);
    for number in 1..=300 {
        hub.append(vec![
            event("a", "TICK", number),
            event("b", "TICK", 10_000),
            status("a", 100.0 + number.rem_euclid(7) as f64),
        ]);
    }
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let mut view = handle.subscribe(one_dashboard(HUB, "a"));
    until(&mut view, "the newest 200", |model| {
        (event_numbers(dashboard(model)) == (101..=300).collect::<Vec<_>>()).then_some(())
    })
    .await;
    hub.append(vec![event("a", "TICK", 301), status("a", 555.0)]);
    let shown = until(&mut view, "the live event and point", |model| {
        let view = dashboard(model);
        let latest = view
            .charts
            .iter()
            .flat_map(|group| &group.charts)
            .find(|chart| chart.key == "status.responseTime")
            .and_then(|chart| chart.series[0].latest);
        (latest == Some(555.0)).then(|| event_numbers(view))
    })
    .await;
    assert_eq!(shown, (102..=301).collect::<Vec<_>>());

    let page = EventsPageRequest { dashboard: key("a"), before_seq: u64::MAX, limit: 100 };
    let page = handle.events_page(page).await.unwrap();
    assert_eq!(page.events.len(), 100);
    let older =
        EventsPageRequest { dashboard: key("a"), before_seq: page.next_before_seq.unwrap(), limit: 500 };
    let older = handle.events_page(older).await.unwrap();
    assert!(older.events[0].seq < page.events[99].seq);
    // 301 events, a registration and a connection.
    assert_eq!(page.events.len() + older.events.len(), 303);
    assert_eq!(older.next_before_seq, None);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_reach_the_hub_and_bad_ones_are_told_apart() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a", "offline"]);
    hub.append(vec![connection("offline", "offline")]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;

    let issue = |dashboard: &str, kind: &str, payload: serde_json::Value| IssueCommand {
        dashboard: key(dashboard),
        kind: kind.to_owned(),
        payload,
        timeout_milliseconds: None,
    };
    handle.issue_command(issue("a", "INGEST_DATA", json!({"source": "meter"}))).await.unwrap();
    assert!(
        matches!(hub.requests().last(), Some(OperatorRequest::IssueCommand { kind, .. }) if kind == "INGEST_DATA")
    );

    let sent = hub.requests().len();
    let error = handle.issue_command(issue("a", "INGEST_DATA", json!({}))).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::PayloadInvalid);
    assert_eq!(error.problems[0].pointer, "/source");
    let error = handle.issue_command(issue("a", "DANCE", json!({}))).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::InvalidInput);
    assert_eq!(hub.requests().len(), sent, "the hub is not asked for what cannot be");

    let error = handle.issue_command(issue("offline", "REFRESH_DATA", json!({}))).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::Refused);
    assert_eq!(error.message, "the dashboard is not connected");

    let verdict = handle
        .validate_payload(ValidatePayload {
            dashboard: key("a"),
            kind: "EXPORT_DATA".to_owned(),
            payload: json!({"format": "pdf"}),
        })
        .await
        .unwrap();
    assert_eq!(verdict.problems[0].pointer, "/format");

    let answer = handle
        .query_dashboard(QueryDashboard { dashboard: key("a"), kind: "STATUS".to_owned(), params: json!({}) })
        .await
        .unwrap();
    assert_eq!(answer.result, "{\n  \"answer\": 42\n}");

    let push = |values| PushConfiguration { dashboard: key("a"), values };
    handle.push_configuration(push(json!({"refresh": 5}))).await.unwrap();
    let error = handle.push_configuration(push(json!([1]))).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::InvalidInput);

    let unknown = HubKey(uuid::Uuid::from_u128(99));
    let error = handle.retry_hub(unknown).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::HubUnknown);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_alerts_raised_while_watching_are_notified() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    hub.append(vec![alert("a", "before", Severity::Critical)]);
    let mut console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    let mut intents = console.notifications().unwrap();
    assert!(console.notifications().is_none());
    until_live(&handle, HUB).await;

    // Missed while the connection was lost: caught up with, not news.
    hub.drop_connections();
    until_chip(&handle, HUB, "the loss", is_cached).await;
    hub.append(vec![alert("a", "missed", Severity::Critical)]);
    handle.retry_hub(HUB).await.unwrap();
    until_live(&handle, HUB).await;

    hub.append(vec![alert("a", "mild", Severity::Info), alert("a", "live", Severity::Critical)]);
    let NotificationIntent::Show(shown) = next_intent(&mut intents).await else { panic!("not shown") };
    assert_eq!(shown.title, "Title of live");
    assert_eq!(shown.body, "Name of a: Look");
    assert_eq!(shown.urgency, Urgency::Critical);

    // Its buttons.
    let press = |action: &'static str| handle.press_notification(shown.target.clone(), action);
    let open = press("default").await.unwrap();
    assert_eq!(open, NotificationEffect::Open(Navigation::Alert { alert_id: "live".to_owned() }));
    assert_eq!(press("acknowledge").await.unwrap(), NotificationEffect::Acknowledged);
    assert!(matches!(
        hub.requests().last(),
        Some(OperatorRequest::AcknowledgeAlert { alert_id, note: None }) if alert_id.as_str() == "live"
    ));
    let section = |section| NotificationEffect::Open(Navigation::Dashboard { dashboard: key("a"), section });
    assert_eq!(press("action:0:VIEW_DATA_QUALITY").await.unwrap(), section(DashboardSection::Data));
    assert!(matches!(
        press("action:1:REINGEST_DATA").await.unwrap(),
        NotificationEffect::CommandIssued { .. }
    ));
    assert!(matches!(
        hub.requests().last(),
        Some(OperatorRequest::IssueCommand { kind, payload, .. })
            if kind == "INGEST_DATA" && *payload == json!({"source": "meter-7"})
    ));
    // Destructive, and one whose payload is missing: the form is opened instead.
    let sent = hub.requests().len();
    assert_eq!(press("action:2:CLEAR_DATA").await.unwrap(), section(DashboardSection::Commands));
    assert_eq!(press("action:3:EXPORT_DATA").await.unwrap(), section(DashboardSection::Commands));
    assert_eq!(hub.requests().len(), sent);
    assert_eq!(press("action:9:EXPORT_DATA").await.unwrap_err().code, RequestErrorCode::InvalidInput);
    // Another action stands there by now: nothing is done.
    assert_eq!(press("action:1:VIEW_LOGS").await.unwrap_err().code, RequestErrorCode::InvalidInput);
    assert_eq!(press("action:1").await.unwrap_err().code, RequestErrorCode::InvalidInput);
    assert_eq!(hub.requests().len(), sent);
    assert_eq!(press("dance").await.unwrap_err().code, RequestErrorCode::InvalidInput);

    hub.append(vec![alert_step("a", "live", "acknowledged")]);
    assert_eq!(next_intent(&mut intents).await, NotificationIntent::Dismiss { key: shown.key });
    console.shutdown().await;
    assert!(intents.recv().await.is_none(), "nothing else was notified");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_alerts_is_one_summary() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a", "b"]);
    let mut console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    let mut intents = console.notifications().unwrap();
    until_live(&handle, HUB).await;
    let storm = (0..200).map(|number| {
        let dashboard = if number % 2 == 0 { "a" } else { "b" };
        let severity = if number % 50 == 0 { Severity::Critical } else { Severity::Error };
        alert(dashboard, &format!("storm-{number}"), severity)
    });
    hub.append(storm.collect());
    let mut shown = Vec::new();
    let summary = loop {
        match next_intent(&mut intents).await {
            NotificationIntent::Show(notification) => shown.push(notification),
            NotificationIntent::Update(notification) => break notification,
            NotificationIntent::Dismiss { key } => panic!("{key} dismissed"),
        }
    };
    assert_eq!(shown.len(), 7, "five of their own, the summary, and again when it became critical");
    assert_eq!((&shown[6].key, shown[6].urgency), (&summary.key, Urgency::Critical));
    assert_eq!(summary.key, shown[5].key);
    assert_eq!(summary.target, NotificationTarget::Alerts);
    assert_eq!(summary.title, "195 alerts from 2 dashboards: 3 critical");
    assert_eq!(summary.body, "3 critical, 192 serious");
    let effect = handle.press_notification(summary.target, "default").await.unwrap();
    assert_eq!(effect, NotificationEffect::Open(Navigation::View { name: "alerts".to_owned() }));

    let mut view = handle.subscribe(ViewRequest::Alerts { filter: AlertFilter::default() });
    let rows = until(&mut view, "all alerts", |model| {
        let ViewModel::Alerts(alerts) = model else { return None };
        (alerts.counts.critical == 4 && alerts.counts.serious == 196).then(|| alerts.alerts.clone())
    })
    .await;
    assert!(rows[..4].iter().all(|row| row.severity == Severity::Critical), "worst first");
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_hub_is_cached_at_once_and_never_looks_well() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    hub.append(vec![status("a", 80.0), alert("a", "open", Severity::Critical)]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let mut fleet_view = handle.subscribe(whole_fleet());
    until(&mut fleet_view, "critical", |model| {
        cards(model).iter().any(|card| card.status == Status::Critical).then_some(())
    })
    .await;
    hub.drop_connections();
    let card = until(&mut fleet_view, "cached", |model| {
        let card = *cards(model).first()?;
        matches!(card.freshness, Freshness::Cached { .. }).then(|| (card.clone(), fleet(model).summary))
    })
    .await;
    assert_eq!(card.0.status, Status::Off);
    assert_eq!(card.0.response_time, Some(80.0));
    assert_eq!((card.1.cached, card.1.online), (1, 0));
    // It comes back by itself.
    until_live(&handle, HUB).await;
    assert!(hub.hellos().len() >= 2);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_cannot_start_still_shows_its_history() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("hub").join("log.sqlite");
    let hub = StubHub::at(&log);
    hub.register(&["a"]);
    hub.append((1..=20).map(|number| event("a", "TICK", number)).collect());
    hub.append(vec![status("a", 80.0)]);
    drop(hub);

    let mut config = mission_control_console::ConsoleConfig::new(directory.path().to_owned());
    config.embedded_problem = Some("The port is taken; choose another with --listen.".to_owned());
    let console = mission_control_console::Console::start(config).await.unwrap();
    let handle = console.handle();
    let chip = until_chip(&handle, HUB, "the history", |chip| chip.dashboards == 1).await;
    assert_eq!(chip.online_dashboards, 0);
    let HubConnection::Cached { at: Some(_), reason, retry_at: None } = chip.connection else {
        panic!("{chip:?}")
    };
    assert_eq!(reason, "The port is taken; choose another with --listen.");
    let mut view = handle.subscribe(one_dashboard(HUB, "a"));
    let shown = until(&mut view, "events and charts", |model| {
        let view = dashboard(model);
        (event_numbers(view).len() == 20 && !view.charts.is_empty()).then(|| view.commands_disabled.clone())
    })
    .await;
    assert!(shown.unwrap().contains("is not connected: The port is taken"));
    let error = handle
        .issue_command(IssueCommand {
            dashboard: key("a"),
            kind: "REFRESH_DATA".to_owned(),
            payload: json!({}),
            timeout_milliseconds: None,
        })
        .await
        .unwrap_err();
    assert_eq!(error.code, RequestErrorCode::HubDisconnected);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preferences_are_checked_kept_and_take_effect() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let bad = Preferences { operator: "not an id".to_owned(), ..Preferences::default() };
    let error = handle.save_preferences(bad).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::InvalidInput);
    assert!(error.message.starts_with("Operator:"), "{}", error.message);

    let good =
        Preferences { operator: "ada".to_owned(), notifications_enabled: false, ..Preferences::default() };
    handle.save_preferences(good.clone()).await.unwrap();
    within("a session on behalf of ada", async {
        while hub.hellos().last().unwrap().0.as_str() != "ada" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(handle.test_notification().await.unwrap_err().code, RequestErrorCode::InvalidInput);
    console.shutdown().await;

    let console = start(directory.path(), Some(hub.embedded())).await;
    let mut view = console.handle().subscribe(ViewRequest::Settings);
    let kept = until(&mut view, "the settings", |model| Some(settings(model).preferences.clone())).await;
    assert_eq!(kept, good);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_frame_shows_the_worst() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a", "b"]);
    hub.append(vec![status("a", 80.0)]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let cache = std::fs::metadata(directory.path().join("cache")).unwrap();
        assert_eq!(cache.permissions().mode() & 0o777, 0o700);
    }
    let mut view = console.handle().subscribe(ViewRequest::Frame);
    let is = |model: &ViewModel, worst| {
        let ViewModel::Frame(frame) = model else { return None };
        (frame.worst == worst).then_some(frame.alert_counts)
    };
    until(&mut view, "normal", |model| is(model, Status::Normal)).await;
    hub.append(vec![alert("b", "bad", Severity::Error)]);
    let counts = until(&mut view, "serious", |model| is(model, Status::Serious)).await;
    assert_eq!(counts.serious, 1);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_tell_what_the_log_comes_to_and_nothing_stops_for_it() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let mut view = handle.subscribe(ViewRequest::Settings);
    for records in 2..6 {
        let row = until(&mut view, "the count", |model| {
            settings(model).hubs.iter().find(|row| row.cached_records == records).cloned()
        })
        .await;
        assert!(row.cache_bytes > 0);
        assert_eq!(row.token_file.as_deref(), Some("tokens/dashboard.token"));
        hub.append(vec![event("a", "TICK", records)]);
    }
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_followed_through_its_stages() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let mut view = handle.subscribe(ViewRequest::Commands);
    let at = now();
    let step = |body: serde_json::Value| {
        let mut whole = json!({"commandId": "c-1"});
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        entry("a", RecordKind::Command, Severity::Info, &whole)
    };
    hub.append(vec![step(json!({"stage": "QUEUED", "command": {"id": "c-1", "type": "INGEST_DATA",
        "payload": {"source": "meter"}, "dashboardId": "a", "issuedBy": "ada", "issuedAt": at,
        "expiresAt": at.plus_milliseconds(60_000)}}))]);
    hub.append(vec![step(json!({"stage": "SENT"})), step(json!({"stage": "RUNNING", "progress": 0.5}))]);
    let row = until(&mut view, "progress", |model| {
        let ViewModel::Commands(commands) = model else { return None };
        commands.history.iter().find(|row| row.progress == Some(0.5)).cloned()
    })
    .await;
    assert_eq!((row.title.as_str(), row.is_final, row.duration), ("Ingest data", false, None));
    hub.append(vec![step(json!({"stage": "SUCCEEDED", "result": {"records": 7}}))]);
    let row = until(&mut view, "the result", |model| {
        let ViewModel::Commands(commands) = model else { return None };
        commands.history.iter().find(|row| row.is_final).cloned()
    })
    .await;
    assert_eq!(row.result.as_deref(), Some("{\n  \"records\": 7\n}"));
    assert_eq!(row.stages.len(), 4);
    assert!(row.duration.is_some());
    console.shutdown().await;
}

#[tokio::test]
async fn an_alert_id_that_nobody_knows_is_no_crash() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let unknown = AlertId::new("unknown").unwrap();
    let button = AlertButton { index: 0, action: "VIEW_DETAILS".to_owned() };
    let error = handle.run_alert_action(HUB, unknown, button).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::InvalidInput);
    console.shutdown().await;
}
