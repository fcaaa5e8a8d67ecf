//! What a hub is told when it starts.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use mission_control_protocol::limits;
use mission_control_store::UpkeepSettings;

/// The port a hub listens on unless it is told another.
pub const DEFAULT_PORT: u16 = 7420;

/// What a hub is told when it starts.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Holds the log, the tokens and the hub's id; created where it does not exist.
    pub data_directory: PathBuf,
    /// Where to listen. Anything but loopback needs [`HubConfig::tls`]. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The hub's name, for people.
    pub name: String,
    /// Time between heartbeats that dashboards are asked for. A dashboard that is silent for 1.25 of them
    /// is stale, for 3.25 offline.
    pub heartbeat_interval: Duration,
    /// Certificate and key, to serve `wss://`.
    pub tls: Option<TlsFiles>,
    /// Web origins (such as `https://dashboards.example.org`) whose pages may connect as dashboards, besides those
    /// served from loopback.
    pub allowed_origins: Vec<String>,
    /// How the log is looked after: what is sealed, and how long what is kept.
    pub upkeep: UpkeepSettings,
    /// Bounds and time-outs.
    pub limits: Limits,
}

impl HubConfig {
    /// A hub on loopback with the default port, name, heartbeat and limits.
    #[must_use]
    pub fn new(data_directory: impl Into<PathBuf>) -> Self {
        Self {
            data_directory: data_directory.into(),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT),
            name: "Mission Control".to_owned(),
            heartbeat_interval: Duration::from_millis(limits::DEFAULT_HEARTBEAT_INTERVAL_MS.into()),
            tls: None,
            allowed_origins: Vec::new(),
            upkeep: UpkeepSettings::default(),
            limits: Limits::default(),
        }
    }
}

/// PEM files of a TLS server.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Bounds and time-outs. The defaults suit a workstation and a team's server alike.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest frame accepted, in bytes.
    pub frame_bytes: usize,
    /// Connections that have not registered (or said `HELLO`) yet; more are turned away: with HTTP 503, or,
    /// under TLS and beyond 64 at a time, by closing the socket.
    pub unregistered_connections: usize,
    /// Time to register, from the moment of connecting.
    pub registration_timeout: Duration,
    /// Time for a dashboard to accept a command once it is sent.
    pub accept_timeout: Duration,
    /// Time for a command from being issued to its result, where the operator says nothing else.
    pub command_timeout: Duration,
    /// Time for a dashboard to answer a query.
    pub query_timeout: Duration,
    /// Messages that may wait for one client; one more and the client is a slow consumer.
    pub outgoing_messages: usize,
    /// Time that one write to a client may take.
    pub write_timeout: Duration,
    /// Entries committed together at most.
    pub group_entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: limits::DEFAULT_FRAME_LIMIT,
            unregistered_connections: limits::UNREGISTERED_LIMIT,
            registration_timeout: Duration::from_millis(limits::REGISTRATION_TIMEOUT_MS),
            accept_timeout: Duration::from_millis(limits::ACCEPT_TIMEOUT_MS),
            command_timeout: Duration::from_millis(limits::DEFAULT_COMMAND_TIMEOUT_MS.into()),
            query_timeout: Duration::from_millis(limits::QUERY_TIMEOUT_MS),
            outgoing_messages: limits::OUTGOING_LIMIT,
            write_timeout: Duration::from_secs(10),
            group_entries: 8_192,
        }
    }
}
