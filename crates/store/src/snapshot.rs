//! The projection, written down, so that opening a log folds only its tail. A snapshot is a shortcut and never the
//! truth: one that cannot be read is ignored, and the log is folded from its start.

use std::time::Instant;

use mission_control_protocol::operator_wire::Cursor;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{Projection, StoreError, database::Database};

/// What snapshots are kept in.
pub(crate) const TABLES: &str = "";

/// Records after which the projection is written down, so that opening the log folds few more than these.
const EVERY: u64 = 50_000;

/// Writing snapshots may take one part in so many of the writer's time; a large fleet's are rarer for it.
const SHARE_OF_TIME: u32 = 20;

/// When the next snapshot is due.
#[derive(Debug)]
pub(crate) struct SnapshotPace {
    /// Up to where the last one folds.
    folded: u64,
    not_before: Instant,
}

impl SnapshotPace {
    pub(crate) fn new(folded: u64) -> Self {
        Self { folded, not_before: Instant::now() }
    }

    pub(crate) fn is_due(&self, folded: u64) -> bool {
        folded.saturating_sub(self.folded) >= EVERY && Instant::now() >= self.not_before
    }

    /// Whether anything was folded since the last one.
    pub(crate) fn is_behind(&self, folded: u64) -> bool {
        folded > self.folded
    }

    pub(crate) fn written(&mut self, folded: u64, started: Instant) {
        self.folded = folded;
        self.not_before = Instant::now() + started.elapsed() * SHARE_OF_TIME;
    }
}

/// Version of the projection's written form. A snapshot of another version is ignored.
const FORM: u32 = 1;

/// Writes `projection`, which has folded everything up to `cursors`, in place of the last one.
pub(crate) fn write(
    database: &Database,
    cursors: &[Cursor],
    projection: &Projection,
) -> Result<(), StoreError> {
    let written = (|| {
        let cursors = serde_json::to_string(&(FORM, cursors)).map_err(json_error)?;
        let projection = serde_json::to_string(projection).map_err(json_error)?;
        database
            .connection
            .execute("INSERT OR REPLACE INTO snapshots VALUES (1, ?1, ?2)", params![cursors, projection])
    })();
    written.map(|_| ()).map_err(|source| database.error(source))
}

/// Forgets the snapshot, so that the log is folded anew: what lay before it has changed.
pub(crate) fn forget(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM snapshots", []).map(|_| ())
}

/// The last snapshot and where it stands, if there is one this version can read.
pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Option<(Vec<Cursor>, Projection)>> {
    let row: Option<(String, String)> = connection
        .query_row("SELECT cursors, projection FROM snapshots WHERE id = 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(row.and_then(|(cursors, projection)| {
        let (form, cursors): (u32, Vec<Cursor>) = serde_json::from_str(&cursors).ok()?;
        let projection = serde_json::from_str(&projection)
            .inspect_err(
                |error| tracing::warn!(%error, "the projection's snapshot cannot be read; folding the log"),
            )
            .ok()?;
        (form == FORM).then_some((cursors, projection))
    }))
}

fn json_error(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
