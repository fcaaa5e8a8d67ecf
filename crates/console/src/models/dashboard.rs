//! One dashboard, in full.

use mission_control_protocol::{Timestamp, record::Liveness};

use super::{Knowledge, alerts, commands, fleet, since, whole_seconds};
use crate::{
    hub_state::HubState,
    view::{
        DashboardKey, DashboardView, EventRow,
        dashboard::{ChartGroup, ConfigurationRow, MissionControlStatus},
    },
};

/// Alerts and commands shown at most.
const SHOWN: usize = 100;

/// One dashboard, with the charts and events that were read for it.
pub(crate) fn view(
    knowledge: &Knowledge,
    key: &DashboardKey,
    charts: Vec<ChartGroup>,
    events: Vec<EventRow>,
    now: Timestamp,
) -> DashboardView {
    let id = &key.dashboard_id;
    let found = knowledge.hub(key.hub).and_then(|hub| Some((hub, hub.projection.dashboards.get(id)?)));
    let Some((hub, dashboard)) = found else { return unknown() };
    let registration = dashboard.registration.as_ref();
    DashboardView {
        card: Some(fleet::card(hub, &fleet::Open::of(hub), id, dashboard)),
        config: registration.map(|registration| registration.config.clone()),
        status: dashboard.status.as_ref().map(|status| status.value.clone()),
        status_at: dashboard.status.as_ref().map(|status| status.at),
        resources: dashboard.resources.as_ref().map(|resources| resources.value.clone()),
        resources_at: dashboard.resources.as_ref().map(|resources| resources.at),
        mission_control: mission_control(hub, key, now),
        clock_skew_milliseconds: dashboard.clock_skew_milliseconds,
        charts,
        events,
        alerts: alerts::of_dashboard(hub, id, SHOWN),
        commands: commands::of_dashboard(hub, id, SHOWN),
        accepts: registration.map(|registration| registration.commands.clone()).unwrap_or_default(),
        commands_disabled: hub.commands_disabled(id),
        configuration: dashboard.configuration.as_ref().map(|configuration| ConfigurationRow {
            version: configuration.version,
            state: configuration.state,
            values: configuration.values.clone(),
            at: configuration.at,
            by: configuration.by.as_ref().map(|operator| operator.as_str().to_owned()),
            error: configuration.error.clone(),
        }),
    }
}

fn mission_control(hub: &HubState, key: &DashboardKey, now: Timestamp) -> MissionControlStatus {
    let Some(dashboard) = hub.projection.dashboards.get(&key.dashboard_id) else { return no_status() };
    let connected = hub.is_live()
        && dashboard
            .liveness
            .as_ref()
            .is_some_and(|known| matches!(known.liveness, Liveness::Online | Liveness::Stale));
    let last_command = dashboard.last_command.as_ref();
    MissionControlStatus {
        connected,
        last_command: last_command.map(|(_, kind, _)| kind.clone()),
        last_command_at: last_command.map(|(_, _, at)| *at),
        event_count: dashboard.event_count,
        error_count: dashboard.error_count,
        uptime: dashboard.online_since.filter(|_| connected).map(|at| whole_seconds(since(now, at))),
    }
}

fn no_status() -> MissionControlStatus {
    MissionControlStatus {
        connected: false,
        last_command: None,
        last_command_at: None,
        event_count: 0,
        error_count: 0,
        uptime: None,
    }
}

fn unknown() -> DashboardView {
    DashboardView {
        card: None,
        config: None,
        status: None,
        status_at: None,
        resources: None,
        resources_at: None,
        mission_control: no_status(),
        clock_skew_milliseconds: None,
        charts: Vec::new(),
        events: Vec::new(),
        alerts: Vec::new(),
        commands: Vec::new(),
        accepts: Vec::new(),
        commands_disabled: Some("This console knows no such dashboard.".to_owned()),
        configuration: None,
    }
}
