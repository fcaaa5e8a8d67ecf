//! One console's session with the hub, over any pair of message streams: a WebSocket, or a pair of channels inside one
//! program.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use mission_control_protocol::{
    ErrorCode, OperatorId, ProtocolError, Timestamp,
    alerting::Rule,
    limits::FETCH_LIMIT,
    operator_wire::{
        ConsoleMessage, Cursor, OperatorMessage, OperatorReply, OperatorRequest, RecordBatch, RequestOutcome,
    },
};
use mission_control_store::{LogReader, StoreError, rules};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use super::{Probation, Services, attempts::Rejection, registration};
use crate::{
    clock,
    events::{Follower, SNAPSHOT_BYTES, follow, read_records},
};

/// Requests of one console that may be open at once; the next one waits.
const OPEN_REQUESTS: usize = 64;

/// Bytes of bodies returned by one `FETCH_RECORDS`, the last record aside.
const FETCHED_BYTES: usize = 4 * 1024 * 1024;

/// Warnings in one reply.
const UNREPORTED: usize = 20;

/// Time that a back-test may take.
const BACK_TEST_TIME: Duration = Duration::from_secs(20);
/// Snapshots returned by one `FETCH_RECORDS` at most.
const FETCHED_SNAPSHOTS: usize = 8;

/// How a console is let in.
pub(crate) enum Admission {
    /// By the operator token, in time.
    Token { probation: ProbationHolder, remote: SocketAddr },
    /// It is part of the same program.
    SameProgram,
}

/// Keeps the connection's place among the unregistered until it is let in.
pub(crate) struct ProbationHolder(Probation);

impl From<Probation> for ProbationHolder {
    fn from(probation: Probation) -> Self {
        Self(probation)
    }
}

/// What a console that is let in said of itself.
struct Hello {
    operator: OperatorId,
    cursors: Vec<Cursor>,
    newest: Option<u64>,
}

/// One console's session.
pub(crate) struct OperatorSession {
    pub(crate) services: Arc<Services>,
    pub(crate) incoming: mpsc::Receiver<OperatorMessage>,
    pub(crate) console: mpsc::Sender<ConsoleMessage>,
}

impl OperatorSession {
    /// Serves the console until it is gone, is refused, or the hub stops.
    pub(crate) async fn run(mut self, admission: Admission) {
        let stopping = self.services.stopping.clone();
        let ended = tokio::select! {
            ended = self.serve(admission) => ended,
            () = stopping.cancelled() => Err(registration::stopping()),
        };
        if let Err(error) = ended {
            // A console that does not read is not waited for.
            let _ = self.console.try_send(ConsoleMessage::Error(error));
        }
    }

    async fn serve(&mut self, admission: Admission) -> Result<(), ProtocolError> {
        let Some(hello) = self.admit(admission).await? else { return Ok(()) };
        let services = &self.services;
        let follower =
            Follower::new(services.log.clone(), services.registry.presence(), &hello.cursors, hello.newest);
        let welcome = ConsoleMessage::Welcome {
            hub_id: services.hub_id,
            hub_name: services.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            server_time: clock::now(),
            heartbeat_interval: services.heartbeat_milliseconds,
            partitions: vec![services.log.extent()],
        };
        if self.console.send(welcome).await.is_err() {
            return Ok(());
        }
        let following = follow(follower, self.console.clone());
        let notices = notices(services.clone(), self.console.clone());
        tokio::select! {
            followed = following => followed.map_err(|error| {
                tracing::error!(%error, "the log cannot be read");
                ProtocolError::new(ErrorCode::RecordsUnavailable, format!("the hub cannot read its log: {error}"))
            }),
            () = notices => Ok(()),
            () = self.requests(hello.operator) => Ok(()),
        }
    }

    /// Waits for `HELLO`. `None` when the console is gone.
    async fn admit(&mut self, admission: Admission) -> Result<Option<Hello>, ProtocolError> {
        let (deadline, remote) = match &admission {
            Admission::Token { probation, remote } => (Some(probation.0.deadline), Some(*remote)),
            Admission::SameProgram => (None, None),
        };
        let hello = async {
            match deadline {
                Some(deadline) => tokio::time::timeout_at(deadline, self.incoming.recv()).await.ok(),
                None => Some(self.incoming.recv().await),
            }
        };
        let refused = match hello.await {
            None => registration::timed_out(&self.services, "HELLO"),
            Some(None) => return Ok(None),
            Some(Some(OperatorMessage::Hello { token, operator, cursors, newest })) => {
                let checked = match remote {
                    Some(_) => self.services.tokens.operator.check(&token, "operator.token"),
                    None => Ok(()),
                };
                match checked {
                    Ok(()) => return Ok(Some(Hello { operator, cursors, newest })),
                    Err(error) => error,
                }
            }
            Some(Some(_)) => {
                ProtocolError::new(ErrorCode::NotRegistered, "the first message on a connection is HELLO.")
            }
        };
        self.services.counters.refused();
        if let Some(remote) = remote {
            registration::record(&self.services, None, &refused, remote);
            self.services.attempts.note(remote, Rejection::told(&refused, None).of_console());
        }
        Err(refused)
    }

