//! Many series in a few numbers each: who is slowest, who fails most, who is unlike the others.

use std::ops::ControlFlow;

use mission_control_protocol::{DashboardId, Timestamp};

use super::{
    read::{Buckets, Element, Sink, Tail, elements, show},
    summary::Summary,
};
use crate::{LogReader, StoreError};

/// Samples whose 95th percentile is found exactly; of more, blocks are taken by their means.
const EXACT: u64 = 1_000_000;

/// The samples of a series over a span of time in a few numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesAggregate {
    /// How many samples.
    pub count: u64,
    /// The least value.
    pub min: f64,
    /// When it was first reached.
    pub min_at: Timestamp,
    /// The greatest value.
    pub max: f64,
    /// When it was first reached.
    pub max_at: Timestamp,
    /// The mean of all samples.
    pub mean: f64,
    /// The last value.
    pub last: f64,
    /// When that was.
    pub last_at: Timestamp,
    /// The value that 95 in 100 samples do not exceed; only where it was asked for.
    pub p95: Option<f64>,
    /// Whether `p95` was worked out of the means of blocks, because there are too many samples to look at each.
    pub p95_is_estimate: bool,
}

impl SeriesAggregate {
    pub(crate) fn of(summary: &Summary) -> Self {
        Self {
            count: summary.count,
            min: summary.min,
            min_at: Timestamp::from_milliseconds(summary.min_at),
            max: summary.max,
            max_at: Timestamp::from_milliseconds(summary.max_at),
            mean: summary.mean(),
            last: summary.last,
            last_at: Timestamp::from_milliseconds(summary.end_at),
            p95: None,
            p95_is_estimate: false,
        }
    }
}

impl LogReader {
    /// Shows `visit` the samples between `from` and `to` (both included) of the series called `name`, dashboard by
    /// dashboard in the order of their ids, until it breaks off. Dashboards without a sample there are left out.
    /// `with_p95` costs looking at every sample.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn aggregates(
        &mut self,
        name: &str,
        from: Timestamp,
        to: Timestamp,
        with_p95: bool,
        mut visit: impl FnMut(DashboardId, SeriesAggregate) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let (from, to) = (from.as_milliseconds(), to.as_milliseconds());
        if from > to {
            return Ok(());
        }
        self.in_one_view(|reader| {
            let mut tail = reader.tail(None, Some(name), from, to)?;
            for dashboard in reader.dashboards_with(name, &tail)? {
                let series = reader.series_number(&dashboard, name)?;
                let newest = tail.take(&dashboard, name);
                // One bucket, wherever it begins.
                let buckets = Buckets { from, to, width: i64::MAX };
                let total = elements(reader.connection(), series, newest, buckets)
                    .and_then(|elements| total(reader.connection(), &elements, buckets, with_p95))
                    .map_err(|source| reader.error(source))?;
                if let Some(total) = total
                    && visit(dashboard, total).is_break()
                {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Who has a series of this name, in the order of their ids.
    fn dashboards_with(&self, name: &str, tail: &Tail) -> Result<Vec<DashboardId>, StoreError> {
        let read = || {
            let mut statement = self.connection().prepare_cached(
                "SELECT dashboards.id FROM series JOIN dashboards ON number = dashboard WHERE name = ?1",
            )?;
            let rows = statement.query_map([name], |row| crate::origin::parse_column(row, 0))?;
            rows.collect::<rusqlite::Result<Vec<DashboardId>>>()
        };
        let mut found = read().map_err(|source| self.error(source))?;
        found.extend(tail.dashboards_with(name));
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

fn total(
    connection: &rusqlite::Connection,
    elements: &[Element],
    buckets: Buckets,
    with_p95: bool,
) -> rusqlite::Result<Option<SeriesAggregate>> {
    let count: u64 = elements.iter().map(Element::count).sum();
    let by_samples = with_p95 && count <= EXACT;
    let mut sum = Sum { total: None, weighted: with_p95.then(Vec::new) };
    show(connection, elements, buckets, |_| by_samples, &mut sum)?;
    Ok(sum.total.map(|total| SeriesAggregate {
        p95: sum.weighted.and_then(percentile_95),
        p95_is_estimate: with_p95 && !by_samples,
        ..SeriesAggregate::of(&total)
    }))
}

/// Adds everything up.
struct Sum {
    total: Option<Summary>,
    /// Values and how many samples each stands for.
    weighted: Option<Vec<(f64, u64)>>,
}

impl Sink for Sum {
    fn stretch(&mut self, summary: &Summary) {
        match &mut self.total {
            Some(total) => total.follow(summary),
            None => self.total = Some(*summary),
        }
        if let Some(weighted) = &mut self.weighted {
            weighted.push((summary.mean(), summary.count));
        }
    }

    fn sample(&mut self, at: i64, value: f64) {
        self.stretch(&Summary::of_one(at, value));
    }
}

/// The least value that at least 95 in 100 do not exceed.
fn percentile_95(mut weighted: Vec<(f64, u64)>) -> Option<f64> {
    weighted.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let all: u64 = weighted.iter().map(|(_, weight)| weight).sum();
    let mut passed = 0;
    weighted
        .iter()
        .find(|(_, weight)| {
            passed += weight;
            passed * 100 >= all * 95
        })
        .map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_five_in_a_hundred_do_not_exceed_it() {
        let values = |count: u32| (1..=count).map(|value| (f64::from(value), 1)).collect::<Vec<_>>();
        assert_eq!(percentile_95(values(100)), Some(95.0));
        assert_eq!(percentile_95(values(1)), Some(1.0));
        assert_eq!(percentile_95(vec![(5.0, 94), (9.0, 6)]), Some(9.0));
        assert_eq!(percentile_95(Vec::new()), None);
    }
}
