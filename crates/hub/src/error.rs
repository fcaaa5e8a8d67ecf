//! Why a hub cannot start.

use std::{io, net::SocketAddr, path::PathBuf};

use mission_control_store::StoreError;

/// Why a hub cannot start.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The address is not loopback, and there is no certificate.
    #[error(
        "{address} can be reached from other machines, so it needs TLS: give a certificate and its key \
         (--tls-cert, --tls-key), or listen on 127.0.0.1"
    )]
    TlsRequired {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// Another program listens there.
    #[error(
        "port {} of {} is in use by another program; close that one, or choose another port (0 takes a free one)",
        address.port(), address.ip()
    )]
    AddressInUse {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on {address}: {source}; choose an address of this machine and a port it may use")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The certificate or the key cannot be used.
    #[error("cannot use {path} for TLS: {reason}")]
    Tls {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the data directory cannot be read or written.
    #[error("cannot use {path}: {source}; check that the directory exists and belongs to this user")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A token or id file holds something else.
    #[error("{path} is not what it should be: {reason}; remove it, and the hub makes a new one")]
    BadFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The log cannot be opened.
    #[error("the hub's log cannot be opened: {0}")]
    Log(#[from] StoreError),
    /// An origin that is allowed is not written as one.
    #[error("{origin:?} is not a web origin; write it like https://dashboards.example.org, without a path")]
    InvalidOrigin {
        /// What was given.
        origin: String,
    },
    /// A duration or a bound is out of range.
    #[error("{field} is out of range: {reason}")]
    OutOfRange {
        /// Which field of the configuration.
        field: &'static str,
        /// What is allowed.
        reason: &'static str,
    },
}
