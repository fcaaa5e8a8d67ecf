//! One realistic value of each interface of the protocol. Every golden message is made of these.

use std::collections::BTreeMap;

use mission_control_protocol::{
    Alert, AlertAction, AttemptReason, Command, CommandDeclaration, CommandResult, ConnectionAttempt,
    DashboardConfig, DashboardEvent, DashboardId, DashboardMetrics, DashboardStatus, DashboardToken,
    EnrichedAlert, EnrichedEvent, EnrichedMetrics, EnrichedResourceUsage, ErrorCode, EventContext, Hazard,
    ProtocolError, Query, QueryResult, ResourceUsage, SessionEpoch, Severity, Timestamp, WorkflowUpdate,
    alert::AlertCondition,
    alerting::{
        BackTest, BackTestFiring, Comparison, Inhibition, MaintenanceWindow, Rule, RuleCondition, Runbook,
        Silence, Weekday, WindowSchedule,
    },
    config::{DashboardMetadata, RegistrationResult},
    configuration::Configuration,
    metrics::{AgentMetrics, DataMetrics, PerformanceMetrics, UsageMetrics, WorkflowMetrics},
    resource::{Capacity, DiskUsage, HostUsage, NetworkUsage, ProcessUsage},
    status::{DashboardState, DataStatus, StatusPerformance},
    workflow::WorkflowState,
};
use serde_json::json;
use uuid::Uuid;

pub const COMMAND_ID: &str = "01981f3a-6c00-7b3e-9a41-2f6d1c0e8b57";
pub const QUERY_ID: &str = "01981f3a-7104-7c11-8d0a-55e1a9b0c3d2";
pub const ALERT_ID: &str = "01981f3a-5f10-7a90-b6c3-0d4e7f218a96";
pub const TOKEN_ID: &str = "01981f3a-4a22-7d08-93b1-6c5e0f1a2b3c";
pub const EPOCH: &str = "6f1c2a34-9b1e-4c0d-8a57-3d2e5f607182";
pub const LOG_EPOCH: &str = "b7a9d0c2-1e3f-4a5b-9c8d-7e6f50413223";
pub const HUB_ID: &str = "0c5d8e9f-4b3a-4216-a7b8-c9d0e1f2a3b4";

pub fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

pub fn at(second: u8) -> Timestamp {
    format!("2026-11-22T19:58:{second:02}.042Z").parse().unwrap()
}

pub fn dashboard() -> DashboardId {
    id("energy-01")
}

pub fn epoch() -> SessionEpoch {
    SessionEpoch(uuid(EPOCH))
}

pub fn config() -> DashboardConfig {
    DashboardConfig {
        id: dashboard(),
        kind: "run-dashboard".into(),
        use_case: "energy".into(),
        version: "4.2.0".into(),
        capabilities: ["data-ingestion", "agent-execution", "workflow-deployment", "real-time-updates"]
            .map(String::from)
            .to_vec(),
        metadata: DashboardMetadata {
            user: Some("amara".into()),
            environment: Some("production".into()),
            start_time: Some(at(0)),
            other: BTreeMap::from([("region".into(), json!("eu-central"))]),
        },
    }
}

pub fn declaration() -> CommandDeclaration {
    CommandDeclaration {
        kind: "INGEST_DATA".into(),
        title: "Ingest data".into(),
        description: "Loads data from a source into the dashboard.".into(),
        payload_schema: json!({
            "properties": {"source": {"minLength": 1, "title": "Source", "type": "string"}},
            "required": ["source"],
            "type": "object"
        }),
        hazard: Hazard::None,
    }
}

pub fn configuration() -> Configuration {
    Configuration { version: 3, values: json!({"qualityThreshold": 80, "refreshSeconds": 30}) }
}

