//! One series over a span of time, in few points that keep every extreme.

use mission_control_protocol::{DashboardId, Timestamp};

use super::{
    aggregate::SeriesAggregate,
    read::{Buckets, Element, Sink, elements, show},
    rows::Samples,
    summary::Summary,
};
use crate::{LogReader, StoreError};

/// A stretch without samples is a gap when it is this many times longer than usual.
const GAP_FACTOR: i64 = 3;

/// Points that a chart has at least room for.
const FEWEST_POINTS: usize = 16;

/// One series over a span of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeriesChart {
    /// Times of the points, in milliseconds since the Unix epoch, not falling.
    pub times: Vec<i64>,
    /// Their values; `None` in the middle of a gap, so that no line is drawn over it.
    pub values: Vec<Option<f64>>,
    /// The spacing that nine in ten samples keep, in milliseconds; `None` with too few samples to tell.
    pub usual_spacing: Option<i64>,
    /// All samples of the span in a few numbers; `None` when there is none.
    pub aggregate: Option<SeriesAggregate>,
    /// Whether every sample of the span was looked at. Not so while a log that was written by an older version is being
    /// read into series.
    pub is_complete: bool,
}

impl LogReader {
    /// A series of a dashboard between `from` and `to` (both included), in at most `points` points, gaps aside. Where
    /// there are more samples, time is divided into equal stretches that stand still as time goes on, and the least
    /// and the greatest sample of each are kept, and the very first and last one. Every point is a sample.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn chart(
        &mut self,
        dashboard: &DashboardId,
        name: &str,
        from: Timestamp,
        to: Timestamp,
        points: usize,
    ) -> Result<SeriesChart, StoreError> {
        let mut charts = self.charts(dashboard, Some(name), from, to, points, || true)?;
        Ok(charts.pop().map_or_else(SeriesChart::default, |(_, chart)| chart))
    }

    /// As [`Self::chart`], for every series of a dashboard, or the one of that name, by name. `go_on` is asked before
    /// each; when it says no, the rest is left out.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn charts(
        &mut self,
        dashboard: &DashboardId,
        name: Option<&str>,
        from: Timestamp,
        to: Timestamp,
        points: usize,
        go_on: impl Fn() -> bool,
    ) -> Result<Vec<(String, SeriesChart)>, StoreError> {
        let (from, to) = (from.as_milliseconds(), to.as_milliseconds());
        self.in_one_view(|reader| {
            let mut tail = reader.tail(Some(dashboard), name, from, to)?;
            let names = match name {
                Some(name) => vec![name.to_owned()],
                None => reader.names_of(dashboard, &tail)?,
            };
            let mut charts = Vec::with_capacity(names.len());
            for name in names {
                if !go_on() {
                    break;
                }
                let series = reader.series_number(dashboard, &name)?;
                let newest = tail.take(dashboard, &name);
                let mut chart = draw(reader.connection(), series, newest, from, to, points)
                    .map_err(|source| reader.error(source))?;
                chart.is_complete = tail.is_complete;
                charts.push((name, chart));
            }
            Ok(charts)
        })
    }
}

fn draw(
    connection: &rusqlite::Connection,
    series: Option<i64>,
    tail: Vec<(i64, Samples)>,
    from: i64,
    to: i64,
    points: usize,
) -> rusqlite::Result<SeriesChart> {
    let points = points.max(FEWEST_POINTS);
    if from > to {
        return Ok(SeriesChart::default());
    }
    let buckets = buckets(from, to, points);
    let elements = elements(connection, series, tail, buckets)?;
    let usual = usual_spacing(&elements);
    // So few that all of them may be drawn?
    let surely: u64 = elements.iter().skip(1).rev().skip(1).map(Element::count).sum();
    if surely <= points as u64 {
        let mut all = All::default();
        show(connection, &elements, buckets, |_| true, &mut all)?;
        if all.0.len() <= points {
            return Ok(draw_all(&all.0, usual));
        }
        let mut line = Line::new(buckets, usual);
        for (at, value) in all.0.times.iter().zip(&all.0.values) {
            line.sample(*at, *value);
        }
        return Ok(line.finish());
    }
    let mut line = Line::new(buckets, usual);
    show(connection, &elements, buckets, |_| false, &mut line)?;
    Ok(line.finish())
}

/// Buckets whose extremes come to at most `points`.
fn buckets(from: i64, to: i64, points: usize) -> Buckets {
    // One bucket more than counted can be touched, since the span cuts off the first and the last; and the very first
    // and last sample are kept beside the extremes.
    let count = i64::try_from(points / 2 - 3).unwrap_or(i64::MAX);
    Buckets { from, to, width: (to.saturating_sub(from) / count).saturating_add(1) }
}

/// What [`LogReader::chart`] draws of samples that are all at hand.
#[cfg(test)]
pub(crate) fn of_samples(all: &[(i64, f64)], from: i64, to: i64, points: usize) -> SeriesChart {
    let buckets = buckets(from, to, points);
    let (times, values) = all.iter().copied().unzip();
    let samples = Samples { times, values };
    if samples.len() <= points {
        return draw_all(&samples, None);
    }
    let mut line = Line::new(buckets, None);
    for (at, value) in all {
        line.sample(*at, *value);
    }
    line.finish()
}

