//! The outgoing queue: numbers messages and keeps each until the hub has acknowledged it. Pure; the actor owns it.

use std::collections::VecDeque;

use mission_control_protocol::SessionEpoch;

use crate::message::QueuedMessage;

/// How much may wait for an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// What a watermark from the hub means for the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumption {
    /// The session goes on after the watermark.
    Continued,
    /// The hub's watermark is none this session can have: the hub lost acknowledged messages (restored from a backup),
    /// or another process used the session. What is left was numbered anew in a new session.
    NewSession,
}

/// A message in the queue.
#[derive(Debug)]
struct Entry {
    message: QueuedMessage,
    /// Whether it stands in for a message the hub refused.
    stand_in: bool,
}

/// Messages numbered `acknowledged + 1`, `acknowledged + 2`, …, oldest first.
#[derive(Debug)]
pub(crate) struct OutgoingQueue {
    epoch: SessionEpoch,
    acknowledged: u64,
    entries: VecDeque<Entry>,
    /// How many of `entries`, from the front, are on the wire of this connection.
    sent: usize,
    bytes: usize,
    capacity: Capacity,
}

impl OutgoingQueue {
    pub(crate) fn new(epoch: SessionEpoch, capacity: Capacity) -> Self {
        Self { epoch, acknowledged: 0, entries: VecDeque::new(), sent: 0, bytes: 0, capacity }
    }

    pub(crate) fn epoch(&self) -> SessionEpoch {
        self.epoch
    }

    /// How many messages wait for an acknowledgement.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many more messages may be pushed before publishers have to wait.
    pub(crate) fn room(&self) -> usize {
        if self.bytes >= self.capacity.bytes {
            return 0;
        }
        self.capacity.messages.saturating_sub(self.entries.len())
    }

    /// Number of the last message pushed; 0 before the first.
    pub(crate) fn last_seq(&self) -> u64 {
        self.acknowledged + self.entries.len() as u64
    }

    /// Highest number acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Number of the last message put on the wire; equals [`Self::acknowledged`] when none waits there.
    pub(crate) fn last_sent(&self) -> u64 {
        self.acknowledged + self.sent as u64
    }

    /// Takes a message, whatever the room: publishers ask for [`Self::room`] first, command results need not.
    pub(crate) fn push(&mut self, message: QueuedMessage) -> u64 {
        self.bytes += message.frame_size();
        self.entries.push_back(Entry { message, stand_in: false });
        self.last_seq()
    }

    pub(crate) fn has_unsent(&self) -> bool {
        self.sent < self.entries.len()
    }

    /// The next frame to put on the wire; counts as sent from now on.
    pub(crate) fn next_frame(&mut self) -> Option<String> {
        let entry = self.entries.get(self.sent)?;
        let frame = entry.message.frame(self.last_sent() + 1);
        self.sent += 1;
        Some(frame)
    }

    /// Lets go of everything up to `seq`; returns how many messages that were. A number that was never sent is no
    /// acknowledgement of this session and changes nothing.
    pub(crate) fn acknowledge(&mut self, seq: u64) -> usize {
        if seq > self.last_sent() {
            return 0;
        }
        self.release(seq)
    }

    fn release(&mut self, seq: u64) -> usize {
        let count = usize::try_from(seq.saturating_sub(self.acknowledged)).unwrap_or(usize::MAX);
        let count = count.min(self.entries.len());
        for entry in self.entries.drain(..count) {
            self.bytes -= entry.message.frame_size();
        }
        self.acknowledged += count as u64;
        self.sent = self.sent.saturating_sub(count);
        count
    }

    /// Everything unacknowledged goes on the wire again.
    pub(crate) fn rewind(&mut self) {
        self.sent = 0;
    }

    /// Takes up the session on a new connection whose hub holds everything up to `last_seq`. `fresh` becomes the epoch
    /// when the session cannot go on.
    pub(crate) fn resume(&mut self, last_seq: u64, fresh: SessionEpoch) -> Resumption {
        self.rewind();
        if (self.acknowledged..=self.last_seq()).contains(&last_seq) {
            self.release(last_seq);
            Resumption::Continued
        } else {
            self.epoch = fresh;
            self.acknowledged = 0;
            Resumption::NewSession
        }
    }

    /// The unacknowledged message numbered `seq`.
    pub(crate) fn get(&self, seq: u64) -> Option<&QueuedMessage> {
        self.entries.get(self.index(seq)?).map(|entry| &entry.message)
    }

    /// Numbers of the unacknowledged messages whose frame is larger than `limit` bytes.
    pub(crate) fn larger_than(&self, limit: usize) -> Vec<u64> {
        let too_large = |entry: &Entry| entry.message.frame_size() > limit && !entry.stand_in;
        let numbered = (self.acknowledged + 1..).zip(&self.entries);
        numbered.filter(|(_, entry)| too_large(entry)).map(|(seq, _)| seq).collect()
    }

