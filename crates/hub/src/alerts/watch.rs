//! The rules' room: follows the log, evaluates the rules on it, and tells the Alert Manager when one begins or ceases to hold.
//! It follows as a console does: a hub that is busy with other things is behind here for a while, and misses nothing.

use std::{path::Path, time::Duration};

use mission_control_protocol::{
    DashboardId, Record, RecordKind, RuleId, Timestamp,
    alerting::{AlertPolicyRecord, labels},
    operator_wire::{ConsoleMessage, Cursor},
};
use mission_control_store::{
    LogReader, Projection, StoreError,
    projection::AlertPoliciesProjection,
    rules::{Evaluator, RuleStep, RuleSubject},
};
use tokio::{
    sync::{broadcast, mpsc},
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

use super::{Alerts, rule_alerts::is_summary};
use crate::{
    clock,
    events::{Follower, follow},
    log::Log,
    registry::Presence,
};

/// Batches that may wait.
const WAITING: usize = 4;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);

/// How far the rules' clock is behind the wall clock, in milliseconds: records that are under way to the disk come first.
const BEHIND: i64 = 2_000;

/// What the room works on.
struct Watch {
    evaluator: Evaluator,
    policies: AlertPoliciesProjection,
    revision: u64,
    /// How often it was told that a series is one too many.
    told_left_out: u64,
}

/// Starts the room with what was known when the hub stopped; it ends with `stopping`.
pub(crate) fn start(
    projection: &Projection,
    log: &Log,
    presence: broadcast::Receiver<Presence>,
    alerts: Alerts,
    stopping: CancellationToken,
) {
    let extent = log.extent();
    let cursor = Cursor { partition: extent.partition, epoch: extent.epoch, seq: extent.last_seq };
    let follower = Follower::new(log.clone(), presence, &[cursor], None);
    let (console, batches) = mpsc::channel(WAITING);
    let mut watch = Watch::new(projection);
    let open: Vec<(RuleId, RuleSubject)> = open_rule_alerts(projection).collect();
    let (path, last_seq, giving_up) = (log.path().to_owned(), extent.last_seq, stopping.clone());
    let learning = async move {
        let learned = tokio::task::spawn_blocking(move || {
            if let Err(error) = watch.learn(&path, last_seq, || !giving_up.is_cancelled()) {
                tracing::warn!(%error, "what is usual cannot be read from the log; it is learned from now on");
            }
            open.iter().for_each(|(rule, subject)| watch.evaluator.assume(rule, subject));
            watch
        });
        learned.await
    };
    tokio::spawn(async move {
        tokio::select! {
            () = stopping.cancelled() => {}
            followed = follow(follower, console) => if let Err(error) = followed {
                tracing::error!(%error, "the rules cannot read the log, and are not evaluated");
            },
            () = async {
                match learning.await {
                    Ok(watch) => run(watch, batches, alerts).await,
                    Err(error) => tracing::error!(%error, "the rules are not evaluated"),
                }
            } => {}
        }
    });
}

async fn run(mut watch: Watch, mut batches: mpsc::Receiver<ConsoleMessage>, alerts: Alerts) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let steps = tokio::select! {
            message = batches.recv() => match message {
                Some(ConsoleMessage::Records(batch)) => watch.records(&batch.records),
                Some(_) => continue,
                None => return,
            },
            _ = ticks.tick() => watch.tick(clock::now()),
        };
        alerts.rule_steps(steps).await;
    }
}

/// The alerts of rules that were open when the hub stopped: what holds.
fn open_rule_alerts(projection: &Projection) -> impl Iterator<Item = (RuleId, RuleSubject)> + '_ {
    projection.alerts.open().filter(|alert| !is_summary(alert)).filter_map(|alert| {
        let rule = alert.rule()?.parse().ok()?;
        let subject = match alert.label(labels::DASHBOARD) {
            Some(super::manager::HUB) => {
                RuleSubject::UseCase(alert.label(labels::USE_CASE).unwrap_or_default().to_owned())
            }
            _ => RuleSubject::Dashboard(alert.dashboard_id.clone()),
        };
        Some((rule, subject))
    })
}

impl Watch {
    fn new(projection: &Projection) -> Self {
        let policies = projection.alert_policies.clone();
        let mut evaluator = Evaluator::default();
        evaluator.set_rules(policies.rules().map(|view| view.rule));
        evaluator.seed(projection);
        Self { revision: policies.rules_revision(), evaluator, policies, told_left_out: 0 }
    }

    /// Learns what was usual before the hub stopped. Blocks on the disk.
    fn learn(&mut self, log: &Path, last: u64, go_on: impl FnMut() -> bool) -> Result<(), StoreError> {
        self.evaluator.learn(&mut LogReader::open(log)?, last, go_on)
    }

    fn records(&mut self, records: &[Record]) -> Vec<RuleStep> {
        let mut steps = Vec::new();
        for record in records {
            if record.kind == RecordKind::AlertPolicy {
                if let Ok(change) = serde_json::from_str::<AlertPolicyRecord>(record.body.get()) {
                    self.policies.apply(record.at, change);
                }
                continue;
            }
            if self.revision != self.policies.rules_revision() {
                self.set_rules(&mut steps);
            }
            self.evaluator.record(record, &mut steps);
        }
        steps
    }

    fn tick(&mut self, now: Timestamp) -> Vec<RuleStep> {
        let mut steps = Vec::new();
        if self.revision != self.policies.rules_revision() {
            self.set_rules(&mut steps);
        }
        self.evaluator.advance(now.plus_milliseconds(-BEHIND), &mut steps);
        let counts = self.evaluator.counts();
        if counts.detectors_left_out > self.told_left_out {
            self.told_left_out = counts.detectors_left_out;
            tracing::warn!(
                watched = counts.detectors,
                left_out = counts.detectors_left_out,
                "rules on deviations are for more series than can be watched; match fewer dashboards"
            );
        }
        steps
    }

    fn set_rules(&mut self, steps: &mut Vec<RuleStep>) {
        self.revision = self.policies.rules_revision();
        steps.extend(self.evaluator.set_rules(self.policies.rules().map(|view| view.rule)));
        let counts = self.evaluator.counts();
        tracing::info!(rules = self.policies.rule_count(), ?counts, "the rules changed");
    }
}

/// The dashboard that an alert about `subject` stands under.
pub(super) fn dashboard_of(subject: &RuleSubject, hub: &DashboardId) -> DashboardId {
    match subject {
        RuleSubject::Dashboard(id) => id.clone(),
        RuleSubject::UseCase(_) => hub.clone(),
    }
}
