//! Numbers messages and keeps each until the hub has acknowledged it. Pure: no I/O, no clock.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use mission_control_protocol::{ErrorCode, SessionEpoch, Timestamp};

use super::{
    change::{Change, Placed, SessionRecord, StoredQueue},
    overflow::{HIGHEST, MEASUREMENTS, Overflow, Rank, WhenFull, rank},
};
use crate::{
    enrichment::{Identity, MESSAGE_REFUSED},
    message::QueuedMessage,
};

/// Messages that may have numbers without an acknowledgement. What has a number can no longer be dropped.
const WINDOW: usize = 2_048;

/// What a watermark from the hub means for the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumption {
    /// The session goes on after the watermark.
    Continued,
    /// The hub lost what it had acknowledged (it was restored from a backup, say). What is left is numbered anew in a
    /// new session.
    NewSession,
}

/// A message in the queue.
#[derive(Debug)]
struct Entry {
    place: u64,
    message: QueuedMessage,
    /// Whether the storage holds it as it is.
    stored: bool,
}

impl Entry {
    fn size(&self) -> usize {
        self.message.frame_size()
    }
}

/// The messages that wait for an acknowledgement, oldest first.
///
/// A message gets its number when it is first about to be sent, so that what is dropped before that leaves no gap.
/// Numbered messages are the front of the queue; their numbers count on from the last acknowledged one.
#[derive(Debug)]
pub(crate) struct OutgoingQueue {
    identity: Arc<Identity>,
    /// In bytes, of frames.
    capacity: usize,
    when_full: WhenFull,
    session: SessionRecord,
    entries: VecDeque<Entry>,
    /// How many of `entries`, from the front, have numbers.
    numbered: usize,
    /// How many, from the front, are on the wire of this connection.
    sent: usize,
    bytes: usize,
    numbered_bytes: usize,
    /// Bytes that may be dropped to make room for a publication.
    droppable: usize,
    overflow: Option<Overflow>,
    dropped_count: u64,
    /// Places of what was dropped since that was last asked for.
    dropped: Vec<u64>,
    /// Whether there is a storage that has to learn of changes.
    keeps_changes: bool,
    replaces_everything: bool,
    session_changed: bool,
    /// Whether something changed that the storage may learn later: the hub knows it too.
    released: bool,
    released_through: u64,
    changed: BTreeSet<u64>,
    removed: Vec<u64>,
    /// The storage holds the numbers up to this place.
    stored_numbers: u64,
}

impl OutgoingQueue {
    /// A queue in memory, for a session that begins.
    pub(crate) fn new(
        epoch: SessionEpoch,
        capacity: usize,
        when_full: WhenFull,
        identity: Arc<Identity>,
    ) -> Self {
        Self {
            identity,
            capacity,
            when_full,
            session: SessionRecord::new(epoch),
            entries: VecDeque::new(),
            numbered: 0,
            sent: 0,
            bytes: 0,
            numbered_bytes: 0,
            droppable: 0,
            overflow: None,
            dropped_count: 0,
            dropped: Vec::new(),
            keeps_changes: false,
            replaces_everything: false,
            session_changed: true,
            released: false,
            released_through: 0,
            changed: BTreeSet::new(),
            removed: Vec::new(),
            stored_numbers: 0,
        }
    }

    /// Goes on with what a storage held.
    pub(crate) fn restore(mut self, stored: StoredQueue) -> Self {
        self.session = stored.session;
        self.stored_numbers = self.session.numbered_through;
        self.keeps_changes = true;
        self.session_changed = false;
        for Placed { place, message } in stored.messages {
            self.append(Entry { place, message, stored: true });
        }
        let through = self.session.numbered_through;
        self.numbered = self.entries.partition_point(|entry| entry.place <= through);
        self.recount();
        self
    }

    pub(crate) fn epoch(&self) -> SessionEpoch {
        self.session.epoch
    }

    /// How many publications were ever accepted into this queue.
    pub(crate) fn publications(&self) -> u64 {
        self.session.publications
    }

