//! The frame around every view.

use std::cmp::Reverse;

use mission_control_protocol::Timestamp;

use super::{Knowledge, alerts, fleet, status};
use crate::{
    activity::MINUTES,
    hub_state::{HubState, TAIL},
    view::{
        EventRow, FrameView, Status,
        conductor::ConductorView,
        frame::{ActivityMinute, HubChip, HubConnection, MissingRecords, MissingSpan, NotificationService},
    },
};

/// One hub in the status bar.
pub(crate) fn chip(hub: &HubState) -> HubChip {
    let (online_dashboards, dashboards) = hub.dashboard_counts();
    HubChip {
        hub: hub.key,
        name: hub.name.clone(),
        embedded: hub.is_embedded(),
        connection: hub.connection.clone(),
        // Nothing is to be done about an archive, and nothing in it is of now.
        status: if hub.archive.is_some() { Status::Off } else { status::of_hub(&hub.connection) },
        latency_milliseconds: hub.latency.map(|latency| (latency * 10.0).round() / 10.0),
        online_dashboards,
        dashboards,
        missing: missing(hub),
        archive: hub.archive.clone(),
    }
}

/// Stretches told of at most.
const SPANS: usize = 50;

/// What of a hub's log is not here yet.
fn missing(hub: &HubState) -> Option<MissingRecords> {
    let holes = &hub.statistics.missing;
    let records = hub.missing();
    let newest = holes.iter().skip(holes.len().saturating_sub(SPANS));
    let total = hub.filling.total().max(records);
    #[expect(clippy::cast_precision_loss, reason = "a part done needs few digits")]
    let progress = 1.0 - records as f64 / total.max(1) as f64;
    (records > 0).then(|| MissingRecords {
        records,
        total,
        progress,
        is_fetching: hub.filling.per_second().is_some() || matches!(hub.connection, HubConnection::Live),
        records_per_second: hub.filling.per_second(),
        seconds_left: hub.filling.seconds_left(),
        spans: newest
            .map(|span| MissingSpan { from: span.after, to: span.before, records: span.records() })
            .collect(),
    })
}

/// The worst status of any dashboard, and of hubs that are lost: nobody knows how their dashboards are.
pub(crate) fn worst(knowledge: &Knowledge) -> Status {
    let mut worst = Status::Off;
    for hub in knowledge.hubs.iter().filter(|hub| hub.is_of_the_instant()) {
        if matches!(hub.connection, HubConnection::Cached { .. }) {
            worst = worst.max(status::of_hub(&hub.connection));
        }
        let open = fleet::Open::of(hub);
        for (id, dashboard) in &hub.projection.dashboards {
            worst = worst.max(fleet::dashboard_status(hub, &open, id, dashboard));
        }
    }
    worst
}

/// Whether native notifications work, as the operator is told.
pub(crate) fn notification_service(knowledge: &Knowledge) -> NotificationService {
    if knowledge.preferences.notifications_enabled {
        knowledge.notifications.clone()
    } else {
        NotificationService::Off
    }
}

/// Green is for what is well now, and of a hub that is not connected nobody knows.
fn shown(row: &EventRow, hub: &HubState) -> EventRow {
    let mut row = row.clone();
    if row.status == Status::Normal && matches!(hub.connection, HubConnection::Cached { .. }) {
        row.status = Status::Off;
    }
    row
}

/// The frame.
pub(crate) fn view(knowledge: &Knowledge, conductor: ConductorView, now: Timestamp) -> FrameView {
    let mut activity = vec![ActivityMinute { records: 0, worst: Status::Off }; MINUTES];
    let mut tail = Vec::new();
    for hub in &knowledge.hubs {
        hub.activity.add_to(&mut activity, now);
        tail.extend(hub.tail.iter().map(|row| shown(row, hub)));
    }
    tail.sort_by_key(|row| Reverse((row.at, row.seq)));
    tail.truncate(TAIL);
    let (alert_counts, unacknowledged_alerts) = alerts::counts(knowledge);
    FrameView {
        now,
        conductor,
        hubs: knowledge.hubs.iter().map(chip).collect(),
        alert_counts,
        unacknowledged_alerts,
        worst: worst(knowledge),
        activity,
        tail,
        notifications: notification_service(knowledge),
        notices: knowledge.notices.clone(),
    }
}
