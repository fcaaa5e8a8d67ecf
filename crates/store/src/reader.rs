//! Reading a log: by place, by time, by dashboard and kind; and its projection.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    ops::ControlFlow,
    path::Path,
};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp,
    operator_wire::{Cursor, PartitionExtent},
};
use rusqlite::{Connection, OptionalExtension};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    Projection, StoreError,
    database::{Database, MAX_SEQ, place, unplace},
    origin::parse_column,
    replica::Hole,
    segments::{self, CodeSet, Direction, Sealed, Selection, Visited},
};

/// Which records are wanted.
#[derive(Debug, Clone, Default)]
pub struct RecordFilter {
    /// Only those about this dashboard.
    pub dashboard: Option<DashboardId>,
    /// Only those of these kinds; all kinds when empty.
    pub kinds: Vec<RecordKind>,
}

/// Part of an answer, and where it goes on.
#[derive(Debug)]
pub struct Page {
    /// The records, newest first.
    pub records: Vec<Record>,
    /// Ask again with this `before_seq` for older ones; `None` when there are none.
    pub next_before_seq: Option<u64>,
}

/// Reads a log beside its writer. Each thread that reads opens its own.
#[derive(Debug)]
pub struct LogReader {
    database: Database,
    dashboards: HashMap<i64, DashboardId>,
    sealed: Sealed,
}

