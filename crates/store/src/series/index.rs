//! The chore that reads numbers from the log into series.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::ControlFlow,
};

use mission_control_protocol::{DashboardId, operator_wire::PartitionExtent};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    BLOCK, MOST_NAMED, MOST_SERIES, WINDOWS,
    codec::{encode_times, encode_values},
    extract::{MEASURED, NumberReader, is_named_by_the_protocol},
    rows::{Chunk, SUMMARY_COLUMNS, Samples, SummaryRow},
    spans::Spans,
    summary::Summary,
};
use crate::{
    LogReader, RecordFilter, StoreError,
    database::{place, unplace},
    upkeep::{Chore, Prepared},
};

/// Records at the log's end that are left to the log: reading them there takes a few milliseconds, and larger steps
/// write less.
const LEFT_TO_THE_LOG: u64 = 5_000;

/// Records read in one step.
const STEP: u64 = 20_000;

/// A step ends when it touches so many series, so that its commit is short.
pub(super) const TOUCHED: usize = 4_000;

/// A step ends when it has so many samples.
pub(super) const SAMPLES: usize = 400_000;

/// Chunks of a series at most; then they become one.
const CHUNKS: u32 = 32;

/// Summaries of larger windows are kept of so many blocks or more; fewer are read as fast one by one.
const WORTHWHILE: usize = 4;

/// Reads numbers from the log into series.
#[derive(Debug)]
pub(crate) struct Indexer {
    numbers: NumberReader,
    left_to_the_log: u64,
    step: u64,
}

impl Default for Indexer {
    fn default() -> Self {
        Self { numbers: NumberReader::default(), left_to_the_log: LEFT_TO_THE_LOG, step: STEP }
    }
}

impl Indexer {
    /// One with other bounds, for tests.
    #[cfg(test)]
    pub(crate) fn with_bounds(left_to_the_log: u64, step: u64) -> Self {
        Self { left_to_the_log, step, ..Self::default() }
    }

    fn next_step(&mut self, reader: &mut LogReader) -> Result<Option<Box<dyn Prepared>>, StoreError> {
        let extents = reader.extents()?;
        let state = State::read(reader.connection()).map_err(|source| reader.error(source))?;
        if extents.iter().any(|extent| {
            state.epochs.get(&extent.partition).is_some_and(|known| *known != extent.epoch.to_string())
        }) {
            // The numbers of another life of the log say nothing of this one.
            return Ok(Some(Box::new(StartOver { generation: state.generation })));
        }
        let holes = reader.holes()?;
        for extent in &extents {
            let mut known = state.spans.clone();
            for hole in holes.iter().filter(|hole| hole.partition == extent.partition) {
                known.add(place(hole.partition, hole.first_seq), place(hole.partition, hole.last_seq));
            }
            let end = place(extent.partition, extent.last_seq);
            for (first, last) in known.missing(place(extent.partition, 1), end) {
                let length = (last - first).unsigned_abs() + 1;
                if last == end && length <= self.left_to_the_log {
                    continue;
                }
                return self.read(reader, &state, *extent, first, last).map(Some);
            }
        }
        Ok(None)
    }

    fn read(
        &mut self,
        reader: &mut LogReader,
        state: &State,
        extent: PartitionExtent,
        first: i64,
        last: i64,
    ) -> Result<Box<dyn Prepared>, StoreError> {
        let filter = RecordFilter { dashboard: None, kinds: MEASURED.to_vec() };
        let (_, first_seq) = unplace(first);
        let last_seq = unplace(last).1.min(first_seq + self.step - 1);
        let mut reached = last_seq;
        let mut dashboards: HashMap<DashboardId, HashMap<Box<str>, Found>> = HashMap::new();
        let (mut touched, mut samples) = (0, 0);
        let numbers = &mut self.numbers;
        numbers.left_out = 0;
        reader.scan(extent.partition, &filter, first_seq, last_seq, |record| {
            let at = record.at.as_milliseconds();
            let here = place(extent.partition, record.seq);
            let found = match dashboards.get_mut(&record.dashboard_id) {
                Some(found) => found,
                None => dashboards.entry(record.dashboard_id.clone()).or_default(),
            };
            numbers.read(record.kind, record.body.get(), |name, value| {
                samples += 1;
                match found.get_mut(name) {
                    Some(found) => found.push(here, at, value),
                    None => {
                        touched += 1;
                        found.entry(name.into()).or_default().push(here, at, value);
                    }
                }
            });
            if touched >= TOUCHED || samples >= SAMPLES {
                reached = record.seq;
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        let left_out = numbers.left_out;
        let mut spans = state.spans.clone();
        spans.add(first, place(extent.partition, reached));
        let mut step = Step { generation: state.generation, spans, ..Step::default() };
        step.epochs.push((extent.partition, extent.epoch.to_string()));
        if left_out > 0 {
            tracing::debug!(left_out, "numbers beyond what one report may have were left out");
        }
        let connection = reader.connection();
        step.plan(connection, dashboards).map_err(|source| reader.error(source))?;
        Ok(Box::new(step))
    }
}

impl Chore for Indexer {
    fn name(&self) -> &'static str {
        "series"
    }

    fn prepare(&mut self, reader: &mut LogReader) -> Result<Option<Box<dyn Prepared>>, StoreError> {
        reader.in_one_view(|reader| self.next_step(reader))
    }
}

/// What was known when a step was prepared.
struct State {
    generation: i64,
    spans: Spans,
    epochs: HashMap<u16, String>,
}

impl State {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached("SELECT partition, epoch FROM series_epochs")?;
        let epochs = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { generation: generation(connection)?, spans: Spans::read(connection)?, epochs })
    }
}

