//! One connection: registration, then messages both ways until it ends.

use std::time::Duration;

use futures_util::StreamExt;
use mission_control_protocol::{
    ErrorCode, ProtocolError, SessionEpoch,
    config::RegistrationResult,
    dashboard_wire::{DashboardMessage, HubMessage, Session},
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{self, Bytes, Message};
use uuid::Uuid;

use crate::{
    actor::{Actor, Ended, OUTBOX_LIMIT},
    enrichment::now,
    handlers::Notice,
    queue::Resumption,
    security::{AuditedCommand, ReceivedCommand},
    transport::{Frames, Writer, split},
    work::Arrived,
};

/// Time for the hub to answer a registration.
const REGISTRATION_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for the hub to acknowledge a message on a connection that is alive otherwise.
const ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for the WebSocket to close after the goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Times a gap is answered by sending again without any acknowledgement in between.
const REWIND_LIMIT: u32 = 5;

/// What is known of the connection at hand.
struct Link {
    stream: Frames,
    writer: Writer,
    heartbeat: Interval,
    /// How long the hub may be silent; it answers each heartbeat's ping.
    silence_limit: Duration,
    vitals: Vitals,
}

/// How the connection is doing.
struct Vitals {
    /// When the hub was last heard.
    heard: Instant,
    /// Since when messages wait for an acknowledgement, or when the last one came.
    progressed: Instant,
    ping_due: bool,
    rewinds: u32,
    /// After a rewind: gaps reported up to this number stem from before it.
    stale_gaps_until: u64,
    /// The hub said that it cannot write its log; it acknowledges again once it can, however long that takes.
    log_unavailable: bool,
}

impl Vitals {
    /// The connection has just begun.
    fn new(now: Instant) -> Self {
        Self {
            heard: now,
            progressed: now,
            ping_due: false,
            rewinds: 0,
            stale_gaps_until: 0,
            log_unavailable: false,
        }
    }

    /// The hub acknowledged something new.
    fn progress(&mut self, now: Instant) {
        self.progressed = now;
        self.rewinds = 0;
        self.stale_gaps_until = 0;
        self.log_unavailable = false;
    }

    /// Whether an acknowledgement should have come before `now`, when messages wait for one.
    fn is_acknowledgement_overdue(&self, now: Instant) -> bool {
        !self.log_unavailable && now.duration_since(self.progressed) > ACKNOWLEDGEMENT_TIMEOUT
    }
}

impl Actor {
    /// Connects, registers, and serves until the connection ends.
    pub(crate) async fn connect_once(&mut self) -> Ended {
        let address = self.parts.address.clone();
        let socket = match self.serve_while(address.connect()).await {
            None => return Ended::Left,
            Some(Err(reason)) => return Ended::Lost(reason),
            Some(Ok(socket)) => socket,
        };
        let (mut stream, writer) = split(socket);
        let register = DashboardMessage::Register {
            config: self.parts.config.clone(),
            token: self.parts.token.clone(),
            session: Session { epoch: self.parts.queue.epoch() },
            commands: self.parts.work.declarations(),
        };
        match (writer.reserve().await, frame(&register)) {
            (Some(permit), Ok(frame)) => permit.send(frame),
            (None, _) => return Ended::Lost("the connection broke at once".to_owned()),
            (_, Err(ended)) => return ended,
        }
        let answer = timeout(REGISTRATION_TIMEOUT, registration(&mut stream));
        let registration = match self.serve_while(answer).await {
            None => return Ended::Left,
            Some(Err(_)) => return Ended::Lost("the hub did not answer the registration".to_owned()),
            Some(Ok(Err(ended))) => return ended,
            Some(Ok(Ok(registration))) => registration,
        };
        let interval_ms = u64::from(registration.heartbeat_interval.max(1));
        if let Err(ended) = self.begin(registration) {
            return ended;
        }
        // A tenth early, so that a timer that is a little late is not a missed heartbeat.
        let mut heartbeat = interval(Duration::from_millis((interval_ms * 9 / 10).max(1)));
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let link = Link {
            stream,
            writer,
            heartbeat,
            silence_limit: Duration::from_millis(interval_ms * 3).max(Duration::from_secs(2)),
            vitals: Vitals::new(Instant::now()),
        };
        self.serve(link).await
    }

    /// Takes up the session as the hub's answer says.
    fn begin(&mut self, registration: RegistrationResult) -> Result<(), Ended> {
        let before = self.parts.queue.len();
        let fresh = SessionEpoch(Uuid::new_v4());
        if self.parts.queue.resume(registration.last_seq, fresh) == Resumption::NewSession {
            tracing::warn!(
                dashboard = %self.parts.config.id, last_seq = registration.last_seq,
                "the hub does not have what it acknowledged; what it has not is sent in a new session"
            );
            return Err(Ended::Lost("the hub lost this session; a new one begins".to_owned()));
        }
        self.count_acknowledged(before - self.parts.queue.len());
        let limit = usize::try_from(registration.frame_limit).unwrap_or(usize::MAX);
        self.parts.frame_limit.send_replace(limit);
        let replaced = self.parts.queue.replace_too_large(limit, now());
        self.count_refused(replaced);
        self.hub_clock_ahead = registration.server_time.milliseconds_since(now());
        self.status_due = self.parts.inbox.status.borrow().is_some();
        self.parts.work.security().register_keys(&registration.operator_keys);
        self.registration = Some(registration.clone());
        if let Some(configuration) = registration.configuration.clone() {
            self.take_configuration(configuration);
        }
        self.parts.state.send_replace(crate::ConnectionState::Connected(Box::new(registration.clone())));
        self.answer_registering(&Ok(registration));
        Ok(())
    }

    async fn serve(&mut self, mut link: Link) -> Ended {
        loop {
            if let Some(leaving) = &self.leaving {
                let drained = self.parts.queue.is_empty()
                    && !self.parts.work.has_running_commands()
                    && self.outbox.is_empty();
                if drained || Instant::now() >= leaving.deadline {
                    let goodbye = DashboardMessage::Disconnect { reason: leaving.reason.clone() };
                    return say_goodbye(link, &goodbye).await;
                }
            }
            let deadline = self.leaving.as_ref().map(|leaving| leaving.deadline);
            let frame_limit = *self.parts.frame_limit.borrow();
            let replaced = self.parts.queue.number(frame_limit, now());
            self.count_refused(replaced);
            let may_write = link.vitals.ping_due || self.wants_to_write();
            let may_read = self.outbox.len() < OUTBOX_LIMIT;
            tokio::select! {
                permit = link.writer.reserve(), if may_write => {
                    let Some(permit) = permit else {
                        return Ended::Lost("the connection broke while writing".to_owned());
                    };
                    if std::mem::take(&mut link.vitals.ping_due) {
                        permit.send(Message::Ping(Bytes::new()));
                        continue;
                    }
                    if self.parts.queue.last_sent() == self.parts.queue.acknowledged() {
                        link.vitals.progressed = Instant::now();
                    }
                    match self.next_frame() {
                        Some(Ok(frame)) => permit.send(frame),
                        Some(Err(ended)) => return ended,
                        None => {}
                    }
                }
                received = link.stream.next(), if may_read => {
                    link.vitals.heard = Instant::now();
                    let text = match received {
                        Some(Ok(Message::Text(text))) => text,
                        Some(Ok(Message::Close(_))) | None => {
                            return Ended::Lost("the hub closed the connection".to_owned());
                        }
                        Some(Ok(_)) => continue,
                        Some(Err(error)) => return lost(&error),
                    };
                    match parse(&text) {
                        Some(message) => {
                            if let Some(ended) = self.receive(&mut link.vitals, message, &text) {
                                return ended;
                            }
                        }
                        None => continue,
                    }
                }
                _ = link.heartbeat.tick() => {
                    if link.vitals.heard.elapsed() > link.silence_limit {
                        return Ended::Lost(format!("the hub was silent for {} s", link.vitals.heard.elapsed().as_secs()));
                    }
                    let waiting = self.parts.queue.last_sent() > self.parts.queue.acknowledged();
                    if waiting && link.vitals.is_acknowledgement_overdue(Instant::now()) {
                        return Ended::Lost("the hub acknowledged nothing for 30 s".to_owned());
                    }
                    self.reply(DashboardMessage::Heartbeat);
                    link.vitals.ping_due = true;
                }
                input = self.next_input() => self.take(input),
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {}
            }
        }
    }

    fn wants_to_write(&self) -> bool {
        self.status_due || !self.outbox.is_empty() || self.parts.queue.has_sendable()
    }

    /// The next frame for the hub: replies first, then the latest status, then the queue.
    fn next_frame(&mut self) -> Option<Result<Message, Ended>> {
        if let Some(message) = self.outbox.pop_front() {
            return Some(frame(&message));
        }
        if std::mem::take(&mut self.status_due) {
            let status = self.parts.inbox.status.borrow_and_update().clone();
            if let Some(status) = status {
                return Some(frame(&DashboardMessage::Status { status }));
            }
        }
        self.parts.queue.next_frame().map(|text| Ok(Message::text(text)))
    }

    fn receive(&mut self, vitals: &mut Vitals, message: HubMessage, text: &str) -> Option<Ended> {
        match message {
            HubMessage::Ack { seq } => {
                if seq > self.parts.queue.acknowledged() {
                    vitals.progress(Instant::now());
                }
                self.acknowledge(seq);
            }
            HubMessage::Command { command, signature } => {
                self.receive_command(ReceivedCommand::from_message(command, signature, text));
            }
            HubMessage::CommandCancel { command_id } => self.parts.work.cancel_command(&command_id),
            HubMessage::Query { query } => {
                if let Some(refusal) = self.parts.work.start_query(query) {
                    self.reply(DashboardMessage::QueryResult(refusal));
                }
            }
            HubMessage::ConfigUpdate { config } => {
                self.configured = Some(config.version);
                self.parts.work.configure(config);
            }
            HubMessage::Alert { alert } => self.notify(Notice::Alert(Box::new(alert))),
            HubMessage::WorkflowUpdate { update } => self.notify(Notice::WorkflowUpdate(Box::new(update))),
            HubMessage::Error(error) => return self.take_error(vitals, error),
            HubMessage::Registered(_) => tracing::debug!("a second REGISTERED is ignored"),
        }
        None
    }

    fn receive_command(&mut self, received: ReceivedCommand) {
        let about = AuditedCommand::from(received.command());
        match self.parts.work.receive_command(received, self.hub_time()) {
            Arrived::New => {}
            Arrived::AlreadyRunning => self.accept_command(about.id),
            Arrived::AlreadyStarted => tracing::debug!(command = %about.id, "a command came again"),
            Arrived::Refused(refusal) => self.refuse_command(&about, &refusal),
        }
    }

    fn notify(&self, notice: Notice) {
        if self.parts.notices.try_send(notice).is_err() {
            tracing::warn!(dashboard = %self.parts.config.id, "a callback is too slow; a notice was left out");
        }
    }

    fn take_error(&mut self, vitals: &mut Vitals, error: ProtocolError) -> Option<Ended> {
        use ErrorCode as Code;
        match error.code {
            Code::SequenceGap => self.fill_gap(vitals, &error),
            Code::TokenMissing | Code::TokenInvalid | Code::SessionTakenOver => Some(Ended::Refused(error)),
            Code::DashboardIdInUse => Some(Ended::IdInUse(error)),
            Code::HubStopping | Code::SlowConsumer | Code::FrameTooLarge | Code::NotRegistered => {
                Some(Ended::Lost(error.to_string()))
            }
            Code::LogUnavailable => {
                tracing::warn!(dashboard = %self.parts.config.id, %error, "waiting for the hub's log");
                vitals.log_unavailable = true;
                None
            }
            Code::ClockSkew => {
                tracing::warn!(dashboard = %self.parts.config.id, %error, "the clocks disagree");
                None
            }
            _ => {
                match error.seq.filter(|seq| self.parts.queue.has(*seq)) {
                    // The number is spent, and an acknowledgement will cover it.
                    Some(seq) => self.tell_refused(seq, error.code, &error.message),
                    None => {
                        tracing::warn!(dashboard = %self.parts.config.id, %error, "the hub reports a problem");
                    }
                }
                None
            }
        }
    }

    /// The hub lacks numbers before the one it refused: everything unacknowledged goes again. What the hub already has
    /// of it, it drops as duplicates.
    fn fill_gap(&mut self, vitals: &mut Vitals, error: &ProtocolError) -> Option<Ended> {
        // Every message on the wire behind the gap is refused too; one rewind answers them all.
        if error.seq.is_some_and(|seq| seq <= vitals.stale_gaps_until) {
            return None;
        }
        vitals.rewinds += 1;
        if vitals.rewinds > REWIND_LIMIT {
            return Some(Ended::Lost(error.to_string()));
        }
        vitals.stale_gaps_until = self.parts.queue.last_sent();
        self.parts.queue.rewind();
        None
    }
}

async fn say_goodbye(link: Link, goodbye: &DashboardMessage) -> Ended {
    // A socket that takes nothing any more takes no goodbye either.
    if let (Ok(Some(permit)), Ok(frame)) =
        (timeout(CLOSE_TIMEOUT, link.writer.reserve()).await, frame(goodbye))
    {
        permit.send(frame);
    }
    link.writer.close(link.stream, CLOSE_TIMEOUT).await;
    Ended::Left
}

/// Waits for the hub's answer to the registration.
async fn registration(stream: &mut Frames) -> Result<RegistrationResult, Ended> {
    loop {
        let text = match stream.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_))) | None => {
                return Err(Ended::Lost("the hub closed the connection during registration".to_owned()));
            }
            Some(Ok(_)) => continue,
            Some(Err(error)) => return Err(lost(&error)),
        };
        match parse(&text) {
            Some(HubMessage::Registered(registration)) => return Ok(registration),
            Some(HubMessage::Error(error)) => return Err(refusal(error)),
            _ => {}
        }
    }
}

