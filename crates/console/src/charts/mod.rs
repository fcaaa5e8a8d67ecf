//! The charts of one dashboard: history as the store draws it, and what came live since, drawn with few enough points.

mod catalog;
mod downsample;

use std::collections::HashMap;

use mission_control_protocol::{Record, RecordKind, Timestamp};
use mission_control_store::{SeriesChart, SeriesNumbersReader};

use catalog::{CHARTS, Source};
pub(crate) use catalog::{GROUPS, describe, described_metrics};
pub(crate) use downsample::{is_gap, usual_spacing};

use crate::{
    plain_text::harmless,
    view::dashboard::{Chart, ChartGroup, ChartSeries},
};

/// The kinds of record that charts are drawn from.
pub(crate) const MEASURED: [RecordKind; 3] =
    [RecordKind::Status, RecordKind::Metrics, RecordKind::ResourceUsage];

/// Points drawn per chart, gaps aside.
pub(crate) const POINTS: usize = 600;

/// Series drawn of a chart whose series the dashboard names; the greatest are drawn.
const NAMED_SERIES_DRAWN: usize = 12;

/// Series kept of such a chart; names beyond are left out, whoever sends them.
const NAMED_SERIES_KEPT: usize = 64;

/// Points that came live, kept of a chart; then they are thinned out as history is.
const LIVE_POINTS: usize = 20_000;

/// Points that are left of them.
const THINNED: usize = 4_000;

/// The measurements of one dashboard over a span of time.
pub(crate) struct ChartSet {
    charts: Vec<Points>,
    numbers: SeriesNumbersReader,
}

/// The points of one chart.
#[derive(Default)]
struct Points {
    times: Vec<i64>,
    labels: Vec<String>,
    columns: Vec<Vec<Option<f64>>>,
    /// Where something is missing in what was thinned out: there, spacings tell nothing.
    gaps: Vec<i64>,
    /// Points before this one were thinned out.
    live_from: usize,
}

/// The chart that shows a series, and what it is called there.
fn place_of(name: &str) -> Option<(usize, &str)> {
    CHARTS.iter().enumerate().find_map(|(index, spec)| match &spec.source {
        Source::Fixed(series) => {
            series.iter().find(|(_, known)| *known == name).map(|(label, _)| (index, *label))
        }
        Source::Named(prefix) => name.strip_prefix(prefix).map(|label| (index, label)),
    })
}

impl ChartSet {
    pub(crate) fn new() -> Self {
        let charts = CHARTS.iter().map(|spec| match &spec.source {
            Source::Fixed(series) => Points {
                labels: series.iter().map(|(label, _)| (*label).to_owned()).collect(),
                columns: vec![Vec::new(); series.len()],
                ..Points::default()
            },
            Source::Named(_) => Points::default(),
        });
        Self { charts: charts.collect(), numbers: SeriesNumbersReader::default() }
    }

    /// The charts of what the store has drawn of each series.
    pub(crate) fn of_history(history: Vec<(String, SeriesChart)>) -> Self {
        let mut set = Self::new();
        let mut parts: HashMap<usize, Vec<(String, SeriesChart)>> = HashMap::new();
        for (name, drawn) in history {
            if let Some((index, label)) = place_of(&name)
                && !drawn.times.is_empty()
            {
                parts.entry(index).or_default().push((label.to_owned(), drawn));
            }
        }
        for (index, series) in parts {
            set.charts[index].take_history(series);
        }
        set
    }

    /// Takes the measurements of a record. Records come in the order of the log.
    pub(crate) fn push(&mut self, record: &Record) {
        let time = record.at.as_milliseconds();
        let mut rows: Vec<(usize, Vec<(String, f64)>)> = Vec::new();
        self.numbers.read(record, |name, value| {
            let Some((index, label)) = place_of(name) else { return };
            match rows.iter_mut().find(|(known, _)| *known == index) {
                Some((_, row)) => row.push((label.to_owned(), value)),
                None => rows.push((index, vec![(label.to_owned(), value)])),
            }
        });
        for (index, row) in rows {
            self.charts[index].push_named(time, &row);
        }
    }

