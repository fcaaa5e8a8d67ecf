//! Archives: a stretch of a hub's log in one file, to be looked at elsewhere.
//!
//! An archive is a log file like any other, sealed, with a manifest that says what it is of. It begins with the state at
//! the beginning of its stretch, so that every instant of it is back as it was. Nobody writes to it again.

mod manifest;
mod read;
mod write;

use std::{io, path::PathBuf};

pub use self::{
    manifest::ArchiveManifest,
    read::{import_archive, open_archive, read_manifest},
    write::{ArchiveRequest, write_archive},
};
use crate::{ExportError, StoreError};

/// The ending of archives' names.
pub const ARCHIVE_EXTENSION: &str = "mcarchive";

/// What archives have beside the tables of every log.
const TABLES: &str = "CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;";

/// Why a file cannot be looked at as an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is something else.
    #[error("{path} is {found}; choose a file that Mission Control made as an archive, ending in .mcarchive")]
    NotAnArchive {
        /// Which file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// It is not what was written.
    #[error("{path} is damaged ({reason}); ask for it again from where it came")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A newer version made it.
    #[error("{path} was made by a newer version of Mission Control; install that version to look at it")]
    Newer {
        /// Which file.
        path: PathBuf,
    },
    /// It cannot be read at all.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The copy cannot be written.
    #[error(transparent)]
    Copy(#[from] ExportError),
}

impl ArchiveError {
    /// What a failure to read the archive as a log means.
    fn of(path: &std::path::Path, error: StoreError) -> Self {
        match error {
            StoreError::NewerFormat { .. } => Self::Newer { path: path.to_owned() },
            StoreError::DiskFull { path } => Self::Copy(ExportError::DiskFull { path }),
            StoreError::File { source, .. } => Self::Unreadable { path: path.to_owned(), source },
            StoreError::Damaged { reason, .. } => Self::Damaged { path: path.to_owned(), reason },
            other => Self::Damaged { path: path.to_owned(), reason: other.to_string() },
        }
    }
}
