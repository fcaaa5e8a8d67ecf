//! Putting a backup in a log's place.
//!
//! A restored log is another life of it: it goes on numbering where the backup ends, and those numbers may have been
//! given before, to records that consoles have and the backup has not. So it gets a new epoch, with which everyone who
//! copied the old one copies anew. Producers need no more than that: one whose messages the backup does not have
//! finds its number behind what was acknowledged, and begins a new session.
//!
//! Restoring is in two steps, so that it can be asked for while the log is in use: [`stage_restore`] makes the new file
//! beside the log, and whoever opens the log for writing next puts it in place, under the lock.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use mission_control_protocol::operator_wire::Cursor;
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::{
    LogReader, OriginWriter, StoreError,
    backup::{name, remove, verify},
    database::{Database, Role, file_error, set_aside, take_lock, with_suffix},
    snapshot,
};

/// Part of the work that is making the copy; the rest is reading it again after its epoch was changed.
const COPYING: f64 = 0.8;

fn staged(log: &Path) -> PathBuf {
    with_suffix(log, ".restore")
}

/// Whether a backup waits to be put in the place of `log`.
#[must_use]
pub fn is_restore_waiting(log: &Path) -> bool {
    staged(log).exists()
}

/// Makes of the backup a file that takes the place of the hub's log at `log` when that is opened for writing next; a
/// file that waits already is replaced. Tells `progress` what part is done, 0 to 1; breaking off leaves nothing.
///
/// # Errors
/// [`StoreError::WrongRole`] when the backup is of a console's cache, [`StoreError::NewerFormat`],
/// [`StoreError::Damaged`] when it is no whole backup, and those of the disk. Then nothing waits that did not before.
pub fn stage_restore(
    log: &Path,
    backup: &Path,
    mut progress: impl FnMut(f64) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, StoreError> {
    // A directory, or nothing, is told as what it is.
    let found = fs::metadata(backup).map_err(|source| file_error(backup, source))?;
    if !found.is_file() {
        let source = std::io::Error::other("it is no file");
        return Err(file_error(backup, source));
    }
    if let Some(directory) = log.parent() {
        fs::create_dir_all(directory).map_err(|source| file_error(directory, source))?;
    }
    let unfinished = with_suffix(&staged(log), ".partial");
    let made = (|| {
        let copied = LogReader::open(backup)?.copy_to(&unfinished, |done| progress(done * COPYING));
        if copied.map_err(|error| named(error, backup))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        begin_anew(&unfinished).map_err(|error| named(error, backup))?;
        verify(&unfinished, |done| progress(COPYING + done * (1.0 - COPYING)))
    })();
    if matches!(made, Ok(ControlFlow::Continue(()))) {
        name(&unfinished, &staged(log))?;
    }
    remove(&unfinished);
    made
}

/// What is wrong with the copy is wrong with what it was made of, and that is what the operator knows.
fn named(error: StoreError, backup: &Path) -> StoreError {
    let path = backup.to_owned();
    match error {
        StoreError::Damaged { reason, .. } | StoreError::BadCopy { reason, .. } => {
            StoreError::Damaged { path, reason }
        }
        StoreError::WrongRole { found, wanted, .. } => StoreError::WrongRole { path, found, wanted },
        StoreError::NewerFormat { found, known, .. } => StoreError::NewerFormat { path, found, known },
        other => other,
    }
}

/// Gives up a restore that waits.
///
/// # Errors
/// [`StoreError::File`].
pub fn forget_restore(log: &Path) -> Result<(), StoreError> {
    let staged = staged(log);
    match fs::remove_file(&staged) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file_error(&staged, error)),
        _ => Ok(()),
    }
}

