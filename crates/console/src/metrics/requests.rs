//! The metrics explorer's requests.

use super::{MetricsSource, Turn, Turns, catalog, chart, csv, outliers, rank};
use crate::{
    core::CoreRequest,
    handle::ConsoleHandle,
    view::{
        metrics::{
            ChartSeriesRequest, OutliersRequest, RankSeriesRequest, SeriesCatalog, SeriesChartView,
            SeriesOutliers, SeriesRanking,
        },
        requests::{RequestError, RequestErrorCode},
    },
};

/// Whose turn it is, for each kind of request.
#[derive(Debug, Clone, Default)]
pub(crate) struct MetricsTurns {
    catalog: Turns,
    chart: Turns,
    csv: Turns,
    rank: Turns,
    outliers: Turns,
}

impl ConsoleHandle {
    /// Which series there are, and who has them.
    ///
    /// # Errors
    /// [`RequestErrorCode::Superseded`] by a newer request. A hub whose history cannot be read is named in the answer.
    pub async fn series_catalog(&self) -> Result<SeriesCatalog, RequestError> {
        let turn = self.metrics_turns.catalog.take();
        self.read_logs(turn, catalog).await
    }

    /// Series of any dashboards over one span.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] for a span that ends before it begins and for too many series,
    /// [`RequestErrorCode::Superseded`] by a newer request. A line that cannot be read says why in the answer.
    pub async fn chart_series(&self, request: ChartSeriesRequest) -> Result<SeriesChartView, RequestError> {
        let turn = self.metrics_turns.chart.take();
        self.read_logs(turn, move |sources, turn| chart(sources, &request, turn)).await
    }

    /// The points of a chart as CSV.
    ///
    /// # Errors
    /// As [`Self::chart_series`].
    pub async fn chart_csv(&self, request: ChartSeriesRequest) -> Result<String, RequestError> {
        let turn = self.metrics_turns.csv.take();
        self.read_logs(turn, move |sources, turn| chart(sources, &request, turn).map(|chart| csv(&chart)))
            .await
    }

    /// The dashboards that stand at the top by one series.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] for a span that ends before it begins, [`RequestErrorCode::Superseded`] by a
    /// newer request.
    pub async fn rank_series(&self, request: RankSeriesRequest) -> Result<SeriesRanking, RequestError> {
        let turn = self.metrics_turns.rank.take();
        self.read_logs(turn, move |sources, turn| rank(sources, &request, turn)).await
    }

    /// The dashboards whose mean is unlike the fleet's.
    ///
    /// # Errors
    /// As [`Self::rank_series`].
    pub async fn outliers(&self, request: OutliersRequest) -> Result<SeriesOutliers, RequestError> {
        let turn = self.metrics_turns.outliers.take();
        self.read_logs(turn, move |sources, turn| outliers(sources, &request, turn)).await
    }

    /// Reads the logs on a thread that may block.
    async fn read_logs<T: Send + 'static>(
        &self,
        turn: Turn,
        read: impl FnOnce(&[MetricsSource], &Turn) -> Result<T, RequestError> + Send + 'static,
    ) -> Result<T, RequestError> {
        let sources = self.ask_core(|reply| CoreRequest::MetricsSources { reply }).await?;
        tokio::task::spawn_blocking(move || read(&sources, &turn)).await.map_err(|error| {
            RequestError::new(
                RequestErrorCode::CacheUnavailable,
                format!("The history cannot be read: {error}."),
            )
        })?
    }
}
