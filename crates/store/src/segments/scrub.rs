//! Scrubbing: sealed segments are read again now and then, so that damage is found while it can still be mended. What is
//! damaged is taken out and becomes a hole, which a console fills from its hub and an operator sees.

use std::time::{Duration, Instant};

use rusqlite::Transaction;

use super::{
    Sealed, Segment, Summary, after, delete, delete_part, is_unchanged, summary::PartSummary, write_summary,
};
use crate::{
    LogReader, StoreError,
    database::unplace,
    replica::{Hole, write_hole},
    storage,
    upkeep::{Chore, Prepared},
};

/// Segments read at a time.
const AT_ONCE: usize = 16;

/// Time between two of those.
const PAUSE: Duration = Duration::from_secs(60);

/// Reads one segment after the other, round and round.
pub(crate) struct Scrubbing {
    /// The last segment that was read.
    reached: i64,
    look_at: Instant,
}

/// What was found damaged.
struct Damaged {
    segment: Segment,
    parts: Vec<PartSummary>,
}

impl Default for Scrubbing {
    fn default() -> Self {
        Self { reached: i64::MIN, look_at: Instant::now() }
    }
}

impl Chore for Scrubbing {
    fn name(&self) -> &'static str {
        "scrubbing"
    }

    fn prepare(&mut self, reader: &mut LogReader) -> Result<Option<Box<dyn Prepared>>, StoreError> {
        if Instant::now() < self.look_at {
            return Ok(None);
        }
        for _ in 0..AT_ONCE {
            let found = reader.read(|reader| {
                let Some(segment) = after(reader.connection(), self.reached, i64::MAX)? else {
                    self.reached = i64::MIN;
                    return Ok(None);
                };
                self.reached = segment.first_place;
                let mut parts = Vec::new();
                for part in segment.summary.iter().flat_map(|summary| &summary.parts) {
                    if !is_readable(reader, part)? {
                        parts.push(part.clone());
                    }
                }
                let is_damaged = !parts.is_empty() || segment.summary.is_none();
                Ok(Some(is_damaged.then_some(Damaged { segment, parts })))
            })?;
            match found {
                Some(Some(damaged)) => return Ok(Some(Box::new(damaged))),
                Some(None) => {}
                None => break,
            }
        }
        self.look_at = Instant::now() + PAUSE;
        Ok(None)
    }
}

fn is_readable(reader: &LogReader, part: &PartSummary) -> rusqlite::Result<bool> {
    let mut sealed = Sealed::default();
    let Some(mut open) = sealed.open(reader.connection(), part)? else { return Ok(false) };
    for index in 0..open.columns.len() {
        if sealed.body(reader.connection(), &mut open, index)?.is_none() {
            return Ok(false);
        }
    }
    Ok(open.columns.len() as u64 == part.count)
}

impl Prepared for Damaged {
    fn commit(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if !is_unchanged(transaction, &self.segment)? {
            return Ok(());
        }
        let lost: Vec<(i64, i64)> = match &self.segment.summary {
            Some(summary) => {
                let is_damaged =
                    |part: &PartSummary| self.parts.iter().any(|damaged| damaged.row == part.row);
                for part in &self.parts {
                    delete_part(transaction, part.row)?;
                }
                transaction
                    .prepare_cached("DELETE FROM segments WHERE first_place = ?1")?
                    .execute([self.segment.first_place])?;
                let parts = summary.parts.iter().filter(|part| !is_damaged(part)).cloned().collect();
                let left = Summary { words: summary.words, parts };
                if let Some((first, last)) = left.first_place().zip(left.last_place()) {
                    write_summary(transaction, first, last, &left)?;
                }
                self.parts.iter().map(|part| (part.first_place, part.last_place)).collect()
            }
            None => {
                delete(transaction, &self.segment)?;
                vec![(self.segment.first_place, self.segment.last_place)]
            }
        };
        let lost = joined(lost);
        storage::note_damage(transaction, &lost)?;
        for (first, last) in lost {
            let (partition, first_seq) = unplace(first);
            // Snapshots stay: they still know what was in it.
            write_hole(transaction, Hole { partition, first_seq, last_seq: unplace(last).1 })?;
        }
        Ok(())
    }
}

/// Stretches that overlap, as one: holes never do.
fn joined(mut stretches: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    stretches.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (first, last) in stretches {
        match joined.last_mut() {
            Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}
