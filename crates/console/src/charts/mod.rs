//! The charts of one dashboard: points collected from records, drawn with few enough of them.

mod catalog;
mod downsample;

use mission_control_protocol::{Record, Timestamp};

pub(crate) use catalog::MEASURED;
use catalog::{CHARTS, GROUPS, Sample, Source};
pub(crate) use downsample::{is_gap, usual_spacing};

use crate::{
    plain_text::harmless,
    view::dashboard::{Chart, ChartGroup, ChartSeries},
};

/// Points drawn per chart, gaps aside.
const POINTS: usize = 600;

/// Series drawn of a chart whose series the dashboard names; the greatest are drawn.
const NAMED_SERIES_DRAWN: usize = 12;

/// Series kept of such a chart; names beyond are left out, whoever sends them.
const NAMED_SERIES_KEPT: usize = 64;

/// The measurements of one dashboard over a span of time.
pub(crate) struct ChartSet {
    charts: Vec<Points>,
}

/// The points of one chart.
#[derive(Default)]
struct Points {
    times: Vec<i64>,
    labels: Vec<String>,
    columns: Vec<Vec<Option<f64>>>,
}

impl ChartSet {
    pub(crate) fn new() -> Self {
        let charts = CHARTS.iter().map(|spec| match &spec.source {
            Source::Fixed(series) => Points {
                times: Vec::new(),
                labels: series.iter().map(|(label, _)| (*label).to_owned()).collect(),
                columns: vec![Vec::new(); series.len()],
            },
            Source::Map(_) => Points::default(),
        });
        Self { charts: charts.collect() }
    }

    /// Takes the measurements of a record. Records come in the order of the log.
    pub(crate) fn push(&mut self, record: &Record) {
        let Some(sample) = Sample::read(record) else { return };
        let time = record.at.as_milliseconds();
        for (spec, points) in CHARTS.iter().zip(&mut self.charts) {
            match &spec.source {
                Source::Fixed(series) => {
                    let values: Vec<_> = series.iter().map(|(_, read)| read(&sample)).collect();
                    if values.iter().any(Option::is_some) {
                        points.push(time, &values);
                    }
                }
                Source::Map(read) => {
                    if let Some(map) = read(&sample) {
                        points.push_named(time, map.iter().map(|(label, value)| (label.as_str(), *value)));
                    }
                }
            }
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
    fn push(&mut self, time: i64, values: &[Option<f64>]) {
        if self.times.last().is_some_and(|last| *last >= time) {
            // Times rise: of two measurements in one millisecond the later one counts.
            for (column, value) in self.columns.iter_mut().zip(values) {
                if let Some(last) = column.last_mut() {
                    *last = value.or(*last);
                }
            }
            return;
        }
        self.times.push(time);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(value.filter(|value| value.is_finite()));
        }
    }

    fn push_named<'name>(&mut self, time: i64, values: impl Iterator<Item = (&'name str, f64)>) {
        let mut row = vec![None; self.labels.len()];
        for (label, value) in values {
            match self.labels.iter().position(|known| known == label) {
                Some(index) => row[index] = Some(value),
                None if self.labels.len() < NAMED_SERIES_KEPT => {
                    self.labels.push(label.to_owned());
                    self.columns.push(vec![None; self.times.len()]);
                    row.push(Some(value));
                }
                None => {}
            }
        }
        if !row.is_empty() {
            self.push(time, &row);
        }
    }

    fn draw(&self, from: i64, to: i64) -> Option<(Vec<i64>, Vec<ChartSeries>)> {
        let start = self.times.partition_point(|time| *time < from);
        let end = self.times.partition_point(|time| *time <= to);
        if start >= end {
            return None;
        }
        let latest = |column: &Vec<Option<f64>>| column[start..end].iter().rev().find_map(|value| *value);
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        if shown.len() > NAMED_SERIES_DRAWN {
            shown.sort_by(|left, right| {
                let value = |index: usize| latest(&self.columns[index]).unwrap_or(f64::NEG_INFINITY);
                value(*right).total_cmp(&value(*left))
            });
            shown.truncate(NAMED_SERIES_DRAWN);
            shown.sort_unstable();
        }
        let columns: Vec<_> = shown.iter().map(|index| self.columns[*index][start..end].to_vec()).collect();
        let (times, values) = downsample::draw(&self.times[start..end], &columns, POINTS);
        let series = shown.iter().zip(values).map(|(index, values)| ChartSeries {
            label: harmless(&self.labels[*index], 60),
            values,
            latest: latest(&self.columns[*index]),
        });
        Some((times, series.collect()))
    }
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
}
