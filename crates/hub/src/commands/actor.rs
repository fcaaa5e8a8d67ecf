//! The Command Manager's actor: carries out what the state machines say.

use std::{
    collections::{HashMap, HashSet},
    pin::Pin,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesOrdered};
use mission_control_protocol::{
    Alert, Command, CommandDeclaration, CommandId, DashboardEvent, DashboardId, EnrichedAlert, EnrichedEvent,
    ErrorCode, OperatorId, ProtocolError, Query, QueryId, QueryResult, RecordKind, Severity,
    alert::AlertCondition,
    configuration::Configuration,
    dashboard_wire::HubMessage,
    event::EventContext,
    operator_wire::{OperatorReply, OperatorRequest},
    payload,
    record::{CommandRecord, QueryRecord, StageError},
};
use mission_control_store::{Entry, Projection};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior},
};
use uuid::Uuid;

use super::{
    Request, Times, Word,
    configurations::Configurations,
    ledger::{Cancellation, Ledger, Step},
    queries::{Queries, Waiting},
};
use crate::{
    clock,
    gateway::{Link, Outgoing, Producer, refusal_entry},
    log::{self, Log, Receipt, Reply, Stopped, Submission},
};

/// How often the actor looks for what has run out of time.
const TICK: Duration = Duration::from_millis(50);

/// `source` of an alert that an operator shows to a dashboard's user.
const OPERATOR_SOURCE: &str = "operator";

/// Event under which such a notice is recorded.
const OPERATOR_NOTICE: &str = "OPERATOR_NOTICE";

pub(super) struct Actor {
    dashboards: HashMap<DashboardId, Known>,
    ledger: Ledger,
    queries: Queries,
    configurations: Configurations,
    log: Log,
    times: Times,
    /// What is on its way to the disk, to be sent only once it is there: a dashboard never runs or applies what the log
    /// does not know of.
    committing: FuturesOrdered<Committing>,
    /// The commands among it.
    uncommitted: HashSet<CommandId>,
}

type Committing = Pin<Box<dyn Future<Output = Option<(Committed, Reply)>> + Send>>;

/// What has become durable.
enum Committed {
    Command(CommandId),
    Configuration(DashboardId, Configuration),
}

/// A dashboard that registered at some time.
struct Known {
    declarations: Vec<CommandDeclaration>,
    /// Its connection, while it has one.
    link: Option<Link>,
}

