//! The writer of a console's cache: a copy of a remote hub's log, with the place up to which it is whole.

use std::{collections::HashMap, ops::RangeInclusive, path::Path, time::Instant};

use mission_control_protocol::{
    DashboardId, Record, Timestamp,
    operator_wire::{Cursor, RecordBatch, Snapshot},
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::{
    LogReader, PreparedUpkeep, Projection, StoreError,
    database::{Database, MAX_SEQ, Role, place, unplace},
    origin::parse_column,
    segments,
    snapshot::{self, SnapshotPace},
};

/// A stretch of the hub's log that the cache does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// Of which partition.
    pub partition: u16,
    /// The first record missing.
    pub first_seq: u64,
    /// The last record missing.
    pub last_seq: u64,
}

/// Which hub a cache is of, as that hub said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubIdentity {
    /// Its stable id.
    pub id: Uuid,
    /// Its name, for people.
    pub name: String,
}

/// Writes a cache. Lives on one thread; every call blocks until the disk has answered.
#[derive(Debug)]
pub struct ReplicaWriter {
    database: Database,
    cursors: HashMap<u16, Cursor>,
    dashboards: HashMap<DashboardId, i64>,
    projection: Projection,
    /// Whether the projection has everything up to the cursors, by its own fold or by the hub's word.
    is_whole: bool,
    /// The past was filled in since the projection was folded.
    is_outdated: bool,
    /// Records folded since the cache was opened.
    folded: u64,
    snapshots: SnapshotPace,
}

