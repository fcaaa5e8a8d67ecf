//! The task that owns everything about one client: connection, queue, handlers.

use std::{collections::VecDeque, pin::pin, sync::Arc, time::Duration};

use mission_control_protocol::{
    CommandId, CommandResult, DashboardConfig, DashboardEvent, ErrorCode, ProtocolError, Timestamp,
    config::RegistrationResult,
    configuration::Configuration,
    dashboard_wire::{DashboardMessage, ProgressStage},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

use crate::{
    backoff::Backoff,
    enrichment::{Identity, now},
    error::{DisconnectError, RegistrationError},
    handlers::{Notice, Progress},
    inbox::{HandedOver, Inbox, Input, Request},
    message::{MessageKind, Publication, QueuedMessage},
    queue::DurableQueue,
    security::{AuditedCommand, Refusal},
    state::{ClientMetrics, ConnectionState},
    transport::HubAddress,
    work::{Finished, Work},
};

/// Time that unacknowledged messages and running commands get when the client disconnects.
const DRAIN: Duration = Duration::from_secs(5);
/// A connection that lived this long was a good one: the next wait starts short again.
const STABLE: Duration = Duration::from_secs(5);

/// Replies that may wait for the socket: beyond that, progress is left out and the hub is not read.
pub(crate) const OUTBOX_LIMIT: usize = 1024;

/// What the builder puts together.
pub(crate) struct Parts {
    pub(crate) address: HubAddress,
    pub(crate) config: DashboardConfig,
    pub(crate) token: String,
    pub(crate) identity: Arc<Identity>,
    pub(crate) inbox: Inbox,
    pub(crate) queue: DurableQueue,
    pub(crate) work: Work,
    pub(crate) notices: mpsc::Sender<Notice>,
    pub(crate) state: watch::Sender<ConnectionState>,
    pub(crate) frame_limit: watch::Sender<usize>,
    pub(crate) backoff: Backoff,
    pub(crate) id_in_use_patience: Duration,
}

/// Why a connection, or the attempt at one, ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Worth trying again.
    Lost(String),
    /// Not worth trying again in the same way.
    Refused(ProtocolError),
    /// Another session holds the id; it may be this dashboard's own, before a crash.
    IdInUse(ProtocolError),
    /// The client said goodbye, or has to without a connection.
    Left,
}

/// A goodbye under way.
pub(crate) struct Leaving {
    pub(crate) reason: String,
    pub(crate) deadline: Instant,
    done: Option<oneshot::Sender<Result<(), DisconnectError>>>,
}

#[derive(Debug, Default)]
struct Counters {
    published: u64,
    acknowledged: u64,
    events: u64,
    errors: u64,
    registrations: u64,
    refused: u64,
}

pub(crate) struct Actor {
    pub(crate) parts: Parts,
    /// The registration in force; `None` while not connected.
    pub(crate) registration: Option<RegistrationResult>,
    /// Unnumbered messages for this connection.
    pub(crate) outbox: VecDeque<DashboardMessage>,
    /// Whether the latest status is yet to be sent.
    pub(crate) status_due: bool,
    pub(crate) leaving: Option<Leaving>,
    /// The hub's clock minus this one, in milliseconds.
    pub(crate) hub_clock_ahead: i64,
    /// Version of the last configuration handed to the handler.
    pub(crate) configured: Option<u64>,
    /// What came of the last configuration: its version, and why it was not put in force. Its `CONFIG_RESULT` may have
    /// been lost with a connection.
    configuration_outcome: Option<(u64, Option<String>)>,
    pub(crate) last_command: Option<(String, Timestamp)>,
    started: Instant,
    counters: Counters,
    registering: Vec<oneshot::Sender<Result<RegistrationResult, RegistrationError>>>,
}