impl Actor {
    pub(super) fn new(projection: &Projection, log: Log, times: Times) -> Self {
        let mut ledger = Ledger::new(times.accept);
        // The wall clock is looked at once; from here on no step of it hurts.
        let (now, wall) = (Instant::now(), clock::now());
        for command in projection.commands.iter() {
            let left = command.command.expires_at.milliseconds_since(wall);
            ledger.restore(command.command.clone(), command.stage, clock::after(now, left));
        }
        let mut configurations = Configurations::default();
        let mut dashboards = HashMap::new();
        for (id, dashboard) in &projection.dashboards {
            if let Some(registration) = &dashboard.registration {
                dashboards
                    .insert(id.clone(), Known { declarations: registration.commands.clone(), link: None });
            }
            if let Some(held) = &dashboard.configuration {
                configurations.restore(id.clone(), held.configuration(), held.state);
            }
        }
        Self {
            dashboards,
            ledger,
            queries: Queries::default(),
            configurations,
            log,
            times,
            committing: FuturesOrdered::new(),
            uncommitted: HashSet::new(),
        }
    }

    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Request>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                request = waiting.recv() => match request {
                    Some(request) => self.handle(request).await,
                    None => break,
                },
                Some(committed) = self.committing.next() => {
                    if let Some((committed, reply)) = committed {
                        let _ = reply.send(Ok(self.committed(committed)));
                    }
                    Ok(())
                }
                _ = ticks.tick() => self.tick().await,
            };
            if outcome.is_err() {
                break;
            }
        }
    }

    /// Sends what has become durable; returns what its operator is told.
    fn committed(&mut self, committed: Committed) -> OperatorReply {
        match committed {
            Committed::Command(id) => {
                self.uncommitted.remove(&id);
                self.hand_over(&id);
                OperatorReply::Command { command_id: id }
            }
            Committed::Configuration(dashboard, configuration) => {
                let version = configuration.version;
                self.configurations.committed(&dashboard, configuration.clone());
                // A dashboard that is not connected gets it when it registers.
                let _ = self.send(&dashboard, &HubMessage::ConfigUpdate { config: configuration });
                OperatorReply::Configuration { version }
            }
        }
    }

    /// Hands `entries` to the log; once they are durable, `committed` is sent and `reply` answered.
    async fn commit(
        &mut self,
        entries: Vec<Entry>,
        committed: Committed,
        reply: Reply,
    ) -> Result<(), Stopped> {
        let (durable, wait) = oneshot::channel();
        self.log.submit(Submission { entries, receipt: Some(Receipt::Durable(durable)) }).await?;
        self.committing.push_back(Box::pin(async move { wait.await.ok().map(|()| (committed, reply)) }));
        Ok(())
    }

    async fn handle(&mut self, request: Request) -> Result<(), Stopped> {
        match request {
            Request::Connected { dashboard_id, declarations, link, configuration } => {
                let _ = configuration.send(self.configurations.of(&dashboard_id));
                self.dashboards.insert(dashboard_id.clone(), Known { declarations, link: Some(link) });
                for id in self.ledger.queued_for(&dashboard_id) {
                    self.hand_over(&id);
                }
                Ok(())
            }
            Request::Disconnected { dashboard_id, connection } => {
                self.disconnected(&dashboard_id, connection).await
            }
            Request::Written { command } => {
                let step = self.ledger.written(&command, Instant::now());
                self.record(step.into_iter().collect()).await
            }
            Request::Heard { word, producer, done } => {
                let outcome = self.heard(*word, producer).await?;
                let _ = done.send(outcome);
                Ok(())
            }
            Request::Asked { operator, request, reply } => self.asked(operator, *request, reply).await,
        }
    }

    async fn tick(&mut self) -> Result<(), Stopped> {
        let now = Instant::now();
        let steps = self.ledger.tick(now);
        self.record(steps).await?;
        for (id, waiting) in self.queries.overdue(now) {
            let error = ProtocolError::new(
                ErrorCode::QueryTimeout,
                format!("{} did not answer within {:?}; ask again.", waiting.dashboard_id, self.times.query),
            );
            self.query_failed(id, waiting, error).await?;
        }
        Ok(())
    }

    async fn disconnected(&mut self, id: &DashboardId, connection: u64) -> Result<(), Stopped> {
        let Some(known) = self.dashboards.get_mut(id) else { return Ok(()) };
        if known.link.as_ref().is_none_or(|link| link.connection() != connection) {
            return Ok(());
        }
        known.link = None;
        let steps = self.ledger.disconnected(id);
        self.record(steps).await?;
        for (query, waiting) in self.queries.abandoned(id) {
            self.query_failed(query, waiting, offline(id)).await?;
        }
        Ok(())
    }

    /// What a dashboard says. The inner result is what the dashboard is told.
    async fn heard(&mut self, word: Word, producer: Producer) -> Result<Result<(), ProtocolError>, Stopped> {
        let dashboard = producer.dashboard_id.clone();
        let outcome = match word {
            Word::Progress { id, stage, progress, message } => {
                self.ledger.progress(&dashboard, &id, stage, progress, message).map(entries)
            }
            Word::Result(result) => self.ledger.result(&dashboard, result).map(entries),
            Word::Answer(answer) => return self.answered(&dashboard, answer, &producer).await,
            Word::Configuration { version, success, error } => self
                .configurations
                .answered(&dashboard, version, success, error)
                .map(|record| {
                    let record = record?;
                    log::entry(dashboard.clone(), RecordKind::Configuration, Severity::Info, &record)
                })
                .map(|entry| entry.into_iter().collect()),
        };
        let remote = producer.remote;
        let (mut entries, told): (Vec<Entry>, _) = match outcome {
            Ok(entries) => (entries, Ok(())),
            Err(error) => {
                let error = error.about(producer.seq());
                // Being late is no offence; speaking of another's command is.
                let matters = error.code != ErrorCode::CommandStageConflict || producer.sequence.is_some();
                let entry = matters.then(|| refusal_entry(dashboard.clone(), &error, remote)).flatten();
                (entry.into_iter().collect(), Err(error))
            }
        };
        // A number must stand under something in the log, or it could never be acknowledged.
        if entries.is_empty() && producer.sequence.is_some() {
            let known = ProtocolError::new(
                ErrorCode::CommandStageConflict,
                "this was said already, and is kept once.",
            );
            entries.extend(refusal_entry(dashboard, &known, remote));
        }
        let last = entries.pop();
        let mut submission = producer.submission(last);
        entries.append(&mut submission.entries);
        submission.entries = entries;
        if !submission.entries.is_empty() {
            self.log.submit(submission).await?;
        }
        Ok(told)
    }

    async fn answered(
        &mut self,
        dashboard: &DashboardId,
        answer: QueryResult,
        producer: &Producer,
    ) -> Result<Result<(), ProtocolError>, Stopped> {
        let waiting = match self.queries.answer(dashboard, &answer.query_id) {
            Ok(waiting) => waiting,
            Err(error) => {
                let entry = refusal_entry(dashboard.clone(), &error, producer.remote);
                self.submit(entry, None).await?;
                return Ok(Err(error));
            }
        };
        if !answer.success {
            let reason = answer.error.unwrap_or_else(|| "the dashboard gave no reason".to_owned());
            let error = ProtocolError::new(ErrorCode::QueryFailed, reason);
            self.query_failed(answer.query_id, waiting, error).await?;
            return Ok(Ok(()));
        }
        let result = answer.result.unwrap_or(Value::Null);
        let record = QueryRecord {
            query_id: answer.query_id.clone(),
            query: None,
            by: None,
            result: Some(result.clone()),
            error: None,
        };
        let entry = log::entry(dashboard.clone(), RecordKind::Query, Severity::Info, &record);
        let reply = OperatorReply::Query { query_id: answer.query_id, result };
        self.submit(entry, Some(Receipt::Reply(waiting.reply, reply))).await?;
        Ok(Ok(()))
    }

    async fn query_failed(
        &mut self,
        id: QueryId,
        waiting: Waiting,
        error: ProtocolError,
    ) -> Result<(), Stopped> {
        // What the dashboard itself says carries no code of the hub's.
        let code = Some(error.code).filter(|code| *code != ErrorCode::QueryFailed);
        let record = QueryRecord {
            query_id: id,
            query: None,
            by: None,
            result: None,
            error: Some(StageError { code, message: error.message.clone() }),
        };
        let entry = log::entry(waiting.dashboard_id, RecordKind::Query, Severity::Warning, &record);
        let _ = waiting.reply.send(Err(error));
        self.submit(entry, None).await
    }

    async fn asked(
        &mut self,
        operator: OperatorId,
        request: OperatorRequest,
        reply: Reply,
    ) -> Result<(), Stopped> {
        // While nothing can be recorded, nothing may be set in motion.
        if let Some(error) = self.log.health().borrow().error() {
            let _ = reply.send(Err(error));
            return Ok(());
        }
        match request {
            OperatorRequest::IssueCommand { dashboard_id, kind, payload, timeout_milliseconds } => {
                let now = clock::now();
                let time =
                    timeout_milliseconds.map_or(clock::milliseconds(self.times.command), i64::from).max(1);
                let deadline = clock::after(Instant::now(), time);
                let command = Command {
                    id: Uuid::now_v7().into(),
                    kind,
                    payload,
                    dashboard_id,
                    issued_by: operator,
                    issued_at: now,
                    expires_at: now.plus_milliseconds(time),
                };
                self.issue(command, deadline, reply).await
            }
            OperatorRequest::CancelCommand { command_id } => self.cancel(command_id, operator, reply).await,
            OperatorRequest::Query { dashboard_id, kind, params } => {
                self.query(dashboard_id, operator, kind, params, reply).await
            }
            OperatorRequest::PushConfiguration { dashboard_id, values } => {
                self.push(dashboard_id, operator, values, reply).await
            }
            OperatorRequest::NotifyDashboard { dashboard_id, title, message } => {
                self.notify(dashboard_id, operator, title, message, reply).await
            }
            _ => {
                let error = ProtocolError::new(
                    ErrorCode::InvalidMessage,
                    "this request is not the Command Manager's.",
                );
                let _ = reply.send(Err(error));
                Ok(())
            }
        }
    }

    async fn issue(&mut self, command: Command, deadline: Instant, reply: Reply) -> Result<(), Stopped> {
        let id = command.id.clone();
        let checked = self
            .connected(&command.dashboard_id)
            .and_then(|(known, _)| check(&command.kind, &command.payload, &known.declarations));
        match checked {
            Ok(()) => {
                let step = self.ledger.issue(command, deadline);
                self.uncommitted.insert(id.clone());
                self.commit(entries(vec![step]), Committed::Command(id), reply).await
            }
            Err(error) => {
                let step = self.ledger.refuse(command, &error);
                let _ = reply.send(Err(error));
                self.record(vec![step]).await
            }
        }
    }

    async fn cancel(&mut self, id: CommandId, by: OperatorId, reply: Reply) -> Result<(), Stopped> {
        match self.ledger.cancel(&id, by) {
            Ok(Cancellation::Cancelled(step)) => {
                let receipt = Some(Receipt::Reply(reply, OperatorReply::Done));
                self.log.submit(Submission { entries: entries(vec![*step]), receipt }).await
            }
            Ok(Cancellation::Ask(dashboard)) => {
                let asked = self.send(&dashboard, &HubMessage::CommandCancel { command_id: id });
                let _ = reply.send(asked.map(|()| OperatorReply::Done));
                Ok(())
            }
            Err(error) => {
                let _ = reply.send(Err(error));
                Ok(())
            }
        }
    }

    async fn query(
        &mut self,
        dashboard_id: DashboardId,
        by: OperatorId,
        kind: String,
        params: Value,
        reply: Reply,
    ) -> Result<(), Stopped> {
        let query = Query { id: Uuid::now_v7().into(), kind, params };
        if let Err(error) = self.send(&dashboard_id, &HubMessage::Query { query: query.clone() }) {
            let _ = reply.send(Err(error));
            return Ok(());
        }
        let id = query.id.clone();
        let record =
            QueryRecord { query_id: id.clone(), query: Some(query), by: Some(by), result: None, error: None };
        let entry = log::entry(dashboard_id.clone(), RecordKind::Query, Severity::Info, &record);
        let deadline = clock::after(Instant::now(), clock::milliseconds(self.times.query));
        self.queries.ask(id, Waiting { dashboard_id, deadline, reply });
        self.submit(entry, None).await
    }

    async fn push(
        &mut self,
        dashboard_id: DashboardId,
        by: OperatorId,
        values: Value,
        reply: Reply,
    ) -> Result<(), Stopped> {
        let pushed = if self.dashboards.contains_key(&dashboard_id) {
            self.configurations.push(&dashboard_id, values, by)
        } else {
            Err(unknown(&dashboard_id))
        };
        match pushed {
            Ok((configuration, record)) => {
                let entry =
                    log::entry(dashboard_id.clone(), RecordKind::Configuration, Severity::Info, &record);
                let committed = Committed::Configuration(dashboard_id, configuration);
                self.commit(entry.into_iter().collect(), committed, reply).await
            }
            Err(error) => {
                let _ = reply.send(Err(error));
                Ok(())
            }
        }
    }

    async fn notify(
        &mut self,
        dashboard_id: DashboardId,
        by: OperatorId,
        title: String,
        message: String,
        reply: Reply,
    ) -> Result<(), Stopped> {
        let timestamp = clock::now();
        let alert = EnrichedAlert {
            alert: Alert {
                kind: OPERATOR_NOTICE.to_owned(),
                severity: Severity::Info,
                title: title.clone(),
                message: message.clone(),
                actions: Vec::new(),
                condition: AlertCondition::Firing,
                fingerprint: None,
            },
            source: OPERATOR_SOURCE.to_owned(),
            dashboard_id: dashboard_id.clone(),
            context: json!({ "by": by }),
            timestamp,
        };
        if let Err(error) = self.send(&dashboard_id, &HubMessage::Alert { alert }) {
            let _ = reply.send(Err(error));
            return Ok(());
        }
        let notice = EnrichedEvent {
            event: DashboardEvent {
                kind: OPERATOR_NOTICE.to_owned(),
                severity: Severity::Info,
                payload: json!({ "title": title, "message": message, "by": by }),
            },
            dashboard_id: dashboard_id.clone(),
            timestamp,
            context: EventContext { user: Some(by.to_string()), ..EventContext::default() },
        };
        let entry = log::entry(dashboard_id, RecordKind::Event, Severity::Info, &notice);
        self.submit(entry, Some(Receipt::Reply(reply, OperatorReply::Done))).await
    }

    fn connected(&self, id: &DashboardId) -> Result<(&Known, &Link), ProtocolError> {
        let known = self.dashboards.get(id).ok_or_else(|| unknown(id))?;
        let link = known.link.as_ref().ok_or_else(|| offline(id))?;
        Ok((known, link))
    }

    fn send(&self, id: &DashboardId, message: &HubMessage) -> Result<(), ProtocolError> {
        let (_, link) = self.connected(id)?;
        let sent = Outgoing::of(message).is_some_and(|message| link.send(message));
        if sent { Ok(()) } else { Err(offline(id)) }
    }

    /// Puts a command that waits into its dashboard's outgoing queue, if it is durable and the dashboard connected.
    fn hand_over(&mut self, id: &CommandId) {
        if self.uncommitted.contains(id) {
            return;
        }
        let Some(dashboard) = self.ledger.target(id) else { return };
        let Some(link) = self.dashboards.get(dashboard).and_then(|known| known.link.clone()) else { return };
        if let Some(command) = self.ledger.hand_over(id)
            && let Some(message) = Outgoing::of(&HubMessage::Command { command, signature: None })
        {
            link.send(message);
        }
    }

    async fn record(&mut self, steps: Vec<Step>) -> Result<(), Stopped> {
        if steps.is_empty() {
            return Ok(());
        }
        self.log.submit(Submission { entries: entries(steps), receipt: None }).await
    }

    async fn submit(&mut self, entry: Option<Entry>, receipt: Option<Receipt>) -> Result<(), Stopped> {
        self.log.submit(Submission { entries: entry.into_iter().collect(), receipt }).await
    }
}

