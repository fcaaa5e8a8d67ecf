//! One dashboard's connection: from its registration to its end.

use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use mission_control_protocol::{
    DashboardId, EnrichedAlert, ProtocolError, Timestamp, WorkflowUpdate,
    config::{RegistrationResult, TYPE_BACKEND},
    dashboard_wire::HubMessage,
    frame,
};
use mission_control_store::{Entry, ProducerSequence};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::Instant,
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{
    Probation, Services,
    attempts::Rejection,
    link::{Ending, Link, LinkEnd, Outgoing, Producer, refusal_entry, slow_consumer, text_of},
    refusals::Budget,
    registration,
    socket::{Incoming, Socket, WriteError, close_reason},
};
use crate::{
    clock,
    commands::Word,
    events::{Intake, Taken},
    log::{Health, Receipt, Submission},
    registry::{Admitted, Farewell, Registration},
};

/// Messages in a chunk: what one connection hands to the log at once.
const CHUNK_MESSAGES: usize = 512;

/// Bytes of bodies in a chunk, the last message aside.
const CHUNK_BYTES: usize = 512 * 1024;

/// How long a refusal beyond the bound may wait for a later number to cover it.
const UNRECORDED: Duration = Duration::from_secs(1);

/// Time for what was received to become durable before a connection ends in peace.
const SETTLING: Duration = Duration::from_secs(2);

/// Serves one connection.
pub(super) async fn serve<S>(
    mut socket: Socket<S>,
    remote: SocketAddr,
    services: Arc<Services>,
    probation: Probation,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let registration = match registration::wait(&mut socket, &services, remote, probation.deadline).await {
        Ok(Some(registration)) => registration,
        Ok(None) => return,
        Err(error) => return refuse(socket, error).await,
    };
    let id = registration.config.id.clone();
    let is_backend = registration.config.kind == TYPE_BACKEND;
    let epoch = registration.epoch;
    let token_id = registration.token_id.clone();
    let bound = services.limits.outgoing_messages;
    let (link, end) = Link::new(services.next_connection(), bound, Instant::now());
    let number = link.connection();
    let config = registration.config.clone();
    let registered = register(registration, link, &services, probation.deadline).await;
    let (last_seq, result) = match registered {
        Ok(registered) => registered,
        Err(error) => {
            services.registry.departed(id.clone(), number, Farewell::Lost(error.message.clone())).await;
            services.counters.refused();
            services.attempts.note(remote, Rejection::told(&error, Some(id.clone())));
            registration::record(&services, Some(id), &error, remote);
            return refuse(socket, error).await;
        }
    };
    drop(probation);
    if let Some(token_id) = token_id {
        services.issued_tokens.used(token_id, id.clone()).await;
    }
    services.alerts.registered(config).await;
    tracing::debug!(%id, %remote, last_seq, "registered");
    let (durable, acknowledgeable) = watch::channel(last_seq);
    let mut connection = Connection {
        intake: Intake::new(id.clone(), epoch, is_backend, last_seq),
        socket,
        services: services.clone(),
        id: id.clone(),
        remote,
        link: end,
        durable,
        acknowledgeable,
        submitted: last_seq,
        chunk: Chunk::default(),
        replies: Vec::new(),
        handover: None,
        in_hand: None,
        budget: Budget::default(),
        unrecorded: None,
        closing: None,
    };
    connection.link.heard(Instant::now());
    let registered = text_of(&HubMessage::Registered(result));
    if let Err(error) = connection.socket.write(registered).await {
        connection.write_failed(error);
    }
    let closing = connection.run().await;
    let Connection { socket, in_hand, .. } = connection;
    // From here on the connection submits nothing, so that another may take over.
    drop(in_hand);
    tracing::debug!(%id, %remote, ?closing, "connection over");
    let (farewell, last) = match closing {
        Closing::Goodbye(reason) => (Farewell::Left(reason), None),
        Closing::Lost(reason) => (Farewell::Lost(reason), None),
        Closing::Error(error) => (Farewell::Lost(error.message.clone()), Some(error)),
        Closing::Stopping => (Farewell::Lost("the hub stopped".to_owned()), Some(registration::stopping())),
    };
    let reason = last.as_ref().map_or_else(|| "goodbye".to_owned(), close_reason);
    let last = last.map(HubMessage::Error);
    tokio::join!(services.registry.departed(id, number, farewell), socket.finish(last.as_ref(), &reason));
}

