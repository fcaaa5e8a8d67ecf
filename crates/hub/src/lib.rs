//! Mission Control itself.
//!
//! The rooms carry the integration plan's names:
//!
//! | room | is the plan's | does |
//! |---|---|---|
//! | `gateway` | WebSocket Server | listens, shakes hands, serves each connection |
//! | `registry` | Control Center | knows who is connected; sessions, take-over, liveness |
//! | `events` | Event Manager | turns publications into log entries; lets operators follow what is committed |
//! | `commands` | Command Manager | commands with their stages, queries, configurations |
//! | `monitoring` | Monitoring Module | judges clocks, counts what the hub does |
//! | `alerts` | Alert Manager | the life of alerts |
//! | `log` | Message Queue, Event Stream | the one way into the ordered log, and its writer thread |
//! | `tokens` | Security | the secrets that let dashboards and operators in |
//!
//! Invariants: an `ACK` follows an fsync; state is owned by one actor and reached through a bounded channel; the order
//! in which a connection's messages arrive is their order in the log; a command reaches a dashboard only after its
//! first record is durable; nothing that waits for a slow client, operator or disk grows without bound.

mod alerts;
mod clock;
mod commands;
mod config;
mod descriptors;
mod error;
mod events;
mod gateway;
mod hub;
mod log;
mod monitoring;
mod registry;
pub mod scoring;
mod tokens;

pub use config::{DEFAULT_PORT, HubConfig, Limits, TlsFiles};
pub use error::HubError;
pub use hub::Hub;
pub use monitoring::HubCounters;
