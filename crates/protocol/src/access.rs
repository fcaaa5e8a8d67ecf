//! Who may connect to a hub, and who tried in vain.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{DashboardId, OperatorId, Timestamp, TokenId};

/// Longest label of a token, in characters.
pub const LABEL_MAX_LENGTH: usize = 80;

/// A token that an operator had the hub make for a dashboard. Its secret is not part of it: the hub keeps only a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DashboardToken {
    /// Its id, for lists and records.
    pub id: TokenId,
    /// What it is for, in the words of the operator who had it made.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who had it made.
    pub created_by: OperatorId,
    /// When a dashboard last registered with it; absent when none ever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub last_used_at: Option<Timestamp>,
    /// Which dashboard that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub last_used_by: Option<DashboardId>,
}

/// What a dashboard shows to be let in. Not shown by `Debug`, so that no log line can hold it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TokenSecret(pub String);

impl fmt::Debug for TokenSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenSecret")
    }
}

/// Somebody who came and was not let in. Attempts that differ in nothing but their time and port are one, and counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionAttempt {
    /// Unique while the hub runs, rising.
    pub number: u64,
    /// When it was made first.
    pub first_at: Timestamp,
    /// When it was made last.
    pub last_at: Timestamp,
    /// How often it was made.
    pub count: u64,
    /// Where it came from last, such as `127.0.0.1:50440`.
    pub remote_address: String,
    /// Why it was refused.
    pub reason: AttemptReason,
    /// What was wrong, for people. Never holds a token.
    pub message: String,
    /// What to do, in a sentence.
    pub remedy: String,
    /// The dashboard it claimed to be, where it came so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard_id: Option<DashboardId>,
}

/// Why somebody was not let in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AttemptReason {
    /// No token was shown.
    TokenMissing,
    /// The hub does not know the token.
    TokenUnknown,
    /// The token was revoked.
    TokenRevoked,
    /// The page comes from a web origin that is not allowed.
    OriginNotAllowed,
    /// A frame was not JSON, or not text.
    MalformedJson,
    /// The first message was not `REGISTER`, or there was none.
    RegistrationMissing,
    /// Nothing was sent in time.
    RegistrationLate,
    /// A field of `REGISTER` is missing or wrong.
    RegistrationInvalid,
    /// The path is not the one for dashboards.
    WrongPath,
    /// An HTTP request that asks for no WebSocket, or no HTTP at all.
    NotWebsocket,
    /// TLS, on a port that does not speak it.
    TlsUnexpected,
    /// No TLS, on a port that speaks nothing else.
    TlsMissing,
    /// The TLS handshake failed.
    TlsFailed,
    /// Another session is connected under this dashboard id.
    DashboardIdInUse,
    /// A frame was larger than the hub accepts.
    FrameTooLarge,
    /// Another version of the protocol.
    VersionMismatch,
    /// Too many connections had not registered.
    TooManyConnections,
    /// Another reason; the message says it.
    Other,
}
