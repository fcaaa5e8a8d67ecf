//! Apache Parquet: typed columns, compressed with zstd, for tools that compute.

use std::{io, sync::Arc};

use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::Type,
};

use super::{
    ExportError, NewFile,
    table::{Cell, CellType, Column},
};

/// Rows of a group at most: what is held in memory until it is written.
const ROWS: usize = 65_536;

/// Bytes of texts in a group, about.
const BYTES: usize = 16 * 1024 * 1024;

/// Values of a column that wait for their group to be full, and for each cell whether it has one.
struct Values {
    present: Vec<i16>,
    values: ColumnValues,
}

enum ColumnValues {
    Texts(Vec<ByteArray>),
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
}

pub(super) struct ParquetTable {
    columns: &'static [Column],
    writer: SerializedFileWriter<NewFile>,
    waiting: Vec<Values>,
    rows: usize,
    bytes: usize,
}

impl ParquetTable {
    pub(super) fn begin(columns: &'static [Column], file: NewFile) -> Result<Self, ExportError> {
        let target = file.target().to_owned();
        let begun = (|| {
            let fields =
                columns.iter().map(|column| field(*column).map(Arc::new)).collect::<Result<_, _>>()?;
            let schema = Type::group_type_builder("row").with_fields(fields).build()?;
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
                .set_created_by(concat!("Mission Control ", env!("CARGO_PKG_VERSION")).to_owned())
                .build();
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))
        })();
        let writer = begun.map_err(|error| failed(&target, error))?;
        Ok(Self { columns, writer, waiting: columns.iter().map(Values::none).collect(), rows: 0, bytes: 0 })
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), ExportError> {
        for (values, cell) in self.waiting.iter_mut().zip(cells) {
            self.bytes += values.push(*cell);
        }
        self.rows += 1;
        if self.rows >= ROWS || self.bytes >= BYTES {
            self.write_group()?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<u64, ExportError> {
        if self.rows > 0 {
            self.write_group()?;
        }
        let target = self.writer.inner().target().to_owned();
        self.writer.into_inner().map_err(|error| failed(&target, error))?.finish()
    }

    fn write_group(&mut self) -> Result<(), ExportError> {
        let written = (|| {
            let mut group = self.writer.next_row_group()?;
            for (column, values) in self.columns.iter().zip(&mut self.waiting) {
                let Some(mut writer) = group.next_column()? else { break };
                let Values { present, values } = std::mem::replace(values, Values::none(column));
                let present = column.is_optional.then_some(present.as_slice());
                match values {
                    ColumnValues::Texts(values) => write::<ByteArrayType>(&mut writer, &values, present)?,
                    ColumnValues::Integers(values) => write::<Int64Type>(&mut writer, &values, present)?,
                    ColumnValues::Numbers(values) => write::<DoubleType>(&mut writer, &values, present)?,
                }
                writer.close()?;
            }
            group.close()?;
            Ok(())
        })();
        (self.rows, self.bytes) = (0, 0);
        written.map_err(|error| failed(self.writer.inner().target(), error))
    }
}

fn write<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &[T::T],
    present: Option<&[i16]>,
) -> Result<(), ParquetError> {
    writer.typed::<T>().write_batch(values, present, None).map(|_| ())
}

impl Values {
    fn none(column: &Column) -> Self {
        let values = match column.cells {
            CellType::Text | CellType::Json => ColumnValues::Texts(Vec::new()),
            CellType::Integer | CellType::Instant => ColumnValues::Integers(Vec::new()),
            CellType::Number => ColumnValues::Numbers(Vec::new()),
        };
        Self { present: Vec::new(), values }
    }

    /// Adds a cell, and returns how many bytes its text has. A cell of another type than its column's is empty.
    fn push(&mut self, cell: Cell<'_>) -> usize {
        let (is_present, bytes) = match (&mut self.values, cell) {
            (ColumnValues::Texts(values), Cell::Text(text) | Cell::Json(text)) => {
                values.push(ByteArray::from(text.as_bytes().to_vec()));
                (1, text.len())
            }
            (ColumnValues::Integers(values), Cell::Integer(number)) => {
                values.push(number.cast_signed());
                (1, 0)
            }
            (ColumnValues::Integers(values), Cell::Instant(at)) => {
                values.push(at.as_milliseconds());
                (1, 0)
            }
            (ColumnValues::Numbers(values), Cell::Number(number)) => {
                values.push(number);
                (1, 0)
            }
            _ => (0, 0),
        };
        self.present.push(is_present);
        bytes
    }
}

fn field(column: Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.cells {
        CellType::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        // As text: not every tool knows the type JSON.
        CellType::Json => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        CellType::Integer => (PhysicalType::INT64, None),
        CellType::Instant => (PhysicalType::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        CellType::Number => (PhysicalType::DOUBLE, None),
    };
    let repetition = if column.is_optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    Type::primitive_type_builder(column.name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()
}

fn failed(target: &std::path::Path, error: ParquetError) -> ExportError {
    let source = match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        other => io::Error::other(other),
    };
    ExportError::from_disk(target, source)
}
