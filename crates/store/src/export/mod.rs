//! What leaves the program: records and samples as CSV, NDJSON and Parquet.
//!
//! An export reads page after page and writes as it reads, so that it takes the same memory whatever its size. It tells
//! how far it is and can be broken off. The file is at its place when it is whole, or not at all.
//!
//! | module | holds |
//! |---|---|
//! | `file` | a file that is there as a whole or not at all |
//! | `table` | rows of typed cells, and what each format makes of them |
//! | `csv`, `ndjson`, `parquet` | the formats |
//! | `records`, `samples` | what is exported |

mod csv;
mod file;
mod ndjson;
mod parquet;
mod records;
mod samples;
mod table;

use std::{
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    str::FromStr,
};

pub(crate) use records::{Walk, part_of};

pub use self::{
    csv::csv_field,
    file::NewFile,
    records::{RecordSource, export_records},
    samples::{SampleSource, export_samples},
};
pub(crate) use file::{beside, put_in_place};

use crate::StoreError;

/// How exported rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180, with a heading. What a spreadsheet would take for a formula is kept from being one.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet: typed columns, compressed with zstd.
    Parquet,
}

impl ExportFormat {
    /// The ending of its files.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }
}

impl FromStr for ExportFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Csv, Self::Ndjson, Self::Parquet]
            .into_iter()
            .find(|format| format.extension() == text)
            .ok_or_else(|| format!("{text} is no format; choose csv, ndjson or parquet"))
    }
}

/// How far an export is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ExportProgress {
    /// Records looked at, or samples read.
    pub looked_at: u64,
    /// Rows written.
    pub written: u64,
    /// Part done, 0 to 1.
    pub part: f64,
}

/// Is told how far an export is, several times a second, and breaks it off.
pub type Watch<'a> = &'a mut dyn FnMut(ExportProgress) -> ControlFlow<()>;

/// What an export came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// Rows in the file; of an archive, records.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Records in the exported stretch that the log does not have: holes, and damage that was read over. They may or may
    /// not have been asked for.
    pub missing: u64,
    /// Whether everything that was asked for is there. Not so for samples while a log that was written by an older
    /// version is being read into series.
    pub is_complete: bool,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It was broken off.
    #[error("it was cancelled; nothing was written")]
    Cancelled,
    /// There is a file already.
    #[error("{path} is there already; choose another name, or have it replaced")]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// The path names no file.
    #[error("{path} names no file; add the name of one")]
    NoName {
        /// The path.
        path: PathBuf,
    },
    /// The directory does not exist.
    #[error("there is no such folder as {path}; choose one that is there")]
    NoFolder {
        /// The directory.
        path: PathBuf,
    },
    /// The disk is full.
    #[error(
        "the disk that {path} is to be on is full; free some space, or choose another place. Nothing was written"
    )]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// Any other error of the file.
    #[error("cannot write {path}: {source}; choose another place. Nothing was written")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// What was asked for does not go together.
    #[error("{0}")]
    Invalid(String),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] StoreError),
}

impl ExportError {
    /// An error of the operating system, when a file at `path` was to be written.
    #[must_use]
    pub fn from_disk(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path: path.to_owned() }
            }
            io::ErrorKind::NotFound => {
                let folder = path.parent().filter(|folder| *folder != Path::new(""));
                Self::NoFolder { path: folder.unwrap_or(path).to_owned() }
            }
            _ => Self::File { path: path.to_owned(), source },
        }
    }
}
