//! Series as a whole: what a reader sees is what the log says, whatever has been read into series so far.

#![allow(clippy::cast_precision_loss, reason = "small whole numbers")]

use std::{ops::ControlFlow, path::PathBuf};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp, operator_wire::RecordBatch,
};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::{Value, json, value::to_raw_value};
use tempfile::TempDir;
use uuid::Uuid;

use super::{BLOCK, MOST_SERIES, SeriesChart, chart, index::Indexer};
use crate::{LogReader, ReplicaWriter, upkeep::Chore};

const NAME: &str = "data.totalRecords";

fn dashboard(id: &str) -> DashboardId {
    DashboardId::new(id).unwrap()
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds)
}

fn report(seq: u64, time: i64, id: &str, body: &Value) -> Record {
    Record {
        seq,
        at: at(time),
        dashboard_id: dashboard(id),
        kind: RecordKind::Metrics,
        severity: Severity::Info,
        body: to_raw_value(body).unwrap(),
    }
}

fn sample(seq: u64, time: i64, value: f64) -> Record {
    report(seq, time, "a", &json!({"data": {"totalRecords": value}}))
}

/// Records 1, 2, 3… of these samples.
pub(super) fn samples(samples: &[(i64, f64)]) -> Vec<Record> {
    (1..).zip(samples).map(|(seq, (time, value))| sample(seq, *time, *value)).collect()
}

pub(super) struct Log {
    _directory: TempDir,
    path: PathBuf,
    writer: ReplicaWriter,
    reader: LogReader,
}