/// Puts the backup in the place of the hub's log at `log`, now. The file that was there is set aside.
///
/// # Errors
/// [`StoreError::InUse`] while the hub runs, and those of [`stage_restore`].
pub fn restore(
    log: &Path,
    backup: &Path,
    progress: impl FnMut(f64) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, StoreError> {
    if let Some(directory) = log.parent() {
        fs::create_dir_all(directory).map_err(|source| file_error(directory, source))?;
    }
    drop(take_lock(log)?);
    if stage_restore(log, backup, progress)?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    OriginWriter::open(log)?.close()?;
    Ok(ControlFlow::Continue(()))
}

/// Puts what waits in place. The caller holds the lock of `log`.
pub(crate) fn put_in_place(log: &Path) -> Result<(), StoreError> {
    let staged = staged(log);
    if !staged.exists() {
        return Ok(());
    }
    // The companions of a file that was moved before a crash are moved as well: they are nothing to the new one.
    if ["", "-wal", "-shm"].iter().any(|suffix| with_suffix(log, suffix).exists()) {
        let kept = set_aside(log)?;
        tracing::warn!(kept = %kept.display(), "a backup takes the place of the log, which is set aside");
    }
    fs::rename(&staged, log).map_err(|source| file_error(log, source))
}

/// Makes the file another life of its log: all that names its epoch names a new one.
fn begin_anew(path: &Path) -> Result<(), StoreError> {
    let mut database = Database::open_writer(path, Role::Origin)?;
    let changed = change_epochs(&mut database.connection);
    changed.map_err(|source| database.error(source))?;
    let closed = database
        .connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .and_then(|()| database.connection.pragma_update(None, "journal_mode", "DELETE"));
    closed.map_err(|source| database.error(source))
}

fn change_epochs(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let partitions: Vec<(u16, String)> = transaction
        .prepare("SELECT partition, epoch FROM partitions")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (partition, epoch) in partitions {
        let fresh = Uuid::new_v4();
        transaction.execute(
            "UPDATE partitions SET epoch = ?2 WHERE partition = ?1",
            params![partition, fresh.to_string()],
        )?;
        // What was read into series, and folded, is of these very records: it would be lost where they were dropped.
        transaction.execute(
            "UPDATE series_epochs SET epoch = ?3 WHERE partition = ?1 AND epoch = ?2",
            params![partition, epoch, fresh.to_string()],
        )?;
        snapshot::rewrite_cursors(&transaction, |cursor: Cursor| {
            let is_of_it = cursor.partition == partition && cursor.epoch.to_string() == epoch;
            if is_of_it { Cursor { epoch: fresh, ..cursor } } else { cursor }
        })?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::{
        DashboardId, RecordKind, SessionEpoch, Severity, Timestamp, operator_wire::RecordBatch,
    };
    use serde_json::{json, value::to_raw_value};

    use super::*;
    use crate::{Entry, ProducerSequence, ReplicaWriter, Upkeep, UpkeepSettings};

    const GO_ON: fn(f64) -> ControlFlow<()> = |_| ControlFlow::Continue(());

    fn entry(seq: u64) -> Entry {
        let dashboard_id = DashboardId::new("hall").unwrap();
        Entry {
            dashboard_id: dashboard_id.clone(),
            kind: RecordKind::Metrics,
            severity: Severity::Info,
            body: to_raw_value(&json!({"data": {"totalRecords": seq}})).unwrap(),
            producer: Some((dashboard_id, ProducerSequence { epoch: SessionEpoch(Uuid::from_u128(7)), seq })),
        }
    }

    fn append(writer: &mut OriginWriter, seqs: std::ops::RangeInclusive<u64>) {
        writer.append(Timestamp::from_milliseconds(1_000), &mut seqs.map(entry).collect()).unwrap();
    }

    fn copy_all(log: &Path, replica: &mut ReplicaWriter) -> Result<(), StoreError> {
        let mut reader = LogReader::open(log).unwrap();
        let extent = reader.extents().unwrap()[0];
        let records = reader.records(0, 1, u32::MAX).unwrap().into();
        let batch = RecordBatch { partition: 0, epoch: extent.epoch, head_seq: extent.last_seq, records };
        replica.append(&batch).map(|_| ())
    }

    #[test]
    fn a_restored_log_is_another_life_and_keeps_everything_the_backup_has() {
        let directory = tempfile::tempdir().unwrap();
        let (log, backup) = (directory.path().join("log.sqlite"), directory.path().join("backup.sqlite"));
        let mut writer = OriginWriter::open(&log).unwrap();
        for first in (1..=6_000).step_by(500) {
            append(&mut writer, first..=first + 499);
        }
        let settings = UpkeepSettings {
            segment_records: 500,
            head_records: 600,
            clock: || Timestamp::from_milliseconds(2_000),
            ..UpkeepSettings::default()
        };
        let mut upkeep = Upkeep::open(&log, &settings).unwrap();
        while let Some(piece) = upkeep.prepare().unwrap() {
            writer.tend(&piece).unwrap();
        }
        let epoch = writer.epoch();
        writer.close().unwrap();
        let mut writer = OriginWriter::open(&log).unwrap();
        let projection = writer.projection().clone();
        assert!(LogReader::open(&log).unwrap().backup(&backup, GO_ON).unwrap().is_continue());
        // What came after the backup is copied by a console, and acknowledged.
        append(&mut writer, 6_001..=6_010);
        let mut replica = ReplicaWriter::open(&directory.path().join("cache.sqlite")).unwrap();
        copy_all(&log, &mut replica).unwrap();
        assert_eq!(replica.cursors()[0].seq, 6_010);
        assert!(matches!(restore(&log, &backup, GO_ON), Err(StoreError::InUse { .. })));
        // Staged while it is in use; in force when it is opened next.
        assert!(stage_restore(&log, &backup, GO_ON).unwrap().is_continue());
        append(&mut writer, 6_011..=6_020);
        writer.close().unwrap();
        assert!(is_restore_waiting(&log));
        let mut writer = OriginWriter::open(&log).unwrap();
        assert!(!is_restore_waiting(&log));
        assert_eq!(writer.last_seq(), 6_000);
        assert_eq!(*writer.projection(), projection);
        assert_ne!(writer.epoch(), epoch);
        let id = DashboardId::new("hall").unwrap();
        assert_eq!(writer.watermarks()[&id].seq, 6_000, "behind what was acknowledged: a new session begins");
        let mut reader = LogReader::open(&log).unwrap();
        assert_eq!(reader.records(0, 1, u32::MAX).unwrap().len(), 6_000);
        let series: i64 = reader
            .connection()
            .query_row("SELECT count(*) FROM series_summaries", [], |row| row.get(0))
            .unwrap();
        assert!(series > 0, "series are kept");
        assert!(
            Upkeep::open(&log, &settings).unwrap().prepare().unwrap().is_none(),
            "nothing is read into series anew, nothing starts over"
        );
        let stored: i64 =
            reader.connection().query_row("SELECT count(*) FROM snapshots", [], |row| row.get(0)).unwrap();
        let fitting = snapshot::read(reader.connection(), None, |cursors| cursors[0].epoch == writer.epoch());
        assert!(stored > 0 && fitting.unwrap().is_some(), "snapshots are of the new life");
        // The console that saw more is told, and mixes nothing.
        append(&mut writer, 6_001..=6_100);
        assert!(matches!(copy_all(&log, &mut replica), Err(StoreError::EpochChanged { .. })));
        let kept = fs::read_dir(directory.path()).unwrap().flatten();
        let kept: Vec<_> = kept.map(|entry| entry.path()).collect();
        let aside = kept.iter().find(|path| {
            let path = path.to_string_lossy();
            path.contains("log.sqlite.set-aside") && !path.ends_with("-wal") && !path.ends_with("-shm")
        });
        let aside = aside.unwrap();
        assert_eq!(OriginWriter::open(aside).unwrap().last_seq(), 6_020, "what was there is kept");
        assert!(!kept.iter().any(|path| path.to_string_lossy().contains(".partial")), "{kept:?}");
    }

    #[test]
    fn only_a_whole_backup_of_a_hub_is_taken_and_nothing_is_half_done() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log.sqlite");
        let mut writer = OriginWriter::open(&log).unwrap();
        append(&mut writer, 1..=2_000);
        writer.close().unwrap();
        let backup = directory.path().join("backup.sqlite");
        assert!(LogReader::open(&log).unwrap().backup(&backup, GO_ON).unwrap().is_continue());
        assert!(matches!(
            LogReader::open(&log).unwrap().backup(&backup, GO_ON),
            Err(StoreError::Exists { .. })
        ));
        let whole = fs::read(&backup).unwrap();
        let refuse = |bytes: &[u8]| {
            let bad = directory.path().join("bad.sqlite");
            fs::write(&bad, bytes).unwrap();
            let error = restore(&log, &bad, GO_ON).unwrap_err();
            assert!(error.to_string().contains("bad.sqlite"), "{error}");
            assert_eq!(OriginWriter::open(&log).unwrap().last_seq(), 2_000);
            error
        };
        assert!(refuse(&whole[..whole.len() / 2]).is_damage());
        assert!(refuse(&[0x5a; 9_000]).is_damage());
        let mut flipped = whole.clone();
        // More than a page, so that its structure is hit and not only what a row says.
        for byte in &mut flipped[whole.len() / 2..whole.len() / 2 + 20_000] {
            *byte ^= 0xff;
        }
        assert!(refuse(&flipped).is_damage());
        let cache = directory.path().join("cache.sqlite");
        ReplicaWriter::open(&cache).unwrap().close().unwrap();
        assert!(matches!(restore(&log, &cache, GO_ON), Err(StoreError::WrongRole { .. })));
        assert!(matches!(restore(&log, directory.path(), GO_ON), Err(StoreError::File { .. })));
        let stopped = restore(&log, &backup, |done| {
            if done < 0.5 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        assert!(stopped.unwrap().is_break());
        let left: Vec<_> =
            fs::read_dir(directory.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        let odd = left.iter().filter(|name| {
            let name = name.to_string_lossy();
            name.contains("restore") || name.contains("partial") || name.contains("set-aside")
        });
        assert_eq!(odd.count(), 0, "{left:?}");
        // Into a directory where nothing is yet.
        let elsewhere = directory.path().join("new").join("log.sqlite");
        assert!(restore(&elsewhere, &backup, GO_ON).unwrap().is_continue());
        assert_eq!(OriginWriter::open(&elsewhere).unwrap().last_seq(), 2_000);
    }
}
