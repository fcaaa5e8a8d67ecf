//! How a log behaves as it grows: what a record takes, how fast old pages are found, and how fast the hub ingests on top.

use std::{
    fs,
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use mission_control_protocol::{DashboardId, RecordKind, Timestamp};
use mission_control_store::{LogReader, ONLY_PARTITION, RecordFilter, SegmentForm, UpkeepSettings};

use crate::{
    generate::{self, Generated},
    table::Row,
};

/// Pages read for each filter, each from another place of the log.
const PAGES: u64 = 300;

/// Records of a page.
const PAGE: u32 = 50;

/// Measures reading in a log of `records` records that is kept in `directory`.
pub fn measure(directory: &Path, records: u64) -> Result<Vec<Row>> {
    fs::create_dir_all(directory)?;
    let Generated { path, elapsed } = generate::generate(directory, records)?;
    println!("log of {records} records: {} ({:.0} s to make)", path.display(), elapsed.as_secs_f64());
    let mut rows = vec![size(&path, records)?];
    let dashboard = Some(DashboardId::new("energy-0040")?);
    let filters = [
        ("everything", RecordFilter::default()),
        ("one dashboard of 1,000", RecordFilter { dashboard: dashboard.clone(), ..RecordFilter::default() }),
        (
            "events of one dashboard",
            RecordFilter { dashboard: dashboard.clone(), kinds: vec![RecordKind::Event] },
        ),
        ("alerts", RecordFilter { kinds: vec![RecordKind::Alert], ..RecordFilter::default() }),
        ("alerts of one dashboard", RecordFilter { dashboard, kinds: vec![RecordKind::Alert] }),
        (
            "a kind that never occurs",
            RecordFilter { kinds: vec![RecordKind::Query], ..RecordFilter::default() },
        ),
    ];
    for (name, filter) in filters {
        rows.push(pages(&path, records, name, &filter)?);
    }
    rows.push(bisecting(&path)?);
    rows.push(scanning(&path, records)?);
    Ok(rows)
}

fn size(path: &Path, records: u64) -> Result<Row> {
    let statistics = LogReader::open(path)?.statistics()?;
    let (mut raw, mut stored) = (0, 0);
    for kind in &statistics.kinds {
        println!(
            "  {:?}: {} records, {:.0} bytes each, {:.1} stored",
            kind.kind,
            kind.records,
            kind.raw_bytes as f64 / kind.records as f64,
            kind.stored_bytes as f64 / kind.records as f64,
        );
        raw += kind.raw_bytes;
        stored += kind.stored_bytes;
    }
    let each = |bytes: u64| bytes as f64 / records as f64;
    Ok(Row {
        work: format!("bytes per record, {records} records"),
        measured: format!(
            "{:.0} in the file, {:.0} of them records",
            each(statistics.used_bytes),
            each(stored)
        ),
        beside: format!("bodies as they came {:.0}", each(raw)),
        ratio: Some(statistics.used_bytes as f64 / raw as f64),
        budget: "-".to_owned(),
        met: None,
    })
}

/// What a record takes, and how long its page takes to read, for layouts beside the chosen one.
pub fn layouts(records: u64) -> Result<Vec<Row>> {
    let chosen = generate::kept_forever();
    let form = chosen.segment_form;
    let of = |segment_records, level, block_kib: usize, dictionary_kib: usize| UpkeepSettings {
        segment_records,
        segment_form: SegmentForm {
            level,
            block_bytes: block_kib * 1024,
            dictionary_bytes: dictionary_kib * 1024,
        },
        ..generate::kept_forever()
    };
    let unsealed = UpkeepSettings { head_records: u64::MAX, ..generate::kept_forever() };
    let layouts = [
        unsealed,
        chosen,
        of(1_024, form.level, 64, 16),
        of(16_384, form.level, 64, 16),
        of(4_096, 1, 64, 16),
        of(4_096, 9, 64, 16),
        of(4_096, form.level, 16, 16),
        of(4_096, form.level, 256, 16),
        of(4_096, form.level, 64, 0),
        of(4_096, form.level, 16, 0),
        of(4_096, form.level, 64, 112),
    ];
    let mut rows = Vec::new();
    for settings in layouts {
        let directory = tempfile::tempdir_in("target")?;
        let path = directory.path().join("log.sqlite");
        let started = Instant::now();
        generate::write(&path, records, &settings)?;
        let elapsed = started.elapsed();
        let filter =
            RecordFilter { dashboard: Some(DashboardId::new("energy-0040")?), ..RecordFilter::default() };
        let page = pages(&path, records, "one dashboard of 1,000", &filter)?;
        let SegmentForm { level, block_bytes, dictionary_bytes } = settings.segment_form;
        let layout = format!(
            "{} records, level {level}, blocks of {} KiB, dictionary of {} KiB",
            settings.segment_records,
            block_bytes / 1024,
            dictionary_bytes / 1024
        );
        let row = size(&path, records)?;
        rows.push(Row {
            work: if settings.head_records == u64::MAX { "not sealed".to_owned() } else { layout },
            beside: format!("{}; {:.1} s to make; page {}", row.beside, elapsed.as_secs_f64(), page.measured),
            ..row
        });
    }
    Ok(rows)
}

/// One page each from many places, by a reader opened for it, as the program does.
fn pages(path: &Path, records: u64, name: &str, filter: &RecordFilter) -> Result<Row> {
    let mut times = Vec::new();
    let mut found = 0;
    for number in 0..PAGES {
        let before = records - (number * 7_919 * records / PAGES / 7_919) % records;
        let started = Instant::now();
        let page = LogReader::open(path)?.newest(ONLY_PARTITION, filter, before + 1, PAGE, u64::MAX)?;
        times.push(started.elapsed());
        found += page.records.len();
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    Ok(Row {
        work: format!("page of {PAGE}, {name}, {records} records"),
        measured: format!("p99 {}", milliseconds(at(99))),
        beside: format!("p50 {}, {:.0} found", milliseconds(at(50)), found as f64 / PAGES as f64),
        ratio: None,
        budget: "at most 30 ms".to_owned(),
        met: Some(at(99) <= Duration::from_millis(30)),
    })
}

fn bisecting(path: &Path) -> Result<Row> {
    let reader = LogReader::open(path)?;
    let mut records = LogReader::open(path)?;
    let first = records.records(ONLY_PARTITION, 1, 1)?.first().context("an empty log")?.at.as_milliseconds();
    let last = reader.extents()?.first().context("no partition")?.last_seq;
    let last =
        records.records(ONLY_PARTITION, last, 1)?.first().context("an empty log")?.at.as_milliseconds();
    let started = Instant::now();
    const TIMES: i64 = 1_000;
    for number in 0..TIMES {
        reader
            .seq_at(ONLY_PARTITION, Timestamp::from_milliseconds(first + (last - first) / TIMES * number))?;
    }
    Ok(Row {
        work: "the record at an instant".to_owned(),
        measured: milliseconds(started.elapsed() / 1_000),
        beside: "-".to_owned(),
        ratio: None,
        budget: "-".to_owned(),
        met: None,
    })
}

fn scanning(path: &Path, records: u64) -> Result<Row> {
    let mut reader = LogReader::open(path)?;
    let wanted = 1_000_000.min(records);
    let from = records / 3;
    let mut count = 0_u64;
    let started = Instant::now();
    reader.scan(ONLY_PARTITION, &RecordFilter::default(), from, from + wanted - 1, |_| {
        count += 1;
        ControlFlow::Continue(())
    })?;
    Ok(Row {
        work: "reading records in order".to_owned(),
        measured: format!("{:.0}/s", count as f64 / started.elapsed().as_secs_f64()),
        beside: "-".to_owned(),
        ratio: None,
        budget: "-".to_owned(),
        met: None,
    })
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1_000.0)
}
