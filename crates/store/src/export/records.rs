//! Records: what a query asks for, of the logs of one or more hubs.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use mission_control_protocol::{Record, RecordKind, Severity};
use serde::Serialize;

use super::{
    ExportError, ExportFormat, ExportProgress, Exported, NewFile, Watch,
    table::{Cell, CellType, Column, Table},
};
use crate::{
    LogReader, ONLY_PARTITION, StoreError,
    replica::Hole,
    search::{Effort, Plan, RecordView, type_of},
};

/// Records read at a time.
const PAGE: usize = 512;

/// Time between two reports of progress.
const REPORT: Duration = Duration::from_millis(100);

const COLUMNS: [Column; 8] = [
    Column::new("hub", CellType::Text),
    Column::new("seq", CellType::Integer),
    Column::new("at", CellType::Instant),
    Column::new("dashboard", CellType::Text),
    Column::new("kind", CellType::Text),
    Column::new("severity", CellType::Text),
    Column::optional("type", CellType::Text),
    Column::new("body", CellType::Json),
];

/// A hub whose records are exported.
#[derive(Debug, Clone)]
pub struct RecordSource {
    /// Its name, for people.
    pub hub: String,
    /// Its log; one that does not exist has no records.
    pub log: PathBuf,
    /// What is asked for.
    pub plan: Plan,
}

/// Writes what is asked for to a file at `target`: hub after hub, the oldest record first. What is received after this
/// began is not in it.
///
/// # Errors
/// See [`ExportError`]; then there is no file, and one that was there is as it was.
pub fn export_records(
    sources: &[RecordSource],
    format: ExportFormat,
    target: &Path,
    replace: bool,
    watch: Watch<'_>,
) -> Result<Exported, ExportError> {
    let mut table = Table::begin(format, &COLUMNS, NewFile::create(target, replace)?)?;
    let mut walks = Vec::new();
    for source in sources.iter().filter(|source| source.log.exists()) {
        walks.push((source, Walk::begin(&source.log, &source.plan)?));
    }
    let total: u64 = walks.iter().map(|(_, walk)| walk.length()).sum();
    let mut rows = 0;
    let (mut looked_before, mut missing) = (0, 0);
    for (source, walk) in &mut walks {
        loop {
            let page = walk.next_page(&source.plan)?;
            for record in &page {
                write_record(&mut table, &source.hub, record)?;
            }
            rows += page.len() as u64;
            let looked_at = looked_before + walk.looked_at();
            let progress = ExportProgress { looked_at, written: rows, part: part_of(looked_at, total) };
            if watch(progress).is_break() {
                return Err(ExportError::Cancelled);
            }
            if walk.is_over() {
                break;
            }
        }
        looked_before += walk.looked_at();
        missing += walk.missing()?;
    }
    Ok(Exported { rows, bytes: table.finish()?, missing, is_complete: true })
}

/// Part done, 0 to 1.
pub(crate) fn part_of(done: u64, total: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "progress is no exact number")]
    let part = done.min(total) as f64 / total.max(1) as f64;
    part
}

fn write_record(table: &mut Table, hub: &str, record: &Record) -> Result<(), ExportError> {
    let type_name = type_of(&RecordView::from(record));
    table.row(&[
        Cell::Text(hub),
        Cell::Integer(record.seq),
        Cell::Instant(record.at),
        Cell::Text(record.dashboard_id.as_str()),
        Cell::Text(&kind_name(record.kind)),
        Cell::Text(&severity_name(record.severity)),
        type_name.as_deref().map_or(Cell::Empty, Cell::Text),
        Cell::Json(record.body.get()),
    ])
}

fn kind_name(kind: RecordKind) -> String {
    wire_name(&kind)
}

fn severity_name(severity: Severity) -> String {
    wire_name(&severity)
}

/// The name that the protocol gives a value.
fn wire_name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// Goes once through the part of a log that a plan may ask for, oldest first, as the log was when it began.
pub(crate) struct Walk {
    pub(crate) reader: LogReader,
    first: u64,
    last: u64,
    /// Everything up to here was looked at.
    reached: u64,
    ended: bool,
}

impl Walk {
    pub(crate) fn begin(log: &Path, plan: &Plan) -> Result<Self, StoreError> {
        let mut reader = LogReader::open(log)?;
        let extent = reader.extents()?.into_iter().find(|extent| extent.partition == ONLY_PARTITION);
        let (mut first, mut last) =
            extent.map_or((1, 0), |extent| (extent.first_seq.max(1), extent.last_seq));
        // Kinds that are kept longer may be there before the first from which on everything is.
        first = reader.records(ONLY_PARTITION, 1, 1)?.first().map_or(first, |oldest| oldest.seq.min(first));
        if let Some(from) = plan.requirements.from {
            first = first.max(reader.seq_at(ONLY_PARTITION, from)?);
        }
        if let Some(to) = plan.requirements.to {
            last = last.min(reader.seq_at(ONLY_PARTITION, to)?.saturating_sub(1));
        }
        let ended = first > last;
        Ok(Self { reader, first, last, reached: first - 1, ended })
    }

    /// The stretch that is gone through, both ends included; `None` when there is nothing.
    pub(crate) fn stretch(&self) -> Option<(u64, u64)> {
        (self.first <= self.last).then_some((self.first, self.last))
    }

    pub(crate) fn length(&self) -> u64 {
        self.stretch().map_or(0, |(first, last)| last - first + 1)
    }

    pub(crate) fn looked_at(&self) -> u64 {
        (self.reached + 1).saturating_sub(self.first)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ended
    }

    /// The next records that `plan` asks for. It returns in time for a report of progress, perhaps with none.
    pub(crate) fn next_page(&mut self, plan: &Plan) -> Result<Vec<Record>, StoreError> {
        if self.ended {
            return Ok(Vec::new());
        }
        let started = Instant::now();
        let stop = || started.elapsed() >= REPORT;
        let mut hits =
            self.reader.search_after(ONLY_PARTITION, plan, self.reached, PAGE, &Effort { stop: &stop })?;
        hits.records.retain(|record| record.seq <= self.last);
        self.reached = hits.reached.unwrap_or(self.last).min(self.last);
        self.ended = self.reached >= self.last;
        Ok(hits.records)
    }

    /// Records of the stretch that the log does not have, though it should.
    pub(crate) fn missing(&self) -> Result<u64, StoreError> {
        let lost = self.reader.holes()?.into_iter().chain(self.reader.damage().iter().copied());
        Ok(lost.filter_map(|hole| self.within(hole)).map(|hole| hole.last_seq - hole.first_seq + 1).sum())
    }

    /// What of a hole lies in the stretch.
    pub(crate) fn within(&self, hole: Hole) -> Option<Hole> {
        let (first, last) = self.stretch()?;
        let hole = Hole { first_seq: hole.first_seq.max(first), last_seq: hole.last_seq.min(last), ..hole };
        (hole.partition == ONLY_PARTITION && hole.first_seq <= hole.last_seq).then_some(hole)
    }
}
