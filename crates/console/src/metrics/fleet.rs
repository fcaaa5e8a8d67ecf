//! One series over the whole fleet: who stands at the top, and who is unlike the others.

use std::ops::ControlFlow;

use mission_control_protocol::Timestamp;
use mission_control_store::{LogReader, SeriesAggregate};

use super::{MetricsSource, Turn, check_span, numbers};
use crate::{
    charts::describe,
    view::{
        DashboardKey,
        metrics::{
            ComparedDashboard, OutliersRequest, RankBy, RankSeriesRequest, RankedDashboard, SeriesOutliers,
            SeriesRanking,
        },
        requests::RequestError,
    },
};

/// Rows of a ranking at most.
const MOST_RANKED: usize = 200;

/// Rows of a comparison at most.
const MOST_COMPARED: usize = 500;

/// Dashboards below which none is called an outlier: so few have no middle to be far from.
const FEWEST: usize = 5;

/// From this score on a dashboard is an outlier (Iglewicz and Hoaglin, 1993).
const OUTLIER: f64 = 3.5;

struct Found {
    dashboard: DashboardKey,
    name: String,
    aggregate: SeriesAggregate,
}

/// Every dashboard's samples of one series.
fn read(
    sources: &[MetricsSource],
    name: &str,
    (from, to): (Timestamp, Timestamp),
    with_p95: bool,
    turn: &Turn,
) -> Result<(Vec<Found>, Vec<String>), RequestError> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for source in sources {
        turn.go_on()?;
        let read = LogReader::open(&source.path).and_then(|mut reader| {
            reader.aggregates(name, from, to, with_p95, |dashboard, aggregate| {
                found.push(Found {
                    dashboard: source.key_of(&dashboard),
                    name: source.name_of(&dashboard),
                    aggregate,
                });
                if turn.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
        });
        if let Err(error) = read {
            problems.push(source.problem(&error));
        }
    }
    turn.go_on()?;
    Ok((found, problems))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The dashboards that stand at the top.
pub(crate) fn rank(
    sources: &[MetricsSource],
    request: &RankSeriesRequest,
    turn: &Turn,
) -> Result<SeriesRanking, RequestError> {
    let span = check_span(request.from, request.to)?;
    let described = describe(&request.name);
    let (found, problems) = read(sources, &request.name, span, request.by == RankBy::P95, turn)?;
    let compared = count(found.len());
    let is_estimate = found.iter().any(|found| found.aggregate.p95_is_estimate);
    let least_first = request.by == RankBy::Failing && described.more_is_better;
    let mut rows: Vec<RankedDashboard> = found
        .into_iter()
        .map(|found| RankedDashboard {
            dashboard: found.dashboard,
            dashboard_name: found.name,
            value: match request.by {
                RankBy::Mean | RankBy::Failing => found.aggregate.mean,
                RankBy::Max => found.aggregate.max,
                RankBy::P95 => found.aggregate.p95.unwrap_or(found.aggregate.max),
                RankBy::Last => found.aggregate.last,
            },
            share: 0.0,
            numbers: numbers(&found.aggregate),
        })
        .collect();
    rows.sort_by(|left, right| {
        let by_value = left.value.total_cmp(&right.value);
        let by_value = if least_first { by_value } else { by_value.reverse() };
        by_value.then_with(|| left.dashboard.cmp(&right.dashboard))
    });
    rows.truncate((request.limit as usize).clamp(1, MOST_RANKED));
    let greatest = rows.iter().map(|row| row.value.abs()).fold(0.0, f64::max);
    for row in &mut rows {
        row.share = if greatest > 0.0 { row.value.abs() / greatest } else { 0.0 };
    }
    Ok(SeriesRanking {
        title: described.title,
        unit: described.unit.to_owned(),
        rows,
        compared,
        is_estimate,
        problems,
    })
}

/// The dashboards that are unlike the others.
pub(crate) fn outliers(
    sources: &[MetricsSource],
    request: &OutliersRequest,
    turn: &Turn,
) -> Result<SeriesOutliers, RequestError> {
    let span = check_span(request.from, request.to)?;
    let described = describe(&request.name);
    let (found, problems) = read(sources, &request.name, span, false, turn)?;
    let values: Vec<f64> = found.iter().map(|found| found.aggregate.mean).collect();
    let scores = robust_scores(&values);
    let mut rows: Vec<ComparedDashboard> = found
        .into_iter()
        .zip(&scores)
        .map(|(found, score)| ComparedDashboard {
            dashboard: found.dashboard,
            dashboard_name: found.name,
            value: found.aggregate.mean,
            score: *score,
            is_outlier: values.len() >= FEWEST && score.abs() >= OUTLIER,
            is_worse: (*score > 0.0) != described.more_is_better && *score != 0.0,
        })
        .collect();
    rows.sort_by(|left, right| {
        right.score.abs().total_cmp(&left.score.abs()).then_with(|| left.dashboard.cmp(&right.dashboard))
    });
    let outliers = count(rows.iter().filter(|row| row.is_outlier).count());
    rows.truncate(MOST_COMPARED);
    Ok(SeriesOutliers {
        title: described.title,
        unit: described.unit.to_owned(),
        median: median(values.clone()),
        rows,
        outliers,
        compared: count(values.len()),
        problems,
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*values.get(middle - 1)?, upper))
}

/// How far each value is from the median, in standard deviations worked out of medians, so that the outliers themselves
/// do not widen them. Where more than half of the values are the same, the mean distance takes the median's place.
fn robust_scores(values: &[f64]) -> Vec<f64> {
    let Some(middle) = median(values.to_vec()) else { return Vec::new() };
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    let spread = median(distances.clone()).unwrap_or(0.0) / 0.6745;
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 dashboards")]
    let mean_spread = distances.iter().sum::<f64>() / distances.len() as f64 * 1.2533;
    let spread = if spread > 0.0 { spread } else { mean_spread };
    values.iter().map(|value| if spread > 0.0 { (value - middle) / spread } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_far_value_does_not_hide_itself() {
        let mut values = vec![10.0, 11.0, 9.0, 10.5, 9.5, 10.0];
        values.push(90.0);
        let scores = robust_scores(&values);
        assert!(scores[6] > 50.0, "{scores:?}");
        assert!(scores[..6].iter().all(|score| score.abs() < OUTLIER), "{scores:?}");
    }

    #[test]
    fn equal_values_have_no_outlier_but_the_one_that_differs() {
        assert_eq!(robust_scores(&[5.0; 6]), [0.0; 6]);
        let scores = robust_scores(&[5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 9.0]);
        assert!(scores[7] >= OUTLIER && scores[0] == 0.0, "{scores:?}");
        assert!(robust_scores(&[]).is_empty());
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }
}
