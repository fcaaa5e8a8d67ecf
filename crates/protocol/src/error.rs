//! The documented error codes, and the message that carries them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What went wrong, for a program to act on. The table in `docs/PROTOCOL.md` says what to do about each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// The frame is not a JSON object.
    MalformedJson,
    /// The frame is binary; the protocol is text.
    BinaryFrame,
    /// The message has no `type`, or one the hub does not know.
    UnknownType,
    /// A field is missing, has the wrong type, or is out of range.
    InvalidMessage,
    /// The frame is larger than the hub accepts. The connection is closed.
    FrameTooLarge,
    /// Anything but `REGISTER` (or `HELLO`) before registration. The connection is closed.
    NotRegistered,
    /// A second `REGISTER` on one connection.
    AlreadyRegistered,
    /// No `REGISTER` (or `HELLO`) in time. The connection is closed.
    RegistrationTimeout,
    /// The hub holds as many unregistered connections as it may. The connection is refused.
    TooManyConnections,
    /// No token was given. The connection is closed.
    TokenMissing,
    /// The token is not valid for this role. The connection is closed.
    TokenInvalid,
    /// Another session is connected under this id. The connection is closed.
    DashboardIdInUse,
    /// The same session connected again, and this older connection gave way. The connection is closed.
    SessionTakenOver,
    /// The message names a dashboard other than the registered one.
    WrongDashboard,
    /// `seq` left out numbers: what lies between is not here. Nothing of the message was kept.
    SequenceGap,
    /// The producer's clock is more than five minutes off the hub's. A notice: the message was kept.
    ClockSkew,
    /// Only a client of type `backend` may publish this.
    NotABackend,
    /// The hub does not know this dashboard.
    DashboardUnknown,
    /// The dashboard is not connected.
    DashboardOffline,
    /// The dashboard did not declare this command.
    CommandUndeclared,
    /// The payload violates the declared JSON Schema.
    PayloadInvalid,
    /// The hub does not know this command.
    CommandUnknown,
    /// The command is in a stage that does not allow this.
    CommandStageConflict,
    /// The hub does not know this query.
    QueryUnknown,
    /// No answer in time.
    QueryTimeout,
    /// The hub does not know this alert.
    AlertUnknown,
    /// The alert is in a state that does not allow this.
    AlertStateConflict,
    /// The operator asked for records the hub no longer has, or never had.
    RecordsUnavailable,
    /// The hub cannot write its log (a full or failing disk). Nothing was acknowledged that is not durable.
    LogUnavailable,
    /// The client reads too slowly, and what waits for it passed the bound. The connection is closed.
    SlowConsumer,
    /// The hub is stopping. The connection is closed.
    HubStopping,
}

/// The body of an `ERROR` message, and of a refused request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{code:?}: {message}")]
pub struct ProtocolError {
    /// For a program to act on.
    pub code: ErrorCode,
    /// For an engineer to act on: names the field and the fix.
    pub message: String,
    /// The `seq` of the offending message, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub seq: Option<u64>,
}

impl ProtocolError {
    /// An error without a `seq`.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), seq: None }
    }

    /// The same error about the message numbered `seq`.
    #[must_use]
    pub fn about(mut self, seq: Option<u64>) -> Self {
        self.seq = seq;
        self
    }
}