    /// Forgets points older than `from`.
    pub(crate) fn forget_before(&mut self, from: Timestamp) {
        for points in &mut self.charts {
            let old = points.times.partition_point(|time| *time < from.as_milliseconds());
            // Moving what remains costs as much as it is long: done when it halves.
            if old > points.times.len() / 2 {
                points.times.drain(..old);
                for column in &mut points.columns {
                    column.drain(..old);
                }
                points.live_from = points.live_from.saturating_sub(old);
                points.gaps.retain(|gap| *gap >= from.as_milliseconds());
            }
        }
    }

    /// The charts of the span from `from` to `to`; groups and charts of which nothing is known are left out.
    pub(crate) fn draw(&self, from: Timestamp, to: Timestamp) -> Vec<ChartGroup> {
        let groups = GROUPS.iter().map(|(key, title)| ChartGroup {
            key: (*key).to_owned(),
            title: (*title).to_owned(),
            charts: CHARTS
                .iter()
                .zip(&self.charts)
                .filter(|(spec, _)| spec.group == *key)
                .filter_map(|(spec, points)| {
                    let (times, series) = points.draw(from.as_milliseconds(), to.as_milliseconds())?;
                    Some(Chart {
                        key: spec.key.to_owned(),
                        title: spec.title.to_owned(),
                        unit: spec.unit.to_owned(),
                        from: from.as_milliseconds(),
                        to: to.as_milliseconds(),
                        times,
                        series,
                    })
                })
                .collect(),
        });
        groups.filter(|group| !group.charts.is_empty()).collect()
    }
}

impl Points {
    /// The column of a label; made when there is room for it.
    fn column(&mut self, label: &str) -> Option<usize> {
        if let Some(index) = self.labels.iter().position(|known| known == label) {
            return Some(index);
        }
        if self.labels.len() >= NAMED_SERIES_KEPT {
            return None;
        }
        self.labels.push(label.to_owned());
        self.columns.push(vec![None; self.times.len()]);
        Some(self.labels.len() - 1)
    }

    /// Puts series that were drawn apart on one axis. Where only another one has a point, a series is given the value of
    /// the line between its own: the line stays as it was drawn.
    fn take_history(&mut self, series: Vec<(String, SeriesChart)>) {
        let mut times: Vec<i64> = Vec::new();
        for (_, drawn) in &series {
            for (time, value) in drawn.times.iter().zip(&drawn.values) {
                match value {
                    Some(_) => times.push(*time),
                    None => self.gaps.push(*time),
                }
            }
        }
        times.sort_unstable();
        times.dedup();
        self.gaps.sort_unstable();
        self.gaps.dedup();
        self.times = times;
        for column in &mut self.columns {
            *column = vec![None; self.times.len()];
        }
        for (label, drawn) in series {
            let Some(column) = self.column(&label) else { continue };
            let values = self.times.iter().map(|time| value_at(&drawn, *time)).collect();
            self.columns[column] = values;
        }
        self.live_from = self.times.len();
    }

    fn push_named(&mut self, time: i64, values: &[(String, f64)]) {
        let mut row: Vec<Option<f64>> = vec![None; self.labels.len()];
        for (label, value) in values {
            if let Some(index) = self.column(label) {
                row.resize(self.labels.len(), None);
                // Two processes of one name in one report.
                row[index] = Some(row[index].unwrap_or(0.0) + value);
            }
        }
        match self.times.last() {
            // Read from the log already.
            Some(last) if *last > time => return,
            // Times rise: of two measurements in one millisecond the later one counts.
            Some(last) if *last == time => {
                for (column, value) in self.columns.iter_mut().zip(&row) {
                    if let Some(last) = column.last_mut() {
                        *last = value.or(*last);
                    }
                }
                return;
            }
            _ => {}
        }
        if row.iter().all(Option::is_none) {
            return;
        }
        self.times.push(time);
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        if self.times.len() - self.live_from > LIVE_POINTS {
            self.thin_out();
        }
    }

