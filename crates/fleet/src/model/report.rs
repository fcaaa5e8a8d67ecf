//! What a dashboard says of itself: status, metrics, answers to queries, diagnostics.

use mission_control_protocol::{
    DashboardMetrics, DashboardStatus, ResourceUsage,
    metrics::{AgentMetrics, DataMetrics, PerformanceMetrics, UsageMetrics, WorkflowMetrics},
    resource::{Capacity, DiskUsage, HostUsage, NetworkUsage, ProcessUsage},
    status::{DashboardState, DataStatus, StatusPerformance},
};
use serde_json::{Value, json};

use super::Model;

/// Two decimals are as many as mean anything.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

impl Model {
    fn state(&self) -> DashboardState {
        if self.services.are_down() {
            DashboardState::Error
        } else if self.services.are_restarting() {
            DashboardState::Idle
        } else if self.ingestion.is_busy() || self.agents.is_busy() || self.workflows.running() > 0 {
            DashboardState::Processing
        } else if self.usage.users() > 0 {
            DashboardState::Active
        } else {
            DashboardState::Idle
        }
    }

    /// What the dashboard is doing now.
    #[must_use]
    pub fn status(&self) -> DashboardStatus {
        DashboardStatus {
            dashboard_id: self.id.clone(),
            use_case: self.profile.use_case.clone(),
            state: self.state(),
            data_status: DataStatus {
                has_data: self.data.count() > 0,
                last_ingested: self.data.last_ingested(),
                record_count: self.data.count(),
            },
            active_tab: self.usage.active_tab().to_owned(),
            connected_users: self.usage.users(),
            performance: StatusPerformance {
                response_time: rounded(self.signals.response_time()),
                error_rate: rounded(self.signals.error_rate()),
                throughput: rounded(self.signals.throughput()),
            },
        }
    }

    /// How fast the dashboard is.
    #[must_use]
    pub fn performance(&self) -> PerformanceMetrics {
        let work = self.workflows.running() as f64
            + f64::from(u8::from(self.ingestion.is_busy()))
            + f64::from(u8::from(self.agents.is_busy()));
        PerformanceMetrics {
            page_load_time: rounded(self.signals.page_load_time()),
            api_response_time: rounded(self.signals.response_time()),
            render_time: rounded(self.signals.render_time()),
            memory_usage: self.signals.memory(self.data.count() as f64).round(),
            cpu_usage: rounded(self.signals.cpu(work)),
        }
    }

    /// How it is used.
    #[must_use]
    pub fn usage(&self) -> UsageMetrics {
        UsageMetrics {
            active_users: f64::from(self.usage.users()),
            session_duration: self.usage.session_duration().round(),
            tab_views: self.usage.tab_views(),
            feature_usage: self.usage.feature_usage(),
        }
    }

    /// What its data is like.
    #[must_use]
    pub fn data(&self) -> DataMetrics {
        DataMetrics {
            total_records: self.data.count() as f64,
            processing_rate: rounded(self.ingestion.rate()),
            error_rate: rounded(100.0 - self.data.quality()),
            data_quality: rounded(self.data.quality()),
        }
    }

    /// How its agents do.
    #[must_use]
    pub fn agents(&self) -> AgentMetrics {
        AgentMetrics {
            execution_count: self.agents.executed() as f64,
            avg_execution_time: self.agents.mean_duration().round(),
            success_rate: rounded(self.agents.success_rate()),
            queue_length: self.agents.waiting() as f64,
        }
    }

    /// How its workflows do.
    #[must_use]
    pub fn workflows(&self) -> WorkflowMetrics {
        WorkflowMetrics {
            active_count: self.workflows.active() as f64,
            completed_count: self.workflows.completed as f64,
            failed_count: self.workflows.failed as f64,
            avg_duration: self.workflows.mean_duration.round(),
        }
    }

    /// All five groups.
    #[must_use]
    pub fn metrics(&self) -> DashboardMetrics {
        DashboardMetrics {
            performance: Some(self.performance()),
            usage: Some(self.usage()),
            data: Some(self.data()),
            agents: Some(self.agents()),
            workflows: Some(self.workflows()),
        }
    }

