//! Commands, and what they can be sent to.

use mission_control_protocol::{CommandDeclaration, CommandId, CommandStage, Timestamp};
use serde::Serialize;
use ts_rs::TS;

use super::{DashboardKey, Status};

/// Commands, and what they can be sent to.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CommandsView {
    /// Every dashboard, by name.
    pub targets: Vec<CommandTarget>,
    /// Commands, newest first, at most 500.
    pub history: Vec<CommandRow>,
}

/// A dashboard to which commands can be sent.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CommandTarget {
    /// Which.
    pub dashboard: DashboardKey,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub use_case: String,
    /// How it is.
    pub status: Status,
    /// The commands it accepts.
    pub accepts: Vec<CommandDeclaration>,
    /// Why no command can be sent to it now, in a sentence; null when one can.
    pub disabled: Option<String>,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CommandRow {
    /// Which.
    pub command_id: CommandId,
    /// The dashboard it was for.
    pub dashboard: DashboardKey,
    /// Name of that dashboard.
    pub dashboard_name: String,
    /// What to do.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name for people, as declared; the type where nothing was.
    pub title: String,
    /// The payload, as JSON text, indented.
    pub payload: String,
    /// Who sent it.
    pub issued_by: String,
    /// When.
    pub issued_at: Timestamp,
    /// Where it stands.
    pub stage: CommandStage,
    /// How that looks.
    pub status: Status,
    /// Whether nothing more will come.
    pub is_final: bool,
    /// Part done, 0 to 1.
    pub progress: Option<f64>,
    /// What the dashboard says it is doing.
    pub message: Option<String>,
    /// What it returned, as JSON text, indented.
    pub result: Option<String>,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// From accepted by the hub to final, in milliseconds; null while it is under way.
    #[ts(type = "number | null")]
    pub duration: Option<i64>,
    /// Every stage it went through.
    pub stages: Vec<StageRow>,
}

/// One stage a command went through.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StageRow {
    /// Which.
    pub stage: CommandStage,
    /// When it was entered.
    pub at: Timestamp,
}
