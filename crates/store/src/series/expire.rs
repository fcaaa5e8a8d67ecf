//! Old numbers go: blocks and chunks that end before a bound, and series that have nothing left.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use mission_control_protocol::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::{
    WINDOWS,
    index::{SAMPLES, TOUCHED, advance_generation, generation, sum_up},
};
use crate::{
    LogReader, StoreError,
    upkeep::{Chore, Prepared},
};

/// Blocks and chunks dropped in one transaction at most.
const PIECE: usize = 512;

/// Blocks that share their times were sealed in one step, and so lie no further apart than a step has blocks.
const STEP_BLOCKS: i64 = (TOUCHED + SAMPLES / super::BLOCK + 1) as i64;

/// Drops numbers that need not be kept.
pub(crate) struct Expiring {
    age: Option<Duration>,
    now: fn() -> Timestamp,
    /// Time between two looks, once there was nothing to drop.
    pause: Duration,
    look_at: Instant,
}

impl Expiring {
    pub(crate) fn new(age: Option<Duration>, now: fn() -> Timestamp, pause: Duration) -> Self {
        Self { age, now, pause, look_at: Instant::now() }
    }
}

/// What goes.
struct Expired {
    generation: i64,
    /// Series, start and place of a block's summary, and the block.
    blocks: Vec<(i64, i64, i64, i64)>,
    /// Times that no block has any more.
    times: Vec<i64>,
    /// Series and place.
    chunks: Vec<(i64, i64)>,
    /// Series that have nothing left.
    series: Vec<i64>,
}

impl Chore for Expiring {
    fn name(&self) -> &'static str {
        "series retention"
    }

    fn prepare(&mut self, reader: &mut LogReader) -> Result<Option<Box<dyn Prepared>>, StoreError> {
        let Some(age) = self.age else { return Ok(None) };
        if Instant::now() < self.look_at {
            return Ok(None);
        }
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let cut = (self.now)().as_milliseconds().saturating_sub(age);
        let found = reader.read(|reader| find(reader.connection(), cut))?;
        if found.is_none() {
            self.look_at = Instant::now() + self.pause;
        }
        Ok(found.map(|found| Box::new(found) as Box<dyn Prepared>))
    }
}

/// Samples, and bytes of them, that end before `cut`.
pub(crate) fn older_than(connection: &Connection, cut: i64) -> rusqlite::Result<(u64, u64)> {
    let (mut samples, mut bytes) = (0, 0);
    let ids = series_ids(connection)?;
    let mut blocks = connection.prepare_cached(
        "SELECT coalesce(sum(count), 0), count(*) FROM series_summaries
         WHERE series = ?1 AND level = 0 AND start_at < ?2 AND end_at < ?2",
    )?;
    let mut chunks = connection.prepare_cached(
        "SELECT coalesce(sum(count), 0), coalesce(sum(length(times) + length(samples)), 0) FROM series_chunks
         WHERE series = ?1 AND end_at < ?2",
    )?;
    for id in ids {
        let pair = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
        };
        let (count, number) = blocks.query_row(params![id, cut], pair)?;
        // A block is a row of its own in a page of its own kind; what it takes is told by what all take.
        samples += count;
        bytes += number * BLOCK_BYTES;
        let (count, size) = chunks.query_row(params![id, cut], pair)?;
        samples += count;
        bytes += size;
    }
    Ok((samples, bytes))
}

/// What a block takes, about (decision 0016: 1.3 to 1.8 bytes a sample).
const BLOCK_BYTES: u64 = 1_600;

fn series_ids(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    connection.prepare_cached("SELECT id FROM series ORDER BY id")?.query_map([], |row| row.get(0))?.collect()
}

fn find(connection: &Connection, cut: i64) -> rusqlite::Result<Option<Expired>> {
    let mut expired = Expired {
        generation: generation(connection)?,
        blocks: Vec::new(),
        times: Vec::new(),
        chunks: Vec::new(),
        series: Vec::new(),
    };
    let mut blocks = connection.prepare_cached(
        "SELECT start_at, first_place, block FROM series_summaries
         WHERE series = ?1 AND level = 0 AND start_at < ?2 AND end_at < ?2 ORDER BY start_at, first_place",
    )?;
    let mut chunks = connection
        .prepare_cached("SELECT first_place FROM series_chunks WHERE series = ?1 AND end_at < ?2")?;
    let mut left = connection.prepare_cached(
        "SELECT (SELECT count(*) FROM series_summaries WHERE series = ?1 AND level = 0),
                (SELECT count(*) FROM series_chunks WHERE series = ?1)",
    )?;
    for id in series_ids(connection)? {
        let (blocks_before, chunks_before) = (expired.blocks.len(), expired.chunks.len());
        let found =
            blocks.query_map(params![id, cut], |row| Ok((id, row.get(0)?, row.get(1)?, row.get(2)?)))?;
        expired.blocks.extend(found.take(PIECE).collect::<rusqlite::Result<Vec<_>>>()?);
        let found = chunks.query_map(params![id, cut], |row| Ok((id, row.get(0)?)))?;
        expired.chunks.extend(found.collect::<rusqlite::Result<Vec<_>>>()?);
        let (all_blocks, all_chunks): (i64, i64) =
            left.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let gone =
            |all: i64, now: usize, before: usize| usize::try_from(all).is_ok_and(|all| all == now - before);
        if gone(all_blocks, expired.blocks.len(), blocks_before)
            && gone(all_chunks, expired.chunks.len(), chunks_before)
        {
            expired.series.push(id);
        }
        if expired.blocks.len() + expired.chunks.len() >= PIECE {
            break;
        }
    }
    if expired.blocks.is_empty() && expired.chunks.is_empty() && expired.series.is_empty() {
        return Ok(None);
    }
    expired.times = times_left_over(connection, &expired.blocks)?;
    Ok(Some(expired))
}

