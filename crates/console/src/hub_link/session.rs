//! One connection to a hub, from HELLO to its end; the same over a WebSocket and through memory.

use std::{collections::HashMap, time::Duration};

use mission_control_protocol::{
    ErrorCode, OperatorId, ProtocolError, Timestamp,
    operator_wire::{
        ConsoleMessage, Cursor, OperatorMessage, OperatorReply, OperatorRequest, PartitionExtent,
        RecordBatch, RequestOutcome, Snapshot,
    },
};
use mission_control_store::{Hole, HubIdentity};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use super::{
    LinkCommand, LinkContext, LinkEvent,
    backfill::Backfill,
    cache::{CacheReport, CacheTask, CacheThread},
    history,
    transport::Transport,
};
use crate::view::requests::{RequestError, RequestErrorCode};

/// How long the hub may take to answer HELLO.
const WELCOME_TIMEOUT: Duration = Duration::from_secs(15);
/// Time between two PINGs.
const PING_EVERY: Duration = Duration::from_secs(5);
/// A hub that says nothing for so long is gone, whatever the socket says.
const SILENCE: Duration = Duration::from_secs(20);
/// How long the hub may take to answer a request; the dashboard's own time is added for a query.
const REPLY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the hub may take to get an answer from a dashboard; it gives up by itself before that.
const QUERY_TIMEOUT: Duration = Duration::from_secs(45);
/// PINGs between two notes in the cache that it is current.
const NOTE_CURRENT_EVERY: u64 = 2;

/// Why a session ended.
pub(super) enum End {
    /// The core wants the link to end.
    Stopped,
    /// Connect anew at once: the operator asked for it.
    Again,
    /// Connect anew at once, on behalf of this operator.
    NewOperator(OperatorId),
    /// The log started anew, or what is here does not fit it: copy it from the start.
    Resync(String),
    /// The same, because the operator asked for it.
    Rebuild,
    /// Nobody need try again until something changes.
    Fatal(String),
    /// Try again in a while.
    Lost(String),
}

/// Where records go.
pub(super) enum Sink<'link> {
    /// To the core: the hub's log is the cache.
    Core,
    /// To the cache, which tells the core once they are durable.
    Cache { thread: &'link CacheThread, reports: &'link mut mpsc::Receiver<CacheReport> },
}

/// What a session is held with.
pub(super) struct Hello {
    pub(super) token: String,
    pub(super) operator: OperatorId,
    pub(super) cursors: Vec<Cursor>,
    /// Newest records wanted before the others; all of them, oldest first, when not given.
    pub(super) newest: Option<u64>,
}

/// How far a session came.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Progress {
    /// The hub let the console in.
    pub(super) welcomed: bool,
    /// Everything the hub had then has come.
    pub(super) live: bool,
    /// When the hub last said something, once it let the console in.
    pub(super) heard_at: Option<Timestamp>,
}

/// Holds a session until it ends, and notes in `progress` how far it comes.
pub(super) async fn hold(
    context: &LinkContext,
    commands: &mut mpsc::Receiver<LinkCommand>,
    mut transport: Transport,
    mut sink: Sink<'_>,
    hello: Hello,
    progress: &mut Progress,
) -> End {
    let cursors = hello.cursors;
    let first = OperatorMessage::Hello {
        token: hello.token,
        operator: hello.operator,
        cursors: cursors.clone(),
        newest: hello.newest,
    };
    if transport.outgoing.send(first).await.is_err() {
        return End::Lost(ended(&mut transport).await);
    }
    let identity = match welcome(commands, &mut transport).await {
        Ok(identity) => identity,
        Err(end) => return end,
    };
    progress.welcomed = true;
    if let Some(reason) = misfit(&cursors, &identity.partitions) {
        return End::Resync(reason);
    }
    let targets = identity.partitions.iter().map(|extent| (extent.partition, extent.last_seq)).collect();
    let welcome = LinkEvent::Welcome { name: identity.hub.name.clone(), partitions: identity.partitions };
    if !context.tell(welcome).await {
        return End::Stopped;
    }
    let mut session = Session {
        context,
        outgoing: transport.outgoing.clone(),
        reached: cursors.iter().map(|cursor| (cursor.partition, *cursor)).collect(),
        targets,
        open: HashMap::new(),
        next_request: 1,
        tasks: Vec::new(),
        backfill: Backfill::default(),
        ping: None,
        heard: Instant::now(),
        heard_at: context.now(),
        ticks: 0,
    };
    if matches!(sink, Sink::Cache { .. }) {
        session.tasks.push(CacheTask::NoteHub(identity.hub));
        session.tasks.push(CacheTask::FindHoles);
    }
    let end = session.run(commands, &mut transport, &mut sink).await;
    progress.live = session.is_live();
    progress.heard_at = Some(session.heard_at);
    for (_, waiting) in session.open {
        waiting.fail(RequestErrorCode::HubDisconnected, "The connection was lost before the hub answered.");
    }
    end
}

