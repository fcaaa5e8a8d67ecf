//! Old records, many to a row and compressed.
//!
//! The `log` table is the head: a row for each record, where appending is fast. Beside the writer, a chore seals the
//! oldest rows of the head into *segments* of consecutive records. A segment has a *part* for each kind of record in it
//! ([`part`]), so that reading events decompresses no metrics, and a kind can be dropped by deleting rows; and a summary
//! ([`summary`]) by which a read skips what it does not want. Readers see head and segments as one log ([`visit`]).
//!
//! Segments never overlap. The head may have rows below and between them: what a replica filled in later.

mod codec;
pub(crate) mod going;
mod part;
pub(crate) mod retention;
mod scrub;
mod seal;
mod sealed;
mod selection;
mod summary;
mod visit;
pub(crate) mod words;

use std::collections::HashSet;

use mission_control_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

pub use self::part::SegmentForm;
use self::{part::EncodedPart, words::WordFilter};
pub(crate) use self::{
    scrub::Scrubbing,
    seal::Sealing,
    sealed::Sealed,
    selection::{CodeSet, Selection},
    summary::Summary,
    visit::{Direction, Visited, visit},
};

/// What sealed segments are kept in.
pub(crate) const TABLES: &str = "
    CREATE TABLE segments (
        first_place INTEGER PRIMARY KEY,
        last_place INTEGER NOT NULL,
        summary BLOB NOT NULL
    );
    -- The columns come before the bodies, so that reading the one does not touch the pages of the other.
    CREATE TABLE segment_parts (
        number INTEGER PRIMARY KEY,
        segment INTEGER NOT NULL,
        columns BLOB NOT NULL,
        bodies BLOB NOT NULL
    );
    CREATE TABLE dictionaries (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        raw_bytes INTEGER NOT NULL,
        stored_bytes INTEGER NOT NULL,
        dictionary BLOB NOT NULL
    );
";

/// A segment as its row tells of it.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) first_place: i64,
    pub(crate) last_place: i64,
    /// `None` when it is damaged.
    pub(crate) summary: Option<Summary>,
}

impl Segment {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first_place: row.get(0)?,
            last_place: row.get(1)?,
            summary: Summary::decode(row.get_ref(2)?.as_blob().unwrap_or_default()),
        })
    }
}

/// The last segment that begins at or before `place`, if it is not before `first`.
pub(crate) fn at_or_before(
    connection: &Connection,
    place: i64,
    first: i64,
) -> rusqlite::Result<Option<Segment>> {
    connection
        .prepare_cached(
            "SELECT first_place, last_place, summary FROM segments
             WHERE first_place BETWEEN ?2 AND ?1 ORDER BY first_place DESC LIMIT 1",
        )?
        .query_row(params![place, first], Segment::read)
        .optional()
}

/// As [`at_or_before`], passing over what is damaged; with the time of the segment's first record.
fn readable_at_or_before(
    connection: &Connection,
    mut place: i64,
    first: i64,
) -> rusqlite::Result<Option<(Segment, i64)>> {
    while let Some(segment) = at_or_before(connection, place, first)? {
        if let Some(first_at) = segment.summary.as_ref().and_then(Summary::first_at) {
            return Ok(Some((segment, first_at)));
        }
        place = segment.first_place - 1;
    }
    Ok(None)
}

/// The first segment that begins after `place`, if it is not beyond `last`.
pub(crate) fn after(connection: &Connection, place: i64, last: i64) -> rusqlite::Result<Option<Segment>> {
    connection
        .prepare_cached(
            "SELECT first_place, last_place, summary FROM segments
             WHERE first_place > ?1 AND first_place <= ?2 ORDER BY first_place LIMIT 1",
        )?
        .query_row(params![place, last], Segment::read)
        .optional()
}

/// Shows `visit` each segment that begins from `first` to `last`, oldest first.
pub(crate) fn each(
    connection: &Connection,
    (first, last): (i64, i64),
    mut visit: impl FnMut(Segment) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT first_place, last_place, summary FROM segments WHERE first_place BETWEEN ?1 AND ?2
         ORDER BY first_place",
    )?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        visit(Segment::read(row)?)?;
    }
    Ok(())
}

