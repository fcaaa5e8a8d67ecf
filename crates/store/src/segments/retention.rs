//! Retention: old records go, kind by kind, a piece at a time.
//!
//! Whole parts of segments are dropped, so that nothing is compressed anew for it; pages that become free are used again.
//! What was dropped is no hole: `kept` says from where on each kind is there.

use std::{
    collections::{BTreeMap, HashSet},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use mission_control_protocol::{RecordKind, Timestamp};
use rusqlite::{Connection, Transaction, params};

use super::{
    Segment, Summary, after, at_or_before, delete_part, is_unchanged,
    summary::PartSummary,
    words::{self, NO_FILTER},
    write_summary,
};
use crate::{
    LogReader, StoreError,
    database::{MAX_SEQ, place, unplace},
    folding::Folded,
    replica::read_holes,
    snapshot::{self, Snapshot},
    upkeep::{Chore, Prepared},
};

/// What is kept of the past is kept in.
pub(crate) const TABLES: &str = "
    -- Of this kind, what lay before the place was dropped.
    CREATE TABLE kept (
        partition INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        from_place INTEGER NOT NULL,
        from_at INTEGER NOT NULL,
        PRIMARY KEY (partition, kind)
    ) WITHOUT ROWID;
";

/// The kinds that make up the bulk of a log, to which the bounds for the whole log apply. The others (who registered,
/// alerts, commands, configurations, refusals) are few, tell what was done and by whom, and are what the state of the
/// fleet is folded from: they go only by a rule of their own.
pub const BULK: [RecordKind; 6] = [
    RecordKind::Status,
    RecordKind::Event,
    RecordKind::Metrics,
    RecordKind::ResourceUsage,
    RecordKind::Query,
    RecordKind::WorkflowUpdate,
];

/// How long records are kept, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// How long bulk records ([`BULK`]) are kept; for ever when `None`.
    pub age: Option<Duration>,
    /// Bytes of the file beyond which the oldest bulk records go; no bound when `None`.
    pub bytes: Option<u64>,
    /// Kinds with a rule of their own, in place of `age`; `bytes` applies to the bulk kinds among them all the same.
    pub kinds: BTreeMap<RecordKind, KindRetention>,
    /// How long the series of numbers are kept, which outlive the records they were read from; for ever when `None`.
    pub series: Option<Duration>,
}

/// The rule of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KindRetention {
    /// How long its records are kept; for ever when `None`.
    pub age: Option<Duration>,
    /// Bytes that its sealed records may take; no bound when `None`.
    pub bytes: Option<u64>,
}

impl Default for Retention {
    /// Bulk records are kept for a year and series for three, however much they are.
    fn default() -> Self {
        const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        Self { age: Some(YEAR), bytes: None, kinds: BTreeMap::new(), series: Some(3 * YEAR) }
    }
}

impl Retention {
    /// Everything is kept.
    #[must_use]
    pub fn forever() -> Self {
        Self { age: None, series: None, ..Self::default() }
    }

    /// How long records of `kind` are kept; for ever when `None`.
    #[must_use]
    pub fn age_of(&self, kind: RecordKind) -> Option<Duration> {
        match self.kinds.get(&kind) {
            Some(rule) => rule.age,
            None => self.age.filter(|_| BULK.contains(&kind)),
        }
    }
}

/// Parts dropped in one transaction at most.
const PARTS: usize = 64;

/// Rows of the head looked at in one transaction at most.
const HEAD_PLACES: u64 = 8_192;

/// When the log is above its bound it is brought down to this share of it, in percent, so that not every record more
/// drops a segment.
pub(super) const SHRINK_TO: u64 = 95;

/// Drops what need not be kept.
pub(crate) struct Dropping {
    retention: Retention,
    now: fn() -> Timestamp,
    /// Time between two looks, once there was nothing to drop.
    pause: Duration,
    look_at: Instant,
}

/// What is to be dropped.
#[derive(Default)]
struct Drop {
    segments: Vec<(Segment, Vec<u8>)>,
    /// Rows of the head of this kind between these places.
    head: Option<(u8, i64, i64)>,
    /// Of which kind everything before a place, and a time, is gone then.
    kept: BTreeMap<(u16, u8), (i64, i64)>,
    /// The fold of all that was there up to there, unless there is one already.
    base: Option<Snapshot>,
}

