//! The WebSocket server: listens, shakes hands, and gives each connection one task of its own with a bounded outgoing
//! queue. What comes in is read in chunks: all frames that are there already go on together.

mod attempts;
mod dashboard;
mod handshake;
mod http;
mod link;
mod operator;
mod operator_session;
mod overload;
mod refusals;
mod registration;
mod socket;
mod tls;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use mission_control_protocol::{AttemptReason, ErrorCode, ProtocolError};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub(crate) use self::{
    attempts::Attempts,
    handshake::AllowedOrigins,
    link::{Link, Outgoing, Producer, refusal_entry},
    operator_session::{Admission, OperatorSession},
    tls::acceptor,
};
use self::{attempts::Rejection, handshake::Role, refusals::SharedBudget, socket::Socket};
use crate::{
    Limits,
    alerts::Alerts,
    commands::Commands,
    descriptors,
    log::Log,
    monitoring::Counters,
    registry::Registry,
    tokens::{IssuedTokens, Tokens},
};

/// Pause after the operating system refused a connection, for example because all file descriptors are in use.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What every connection needs of the hub.
pub(crate) struct Services {
    pub(crate) hub_id: Uuid,
    pub(crate) name: String,
    pub(crate) heartbeat_milliseconds: u32,
    pub(crate) limits: Limits,
    pub(crate) tokens: Tokens,
    pub(crate) issued_tokens: IssuedTokens,
    pub(crate) attempts: Attempts,
    pub(crate) origins: AllowedOrigins,
    pub(crate) log: Log,
    pub(crate) registry: Registry,
    pub(crate) commands: Commands,
    pub(crate) alerts: Alerts,
    /// Leave to run a back-test.
    pub(crate) back_tests: Semaphore,
    pub(crate) counters: Arc<Counters>,
    pub(crate) stopping: CancellationToken,
    /// Bounds what strangers can write into the log.
    pub(crate) strangers: SharedBudget,
    pub(crate) connection_numbers: AtomicU64,
}

impl Services {
    fn next_connection(&self) -> u64 {
        self.connection_numbers.fetch_add(1, Relaxed)
    }
}

/// Accepts connections until the hub stops.
pub(crate) struct Gateway {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) services: Arc<Services>,
    pub(crate) connections: TaskTracker,
}

/// A place among the connections that have not registered yet, and until when it may be kept.
struct Probation {
    _place: OwnedSemaphorePermit,
    deadline: Instant,
}

impl Gateway {
    pub(crate) async fn run(self) {
        let places = Arc::new(Semaphore::new(self.services.limits.unregistered_connections));
        let turning_away = Arc::new(Semaphore::new(overload::AT_ONCE));
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = self.services.stopping.cancelled() => return,
            };
            let (stream, remote) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, advice = descriptors::advice(&error), "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            self.services.counters.connected();
            let Ok(place) = places.clone().try_acquire_owned() else {
                self.services.counters.turned_away();
                self.services.attempts.note(remote, too_many(&self.services));
                if self.tls.is_none()
                    && let Ok(turn) = turning_away.clone().try_acquire_owned()
                {
                    self.connections.spawn(async move {
                        overload::turn_away(stream).await;
                        drop(turn);
                    });
                }
                continue;
            };
            let deadline = Instant::now() + self.services.limits.registration_timeout;
            let probation = Probation { _place: place, deadline };
            let (services, tls) = (self.services.clone(), self.tls.clone());
            self.connections.spawn(connection(stream, remote, tls, services, probation));
        }
    }
}

async fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    tls: Option<TlsAcceptor>,
    services: Arc<Services>,
    probation: Probation,
) {
    // Acknowledgements and commands are small, and wanted now.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%remote, %error, "cannot set TCP_NODELAY");
    }
    // A client that speaks TLS where nobody does, or the reverse, is told apart by its first byte.
    let mut first = [0];
    match tokio::time::timeout_at(probation.deadline, stream.peek(&mut first)).await {
        Ok(Ok(1..)) => {}
        Ok(Ok(0) | Err(_)) => return,
        Err(_) => return services.attempts.note(remote, silent(&services)),
    }
    let begins_tls = first == [TLS_HANDSHAKE];
    match tls {
        None if begins_tls => services.attempts.note(
            remote,
            Rejection::new(
                AttemptReason::TlsUnexpected,
                "a client began a TLS session, and this hub does not speak TLS.",
                "Write ws:// instead of wss:// (https: pages too may connect to ws:// on their own machine); or start the \
                 hub with --tls-cert and --tls-key.",
            ),
        ),
        None => upgraded(stream, remote, services, probation).await,
        Some(_) if first[0].is_ascii_uppercase() => {
            services.attempts.note(
                remote,
                Rejection::new(
                    AttemptReason::TlsMissing,
                    "a client spoke plain HTTP, and this hub speaks only TLS.",
                    "Write wss:// instead of ws://.",
                ),
            );
            let mut stream = stream;
            http::answer(&mut stream, "400 Bad Request", "This port speaks TLS: connect with wss://.").await;
        }
        Some(tls) => match tokio::time::timeout_at(probation.deadline, tls.accept(stream)).await {
            Ok(Ok(stream)) => upgraded(stream, remote, services, probation).await,
            Ok(Err(error)) => {
                tracing::debug!(%remote, %error, "no TLS session");
                services.attempts.note(
                    remote,
                    Rejection::new(
                        AttemptReason::TlsFailed,
                        format!("the TLS handshake failed: {error}."),
                        "Most often the client does not trust the hub's certificate: give it the authority that signed it, \
                         and connect by a name that is in the certificate.",
                    ),
                );
            }
            Err(_) => services.attempts.note(remote, silent(&services)),
        },
    }
}

/// First byte of a TLS session.
const TLS_HANDSHAKE: u8 = 22;

/// The rejection of a client that did not ask for a WebSocket in time.
fn silent(services: &Services) -> Rejection {
    let time = services.limits.registration_timeout;
    Rejection::new(
        AttemptReason::RegistrationLate,
        format!("a client opened a connection and asked for no WebSocket within {time:?}."),
        "Open a WebSocket, and send REGISTER as soon as it is open.",
    )
}

fn too_many(services: &Services) -> Rejection {
    let error = ProtocolError::new(
        ErrorCode::TooManyConnections,
        format!(
            "{} connections had not registered yet, so this one was turned away.",
            services.limits.unregistered_connections
        ),
    );
    Rejection::told(&error, None)
}

async fn upgraded<S>(stream: S, remote: SocketAddr, services: Arc<Services>, probation: Probation)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let shaken = handshake::accept(stream, &services.origins, services.limits.frame_bytes);
    let (role, stream) = match tokio::time::timeout_at(probation.deadline, shaken).await {
        Ok(Ok(shaken)) => shaken,
        Ok(Err(rejection)) => {
            tracing::debug!(%remote, ?rejection, "no WebSocket");
            if let Some(rejection) = rejection {
                services.attempts.note(remote, rejection);
            }
            return;
        }
        Err(_) => return services.attempts.note(remote, silent(&services)),
    };
    let socket = Socket::new(stream, services.limits.write_timeout);
    match role {
        Role::Dashboard => dashboard::serve(socket, remote, services, probation).await,
        Role::Operator => operator::serve(socket, remote, services, probation).await,
    }
}
