//! Back-tests: the evaluator over recorded history.

use std::{collections::BTreeMap, ops::ControlFlow};

use mission_control_protocol::{
    DashboardId, RecordKind, Timestamp,
    alerting::{BACK_TEST_FIRINGS, BackTest, BackTestFiring, Rule},
};

use super::{Evaluator, RuleStep, RuleSubject};
use crate::{LogReader, ONLY_PARTITION, RecordFilter, StoreError};

/// Records between two questions whether to go on.
const ASK_EVERY: u64 = 4_096;

/// Says what `rule` would have done between two instants, evaluated on the records of the log at hand: the hub's own, or a
/// console's copy. It begins with what was known then of the fleet, and as if the rule did not hold. `go_on` is asked now
/// and then with the instant reached, and ends it by saying no.
///
/// # Errors
/// Those of the disk.
pub fn back_test(
    reader: &mut LogReader,
    rule: &Rule,
    from: Timestamp,
    to: Timestamp,
    mut go_on: impl FnMut(Timestamp) -> bool,
) -> Result<BackTest, StoreError> {
    let rule = Rule { enabled: true, ..rule.clone() };
    let (known, cursors) = reader.projection_at(from.plus_milliseconds(-1))?;
    let first = cursors.iter().find(|cursor| cursor.partition == ONLY_PARTITION).map_or(1, |it| it.seq + 1);
    let last = reader.seq_at(ONLY_PARTITION, to.plus_milliseconds(1))?.saturating_sub(1);
    let mut evaluator = Evaluator::default();
    evaluator.set_rules([&rule]);
    evaluator.seed(&known);
    evaluator.learn(reader, first.saturating_sub(1), || go_on(from))?;
    let mut firings = Firings::default();
    let mut steps = Vec::new();
    let mut seen = 0;
    let mut reached = None;
    let mut complete = true;
    let filter = RecordFilter {
        kinds: vec![
            RecordKind::Registration,
            RecordKind::Connection,
            RecordKind::Status,
            RecordKind::Metrics,
            RecordKind::ResourceUsage,
        ],
        ..RecordFilter::default()
    };
    reader.scan(ONLY_PARTITION, &filter, first, last, |record| {
        seen += 1;
        if seen % ASK_EVERY == 0 && !go_on(record.at) {
            complete = false;
            return ControlFlow::Break(());
        }
        reached.get_or_insert((record.at, record.at)).1 = record.at;
        evaluator.record(&record, &mut steps);
        steps.drain(..).for_each(|step| firings.take(step));
        ControlFlow::Continue(())
    })?;
    let (began, ended) = reached.unwrap_or((from, to));
    let ended = if complete { to } else { ended };
    evaluator.advance(ended.plus_milliseconds(1), &mut steps);
    steps.drain(..).for_each(|step| firings.take(step));
    let counts = evaluator.counts();
    Ok(BackTest {
        from: from.max(began),
        to: ended,
        complete,
        fired: firings.fired,
        firings: firings.listed,
        samples: counts.samples,
        dashboards: u32::try_from(evaluator.matched_dashboards()).unwrap_or(u32::MAX),
    })
}

#[derive(Default)]
struct Firings {
    fired: u64,
    listed: Vec<BackTestFiring>,
    /// Places of those that go on, in `listed`.
    open: BTreeMap<RuleSubject, usize>,
}

impl Firings {
    fn take(&mut self, step: RuleStep) {
        if !step.holds {
            if let Some(place) = self.open.remove(&step.subject)
                && let Some(firing) = self.listed.get_mut(place)
            {
                firing.to = Some(step.at);
            }
            return;
        }
        self.fired += 1;
        if self.listed.len() == BACK_TEST_FIRINGS {
            return;
        }
        let (dashboard_id, use_case) = match step.subject.clone() {
            RuleSubject::Dashboard(id) => (id, None),
            RuleSubject::UseCase(use_case) => match DashboardId::new("hub") {
                Ok(hub) => (hub, Some(use_case)),
                Err(_) => return,
            },
        };
        self.open.insert(step.subject, self.listed.len());
        self.listed.push(BackTestFiring {
            dashboard_id,
            use_case,
            from: step.at,
            to: None,
            value: step.value,
        });
    }
}
