//! What the metrics explorer asks for, answered from the logs of all hubs. Blocks on the disk: for a thread of its own.

mod csv;
mod fleet;
mod markers;
mod requests;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use mission_control_protocol::{DashboardId, Timestamp};
use mission_control_store::{LogReader, SeriesAggregate, SeriesChart, StoreError};

use csv::csv;
use fleet::{outliers, rank};
pub(crate) use requests::MetricsTurns;

use crate::{
    charts::{GROUPS, describe},
    plain_text::harmless,
    view::{
        DashboardKey, HubKey,
        metrics::{
            ChartSeriesRequest, SeriesCatalog, SeriesChartView, SeriesEntry, SeriesGroup, SeriesLine,
            SeriesNumbers, SeriesOwner, SeriesSelection,
        },
        requests::{RequestError, RequestErrorCode},
    },
};

/// Lines of one chart at most, those compared with aside.
const MOST_LINES: usize = 24;

/// Points of a line, at least and at most.
const POINTS: (u32, u32) = (16, 8_000);

/// The log of one hub, and what its dashboards are called.
pub(crate) struct MetricsSource {
    pub(crate) hub: HubKey,
    pub(crate) hub_name: String,
    pub(crate) path: PathBuf,
    pub(crate) names: HashMap<DashboardId, String>,
}

impl MetricsSource {
    fn name_of(&self, dashboard: &DashboardId) -> String {
        self.names.get(dashboard).cloned().unwrap_or_else(|| dashboard.as_str().to_owned())
    }

    fn key_of(&self, dashboard: &DashboardId) -> DashboardKey {
        DashboardKey { hub: self.hub, dashboard_id: dashboard.clone() }
    }

    fn problem(&self, error: &StoreError) -> String {
        format!("The history of {} cannot be read: {error}.", self.hub_name)
    }
}

/// Whose turn it is: a newer request of a kind ends an older one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns(Arc<AtomicU64>);

/// One request's turn.
pub(crate) struct Turn {
    number: u64,
    newest: Arc<AtomicU64>,
}

impl Turns {
    /// Takes the turn from whoever has it.
    pub(crate) fn take(&self) -> Turn {
        Turn { number: self.0.fetch_add(1, Ordering::Relaxed) + 1, newest: Arc::clone(&self.0) }
    }
}

impl Turn {
    /// Whether it is over: a newer request was made.
    pub(crate) fn is_over(&self) -> bool {
        self.newest.load(Ordering::Relaxed) != self.number
    }

    /// Goes on, unless the turn is over.
    ///
    /// # Errors
    /// [`RequestErrorCode::Superseded`].
    pub(crate) fn go_on(&self) -> Result<(), RequestError> {
        if self.is_over() {
            return Err(RequestError::new(RequestErrorCode::Superseded, "A newer request took its place."));
        }
        Ok(())
    }
}

/// Which series there are.
pub(crate) fn catalog(sources: &[MetricsSource], turn: &Turn) -> Result<SeriesCatalog, RequestError> {
    let mut problems = Vec::new();
    let mut owners: Vec<SeriesOwner> = Vec::new();
    let mut series: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for source in sources {
        turn.go_on()?;
        let names = match LogReader::open(&source.path).and_then(|mut reader| reader.series_names()) {
            Ok(names) => names,
            Err(error) => {
                problems.push(source.problem(&error));
                continue;
            }
        };
        let mut numbers: HashMap<DashboardId, u32> = HashMap::new();
        for name in names {
            let entry = series.entry(name.name).or_default();
            for dashboard in name.dashboards {
                let number = match numbers.get(&dashboard) {
                    Some(number) => *number,
                    None => {
                        let number = u32::try_from(owners.len()).unwrap_or(u32::MAX);
                        owners.push(SeriesOwner {
                            dashboard: source.key_of(&dashboard),
                            name: source.name_of(&dashboard),
                            hub_name: source.hub_name.clone(),
                        });
                        numbers.insert(dashboard, number);
                        number
                    }
                };
                entry.push(number);
            }
        }
    }
    // By name, for people; the entries' indices follow.
    let mut order: Vec<u32> = (0..).take(owners.len()).collect();
    order.sort_by(|left, right| {
        let key = |index: &u32| owners.get(*index as usize).map(|owner| (&owner.name, &owner.dashboard));
        key(left).cmp(&key(right))
    });
    let mut places = vec![0; owners.len()];
    for (place, index) in (0..).zip(&order) {
        places[*index as usize] = place;
    }
    let owners = order.iter().filter_map(|index| owners.get(*index as usize).cloned()).collect();
    let mut groups: Vec<SeriesGroup> = GROUPS
        .iter()
        .map(|(key, title)| (*key, *title))
        .chain([("other", "Other")])
        .map(|(key, title)| SeriesGroup { key: key.to_owned(), title: title.to_owned(), series: Vec::new() })
        .collect();
    for (name, dashboards) in series {
        let described = describe(&name);
        let mut dashboards: Vec<u32> =
            dashboards.iter().filter_map(|number| places.get(*number as usize).copied()).collect();
        dashboards.sort_unstable();
        if let Some(group) = groups.iter_mut().find(|group| group.key == described.group) {
            group.series.push(SeriesEntry {
                title: described.title,
                unit: described.unit.to_owned(),
                more_is_better: described.more_is_better,
                dashboards,
                name,
            });
        }
    }
    groups.retain(|group| !group.series.is_empty());
    Ok(SeriesCatalog { groups, dashboards: owners, problems })
}

