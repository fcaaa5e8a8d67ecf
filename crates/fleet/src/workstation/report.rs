//! What the workstation says of itself, from its measurements.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use mission_control_protocol::{
    Alert, AlertAction, DashboardId, DashboardMetrics, DashboardStatus, Severity,
    alert::AlertCondition,
    metrics::{DataMetrics, PerformanceMetrics, UsageMetrics},
    status::{DashboardState, DataStatus, StatusPerformance},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::measurement::Measurement;

/// Measurements held: half an hour at one every two seconds.
const HELD: usize = 900;
/// How far a share must fall under its threshold before the alert is over, in percent.
const MARGIN: f64 = 2.0;

/// What an operator may configure.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    /// Version of the configuration that set them; 0 for the defaults.
    pub(super) version: u64,
    /// Milliseconds between measurements.
    pub(super) measure_interval: u64,
    /// Share of memory, and of disk space, in use at which an alert is raised, in percent.
    pub(super) memory_threshold: f64,
    pub(super) disk_threshold: f64,
}

impl Settings {
    /// These settings with `values` put in their places.
    pub(super) fn changed(&self, values: &Map<String, Value>, version: u64) -> Result<Self, String> {
        let mut settings = Self { version, ..self.clone() };
        for (key, value) in values {
            let number = |low: f64, high: f64| match value.as_f64() {
                Some(number) if (low..=high).contains(&number) => Ok(number),
                _ => Err(format!("{key} must be a number from {low} to {high}, but is {value}")),
            };
            match key.as_str() {
                "measureInterval" => settings.measure_interval = number(500.0, 60_000.0)? as u64,
                "memoryThreshold" => settings.memory_threshold = number(1.0, 100.0)?,
                "diskThreshold" => settings.disk_threshold = number(1.0, 100.0)?,
                _ => {
                    return Err(format!(
                        "{key} is no setting of this workstation; there are measureInterval, memoryThreshold and \
                         diskThreshold"
                    ));
                }
            }
        }
        Ok(settings)
    }
}

/// The measurements held, and what follows from them.
pub(super) struct Records {
    id: DashboardId,
    use_case: &'static str,
    started: Instant,
    registered_after: Duration,
    held: VecDeque<Measurement>,
    taken: u64,
    pub(super) failed: u64,
    failing: bool,
    /// Time the last report took to write as JSON.
    pub(super) render: Duration,
    pub(super) commands: BTreeMap<String, f64>,
    pub(super) settings: Settings,
    pub(super) debug: bool,
    memory_alert: bool,
    disk_alert: bool,
}

fn share(used: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { 100.0 * used as f64 / total as f64 }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn milliseconds(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1000.0)
}

impl Records {
    pub(super) fn new(id: DashboardId, use_case: &'static str) -> Self {
        Self {
            id,
            use_case,
            started: Instant::now(),
            registered_after: Duration::ZERO,
            held: VecDeque::new(),
            taken: 0,
            failed: 0,
            failing: false,
            render: Duration::ZERO,
            commands: BTreeMap::new(),
            settings: Settings {
                version: 0,
                measure_interval: 2_000,
                memory_threshold: 95.0,
                disk_threshold: 97.0,
            },
            debug: false,
            memory_alert: false,
            disk_alert: false,
        }
    }

    pub(super) fn registered(&mut self) {
        self.registered_after = self.started.elapsed();
    }

    pub(super) fn hold(&mut self, measurement: Measurement) {
        self.taken += 1;
        self.failing = false;
        self.held.push_back(measurement);
        if self.held.len() > HELD {
            self.held.pop_front();
        }
    }

    pub(super) fn measurement_failed(&mut self) {
        self.failed += 1;
        self.failing = true;
    }

    pub(super) fn last(&self) -> Option<&Measurement> {
        self.held.back()
    }

    pub(super) fn clear(&mut self) -> usize {
        let removed = self.held.len();
        self.held.clear();
        removed
    }

    pub(super) fn status(&self) -> DashboardStatus {
        let last = self.last();
        let cpu = last.map_or(0.0, |last| last.usage.host.cpu_percent);
        DashboardStatus {
            dashboard_id: self.id.clone(),
            use_case: self.use_case.to_owned(),
            state: match cpu {
                _ if self.failing => DashboardState::Error,
                cpu if cpu >= 60.0 => DashboardState::Processing,
                cpu if cpu >= 5.0 => DashboardState::Active,
                _ => DashboardState::Idle,
            },
            data_status: DataStatus {
                has_data: !self.held.is_empty(),
                last_ingested: last.map(|last| last.at),
                record_count: self.held.len() as u64,
            },
            active_tab: "resources".to_owned(),
            connected_users: last.map_or(0, |last| last.users),
            performance: StatusPerformance {
                response_time: last.map_or(0.0, |last| milliseconds(last.took)),
                error_rate: last.map_or(0.0, |last| rounded(last.packet_errors)),
                throughput: last.map_or(0.0, |last| rounded(last.packets_per_second)),
            },
        }
    }

