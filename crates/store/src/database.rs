//! Opening the file: pragmas, format, role, lock.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use crate::StoreError;

/// Marks the file as ours (`PRAGMA application_id`): "MCTL".
pub(crate) const APPLICATION_ID: i64 = 0x4D43_544C;

/// Each step brings the file from the format of its index to the next. A step, once released, is never changed.
const MIGRATIONS: [&[&str]; 3] = [
    &[FIRST_TABLES],
    &[
        crate::segments::TABLES,
        crate::segments::retention::TABLES,
        crate::segments::words::TABLES,
        crate::series::TABLES,
        crate::snapshot::TABLES,
    ],
    &[crate::segments::words::FORGET_WORDS_WITHOUT_KINDS],
];

/// The log and what its writers keep beside it.
const FIRST_TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE dashboards (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
    CREATE TABLE partitions (partition INTEGER PRIMARY KEY, epoch TEXT NOT NULL, last_seq INTEGER NOT NULL);
    -- The place is the only key: partition in the upper bits, seq in the lower 47. Indexes are what appending costs.
    CREATE TABLE log (
        place INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        dashboard INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        severity INTEGER NOT NULL,
        body TEXT NOT NULL
    );
    CREATE TABLE watermarks (dashboard INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL);
    CREATE TABLE holes (first_place INTEGER PRIMARY KEY, last_place INTEGER NOT NULL);
    CREATE TABLE snapshots (id INTEGER PRIMARY KEY, cursors TEXT NOT NULL, projection TEXT NOT NULL);
";

/// Bytes of the write-ahead log that are kept for use again: somewhat more than lie between two checkpoints.
const WAL_KEPT: i64 = 64 << 20;

/// The format this version writes, and the newest it knows.
pub(crate) const FORMAT: i64 = MIGRATIONS.len().cast_signed() as i64;

/// Bytes of a lock file that are read at most.
const OWNER_BYTES: u64 = 300;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A hub's own log.
    Origin,
    /// A console's cache of a hub's log.
    Replica,
    /// A stretch of a hub's log, to be looked at elsewhere.
    Archive,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Origin => "a hub's own log",
            Self::Replica => "a console's cache",
            Self::Archive => "an archive",
        }
    }
}

/// A connection together with the path that errors name.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    /// Held while the file is open for writing; the lock goes with it.
    _lock: Option<File>,
}

impl Database {
    /// Opens the file for its one writer, creating it (and its directory) where it does not exist.
    pub(crate) fn open_writer(path: &Path, role: Role) -> Result<Self, StoreError> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(|source| file_error(directory, source))?;
        }
        let lock = take_lock(path)?;
        if role == Role::Origin {
            crate::restore::put_in_place(path)?;
        }
        // Made here, so that nobody but the owner can read it; SQLite gives its companions the same mode.
        private().create(true).append(true).open(path).map_err(|source| file_error(path, source))?;
        let connection = Connection::open(path).map_err(|source| database_error(path, source))?;
        let mut database = Self { connection, path: path.to_owned(), _lock: Some(lock) };
        database.prepare(role).map_err(|error| match error {
            PrepareError::Store(error) => error,
            PrepareError::Sqlite(source) => database_error(path, source),
        })?;
        Ok(database)
    }

    /// Opens the file for reading beside its writer.
    pub(crate) fn open_reader(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(std::time::Duration::from_secs(5))?;
            connection.pragma_update(None, "cache_size", -8_000)?;
            connection.pragma_update(None, "mmap_size", 268_435_456)?;
            connection.set_prepared_statement_cache_capacity(32);
            let format: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            Ok((connection, format))
        };
        let (connection, format) = open().map_err(|source| database_error(path, source))?;
        check_format(path, format)?;
        Ok(Self { connection, path: path.to_owned(), _lock: None })
    }

    /// Names the file in an error of SQLite's.
    pub(crate) fn error(&self, source: rusqlite::Error) -> StoreError {
        database_error(&self.path, source)
    }

    fn prepare(&mut self, role: Role) -> Result<(), PrepareError> {
        let connection = &mut self.connection;
        connection.busy_timeout(std::time::Duration::from_secs(1))?;
        let format: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        check_format(&self.path, format)?;
        // Of effect in a new file only. Larger pages mean fewer writes for the same records.
        connection.pragma_update(None, "page_size", 8_192)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // FULL: a commit is on the disk when it returns. An acknowledgement follows nothing less.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", -32_000)?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        // While something reads for long, the write-ahead log grows; once that is over, what it took is given back.
        connection.pragma_update(None, "journal_size_limit", WAL_KEPT)?;
        connection.set_prepared_statement_cache_capacity(32);

        let transaction = connection.transaction()?;
        for step in MIGRATIONS.iter().skip(usize::try_from(format).unwrap_or(usize::MAX)) {
            for tables in *step {
                transaction.execute_batch(tables)?;
            }
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
        let found: Option<String> = transaction
            .query_row("SELECT value FROM meta WHERE key = 'role'", [], |row| row.get(0))
            .optional()?;
        match found {
            None => {
                transaction.execute("INSERT INTO meta VALUES ('role', ?1)", [role.name()])?;
            }
            Some(found) if found == role.name() => {}
            Some(found) => {
                return Err(PrepareError::Store(StoreError::WrongRole {
                    path: self.path.clone(),
                    found,
                    wanted: role.name(),
                }));
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

enum PrepareError {
    Store(StoreError),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for PrepareError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for PrepareError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn check_format(path: &Path, found: i64) -> Result<(), StoreError> {
    if found > FORMAT {
        return Err(StoreError::NewerFormat { path: path.to_owned(), found, known: FORMAT });
    }
    Ok(())
}

/// Creates files that only their owner can read.
pub(crate) fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// One writer per file: a lock on a file beside it, which the operating system frees however the program ends. The file
/// says who has it.
pub(crate) fn take_lock(path: &Path) -> Result<File, StoreError> {
    let lock_path = with_suffix(path, ".lock");
    let mut lock = private()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&lock_path)
        .map_err(|source| file_error(&lock_path, source))?;
    match lock.try_lock() {
        Ok(()) => {
            // Who has the lock is only for people to read: on a full disk it stays unsaid.
            if let Err(error) = lock.set_len(0).and_then(|()| lock.write_all(this_program().as_bytes())) {
                tracing::debug!(%error, "the lock file does not say who has it");
            }
            Ok(lock)
        }
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::InUse { path: path.to_owned(), by: owner(&mut lock) })
        }
        Err(TryLockError::Error(source)) => Err(file_error(&lock_path, source)),
    }
}

/// This program, as another one names it.
fn this_program() -> String {
    let name = std::env::current_exe()
        .ok()
        .and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "a program".to_owned());
    format!("{name} (process {})", std::process::id())
}

/// Who has the lock, as its file says.
fn owner(lock: &mut File) -> String {
    let mut text = String::new();
    match lock.take(OWNER_BYTES).read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        // Some systems let nobody else read what is locked; or the owner has not written it yet.
        _ => "another program".to_owned(),
    }
}