/// Checks a span of time.
///
/// # Errors
/// [`RequestErrorCode::InvalidInput`] when it ends before it begins.
pub(crate) fn check_span(from: i64, to: i64) -> Result<(Timestamp, Timestamp), RequestError> {
    if from >= to {
        return Err(RequestError::new(
            RequestErrorCode::InvalidInput,
            "Span: it ends before it begins. Choose a start before the end.",
        ));
    }
    Ok((Timestamp::from_milliseconds(from), Timestamp::from_milliseconds(to)))
}

/// Series of any dashboards over one span.
pub(crate) fn chart(
    sources: &[MetricsSource],
    request: &ChartSeriesRequest,
    turn: &Turn,
) -> Result<SeriesChartView, RequestError> {
    let (from, to) = check_span(request.from, request.to)?;
    if request.selections.len() > MOST_LINES {
        return Err(RequestError::new(
            RequestErrorCode::InvalidInput,
            format!(
                "Series: {} are chosen, and a chart has room for {MOST_LINES}.",
                request.selections.len()
            ),
        ));
    }
    let points = request.points.clamp(POINTS.0, POINTS.1) as usize;
    let mut readers: HashMap<HubKey, Result<LogReader, String>> = HashMap::new();
    let mut lines = Vec::new();
    for selection in &request.selections {
        let Some(source) = sources.iter().find(|source| source.hub == selection.dashboard.hub) else {
            lines.push(failed_line(
                selection,
                "",
                "This console follows no such hub; it may have been removed.",
            ));
            continue;
        };
        let name = source.name_of(&selection.dashboard.dashboard_id);
        let reader = readers
            .entry(source.hub)
            .or_insert_with(|| LogReader::open(&source.path).map_err(|error| source.problem(&error)));
        for shift in [Some(0), request.compare.milliseconds()].into_iter().flatten() {
            turn.go_on()?;
            let drawn = match reader {
                Ok(reader) => reader
                    .chart(
                        &selection.dashboard.dashboard_id,
                        &selection.name,
                        from.plus_milliseconds(-shift),
                        to.plus_milliseconds(-shift),
                        points,
                    )
                    .map_err(|error| source.problem(&error)),
                Err(problem) => Err(problem.clone()),
            };
            lines.push(match drawn {
                Ok(chart) => line(selection, &name, shift, chart),
                Err(problem) => failed_line(selection, &name, &problem),
            });
        }
    }
    let (markers, markers_are_partial) = markers::read(sources, request, turn)?;
    Ok(SeriesChartView { from: request.from, to: request.to, lines, markers, markers_are_partial })
}

fn line(selection: &SeriesSelection, dashboard_name: &str, shift: i64, chart: SeriesChart) -> SeriesLine {
    let described = describe(&selection.name);
    SeriesLine {
        selection: selection.clone(),
        dashboard_name: dashboard_name.to_owned(),
        title: described.title,
        unit: described.unit.to_owned(),
        shifted_by: shift,
        times: chart.times.into_iter().map(|time| time + shift).collect(),
        values: chart.values,
        usual_spacing: chart.usual_spacing,
        numbers: chart.aggregate.map(|aggregate| numbers(&aggregate)),
        is_complete: chart.is_complete,
        problem: None,
    }
}

fn failed_line(selection: &SeriesSelection, dashboard_name: &str, problem: &str) -> SeriesLine {
    let nothing = SeriesChart { is_complete: false, ..SeriesChart::default() };
    let mut line = line(selection, dashboard_name, 0, nothing);
    line.problem = Some(harmless(problem, 400));
    line
}

/// Samples in a few numbers, as the UI shows them.
fn numbers(aggregate: &SeriesAggregate) -> SeriesNumbers {
    SeriesNumbers {
        count: aggregate.count,
        min: aggregate.min,
        min_at: aggregate.min_at,
        max: aggregate.max,
        max_at: aggregate.max_at,
        mean: aggregate.mean,
        last: aggregate.last,
        last_at: aggregate.last_at,
        p95: aggregate.p95,
    }
}
