//! When what is missing from a copy happened, by the records around it.

use mission_control_protocol::Timestamp;

use crate::{LogReader, RecordFilter, StoreError, replica::Hole};

/// A stretch that is missing, and when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoleSpan {
    /// The stretch.
    pub hole: Hole,
    /// When the last record before it was received; `None` when nothing older is here.
    pub after: Option<Timestamp>,
    /// When the first record after it was received; `None` when nothing newer is here.
    pub before: Option<Timestamp>,
}

impl HoleSpan {
    /// Whether any of it may have happened from `from` to `to`.
    #[must_use]
    pub fn touches(&self, from: Timestamp, to: Timestamp) -> bool {
        self.after.is_none_or(|after| after <= to) && self.before.is_none_or(|before| before >= from)
    }

    /// Records missing.
    #[must_use]
    pub fn records(&self) -> u64 {
        (self.hole.last_seq + 1).saturating_sub(self.hole.first_seq)
    }
}

impl LogReader {
    /// The stretches that a replica does not have and when they happened, oldest first.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn hole_spans(&mut self) -> Result<Vec<HoleSpan>, StoreError> {
        let mut spans = Vec::new();
        for hole in self.holes()? {
            let filter = RecordFilter::default();
            let older = self.newest(hole.partition, &filter, hole.first_seq, 1, u64::MAX)?;
            let newer = self.records(hole.partition, hole.last_seq + 1, 1)?;
            spans.push(HoleSpan {
                hole,
                after: older.records.first().map(|record| record.at),
                before: newer.first().map(|record| record.at),
            });
        }
        Ok(spans)
    }
}
