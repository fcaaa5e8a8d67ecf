//! What passes between the queue and its storage.

use std::path::PathBuf;

use mission_control_protocol::SessionEpoch;

use crate::message::QueuedMessage;

/// What is kept of a session over restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionRecord {
    pub(crate) epoch: SessionEpoch,
    /// Highest number the hub acknowledged.
    pub(crate) acknowledged: u64,
    /// The messages up to this place have numbers: `acknowledged + 1` and so on, in the order of their places.
    pub(crate) numbered_through: u64,
    /// Place of the last message taken in.
    pub(crate) last_place: u64,
    /// How many publications were ever accepted from the program. Messages of the client's own, such as command
    /// results, do not count.
    pub(crate) publications: u64,
}

impl SessionRecord {
    pub(crate) fn new(epoch: SessionEpoch) -> Self {
        Self { epoch, acknowledged: 0, numbered_through: 0, last_place: 0, publications: 0 }
    }
}

/// A message and its place, which rises with the order of publication and is never used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) place: u64,
    pub(crate) message: QueuedMessage,
}

/// A change that a storage makes as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Whether everything held so far goes first.
    pub(crate) replaces_everything: bool,
    pub(crate) session: SessionRecord,
    /// Everything up to this place goes.
    pub(crate) released_through: u64,
    /// Places of other messages that go.
    pub(crate) remove: Vec<u64>,
    /// Messages to keep, each instead of what is at its place.
    pub(crate) put: Vec<Placed>,
}

/// What a storage holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredQueue {
    pub(crate) session: SessionRecord,
    /// In the order of their places.
    pub(crate) messages: Vec<Placed>,
}

/// A storage that was opened.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    /// What it holds; `None` when it is new.
    pub(crate) stored: Option<StoredQueue>,
    /// Where what was there is now, and what was wrong with it, when it was damaged.
    pub(crate) set_aside: Option<(PathBuf, String)>,
}
