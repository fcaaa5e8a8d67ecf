//! What the hub counts of itself.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What the hub has done since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HubCounters {
    /// Frames received from dashboards.
    pub frames: u64,
    /// Bytes of those frames.
    pub frame_bytes: u64,
    /// Records made durable.
    pub records: u64,
    /// Groups in which they were committed, one fsync each.
    pub groups: u64,
    /// Messages that had been kept already and came again.
    pub duplicates: u64,
    /// Messages answered with an `ERROR`.
    pub refusals: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Connections turned away because too many had not registered.
    pub turned_away: u64,
}

/// The same, while it is being counted. Independent statistics: no order between them is implied.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    frames: AtomicU64,
    frame_bytes: AtomicU64,
    records: AtomicU64,
    groups: AtomicU64,
    duplicates: AtomicU64,
    refusals: AtomicU64,
    connections: AtomicU64,
    turned_away: AtomicU64,
}

impl Counters {
    pub(crate) fn received(&self, frames: u64, bytes: u64) {
        self.frames.fetch_add(frames, Relaxed);
        self.frame_bytes.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn committed(&self, records: usize, duplicates: u64) {
        self.records.fetch_add(records as u64, Relaxed);
        self.groups.fetch_add(1, Relaxed);
        self.duplicates.fetch_add(duplicates, Relaxed);
    }

    pub(crate) fn duplicate(&self) {
        self.duplicates.fetch_add(1, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refusals.fetch_add(1, Relaxed);
    }

    pub(crate) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(crate) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self) -> HubCounters {
        HubCounters {
            frames: self.frames.load(Relaxed),
            frame_bytes: self.frame_bytes.load(Relaxed),
            records: self.records.load(Relaxed),
            groups: self.groups.load(Relaxed),
            duplicates: self.duplicates.load(Relaxed),
            refusals: self.refusals.load(Relaxed),
            connections: self.connections.load(Relaxed),
            turned_away: self.turned_away.load(Relaxed),
        }
    }
}
