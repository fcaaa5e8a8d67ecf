//! What is usual for each series that rules on deviations look at: within bounds, and learned from the past.

use std::ops::ControlFlow;

use mission_control_protocol::{Record, RecordKind, Timestamp, alerting::RuleCondition};

use super::{Bound, Evaluator};
use crate::{LogReader, ONLY_PARTITION, RecordFilter, StoreError};

/// Series whose usual is known at a time: 3,584 bytes each, so about 72 MB. Further ones are counted and left out.
const DETECTORS: usize = 20_000;

/// Records of the log that are looked at to learn what is usual, when a hub starts or a back-test begins.
const LEARNED_FROM: u64 = 500_000;

impl Evaluator {
    /// Gives a series a detector when a rule wants one and there is room, and takes it away when none does.
    pub(super) fn fit_detector(&mut self, bound: &mut Bound, is_wanted: bool) {
        if !is_wanted {
            if bound.detector.take().is_some() {
                self.counts.detectors -= 1;
            }
        } else if bound.detector.is_none() {
            if self.counts.detectors >= self.detectors_limit() {
                self.counts.detectors_left_out += 1;
                return;
            }
            self.counts.detectors += 1;
            bound.detector = Some(Box::default());
        }
    }

    /// One with room for so many detectors only.
    #[cfg(test)]
    pub(crate) fn with_detectors(most: usize) -> Self {
        Self { most_detectors: Some(most), ..Self::default() }
    }

    fn detectors_limit(&self) -> usize {
        self.most_detectors.unwrap_or(DETECTORS)
    }

    /// Takes away the detectors of series that no rule on deviations names any more.
    pub(super) fn drop_detectors(&mut self) {
        let (slots, by_metric) = (&self.slots, &self.by_metric);
        let is_watched = |name: &str| {
            by_metric.get(name).into_iter().flatten().any(|slot| {
                let rule = slots.get(*slot).and_then(Option::as_ref);
                rule.is_some_and(|rule| matches!(rule.condition, RuleCondition::Deviation { .. }))
            })
        };
        for dashboard in self.dashboards.values_mut() {
            dashboard.series.retain(|name, bound| {
                if bound.detector.is_some() && !is_watched(name) {
                    bound.detector = None;
                    self.counts.detectors -= 1;
                }
                bound.detector.is_some() || !bound.states.is_empty()
            });
        }
    }

    /// Learns what is usual from the newest records of the log up to number `last`, at most 500,000 of all kinds; no rule
    /// begins or ceases to hold by it. To be called when the fleet is known and before anything is assumed to hold. Without
    /// rules on deviations nothing is read. `go_on` is asked now and then, and ends it by saying no.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn learn(
        &mut self,
        reader: &mut LogReader,
        last: u64,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<(), StoreError> {
        let is_deviation = |condition: &RuleCondition| matches!(condition, RuleCondition::Deviation { .. });
        if last == 0 || !self.slots.iter().flatten().any(|rule| is_deviation(&rule.condition)) {
            return Ok(());
        }
        let filter = RecordFilter {
            kinds: vec![RecordKind::Status, RecordKind::Metrics, RecordKind::ResourceUsage],
            ..RecordFilter::default()
        };
        let first = last.saturating_sub(LEARNED_FROM - 1).max(1);
        let mut seen = 0_u64;
        reader.scan(ONLY_PARTITION, &filter, first, last, |record| {
            seen += 1;
            if seen.is_multiple_of(4_096) && !go_on() {
                return ControlFlow::Break(());
            }
            self.learn_record(&record);
            ControlFlow::Continue(())
        })?;
        Ok(())
    }

    fn learn_record(&mut self, record: &Record) {
        let at = record.at.as_milliseconds();
        self.read_samples(record, |evaluator, name, value| {
            let Some(mut bound) = evaluator.bound(&record.dashboard_id, name, at, &mut Vec::new()) else {
                return;
            };
            if let Some(detector) = &mut bound.detector {
                detector.observe(Timestamp::from_milliseconds(at), value);
            }
            evaluator.put_back(&record.dashboard_id, name, bound);
        });
    }
}
