//! Commands, and what they can be sent to.

use std::cmp::Reverse;

use mission_control_protocol::DashboardId;
use mission_control_store::projection::CommandProjection;
use serde_json::Value;

use super::{Knowledge, fleet, since, status};
use crate::{
    hub_state::HubState,
    plain_text::harmless,
    view::{CommandRow, CommandTarget, CommandsView, commands::StageRow},
};

/// Commands shown at most.
const SHOWN: usize = 500;

/// Longest payload or result shown, in bytes; the whole of it is in the log.
const TEXT: usize = 65_536;

/// JSON as indented text, cut where it is too long to show.
pub(crate) fn indented(value: &Value) -> String {
    // The alternate form of a JSON value is its indented text.
    let mut text = format!("{value:#}");
    if text.len() > TEXT {
        let end = (0..=TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let left_out = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("\n… {left_out} bytes more"));
    }
    text
}

/// One command.
pub(crate) fn row(hub: &HubState, known: &CommandProjection) -> CommandRow {
    let command = &known.command;
    let title = hub
        .projection
        .dashboards
        .get(&command.dashboard_id)
        .and_then(|dashboard| dashboard.registration.as_ref())
        .and_then(|registration| registration.commands.iter().find(|declared| declared.kind == command.kind))
        .map_or_else(|| command.kind.clone(), |declared| harmless(&declared.title, 80));
    let is_final = known.stage.is_final();
    let stages = known.stages.iter().map(|entry| StageRow { stage: entry.stage, at: entry.at });
    let ended = known.stages.last().filter(|_| is_final).map(|entry| entry.at);
    CommandRow {
        command_id: command.id.clone(),
        dashboard: hub.dashboard_key(&command.dashboard_id),
        dashboard_name: hub.dashboard_name(&command.dashboard_id),
        kind: command.kind.clone(),
        title,
        payload: indented(&command.payload),
        issued_by: command.issued_by.as_str().to_owned(),
        issued_at: command.issued_at,
        stage: known.stage,
        status: status::of_stage(known.stage),
        is_final,
        // Where it stood when it ended says nothing of how it ended.
        progress: known.progress.filter(|_| !is_final).map(|progress| progress.clamp(0.0, 1.0)),
        message: known.message.as_deref().map(|message| harmless(message, 500)),
        result: known.result.as_ref().map(indented),
        error: known.error.as_ref().map(|error| harmless(&error.message, 2_000)),
        duration: ended.map(|ended| since(ended, command.issued_at)),
        stages: stages.collect(),
    }
}

/// The commands of one dashboard, newest first, at most `limit`.
pub(crate) fn of_dashboard(hub: &HubState, id: &DashboardId, limit: usize) -> Vec<CommandRow> {
    let commands = hub.projection.commands.iter().rev();
    commands
        .filter(|known| known.command.dashboard_id == *id)
        .take(limit)
        .map(|known| row(hub, known))
        .collect()
}

/// Commands, and what they can be sent to.
pub(crate) fn view(knowledge: &Knowledge) -> CommandsView {
    let mut targets = Vec::new();
    let mut history: Vec<(&HubState, &CommandProjection)> = Vec::new();
    for hub in &knowledge.hubs {
        let open = fleet::Open::of(hub);
        for (id, dashboard) in &hub.projection.dashboards {
            let registration = dashboard.registration.as_ref();
            let accepts = registration.map(|known| known.commands.clone()).unwrap_or_default();
            targets.push(CommandTarget {
                dashboard: hub.dashboard_key(id),
                name: hub.dashboard_name(id),
                use_case: registration.map(|known| harmless(&known.config.use_case, 80)).unwrap_or_default(),
                status: fleet::dashboard_status(hub, &open, id, dashboard),
                accepts,
                disabled: hub.commands_disabled(id),
            });
        }
        history.extend(hub.projection.commands.iter().rev().take(SHOWN).map(|command| (hub, command)));
    }
    targets.sort_by_cached_key(|target| (target.name.to_lowercase(), target.dashboard.clone()));
    history.sort_by_key(|(_, known)| Reverse((known.command.issued_at, known.command.id.clone())));
    let history = history.into_iter().take(SHOWN).map(|(hub, known)| row(hub, known)).collect();
    CommandsView { targets, history }
}