struct Welcome {
    hub: HubIdentity,
    partitions: Vec<PartitionExtent>,
}

/// Waits until the hub lets the console in.
async fn welcome(
    commands: &mut mpsc::Receiver<LinkCommand>,
    transport: &mut Transport,
) -> Result<Welcome, End> {
    let deadline = Instant::now() + WELCOME_TIMEOUT;
    loop {
        tokio::select! {
            message = tokio::time::timeout_at(deadline, transport.incoming.recv()) => match message {
                Err(_) => return Err(End::Lost("The hub accepts the connection and then says nothing.".to_owned())),
                Ok(None) => return Err(End::Lost(ended(transport).await)),
                Ok(Some(ConsoleMessage::Welcome { hub_id, hub_name, partitions, .. })) => {
                    return Ok(Welcome { hub: HubIdentity { id: hub_id, name: hub_name }, partitions });
                }
                Ok(Some(ConsoleMessage::Error(error))) => return Err(refused(&error)),
                Ok(Some(_)) => {}
            },
            command = commands.recv() => {
                if let Some(end) = while_down(command) {
                    return Err(end);
                }
            }
        }
    }
}

/// Answers a command that comes while there is no session; returns how the attempt ends, if it does.
pub(super) fn while_down(command: Option<LinkCommand>) -> Option<End> {
    match command {
        None | Some(LinkCommand::Stop) => Some(End::Stopped),
        Some(LinkCommand::Request { reply, .. }) => {
            let _ = reply.send(Err(RequestError::new(
                RequestErrorCode::HubDisconnected,
                "The hub is not connected; try again when it is.",
            )));
            None
        }
        Some(LinkCommand::Retry) => Some(End::Again),
        Some(LinkCommand::SetOperator(operator)) => Some(End::NewOperator(operator)),
        Some(LinkCommand::MeasureCache | LinkCommand::Rebuild) => None,
    }
}

/// What an error that is not about a request means for the connection. Only what the hub says of its log, never an
/// error, is a reason to copy it anew: a hub that cannot read its disk for a while costs nobody a cache.
fn refused(error: &ProtocolError) -> End {
    let said = crate::plain_text::harmless(&error.message, 300);
    match error.code {
        ErrorCode::TokenInvalid | ErrorCode::TokenMissing => End::Fatal(format!(
            "The hub refuses the token: {said} Remove this hub and add it again with a valid operator token."
        )),
        ErrorCode::HubStopping => End::Lost(format!("The hub is stopping: {said}")),
        _ => End::Lost(format!("The hub ended the connection: {said}")),
    }
}

/// Why what is here cannot be a copy of what the hub has; `None` when it can.
fn misfit(cursors: &[Cursor], partitions: &[PartitionExtent]) -> Option<String> {
    cursors.iter().find_map(|cursor| {
        let extent = partitions.iter().find(|extent| extent.partition == cursor.partition)?;
        if extent.epoch != cursor.epoch {
            Some("The hub's log started anew.".to_owned())
        } else if extent.last_seq < cursor.seq {
            Some("The hub's log is shorter than the copy of it; it was restored from a backup.".to_owned())
        } else {
            None
        }
    })
}

/// Why the transport ended.
async fn ended(transport: &mut Transport) -> String {
    match timeout(Duration::from_secs(1), &mut transport.ended).await {
        Ok(Ok(reason)) => reason,
        _ => "The hub closed the connection.".to_owned(),
    }
}

/// A request that waits for its answer.
enum Waiting {
    Operator { reply: oneshot::Sender<Result<OperatorReply, RequestError>>, deadline: Instant },
    Fetch { hole: Hole, deadline: Instant },
}

