//! Reading a log: by place, by time, by dashboard and kind; and its projection.

use std::{collections::HashMap, ops::ControlFlow, path::Path};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp,
    operator_wire::{Cursor, PartitionExtent},
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    Projection, StoreError,
    database::{Database, MAX_SEQ, place, unplace},
    origin::parse_column,
    replica::Hole,
    snapshot,
};

/// Records looked at by one query of a filtered search, so that no single query runs long.
const STRETCH: u64 = 50_000;

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
}

impl LogReader {
    /// Opens an existing log for reading.
    ///
    /// # Errors
    /// [`StoreError::Database`] when there is none, [`StoreError::Damaged`] or [`StoreError::NewerFormat`] when it
    /// cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { database: Database::open_reader(path)?, dashboards: HashMap::new() })
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
                let first: Option<i64> = self
                    .database
                    .connection
                    .prepare_cached(
                        "SELECT place FROM log WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT 1",
                    )?
                    .query_row(params![place(partition, 0), place(partition, MAX_SEQ)], |row| row.get(0))
                    .optional()?;
                Ok(PartitionExtent {
                    partition,
                    epoch,
                    first_seq: first.map_or(0, |place| unplace(place).1),
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
        let Some(condition) = self.condition(filter)? else { return Ok(()) };
        let sql = format!(
            "SELECT place, at, dashboard, kind, severity, body FROM log
             WHERE place BETWEEN ?1 AND ?2{condition} ORDER BY place"
        );
        let database = &self.database;
        let dashboards = &mut self.dashboards;
        let mut read = || {
            let mut statement = database.connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![place(partition, from_seq), place(partition, to_seq)])?;
            while let Some(row) = rows.next()? {
                if let Some(record) = record(&database.connection, dashboards, row)?
                    && visit(record).is_break()
                {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|source| database.error(source))
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
        let Some(condition) = self.condition(filter)? else { return Ok(page) };
        let sql = format!(
            "SELECT place, at, dashboard, kind, severity, body FROM log
             WHERE place BETWEEN ?1 AND ?2{condition} ORDER BY place DESC LIMIT ?3"
        );
        let database = &self.database;
        let dashboards = &mut self.dashboards;
        let mut read = || {
            let mut statement = database.connection.prepare_cached(&sql)?;
            let mut end = before_seq.min(last_stored_seq(&database.connection, partition)? + 1);
            let mut budget = look_at;
            while end > 1 && budget > 0 && page.records.len() < limit as usize {
                let start = end.saturating_sub(STRETCH.min(budget)).max(1);
                let wanted = i64::from(limit) - i64::try_from(page.records.len()).unwrap_or(i64::MAX);
                let mut rows =
                    statement.query(params![place(partition, start), place(partition, end - 1), wanted])?;
                let mut reached = start;
                let mut taken = 0;
                while let Some(row) = rows.next()? {
                    taken += 1;
                    reached = unplace(row.get(0)?).1;
                    page.records.extend(record(&database.connection, dashboards, row)?);
                }
                // Fewer than asked for: the whole stretch has been looked at.
                if taken < wanted {
                    reached = start;
                }
                budget = budget.saturating_sub(end - reached);
                end = reached;
            }
            page.next_before_seq = (end > 1).then_some(end);
            Ok(())
        };
        read().map_err(|source| database.error(source))?;
        Ok(page)
    }

    /// The first `seq` whose record is not older than `at`; one past the newest when all are older. Found by bisecting,
    /// since `at` never falls.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn seq_at(&self, partition: u16, at: Timestamp) -> Result<u64, StoreError> {
        let find = || {
            let connection = &self.database.connection;
            let mut next = connection.prepare_cached(
                "SELECT place, at FROM log WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT 1",
            )?;
            let (mut low, mut high) = (1, last_stored_seq(connection, partition)? + 1);
            while low < high {
                let middle = low + (high - low) / 2;
                let found: Option<(i64, i64)> = next
                    .query_row(params![place(partition, middle), place(partition, high - 1)], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .optional()?;
                match found {
                    Some((found, found_at)) if found_at < at.as_milliseconds() => low = unplace(found).1 + 1,
                    _ => high = middle,
                }
            }
            Ok(low)
        };
        find().map_err(|source| self.database.error(source))
    }

    /// The fold of the whole log, and how far it reaches in each partition: the last snapshot, and what came since.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn projection(&mut self) -> Result<(Projection, Vec<Cursor>), StoreError> {
        let extents = self.extents()?;
        self.fold(None, extents)
    }

    /// The fold of what the log had received by `at`, and how far that reaches in each partition: the fleet as it was
    /// at that instant.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn projection_at(&mut self, at: Timestamp) -> Result<(Projection, Vec<Cursor>), StoreError> {
        let after = Timestamp::from_milliseconds(at.as_milliseconds().saturating_add(1));
        let mut extents = self.extents()?;
        for extent in &mut extents {
            extent.last_seq = self.seq_at(extent.partition, after)?.saturating_sub(1).min(extent.last_seq);
        }
        self.fold(Some(at), extents)
    }

