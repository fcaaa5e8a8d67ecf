use std::path::PathBuf;

use mission_control_protocol::{Record, RecordKind, Timestamp};
use serde_json::{Value, json, value::to_raw_value};

use super::*;
use crate::{
    hub_link::LinkEvent,
    hub_state::Change,
    view::{HubKey, Preferences, frame::NotificationService},
};

/// Id, use case, liveness; state and response time.
type Dashboard<'text> = (&'text str, &'text str, &'text str, Option<(&'text str, f64)>);

/// A hub that is live, with these dashboards.
fn knowledge(dashboards: &[Dashboard<'_>]) -> Knowledge {
    let mut hub = HubState::new(HubKey::EMBEDDED, "Hub", "ws://127.0.0.1:1", PathBuf::new());
    let now = Timestamp::from_milliseconds(1_000_000);
    let mut records = Vec::new();
    let mut push = |id: &str, kind, body: &Value| {
        records.push(Record {
            seq: records.len() as u64 + 1,
            at: now,
            dashboard_id: DashboardId::new(id).unwrap(),
            kind,
            severity: Severity::Info,
            body: to_raw_value(body).unwrap(),
        });
    };
    for (id, use_case, liveness, state) in dashboards {
        push(
            id,
            RecordKind::Registration,
            &json!({"config": {"id": id, "type": "run-dashboard",
            "useCase": use_case, "version": "1", "metadata": {"user": format!("owner-of-{id}")}},
            "commands": [], "epoch": uuid::Uuid::nil(), "remoteAddress": ""}),
        );
        push(id, RecordKind::Connection, &json!({"liveness": liveness, "reason": ""}));
        if let Some((state, response_time)) = state {
            push(
                id,
                RecordKind::Status,
                &json!({"dashboardId": id, "useCase": use_case, "state": state,
                "dataStatus": {"hasData": false, "lastIngested": null, "recordCount": 0}, "activeTab": "",
                "connectedUsers": 0, "performance": {"responseTime": response_time, "errorRate": 0,
                "throughput": 0}}),
            );
        }
    }
    let mut welcome = LinkEvent::Welcome { name: "Hub".to_owned(), partitions: Vec::new() };
    assert!(matches!(hub.apply(&mut welcome, now), Change::Connection));
    for record in &records {
        hub.projection.apply(record);
    }
    Knowledge {
        hubs: vec![hub],
        preferences: Preferences::default(),
        notification_policy: Default::default(),
        notifications: NotificationService::Unknown,
        data_directory: PathBuf::new(),
        notices: Vec::new(),
    }
}

fn fleet() -> Knowledge {
    knowledge(&[
        ("a", "energy", "online", Some(("active", 30.0))),
        ("b", "Energy", "online", Some(("error", 10.0))),
        ("c", "water", "offline", Some(("active", 20.0))),
        ("d", "water", "online", None),
        ("e", "", "left", Some(("idle", 40.0))),
    ])
}

fn ids(group: &FleetGroup) -> Vec<&str> {
    group.cards.iter().map(|card| card.dashboard.dashboard_id.as_str()).collect()
}

fn sorted(by: FleetColumn, descending: bool) -> Vec<String> {
    let view = view(&fleet(), "", FleetGrouping::None, FleetSort { by, descending });
    ids(&view.groups[0]).into_iter().map(str::to_owned).collect()
}

#[test]
fn groups_by_use_case_regardless_of_case_with_the_nameless_last() {
    let view = view(&fleet(), "", FleetGrouping::UseCase, FleetSort::default());
    let groups: Vec<_> = view.groups.iter().map(|group| (group.title.as_str(), ids(group))).collect();
    assert_eq!(groups, [("energy", vec!["a", "b"]), ("water", vec!["c", "d"]), ("No use case", vec!["e"])]);
    assert_eq!(view.groups[0].worst, Status::Serious);
    let summary = FleetSummary { total: 5, online: 3, stale: 0, offline: 1, left: 1, cached: 0, archived: 0 };
    assert_eq!((view.summary, view.shown), (summary, 5));
}

#[test]
fn groups_by_state_worst_first() {
    let view = view(&fleet(), "", FleetGrouping::State, FleetSort::default());
    let titles: Vec<_> = view.groups.iter().map(|group| group.title.as_str()).collect();
    assert_eq!(titles, ["Error", "Active", "No status yet", "Offline", "Left"]);
}

#[test]
fn every_word_of_a_filter_must_occur() {
    let shown = |filter: &str| {
        let view = view(&fleet(), filter, FleetGrouping::None, FleetSort::default());
        assert_eq!(view.summary.total, 5, "the summary is of all");
        view.shown
    };
    assert_eq!(shown("ENERGY"), 2);
    assert_eq!(shown("energy error"), 1);
    assert_eq!(shown("owner-of-c"), 1);
    assert_eq!(shown("energy water"), 0);
    assert_eq!(shown("  "), 5);
}

#[test]
fn what_is_not_known_comes_last_either_way() {
    assert_eq!(sorted(FleetColumn::ResponseTime, false), ["b", "c", "a", "e", "d"]);
    assert_eq!(sorted(FleetColumn::ResponseTime, true), ["e", "a", "c", "b", "d"]);
    assert_eq!(sorted(FleetColumn::Status, true)[0], "b");
    assert_eq!(sorted(FleetColumn::State, true)[0], "b");
    assert_eq!(sorted(FleetColumn::Name, true), ["e", "d", "c", "b", "a"]);
}

#[test]
fn a_hub_that_is_lost_makes_everything_cached_and_off() {
    let mut knowledge = fleet();
    let mut lost = LinkEvent::Down { reason: "Gone.".to_owned(), retry_at: None };
    let now = Timestamp::from_milliseconds(2_000_000);
    knowledge.hubs[0].apply(&mut lost, now);
    assert_eq!(crate::models::frame::worst(&knowledge), Status::Serious, "the tray does not look well");
    let view = view(&knowledge, "", FleetGrouping::State, FleetSort::default());
    assert_eq!(view.summary.cached, 5);
    assert_eq!(view.groups.len(), 1);
    for card in &view.groups[0].cards {
        assert_eq!(card.status, Status::Off);
        let heard_at = Timestamp::from_milliseconds(1_000_000);
        assert_eq!(card.freshness, Freshness::Cached { at: heard_at }, "not when the loss was noticed");
    }
}
