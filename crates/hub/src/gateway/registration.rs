//! The time before a connection is registered: its first message, and whether that lets it in.

use std::{collections::HashSet, net::SocketAddr};

use mission_control_protocol::{
    AttemptReason, CommandDeclaration, DashboardId, ErrorCode, ProtocolError,
    dashboard_wire::{DashboardMessage, HubMessage},
    frame::{self, IncomingFrame},
    payload,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};

use super::{
    Services,
    attempts::Rejection,
    link::{refusal_entry, text_of},
    socket::{Incoming, Socket},
};
use crate::{clock, log::Submission, registry::Registration, tokens::TokenRefusal};

/// The id under which a refusal is recorded when none was proved.
const NOBODY: &str = "hub";

/// Waits until the client has registered properly. `None` when the connection is over without a word to be said.
///
/// # Errors
/// The error to end the connection with.
pub(super) async fn wait<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
    services: &Services,
    remote: SocketAddr,
    deadline: Instant,
) -> Result<Option<Registration>, ProtocolError> {
    let mut was_refused = false;
    loop {
        let incoming = tokio::select! {
            incoming = tokio::time::timeout_at(deadline, socket.next()) => incoming,
            () = services.stopping.cancelled() => return Err(stopping()),
        };
        let judged = match incoming {
            Err(_) => Err(Refused::fatal(timed_out(services, "REGISTER"))),
            Ok(Incoming::Over(_)) => {
                if !was_refused {
                    services.attempts.note(remote, wordless());
                }
                return Ok(None);
            }
            Ok(Incoming::Control) => continue,
            Ok(Incoming::Binary) => Err(Refused::kept(binary())),
            Ok(Incoming::TooLarge { size, limit }) => Err(Refused::fatal(too_large(size, limit))),
            Ok(Incoming::Text(text)) => judge(&text, services, remote),
        };
        match judged {
            Ok(registration) => return Ok(Some(registration)),
            Err(Refused { error, id, claimed, reason, fatal }) => {
                was_refused = true;
                let recorded = told_of(&error, claimed.as_ref());
                let rejection = Rejection::told(&error, claimed.or_else(|| id.clone()));
                let rejection = match reason {
                    Some(reason) => rejection.for_reason(reason),
                    None => rejection,
                };
                services.attempts.note(remote, rejection);
                services.counters.refused();
                record(services, id, &recorded, remote);
                if fatal {
                    return Err(error);
                }
                if socket.write(text_of(&HubMessage::Error(error))).await.is_err() {
                    return Ok(None);
                }
            }
        }
    }
}

struct Refused {
    error: ProtocolError,
    /// The id of one who has the token.
    id: Option<DashboardId>,
    /// The id claimed by one who has not.
    claimed: Option<DashboardId>,
    /// Why, where the code does not say all.
    reason: Option<AttemptReason>,
    fatal: bool,
}

impl Refused {
    fn fatal(error: ProtocolError) -> Self {
        Self { error, id: None, claimed: None, reason: None, fatal: true }
    }

    fn kept(error: ProtocolError) -> Self {
        Self { error, id: None, claimed: None, reason: None, fatal: false }
    }
}

fn judge(text: &str, services: &Services, remote: SocketAddr) -> Result<Registration, Refused> {
    let message = match frame::parse(text) {
        Ok(IncomingFrame::Message(message)) => *message,
        Ok(IncomingFrame::Publication(_)) => return Err(Refused::fatal(not_registered())),
        Err(error) => return Err(Refused::kept(error)),
    };
    let DashboardMessage::Register { config, token, session, commands } = message else {
        return Err(Refused::fatal(not_registered()));
    };
    let id = config.id.clone();
    let token_id = match services.tokens.admit(&services.issued_tokens, &token) {
        Ok(token_id) => token_id,
        Err(TokenRefusal { error, reason }) => {
            return Err(Refused { error, id: None, claimed: Some(id), reason: Some(reason), fatal: true });
        }
    };
    if let Err(error) = check_declarations(&commands) {
        return Err(Refused { error, id: Some(id), claimed: None, reason: None, fatal: false });
    }
    Ok(Registration { config, commands, epoch: session.epoch, remote, token_id })
}

fn check_declarations(commands: &[CommandDeclaration]) -> Result<(), ProtocolError> {
    let mut seen = HashSet::new();
    for command in commands {
        let problem = if command.kind.is_empty() {
            Some("its `type` is empty".to_owned())
        } else if !seen.insert(&command.kind) {
            Some("it is declared twice".to_owned())
        } else {
            payload::check_schema(&command.payload_schema).err().map(|error| error.to_string())
        };
        if let Some(problem) = problem {
            return Err(ProtocolError::new(
                ErrorCode::InvalidMessage,
                format!(
                    "REGISTER: `commands`: {:?}: {problem}. Correct it and register again.",
                    command.kind
                ),
            ));
        }
    }
    Ok(())
}

/// The error as it is recorded, with the id that a stranger claimed. It is not recorded under that id: whoever has no
/// token must not be able to make the hub remember ever new dashboards.
fn told_of(error: &ProtocolError, claimed: Option<&DashboardId>) -> ProtocolError {
    let mut told = error.clone();
    if let Some(claimed) = claimed {
        told.message = format!("{} The client claimed to be {claimed}.", told.message);
    }
    told
}

/// Records a refusal of a client that is not registered, within the bound that all such clients share. Without an `id`
/// that is under the hub's own name.
pub(super) fn record(
    services: &Services,
    id: Option<DashboardId>,
    error: &ProtocolError,
    remote: SocketAddr,
) {
    let Some(id) = id.or_else(|| DashboardId::new(NOBODY).ok()) else { return };
    if services.strangers.allows(clock::now()) {
        let entries = refusal_entry(id, error, remote).into_iter().collect();
        // A stranger's mistake does not wait for a busy disk.
        let _ = services.log.try_submit(Submission { entries, receipt: None });
    }
}

/// The rejection of a client that closed its WebSocket without having registered.
fn wordless() -> Rejection {
    Rejection::told(
        &ProtocolError::new(
            ErrorCode::NotRegistered,
            "a client opened a WebSocket and closed it without sending REGISTER.",
        ),
        None,
    )
}

pub(super) fn timed_out(services: &Services, expected: &str) -> ProtocolError {
    let time = services.limits.registration_timeout;
    ProtocolError::new(
        ErrorCode::RegistrationTimeout,
        format!("no {expected} within {time:?} of connecting."),
    )
}

pub(super) fn binary() -> ProtocolError {
    ProtocolError::new(ErrorCode::BinaryFrame, "the frame is binary; send JSON in text frames.")
}

pub(super) fn too_large(size: usize, limit: usize) -> ProtocolError {
    ProtocolError::new(
        ErrorCode::FrameTooLarge,
        format!("the frame has {size} bytes, and this hub accepts {limit}; send less at once."),
    )
}

pub(super) fn stopping() -> ProtocolError {
    ProtocolError::new(ErrorCode::HubStopping, "the hub is stopping; connect again.")
}

fn not_registered() -> ProtocolError {
    ProtocolError::new(ErrorCode::NotRegistered, "the first message on a connection is REGISTER.")
}