impl Waiting {
    fn deadline(&self) -> Instant {
        match self {
            Self::Operator { deadline, .. } | Self::Fetch { deadline, .. } => *deadline,
        }
    }

    fn fail(self, code: RequestErrorCode, message: &str) {
        if let Self::Operator { reply, .. } = self {
            let _ = reply.send(Err(RequestError::new(code, message)));
        }
    }
}

struct Session<'link> {
    context: &'link LinkContext,
    outgoing: mpsc::Sender<OperatorMessage>,
    /// The last record taken of each partition.
    reached: HashMap<u16, Cursor>,
    /// What the hub had when it let the console in, by partition.
    targets: HashMap<u16, u64>,
    open: HashMap<u64, Waiting>,
    next_request: u64,
    /// What waits for room at the cache, the next one first.
    tasks: Vec<CacheTask>,
    /// The filling of holes.
    backfill: Backfill,
    /// The PING under way.
    ping: Option<(u64, Instant)>,
    heard: Instant,
    /// When the hub last said something.
    heard_at: Timestamp,
    ticks: u64,
}

impl Session<'_> {
    async fn run(
        &mut self,
        commands: &mut mpsc::Receiver<LinkCommand>,
        transport: &mut Transport,
        sink: &mut Sink<'_>,
    ) -> End {
        // The first PING goes out at once: the operator sees a latency without waiting.
        let mut ticks = interval_at(Instant::now(), PING_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (thread, reports) = match sink {
                Sink::Core => (None, None),
                Sink::Cache { thread, reports } => (Some(&**thread), Some(&mut **reports)),
            };
            let waiting = !self.tasks.is_empty();
            let due = self.backfill.due();
            let step = tokio::select! {
                // Reading stops while a batch waits for the cache: what the disk cannot keep up with, the hub holds.
                message = transport.incoming.recv(), if !waiting => match message {
                    Some(message) => self.message(message, thread.is_some()).await,
                    None => Err(End::Lost(ended(transport).await)),
                },
                permit = reserve(thread), if waiting => match permit {
                    Some(permit) => {
                        permit.send(self.tasks.remove(0));
                        // What the hub said meanwhile has not been read yet.
                        self.heard = Instant::now();
                        Ok(())
                    }
                    None => Err(End::Lost("The cache's writer has ended.".to_owned())),
                },
                report = next_report(reports) => self.report(report).await,
                command = commands.recv() => self.command(command, thread.is_some()).await,
                // What is missed of the past waits until the present is here.
                () = tokio::time::sleep_until(due), if self.backfill.is_waiting() && self.is_live() => {
                    self.fetch().await
                }
                _ = ticks.tick() => self.tick(thread.is_some()).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn message(&mut self, message: ConsoleMessage, has_cache: bool) -> Result<(), End> {
        self.heard = Instant::now();
        self.heard_at = self.context.now();
        match message {
            ConsoleMessage::Records(batch) => self.records(batch, has_cache).await,
            ConsoleMessage::Snapshot(snapshot) => self.passed_over(snapshot, has_cache),
            ConsoleMessage::Presence { heard_at } => self.tell(LinkEvent::Presence(heard_at)).await,
            ConsoleMessage::Tokens { tokens, note } => self.tell(LinkEvent::Tokens { tokens, note }).await,
            ConsoleMessage::Attempts { attempts, .. } => self.tell(LinkEvent::Attempts(attempts)).await,
            ConsoleMessage::Pong { nonce } => match self.ping {
                Some((sent, at)) if sent == nonce => {
                    self.ping = None;
                    self.tell(LinkEvent::Latency(at.elapsed().as_secs_f64() * 1_000.0)).await
                }
                _ => Ok(()),
            },
            ConsoleMessage::Reply { request_id, outcome } => {
                match self.open.remove(&request_id) {
                    Some(Waiting::Operator { reply, .. }) => {
                        let answer = match outcome {
                            RequestOutcome::Ok(answer) => Ok(answer),
                            RequestOutcome::Error(error) => Err(error.into()),
                        };
                        let _ = reply.send(answer);
                    }
                    Some(Waiting::Fetch { hole, .. }) => self.fetched(hole, outcome),
                    None => {}
                }
                Ok(())
            }
            ConsoleMessage::Error(error) => match error.code {
                // These say that the connection ends.
                ErrorCode::TokenInvalid
                | ErrorCode::TokenMissing
                | ErrorCode::HubStopping
                | ErrorCode::SlowConsumer
                | ErrorCode::RecordsUnavailable
                | ErrorCode::FrameTooLarge => Err(refused(&error)),
                _ => {
                    tracing::warn!(code = ?error.code, error.message, "the hub reports an error");
                    Ok(())
                }
            },
            ConsoleMessage::Welcome { .. } => Ok(()),
        }
    }

    /// The hub goes on further on, and says what it passed over comes to.
    fn passed_over(&mut self, snapshot: Snapshot, has_cache: bool) -> Result<(), End> {
        // Where the log itself is the cache, nothing is missing in it.
        if !has_cache {
            return Ok(());
        }
        for cursor in &snapshot.cursors {
            match self.reached.get(&cursor.partition) {
                Some(known) if known.epoch != cursor.epoch => {
                    return Err(End::Resync("The hub's log started anew.".to_owned()));
                }
                Some(known) if known.seq >= cursor.seq => {}
                _ => {
                    self.reached.insert(cursor.partition, *cursor);
                }
            }
        }
        self.tasks.push(CacheTask::PassOver(snapshot));
        Ok(())
    }

    async fn records(&mut self, batch: RecordBatch, has_cache: bool) -> Result<(), End> {
        if let Some(known) = self.reached.get(&batch.partition)
            && known.epoch != batch.epoch
        {
            return Err(End::Resync("The hub's log started anew.".to_owned()));
        }
        let Some((first, last)) = batch.records.first().zip(batch.records.last()) else { return Ok(()) };
        let reached = self.reached.get(&batch.partition).map_or(0, |cursor| cursor.seq);
        if last.seq <= reached {
            return Ok(());
        }
        let (partition, epoch) = (batch.partition, batch.epoch);
        let cursor = Cursor { partition, epoch, seq: last.seq };
        if has_cache {
            self.tasks.push(CacheTask::Append(batch));
        } else {
            if first.seq > reached + 1 && reached > 0 {
                // The log itself has what was skipped: read it again from there.
                return Err(End::Resync("Records were skipped.".to_owned()));
            }
            let new = batch.records.partition_point(|record| record.seq <= reached);
            let batch = if new == 0 {
                batch
            } else {
                RecordBatch { records: batch.records[new..].to_vec().into(), ..batch }
            };
            self.tell(LinkEvent::Records(batch)).await?;
        }
        self.reached.insert(partition, cursor);
        Ok(())
    }

    async fn report(&mut self, report: Option<CacheReport>) -> Result<(), End> {
        match report {
            Some(CacheReport::Holes(holes)) => {
                self.backfill.know(holes);
                Ok(())
            }
            Some(CacheReport::Misfit(reason)) => Err(End::Resync(reason)),
            Some(CacheReport::Failed(reason)) => Err(End::Lost(reason)),
            None => Err(End::Lost("The cache's writer has ended.".to_owned())),
        }
    }

    async fn fetch(&mut self) -> Result<(), End> {
        let Some(asked) = self.backfill.begin() else { return Ok(()) };
        let request = OperatorRequest::FetchRecords {
            partition: asked.partition,
            from_seq: asked.first_seq,
            to_seq: asked.last_seq,
            snapshots: true,
        };
        let deadline = Instant::now() + REPLY_TIMEOUT;
        self.ask(request, Waiting::Fetch { hole: asked, deadline }).await
    }

    fn fetched(&mut self, asked: Hole, outcome: RequestOutcome) {
        let epoch = self.reached.get(&asked.partition).map(|cursor| cursor.epoch);
        let (outcome, snapshots) = match outcome {
            RequestOutcome::Ok(OperatorReply::History { batch, snapshots }) => {
                (RequestOutcome::Ok(OperatorReply::Records(batch)), snapshots)
            }
            outcome => (outcome, Vec::new()),
        };
        let (batch, to_seq) = match (outcome, epoch) {
            (RequestOutcome::Ok(OperatorReply::Records(batch)), _) => {
                // A short answer may only mean that more did not fit: what follows is asked for again.
                let to_seq = batch.records.last().map_or(asked.last_seq, |last| last.seq);
                (batch, to_seq)
            }
            (RequestOutcome::Error(error), Some(epoch)) if error.code == ErrorCode::RecordsUnavailable => {
                let records = Vec::new().into();
                (RecordBatch { partition: asked.partition, epoch, head_seq: 0, records }, asked.last_seq)
            }
            (RequestOutcome::Error(error), _) => {
                tracing::warn!(code = ?error.code, error.message, "the hub does not fill a hole in the cache");
                self.backfill.failed();
                return;
            }
            (RequestOutcome::Ok(_), _) => {
                self.backfill.failed();
                return;
            }
        };
        self.tasks.push(CacheTask::Fill { batch, snapshots, from_seq: asked.first_seq, to_seq });
    }

    async fn command(&mut self, command: Option<LinkCommand>, has_cache: bool) -> Result<(), End> {
        match command {
            None | Some(LinkCommand::Stop) => Err(End::Stopped),
            // A session that holds need not be made anew.
            Some(LinkCommand::Retry) => Ok(()),
            Some(LinkCommand::SetOperator(operator)) => Err(End::NewOperator(operator)),
            Some(LinkCommand::Rebuild) if has_cache => Err(End::Rebuild),
            Some(LinkCommand::Rebuild) => Ok(()),
            Some(LinkCommand::MeasureCache) => {
                if has_cache {
                    self.tasks.push(CacheTask::Measure);
                } else {
                    history::measure_for(self.context);
                }
                Ok(())
            }
            Some(LinkCommand::Request { request, reply }) => {
                let limit = if matches!(request, OperatorRequest::Query { .. }) {
                    QUERY_TIMEOUT
                } else {
                    REPLY_TIMEOUT
                };
                self.ask(request, Waiting::Operator { reply, deadline: Instant::now() + limit }).await
            }
        }
    }

    async fn ask(&mut self, request: OperatorRequest, waiting: Waiting) -> Result<(), End> {
        let request_id = self.next_request;
        self.next_request += 1;
        self.open.insert(request_id, waiting);
        self.send(OperatorMessage::Request { request_id, request }).await
    }

    async fn tick(&mut self, has_cache: bool) -> Result<(), End> {
        if self.tasks.is_empty() && self.heard.elapsed() > SILENCE {
            let seconds = SILENCE.as_secs();
            return Err(End::Lost(format!("The hub has said nothing for {seconds} seconds.")));
        }
        let now = Instant::now();
        let late: Vec<u64> =
            self.open.iter().filter(|(_, waiting)| waiting.deadline() <= now).map(|(id, _)| *id).collect();
        for id in late {
            match self.open.remove(&id) {
                Some(Waiting::Fetch { .. }) => self.backfill.failed(),
                Some(waiting) => waiting.fail(
                    RequestErrorCode::Timeout,
                    "The hub did not answer in time; whether it was done is shown where its records are.",
                ),
                None => {}
            }
        }
        self.ticks += 1;
        if has_cache && self.is_live() && self.ticks.is_multiple_of(NOTE_CURRENT_EVERY) {
            self.tasks.push(CacheTask::NoteCurrent(self.heard_at));
        }
        if self.ping.is_none() {
            self.ping = Some((self.ticks, now));
            self.send(OperatorMessage::Ping { nonce: self.ticks }).await?;
        }
        Ok(())
    }

    fn is_live(&self) -> bool {
        self.targets
            .iter()
            .all(|(partition, target)| self.reached.get(partition).map_or(0, |cursor| cursor.seq) >= *target)
    }

    async fn tell(&self, event: LinkEvent) -> Result<(), End> {
        if self.context.tell(event).await { Ok(()) } else { Err(End::Stopped) }
    }

    async fn send(&mut self, message: OperatorMessage) -> Result<(), End> {
        // A hub that does not read is as good as gone.
        match timeout(SILENCE, self.outgoing.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Lost("The hub closed the connection.".to_owned())),
            Err(_) => Err(End::Lost("The hub takes no more messages.".to_owned())),
        }
    }
}

/// Room for one task at the cache; `None` when its thread has ended. Never comes where there is no cache.
async fn reserve(thread: Option<&CacheThread>) -> Option<mpsc::Permit<'_, CacheTask>> {
    match thread {
        Some(thread) => thread.reserve().await,
        None => std::future::pending().await,
    }
}

async fn next_report(reports: Option<&mut mpsc::Receiver<CacheReport>>) -> Option<CacheReport> {
    match reports {
        Some(reports) => reports.recv().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
