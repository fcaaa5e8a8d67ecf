//! `ResourceUsage` (integration plan, section 2): CPU, memory, disk and network, of the host and per process.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{DashboardId, Timestamp};

/// What a dashboard and its host use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ResourceUsage {
    /// The whole machine.
    pub host: HostUsage,
    /// The dashboard's own processes, and any others worth showing.
    #[serde(default)]
    pub processes: Vec<ProcessUsage>,
}

/// `ResourceUsage.host`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct HostUsage {
    /// Host name, if it may be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// CPU in use, in percent of all cores (0 to 100).
    pub cpu_percent: f64,
    /// Logical cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cores: Option<u32>,
    /// Main memory.
    pub memory: Capacity,
    /// Disks, added up.
    pub disk: DiskUsage,
    /// Network interfaces, loopback left out, added up.
    pub network: NetworkUsage,
}

/// A store that can fill up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Capacity {
    /// In use, in bytes.
    #[ts(type = "number")]
    pub used_bytes: u64,
    /// In all, in bytes.
    #[ts(type = "number")]
    pub total_bytes: u64,
}

/// `HostUsage.disk`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DiskUsage {
    /// In use, in bytes.
    #[ts(type = "number")]
    pub used_bytes: u64,
    /// In all, in bytes.
    #[ts(type = "number")]
    pub total_bytes: u64,
    /// Bytes read per second.
    pub read_bytes_per_second: f64,
    /// Bytes written per second.
    pub write_bytes_per_second: f64,
}

/// `HostUsage.network`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct NetworkUsage {
    /// Bytes received per second.
    pub received_bytes_per_second: f64,
    /// Bytes sent per second.
    pub sent_bytes_per_second: f64,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProcessUsage {
    /// Process id on its host.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// CPU in use, in percent of one core.
    pub cpu_percent: f64,
    /// Resident memory, in bytes.
    #[ts(type = "number")]
    pub memory_bytes: u64,
}

/// Resource usage with what the client adds to it before it leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EnrichedResourceUsage {
    /// The dashboard that reports; must be the registered one.
    pub dashboard_id: DashboardId,
    /// When it was measured, by the producer's clock.
    pub timestamp: Timestamp,
    /// What was measured.
    #[serde(flatten)]
    pub usage: ResourceUsage,
}
