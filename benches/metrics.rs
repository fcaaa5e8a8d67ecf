//! How small series are, and how fast a year of one is charted. Beside the sizes stand the floors: the samples as they
//! are, the same through zstd, and `pco` over each series as a whole.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use mission_control_protocol::{
    DashboardId, Record, RecordKind, Severity, Timestamp, operator_wire::RecordBatch,
};
use mission_control_store::{LogReader, ReplicaWriter, Upkeep};
use pco::{ChunkConfig, standalone::simple_compress};
use rusqlite::{Connection, OpenFlags};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{generate, table::Row};

/// The series that the samples are reported as.
const NAME: &str = "data.totalRecords";

/// Records appended behind the samples, so that none of those is left to the log.
const BEHIND: u64 = 5_001;

/// Records in one batch.
const BATCH: usize = 20_000;

/// Dashboards that send each of the real series, where more are measured.
const COPIES: i64 = 10;

/// Pixels of the chart of a year.
const PIXELS: usize = 1_000;

/// Times the chart is drawn.
const DRAWINGS: usize = 21;

/// One real series.
struct Series {
    name: String,
    times: Vec<i64>,
    values: Vec<f64>,
}

/// Bytes per sample of the real series in `directory` (CSV files of `timestamp,value`), and of a hub's log, where there
/// is one to measure.
pub fn sizes(directory: &Path, log: Option<&Path>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    if directory.is_dir() {
        let series = read(directory)?;
        let scratch = tempfile::tempdir_in("target")?;
        let path = scratch.path().join("cache.sqlite");
        fill(&path, &series)?;
        rows.extend(compare(&path, "real series", &series)?);
        // A few tables that are begun weigh much beside so few samples: the same series, as more dashboards send them.
        let more = repeated(&series);
        let path = scratch.path().join("more.sqlite");
        fill(&path, &more)?;
        rows.extend(compare(&path, "real series of ten times the dashboards", &more)?);
    } else {
        println!("metrics: no series at {}; name a directory with --series", directory.display());
    }
    if let Some(log) = log {
        rows.extend(live(log)?);
    }
    Ok(rows)
}

/// The same series under [`COPIES`] names each, at other times.
fn repeated(series: &[Series]) -> Vec<Series> {
    let copy_of = |one: &Series, copy: i64| Series {
        name: format!("{}-{copy}", one.name),
        times: one.times.iter().map(|time| time + copy * 1_000_003).collect(),
        values: one.values.clone(),
    };
    series.iter().flat_map(|one| (0..COPIES).map(move |copy| copy_of(one, copy))).collect()
}

fn read(directory: &Path) -> Result<Vec<Series>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    files.iter().map(|file| read_file(file).with_context(|| format!("{}", file.display()))).collect()
}

fn read_file(file: &Path) -> Result<Series> {
    let name = file.file_stem().context("no name")?.to_string_lossy().into_owned();
    let mut samples: Vec<(i64, f64)> = Vec::new();
    for line in fs::read_to_string(file)?.lines().skip(1) {
        let (time, value) = line.split_once(',').context("not `timestamp,value`")?;
        let time: Timestamp = format!("{}Z", time.replace(' ', "T")).parse()?;
        samples.push((time.as_milliseconds(), value.parse()?));
    }
    samples.sort_by_key(|(time, _)| *time);
    let (times, values) = samples.into_iter().unzip();
    Ok(Series { name, times, values })
}

fn record(seq: u64, at: i64, dashboard: &DashboardId, kind: RecordKind, body: String) -> Result<Record> {
    Ok(Record {
        seq,
        at: Timestamp::from_milliseconds(at),
        dashboard_id: dashboard.clone(),
        kind,
        severity: Severity::Info,
        body: RawValue::from_string(body)?,
    })
}

