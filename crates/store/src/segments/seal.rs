//! Sealing: the oldest rows of the head become segments.

use std::{
    collections::{HashMap, hash_map::Entry},
    io,
    ops::ControlFlow,
};

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use zstd::bulk::Compressor;

use super::{
    Direction, Segment, Selection, after, at_or_before, delete, insert, is_unchanged,
    part::{EncodedPart, Row, SegmentForm, encode},
    visit::{read_row, visit},
    words::WordFilter,
};
use crate::{
    LogReader, StoreError,
    database::place,
    replica::{Hole, read_holes},
    search::words,
    upkeep::{Chore, Prepared},
};

/// A dictionary is trained from at least so many records.
const SAMPLES: usize = 256;

/// A new dictionary is tried when a part takes more than this share of what parts took when the last one was new.
const WORSE: f64 = 1.25;

/// A new dictionary is taken when a part takes less than this share of what it takes without.
const BETTER: f64 = 0.95;

/// Parts of a kind until a dictionary is tried again, after one that was not worth it.
const PATIENCE: u32 = 64;

/// Seals the oldest rows of the head.
pub(crate) struct Sealing {
    form: SegmentForm,
    /// Records of a segment.
    records: usize,
    /// Newest records that stay in the head.
    head: u64,
    dictionaries: HashMap<u8, KindDictionary>,
}

/// The newest dictionary of a kind.
struct KindDictionary {
    /// 0 when it has none.
    id: i64,
    compressor: Compressor<'static>,
    /// Bytes of the first part it compressed, and what they became.
    raw_bytes: u64,
    stored_bytes: u64,
    /// Parts until another is tried.
    patience: u32,
}

/// A dictionary that is to be written with the first parts that need it.
struct NewDictionary {
    id: i64,
    kind: u8,
    raw_bytes: u64,
    stored_bytes: u64,
    dictionary: Vec<u8>,
}

/// Rows of the head as segments.
struct Seal {
    /// The first and the last place that was read, and how many rows of the head lie there.
    places: (i64, i64),
    head_rows: u64,
    /// The segment that lies there, to be replaced.
    replaced: Option<Segment>,
    segments: Vec<(Vec<EncodedPart>, WordFilter)>,
    dictionaries: Vec<NewDictionary>,
}

/// Rows to be sealed, how many of them are in the head, and the segment they fall into.
type Found = (Vec<Row>, u64, Option<Segment>);

impl Sealing {
    pub(crate) fn new(form: SegmentForm, records: usize, head: u64) -> Self {
        Self { form, records: records.max(1), head, dictionaries: HashMap::new() }
    }

