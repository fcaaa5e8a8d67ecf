//! A console's end of `/v1/operator`, as a program of another's making would hold it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{SinkExt, StreamExt};
use mission_control_protocol::{
    CommandId, CommandStage, DashboardId, ErrorCode, OPERATOR_PATH, OperatorId, ProtocolError, Record,
    RecordKind,
    operator_wire::{
        ConsoleMessage, Cursor, OperatorMessage, OperatorReply, OperatorRequest, RequestOutcome,
    },
    record::CommandRecord,
};
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    producer::{Socket, open},
    programs::HubAddress,
    wait::until,
};

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<RequestOutcome>>>>;

/// An operator who follows a hub's log and asks it for things.
#[derive(Debug)]
pub struct Operator {
    records: Arc<Mutex<Vec<Record>>>,
    waiting: Waiting,
    next_request: AtomicU64,
    outgoing: mpsc::UnboundedSender<OperatorMessage>,
    tasks: [JoinHandle<()>; 2],
}

impl Operator {
    /// Says `HELLO` and follows the log from `cursors` on.
    pub async fn connect(hub: &HubAddress, name: &str, cursors: Vec<Cursor>) -> Self {
        let socket: Socket = open(&hub.url, OPERATOR_PATH).await.unwrap();
        let (mut sink, mut stream) = socket.split();
        let hello = OperatorMessage::Hello {
            token: hub.operator_token(),
            operator: OperatorId::new(name).unwrap(),
            cursors,
            newest: None,
        };
        sink.send(text(&hello)).await.unwrap();

        let (outgoing, mut queue) = mpsc::unbounded_channel();
        let writing = tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                if sink.send(text(&message)).await.is_err() {
                    break;
                }
            }
        });
        let records = Arc::new(Mutex::new(Vec::new()));
        let waiting = Waiting::default();
        let (kept, answered) = (records.clone(), waiting.clone());
        let reading = tokio::spawn(async move {
            while let Some(Ok(frame)) = stream.next().await {
                let Message::Text(frame) = frame else { continue };
                match serde_json::from_str(&frame).unwrap_or_else(|error| panic!("{error} in {frame}")) {
                    ConsoleMessage::Records(batch) => {
                        kept.lock().unwrap().extend(batch.records.iter().cloned());
                    }
                    ConsoleMessage::Reply { request_id, outcome } => {
                        if let Some(sender) = answered.lock().unwrap().remove(&request_id) {
                            // Whoever asked may have given up.
                            let _ = sender.send(outcome);
                        }
                    }
                    // A hub that is told to stop says so.
                    ConsoleMessage::Error(error) if error.code == ErrorCode::HubStopping => break,
                    ConsoleMessage::Error(error) => panic!("the hub says to the operator: {error}"),
                    _ => {}
                }
            }
        });
        Self { records, waiting, next_request: AtomicU64::new(1), outgoing, tasks: [writing, reading] }
    }

    /// Every record received so far, in order.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.records.lock().unwrap().clone()
    }

    /// Waits for the first record that passes, and returns what `pick` makes of it.
    pub async fn record<T>(&self, what: &str, pick: impl Fn(&Record) -> Option<T>) -> T {
        until(what, async || {
            let records = self.records.lock().unwrap();
            records.iter().find_map(&pick).ok_or_else(|| {
                let kinds: Vec<_> = records.iter().rev().take(20).map(|record| record.kind).collect();
                format!("{} records, the newest of kinds {kinds:?}", records.len())
            })
        })
        .await
    }

    /// Waits until the dashboard has registered.
    pub async fn registration(&self, dashboard: &DashboardId) {
        self.record(&format!("the registration of {dashboard}"), |record| {
            (record.kind == RecordKind::Registration && record.dashboard_id == *dashboard).then_some(())
        })
        .await;
    }

    /// Asks the hub for something and waits for its answer.
    ///
    /// # Errors
    /// The hub's refusal.
    pub async fn request(&self, request: OperatorRequest) -> Result<OperatorReply, ProtocolError> {
        let (sender, receiver) = oneshot::channel();
        let request_id = self.next_request.fetch_add(1, Ordering::Relaxed);
        self.waiting.lock().unwrap().insert(request_id, sender);
        self.outgoing
            .send(OperatorMessage::Request { request_id, request })
            .expect("the connection is there");
        let answer =
            tokio::time::timeout(crate::wait::PATIENCE, receiver).await.expect("the hub answers in time");
        match answer.expect("the connection stays until the hub has answered") {
            RequestOutcome::Ok(reply) => Ok(reply),
            RequestOutcome::Error(error) => Err(error),
        }
    }

    /// Sends a command and returns its id.
    ///
    /// # Errors
    /// The hub's refusal.
    pub async fn command(
        &self,
        dashboard: &DashboardId,
        kind: &str,
        payload: Value,
    ) -> Result<CommandId, ProtocolError> {
        let request = OperatorRequest::IssueCommand {
            dashboard_id: dashboard.clone(),
            kind: kind.to_owned(),
            payload,
            timeout_milliseconds: Some(30_000),
        };
        match self.request(request).await? {
            OperatorReply::Command { command_id } => Ok(command_id),
            other => panic!("a command was answered with {other:?}"),
        }
    }

    /// Waits until a command has come to its end, and returns its last record.
    pub async fn outcome(&self, command: &CommandId) -> CommandRecord {
        self.record(&format!("the end of command {command}"), |record| {
            let stage = command_stage(record)?;
            (stage.command_id == *command && stage.stage.is_final()).then_some(stage)
        })
        .await
    }

    /// Every stage a command went through so far.
    #[must_use]
    pub fn stages(&self, command: &CommandId) -> Vec<CommandStage> {
        let records = self.records();
        records
            .iter()
            .filter_map(command_stage)
            .filter(|stage| stage.command_id == *command)
            .map(|stage| stage.stage)
            .collect()
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn command_stage(record: &Record) -> Option<CommandRecord> {
    (record.kind == RecordKind::Command).then(|| serde_json::from_str(record.body.get()).unwrap())
}

fn text(message: &OperatorMessage) -> Message {
    Message::text(serde_json::to_string(message).unwrap())
}