fn entries(steps: Vec<Step>) -> Vec<Entry> {
    steps
        .into_iter()
        .filter_map(|step| {
            log::entry(step.dashboard_id, RecordKind::Command, severity(&step.record), &step.record)
        })
        .collect()
}

fn severity(record: &CommandRecord) -> Severity {
    use mission_control_protocol::CommandStage::{Expired, Failed, Refused, TimedOut};
    match record.stage {
        Failed | TimedOut | Expired | Refused => Severity::Warning,
        _ => Severity::Info,
    }
}

/// Whether a dashboard with these declarations accepts the command.
fn check(kind: &str, payload: &Value, declarations: &[CommandDeclaration]) -> Result<(), ProtocolError> {
    let Some(declaration) = declarations.iter().find(|declaration| declaration.kind == kind) else {
        let known: Vec<_> = declarations.iter().map(|declaration| declaration.kind.as_str()).collect();
        return Err(ProtocolError::new(
            ErrorCode::CommandUndeclared,
            format!("the dashboard did not declare {kind:?}; it accepts {}.", known.join(", ")),
        ));
    };
    let invalid = |message: String| Err(ProtocolError::new(ErrorCode::PayloadInvalid, message));
    match payload::validate(&declaration.payload_schema, payload) {
        Ok(problems) if problems.is_empty() => Ok(()),
        Ok(problems) => {
            let problems: Vec<_> = problems
                .iter()
                .take(5)
                .map(|problem| format!("`payload{}`: {}", problem.pointer, problem.message))
                .collect();
            invalid(format!("the payload violates the schema of {kind}: {}", problems.join("; ")))
        }
        Err(error) => invalid(error.to_string()),
    }
}

fn unknown(id: &DashboardId) -> ProtocolError {
    ProtocolError::new(ErrorCode::DashboardUnknown, format!("no dashboard ever registered here as {id}."))
}

fn offline(id: &DashboardId) -> ProtocolError {
    ProtocolError::new(
        ErrorCode::DashboardOffline,
        format!("{id} is not connected; try again when it is back."),
    )
}