impl ReplicaWriter {
    /// Opens the cache at `path`, or creates an empty one.
    ///
    /// # Errors
    /// See [`StoreError`]; a damaged cache is [`StoreError::Damaged`], which the caller answers with
    /// [`crate::set_aside`] and a fresh copy.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open_writer(path, Role::Replica)?;
        let mut dashboards = HashMap::new();
        let read = (|| {
            let mut statement = database.connection.prepare("SELECT id, number FROM dashboards")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                dashboards.insert(parse_column(row, 0)?, row.get(1)?);
            }
            Ok(())
        })();
        read.map_err(|source| database.error(source))?;
        let folded = LogReader::open(path)?.folded()?;
        let cursors = folded.cursors.into_iter().map(|cursor| (cursor.partition, cursor)).collect();
        Ok(Self {
            database,
            cursors,
            dashboards,
            projection: folded.projection,
            is_whole: folded.missing == 0,
            is_outdated: false,
            folded: 0,
            snapshots: SnapshotPace::new(0),
        })
    }

    /// Where the copy stands, for `HELLO`.
    #[must_use]
    pub fn cursors(&self) -> Vec<Cursor> {
        let mut cursors: Vec<_> = self.cursors.values().copied().collect();
        cursors.sort_unstable_by_key(|cursor| cursor.partition);
        cursors
    }

    /// The fold of the cache; without what [`Self::fill`] added, until [`Self::refold`].
    #[must_use]
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// Whether the projection is what the hub's own is at the cursors, although older records may be missing: the hub
    /// said what those come to.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Folds the cache anew, if records that its projection lacks were filled in since the last time. Returns whether
    /// they were.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn refold(&mut self) -> Result<bool, StoreError> {
        if self.is_whole || !self.is_outdated {
            return Ok(false);
        }
        let folded = LogReader::open(&self.database.path)?.folded()?;
        self.projection = folded.projection;
        self.is_whole = folded.missing == 0;
        self.is_outdated = false;
        Ok(true)
    }

    /// Passes over records on the hub's word of what they come to: the cursors move to where the snapshot stands, and
    /// what lies between becomes a hole. Returns whether it did; a snapshot that this version cannot read, or that is
    /// not ahead of the cursors, changes nothing.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn pass_over(&mut self, snapshot: &Snapshot) -> Result<bool, StoreError> {
        self.check_epochs(snapshot)?;
        let reached = |cursor: &Cursor| self.cursors.get(&cursor.partition).map_or(0, |known| known.seq);
        let covers = |partition: &u16| snapshot.cursors.iter().any(|cursor| cursor.partition == *partition);
        let is_ahead = snapshot.cursors.iter().any(|cursor| cursor.seq > reached(cursor))
            && snapshot.cursors.iter().all(|cursor| cursor.seq >= reached(cursor) && cursor.seq <= MAX_SEQ)
            && self.cursors.keys().all(covers);
        let Some(projection) = is_ahead.then(|| snapshot::from_wire(snapshot)).flatten() else {
            return Ok(false);
        };
        let holes: Vec<_> = snapshot
            .cursors
            .iter()
            .filter(|cursor| cursor.seq > reached(cursor))
            .map(|cursor| Hole {
                partition: cursor.partition,
                first_seq: reached(cursor) + 1,
                last_seq: cursor.seq,
            })
            .collect();
        let written = (|| {
            let transaction = self.database.connection.transaction()?;
            for hole in holes {
                write_hole(&transaction, hole)?;
            }
            for cursor in &snapshot.cursors {
                write_cursor(&transaction, cursor)?;
            }
            snapshot::insert(&transaction, &snapshot.cursors, &projection)?;
            transaction.commit()
        })();
        written.map_err(|source| self.database.error(source))?;
        self.cursors.extend(snapshot.cursors.iter().map(|cursor| (cursor.partition, *cursor)));
        self.projection = projection;
        self.is_whole = true;
        self.is_outdated = false;
        Ok(true)
    }

    /// Keeps what the hub says its records come to at places that the cache has passed: instants after one can be looked
    /// at as soon as what lies between is here. Those that this version cannot read are left out.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn keep_snapshots(&mut self, snapshots: &[Snapshot]) -> Result<(), StoreError> {
        for snapshot in snapshots {
            self.check_epochs(snapshot)?;
            let is_behind = |cursor: &Cursor| {
                self.cursors.get(&cursor.partition).is_some_and(|known| cursor.seq <= known.seq)
            };
            if snapshot.cursors.is_empty() || !snapshot.cursors.iter().all(is_behind) {
                continue;
            }
            let Some(projection) = snapshot::from_wire(snapshot) else { continue };
            let connection = &self.database.connection;
            snapshot::is_there(connection, &snapshot.cursors)
                .and_then(|is_there| {
                    if is_there {
                        return Ok(());
                    }
                    snapshot::insert(connection, &snapshot.cursors, &projection).map(|_| ())
                })
                .map_err(|source| self.database.error(source))?;
        }
        Ok(())
    }

    fn check_epochs(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        for cursor in &snapshot.cursors {
            if let Some(known) = self.cursors.get(&cursor.partition)
                && known.epoch != cursor.epoch
            {
                return Err(StoreError::EpochChanged { known: known.epoch, found: cursor.epoch });
            }
        }
        Ok(())
    }

    /// Copies a batch that follows the cursor, and moves the cursor past it in the same transaction. Records at or
    /// below the cursor are skipped; when the batch starts further on, what lies between becomes a hole. Returns the
    /// records that were new.
    ///
    /// # Errors
    /// [`StoreError::EpochChanged`] when the hub's log started anew, [`StoreError::OutOfOrder`] when the batch has a
    /// hole inside, and those of the disk. Then nothing of the batch is in the cache.
    pub fn append<'batch>(&mut self, batch: &'batch RecordBatch) -> Result<&'batch [Record], StoreError> {
        let cursor = self.cursors.get(&batch.partition).copied();
        if let Some(known) = cursor
            && known.epoch != batch.epoch
        {
            return Err(StoreError::EpochChanged { known: known.epoch, found: batch.epoch });
        }
        let reached = cursor.map_or(0, |cursor| cursor.seq);
        let first_new = batch.records.partition_point(|record| record.seq <= reached);
        let new = &batch.records[first_new..];
        check_consecutive(new)?;
        let Some((first, last)) = new.first().zip(new.last()) else { return Ok(new) };
        let cursor = Cursor { partition: batch.partition, epoch: batch.epoch, seq: last.seq };
        let hole = (first.seq > reached + 1).then_some(Hole {
            partition: batch.partition,
            first_seq: reached + 1,
            last_seq: first.seq - 1,
        });
        let added = (|| {
            let transaction = self.database.connection.transaction()?;
            let added = insert(&transaction, &self.dashboards, batch.partition, new)?;
            if let Some(hole) = hole {
                write_hole(&transaction, hole)?;
            }
            write_cursor(&transaction, &cursor)?;
            transaction.commit()?;
            Ok(added)
        })()
        .map_err(|source| self.database.error(source))?;
        self.dashboards.extend(added);
        self.cursors.insert(batch.partition, cursor);
        for record in new {
            self.projection.apply(record);
        }
        self.folded += new.len() as u64;
        self.is_whole &= hole.is_none();
        if self.snapshots.is_due(self.folded)
            && self.is_whole
            && let Err(error) = self.write_snapshot()
        {
            // The batch is in the cache all the same; the next snapshot makes up for this one.
            tracing::warn!(%error, "the projection could not be written down");
        }
        Ok(new)
    }

    /// Copies a batch into the holes it belongs to; records that are there already are skipped. `asked_from` and
    /// `asked_to` are what the hub was asked for: what it did not send of that it no longer has, so the hole there is
    /// closed for good. A projection that lacks it goes on lacking it until [`Self::refold`]: once, after the last piece.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn fill(&mut self, batch: &RecordBatch, asked_from: u64, asked_to: u64) -> Result<(), StoreError> {
        let known = self.cursors.get(&batch.partition).map(|cursor| cursor.epoch);
        if let Some(known) = known
            && known != batch.epoch
        {
            return Err(StoreError::EpochChanged { known, found: batch.epoch });
        }
        let added = (|| {
            let transaction = self.database.connection.transaction()?;
            let missing = without_sealed(&transaction, batch, asked_from..=asked_to)?;
            let added = insert(&transaction, &self.dashboards, batch.partition, &missing)?;
            for hole in read_holes(&transaction)? {
                if hole.partition != batch.partition
                    || hole.last_seq < asked_from
                    || hole.first_seq > asked_to
                {
                    continue;
                }
                transaction.execute(
                    "DELETE FROM holes WHERE first_place = ?1",
                    [place(hole.partition, hole.first_seq)],
                )?;
                if hole.first_seq < asked_from {
                    write_hole(&transaction, Hole { last_seq: asked_from - 1, ..hole })?;
                }
                if hole.last_seq > asked_to {
                    write_hole(&transaction, Hole { first_seq: asked_to + 1, ..hole })?;
                }
            }
            transaction.commit()?;
            Ok(added)
        })()
        .map_err(|source| self.database.error(source))?;
        self.dashboards.extend(added);
        self.is_outdated = true;
        Ok(())
    }

    /// The stretches that are missing, oldest first.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn holes(&self) -> Result<Vec<Hole>, StoreError> {
        read_holes(&self.database.connection).map_err(|source| self.database.error(source))
    }

    /// Notes that the cache was current at `at`: what is shown as *cached at T*.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn note_current(&mut self, at: Timestamp) -> Result<(), StoreError> {
        self.write_meta(&[("current_at", &at.to_string())])
    }

    /// Notes which hub this is a cache of.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn note_hub(&mut self, hub: &HubIdentity) -> Result<(), StoreError> {
        self.write_meta(&[("hub_id", &hub.id.to_string()), ("hub_name", &hub.name)])
    }

    /// Commits upkeep that was prepared beside this writer.
    ///
    /// # Errors
    /// Those of the disk; the work is then undone as a whole and may be prepared again.
    pub fn tend(&mut self, upkeep: &PreparedUpkeep) -> Result<(), StoreError> {
        upkeep.commit(&mut self.database)
    }

    /// Writes the projection down and brings the write-ahead log into the file. Call it when the program ends.
    ///
    /// # Errors
    /// Those of the disk; the cache is whole all the same.
    pub fn close(mut self) -> Result<(), StoreError> {
        if self.snapshots.is_behind(self.folded) && self.is_whole {
            self.write_snapshot()?;
        }
        self.database
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|source| self.database.error(source))
    }

    fn write_snapshot(&mut self) -> Result<(), StoreError> {
        let started = Instant::now();
        match snapshot::write(&self.database, &self.cursors(), &self.projection) {
            Ok(bytes) => {
                self.snapshots.written(self.folded, bytes, started);
                Ok(())
            }
            Err(error) => {
                self.snapshots.failed(started);
                Err(error)
            }
        }
    }

    fn write_meta(&mut self, entries: &[(&str, &str)]) -> Result<(), StoreError> {
        let written = (|| {
            let transaction = self.database.connection.transaction()?;
            for (key, value) in entries {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?
                    .execute([key, value])?;
            }
            transaction.commit()
        })();
        written.map_err(|source| self.database.error(source))
    }
}

