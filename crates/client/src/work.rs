//! The handlers under way: commands (each once, several at a time), queries, and configurations (one at a time).

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Instant,
};

use mission_control_protocol::{
    Command, CommandDeclaration, CommandId, CommandResult, Query, QueryId, QueryResult, Timestamp,
    configuration::Configuration, payload,
};
use tokio::{
    sync::mpsc,
    task::{Id, JoinSet},
};
use tokio_util::sync::CancellationToken;

use crate::{
    error::CommandFailure,
    handlers::{CommandContext, Handlers, Progress},
};

/// Commands that may run at a time.
const RUNNING_LIMIT: usize = 64;
/// Queries that may run at a time.
const QUERY_LIMIT: usize = 64;
/// Command ids remembered, so that none is run twice.
const REMEMBERED: usize = 4096;

/// What came of a handler.
#[derive(Debug)]
pub(crate) enum Finished {
    Command(CommandResult),
    Query(QueryResult),
    Configuration { version: u64, error: Option<String> },
}

/// What became of a command that arrived.
#[derive(Debug, PartialEq)]
pub(crate) enum Started {
    /// It runs now.
    Now,
    /// It was running already: the hub sent it again.
    AlreadyRunning,
    /// It was finished before: its result is on the way or arrived.
    AlreadyFinished,
    /// It will not run; this says why.
    Refused(CommandResult),
}

#[derive(Debug)]
enum Origin {
    Command(CommandId),
    Query(QueryId),
    Configuration(u64),
}

/// Owned by the actor.
pub(crate) struct Work {
    handlers: Handlers,
    progress: mpsc::Sender<Progress>,
    tasks: JoinSet<Finished>,
    origins: HashMap<Id, Origin>,
    running: HashMap<CommandId, CancellationToken>,
    queries: usize,
    seen: HashSet<CommandId>,
    seen_order: VecDeque<CommandId>,
    /// Waits for the configuration being put in force.
    next_configuration: Option<Configuration>,
    configuring: bool,
}

impl Work {
    pub(crate) fn new(handlers: Handlers, progress: mpsc::Sender<Progress>) -> Self {
        Self {
            handlers,
            progress,
            tasks: JoinSet::new(),
            origins: HashMap::new(),
            running: HashMap::new(),
            queries: 0,
            seen: HashSet::new(),
            seen_order: VecDeque::new(),
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

    /// Runs `command`, unless it ran before or is too late at `hub_time`.
    pub(crate) fn start_command(&mut self, command: Command, hub_time: Timestamp) -> Started {
        if self.running.contains_key(&command.id) {
            return Started::AlreadyRunning;
        }
        if self.seen.contains(&command.id) {
            return Started::AlreadyFinished;
        }
        self.remember(command.id.clone());
        let refuse = |error: String| Started::Refused(failure(command.id.clone(), error, None));
        if hub_time >= command.expires_at {
            return refuse(format!("the command arrived after it expired at {}", command.expires_at));
        }
        let Some(accepted) = self.handlers.commands.get(&command.kind) else {
            return refuse(format!("this dashboard has no handler for {}", command.kind));
        };
        if self.running.len() >= RUNNING_LIMIT {
            return refuse(format!(
                "{RUNNING_LIMIT} commands are running already; try again when some have ended"
            ));
        }
        let cancellation = CancellationToken::new();
        let context = CommandContext {
            command_id: command.id.clone(),
            progress: self.progress.clone(),
            cancellation: cancellation.clone(),
        };
        let id = command.id.clone();
        let (handler, schema) = (accepted.handler.clone(), accepted.declaration.payload_schema.clone());
        let cancelled = cancellation.clone();
        let task = self.tasks.spawn(async move {
            let began = Instant::now();
            let command_id = command.id.clone();
            let outcome = match check(&schema, &command) {
                Ok(()) => handler(command, context).await,
                Err(failure) => Err(failure),
            };
            let duration = Some(began.elapsed().as_secs_f64() * 1000.0);
            Finished::Command(match outcome {
                Ok(result) => {
                    CommandResult { command_id, success: true, result: Some(result), error: None, duration }
                }
                Err(_) if cancelled.is_cancelled() => {
                    failure(command_id, CommandFailure::CANCELLED.to_owned(), duration)
                }
                Err(error) => failure(command_id, error.into_message(), duration),
            })
        });
        self.origins.insert(task.id(), Origin::Command(id.clone()));
        self.running.insert(id, cancellation);
        Started::Now
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
            Finished::Query(match handler(query).await {
                Ok(result) => QueryResult { query_id, success: true, result: Some(result), error: None },
                Err(failure) => {
                    QueryResult { query_id, success: false, result: None, error: Some(failure.0) }
                }
            })
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
            Finished::Configuration { version, error }
        });
        self.origins.insert(task.id(), Origin::Configuration(version));
    }

    /// Waits for the next handler to end. Pending for ever when none runs. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Finished {
        let finished = loop {
            match self.tasks.join_next_with_id().await {
                Some(Ok((id, finished))) => {
                    self.origins.remove(&id);
                    break finished;
                }
                Some(Err(error)) => {
                    if let Some(origin) = self.origins.remove(&error.id()) {
                        break panicked(origin);
                    }
                }
                None => std::future::pending().await,
            }
        };
        match &finished {
            Finished::Command(result) => {
                self.running.remove(&result.command_id);
            }
            Finished::Query(_) => self.queries = self.queries.saturating_sub(1),
            Finished::Configuration { .. } => {
                self.configuring = false;
                if let Some(next) = self.next_configuration.take() {
                    self.configure(next);
                }
            }
        }
        finished
    }

    fn remember(&mut self, id: CommandId) {
        self.seen.insert(id.clone());
        self.seen_order.push_back(id);
        if self.seen_order.len() > REMEMBERED
            && let Some(oldest) = self.seen_order.pop_front()
        {
            self.seen.remove(&oldest);
        }
    }
}

fn check(schema: &serde_json::Value, command: &Command) -> Result<(), CommandFailure> {
    let problems = payload::validate(schema, &command.payload).map_err(CommandFailure::new)?;
    if problems.is_empty() {
        return Ok(());
    }
    let listed: Vec<_> =
        problems.iter().map(|problem| format!("payload{}: {}", problem.pointer, problem.message)).collect();
    Err(CommandFailure::new(listed.join("; ")))
}

fn failure(command_id: CommandId, error: String, duration: Option<f64>) -> CommandResult {
    CommandResult { command_id, success: false, result: None, error: Some(error), duration }
}

/// A handler's panic ends that handler's work and nothing else.
fn panicked(origin: Origin) -> Finished {
    let error = "the dashboard's handler failed unexpectedly; see the dashboard's own log".to_owned();
    match origin {
        Origin::Command(id) => Finished::Command(failure(id, error, None)),
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
