//! How the store fails.

use std::path::PathBuf;

use uuid::Uuid;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is not a database, or its pages are damaged.
    #[error(
        "{path} is damaged ({reason}); set it aside and start anew: a hub's log from a backup, a cache from its hub"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite found.
        reason: String,
    },
    /// The file was written by a newer version of the program.
    #[error(
        "{path} has format {found}, and this version knows formats up to {known}; install the newer version"
    )]
    NewerFormat {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest this version knows.
        known: i64,
    },
    /// The file is something else than it is opened as: a hub's own log, or a console's cache of one.
    #[error("{path} is {found}, not {wanted}; choose another directory")]
    WrongRole {
        /// Which file.
        path: PathBuf,
        /// What it is.
        found: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// Another program has the file open for writing.
    #[error("{path} is in use by {by}; close that one, or choose another data directory")]
    InUse {
        /// Which file.
        path: PathBuf,
        /// The program that has it, as far as it says.
        by: String,
    },
    /// A copy was made, and is not what it should be.
    #[error("the copy {path} is not whole ({reason}) and was removed; check the disk, then try again")]
    BadCopy {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is a file of that name already.
    #[error("{path} exists already; choose another name, nothing is overwritten")]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the disk that holds {path} is full; free some space, and writing goes on")]
    DiskFull {
        /// Which file.
        path: PathBuf,
    },
    /// The file, its directory or its disk cannot be written.
    #[error(
        "{path} cannot be written: it, its directory or its disk is read-only; make it writable, or choose another \
         data directory"
    )]
    ReadOnly {
        /// Which file.
        path: PathBuf,
    },
    /// The batch belongs to another life of the log.
    #[error(
        "the hub's log started anew (epoch {found}, the cache has {known}); the cache is set aside and copied again"
    )]
    EpochChanged {
        /// What the cache has.
        known: Uuid,
        /// What the hub sent.
        found: Uuid,
    },
    /// The batch is not in order, or has a hole inside.
    #[error("the hub sent records out of order: {found} where {expected} was due")]
    OutOfOrder {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// Any other file error.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Any other database error.
    #[error("the database {path} failed: {source}")]
    Database {
        /// Which file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Whether the file itself is beyond use, so that only setting it aside helps.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}