impl Actor {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts,
            registration: None,
            outbox: VecDeque::new(),
            status_due: false,
            leaving: None,
            hub_clock_ahead: 0,
            configured: None,
            configuration_outcome: None,
            last_command: None,
            started: Instant::now(),
            counters: Counters::default(),
            registering: Vec::new(),
        }
    }

    /// Serves until the client disconnects.
    pub(crate) async fn run(mut self) {
        while self.leaving.is_none() {
            if self.registering.is_empty() {
                let input = self.next_input().await;
                self.take(input);
            } else {
                self.stay_connected().await;
            }
        }
        self.answer_registering(&Err(RegistrationError::Disconnected));
        self.parts.queue.close().await;
        self.parts.state.send_replace(ConnectionState::Disconnected);
        if let Some(done) = self.leaving.and_then(|leaving| leaving.done) {
            let count = self.parts.queue.len();
            let outcome = match count {
                0 => Ok(()),
                _ if self.parts.queue.is_durable() => Err(DisconnectError::Kept { count }),
                _ => Err(DisconnectError::Unacknowledged { count }),
            };
            // The caller may have stopped waiting.
            let _ = done.send(outcome);
        }
    }

    /// Connects, and connects again, until the hub refuses or the client leaves.
    async fn stay_connected(&mut self) {
        let mut in_use_since = None;
        loop {
            self.parts.state.send_replace(ConnectionState::Connecting);
            let began = Instant::now();
            let ended = self.connect_once().await;
            let was_registered = self.registration.take().is_some();
            self.outbox.clear();
            let reason = match ended {
                Ended::Left => return,
                Ended::Lost(reason) => reason,
                Ended::IdInUse(error) => {
                    let since = *in_use_since.get_or_insert(began);
                    if since.elapsed() >= self.parts.id_in_use_patience {
                        return self.refused(error);
                    }
                    error.to_string()
                }
                Ended::Refused(error) => return self.refused(error),
            };
            if was_registered {
                in_use_since = None;
                if began.elapsed() >= STABLE {
                    self.parts.backoff.reset();
                }
            }
            let retry_in = self.parts.backoff.next(fastrand::f64());
            let attempts = self.parts.backoff.attempts();
            tracing::info!(dashboard = %self.parts.config.id, reason, ?retry_in, "connecting to the hub again");
            self.parts.state.send_replace(ConnectionState::Reconnecting { reason, retry_in, attempts });
            if self.serve_while(tokio::time::sleep(retry_in)).await.is_none() {
                return;
            }
        }
    }

    fn refused(&mut self, error: ProtocolError) {
        tracing::warn!(dashboard = %self.parts.config.id, %error, "the hub refused the registration");
        self.parts.backoff.reset();
        self.parts.state.send_replace(ConnectionState::Refused(error.clone()));
        self.answer_registering(&Err(RegistrationError::Refused(error)));
    }

    pub(crate) fn answer_registering(&mut self, answer: &Result<RegistrationResult, RegistrationError>) {
        if answer.is_ok() {
            self.counters.registrations += 1;
        }
        for waiting in self.registering.drain(..) {
            // The caller may have stopped waiting.
            let _ = waiting.send(answer.clone());
        }
    }

    /// Deals with inputs while `work` is under way; `None` when the client is to leave.
    pub(crate) async fn serve_while<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        while self.leaving.is_none() {
            tokio::select! {
                output = &mut work => return Some(output),
                input = self.next_input() => self.take(input),
            }
        }
        None
    }

    /// Waits for the next input, after the disk was given what changed. Dropping the future loses nothing.
    pub(crate) async fn next_input(&mut self) -> Input {
        self.parts.queue.store();
        let frame_limit = *self.parts.frame_limit.borrow();
        self.parts.inbox.next(&mut self.parts.work, &mut self.parts.queue, frame_limit).await
    }

    pub(crate) fn take(&mut self, input: Input) {
        match input {
            Input::Publications(batch) => self.enqueue(batch),
            Input::Disk(event) => self.parts.queue.take(event),
            Input::Request(request) => self.take_request(request),
            Input::Progress(progress) => {
                if self.parts.work.is_running(&progress.command_id) {
                    self.report_progress(progress);
                }
            }
            Input::Finished(Finished::Accepted(command)) => {
                self.accept_command(command.id.clone());
                self.last_command = Some((command.kind, now()));
            }
            Input::Finished(Finished::Refused { command, refusal }) => {
                self.refuse_command(&command, &refusal);
            }
            Input::Finished(Finished::Command { command, result }) => {
                // What the handler said before it ended goes before the result.
                while let Ok(progress) = self.parts.inbox.progress.try_recv() {
                    self.report_progress(progress);
                }
                let sent = self.finish_command(result);
                let audit = self.parts.work.security().audit_execution(&command, &sent);
                self.publish_audit(audit);
            }
            Input::Finished(Finished::Query(result)) => self.reply(DashboardMessage::QueryResult(result)),
            Input::Finished(Finished::Configuration { version, error }) => {
                self.configuration_outcome = Some((version, error.clone()));
                self.reply(DashboardMessage::ConfigResult { version, success: error.is_none(), error });
            }
            Input::StatusChanged => self.status_due = true,
            Input::Abandoned => self.leave("the dashboard's program let go of the client".to_owned(), None),
        }
    }

    /// Takes up the configuration a registration came with. One that was handled before is answered again, since the
    /// first answer may be lost; one that is being handled is answered when that is done.
    pub(crate) fn take_configuration(&mut self, configuration: Configuration) {
        let version = configuration.version;
        if self.configured != Some(version) {
            self.configured = Some(version);
            self.parts.work.configure(configuration);
        } else if let Some((handled, error)) = self.configuration_outcome.clone()
            && handled == version
        {
            self.reply(DashboardMessage::ConfigResult { version, success: error.is_none(), error });
        }
    }

    fn report_progress(&mut self, progress: Progress) {
        if self.outbox.len() < OUTBOX_LIMIT {
            self.reply(DashboardMessage::CommandProgress {
                command_id: progress.command_id,
                stage: ProgressStage::Running,
                progress: Some(progress.fraction),
                message: Some(progress.message).filter(|message| !message.is_empty()),
            });
        }
    }

    fn take_request(&mut self, request: Request) {
        match request {
            Request::Register(answer) => match &self.registration {
                Some(registration) => {
                    let _ = answer.send(Ok(registration.clone()));
                }
                None => self.registering.push(answer),
            },
            Request::Flush(answer) => {
                let waiting = self.parts.inbox.take_waiting();
                self.enqueue(waiting);
                self.parts.queue.when_flushed(answer);
            }
            Request::Stored(answer) => {
                let waiting = self.parts.inbox.take_waiting();
                self.enqueue(waiting);
                self.parts.queue.when_stored(answer);
            }
            Request::Metrics(answer) => {
                let _ = answer.send(self.metrics());
            }
            Request::Disconnect { reason, done } => self.leave(reason, Some(done)),
        }
    }

    fn leave(&mut self, reason: String, done: Option<oneshot::Sender<Result<(), DisconnectError>>>) {
        if self.leaving.is_some() {
            if let Some(done) = done {
                let _ = done.send(Err(DisconnectError::AlreadyDisconnected));
            }
            return;
        }
        let waiting = self.parts.inbox.take_waiting();
        self.enqueue(waiting);
        self.parts.work.cancel_all();
        self.leaving = Some(Leaving { reason, deadline: Instant::now() + DRAIN, done });
    }

    fn enqueue(&mut self, publications: Vec<HandedOver>) {
        for HandedOver { message, is_error, stage } in publications {
            self.counters.events += u64::from(message.kind() == MessageKind::Event);
            self.counters.errors += u64::from(is_error);
            self.counters.published += 1;
            self.parts.queue.publish(message, stage, now());
        }
    }

    /// Queues a numbered message of the client's own.
    pub(crate) fn enqueue_own(&mut self, message: QueuedMessage) {
        self.parts.queue.push(message, now());
    }

    /// Queues an unnumbered message for this connection; without one it has no reader.
    pub(crate) fn reply(&mut self, message: DashboardMessage) {
        if self.registration.is_some() {
            self.outbox.push_back(message);
        }
    }

    /// Tells the hub that a command was taken up, or is still at work.
    pub(crate) fn accept_command(&mut self, command_id: CommandId) {
        self.reply(DashboardMessage::CommandProgress {
            command_id,
            stage: ProgressStage::Accepted,
            progress: None,
            message: None,
        });
    }

    /// Answers for a command that may not run, and says so in the audit.
    pub(crate) fn refuse_command(&mut self, command: &AuditedCommand, refusal: &Refusal) {
        tracing::warn!(
            dashboard = %self.parts.config.id, command = %command.id, kind = command.kind, code = %refusal.code,
            reason = refusal.reason, "a command was refused"
        );
        let audit = self.parts.work.security().audit_refusal(command, refusal);
        self.publish_audit(audit);
        self.finish_command(CommandResult {
            command_id: command.id.clone(),
            success: false,
            result: None,
            error: Some(refusal.reason.clone()),
            duration: None,
        });
    }

    /// Publishes an entry of the audit, unless it goes elsewhere.
    fn publish_audit(&mut self, event: Option<DashboardEvent>) {
        let Some(event) = event else { return };
        match self.parts.identity.enrich(Publication::Event(event), None) {
            Ok(message) => self.enqueue_own(message),
            Err(error) => tracing::error!(%error, "an entry of the audit cannot be written"),
        }
    }

    /// Queues a command's result; numbered, since the operator must learn it even over a lost connection. Returns what is
    /// sent, which says why when it is not the result itself.
    pub(crate) fn finish_command(&mut self, result: CommandResult) -> CommandResult {
        let limit = *self.parts.frame_limit.borrow();
        let message =
            QueuedMessage::command_result(&result).map_err(|error| error.to_string()).and_then(|message| {
                let size = message.frame_size();
                if size > limit {
                    Err(format!("it is {size} bytes, the hub accepts {limit}"))
                } else {
                    Ok(message)
                }
            });
        let (message, sent) = match message {
            Ok(message) => (Ok(message), result),
            Err(problem) => {
                let instead = CommandResult {
                    success: false,
                    result: None,
                    error: Some(format!("the command was done, but its result cannot be sent: {problem}")),
                    ..result
                };
                (QueuedMessage::command_result(&instead), instead)
            }
        };
        match message {
            Ok(message) => self.enqueue_own(message),
            Err(error) => tracing::error!(%error, "a command result cannot be written"),
        }
        sent
    }

    pub(crate) fn acknowledge(&mut self, seq: u64) {
        let count = self.parts.queue.acknowledge(seq);
        self.count_acknowledged(count);
    }

    pub(crate) fn count_acknowledged(&mut self, count: usize) {
        self.counters.acknowledged += count as u64;
    }

    pub(crate) fn count_refused(&mut self, count: u64) {
        self.counters.refused += count;
    }

    /// Publishes that the hub did not keep the message numbered `seq`, whose number is spent all the same.
    pub(crate) fn tell_refused(&mut self, seq: u64, code: ErrorCode, message: &str) {
        let told = self.parts.queue.refuse(seq, code, message, now());
        self.count_refused(u64::from(told));
    }

    /// The hub's clock now, as well as this one can tell.
    pub(crate) fn hub_time(&self) -> Timestamp {
        now().plus_milliseconds(self.hub_clock_ahead)
    }

    fn metrics(&self) -> ClientMetrics {
        ClientMetrics {
            event_count: self.counters.events,
            error_count: self.counters.errors,
            uptime: self.started.elapsed(),
            published: self.counters.published,
            acknowledged: self.counters.acknowledged,
            unacknowledged: self.parts.queue.len(),
            queued_bytes: self.parts.queue.size(),
            dropped: self.parts.queue.dropped(),
            accepted: self.parts.queue.publications(),
            durable: self.parts.queue.is_durable(),
            registrations: self.counters.registrations,
            refused: self.counters.refused,
            last_command: self.last_command.clone(),
        }
    }
}
