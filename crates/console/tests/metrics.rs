//! The metrics explorer's requests, and the charts of a dashboard over long spans.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use mission_control_console::view::{
    ChartRange, DashboardKey, HubKey, Status, ViewRequest,
    metrics::{
        ChartSeriesRequest, Comparison, MarkerKind, OutliersRequest, RankBy, RankSeriesRequest,
        SeriesSelection,
    },
    requests::RequestErrorCode,
};
use mission_control_protocol::{Severity, Timestamp};
use support::*;

const HUB: HubKey = HubKey::EMBEDDED;
const RESPONSE_TIME: &str = "status.responseTime";
const MINUTE: i64 = 60_000;

fn ago(minutes: i64) -> Timestamp {
    now().plus_milliseconds(-minutes * MINUTE)
}

fn chosen(dashboard: &str) -> SeriesSelection {
    let dashboard = DashboardKey { hub: HUB, dashboard_id: id(dashboard) };
    SeriesSelection { dashboard, name: RESPONSE_TIME.to_owned() }
}

fn request(selections: Vec<SeriesSelection>, from: Timestamp, compare: Comparison) -> ChartSeriesRequest {
    let (from, to) = (from.as_milliseconds(), now().as_milliseconds());
    ChartSeriesRequest { selections, from, to, points: 400, compare }
}

/// Eight dashboards, of which the last is slow; `d0` was slower a day before, and has an alert now.
fn fleet(hub: &StubHub) {
    let ids = ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"];
    hub.append_at(ago(30 * 60), ids.iter().map(|dashboard| registration(dashboard)).collect());
    for minutes in (0..5).rev() {
        hub.append_at(ago(24 * 60 + 10 + minutes), vec![status("d0", 500.0)]);
    }
    for minutes in (10..20).rev() {
        let statuses = ids.iter().zip(0_u32..).map(|(dashboard, number)| {
            let slow = if number == 7 { 900.0 } else { 100.0 };
            status(dashboard, slow + f64::from(number))
        });
        hub.append_at(ago(minutes), statuses.collect());
    }
    hub.append_at(ago(5), vec![alert("d0", "al-1", Severity::Critical)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_are_listed_charted_ranked_and_compared() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    fleet(&hub);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;

    let catalog = handle.series_catalog().await.unwrap();
    assert_eq!(catalog.dashboards.len(), 8);
    let group = catalog.groups.iter().find(|group| group.key == "status").unwrap();
    let entry = group.series.iter().find(|entry| entry.name == RESPONSE_TIME).unwrap();
    assert_eq!((entry.title.as_str(), entry.unit.as_str()), ("Response time", "ms"));
    assert_eq!(entry.dashboards, [0, 1, 2, 3, 4, 5, 6, 7]);

    let wanted = request(vec![chosen("d0"), chosen("d7")], ago(60), Comparison::PreviousDay);
    let chart = handle.chart_series(wanted.clone()).await.unwrap();
    let lines: Vec<_> = chart
        .lines
        .iter()
        .map(|line| (line.dashboard_name.as_str(), line.shifted_by, line.values.len()))
        .collect();
    let day = 24 * 60 * MINUTE;
    assert_eq!(
        lines,
        [("Name of d0", 0, 10), ("Name of d0", day, 5), ("Name of d7", 0, 10), ("Name of d7", day, 0),]
    );
    assert!(chart.lines[1].times.iter().all(|time| (wanted.from..=wanted.to).contains(time)));
    assert_eq!(chart.lines[0].numbers.unwrap().mean, 100.0);
    assert_eq!(chart.lines[1].numbers.unwrap().max, 500.0);
    let [marker] = &chart.markers[..] else { panic!("{:?}", chart.markers) };
    assert_eq!(
        (marker.kind, marker.id.as_str(), marker.status),
        (MarkerKind::Alert, "al-1", Status::Critical)
    );

    let csv = handle.chart_csv(request(vec![chosen("d7")], ago(60), Comparison::None)).await.unwrap();
    assert_eq!(csv.lines().count(), 11);
    assert!(csv.starts_with("time,Name of d7 status.responseTime (ms)\r\n"), "{csv}");
    assert!(csv.ends_with(",907\r\n"), "{csv}");

    let (name, from, to) = (RESPONSE_TIME.to_owned(), wanted.from, wanted.to);
    let rank = RankSeriesRequest { name: name.clone(), from, to, by: RankBy::P95, limit: 3 };
    let ranking = handle.rank_series(rank).await.unwrap();
    let rows: Vec<_> = ranking.rows.iter().map(|row| (row.dashboard_name.as_str(), row.value)).collect();
    assert_eq!(rows, [("Name of d7", 907.0), ("Name of d6", 106.0), ("Name of d5", 105.0)]);
    assert_eq!((ranking.compared, ranking.is_estimate), (8, false));

    let outliers = handle.outliers(OutliersRequest { name, from, to }).await.unwrap();
    assert_eq!((outliers.outliers, outliers.compared), (1, 8));
    assert_eq!(outliers.median, Some(103.5));
    assert!(outliers.rows[0].is_outlier && outliers.rows[0].is_worse);
    assert_eq!(outliers.rows[0].dashboard_name, "Name of d7");

    let backwards = ChartSeriesRequest { to: wanted.from - 1, ..wanted.clone() };
    let error = handle.chart_series(backwards).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::InvalidInput);
    let many = ChartSeriesRequest { selections: vec![chosen("d0"); 25], ..wanted };
    assert_eq!(handle.chart_series(many).await.unwrap_err().code, RequestErrorCode::InvalidInput);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_request_takes_the_place_of_an_older_one() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    fleet(&hub);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let ask = || handle.chart_series(request(vec![chosen("d0"); 24], ago(60), Comparison::PreviousWeek));
    // Both have taken their turn before either is answered: the core has one inbox.
    let (older, newer) = tokio::join!(ask(), ask());
    assert!(newer.is_ok(), "{newer:?}");
    assert_eq!(older.unwrap_err().code, RequestErrorCode::Superseded);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dashboards_charts_reach_back_a_year() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.append_at(ago(400 * 24 * 60), vec![registration("a"), connection("a", "online")]);
    for days in [399, 300, 200, 100, 0] {
        hub.append_at(ago(days * 24 * 60 + 1), vec![status("a", f64::from(i32::try_from(days).unwrap()))]);
    }
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;
    let key = DashboardKey { hub: HUB, dashboard_id: id("a") };
    let mut views = handle.subscribe(ViewRequest::Dashboard { dashboard: key, range: ChartRange::Year });
    let values = |model: &mission_control_console::view::ViewModel| {
        let chart = dashboard(model)
            .charts
            .iter()
            .flat_map(|group| &group.charts)
            .find(|chart| chart.key == RESPONSE_TIME)?;
        Some(chart.series[0].values.iter().flatten().copied().collect::<Vec<_>>())
    };
    until(&mut views, "the year's history", |model| {
        (values(model)? == [300.0, 200.0, 100.0, 0.0]).then_some(())
    })
    .await;
    console.shutdown().await;
}