pub fn registration() -> RegistrationResult {
    RegistrationResult {
        success: true,
        dashboard_id: dashboard(),
        heartbeat_interval: 5_000,
        server_time: at(1),
        last_seq: 41,
        frame_limit: 1_048_576,
        configuration: Some(configuration()),
        operator_keys: vec!["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into()],
    }
}

pub fn status() -> DashboardStatus {
    DashboardStatus {
        dashboard_id: dashboard(),
        use_case: "energy".into(),
        state: DashboardState::Processing,
        data_status: DataStatus { has_data: true, last_ingested: Some(at(2)), record_count: 18_204 },
        active_tab: "overview".into(),
        connected_users: 4,
        performance: StatusPerformance { response_time: 118.5, error_rate: 0.4, throughput: 73.25 },
    }
}

pub fn event() -> DashboardEvent {
    DashboardEvent {
        kind: "DATA_INGESTED".into(),
        severity: Severity::Info,
        payload: json!({"quality": 97.5, "recordCount": 1200, "source": "meters"}),
    }
}

pub fn enriched_event() -> EnrichedEvent {
    EnrichedEvent {
        event: event(),
        dashboard_id: dashboard(),
        timestamp: at(3),
        context: EventContext {
            use_case: Some("energy".into()),
            user: Some("amara".into()),
            session_id: Some("s-9921".into()),
        },
    }
}

pub fn metrics() -> DashboardMetrics {
    DashboardMetrics {
        performance: Some(PerformanceMetrics {
            page_load_time: 812.0,
            api_response_time: 118.5,
            render_time: 14.25,
            memory_usage: 73_400_320.0,
            cpu_usage: 12.5,
        }),
        usage: Some(UsageMetrics {
            active_users: 4.0,
            session_duration: 5_400_000.0,
            tab_views: BTreeMap::from([("agents".into(), 3.0), ("overview".into(), 17.0)]),
            feature_usage: BTreeMap::from([("export".into(), 2.0)]),
        }),
        data: Some(DataMetrics {
            total_records: 18_204.0,
            processing_rate: 240.5,
            error_rate: 0.4,
            data_quality: 97.5,
        }),
        agents: Some(AgentMetrics {
            execution_count: 61.0,
            avg_execution_time: 1_930.0,
            success_rate: 98.4,
            queue_length: 2.0,
        }),
        workflows: Some(WorkflowMetrics {
            active_count: 1.0,
            completed_count: 12.0,
            failed_count: 1.0,
            avg_duration: 42_000.0,
        }),
    }
}

pub fn enriched_metrics() -> EnrichedMetrics {
    EnrichedMetrics { dashboard_id: dashboard(), timestamp: at(4), metrics: metrics() }
}

pub fn alert() -> Alert {
    Alert {
        kind: "DATA_QUALITY".into(),
        severity: Severity::Warning,
        title: "Data Quality Below Threshold".into(),
        message: "Data quality score: 71%. Review data ingestion.".into(),
        actions: vec![
            AlertAction { label: "View Details".into(), action: "VIEW_DATA_QUALITY".into(), payload: None },
            AlertAction {
                label: "Re-ingest".into(),
                action: "REINGEST_DATA".into(),
                payload: Some(json!({"source": "meters"})),
            },
        ],
        condition: AlertCondition::Firing,
        fingerprint: Some("quality:meters".into()),
    }
}

pub fn enriched_alert() -> EnrichedAlert {
    EnrichedAlert {
        alert: alert(),
        source: "dashboard".into(),
        dashboard_id: dashboard(),
        context: json!({"useCase": "energy"}),
        timestamp: at(5),
    }
}

pub fn usage() -> ResourceUsage {
    ResourceUsage {
        host: HostUsage {
            name: Some("plant-7".into()),
            cpu_percent: 37.5,
            cores: Some(8),
            memory: Capacity { used_bytes: 9_663_676_416, total_bytes: 17_179_869_184 },
            disk: DiskUsage {
                used_bytes: 210_453_397_504,
                total_bytes: 512_110_190_592,
                read_bytes_per_second: 1_310_720.0,
                write_bytes_per_second: 524_288.0,
            },
            network: NetworkUsage { received_bytes_per_second: 88_000.0, sent_bytes_per_second: 41_500.5 },
        },
        processes: vec![ProcessUsage {
            pid: 4_120,
            name: "dashboard".into(),
            cpu_percent: 61.5,
            memory_bytes: 734_003_200,
        }],
    }
}

pub fn enriched_usage() -> EnrichedResourceUsage {
    EnrichedResourceUsage { dashboard_id: dashboard(), timestamp: at(6), usage: usage() }
}

pub fn command() -> Command {
    Command {
        id: id(COMMAND_ID),
        kind: "INGEST_DATA".into(),
        payload: json!({"source": "meters"}),
        dashboard_id: dashboard(),
        issued_by: id("amara"),
        issued_at: at(7),
        expires_at: "2026-11-22T19:59:07.042Z".parse().unwrap(),
    }
}

pub fn command_result() -> CommandResult {
    CommandResult {
        command_id: id(COMMAND_ID),
        success: true,
        result: Some(json!({"recordCount": 1200})),
        error: None,
        duration: Some(830.5),
    }
}

pub fn query() -> Query {
    Query { id: id(QUERY_ID), kind: "STATUS".into(), params: json!({"detail": "full"}) }
}

pub fn query_result() -> QueryResult {
    QueryResult {
        query_id: id(QUERY_ID),
        success: true,
        result: Some(json!({"state": "active"})),
        error: None,
    }
}

pub fn workflow_update() -> WorkflowUpdate {
    WorkflowUpdate {
        dashboard_id: dashboard(),
        workflow_id: "forecast".into(),
        execution_id: "forecast-118".into(),
        state: WorkflowState::Running,
        progress: Some(0.25),
        error: None,
        timestamp: at(8),
    }
}

pub fn error() -> ProtocolError {
    ProtocolError::new(
        ErrorCode::SequenceGap,
        "expected seq 43, but this is 45; send 43 and 44 first. Nothing of this message was kept.",
    )
    .about(Some(45))
}

/// A compact JSON text, as it would arrive.
pub fn raw(value: &impl serde::Serialize) -> Box<serde_json::value::RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

pub fn token() -> DashboardToken {
    DashboardToken {
        id: id(TOKEN_ID),
        label: "Energy, hall 3".into(),
        created_at: at(0),
        created_by: id("amara"),
        last_used_at: Some(at(4)),
        last_used_by: Some(dashboard()),
    }
}

pub fn attempt() -> ConnectionAttempt {
    ConnectionAttempt {
        number: 3,
        first_at: at(1),
        last_at: at(8),
        count: 4,
        remote_address: "127.0.0.1:50440".into(),
        reason: AttemptReason::TokenUnknown,
        message: "the hub does not know this token.".into(),
        remedy: "Copy the token again, whole, or make a new one.".into(),
        dashboard_id: Some(dashboard()),
    }
}

pub fn rule() -> Rule {
    Rule {
        id: id("api-slow"),
        title: "API is slow".into(),
        description: "Requests take long. See the runbook.".into(),
        enabled: true,
        severity: Severity::Warning,
        labels: [("team".to_owned(), "platform".to_owned())].into(),
        dashboards: vec!["useCase=energy".parse().unwrap(), "environment!~test|staging".parse().unwrap()],
        for_seconds: 300,
        condition: RuleCondition::Threshold {
            metric: "performance.apiResponseTime".into(),
            unit: Some("ms".into()),
            comparison: Comparison::Above,
            value: 500.0,
            clear: Some(400.0),
        },
        runbook: Some(Runbook {
            url: Some("https://wiki.example.org/api-slow".into()),
            command: Some("RESTART_SERVICES".into()),
            payload: Some(json!({"services": ["api"]})),
        }),
    }
}

pub fn silence() -> Silence {
    Silence {
        id: id("maintenance-7"),
        matchers: vec!["dashboard=~energy-.*".parse().unwrap(), "severity!=critical".parse().unwrap()],
        starts_at: Some(at(10)),
        ends_at: at(40),
        comment: "New meters in hall 3".into(),
        ends_with_problem: false,
        created_by: None,
    }
}

pub fn window() -> MaintenanceWindow {
    MaintenanceWindow {
        id: id("sunday-night"),
        title: "Backups".into(),
        matchers: vec!["environment=production".parse().unwrap()],
        schedule: WindowSchedule::Weekly {
            days: vec![Weekday::Sunday],
            start_minute: 1_380,
            minutes: 120,
            utc_offset_minutes: 60,
        },
    }
}

pub fn inhibition() -> Inhibition {
    Inhibition {
        id: id("lost-explains"),
        title: "A lost dashboard explains its other alerts".into(),
        source: vec!["rule=dashboard-lost".parse().unwrap()],
        target: vec!["rule!=dashboard-lost".parse().unwrap()],
        equal: vec!["dashboard".into()],
    }
}

pub fn back_test() -> BackTest {
    BackTest {
        from: at(0),
        to: at(50),
        complete: true,
        fired: 1,
        firings: vec![BackTestFiring {
            dashboard_id: dashboard(),
            use_case: None,
            from: at(10),
            to: Some(at(20)),
            value: Some(612.5),
        }],
        samples: 1_440,
        dashboards: 3,
    }
}
