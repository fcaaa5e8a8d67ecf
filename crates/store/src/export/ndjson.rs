//! One JSON object a line: everything as it was recorded.

use std::io::{self, Write};

use super::{
    ExportError, NewFile,
    table::{Cell, Column},
};

pub(super) struct NdjsonTable {
    columns: &'static [Column],
    file: NewFile,
    line: Vec<u8>,
}

impl NdjsonTable {
    pub(super) fn begin(columns: &'static [Column], file: NewFile) -> Self {
        Self { columns, file, line: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), ExportError> {
        self.line.clear();
        self.compose(cells)
            .and_then(|()| self.file.write_all(&self.line))
            .map_err(|error| ExportError::from_disk(self.file.target(), error))
    }

    fn compose(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let line = &mut self.line;
        for (index, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            line.push(if index == 0 { b'{' } else { b',' });
            write!(line, "\"{}\":", column.name)?;
            match cell {
                Cell::Empty => line.extend(b"null"),
                Cell::Text(text) => serde_json::to_writer(&mut *line, text)?,
                Cell::Integer(number) => write!(line, "{number}")?,
                Cell::Instant(at) => write!(line, "\"{at}\"")?,
                // What is no number is null in JSON.
                Cell::Number(number) => serde_json::to_writer(&mut *line, number)?,
                // Inside texts a line break is written as an escape; between values it is as good as a space.
                Cell::Json(text) => {
                    line.extend(
                        text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }),
                    );
                }
            }
        }
        line.extend(b"}\n");
        Ok(())
    }

    pub(super) fn finish(self) -> Result<u64, ExportError> {
        self.file.finish()
    }
}
