//! Taking an archive in: whether it is one, whether it is whole, and a copy of it to look at.

use std::{
    fs::{self, File},
    io::{self, Read, Write as _},
    ops::ControlFlow,
    path::Path,
};

use rusqlite::{Connection, OpenFlags};

use super::{
    ArchiveError,
    manifest::{ArchiveManifest, Content, FORM},
};
use crate::{
    ExportError, ExportProgress, LogReader, ONLY_PARTITION, RecordFilter, StoreError,
    database::{APPLICATION_ID, Database, FORMAT, MAX_SEQ, Role},
    export::{NewFile, Watch, part_of},
};

/// Bytes copied at a time.
const PIECE: usize = 1024 * 1024;

/// Records read between two reports of progress.
const REPORT: u64 = 4_096;

/// Bytes of SQLite's own heading.
const HEADING: usize = 100;

/// Of the work of taking an archive in, copying it is this part; the rest is reading it again.
const COPYING: f64 = 0.2;

/// What the archive at `path` says of itself. Looks at no more than that.
///
/// # Errors
/// See [`ArchiveError`].
pub fn read_manifest(path: &Path) -> Result<ArchiveManifest, ArchiveError> {
    check_heading(path)?;
    let read = || {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(untouched(path), flags)?;
        let format: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let role: Option<String> = connection
            .query_row("SELECT value FROM meta WHERE key = 'role'", [], |row| row.get(0))
            .map(Some)
            .or_else(|error| match error {
                rusqlite::Error::QueryReturnedNoRows => Ok(None),
                other => Err(other),
            })?;
        // A file from who knows where: it is to have tables and nothing that acts.
        let acting: i64 = connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')",
            [],
            |row| row.get(0),
        )?;
        Ok((format, role, acting, ArchiveManifest::read(&connection)?))
    };
    let (format, role, acting, manifest) =
        read().map_err(|source| ArchiveError::of(path, crate::database::database_error(path, source)))?;
    let not_one = |found: &str| ArchiveError::NotAnArchive { path: path.to_owned(), found: found.to_owned() };
    let damaged = |reason: &str| ArchiveError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    if format > FORMAT {
        return Err(ArchiveError::Newer { path: path.to_owned() });
    }
    if role.as_deref() != Some(Role::Archive.name()) {
        return Err(not_one(role.as_deref().unwrap_or("no log at all")));
    }
    if acting > 0 {
        return Err(not_one("a database with a program in it"));
    }
    match manifest {
        None => Err(damaged("it does not say what it is of")),
        Some(Err(reason)) => Err(damaged(&reason)),
        Some(Ok(manifest)) if manifest.form > FORM => Err(ArchiveError::Newer { path: path.to_owned() }),
        Some(Ok(manifest)) => Ok(manifest),
    }
}

/// Copies the archive at `from` to `to`, where there is no file yet, and reads the copy as a whole: it is there only if
/// it is what was written.
///
/// # Errors
/// See [`ArchiveError`]; then there is no copy.
pub fn import_archive(from: &Path, to: &Path, watch: Watch<'_>) -> Result<ArchiveManifest, ArchiveError> {
    let manifest = read_manifest(from)?;
    copy(from, to, &mut *watch)?;
    let checked = open_archive(to).and_then(|_| check(to, &manifest, watch)).map_err(|error| match error {
        // What is wrong with the copy was wrong before.
        ArchiveError::Damaged { reason, .. } => ArchiveError::Damaged { path: from.to_owned(), reason },
        other => other,
    });
    if let Err(error) = checked {
        let _ = fs::remove_file(to);
        return Err(error);
    }
    Ok(manifest)
}

/// Makes the copy of an archive at `path` ready to be read by this version, and returns what it says of itself.
///
/// # Errors
/// See [`ArchiveError`].
pub fn open_archive(path: &Path) -> Result<ArchiveManifest, ArchiveError> {
    let manifest = read_manifest(path)?;
    let of = |error| ArchiveError::of(path, error);
    let reader = LogReader::open(path).map_err(of)?;
    let format: i64 = reader
        .connection()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|source| of(reader.error(source)))?;
    drop(reader);
    if format < FORMAT {
        let database = Database::open_writer(path, Role::Archive).map_err(of)?;
        let settled = database.connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()));
        settled.map_err(|source| of(database.error(source)))?;
    }
    Ok(manifest)
}

