//! The commands that a dashboard accepts.
//!
//! A command of the dashboard's own has a payload type, from which the form that operators fill in is drawn:
//!
//! ```no_run
//! use std::time::Duration;
//! use mission_control_client::{CommandFailure, MissionControlClient, commands::CommandRegistration};
//! use mission_control_protocol::Hazard;
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! /// Which pump, and how fast.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(rename_all = "camelCase")]
//! struct SetSpeed {
//!     /// Id of the pump.
//!     pump: String,
//!     /// Revolutions in a minute.
//!     #[schemars(range(min = 0, max = 3000))]
//!     speed: u32,
//! }
//!
//! #[derive(Serialize)]
//! struct Speed {
//!     reached: u32,
//! }
//!
//! # fn example(config: mission_control_protocol::DashboardConfig) -> Result<(), Box<dyn std::error::Error>> {
//! let set_speed = CommandRegistration::new("SET_SPEED", "Set a pump's speed")
//!     .description("Changes the speed of a pump, and waits until it has it.")
//!     .hazard(Hazard::Disruptive)
//!     .time_out(Duration::from_secs(30))
//!     .run(|payload: SetSpeed, context| async move {
//!         context.progress(0.5, "speeding up");
//!         if payload.pump.is_empty() {
//!             return Err(CommandFailure::new("there is no pump without a name"));
//!         }
//!         Ok(Speed { reached: payload.speed })
//!     });
//! let client = MissionControlClient::builder("ws://127.0.0.1:7420", config).register_command(set_speed).start()?;
//! # Ok(()) }
//! ```
//!
//! The plan's seventeen commands are in [`RemoteControl`], each under its name.

mod execution;
mod registration;
mod remote_control;

pub(crate) use execution::Execution;
pub use registration::{CommandRegistration, RegisteredCommand};
pub use remote_control::{
    CancelAgent, ExecuteAgent, ExecuteWorkflow, ExportData, IngestData, IngestMode, IngestParams,
    NavigateTab, NoPayload, OpenModal, PauseWorkflow, RemoteControl, StartWorkflow, StopWorkflow,
};
