//! Rows of typed cells, and what each format makes of them.

use mission_control_protocol::Timestamp;

use super::{ExportError, ExportFormat, NewFile, csv::CsvTable, ndjson::NdjsonTable, parquet::ParquetTable};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellType {
    Text,
    Integer,
    Instant,
    Number,
    /// A JSON document, as text where the format has no such thing.
    Json,
}

/// A column. Where its cells may be empty, it is optional.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) cells: CellType,
    pub(super) is_optional: bool,
}

impl Column {
    pub(super) const fn new(name: &'static str, cells: CellType) -> Self {
        Self { name, cells, is_optional: false }
    }

    pub(super) const fn optional(name: &'static str, cells: CellType) -> Self {
        Self { name, cells, is_optional: true }
    }
}

/// A value in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Empty,
    Text(&'a str),
    Integer(u64),
    Instant(Timestamp),
    Number(f64),
    Json(&'a str),
}

/// Writes rows to a file, each with a cell for every column.
pub(super) enum Table {
    Csv(CsvTable),
    Ndjson(NdjsonTable),
    Parquet(Box<ParquetTable>),
}

impl Table {
    pub(super) fn begin(
        format: ExportFormat,
        columns: &'static [Column],
        file: NewFile,
    ) -> Result<Self, ExportError> {
        Ok(match format {
            ExportFormat::Csv => Self::Csv(CsvTable::begin(columns, file)?),
            ExportFormat::Ndjson => Self::Ndjson(NdjsonTable::begin(columns, file)),
            ExportFormat::Parquet => Self::Parquet(Box::new(ParquetTable::begin(columns, file)?)),
        })
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), ExportError> {
        match self {
            Self::Csv(table) => table.row(cells),
            Self::Ndjson(table) => table.row(cells),
            Self::Parquet(table) => table.row(cells),
        }
    }

    /// Puts the file in its place, and returns how many bytes it has.
    pub(super) fn finish(self) -> Result<u64, ExportError> {
        match self {
            Self::Csv(table) => table.finish(),
            Self::Ndjson(table) => table.finish(),
            Self::Parquet(table) => table.finish(),
        }
    }
}
