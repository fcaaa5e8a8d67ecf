//! The numbers in a report, and what their series are called.

use std::{fmt, mem};

use mission_control_protocol::{Record, RecordKind};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The kinds of record that series are made of.
pub(crate) const MEASURED: [RecordKind; 3] =
    [RecordKind::Status, RecordKind::Metrics, RecordKind::ResourceUsage];

/// Objects inside objects looked into.
const DEPTH: usize = 6;

/// Numbers taken from one report; further ones are counted.
const NUMBERS: usize = 512;

/// Longest name of a series in bytes.
pub(crate) const NAME_LENGTH: usize = 200;

/// The five groups of metrics; the paths in them are names of series as they are.
const GROUPS: [&str; 5] = ["performance", "usage", "data", "agents", "workflows"];

/// The names of what the protocol defines: they find room whatever else a dashboard reports.
const PROTOCOL_NAMES: [&str; 34] = [
    "status.responseTime",
    "status.errorRate",
    "status.throughput",
    "status.recordCount",
    "status.connectedUsers",
    "performance.pageLoadTime",
    "performance.apiResponseTime",
    "performance.renderTime",
    "performance.memoryUsage",
    "performance.cpuUsage",
    "usage.activeUsers",
    "usage.sessionDuration",
    "data.totalRecords",
    "data.processingRate",
    "data.errorRate",
    "data.dataQuality",
    "agents.executionCount",
    "agents.avgExecutionTime",
    "agents.successRate",
    "agents.queueLength",
    "workflows.activeCount",
    "workflows.completedCount",
    "workflows.failedCount",
    "workflows.avgDuration",
    "resources.cpu",
    "resources.cores",
    "resources.memory.usedBytes",
    "resources.memory.totalBytes",
    "resources.disk.usedBytes",
    "resources.disk.totalBytes",
    "resources.disk.readBytesPerSecond",
    "resources.disk.writeBytesPerSecond",
    "resources.network.receivedBytesPerSecond",
    "resources.network.sentBytesPerSecond",
];

/// Whether the protocol defines a series of this name.
pub(crate) fn is_named_by_the_protocol(name: &str) -> bool {
    PROTOCOL_NAMES.contains(&name)
}

/// The kind of record that the series of this name comes from.
pub(crate) fn kind_of(name: &str) -> RecordKind {
    match name.split_once('.') {
        Some(("status", _)) => RecordKind::Status,
        Some(("resources", _)) => RecordKind::ResourceUsage,
        _ => RecordKind::Metrics,
    }
}

/// Reads the numbers of reports, and keeps the space it needs for the next.
#[derive(Debug, Default)]
pub struct SeriesNumbersReader(NumberReader);

impl SeriesNumbersReader {
    /// Shows `take` the series and value of every number that a record reports. Where two processes have one name, it
    /// sees the name twice, and is to add them up. Records of kinds that are not measured have none.
    pub fn read(&mut self, record: &Record, take: impl FnMut(&str, f64)) {
        if MEASURED.contains(&record.kind) {
            self.0.read(record.kind, record.body.get(), take);
        }
    }
}

/// As [`SeriesNumbersReader`], of a body alone.
#[derive(Debug, Default)]
pub(crate) struct NumberReader {
    path: String,
    name: String,
    /// Numbers left out: too many in a report, or names too long.
    pub(crate) left_out: u64,
}

impl NumberReader {
    /// Shows `take` the name and value of every number in a report. Two processes of one name are added up by the
    /// caller: it sees the name twice. A report that is not what its kind calls for gives what could be read before the
    /// place where it is not.
    pub(crate) fn read(&mut self, kind: RecordKind, body: &str, mut take: impl FnMut(&str, f64)) {
        self.path.clear();
        let mut taken = 0;
        let mut name = mem::take(&mut self.name);
        let mut left_out = 0;
        let mut number = |path: &str, value: f64| {
            if taken == NUMBERS || !name_series(kind, path, &mut name) {
                left_out += 1;
                return;
            }
            taken += 1;
            take(&name, value);
        };
        let mut reader = serde_json::Deserializer::from_str(body);
        let walk = Walk { path: &mut self.path, depth: 0, number: &mut number };
        if let Err(error) = walk.deserialize(&mut reader) {
            tracing::debug!(%error, ?kind, "a report cannot be read to its end");
        }
        self.name = name;
        self.left_out += left_out;
    }
}

/// Writes what the series of the number at `path` is called; false when it makes none.
fn name_series(kind: RecordKind, path: &str, name: &mut String) -> bool {
    name.clear();
    let (prefix, rest) = match kind {
        RecordKind::Status => (
            "status.",
            path.strip_prefix("performance.").or_else(|| path.strip_prefix("dataStatus.")).unwrap_or(path),
        ),
        RecordKind::Metrics => match path.split_once('.') {
            Some((group, _)) if GROUPS.contains(&group) => ("", path),
            _ => ("metrics.", path),
        },
        RecordKind::ResourceUsage => match path.strip_prefix("host.") {
            Some("cpuPercent") => ("resources.", "cpu"),
            Some(rest) => ("resources.", rest),
            None if path.starts_with("processes.") => ("resources.", path),
            None => ("resources.other.", path),
        },
        _ => return false,
    };
    if prefix.len() + rest.len() > NAME_LENGTH || rest.is_empty() {
        return false;
    }
    name.push_str(prefix);
    name.push_str(rest);
    true
}

/// Walks a JSON value with borrowed parsing: no tree is built.
struct Walk<'walk> {
    path: &'walk mut String,
    depth: usize,
    number: &'walk mut dyn FnMut(&str, f64),
}

