//! The state of the fleet at any instant of a large log.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use mission_control_protocol::Timestamp;
use mission_control_store::{LogReader, ONLY_PARTITION, Projection};

use crate::table::Row;

/// Instants asked for, spread over the log.
const INSTANTS: u64 = 100;

/// Measures the log of `records` records at `path`, by a reader opened for each instant.
pub fn measure(path: &Path, records: u64) -> Result<Row> {
    let mut reader = LogReader::open(path)?;
    let mut times = Vec::new();
    for number in 0..INSTANTS {
        let seq = 1 + number * 7_919 % INSTANTS * (records / INSTANTS) + records / INSTANTS / 3;
        let at = reader.records(ONLY_PARTITION, seq, 1)?.first().context("a hole")?.at;
        let started = Instant::now();
        let (_, cursors) = LogReader::open(path)?.projection_at(at)?;
        times.push(started.elapsed());
        anyhow::ensure!(cursors.first().is_some_and(|cursor| cursor.seq >= seq), "it stopped short");
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    let milliseconds = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1_000.0);
    Ok(Row {
        work: format!("the fleet at an instant, {records} records"),
        measured: format!("p99 {}", milliseconds(at(99))),
        beside: format!("p50 {}, {}", milliseconds(at(50)), floor(&mut reader)?),
        ratio: None,
        budget: "at most 200 ms".to_owned(),
        met: Some(at(99) <= Duration::from_millis(200)),
    })
}

/// What reading the newest state from its bytes takes, and nothing else.
fn floor(reader: &mut LogReader) -> Result<String> {
    let newest = Timestamp::from_milliseconds(i64::MAX / 4);
    let (projection, _) = reader.projection_at(newest)?;
    let text = serde_json::to_string(&projection)?;
    let started = Instant::now();
    let read: Projection = serde_json::from_str(&text)?;
    let elapsed = started.elapsed();
    drop(read);
    Ok(format!("parsing its {} kB {:.1} ms", text.len() / 1_000, elapsed.as_secs_f64() * 1_000.0))
}
