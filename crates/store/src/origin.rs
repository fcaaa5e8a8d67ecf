//! The writer of a hub's own log.

use std::{collections::HashMap, path::Path, sync::Arc, time::Instant};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, SessionEpoch, Severity, Timestamp, operator_wire::Cursor,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    LogReader, ONLY_PARTITION, PreparedUpkeep, Projection, StoreError,
    database::{Database, Role, place},
    reader::first_whole,
    segments,
    snapshot::{self, SnapshotPace},
};

/// Where a producer's numbering stands: everything up to `seq` of this epoch is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// The numbering session.
    pub epoch: SessionEpoch,
    /// The last number in the log.
    pub seq: u64,
}

/// The number a producer gave its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerSequence {
    /// The numbering session.
    pub epoch: SessionEpoch,
    /// The number in it; 1, 2, 3…
    pub seq: u64,
}

/// What is to be appended: a record that has no place yet.
#[derive(Debug)]
pub struct Entry {
    /// The dashboard it is about.
    pub dashboard_id: DashboardId,
    /// What sort of thing happened.
    pub kind: RecordKind,
    /// How bad it is.
    pub severity: Severity,
    /// The details, as they came.
    pub body: Box<RawValue>,
    /// Who numbered it, where a producer did. `dashboard_id` need not be that producer: a backend's update is
    /// recorded under the dashboard it is about.
    pub producer: Option<(DashboardId, ProducerSequence)>,
}

/// What an append did.
#[derive(Debug)]
pub struct Appended {
    /// The new records, in order; without those that were dropped.
    pub records: Arc<[Record]>,
    /// Entries dropped because their producer's watermark covered them already.
    pub duplicates: u64,
}

/// Writes a hub's own log. Lives on one thread; every call blocks until the disk has answered.
#[derive(Debug)]
pub struct OriginWriter {
    database: Database,
    epoch: Uuid,
    first_seq: u64,
    last_seq: u64,
    last_at: Timestamp,
    dashboards: HashMap<DashboardId, i64>,
    watermarks: HashMap<DashboardId, Watermark>,
    projection: Projection,
    snapshots: SnapshotPace,
    /// It was said that the clock has gone back.
    is_clock_behind: bool,
}

/// A clock that is further behind the last record than this, in milliseconds, is worth a word.
const CLOCK_BEHIND: i64 = 1_000;

