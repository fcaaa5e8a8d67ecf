//! The life of commands, as a pure state machine. It says what to record and what to send; it does neither.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use mission_control_protocol::{
    Command, CommandId, CommandResult, CommandStage, DashboardId, ErrorCode, OperatorId, ProtocolError,
    dashboard_wire::ProgressStage,
    record::{CommandRecord, StageError},
};
use tokio::time::Instant;

/// Final commands remembered, so that a late or repeated result is told apart from one to a command that never was.
const FINISHED_REMEMBERED: usize = 10_000;

/// The `error` by which a dashboard says that it stopped a command on request.
const CANCELLED: &str = "cancelled";

/// The commands that are under way.
#[derive(Debug)]
pub(crate) struct Ledger {
    open: BTreeMap<CommandId, Open>,
    finished: HashMap<CommandId, (DashboardId, CommandStage)>,
    finished_order: VecDeque<CommandId>,
    accept: Duration,
}

#[derive(Debug)]
struct Open {
    command: Command,
    stage: CommandStage,
    /// It is in the outgoing queue of the dashboard's connection.
    handed_over: bool,
    /// When it was written to the socket, if this hub process did that.
    sent_at: Option<Instant>,
    /// When its time is over: `expires_at`, on a clock that no one sets.
    deadline: Instant,
    cancelled_by: Option<OperatorId>,
}

/// A step to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) dashboard_id: DashboardId,
    pub(crate) record: CommandRecord,
}

/// What a request to cancel leads to.
#[derive(Debug, PartialEq)]
pub(crate) enum Cancellation {
    /// It was not sent yet, and is cancelled.
    Cancelled(Box<Step>),
    /// The dashboard is asked to stop it.
    Ask(DashboardId),
}

impl Ledger {
    pub(crate) fn new(accept: Duration) -> Self {
        Self { open: BTreeMap::new(), finished: HashMap::new(), finished_order: VecDeque::new(), accept }
    }

    /// Takes over a command from the log, whose time is over at `deadline`.
    pub(crate) fn restore(&mut self, command: Command, stage: CommandStage, deadline: Instant) {
        if stage.is_final() {
            self.remember(command.id, command.dashboard_id, stage);
        } else {
            let id = command.id.clone();
            let open =
                Open { command, stage, handed_over: false, sent_at: None, deadline, cancelled_by: None };
            self.open.insert(id, open);
        }
    }

    /// A command that was found fit to be sent. Its time is over at `deadline`.
    pub(crate) fn issue(&mut self, command: Command, deadline: Instant) -> Step {
        let step = step(
            &command,
            CommandRecord { command: Some(command.clone()), ..record(&command.id, CommandStage::Queued) },
        );
        self.restore(command, CommandStage::Queued, deadline);
        step
    }

    /// A command that was found unfit.
    pub(crate) fn refuse(&mut self, command: Command, error: &ProtocolError) -> Step {
        let step = step(
            &command,
            CommandRecord {
                command: Some(command.clone()),
                error: Some(StageError { code: Some(error.code), message: error.message.clone() }),
                ..record(&command.id, CommandStage::Refused)
            },
        );
        self.remember(command.id, command.dashboard_id, CommandStage::Refused);
        step
    }

    /// The dashboard of a command that is under way.
    pub(crate) fn target(&self, id: &CommandId) -> Option<&DashboardId> {
        self.open.get(id).map(|open| &open.command.dashboard_id)
    }

    /// The command to be put into its dashboard's outgoing queue now, if it still waits for that.
    pub(crate) fn hand_over(&mut self, id: &CommandId) -> Option<Command> {
        let open = self.open.get_mut(id)?;
        let waits = open.stage == CommandStage::Queued && !open.handed_over && open.cancelled_by.is_none();
        waits.then(|| {
            open.handed_over = true;
            open.command.clone()
        })
    }

    /// The commands that wait for `dashboard` to be connected, oldest first.
    pub(crate) fn queued_for(&self, dashboard: &DashboardId) -> Vec<CommandId> {
        self.open
            .values()
            .filter(|open| open.stage == CommandStage::Queued && open.command.dashboard_id == *dashboard)
            .map(|open| open.command.id.clone())
            .collect()
    }

