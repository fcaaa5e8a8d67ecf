//! The handlers under way: commands (each once, several at a time), queries, and configurations (one at a time).

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use mission_control_protocol::{
    Command, CommandDeclaration, CommandId, CommandResult, Query, QueryId, QueryResult, Timestamp,
    configuration::Configuration,
};
use tokio::{
    sync::mpsc,
    task::{Id, JoinSet},
};
use tokio_util::sync::CancellationToken;

use crate::{
    commands::Execution,
    error::CommandFailure,
    handlers::{CommandContext, Handlers, Progress},
    security::{AuditedCommand, ReceivedCommand, Refusal, RefusalCode, SecurityIntegration},
};

/// Commands that may be checked or run at a time.
const RUNNING_LIMIT: usize = 64;
/// Queries that may run at a time.
const QUERY_LIMIT: usize = 64;
/// What came of a command, a query or a configuration.
#[derive(Debug)]
pub(crate) enum Finished {
    /// The command may run, and runs now.
    Accepted(AuditedCommand),
    /// The command may not run.
    Refused {
        command: AuditedCommand,
        refusal: Refusal,
    },
    Command {
        command: AuditedCommand,
        result: CommandResult,
    },
    Query(QueryResult),
    Configuration {
        version: u64,
        error: Option<String>,
    },
}

/// What became of a command that arrived.
#[derive(Debug, PartialEq)]
pub(crate) enum Arrived {
    /// It is looked at; whether it may run is said later.
    New,
    /// It runs, or is looked at: the hub sent it again.
    AlreadyRunning,
    /// It was run before: its result is on the way or arrived.
    AlreadyStarted,
    /// It will not run.
    Refused(Refusal),
}

/// What a task ended with.
#[derive(Debug)]
enum Step {
    /// It is known whether a command may run, but for what is remembered of others.
    Checked(Box<Checked>),
    Finished(Finished),
}

#[derive(Debug)]
struct Checked {
    command: Command,
    hub_time: Timestamp,
    began: Instant,
    verdict: Result<(), Refusal>,
}

/// What a task was about, should it panic.
#[derive(Debug)]
enum Origin {
    Check(AuditedCommand),
    Command(AuditedCommand),
    Query(QueryId),
    Configuration(u64),
}

/// Owned by the actor.
pub(crate) struct Work {
    handlers: Handlers,
    security: SecurityIntegration,
    progress: mpsc::Sender<Progress>,
    tasks: JoinSet<Step>,
    origins: HashMap<Id, Origin>,
    /// The commands that are looked at or run.
    running: HashMap<CommandId, CancellationToken>,
    queries: usize,
    /// Waits for the configuration being put in force.
    next_configuration: Option<Configuration>,
    configuring: bool,
}

impl Work {
    pub(crate) fn new(
        handlers: Handlers,
        security: SecurityIntegration,
        progress: mpsc::Sender<Progress>,
    ) -> Self {
        Self {
            handlers,
            security,
            progress,
            tasks: JoinSet::new(),
            origins: HashMap::new(),
            running: HashMap::new(),
            queries: 0,
            next_configuration: None,
            configuring: false,
        }
    }