impl LogReader {
    /// Opens an existing log for reading.
    ///
    /// # Errors
    /// [`StoreError::Database`] when there is none, [`StoreError::Damaged`] or [`StoreError::NewerFormat`] when it
    /// cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            database: Database::open_reader(path)?,
            dashboards: HashMap::new(),
            sealed: Sealed::default(),
        })
    }

    /// The stretches in which this reader came across damaged records, and read over them.
    #[must_use]
    pub fn damage(&self) -> &[Hole] {
        self.sealed.damage()
    }

    /// Reads in one transaction, so that all of it is from one moment.
    pub(crate) fn read<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let is_outermost = self.database.connection.is_autocommit();
        if is_outermost {
            self.database.connection.execute_batch("BEGIN").map_err(|source| self.database.error(source))?;
        }
        let result = work(self);
        if is_outermost && let Err(error) = self.database.connection.execute_batch("ROLLBACK") {
            tracing::warn!(%error, "a read transaction could not be ended");
        }
        result.map_err(|source| self.database.error(source))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.database.path
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.database.connection
    }

    pub(crate) fn names(&mut self) -> Names<'_> {
        Names { connection: &self.database.connection, dashboards: &mut self.dashboards }
    }

    pub(crate) fn parts(&mut self) -> (&Connection, &mut Sealed) {
        (&self.database.connection, &mut self.sealed)
    }

    /// Shows `visit` each record of a partition from `from_seq` to `to_seq` (both included) that passes `selection`,
    /// until it breaks off or `budget` records were looked at; what a summary rules out is not counted. Returns the last
    /// `seq` looked at when that was not the end.
    pub(crate) fn visit(
        &mut self,
        partition: u16,
        selection: &Selection,
        (from_seq, to_seq): (u64, u64),
        direction: Direction,
        budget: u64,
        mut visit: impl FnMut(Visited<'_>, &mut Names<'_>) -> rusqlite::Result<ControlFlow<()>>,
    ) -> Result<Option<u64>, StoreError> {
        let places = (place(partition, from_seq), place(partition, to_seq));
        self.read(|Self { database, dashboards, sealed }| {
            let connection = &database.connection;
            let mut names = Names { connection, dashboards };
            let reached =
                segments::visit(connection, sealed, selection, places, direction, budget, &mut |visited| {
                    visit(visited, &mut names)
                })?;
            Ok(reached.map(|place| unplace(place).1))
        })
    }

    /// What the log has of each partition.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn extents(&self) -> Result<Vec<PartitionExtent>, StoreError> {
        let read = || {
            let mut statement = self
                .database
                .connection
                .prepare_cached("SELECT partition, epoch, last_seq FROM partitions ORDER BY partition")?;
            let rows = statement.query_map([], |row| {
                Ok((
                    row.get::<_, u16>(0)?,
                    parse_column::<Uuid>(row, 1)?,
                    row.get::<_, i64>(2)?.cast_unsigned(),
                ))
            })?;
            rows.map(|row| {
                let (partition, epoch, last_seq) = row?;
                Ok(PartitionExtent {
                    partition,
                    epoch,
                    first_seq: first_whole(&self.database.connection, partition, last_seq)?,
                    last_seq,
                })
            })
            .collect::<rusqlite::Result<_>>()
        };
        read().map_err(|source| self.database.error(source))
    }

    /// Up to `limit` records from `from_seq` on, in order.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn records(&mut self, partition: u16, from_seq: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        let mut found = Vec::new();
        self.scan(partition, &RecordFilter::default(), from_seq, MAX_SEQ, |record| {
            if found.len() < limit as usize {
                found.push(record);
            }
            if found.len() < limit as usize { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found)
    }

    /// Shows `visit` each record that passes `filter`, from `from_seq` to `to_seq` (both included) in order, until it
    /// breaks off.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn scan(
        &mut self,
        partition: u16,
        filter: &RecordFilter,
        from_seq: u64,
        to_seq: u64,
        mut visit: impl FnMut(Record) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        if from_seq > to_seq {
            return Ok(());
        }
        let Some(selection) = self.selection(filter)? else { return Ok(()) };
        self.visit(
            partition,
            &selection,
            (from_seq, to_seq),
            Direction::Forward,
            u64::MAX,
            |visited, names| {
                Ok(match names.record(visited)? {
                    Some(record) => visit(record),
                    None => ControlFlow::Continue(()),
                })
            },
        )?;
        Ok(())
    }

    /// The newest `limit` records before `before_seq` that pass `filter`, newest first. Looks at no more than
    /// `look_at` records; when those ran out first, the page may be short and say where to go on.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn newest(
        &mut self,
        partition: u16,
        filter: &RecordFilter,
        before_seq: u64,
        limit: u32,
        look_at: u64,
    ) -> Result<Page, StoreError> {
        let mut page = Page { records: Vec::new(), next_before_seq: None };
        let Some(selection) = self.selection(filter)? else { return Ok(page) };
        if before_seq <= 1 {
            return Ok(page);
        }
        let seqs = (1, before_seq - 1);
        let reached =
            self.visit(partition, &selection, seqs, Direction::Backward, look_at, |visited, names| {
                page.records.extend(names.record(visited)?);
                let is_full = page.records.len() >= limit as usize;
                Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })?;
        page.next_before_seq = reached.filter(|reached| *reached > 1);
        Ok(page)
    }

    /// The first `seq` whose record is not older than `at`; one past the newest when all are older. Found by bisecting,
    /// since `at` never falls.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn seq_at(&self, partition: u16, at: Timestamp) -> Result<u64, StoreError> {
        let place = self.place_at(partition, at).map_err(|source| self.database.error(source))?;
        Ok(unplace(place).1)
    }

    /// The place that [`Self::seq_at`] tells of.
    pub(crate) fn place_at(&self, partition: u16, at: Timestamp) -> rusqlite::Result<i64> {
        let connection = &self.database.connection;
        let head = last_older_in_head(connection, partition, at)?;
        let sealed = segments::last_older(connection, (place(partition, 0), place(partition, MAX_SEQ)), at)?;
        Ok(head.max(sealed).map_or(place(partition, 1), |place| place + 1))
    }

    /// Since when each kind is kept, for those of which anything was dropped by retention.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn kept_since(&self) -> Result<BTreeMap<RecordKind, Timestamp>, StoreError> {
        segments::retention::kept_since(&self.database.connection)
            .map_err(|source| self.database.error(source))
    }

    /// Folds what follows `cursors` up to and including `at` into `projection`, and moves `cursors` there: one step of
    /// a replay.
    ///
    /// # Errors
    /// Those of the disk; `projection` and `cursors` agree all the same.
    pub fn advance(
        &mut self,
        projection: &mut Projection,
        cursors: &mut [Cursor],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        for cursor in cursors {
            let newest = last_stored_seq(&self.database.connection, cursor.partition)
                .map_err(|source| self.database.error(source))?;
            self.scan(cursor.partition, &RecordFilter::default(), cursor.seq + 1, newest, |record| {
                if record.at > at {
                    return ControlFlow::Break(());
                }
                cursor.seq = record.seq;
                projection.apply(&record);
                ControlFlow::Continue(())
            })?;
        }
        Ok(())
    }

    /// The stretches of the log that a replica does not have, oldest first.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn holes(&self) -> Result<Vec<Hole>, StoreError> {
        crate::replica::read_holes(&self.database.connection).map_err(|source| self.database.error(source))
    }

    /// Bytes the log takes on the disk, its write-ahead log aside.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        let read = || {
            let connection = &self.database.connection;
            let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let size: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            Ok((pages * size).cast_unsigned())
        };
        read().map_err(|source| self.database.error(source))
    }

    /// Runs several reads as one: what is committed meanwhile is seen by none of them.
    pub(crate) fn in_one_view<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if !self.database.connection.is_autocommit() {
            return read(self);
        }
        self.database.connection.execute_batch("BEGIN").map_err(|source| self.database.error(source))?;
        let answer = read(self);
        let ended = self.database.connection.execute_batch("COMMIT");
        let answer = answer?;
        ended.map_err(|source| self.database.error(source))?;
        Ok(answer)
    }

    /// Names the file in an error of SQLite's.
    pub(crate) fn error(&self, source: rusqlite::Error) -> StoreError {
        self.database.error(source)
    }

    /// A value that [`crate::ReplicaWriter`] keeps beside the records.
    pub(crate) fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.database
            .connection
            .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
            .optional()
            .map_err(|source| self.database.error(source))
    }

    /// The filter by the numbers that are stored, or `None` when nothing can pass it.
    fn selection(&self, filter: &RecordFilter) -> Result<Option<Selection>, StoreError> {
        let mut selection = Selection::default();
        if let Some(id) = &filter.dashboard {
            let number: Option<i64> = self
                .database
                .connection
                .prepare_cached("SELECT number FROM dashboards WHERE id = ?1")
                .and_then(|mut statement| statement.query_row([id.as_str()], |row| row.get(0)).optional())
                .map_err(|source| self.database.error(source))?;
            let Some(number) = number else { return Ok(None) };
            selection.dashboards = Some(vec![number]);
        }
        if !filter.kinds.is_empty() {
            selection.kinds = CodeSet::kinds(filter.kinds.iter().copied());
        }
        Ok(Some(selection))
    }
}