/// The times of `blocks` that no other block has.
fn times_left_over(connection: &Connection, blocks: &[(i64, i64, i64, i64)]) -> rusqlite::Result<Vec<i64>> {
    let going: BTreeSet<i64> = blocks.iter().map(|(.., block)| *block).collect();
    let mut users: HashMap<i64, bool> = HashMap::new();
    let mut times_of = connection.prepare_cached("SELECT times FROM series_blocks WHERE id = ?1")?;
    for block in &going {
        users.insert(times_of.query_row([block], |row| row.get(0))?, false);
    }
    let mut near =
        connection.prepare_cached("SELECT id, times FROM series_blocks WHERE id BETWEEN ?1 AND ?2")?;
    let mut looked_to = i64::MIN;
    for block in &going {
        let (from, to) = ((block - STEP_BLOCKS).max(looked_to.saturating_add(1)), block + STEP_BLOCKS);
        looked_to = to;
        let mut rows = near.query([from, to])?;
        while let Some(row) = rows.next()? {
            if !going.contains(&row.get(0)?)
                && let Some(is_used) = users.get_mut(&row.get(1)?)
            {
                *is_used = true;
            }
        }
    }
    let mut left: Vec<i64> =
        users.into_iter().filter(|(_, is_used)| !is_used).map(|(times, _)| times).collect();
    left.sort_unstable();
    Ok(left)
}

impl Prepared for Expired {
    fn commit(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if generation(transaction)? != self.generation {
            return Ok(());
        }
        advance_generation(transaction, self.generation)?;
        let mut windows: BTreeSet<(i64, u8, i64)> = BTreeSet::new();
        let mut summaries = transaction.prepare_cached(
            "DELETE FROM series_summaries WHERE series = ?1 AND level = 0 AND start_at = ?2 AND first_place = ?3",
        )?;
        let mut blocks = transaction.prepare_cached("DELETE FROM series_blocks WHERE id = ?1")?;
        for (series, start_at, first_place, block) in &self.blocks {
            summaries.execute([series, start_at, first_place])?;
            blocks.execute([block])?;
            for (level, window) in (1..).zip(WINDOWS) {
                windows.insert((*series, level, start_at.div_euclid(window)));
            }
        }
        for (series, level, window) in windows {
            sum_up(transaction, series, level, window)?;
        }
        let mut times = transaction.prepare_cached("DELETE FROM series_times WHERE id = ?1")?;
        for id in &self.times {
            times.execute([id])?;
        }
        let mut chunks =
            transaction.prepare_cached("DELETE FROM series_chunks WHERE series = ?1 AND first_place = ?2")?;
        for (series, first_place) in &self.chunks {
            chunks.execute([series, first_place])?;
        }
        let mut series = transaction.prepare_cached("DELETE FROM series WHERE id = ?1")?;
        for id in &self.series {
            series.execute([id])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::tests::{Log, samples};

    fn clock() -> Timestamp {
        Timestamp::from_milliseconds(1_000_000_000)
    }

    fn expire(log: &mut Log, keep: u64) {
        let mut chore = Expiring::new(Some(Duration::from_millis(keep)), clock, Duration::ZERO);
        while log.step(&mut chore) {}
    }

    #[test]
    fn what_ended_before_the_bound_goes_and_the_rest_is_drawn_as_before() {
        let mut log = Log::new();
        let taken: Vec<(i64, f64)> =
            (0..9_000_i32).map(|n| (i64::from(n) * 100_000, f64::from(n % 97))).collect();
        log.append(&samples(&taken));
        log.index(2_500);
        assert_eq!(log.everything().len(), 9_000);
        expire(&mut log, 500_000_000);
        let left = log.everything();
        let bound = 1_000_000_000 - 500_000_000;
        assert!(left.len() < 9_000 && left.len() >= 4_000, "{}", left.len());
        assert!(
            left.iter().filter(|(at, _)| *at >= bound).count()
                == taken.iter().filter(|(at, _)| *at >= bound).count()
        );
        assert_eq!(left[..], taken[9_000 - left.len()..]);
        let count = |query: &str| -> i64 { log.connection().query_row(query, [], |row| row.get(0)).unwrap() };
        let unused = "SELECT count(*) FROM series_times WHERE id NOT IN (SELECT times FROM series_blocks)";
        assert_eq!(count(unused), 0, "no times are left that no block has");
        let lost = "SELECT count(*) FROM series_blocks WHERE times NOT IN (SELECT id FROM series_times)";
        assert_eq!(count(lost), 0, "none are gone that a block has");
        assert_eq!(older_than(&log.connection(), bound).unwrap(), (0, 0));
        // What was dropped is not read from the log again.
        log.index(2_500);
        assert_eq!(log.everything(), left);
    }

    #[test]
    fn a_series_that_has_nothing_left_goes_and_comes_back_with_its_next_sample() {
        let mut log = Log::new();
        let taken: Vec<(i64, f64)> = (0..3_000_i32).map(|n| (i64::from(n), f64::from(n))).collect();
        log.append(&samples(&taken));
        log.index(1_000);
        expire(&mut log, 1_000);
        for table in ["series", "series_chunks", "series_blocks", "series_times", "series_summaries"] {
            assert!(log.dump(table).is_empty(), "{table}");
        }
        let later: Vec<_> =
            samples(&[(0, 0.0); 3_000].into_iter().chain([(999_999_999, 7.0)]).collect::<Vec<_>>());
        log.append(&later[3_000..]);
        log.index(1_000);
        expire(&mut log, 1_000);
        assert_eq!(log.everything(), [(999_999_999, 7.0)]);
    }
}
