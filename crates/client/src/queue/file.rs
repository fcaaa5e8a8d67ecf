//! The queue's file: SQLite, with a lock beside it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mission_control_protocol::{DashboardId, SessionEpoch};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{
    change::{Change, Opened, Placed, SessionRecord, StoredQueue},
    disk::QueueStorage,
};
use crate::{error::QueueFileError, message::QueuedMessage};

/// Marks the file as a queue (`PRAGMA application_id`): "MCQU".
const APPLICATION_ID: i64 = 0x4D43_5155;

/// The format this version writes, and the newest it knows.
const FORMAT: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE session (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        dashboard TEXT NOT NULL,
        epoch TEXT NOT NULL,
        acknowledged INTEGER NOT NULL,
        numbered_through INTEGER NOT NULL,
        last_place INTEGER NOT NULL,
        publications INTEGER NOT NULL
    );
    CREATE TABLE messages (
        place INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        body TEXT NOT NULL
    );
";

/// Largest size at which the write-ahead log is kept between commits, in bytes.
const WAL_LIMIT: i64 = 4 * 1024 * 1024;

/// One client's queue on disk. Lives on the disk's thread.
#[derive(Debug)]
pub(crate) struct QueueFile {
    path: PathBuf,
    dashboard: DashboardId,
    connection: Option<Connection>,
    /// Held from the first successful opening on, failures included: nobody else writes the file meanwhile.
    lock: Option<File>,
}

impl QueueFile {
    pub(crate) fn new(path: &Path, dashboard: &DashboardId) -> Self {
        Self { path: path.to_owned(), dashboard: dashboard.clone(), connection: None, lock: None }
    }

    fn try_open(&mut self) -> Result<Option<StoredQueue>, QueueFileError> {
        // Made here, so that nobody but the owner can read it; SQLite gives its companions the same mode.
        private().create(true).append(true).open(&self.path).map_err(|error| self.unusable(&error))?;
        let connection = self.connect().map_err(|error| self.failed(&error))?;
        let format = self.check(&connection)?;
        let stored = if format == 0 { None } else { self.read(&connection)? };
        self.prepare(&connection, format).map_err(|error| self.failed(&error))?;
        self.connection = Some(connection);
        Ok(stored)
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(Duration::from_secs(1))?;
        connection.set_prepared_statement_cache_capacity(8);
        Ok(connection)
    }

    /// Returns the file's format: 0 when it is new.
    fn check(&self, connection: &Connection) -> Result<i64, QueueFileError> {
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let read = || {
            let tables: i64 =
                connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            Ok((pragma("application_id")?, pragma("user_version")?, tables))
        };
        let (application, format, tables) = read().map_err(|error| self.failed(&error))?;
        let path = || self.path.clone();
        match application {
            APPLICATION_ID if format > FORMAT => {
                Err(QueueFileError::NewerFormat { path: path(), found: format, known: FORMAT })
            }
            APPLICATION_ID => Ok(format),
            0 if tables == 0 && format == 0 => Ok(0),
            _ => Err(QueueFileError::NotAQueue { path: path() }),
        }
    }

    fn read(&self, connection: &Connection) -> Result<Option<StoredQueue>, QueueFileError> {
        let verdict: String = connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        if verdict != "ok" {
            return Err(self.damaged(verdict));
        }
        let session = connection
            .query_row("SELECT * FROM session", [], |row| Ok((row.get("dashboard")?, session(row)?)))
            .optional()
            .map_err(|error| self.failed(&error))?;
        let Some((dashboard, session)) = session else { return Ok(None) };
        let dashboard: String = dashboard;
        if dashboard != self.dashboard.as_str() {
            return Err(QueueFileError::OtherDashboard { path: self.path.clone(), found: dashboard });
        }
        let session = session.ok_or_else(|| self.damaged("the session makes no sense".to_owned()))?;
        let messages = messages(connection)
            .map_err(|error| self.failed(&error))?
            .ok_or_else(|| self.damaged("a message makes no sense".to_owned()))?;
        if messages.last().is_some_and(|last| last.place > session.last_place) {
            return Err(self.damaged("there are more messages than places".to_owned()));
        }
        Ok(Some(StoredQueue { session, messages }))
    }