/// Writes the series into a cache, as reports in the order of their times, and has them all read into series.
fn fill(path: &Path, series: &[Series]) -> Result<()> {
    let mut samples: Vec<(i64, usize, f64)> = Vec::new();
    for (number, one) in series.iter().enumerate() {
        samples.extend(one.times.iter().zip(&one.values).map(|(time, value)| (*time, number, *value)));
    }
    samples.sort_by_key(|(time, number, _)| (*time, *number));
    let ids = series
        .iter()
        .map(|one| DashboardId::new(&one.name.to_lowercase().replace(['_', '.'], "-")))
        .collect::<Result<Vec<_>, _>>()?;
    let mut writer = ReplicaWriter::open(path)?;
    let mut upkeep = Upkeep::open(path, &generate::kept_forever())?;
    let mut seq = 0;
    let mut last_at = 0;
    for batch in samples.chunks(BATCH) {
        let mut records = Vec::with_capacity(batch.len());
        for (at, number, value) in batch {
            seq += 1;
            last_at = *at;
            let body = format!(r#"{{"data":{{"totalRecords":{value:?}}}}}"#);
            records.push(record(seq, *at, &ids[*number], RecordKind::Metrics, body)?);
        }
        append(&mut writer, records)?;
        tend(&mut writer, &mut upkeep)?;
    }
    let behind = (0..BEHIND).map(|offset| {
        record(seq + 1 + offset, last_at, &ids[0], RecordKind::Event, r#"{"type":"X"}"#.to_owned())
    });
    append(&mut writer, behind.collect::<Result<_>>()?)?;
    tend(&mut writer, &mut upkeep)?;
    Ok(writer.close()?)
}

fn append(writer: &mut ReplicaWriter, records: Vec<Record>) -> Result<()> {
    let head_seq = records.last().map_or(0, |record| record.seq);
    let batch = RecordBatch { partition: 0, epoch: Uuid::nil(), head_seq, records: records.into() };
    writer.append(&batch)?;
    Ok(())
}

fn tend(writer: &mut ReplicaWriter, upkeep: &mut Upkeep) -> Result<()> {
    while let Some(piece) = upkeep.prepare()? {
        writer.tend(&piece)?;
    }
    Ok(())
}

/// What the tables of series take.
struct Taken {
    /// Pages of blocks, of their times and of chunks.
    samples: u64,
    /// Pages of summaries: what finds the blocks, and the rollups.
    summaries: u64,
}

fn taken(connection: &Connection) -> Result<Taken> {
    let mut statement = connection.prepare(
        "SELECT name, sum(pgsize), count(*), sum(unused) FROM dbstat WHERE name LIKE 'series%' GROUP BY name",
    )?;
    let mut taken = Taken { samples: 0, summaries: 0 };
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let bytes: i64 = row.get(1)?;
        println!(
            "{:<44} {:>5} pages of {bytes} bytes, {} of them unused",
            row.get_ref(0)?.as_str()?,
            row.get::<_, i64>(2)?,
            row.get::<_, i64>(3)?
        );
        match row.get_ref(0)?.as_str()? {
            "series_summaries" => taken.summaries += bytes.cast_unsigned(),
            "series_blocks" | "series_times" | "series_chunks" => taken.samples += bytes.cast_unsigned(),
            _ => {}
        }
    }
    Ok(taken)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_sample(bytes: u64, samples: u64) -> f64 {
    bytes as f64 / samples as f64
}

/// Prints what each series takes, and returns the row of all of them.
fn compare(path: &Path, what: &str, series: &[Series]) -> Result<Vec<Row>> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut of_series = connection.prepare(
        "SELECT coalesce((SELECT sum(length(samples)) FROM series_summaries JOIN series_blocks
                              ON series_blocks.id = block WHERE series_summaries.series = ?1), 0)
              + coalesce((SELECT sum(length(times) + length(samples)) FROM series_chunks WHERE series = ?1), 0)
              + coalesce((SELECT sum(length(t.times) * 1.0
                              / (SELECT count(*) FROM series_blocks WHERE series_blocks.times = t.id))
                          FROM series_summaries JOIN series_blocks b ON b.id = block
                          JOIN series_times t ON t.id = b.times WHERE series_summaries.series = ?1), 0)
         FROM series JOIN dashboards ON number = dashboard WHERE series.id = ?1",
    )?;
    let mut number_of = connection.prepare(
        "SELECT series.id FROM series JOIN dashboards ON number = dashboard WHERE dashboards.id = ?1 AND name = ?2",
    )?;
    println!(
        "{:<44} {:>8} {:>10} {:>10} {:>10}",
        "bytes per sample", "samples", "stored", "zstd -19", "pco whole"
    );
    let (mut all, mut all_zstd, mut all_pco) = (0, 0, 0);
    for one in series {
        let (dashboard, name) = match one.name.split_once('/') {
            Some((dashboard, name)) => (dashboard.to_owned(), name),
            None => (one.name.to_lowercase().replace(['_', '.'], "-"), NAME),
        };
        let id: i64 = number_of.query_row([dashboard.as_str(), name], |row| row.get(0))?;
        let stored: f64 = of_series.query_row([id], |row| row.get(0))?;
        let raw: Vec<u8> = one
            .times
            .iter()
            .flat_map(|time| time.to_le_bytes())
            .chain(one.values.iter().flat_map(|value| value.to_le_bytes()))
            .collect();
        let zstd = zstd::encode_all(raw.as_slice(), 19)?.len() as u64;
        let config = ChunkConfig::default();
        let pco = (simple_compress(&one.times, &config)?.len() + simple_compress(&one.values, &config)?.len())
            as u64;
        let count = one.times.len() as u64;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let stored = stored / count as f64;
        println!(
            "{:<44} {count:>8} {stored:>10.3} {:>10.3} {:>10.3}",
            one.name,
            per_sample(zstd, count),
            per_sample(pco, count)
        );
        all += count;
        all_zstd += zstd;
        all_pco += pco;
    }
    let taken = taken(&connection)?;
    let stored = per_sample(taken.samples, all);
    Ok(vec![Row {
        work: format!("metrics: {what}, {all} samples of {} series", series.len()),
        measured: format!(
            "{stored:.3} B per sample with times and pages; summaries {:.3} B more",
            per_sample(taken.summaries, all)
        ),
        beside: format!(
            "raw 16 B, zstd -19 {:.3} B, pco whole {:.3} B",
            per_sample(all_zstd, all),
            per_sample(all_pco, all)
        ),
        ratio: Some(stored / per_sample(all_pco, all)),
        budget: "1.5 B per sample, rollups apart".to_owned(),
        met: Some(stored <= 1.5),
    }])
}

