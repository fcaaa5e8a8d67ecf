//! CSV as RFC 4180 has it, for spreadsheets.

use std::{borrow::Cow, io::Write};

use super::{
    ExportError, NewFile,
    table::{Cell, Column},
};

/// A text as one field. What a spreadsheet would take for a formula is not one: such a text begins with an apostrophe.
#[must_use]
pub fn csv_field(text: &str) -> Cow<'_, str> {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        "'"
    } else {
        ""
    };
    if text.contains([',', '"', '\r', '\n']) {
        return format!("\"{guard}{}\"", text.replace('"', "\"\"")).into();
    }
    if guard.is_empty() { text.into() } else { format!("{guard}{text}").into() }
}

pub(super) struct CsvTable {
    file: NewFile,
    line: String,
}

impl CsvTable {
    pub(super) fn begin(columns: &[Column], mut file: NewFile) -> Result<Self, ExportError> {
        let names: Vec<_> = columns.iter().map(|column| column.name).collect();
        write!(file, "{}\r\n", names.join(","))
            .map_err(|error| ExportError::from_disk(file.target(), error))?;
        Ok(Self { file, line: String::new() })
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), ExportError> {
        use std::fmt::Write as _;
        self.line.clear();
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.line.push(',');
            }
            // Writing to a text cannot fail.
            let _ = match cell {
                Cell::Empty => Ok(()),
                Cell::Text(text) | Cell::Json(text) => self.line.write_str(&csv_field(text)),
                Cell::Integer(number) => write!(self.line, "{number}"),
                Cell::Instant(at) => write!(self.line, "{at}"),
                Cell::Number(number) if number.is_finite() => write!(self.line, "{number}"),
                Cell::Number(_) => Ok(()),
            };
        }
        self.line.push_str("\r\n");
        self.file
            .write_all(self.line.as_bytes())
            .map_err(|error| ExportError::from_disk(self.file.target(), error))
    }

    pub(super) fn finish(self) -> Result<u64, ExportError> {
        self.file.finish()
    }
}
