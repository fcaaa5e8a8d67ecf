//! What leaves and enters the program as files: exports, archives, imports.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    metrics::{ChartSeriesRequest, SeriesSelection},
    search::SearchScope,
};

/// `start_export`: write a file. It goes on in the background; how far it is stands in the frame. Returns its number.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StartExport {
    /// What is written.
    pub subject: ExportSubject,
    /// How.
    pub format: FileFormat,
    /// Where: the whole path of the file.
    pub path: String,
    /// Whether a file that is there already is replaced.
    pub replace: bool,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum ExportSubject {
    /// The records that a search finds.
    Records {
        /// What is searched for.
        scope: SearchScope,
    },
    /// Every sample of these series in a span.
    Samples {
        /// The series.
        selections: Vec<SeriesSelection>,
        /// Start of the span, in milliseconds since the Unix epoch.
        #[ts(type = "number")]
        from: i64,
        /// End of the span, in milliseconds since the Unix epoch.
        #[ts(type = "number")]
        to: i64,
    },
    /// The points of a chart as it is drawn.
    Chart {
        /// The chart.
        request: ChartSeriesRequest,
    },
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum FileFormat {
    /// For spreadsheets.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Typed columns, for tools that compute.
    Parquet,
    /// A stretch of one hub's log, to be looked at in another Mission Control. Of records only.
    Archive,
}

/// `suggest_export_path`: where a file might be written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SuggestExportPath {
    /// What the file is called after, such as `events`.
    pub name: String,
    /// How it is written.
    pub format: FileFormat,
    /// What the operator chose already; only its ending is changed. Null for a new one.
    pub current: Option<String>,
}

/// `suggest_export_path` returns this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedPath {
    /// The whole path of the file.
    pub path: String,
}

/// Exports, archives and imports.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TransfersView {
    /// Those under way, and those that are over and not dismissed yet, in the order in which they began.
    pub transfers: Vec<TransferRow>,
}

/// One export, archive or import: under way, or over and not dismissed yet.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TransferRow {
    /// Its number, for `cancel_transfer` and `dismiss_transfer`.
    pub id: u32,
    /// What sort of thing it is.
    pub kind: TransferKind,
    /// What it is: `Export of records`.
    pub title: String,
    /// The file it writes, or reads.
    pub path: String,
    /// Where it stands.
    pub state: TransferState,
}

/// What sort of thing is written or taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum TransferKind {
    /// Rows are written.
    Export,
    /// An archive is made.
    Archive,
    /// An archive is taken in.
    Import,
}

/// Where an export, archive or import stands.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "state")]
pub enum TransferState {
    /// Under way.
    Running {
        /// Part done, 0 to 1.
        part: f64,
        /// Records looked at, or samples read.
        #[ts(type = "number")]
        looked_at: u64,
        /// Of those, written.
        #[ts(type = "number")]
        written: u64,
    },
    /// The file is there as a whole.
    Done {
        /// Records or rows in it.
        #[ts(type = "number")]
        count: u64,
        /// Bytes of it.
        #[ts(type = "number")]
        bytes: u64,
        /// What should be known of it, in a sentence; null when nothing.
        note: Option<String>,
    },
    /// There is no file.
    Failed {
        /// Why, and what to do.
        message: String,
    },
    /// There is no file, as the operator wished.
    Cancelled,
}