    /// What the dashboard declares at registration.
    pub(crate) fn declarations(&self) -> Vec<CommandDeclaration> {
        let mut declarations: Vec<_> =
            self.handlers.commands.values().map(|accepted| accepted.declaration.clone()).collect();
        declarations.sort_by(|a, b| a.kind.cmp(&b.kind));
        declarations
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    pub(crate) fn is_running(&self, id: &CommandId) -> bool {
        self.running.contains_key(id)
    }

    pub(crate) fn has_running_commands(&self) -> bool {
        !self.running.is_empty()
    }

    /// Who may have what done.
    pub(crate) fn security(&mut self) -> &mut SecurityIntegration {
        &mut self.security
    }

    /// Looks at a command that came at `hub_time`, by the hub's clock.
    pub(crate) fn receive_command(&mut self, received: ReceivedCommand, hub_time: Timestamp) -> Arrived {
        let command = received.command();
        if self.running.contains_key(&command.id) {
            return Arrived::AlreadyRunning;
        }
        if self.security.has_started(&command.id) {
            return Arrived::AlreadyStarted;
        }
        if self.running.len() >= RUNNING_LIMIT {
            let reason =
                format!("{RUNNING_LIMIT} commands are running already; try again when some have ended");
            return Arrived::Refused(Refusal::new(RefusalCode::Busy, reason));
        }
        let room = self.security.check_replay(&command.id, hub_time);
        let policy = self.security.policy();
        let origin = Origin::Check(command.into());
        self.running.insert(command.id.clone(), CancellationToken::new());
        let began = Instant::now();
        let task = self.tasks.spawn(async move {
            let verdict = match policy.verify(&received, hub_time).and(room) {
                Ok(()) => policy.check_permission(received.command()).await,
                refused => refused,
            };
            Step::Checked(Box::new(Checked { command: received.into_command(), hub_time, began, verdict }))
        });
        self.origins.insert(task.id(), origin);
        Arrived::New
    }

    /// Runs a command that was looked at, if it may run.
    fn start_command(&mut self, checked: Checked) -> Finished {
        let Checked { command, hub_time, began, verdict } = checked;
        let about = AuditedCommand::from(&command);
        let cancellation = self.running.remove(&command.id).unwrap_or_default();
        if let Err(refusal) = verdict {
            return Finished::Refused { command: about, refusal };
        }
        let Some(accepted) = self.handlers.commands.get(&command.kind).cloned() else {
            let error = format!("this dashboard has no handler for {}", command.kind);
            return failed(about, error);
        };
        if cancellation.is_cancelled() {
            return failed(about, CommandFailure::CANCELLED.to_owned());
        }
        let remembering = match self.security.admit(&command, hub_time) {
            Ok(remembering) => remembering,
            Err(refusal) => return Finished::Refused { command: about, refusal },
        };
        self.running.insert(command.id.clone(), cancellation.clone());
        let until_expiry = command.expires_at.milliseconds_since(hub_time);
        let left =
            Duration::from_millis(until_expiry.try_into().unwrap_or(0)).saturating_sub(began.elapsed());
        let context = CommandContext {
            command: Arc::new(command.clone()),
            progress: self.progress.clone(),
            cancellation: cancellation.child_token(),
        };
        let execution = Execution { command, accepted, context, cancellation, left, remembering };
        let ended = about.clone();
        let task = self.tasks.spawn(async move {
            Step::Finished(Finished::Command { command: ended, result: execution.run().await })
        });
        self.origins.insert(task.id(), Origin::Command(about.clone()));
        Finished::Accepted(about)
    }

    /// Asks a running command to stop.
    pub(crate) fn cancel_command(&self, id: &CommandId) {
        if let Some(cancellation) = self.running.get(id) {
            cancellation.cancel();
        }
    }

    /// Asks all running commands to stop.
    pub(crate) fn cancel_all(&self) {
        self.running.values().for_each(CancellationToken::cancel);
    }

    /// Runs `query`; the answer comes at once when it cannot be.
    pub(crate) fn start_query(&mut self, query: Query) -> Option<QueryResult> {
        let refusal = match &self.handlers.query {
            None => Some(format!("this dashboard does not answer {} queries", query.kind)),
            Some(_) if self.queries >= QUERY_LIMIT => {
                Some(format!("{QUERY_LIMIT} queries are being answered already; try again"))
            }
            Some(_) => None,
        };
        if let Some(error) = refusal {
            return Some(QueryResult {
                query_id: query.id,
                success: false,
                result: None,
                error: Some(error),
            });
        }
        let handler = self.handlers.query.clone()?;
        let id = query.id.clone();
        let task = self.tasks.spawn(async move {
            let query_id = query.id.clone();
            Step::Finished(Finished::Query(match handler(query).await {
                Ok(result) => QueryResult { query_id, success: true, result: Some(result), error: None },
                Err(failure) => {
                    QueryResult { query_id, success: false, result: None, error: Some(failure.0) }
                }
            }))
        });
        self.origins.insert(task.id(), Origin::Query(id));
        self.queries += 1;
        None
    }

    /// Puts `configuration` in force after the one being put in force now; of several that wait, the newest.
    pub(crate) fn configure(&mut self, configuration: Configuration) {
        if self.configuring {
            self.next_configuration = Some(configuration);
            return;
        }
        self.configuring = true;
        let version = configuration.version;
        let handler = self.handlers.configuration.clone();
        let task = self.tasks.spawn(async move {
            let error = match handler {
                Some(handler) => handler(configuration).await.err().map(|rejected| rejected.0),
                None => Some("this dashboard takes no configuration".to_owned()),
            };
            Step::Finished(Finished::Configuration { version, error })
        });
        self.origins.insert(task.id(), Origin::Configuration(version));
    }

    /// Waits for the next thing to be known or done. Pending for ever when nothing is under way. Dropping the future loses
    /// nothing.
    pub(crate) async fn next(&mut self) -> Finished {
        let step = loop {
            match self.tasks.join_next_with_id().await {
                Some(Ok((id, step))) => {
                    self.origins.remove(&id);
                    break step;
                }
                Some(Err(error)) => {
                    if let Some(origin) = self.origins.remove(&error.id()) {
                        break Step::Finished(panicked(origin));
                    }
                }
                None => std::future::pending().await,
            }
        };
        let finished = match step {
            Step::Checked(checked) => return self.start_command(*checked),
            Step::Finished(finished) => finished,
        };
        match &finished {
            Finished::Command { command, .. } | Finished::Refused { command, .. } => {
                self.running.remove(&command.id);
            }
            Finished::Query(_) => self.queries = self.queries.saturating_sub(1),
            Finished::Configuration { .. } => {
                self.configuring = false;
                if let Some(next) = self.next_configuration.take() {
                    self.configure(next);
                }
            }
            Finished::Accepted(_) => {}
        }
        finished
    }
}

/// A command that was not run.
fn failed(command: AuditedCommand, error: String) -> Finished {
    let result = CommandResult {
        command_id: command.id.clone(),
        success: false,
        result: None,
        error: Some(error),
        duration: None,
    };
    Finished::Command { command, result }
}

/// A panic ends the work it happened in and nothing else.
fn panicked(origin: Origin) -> Finished {
    let error = "the dashboard's handler failed unexpectedly; see the dashboard's own log".to_owned();
    match origin {
        Origin::Check(command) => {
            let reason = "permissions could not be checked: the check failed unexpectedly; see the dashboard's own log";
            Finished::Refused { command, refusal: Refusal::new(RefusalCode::CheckFailed, reason) }
        }
        Origin::Command(command) => failed(command, error),
        Origin::Query(query_id) => {
            Finished::Query(QueryResult { query_id, success: false, result: None, error: Some(error) })
        }
        Origin::Configuration(version) => Finished::Configuration { version, error: Some(error) },
    }
}

impl std::fmt::Debug for Work {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Work").field("running", &self.running.keys()).finish_non_exhaustive()
    }
}