    /// The rows to be sealed next, with the segment they fall into.
    fn find(&self, reader: &mut LogReader) -> rusqlite::Result<Option<Found>> {
        let partitions: Vec<(u16, i64)> = {
            let mut statement =
                reader.connection().prepare_cached("SELECT partition, last_seq FROM partitions")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?
        };
        for (partition, last_seq) in partitions {
            let Some(end) = last_seq.cast_unsigned().checked_sub(self.head).filter(|end| *end > 0) else {
                continue;
            };
            if let Some(found) = self.find_in(reader, place(partition, 0), place(partition, end))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// As [`Self::find`], from `low` to `end`, which are of one partition.
    fn find_in(&self, reader: &mut LogReader, mut low: i64, end: i64) -> rusqlite::Result<Option<Found>> {
        let floor = low;
        let holes = read_holes(reader.connection())?;
        loop {
            let Some(first) = first_row(reader.connection(), low, end)? else { return Ok(None) };
            let before = at_or_before(reader.connection(), first, floor)?;
            if let Some(segment) = before.as_ref().filter(|segment| segment.last_place >= first) {
                let places = (segment.first_place, segment.last_place);
                if let Some((rows, head_rows)) = whole(reader, places)? {
                    return Ok(Some((rows, head_rows, before)));
                }
                // Damaged: it is for the check to deal with, and what lies in it stays in the head.
                low = places.1 + 1;
                continue;
            }
            let next = after(reader.connection(), first, end)?;
            let mut bound = next.as_ref().map_or(end, |next| next.first_place - 1);
            // A segment does not reach over a hole: whatever is filled in would lie within it, and be read with it.
            let hole = holes.iter().map(places_of).find(|hole| (first + 1..=bound).contains(&hole.0));
            if let Some(hole) = hole {
                bound = hole.0 - 1;
            }
            let rows = head_rows(reader.connection(), (first, bound), self.records)?;
            // A short stretch between two segments is sealed once nothing is missing in it.
            let is_whole = rows.len() >= self.records
                || hole.is_none() && next.is_some() && {
                    let from = before.map_or(floor, |before| before.last_place + 1);
                    !holes.iter().map(places_of).any(|hole| hole.0 <= bound && hole.1 >= from)
                };
            if is_whole {
                let count = rows.len() as u64;
                return Ok(Some((rows, count, None)));
            }
            match (hole, next) {
                (Some(hole), _) => low = hole.1 + 1,
                (None, Some(next)) => low = next.last_place + 1,
                (None, None) => return Ok(None),
            }
        }
    }

    /// Forgets what is not in the file: a dictionary whose first parts could not be written. Returns the next free id.
    fn reload(&mut self, connection: &Connection) -> rusqlite::Result<i64> {
        let mut kept: HashMap<u8, (i64, u64, u64)> = HashMap::new();
        let mut next = 1;
        {
            let mut statement = connection
                .prepare_cached("SELECT kind, id, raw_bytes, stored_bytes FROM dictionaries ORDER BY id")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(1)?;
                let bytes = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
                kept.insert(row.get(0)?, (id, bytes(2)?, bytes(3)?));
                next = next.max(id + 1);
            }
        }
        self.dictionaries
            .retain(|kind, known| known.id == 0 || kept.get(kind).is_some_and(|kept| kept.0 == known.id));
        for (kind, (id, raw_bytes, stored_bytes)) in kept {
            if self.dictionaries.get(&kind).is_some_and(|known| known.id == id) {
                continue;
            }
            let dictionary: Vec<u8> = connection
                .prepare_cached("SELECT dictionary FROM dictionaries WHERE id = ?1")?
                .query_row([id], |row| row.get(0))?;
            if let Ok(compressor) = compressor(self.form.level, &dictionary) {
                let known = KindDictionary { id, compressor, raw_bytes, stored_bytes, patience: 0 };
                self.dictionaries.insert(kind, known);
            }
        }
        Ok(next)
    }

    /// The rows as the parts of a segment.
    fn encode(
        &mut self,
        rows: &[Row],
        next_id: &mut i64,
        added: &mut Vec<NewDictionary>,
    ) -> io::Result<Vec<EncodedPart>> {
        let mut kinds: Vec<u8> = rows.iter().map(|row| row.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut parts = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.kind == kind).collect();
            parts.extend(self.encode_kind(kind, &rows, next_id, added)?);
        }
        Ok(parts)
    }

    fn encode_kind(
        &mut self,
        kind: u8,
        rows: &[&Row],
        next_id: &mut i64,
        added: &mut Vec<NewDictionary>,
    ) -> io::Result<Option<EncodedPart>> {
        let SegmentForm { level, block_bytes, dictionary_bytes } = self.form;
        let known = match self.dictionaries.entry(kind) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(KindDictionary {
                id: 0,
                compressor: compressor(level, &[])?,
                raw_bytes: 0,
                stored_bytes: 0,
                patience: 0,
            }),
        };
        let Some(part) = encode(rows, known.id, &mut known.compressor, block_bytes)? else { return Ok(None) };
        known.patience = known.patience.saturating_sub(1);
        let ratio = |raw: u64, stored: u64| stored as f64 / raw.max(1) as f64;
        let is_worse = known.id == 0
            || ratio(part.summary.raw_bytes, part.summary.stored_bytes)
                > WORSE * ratio(known.raw_bytes, known.stored_bytes);
        if dictionary_bytes == 0 || rows.len() < SAMPLES || !is_worse || known.patience > 0 {
            return Ok(Some(part));
        }
        known.patience = PATIENCE;
        let samples: Vec<&[u8]> = rows.iter().map(|row| row.body.as_bytes()).collect();
        // Too little in it to learn from.
        let Ok(dictionary) = zstd::dict::from_samples(&samples, dictionary_bytes) else {
            return Ok(Some(part));
        };
        let mut compressor = compressor(level, &dictionary)?;
        let Some(other) = encode(rows, *next_id, &mut compressor, block_bytes)? else {
            return Ok(Some(part));
        };
        if other.summary.stored_bytes as f64 >= BETTER * part.summary.stored_bytes as f64 {
            return Ok(Some(part));
        }
        let (raw_bytes, stored_bytes) = (other.summary.raw_bytes, other.summary.stored_bytes);
        added.push(NewDictionary { id: *next_id, kind, raw_bytes, stored_bytes, dictionary });
        *known = KindDictionary { id: *next_id, compressor, raw_bytes, stored_bytes, patience: PATIENCE };
        *next_id += 1;
        Ok(Some(other))
    }
}

