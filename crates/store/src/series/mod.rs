//! The numbers that dashboards report, as series: a value over time, small and fast to chart.
//!
//! The log is where numbers come in, and stays the truth of the newest; a chore ([`Indexer`]) reads them from there and
//! keeps, for each series of each dashboard,
//!
//! - *chunks*: the newest samples, as each step of the chore found them;
//! - *blocks* of [`BLOCK`] samples, sealed once they are full and never changed; series of one report share their times;
//! - *summaries* of blocks, and of all blocks that begin in one day or in 32: count, least, greatest, sum, last.
//!
//! Which stretches of the log have been read into series is kept beside them (*spans*) and moves in the same
//! transaction. A hole in a replica is a gap between two spans; once it is filled, the gap is read like anything else.
//! Neither a chunk nor a block reaches over a gap, so that what is filled in later goes between them and never into them.
//!
//! A reader puts together blocks, chunks and the records that no span covers yet: what it shows is complete and live.

mod aggregate;
mod chart;
mod codec;
mod expire;
mod extract;
mod index;
mod read;
mod rows;
mod samples;
mod spans;
mod summary;
#[cfg(test)]
mod tests;

use rusqlite::Connection;

pub use aggregate::SeriesAggregate;
pub use chart::SeriesChart;
pub(crate) use expire::{Expiring, older_than};
pub use extract::SeriesNumbersReader;
pub(crate) use index::Indexer;
pub use read::SeriesName;

/// Samples in a sealed block.
pub(crate) const BLOCK: usize = 1_024;

/// Lengths of the windows that blocks are summed up over, in milliseconds, by level; a block itself is level 0.
pub(crate) const WINDOWS: [i64; 2] = [86_400_000, 32 * 86_400_000];

/// Series kept of one dashboard; samples of further ones are counted and left out.
const MOST_SERIES: i64 = 768;

/// Of those, the ones that the dashboard itself gives a name to: tabs, features, processes and fields of its own.
const MOST_NAMED: i64 = 640;

/// What series are kept in.
pub(crate) const TABLES: &str = "
    CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        dashboard INTEGER NOT NULL,
        name TEXT NOT NULL,
        UNIQUE (dashboard, name)
    );
    CREATE INDEX series_by_name ON series (name);
    -- Samples left out because a dashboard has too many series.
    CREATE TABLE series_left_out (dashboard INTEGER PRIMARY KEY, samples INTEGER NOT NULL);
    -- Stretches of the log that are in the tables below.
    CREATE TABLE series_spans (first_place INTEGER PRIMARY KEY, last_place INTEGER NOT NULL);
    CREATE TABLE series_epochs (partition INTEGER PRIMARY KEY, epoch TEXT NOT NULL);
    CREATE TABLE series_chunks (
        series INTEGER NOT NULL,
        first_place INTEGER NOT NULL,
        start_at INTEGER NOT NULL,
        end_at INTEGER NOT NULL,
        count INTEGER NOT NULL,
        times BLOB NOT NULL,
        samples BLOB NOT NULL,
        PRIMARY KEY (series, first_place)
    ) WITHOUT ROWID;
    -- Appended to and never changed, so that their pages are full; what finds them is the summary of level 0.
    CREATE TABLE series_times (id INTEGER PRIMARY KEY, times BLOB NOT NULL);
    CREATE TABLE series_blocks (id INTEGER PRIMARY KEY, times INTEGER NOT NULL, samples BLOB NOT NULL);
    CREATE TABLE series_summaries (
        series INTEGER NOT NULL,
        level INTEGER NOT NULL,
        start_at INTEGER NOT NULL,
        first_place INTEGER NOT NULL,
        end_at INTEGER NOT NULL,
        count INTEGER NOT NULL,
        min REAL,
        min_at INTEGER NOT NULL,
        max REAL,
        max_at INTEGER NOT NULL,
        sum REAL,
        last REAL,
        -- The block of level 0.
        block INTEGER,
        PRIMARY KEY (series, level, start_at, first_place)
    ) WITHOUT ROWID;
";

/// Notes that there are no records between these places (both included), so that none is looked for.
pub(crate) fn nothing_between(connection: &Connection, (first, last): (i64, i64)) -> rusqlite::Result<()> {
    let mut known = spans::Spans::read(connection)?;
    known.add(first, last);
    known.write(connection)
}
