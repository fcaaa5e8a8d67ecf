//! What a log comes to: the fold of its records, from the snapshot before them on.

use std::{collections::HashMap, ops::ControlFlow};

use mission_control_protocol::{
    Timestamp,
    operator_wire::{Cursor, PartitionExtent, Snapshot},
};

use crate::{LogReader, Projection, RecordFilter, StoreError, replica::Hole, segments, snapshot};

/// What a log comes to at a place.
#[derive(Debug)]
pub struct Folded {
    /// The state.
    pub projection: Projection,
    /// How far that reaches, by partition.
    pub cursors: Vec<Cursor>,
    /// Records that are not here, and that no snapshot stands for: with any of them the state may be another.
    pub missing: u64,
}

impl LogReader {
    /// The fold of the whole log, and how far it reaches in each partition: the last snapshot, and what came since.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn projection(&mut self) -> Result<(Projection, Vec<Cursor>), StoreError> {
        let Folded { projection, cursors, .. } = self.folded()?;
        Ok((projection, cursors))
    }

    /// As [`Self::projection`], and how much was missing for it.
    pub(crate) fn folded(&mut self) -> Result<Folded, StoreError> {
        self.in_one_view(|reader| {
            let extents = reader.extents()?;
            reader.fold(None, extents)
        })
    }

    /// The fold of what the log had received by `at`, and how far that reaches in each partition: the fleet as it was
    /// at that instant.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn projection_at(&mut self, at: Timestamp) -> Result<(Projection, Vec<Cursor>), StoreError> {
        let Folded { projection, cursors, .. } = self.folded_at(at)?;
        Ok((projection, cursors))
    }

    /// As [`Self::projection_at`], and how many records are not here that it would take for the state to be right.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn folded_at(&mut self, at: Timestamp) -> Result<Folded, StoreError> {
        self.in_one_view(|reader| reader.fold_at(at))
    }

    fn fold_at(&mut self, at: Timestamp) -> Result<Folded, StoreError> {
        let after = Timestamp::from_milliseconds(at.as_milliseconds().saturating_add(1));
        let mut extents = self.extents()?;
        for extent in &mut extents {
            let records = self.seq_at(extent.partition, after)?.saturating_sub(1);
            // A snapshot tells of more where the records are not here: before an archive begins, and in a hole.
            let snapshots = snapshot::reach(self.connection(), (extent.partition, extent.epoch), at)
                .map_err(|source| self.error(source))?;
            extent.last_seq = records.max(snapshots).min(extent.last_seq);
        }
        // Of a hole that goes on where what is known ends, nobody knows how much of it had happened by then.
        let goes_on = |hole: &Hole| {
            let end = extents.iter().find(|extent| extent.partition == hole.partition)?.last_seq;
            (hole.first_seq <= end + 1 && end < hole.last_seq).then(|| hole.last_seq - end)
        };
        let next: u64 = self.holes()?.iter().filter_map(goes_on).sum();
        let folded = self.fold(Some(at), extents)?;
        Ok(Folded { missing: folded.missing + next, ..folded })
    }

    /// What everything up to `seq` of `partition` comes to, as it is told to a console that passes it over. `None` when
    /// the partition does not reach so far.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn snapshot_at(&mut self, partition: u16, seq: u64) -> Result<Option<Snapshot>, StoreError> {
        let folded = self.in_one_view(|reader| {
            let mut extents = reader.extents()?;
            let extent = extents.iter_mut().find(|extent| extent.partition == partition);
            let Some(extent) = extent.filter(|extent| extent.last_seq >= seq) else { return Ok(None) };
            extent.last_seq = seq;
            reader.fold(None, extents).map(Some)
        })?;
        let Some(Folded { projection, cursors, .. }) = folded else { return Ok(None) };
        snapshot::to_wire(cursors, &projection)
            .map(Some)
            .map_err(|error| self.error(rusqlite::Error::ToSqlConversionFailure(Box::new(error))))
    }

    /// Up to `count` snapshots that stand at a place of `partition` from `from_seq` to `to_seq`, the oldest first.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn snapshots_between(
        &self,
        partition: u16,
        seqs: (u64, u64),
        count: usize,
    ) -> Result<Vec<Snapshot>, StoreError> {
        snapshot::between(self.connection(), partition, seqs, count).map_err(|source| self.error(source))
    }

    /// Folds each partition up to the end that `extents` gives it, from the last snapshot not after `at` on after which
    /// nothing is missing; where there is none, from the base that retention left, or else from the last one. To be called
    /// in one view: retention may drop what follows a snapshot while it is being read.
    pub(crate) fn fold(
        &mut self,
        at: Option<Timestamp>,
        extents: Vec<PartitionExtent>,
    ) -> Result<Folded, StoreError> {
        let holes = self.holes()?;
        let missing_after = |known: &[Cursor]| -> u64 {
            let ends = extents.iter().map(|extent| (extent.partition, extent.last_seq));
            ends.map(|(partition, end)| missing(&holes, partition, (seq_of(known, partition) + 1, end))).sum()
        };
        // A snapshot of another life of the log tells nothing of this one, nor does one that goes further.
        let fits = |cursors: &[Cursor]| {
            cursors.iter().all(|cursor| {
                extents.iter().any(|extent| {
                    extent.partition == cursor.partition
                        && extent.epoch == cursor.epoch
                        && extent.last_seq >= cursor.seq
                })
            })
        };
        let read = |is_wanted: &dyn Fn(&[Cursor]) -> bool| {
            snapshot::read(self.connection(), at, |cursors| fits(cursors) && is_wanted(cursors))
                .map_err(|source| self.error(source))
        };
        let mut snapshot = read(&|cursors| missing_after(cursors) == 0)?;
        if snapshot.is_none() {
            let whole_from = self.whole_from(&extents)?;
            if whole_from.values().any(|first| *first > 0) {
                snapshot = snapshot::read_base(self.connection(), at, |cursors| {
                    let reaches =
                        |(partition, first): (&u16, &u64)| seq_of(cursors, *partition) + 1 >= *first;
                    fits(cursors) && whole_from.iter().all(reaches)
                })
                .map_err(|source| self.error(source))?;
            }
        }
        if snapshot.is_none() && missing_after(&[]) > 0 {
            snapshot = read(&|_| true)?;
        }
        let (known, mut projection) = snapshot.unwrap_or_default();
        let missing = missing_after(&known);
        let mut cursors = Vec::with_capacity(extents.len());
        for PartitionExtent { partition, epoch, last_seq, .. } in extents {
            let folded = seq_of(&known, partition);
            self.scan(partition, &RecordFilter::default(), folded + 1, last_seq, |record| {
                projection.apply(&record);
                ControlFlow::Continue(())
            })?;
            cursors.push(Cursor { partition, epoch, seq: last_seq });
        }
        Ok(Folded { projection, cursors, missing })
    }

    /// From where on each partition has every record that retention may have dropped before.
    fn whole_from(&self, extents: &[PartitionExtent]) -> Result<HashMap<u16, u64>, StoreError> {
        let read = |extent: &PartitionExtent| {
            let first = segments::retention::whole_from(self.connection(), extent.partition)?;
            Ok((extent.partition, first))
        };
        extents.iter().map(read).collect::<rusqlite::Result<_>>().map_err(|source| self.error(source))
    }
}

/// How many of the records from `first` to `last` of a partition lie in `holes`.
pub(crate) fn missing(holes: &[Hole], partition: u16, (first, last): (u64, u64)) -> u64 {
    let of_partition = holes.iter().filter(|hole| hole.partition == partition);
    of_partition.map(|hole| (hole.last_seq.min(last) + 1).saturating_sub(hole.first_seq.max(first))).sum()
}

/// How far `cursors` reach in a partition; 0 when they do not name it.
fn seq_of(cursors: &[Cursor], partition: u16) -> u64 {
    cursors.iter().find(|cursor| cursor.partition == partition).map_or(0, |cursor| cursor.seq)
}