impl LogReader {
    /// When the cache was last current; `None` when nothing was ever copied.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn current_at(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.meta("current_at")?.and_then(|text| text.parse().ok()))
    }

    /// Which hub this is a cache of, as far as it is known.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn hub(&self) -> Result<Option<HubIdentity>, StoreError> {
        let id = self.meta("hub_id")?.and_then(|text| text.parse().ok());
        let name = self.meta("hub_name")?;
        Ok(id.zip(name).map(|(id, name)| HubIdentity { id, name }))
    }
}

fn check_consecutive(records: &[Record]) -> Result<(), StoreError> {
    for pair in records.windows(2) {
        let expected = pair[0].seq.saturating_add(1);
        if pair[1].seq != expected {
            return Err(StoreError::OutOfOrder { expected, found: pair[1].seq });
        }
    }
    match records.last() {
        Some(record) if record.seq > MAX_SEQ => {
            Err(StoreError::OutOfOrder { expected: MAX_SEQ, found: record.seq })
        }
        _ => Ok(()),
    }
}

/// The records of `batch` that were asked for and that no segment has.
fn without_sealed(
    connection: &Connection,
    batch: &RecordBatch,
    asked: RangeInclusive<u64>,
) -> rusqlite::Result<Vec<Record>> {
    let Some((first, last)) = batch.records.first().zip(batch.records.last()) else { return Ok(Vec::new()) };
    let sealed = segments::places_between(
        connection,
        (place(batch.partition, first.seq), place(batch.partition, last.seq)),
    )?;
    let is_missing = |record: &&Record| {
        asked.contains(&record.seq) && !sealed.contains(&place(batch.partition, record.seq))
    };
    Ok(batch.records.iter().filter(is_missing).cloned().collect())
}

