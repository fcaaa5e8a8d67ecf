//! The documented error codes, and the message that carries them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What went wrong, for a program to act on. [`ErrorCode::remedy`] says what to do about each.
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
    /// The hub holds as many unregistered connections as it may. The connection is refused: with HTTP 503, or,
    /// under TLS and beyond 64 at a time, by closing the socket.
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
    /// The dashboard answered that it cannot say; the message is its own.
    QueryFailed,
    /// The hub does not know this alert.
    AlertUnknown,
    /// The alert is in a state that does not allow this.
    AlertStateConflict,
    /// The hub does not know this silence, rule, maintenance window or inhibition.
    AlertPolicyUnknown,
    /// The silence is over, the rule has another version, or the id stands for something else.
    AlertPolicyConflict,
    /// A rule, silence, maintenance window, inhibition or setting is not right.
    AlertPolicyInvalid,
    /// The alert was too large: its text or its actions were cut. A notice: the alert was kept.
    AlertCut,
    /// The operator asked for records the hub no longer has, or never had.
    RecordsUnavailable,
    /// The hub cannot write its log (a full or failing disk). Nothing was acknowledged that is not durable.
    LogUnavailable,
    /// The client reads too slowly, and what waits for it passed the bound. The connection is closed.
    SlowConsumer,
    /// The hub is stopping. The connection is closed.
    HubStopping,
}

impl ErrorCode {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 36] = [
        Self::MalformedJson,
        Self::BinaryFrame,
        Self::UnknownType,
        Self::InvalidMessage,
        Self::FrameTooLarge,
        Self::NotRegistered,
        Self::AlreadyRegistered,
        Self::RegistrationTimeout,
        Self::TooManyConnections,
        Self::TokenMissing,
        Self::TokenInvalid,
        Self::DashboardIdInUse,
        Self::SessionTakenOver,
        Self::WrongDashboard,
        Self::SequenceGap,
        Self::ClockSkew,
        Self::NotABackend,
        Self::DashboardUnknown,
        Self::DashboardOffline,
        Self::CommandUndeclared,
        Self::PayloadInvalid,
        Self::CommandUnknown,
        Self::CommandStageConflict,
        Self::QueryUnknown,
        Self::QueryTimeout,
        Self::QueryFailed,
        Self::AlertUnknown,
        Self::AlertStateConflict,
        Self::AlertPolicyUnknown,
        Self::AlertPolicyConflict,
        Self::AlertPolicyInvalid,
        Self::AlertCut,
        Self::RecordsUnavailable,
        Self::LogUnavailable,
        Self::SlowConsumer,
        Self::HubStopping,
    ];

    /// Whether the hub closes the connection after it has sent this code.
    #[must_use]
    pub fn closes_connection(self) -> bool {
        matches!(
            self,
            Self::FrameTooLarge
                | Self::NotRegistered
                | Self::RegistrationTimeout
                | Self::TooManyConnections
                | Self::TokenMissing
                | Self::TokenInvalid
                | Self::DashboardIdInUse
                | Self::SessionTakenOver
                | Self::SlowConsumer
                | Self::HubStopping
        )
    }

    /// What the receiver can do, in a sentence or two.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::MalformedJson => "Send one JSON object in each text frame.",
            Self::BinaryFrame => "Send text frames.",
            Self::UnknownType => "Use one of the types on this page; the message was ignored.",
            Self::InvalidMessage => {
                "Correct the field the message names. The message was not kept, and its `seq`, if it had one, is spent."
            }
            Self::FrameTooLarge => {
                "Connect again and send less at once; `REGISTERED` states the limit as `frameLimit`."
            }
            Self::NotRegistered => "Connect again and send `REGISTER` (a console: `HELLO`) first.",
            Self::AlreadyRegistered => {
                "Register once; to register anew, close the connection and open another."
            }
            Self::RegistrationTimeout => "Connect again and send `REGISTER` (a console: `HELLO`) at once.",
            Self::TooManyConnections => "Try again later, waiting longer each time.",
            Self::TokenMissing => "Put the token in `token`; the hub says at its start which file holds it.",
            Self::TokenInvalid => {
                "Read the token for this role from the hub's `tokens` directory; do not try again with this one."
            }
            Self::DashboardIdInUse => {
                "Give each dashboard an id of its own; if the other one is a lost connection of yours, it is offline after 3.25 heartbeat intervals: try again then."
            }
            Self::SessionTakenOver => "Stop, do not reconnect: the newer connection of this session goes on.",
            Self::WrongDashboard => {
                "Name the registered dashboard in `dashboardId`. The message was not kept, and its `seq`, if it had one, is spent."
            }
            Self::SequenceGap => "Send the numbers that are missing first, then this one again.",
            Self::ClockSkew => {
                "Set the clock of the machine; or correct times by `serverTime` from `REGISTERED`."
            }
            Self::NotABackend => {
                "Register with type `backend`, or publish an `EVENT`. The message was not kept, and its `seq` is spent."
            }
            Self::DashboardUnknown => "Choose a dashboard that has registered with this hub.",
            Self::DashboardOffline => "Wait until the dashboard is online and ask again.",
            Self::CommandUndeclared => "Choose a command that the dashboard declared in its `REGISTER`.",
            Self::PayloadInvalid => "Correct the payload at the places the message names.",
            Self::CommandUnknown => {
                "Use the `commandId` as it was sent; a progress or result for another is ignored."
            }
            Self::CommandStageConflict => "Nothing to do: the command has ended, or was not yet sent.",
            Self::QueryUnknown => {
                "Use the `queryId` as it was sent; an answer that comes too late is ignored."
            }
            Self::QueryTimeout => "Ask again, or see why the dashboard does not answer.",
            Self::QueryFailed => "Correct the query as the message says.",
            Self::AlertUnknown => "Choose an alert that is in the log.",
            Self::AlertStateConflict => "Nothing to do: somebody else took this step, or the alert is over.",
            Self::AlertPolicyUnknown => "Choose one that is there; somebody else may have removed it.",
            Self::AlertPolicyConflict => "Look at what it is now, and decide anew.",
            Self::AlertPolicyInvalid => "Correct the field the message names; nothing was changed.",
            Self::AlertCut => "Send less: the message says what was cut and how much is kept.",
            Self::RecordsUnavailable => {
                "Ask for records within the extent that `WELCOME` states; older ones are gone."
            }
            Self::LogUnavailable => {
                "Keep what is not acknowledged and wait: the hub goes on by itself once it can write. On its machine, free disk space."
            }
            Self::SlowConsumer => "Read faster, connect again and resume.",
            Self::HubStopping => "Connect again after a pause and resume.",
        }
    }
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
