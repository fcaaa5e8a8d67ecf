//! What goes when the queue is full, in which order, and the event that counts it.

use std::collections::BTreeMap;

use mission_control_protocol::{Severity, Timestamp, event::types::QUEUE_OVERFLOW};
use serde_json::json;

use crate::{
    enrichment::Identity,
    message::{MessageKind, QueuedMessage},
};

/// What happens when the queue is full. In either case measurements (`METRICS`, `RESOURCE_USAGE`) go first, the oldest
/// before newer ones, and a `QUEUE_OVERFLOW` event counts everything that went, by kind and type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// Once no measurement is left to drop, publishers wait, or are told. Events and alerts stay, unless messages that
    /// nobody can hold back (results and audit events of commands) pass the bound by more than an eighth.
    #[default]
    Wait,
    /// After the measurements go events and workflow updates, then alerts, the oldest first. Publishers never wait for
    /// room. For a program that has nobody to wait, and to whom the newest matters most.
    DropOldest,
}

/// How dear a message is: lower ranks go before higher.
pub(crate) type Rank = u8;

/// The rank that goes whatever [`WhenFull`] says.
pub(crate) const MEASUREMENTS: Rank = 0;
/// No message has a higher one.
pub(crate) const HIGHEST: Rank = 2;

impl WhenFull {
    /// The highest rank that goes to make room for a publication.
    pub(crate) fn gives_up(self) -> Rank {
        match self {
            Self::Wait => MEASUREMENTS,
            Self::DropOldest => HIGHEST,
        }
    }
}

/// The rank of `message`; `None` for what never goes: the count of what went.
pub(crate) fn rank(message: &QueuedMessage) -> Option<Rank> {
    match message.kind() {
        MessageKind::Metrics | MessageKind::ResourceUsage => Some(MEASUREMENTS),
        MessageKind::Event if message.subject() == QUEUE_OVERFLOW => None,
        MessageKind::Event | MessageKind::WorkflowUpdate => Some(1),
        MessageKind::Alert | MessageKind::CommandResult => Some(HIGHEST),
    }
}

/// What went since the last count got its number.
#[derive(Debug)]
pub(crate) struct Overflow {
    /// Place of the event that tells of it, once it has one.
    pub(crate) place: Option<u64>,
    since: Timestamp,
    /// By kind and type, such as `EVENT DATA_INGESTED`.
    dropped: BTreeMap<String, u64>,
    count: u64,
    bytes: usize,
    grave: bool,
}

impl Overflow {
    pub(crate) fn new(since: Timestamp) -> Self {
        Self { place: None, since, dropped: BTreeMap::new(), count: 0, bytes: 0, grave: false }
    }

    pub(crate) fn add(&mut self, message: &QueuedMessage) {
        *self.dropped.entry(message.name()).or_default() += 1;
        self.count += 1;
        self.bytes += message.frame_size();
        self.grave |= rank(message) == Some(HIGHEST);
    }

    /// The event that tells of it.
    pub(crate) fn event(
        &self,
        identity: &Identity,
        capacity: usize,
        now: Timestamp,
    ) -> Option<QueuedMessage> {
        let severity = if self.grave { Severity::Error } else { Severity::Warning };
        let payload = json!({
            "count": self.count, "dropped": self.dropped, "bytes": self.bytes, "since": self.since,
            "capacity": capacity,
        });
        identity.event(QUEUE_OVERFLOW, severity, payload, now)
    }
}
