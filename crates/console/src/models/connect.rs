//! *Connect a dashboard*.

use mission_control_protocol::{
    AttemptReason, ConnectionAttempt, DASHBOARD_PATH, DashboardToken, TokenId, record::Liveness,
};

use super::{Knowledge, fleet, number};
use crate::{
    hub_state::HubState,
    plain_text::harmless,
    view::{
        HubKey,
        connect::{Arrival, AttemptRow, ConnectHub, ConnectView, TokenRow},
        frame::HubConnection,
    },
};

/// Longest text of an attempt, in characters.
const TEXT: usize = 400;

/// *Connect a dashboard* to `hub`, with the token that is waited for.
pub(crate) fn view(knowledge: &Knowledge, hub: HubKey, token: Option<&TokenId>) -> ConnectView {
    let hubs = knowledge.hubs.iter().map(choice).collect();
    let Some(hub) = knowledge.hub(hub) else {
        return ConnectView { hubs, token: None, arrival: None, attempts: Vec::new() };
    };
    let token = token.and_then(|id| hub.tokens.iter().find(|known| known.id == *id));
    let attempts = hub
        .attempts
        .iter()
        .filter(|attempt| token.is_none_or(|token| attempt.last_at >= token.created_at))
        .map(attempt)
        .collect();
    ConnectView {
        hubs,
        token: token.map(row),
        arrival: token.and_then(|token| arrival(hub, token)),
        attempts,
    }
}

/// The tokens of a hub, the oldest first.
pub(crate) fn tokens(hub: &HubState) -> Vec<TokenRow> {
    hub.tokens.iter().map(row).collect()
}

fn choice(hub: &HubState) -> ConnectHub {
    let is_loopback = hub.address.starts_with("ws://");
    let disabled = match &hub.connection {
        HubConnection::Cached { reason, .. } => Some(format!("{} is not connected: {reason}", hub.name)),
        HubConnection::Connecting => Some(format!("{} is not connected yet.", hub.name)),
        _ => None,
    };
    ConnectHub {
        hub: hub.key,
        name: hub.name.clone(),
        embedded: hub.is_embedded(),
        address: hub.address.clone(),
        dashboard_address: format!("{}{DASHBOARD_PATH}", hub.address),
        reach: if is_loopback {
            "Reached from this computer only. For dashboards on other machines, follow a hub that speaks TLS."
                .to_owned()
        } else {
            "Reached from wherever this computer reaches it.".to_owned()
        },
        disabled,
    }
}

fn row(token: &DashboardToken) -> TokenRow {
    TokenRow {
        id: token.id.clone(),
        label: harmless(&token.label, 80),
        created_at: token.created_at,
        created_by: token.created_by.clone(),
        last_used_at: token.last_used_at,
        last_used_by: token.last_used_by.clone(),
    }
}

fn arrival(hub: &HubState, token: &DashboardToken) -> Option<Arrival> {
    let id = token.last_used_by.as_ref()?;
    let dashboard = hub.projection.dashboards.get(id)?;
    let registration = dashboard.registration.as_ref()?;
    let liveness = dashboard.liveness.as_ref().map(|liveness| liveness.liveness);
    Some(Arrival {
        dashboard: hub.dashboard_key(id),
        name: hub.dashboard_name(id),
        use_case: harmless(&registration.config.use_case, 80),
        version: harmless(&registration.config.version, 80),
        kind: harmless(&registration.config.kind, 80),
        commands: number(registration.commands.len()),
        status: fleet::dashboard_status(hub, &fleet::Open::of(hub), id, dashboard),
        online: hub.is_live() && matches!(liveness, Some(Liveness::Online | Liveness::Stale)),
        registered_at: registration.at,
        remote_address: registration.remote_address.clone(),
        events: dashboard.event_count,
        heard_at: hub.last_heard(id, dashboard),
    })
}

fn attempt(attempt: &ConnectionAttempt) -> AttemptRow {
    AttemptRow {
        number: attempt.number,
        at: attempt.last_at,
        count: attempt.count,
        remote_address: harmless(&attempt.remote_address, 80),
        reason: attempt.reason,
        title: title(attempt.reason).to_owned(),
        message: sentence(&attempt.message),
        remedy: sentence(&attempt.remedy),
        dashboard_id: attempt.dashboard_id.clone(),
    }
}

/// A hub's words as a sentence of their own.
fn sentence(text: &str) -> String {
    let text = harmless(text, TEXT);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if text.ends_with(['.', '…']) => first.to_uppercase().chain(letters).collect(),
        Some(first) => first.to_uppercase().chain(letters).chain(['.']).collect(),
        None => text,
    }
}

fn title(reason: AttemptReason) -> &'static str {
    match reason {
        AttemptReason::TokenMissing => "No token",
        AttemptReason::TokenUnknown => "Unknown token",
        AttemptReason::TokenRevoked => "Revoked token",
        AttemptReason::OriginNotAllowed => "Web origin not allowed",
        AttemptReason::MalformedJson => "Not JSON",
        AttemptReason::RegistrationMissing => "No REGISTER",
        AttemptReason::RegistrationLate => "Too late",
        AttemptReason::RegistrationInvalid => "Invalid REGISTER",
        AttemptReason::WrongPath => "Wrong address",
        AttemptReason::NotWebsocket => "Not a WebSocket",
        AttemptReason::TlsUnexpected => "TLS where there is none",
        AttemptReason::TlsMissing => "TLS is missing",
        AttemptReason::TlsFailed => "TLS failed",
        AttemptReason::DashboardIdInUse => "Dashboard id in use",
        AttemptReason::FrameTooLarge => "Frame too large",
        AttemptReason::VersionMismatch => "Another protocol version",
        AttemptReason::TooManyConnections => "Too many connections",
        AttemptReason::Other => "Refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_s_words_become_sentences() {
        assert_eq!(sentence("there is no /x; connect elsewhere"), "There is no /x; connect elsewhere.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence("a\u{202e}b\nc"), "Ab c.");
        assert_eq!(sentence(""), "");
    }
}
