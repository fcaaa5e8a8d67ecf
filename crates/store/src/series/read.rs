//! What of a series is where: blocks, chunks, and the records that are not in either yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use mission_control_protocol::{DashboardId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    WINDOWS,
    extract::{MEASURED, NumberReader, kind_of},
    rows::{Chunk, SUMMARY_COLUMNS, Samples, SummaryRow, read_block},
    spans::Spans,
    summary::Summary,
};
use crate::{
    LogReader, RecordFilter, StoreError,
    database::{place, unplace},
};

/// Records looked at that are in no block or chunk yet; when there are more, older ones are left out and the answer
/// says that it is not complete.
const LOOKED_AT: u64 = 200_000;

/// The name of a series, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesName {
    /// Such as `performance.apiResponseTime`.
    pub name: String,
    /// The dashboards that reported it.
    pub dashboards: Vec<DashboardId>,
}

/// Part of a series, in the order of time.
pub(crate) enum Element {
    /// A block, or all blocks of a window, by its summary.
    Stretch(SummaryRow),
    /// Samples at hand.
    Samples { first_place: i64, samples: Samples },
}

impl Element {
    fn order(&self) -> (i64, i64) {
        match self {
            Self::Stretch(row) => (row.summary.start_at, row.first_place),
            Self::Samples { first_place, samples } => {
                (samples.times.first().copied().unwrap_or(i64::MIN), *first_place)
            }
        }
    }

    /// How many samples it has.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Stretch(row) => row.summary.count,
            Self::Samples { samples, .. } => samples.len() as u64,
        }
    }
}

/// Samples of one series in one stretch of the log.
struct Run {
    /// Where the stretch begins.
    stretch: i64,
    first_place: i64,
    last_place: i64,
    samples: Samples,
}

/// What the newest records say that is in no block or chunk yet.
#[derive(Default)]
pub(crate) struct Tail {
    series: HashMap<DashboardId, BTreeMap<String, Vec<Run>>>,
    /// Whether every record was looked at.
    pub(crate) is_complete: bool,
}

impl Tail {
    /// What it has of a series.
    pub(crate) fn take(&mut self, dashboard: &DashboardId, name: &str) -> Vec<(i64, Samples)> {
        let runs = self.series.get_mut(dashboard).and_then(|series| series.remove(name));
        runs.into_iter().flatten().map(|run| (run.first_place, run.samples)).collect()
    }

    /// Who reported a series of this name.
    pub(crate) fn dashboards_with(&self, name: &str) -> Vec<DashboardId> {
        self.series
            .iter()
            .filter(|(_, series)| series.contains_key(name))
            .map(|(dashboard, _)| dashboard.clone())
            .collect()
    }
}

/// Where equal stretches of time, as wide as `width`, are looked at one by one between `from` and `to` (both included).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buckets {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) width: i64,
}

impl Buckets {
    /// The number of the one that has `at`. They stand still whatever the span.
    pub(crate) fn of(&self, at: i64) -> i64 {
        at.div_euclid(self.width)
    }

    /// Whether a stretch lies in one of them as a whole, so that its summary says all.
    pub(crate) fn hold(&self, summary: &Summary) -> bool {
        summary.start_at >= self.from
            && summary.end_at <= self.to
            && self.of(summary.start_at) == self.of(summary.end_at)
    }
}

