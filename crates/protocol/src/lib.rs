//! The `mission-control.v1` wire protocol.
//!
//! Everything that crosses a socket between a dashboard, a hub and a console is a type of this crate, under the
//! name the integration plan gives it. The crate holds data and pure functions only: no I/O, no clock, no threads.
//!
//! | module | holds |
//! |---|---|
//! | [`config`], [`status`], [`event`], [`metrics`], [`alert`], [`resource`], [`command`], [`query`], [`configuration`], [`workflow`] | the plan's interfaces |
//! | [`dashboard_wire`] | the messages between a dashboard (or backend) and a hub, on `/v1/dashboard` |
//! | [`operator_wire`] | the messages between a console and a hub, on `/v1/operator` |
//! | [`frame`] | reading a dashboard's frames fast, with errors that name the field |
//! | [`access`] | tokens that operators had made, and who tried to connect in vain |
//! | [`alerting`] | what operators say about many alerts: silences, inhibitions, maintenance windows, rules, settings |
//! | [`record`] | the ordered log's record, its kinds and the body of each kind |
//! | [`catalog`] | the seventeen commands of the plan with title, payload schema and hazard |
//! | [`payload`] | validation of a command payload against its declared JSON Schema |
//! | [`signature`], [`encryption`] | signed commands, and payloads the hub cannot read |
//! | [`limits`] | the times and sizes a hub keeps to |
//! | [`error`] | the documented error codes |
//! | [`schemas`] | JSON Schemas of all of the above |

pub mod access;
pub mod alert;
pub mod alerting;
mod base64url;
pub mod catalog;
pub mod command;
pub mod config;
pub mod configuration;
pub mod dashboard_wire;
pub mod encryption;
pub mod error;
pub mod event;
pub mod frame;
pub mod ids;
pub mod limits;
pub mod metrics;
pub mod operator_wire;
pub mod payload;
pub mod query;
pub mod record;
pub mod resource;
pub mod schemas;
pub mod severity;
mod shape;
pub mod signature;
mod snapshot;
pub mod status;
mod tagged;
pub mod time;
pub mod workflow;

pub use access::{AttemptReason, ConnectionAttempt, DashboardToken, TokenSecret};
pub use alert::{Alert, AlertAction, EnrichedAlert};
pub use command::{Command, CommandDeclaration, CommandResult, CommandStage, Hazard};
pub use config::{DashboardConfig, RegistrationResult};
pub use error::{ErrorCode, ProtocolError};
pub use event::{DashboardEvent, EnrichedEvent, EventContext};
pub use ids::{
    AlertId, CommandId, DashboardId, InhibitionId, OperatorId, QueryId, RuleId, SessionEpoch, SilenceId,
    TokenId, WindowId,
};
pub use limits::DEFAULT_FRAME_LIMIT;
pub use metrics::{DashboardMetrics, EnrichedMetrics};
pub use query::{Query, QueryResult};
pub use record::{Record, RecordKind};
pub use resource::{EnrichedResourceUsage, ResourceUsage};
pub use severity::Severity;
pub use status::DashboardStatus;
pub use time::Timestamp;
pub use workflow::WorkflowUpdate;

/// The protocol's name. A client may offer it as the WebSocket subprotocol; the hub then confirms it.
pub const PROTOCOL: &str = "mission-control.v1";

/// Path on which a hub accepts dashboards and backends.
pub const DASHBOARD_PATH: &str = "/v1/dashboard";

/// Path on which a hub accepts consoles.
pub const OPERATOR_PATH: &str = "/v1/operator";
