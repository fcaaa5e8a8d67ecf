//! Samples: series of dashboards, as they were measured.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use mission_control_protocol::{DashboardId, Timestamp};

use super::{
    ExportError, ExportFormat, ExportProgress, Exported, NewFile, Watch,
    table::{Cell, CellType, Column, Table},
};
use crate::LogReader;

/// Samples written between two looks at the clock.
const STRETCH: u64 = 4_096;

/// Time between two reports of progress.
const REPORT: Duration = Duration::from_millis(100);

const COLUMNS: [Column; 5] = [
    Column::new("hub", CellType::Text),
    Column::new("dashboard", CellType::Text),
    Column::new("series", CellType::Text),
    Column::new("at", CellType::Instant),
    Column::optional("value", CellType::Number),
];

/// A series that is exported.
#[derive(Debug, Clone)]
pub struct SampleSource {
    /// The hub's name, for people.
    pub hub: String,
    /// Its log; one that does not exist has no samples.
    pub log: PathBuf,
    /// Whose series.
    pub dashboard: DashboardId,
    /// Which, such as `performance.apiResponseTime`.
    pub series: String,
}

/// Writes every sample of `sources` between `from` and `to` (both included) to a file at `target`: series after series,
/// each in the order of time.
///
/// # Errors
/// See [`ExportError`]; then there is no file, and one that was there is as it was.
pub fn export_samples(
    sources: &[SampleSource],
    (from, to): (Timestamp, Timestamp),
    format: ExportFormat,
    target: &Path,
    replace: bool,
    watch: Watch<'_>,
) -> Result<Exported, ExportError> {
    if from > to {
        return Err(ExportError::Invalid(
            "the span ends before it begins; choose an end after its beginning".to_owned(),
        ));
    }
    let mut table = Table::begin(format, &COLUMNS, NewFile::create(target, replace)?)?;
    #[expect(clippy::cast_precision_loss, reason = "progress is no exact number")]
    let span = to.milliseconds_since(from).max(1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "progress is no exact number")]
    let count = sources.len().max(1) as f64;
    let (mut rows, mut is_complete) = (0, true);
    let mut reported = Instant::now();
    for (index, source) in sources.iter().enumerate().filter(|(_, source)| source.log.exists()) {
        let mut failure = None;
        is_complete &= LogReader::open(&source.log)?.samples(
            &source.dashboard,
            &source.series,
            from,
            to,
            |at, value| {
                let written = table.row(&[
                    Cell::Text(&source.hub),
                    Cell::Text(source.dashboard.as_str()),
                    Cell::Text(&source.series),
                    Cell::Instant(at),
                    Cell::Number(value),
                ]);
                rows += 1;
                if let Err(error) = written {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
                if rows % STRETCH != 0 || reported.elapsed() < REPORT {
                    return ControlFlow::Continue(());
                }
                reported = Instant::now();
                #[expect(clippy::cast_precision_loss, reason = "progress is no exact number")]
                let part = (index as f64 + at.milliseconds_since(from) as f64 / span) / count;
                let flow = watch(ExportProgress { looked_at: rows, written: rows, part });
                if flow.is_break() {
                    failure = Some(ExportError::Cancelled);
                }
                flow
            },
        )?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        #[expect(clippy::cast_precision_loss, reason = "progress is no exact number")]
        let part = (index + 1) as f64 / count;
        if watch(ExportProgress { looked_at: rows, written: rows, part }).is_break() {
            return Err(ExportError::Cancelled);
        }
    }
    Ok(Exported { rows, bytes: table.finish()?, missing: 0, is_complete })
}
