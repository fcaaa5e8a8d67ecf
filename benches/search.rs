//! Searching a large log: a page of a filtered view, and of a full-text search, from anywhere in it.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use mission_control_store::{
    LogReader, ONLY_PARTITION,
    search::{
        Effort, Plan, UseCases,
        query::{LocalTime, Query},
    },
};

use crate::{generate::RARE_TYPE, table::Row};

/// Pages asked for with each query, each from another place of the log.
const PAGES: u64 = 100;

/// Hits of a page.
const PAGE: usize = 50;

/// Measures searching the log of `records` records at `path`.
pub fn measure(path: &Path, records: u64) -> Result<Vec<Row>> {
    let rare = format!("\"{}\"", RARE_TYPE.replace('_', " "));
    let filtered = Duration::from_millis(30);
    let full_text = Duration::from_millis(100);
    [
        ("kind:event severity>=error", filtered),
        ("kind:alert dashboard:energy-004*", filtered),
        ("severity:critical dashboard:energy-0040", filtered),
        ("scada", full_text),
        ("kind:event priya -billing", full_text),
        (rare.as_str(), full_text),
        ("quality raised dashboard:grid-*", full_text),
        ("payload.recordCount>4990 kind:event", full_text),
        ("notthere", full_text),
    ]
    .into_iter()
    .map(|(query, budget)| row(path, records, query, budget))
    .collect()
}

/// By a reader opened for each page, as the program does.
fn row(path: &Path, records: u64, text: &str, budget: Duration) -> Result<Row> {
    let query: Query = text.parse()?;
    let last = LogReader::open(path)?.records(ONLY_PARTITION, records, 1)?;
    let now = last.first().context("an empty log")?.at;
    let plan = Plan::new(&query, LocalTime { now, utc_offset_minutes: 0 }, &UseCases::new());
    let effort = Effort { stop: &|| false };
    let mut times = Vec::new();
    let mut found = 0;
    for number in 0..PAGES {
        let before = records - number * (records / PAGES);
        let started = Instant::now();
        let hits = LogReader::open(path)?.search_before(ONLY_PARTITION, &plan, before + 1, PAGE, &effort)?;
        times.push(started.elapsed());
        found += hits.records.len();
    }
    // The first finds nothing of what it reads in memory: it is named beside.
    let first = times[0];
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share).div_ceil(100).max(1) - 1];
    let milliseconds = |duration: Duration| format!("{:.2} ms", duration.as_secs_f64() * 1_000.0);
    Ok(Row {
        work: format!("search {text}, {records} records"),
        measured: format!("p99 {}", milliseconds(at(99))),
        beside: format!(
            "p50 {}, the first {}, {:.0} found",
            milliseconds(at(50)),
            milliseconds(first),
            found as f64 / PAGES as f64
        ),
        ratio: None,
        budget: format!("at most {} ms", budget.as_millis()),
        met: Some(at(99) <= budget),
    })
}
