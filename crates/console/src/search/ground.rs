//! What the core knows that a search needs.

use std::collections::BTreeSet;

use mission_control_protocol::{Timestamp, event};
use mission_control_store::search::query::KnownValues;

use super::{SearchGround, SearchedHub};
use crate::{hub_state::HubState, view::HubKey};

/// Values of a sort that are suggested at most.
const KNOWN: usize = 20_000;

/// The hubs that are searched: those named, or all. `None` when one that is named is not followed.
pub(crate) fn ground<'a>(
    hubs: impl Iterator<Item = &'a HubState> + Clone,
    named: &[HubKey],
    now: Timestamp,
) -> Option<SearchGround> {
    if named.iter().any(|key| !hubs.clone().any(|hub| hub.key == *key)) {
        return None;
    }
    let searched = hubs.filter(|hub| named.is_empty() || named.contains(&hub.key));
    let hubs = searched.map(|hub| SearchedHub {
        key: hub.key,
        name: hub.name.clone(),
        log: hub.log_path.clone(),
        use_cases: registrations(hub).map(|(id, config)| (id.to_owned(), config.use_case.clone())).collect(),
    });
    Some(SearchGround { hubs: hubs.collect(), now })
}

/// The values that are known to occur, to be suggested.
pub(crate) fn known<'a>(hubs: impl Iterator<Item = &'a HubState>) -> KnownValues {
    let mut dashboards = BTreeSet::new();
    let mut use_cases = BTreeSet::new();
    let mut alerts = BTreeSet::new();
    let mut commands = BTreeSet::new();
    let mut operators = BTreeSet::new();
    for hub in hubs {
        dashboards.extend(hub.projection.dashboards.keys().map(|id| id.as_str()));
        use_cases.extend(registrations(hub).map(|(_, config)| config.use_case.as_str()));
        alerts.extend(hub.projection.alerts.iter().map(|known| known.alert.alert.kind.as_str()));
        let accepted =
            hub.projection.dashboards.values().filter_map(|dashboard| dashboard.registration.as_ref());
        commands.extend(accepted.flat_map(|known| &known.commands).map(|command| command.kind.as_str()));
        operators.extend(hub.projection.commands.iter().map(|known| known.command.issued_by.as_str()));
    }
    let owned = |values: BTreeSet<&str>| values.into_iter().take(KNOWN).map(str::to_owned).collect();
    let events = [
        event::types::DATA_SOURCE_CHANGED,
        event::types::INGESTION_STATUS_CHANGED,
        event::types::DATA_INGESTED,
        event::types::WORKFLOW_STARTED,
        event::types::AGENT_RESULT,
        event::types::ERROR,
        event::types::QUEUE_OVERFLOW,
    ];
    KnownValues {
        dashboards: owned(dashboards),
        events: events.map(str::to_owned).to_vec(),
        alerts: owned(alerts),
        commands: owned(commands),
        use_cases: owned(use_cases),
        operators: owned(operators),
    }
}

fn registrations(hub: &HubState) -> impl Iterator<Item = (&str, &mission_control_protocol::DashboardConfig)> {
    hub.projection
        .dashboards
        .iter()
        .filter_map(|(id, known)| Some((id.as_str(), &known.registration.as_ref()?.config)))
}