/// The numbers of this log's reports, as a cache of it would keep them. The log itself is only read.
fn live(log: &Path) -> Result<Vec<Row>> {
    let mut reader = LogReader::open(log)?;
    let scratch = tempfile::tempdir_in("target")?;
    let path = scratch.path().join("cache.sqlite");
    let mut writer = ReplicaWriter::open(&path)?;
    let mut upkeep = Upkeep::open(&path, &generate::kept_forever())?;
    let mut next = 1;
    let mut last: Option<Record> = None;
    loop {
        let records = reader.records(0, next, 20_000)?;
        let Some(newest) = records.last() else { break };
        next = newest.seq + 1;
        last = Some(newest.clone());
        append(&mut writer, records)?;
        tend(&mut writer, &mut upkeep)?;
    }
    let Some(last) = last else { bail!("{} has no records", log.display()) };
    let behind = (0..BEHIND)
        .map(|offset| {
            let event = r#"{"type":"X"}"#.to_owned();
            record(next + offset, last.at.as_milliseconds(), &last.dashboard_id, RecordKind::Event, event)
        })
        .collect::<Result<_>>()?;
    append(&mut writer, behind)?;
    tend(&mut writer, &mut upkeep)?;
    writer.close()?;
    let mut reader = LogReader::open(&path)?;
    let mut series = Vec::new();
    let (from, to) = (Timestamp::from_milliseconds(0), Timestamp::from_milliseconds(i64::MAX / 4));
    for name in reader.series_names()? {
        for dashboard in name.dashboards {
            let chart = reader.chart(&dashboard, &name.name, from, to, usize::MAX / 4)?;
            let samples = chart.times.iter().zip(&chart.values);
            let (times, values): (Vec<i64>, Vec<f64>) =
                samples.filter_map(|(time, value)| Some((*time, (*value)?))).unzip();
            if !times.is_empty() {
                series.push(Series { name: format!("{dashboard}/{}", name.name), times, values });
            }
        }
    }
    compare(&path, "live series", &series)
}

