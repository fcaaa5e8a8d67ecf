//! A dashboard that does a little of everything: `quick_start ws://127.0.0.1:7420 hub-data/tokens/dashboard.token`.
use mission_control_client::{
    Alert, CommandFailure, DashboardEvent, DashboardMetrics, DashboardStatus, MissionControlClient,
    commands::RemoteControl,
};
use mission_control_protocol::{
    DashboardConfig, DashboardId, Severity,
    metrics::DataMetrics,
    status::{DashboardState, DataStatus, StatusPerformance},
};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(hub), Some(token_file)) = (arguments.next(), arguments.next()) else {
        return Err("name the hub's address and the file of its dashboard token".into());
    };
    let id = DashboardId::new("energy-01")?;
    let config = DashboardConfig {
        id: id.clone(),
        kind: "run-dashboard".to_owned(),
        use_case: "energy".to_owned(),
        version: "1.0.0".to_owned(),
        capabilities: vec!["data-ingestion".to_owned()],
        metadata: Default::default(),
    };

    // What operators may do. Only commands with a function here are offered to them.
    let control = RemoteControl::new().refresh_data(|_, context| async move {
        for page in 1..=4 {
            if context.is_cancelled() {
                return Err(CommandFailure::cancelled());
            }
            context.progress(f64::from(page) / 4.0, format!("page {page} of 4"));
        }
        Ok(json!({"pages": 4}))
    });
    let client = MissionControlClient::builder(&hub, config)
        .token(std::fs::read_to_string(token_file)?)
        // What is published survives a restart, a crash and a loss of power.
        .queue_file("mission-control-queue/energy-01.sqlite")
        .remote_control(control)
        // For a hub on this machine. Elsewhere, let `security` trust the keys of your operators.
        .accept_unsigned_commands()
        .start()?;
    client.register_dashboard().await?;
    eprintln!("registered");

    // What the dashboard is doing now. Only the latest counts.
    client.update_status(DashboardStatus {
        dashboard_id: id,
        use_case: "energy".to_owned(),
        state: DashboardState::Active,
        data_status: DataStatus { has_data: true, last_ingested: None, record_count: 1200 },
        active_tab: "overview".to_owned(),
        connected_users: 0,
        performance: StatusPerformance { response_time: 118.5, error_rate: 0.4, throughput: 73.25 },
    });
    // What happened, what was measured, and what operators should look at.
    client
        .publish_event(DashboardEvent {
            kind: "DATA_INGESTED".to_owned(),
            severity: Severity::Info,
            payload: json!({"source": "meters.csv", "recordCount": 1200}),
        })
        .await?;
    let data =
        DataMetrics { total_records: 1200.0, processing_rate: 240.5, error_rate: 0.4, data_quality: 71.0 };
    client.report_metrics(DashboardMetrics { data: Some(data), ..Default::default() }).await?;
    client
        .raise_alert(Alert {
            kind: "DATA_QUALITY".to_owned(),
            severity: Severity::Warning,
            title: "Data quality is low".to_owned(),
            message: "71 % of the records in meters.csv are complete.".to_owned(),
            actions: Vec::new(),
            condition: Default::default(),
            fingerprint: None,
        })
        .await?;

    // The dashboard stays connected until Ctrl-C, and then says goodbye.
    tokio::signal::ctrl_c().await?;
    client.disconnect("the service was stopped").await?;
    Ok(())
}