async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(socket: Socket<S>, error: ProtocolError) {
    let reason = close_reason(&error);
    socket.finish(Some(&HubMessage::Error(error)), &reason).await;
}

/// Registers, and waits until that is durable.
async fn register(
    registration: Registration,
    link: Link,
    services: &Services,
    deadline: Instant,
) -> Result<(u64, RegistrationResult), ProtocolError> {
    let dashboard_id = registration.config.id.clone();
    let registered = async {
        let Admitted { last_seq, configuration } = services.registry.register(registration, link).await?;
        let configuration = configuration.await.map_err(|_| registration::stopping())?;
        let last_seq = last_seq.await.map_err(|_| registration::stopping())?;
        Ok((last_seq, configuration))
    };
    let (last_seq, configuration) = tokio::select! {
        registered = tokio::time::timeout_at(deadline, registered) => match registered {
            Ok(registered) => registered?,
            Err(_) => {
                let error = services.log.health().borrow().error();
                return Err(error.unwrap_or_else(|| registration::timed_out(services, "completed REGISTER")));
            }
        },
        () = services.stopping.cancelled() => return Err(registration::stopping()),
    };
    let result = RegistrationResult {
        success: true,
        dashboard_id,
        heartbeat_interval: services.heartbeat_milliseconds,
        server_time: clock::now(),
        last_seq,
        frame_limit: services.limits.frame_bytes as u64,
        configuration,
        operator_keys: Vec::new(),
    };
    Ok((last_seq, result))
}

/// A registered connection.
struct Connection<S> {
    socket: Socket<S>,
    services: Arc<Services>,
    id: DashboardId,
    remote: SocketAddr,
    link: LinkEnd,
    intake: Intake,
    durable: watch::Sender<u64>,
    acknowledgeable: watch::Receiver<u64>,
    /// The highest number that is on its way to the disk.
    submitted: u64,
    chunk: Chunk,
    /// What is to be written once the frames at hand are taken.
    replies: Vec<Utf8Bytes>,
    /// What another actor must have before the next frame may be taken.
    handover: Option<Handover>,
    /// What is being handed on. While it lasts no frame is taken: the order in the log is the order of arrival, and a
    /// slow disk slows the producer down.
    in_hand: Option<InHand>,
    budget: Budget,
    /// The last refusal beyond the bound that spent a number: recorded a little later, unless a later number is durable
    /// by then, so that every number is acknowledged in the end.
    unrecorded: Option<Unrecorded>,
    closing: Option<Closing>,
}

struct Unrecorded {
    entry: Entry,
    seq: u64,
    due: Instant,
}

type InHand = Pin<Box<dyn Future<Output = Result<(), ProtocolError>> + Send>>;

/// Entries collected from the frames that were there together.
#[derive(Default)]
struct Chunk {
    entries: Vec<Entry>,
    bytes: usize,
    /// The highest number among them.
    seq: Option<u64>,
    /// Where the status stands, if there is one. A later one takes its place: only the latest counts.
    status: Option<usize>,
    /// Something came that was kept already.
    has_duplicates: bool,
    frames: u64,
    frame_bytes: u64,
}

enum Handover {
    Alert(Box<EnrichedAlert>, Producer),
    Word(Word, Producer),
    Workflow(WorkflowUpdate),
}