/// Counts the changes made to series, so that work prepared from an older state is not written over a newer one.
pub(super) fn generation(connection: &Connection) -> rusqlite::Result<i64> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'series_generation'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

pub(super) fn advance_generation(connection: &Connection, from: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta VALUES ('series_generation', ?1)")?
        .execute([(from + 1).to_string()])
        .map(|_| ())
}

/// New samples of one series.
#[derive(Debug, Default)]
struct Found {
    places: Vec<i64>,
    samples: Samples,
}

impl Found {
    fn push(&mut self, here: i64, at: i64, value: f64) {
        // Two processes of one name in one report.
        if self.places.last() == Some(&here)
            && let Some(last) = self.samples.values.last_mut()
        {
            *last += value;
            return;
        }
        self.places.push(here);
        self.samples.push(at, value);
    }
}

/// A block that is to be sealed.
struct Sealed {
    series: i64,
    first_place: i64,
    summary: Summary,
    /// Its place in [`Step::times`].
    times: usize,
    samples: Vec<u8>,
}

/// One step of the chore, ready to be written.
#[derive(Default)]
struct Step {
    generation: i64,
    spans: Spans,
    epochs: Vec<(u16, String)>,
    new_series: Vec<(i64, i64, String)>,
    left_out: Vec<(i64, u64)>,
    /// Chunks that are part of something larger now.
    merged: Vec<(i64, i64)>,
    chunks: Vec<Chunk>,
    times: Vec<Vec<u8>>,
    times_known: HashMap<Vec<u8>, usize>,
    blocks: Vec<Sealed>,
}

impl Step {
    fn plan(
        &mut self,
        connection: &Connection,
        dashboards: HashMap<DashboardId, HashMap<Box<str>, Found>>,
    ) -> rusqlite::Result<()> {
        let mut next_id: i64 =
            connection.query_row("SELECT coalesce(max(id), 0) + 1 FROM series", [], |row| row.get(0))?;
        // In the order of names, so that reading the same log again writes the same bytes.
        let dashboards: BTreeMap<_, _> = dashboards.into_iter().collect();
        for (dashboard, found) in dashboards {
            let number: i64 = connection
                .prepare_cached("SELECT number FROM dashboards WHERE id = ?1")?
                .query_row([dashboard.as_str()], |row| row.get(0))?;
            let mut known = SeriesOf::read(connection, number)?;
            let mut left_out = 0;
            let found: BTreeMap<_, _> = found.into_iter().collect();
            for (name, found) in found {
                let series = match known.ids.get(&*name) {
                    Some(series) => *series,
                    None if known.has_room(&name) => {
                        let series = next_id;
                        next_id += 1;
                        known.add(series, &name);
                        self.new_series.push((series, number, name.into()));
                        series
                    }
                    None => {
                        left_out += found.samples.len() as u64;
                        continue;
                    }
                };
                self.take(connection, series, &found)?;
            }
            if left_out > 0 {
                self.left_out.push((number, left_out));
            }
        }
        Ok(())
    }

