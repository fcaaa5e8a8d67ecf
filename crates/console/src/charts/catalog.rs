//! Which charts there are, and where in the records their values stand.

use std::collections::BTreeMap;

use mission_control_protocol::{
    DashboardMetrics, DashboardStatus, EnrichedMetrics, EnrichedResourceUsage, Record, RecordKind,
    ResourceUsage,
};

/// The kinds of record that charts are drawn from.
pub(crate) const MEASURED: [RecordKind; 3] =
    [RecordKind::Status, RecordKind::Metrics, RecordKind::ResourceUsage];

/// A measurement, read from a record.
pub(crate) enum Sample {
    Status(DashboardStatus),
    Metrics(DashboardMetrics),
    Resources(ResourceUsage),
}

impl Sample {
    /// The measurement in `record`, if it is one and can be read.
    pub(crate) fn read(record: &Record) -> Option<Self> {
        let body = record.body.get();
        match record.kind {
            RecordKind::Status => serde_json::from_str(body).ok().map(Self::Status),
            RecordKind::Metrics => {
                serde_json::from_str(body).ok().map(|report: EnrichedMetrics| Self::Metrics(report.metrics))
            }
            RecordKind::ResourceUsage => serde_json::from_str(body)
                .ok()
                .map(|report: EnrichedResourceUsage| Self::Resources(report.usage)),
            _ => None,
        }
    }
}

type Read = fn(&Sample) -> Option<f64>;
type ReadMap = fn(&Sample) -> Option<&BTreeMap<String, f64>>;

/// Where the values of a chart come from.
pub(crate) enum Source {
    /// These series, always.
    Fixed(&'static [(&'static str, Read)]),
    /// One series per entry of a map.
    Map(ReadMap),
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

macro_rules! chart {
    ($group:literal, $name:literal, $title:literal, $unit:literal, $read:expr) => {
        ChartSpec {
            group: $group,
            key: concat!($group, ".", $name),
            title: $title,
            unit: $unit,
            source: Source::Fixed(&[($title, $read)]),
        }
    };
}

macro_rules! status {
    ($name:literal, $title:literal, $unit:literal, $status:ident => $value:expr) => {
        chart!("status", $name, $title, $unit, |sample| match sample {
            Sample::Status($status) => Some($value),
            _ => None,
        })
    };
}

macro_rules! metric {
    ($group:literal, $field:ident . $value:ident, $name:literal, $title:literal, $unit:literal) => {
        chart!($group, $name, $title, $unit, |sample| match sample {
            Sample::Metrics(metrics) => metrics.$field.as_ref().map(|group| group.$value),
            _ => None,
        })
    };
}

macro_rules! host {
    ($usage:ident => $value:expr) => {
        |sample| match sample {
            Sample::Resources($usage) => Some($value),
            _ => None,
        }
    };
}

#[expect(clippy::cast_precision_loss, reason = "a chart shows far fewer digits than an f64 has")]
fn count(value: u64) -> f64 {
    value as f64
}

/// Every chart, in the order of its group.
pub(crate) static CHARTS: [ChartSpec; 29] = [
    status!("responseTime", "Response time", "ms", status => status.performance.response_time),
    status!("errorRate", "Error rate", "%", status => status.performance.error_rate),
    status!("throughput", "Throughput", "/s", status => status.performance.throughput),
    status!("recordCount", "Records held", "", status => count(status.data_status.record_count)),
    status!("connectedUsers", "Connected users", "", status => f64::from(status.connected_users)),
    metric!("performance", performance.page_load_time, "pageLoadTime", "Page load", "ms"),
    metric!("performance", performance.api_response_time, "apiResponseTime", "API response", "ms"),
    metric!("performance", performance.render_time, "renderTime", "Render", "ms"),
    metric!("performance", performance.memory_usage, "memoryUsage", "Memory", "B"),
    metric!("performance", performance.cpu_usage, "cpuUsage", "CPU", "%"),
    metric!("usage", usage.active_users, "activeUsers", "Active users", ""),
    metric!("usage", usage.session_duration, "sessionDuration", "Session duration", "ms"),
    ChartSpec {
        group: "usage",
        key: "usage.tabViews",
        title: "Tab views",
        unit: "",
        source: Source::Map(|sample| match sample {
            Sample::Metrics(metrics) => metrics.usage.as_ref().map(|usage| &usage.tab_views),
            _ => None,
        }),
    },
    ChartSpec {
        group: "usage",
        key: "usage.featureUsage",
        title: "Feature usage",
        unit: "",
        source: Source::Map(|sample| match sample {
            Sample::Metrics(metrics) => metrics.usage.as_ref().map(|usage| &usage.feature_usage),
            _ => None,
        }),
    },
    metric!("data", data.total_records, "totalRecords", "Records", ""),
    metric!("data", data.processing_rate, "processingRate", "Processing rate", "/s"),
    metric!("data", data.error_rate, "errorRate", "Error rate", "%"),
    metric!("data", data.data_quality, "dataQuality", "Data quality", "%"),
    metric!("agents", agents.execution_count, "executionCount", "Executions", ""),
    metric!("agents", agents.avg_execution_time, "avgExecutionTime", "Mean execution time", "ms"),
    metric!("agents", agents.success_rate, "successRate", "Success rate", "%"),
    metric!("agents", agents.queue_length, "queueLength", "Queue length", ""),
    ChartSpec {
        group: "workflows",
        key: "workflows.counts",
        title: "Workflows",
        unit: "",
        source: Source::Fixed(&[
            ("Active", |sample| match sample {
                Sample::Metrics(metrics) => metrics.workflows.as_ref().map(|group| group.active_count),
                _ => None,
            }),
            ("Completed", |sample| match sample {
                Sample::Metrics(metrics) => metrics.workflows.as_ref().map(|group| group.completed_count),
                _ => None,
            }),
            ("Failed", |sample| match sample {
                Sample::Metrics(metrics) => metrics.workflows.as_ref().map(|group| group.failed_count),
                _ => None,
            }),
        ]),
    },
    metric!("workflows", workflows.avg_duration, "avgDuration", "Mean duration", "ms"),
    ChartSpec {
        group: "resources",
        key: "resources.cpu",
        title: "CPU",
        unit: "%",
        source: Source::Fixed(&[("In use", host!(usage => usage.host.cpu_percent))]),
    },
    ChartSpec {
        group: "resources",
        key: "resources.memory",
        title: "Memory",
        unit: "B",
        source: Source::Fixed(&[
            ("In use", host!(usage => count(usage.host.memory.used_bytes))),
            ("Total", host!(usage => count(usage.host.memory.total_bytes))),
        ]),
    },
    ChartSpec {
        group: "resources",
        key: "resources.disk",
        title: "Disk",
        unit: "B",
        source: Source::Fixed(&[
            ("In use", host!(usage => count(usage.host.disk.used_bytes))),
            ("Total", host!(usage => count(usage.host.disk.total_bytes))),
        ]),
    },
    ChartSpec {
        group: "resources",
        key: "resources.diskTraffic",
        title: "Disk traffic",
        unit: "B/s",
        source: Source::Fixed(&[
            ("Read", host!(usage => usage.host.disk.read_bytes_per_second)),
            ("Written", host!(usage => usage.host.disk.write_bytes_per_second)),
        ]),
    },
    ChartSpec {
        group: "resources",
        key: "resources.network",
        title: "Network",
        unit: "B/s",
        source: Source::Fixed(&[
            ("Received", host!(usage => usage.host.network.received_bytes_per_second)),
            ("Sent", host!(usage => usage.host.network.sent_bytes_per_second)),
        ]),
    },
];
