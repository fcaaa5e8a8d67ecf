//! The messages between a dashboard (or a backend) and a hub, on `/v1/dashboard`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    Command, CommandDeclaration, CommandId, CommandResult, DashboardConfig, DashboardStatus, EnrichedAlert,
    EnrichedEvent, EnrichedMetrics, EnrichedResourceUsage, ProtocolError, Query, QueryResult, SessionEpoch,
    WorkflowUpdate, config::RegistrationResult, configuration::Configuration,
};

/// A message from a dashboard to its hub.
///
/// A message with `seq` is kept by the client until an `ACK` covers it, and sent again after a reconnection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum DashboardMessage {
    /// The first message on a connection.
    Register {
        /// What the dashboard says of itself.
        config: DashboardConfig,
        /// A dashboard token of this hub.
        #[serde(default)]
        token: String,
        /// The numbering session.
        session: Session,
        /// The commands it accepts.
        #[serde(default)]
        commands: Vec<CommandDeclaration>,
    },
    /// Still there. Any other message says so too.
    Heartbeat,
    /// What the dashboard is doing now.
    Status {
        /// The status.
        status: DashboardStatus,
    },
    /// Something happened.
    Event {
        /// Number in the session.
        #[schemars(range(min = 1))]
        #[ts(type = "number")]
        seq: u64,
        /// What happened.
        event: EnrichedEvent,
    },
    /// A measurement.
    Metrics {
        /// Number in the session.
        #[schemars(range(min = 1))]
        #[ts(type = "number")]
        seq: u64,
        /// What was measured.
        metrics: EnrichedMetrics,
    },
    /// A problem began or ended.
    Alert {
        /// Number in the session.
        #[schemars(range(min = 1))]
        #[ts(type = "number")]
        seq: u64,
        /// The problem.
        alert: EnrichedAlert,
    },
    /// What the dashboard and its host use.
    ResourceUsage {
        /// Number in the session.
        #[schemars(range(min = 1))]
        #[ts(type = "number")]
        seq: u64,
        /// What was measured.
        usage: EnrichedResourceUsage,
    },
    /// How a workflow goes; from a backend, about any dashboard.
    WorkflowUpdate {
        /// Number in the session.
        #[schemars(range(min = 1))]
        #[ts(type = "number")]
        seq: u64,
        /// How it goes.
        update: WorkflowUpdate,
    },
    /// The dashboard has a command, or is getting on with it.
    CommandProgress {
        /// The command.
        command_id: CommandId,
        /// `ACCEPTED` or `RUNNING`.
        stage: ProgressStage,
        /// Part done, 0 to 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.0, max = 1.0))]
        #[ts(optional)]
        progress: Option<f64>,
        /// What it is doing, in a few words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        message: Option<String>,
    },
    /// What came of a command.
    CommandResult {
        /// Number in the session. A result without one is not acknowledged and so may be lost with the connection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1))]
        #[ts(type = "number", optional)]
        seq: Option<u64>,
        /// What came of it.
        #[serde(flatten)]
        result: CommandResult,
    },
    /// The answer to a query.
    QueryResult(QueryResult),
    /// The answer to a `CONFIG_UPDATE`.
    ConfigResult {
        /// The version that was pushed.
        #[ts(type = "number")]
        version: u64,
        /// Whether it is in force.
        success: bool,
        /// Why it is not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        error: Option<String>,
    },
    /// A planned goodbye: the dashboard has *left*, and is not *offline*.
    Disconnect {
        /// Why, for people.
        #[serde(default)]
        reason: String,
    },
}

/// `REGISTER.session`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// UUID of the numbering session.
    pub epoch: SessionEpoch,
}

/// The two stages a dashboard reports before the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProgressStage {
    /// It has the command and will run it.
    Accepted,
    /// It is running it.
    Running,
}

/// A message from a hub to a dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum HubMessage {
    /// The registration is accepted.
    Registered(RegistrationResult),
    /// Everything up to `seq` is on disk.
    Ack {
        /// Highest durable number of the session.
        #[ts(type = "number")]
        seq: u64,
    },
    /// Do this.
    Command {
        /// What to do.
        command: Command,
        /// Detached JWS (RFC 7515, Ed25519 per RFC 8037) over the RFC 8785 form of `command`, when it is signed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        signature: Option<String>,
    },
    /// Stop doing this, if it can be stopped; answered with `COMMAND_RESULT` whose error is `cancelled`.
    CommandCancel {
        /// The command to stop.
        command_id: CommandId,
    },
    /// Answer this.
    Query {
        /// The question.
        query: Query,
    },
    /// Show this to the dashboard's user.
    Alert {
        /// The problem.
        alert: EnrichedAlert,
    },
    /// Put this configuration in force, and answer with `CONFIG_RESULT`.
    ConfigUpdate {
        /// The configuration.
        config: Configuration,
    },
    /// A backend's update about this dashboard's workflow.
    WorkflowUpdate {
        /// How it goes.
        update: WorkflowUpdate,
    },
    /// Something was wrong with a message.
    Error(ProtocolError),
}