/// The address of a file that is read as it is: SQLite neither locks it nor puts anything beside it.
fn untouched(path: &Path) -> String {
    use std::fmt::Write;
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            address.push(char::from(*byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address.push_str("?immutable=1");
    address
}

/// Looks at the file's first bytes, which tell more clearly than SQLite what is wrong.
fn check_heading(path: &Path) -> Result<(), ArchiveError> {
    let unreadable = |source| ArchiveError::Unreadable { path: path.to_owned(), source };
    let not_one = |found: &str| ArchiveError::NotAnArchive { path: path.to_owned(), found: found.to_owned() };
    if path.is_dir() {
        return Err(not_one("a folder"));
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut heading = [0; HEADING];
    match file.read_exact(&mut heading) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(not_one(if length == 0 { "empty" } else { "another sort of file" }));
        }
        Err(error) => return Err(unreadable(error)),
    }
    let number = |at: usize| heading[at..at + 4].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    if !heading.starts_with(b"SQLite format 3\0") {
        return Err(not_one("another sort of file"));
    }
    if i64::try_from(number(68)) != Ok(APPLICATION_ID) {
        return Err(not_one("another program's database"));
    }
    let page = match number(14) & 0xFFFF {
        1 => 65_536,
        size => size,
    };
    let wanted = page * number(28);
    if length < wanted {
        let reason = format!("it ends after {length} of {wanted} bytes");
        return Err(ArchiveError::Damaged { path: path.to_owned(), reason });
    }
    Ok(())
}

fn copy(from: &Path, to: &Path, watch: Watch<'_>) -> Result<(), ArchiveError> {
    let unreadable = |source| ArchiveError::Unreadable { path: from.to_owned(), source };
    if let Some(directory) = to.parent() {
        fs::create_dir_all(directory).map_err(|source| ExportError::from_disk(to, source))?;
    }
    let mut source = File::open(from).map_err(unreadable)?;
    let total = source.metadata().map_err(unreadable)?.len();
    let mut file = NewFile::create(to, false)?;
    let mut piece = vec![0; PIECE];
    let mut copied = 0;
    loop {
        let length = source.read(&mut piece).map_err(unreadable)?;
        if length == 0 {
            break;
        }
        file.write_all(&piece[..length]).map_err(|error| ExportError::from_disk(to, error))?;
        copied += length as u64;
        let part = part_of(copied, total) * COPYING;
        if watch(ExportProgress { part, ..ExportProgress::default() }).is_break() {
            return Err(ExportError::Cancelled.into());
        }
    }
    file.finish()?;
    Ok(())
}

/// Reads everything, and compares it with what the manifest says.
fn check(path: &Path, manifest: &ArchiveManifest, watch: Watch<'_>) -> Result<(), ArchiveError> {
    let of = |error: StoreError| ArchiveError::of(path, error);
    let damaged = |reason: String| ArchiveError::Damaged { path: path.to_owned(), reason };
    let mut reader = LogReader::open(path).map_err(of)?;
    let told: Vec<String> = reader
        .read(|reader| {
            let mut statement = reader.connection().prepare("PRAGMA quick_check(1)")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
        .map_err(of)?;
    if let Some(reason) = told.into_iter().find(|told| told != "ok") {
        return Err(damaged(reason));
    }
    let mut content = Content::default();
    let mut cancelled = false;
    reader
        .scan(ONLY_PARTITION, &RecordFilter::default(), 1, MAX_SEQ, |record| {
            content.record(&record);
            if content.records % REPORT == 0 {
                let part = COPYING + (1.0 - COPYING) * part_of(content.records, manifest.records);
                let progress = ExportProgress { looked_at: content.records, written: content.records, part };
                cancelled = watch(progress).is_break();
            }
            if cancelled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .map_err(of)?;
    if cancelled {
        return Err(ExportError::Cancelled.into());
    }
    if content.records != manifest.records {
        return Err(damaged(format!("it has {} of {} records", content.records, manifest.records)));
    }
    let sum = content.finish(reader.connection()).map_err(|source| of(reader.error(source)))?;
    if sum != manifest.sha256 {
        return Err(damaged("its content is not what its checksum says".to_owned()));
    }
    Ok(())
}