/// Inserts records at their own places and returns the dashboards that were new.
pub(crate) fn insert(
    connection: &Connection,
    known: &HashMap<DashboardId, i64>,
    partition: u16,
    records: &[Record],
) -> rusqlite::Result<HashMap<DashboardId, i64>> {
    let mut added: HashMap<DashboardId, i64> = HashMap::new();
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for record in records {
        let number = match known.get(&record.dashboard_id).or_else(|| added.get(&record.dashboard_id)) {
            Some(number) => *number,
            None => {
                connection
                    .prepare_cached("INSERT INTO dashboards (id) VALUES (?1)")?
                    .execute([record.dashboard_id.as_str()])?;
                let number = connection.last_insert_rowid();
                added.insert(record.dashboard_id.clone(), number);
                number
            }
        };
        insert.execute(params![
            place(partition, record.seq),
            record.at.as_milliseconds(),
            number,
            record.kind as u8,
            record.severity.code(),
            record.body.get(),
        ])?;
    }
    Ok(added)
}

fn write_cursor(connection: &Connection, cursor: &Cursor) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO partitions VALUES (?1, ?2, ?3)")?
        .execute(params![cursor.partition, cursor.epoch.to_string(), cursor.seq.cast_signed()])
        .map(|_| ())
}

pub(crate) fn write_hole(connection: &Connection, hole: Hole) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO holes VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET last_place = max(last_place, excluded.last_place)",
        )?
        .execute([place(hole.partition, hole.first_seq), place(hole.partition, hole.last_seq)])
        .map(|_| ())
}

pub(crate) fn read_holes(connection: &Connection) -> rusqlite::Result<Vec<Hole>> {
    let mut statement =
        connection.prepare_cached("SELECT first_place, last_place FROM holes ORDER BY first_place")?;
    let holes = statement.query_map([], |row| {
        let (partition, first_seq) = unplace(row.get(0)?);
        let (_, last_seq) = unplace(row.get(1)?);
        Ok(Hole { partition, first_seq, last_seq })
    })?;
    holes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_never_made_smaller_by_another() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE holes (first_place INTEGER PRIMARY KEY, last_place INTEGER NOT NULL)",
            )
            .unwrap();
        let hole = |last_seq| Hole { partition: 0, first_seq: 3, last_seq };
        for last_seq in [9, 5] {
            write_hole(&connection, hole(last_seq)).unwrap();
            assert_eq!(read_holes(&connection).unwrap(), [hole(9)]);
        }
    }
}
