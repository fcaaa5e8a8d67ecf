//! What a reader keeps at hand for segments: dictionaries, and the damage it came across.

use std::collections::{HashMap, hash_map::Entry};

use rusqlite::{Connection, ErrorCode, OptionalExtension};
use zstd::bulk::Decompressor;

use super::{
    part::{Bodies, Columns},
    summary::PartSummary,
};
use crate::{
    database::{place, unplace},
    replica::Hole,
};

/// See the module.
#[derive(Default)]
pub(crate) struct Sealed {
    decompressors: HashMap<i64, Decompressor<'static>>,
    damage: Vec<Hole>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sealed").field("damage", &self.damage).finish_non_exhaustive()
    }
}

/// A part that is being read.
#[derive(Debug)]
pub(crate) struct OpenPart {
    number: i64,
    places: (i64, i64),
    pub(crate) kind: u8,
    pub(crate) columns: Columns,
    bodies: Option<Bodies>,
}

impl Sealed {
    /// The stretches in which damaged segments or parts were found, in the order in which they were.
    pub(crate) fn damage(&self) -> &[Hole] {
        &self.damage
    }

    /// Whether damage was found that touches these places.
    pub(crate) fn is_damaged_between(&self, places: (i64, i64)) -> bool {
        self.damage.iter().any(|hole| {
            place(hole.partition, hole.first_seq) <= places.1
                && place(hole.partition, hole.last_seq) >= places.0
        })
    }

    /// Notes that something between these places is damaged. It is said once.
    pub(crate) fn note_damage(&mut self, first_place: i64, last_place: i64) {
        let (partition, first_seq) = unplace(first_place);
        let found = Hole { partition, first_seq, last_seq: unplace(last_place).1 };
        if !self.damage.contains(&found) {
            tracing::error!(partition, first_seq, last_seq = found.last_seq, "sealed records are damaged");
            self.damage.push(found);
        }
    }

    /// Reads the columns of a part; `None` when they are damaged, which is noted.
    pub(crate) fn open(
        &mut self,
        connection: &Connection,
        part: &PartSummary,
    ) -> rusqlite::Result<Option<OpenPart>> {
        let bytes = read(connection, "SELECT columns FROM segment_parts WHERE number = ?1", part.row)?;
        let columns = bytes.and_then(|bytes| Columns::decode(&bytes));
        let places = (part.first_place, part.last_place);
        let Some(columns) = columns else {
            self.note_damage(places.0, places.1);
            return Ok(None);
        };
        Ok(Some(OpenPart { number: part.row, places, kind: part.kind, columns, bodies: None }))
    }

    /// The body of a record of `part`; `None` when it is damaged, which is noted.
    pub(crate) fn body<'part>(
        &mut self,
        connection: &Connection,
        part: &'part mut OpenPart,
        index: usize,
    ) -> rusqlite::Result<Option<&'part str>> {
        if part.bodies.is_none() {
            let bytes = read(connection, "SELECT bodies FROM segment_parts WHERE number = ?1", part.number)?;
            part.bodies = Some(Bodies::new(bytes.unwrap_or_default()));
        }
        let dictionary = part.columns.dictionary;
        if let Entry::Vacant(place) = self.decompressors.entry(dictionary) {
            let bytes = match dictionary {
                0 => Some(Vec::new()),
                id => read(connection, "SELECT dictionary FROM dictionaries WHERE id = ?1", id)?,
            };
            let made = bytes.and_then(|bytes| Decompressor::with_dictionary(&bytes).ok());
            if let Some(made) = made {
                place.insert(made);
            }
        }
        let OpenPart { places, columns, bodies, .. } = part;
        let body = match (bodies, self.decompressors.get_mut(&dictionary)) {
            (Some(bodies), Some(decompressor)) => bodies.get(columns, index, decompressor),
            _ => None,
        };
        if body.is_none() {
            self.note_damage(places.0, places.1);
        }
        Ok(body)
    }
}

/// One blob of one row. A page of it that SQLite finds damaged is damage of that blob, not of the whole file.
fn read(connection: &Connection, sql: &str, number: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    match connection.prepare_cached(sql)?.query_row([number], |row| row.get(0)).optional() {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => Ok(None),
        other => other,
    }
}
