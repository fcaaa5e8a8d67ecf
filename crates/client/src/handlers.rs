//! What the dashboard's own code does with what the hub sends.

use std::{collections::HashMap, pin::Pin, sync::Arc, time::Duration};

use mission_control_protocol::{
    Command, CommandDeclaration, CommandId, EnrichedAlert, Query, WorkflowUpdate,
    configuration::Configuration,
};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::error::{CommandFailure, ConfigurationRejected, QueryFailure};

pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
pub(crate) type CommandHandler =
    Arc<dyn Fn(Command, CommandContext) -> Boxed<Result<Value, CommandFailure>> + Send + Sync>;
pub(crate) type QueryHandler = Arc<dyn Fn(Query) -> Boxed<Result<Value, QueryFailure>> + Send + Sync>;
pub(crate) type ConfigurationHandler =
    Arc<dyn Fn(Configuration) -> Boxed<Result<(), ConfigurationRejected>> + Send + Sync>;
pub(crate) type AlertCallback = Box<dyn Fn(EnrichedAlert) -> Boxed<()> + Send>;
pub(crate) type WorkflowCallback = Box<dyn Fn(WorkflowUpdate) -> Boxed<()> + Send>;

/// A command the dashboard accepts, and what runs it.
#[derive(Clone)]
pub(crate) struct AcceptedCommand {
    pub(crate) declaration: CommandDeclaration,
    pub(crate) handler: CommandHandler,
    /// How long it may take, if not until it expires.
    pub(crate) time_out: Option<Duration>,
}

/// Everything the dashboard's code handed to the builder.
#[derive(Clone, Default)]
pub(crate) struct Handlers {
    /// By command type.
    pub(crate) commands: HashMap<String, AcceptedCommand>,
    pub(crate) query: Option<QueryHandler>,
    pub(crate) configuration: Option<ConfigurationHandler>,
}

/// How a command's handler speaks with the operator while it works.
#[derive(Debug, Clone)]
pub struct CommandContext {
    pub(crate) command: Arc<Command>,
    pub(crate) progress: mpsc::Sender<Progress>,
    pub(crate) cancellation: CancellationToken,
}

/// A word of progress on its way to the actor.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) command_id: CommandId,
    pub(crate) fraction: f64,
    pub(crate) message: String,
}

impl CommandContext {
    /// The whole command: who issued it, when, and under which id.
    #[must_use]
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// Tells the operator how far the command is: the part done, 0 to 1, and what is being done, in a few words. Never
    /// waits; progress the hub cannot take right now is left out, since more will follow.
    pub fn progress(&self, fraction: f64, message: impl Into<String>) {
        let progress = Progress {
            command_id: self.command.id.clone(),
            fraction: fraction.clamp(0.0, 1.0),
            message: message.into(),
        };
        if self.progress.try_send(progress).is_err() {
            tracing::debug!(command = %self.command.id, "progress left out");
        }
    }

    /// Whether to stop: the operator asked for it, the command's time is up, or the client says goodbye.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Waits until it is time to [stop](Self::is_cancelled); for `tokio::select!`. Answer with [`CommandFailure::cancelled`].
    pub async fn cancelled(&self) {
        self.cancellation.cancelled().await;
    }

    /// A token that is cancelled with the command, to hand on.
    #[must_use]
    pub fn cancellation(&self) -> CancellationToken {
        self.cancellation.clone()
    }
}

/// Something the dashboard's code is told, in order.
#[derive(Debug)]
pub(crate) enum Notice {
    Alert(Box<EnrichedAlert>),
    WorkflowUpdate(Box<WorkflowUpdate>),
}

/// Notices that may wait for the dashboard's callbacks.
const NOTICE_CAPACITY: usize = 256;

/// Runs the callbacks in a task of their own, so that a slow one delays nothing else. Ends with the returned sender.
pub(crate) fn spawn_notices(
    alert: Option<AlertCallback>,
    workflow_update: Option<WorkflowCallback>,
) -> mpsc::Sender<Notice> {
    let (sender, mut receiver) = mpsc::channel(NOTICE_CAPACITY);
    tokio::spawn(async move {
        while let Some(notice) = receiver.recv().await {
            match notice {
                Notice::Alert(notice) => {
                    if let Some(callback) = &alert {
                        callback(*notice).await;
                    }
                }
                Notice::WorkflowUpdate(notice) => {
                    if let Some(callback) = &workflow_update {
                        callback(*notice).await;
                    }
                }
            }
        }
    });
    sender
}
