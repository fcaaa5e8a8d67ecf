//! A chart as text for spreadsheets.

use std::{collections::BTreeMap, fmt::Write as _};

use mission_control_protocol::Timestamp;
use mission_control_store::csv_field;

use crate::view::metrics::{SeriesChartView, SeriesLine};

/// The points of a chart as CSV (RFC 4180): a time in the first column, one column for each line, a row for each time at
/// which any line has a point; what has no point at that time is empty.
pub(crate) fn csv(chart: &SeriesChartView) -> String {
    let mut text = String::from("time");
    for line in &chart.lines {
        text.push(',');
        text.push_str(&csv_field(&heading(line)));
    }
    text.push_str("\r\n");
    let mut rows: BTreeMap<i64, Vec<Option<f64>>> = BTreeMap::new();
    for (column, line) in chart.lines.iter().enumerate() {
        for (time, value) in line.times.iter().zip(&line.values) {
            if let Some(value) = value {
                let row = rows.entry(*time).or_insert_with(|| vec![None; chart.lines.len()]);
                row[column] = Some(*value);
            }
        }
    }
    for (time, row) in rows {
        let _ = write!(text, "{}", Timestamp::from_milliseconds(time));
        for value in row {
            text.push(',');
            if let Some(value) = value {
                let _ = write!(text, "{value}");
            }
        }
        text.push_str("\r\n");
    }
    text
}

fn heading(line: &SeriesLine) -> String {
    let mut heading = format!("{} {}", line.dashboard_name, line.selection.name);
    if !line.unit.is_empty() {
        let _ = write!(heading, " ({})", line.unit);
    }
    if line.shifted_by != 0 {
        let _ = write!(heading, " {} h before", line.shifted_by / 3_600_000);
    }
    heading
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::DashboardId;

    use super::*;
    use crate::view::{DashboardKey, HubKey, metrics::SeriesSelection};

    fn line(dashboard_name: &str, shifted_by: i64, points: &[(i64, Option<f64>)]) -> SeriesLine {
        let dashboard = DashboardKey { hub: HubKey::EMBEDDED, dashboard_id: DashboardId::new("a").unwrap() };
        SeriesLine {
            selection: SeriesSelection { dashboard, name: "status.responseTime".to_owned() },
            dashboard_name: dashboard_name.to_owned(),
            title: "Response time".to_owned(),
            unit: "ms".to_owned(),
            shifted_by,
            times: points.iter().map(|(time, _)| *time).collect(),
            values: points.iter().map(|(_, value)| *value).collect(),
            usual_spacing: None,
            numbers: None,
            is_complete: true,
            problem: None,
        }
    }

    #[test]
    fn rows_are_times_and_columns_are_lines() {
        let chart = SeriesChartView {
            from: 0,
            to: 9,
            lines: vec![
                line("=Energy, \"north\"", 0, &[(0, Some(1.5)), (500, None), (1_000, Some(2.0))]),
                line("b", 86_400_000, &[(1_000, Some(-3.0))]),
            ],
            markers: Vec::new(),
            markers_are_partial: false,
        };
        assert_eq!(
            csv(&chart),
            "time,\"'=Energy, \"\"north\"\" status.responseTime (ms)\",b status.responseTime (ms) 24 h before\r\n\
             1970-01-01T00:00:00.000Z,1.5,\r\n1970-01-01T00:00:01.000Z,2,-3\r\n"
        );
    }
}