/// Why the connection comes to its end.
#[derive(Debug)]
enum Closing {
    Goodbye(String),
    Lost(String),
    Error(ProtocolError),
    Stopping,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Connection<S> {
    async fn run(&mut self) -> Closing {
        let mut health = self.services.log.health();
        let stopping = self.services.stopping.clone();
        let mut settled_by: Option<Instant> = None;
        loop {
            if let Some(closing) = self.take_closing(settled_by) {
                return closing;
            }
            if self.closing.is_some() && settled_by.is_none() {
                settled_by = Some(Instant::now() + SETTLING);
            }
            let may_read = self.in_hand.is_none() && self.closing.is_none();
            let is_closing = self.closing.is_some();
            tokio::select! {
                biased;
                _ = self.link.ending.changed() => {
                    let ending = self.link.ending.borrow_and_update().clone();
                    return match ending {
                        Some(Ending::Error(error)) => Closing::Error(error),
                        Some(Ending::Silence(reason)) => Closing::Lost(reason),
                        None => Closing::Lost("the registry let go of the connection".to_owned()),
                    };
                }
                () = stopping.cancelled(), if !is_closing => self.closing = Some(Closing::Stopping),
                () = until(settled_by), if settled_by.is_some() => {
                    return self.closing.take().unwrap_or(Closing::Stopping);
                }
                Ok(()) = self.acknowledgeable.changed() => self.acknowledge().await,
                outcome = in_hand(&mut self.in_hand), if self.in_hand.is_some() => {
                    self.in_hand = None;
                    self.link.heard(Instant::now());
                    if let Err(error) = outcome {
                        self.services.counters.refused();
                        self.replies.extend(text_of(&HubMessage::Error(error)));
                        self.flush_replies().await;
                    }
                }
                Some(message) = self.link.outgoing.recv(), if !is_closing => self.deliver(message).await,
                Ok(()) = health.changed() => {
                    let error = match &*health.borrow_and_update() {
                        Health::Writable => None,
                        unavailable => unavailable.error(),
                    };
                    if let Some(error) = error {
                        self.replies.extend(text_of(&HubMessage::Error(error)));
                        self.flush_replies().await;
                    }
                }
                incoming = self.socket.next(), if may_read => self.take_chunk(incoming).await,
                () = until(self.unrecorded.as_ref().map(|refusal| refusal.due)),
                    if may_read && self.unrecorded.is_some() => self.hand_on(true),
            }
        }
    }

    /// Whether it is time to go: after a goodbye or a stop, once what was received is durable and acknowledged.
    fn take_closing(&mut self, settled_by: Option<Instant>) -> Option<Closing> {
        let settles = matches!(self.closing, Some(Closing::Goodbye(_) | Closing::Stopping));
        let is_settled = !self.acknowledgeable.has_changed().unwrap_or(false)
            && *self.acknowledgeable.borrow() >= self.submitted;
        let out_of_time = settled_by.is_some_and(|by| Instant::now() >= by);
        if self.in_hand.is_some() && !out_of_time || settles && !is_settled && !out_of_time {
            return None;
        }
        self.closing.take()
    }

    /// Takes `first` and all frames that are there already, then hands on what they make.
    async fn take_chunk(&mut self, first: Incoming) {
        let now = clock::now();
        self.link.heard(Instant::now());
        let mut incoming = first;
        loop {
            self.take(incoming, now);
            let is_full = self.chunk.entries.len() >= CHUNK_MESSAGES || self.chunk.bytes >= CHUNK_BYTES;
            if is_full || self.handover.is_some() || self.closing.is_some() {
                break;
            }
            match self.socket.ready() {
                Some(next) => incoming = next,
                None => break,
            }
        }
        self.services.counters.received(self.chunk.frames, self.chunk.frame_bytes);
        let known = *self.acknowledgeable.borrow();
        // What was kept already is acknowledged again: the client may have missed it.
        if self.chunk.has_duplicates && self.submitted == known && known > 0 {
            self.replies.extend(text_of(&HubMessage::Ack { seq: known }));
        }
        let is_last = self.closing.is_some();
        self.hand_on(is_last);
        self.flush_replies().await;
    }

    fn take(&mut self, incoming: Incoming, now: Timestamp) {
        let taken = match incoming {
            Incoming::Text(text) => {
                self.chunk.frames += 1;
                self.chunk.frame_bytes += text.len() as u64;
                match frame::parse(&text) {
                    Ok(frame) => self.intake.take(frame, now),
                    Err(error) => self.intake.refuse(error),
                }
            }
            Incoming::Control => Taken::Heard,
            Incoming::Binary => Taken::Refused(registration::binary(), None),
            Incoming::TooLarge { size, limit } => {
                let error = registration::too_large(size, limit);
                self.refused(&error, None, now);
                self.closing = Some(Closing::Error(error));
                return;
            }
            Incoming::Over(reason) => {
                self.closing = Some(Closing::Lost(reason));
                return;
            }
        };
        match taken {
            Taken::Heard => {}
            Taken::Entry(entry, notice) => {
                self.chunk.push(entry);
                self.reply(notice);
            }
            Taken::Status(entry) => self.chunk.push_status(entry),
            Taken::Workflow(entry, update) => {
                self.chunk.push(entry);
                self.handover = Some(Handover::Workflow(update));
            }
            Taken::Alert(alert, sequence, notice) => {
                self.reply(notice);
                self.handover = Some(Handover::Alert(Box::new(alert), self.producer(Some(sequence))));
            }
            Taken::Word(word, sequence) => {
                self.handover = Some(Handover::Word(word, self.producer(sequence)));
            }
            Taken::Duplicate => {
                self.services.counters.duplicate();
                self.chunk.has_duplicates = true;
            }
            Taken::Goodbye(reason) => {
                let reason = if reason.is_empty() { "it said goodbye".to_owned() } else { reason };
                self.closing = Some(Closing::Goodbye(reason));
            }
            Taken::Refused(error, spent) => {
                self.refused(&error, spent, now);
                self.reply(Some(error));
            }
        }
    }

    fn producer(&mut self, sequence: Option<ProducerSequence>) -> Producer {
        if let Some(sequence) = sequence {
            self.submitted = self.submitted.max(sequence.seq);
        }
        Producer {
            dashboard_id: self.id.clone(),
            sequence,
            durable: self.durable.clone(),
            remote: self.remote,
        }
    }

    fn reply(&mut self, error: Option<ProtocolError>) {
        if let Some(error) = error {
            self.replies.extend(text_of(&HubMessage::Error(error)));
        }
    }

    /// Records a refusal, within the connection's bound.
    fn refused(&mut self, error: &ProtocolError, spent: Option<ProducerSequence>, now: Timestamp) {
        self.services.counters.refused();
        let is_allowed = self.budget.allows(now);
        if !is_allowed && spent.is_none() {
            return;
        }
        let Some(entry) = refusal_entry(self.id.clone(), error, self.remote) else { return };
        let entry = Entry { producer: spent.map(|sequence| (self.id.clone(), sequence)), ..entry };
        match spent {
            Some(sequence) if !is_allowed => {
                let due =
                    self.unrecorded.as_ref().map_or_else(|| Instant::now() + UNRECORDED, |known| known.due);
                self.unrecorded = Some(Unrecorded { entry, seq: sequence.seq, due });
            }
            _ => self.chunk.push(entry),
        }
    }

    /// Hands the chunk to the log, and then what follows it to its actor. `with_unrecorded` adds the refusal that is
    /// not recorded yet.
    fn hand_on(&mut self, with_unrecorded: bool) {
        let mut chunk = std::mem::take(&mut self.chunk);
        self.submitted = self.submitted.max(chunk.seq.unwrap_or(0));
        match self.unrecorded.take_if(|refusal| with_unrecorded || refusal.seq <= self.submitted) {
            Some(refusal) if refusal.seq > self.submitted => {
                self.submitted = refusal.seq;
                chunk.push(refusal.entry);
            }
            _ => {}
        }
        let receipt = chunk.seq.map(|seq| Receipt::Acknowledge { durable: self.durable.clone(), seq });
        let mut submission =
            (!chunk.entries.is_empty()).then_some(Submission { entries: chunk.entries, receipt });
        let handover = self.handover.take();
        if handover.is_none() {
            submission = match submission.map(|submission| self.services.log.try_submit(submission)) {
                Some(Err(Some(waiting))) => Some(waiting),
                Some(Err(None)) => {
                    self.closing = Some(Closing::Stopping);
                    None
                }
                Some(Ok(())) | None => None,
            };
        }
        if submission.is_none() && handover.is_none() {
            return;
        }
        let services = self.services.clone();
        // Until that is done the socket is not read, which is no silence of the client's.
        self.link.hold_up();
        self.in_hand = Some(Box::pin(async move {
            if let Some(submission) = submission {
                services.log.submit(submission).await.map_err(|_| registration::stopping())?;
            }
            match handover {
                // A notice goes the way of a refusal: it is told, and the connection goes on.
                Some(Handover::Alert(alert, producer)) => {
                    services.alerts.report(*alert, producer).await?.map_or(Ok(()), Err)
                }
                Some(Handover::Word(word, producer)) => services.commands.heard(word, producer).await,
                Some(Handover::Workflow(update)) => {
                    let id = update.dashboard_id.clone();
                    services.registry.forward(id, &HubMessage::WorkflowUpdate { update }).await
                }
                None => Ok(()),
            }
        }));
    }

    async fn acknowledge(&mut self) {
        let seq = *self.acknowledgeable.borrow_and_update();
        self.write(text_of(&HubMessage::Ack { seq })).await;
    }

    async fn deliver(&mut self, message: Outgoing) {
        if self.write([message.text]).await
            && let Some(command) = message.command
        {
            // A Command Manager that waits for the log holds up the reading too.
            self.link.hold_up();
            self.services.commands.written(command).await;
            if self.in_hand.is_none() {
                self.link.heard(Instant::now());
            }
        }
    }

    async fn flush_replies(&mut self) {
        if !self.replies.is_empty() {
            let replies = std::mem::take(&mut self.replies);
            self.write(replies).await;
        }
    }

    async fn write(&mut self, texts: impl IntoIterator<Item = Utf8Bytes>) -> bool {
        let written = tokio::select! {
            written = self.socket.write(texts) => written,
            // Told to end while the other side does not read: the loop sees it.
            true = async { self.link.ending.wait_for(Option::is_some).await.is_ok() } => {
                self.link.ending.mark_changed();
                return false;
            }
        };
        match written {
            Ok(()) => true,
            Err(error) => {
                self.write_failed(error);
                false
            }
        }
    }

    fn write_failed(&mut self, error: WriteError) {
        self.closing = Some(match error {
            WriteError::TooSlow => Closing::Error(slow_consumer()),
            WriteError::Lost(reason) => Closing::Lost(reason),
        });
    }
}

impl Chunk {
    fn push(&mut self, entry: Entry) {
        self.bytes += entry.body.get().len();
        if let Some((_, sequence)) = &entry.producer {
            self.seq = Some(sequence.seq);
        }
        self.entries.push(entry);
    }

    fn push_status(&mut self, entry: Entry) {
        if let Some(older) = self.status.take() {
            self.entries.remove(older);
        }
        self.status = Some(self.entries.len());
        self.push(entry);
    }
}

/// Drives what is being handed on.
async fn in_hand(in_hand: &mut Option<InHand>) -> Result<(), ProtocolError> {
    match in_hand {
        Some(in_hand) => in_hand.await,
        None => Ok(()),
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