    /// How many messages wait for an acknowledgement.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Size of all that waits, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes
    }

    /// How many messages were dropped since the queue was made.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped_count
    }

    /// Bytes that publishers may add before they have to wait; what may be dropped counts as free.
    pub(crate) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.bytes - self.droppable)
    }

    /// Place of the last message taken in; 0 before the first.
    pub(crate) fn last_place(&self) -> u64 {
        self.session.last_place
    }

    /// Everything up to this place is acknowledged or dropped.
    pub(crate) fn done_through(&self) -> u64 {
        self.entries.front().map_or(self.session.last_place, |entry| entry.place - 1)
    }

    /// Highest number acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.session.acknowledged
    }

    /// Number of the last message put on the wire; equals [`Self::acknowledged`] when none waits there.
    pub(crate) fn last_sent(&self) -> u64 {
        self.session.acknowledged + self.sent as u64
    }

    /// Takes a publication, and returns its place and how many publications there were with it. Publishers ask for
    /// [`Self::room`] first.
    pub(crate) fn publish(&mut self, message: QueuedMessage, now: Timestamp) -> (u64, u64) {
        self.session.publications += 1;
        let place = self.add(message);
        self.make_room(self.when_full.gives_up(), self.capacity, now);
        (place, self.session.publications)
    }

    /// Takes a message of the client's own, such as a command's result, which nobody can hold back. It may go an eighth
    /// beyond the bound; after that others make room for it.
    pub(crate) fn push(&mut self, message: QueuedMessage, now: Timestamp) -> u64 {
        let place = self.add(message);
        self.make_room(self.when_full.gives_up(), self.capacity, now);
        self.make_room(HIGHEST, self.capacity + self.capacity / 8, now);
        place
    }

    /// Gives numbers to the messages that are to be sent next. One that is larger than the hub takes is replaced by an
    /// event that says so; returns how many that were.
    pub(crate) fn number(&mut self, frame_limit: usize, now: Timestamp) -> u64 {
        let mut replaced = 0;
        while self.numbered < WINDOW.min(self.entries.len())
            && (self.numbered == 0 || self.numbered_bytes < self.capacity / 2)
        {
            replaced += u64::from(self.stand_in_if_too_large(self.numbered, frame_limit, now));
            let Some(entry) = self.entries.get(self.numbered) else { break };
            let (place, size) = (entry.place, entry.size());
            self.droppable -= self.droppable_size(&entry.message);
            self.numbered_bytes += size;
            self.numbered += 1;
            self.session.numbered_through = place;
            self.session_changed = true;
            if self.overflow.as_ref().is_some_and(|overflow| overflow.place == Some(place)) {
                self.overflow = None;
            }
        }
        replaced
    }

    /// Whether [`Self::next_frame`] has one.
    pub(crate) fn has_sendable(&self, stored_only: bool) -> bool {
        self.sendable(stored_only).is_some()
    }

    fn sendable(&self, stored_only: bool) -> Option<&Entry> {
        let entry = self.entries.get(self.sent).filter(|_| self.sent < self.numbered)?;
        let is_stored = entry.stored && entry.place <= self.stored_numbers;
        (is_stored || !stored_only).then_some(entry)
    }

    /// The next frame to put on the wire; counts as sent from now on. None that the storage does not hold under its
    /// number, when it must.
    pub(crate) fn next_frame(&mut self, stored_only: bool) -> Option<String> {
        let frame = self.sendable(stored_only)?.message.frame(self.last_sent() + 1);
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

    /// Everything unacknowledged goes on the wire again.
    pub(crate) fn rewind(&mut self) {
        self.sent = 0;
    }

    /// Takes up the session on a new connection whose hub holds everything up to `last_seq`. `fresh` becomes the epoch
    /// when the session cannot go on.
    pub(crate) fn resume(&mut self, last_seq: u64, fresh: SessionEpoch) -> Resumption {
        self.rewind();
        if last_seq < self.session.acknowledged {
            self.session =
                SessionRecord { epoch: fresh, acknowledged: 0, numbered_through: 0, ..self.session };
            self.session_changed = true;
            self.stored_numbers = 0;
            self.numbered = 0;
            self.recount();
            return Resumption::NewSession;
        }
        self.release(last_seq);
        // More than was numbered here: the storage lost its newest changes. The hub's count is the one that goes on.
        if last_seq > self.session.acknowledged {
            self.session.acknowledged = last_seq;
            self.session_changed = true;
        }
        Resumption::Continued
    }

    /// Replaces what has a number and is larger than the hub takes; returns how many that were. Only right after
    /// [`Self::resume`], when it is known that the hub has none of it.
    pub(crate) fn replace_too_large(&mut self, frame_limit: usize, now: Timestamp) -> u64 {
        let replaced =
            (0..self.numbered).filter(|&index| self.stand_in_if_too_large(index, frame_limit, now));
        replaced.count() as u64
    }

    /// The hub counts the number `seq` as spent and did not keep its message: an event with a number of its own says
    /// so. Returns its place; `None` when there is no such message, or when that was such an event itself.
    pub(crate) fn refuse(&mut self, seq: u64, code: ErrorCode, why: &str, now: Timestamp) -> Option<u64> {
        let message = &self.entries.get(self.index(seq)?)?.message;
        let event = self.identity.refusal(message, code, why, now)?;
        (message.subject() != MESSAGE_REFUSED).then(|| self.push(event, now))
    }

    /// Whether there is an unacknowledged message numbered `seq`.
    pub(crate) fn has(&self, seq: u64) -> bool {
        self.index(seq).is_some()
    }

    /// Places of what was dropped since the last call.
    pub(crate) fn take_dropped(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.dropped)
    }

    /// Takes in, before everything that has no number yet, what a storage held that could not be read until now. Returns
    /// the old and the new place of each message of this queue. The messages get new numbers.
    pub(crate) fn absorb(&mut self, stored: StoredQueue) -> Vec<(u64, u64)> {
        let offset = stored.session.last_place.max(self.session.last_place);
        self.session.publications += stored.session.publications;
        let ours: Vec<Entry> = self.entries.drain(..).collect();
        let (numbered, waiting) = {
            let mut ours = ours.into_iter();
            let numbered: Vec<_> = ours.by_ref().take(self.numbered).collect();
            (numbered, ours)
        };
        let theirs = stored.messages.into_iter().map(|Placed { message, .. }| Entry {
            place: 0,
            message,
            stored: false,
        });
        let mut moved = Vec::new();
        let mut place = offset;
        for mut entry in numbered.into_iter().chain(theirs).chain(waiting) {
            place += 1;
            if entry.place > 0 {
                moved.push((entry.place, place));
                if let Some(overflow) = &mut self.overflow
                    && overflow.place == Some(entry.place)
                {
                    overflow.place = Some(place);
                }
            }
            entry.place = place;
            self.entries.push_back(entry);
        }
        self.session.last_place = place;
        self.released_through = 0;
        self.session.numbered_through = self
            .numbered
            .checked_sub(1)
            .and_then(|last| self.entries.get(last))
            .map_or(0, |entry| entry.place);
        self.stored_numbers = 0;
        self.recount();
        moved
    }

    /// From now on changes are kept for a storage that holds nothing of the queue, or something else.
    pub(crate) fn keep_everything(&mut self) {
        self.keeps_changes = true;
        self.replaces_everything = true;
        self.session_changed = true;
        self.changed = self.entries.iter().map(|entry| entry.place).collect();
        self.removed.clear();
        for entry in &mut self.entries {
            entry.stored = false;
        }
    }

    /// The storage fails: changes are not kept until it works again, since it is to learn everything then.
    pub(crate) fn forget_changes(&mut self) {
        self.keeps_changes = false;
        self.changed.clear();
        self.removed.clear();
    }

    /// Whether the storage has something to learn before more can be sent, or that would be lost with the process.
    pub(crate) fn has_urgent_change(&self) -> bool {
        self.keeps_changes && (self.session_changed || !self.changed.is_empty() || !self.removed.is_empty())
    }

    /// Whether the storage has anything to learn.
    pub(crate) fn has_change(&self) -> bool {
        self.has_urgent_change() || (self.keeps_changes && self.released)
    }

    /// What the storage has to learn; `None` when it knows all. [`Self::settle`] says that it does now.
    pub(crate) fn take_change(&mut self) -> Option<Change> {
        if !self.has_change() {
            return None;
        }
        let changed = std::mem::take(&mut self.changed);
        let put = changed.into_iter().filter_map(|place| {
            let entry = self.entries.get(self.position(place)?)?;
            Some(Placed { place, message: entry.message.clone() })
        });
        let put = put.collect();
        self.session_changed = false;
        self.released = false;
        Some(Change {
            replaces_everything: std::mem::take(&mut self.replaces_everything),
            session: self.session,
            released_through: self.released_through,
            remove: std::mem::take(&mut self.removed),
            put,
        })
    }

    /// The storage made `change`: what has not changed since may go on the wire.
    pub(crate) fn settle(&mut self, change: &Change) {
        for Placed { place, .. } in &change.put {
            if !self.changed.contains(place)
                && let Some(position) = self.position(*place)
                && let Some(entry) = self.entries.get_mut(position)
            {
                entry.stored = true;
            }
        }
        if change.session.epoch == self.session.epoch {
            self.stored_numbers = self.stored_numbers.max(change.session.numbered_through);
        }
    }

    /// Takes `message` in under the next place.
    fn add(&mut self, message: QueuedMessage) -> u64 {
        self.session.last_place += 1;
        let place = self.session.last_place;
        self.append(Entry { place, message, stored: false });
        self.note(place);
        place
    }

    fn append(&mut self, entry: Entry) {
        self.bytes += entry.size();
        self.droppable += self.droppable_size(&entry.message);
        self.entries.push_back(entry);
    }

    /// The storage has to learn what is at `place`.
    fn note(&mut self, place: u64) {
        self.session_changed = true;
        if self.keeps_changes {
            self.changed.insert(place);
        }
    }

    /// Puts `message` in the place of another.
    fn rewrite(&mut self, index: usize, message: QueuedMessage) {
        let (size, droppable) = (message.frame_size(), self.droppable_size(&message));
        let Some(entry) = self.entries.get_mut(index) else { return };
        let place = entry.place;
        let old = std::mem::replace(&mut entry.message, message);
        entry.stored = false;
        self.bytes = self.bytes - old.frame_size() + size;
        if index < self.numbered {
            self.numbered_bytes = self.numbered_bytes - old.frame_size() + size;
        } else {
            self.droppable = self.droppable - self.droppable_size(&old) + droppable;
        }
        self.note(place);
    }

    fn stand_in_if_too_large(&mut self, index: usize, frame_limit: usize, now: Timestamp) -> bool {
        let Some(entry) = self.entries.get(index) else { return false };
        if entry.size() <= frame_limit || entry.message.subject() == MESSAGE_REFUSED {
            return false;
        }
        let why = format!("the hub accepts frames of {frame_limit} bytes; publish less at once");
        let stand_in = self.identity.refusal(&entry.message, ErrorCode::FrameTooLarge, &why, now);
        let Some(stand_in) = stand_in else { return false };
        self.rewrite(index, stand_in);
        true
    }

    fn release(&mut self, seq: u64) -> usize {
        let count = usize::try_from(seq.saturating_sub(self.session.acknowledged)).unwrap_or(usize::MAX);
        let count = count.min(self.numbered);
        for entry in self.entries.drain(..count) {
            self.bytes -= entry.size();
            self.numbered_bytes -= entry.size();
            self.changed.remove(&entry.place);
            self.released_through = entry.place;
        }
        self.session.acknowledged += count as u64;
        self.numbered -= count;
        self.sent = self.sent.saturating_sub(count);
        self.released |= count > 0;
        count
    }

    /// Drops messages without a number, the lowest rank first and the oldest first, until all fit into `bound` bytes.
    fn make_room(&mut self, highest: Rank, bound: usize, now: Timestamp) {
        if self.bytes <= bound {
            return;
        }
        let before = self.dropped_count;
        // A little more than needed goes, lest every message sweep the queue again.
        let target = bound - bound / 10;
        for step in MEASUREMENTS..=highest {
            self.drop_rank(step, target, now);
        }
        if self.dropped_count > before {
            self.tell_overflow(now);
        }
    }

    fn drop_rank(&mut self, step: Rank, target: usize, now: Timestamp) {
        let has_none = step == MEASUREMENTS && self.droppable == 0;
        if has_none || self.bytes <= target || self.numbered == self.entries.len() {
            return;
        }
        let mut kept = VecDeque::with_capacity(self.entries.len());
        for (index, entry) in std::mem::take(&mut self.entries).into_iter().enumerate() {
            let goes = index >= self.numbered && self.bytes > target && rank(&entry.message) == Some(step);
            if !goes {
                kept.push_back(entry);
                continue;
            }
            self.bytes -= entry.size();
            self.droppable -= self.droppable_size(&entry.message);
            self.overflow.get_or_insert_with(|| Overflow::new(now)).add(&entry.message);
            self.dropped_count += 1;
            self.dropped.push(entry.place);
            self.changed.remove(&entry.place);
            if self.keeps_changes {
                self.removed.push(entry.place);
            }
        }
        self.entries = kept;
    }

    /// Puts the event that counts what was dropped into the queue, or brings it up to date.
    fn tell_overflow(&mut self, now: Timestamp) {
        let Some(overflow) = &self.overflow else { return };
        let Some(message) = overflow.event(&self.identity, self.capacity, now) else { return };
        match overflow.place.and_then(|place| self.position(place)) {
            Some(index) => self.rewrite(index, message),
            None => {
                let place = self.add(message);
                if let Some(overflow) = &mut self.overflow {
                    overflow.place = Some(place);
                }
            }
        }
    }

    /// What of `message`'s size a publication may drop, as long as it has no number.
    fn droppable_size(&self, message: &QueuedMessage) -> usize {
        match rank(message) {
            Some(rank) if rank <= self.when_full.gives_up() => message.frame_size(),
            _ => 0,
        }
    }

    fn recount(&mut self) {
        self.bytes = self.entries.iter().map(Entry::size).sum();
        self.numbered_bytes = self.entries.iter().take(self.numbered).map(Entry::size).sum();
        let waiting = self.entries.iter().skip(self.numbered);
        self.droppable = waiting.map(|entry| self.droppable_size(&entry.message)).sum();
    }

    fn index(&self, seq: u64) -> Option<usize> {
        let index = usize::try_from(seq.checked_sub(self.session.acknowledged + 1)?).ok()?;
        (index < self.numbered).then_some(index)
    }

    fn position(&self, place: u64) -> Option<usize> {
        self.entries.binary_search_by_key(&place, |entry| entry.place).ok()
    }
}

#[cfg(test)]
impl OutgoingQueue {
    /// Checks what must be true after every step.
    pub(super) fn assert_consistent(&self) {
        let size = |entries: &mut dyn Iterator<Item = &Entry>| entries.map(Entry::size).sum::<usize>();
        assert_eq!(self.bytes, size(&mut self.entries.iter()));
        assert_eq!(self.numbered_bytes, size(&mut self.entries.iter().take(self.numbered)));
        let waiting = self.entries.iter().skip(self.numbered);
        assert_eq!(self.droppable, waiting.map(|entry| self.droppable_size(&entry.message)).sum::<usize>());
        assert!(self.entries.iter().map(|entry| entry.place).is_sorted_by(|a, b| a < b));
        assert!(self.sent <= self.numbered && self.numbered <= self.entries.len());
        assert!(self.entries.back().is_none_or(|entry| entry.place <= self.session.last_place));
    }
}
