//! `DashboardMetrics`, its five groups (integration plan, section 7).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{DashboardId, Timestamp};

/// The five groups of metrics. Each group is collected at its own interval, so a report may carry any of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DashboardMetrics {
    /// How fast the dashboard is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub performance: Option<PerformanceMetrics>,
    /// How it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub usage: Option<UsageMetrics>,
    /// What its data is like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub data: Option<DataMetrics>,
    /// How its agents do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub agents: Option<AgentMetrics>,
    /// How its workflows do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub workflows: Option<WorkflowMetrics>,
}

/// `DashboardMetrics.performance`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct PerformanceMetrics {
    /// Page load, in milliseconds.
    pub page_load_time: f64,
    /// Mean API response, in milliseconds.
    pub api_response_time: f64,
    /// Mean render, in milliseconds.
    pub render_time: f64,
    /// Memory in use, in bytes.
    pub memory_usage: f64,
    /// CPU in use, in percent of one core.
    pub cpu_usage: f64,
}

/// `DashboardMetrics.usage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct UsageMetrics {
    /// Users active now.
    pub active_users: f64,
    /// Length of the current session, in milliseconds.
    pub session_duration: f64,
    /// Views by tab since the session began.
    #[serde(default)]
    pub tab_views: BTreeMap<String, f64>,
    /// Uses by feature since the session began.
    #[serde(default)]
    pub feature_usage: BTreeMap<String, f64>,
}

/// `DashboardMetrics.data`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct DataMetrics {
    /// Records held.
    pub total_records: f64,
    /// Records processed per second.
    pub processing_rate: f64,
    /// Records that failed, in percent (0 to 100).
    pub error_rate: f64,
    /// Quality score, in percent (0 to 100).
    pub data_quality: f64,
}

/// `DashboardMetrics.agents`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct AgentMetrics {
    /// Executions so far.
    pub execution_count: f64,
    /// Mean execution, in milliseconds.
    pub avg_execution_time: f64,
    /// Successful executions, in percent (0 to 100).
    pub success_rate: f64,
    /// Executions waiting.
    pub queue_length: f64,
}

/// `DashboardMetrics.workflows`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowMetrics {
    /// Workflows running now.
    pub active_count: f64,
    /// Workflows completed so far.
    pub completed_count: f64,
    /// Workflows failed so far.
    pub failed_count: f64,
    /// Mean duration, in milliseconds.
    pub avg_duration: f64,
}

/// Metrics with what the client adds to them before they leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct EnrichedMetrics {
    /// The dashboard they were measured in; must be the registered one.
    pub dashboard_id: DashboardId,
    /// When they were measured, by the producer's clock.
    pub timestamp: Timestamp,
    /// The groups measured.
    #[serde(flatten)]
    pub metrics: DashboardMetrics,
}