/// What an error before `REGISTERED` means.
fn refusal(error: ProtocolError) -> Ended {
    match error.code {
        ErrorCode::TooManyConnections
        | ErrorCode::RegistrationTimeout
        | ErrorCode::HubStopping
        | ErrorCode::LogUnavailable
        | ErrorCode::ClockSkew
        | ErrorCode::SlowConsumer => Ended::Lost(error.to_string()),
        ErrorCode::DashboardIdInUse => Ended::IdInUse(error),
        _ => Ended::Refused(error),
    }
}

fn parse(text: &str) -> Option<HubMessage> {
    match serde_json::from_str(text) {
        Ok(message) => Some(message),
        Err(error) => {
            tracing::debug!(%error, "a message from the hub is not understood and ignored");
            None
        }
    }
}

fn frame(message: &DashboardMessage) -> Result<Message, Ended> {
    match serde_json::to_string(message) {
        Ok(text) => Ok(Message::text(text)),
        Err(error) => Err(Ended::Lost(format!("a message cannot be written as JSON: {error}"))),
    }
}

fn lost(error: &tungstenite::Error) -> Ended {
    Ended::Lost(format!("the connection to the hub was lost: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_the_hub_cannot_write_its_log_no_acknowledgement_is_overdue() {
        let start = Instant::now();
        let late = start + ACKNOWLEDGEMENT_TIMEOUT + Duration::from_secs(1);
        let mut vitals = Vitals::new(start);
        assert!(!vitals.is_acknowledgement_overdue(start + ACKNOWLEDGEMENT_TIMEOUT));
        assert!(vitals.is_acknowledgement_overdue(late));
        vitals.log_unavailable = true;
        assert!(!vitals.is_acknowledgement_overdue(late));
        // It writes again: from now on it has to keep pace.
        vitals.progress(late);
        assert!(!vitals.is_acknowledgement_overdue(late + ACKNOWLEDGEMENT_TIMEOUT));
        assert!(vitals.is_acknowledgement_overdue(late + ACKNOWLEDGEMENT_TIMEOUT + Duration::from_secs(1)));
    }
}