    /// The command was written to the dashboard's socket.
    pub(crate) fn written(&mut self, id: &CommandId, now: Instant) -> Option<Step> {
        let open = self.open.get_mut(id)?;
        if !open.stage.may_become(CommandStage::Sent) {
            return None;
        }
        open.stage = CommandStage::Sent;
        open.sent_at = Some(now);
        Some(step(&open.command, record(id, CommandStage::Sent)))
    }

    /// The dashboard's connection has ended: what was not written waits again, or is cancelled if that was asked for.
    pub(crate) fn disconnected(&mut self, dashboard: &DashboardId) -> Vec<Step> {
        let mut cancelled = Vec::new();
        for open in self.open.values_mut() {
            if open.command.dashboard_id == *dashboard && open.stage == CommandStage::Queued {
                open.handed_over = false;
                if open.cancelled_by.is_some() {
                    cancelled.push(open.command.id.clone());
                }
            }
        }
        cancelled.iter().filter_map(|id| self.finish(id, CommandStage::Cancelled, None)).collect()
    }

    /// The dashboard is getting on with a command. No step follows from what is known already.
    ///
    /// # Errors
    /// `COMMAND_UNKNOWN` for a command that is not this dashboard's, `COMMAND_STAGE_CONFLICT` for one that is over.
    pub(crate) fn progress(
        &mut self,
        dashboard: &DashboardId,
        id: &CommandId,
        stage: ProgressStage,
        progress: Option<f64>,
        message: Option<String>,
    ) -> Result<Vec<Step>, ProtocolError> {
        let stage = match stage {
            ProgressStage::Accepted => CommandStage::Accepted,
            ProgressStage::Running => CommandStage::Running,
        };
        let Some(open) = self.open.get_mut(id).filter(|open| open.command.dashboard_id == *dashboard) else {
            return match self.finished.get(id) {
                Some((owner, over)) if owner == dashboard => Err(conflict(id, *over)),
                _ => Err(unknown(id)),
            };
        };
        let mut steps = open.caught_up();
        if !open.stage.may_become(stage) {
            return match (open.stage, stage) {
                (CommandStage::Accepted | CommandStage::Running, CommandStage::Accepted) => Ok(Vec::new()),
                (current, _) => Err(conflict(id, current)),
            };
        }
        open.stage = stage;
        steps.push(step(&open.command, CommandRecord { progress, message, ..record(id, stage) }));
        Ok(steps)
    }

    /// The dashboard says what came of a command. No step follows from what is known already.
    ///
    /// # Errors
    /// As [`Self::progress`].
    pub(crate) fn result(
        &mut self,
        dashboard: &DashboardId,
        result: CommandResult,
    ) -> Result<Vec<Step>, ProtocolError> {
        let stage = match (&result.error, result.success) {
            (_, true) => CommandStage::Succeeded,
            (Some(error), false) if error == CANCELLED => CommandStage::Cancelled,
            (_, false) => CommandStage::Failed,
        };
        let id = result.command_id;
        let mut open = self.open.get_mut(&id).filter(|open| open.command.dashboard_id == *dashboard);
        let mut steps = open.as_deref_mut().map(Open::caught_up).unwrap_or_default();
        let current = match (&open, self.finished.get(&id)) {
            (Some(open), _) => open.stage,
            (None, Some((owner, stage))) if owner == dashboard => *stage,
            _ => return Err(unknown(&id)),
        };
        if current == stage {
            return Ok(Vec::new());
        }
        if !current.may_become(stage) {
            return Err(conflict(&id, current));
        }
        let message = open.filter(|_| stage == CommandStage::Cancelled).and_then(|open| open.cancel_note());
        let error = (!result.success).then(|| StageError {
            code: None,
            message: result.error.unwrap_or_else(|| "the dashboard gave no reason".to_owned()),
        });
        let record = CommandRecord {
            result: result.result,
            error,
            message,
            duration: result.duration,
            ..record(&id, stage)
        };
        steps.push(Step { dashboard_id: dashboard.clone(), record });
        self.open.remove(&id);
        self.remember(id, dashboard.clone(), stage);
        Ok(steps)
    }

