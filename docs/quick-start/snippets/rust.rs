// Needs the crates mission-control-client, mission-control-protocol, serde_json, and tokio with "full".
use mission_control_client::{DashboardEvent, MissionControlClient};
use mission_control_protocol::{DashboardConfig, DashboardId, Severity};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = DashboardConfig {
        id: DashboardId::new("DASHBOARD_ID")?,
        kind: "run-dashboard".to_owned(),
        use_case: "energy".to_owned(),
        version: "1.0.0".to_owned(),
        capabilities: Vec::new(),
        metadata: Default::default(),
    };
    let client = MissionControlClient::builder("WS_ADDRESS", config).token("TOKEN").start()?;
    client.register_dashboard().await?;
    println!("registered");
    client
        .publish_event(DashboardEvent {
            kind: "DATA_INGESTED".to_owned(),
            severity: Severity::Info,
            payload: serde_json::json!({"source": "meters.csv", "recordCount": 1200}),
        })
        .await?;
    // The dashboard stays connected until it is told to end.
    tokio::signal::ctrl_c().await?;
    client.disconnect("the service was stopped").await?;
    Ok(())
}
