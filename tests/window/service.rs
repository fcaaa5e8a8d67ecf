//! A run dashboard that a test has in hand: it publishes without a pause, raises what it is told to, and executes
//! `INGEST_DATA`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use mission_control_client::{Alert, CommandFailure, DashboardEvent, DashboardStatus, MissionControlClient};
use mission_control_protocol::{
    AlertAction, DashboardConfig, DashboardId, Severity,
    alert::AlertCondition,
    catalog,
    config::TYPE_RUN_DASHBOARD,
    status::{DashboardState, DataStatus, StatusPerformance},
};
use mission_control_tests::programs::HubAddress;
use serde_json::json;
use tokio::task::JoinHandle;

/// Between two events.
const PACE: Duration = Duration::from_millis(50);
/// Records that one `INGEST_DATA` adds.
pub const INGESTED: u64 = 1_200;

/// A dashboard at work.
pub struct Service {
    id: DashboardId,
    client: MissionControlClient,
    enough: Arc<AtomicBool>,
    publishing: JoinHandle<u64>,
}

impl Service {
    /// Registers it and lets it begin.
    pub async fn start(hub: &HubAddress, name: &str) -> Self {
        let id = DashboardId::new(name).unwrap();
        let records = Arc::new(AtomicU64::new(0));
        let ingest = catalog::seed_commands().into_iter().filter(|command| command.kind == "INGEST_DATA");
        let held = records.clone();
        let config = DashboardConfig {
            id: id.clone(),
            kind: TYPE_RUN_DASHBOARD.to_owned(),
            use_case: "Water supply".to_owned(),
            version: "2.1.0".to_owned(),
            capabilities: vec!["data-ingestion".to_owned()],
            metadata: Default::default(),
        };
        let client = MissionControlClient::builder(&hub.url, config)
            .token(hub.dashboard_token())
            .reconnect_backoff(Duration::from_millis(50), Duration::from_millis(500))
            .accept_unsigned_commands()
            .on_commands(ingest, move |command, context| {
                let held = held.clone();
                async move {
                    context.progress(0.5, "reading");
                    match command.payload["source"].as_str() {
                        Some("leak") => Err(CommandFailure::new("the source leaks")),
                        _ => {
                            Ok(json!({"recordCount": held.fetch_add(INGESTED, Ordering::Relaxed) + INGESTED}))
                        }
                    }
                }
            })
            .start()
            .unwrap();
        client.register_dashboard().await.unwrap();
        let enough = Arc::new(AtomicBool::new(false));
        let publishing = tokio::spawn(publish(client.clone(), id.clone(), records, enough.clone()));
        Self { id, client, enough, publishing }
    }

    /// Its id.
    pub fn id(&self) -> &DashboardId {
        &self.id
    }

    /// Raises an alert that can be answered by ingesting again or by looking at the data.
    pub async fn raise(&self, severity: Severity, title: &str) {
        self.report(severity, title, AlertCondition::Firing).await;
    }

    /// Says that the problem of this title is over.
    pub async fn resolve(&self, severity: Severity, title: &str) {
        self.report(severity, title, AlertCondition::Resolved).await;
    }

    async fn report(&self, severity: Severity, title: &str, condition: AlertCondition) {
        let action = |label: &str, action: &str, payload| AlertAction {
            label: label.to_owned(),
            action: action.to_owned(),
            payload,
        };
        let alert = Alert {
            kind: "PRESSURE".to_owned(),
            severity,
            title: title.to_owned(),
            message: "7.2 bar, and <b>rising</b> & more.".to_owned(),
            actions: vec![
                action("View Details", "VIEW_DATA_QUALITY", None),
                action("Re-ingest", "REINGEST_DATA", Some(json!({"source": "gauges"}))),
            ],
            condition,
            fingerprint: Some(title.to_owned()),
        };
        self.client.raise_alert(alert).await.unwrap();
    }

    /// Lets it come to its end. Returns the number of its last event; all are acknowledged then.
    pub async fn finish(self) -> u64 {
        self.enough.store(true, Ordering::Relaxed);
        let last = self.publishing.await.unwrap();
        self.client.flush().await.unwrap();
        self.client.disconnect("the test is over").await.unwrap();
        last
    }
}

async fn publish(
    client: MissionControlClient,
    id: DashboardId,
    records: Arc<AtomicU64>,
    enough: Arc<AtomicBool>,
) -> u64 {
    let (mut last, mut told) = (0, None);
    while !enough.load(Ordering::Relaxed) {
        let record_count = records.load(Ordering::Relaxed);
        if told != Some(record_count) {
            told = Some(record_count);
            client.update_status(status(&id, record_count));
        }
        last += 1;
        let event = DashboardEvent {
            kind: "PRESSURE_READ".to_owned(),
            severity: Severity::Info,
            payload: json!({"n": last, "bar": 4.2}),
        };
        client.publish_event(event).await.unwrap();
        tokio::time::sleep(PACE).await;
    }
    last
}

fn status(id: &DashboardId, record_count: u64) -> DashboardStatus {
    DashboardStatus {
        dashboard_id: id.clone(),
        use_case: "Water supply".to_owned(),
        state: DashboardState::Active,
        data_status: DataStatus { has_data: record_count > 0, last_ingested: None, record_count },
        active_tab: "overview".to_owned(),
        connected_users: 2,
        performance: StatusPerformance { response_time: 80.0, error_rate: 0.2, throughput: 40.0 },
    }
}