    pub(super) fn metrics(&self) -> DashboardMetrics {
        let last = self.last();
        let attempts = (self.taken + self.failed).max(1);
        DashboardMetrics {
            performance: last.map(|last| PerformanceMetrics {
                page_load_time: milliseconds(self.registered_after),
                api_response_time: milliseconds(last.took),
                render_time: milliseconds(self.render),
                memory_usage: last.own_memory as f64,
                cpu_usage: rounded(last.own_cpu),
            }),
            usage: Some(UsageMetrics {
                active_users: f64::from(last.map_or(0, |last| last.users)),
                session_duration: self.started.elapsed().as_secs_f64().round() * 1000.0,
                tab_views: BTreeMap::new(),
                feature_usage: self.commands.clone(),
            }),
            data: last.map(|last| DataMetrics {
                total_records: self.held.len() as f64,
                processing_rate: rounded(self.taken as f64 / self.started.elapsed().as_secs_f64().max(1.0)),
                error_rate: rounded(100.0 * self.failed as f64 / attempts as f64),
                data_quality: last.completeness,
            }),
            agents: None,
            workflows: None,
        }
    }

    /// The measurements held, in `format`.
    pub(super) fn export(&self, format: &str) -> Result<Value, String> {
        let row = |measurement: &Measurement| {
            let host = &measurement.usage.host;
            json!({
                "at": measurement.at, "cpuPercent": rounded(host.cpu_percent),
                "memoryUsedBytes": host.memory.used_bytes, "diskUsedBytes": host.disk.used_bytes,
                "readBytesPerSecond": host.disk.read_bytes_per_second.round(),
                "writeBytesPerSecond": host.disk.write_bytes_per_second.round(),
                "receivedBytesPerSecond": host.network.received_bytes_per_second.round(),
                "sentBytesPerSecond": host.network.sent_bytes_per_second.round(),
            })
        };
        let rows: Vec<Value> = self.held.iter().map(row).collect();
        let data = match format {
            "json" => json!(rows),
            "ndjson" => json!(rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")),
            "csv" => {
                const COLUMNS: [&str; 8] = [
                    "at",
                    "cpuPercent",
                    "memoryUsedBytes",
                    "diskUsedBytes",
                    "readBytesPerSecond",
                    "writeBytesPerSecond",
                    "receivedBytesPerSecond",
                    "sentBytesPerSecond",
                ];
                let mut text = COLUMNS.join(",");
                for row in &rows {
                    let fields = COLUMNS.map(|column| row[column].to_string().trim_matches('"').to_owned());
                    text.push('\n');
                    text.push_str(&fields.join(","));
                }
                json!(text)
            }
            other => return Err(format!("{other} is not a format; choose json, csv or ndjson")),
        };
        Ok(json!({"success": true, "format": format, "data": data, "exportedRecords": rows.len()}))
    }

    /// The alerts that began or ended with the last measurement.
    pub(super) fn judge(&mut self) -> Vec<Alert> {
        let Some(host) = self.last().map(|last| last.usage.host.clone()) else { return Vec::new() };
        let mut alerts = Vec::new();
        for (what, share, threshold, raised) in [
            (
                "Memory",
                share(host.memory.used_bytes, host.memory.total_bytes),
                self.settings.memory_threshold,
                &mut self.memory_alert,
            ),
            (
                "Disk",
                share(host.disk.used_bytes, host.disk.total_bytes),
                self.settings.disk_threshold,
                &mut self.disk_alert,
            ),
        ] {
            let (begins, ends) = (!*raised && share >= threshold, *raised && share < threshold - MARGIN);
            if begins || ends {
                *raised = begins;
                alerts.push(Alert {
                    kind: "RESOURCE_PRESSURE".to_owned(),
                    severity: Severity::Warning,
                    title: format!("{what} Nearly Full"),
                    message: format!("{share:.1} % in use; the threshold is {threshold} %."),
                    actions: vec![AlertAction {
                        label: "Collect Diagnostics".to_owned(),
                        action: "COLLECT_DIAGNOSTICS".to_owned(),
                        payload: Some(json!({})),
                    }],
                    condition: if begins { AlertCondition::Firing } else { AlertCondition::Resolved },
                    fingerprint: Some(what.to_lowercase()),
                });
            }
        }
        alerts
    }
}