    /// An operator wants a command stopped.
    ///
    /// # Errors
    /// `COMMAND_UNKNOWN`, or `COMMAND_STAGE_CONFLICT` for one that is over.
    pub(crate) fn cancel(&mut self, id: &CommandId, by: OperatorId) -> Result<Cancellation, ProtocolError> {
        let Some(open) = self.open.get_mut(id) else {
            return Err(self.finished.get(id).map_or_else(|| unknown(id), |(_, over)| conflict(id, *over)));
        };
        open.cancelled_by = Some(by);
        if open.stage == CommandStage::Queued && !open.handed_over {
            return self
                .finish(id, CommandStage::Cancelled, None)
                .map(|step| Cancellation::Cancelled(Box::new(step)))
                .ok_or_else(|| unknown(id));
        }
        Ok(Cancellation::Ask(open.command.dashboard_id.clone()))
    }

    /// Looks at the clock: commands whose time ran out.
    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Step> {
        let accept = self.accept;
        let mut over = Vec::new();
        for (id, open) in &self.open {
            let expired = now >= open.deadline;
            let unaccepted = open.stage == CommandStage::Sent
                && open.sent_at.is_some_and(|sent_at| now.saturating_duration_since(sent_at) >= accept);
            let outcome = match open.stage {
                CommandStage::Queued if expired => (
                    CommandStage::Expired,
                    Some(ErrorCode::DashboardOffline),
                    "it could not be sent before its time ran out".to_owned(),
                ),
                CommandStage::Queued => continue,
                _ if expired => (
                    CommandStage::TimedOut,
                    None,
                    "no result came in time; whether it was done is not known".to_owned(),
                ),
                _ if unaccepted => (
                    CommandStage::TimedOut,
                    None,
                    format!(
                        "the dashboard did not accept it within {accept:?}; whether it was done is not known"
                    ),
                ),
                _ => continue,
            };
            over.push((id.clone(), outcome));
        }
        over.into_iter()
            .filter_map(|(id, (stage, code, message))| {
                self.finish(&id, stage, Some(StageError { code, message }))
            })
            .collect()
    }

    fn finish(&mut self, id: &CommandId, stage: CommandStage, error: Option<StageError>) -> Option<Step> {
        let open = self.open.remove(id)?;
        let message = if stage == CommandStage::Cancelled { open.cancel_note() } else { None };
        self.remember(id.clone(), open.command.dashboard_id.clone(), stage);
        Some(step(&open.command, CommandRecord { error, message, ..record(id, stage) }))
    }

    fn remember(&mut self, id: CommandId, dashboard: DashboardId, stage: CommandStage) {
        if self.finished.insert(id.clone(), (dashboard, stage)).is_none() {
            self.finished_order.push_back(id);
        }
        if self.finished_order.len() > FINISHED_REMEMBERED
            && let Some(oldest) = self.finished_order.pop_front()
        {
            self.finished.remove(&oldest);
        }
    }
}

impl Open {
    /// The step that is missing when a dashboard speaks of a command that this hub does not know to be sent: it was,
    /// and the hub was killed before it could record that.
    fn caught_up(&mut self) -> Vec<Step> {
        if self.stage != CommandStage::Queued {
            return Vec::new();
        }
        self.stage = CommandStage::Sent;
        vec![step(&self.command, record(&self.command.id, CommandStage::Sent))]
    }

    fn cancel_note(&self) -> Option<String> {
        self.cancelled_by.as_ref().map(|by| format!("cancelled on request of {by}"))
    }
}

fn step(command: &Command, record: CommandRecord) -> Step {
    Step { dashboard_id: command.dashboard_id.clone(), record }
}

fn record(id: &CommandId, stage: CommandStage) -> CommandRecord {
    CommandRecord {
        command_id: id.clone(),
        stage,
        command: None,
        progress: None,
        message: None,
        result: None,
        error: None,
        duration: None,
    }
}

fn unknown(id: &CommandId) -> ProtocolError {
    ProtocolError::new(
        ErrorCode::CommandUnknown,
        format!(
            "the hub knows no command {id} of this dashboard; `commandId` is the `id` of a COMMAND it received."
        ),
    )
}

fn conflict(id: &CommandId, stage: CommandStage) -> ProtocolError {
    ProtocolError::new(ErrorCode::CommandStageConflict, format!("the command {id} is {stage:?} already."))
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