impl OriginWriter {
    /// Opens the log at `path`, or creates it with a new epoch.
    ///
    /// # Errors
    /// See [`StoreError`]; a damaged file is [`StoreError::Damaged`], which the caller may answer with
    /// [`crate::set_aside`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open_writer(path, Role::Origin)?;
        let loaded = load(&database.connection).map_err(|source| database.error(source))?;
        let mut reader = LogReader::open(path)?;
        let (projection, cursors) = reader.projection()?;
        let folded = cursors.first().map_or(0, |cursor| cursor.seq);
        Ok(Self {
            database,
            epoch: loaded.epoch,
            first_seq: loaded.first_seq,
            last_seq: loaded.last_seq,
            last_at: loaded.last_at,
            dashboards: loaded.dashboards,
            watermarks: loaded.watermarks,
            projection,
            snapshots: SnapshotPace::new(folded),
            is_clock_behind: false,
        })
    }

    /// Which life of the log this is; made when the file was.
    #[must_use]
    pub fn epoch(&self) -> Uuid {
        self.epoch
    }

    /// The newest record; 0 when there is none.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Where each producer's numbering stands.
    #[must_use]
    pub fn watermarks(&self) -> &HashMap<DashboardId, Watermark> {
        &self.watermarks
    }

    /// The fold of everything in the log.
    #[must_use]
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// Appends `entries` in order as one group: all of them or none, durable when this returns. `now` is the hub's
    /// clock; should it have gone back, the last record's time is used again. On success `entries` is empty.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] and others of the disk; then nothing of the group is in the log, `entries` is as it
    /// was, and the group may be tried again.
    pub fn append(&mut self, now: Timestamp, entries: &mut Vec<Entry>) -> Result<Appended, StoreError> {
        let at = now.max(self.last_at);
        self.note_clock(now);
        let group = self.write(at, entries).map_err(|source| self.database.error(source))?;
        let mut seq = self.last_seq;
        let records: Arc<[Record]> = entries
            .drain(..)
            .zip(&group.is_new)
            .filter(|(_, is_new)| **is_new)
            .map(|(entry, _)| {
                seq += 1;
                Record {
                    seq,
                    at,
                    dashboard_id: entry.dashboard_id,
                    kind: entry.kind,
                    severity: entry.severity,
                    body: entry.body,
                }
            })
            .collect();
        let duplicates = (group.is_new.len() - records.len()) as u64;
        self.last_seq = seq;
        if !records.is_empty() {
            self.last_at = at;
        }
        self.dashboards.extend(group.new_dashboards);
        self.watermarks.extend(group.watermarks);
        for record in &*records {
            self.projection.apply(record);
        }
        if self.snapshots.is_due(self.last_seq)
            && let Err(error) = self.write_snapshot()
        {
            // The group is in the log all the same; the next snapshot makes up for this one.
            tracing::warn!(%error, "the projection could not be written down");
        }
        Ok(Appended { records, duplicates })
    }

    /// Oldest record from which on all are kept; 0 when there is none yet.
    #[must_use]
    pub fn first_seq(&self) -> u64 {
        self.first_seq.max(u64::from(self.last_seq > 0))
    }

    /// Commits upkeep that was prepared beside this writer.
    ///
    /// # Errors
    /// Those of the disk; the work is then undone as a whole and may be prepared again.
    pub fn tend(&mut self, upkeep: &PreparedUpkeep) -> Result<(), StoreError> {
        upkeep.commit(&mut self.database)?;
        self.first_seq = first_whole(&self.database.connection, ONLY_PARTITION, self.last_seq)
            .map_err(|source| self.database.error(source))?;
        Ok(())
    }

    /// Writes the projection down and brings the write-ahead log into the file. Call it when the hub stops.
    ///
    /// # Errors
    /// Those of the disk; the log is whole all the same.
    pub fn close(mut self) -> Result<(), StoreError> {
        if self.snapshots.is_behind(self.last_seq) {
            self.write_snapshot()?;
        }
        self.database
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|source| self.database.error(source))
    }

    /// Says once that the clock has gone back, and once that it is right again.
    fn note_clock(&mut self, now: Timestamp) {
        let behind = self.last_at.milliseconds_since(now);
        if behind > CLOCK_BEHIND && !self.is_clock_behind {
            self.is_clock_behind = true;
            tracing::warn!(
                behind_seconds = behind / 1_000,
                last_at = %self.last_at,
                "the clock has gone back; until it is past the last record again, records are dated as that one"
            );
        } else if behind <= 0 && self.is_clock_behind {
            self.is_clock_behind = false;
            tracing::info!("the clock is past the last record again");
        }
    }

    fn write_snapshot(&mut self) -> Result<(), StoreError> {
        let cursor = Cursor { partition: ONLY_PARTITION, epoch: self.epoch, seq: self.last_seq };
        let started = Instant::now();
        match snapshot::write(&self.database, &[cursor], &self.projection) {
            Ok(bytes) => {
                self.snapshots.written(self.last_seq, bytes, started);
                Ok(())
            }
            Err(error) => {
                self.snapshots.failed(started);
                Err(error)
            }
        }
    }

    /// Runs the transaction. Touches nothing in memory, so that a failure leaves memory and disk agreeing.
    fn write(&mut self, at: Timestamp, entries: &[Entry]) -> rusqlite::Result<Group> {
        let transaction = self.database.connection.transaction()?;
        let mut group = Group { is_new: Vec::with_capacity(entries.len()), ..Group::default() };
        {
            let mut insert = transaction.prepare_cached("INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            let mut seq = self.last_seq;
            // Entries come in runs of one dashboard: the run's number is looked up once.
            let mut run: Option<(&DashboardId, i64)> = None;
            for entry in entries {
                let is_new = entry.producer.as_ref().is_none_or(|(producer, sequence)| {
                    let known = group.watermarks.get(producer).or_else(|| self.watermarks.get(producer));
                    known.is_none_or(|known| known.epoch != sequence.epoch || sequence.seq > known.seq)
                });
                group.is_new.push(is_new);
                if !is_new {
                    continue;
                }
                if let Some((producer, sequence)) = &entry.producer {
                    let watermark = Watermark { epoch: sequence.epoch, seq: sequence.seq };
                    match group.watermarks.get_mut(producer) {
                        Some(known) => *known = watermark,
                        None => {
                            group.watermarks.insert(producer.clone(), watermark);
                        }
                    }
                }
                let number = match run {
                    Some((id, number)) if *id == entry.dashboard_id => number,
                    _ => dashboard_number(
                        &transaction,
                        &self.dashboards,
                        &mut group.new_dashboards,
                        &entry.dashboard_id,
                    )?,
                };
                run = Some((&entry.dashboard_id, number));
                seq += 1;
                insert.execute(params![
                    place(ONLY_PARTITION, seq),
                    at.as_milliseconds(),
                    number,
                    entry.kind as u8,
                    entry.severity.code(),
                    entry.body.get(),
                ])?;
            }
            let mut keep =
                transaction.prepare_cached("INSERT OR REPLACE INTO watermarks VALUES (?1, ?2, ?3)")?;
            for (producer, watermark) in &group.watermarks {
                let number =
                    dashboard_number(&transaction, &self.dashboards, &mut group.new_dashboards, producer)?;
                keep.execute(params![number, watermark.epoch.to_string(), watermark.seq.cast_signed()])?;
            }
            if seq > self.last_seq {
                transaction
                    .prepare_cached("UPDATE partitions SET last_seq = ?1 WHERE partition = ?2")?
                    .execute(params![seq.cast_signed(), ONLY_PARTITION])?;
            }
        }
        transaction.commit()?;
        Ok(group)
    }
}