impl Dropping {
    pub(crate) fn new(retention: Retention, now: fn() -> Timestamp, pause: Duration) -> Self {
        Self { retention, now, pause, look_at: Instant::now() }
    }

    fn find(&self, reader: &mut LogReader) -> rusqlite::Result<Option<Drop>> {
        let connection = reader.connection();
        let partitions: Vec<u16> = connection
            .prepare_cached("SELECT partition FROM partitions")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for partition in &partitions {
            for kind in RecordKind::ALL {
                let Some(age) = self.retention.age_of(kind) else { continue };
                let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                let cut = Timestamp::from_milliseconds((self.now)().as_milliseconds().saturating_sub(age));
                if let Some(found) = by_age(reader, *partition, kind as u8, cut)? {
                    return Ok(Some(found));
                }
            }
        }
        for (kind, bound) in &self.retention.kinds {
            let Some(bound) = bound.bytes else { continue };
            let used = stored_bytes(reader.connection(), *kind as u8)?;
            if used > bound
                && let Some(found) =
                    by_size(reader.connection(), &partitions, &[*kind], used - bound / 100 * SHRINK_TO)?
            {
                return Ok(Some(found));
            }
        }
        if let Some(bound) = self.retention.bytes {
            let used = used_bytes(reader.connection())?;
            if used > bound {
                return by_size(reader.connection(), &partitions, &BULK, used - bound / 100 * SHRINK_TO);
            }
        }
        Ok(None)
    }
}

impl Chore for Dropping {
    fn name(&self) -> &'static str {
        "retention"
    }

    fn prepare(&mut self, reader: &mut LogReader) -> Result<Option<Box<dyn Prepared>>, StoreError> {
        if Instant::now() < self.look_at {
            return Ok(None);
        }
        let found = reader.in_one_view(|reader| {
            let Some(mut found) = reader.read(|reader| self.find(reader))? else { return Ok(None) };
            found.base = base(reader, &found)?;
            Ok(Some(found))
        })?;
        if found.is_none() {
            self.look_at = Instant::now() + self.pause;
        }
        Ok(found.map(|found| Box::new(found) as Box<dyn Prepared>))
    }
}

/// What the fold of the rest begins with once `drop` is done: the fold up to the last place of which anything goes. `None`
/// when what was dropped before reaches as far.
fn base(reader: &mut LogReader, drop: &Drop) -> Result<Option<Snapshot>, StoreError> {
    let mut extents = reader.extents()?;
    let mut reached = BTreeMap::new();
    for ((partition, _), (from_place, from_at)) in &drop.kept {
        let (place, at) = reached.entry(*partition).or_insert((*from_place, *from_at));
        (*place, *at) = ((*place).max(*from_place), (*at).max(*from_at));
    }
    let mut is_further = false;
    for (partition, (from_place, _)) in &reached {
        let whole_from =
            whole_from(reader.connection(), *partition).map_err(|source| reader.error(source))?;
        is_further |= unplace(*from_place).1 > whole_from;
    }
    if !is_further {
        return Ok(None);
    }
    let at = reached.values().map(|(_, at)| *at).max().unwrap_or(i64::MAX);
    for extent in &mut extents {
        let end = match reached.get(&extent.partition) {
            Some((from_place, _)) => unplace(*from_place).1,
            None => reader.seq_at(extent.partition, Timestamp::from_milliseconds(at))?,
        };
        extent.last_seq = end.saturating_sub(1).min(extent.last_seq);
    }
    let Folded { projection, cursors, .. } = reader.fold(None, extents)?;
    let snapshot = Snapshot::of(&cursors, &projection)
        .map_err(|error| reader.error(rusqlite::Error::ToSqlConversionFailure(Box::new(error))))?;
    Ok(Some(snapshot))
}

/// This machine's clock.
pub(crate) fn system_clock() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_milliseconds(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}

