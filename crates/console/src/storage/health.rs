//! How a log fares, as a view model.

use mission_control_protocol::Timestamp;
use mission_control_store::{Area, LogReader, Storage, StoreError, is_restore_waiting};

use super::{StoredLog, journal, words};
use crate::view::{
    Status,
    storage::{LogRole, RetentionChoice, StorageArea, StorageHealth, StorageKind, StorageNumbers},
};

/// Records in the head beyond which sealing is behind: four segments and what is left row by row.
const HEAD: u64 = 16_384 + 4 * 4_096;

/// Days to a full disk that are worth a warning.
const SOON: u64 = 30;

/// A disk with less than this is nearly full.
const LITTLE: u64 = 1_000_000_000;

/// Reads how a log fares. Blocks on the disk.
pub(super) fn read(log: &StoredLog, now: Timestamp) -> StorageHealth {
    let found = LogReader::open(&log.path).and_then(|mut reader| reader.storage(now));
    let noted = journal::read(&log.data_directory, log.hub);
    let (status, summary, numbers) = match found {
        Ok(found) => {
            let numbers = numbers(&found, log);
            let (status, summary) = summary(&found, &numbers, log.role);
            (status, summary, Some(numbers))
        }
        Err(error) => (Status::Serious, problem(&error, log), None),
    };
    StorageHealth {
        hub: log.hub,
        name: log.name.clone(),
        role: log.role,
        path: log.path.display().to_string(),
        status,
        summary,
        numbers,
        retention: log.retention.clone(),
        last_check: noted.last_check,
        last_backup: noted.last_backup,
        restore_waiting: is_restore_waiting(&log.path),
        suggested_backup: suggested_backup(log, now),
    }
}

fn problem(error: &StoreError, log: &StoredLog) -> String {
    if !log.path.exists() {
        return "There is nothing here yet; it begins with the first record.".to_owned();
    }
    let way_on = match log.role {
        _ if !error.is_damage() => "",
        LogRole::Own => " Restore it from a backup below; the damaged file is kept beside it.",
        LogRole::Copy => " It is set aside when the program starts next, and fetched from its hub again.",
        LogRole::Archive => " Remove it in the settings, and import the file again.",
    };
    format!("The log cannot be read: {error}.{way_on}")
}

fn suggested_backup(log: &StoredLog, now: Timestamp) -> String {
    let name: String = log
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let at: String = now.to_string().chars().take(19).filter(|c| *c != ':').collect();
    log.data_directory.join("backups").join(format!("{name}-{at}.sqlite")).display().to_string()
}

fn numbers(found: &Storage, log: &StoredLog) -> StorageNumbers {
    let retention = &log.retention;
    let statistics = &found.statistics;
    let bytes = statistics.file_bytes + found.wal_bytes;
    let share = |part: u64, whole: u64| {
        #[expect(clippy::cast_precision_loss, reason = "a share for a bar")]
        let share = part as f64 / whole.max(1) as f64;
        share
    };
    let mut areas: Vec<StorageArea> = found
        .areas
        .bytes
        .iter()
        .map(|(area, taken)| (area_name(*area, found.areas.is_complete), *taken))
        .chain([("Being written (write-ahead log)", found.wal_bytes)])
        .map(|(name, taken)| StorageArea { name: name.to_owned(), bytes: taken, part: share(taken, bytes) })
        .collect();
    areas.retain(|area| area.bytes > 0);
    let all_stored: u64 = statistics.kinds.iter().map(|kind| kind.stored_bytes).sum();
    let mut kinds: Vec<StorageKind> = statistics
        .kinds
        .iter()
        .map(|kind| StorageKind {
            kind: kind.kind,
            records: kind.records,
            bytes: kind.stored_bytes,
            part: share(kind.stored_bytes, all_stored),
            kept_since: statistics.kept_since.get(&kind.kind).copied(),
            kept: words::kept(retention, kind.kind),
        })
        .collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.bytes));
    let grows = log.role != LogRole::Archive;
    let (growth_records, growth_bytes) = if grows { growth(found) } else { (0, 0) };
    let behind = statistics.head_records > HEAD;
    StorageNumbers {
        records: statistics.kinds.iter().map(|kind| kind.records).sum(),
        bytes,
        disk_free_bytes: found.disk.map(|disk| disk.free_bytes),
        growth_bytes,
        growth_records,
        forecast: if grows {
            forecast(growth_bytes, bytes, found.disk.map(|disk| disk.free_bytes), retention)
        } else {
            "An archive stays as it is.".to_owned()
        },
        oldest_at: statistics.oldest_at,
        areas,
        kinds,
        holes: u32::try_from(found.holes.len()).unwrap_or(u32::MAX),
        missing_records: found.holes.iter().map(|hole| hole.last_seq - hole.first_seq + 1).sum(),
        upkeep: if behind {
            format!(
                "Compression is behind: {} new records wait for it. It goes on by itself when fewer come.",
                words::count(statistics.head_records)
            )
        } else {
            format!(
                "Up to date: {} segments, {} newest records uncompressed, {} not yet read into series.",
                words::count(statistics.segments),
                words::count(statistics.head_records),
                words::count(found.unread_records)
            )
        },
        upkeep_status: if behind { Status::Caution } else { Status::Normal },
        damage: found.damage.map(|damage| {
            format!(
                "At {} damage was found in {} records, which were taken out and are a hole now.",
                damage.at,
                words::count(damage.records)
            )
        }),
    }
}

