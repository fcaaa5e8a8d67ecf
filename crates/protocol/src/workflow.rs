//! `WORKFLOW_UPDATE` (integration plan, section 6): a backend tells how a dashboard's workflow goes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{DashboardId, Timestamp};

/// How one execution of a workflow goes. The hub records it and forwards it to `dashboardId`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowUpdate {
    /// The dashboard on whose behalf the workflow runs.
    pub dashboard_id: DashboardId,
    /// Which workflow.
    pub workflow_id: String,
    /// Which execution of it.
    pub execution_id: String,
    /// Where it stands.
    pub state: WorkflowState,
    /// Part done, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    #[ts(optional)]
    pub progress: Option<f64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<String>,
    /// When this was so, by the backend's clock.
    pub timestamp: Timestamp,
}

/// `WorkflowUpdate.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum WorkflowState {
    /// Waiting to run.
    Queued,
    /// Running.
    Running,
    /// Held, and can go on.
    Paused,
    /// Ended well.
    Completed,
    /// Ended with an error.
    Failed,
    /// Ended on request.
    Stopped,
}