    /// Answers requests until the console is gone.
    async fn requests(&mut self, operator: OperatorId) {
        let mut open = JoinSet::new();
        loop {
            let message = tokio::select! {
                Some(_) = open.join_next(), if !open.is_empty() => continue,
                message = self.incoming.recv(), if open.len() < OPEN_REQUESTS => message,
            };
            let Some(message) = message else { return };
            let answer = match message {
                OperatorMessage::Hello { .. } => Some(ConsoleMessage::Error(ProtocolError::new(
                    ErrorCode::AlreadyRegistered,
                    "HELLO is said once on a connection; open another one.",
                ))),
                OperatorMessage::Ping { nonce } => Some(ConsoleMessage::Pong { nonce }),
                OperatorMessage::Request { request_id, request } => {
                    // Handed on here, in the order of arrival; only the answers are waited for side by side.
                    let answer = self.ask(&operator, request).await;
                    let console = self.console.clone();
                    open.spawn(async move {
                        let outcome = match answer.await {
                            Ok(Ok(reply)) => RequestOutcome::Ok(reply),
                            Ok(Err(error)) => RequestOutcome::Error(error),
                            Err(_) => RequestOutcome::Error(registration::stopping()),
                        };
                        // When the console is gone, nobody wants to know.
                        let _ = console.send(ConsoleMessage::Reply { request_id, outcome }).await;
                    });
                    None
                }
            };
            if let Some(answer) = answer
                && self.console.send(answer).await.is_err()
            {
                return;
            }
        }
    }

    async fn ask(
        &self,
        operator: &OperatorId,
        request: OperatorRequest,
    ) -> oneshot::Receiver<Result<OperatorReply, ProtocolError>> {
        let (reply, answer) = oneshot::channel();
        let services = &self.services;
        match request {
            OperatorRequest::FetchRecords { partition, from_seq, to_seq, snapshots } => {
                let services = services.clone();
                tokio::task::spawn_blocking(move || {
                    let _ = reply.send(fetch(&services, partition, (from_seq, to_seq), snapshots));
                });
            }
            request @ (OperatorRequest::SaveRule { .. } | OperatorRequest::ImportRules { .. }) => {
                let rules = match &request {
                    OperatorRequest::SaveRule { rule, .. } => vec![(**rule).clone()],
                    OperatorRequest::ImportRules { toml } => {
                        rules::RuleFile::read(toml).map_or_else(|_| Vec::new(), |file| file.rules)
                    }
                    _ => Vec::new(),
                };
                let (saving, saved) = oneshot::channel();
                services.alerts.asked(request, operator.clone(), saving).await;
                let services = services.clone();
                tokio::spawn(async move {
                    let Ok(mut outcome) = saved.await else { return };
                    if let Ok(OperatorReply::Rules { warnings, .. }) = &mut outcome {
                        let told = tokio::task::spawn_blocking(move || unreported(&services, &rules)).await;
                        warnings.extend(told.unwrap_or_default());
                    }
                    let _ = reply.send(outcome);
                });
            }
            OperatorRequest::BackTestRule { rule, from, to } => {
                let services = services.clone();
                tokio::task::spawn_blocking(move || {
                    let _ = reply.send(back_test(&services, &rule, from, to));
                });
            }
            OperatorRequest::CreateToken { label } => {
                services.issued_tokens.create(label, operator.clone(), reply).await;
            }
            OperatorRequest::RevokeToken { token_id } => {
                services.issued_tokens.revoke(token_id, operator.clone(), reply).await;
            }
            request @ (OperatorRequest::IssueCommand { .. }
            | OperatorRequest::CancelCommand { .. }
            | OperatorRequest::Query { .. }
            | OperatorRequest::PushConfiguration { .. }
            | OperatorRequest::NotifyDashboard { .. }) => {
                services.commands.asked(operator.clone(), request, reply).await;
            }
            request => services.alerts.asked(request, operator.clone(), reply).await,
        }
        answer
    }
}

