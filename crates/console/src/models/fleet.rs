//! The fleet.

use std::{cmp::Ordering, collections::HashMap};

use mission_control_protocol::{DashboardId, Severity, record::Liveness, status::DashboardState};
use mission_control_store::projection::DashboardProjection;

use super::{Knowledge, all_occur, status, words};
use crate::{
    charts::{is_gap, usual_spacing},
    hub_state::HubState,
    plain_text::harmless,
    view::{
        FleetGrouping, FleetSort, FleetView, Freshness, Status,
        fleet::{DashboardCard, FleetColumn, FleetGroup, FleetSummary},
    },
};

/// Response times shown in a card.
const RESPONSE_TIMES: usize = 48;

/// What is open at the dashboards of one hub.
pub(crate) struct Open<'hub> {
    alerts: HashMap<&'hub DashboardId, (u32, Severity)>,
    commands: HashMap<&'hub DashboardId, u32>,
}

impl<'hub> Open<'hub> {
    pub(crate) fn of(hub: &'hub HubState) -> Self {
        let mut open = Self { alerts: HashMap::new(), commands: HashMap::new() };
        for alert in hub.projection.alerts.open() {
            let severity = alert.alert.alert.severity;
            let known = open.alerts.entry(&alert.dashboard_id).or_insert((0, severity));
            *known = (known.0 + 1, known.1.max(severity));
        }
        for command in hub.projection.commands.open() {
            *open.commands.entry(&command.command.dashboard_id).or_default() += 1;
        }
        open
    }

    /// The worst open alert of a dashboard.
    pub(crate) fn worst(&self, id: &DashboardId) -> Option<Severity> {
        self.alerts.get(id).map(|(_, worst)| *worst)
    }
}

/// The status of a dashboard.
pub(crate) fn dashboard_status(
    hub: &HubState,
    open: &Open<'_>,
    id: &DashboardId,
    dashboard: &DashboardProjection,
) -> Status {
    status::of_dashboard(
        hub.is_live(),
        dashboard.liveness.as_ref().map(|liveness| liveness.liveness),
        dashboard.status.as_ref().map(|status| status.value.state),
        open.worst(id),
    )
}

/// One dashboard, at a glance.
pub(crate) fn card(
    hub: &HubState,
    open: &Open<'_>,
    id: &DashboardId,
    dashboard: &DashboardProjection,
) -> DashboardCard {
    let config = dashboard.registration.as_ref().map(|registration| &registration.config);
    let state = dashboard.status.as_ref().map(|status| &status.value);
    let text = |text: &String| harmless(text, 80);
    DashboardCard {
        dashboard: hub.dashboard_key(id),
        name: hub.dashboard_name(id),
        hub_name: hub.name.clone(),
        kind: config.map(|config| text(&config.kind)).unwrap_or_default(),
        use_case: config
            .map(|config| &config.use_case)
            .or(state.map(|state| &state.use_case))
            .map(text)
            .unwrap_or_default(),
        owner: config.and_then(|config| config.metadata.user.as_ref()).map(text),
        environment: config.and_then(|config| config.metadata.environment.as_ref()).map(text),
        status: dashboard_status(hub, open, id, dashboard),
        liveness: dashboard.liveness.as_ref().map_or(Liveness::Offline, |liveness| liveness.liveness),
        freshness: hub.freshness(id),
        state: state.map(|state| state.state),
        response_time: state.map(|state| state.performance.response_time),
        error_rate: state.map(|state| state.performance.error_rate),
        throughput: state.map(|state| state.performance.throughput),
        record_count: state.map(|state| state.data_status.record_count),
        last_ingested: state.and_then(|state| state.data_status.last_ingested),
        active_tab: state.map(|state| text(&state.active_tab)),
        connected_users: state.map(|state| state.connected_users),
        data_quality: dashboard.metrics.data.as_ref().map(|data| data.data_quality),
        response_times: response_times(dashboard),
        open_alerts: open.alerts.get(id).map_or(0, |(count, _)| *count),
        running_commands: open.commands.get(id).copied().unwrap_or(0),
    }
}

fn response_times(dashboard: &DashboardProjection) -> Vec<Option<f64>> {
    let times: Vec<_> = dashboard.response_times.iter().map(|(at, _)| at.as_milliseconds()).collect();
    let usual = usual_spacing(&times);
    let mut shown = Vec::with_capacity(times.len());
    for (index, (_, value)) in dashboard.response_times.iter().enumerate() {
        if index > 0 && is_gap(times[index] - times[index - 1], usual) {
            shown.push(None);
        }
        shown.push(Some(*value));
    }
    let surplus = shown.len().saturating_sub(RESPONSE_TIMES);
    shown.drain(..surplus);
    shown
}

/// The fleet, filtered, grouped and sorted.
pub(crate) fn view(
    knowledge: &Knowledge,
    filter: &str,
    grouping: FleetGrouping,
    sort: FleetSort,
) -> FleetView {
    let words = words(filter);
    let mut summary = FleetSummary::default();
    let mut groups: Vec<(Place, FleetGroup)> = Vec::new();
    let mut places: HashMap<Place, usize> = HashMap::new();
    let mut shown = 0;
    for hub in &knowledge.hubs {
        let open = Open::of(hub);
        for (id, dashboard) in &hub.projection.dashboards {
            let card = card(hub, &open, id, dashboard);
            count(&mut summary, &card);
            if !passes(&card, &words) {
                continue;
            }
            shown += 1;
            let (place, title) = place(&card, grouping);
            let index = *places.entry(place.clone()).or_insert_with(|| {
                let key = format!("{}:{}", place.0, place.1);
                groups.push((place, FleetGroup { key, title, worst: Status::Off, cards: Vec::new() }));
                groups.len() - 1
            });
            let group = &mut groups[index].1;
            group.worst = group.worst.max(card.status);
            group.cards.push(card);
        }
    }
    groups.sort_by(|(left, _), (right, _)| left.cmp(right));
    let groups = groups.into_iter().map(|(_, mut group)| {
        group.cards.sort_by(|left, right| order(left, right, sort));
        group
    });
    FleetView { summary, shown, groups: groups.collect() }
}