impl Log {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        let writer = ReplicaWriter::open(&path).unwrap();
        let reader = LogReader::open(&path).unwrap();
        Self { _directory: directory, path, writer, reader }
    }

    fn batch(records: &[Record]) -> RecordBatch {
        let head_seq = records.last().map_or(0, |record| record.seq);
        RecordBatch { partition: 0, epoch: Uuid::nil(), records: records.to_vec().into(), head_seq }
    }

    pub(super) fn append(&mut self, records: &[Record]) {
        self.writer.append(&Self::batch(records)).unwrap();
    }

    fn fill(&mut self, records: &[Record]) {
        let (first, last) = (records[0].seq, records.last().unwrap().seq);
        self.writer.fill(&Self::batch(records), first, last).unwrap();
    }

    pub(super) fn connection(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    /// One step of the chore; whether there was one.
    pub(super) fn step(&mut self, indexer: &mut impl Chore) -> bool {
        let Some(step) = indexer.prepare(&mut self.reader).unwrap() else { return false };
        let mut connection = self.connection();
        let transaction = connection.transaction().unwrap();
        step.commit(&transaction).unwrap();
        transaction.commit().unwrap();
        true
    }

    pub(super) fn index(&mut self, step: u64) {
        let mut indexer = Indexer::with_bounds(0, step);
        while self.step(&mut indexer) {}
    }

    fn chart(&mut self, from: i64, to: i64, points: usize) -> SeriesChart {
        self.reader.chart(&dashboard("a"), NAME, at(from), at(to), points).unwrap()
    }

    pub(super) fn everything(&mut self) -> Vec<(i64, f64)> {
        let chart = self.chart(i64::MIN / 4, i64::MAX / 4, usize::MAX / 4);
        points(&chart)
    }

    /// Every row of a table, as text.
    pub(super) fn dump(&self, table: &str) -> Vec<String> {
        let connection = self.connection();
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let rows = statement
            .query_map([], |row| {
                let values: rusqlite::Result<Vec<rusqlite::types::Value>> =
                    (0..columns).map(|column| row.get(column)).collect();
                Ok(format!("{:?}", values?))
            })
            .unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    fn count(&self, table: &str) -> usize {
        self.dump(table).len()
    }
}

/// The points of a chart, without the gaps.
fn points(chart: &SeriesChart) -> Vec<(i64, f64)> {
    chart.times.iter().zip(&chart.values).filter_map(|(time, value)| Some((*time, (*value)?))).collect()
}

fn every(milliseconds: i64, count: usize) -> Vec<(i64, f64)> {
    (0..)
        .take(count)
        .map(|index: i64| (1_000_000 + index * milliseconds, ((index * 7_919) % 1_000) as f64))
        .collect()
}

#[test]
fn what_is_indexed_and_what_is_not_look_the_same() {
    let mut log = Log::new();
    let all = every(5_000, 5 * BLOCK + 100);
    let records = samples(&all);
    log.append(&records[..3_000]);
    log.index(500);
    log.append(&records[3_000..]);
    assert_eq!(log.count("series_blocks"), 2);
    assert_eq!(log.everything(), all);
    log.index(1_000);
    assert_eq!(log.count("series_blocks"), 5);
    assert_eq!(log.everything(), all);
    assert_eq!(log.chart(0, 1_000_000, 100).values, [Some(0.0)]);
}

#[test]
fn what_was_prepared_twice_is_written_once() {
    let mut log = Log::new();
    let all = every(5_000, 2 * BLOCK);
    log.append(&samples(&all));
    // The program ended before the first was written, or an old one comes late.
    let mut connection = log.connection();
    let prepared: Vec<_> =
        (0..2).map(|_| Indexer::with_bounds(0, 9_999).prepare(&mut log.reader).unwrap().unwrap()).collect();
    for step in prepared {
        let transaction = connection.transaction().unwrap();
        step.commit(&transaction).unwrap();
        transaction.commit().unwrap();
    }
    assert_eq!(log.count("series_blocks"), 2);
    assert_eq!(log.everything(), all);
    assert!(!log.step(&mut Indexer::with_bounds(0, 9_999)));
}

#[test]
fn reading_the_log_again_writes_the_same_bytes() {
    let all = every(5_000, 4 * BLOCK + 77);
    let mut logs: Vec<_> = (0..2)
        .map(|_| {
            let mut log = Log::new();
            log.append(&samples(&all));
            log.index(700);
            log
        })
        .collect();
    // As after damage: everything is forgotten and made anew.
    let second = &mut logs[1];
    second.connection().execute("UPDATE series_epochs SET epoch = 'another life'", []).unwrap();
    assert!(second.step(&mut Indexer::with_bounds(0, 700)));
    assert_eq!(second.count("series_blocks"), 0);
    assert_eq!(second.everything(), all, "the log still has everything");
    second.index(700);
    for table in
        ["series", "series_times", "series_blocks", "series_chunks", "series_summaries", "series_spans"]
    {
        assert_eq!(logs[0].dump(table), logs[1].dump(table), "{table}");
    }
}

#[test]
fn a_hole_is_filled_in_between() {
    let mut log = Log::new();
    // Many samples in one millisecond, so that only their places tell their order.
    let all: Vec<(i64, f64)> =
        (0..6_000_i64).map(|index| (1_000_000 + index / 10 * 1_000, (index % 997) as f64)).collect();
    let records = samples(&all);
    log.append(&records[..1_500]);
    log.index(400);
    log.append(&records[4_005..]);
    log.index(400);
    let without: Vec<_> = all[..1_500].iter().chain(&all[4_005..]).copied().collect();
    assert_eq!(log.everything(), without);
    // The newest piece first, as a session asks for it.
    for piece in [3_000..4_005, 1_500..2_222, 2_222..3_000] {
        log.fill(&records[piece]);
        log.index(300);
    }
    assert_eq!(log.everything(), all);
    assert_eq!(log.count("series_spans"), 1);
    let day =
        log.connection().query_row("SELECT sum(count) FROM series_summaries WHERE level = 1", [], |row| {
            row.get::<_, Option<i64>>(0)
        });
    let blocks =
        log.connection()
            .query_row("SELECT sum(count) FROM series_summaries WHERE level = 0", [], |row| row.get(0));
    assert_eq!(day.unwrap(), blocks.unwrap());
}

#[test]
fn a_silence_is_a_gap_in_samples_and_in_stretches() {
    let mut log = Log::new();
    let mut all = every(5_000, 20_000);
    for (time, _) in &mut all[12_345..] {
        *time += 40_000_000;
    }
    log.append(&samples(&all));
    log.index(5_000);
    let end = all.last().unwrap().0;
    for points in [40, 400, 4_000, 40_000] {
        let chart = log.chart(0, end, points);
        assert_eq!(chart.usual_spacing, Some(5_000), "{points}");
        let gaps: Vec<_> = (0..chart.values.len()).filter(|index| chart.values[*index].is_none()).collect();
        assert_eq!(gaps.len(), 1, "{points}");
        assert_eq!(chart.times[gaps[0]], all[12_344].0 + (all[12_345].0 - all[12_344].0) / 2);
    }
}

#[test]
fn a_dashboard_with_too_many_names_keeps_the_usual_ones() {
    let mut log = Log::new();
    let tabs = |from: usize| {
        let views: serde_json::Map<_, _> =
            (from..from + 400).map(|tab| (format!("tab{tab}"), json!(1))).collect();
        json!({"usage": {"tabViews": views}})
    };
    let mut records: Vec<_> =
        (0..4_usize).map(|step| report(step as u64 + 1, 1_000, "a", &tabs(step * 400))).collect();
    records.push(sample(5, 2_000, 5.0));
    log.append(&records);
    log.index(2);
    assert!(log.count("series") <= MOST_SERIES as usize);
    assert_eq!(log.everything(), [(2_000, 5.0)]);
    let left_out = log.reader.samples_left_out(&dashboard("a")).unwrap();
    assert_eq!(left_out, 1_600 - super::MOST_NAMED as u64);
}

#[test]
fn series_of_one_report_share_their_times() {
    let mut log = Log::new();
    let records: Vec<_> = (0..BLOCK as u64)
        .map(|index| {
            let time = 1_000_000 + index.cast_signed() * 5_000 + (index.cast_signed() * 31) % 17;
            report(index + 1, time, "a", &json!({"data": {"totalRecords": index, "errorRate": 1.5}}))
        })
        .collect();
    log.append(&records);
    log.index(100);
    assert_eq!((log.count("series_blocks"), log.count("series_times")), (2, 1));
}

#[test]
fn aggregates_are_of_every_dashboard_and_sample() {
    let mut log = Log::new();
    let records: Vec<_> = (0..9_000_u64)
        .map(|index| {
            let id = ["a", "b", "c"][index as usize % 3];
            let value = (index / 3) * (index % 3 + 1);
            report(index + 1, index.cast_signed() * 1_000, id, &json!({"data": {"totalRecords": value}}))
        })
        .collect();
    log.append(&records[..8_000]);
    log.index(1_000);
    log.append(&records[8_000..]);
    let (from, to) = (1_500_000, 8_700_000);
    let mut found = Vec::new();
    log.reader
        .aggregates(NAME, at(from), at(to), true, |dashboard, aggregate| {
            found.push((dashboard, aggregate));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(found.len(), 3);
    for (number, (id, aggregate)) in (0..).zip(&found) {
        let values: Vec<u64> = (0..9_000_u64)
            .filter(|index| index % 3 == number && (from..=to).contains(&(index.cast_signed() * 1_000)))
            .map(|index| (index / 3) * (number + 1))
            .collect();
        assert_eq!(id.as_str(), ["a", "b", "c"][number as usize]);
        assert_eq!(aggregate.count, values.len() as u64);
        assert_eq!((aggregate.min, aggregate.max), (values[0] as f64, *values.last().unwrap() as f64));
        assert_eq!(aggregate.mean, values.iter().sum::<u64>() as f64 / values.len() as f64);
        assert_eq!(aggregate.last, *values.last().unwrap() as f64);
        let place = (values.len() * 95).div_ceil(100) - 1;
        assert_eq!((aggregate.p95, aggregate.p95_is_estimate), (Some(values[place] as f64), false));
    }
    let names = log.reader.series_names().unwrap();
    assert_eq!(names.len(), 1);
    assert_eq!((names[0].name.as_str(), names[0].dashboards.len()), (NAME, 3));
    assert!(log.reader.is_in_series(0, 1, 8_000).unwrap());
    assert!(!log.reader.is_in_series(0, 1, 8_001).unwrap());
}

#[test]
fn a_damaged_block_is_an_error_and_not_a_wrong_chart() {
    let mut log = Log::new();
    let all = every(5_000, BLOCK);
    log.append(&samples(&all));
    log.index(9_999);
    log.connection()
        .execute("UPDATE series_blocks SET samples = CAST(zeroblob(length(samples)) AS BLOB)", [])
        .unwrap();
    assert!(log.reader.chart(&dashboard("a"), NAME, at(0), at(i64::MAX / 4), 100).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_chart_is_what_drawing_every_sample_gives(
        spacings in proptest::collection::vec(prop_oneof![Just(0_i64), Just(5_000), 1_i64..20_000, Just(900_000)], 3_000..6_000),
        values in proptest::collection::vec(-500_i32..500, 6_000),
        indexed in 0.0..1.0_f64,
        step in 200..3_000_u64,
        (start, length) in (0.0..1.0_f64, 0.0..1.2_f64),
        limit in 16..900_usize,
    ) {
        let mut time = 1_700_000_000_000;
        let all: Vec<(i64, f64)> = spacings.iter().zip(&values).map(|(spacing, value)| {
            time += spacing;
            (time, f64::from(*value))
        }).collect();
        let mut log = Log::new();
        let records = samples(&all);
        let indexed = 1 + (indexed * (records.len() - 2) as f64) as usize;
        log.append(&records[..indexed]);
        log.index(step);
        log.append(&records[indexed..]);
        let span = (time - all[0].0) as f64;
        let from = all[0].0 + (span * start) as i64 - 1_000;
        let to = from + (span * length) as i64;
        let chart = log.chart(from, to, limit);
        let wanted: Vec<_> = all.iter().copied().filter(|(time, _)| (from..=to).contains(time)).collect();
        let naive = chart::of_samples(&wanted, from, to, limit);
        prop_assert_eq!(points(&chart), points(&naive));
        prop_assert!(points(&chart).len() <= limit);
        prop_assert_eq!(chart.aggregate, naive.aggregate);
        let drawn = points(&chart);
        prop_assert_eq!(drawn.first(), wanted.first());
        prop_assert_eq!(drawn.last(), wanted.last());
        prop_assert!(drawn.iter().all(|point| wanted.contains(point)));
    }
}
