//! The metrics explorer: any series of any dashboard over any span, side by side; who stands out.

use mission_control_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DashboardKey, Status};

/// `series_catalog` returns this: which series there are, and who has them.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesCatalog {
    /// The series by group, in the order they are shown; empty groups are left out.
    pub groups: Vec<SeriesGroup>,
    /// Every dashboard that has a series, by name. Entries point here by index.
    pub dashboards: Vec<SeriesOwner>,
    /// What could not be read, a sentence for each hub.
    pub problems: Vec<String>,
}

/// Series that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesGroup {
    /// `status`, `performance`, `usage`, `data`, `agents`, `workflows`, `resources` or `other`.
    pub key: String,
    /// Title.
    pub title: String,
    /// Its series.
    pub series: Vec<SeriesEntry>,
}

/// A series that some dashboards have.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesEntry {
    /// Its name, such as `performance.apiResponseTime`: what requests ask for.
    pub name: String,
    /// Title, for people.
    pub title: String,
    /// Unit, such as `ms`, `%`, `B`, `B/s`, `/s`, or empty for a count.
    pub unit: String,
    /// Whether more of it is better: success, quality, throughput.
    pub more_is_better: bool,
    /// Who has it: indices into [`SeriesCatalog::dashboards`].
    pub dashboards: Vec<u32>,
}

/// A dashboard that has series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesOwner {
    /// Which.
    pub dashboard: DashboardKey,
    /// Its name.
    pub name: String,
    /// Name of its hub.
    pub hub_name: String,
}

/// One series of one dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesSelection {
    /// Whose.
    pub dashboard: DashboardKey,
    /// Which.
    pub name: String,
}

/// What a chart is compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Comparison {
    /// Nothing.
    #[default]
    None,
    /// The same hours of the day before.
    PreviousDay,
    /// The same hours of the same day of the week before.
    PreviousWeek,
}

impl Comparison {
    /// How long before, in milliseconds.
    #[must_use]
    pub fn milliseconds(self) -> Option<i64> {
        const DAY: i64 = 86_400_000;
        match self {
            Self::None => None,
            Self::PreviousDay => Some(DAY),
            Self::PreviousWeek => Some(7 * DAY),
        }
    }
}

/// `chart_series`: series of any dashboards over one span. A newer request of this kind ends an older one with the
/// code `superseded`. `chart_csv` takes the same and returns text.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChartSeriesRequest {
    /// Which series; at most 24.
    pub selections: Vec<SeriesSelection>,
    /// Start of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub from: i64,
    /// End of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub to: i64,
    /// Points per line at most: twice the width of the chart in pixels. 16 to 8,000.
    pub points: u32,
    /// What each line is compared with.
    pub compare: Comparison,
}

/// `chart_series` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesChartView {
    /// Start of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub from: i64,
    /// End of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub to: i64,
    /// A line for each selection, in their order; a compared line follows the line it is compared with.
    pub lines: Vec<SeriesLine>,
    /// Alerts and commands of the selected dashboards in the span, oldest first, at most 200.
    pub markers: Vec<ChartMarker>,
    /// Whether there are more, or older ones were not looked for.
    pub markers_are_partial: bool,
}

/// One line of a chart. Lines have times of their own: only what was measured is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesLine {
    /// Whose and which.
    pub selection: SeriesSelection,
    /// Name of the dashboard.
    pub dashboard_name: String,
    /// Title of the series.
    pub title: String,
    /// Unit, such as `ms`, `%`, `B`, `B/s`, `/s`, or empty for a count. Lines of one unit share an axis.
    pub unit: String,
    /// How much earlier this line was measured than it is drawn, in milliseconds: 0, or what it is compared with.
    #[ts(type = "number")]
    pub shifted_by: i64,
    /// Times of the points as they are drawn, in milliseconds since the Unix epoch, not falling.
    #[ts(type = "Array<number>")]
    pub times: Vec<i64>,
    /// One value per time; null in the middle of a gap.
    pub values: Vec<Option<f64>>,
    /// The spacing that nine in ten samples keep, in milliseconds.
    #[ts(type = "number | null")]
    pub usual_spacing: Option<i64>,
    /// All samples of the span in a few numbers; null when there is none.
    pub numbers: Option<SeriesNumbers>,
    /// Whether every sample was looked at; not so while the history of an older version is being read in.
    pub is_complete: bool,
    /// Why there is no line, in a sentence: the history cannot be read.
    pub problem: Option<String>,
}