    /// Makes history of what came live.
    fn thin_out(&mut self) {
        let start = self.live_from.saturating_sub(1);
        self.gaps.extend(downsample::gaps(&self.times[start..]));
        let live = self.live_from;
        let columns: Vec<Vec<_>> = self.columns.iter().map(|column| column[live..].to_vec()).collect();
        let chosen = downsample::choose(&self.times[live..], &columns, THINNED);
        let times: Vec<_> = chosen.iter().map(|index| self.times[live + index]).collect();
        self.times.truncate(live);
        self.times.extend(times);
        for (column, values) in self.columns.iter_mut().zip(columns) {
            column.truncate(live);
            column.extend(chosen.iter().map(|index| values[*index]));
        }
        self.live_from = self.times.len();
    }

    fn draw(&self, from: i64, to: i64) -> Option<(Vec<i64>, Vec<ChartSeries>)> {
        let start = self.times.partition_point(|time| *time < from);
        let end = self.times.partition_point(|time| *time <= to);
        if start >= end {
            return None;
        }
        let latest = |column: &Vec<Option<f64>>| column[start..end].iter().rev().find_map(|value| *value);
        let mut shown: Vec<usize> =
            (0..self.columns.len()).filter(|index| latest(&self.columns[*index]).is_some()).collect();
        if shown.len() > NAMED_SERIES_DRAWN {
            shown.sort_by(|left, right| {
                let value = |index: usize| latest(&self.columns[index]).unwrap_or(f64::NEG_INFINITY);
                value(*right).total_cmp(&value(*left))
            });
            shown.truncate(NAMED_SERIES_DRAWN);
            shown.sort_unstable();
        }
        let columns: Vec<_> = shown.iter().map(|index| self.columns[*index][start..end].to_vec()).collect();
        let mut gaps = self.gaps.clone();
        let live = self.live_from.saturating_sub(1).clamp(start, end);
        gaps.extend(downsample::gaps(&self.times[live..end]));
        let (times, values) = downsample::draw(&self.times[start..end], &columns, &gaps, POINTS);
        let series = shown.iter().zip(values).map(|(index, values)| ChartSeries {
            label: harmless(&self.labels[*index], 60),
            values,
            latest: latest(&self.columns[*index]),
        });
        Some((times, series.collect()))
    }
}

