//! The hub inside this program.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::Path,
    sync::{Arc, Weak},
};

use mission_control_console::{EmbeddedHub, OperatorPair, Retention, embedded_retention};
use mission_control_hub::{Hub, HubConfig, HubError};
use tokio::sync::{mpsc, watch};

const NAME: &str = "This workstation";

/// The embedded hub, as it was started.
#[derive(Debug)]
pub struct StartedHub {
    /// The hub.
    pub hub: Hub,
    /// What the operator should know of how it started, in a sentence.
    pub note: Option<String>,
    /// Tells it what is kept of the past from now on.
    pub retain: watch::Sender<Retention>,
}

/// Starts the embedded hub; on another port when the one asked for is taken, since the fleet that is connected to the
/// program there must not hide one's own.
///
/// # Errors
/// When it cannot start at all.
pub async fn start(
    data_directory: &Path,
    listen: SocketAddr,
    allowed_origins: &[String],
) -> Result<StartedHub, HubError> {
    let mut config = HubConfig::new(data_directory.join("hub"));
    config.listen = listen;
    config.name = NAME.to_owned();
    config.allowed_origins = allowed_origins.to_vec();
    let kept = embedded_retention(data_directory);
    let retain = watch::Sender::new(kept.clone());
    config.upkeep.retention = kept;
    config.upkeep.retention_changes = Some(retain.subscribe());
    match Hub::start(config.clone()).await {
        Err(HubError::AddressInUse { address }) if address.port() != 0 => {
            config.listen.set_port(0);
            let hub = Hub::start(config).await?;
            let note = format!(
                "Port {} of {} is in use by another program: dashboards connect to {} this time. Close that program and \
                 start again, or choose a port with --listen.",
                address.port(),
                address.ip(),
                hub.address()
            );
            tracing::warn!("{note}");
            Ok(StartedHub { hub, note: Some(note), retain })
        }
        started => started.map(|hub| StartedHub { hub, note: None, retain }),
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
pub fn joint(hub: &Arc<Hub>, note: Option<String>, retain: watch::Sender<Retention>) -> EmbeddedHub {
    let hub_for_connections = Arc::downgrade(hub);
    EmbeddedHub {
        name: NAME.to_owned(),
        address: hub.url(),
        token_file: hub.dashboard_token_file().to_owned(),
        log_path: hub.log_path().to_owned(),
        note,
        retain,
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
        let StartedHub { hub, note, .. } = start(directory.path(), wanted, &[]).await.unwrap();
        let note = note.unwrap();
        assert!(
            note.contains(&wanted.port().to_string()) && note.contains(&hub.address().to_string()),
            "{note}"
        );
        assert_ne!(hub.address().port(), wanted.port());
        assert!(hub.address().ip().is_loopback());
        hub.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_console_does_not_keep_the_hub_alive() {
        let directory = tempfile::tempdir().unwrap();
        let started = start(directory.path(), "127.0.0.1:0".parse().unwrap(), &[]).await.unwrap();
        let hub = Arc::new(started.hub);
        let joint = joint(&hub, started.note, started.retain);
        end(hub).await;
        let (_, mut from_hub) = (joint.connect)();
        assert!(from_hub.recv().await.is_none());
    }
}
