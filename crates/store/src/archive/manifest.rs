//! What an archive says of itself.

use mission_control_protocol::{Record, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::TABLES;

/// Version of the manifest's form.
pub(super) const FORM: u32 = 1;

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveManifest {
    /// Version of this form.
    pub(super) form: u32,
    /// The hub's name.
    pub hub_name: String,
    /// The hub's id, where it was known.
    pub hub_id: Option<Uuid>,
    /// Which life of the hub's log it is of.
    pub epoch: Uuid,
    /// Who made it, with what.
    pub made_by: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// What was asked for; everything when empty.
    pub query: String,
    /// Whether only part of what was recorded in its stretch is in it: that which the query asks for.
    pub is_partial: bool,
    /// The first record of its stretch.
    pub first_seq: u64,
    /// The last record of its stretch.
    pub last_seq: u64,
    /// When the first record in it was received; absent when it has none.
    pub first_at: Option<Timestamp>,
    /// When the last record in it was received; absent when it has none.
    pub last_at: Option<Timestamp>,
    /// Records in it.
    pub records: u64,
    /// Records of its stretch that were missing where it was made.
    pub missing: u64,
    /// SHA-256 of its records and snapshots, in hexadecimal digits.
    pub sha256: String,
}

impl ArchiveManifest {
    /// Writes it, a field to a row.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let unwritable = |error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
        connection.execute_batch(TABLES)?;
        let Value::Object(fields) = serde_json::to_value(self).map_err(unwritable)? else { return Ok(()) };
        let mut insert = connection.prepare("INSERT INTO manifest VALUES (?1, ?2)")?;
        for (key, value) in fields {
            insert.execute([key, value.to_string()])?;
        }
        Ok(())
    }

    /// Reads it; what is wrong with it, in words, when it is not whole.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<Result<Self, String>>> {
        let is_there: Option<i64> = connection
            .query_row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'manifest'", [], |row| {
                row.get(0)
            })
            .optional()?;
        if is_there.is_none() {
            return Ok(None);
        }
        let mut statement = connection.prepare("SELECT key, value FROM manifest")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let mut fields = serde_json::Map::new();
        for row in rows {
            let (key, value) = row?;
            fields.insert(key, serde_json::from_str(&value).unwrap_or(Value::Null));
        }
        Ok(Some(serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())))
    }
}

/// Sums up what an archive holds.
#[derive(Default)]
pub(super) struct Content {
    digest: Sha256,
    pub(super) records: u64,
    pub(super) first_at: Option<Timestamp>,
    pub(super) last_at: Option<Timestamp>,
}

impl Content {
    pub(super) fn record(&mut self, record: &Record) {
        self.digest.update(record.seq.to_le_bytes());
        self.digest.update(record.at.as_milliseconds().to_le_bytes());
        self.digest.update([record.kind as u8, record.severity.code()]);
        self.bytes(record.dashboard_id.as_str().as_bytes());
        self.bytes(record.body.get().as_bytes());
        self.records += 1;
        self.first_at = self.first_at.or(Some(record.at));
        self.last_at = Some(record.at);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.digest.update((bytes.len() as u64).to_le_bytes());
        self.digest.update(bytes);
    }

    /// With the snapshots, which come after the records.
    pub(super) fn finish(mut self, connection: &Connection) -> rusqlite::Result<String> {
        let mut statement =
            connection.prepare("SELECT at, cursors, projection FROM snapshots ORDER BY number")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.digest.update(row.get::<_, i64>(0)?.to_le_bytes());
            self.bytes(row.get_ref(1)?.as_str()?.as_bytes());
            self.bytes(row.get_ref(2)?.as_blob()?);
        }
        Ok(self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