    /// Folds each partition up to the end that `extents` gives it, from the last snapshot not after `at` on.
    fn fold(
        &mut self,
        at: Option<Timestamp>,
        extents: Vec<PartitionExtent>,
    ) -> Result<(Projection, Vec<Cursor>), StoreError> {
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
        let snapshot = snapshot::read(&self.database.connection, at, fits)
            .map_err(|source| self.database.error(source))?;
        let (known, mut projection) = snapshot.unwrap_or_default();
        let mut cursors = Vec::with_capacity(extents.len());
        for PartitionExtent { partition, epoch, last_seq, .. } in extents {
            let folded = seq_of(&known, partition);
            self.scan(partition, &RecordFilter::default(), folded + 1, last_seq, |record| {
                projection.apply(&record);
                ControlFlow::Continue(())
            })?;
            cursors.push(Cursor { partition, epoch, seq: last_seq });
        }
        Ok((projection, cursors))
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

    /// A value that [`crate::ReplicaWriter`] keeps beside the records.
    pub(crate) fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.database
            .connection
            .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
            .optional()
            .map_err(|source| self.database.error(source))
    }

    /// The filter as SQL, or `None` when nothing can pass it. Only numbers enter the text.
    fn condition(&self, filter: &RecordFilter) -> Result<Option<String>, StoreError> {
        let mut condition = String::new();
        if let Some(id) = &filter.dashboard {
            let number: Option<i64> = self
                .database
                .connection
                .prepare_cached("SELECT number FROM dashboards WHERE id = ?1")
                .and_then(|mut statement| statement.query_row([id.as_str()], |row| row.get(0)).optional())
                .map_err(|source| self.database.error(source))?;
            let Some(number) = number else { return Ok(None) };
            condition.push_str(&format!(" AND dashboard = {number}"));
        }
        if !filter.kinds.is_empty() {
            let kinds: Vec<_> = filter.kinds.iter().map(|kind| (*kind as u8).to_string()).collect();
            condition.push_str(&format!(" AND kind IN ({})", kinds.join(",")));
        }
        Ok(Some(condition))
    }
}

/// How far `cursors` reach in a partition; 0 when they do not name it.
fn seq_of(cursors: &[Cursor], partition: u16) -> u64 {
    cursors.iter().find(|cursor| cursor.partition == partition).map_or(0, |cursor| cursor.seq)
}

/// The newest record stored in the partition; 0 when there is none.
fn last_stored_seq(connection: &Connection, partition: u16) -> rusqlite::Result<u64> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT place FROM log WHERE place BETWEEN ?1 AND ?2 ORDER BY place DESC LIMIT 1")?
        .query_row(params![place(partition, 0), place(partition, MAX_SEQ)], |row| row.get(0))
        .optional()?;
    Ok(last.map_or(0, |place| unplace(place).1))
}

/// Reads a row as a record; `None` for a kind that only a newer version knows.
fn record(
    connection: &Connection,
    dashboards: &mut HashMap<i64, DashboardId>,
    row: &Row<'_>,
) -> rusqlite::Result<Option<Record>> {
    let Some(kind) = RecordKind::from_code(row.get(3)?) else { return Ok(None) };
    let number: i64 = row.get(2)?;
    let dashboard_id = match dashboards.get(&number) {
        Some(id) => id.clone(),
        None => {
            let id: DashboardId = connection
                .prepare_cached("SELECT id FROM dashboards WHERE number = ?1")?
                .query_row([number], |row| parse_column(row, 0))?;
            dashboards.insert(number, id.clone());
            id
        }
    };
    let body = RawValue::from_string(row.get(5)?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok(Some(Record {
        seq: unplace(row.get(0)?).1,
        at: Timestamp::from_milliseconds(row.get(1)?),
        dashboard_id,
        kind,
        severity: Severity::from_code(row.get(4)?),
        body,
    }))
}
