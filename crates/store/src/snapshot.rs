//! Projections, written down now and then along the log: opening it folds only its tail, and any instant of the past is
//! back after folding the little that lies between the snapshot before it and it.
//!
//! A snapshot says no more than the records up to it do, as long as all of them are kept. One that cannot be read is
//! passed over for the one before it.

use std::time::Instant;

use mission_control_protocol::{Timestamp, operator_wire::Cursor};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{Projection, StoreError, database::Database};

/// What snapshots are kept in. `at` is that of the last record folded, in milliseconds.
pub(crate) const TABLES: &str = "
    DROP TABLE snapshots;
    CREATE TABLE snapshots (
        number INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        cursors TEXT NOT NULL,
        projection BLOB NOT NULL
    );
    CREATE INDEX snapshots_by_time ON snapshots (at);
";

/// Records after which the projection is written down. An instant of the past is back after folding no more than these,
/// which takes a tenth of a second.
const EVERY: u64 = 20_000;

/// Writing snapshots may take one part in so many of the writer's time; a large fleet's are rarer for it.
const SHARE_OF_TIME: u32 = 20;

/// Of what the log grows by, snapshots may take one part in so many, records counted at [`BYTES_PER_RECORD`].
const SHARE_OF_SPACE: u64 = 10;

/// What a record takes at least once it is compressed.
const BYTES_PER_RECORD: u64 = 40;

/// Level of compression: the writer waits for it.
const COMPRESSION: i32 = 1;

/// When the next snapshot is due.
#[derive(Debug)]
pub(crate) struct SnapshotPace {
    /// Up to where the last one folds.
    folded: u64,
    not_before: Instant,
    /// Records until the next, at least.
    distance: u64,
}

impl SnapshotPace {
    pub(crate) fn new(folded: u64) -> Self {
        Self { folded, not_before: Instant::now(), distance: EVERY }
    }

    pub(crate) fn is_due(&self, folded: u64) -> bool {
        folded.saturating_sub(self.folded) >= self.distance && Instant::now() >= self.not_before
    }

    /// Whether anything was folded since the last one.
    pub(crate) fn is_behind(&self, folded: u64) -> bool {
        folded > self.folded
    }

    pub(crate) fn written(&mut self, folded: u64, bytes: u64, started: Instant) {
        self.folded = folded;
        self.distance = EVERY.max(bytes * SHARE_OF_SPACE / BYTES_PER_RECORD);
        self.not_before = Instant::now() + started.elapsed() * SHARE_OF_TIME;
    }
}

/// Version of the projection's written form. A snapshot of another version is passed over.
const FORM: u32 = 1;

/// Writes `projection`, which has folded everything up to `cursors`, and returns how many bytes it takes.
pub(crate) fn write(
    database: &Database,
    cursors: &[Cursor],
    projection: &Projection,
) -> Result<u64, StoreError> {
    let written = (|| {
        let cursors = serde_json::to_string(&(FORM, cursors)).map_err(unwritable)?;
        let projection_text = serde_json::to_vec(projection).map_err(unwritable)?;
        let compressed = zstd::bulk::compress(&projection_text, COMPRESSION).map_err(unwritable)?;
        let at = projection.last_at.unwrap_or_default().as_milliseconds();
        database
            .connection
            .prepare_cached("INSERT INTO snapshots (at, cursors, projection) VALUES (?1, ?2, ?3)")?
            .execute(params![at, cursors, compressed])?;
        Ok(compressed.len() as u64)
    })();
    written.map_err(|source| database.error(source))
}

/// Forgets the snapshots that fold anything from `seq` of `partition` on: what lay there has changed.
pub(crate) fn forget_from(connection: &Connection, partition: u16, seq: u64) -> rusqlite::Result<()> {
    let mut outdated = Vec::new();
    {
        let mut statement = connection.prepare_cached("SELECT number, cursors FROM snapshots")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let folds = |cursor: &Cursor| cursor.partition == partition && cursor.seq >= seq;
            if cursors(row.get_ref(1)?.as_str()?).is_none_or(|cursors| cursors.iter().any(folds)) {
                outdated.push(row.get::<_, i64>(0)?);
            }
        }
    }
    let mut delete = connection.prepare_cached("DELETE FROM snapshots WHERE number = ?1")?;
    for number in outdated {
        delete.execute([number])?;
    }
    Ok(())
}

/// The last snapshot not after `at` that this version can read and `fits`, and where it stands.
pub(crate) fn read(
    connection: &Connection,
    at: Option<Timestamp>,
    fits: impl Fn(&[Cursor]) -> bool,
) -> rusqlite::Result<Option<(Vec<Cursor>, Projection)>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, cursors FROM snapshots WHERE at <= ?1 ORDER BY at DESC, number DESC",
    )?;
    let mut rows = statement.query([at.map_or(i64::MAX, Timestamp::as_milliseconds)])?;
    while let Some(row) = rows.next()? {
        let Some(cursors) = cursors(row.get_ref(1)?.as_str()?).filter(|cursors| fits(cursors)) else {
            continue;
        };
        let number: i64 = row.get(0)?;
        let compressed: Option<Vec<u8>> = connection
            .prepare_cached("SELECT projection FROM snapshots WHERE number = ?1")?
            .query_row([number], |row| row.get(0))
            .optional()?;
        match compressed.map(|compressed| decode(&compressed)) {
            Some(Ok(projection)) => return Ok(Some((cursors, projection))),
            Some(Err(error)) => {
                tracing::warn!(%error, number, "a snapshot of the projection cannot be read; using one before it");
            }
            None => {}
        }
    }
    Ok(None)
}

fn cursors(text: &str) -> Option<Vec<Cursor>> {
    let (form, cursors): (u32, Vec<Cursor>) = serde_json::from_str(text).ok()?;
    (form == FORM).then_some(cursors)
}

fn decode(compressed: &[u8]) -> std::io::Result<Projection> {
    let text = zstd::stream::decode_all(compressed)?;
    Ok(serde_json::from_slice(&text)?)
}

fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
