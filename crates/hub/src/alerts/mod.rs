//! The Alert Manager: one actor owns the open alerts, and every step in an alert's life becomes a record.

mod episodes;

use mission_control_protocol::{
    AlertId, EnrichedAlert, ErrorCode, OperatorId, ProtocolError, RecordKind, Severity,
    operator_wire::OperatorReply,
};
use mission_control_store::Projection;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

pub(crate) use self::episodes::Step;
use self::episodes::{Episodes, Reported};
use crate::{
    gateway::{Producer, refusal_entry},
    log::{self, Log, Receipt, Reply, Stopped, Submission},
};

/// Requests that may wait for the actor.
const WAITING: usize = 1_024;

/// The way to the Alert Manager.
#[derive(Debug, Clone)]
pub(crate) struct Alerts(mpsc::Sender<Request>);

#[derive(Debug)]
enum Request {
    Report { alert: Box<EnrichedAlert>, producer: Producer, done: oneshot::Sender<Result<(), ProtocolError>> },
    Step { id: AlertId, step: Step, by: OperatorId, note: Option<String>, reply: Reply },
}

impl Alerts {
    /// Starts the actor with the alerts that were open when the hub stopped.
    pub(crate) fn start(projection: &Projection, log: Log) -> Self {
        let mut episodes = Episodes::default();
        let mut open: Vec<_> = projection.alerts.open().collect();
        open.sort_by(|one, other| (one.first_seen, &one.id).cmp(&(other.first_seen, &other.id)));
        for alert in open {
            episodes.restore(alert.id.clone(), &alert.alert, alert.state);
        }
        let (requests, waiting) = mpsc::channel(WAITING);
        tokio::spawn(run(episodes, log, waiting));
        Self(requests)
    }

    /// A producer reports `alert`. Returns once the record is on its way to the log, so that what the producer sends
    /// next comes after it.
    pub(crate) async fn report(&self, alert: EnrichedAlert, producer: Producer) -> Result<(), ProtocolError> {
        let (done, outcome) = oneshot::channel();
        let request = Request::Report { alert: Box::new(alert), producer, done };
        self.0.send(request).await.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }

    /// An operator takes a step; `reply` is answered once it is durable.
    pub(crate) async fn step(
        &self,
        id: AlertId,
        step: Step,
        by: OperatorId,
        note: Option<String>,
        reply: Reply,
    ) {
        // Should the hub be stopping, `reply` is dropped, and its receiver sees that.
        let _ = self.0.send(Request::Step { id, step, by, note, reply }).await;
    }
}

fn stopping() -> ProtocolError {
    ProtocolError::new(ErrorCode::HubStopping, "the hub is stopping; connect again.")
}

async fn run(mut episodes: Episodes, log: Log, mut waiting: mpsc::Receiver<Request>) {
    while let Some(request) = waiting.recv().await {
        let Ok(()) = handle(&mut episodes, &log, request).await else { break };
    }
}

async fn handle(episodes: &mut Episodes, log: &Log, request: Request) -> Result<(), Stopped> {
    match request {
        Request::Report { alert, producer, done } => {
            let severity = alert.alert.severity;
            let mut displaced = Vec::new();
            let (entry, outcome) = match episodes.report(*alert, Uuid::now_v7().into()) {
                Ok(Reported { displaced: records, record }) => {
                    displaced.extend(records.iter().filter_map(|record| {
                        log::entry(
                            producer.dashboard_id.clone(),
                            RecordKind::Alert,
                            Severity::Warning,
                            record,
                        )
                    }));
                    let entry =
                        log::entry(producer.dashboard_id.clone(), RecordKind::Alert, severity, &record);
                    (entry, Ok(()))
                }
                // The number is spent all the same, and the refusal is what stands under it.
                Err(error) => {
                    let error = error.about(producer.seq());
                    (refusal_entry(producer.dashboard_id.clone(), &error, producer.remote), Err(error))
                }
            };
            let mut submission = producer.submission(entry);
            submission.entries.splice(0..0, displaced);
            log.submit(submission).await?;
            let _ = done.send(outcome);
        }
        Request::Step { id, step, by, note, reply } => match episodes.step(&id, step, by, note) {
            Ok((dashboard_id, record)) => {
                let entry = log::entry(dashboard_id, RecordKind::Alert, Severity::Info, &record);
                let receipt = Some(Receipt::Reply(reply, OperatorReply::Done));
                log.submit(Submission { entries: entry.into_iter().collect(), receipt }).await?;
            }
            Err(error) => {
                let _ = reply.send(Err(error));
            }
        },
    }
    Ok(())
}