/// Tells of tokens and of refused attempts, as they change, until the console is gone.
async fn notices(services: Arc<Services>, console: mpsc::Sender<ConsoleMessage>) {
    let mut tokens = services.issued_tokens.report();
    let mut attempts = services.attempts.report();
    tokens.mark_changed();
    if attempts.borrow().total > 0 {
        attempts.mark_changed();
    }
    // A session does not keep the hub from ending.
    drop(services);
    loop {
        let notice = tokio::select! {
            Ok(()) = tokens.changed() => {
                let report = tokens.borrow_and_update().clone();
                ConsoleMessage::Tokens { tokens: report.tokens.clone(), note: report.note.clone() }
            }
            Ok(()) = attempts.changed() => {
                let report = attempts.borrow_and_update().clone();
                ConsoleMessage::Attempts { attempts: report.attempts.clone(), total: report.total }
            }
            else => return,
        };
        if console.send(notice).await.is_err() {
            return;
        }
    }
}

/// Says which of the rules look at a metric that no dashboard has reported: it may come, or be misspelt.
fn unreported(services: &Services, rules: &[Rule]) -> Vec<String> {
    let names = LogReader::open(services.log.path()).and_then(|mut reader| reader.series_names());
    let Ok(names) = names.inspect_err(|error| tracing::warn!(%error, "the series cannot be read")) else {
        return Vec::new();
    };
    let names: std::collections::HashSet<_> = names.into_iter().map(|series| series.name).collect();
    rules
        .iter()
        .filter_map(|rule| {
            let metric = rule.condition.metric()?;
            (!names.contains(metric)).then(|| {
                format!(
                    "rule {:?}: no dashboard has reported {metric} yet; see that it is spelt right.",
                    rule.id.as_str()
                )
            })
        })
        .take(UNREPORTED)
        .collect()
}

/// Says what a rule would have done. One at a time for all consoles, so that the hub has a processor left for its work.
fn back_test(
    services: &Services,
    rule: &Rule,
    from: Timestamp,
    to: Timestamp,
) -> Result<OperatorReply, ProtocolError> {
    let invalid = |problem: String| ProtocolError::new(ErrorCode::AlertPolicyInvalid, problem);
    rule.check().map_err(invalid)?;
    if from >= to {
        return Err(invalid("`to` is not after `from`; choose a later end.".to_owned()));
    }
    let Ok(_turn) = services.back_tests.try_acquire() else {
        return Err(ProtocolError::new(
            ErrorCode::AlertPolicyConflict,
            "another back-test is running on this hub; try again when it is done.",
        ));
    };
    let started = Instant::now();
    let go_on = |_| started.elapsed() < BACK_TEST_TIME && !services.stopping.is_cancelled();
    LogReader::open(services.log.path())
        .and_then(|mut reader| rules::back_test(&mut reader, rule, from, to, go_on))
        .map(OperatorReply::BackTest)
        .map_err(|error| {
            ProtocolError::new(ErrorCode::RecordsUnavailable, format!("the hub cannot read its log: {error}"))
        })
}

fn fetch(
    services: &Services,
    partition: u16,
    (from_seq, to_seq): (u64, u64),
    with_snapshots: bool,
) -> Result<OperatorReply, ProtocolError> {
    let unavailable = |message: String| ProtocolError::new(ErrorCode::RecordsUnavailable, message);
    let extent = services.log.extent();
    if partition != extent.partition {
        return Err(unavailable(format!(
            "this hub has one partition, {}, not {partition}.",
            extent.partition
        )));
    }
    if from_seq == 0 || from_seq > to_seq || from_seq > extent.last_seq {
        return Err(unavailable(format!(
            "{from_seq} to {to_seq} is not among the records up to {} that this hub has.",
            extent.last_seq
        )));
    }
    let to_seq = to_seq.min(from_seq.saturating_add(FETCH_LIMIT as u64 - 1)).min(extent.last_seq);
    let read = || {
        let mut reader = LogReader::open(services.log.path())?;
        let records = read_records(&mut reader, from_seq, to_seq, FETCH_LIMIT, FETCHED_BYTES)?;
        let snapshots = if with_snapshots {
            let mut found = reader.snapshots_between(partition, (from_seq - 1, to_seq), FETCHED_SNAPSHOTS)?;
            let mut room = SNAPSHOT_BYTES;
            found.retain(|snapshot| {
                let fits = snapshot.projection.get().len() <= room;
                room = room.saturating_sub(snapshot.projection.get().len());
                fits
            });
            found
        } else {
            Vec::new()
        };
        Ok((records, snapshots))
    };
    let (records, snapshots) =
        read().map_err(|error: StoreError| unavailable(format!("the hub cannot read its log: {error}")))?;
    let (epoch, head_seq) = (extent.epoch, extent.last_seq);
    let batch = RecordBatch { partition, epoch, head_seq, records: records.into() };
    Ok(if with_snapshots {
        OperatorReply::History { batch, snapshots }
    } else {
        OperatorReply::Records(batch)
    })
}