impl Chore for Sealing {
    fn name(&self) -> &'static str {
        "sealing"
    }

    fn prepare(&mut self, reader: &mut LogReader) -> Result<Option<Box<dyn Prepared>>, StoreError> {
        let seal = reader.read(|reader| {
            let Some((rows, head_rows, replaced)) = self.find(reader)? else { return Ok(None) };
            let Some((first, last)) = rows.first().zip(rows.last()) else { return Ok(None) };
            let places = replaced
                .as_ref()
                .map_or((first.place, last.place), |segment| (segment.first_place, segment.last_place));
            let mut next_id = self.reload(reader.connection())?;
            let mut dictionaries = Vec::new();
            // Evenly, so that no segment is left with a few records only.
            let count = rows.len().div_ceil(self.records);
            let segments = rows
                .chunks(rows.len().div_ceil(count.max(1)).max(1))
                .map(|rows| {
                    let parts = self
                        .encode(rows, &mut next_id, &mut dictionaries)
                        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
                    Ok((parts, words_of(reader, rows)?))
                })
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(Some(Seal { places, head_rows, replaced, segments, dictionaries }))
        })?;
        Ok(seal.map(|seal| Box::new(seal) as Box<dyn Prepared>))
    }
}

impl Prepared for Seal {
    fn commit(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let places = params![self.places.0, self.places.1];
        let head_rows: i64 = transaction
            .prepare_cached("SELECT count(*) FROM log WHERE place BETWEEN ?1 AND ?2")?
            .query_row(places, |row| row.get(0))?;
        let mut begin_here = Vec::new();
        super::each(transaction, self.places, |segment| {
            begin_here.push(segment);
            Ok(())
        })?;
        let is_as_it_was = match &self.replaced {
            Some(segment) => begin_here.len() == 1 && is_unchanged(transaction, segment)?,
            None => begin_here.is_empty(),
        };
        if head_rows.cast_unsigned() != self.head_rows || !is_as_it_was {
            return Ok(());
        }
        if let Some(segment) = &self.replaced {
            delete(transaction, segment)?;
        }
        transaction.prepare_cached("DELETE FROM log WHERE place BETWEEN ?1 AND ?2")?.execute(places)?;
        for new in &self.dictionaries {
            transaction.prepare_cached("INSERT INTO dictionaries VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(
                params![
                    new.id,
                    new.kind,
                    new.raw_bytes.cast_signed(),
                    new.stored_bytes.cast_signed(),
                    new.dictionary
                ],
            )?;
        }
        self.segments.iter().try_for_each(|(parts, words)| insert(transaction, parts, words))
    }
}

/// What compresses bodies. The checksum of a block's bytes tells that they are what was written; this one, which the
/// decompressor checks, that the dictionary is, too.
fn compressor(level: i32, dictionary: &[u8]) -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::with_dictionary(level, dictionary)?;
    compressor.include_checksum(true)?;
    Ok(compressor)
}

/// Everything between `places`, in head and segment, and how much of it is in the head; `None` when some is damaged.
fn whole(reader: &mut LogReader, places: (i64, i64)) -> rusqlite::Result<Option<(Vec<Row>, u64)>> {
    let head_rows: i64 = reader
        .connection()
        .prepare_cached("SELECT count(*) FROM log WHERE place BETWEEN ?1 AND ?2")?
        .query_row([places.0, places.1], |row| row.get(0))?;
    let (connection, sealed) = reader.parts();
    let mut rows = Vec::new();
    visit(
        connection,
        sealed,
        &Selection::default(),
        places,
        Direction::Forward,
        u64::MAX,
        &mut |mut visited| {
            let (place, at, dashboard) = (visited.place, visited.at, visited.dashboard);
            let (kind, severity) = (visited.kind, visited.severity);
            if let Some(body) = visited.body()? {
                rows.push(Row { place, at, dashboard, kind, severity, body: body.to_owned() });
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let is_damaged = sealed.is_damaged_between(places);
    Ok((!is_damaged).then_some((rows, head_rows.cast_unsigned())))
}

/// The filter of the words of `rows`.
fn words_of(reader: &mut LogReader, rows: &[Row]) -> rusqlite::Result<WordFilter> {
    let mut filter = WordFilter::new();
    let mut names = reader.names();
    for row in rows {
        let dashboard = names.dashboard(row.dashboard)?;
        words::of(dashboard.as_str(), &row.body, |word| filter.note(row.kind, word));
    }
    Ok(filter)
}

fn first_row(connection: &Connection, first: i64, last: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT place FROM log WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT 1")?
        .query_row([first, last], |row| row.get(0))
        .optional()
}

fn head_rows(connection: &Connection, places: (i64, i64), limit: usize) -> rusqlite::Result<Vec<Row>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT place, at, dashboard, kind, severity, body FROM log WHERE place BETWEEN ?1 AND ?2
         ORDER BY place LIMIT ?3",
    )?;
    statement.query_map([places.0, places.1, limit], read_row)?.collect()
}

/// The places of a hole.
fn places_of(hole: &Hole) -> (i64, i64) {
    (place(hole.partition, hole.first_seq), place(hole.partition, hole.last_seq))
}