/// Moves a file that cannot be used out of the way, with its companions, and returns where it is now. Nothing is
/// deleted. Call it only while no writer or reader of the file is open.
///
/// # Errors
/// [`StoreError::File`] when the directory does not allow it.
pub fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis());
    let kept = with_suffix(path, &format!(".set-aside-{now}"));
    for companion in ["", "-wal", "-shm"] {
        let from = with_suffix(path, companion);
        if from.exists() {
            fs::rename(&from, with_suffix(&kept, companion)).map_err(|source| file_error(&from, source))?;
        }
    }
    Ok(kept)
}

pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(crate) fn file_error(path: &Path, source: std::io::Error) -> StoreError {
    match source.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly { path: path.to_owned() }
        }
        std::io::ErrorKind::StorageFull => StoreError::DiskFull { path: path.to_owned() },
        _ => StoreError::File { path: path.to_owned(), source },
    }
}

pub(crate) fn database_error(path: &Path, source: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    // The index of the write-ahead log has no room: SQLite calls that a failure of the disk.
    if source.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        return StoreError::DiskFull { path };
    }
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            return StoreError::Damaged { path, reason: source.to_string() };
        }
        Some(ErrorCode::DiskFull) => return StoreError::DiskFull { path },
        Some(ErrorCode::ReadOnly) => return StoreError::ReadOnly { path },
        _ => {}
    }
    match source {
        // A value that cannot be one, a row that others refer to and that is not there, a table that is not as it was
        // made: some page is not what was written, though SQLite cannot tell.
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::SqlInputError { .. }
        | rusqlite::Error::QueryReturnedNoRows => StoreError::Damaged { path, reason: source.to_string() },
        source => StoreError::Database { path, source },
    }
}

/// Bits of a place that hold the `seq`.
const SEQ_BITS: u32 = 47;

/// Highest `seq` a place can hold.
pub(crate) const MAX_SEQ: u64 = (1 << SEQ_BITS) - 1;

/// The key under which a record is stored.
pub(crate) fn place(partition: u16, seq: u64) -> i64 {
    (i64::from(partition) << SEQ_BITS) | i64::try_from(seq.min(MAX_SEQ)).unwrap_or(i64::MAX)
}

/// The partition and `seq` of a stored key.
pub(crate) fn unplace(place: i64) -> (u16, u64) {
    let seq = u64::try_from(place).unwrap_or(0) & MAX_SEQ;
    (u16::try_from(place >> SEQ_BITS).unwrap_or(u16::MAX), seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_partition_and_seq() {
        for (partition, seq) in [(0, 0), (0, 1), (7, 123_456_789), (u16::MAX, MAX_SEQ)] {
            assert_eq!(unplace(place(partition, seq)), (partition, seq));
        }
        assert!(place(0, MAX_SEQ) < place(1, 0));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_files() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        let _open = Database::open_writer(&path, Role::Origin).unwrap();
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let mode = fs::metadata(with_suffix(&path, suffix)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{suffix}");
        }
    }

    #[test]
    fn a_second_writer_is_told_who_is_in_the_way() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        let first = Database::open_writer(&path, Role::Origin).unwrap();
        let error = Database::open_writer(&path, Role::Origin).unwrap_err();
        let StoreError::InUse { by, .. } = &error else { panic!("{error}") };
        assert!(by.contains(&std::process::id().to_string()), "{error}");
        drop(first);
        Database::open_writer(&path, Role::Origin).unwrap();
    }

    #[test]
    fn garbage_is_damage_and_can_be_set_aside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        fs::write(&path, vec![0x5a; 8192]).unwrap();
        let error = Database::open_writer(&path, Role::Origin).unwrap_err();
        assert!(error.is_damage(), "{error}");
        let kept = set_aside(&path).unwrap();
        assert_eq!(fs::read(kept).unwrap(), vec![0x5a; 8192]);
        Database::open_writer(&path, Role::Origin).unwrap();
    }

    #[test]
    fn a_newer_format_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        drop(Database::open_writer(&path, Role::Origin).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(
            Database::open_writer(&path, Role::Origin),
            Err(StoreError::NewerFormat { found: 99, .. })
        ));
    }

    #[test]
    fn a_cache_is_not_taken_for_a_log() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        drop(Database::open_writer(&path, Role::Replica).unwrap());
        assert!(matches!(Database::open_writer(&path, Role::Origin), Err(StoreError::WrongRole { .. })));
    }
}
