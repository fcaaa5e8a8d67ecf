//! Which charts there are, which series they show, and what series are called.

/// Where the series of a chart come from.
pub(crate) enum Source {
    /// These series, always: label and name.
    Fixed(&'static [(&'static str, &'static str)]),
    /// Every series whose name begins so; the rest of the name is the label.
    Named(&'static str),
}

/// One chart.
pub(crate) struct ChartSpec {
    pub(crate) group: &'static str,
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) source: Source,
}

/// The groups, in the order they are shown.
pub(crate) const GROUPS: [(&str, &str); 7] = [
    ("status", "Status"),
    ("performance", "Performance"),
    ("usage", "Usage"),
    ("data", "Data"),
    ("agents", "Agents"),
    ("workflows", "Workflows"),
    ("resources", "Resources"),
];

/// Series of which more is better; of all others less is, or neither.
const MORE_IS_BETTER: [&str; 5] = [
    "status.throughput",
    "data.processingRate",
    "data.dataQuality",
    "agents.successRate",
    "workflows.completedCount",
];

const fn one(
    group: &'static str,
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    series: &'static [(&'static str, &'static str)],
) -> ChartSpec {
    ChartSpec { group, key, title, unit, source: Source::Fixed(series) }
}

macro_rules! chart {
    ($group:literal, $name:literal, $title:literal, $unit:literal) => {
        one($group, concat!($group, ".", $name), $title, $unit, &[($title, concat!($group, ".", $name))])
    };
}

/// Every chart, in the order of its group.
pub(crate) static CHARTS: [ChartSpec; 29] = [
    chart!("status", "responseTime", "Response time", "ms"),
    chart!("status", "errorRate", "Error rate", "%"),
    chart!("status", "throughput", "Throughput", "/s"),
    chart!("status", "recordCount", "Records held", ""),
    chart!("status", "connectedUsers", "Connected users", ""),
    chart!("performance", "pageLoadTime", "Page load", "ms"),
    chart!("performance", "apiResponseTime", "API response", "ms"),
    chart!("performance", "renderTime", "Render", "ms"),
    chart!("performance", "memoryUsage", "Memory", "B"),
    chart!("performance", "cpuUsage", "CPU", "%"),
    chart!("usage", "activeUsers", "Active users", ""),
    chart!("usage", "sessionDuration", "Session duration", "ms"),
    ChartSpec {
        group: "usage",
        key: "usage.tabViews",
        title: "Tab views",
        unit: "",
        source: Source::Named("usage.tabViews."),
    },
    ChartSpec {
        group: "usage",
        key: "usage.featureUsage",
        title: "Feature usage",
        unit: "",
        source: Source::Named("usage.featureUsage."),
    },
    chart!("data", "totalRecords", "Records", ""),
    chart!("data", "processingRate", "Processing rate", "/s"),
    chart!("data", "errorRate", "Error rate", "%"),
    chart!("data", "dataQuality", "Data quality", "%"),
    chart!("agents", "executionCount", "Executions", ""),
    chart!("agents", "avgExecutionTime", "Mean execution time", "ms"),
    chart!("agents", "successRate", "Success rate", "%"),
    chart!("agents", "queueLength", "Queue length", ""),
    one(
        "workflows",
        "workflows.counts",
        "Workflows",
        "",
        &[
            ("Active", "workflows.activeCount"),
            ("Completed", "workflows.completedCount"),
            ("Failed", "workflows.failedCount"),
        ],
    ),
    chart!("workflows", "avgDuration", "Mean duration", "ms"),
    one("resources", "resources.cpu", "CPU", "%", &[("In use", "resources.cpu")]),
    one(
        "resources",
        "resources.memory",
        "Memory",
        "B",
        &[("In use", "resources.memory.usedBytes"), ("Total", "resources.memory.totalBytes")],
    ),
    one(
        "resources",
        "resources.disk",
        "Disk",
        "B",
        &[("In use", "resources.disk.usedBytes"), ("Total", "resources.disk.totalBytes")],
    ),
    one(
        "resources",
        "resources.diskTraffic",
        "Disk traffic",
        "B/s",
        &[("Read", "resources.disk.readBytesPerSecond"), ("Written", "resources.disk.writeBytesPerSecond")],
    ),
    one(
        "resources",
        "resources.network",
        "Network",
        "B/s",
        &[
            ("Received", "resources.network.receivedBytesPerSecond"),
            ("Sent", "resources.network.sentBytesPerSecond"),
        ],
    ),
];

/// What a series is, for people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SeriesDescription {
    /// One of [`GROUPS`], or `other`.
    pub(crate) group: &'static str,
    pub(crate) title: String,
    pub(crate) unit: &'static str,
    pub(crate) more_is_better: bool,
}

/// The series that every chart of fixed series shows: name, title and unit.
pub(crate) fn described_metrics() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let names = CHARTS.iter().flat_map(|spec| match &spec.source {
        Source::Fixed(series) => *series,
        Source::Named(_) => &[],
    });
    names.map(|(_, name)| {
        let described = describe(name);
        (*name, described.title, described.unit)
    })
}

/// What the series called `name` is.
pub(crate) fn describe(name: &str) -> SeriesDescription {
    let more_is_better = MORE_IS_BETTER.contains(&name);
    for spec in &CHARTS {
        let label = match &spec.source {
            Source::Fixed(series) => {
                let found = series.iter().find(|(_, known)| *known == name);
                found.map(|(label, _)| if *label == spec.title { None } else { Some(*label) })
            }
            Source::Named(prefix) => name.strip_prefix(prefix).map(Some),
        };
        if let Some(label) = label {
            let title = match label {
                Some(label) => format!("{}: {}", spec.title, crate::plain_text::harmless(label, 60)),
                None => spec.title.to_owned(),
            };
            return SeriesDescription { group: spec.group, title, unit: spec.unit, more_is_better };
        }
    }
    let (group, rest) = name.split_once('.').unwrap_or(("other", name));
    let group = GROUPS.iter().find(|(key, _)| *key == group).map_or("other", |(key, _)| *key);
    let (title, unit) = match rest.strip_prefix("processes.") {
        Some(process) => match (process.strip_suffix(".cpuPercent"), process.strip_suffix(".memoryBytes")) {
            (Some(process), _) => (format!("{process}: CPU"), "%"),
            (_, Some(process)) => (format!("{process}: memory"), "B"),
            _ => (process.to_owned(), ""),
        },
        None => (rest.to_owned(), if rest.ends_with("Bytes") { "B" } else { "" }),
    };
    let title = crate::plain_text::harmless(&title, 80);
    SeriesDescription { group, title, unit, more_is_better }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_has_a_title_and_a_unit() {
        let described = |name| {
            let SeriesDescription { group, title, unit, .. } = describe(name);
            (group, title, unit)
        };
        let text = |group, title: &str, unit| (group, title.to_owned(), unit);
        assert_eq!(described("status.responseTime"), text("status", "Response time", "ms"));
        assert_eq!(described("usage.tabViews.home"), text("usage", "Tab views: home", ""));
        assert_eq!(described("resources.memory.usedBytes"), text("resources", "Memory: In use", "B"));
        assert_eq!(described("resources.processes.hub.cpuPercent"), text("resources", "hub: CPU", "%"));
        assert_eq!(described("metrics.own.queueBytes"), text("other", "own.queueBytes", "B"));
        assert!(describe("agents.successRate").more_is_better);
    }
}