/// Writes a segment of these parts; nothing when there are none.
fn insert(transaction: &Transaction<'_>, parts: &[EncodedPart], words: &WordFilter) -> rusqlite::Result<()> {
    let mut summary = Summary { words: 0, parts: parts.iter().map(|part| part.summary.clone()).collect() };
    let Some((first, last)) = summary.first_place().zip(summary.last_place()) else { return Ok(()) };
    summary.words = words.insert(transaction)?;
    let mut write = transaction
        .prepare_cached("INSERT INTO segment_parts (segment, columns, bodies) VALUES (?1, ?2, ?3)")?;
    for (part, summary) in parts.iter().zip(&mut summary.parts) {
        write.execute(params![first, part.columns, part.bodies])?;
        summary.row = transaction.last_insert_rowid();
    }
    write_summary(transaction, first, last, &summary)
}

/// Writes a segment's row, in place of what it was.
pub(crate) fn write_summary(
    transaction: &Transaction<'_>,
    first_place: i64,
    last_place: i64,
    summary: &Summary,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO segments VALUES (?1, ?2, ?3)")?
        .execute(params![first_place, last_place, summary.encode()])
        .map(|_| ())
}

/// Deletes a segment with its parts.
pub(crate) fn delete(transaction: &Transaction<'_>, segment: &Segment) -> rusqlite::Result<()> {
    match &segment.summary {
        Some(summary) => {
            for part in &summary.parts {
                delete_part(transaction, part.row)?;
            }
        }
        // Which parts it has is only to be found by looking at all of them; their bodies are not read for it.
        None => {
            transaction.execute("DELETE FROM segment_parts WHERE segment = ?1", [segment.first_place])?;
        }
    }
    transaction
        .prepare_cached("DELETE FROM segments WHERE first_place = ?1")?
        .execute([segment.first_place])
        .map(|_| ())
}

/// Deletes one part; its segment's summary is for the caller to write anew.
pub(crate) fn delete_part(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM segment_parts WHERE number = ?1")?.execute([number]).map(|_| ())
}

/// Whether the segment still is what it was when it was read.
pub(crate) fn is_unchanged(connection: &Connection, segment: &Segment) -> rusqlite::Result<bool> {
    let found: Option<Vec<u8>> = connection
        .prepare_cached("SELECT summary FROM segments WHERE first_place = ?1 AND last_place = ?2")?
        .query_row([segment.first_place, segment.last_place], |row| row.get(0))
        .optional()?;
    Ok(found.is_some_and(|found| Summary::decode(&found) == segment.summary))
}

/// Place of the last sealed record between `places` that is older than `at`. Time never falls along the places, so the
/// segments are bisected.
pub(crate) fn last_older(
    connection: &Connection,
    places: (i64, i64),
    at: Timestamp,
) -> rusqlite::Result<Option<i64>> {
    let at = at.as_milliseconds();
    let floor = places.0;
    let newest = at_or_before(connection, places.1, floor)?;
    let (Some(oldest), Some(newest)) = (after(connection, floor - 1, places.1)?, newest) else {
        return Ok(None);
    };
    let (mut low, mut end) = (oldest.first_place, newest.first_place);
    let mut older: Option<Segment> = None;
    // The answer is in `older`, or in a segment that begins between `low` and `end`.
    while low <= end {
        let middle = low + (end - low) / 2;
        match readable_at_or_before(connection, middle, low)? {
            Some((segment, first_at)) if first_at >= at => end = segment.first_place - 1,
            Some((segment, _)) => {
                low = middle + 1;
                older = Some(segment);
            }
            None => low = middle + 1,
        }
    }
    let Some(segment) = older else { return Ok(None) };
    let mut last = None;
    let mut sealed = Sealed::default();
    for part in segment.summary.iter().flat_map(|summary| &summary.parts) {
        if part.last_at < at {
            last = last.max(Some(part.last_place));
        } else if part.first_at < at
            && let Some(part) = sealed.open(connection, part)?
        {
            let count = part.columns.ats.partition_point(|found| *found < at);
            last = last.max(count.checked_sub(1).map(|index| part.columns.places[index]));
        }
    }
    Ok(last.or(Some(segment.first_place - 1).filter(|place| *place > floor)))
}

/// The places between `places` that segments have, those of damaged parts aside.
pub(crate) fn places_between(connection: &Connection, places: (i64, i64)) -> rusqlite::Result<HashSet<i64>> {
    let mut found = HashSet::new();
    let first = at_or_before(connection, places.0, i64::MIN)?.map_or(places.0, |segment| segment.first_place);
    let mut sealed = Sealed::default();
    each(connection, (first, places.1), |segment| {
        if segment.last_place < places.0 {
            return Ok(());
        }
        for part in segment.summary.iter().flat_map(|summary| &summary.parts) {
            if let Some(part) = sealed.open(connection, part)? {
                found
                    .extend(part.columns.places.iter().filter(|place| (places.0..=places.1).contains(place)));
            }
        }
        Ok(())
    })?;
    Ok(found)
}