/// Samples over a span in a few numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesNumbers {
    /// How many samples.
    #[ts(type = "number")]
    pub count: u64,
    /// The least value.
    pub min: f64,
    /// When it was first reached.
    pub min_at: Timestamp,
    /// The greatest value.
    pub max: f64,
    /// When it was first reached.
    pub max_at: Timestamp,
    /// The mean.
    pub mean: f64,
    /// The last value.
    pub last: f64,
    /// When that was.
    pub last_at: Timestamp,
    /// The value that 95 in 100 samples do not exceed; null where it was not asked for.
    pub p95: Option<f64>,
}

/// What a marker marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MarkerKind {
    /// An alert was raised.
    Alert,
    /// A command was issued.
    Command,
}

/// An alert or a command that falls into the span of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChartMarker {
    /// What it marks.
    pub kind: MarkerKind,
    /// When it happened.
    pub at: Timestamp,
    /// Title of the alert, or type of the command.
    pub title: String,
    /// How it looks.
    pub status: Status,
    /// Id of the alert or command.
    pub id: String,
    /// Of which dashboard.
    pub dashboard: DashboardKey,
    /// Name of that dashboard.
    pub dashboard_name: String,
}

/// What dashboards are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum RankBy {
    /// The mean, the greatest first.
    Mean,
    /// The greatest value, the greatest first.
    Max,
    /// The value that 95 in 100 samples do not exceed, the greatest first.
    P95,
    /// The last value, the greatest first.
    Last,
    /// The mean, the worst first: the least where more is better.
    Failing,
}

/// `rank_series`: the dashboards that stand at the top by one series. A newer request of this kind ends an older one with
/// the code `superseded`.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RankSeriesRequest {
    /// Which series.
    pub name: String,
    /// Start of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub from: i64,
    /// End of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub to: i64,
    /// By what.
    pub by: RankBy,
    /// Dashboards at most; 200 at the most.
    pub limit: u32,
}

/// `rank_series` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesRanking {
    /// Title of the series.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// The dashboards, the first at the top.
    pub rows: Vec<RankedDashboard>,
    /// How many dashboards were compared.
    pub compared: u32,
    /// Whether a 95th percentile was worked out of means, because there are too many samples to look at each.
    pub is_estimate: bool,
    /// What could not be read, a sentence for each hub.
    pub problems: Vec<String>,
}

/// A dashboard in a ranking.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RankedDashboard {
    /// Which.
    pub dashboard: DashboardKey,
    /// Its name.
    pub dashboard_name: String,
    /// What it is ranked by.
    pub value: f64,
    /// That value against the greatest of the rows, 0 to 1: the length of a bar.
    pub share: f64,
    /// All its samples in a few numbers.
    pub numbers: SeriesNumbers,
}

/// `outliers`: the dashboards whose mean is unlike the fleet's. A newer request of this kind ends an older one with the
/// code `superseded`.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutliersRequest {
    /// Which series.
    pub name: String,
    /// Start of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub from: i64,
    /// End of the span, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub to: i64,
}

/// `outliers` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesOutliers {
    /// Title of the series.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// The middle of the dashboards' means; null when there is none.
    pub median: Option<f64>,
    /// Every dashboard compared, the most unlike first, at most 500.
    pub rows: Vec<ComparedDashboard>,
    /// How many of all are outliers.
    pub outliers: u32,
    /// How many dashboards were compared. With fewer than five, none is called an outlier.
    pub compared: u32,
    /// What could not be read, a sentence for each hub.
    pub problems: Vec<String>,
}

/// A dashboard against the fleet.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ComparedDashboard {
    /// Which.
    pub dashboard: DashboardKey,
    /// Its name.
    pub dashboard_name: String,
    /// Its mean.
    pub value: f64,
    /// How far from the median, in robust standard deviations (0.6745 × distance ÷ median absolute deviation).
    pub score: f64,
    /// Whether the score is 3.5 or more, either way.
    pub is_outlier: bool,
    /// Whether it is off in the bad direction.
    pub is_worse: bool,
}