/// The chart of one series over a year of samples `spacing` apart, in a cache that has been read into series.
pub fn chart_year(samples: usize) -> Result<Vec<Row>> {
    const SPACING: i64 = 5_000;
    const START: i64 = 1_700_000_000_000;
    let scratch = tempfile::tempdir_in("target")?;
    let path = scratch.path().join("cache.sqlite");
    let dashboard = DashboardId::new("charted")?;
    let mut writer = ReplicaWriter::open(&path)?;
    let mut upkeep = Upkeep::open(&path, &generate::kept_forever())?;
    let mut random: u64 = 88_172_645_463_325_252;
    let mut noise = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below).cast_signed()
    };
    let mut level: i64 = 50_000;
    let (mut seq, mut at) = (0, START);
    let started = Instant::now();
    while seq < samples as u64 {
        let mut records = Vec::with_capacity(BATCH);
        for _ in 0..BATCH.min(samples - usize::try_from(seq)?) {
            seq += 1;
            at = START + seq.cast_signed() * SPACING + noise(40);
            level = (level + noise(201) - 100).clamp(0, 100_000);
            let body = format!(r#"{{"data":{{"totalRecords":{}.{:03}}}}}"#, level / 1_000, level % 1_000);
            records.push(record(seq, at, &dashboard, RecordKind::Metrics, body)?);
        }
        append(&mut writer, records)?;
        tend(&mut writer, &mut upkeep)?;
    }
    println!(
        "chart-year: {samples} samples written and read into series in {:.1} s",
        started.elapsed().as_secs_f64()
    );
    writer.close()?;
    let mut reader = LogReader::open(&path)?;
    let (from, to) = (Timestamp::from_milliseconds(START), Timestamp::from_milliseconds(at));
    let mut rows = Vec::new();
    let mut times = Vec::new();
    let mut drawn = 0;
    for _ in 0..DRAWINGS {
        let started = Instant::now();
        let chart = reader.chart(&dashboard, NAME, from, to, PIXELS * 2)?;
        times.push(started.elapsed());
        drawn = chart.times.len();
    }
    times.sort_unstable();
    let (median, worst) = (times[DRAWINGS / 2], times[DRAWINGS - 1]);
    let naive = {
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let started = Instant::now();
        let mut statement = connection.prepare("SELECT times, samples FROM series_blocks")?;
        let mut blocks = statement.query([])?;
        let mut bytes = 0;
        while let Some(block) = blocks.next()? {
            bytes += block.get_ref(1)?.as_blob()?.len();
        }
        (started.elapsed(), bytes)
    };
    let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
    rows.push(Row {
        work: format!("chart-year: one series, {samples} samples, {PIXELS} pixels"),
        measured: format!(
            "p50 {:.1} ms, worst {:.1} ms, {drawn} points",
            milliseconds(median),
            milliseconds(worst)
        ),
        beside: format!("only reading its {} bytes {:.1} ms", naive.1, milliseconds(naive.0)),
        ratio: Some(median.as_secs_f64() / naive.0.as_secs_f64()),
        budget: "50 ms, at most 2 points per pixel".to_owned(),
        met: Some(milliseconds(median) <= 50.0 && drawn <= PIXELS * 2),
    });
    let started = Instant::now();
    let mut compared = 0;
    reader.aggregates(NAME, from, to, false, |_, _| {
        compared += 1;
        ControlFlow::Continue(())
    })?;
    rows.push(Row {
        work: "chart-year: its least, mean and greatest".to_owned(),
        measured: format!("{:.2} ms", milliseconds(started.elapsed())),
        beside: format!("{compared} series"),
        ratio: None,
        budget: String::new(),
        met: None,
    });
    Ok(rows)
}
