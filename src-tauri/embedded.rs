//! The hub inside this program.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::Path,
    sync::{Arc, Weak},
};

use mission_control_console::{EmbeddedHub, OperatorPair};
use mission_control_hub::{Hub, HubConfig, HubError};
use tokio::sync::mpsc;

const NAME: &str = "This workstation";

/// Starts the embedded hub; on another port when the one asked for is taken, since the fleet that is connected to the
/// program there must not hide one's own.
///
/// # Errors
/// When it cannot start at all.
pub async fn start(
    data_directory: &Path,
    listen: SocketAddr,
    allowed_origins: &[String],
) -> Result<Hub, HubError> {
    let mut config = HubConfig::new(data_directory.join("hub"));
    config.listen = listen;
    config.name = NAME.to_owned();
    config.allowed_origins = allowed_origins.to_vec();
    match Hub::start(config.clone()).await {
        Err(HubError::AddressInUse { address }) if address.port() != 0 => {
            config.listen.set_port(0);
            let hub = Hub::start(config).await?;
            tracing::warn!(
                "port {} of {} is in use by another program: dashboards connect to {} this time. Close that program, or \
                 choose a port with --listen",
                address.port(),
                address.ip(),
                hub.address()
            );
            Ok(hub)
        }
        started => started,
    }
}

/// Says on the standard output where dashboards and operators connect, and with what: the same lines as
/// `mission-control-hub`.
///
/// # Errors
/// When nobody reads the standard output any more.
pub fn announce(hub: &Hub) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "mission-control listening on {}", hub.url())?;
    writeln!(output, "dashboard token: {}", hub.dashboard_token_file().display())?;
    writeln!(output, "operator token: {}", hub.operator_token_file().display())?;
    output.flush()
}

/// The hub as the console needs to know it. The console does not keep it alive.
#[must_use]
pub fn joint(hub: &Arc<Hub>) -> EmbeddedHub {
    let hub_for_connections = Arc::downgrade(hub);
    EmbeddedHub {
        name: NAME.to_owned(),
        address: hub.url(),
        token_file: hub.dashboard_token_file().to_owned(),
        log_path: hub.log_path().to_owned(),
        connect: Box::new(move || connect(&hub_for_connections)),
    }
}

/// A connection in memory; one that has ended already when the hub has.
fn connect(hub: &Weak<Hub>) -> OperatorPair {
    match hub.upgrade() {
        Some(hub) => hub.connect_operator(),
        None => (mpsc::channel(1).0, mpsc::channel(1).1),
    }
}

/// Ends the hub when everything it has received is written down.
pub async fn end(hub: Arc<Hub>) {
    match Arc::into_inner(hub) {
        Some(hub) => hub.shutdown().await,
        // A connection is being made this instant; the hub ends with it, and what was acknowledged is durable.
        None => tracing::warn!("the embedded hub is still in use; it ends without being waited for"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_taken_port_does_not_keep_the_hub_from_running() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let wanted = taken.local_addr().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let hub = start(directory.path(), wanted, &[]).await.unwrap();
        assert_ne!(hub.address().port(), wanted.port());
        assert!(hub.address().ip().is_loopback());
        hub.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_console_does_not_keep_the_hub_alive() {
        let directory = tempfile::tempdir().unwrap();
        let hub = Arc::new(start(directory.path(), "127.0.0.1:0".parse().unwrap(), &[]).await.unwrap());
        let joint = joint(&hub);
        end(hub).await;
        let (_, mut from_hub) = (joint.connect)();
        assert!(from_hub.recv().await.is_none());
    }
}