impl Walk<'_> {
    fn number<E>(self, value: f64) -> Result<(), E> {
        if value.is_finite() && !self.path.is_empty() {
            (self.number)(self.path, value);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    #[expect(clippy::cast_precision_loss, reason = "a chart shows far fewer digits than an f64 has")]
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.number(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "a chart shows far fewer digits than an f64 has")]
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.number(value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.number(value)
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.depth == 1 && self.path == "processes" {
            let Self { path, number, .. } = self;
            while list.next_element_seed(Process { path: &mut *path, number: &mut *number })?.is_some() {}
            return Ok(());
        }
        // A list has no names to tell its members apart by.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { path, depth, number } = self;
        let length = path.len();
        while map.next_key_seed(Key { path: &mut *path })?.is_some() {
            if depth < DEPTH {
                map.next_value_seed(Walk { path: &mut *path, depth: depth + 1, number: &mut *number })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
            path.truncate(length);
        }
        Ok(())
    }
}

/// Adds a key to the path.
struct Key<'walk> {
    path: &'walk mut String,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
        Ok(())
    }
}

/// One process: its numbers are named by its name, not by its place in the list or its id, which change.
struct Process<'walk> {
    path: &'walk mut String,
    number: &'walk mut dyn FnMut(&str, f64),
}

/// The fields of a process that are measured.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProcessNumbers<'body> {
    #[serde(borrow)]
    name: std::borrow::Cow<'body, str>,
    cpu_percent: f64,
    memory_bytes: f64,
}

impl<'de> DeserializeSeed<'de> for Process<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let process: ProcessNumbers<'de> = serde::Deserialize::deserialize(deserializer)?;
        let length = self.path.len();
        self.path.push('.');
        self.path.push_str(&process.name);
        let named = self.path.len();
        for (field, value) in [(".cpuPercent", process.cpu_percent), (".memoryBytes", process.memory_bytes)] {
            self.path.push_str(field);
            (self.number)(self.path, value);
            self.path.truncate(named);
        }
        self.path.truncate(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: RecordKind, body: &str) -> Vec<(String, f64)> {
        let mut found = Vec::new();
        NumberReader::default().read(kind, body, |name, value| found.push((name.to_owned(), value)));
        found
    }

    fn names(kind: RecordKind, body: &str) -> Vec<String> {
        read(kind, body).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_status_has_its_numbers() {
        let body = r#"{"dashboardId":"a","useCase":"x","state":"idle","dataStatus":{"hasData":true,
            "lastIngested":null,"recordCount":7},"activeTab":"t","connectedUsers":2,
            "performance":{"responseTime":1.5,"errorRate":0,"throughput":3}}"#;
        let expected = [
            ("status.recordCount", 7.0),
            ("status.connectedUsers", 2.0),
            ("status.responseTime", 1.5),
            ("status.errorRate", 0.0),
            ("status.throughput", 3.0),
        ];
        assert_eq!(read(RecordKind::Status, body), expected.map(|(name, value)| (name.to_owned(), value)));
        assert!(expected.iter().all(|(name, _)| is_named_by_the_protocol(name)));
    }

    #[test]
    fn metrics_have_their_groups_and_maps() {
        let body = r#"{"dashboardId":"a","timestamp":"2026-11-22T19:58:21.042Z","usage":{"activeUsers":1,
            "sessionDuration":2,"tabViews":{"over\u0076iew":3,"a.b":4},"featureUsage":{}},
            "status":{"responseTime":9},"loose":5}"#;
        assert_eq!(
            names(RecordKind::Metrics, body),
            [
                "usage.activeUsers",
                "usage.sessionDuration",
                "usage.tabViews.overview",
                "usage.tabViews.a.b",
                "metrics.status.responseTime",
                "metrics.loose"
            ]
        );
        assert!(!is_named_by_the_protocol("usage.tabViews.overview"));
        assert!(!is_named_by_the_protocol("metrics.loose"));
    }

    #[test]
    fn resources_have_host_and_processes() {
        let body = r#"{"host":{"name":"h","cpuPercent":12.5,"cores":4,"memory":{"usedBytes":1,"totalBytes":2}},
            "processes":[{"pid":1,"name":"hub","cpuPercent":3,"memoryBytes":4},
                         {"pid":2,"name":"hub","cpuPercent":5,"memoryBytes":6}]}"#;
        assert_eq!(
            names(RecordKind::ResourceUsage, body),
            [
                "resources.cpu",
                "resources.cores",
                "resources.memory.usedBytes",
                "resources.memory.totalBytes",
                "resources.processes.hub.cpuPercent",
                "resources.processes.hub.memoryBytes",
                "resources.processes.hub.cpuPercent",
                "resources.processes.hub.memoryBytes"
            ]
        );
    }

    #[test]
    fn hostile_reports_are_bounded() {
        let long = format!(r#"{{"usage":{{"tabViews":{{"{}":1,"short":2}}}}}}"#, "x".repeat(500));
        assert_eq!(names(RecordKind::Metrics, &long), ["usage.tabViews.short"]);
        let deep = format!(r#"{{"data":{}1{}}}"#, r#"{"a":"#.repeat(50), "}".repeat(50));
        assert!(names(RecordKind::Metrics, &deep).is_empty());
        let fields: Vec<_> = (0..2_000).map(|number| format!(r#""f{number}":{number}"#)).collect();
        let wide = format!(r#"{{"data":{{{}}}}}"#, fields.join(","));
        let mut reader = NumberReader::default();
        let mut taken = 0;
        reader.read(RecordKind::Metrics, &wide, |_, _| taken += 1);
        assert_eq!((taken, reader.left_out), (NUMBERS, 2_000 - NUMBERS as u64));
        assert_eq!(names(RecordKind::Metrics, r#"{"data":{"totalRecords":1,"x":["#), ["data.totalRecords"]);
    }
}
