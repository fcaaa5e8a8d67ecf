//! The dashboard-side SDK of Mission Control for Rust services.
//!
//! A service registers itself as a run dashboard, reports what it does, and executes the operator's commands:
//!
//! ```no_run
//! use mission_control_client::{CommandFailure, DashboardEvent, MissionControlClient};
//! use mission_control_protocol::{DashboardConfig, DashboardId, Severity, catalog};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = DashboardConfig {
//!     id: DashboardId::new("energy-north")?,
//!     kind: "run-dashboard".into(),
//!     use_case: "energy".into(),
//!     version: "1.4.0".into(),
//!     capabilities: vec!["data-ingestion".into()],
//!     metadata: Default::default(),
//! };
//! let client = MissionControlClient::builder("ws://127.0.0.1:7420", config)
//!     .token(std::fs::read_to_string("dashboard.token")?)
//!     .on_commands(catalog::seed_commands(), |command, context| async move {
//!         context.progress(0.5, "half done");
//!         Err(CommandFailure::new(format!("{} is not implemented here", command.kind)))
//!     })
//!     .start()?;
//! client.register_dashboard().await?;
//! client
//!     .publish_event(DashboardEvent {
//!         kind: "DATA_INGESTED".into(),
//!         severity: Severity::Info,
//!         payload: serde_json::json!({"source": "scada", "recordCount": 1200}),
//!     })
//!     .await?;
//! client.disconnect("maintenance").await?;
//! # Ok(()) }
//! ```
//!
//! One task owns the connection and everything about it; a [`MissionControlClient`] is a cheap handle to that task.
//! What is published is numbered, kept until the hub has acknowledged it, and sent again after a reconnection. The
//! queue is bounded: when it is full, `publish_…` waits and `try_publish` says so, and nothing is dropped silently.
//! The queue lives in memory: what the hub has not acknowledged is lost with the process.

mod actor;
mod backoff;
mod builder;
mod client;
mod connection;
mod enrichment;
mod error;
mod handlers;
mod inbox;
mod message;
mod queue;
mod state;
mod transport;
mod work;

pub use builder::ClientBuilder;
pub use client::MissionControlClient;
pub use error::{
    CommandFailure, ConfigurationRejected, DisconnectError, PublishError, QueryFailure, RegistrationError,
    SetupError, TryPublishError,
};
pub use handlers::CommandContext;
pub use message::Publication;
pub use mission_control_protocol::{
    Alert, DashboardEvent, DashboardMetrics, DashboardStatus, ResourceUsage, WorkflowUpdate,
};
pub use state::{ClientMetrics, ConnectionState};