/// A chart of all samples.
fn draw_all(samples: &Samples, usual: Option<i64>) -> SeriesChart {
    let mut chart = SeriesChart { usual_spacing: usual, is_complete: true, ..SeriesChart::default() };
    for (at, value) in samples.times.iter().zip(&samples.values) {
        if let Some(previous) = chart.times.last()
            && is_gap(*previous, *at, usual)
        {
            chart.times.push(middle(*previous, *at));
            chart.values.push(None);
        }
        chart.times.push(*at);
        chart.values.push(Some(*value));
    }
    chart.aggregate = Summary::of(&samples.times, &samples.values).map(|total| SeriesAggregate::of(&total));
    chart
}

fn is_gap(previous: i64, next: i64, usual: Option<i64>) -> bool {
    usual.is_some_and(|usual| next - previous > usual.saturating_mul(GAP_FACTOR))
}

fn middle(previous: i64, next: i64) -> i64 {
    previous + (next - previous) / 2
}

/// The spacing that nine in ten samples keep. Of a stretch that is known by its summary, the mean.
fn usual_spacing(elements: &[Element]) -> Option<i64> {
    let mut spacings: Vec<(i64, u64)> = Vec::new();
    for element in elements {
        match element {
            Element::Stretch(row) => {
                let between = row.summary.count.saturating_sub(1);
                if between > 0 {
                    let span = row.summary.end_at - row.summary.start_at;
                    spacings.push((span / i64::try_from(between).unwrap_or(i64::MAX), between));
                }
            }
            Element::Samples { samples, .. } => {
                spacings.extend(samples.times.windows(2).map(|pair| (pair[1] - pair[0], 1)));
            }
        }
    }
    let all: u64 = spacings.iter().map(|(_, weight)| weight).sum();
    if all < 3 {
        return None;
    }
    spacings.sort_unstable();
    let mut passed = 0;
    for (spacing, weight) in &spacings {
        passed += weight;
        if passed * 10 > all * 9 {
            return Some((*spacing).max(1));
        }
    }
    None
}

/// Keeps every sample.
#[derive(Default)]
struct All(Samples);

impl Sink for All {
    fn stretch(&mut self, _summary: &Summary) {}

    fn sample(&mut self, at: i64, value: f64) {
        self.0.push(at, value);
    }
}

/// Draws the line: of each bucket the least and the greatest, and the very first and last.
struct Line {
    buckets: Buckets,
    usual: Option<i64>,
    bucket: Option<(i64, Summary)>,
    total: Option<Summary>,
    times: Vec<i64>,
    values: Vec<Option<f64>>,
}

impl Line {
    fn new(buckets: Buckets, usual: Option<i64>) -> Self {
        Self { buckets, usual, bucket: None, total: None, times: Vec::new(), values: Vec::new() }
    }

    fn take(&mut self, summary: &Summary) {
        let previous = self.total.map(|total| total.end_at);
        match &mut self.total {
            Some(total) => total.follow(summary),
            None => {
                self.total = Some(*summary);
                // What comes first is shown by its samples: this is one.
                self.point(summary.start_at, summary.last);
            }
        }
        let number = self.buckets.of(summary.start_at);
        match &mut self.bucket {
            Some((known, bucket)) if *known == number => bucket.follow(summary),
            _ => {
                self.end_bucket();
                if let Some(previous) = previous
                    && is_gap(previous, summary.start_at, self.usual)
                {
                    self.times.push(middle(previous, summary.start_at));
                    self.values.push(None);
                }
                self.bucket = Some((number, *summary));
            }
        }
    }

    /// Draws what the bucket keeps.
    fn end_bucket(&mut self) {
        let Some((_, bucket)) = self.bucket.take() else { return };
        let (least, greatest) = ((bucket.min_at, bucket.min), (bucket.max_at, bucket.max));
        let (first, second) = if greatest.0 < least.0 { (greatest, least) } else { (least, greatest) };
        self.point(first.0, first.1);
        if second != first {
            self.point(second.0, second.1);
        }
    }

    fn point(&mut self, at: i64, value: f64) {
        let is_drawn = self.times.last() == Some(&at) && self.values.last() == Some(&Some(value));
        if !is_drawn {
            self.times.push(at);
            self.values.push(Some(value));
        }
    }

    fn finish(mut self) -> SeriesChart {
        self.end_bucket();
        if let Some(total) = self.total {
            self.point(total.end_at, total.last);
        }
        SeriesChart {
            times: self.times,
            values: self.values,
            usual_spacing: self.usual,
            aggregate: self.total.map(|total| SeriesAggregate::of(&total)),
            is_complete: true,
        }
    }
}

impl Sink for Line {
    fn stretch(&mut self, summary: &Summary) {
        self.take(summary);
    }

    fn sample(&mut self, at: i64, value: f64) {
        self.take(&Summary::of_one(at, value));
    }
}
