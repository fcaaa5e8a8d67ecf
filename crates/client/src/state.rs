//! What the client tells of itself.

use std::time::Duration;

use mission_control_protocol::{ProtocolError, Timestamp, config::RegistrationResult};

/// How the client stands with its hub.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectionState {
    /// Not asked to register yet.
    Unregistered,
    /// Connecting, or waiting for the answer to the registration.
    Connecting,
    /// Registered; messages flow.
    Connected(Box<RegistrationResult>),
    /// Waiting to connect again.
    Reconnecting {
        /// Why the last attempt or connection ended.
        reason: String,
        /// When the next attempt is made, from the moment of the change.
        retry_in: Duration,
        /// Attempts that failed in a row.
        attempts: u32,
    },
    /// The hub refused in a way that asking again will not change; `register_dashboard` asks again all the same.
    Refused(ProtocolError),
    /// Disconnected for good.
    Disconnected,
}

impl ConnectionState {
    /// Whether messages flow.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        matches!(self, Self::Connected(_))
    }
}

/// What the client counted since it started: the plan's `getMetrics` (section 4).
#[derive(Debug, Clone, PartialEq)]
pub struct ClientMetrics {
    /// Events published.
    pub event_count: u64,
    /// Of those, the ones of severity error or worse.
    pub error_count: u64,
    /// Time since the client started.
    pub uptime: Duration,
    /// Messages of every kind that were taken for publishing.
    pub published: u64,
    /// Messages the hub has acknowledged.
    pub acknowledged: u64,
    /// Messages the hub has not acknowledged yet, those of earlier lives of the program included where the queue has a
    /// file.
    pub unacknowledged: usize,
    /// Their size, in bytes.
    pub queued_bytes: usize,
    /// Messages that were dropped because the queue was full; `QUEUE_OVERFLOW` events count them for the operator.
    pub dropped: u64,
    /// Publications ever accepted into the queue, over restarts where it has a file.
    pub accepted: u64,
    /// Whether what is published would survive the end of the process.
    pub durable: bool,
    /// Registrations the hub accepted; more than one means reconnections.
    pub registrations: u64,
    /// Messages the hub refused or could not take, each replaced by an event that says so.
    pub refused: u64,
    /// Type and receive time of the last command.
    pub last_command: Option<(String, Timestamp)>,
}
