//! What the rest of the hub holds of a connection: a way to send to it, to end it, and to see when it was heard from.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use mission_control_protocol::{
    CommandId, DashboardId, ErrorCode, ProtocolError, RecordKind, Severity, dashboard_wire::HubMessage,
    record::RefusalRecord,
};
use mission_control_store::{Entry, ProducerSequence};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    log::{self, Receipt, Submission},
    registry::ConnectionNumber,
};

/// A message on its way to a dashboard, already in its final form.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) text: Utf8Bytes,
    /// The command it carries, to be reported once it is written.
    pub(crate) command: Option<CommandId>,
}

impl Outgoing {
    /// `message` as it is written to a socket.
    pub(crate) fn of(message: &HubMessage) -> Option<Self> {
        let text = text_of(message)?;
        let command = match message {
            HubMessage::Command { command, .. } => Some(command.id.clone()),
            _ => None,
        };
        Some(Self { text, command })
    }
}

/// `message` as JSON. Our own messages always have such a form; were one to lose it, it is left out, loudly.
pub(crate) fn text_of<T: serde::Serialize>(message: &T) -> Option<Utf8Bytes> {
    serde_json::to_string(message)
        .inspect_err(|error| tracing::error!(%error, "a message has no JSON form"))
        .ok()
        .map(Into::into)
}

/// Why a connection is to end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ending {
    /// With this `ERROR`.
    Error(ProtocolError),
    /// Without a word, since nobody seems to listen.
    Silence(String),
}

/// The connection of a registered dashboard, as others see it.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    connection: ConnectionNumber,
    outgoing: mpsc::Sender<Outgoing>,
    ending: watch::Sender<Option<Ending>>,
    hearing: Arc<Hearing>,
}

/// The connection's own side of its [`Link`].
#[derive(Debug)]
pub(crate) struct LinkEnd {
    pub(crate) outgoing: mpsc::Receiver<Outgoing>,
    pub(crate) ending: watch::Receiver<Option<Ending>>,
    hearing: Arc<Hearing>,
}

/// When a connection was last heard from.
#[derive(Debug)]
struct Hearing {
    since: Instant,
    /// Milliseconds after `since`.
    heard_after: AtomicU64,
    /// The hub does not listen at the moment.
    held_up: AtomicBool,
}

impl Link {
    /// A link that holds up to `bound` messages. It is held up until [`LinkEnd::heard`] is called first.
    pub(crate) fn new(connection: ConnectionNumber, bound: usize, now: Instant) -> (Self, LinkEnd) {
        let (outgoing, incoming) = mpsc::channel(bound.max(1));
        let (ending, ended) = watch::channel(None);
        let hearing =
            Arc::new(Hearing { since: now, heard_after: AtomicU64::new(0), held_up: AtomicBool::new(true) });
        let end = LinkEnd { outgoing: incoming, ending: ended, hearing: hearing.clone() };
        (Self { connection, outgoing, ending, hearing }, end)
    }

    pub(crate) fn connection(&self) -> ConnectionNumber {
        self.connection
    }

    /// Queues a message. A client that lets the queue fill up is ended as a slow consumer.
    pub(crate) fn send(&self, message: Outgoing) -> bool {
        match self.outgoing.try_send(message) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.end(slow_consumer());
                false
            }
        }
    }

    /// Ends the connection with `error`, unless it is ending already.
    pub(crate) fn end(&self, error: ProtocolError) {
        self.end_with(Ending::Error(error));
    }

    /// Ends the connection without a word.
    pub(crate) fn hang_up(&self, reason: String) {
        self.end_with(Ending::Silence(reason));
    }

    fn end_with(&self, ending: Ending) {
        self.ending.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(ending);
            }
            first
        });
    }

    /// When the connection was last heard from. While the hub itself holds it up that is `now`: what nobody reads says
    /// nothing of silence.
    pub(crate) fn heard_at(&self, now: Instant) -> Instant {
        if self.hearing.held_up.load(Ordering::Acquire) {
            return now;
        }
        let after = Duration::from_millis(self.hearing.heard_after.load(Ordering::Relaxed));
        self.hearing.since.checked_add(after).unwrap_or(now)
    }
}

impl LinkEnd {
    /// Something came from the client, or the hub listens to it again.
    pub(crate) fn heard(&self, now: Instant) {
        let after = now.saturating_duration_since(self.hearing.since).as_millis();
        self.hearing.heard_after.store(u64::try_from(after).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.hearing.held_up.store(false, Ordering::Release);
    }

    /// From now on the hub does not listen to the client, until [`Self::heard`] is called.
    pub(crate) fn hold_up(&self) {
        self.hearing.held_up.store(true, Ordering::Release);
    }
}

/// What a client that does not read is told, should it ever read it.
pub(crate) fn slow_consumer() -> ProtocolError {
    ProtocolError::new(
        ErrorCode::SlowConsumer,
        "this client reads too slowly, and what waits for it passed the bound; read faster, then connect again.",
    )
}

/// Who sent what is to be recorded, and who is to be told when it is durable.
#[derive(Debug, Clone)]
pub(crate) struct Producer {
    pub(crate) dashboard_id: DashboardId,
    pub(crate) sequence: Option<ProducerSequence>,
    pub(crate) durable: watch::Sender<u64>,
    pub(crate) remote: SocketAddr,
}

impl Producer {
    /// The number of the message, if it has one.
    pub(crate) fn seq(&self) -> Option<u64> {
        self.sequence.map(|sequence| sequence.seq)
    }

    /// `entry` under the message's number, acknowledged once it is durable.
    pub(crate) fn submission(self, entry: Option<Entry>) -> Submission {
        let receipt =
            self.sequence.map(|sequence| Receipt::Acknowledge { durable: self.durable, seq: sequence.seq });
        let producer = self.sequence.map(|sequence| (self.dashboard_id, sequence));
        let entries = entry.map(|entry| Entry { producer, ..entry }).into_iter().collect();
        Submission { entries, receipt }
    }
}

/// The record of a refusal.
pub(crate) fn refusal_entry(
    dashboard_id: DashboardId,
    error: &ProtocolError,
    remote: SocketAddr,
) -> Option<Entry> {
    let record = RefusalRecord {
        code: error.code,
        message: error.message.clone(),
        remote_address: remote.to_string(),
    };
    log::entry(dashboard_id, RecordKind::Refusal, Severity::Warning, &record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_the_hub_holds_up_counts_as_heard() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let (link, end) = Link::new(1, 1, start);
        assert_eq!(link.heard_at(at(900)), at(900), "it is not listened to before it is registered");
        end.heard(at(1_000));
        assert_eq!(link.heard_at(at(5_000)), at(1_000));
        end.hold_up();
        assert_eq!(link.heard_at(at(90_000)), at(90_000));
        end.heard(at(91_000));
        assert_eq!(link.heard_at(at(99_000)), at(91_000));
    }
}
