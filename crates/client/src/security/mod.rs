//! Who may have what done (integration plan, section 10): signatures, permissions, rate limits, replays, the audit, and
//! payloads that the hub cannot read.
//!
//! A client refuses commands that are not signed by a key it trusts. Whose keys those are, and what else is asked of a
//! command, [`SecurityOptions`] say:
//!
//! ```no_run
//! use std::time::Duration;
//! use mission_control_client::{MissionControlClient, security::{RateLimit, SecurityOptions}};
//! # fn example(config: mission_control_protocol::DashboardConfig) -> Result<(), Box<dyn std::error::Error>> {
//! let security = SecurityOptions::new()
//!     .trust_key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".parse()?)
//!     .permissions(|operator, command_type| async move {
//!         Ok(operator.as_str() == "ada" || command_type != "CLEAR_DATA")
//!     })
//!     .rate_limit(|_| RateLimit { count: 10, per: Duration::from_secs(60) });
//! let client = MissionControlClient::builder("wss://hub.example.org", config).security(security).start()?;
//! # Ok(()) }
//! ```
//!
//! The TypeScript SDK's `SecurityIntegration` decides the same, in the same order and with the same words.

mod audit;
mod integration;
mod memory;
mod options;
mod payload;
mod policy;
mod rate_limit;
mod received;
mod refusal;

pub(crate) use audit::AuditedCommand;
pub use integration::SecurityIntegration;
pub(crate) use memory::{CommandMemory, Remembering};
pub use options::{PermissionFailure, SecurityOptions};
pub use payload::{DecryptError, EncryptError, decrypt_payload, encrypt_payload};
pub use rate_limit::RateLimit;
pub use received::ReceivedCommand;
pub use refusal::{Refusal, RefusalCode};

pub use mission_control_protocol::{
    encryption::{DecryptionError, EncryptionKey},
    signature::{PublicKey, SecretKey},
};
