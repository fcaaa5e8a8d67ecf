//! The times and sizes a hub keeps to unless it is configured otherwise. `docs/PROTOCOL.md` states them from here.

/// Largest frame a hub accepts, in bytes (1 MiB).
pub const DEFAULT_FRAME_LIMIT: usize = 1024 * 1024;

/// Time between heartbeats that a hub expects, in milliseconds.
pub const DEFAULT_HEARTBEAT_INTERVAL_MS: u32 = 5_000;

/// Heartbeat intervals without a word after which a dashboard is offline; after one it is stale.
pub const OFFLINE_AFTER_INTERVALS: u32 = 3;

/// Time from the opening of a connection to its `REGISTER` or `HELLO`, in milliseconds.
pub const REGISTRATION_TIMEOUT_MS: u64 = 10_000;

/// Connections without a registration that a hub holds at a time; more are turned away: with HTTP 503, or,
/// under TLS and beyond 64 at a time, by closing the socket.
pub const UNREGISTERED_LIMIT: usize = 256;

/// How far a producer's clock may be off the hub's before it is told so, in milliseconds.
pub const CLOCK_SKEW_LIMIT_MS: i64 = 5 * 60 * 1_000;

/// Time from a command's acceptance by the hub to its result, in milliseconds, when the operator does not say.
pub const DEFAULT_COMMAND_TIMEOUT_MS: u32 = 60_000;

/// Time a dashboard has to say `ACCEPTED` (or anything later) to a command, once it is sent, in milliseconds.
pub const ACCEPT_TIMEOUT_MS: u64 = 10_000;

/// Time a dashboard has to answer a query, in milliseconds.
pub const QUERY_TIMEOUT_MS: u64 = 10_000;

/// Open alerts of one dashboard; a new one beyond them makes the hub resolve the oldest.
pub const OPEN_ALERTS_LIMIT: usize = 500;

/// Characters kept of an alert's title; of its message, type and fingerprint, see the next.
pub const ALERT_TITLE_LIMIT: usize = 300;

/// Characters kept of an alert's message.
pub const ALERT_MESSAGE_LIMIT: usize = 4_000;

/// Actions kept of an alert.
pub const ALERT_ACTIONS_LIMIT: usize = 16;

/// Bytes of JSON kept of an alert's context, and of one action's payload; larger ones are left out.
pub const ALERT_CONTEXT_LIMIT: usize = 16 * 1024;

/// Silences, maintenance windows and inhibitions that a hub keeps, of each; and rules.
pub const ALERT_POLICIES_LIMIT: usize = 1_000;

/// Rules that a hub keeps.
pub const RULES_LIMIT: usize = 20_000;

/// Alerts that a rule may raise in a minute; when it raises more, one alert stands for all of them.
pub const RULE_ALERTS_PER_MINUTE: usize = 20;

/// Messages that may wait for one client before it is a slow consumer.
pub const OUTGOING_LIMIT: usize = 256;

/// Most records in one reply to `FETCH_RECORDS`.
pub const FETCH_LIMIT: usize = 4_096;
