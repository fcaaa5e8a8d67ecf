//! What a log comes to: for the page on which an operator sees how it fares.

use std::collections::BTreeMap;

use mission_control_protocol::{RecordKind, Timestamp};
use rusqlite::OptionalExtension;

use crate::{
    LogReader, StoreError,
    segments::{self, retention},
};

/// What a log comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    /// Bytes of the file, its write-ahead log aside.
    pub file_bytes: u64,
    /// Bytes of it that are in use; the rest is used again before the file grows.
    pub used_bytes: u64,
    /// What each kind comes to, in the order of the kinds; those that do not occur are left out.
    pub kinds: Vec<KindStatistics>,
    /// Records that are not sealed yet.
    pub head_records: u64,
    /// Sealed segments.
    pub segments: u64,
    /// When the oldest record was received; `None` when there is none.
    pub oldest_at: Option<Timestamp>,
    /// Since when each kind is kept, for those of which retention has dropped anything.
    pub kept_since: BTreeMap<RecordKind, Timestamp>,
}

/// What the records of one kind come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindStatistics {
    /// The kind.
    pub kind: RecordKind,
    /// How many.
    pub records: u64,
    /// Bytes of their bodies as they came.
    pub raw_bytes: u64,
    /// Bytes that they take in the file, about.
    pub stored_bytes: u64,
}

impl LogReader {
    /// What the log comes to. Reads the summaries of all segments, and the head.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn statistics(&mut self) -> Result<Statistics, StoreError> {
        let file_bytes = self.bytes()?;
        self.read(|reader| {
            let connection = reader.connection();
            let mut kinds: BTreeMap<u8, [u64; 3]> = BTreeMap::new();
            let mut add = |kind, counted: [u64; 3]| {
                let sums = kinds.entry(kind).or_default();
                sums.iter_mut().zip(counted).for_each(|(sum, counted)| *sum += counted);
            };
            let mut count = 0;
            let mut oldest: Option<i64> = None;
            segments::each(connection, (i64::MIN, i64::MAX), |segment| {
                count += 1;
                for part in segment.summary.iter().flat_map(|summary| &summary.parts) {
                    add(part.kind, [part.count, part.raw_bytes, part.stored_bytes]);
                    oldest = Some(oldest.map_or(part.first_at, |oldest| oldest.min(part.first_at)));
                }
                Ok(())
            })?;
            let mut head_records = 0;
            let mut statement = connection
                .prepare_cached("SELECT kind, count(*), sum(octet_length(body)) FROM log GROUP BY kind")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (count, bytes) =
                    (row.get::<_, i64>(1)?.cast_unsigned(), row.get::<_, i64>(2)?.cast_unsigned());
                head_records += count;
                add(row.get(0)?, [count, bytes, bytes]);
            }
            let head: Option<i64> = connection
                .prepare_cached("SELECT at FROM log ORDER BY place LIMIT 1")?
                .query_row([], |row| row.get(0))
                .optional()?;
            let kinds = kinds.into_iter().filter_map(|(code, [records, raw_bytes, stored_bytes])| {
                let kind = RecordKind::from_code(code)?;
                Some(KindStatistics { kind, records, raw_bytes, stored_bytes })
            });
            Ok(Statistics {
                file_bytes,
                used_bytes: retention::used_bytes(connection)?,
                kinds: kinds.collect(),
                head_records,
                segments: count,
                oldest_at: oldest.into_iter().chain(head).min().map(Timestamp::from_milliseconds),
                kept_since: retention::kept_since(connection)?,
            })
        })
    }
}
