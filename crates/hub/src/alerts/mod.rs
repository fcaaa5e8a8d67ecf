//! The Alert Manager: one actor owns the open alerts and what operators said about many of them, and every step becomes a
//! record.

mod bounds;
mod holds;
mod manager;
mod requests;
mod rule_alerts;
#[cfg(test)]
mod tests;
mod watch;

use std::time::Duration;

use mission_control_protocol::{
    DashboardConfig, DashboardId, EnrichedAlert, ErrorCode, OperatorId, ProtocolError, RecordKind, Timestamp,
    alert::SOURCE_RULE, operator_wire::OperatorRequest,
};
use mission_control_store::{Entry, Projection, rules::RuleStep};
use tokio::{
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};
use uuid::Uuid;

use self::manager::{Body, HUB, Manager, Step};
pub(crate) use self::watch::start as watch;
use crate::{
    clock,
    gateway::{Producer, refusal_entry},
    log::{self, Log, Receipt, Reply, Stopped, Submission},
};

/// Requests that may wait for the actor.
const WAITING: usize = 1_024;

/// How often it is looked whether something is due.
const TICK: Duration = Duration::from_secs(1);

/// The way to the Alert Manager.
#[derive(Debug, Clone)]
pub(crate) struct Alerts(mpsc::Sender<Request>);

/// What a report came to: kept, perhaps with a notice for the producer; or refused.
type Reported = Result<Option<ProtocolError>, ProtocolError>;

#[derive(Debug)]
enum Request {
    Report { alert: Box<EnrichedAlert>, producer: Producer, done: oneshot::Sender<Reported> },
    Registered { config: Box<DashboardConfig> },
    Asked { request: Box<OperatorRequest>, by: OperatorId, reply: Reply },
    Rules(Vec<RuleStep>),
}

impl Alerts {
    /// Starts the actor with what was known when the hub stopped.
    pub(crate) fn start(projection: &Projection, log: Log) -> Self {
        let (requests, waiting) = mpsc::channel(WAITING);
        if let Ok(hub) = DashboardId::new(HUB) {
            tokio::spawn(run(Manager::new(projection, hub), log, waiting));
        }
        Self(requests)
    }

    /// A producer reports `alert`. Returns once the record is on its way to the log, so that what the producer sends
    /// next comes after it; with a notice for the producer, perhaps.
    pub(crate) async fn report(&self, alert: EnrichedAlert, producer: Producer) -> Reported {
        let (done, outcome) = oneshot::channel();
        let request = Request::Report { alert: Box::new(alert), producer, done };
        self.0.send(request).await.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }

    /// A dashboard registered: its alerts have these labels from now on.
    pub(crate) async fn registered(&self, config: DashboardConfig) {
        // Should the hub be stopping, no alert comes.
        let _ = self.0.send(Request::Registered { config: Box::new(config) }).await;
    }

    /// Rules began or ceased to hold.
    async fn rule_steps(&self, steps: Vec<RuleStep>) {
        if !steps.is_empty() {
            // Should the hub be stopping, the rules are evaluated again when it starts.
            let _ = self.0.send(Request::Rules(steps)).await;
        }
    }

    /// An operator asks for something; `reply` is answered once it is durable.
    pub(crate) async fn asked(&self, request: OperatorRequest, by: OperatorId, reply: Reply) {
        // Should the hub be stopping, `reply` is dropped, and its receiver sees that.
        let _ = self.0.send(Request::Asked { request: Box::new(request), by, reply }).await;
    }
}

fn stopping() -> ProtocolError {
    ProtocolError::new(ErrorCode::HubStopping, "the hub is stopping; connect again.")
}

async fn run(mut manager: Manager, log: Log, mut waiting: mpsc::Receiver<Request>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let handled = tokio::select! {
            request = waiting.recv() => match request {
                Some(request) => handle(&mut manager, &log, request, clock::now()).await,
                None => break,
            },
            _ = ticks.tick() => {
                let now = clock::now();
                let mut steps = manager.tell_collapsed(now, || Uuid::now_v7().into());
                if manager.is_due(now) {
                    steps.extend(manager.sweep(now));
                }
                submit(&log, Submission { entries: entries(steps), receipt: None }).await
            }
        };
        if handled.is_err() {
            break;
        }
    }
}

async fn submit(log: &Log, submission: Submission) -> Result<(), Stopped> {
    if submission.entries.is_empty() && submission.receipt.is_none() {
        return Ok(());
    }
    log.submit(submission).await
}

fn entries(steps: Vec<Step>) -> Vec<Entry> {
    steps
        .into_iter()
        .filter_map(|Step { dashboard_id, severity, body }| match body {
            Body::Alert(record) => log::entry(dashboard_id, RecordKind::Alert, severity, &record),
            Body::Policy(record) => log::entry(dashboard_id, RecordKind::AlertPolicy, severity, &record),
        })
        .collect()
}

async fn handle(manager: &mut Manager, log: &Log, request: Request, now: Timestamp) -> Result<(), Stopped> {
    match request {
        Request::Registered { config } => {
            manager.registered(&config);
            Ok(())
        }
        Request::Rules(steps) => {
            let steps =
                steps.iter().flat_map(|step| manager.rule_step(step, Uuid::now_v7().into(), now)).collect();
            submit(log, Submission { entries: entries(steps), receipt: None }).await
        }
        Request::Report { mut alert, producer, done } => {
            if alert.source == SOURCE_RULE {
                // Only the hub's own rules speak as rules.
                "dashboard".clone_into(&mut alert.source);
            }
            let notice = bounds::cut(&mut alert).map(|notice| notice.about(producer.seq()));
            let (submission, outcome) = match manager.report(*alert, &[], Uuid::now_v7().into(), now) {
                Ok(steps) => {
                    let mut entries = entries(steps);
                    // The last one stands under the producer's number. All are committed together: what came twice is
                    // dropped before it comes here, so none of them is.
                    let last = entries.pop();
                    let mut submission = producer.submission(last);
                    submission.entries.splice(0..0, entries);
                    (submission, Ok(notice))
                }
                // The number is spent all the same, and the refusal is what stands under it.
                Err(error) => {
                    let error = error.about(producer.seq());
                    let entry = refusal_entry(producer.dashboard_id.clone(), &error, producer.remote);
                    (producer.submission(entry), Err(error))
                }
            };
            submit(log, submission).await?;
            let _ = done.send(outcome);
            Ok(())
        }
        Request::Asked { request, by, reply } => match manager.asked(*request, by, now) {
            Ok((steps, answer)) => {
                let receipt = Some(Receipt::Reply(reply, answer));
                submit(log, Submission { entries: entries(steps), receipt }).await
            }
            Err(error) => {
                let _ = reply.send(Err(error));
                Ok(())
            }
        },
    }
}