/// Records of `kind` received before `cut`.
fn by_age(
    reader: &mut LogReader,
    partition: u16,
    kind: u8,
    cut: Timestamp,
) -> rusqlite::Result<Option<Drop>> {
    let (floor, ceiling) = (place(partition, 0), place(partition, MAX_SEQ));
    let connection = reader.connection();
    let from = kept_from(connection, partition, kind)?.unwrap_or(floor);
    let mut cut_place = reader.place_at(partition, cut)?;
    let connection = reader.connection();
    for hole in read_holes(connection)?.iter().filter(|hole| hole.partition == partition) {
        // What is filled into it is to be folded onto the base: that must not lie beyond where it begins.
        let (first, last) = (place(partition, hole.first_seq), place(partition, hole.last_seq));
        if (first..=last).contains(&cut_place) {
            cut_place = first;
        }
    }
    if cut_place <= from {
        return Ok(None);
    }
    let mut drop = Drop::default();
    let mut segment =
        match at_or_before(connection, from, floor)?.filter(|segment| segment.last_place >= from) {
            Some(segment) => Some(segment),
            None => after(connection, from - 1, ceiling)?,
        };
    while let Some(found) = segment.filter(|found| found.first_place < cut_place) {
        let next = found.first_place;
        if drop.segments.len() == PARTS {
            return Ok(Some(drop));
        }
        // A part goes once all of it is old enough.
        let is_old = |summary: &Summary| {
            summary.parts.iter().any(|part| {
                part.kind == kind && part.last_place < cut_place && part.last_at < cut.as_milliseconds()
            })
        };
        if found.summary.as_ref().is_some_and(is_old) {
            drop.kept.insert((partition, kind), (found.last_place + 1, cut.as_milliseconds()));
            drop.segments.push((found, vec![kind]));
        }
        segment = after(connection, next, ceiling)?;
    }
    if !drop.segments.is_empty() {
        return Ok(Some(drop));
    }
    // The head is looked at a stretch at a time.
    let first: Option<i64> = connection
        .prepare_cached("SELECT min(place) FROM log WHERE place >= ?1 AND place < ?2 AND kind = ?3")?
        .query_row(params![from, cut_place, kind], |row| row.get(0))?;
    Ok(first.map(|first| {
        let last = (cut_place - 1).min(first.saturating_add_unsigned(HEAD_PLACES));
        drop.head = Some((kind, first, last));
        drop.kept.insert((partition, kind), (last + 1, cut.as_milliseconds()));
        drop
    }))
}

/// The oldest sealed records of `kinds`, until they come to `excess` bytes.
fn by_size(
    connection: &Connection,
    partitions: &[u16],
    kinds: &[RecordKind],
    excess: u64,
) -> rusqlite::Result<Option<Drop>> {
    let codes: Vec<u8> = kinds.iter().map(|kind| *kind as u8).collect();
    let mut drop = Drop::default();
    let mut freed = 0;
    // Of several partitions the one whose oldest record is oldest gives first.
    let mut oldest: Vec<(i64, Segment)> = Vec::new();
    for partition in partitions {
        let next = next_with(connection, &codes, place(*partition, 0) - 1, place(*partition, MAX_SEQ))?;
        oldest.extend(next);
    }
    while freed < excess && drop.segments.len() < PARTS {
        let Some(index) = (0..oldest.len()).min_by_key(|index| oldest[*index].0) else { break };
        let (_, segment) = oldest.swap_remove(index);
        let (partition, _) = unplace(segment.first_place);
        let next = next_with(connection, &codes, segment.first_place, place(partition, MAX_SEQ))?;
        let parts = segment.summary.iter().flat_map(|summary| &summary.parts);
        let parts = parts.filter(|part| codes.contains(&part.kind));
        let mut last_at = i64::MIN;
        for part in parts {
            freed += part.stored_bytes;
            last_at = last_at.max(part.last_at);
        }
        for code in &codes {
            drop.kept.insert((partition, *code), (segment.last_place + 1, last_at));
        }
        drop.segments.push((segment, codes.clone()));
        oldest.extend(next);
    }
    Ok((!drop.segments.is_empty()).then_some(drop))
}

/// The first segment after `place` that has one of `kinds`, with the time of its first record.
fn next_with(
    connection: &Connection,
    kinds: &[u8],
    mut place: i64,
    last: i64,
) -> rusqlite::Result<Option<(i64, Segment)>> {
    while let Some(segment) = after(connection, place, last)? {
        place = segment.first_place;
        if let Some(summary) = &segment.summary
            && summary.parts.iter().any(|part| kinds.contains(&part.kind))
        {
            return Ok(Some((summary.first_at().unwrap_or(0), segment)));
        }
    }
    Ok(None)
}

