//! The dashboard-side SDK of Mission Control for Rust services.
//!
//! A service registers itself as a run dashboard, reports what it does, and executes the operator's commands:
//!
//! ```no_run
//! use mission_control_client::{DashboardEvent, MissionControlClient, commands::RemoteControl, security::SecurityOptions};
//! use mission_control_protocol::{DashboardConfig, DashboardId, Severity};
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
//!     .security(SecurityOptions::new().trust_key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".parse()?))
//!     .remote_control(RemoteControl::new().refresh_data(|_, context| async move {
//!         context.progress(0.5, "half done");
//!         Ok(serde_json::json!({"recordCount": 1200}))
//!     }))
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
//! A command runs only if a trusted operator signed it; [`security`] says how that is changed, and what else is asked.
//! [`commands`] has the plan's commands and those of the dashboard's own.
//!
//! One task owns the connection and everything about it; a [`MissionControlClient`] is a cheap handle to that task.
//!
//! # What the queue promises
//!
//! What is published is numbered, kept until the hub has it on its disk, and sent again after a reconnection. With
//! [`ClientBuilder::queue_file`] it is also on this machine's disk; without, it lives in memory.
//!
//! | when | then |
//! |---|---|
//! | `publish_…` returns | the message is accepted: it arrives once and in order, as long as the process lives |
//! | [`Receipt::stored`] or [`MissionControlClient::stored`] returns | it is on disk, and arrives once and in order even if the process is killed or the power fails now |
//! | [`Receipt::acknowledged`] or [`MissionControlClient::flush`] returns | it is on the hub's disk |
//! | the process is killed and starts again | the same session goes on; what is not acknowledged is sent again, and [`MissionControlClient::accepted_before`] says with which publication to go on. Nothing is sent before it is on disk under its number, so no number stands for two messages |
//! | many tasks publish at once | they share one fsync, on a thread of its own; no task waits for the disk |
//! | the queue is full ([`ClientBuilder::queue_bytes`], 8 MiB) | measurements go first, the oldest before newer ones, and a `QUEUE_OVERFLOW` event counts them; then `publish_…` waits and `try_publish` says [`TryPublishError::QueueFull`]. With [`WhenFull::DropOldest`] events go next and alerts last, counted too, and nobody waits |
//! | the hub refuses a message | a `MESSAGE_REFUSED` event says so, and the rest goes on |
//! | another client has the file open, or a newer version, another dashboard or another program wrote it | [`ClientBuilder::start`] ends with a [`QueueFileError`]; the file is left alone |
//! | the file is damaged | it is set aside under another name, and a new session begins: [`StorageState::Durable`] names it |
//! | the disk is full, or the place cannot be written | the queue goes on in memory, [`MissionControlClient::on_storage_change`] says why, and the disk is tried again every ten seconds. What was sent meanwhile may be sent again if the process ends before the disk works |
//! | the client disconnects | what is not acknowledged within five seconds is kept for the next start where there is a file ([`DisconnectError::Kept`]), and is lost where there is none |
//!
//! `update_status` is no part of this: only the latest status counts, and it is sent again after each reconnection.
#![cfg_attr(not(feature = "disk-queue"), allow(dead_code, reason = "without it the queue has no storage"))]

mod actor;
mod backoff;
mod builder;
mod client;
pub mod commands;
mod connection;
mod enrichment;
mod error;
mod handlers;
mod inbox;
mod message;
mod queue;
mod receipt;
pub mod security;
mod state;
mod transport;
mod work;

pub use builder::ClientBuilder;
pub use client::MissionControlClient;
pub use error::{
    CommandFailure, ConfigurationRejected, DisconnectError, PublishError, QueryFailure, QueueFileError,
    ReceiptError, RegistrationError, SetupError, TryPublishError,
};
pub use handlers::CommandContext;
pub use message::Publication;
pub use mission_control_protocol::{
    Alert, DashboardEvent, DashboardMetrics, DashboardStatus, ResourceUsage, WorkflowUpdate,
};
pub use queue::{StorageState, WhenFull};
pub use receipt::Receipt;
pub use state::{ClientMetrics, ConnectionState};