/// The names of dashboards, read once.
pub(crate) struct Names<'a> {
    connection: &'a Connection,
    dashboards: &'a mut HashMap<i64, DashboardId>,
}

impl Names<'_> {
    /// The dashboard with this number.
    pub(crate) fn dashboard(&mut self, number: i64) -> rusqlite::Result<&DashboardId> {
        match self.dashboards.entry(number) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let id: DashboardId = self
                    .connection
                    .prepare_cached("SELECT id FROM dashboards WHERE number = ?1")?
                    .query_row([number], |row| parse_column(row, 0))?;
                Ok(unknown.insert(id))
            }
        }
    }

    /// The record as a whole; `None` for a kind that only a newer version knows, and for one that is damaged.
    pub(crate) fn record(&mut self, mut visited: Visited<'_>) -> rusqlite::Result<Option<Record>> {
        let Some(kind) = RecordKind::from_code(visited.kind) else { return Ok(None) };
        let Some(body) = visited.body()? else { return Ok(None) };
        let body = RawValue::from_string(body.to_owned()).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, Box::new(error))
        })?;
        Ok(Some(Record {
            seq: unplace(visited.place).1,
            at: Timestamp::from_milliseconds(visited.at),
            dashboard_id: self.dashboard(visited.dashboard)?.clone(),
            kind,
            severity: Severity::from_code(visited.severity),
            body,
        }))
    }
}

