//! The backend of the plan's section 6: runs the dashboards' workflows, and tells the hub how they go. A client of type
//! `backend`, which may publish `WORKFLOW_UPDATE` for any dashboard.

use std::{collections::HashSet, time::Duration};

use mission_control_client::{DashboardStatus, MissionControlClient, SetupError};
use mission_control_protocol::{
    DashboardConfig, DashboardId, WorkflowUpdate,
    config::{DashboardMetadata, TYPE_BACKEND},
    status::{DashboardState, DataStatus, StatusPerformance},
    workflow::WorkflowState,
};
use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{clock::now, fleet::HubAccess, schedule::STATUS_AGE};

/// Id of the backend.
pub const BACKEND_ID: &str = "workflow-backend";
const USE_CASE: &str = "Platform";
/// Updates that may wait.
const UPDATES: usize = 1_024;

/// The backend, not yet running.
pub struct Backend {
    /// Its connection.
    pub client: MissionControlClient,
    /// For the dashboards to hand their workflows over.
    pub updates: mpsc::Sender<WorkflowUpdate>,
    receiver: mpsc::Receiver<WorkflowUpdate>,
}

/// What the backend reports of itself; counted, not simulated.
#[derive(Debug, Default)]
struct Tally {
    updates: u64,
    recent: u64,
    running: HashSet<(DashboardId, String)>,
    /// Milliseconds from a workflow's step to its place in the queue, mean of the recent ones.
    delay: f64,
    last: Option<mission_control_protocol::Timestamp>,
}

impl Backend {
    /// Puts the backend together.
    ///
    /// # Errors
    /// [`SetupError`] when the hub's address cannot be used.
    pub fn new(id: DashboardId, hub: &HubAccess) -> Result<Self, SetupError> {
        let config = DashboardConfig {
            id,
            kind: TYPE_BACKEND.to_owned(),
            use_case: USE_CASE.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            capabilities: vec!["workflow-deployment".to_owned()],
            metadata: DashboardMetadata {
                user: Some("platform".to_owned()),
                environment: Some("production".to_owned()),
                start_time: Some(now()),
                other: [("name".to_owned(), json!(BACKEND_ID)), ("simulated".to_owned(), json!(true))].into(),
            },
        };
        let (updates, receiver) = mpsc::channel(UPDATES);
        Ok(Self { client: hub.client(config).start()?, updates, receiver })
    }

    /// Reports until the fleet stops; then says goodbye to the hub.
    pub async fn run(self, shutdown: CancellationToken) {
        let Self { client, updates, mut receiver } = self;
        drop(updates);
        let mut tally = Tally::default();
        let mut ticks = interval(STATUS_AGE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reported = Instant::now();
        let reporting = async {
            loop {
                tokio::select! {
                    Some(update) = receiver.recv() => {
                        tally.count(&update);
                        if let Err(error) = client.publish_workflow_update(update).await {
                            tracing::warn!(%error, "a workflow update is not published");
                        }
                    }
                    _ = ticks.tick() => {
                        client.update_status(tally.status(client.dashboard_id().clone(), reported.elapsed()));
                        reported = Instant::now();
                    }
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = reporting => {}
        }
        if let Err(error) = client.disconnect("the fleet is stopping").await {
            tracing::warn!(%error, "the backend's goodbye was not orderly");
        }
    }
}

impl Tally {
    fn count(&mut self, update: &WorkflowUpdate) {
        self.updates += 1;
        self.recent += 1;
        let delay = now().milliseconds_since(update.timestamp) as f64;
        self.delay += (delay - self.delay) * 0.1;
        self.last = Some(update.timestamp);
        let execution = (update.dashboard_id.clone(), update.execution_id.clone());
        match update.state {
            WorkflowState::Queued | WorkflowState::Running | WorkflowState::Paused => {
                self.running.insert(execution);
            }
            WorkflowState::Completed | WorkflowState::Failed | WorkflowState::Stopped => {
                self.running.remove(&execution);
            }
        }
    }

    fn status(&mut self, dashboard_id: DashboardId, span: Duration) -> DashboardStatus {
        let recent = std::mem::take(&mut self.recent);
        DashboardStatus {
            dashboard_id,
            use_case: USE_CASE.to_owned(),
            state: if self.running.is_empty() { DashboardState::Idle } else { DashboardState::Processing },
            data_status: DataStatus {
                has_data: self.updates > 0,
                last_ingested: self.last,
                record_count: self.updates,
            },
            active_tab: "workflows".to_owned(),
            connected_users: 0,
            performance: StatusPerformance {
                response_time: (self.delay * 100.0).round() / 100.0,
                error_rate: 0.0,
                throughput: (recent as f64 / span.as_secs_f64().max(0.001) * 100.0).round() / 100.0,
            },
        }
    }
}