    fn prepare(&self, connection: &Connection, format: i64) -> rusqlite::Result<()> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // FULL: a commit is on the disk when it returns. Nothing is sent after less.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
        if format == 0 {
            connection.execute_batch(&format!(
                "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; COMMIT;"
            ))?;
        }
        Ok(())
    }

    fn write(&self, connection: &Connection, change: &Change) -> rusqlite::Result<()> {
        let transaction = connection.unchecked_transaction()?;
        if change.replaces_everything {
            transaction.execute("DELETE FROM messages", [])?;
        }
        transaction
            .prepare_cached("DELETE FROM messages WHERE place <= ?1")?
            .execute([stored(change.released_through)])?;
        let mut remove = transaction.prepare_cached("DELETE FROM messages WHERE place = ?1")?;
        for place in &change.remove {
            remove.execute([stored(*place)])?;
        }
        drop(remove);
        let mut put =
            transaction.prepare_cached("INSERT OR REPLACE INTO messages VALUES (?1, ?2, ?3, ?4)")?;
        for Placed { place, message } in &change.put {
            put.execute(params![stored(*place), message.kind().tag(), message.subject(), message.body()])?;
        }
        drop(put);
        let SessionRecord { epoch, acknowledged, numbered_through, last_place, publications } =
            change.session;
        transaction
            .prepare_cached("INSERT OR REPLACE INTO session VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                self.dashboard.as_str(),
                epoch.0.to_string(),
                stored(acknowledged),
                stored(numbered_through),
                stored(last_place),
                stored(publications),
            ])?;
        transaction.commit()
    }

    /// One client per file: a lock on a file beside it, which the operating system frees however the program ends.
    fn take_lock(&self) -> Result<File, QueueFileError> {
        let path = with_suffix(&self.path, ".lock");
        let lock = private()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|error| self.unusable(&error))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(QueueFileError::InUse { path: self.path.clone() }),
            Err(TryLockError::Error(error)) => Err(self.unusable(&error)),
        }
    }

    /// Moves a damaged file out of the way, with its companions, and returns where it is now.
    fn set_aside(&self) -> Result<PathBuf, QueueFileError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis());
        let kept = with_suffix(&self.path, &format!(".damaged-{now}"));
        for companion in ["", "-wal", "-shm"] {
            let from = with_suffix(&self.path, companion);
            if from.exists() {
                fs::rename(&from, with_suffix(&kept, companion)).map_err(|error| self.unusable(&error))?;
            }
        }
        Ok(kept)
    }

    fn failed(&self, error: &rusqlite::Error) -> QueueFileError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => self.damaged(error.to_string()),
            Some(ErrorCode::DiskFull) => QueueFileError::DiskFull { path: self.path.clone() },
            // A table or column that is missing, or a value that is none of its column's.
            None => self.damaged(error.to_string()),
            Some(ErrorCode::Unknown) if self.connection.is_none() => self.damaged(error.to_string()),
            Some(_) => self.unusable(error),
        }
    }

    fn damaged(&self, reason: String) -> QueueFileError {
        QueueFileError::Damaged { path: self.path.clone(), reason }
    }

    fn unusable(&self, error: &dyn std::error::Error) -> QueueFileError {
        QueueFileError::Unusable { path: self.path.clone(), reason: error.to_string() }
    }
}

impl QueueStorage for QueueFile {
    fn open(&mut self) -> Result<Opened, QueueFileError> {
        self.connection = None;
        if self.lock.is_none() {
            if let Some(directory) = self.path.parent() {
                fs::create_dir_all(directory).map_err(|error| self.unusable(&error))?;
            }
            self.lock = Some(self.take_lock()?);
        }
        match self.try_open() {
            Ok(stored) => Ok(Opened { stored, set_aside: None }),
            Err(QueueFileError::Damaged { reason, .. }) => {
                let kept = self.set_aside()?;
                self.try_open().map(|stored| Opened { stored, set_aside: Some((kept, reason)) })
            }
            Err(error) => Err(error),
        }
    }

    fn commit(&mut self, change: &Change) -> Result<(), QueueFileError> {
        let Some(connection) = self.connection.take() else {
            return Err(QueueFileError::Unusable {
                path: self.path.clone(),
                reason: "it is not open".to_owned(),
            });
        };
        let written = self.write(&connection, change);
        // After an error the file is opened again, and looked at, before anything is written to it.
        if written.is_ok() {
            self.connection = Some(connection);
        }
        written.map_err(|error| match error.sqlite_error_code() {
            None | Some(ErrorCode::Unknown) => self.unusable(&error),
            Some(_) => self.failed(&error),
        })
    }
}

/// Numbers are stored as SQLite's, which have a sign. None gets that far.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The session in a row; `None` when it makes no sense.
fn session(row: &Row<'_>) -> rusqlite::Result<Option<SessionRecord>> {
    let number = |column| row.get::<_, i64>(column).map(|number| u64::try_from(number).ok());
    let epoch: String = row.get("epoch")?;
    let (acknowledged, numbered_through) = (number("acknowledged")?, number("numbered_through")?);
    let (last_place, publications) = (number("last_place")?, number("publications")?);
    let session = || {
        Some(SessionRecord {
            epoch: SessionEpoch(Uuid::parse_str(&epoch).ok()?),
            acknowledged: acknowledged?,
            numbered_through: numbered_through?,
            last_place: last_place?,
            publications: publications?,
        })
    };
    Ok(session())
}

/// All messages; `None` when one makes no sense.
fn messages(connection: &Connection) -> rusqlite::Result<Option<Vec<Placed>>> {
    let mut statement =
        connection.prepare("SELECT place, kind, subject, body FROM messages ORDER BY place")?;
    let mut rows = statement.query([])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let (place, tag, subject, body): (i64, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let placed = || {
            let place = u64::try_from(place).ok().filter(|place| *place > 0)?;
            Some(Placed { place, message: QueuedMessage::restore(&tag, &subject, &body)? })
        };
        match placed() {
            Some(placed) => messages.push(placed),
            None => return Ok(None),
        }
    }
    Ok(Some(messages))
}

/// Creates files that only their owner can read.
fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
