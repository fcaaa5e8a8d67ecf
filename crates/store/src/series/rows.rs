//! Rows of the series' tables.

use rusqlite::{Connection, Row, params};

use super::{
    codec::{
        DamagedBlock, decode_times, decode_values, encode_times, encode_times_plain, encode_values,
        encode_values_plain,
    },
    summary::Summary,
};

/// A chunk of fewer samples is written plainly: there is hardly anything to gain (decision 0016).
const SMALL: usize = 16;

/// Samples of one series in the order of their times.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Samples {
    /// Milliseconds since the Unix epoch.
    pub(crate) times: Vec<i64>,
    pub(crate) values: Vec<f64>,
}

impl Samples {
    pub(crate) fn push(&mut self, at: i64, value: f64) {
        // The log's times never fall; should a remote hub send one that does, it is taken as the time before it.
        self.times.push(self.times.last().map_or(at, |last| at.max(*last)));
        self.values.push(value);
    }

    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        for (at, value) in other.times.iter().zip(&other.values) {
            self.push(*at, *value);
        }
    }
}

/// A chunk as it is stored.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) series: i64,
    pub(crate) first_place: i64,
    pub(crate) start_at: i64,
    pub(crate) end_at: i64,
    pub(crate) count: u32,
    pub(crate) times: Vec<u8>,
    pub(crate) samples: Vec<u8>,
}

impl Chunk {
    /// Makes a row of samples, of which there is at least one.
    pub(crate) fn of(series: i64, first_place: i64, times: &[i64], values: &[f64]) -> Option<Self> {
        let (start_at, end_at) = (*times.first()?, *times.last()?);
        let count = u32::try_from(times.len()).ok()?;
        let (times_bytes, samples) = if times.len() < SMALL {
            (encode_times_plain(times), encode_values_plain(values))
        } else {
            (encode_times(times), encode_values(values))
        };
        Some(Self { series, first_place, start_at, end_at, count, times: times_bytes, samples })
    }

    /// All chunks of a series, in order.
    pub(crate) fn read_all(connection: &Connection, series: i64) -> rusqlite::Result<Vec<Self>> {
        let mut statement = connection.prepare_cached(
            "SELECT series, first_place, start_at, end_at, count, times, samples FROM series_chunks
             WHERE series = ?1 ORDER BY first_place",
        )?;
        let rows = statement.query_map([series], |row| {
            Ok(Self {
                series: row.get(0)?,
                first_place: row.get(1)?,
                start_at: row.get(2)?,
                end_at: row.get(3)?,
                count: row.get(4)?,
                times: row.get(5)?,
                samples: row.get(6)?,
            })
        })?;
        rows.collect()
    }

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached("INSERT INTO series_chunks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![
                self.series,
                self.first_place,
                self.start_at,
                self.end_at,
                self.count,
                self.times,
                self.samples
            ])
            .map(|_| ())
    }

    pub(crate) fn decode(&self) -> rusqlite::Result<Samples> {
        decode(&self.times, &self.samples, self.start_at, self.count as usize)
    }
}

/// A row of `series_summaries`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SummaryRow {
    pub(crate) first_place: i64,
    pub(crate) summary: Summary,
    /// The block, when the level is 0.
    pub(crate) block: Option<i64>,
}

/// The columns of a [`SummaryRow`], in the order [`SummaryRow::of`] reads them.
pub(crate) const SUMMARY_COLUMNS: &str =
    "start_at, first_place, end_at, count, min, min_at, max, max_at, sum, last, block";

impl SummaryRow {
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        // A number that is none is NULL in SQLite.
        let number = |index| row.get::<_, Option<f64>>(index).map(|number| number.unwrap_or(f64::NAN));
        Ok(Self {
            first_place: row.get(1)?,
            summary: Summary {
                start_at: row.get(0)?,
                end_at: row.get(2)?,
                count: row.get::<_, i64>(3)?.cast_unsigned(),
                min: number(4)?,
                min_at: row.get(5)?,
                max: number(6)?,
                max_at: row.get(7)?,
                sum: number(8)?,
                last: number(9)?,
            },
            block: row.get(10)?,
        })
    }

    pub(crate) fn insert(&self, connection: &Connection, series: i64, level: u8) -> rusqlite::Result<()> {
        let summary = &self.summary;
        connection
            .prepare_cached(
                "INSERT INTO series_summaries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                series,
                level,
                summary.start_at,
                self.first_place,
                summary.end_at,
                summary.count.cast_signed(),
                summary.min,
                summary.min_at,
                summary.max,
                summary.max_at,
                summary.sum,
                summary.last,
                self.block,
            ])
            .map(|_| ())
    }
}

/// A block's samples.
pub(crate) fn read_block(connection: &Connection, row: &SummaryRow) -> rusqlite::Result<Samples> {
    let (times, samples): (Vec<u8>, Vec<u8>) = connection
        .prepare_cached(
            "SELECT series_times.times, samples FROM series_blocks
             JOIN series_times ON series_times.id = series_blocks.times WHERE series_blocks.id = ?1",
        )?
        .query_row([row.block], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let count = usize::try_from(row.summary.count).unwrap_or(usize::MAX);
    decode(&times, &samples, row.summary.start_at, count)
}

fn decode(times: &[u8], samples: &[u8], start_at: i64, count: usize) -> rusqlite::Result<Samples> {
    let decode = || {
        let values = decode_values(samples, count)?;
        Ok(Samples { times: decode_times(times, start_at, count)?, values })
    };
    decode().map_err(|damage: DamagedBlock| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(damage))
    })
}