impl LogReader {
    /// The names of all series, in order.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn series_names(&mut self) -> Result<Vec<SeriesName>, StoreError> {
        self.in_one_view(|reader| {
            let mut names: BTreeMap<String, BTreeSet<DashboardId>> = BTreeMap::new();
            let read = |names: &mut BTreeMap<String, BTreeSet<DashboardId>>| {
                let mut statement = reader.connection().prepare_cached(
                    "SELECT name, dashboards.id FROM series JOIN dashboards ON number = dashboard ORDER BY name",
                )?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let dashboard = crate::origin::parse_column(row, 1)?;
                    names.entry(row.get(0)?).or_default().insert(dashboard);
                }
                Ok(())
            };
            read(&mut names).map_err(|source| reader.error(source))?;
            let tail = reader.tail(None, None, i64::MIN, i64::MAX)?;
            for (dashboard, series) in tail.series {
                for name in series.into_keys() {
                    names.entry(name).or_default().insert(dashboard.clone());
                }
            }
            let names = names.into_iter();
            Ok(names
                .map(|(name, dashboards)| SeriesName { name, dashboards: dashboards.into_iter().collect() })
                .collect())
        })
    }

    /// How many samples of a dashboard were left out, because it has more series than are kept.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn samples_left_out(&self, dashboard: &DashboardId) -> Result<u64, StoreError> {
        let read = || {
            let found: Option<i64> = self
                .connection()
                .prepare_cached(
                    "SELECT samples FROM series_left_out JOIN dashboards ON number = dashboard WHERE id = ?1",
                )?
                .query_row([dashboard.as_str()], |row| row.get(0))
                .optional()?;
            Ok(found.map_or(0, i64::cast_unsigned))
        };
        read().map_err(|source| self.error(source))
    }

    /// Whether every record of a partition from `first_seq` to `last_seq` that the log has is in series, so that the
    /// series lose nothing when it goes.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn is_in_series(&self, partition: u16, first_seq: u64, last_seq: u64) -> Result<bool, StoreError> {
        let holes = self.holes()?;
        let mut known = Spans::read(self.connection()).map_err(|source| self.error(source))?;
        for hole in holes.iter().filter(|hole| hole.partition == partition) {
            known.add(place(partition, hole.first_seq), place(partition, hole.last_seq));
        }
        Ok(known.missing(place(partition, first_seq), place(partition, last_seq)).is_empty())
    }

    /// Reads the records that are in no block or chunk yet, newest stretch first where there are too many.
    pub(crate) fn tail(
        &mut self,
        dashboard: Option<&DashboardId>,
        name: Option<&str>,
        from: i64,
        to: i64,
    ) -> Result<Tail, StoreError> {
        let mut tail = Tail { is_complete: true, ..Tail::default() };
        let spans = Spans::read(self.connection()).map_err(|source| self.error(source))?;
        let holes = self.holes()?;
        let kinds = name.map_or_else(|| MEASURED.to_vec(), |name| vec![kind_of(name)]);
        let filter = RecordFilter { dashboard: dashboard.cloned(), kinds };
        let mut numbers = NumberReader::default();
        let mut budget = LOOKED_AT;
        for extent in self.extents()? {
            let partition = extent.partition;
            let mut known = spans.clone();
            for hole in holes.iter().filter(|hole| hole.partition == partition) {
                known.add(place(partition, hole.first_seq), place(partition, hole.last_seq));
            }
            let mut missing = known.missing(place(partition, 1), place(partition, extent.last_seq));
            if missing.is_empty() {
                continue;
            }
            let (mut first_wanted, mut last_wanted) = (1, extent.last_seq);
            if from > i64::MIN {
                first_wanted = self.seq_at(partition, Timestamp::from_milliseconds(from))?;
            }
            if to < i64::MAX {
                last_wanted = self.seq_at(partition, Timestamp::from_milliseconds(to + 1))?.saturating_sub(1);
            }
            missing.reverse();
            for (first, last) in missing {
                let first_seq = unplace(first).1.max(first_wanted);
                let last_seq = unplace(last).1.min(last_wanted);
                if first_seq > last_seq {
                    continue;
                }
                let length = last_seq - first_seq + 1;
                let start = if length > budget { last_seq + 1 - budget } else { first_seq };
                tail.is_complete &= length <= budget;
                budget -= length.min(budget);
                self.scan(partition, &filter, start, last_seq, |record| {
                    let at = record.at.as_milliseconds();
                    let here = place(partition, record.seq);
                    let series = match tail.series.get_mut(&record.dashboard_id) {
                        Some(series) => series,
                        None => tail.series.entry(record.dashboard_id.clone()).or_default(),
                    };
                    numbers.read(record.kind, record.body.get(), |found, value| {
                        if name.is_none_or(|name| name == found) {
                            add(series, found, first, (here, at, value));
                        }
                    });
                    ControlFlow::Continue(())
                })?;
            }
        }
        Ok(tail)
    }

    /// The names of a dashboard's series, in order.
    pub(crate) fn names_of(&self, dashboard: &DashboardId, tail: &Tail) -> Result<Vec<String>, StoreError> {
        let read = || {
            let mut statement = self.connection().prepare_cached(
                "SELECT name FROM series JOIN dashboards ON number = dashboard WHERE dashboards.id = ?1",
            )?;
            let rows = statement.query_map([dashboard.as_str()], |row| row.get(0))?;
            rows.collect::<rusqlite::Result<BTreeSet<String>>>()
        };
        let mut names = read().map_err(|source| self.error(source))?;
        names.extend(tail.series.get(dashboard).into_iter().flat_map(|series| series.keys().cloned()));
        Ok(names.into_iter().collect())
    }

    /// The number of a dashboard's series in the file; `None` when no chunk or block has it.
    pub(crate) fn series_number(
        &self,
        dashboard: &DashboardId,
        name: &str,
    ) -> Result<Option<i64>, StoreError> {
        let read = || {
            self.connection()
                .prepare_cached(
                    "SELECT series.id FROM series JOIN dashboards ON number = dashboard
                     WHERE dashboards.id = ?1 AND name = ?2",
                )?
                .query_row([dashboard.as_str(), name], |row| row.get(0))
                .optional()
        };
        read().map_err(|source| self.error(source))
    }
}