    /// Puts `message` in the place of the one numbered `seq`, since a number cannot be left out, and goes back to it.
    /// False when there is none, or when that is a stand-in itself.
    pub(crate) fn replace(&mut self, seq: u64, message: QueuedMessage) -> bool {
        let Some(index) = self.index(seq) else { return false };
        let Some(entry) = self.entries.get_mut(index) else { return false };
        if entry.stand_in {
            return false;
        }
        self.bytes = self.bytes - entry.message.frame_size() + message.frame_size();
        *entry = Entry { message, stand_in: true };
        self.sent = self.sent.min(index);
        true
    }

    fn index(&self, seq: u64) -> Option<usize> {
        usize::try_from(seq.checked_sub(self.acknowledged + 1)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::{DashboardEvent, DashboardId, EnrichedEvent, Severity, Timestamp};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const CAPACITY: Capacity = Capacity { messages: 8, bytes: 1 << 20 };

    fn message(text: &str) -> QueuedMessage {
        QueuedMessage::event(&EnrichedEvent {
            event: DashboardEvent {
                kind: text.into(),
                severity: Severity::Info,
                payload: serde_json::Value::Null,
            },
            dashboard_id: DashboardId::new("d").unwrap(),
            timestamp: Timestamp::from_milliseconds(0),
            context: Default::default(),
        })
        .unwrap()
    }

    fn queue(messages: usize) -> OutgoingQueue {
        let mut queue = OutgoingQueue::new(SessionEpoch(Uuid::from_u128(1)), CAPACITY);
        for number in 1..=messages {
            queue.push(message(&format!("M{number}")));
        }
        queue
    }

    fn drain(queue: &mut OutgoingQueue) -> Vec<u64> {
        std::iter::from_fn(|| queue.next_frame())
            .map(|frame| serde_json::from_str::<serde_json::Value>(&frame).unwrap()["seq"].as_u64().unwrap())
            .collect()
    }

    #[test]
    fn what_is_unacknowledged_is_sent_again_on_the_next_connection() {
        let mut queue = queue(5);
        assert_eq!(drain(&mut queue), [1, 2, 3, 4, 5]);
        assert_eq!(queue.acknowledge(2), 2);
        assert_eq!(queue.resume(3, SessionEpoch(Uuid::from_u128(2))), Resumption::Continued);
        assert_eq!(drain(&mut queue), [4, 5]);
    }

    #[test]
    fn a_hub_that_forgot_gets_a_new_session_with_all_that_is_left() {
        let fresh = SessionEpoch(Uuid::from_u128(2));
        let mut queue = queue(5);
        drain(&mut queue);
        queue.acknowledge(3);
        assert_eq!(queue.resume(1, fresh), Resumption::NewSession);
        assert_eq!(queue.epoch(), fresh);
        assert_eq!(drain(&mut queue), [1, 2]);
        assert_eq!(queue.resume(9, SessionEpoch(Uuid::from_u128(3))), Resumption::NewSession);
    }

    #[test]
    fn an_acknowledgement_of_what_was_never_sent_changes_nothing() {
        let mut queue = queue(2);
        assert_eq!(queue.acknowledge(1), 0);
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn a_refused_message_is_replaced_once_and_keeps_its_number() {
        let mut queue = queue(3);
        drain(&mut queue);
        assert!(queue.replace(2, message("STAND_IN")));
        assert_eq!(drain(&mut queue), [2, 3]);
        assert!(!queue.replace(2, message("AGAIN")));
        assert!(!queue.replace(9, message("NONE")));
    }

    #[test]
    fn room_ends_at_either_bound() {
        assert_eq!(queue(8).room(), 0);
        let mut small =
            OutgoingQueue::new(SessionEpoch(Uuid::from_u128(1)), Capacity { messages: 8, bytes: 10 });
        assert_eq!(small.room(), 8);
        small.push(message("M"));
        assert_eq!(small.room(), 0);
    }

    proptest! {
        /// Whatever the connection does, the hub gets every number once, in order, or a repeat of an old one.
        #[test]
        fn no_number_is_ever_left_out(steps in proptest::collection::vec(0_u8..6, 1..300)) {
            let mut queue = queue(0);
            let (mut watermark, mut pushed) = (0_u64, 0_u64);
            for step in steps {
                match step {
                    0 | 1 => pushed = queue.push(message("M")),
                    2 | 3 => {
                        if let Some(frame) = queue.next_frame() {
                            let seq = serde_json::from_str::<serde_json::Value>(&frame).unwrap()["seq"].as_u64().unwrap();
                            prop_assert!(seq <= watermark + 1);
                            watermark = watermark.max(seq);
                        }
                    }
                    4 => { queue.acknowledge(watermark); }
                    _ => { prop_assert_eq!(queue.resume(watermark, SessionEpoch(Uuid::from_u128(2))), Resumption::Continued); }
                }
                prop_assert_eq!(queue.last_seq(), pushed);
                prop_assert_eq!(queue.bytes, queue.entries.iter().map(|entry| entry.message.frame_size()).sum::<usize>());
            }
            queue.resume(watermark, SessionEpoch(Uuid::from_u128(2)));
            watermark += drain(&mut queue).len() as u64;
            prop_assert_eq!(watermark, pushed);
        }
    }
}