fn count(summary: &mut FleetSummary, card: &DashboardCard) {
    summary.total += 1;
    match card.freshness {
        Freshness::Cached { .. } => {
            summary.cached += 1;
            return;
        }
        Freshness::Archived { .. } => {
            summary.archived += 1;
            return;
        }
        Freshness::Live { .. } | Freshness::Stale { .. } => {}
    }
    match card.liveness {
        Liveness::Online => summary.online += 1,
        Liveness::Stale => summary.stale += 1,
        Liveness::Offline => summary.offline += 1,
        Liveness::Left => summary.left += 1,
    }
}

fn passes(card: &DashboardCard, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let texts = [
        card.use_case.to_lowercase(),
        condition(card).1.to_lowercase(),
        card.owner.as_deref().unwrap_or_default().to_lowercase(),
        card.name.to_lowercase(),
        card.dashboard.dashboard_id.as_str().to_lowercase(),
    ];
    all_occur(words, &texts)
}

/// Where a group stands among the groups: a rank, then a name.
type Place = (u8, String);

fn place(card: &DashboardCard, grouping: FleetGrouping) -> (Place, String) {
    match grouping {
        FleetGrouping::UseCase => {
            let title = if card.use_case.is_empty() { "No use case" } else { &card.use_case };
            ((u8::from(card.use_case.is_empty()), card.use_case.to_lowercase()), title.to_owned())
        }
        FleetGrouping::State => {
            let (rank, title) = condition(card);
            ((rank, title.to_lowercase()), title.to_owned())
        }
        FleetGrouping::Hub => {
            // Two hubs may have the same name; their keys differ.
            ((0, format!("{} {}", card.hub_name.to_lowercase(), card.dashboard.hub.0)), card.hub_name.clone())
        }
        FleetGrouping::None => ((0, String::new()), "All dashboards".to_owned()),
    }
}

/// What a dashboard is doing, or why that is not known; the worst has the lowest rank.
fn condition(card: &DashboardCard) -> (u8, &'static str) {
    match card.freshness {
        Freshness::Cached { .. } => return (8, "Cached"),
        Freshness::Archived { .. } => return (9, "Archived"),
        Freshness::Live { .. } | Freshness::Stale { .. } => {}
    }
    match (card.liveness, card.state) {
        (Liveness::Offline, _) => (6, "Offline"),
        (Liveness::Left, _) => (7, "Left"),
        (_, Some(DashboardState::Error)) => (0, "Error"),
        (Liveness::Stale, _) => (1, "Stale"),
        (Liveness::Online, Some(DashboardState::Processing)) => (2, "Processing"),
        (Liveness::Online, Some(DashboardState::Active)) => (3, "Active"),
        (Liveness::Online, Some(DashboardState::Idle)) => (4, "Idle"),
        (Liveness::Online, None) => (5, "No status yet"),
    }
}

/// The order of two cards. What is not known comes last, whichever way the rest is sorted; equals go by name.
fn order(left: &DashboardCard, right: &DashboardCard, sort: FleetSort) -> Ordering {
    let directed = |ordering: Ordering| if sort.descending { ordering.reverse() } else { ordering };
    let float = |value: fn(&DashboardCard) -> Option<f64>| {
        known_first(value(left), value(right), f64::total_cmp, sort.descending)
    };
    let primary = match sort.by {
        FleetColumn::Name => directed(by_name(left, right)),
        FleetColumn::Status => directed(left.status.cmp(&right.status)),
        // Rank 0 is the worst, and the worst is the largest.
        FleetColumn::State => directed(condition(right).0.cmp(&condition(left).0)),
        FleetColumn::UseCase => directed(left.use_case.to_lowercase().cmp(&right.use_case.to_lowercase())),
        FleetColumn::ResponseTime => float(|card| card.response_time),
        FleetColumn::ErrorRate => float(|card| card.error_rate),
        FleetColumn::Throughput => float(|card| card.throughput),
        FleetColumn::DataQuality => float(|card| card.data_quality),
        FleetColumn::RecordCount => {
            known_first(left.record_count, right.record_count, u64::cmp, sort.descending)
        }
        FleetColumn::ConnectedUsers => {
            known_first(left.connected_users, right.connected_users, u32::cmp, sort.descending)
        }
        FleetColumn::OpenAlerts => directed(left.open_alerts.cmp(&right.open_alerts)),
        FleetColumn::LastHeard => directed(heard(left).cmp(&heard(right))),
    };
    primary.then_with(|| by_name(left, right)).then_with(|| left.dashboard.cmp(&right.dashboard))
}

fn by_name(left: &DashboardCard, right: &DashboardCard) -> Ordering {
    left.name.to_lowercase().cmp(&right.name.to_lowercase())
}

fn heard(card: &DashboardCard) -> mission_control_protocol::Timestamp {
    match card.freshness {
        Freshness::Live { at }
        | Freshness::Stale { at }
        | Freshness::Cached { at }
        | Freshness::Archived { at } => at,
    }
}

fn known_first<T>(
    left: Option<T>,
    right: Option<T>,
    compare: fn(&T, &T) -> Ordering,
    descending: bool,
) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => {
            let ordering = compare(&left, &right);
            if descending { ordering.reverse() } else { ordering }
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;