/// What a transaction changed, to be taken over into memory once it is committed.
#[derive(Default)]
struct Group {
    /// For each entry, whether it was appended; the others were duplicates.
    is_new: Vec<bool>,
    new_dashboards: HashMap<DashboardId, i64>,
    watermarks: HashMap<DashboardId, Watermark>,
}

fn dashboard_number(
    connection: &Connection,
    known: &HashMap<DashboardId, i64>,
    added: &mut HashMap<DashboardId, i64>,
    id: &DashboardId,
) -> rusqlite::Result<i64> {
    if let Some(number) = known.get(id).or_else(|| added.get(id)) {
        return Ok(*number);
    }
    connection.prepare_cached("INSERT INTO dashboards (id) VALUES (?1)")?.execute([id.as_str()])?;
    let number = connection.last_insert_rowid();
    added.insert(id.clone(), number);
    Ok(number)
}

struct Loaded {
    epoch: Uuid,
    first_seq: u64,
    last_seq: u64,
    last_at: Timestamp,
    dashboards: HashMap<DashboardId, i64>,
    watermarks: HashMap<DashboardId, Watermark>,
}

fn load(connection: &Connection) -> rusqlite::Result<Loaded> {
    connection.execute(
        "INSERT OR IGNORE INTO partitions VALUES (?1, ?2, 0)",
        params![ONLY_PARTITION, Uuid::new_v4().to_string()],
    )?;
    let (epoch, last_seq): (Uuid, u64) = connection.query_row(
        "SELECT epoch, last_seq FROM partitions WHERE partition = ?1",
        [ONLY_PARTITION],
        |row| Ok((parse_column(row, 0)?, row.get::<_, i64>(1)?.cast_unsigned())),
    )?;
    let last_at = last_at(connection)?;
    let mut dashboards = HashMap::new();
    let mut statement = connection.prepare("SELECT id, number FROM dashboards")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        dashboards.insert(parse_column(row, 0)?, row.get(1)?);
    }
    let mut watermarks = HashMap::new();
    let mut statement = connection
        .prepare("SELECT dashboards.id, epoch, seq FROM watermarks JOIN dashboards ON number = dashboard")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let epoch = SessionEpoch(parse_column(row, 1)?);
        watermarks
            .insert(parse_column(row, 0)?, Watermark { epoch, seq: row.get::<_, i64>(2)?.cast_unsigned() });
    }
    let first_seq = first_whole(connection, ONLY_PARTITION, last_seq)?;
    Ok(Loaded {
        epoch,
        first_seq,
        last_seq,
        last_at: Timestamp::from_milliseconds(last_at),
        dashboards,
        watermarks,
    })
}

/// When the newest record was received, in milliseconds; 0 when there is none.
fn last_at(connection: &Connection) -> rusqlite::Result<i64> {
    let head: Option<i64> = connection
        .query_row("SELECT at FROM log ORDER BY place DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let sealed = segments::at_or_before(connection, i64::MAX, i64::MIN)?;
    let sealed = sealed.and_then(|segment| segment.summary?.last_at());
    // Where retention has dropped everything, it knows how far that reached.
    let dropped: Option<i64> = connection.query_row("SELECT max(from_at) FROM kept", [], |row| row.get(0))?;
    Ok(head.max(sealed).or(dropped).unwrap_or(0))
}

/// Reads a text column as a `T`; a text that is none is a damaged file's doing.
pub(crate) fn parse_column<T>(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    row.get_ref(index)?.as_str()?.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(error))
    })
}