/// The value of a drawn line at a time: that of its point, or of the straight line between two; `None` in a gap and
/// beyond its ends.
fn value_at(drawn: &SeriesChart, time: i64) -> Option<f64> {
    let after = drawn.times.partition_point(|known| *known <= time);
    let before = after.checked_sub(1)?;
    let value = (*drawn.values.get(before)?)?;
    let known = drawn.times[before];
    if known == time {
        return Some(value);
    }
    let next = (*drawn.values.get(after)?)?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 milliseconds")]
    let part = (time - known) as f64 / (drawn.times[after] - known) as f64;
    Some(value + (next - value) * part)
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::{DashboardId, RecordKind, Severity};
    use serde_json::{json, value::to_raw_value};

    use super::*;

    fn metrics(seq: u64, at: i64, body: &serde_json::Value) -> Record {
        let mut whole = json!({"dashboardId": "a", "timestamp": "2026-11-22T19:58:21.042Z"});
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        Record {
            seq,
            at: Timestamp::from_milliseconds(at),
            dashboard_id: DashboardId::new("a").unwrap(),
            kind: RecordKind::Metrics,
            severity: Severity::Info,
            body: to_raw_value(&whole).unwrap(),
        }
    }

    #[test]
    fn a_group_that_is_absent_from_a_report_makes_no_gap_in_another() {
        let mut set = ChartSet::new();
        let data =
            json!({"data": {"totalRecords": 10, "processingRate": 2, "errorRate": 0, "dataQuality": 99}});
        let usage = json!({"usage": {"activeUsers": 1, "sessionDuration": 5, "tabViews": {"home": 3, "map": 9},
            "featureUsage": {}}});
        for step in 0..10 {
            set.push(&metrics(step * 2 + 1, 1_000 * step.cast_signed(), &data));
            set.push(&metrics(step * 2 + 2, 1_000 * step.cast_signed() + 500, &usage));
        }
        let groups = set.draw(Timestamp::from_milliseconds(0), Timestamp::from_milliseconds(20_000));
        let keys: Vec<_> = groups.iter().map(|group| group.key.as_str()).collect();
        assert_eq!(keys, ["usage", "data"]);
        let quality = groups[1].charts.iter().find(|chart| chart.key == "data.dataQuality").unwrap();
        assert_eq!(quality.times.len(), 10);
        assert_eq!(quality.series[0].latest, Some(99.0));
        let tabs = groups[0].charts.iter().find(|chart| chart.key == "usage.tabViews").unwrap();
        let labels: Vec<_> = tabs.series.iter().map(|series| series.label.as_str()).collect();
        assert_eq!(labels, ["home", "map"]);
    }

    #[test]
    fn a_tab_that_appears_late_has_no_value_before() {
        let mut set = ChartSet::new();
        let usage = |tabs: serde_json::Value| json!({"usage": {"activeUsers": 1, "sessionDuration": 5, "tabViews": tabs}});
        set.push(&metrics(1, 1_000, &usage(json!({"home": 1}))));
        set.push(&metrics(2, 2_000, &usage(json!({"home": 2, "map": 1}))));
        let groups = set.draw(Timestamp::from_milliseconds(0), Timestamp::from_milliseconds(9_000));
        let tabs = groups[0].charts.iter().find(|chart| chart.key == "usage.tabViews").unwrap();
        assert_eq!(tabs.series[1].values, [None, Some(1.0)]);
    }

    #[test]
    fn history_and_what_came_since_are_one_line() {
        let drawn = |times: &[i64], values: &[Option<f64>]| SeriesChart {
            times: times.to_vec(),
            values: values.to_vec(),
            is_complete: true,
            ..SeriesChart::default()
        };
        let mut set = ChartSet::of_history(vec![
            ("workflows.activeCount".to_owned(), drawn(&[0, 100_000], &[Some(1.0), Some(3.0)])),
            (
                "workflows.failedCount".to_owned(),
                drawn(&[0, 50_000, 75_000, 100_000], &[Some(0.0), Some(9.0), None, Some(2.0)]),
            ),
        ]);
        let group =
            json!({"workflows": {"activeCount": 4, "completedCount": 1, "failedCount": 2, "avgDuration": 0}});
        for step in 1..=10 {
            set.push(&metrics(step, 100_000 + 1_000 * step.cast_signed(), &group));
        }
        // As a reading that ended later than the log's end was asked for.
        set.push(&metrics(11, 100_000, &group));
        let groups = set.draw(Timestamp::from_milliseconds(0), Timestamp::from_milliseconds(200_000));
        let chart = &groups[0].charts[0];
        assert_eq!(chart.times[..5], [0, 50_000, 75_000, 100_000, 101_000]);
        assert_eq!(chart.times.len(), 14, "history has wide spacings, and they are no gaps");
        let values = |label: &str| {
            let series = chart.series.iter().find(|series| series.label == label).unwrap();
            series.values[..5].to_vec()
        };
        assert_eq!(values("Active"), [Some(1.0), Some(2.0), None, Some(3.0), Some(4.0)]);
        assert_eq!(values("Failed"), [Some(0.0), Some(9.0), None, Some(2.0), Some(2.0)]);
    }

    #[test]
    fn what_came_live_is_thinned_out_without_losing_an_extreme() {
        let mut set = ChartSet::new();
        let data = |value: u64| json!({"data": {"totalRecords": value}});
        for step in 0..=LIVE_POINTS as u64 {
            let value = if step == 777 { 1_000_000 } else { step % 10 };
            set.push(&metrics(step + 1, 1_000 * step.cast_signed(), &data(value)));
        }
        let points = &set.charts[14];
        assert!(points.times.len() <= THINNED && points.live_from == points.times.len());
        assert!(points.columns[0].contains(&Some(1_000_000.0)));
        assert!(points.gaps.is_empty());
    }
}