/// The `seq` from which on everything the partition ever had here is kept; 0 when it never had anything.
pub(crate) fn first_whole(connection: &Connection, partition: u16, last_seq: u64) -> rusqlite::Result<u64> {
    let whole_from = segments::retention::whole_from(connection, partition)?;
    Ok(match first_stored(connection, partition)? {
        Some(first) => unplace(first).1.max(whole_from),
        // Everything was dropped.
        None if whole_from > 0 => last_seq + 1,
        None => 0,
    })
}

/// Place of the oldest record stored in the partition.
fn first_stored(connection: &Connection, partition: u16) -> rusqlite::Result<Option<i64>> {
    let places = [place(partition, 0), place(partition, MAX_SEQ)];
    let head: Option<i64> = connection
        .prepare_cached("SELECT place FROM log WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT 1")?
        .query_row(places, |row| row.get(0))
        .optional()?;
    let sealed: Option<i64> = connection
        .prepare_cached("SELECT min(first_place) FROM segments WHERE first_place BETWEEN ?1 AND ?2")?
        .query_row(places, |row| row.get(0))?;
    Ok(head.into_iter().chain(sealed).min())
}

/// The newest record stored in the partition; 0 when there is none.
fn last_stored_seq(connection: &Connection, partition: u16) -> rusqlite::Result<u64> {
    let places = [place(partition, 0), place(partition, MAX_SEQ)];
    let head: Option<i64> = connection
        .prepare_cached("SELECT place FROM log WHERE place BETWEEN ?1 AND ?2 ORDER BY place DESC LIMIT 1")?
        .query_row(places, |row| row.get(0))
        .optional()?;
    let sealed: Option<i64> = connection
        .prepare_cached(
            "SELECT last_place FROM segments WHERE first_place BETWEEN ?1 AND ?2
             ORDER BY first_place DESC LIMIT 1",
        )?
        .query_row(places, |row| row.get(0))
        .optional()?;
    Ok(head.max(sealed).map_or(0, |place| unplace(place).1))
}

/// Place of the last record in the head that is older than `at`, found by bisecting.
fn last_older_in_head(
    connection: &Connection,
    partition: u16,
    at: Timestamp,
) -> rusqlite::Result<Option<i64>> {
    let mut before = connection.prepare_cached(
        "SELECT place, at FROM log WHERE place BETWEEN ?1 AND ?2 ORDER BY place DESC LIMIT 1",
    )?;
    let bounds: (Option<i64>, Option<i64>) = (
        connection
            .prepare_cached("SELECT min(place) FROM log WHERE place BETWEEN ?1 AND ?2")?
            .query_row([place(partition, 0), place(partition, MAX_SEQ)], |row| row.get(0))?,
        connection
            .prepare_cached("SELECT max(place) FROM log WHERE place BETWEEN ?1 AND ?2")?
            .query_row([place(partition, 0), place(partition, MAX_SEQ)], |row| row.get(0))?,
    );
    let (Some(mut low), Some(mut high)) = bounds else { return Ok(None) };
    let mut older = None;
    // The answer is `older`, or lies between `low` and `high`.
    while low <= high {
        let middle = low + (high - low) / 2;
        let found: Option<(i64, i64)> =
            before.query_row([low, middle], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match found {
            Some((found, found_at)) if found_at >= at.as_milliseconds() => high = found - 1,
            Some((found, _)) => {
                older = Some(found);
                low = middle + 1;
            }
            None => low = middle + 1,
        }
    }
    Ok(older)
}