/// Adds a number of the record at a place to its series.
fn add(
    series: &mut BTreeMap<String, Vec<Run>>,
    name: &str,
    stretch: i64,
    (here, at, value): (i64, i64, f64),
) {
    let runs = match series.get_mut(name) {
        Some(runs) => runs,
        None => series.entry(name.to_owned()).or_default(),
    };
    match runs.last_mut() {
        // Two processes of one name in one report.
        Some(run) if run.last_place == here => {
            if let Some(last) = run.samples.values.last_mut() {
                *last += value;
            }
        }
        Some(run) if run.stretch == stretch => {
            run.last_place = here;
            run.samples.push(at, value);
        }
        _ => {
            let mut samples = Samples::default();
            samples.push(at, value);
            runs.push(Run { stretch, first_place: here, last_place: here, samples });
        }
    }
}

/// The parts of a series between `from` and `to`, in order. Where all blocks of a window lie in one bucket, the
/// window's summary stands for them; the first and the last part may reach beyond the span.
pub(crate) fn elements(
    connection: &Connection,
    series: Option<i64>,
    tail: Vec<(i64, Samples)>,
    buckets: Buckets,
) -> rusqlite::Result<Vec<Element>> {
    let mut elements: Vec<Element> =
        tail.into_iter().map(|(first_place, samples)| Element::Samples { first_place, samples }).collect();
    if let Some(series) = series {
        stretches(connection, series, buckets, &mut elements)?;
        for chunk in Chunk::read_all(connection, series)? {
            if chunk.end_at >= buckets.from && chunk.start_at <= buckets.to {
                elements.push(Element::Samples { first_place: chunk.first_place, samples: chunk.decode()? });
            }
        }
    }
    elements.sort_by_key(Element::order);
    Ok(elements)
}

/// The largest level whose windows are well below the width of a bucket.
fn level_for(width: i64) -> u8 {
    (1..).zip(WINDOWS).filter(|(_, window)| width / 4 >= *window).map(|(level, _)| level).max().unwrap_or(0)
}

fn stretches(
    connection: &Connection,
    series: i64,
    buckets: Buckets,
    elements: &mut Vec<Element>,
) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT {SUMMARY_COLUMNS} FROM series_summaries
         WHERE series = ?1 AND level = ?2 AND start_at >= ?3 AND start_at <= ?4 ORDER BY start_at, first_place"
    ))?;
    let mut read = |level: u8, from: i64, to: i64| -> rusqlite::Result<Vec<SummaryRow>> {
        if from > to {
            return Ok(Vec::new());
        }
        select.query_map(params![series, level, from, to], SummaryRow::of)?.collect()
    };
    // The block that begins before the span may reach into it.
    let mut from: i64 = connection
        .prepare_cached(
            "SELECT coalesce(max(start_at), ?2) FROM series_summaries
             WHERE series = ?1 AND level = 0 AND start_at < ?2",
        )?
        .query_row([series, buckets.from], |row| row.get(0))?;
    let level = level_for(buckets.width);
    if level > 0 {
        let window = WINDOWS[usize::from(level) - 1];
        for (index, row) in read(level, buckets.from, buckets.to)?.into_iter().enumerate() {
            // Of the first, the very first sample is wanted.
            if index == 0 || !buckets.hold(&row.summary) {
                continue;
            }
            let number = row.summary.start_at.div_euclid(window);
            elements.extend(
                read(0, from, (number * window).saturating_sub(1))?.into_iter().map(Element::Stretch),
            );
            elements.push(Element::Stretch(row));
            from = (number + 1) * window;
        }
    }
    elements.extend(read(0, from, buckets.to)?.into_iter().map(Element::Stretch));
    Ok(())
}

/// Takes a series, part after part, in the order of time.
pub(crate) trait Sink {
    /// A stretch that lies in one bucket.
    fn stretch(&mut self, summary: &Summary);
    /// One sample.
    fn sample(&mut self, at: i64, value: f64);
}

/// Shows `sink` what lies in the buckets: stretches by their summaries where one bucket has all of it, else samples. The
/// first and the last part are always shown by their samples, so that the very first and last value are known.
pub(crate) fn show(
    connection: &Connection,
    elements: &[Element],
    buckets: Buckets,
    mut by_samples: impl FnMut(&SummaryRow) -> bool,
    sink: &mut impl Sink,
) -> rusqlite::Result<()> {
    for (index, element) in elements.iter().enumerate() {
        let is_end = index == 0 || index + 1 == elements.len();
        match element {
            Element::Stretch(row) if row.block.is_none() => sink.stretch(&row.summary),
            Element::Stretch(row) if !is_end && buckets.hold(&row.summary) && !by_samples(row) => {
                sink.stretch(&row.summary);
            }
            Element::Stretch(row) => show_samples(&read_block(connection, row)?, buckets, sink),
            Element::Samples { samples, .. } => show_samples(samples, buckets, sink),
        }
    }
    Ok(())
}

fn show_samples(samples: &Samples, buckets: Buckets, sink: &mut impl Sink) {
    let start = samples.times.partition_point(|at| *at < buckets.from);
    let end = samples.times.partition_point(|at| *at <= buckets.to);
    for (at, value) in samples.times[start..end].iter().zip(&samples.values[start..end]) {
        sink.sample(*at, *value);
    }
}
