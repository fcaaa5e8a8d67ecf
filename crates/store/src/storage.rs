//! Where the bytes of a log are, how fast they become more, and what has happened to them: for the page on which an
//! operator sees how it fares.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use mission_control_protocol::Timestamp;
use rusqlite::{Connection, Transaction};

use crate::{
    Hole, LogReader, ONLY_PARTITION, Statistics, StoreError,
    database::{unplace, with_suffix},
    segments::retention::system_clock,
};

/// The span by which growth is told.
const RECENT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Time for adding up areas; those that would take longer are left with the sealed records.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a log fares.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    /// What it comes to, by kind.
    pub statistics: Statistics,
    /// What it comes to, by what the bytes are for.
    pub areas: Areas,
    /// Bytes of the write-ahead log beside the file.
    pub wal_bytes: u64,
    /// Records received in the last days.
    pub recent_records: u64,
    /// Which span those days are: a week, or since the oldest record.
    pub recent: Duration,
    /// Bytes that a record takes, with everything that is kept beside it.
    pub bytes_per_record: f64,
    /// What is missing.
    pub holes: Vec<Hole>,
    /// Records that no series has yet.
    pub unread_records: u64,
    /// The last damage that was found in the background.
    pub damage: Option<ScrubDamage>,
    /// The disk that holds it.
    pub disk: Option<Disk>,
}

/// What bytes of the file are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Old records, compressed, with what finds them; and whatever no other area has.
    Sealed,
    /// New records, a row for each.
    Head,
    /// Series of numbers.
    Series,
    /// The state of the fleet, written down along the log.
    Snapshots,
    /// Room that is used again before the file grows.
    Free,
}

/// Bytes by area; together they are the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Areas {
    /// In the order of [`Area`].
    pub bytes: Vec<(Area, u64)>,
    /// Whether all were added up; else what is not told apart is with the sealed records.
    pub is_complete: bool,
}

/// Damage that scrubbing found and made a hole of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScrubDamage {
    /// When.
    pub at: Timestamp,
    /// Places in the log that were taken out, at most.
    pub records: u64,
}

/// A disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that this user may still write.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// The disk that holds `path`; `None` when the system does not say.
#[must_use]
pub fn disk_of(path: &Path) -> Option<Disk> {
    let told = rustix::fs::statvfs(path).ok()?;
    Some(Disk { free_bytes: told.f_bavail * told.f_frsize, total_bytes: told.f_blocks * told.f_frsize })
}

/// Notes that scrubbing found these stretches damaged.
pub(crate) fn note_damage(transaction: &Transaction<'_>, lost: &[(i64, i64)]) -> rusqlite::Result<()> {
    let records: u64 = lost.iter().map(|(first, last)| last.abs_diff(*first) + 1).sum();
    let mut write = transaction.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?;
    write.execute(["damage_at", &system_clock().as_milliseconds().to_string()])?;
    write.execute(["damage_records", &records.to_string()])?;
    Ok(())
}

impl LogReader {
    /// How the log fares at `now`. Reads the summaries of all segments and the head, and adds up areas for a few seconds
    /// at most.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn storage(&mut self, now: Timestamp) -> Result<Storage, StoreError> {
        let statistics = self.statistics()?;
        let path = self.path().to_owned();
        let holes = self.holes()?;
        let since = now.plus_milliseconds(-milliseconds(RECENT));
        let since = statistics.oldest_at.map_or(since, |oldest| oldest.max(since));
        let recent = Duration::from_millis(now.milliseconds_since(since).max(0).cast_unsigned());
        let last = self
            .extents()?
            .iter()
            .find(|extent| extent.partition == ONLY_PARTITION)
            .map_or(0, |e| e.last_seq);
        let recent_records = (last + 1).saturating_sub(self.seq_at(ONLY_PARTITION, since)?.max(1)).min(last);
        let records: u64 = statistics.kinds.iter().map(|kind| kind.records).sum();
        let areas = self.read(|reader| areas(reader.connection(), &statistics))?;
        let unread_records = self.read(|reader| {
            let read_to: Option<i64> =
                reader
                    .connection()
                    .query_row("SELECT max(last_place) FROM series_spans", [], |row| row.get(0))?;
            Ok(last.saturating_sub(read_to.map_or(0, |place| unplace(place).1)))
        })?;
        let noted = |key| Ok::<_, StoreError>(self.meta(key)?.and_then(|text| text.parse::<i64>().ok()));
        let damage = noted("damage_at")?.zip(noted("damage_records")?).map(|(at, records)| ScrubDamage {
            at: Timestamp::from_milliseconds(at),
            records: records.cast_unsigned(),
        });
        #[expect(clippy::cast_precision_loss, reason = "a mean for people")]
        let bytes_per_record = statistics.used_bytes as f64 / records.max(1) as f64;
        Ok(Storage {
            areas,
            wal_bytes: fs::metadata(with_suffix(&path, "-wal")).map_or(0, |found| found.len()),
            recent_records,
            recent,
            bytes_per_record,
            holes,
            unread_records,
            damage,
            disk: disk_of(&path),
            statistics,
        })
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

const HEAD: &[&str] = &["log"];
const SERIES: &[&str] = &[
    "series",
    "sqlite_autoindex_series_1",
    "series_by_name",
    "series_chunks",
    "series_times",
    "series_blocks",
    "series_summaries",
    "series_spans",
];
const SNAPSHOTS: &[&str] = &["snapshots", "snapshots_by_time"];

fn areas(connection: &Connection, statistics: &Statistics) -> rusqlite::Result<Areas> {
    let started = Instant::now();
    let mut is_complete = true;
    let mut sum = |tables: &[&str]| -> rusqlite::Result<u64> {
        let mut bytes = 0;
        for table in tables {
            if started.elapsed() > PATIENCE {
                is_complete = false;
                break;
            }
            let pages: i64 = connection.query_row(
                "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ?1 AND aggregate = TRUE",
                [table],
                |row| row.get(0),
            )?;
            bytes += pages.cast_unsigned();
        }
        Ok(bytes)
    };
    let (head, snapshots, series) = (sum(HEAD)?, sum(SNAPSHOTS)?, sum(SERIES)?);
    let sealed = statistics.used_bytes.saturating_sub(head + snapshots + series);
    let free = statistics.file_bytes.saturating_sub(statistics.used_bytes);
    let bytes = vec![
        (Area::Sealed, sealed),
        (Area::Head, head),
        (Area::Series, series),
        (Area::Snapshots, snapshots),
        (Area::Free, free),
    ];
    Ok(Areas { bytes, is_complete })
}
