//! What can go wrong, by what the caller can do about it.

use std::{fmt::Display, path::PathBuf};

use mission_control_protocol::ProtocolError;

/// The client cannot start as it was built.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The hub's address cannot be used.
    #[error(
        "{address:?} is not a hub's address: {reason}; write it like ws://127.0.0.1:7420 or wss://hub.example.org"
    )]
    Address {
        /// As given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The token and everything else would cross the network readable by anyone.
    #[error("{address} is not on this machine and not encrypted; use wss:// (the hub needs a certificate)")]
    Unencrypted {
        /// As given.
        address: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The payload schema of a declared command is not one; the hub would refuse the registration.
    #[error("command {kind} is declared with a payload schema that cannot be used: {reason}")]
    CommandSchema {
        /// Type of the command.
        kind: String,
        /// What is wrong with the schema.
        reason: String,
    },
    /// The queue's file is not this client's to use.
    #[error(transparent)]
    QueueFile(#[from] QueueFileError),
}

/// The queue's file cannot be used. The first four end [`ClientBuilder::start`](crate::ClientBuilder::start), since only
/// the program's author can help; with the others the client works on in memory, says so in its
/// [`StorageState`](crate::StorageState), and tries the file again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueFileError {
    /// Another client has it open, in this process or in another.
    #[error("{path} is in use by another client; end that one, or give each client a queue file of its own")]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// A newer version of this library wrote it.
    #[error(
        "{path} has format {found}, and this version knows formats up to {known}; update the program, or choose another file"
    )]
    NewerFormat {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest this version knows.
        known: i64,
    },
    /// It is a database of something else.
    #[error("{path} is a database, but not a queue; choose another file")]
    NotAQueue {
        /// Which file.
        path: PathBuf,
    },
    /// It holds the messages of another dashboard, which the hub would not take from this one.
    #[error("{path} is the queue of the dashboard {found}; choose another file")]
    OtherDashboard {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        found: String,
    },
    /// What is in it makes no sense. It is set aside, and a new one takes its place.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The disk is full.
    #[error("the disk that holds {path} is full; free some space, and the queue is stored again")]
    DiskFull {
        /// Which file.
        path: PathBuf,
    },
    /// It cannot be opened, read or written.
    #[error("{path} cannot be used: {reason}; let this program write there, and the queue is stored again")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// What the operating system or the database says.
        reason: String,
    },
}

impl QueueFileError {
    /// Whether only another file, or another program, helps.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::InUse { .. }
            | Self::NewerFormat { .. }
            | Self::NotAQueue { .. }
            | Self::OtherDashboard { .. } => true,
            Self::Damaged { .. } | Self::DiskFull { .. } | Self::Unusable { .. } => false,
        }
    }
}

/// What a publisher waited for will not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The queue was full, and the publication was dropped; a `QUEUE_OVERFLOW` event counts it.
    #[error("the queue was full and the publication was dropped; raise the bound, or publish less")]
    Dropped,
    /// The publication is in the queue, but would be lost with the process.
    #[error("the publication is kept in memory only: {reason}")]
    NotDurable {
        /// Why.
        reason: String,
    },
    /// The client ended first. With a queue file, what is not acknowledged is sent at the next start.
    #[error("the client has disconnected")]
    Disconnected,
}

/// The hub did not take the registration, and asking again in the same way will not help.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RegistrationError {
    /// The hub refused; the message says what to change.
    #[error("the hub refused the registration: {0}")]
    Refused(ProtocolError),
    /// The client was told to disconnect first.
    #[error("the client has disconnected; start a new one")]
    Disconnected,
}

/// A message was not taken for publishing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PublishError {
    /// The message is larger than the hub accepts. Nothing was queued.
    #[error("the message is {size} bytes, the hub accepts {limit}; publish less at once")]
    TooLarge {
        /// Size of the frame, in bytes.
        size: usize,
        /// Largest frame the hub accepts, in bytes.
        limit: usize,
    },
    /// Only a client of type `backend` publishes workflow updates.
    #[error("only a client whose type is \"backend\" may publish workflow updates; publish an event instead")]
    NotABackend,
    /// The value cannot be written as JSON.
    #[error("the message cannot be written as JSON: {0}")]
    NotJson(String),
    /// The client has disconnected.
    #[error("the client has disconnected; start a new one")]
    Disconnected,
}

/// A message was not taken for publishing without waiting.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TryPublishError {
    /// The queue is full (the hub is away or slow), or many publications came at once and are on their way into it. Wait
    /// with the `publish_…` method, or leave the message out.
    #[error("the queue is full of messages the hub has not acknowledged; wait, or publish less")]
    QueueFull,
    /// It would not be taken after waiting either.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// The goodbye was not as orderly as asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisconnectError {
    /// Messages are lost: the hub was away, or did not acknowledge them in time.
    #[error(
        "{count} published messages were not acknowledged before the client disconnected, and may be lost"
    )]
    Unacknowledged {
        /// How many.
        count: usize,
    },
    /// The hub was away, or did not acknowledge everything in time. What is left is on disk, and is sent at the next
    /// start.
    #[error("{count} published messages were not acknowledged; they are kept on disk for the next start")]
    Kept {
        /// How many.
        count: usize,
    },
    /// The client had disconnected before.
    #[error("the client had already disconnected")]
    AlreadyDisconnected,
}

/// Why a command was not done, as its handler tells the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CommandFailure {
    message: String,
}

impl CommandFailure {
    /// What the hub takes as the answer to a cancellation.
    pub(crate) const CANCELLED: &str = "cancelled";

    /// A failure with a message that tells the operator what to do.
    pub fn new(message: impl Display) -> Self {
        Self { message: message.to_string() }
    }

    /// The command ended because the operator cancelled it.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(Self::CANCELLED)
    }

    pub(crate) fn into_message(self) -> String {
        self.message
    }
}

impl From<serde_json::Error> for CommandFailure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error)
    }
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueryFailure(pub String);

/// Why a configuration was not put in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigurationRejected(pub String);