fn area_name(area: Area, is_complete: bool) -> &'static str {
    match area {
        Area::Sealed if is_complete => "Sealed segments, word filters",
        Area::Sealed => "Sealed segments and what was not told apart",
        Area::Head => "Newest records, uncompressed",
        Area::Series => "Series of numbers",
        Area::Snapshots => "Snapshots of the fleet",
        Area::Free => "Free, used again by new records",
    }
}

/// Records and bytes in a day. A log of less than an hour says nothing of a day yet.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate for people"
)]
fn growth(found: &Storage) -> (u64, u64) {
    const DAY: f64 = 86_400.0;
    let seconds = found.recent.as_secs_f64();
    if seconds < 3_600.0 {
        return (0, 0);
    }
    let records = found.recent_records as f64 * DAY / seconds;
    (records as u64, (records * found.bytes_per_record) as u64)
}

/// What growing at this pace leads to.
fn forecast(growth: u64, bytes: u64, free: Option<u64>, retention: &RetentionChoice) -> String {
    if growth == 0 {
        return "There is too little recorded yet to say where this leads.".to_owned();
    }
    let days_left = free.map(|free| free / growth);
    // What is old goes as new comes, from then on.
    let steady = (retention.keep_days > 0).then(|| growth.saturating_mul(retention.keep_days.into()));
    let steady = match (steady, retention.keep_bytes) {
        (Some(steady), Some(bound)) => Some(steady.min(bound)),
        (steady, bound) => steady.or(bound),
    };
    match (steady, free, days_left) {
        (Some(steady), Some(free), _) if steady <= bytes.saturating_add(free) => {
            format!("At this rate it comes to about {} and stays there.", words::bytes(steady.max(bytes)))
        }
        (_, Some(_), Some(days)) => {
            format!("At this rate the disk is full in {days} days. Keep less, or make room.")
        }
        _ => "How much room the disk has left is not known.".to_owned(),
    }
}

fn summary(found: &Storage, numbers: &StorageNumbers, role: LogRole) -> (Status, String) {
    let free = found.disk.map(|disk| disk.free_bytes);
    if free.is_some_and(|free| free < LITTLE) {
        return (
            Status::Serious,
            format!(
                "The disk has only {} left. When it is full nothing more is recorded; free some space, or keep less.",
                words::bytes(free.unwrap_or(0))
            ),
        );
    }
    if free.zip(Some(numbers.growth_bytes)).is_some_and(|(free, growth)| growth > 0 && free / growth < SOON) {
        return (Status::Caution, "The disk is full within a month at this rate.".to_owned());
    }
    if numbers.holes > 0 {
        let way_on = match role {
            LogRole::Own => "A backup may have it.",
            LogRole::Copy => "It is fetched while the hub is connected.",
            LogRole::Archive => "It was missing where the archive was made.",
        };
        return (Status::Caution, format!("Part of the record is missing. {way_on}"));
    }
    if numbers.upkeep_status != Status::Normal {
        return (numbers.upkeep_status, numbers.upkeep.clone());
    }
    (Status::Normal, "All is well.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_073_741_824;

    #[test]
    fn a_forecast_says_where_growth_ends() {
        let year = RetentionChoice::default();
        let for_ever = RetentionChoice { keep_days: 0, ..RetentionChoice::default() };
        let bounded = RetentionChoice { keep_bytes: Some(2 * GB), ..for_ever.clone() };
        assert!(forecast(0, GB, Some(GB), &year).contains("too little"));
        assert!(forecast(GB / 100, GB, Some(50 * GB), &year).contains("about 3.6 GiB and stays"));
        assert!(forecast(GB, GB, Some(50 * GB), &year).contains("full in 50 days"));
        assert!(forecast(GB, GB, Some(50 * GB), &for_ever).contains("full in 50 days"));
        assert!(forecast(GB, GB, Some(50 * GB), &bounded).contains("about 2.0 GiB and stays"));
    }
}