    /// Plans where the new samples of a series go.
    fn take(&mut self, connection: &Connection, series: i64, found: &Found) -> rusqlite::Result<()> {
        let (chunks, waiting): (u32, u32) = connection
            .prepare_cached("SELECT count(*), coalesce(sum(count), 0) FROM series_chunks WHERE series = ?1")?
            .query_row([series], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some(first_place) = found.places.first() else { return Ok(()) };
        if chunks < CHUNKS && waiting as usize + found.samples.len() < BLOCK {
            let Samples { times, values } = &found.samples;
            self.chunks.extend(Chunk::of(series, *first_place, times, values));
            return Ok(());
        }
        let mut parts: Vec<Part> = Vec::with_capacity(chunks as usize + 1);
        for chunk in Chunk::read_all(connection, series)? {
            let samples = chunk.decode()?;
            parts.push(Part { first_place: chunk.first_place, samples, places: None });
        }
        let new =
            Part { first_place: *first_place, samples: found.samples.clone(), places: Some(&found.places) };
        let index = parts.partition_point(|part| part.first_place < new.first_place);
        parts.insert(index, new);
        let boundaries = blocks_between(connection, series, &parts)?;
        let group_of = |part: &Part| {
            let blocks_before = boundaries.partition_point(|block| *block < part.first_place);
            (self.spans.number_of(part.first_place), blocks_before)
        };
        let mut groups: Vec<(_, Vec<Part>)> = Vec::new();
        for part in parts {
            let key = group_of(&part);
            match groups.last_mut() {
                Some((known, group)) if *known == key => group.push(part),
                _ => groups.push((key, vec![part])),
            }
        }
        for (_, group) in groups {
            self.put_together(series, &group);
        }
        Ok(())
    }

    /// Makes blocks of parts that follow each other, and one chunk of what is left.
    fn put_together(&mut self, series: i64, parts: &[Part]) {
        if let [part] = parts
            && part.places.is_none()
        {
            return;
        }
        let mut samples = Samples::default();
        // Where each part begins in `samples`.
        let mut starts = Vec::with_capacity(parts.len());
        for part in parts {
            starts.push(samples.len());
            samples.extend(&part.samples);
            if part.places.is_none() {
                self.merged.push((series, part.first_place));
            }
        }
        let place_at = |index: usize| {
            let part = starts.partition_point(|start| *start <= index).saturating_sub(1);
            let place = parts[part].places.and_then(|places| places.get(index - starts[part]));
            // No block begins in a part that is stored already before this one: such parts are shorter than a block.
            place.copied().unwrap_or(parts[part].first_place)
        };
        let mut start = 0;
        while samples.len() - start >= BLOCK {
            self.seal(series, place_at(start), &samples, start);
            start += BLOCK;
        }
        if start < samples.len() {
            let (times, values) = (&samples.times[start..], &samples.values[start..]);
            self.chunks.extend(Chunk::of(series, place_at(start), times, values));
        }
    }

    fn seal(&mut self, series: i64, first_place: i64, samples: &Samples, start: usize) {
        let times = &samples.times[start..start + BLOCK];
        let values = &samples.values[start..start + BLOCK];
        let Some(summary) = Summary::of(times, values) else { return };
        let encoded = encode_times(times);
        let times = match self.times_known.get(&encoded) {
            Some(times) => *times,
            None => {
                self.times.push(encoded.clone());
                self.times_known.insert(encoded, self.times.len() - 1);
                self.times.len() - 1
            }
        };
        self.blocks.push(Sealed { series, first_place, summary, times, samples: encode_values(values) });
    }
}

impl Prepared for Step {
    fn commit(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if generation(transaction)? != self.generation {
            return Ok(());
        }
        advance_generation(transaction, self.generation)?;
        for (partition, epoch) in &self.epochs {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO series_epochs VALUES (?1, ?2)")?
                .execute(params![partition, epoch])?;
        }
        for (id, dashboard, name) in &self.new_series {
            transaction
                .prepare_cached("INSERT INTO series VALUES (?1, ?2, ?3)")?
                .execute(params![id, dashboard, name])?;
        }
        for (dashboard, samples) in &self.left_out {
            transaction
                .prepare_cached(
                    "INSERT INTO series_left_out VALUES (?1, ?2)
                     ON CONFLICT (dashboard) DO UPDATE SET samples = samples + excluded.samples",
                )?
                .execute(params![dashboard, samples.cast_signed()])?;
        }
        for (series, first_place) in &self.merged {
            transaction
                .prepare_cached("DELETE FROM series_chunks WHERE series = ?1 AND first_place = ?2")?
                .execute([series, first_place])?;
        }
        for chunk in &self.chunks {
            chunk.insert(transaction)?;
        }
        self.write_blocks(transaction)?;
        self.spans.write(transaction)
    }
}

impl Step {
    fn write_blocks(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut times = Vec::with_capacity(self.times.len());
        for encoded in &self.times {
            transaction.prepare_cached("INSERT INTO series_times (times) VALUES (?1)")?.execute([encoded])?;
            times.push(transaction.last_insert_rowid());
        }
        let mut windows: BTreeSet<(i64, u8, i64)> = BTreeSet::new();
        for block in &self.blocks {
            transaction
                .prepare_cached("INSERT INTO series_blocks (times, samples) VALUES (?1, ?2)")?
                .execute(params![times[block.times], block.samples])?;
            let row = SummaryRow {
                first_place: block.first_place,
                summary: block.summary,
                block: Some(transaction.last_insert_rowid()),
            };
            row.insert(transaction, block.series, 0)?;
            for (level, window) in (1..).zip(WINDOWS) {
                windows.insert((block.series, level, block.summary.start_at.div_euclid(window)));
            }
        }
        for (series, level, window) in windows {
            sum_up(transaction, series, level, window)?;
        }
        Ok(())
    }
}

/// Writes the summary of all blocks that begin in a window, in place of the last one.
pub(super) fn sum_up(connection: &Connection, series: i64, level: u8, window: i64) -> rusqlite::Result<()> {
    let length = WINDOWS[usize::from(level) - 1];
    let (from, to) = (window.saturating_mul(length), (window + 1).saturating_mul(length));
    let mut summary: Option<Summary> = None;
    let mut blocks = 0;
    {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {SUMMARY_COLUMNS} FROM series_summaries
             WHERE series = ?1 AND level = 0 AND start_at >= ?2 AND start_at < ?3 ORDER BY start_at, first_place"
        ))?;
        let mut rows = statement.query(params![series, from, to])?;
        while let Some(row) = rows.next()? {
            let row = SummaryRow::of(row)?;
            blocks += 1;
            match &mut summary {
                Some(summary) => summary.follow(&row.summary),
                None => summary = Some(row.summary),
            }
        }
    }
    connection
        .prepare_cached(
            "DELETE FROM series_summaries WHERE series = ?1 AND level = ?2 AND start_at >= ?3 AND start_at < ?4",
        )?
        .execute(params![series, level, from, to])?;
    match summary {
        Some(summary) if blocks >= WORTHWHILE => {
            SummaryRow { first_place: 0, summary, block: None }.insert(connection, series, level)
        }
        _ => Ok(()),
    }
}

