//! `Command` and `CommandResult` (integration plan, sections 3 and 9), and a command's stages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::{CommandId, DashboardId, OperatorId, Timestamp};

/// What an operator wants a dashboard to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// Made by the hub that accepts the command; a dashboard runs an id once.
    pub id: CommandId,
    /// What to do: one of the types the dashboard declared when it registered.
    #[serde(rename = "type")]
    pub kind: String,
    /// Details, valid against the declared JSON Schema.
    #[serde(default)]
    pub payload: Value,
    /// The dashboard that is to do it.
    pub dashboard_id: DashboardId,
    /// On whose behalf.
    pub issued_by: OperatorId,
    /// When the hub accepted it.
    pub issued_at: Timestamp,
    /// When it is too late to start; the hub also gives up waiting for a result then.
    pub expires_at: Timestamp,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct CommandResult {
    /// The command this is about.
    pub command_id: CommandId,
    /// Whether it was done.
    pub success: bool,
    /// What it returned, when it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub result: Option<Value>,
    /// Why it was not done. The text `cancelled` answers a `COMMAND_CANCEL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub duration: Option<f64>,
}

/// A command that a dashboard accepts, declared when it registers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct CommandDeclaration {
    /// Upper-case name, such as `INGEST_DATA`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name for people.
    pub title: String,
    /// What it does, in a sentence.
    #[serde(default)]
    pub description: String,
    /// JSON Schema (draft 2020-12) of the payload; forms are drawn from it and payloads checked against it.
    pub payload_schema: Value,
    /// How careful to be.
    #[serde(default)]
    pub hazard: Hazard,
}

/// How careful an operator should be with a command.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "lowercase")]
pub enum Hazard {
    /// Changes nothing that matters.
    #[default]
    None,
    /// Disturbs the dashboard's users.
    Disruptive,
    /// Destroys something; asks for a typed confirmation.
    Destructive,
}

/// Where a command stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommandStage {
    /// Accepted by the hub, not yet on its way.
    Queued,
    /// Written to the dashboard's socket. Says nothing of whether it arrived.
    Sent,
    /// The dashboard has it and will run it.
    Accepted,
    /// The dashboard is running it.
    Running,
    /// Done.
    Succeeded,
    /// The dashboard says it could not be done.
    Failed,
    /// No word from the dashboard in time; whether it was done is not known.
    TimedOut,
    /// Ended on request before it was done.
    Cancelled,
    /// Its time ran out before it was sent.
    Expired,
    /// Never sent: not allowed, not possible or not valid.
    Refused,
}

impl CommandStage {
    /// Every stage.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Sent,
        Self::Accepted,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelled,
        Self::Expired,
        Self::Refused,
    ];

    /// Whether nothing follows this stage.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sent | Self::Accepted | Self::Running)
    }

    /// Whether a command in this stage may enter `next`. `Running` may follow itself: that is progress.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(next, Self::Sent | Self::Cancelled | Self::Expired | Self::Refused),
            Self::Sent => {
                matches!(
                    next,
                    Self::Accepted
                        | Self::Running
                        | Self::Succeeded
                        | Self::Failed
                        | Self::TimedOut
                        | Self::Cancelled
                        | Self::Refused
                )
            }
            Self::Accepted | Self::Running => matches!(
                next,
                Self::Running | Self::Succeeded | Self::Failed | Self::TimedOut | Self::Cancelled
            ),
            // A result that comes after the hub gave up is the truth, late.
            Self::TimedOut => matches!(next, Self::Succeeded | Self::Failed | Self::Cancelled),
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired | Self::Refused => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_outcome_is_never_revised() {
        for stage in [
            CommandStage::Succeeded,
            CommandStage::Failed,
            CommandStage::Cancelled,
            CommandStage::Expired,
            CommandStage::Refused,
        ] {
            assert!(stage.is_final());
            assert!(CommandStage::ALL.iter().all(|next| !stage.may_become(*next)), "{stage:?}");
        }
    }

    #[test]
    fn nothing_goes_back_to_an_earlier_stage() {
        assert!(!CommandStage::Running.may_become(CommandStage::Accepted));
        assert!(!CommandStage::Accepted.may_become(CommandStage::Sent));
        assert!(!CommandStage::Sent.may_become(CommandStage::Queued));
    }
}