impl Prepared for Drop {
    fn commit(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        for (segment, kinds) in &self.segments {
            if !is_unchanged(transaction, segment)? {
                return Ok(());
            }
            let Some(summary) = &segment.summary else { continue };
            let (gone, left): (Vec<_>, Vec<_>) =
                summary.parts.iter().cloned().partition(|part| kinds.contains(&part.kind));
            for part in gone {
                delete_part(transaction, part.row)?;
            }
            transaction
                .prepare_cached("DELETE FROM segments WHERE first_place = ?1")?
                .execute([segment.first_place])?;
            // What is left may be little, and then is not worth the place its words take.
            let count = |parts: &[PartSummary]| parts.iter().map(|part| part.count).sum::<u64>();
            let words = if count(&left) * 4 < count(&summary.parts) { NO_FILTER } else { summary.words };
            let left = Summary { words, parts: left };
            if let Some((first, last)) = left.first_place().zip(left.last_place()) {
                write_summary(transaction, first, last, &left)?;
            }
        }
        if let Some((kind, first, last)) = self.head {
            transaction
                .prepare_cached("DELETE FROM log WHERE place BETWEEN ?1 AND ?2 AND kind = ?3")?
                .execute(params![first, last, kind])?;
        }
        if !self.segments.is_empty() {
            let mut used = HashSet::new();
            super::each(transaction, (i64::MIN, i64::MAX), |segment| {
                used.extend(segment.summary.map(|summary| summary.words));
                Ok(())
            })?;
            words::delete_unused(transaction, &used)?;
        }
        if let Some(base) = &self.base {
            base.insert(transaction)?;
        }
        for ((partition, kind), (from_place, from_at)) in &self.kept {
            transaction
                .prepare_cached(
                    "INSERT INTO kept VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET
                     from_place = max(from_place, excluded.from_place), from_at = max(from_at, excluded.from_at)",
                )?
                .execute(params![partition, kind, from_place, from_at])?;
            // A hole there is not worth filling: it would be dropped at once.
            let whole_from = place(*partition, whole_from(transaction, *partition)?);
            transaction
                .prepare_cached("DELETE FROM holes WHERE first_place >= ?1 AND last_place < ?2")?
                .execute([place(*partition, 0), whole_from])?;
            snapshot::forget_below(transaction, *partition, unplace(whole_from).1)?;
        }
        Ok(())
    }
}

/// From which place on a kind is kept, if anything of it was dropped.
fn kept_from(connection: &Connection, partition: u16, kind: u8) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT max(from_place) FROM kept WHERE partition = ?1 AND kind = ?2")?
        .query_row(params![partition, kind], |row| row.get(0))
}

/// The `seq` from which on every kind is kept; 0 when nothing was dropped.
pub(crate) fn whole_from(connection: &Connection, partition: u16) -> rusqlite::Result<u64> {
    let place: Option<i64> = connection
        .prepare_cached("SELECT max(from_place) FROM kept WHERE partition = ?1")?
        .query_row([partition], |row| row.get(0))?;
    Ok(place.map_or(0, |place| unplace(place).1))
}

/// Since when each kind is kept, as far as anything of it was dropped.
pub(crate) fn kept_since(connection: &Connection) -> rusqlite::Result<BTreeMap<RecordKind, Timestamp>> {
    let mut statement =
        connection.prepare_cached("SELECT kind, max(from_at) FROM kept GROUP BY kind ORDER BY kind")?;
    let mut rows = statement.query([])?;
    let mut kept = BTreeMap::new();
    while let Some(row) = rows.next()? {
        if let Some(kind) = RecordKind::from_code(row.get(0)?) {
            kept.insert(kind, Timestamp::from_milliseconds(row.get(1)?));
        }
    }
    Ok(kept)
}

/// Bytes that the sealed records of a kind take.
fn stored_bytes(connection: &Connection, kind: u8) -> rusqlite::Result<u64> {
    let mut bytes = 0;
    super::each(connection, (i64::MIN, i64::MAX), |segment| {
        let parts = segment.summary.iter().flat_map(|summary| &summary.parts);
        bytes += parts.filter(|part| part.kind == kind).map(|part| part.stored_bytes).sum::<u64>();
        Ok(())
    })?;
    Ok(bytes)
}

/// Bytes of the file that are in use.
pub(crate) fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = number("page_count")?.saturating_sub(number("freelist_count")?);
    Ok((pages * number("page_size")?).cast_unsigned())
}
