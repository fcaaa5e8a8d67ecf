//! The WebSocket server: listens, shakes hands, and gives each connection one task of its own with a bounded outgoing
//! queue. What comes in is read in chunks: all frames that are there already go on together.

mod dashboard;
mod handshake;
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
    handshake::AllowedOrigins,
    link::{Link, Outgoing, Producer, refusal_entry},
    operator_session::{Admission, OperatorSession},
    tls::acceptor,
};
use self::{handshake::Role, refusals::SharedBudget, socket::Socket};
use crate::{
    Limits, alerts::Alerts, commands::Commands, descriptors, log::Log, monitoring::Counters,
    registry::Registry, tokens::Tokens,
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
    pub(crate) origins: AllowedOrigins,
    pub(crate) log: Log,
    pub(crate) registry: Registry,
    pub(crate) commands: Commands,
    pub(crate) alerts: Alerts,
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
    match tls {
        None => upgraded(stream, remote, services, probation).await,
        Some(tls) => match tokio::time::timeout_at(probation.deadline, tls.accept(stream)).await {
            Ok(Ok(stream)) => upgraded(stream, remote, services, probation).await,
            Ok(Err(error)) => tracing::debug!(%remote, %error, "no TLS session"),
            Err(_) => tracing::debug!(%remote, "no TLS session in time"),
        },
    }
}

async fn upgraded<S>(stream: S, remote: SocketAddr, services: Arc<Services>, probation: Probation)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let shaken = handshake::accept(stream, &services.origins, services.limits.frame_bytes);
    let (role, stream) = match tokio::time::timeout_at(probation.deadline, shaken).await {
        Ok(Ok(shaken)) => shaken,
        Ok(Err(error)) => return tracing::debug!(%remote, %error, "no WebSocket"),
        Err(_) => return tracing::debug!(%remote, "no WebSocket in time"),
    };
    let socket = Socket::new(stream, services.limits.write_timeout);
    match role {
        Role::Dashboard => dashboard::serve(socket, remote, services, probation).await,
        Role::Operator => operator::serve(socket, remote, services, probation).await,
    }
}