/// Samples that follow each other, as one chunk has them or a step found them.
struct Part<'found> {
    first_place: i64,
    samples: Samples,
    /// Where each sample stands in the log, when that is known.
    places: Option<&'found [i64]>,
}

/// Where the blocks that lie between the first and the last part begin, in order.
fn blocks_between(connection: &Connection, series: i64, parts: &[Part<'_>]) -> rusqlite::Result<Vec<i64>> {
    let start = parts.first().and_then(|part| part.samples.times.first());
    let end = parts.last().and_then(|part| part.samples.times.first());
    let mut statement = connection.prepare_cached(
        "SELECT first_place FROM series_summaries
         WHERE series = ?1 AND level = 0 AND start_at >= ?2 AND start_at <= ?3 ORDER BY first_place",
    )?;
    let rows = statement.query_map(params![series, start, end], |row| row.get(0))?;
    rows.collect()
}

/// The series of one dashboard.
struct SeriesOf {
    ids: HashMap<String, i64>,
    named: i64,
}

impl SeriesOf {
    fn read(connection: &Connection, dashboard: i64) -> rusqlite::Result<Self> {
        let mut known = Self { ids: HashMap::new(), named: 0 };
        let mut statement = connection.prepare_cached("SELECT id, name FROM series WHERE dashboard = ?1")?;
        let mut rows = statement.query([dashboard])?;
        while let Some(row) = rows.next()? {
            known.add(row.get(0)?, row.get_ref(1)?.as_str()?);
        }
        Ok(known)
    }

    fn add(&mut self, series: i64, name: &str) {
        self.named += i64::from(!is_named_by_the_protocol(name));
        self.ids.insert(name.to_owned(), series);
    }

    fn has_room(&self, name: &str) -> bool {
        let all = i64::try_from(self.ids.len()).unwrap_or(i64::MAX);
        all < MOST_SERIES && (is_named_by_the_protocol(name) || self.named < MOST_NAMED)
    }
}

/// Forgets every series: the log started anew.
struct StartOver {
    generation: i64,
}

impl Prepared for StartOver {
    fn commit(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if generation(transaction)? != self.generation {
            return Ok(());
        }
        advance_generation(transaction, self.generation)?;
        transaction.execute_batch(
            "DELETE FROM series; DELETE FROM series_left_out; DELETE FROM series_spans; DELETE FROM series_epochs;
             DELETE FROM series_chunks; DELETE FROM series_times; DELETE FROM series_blocks;
             DELETE FROM series_summaries;",
        )
    }
}