    /// What the dashboard and its (simulated) host use.
    #[must_use]
    pub fn resource_usage(&self) -> ResourceUsage {
        const GIB: u64 = 1 << 30;
        let performance = self.performance();
        let status = self.status().performance;
        let cores = 4;
        let process = |pid, name: &str, share: f64| ProcessUsage {
            pid,
            name: name.to_owned(),
            cpu_percent: rounded(performance.cpu_usage * share),
            memory_bytes: (performance.memory_usage * share) as u64,
        };
        let mut processes = vec![process(101, "dashboard", 0.6)];
        if self.services.are_up() {
            processes.push(process(117, "data-service", 0.3));
            processes.push(process(118, "agent-runner", 0.1));
        }
        ResourceUsage {
            host: HostUsage {
                name: Some(format!("{}-host", self.profile.name)),
                cpu_percent: rounded(performance.cpu_usage * 1.4 / f64::from(cores) + 4.0),
                cores: Some(cores),
                memory: Capacity {
                    used_bytes: 3 * GIB + performance.memory_usage as u64,
                    total_bytes: 16 * GIB,
                },
                disk: DiskUsage {
                    used_bytes: 60 * GIB + self.data.count() * 2_048,
                    total_bytes: 200 * GIB,
                    read_bytes_per_second: rounded(status.throughput * 900.0),
                    write_bytes_per_second: rounded(self.ingestion.rate() * 420.0 + 12_000.0),
                },
                network: NetworkUsage {
                    received_bytes_per_second: rounded(
                        status.throughput * 640.0 + self.ingestion.rate() * 380.0,
                    ),
                    sent_bytes_per_second: rounded(status.throughput * 2_900.0),
                },
            },
            processes,
        }
    }

    /// The answer to a query: `STATUS`, `METRICS`, `CONFIGURATION` or `WORKFLOWS`.
    ///
    /// # Errors
    /// For a query of any other type; the text names those there are.
    pub fn answer(&self, kind: &str) -> Result<Value, String> {
        match kind {
            "STATUS" => {
                let mut status = json!(self.status());
                status["openModals"] = json!(self.usage.open_modals());
                status["debugMode"] = json!(self.debug);
                status["ingestion"] = self.ingestion.report();
                status["openAlerts"] = json!(self.alerts.open());
                Ok(status)
            }
            "METRICS" => Ok(json!(self.metrics())),
            "CONFIGURATION" => {
                let mut settings = json!(self.settings);
                settings["debugMode"] = json!(self.debug);
                Ok(settings)
            }
            "WORKFLOWS" => {
                let mut report = self.workflows.report();
                report["agents"] = self.agents.report();
                Ok(report)
            }
            other => Err(format!(
                "{other} is no query of this dashboard; there are STATUS, METRICS, CONFIGURATION and WORKFLOWS"
            )),
        }
    }

    /// What debug mode shows of the inside.
    pub(super) fn internals(&self) -> Value {
        json!({
            "load": rounded(self.signals.load()), "ingestion": self.ingestion.report(),
            "activeWorkflows": self.workflows.active(), "agentsWaiting": self.agents.waiting(),
            "quality": rounded(self.data.quality()),
        })
    }

    /// What an engineer needs to find a fault.
    pub(super) fn diagnostics(&self) -> Value {
        json!({
            "dashboard": {
                "id": self.id, "useCase": self.profile.use_case, "user": self.profile.user,
                "environment": self.profile.environment, "version": env!("CARGO_PKG_VERSION"),
                "simulated": true,
            },
            "collectedAt": self.now,
            "uptime": self.elapsed.round(),
            "status": self.status(),
            "metrics": self.metrics(),
            "configuration": self.settings,
            "debugMode": self.debug,
            "services": {
                "up": self.services.are_up(), "restarts": self.services.restarts(),
                "incident": self.services.incident().map(|kind| format!("{kind:?}")),
            },
            "ingestion": self.ingestion.report(),
            "workflows": self.workflows.report(),
            "agents": self.agents.report(),
            "openModals": self.usage.open_modals(),
            "openAlerts": self.alerts.open(),
            "recentErrors": self.recent_errors,
        })
    }
}
