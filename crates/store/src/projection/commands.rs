//! Commands, as their records tell them.

use std::collections::{BTreeMap, VecDeque};

use mission_control_protocol::{
    Command, CommandId, CommandStage, DashboardId, Record, Timestamp,
    record::{CommandRecord, StageError},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Final commands still known; older ones are in the log only.
const FINAL_KEPT: usize = 1_000;

/// The commands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CommandsProjection {
    by_id: BTreeMap<CommandId, CommandProjection>,
    /// Ids of those that are final, the one that ended first in front.
    finished: VecDeque<CommandId>,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandProjection {
    /// The command.
    pub command: Command,
    /// Where it stands.
    pub stage: CommandStage,
    /// Every stage it entered; progress within a stage is not repeated here.
    pub stages: Vec<StageEntry>,
    /// Part done, 0 to 1.
    pub progress: Option<f64>,
    /// What the dashboard says it is doing.
    pub message: Option<String>,
    /// What it returned.
    pub result: Option<Value>,
    /// Why it did not succeed.
    pub error: Option<StageError>,
    /// How long the dashboard says it took, in milliseconds.
    pub duration: Option<f64>,
}

/// A stage, and when it was entered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StageEntry {
    /// Which.
    pub stage: CommandStage,
    /// When.
    pub at: Timestamp,
}

impl CommandsProjection {
    /// A command by its id.
    #[must_use]
    pub fn get(&self, id: &CommandId) -> Option<&CommandProjection> {
        self.by_id.get(id)
    }

    /// Every command, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &CommandProjection> {
        self.by_id.values()
    }

    /// The commands that are under way, oldest first.
    pub fn open(&self) -> impl Iterator<Item = &CommandProjection> {
        self.by_id.values().filter(|command| !command.stage.is_final())
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&DashboardId) -> bool) {
        self.by_id.retain(|_, known| keep(&known.command.dashboard_id));
        self.finished.retain(|id| self.by_id.contains_key(id));
    }

    pub(super) fn apply(&mut self, record: &Record, step: CommandRecord) {
        let entry = StageEntry { stage: step.stage, at: record.at };
        let id = step.command_id;
        match (self.by_id.get_mut(&id), step.command) {
            (None, Some(command)) => {
                let known = CommandProjection {
                    command,
                    stage: step.stage,
                    stages: vec![entry],
                    progress: step.progress,
                    message: step.message,
                    result: step.result,
                    error: step.error,
                    duration: step.duration,
                };
                self.by_id.insert(id.clone(), known);
            }
            (Some(known), _) if known.stage.may_become(step.stage) => {
                // A late result after a time-out: it is counted among the finished already.
                let was_final = known.stage.is_final();
                if known.stage != step.stage {
                    known.stages.push(entry);
                }
                known.stage = step.stage;
                known.progress = step.progress.or(known.progress);
                known.message = step.message.or(known.message.take());
                known.result = step.result;
                known.error = step.error;
                known.duration = step.duration;
                if was_final {
                    return;
                }
            }
            _ => return,
        }
        if step.stage.is_final() {
            self.finished.push_back(id);
            if self.finished.len() > FINAL_KEPT
                && let Some(oldest) = self.finished.pop_front()
            {
                self.by_id.remove(&oldest);
            }
        }
    }
}
