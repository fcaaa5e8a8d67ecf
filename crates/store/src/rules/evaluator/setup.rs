//! What an evaluator knows before records come: its rules, the fleet, and what holds already.

use std::{collections::HashMap, sync::Arc};

use mission_control_protocol::{
    DashboardId, RuleId, Timestamp,
    alerting::{Rule, RuleCondition, Silent},
    record::Liveness,
    status::DashboardState,
};

use super::{
    super::state::{Holding, SeriesState},
    Due, Evaluator, RuleStep, RuleSubject, wait_of,
};
use crate::Projection;

impl Evaluator {
    /// Evaluates these rules from now on, those of them that are switched on. What is known of a rule that did not change
    /// is kept; a rule that changed begins anew, and one that held ceases to.
    pub fn set_rules<'rules>(&mut self, rules: impl IntoIterator<Item = &'rules Rule>) -> Vec<RuleStep> {
        let mut slot_of = HashMap::new();
        let mut kept = vec![false; self.slots.len()];
        let mut fresh = Vec::new();
        for rule in rules.into_iter().filter(|rule| rule.enabled) {
            let known = self.slot_of.get(&rule.id).copied();
            match known.filter(|slot| self.slots[*slot].as_deref() == Some(rule)) {
                Some(slot) => {
                    kept[slot] = true;
                    slot_of.insert(rule.id.clone(), slot);
                }
                None => fresh.push(Arc::new(rule.clone())),
            }
        }
        let steps = self.drop_slots(&kept);
        let mut free: Vec<usize> =
            (0..self.slots.len()).rev().filter(|slot| self.slots[*slot].is_none()).collect();
        for rule in fresh {
            let id = rule.id.clone();
            let slot = match free.pop() {
                Some(slot) => {
                    self.slots[slot] = Some(rule);
                    slot
                }
                None => {
                    self.slots.push(Some(rule));
                    self.slots.len() - 1
                }
            };
            slot_of.insert(id, slot);
        }
        self.slot_of = slot_of;
        self.revision += 1;
        self.index();
        self.drop_detectors();
        let ids: Vec<DashboardId> = self.dashboards.keys().cloned().collect();
        for id in ids {
            self.bind(&id);
        }
        steps
    }

    /// Ends what is known of the rules whose slot is not kept.
    fn drop_slots(&mut self, kept: &[bool]) -> Vec<RuleStep> {
        let gone = |slot: usize| !kept.get(slot).copied().unwrap_or(false);
        let mut ended: Vec<(usize, RuleSubject)> = Vec::new();
        for (id, dashboard) in &mut self.dashboards {
            let mut end = |slot: usize, holding: &Holding| {
                if holding.holds {
                    ended.push((slot, RuleSubject::Dashboard(id.clone())));
                }
            };
            for bound in dashboard.series.values_mut() {
                bound.states.retain(|state| {
                    if gone(state.slot) {
                        end(state.slot, &state.holding);
                        self.counts.states = self.counts.states.saturating_sub(1);
                        return false;
                    }
                    true
                });
            }
            for states in [&mut dashboard.lost, &mut dashboard.stale] {
                states.retain(|slot, holding| {
                    let is_gone = gone(*slot);
                    if is_gone {
                        end(*slot, holding);
                    }
                    !is_gone
                });
            }
        }
        self.shares.retain(|(slot, use_case), share| {
            let is_gone = gone(*slot);
            if is_gone && share.holding.holds {
                ended.push((*slot, RuleSubject::UseCase(use_case.clone())));
            }
            !is_gone
        });
        self.deadlines.retain(|(_, due)| match due {
            Due::Metric(_, slot) | Due::Lost(_, slot) | Due::Ingestion(_, slot) | Due::Fleet(slot, _) => {
                !gone(*slot)
            }
        });
        // In an order that does not depend on how a map is laid out.
        ended.sort();
        let at = Timestamp::from_milliseconds(self.clock);
        let steps = ended
            .into_iter()
            .filter_map(|(slot, subject)| {
                let rule = self.slots.get(slot)?.clone()?;
                Some(RuleStep { at, rule, subject, holds: false, value: None, aspect: None })
            })
            .collect();
        for (slot, rule) in self.slots.iter_mut().enumerate() {
            if gone(slot) {
                *rule = None;
            }
        }
        steps
    }

    fn index(&mut self) {
        self.by_metric.clear();
        self.lost.clear();
        self.ingestion.clear();
        self.fleet.clear();
        for (slot, rule) in self.slots.iter().enumerate() {
            let Some(rule) = rule else { continue };
            match &rule.condition {
                RuleCondition::Absence { what: Silent::Dashboard, .. } => self.lost.push(slot),
                RuleCondition::Absence { what: Silent::Ingestion, .. } => self.ingestion.push(slot),
                RuleCondition::Fleet { .. } => self.fleet.push(slot),
                condition => {
                    if let Some(metric) = condition.metric() {
                        self.by_metric.entry(metric.to_owned()).or_default().push(slot);
                    }
                }
            }
        }
    }

    /// Takes over what is known of the fleet, so that rules need not wait until each dashboard registers again.
    pub fn seed(&mut self, projection: &Projection) {
        self.clock = self.clock.max(projection.last_at.map_or(0, Timestamp::as_milliseconds));
        for (id, known) in &projection.dashboards {
            let dashboard = self.dashboards.entry(id.clone()).or_default();
            if let Some(registration) = &known.registration {
                dashboard.describe(&registration.config);
            }
            dashboard.liveness = known.liveness.as_ref().map(|liveness| liveness.liveness);
            if let Some(status) = &known.status {
                dashboard.is_in_error = status.value.state == DashboardState::Error;
                dashboard.has_data = status.value.data_status.has_data;
                let data = &status.value.data_status;
                dashboard.ingested = Some((data.record_count, data.last_ingested));
                dashboard.ingested_at = status.at.as_milliseconds();
            }
        }
        let ids: Vec<DashboardId> = self.dashboards.keys().cloned().collect();
        for id in ids {
            self.bind(&id);
        }
    }

    /// Says that a rule holds already, as the alert it raised before the hub stopped does.
    pub fn assume(&mut self, rule: &RuleId, subject: &RuleSubject) {
        let Some(slot) = self.slot_of.get(rule).copied() else { return };
        let Some(rule) = self.slots[slot].clone() else { return };
        let holding = Holding { since: Some(self.clock), holds: true };
        match (subject, &rule.condition) {
            (RuleSubject::UseCase(use_case), RuleCondition::Fleet { .. }) => {
                self.shares.entry((slot, use_case.clone())).or_default().holding = holding;
            }
            (RuleSubject::Dashboard(id), condition) => {
                let dashboard = self.dashboards.entry(id.clone()).or_default();
                match condition {
                    RuleCondition::Absence { what: Silent::Dashboard, .. } => {
                        dashboard.lost.insert(slot, holding);
                    }
                    RuleCondition::Absence { what: Silent::Ingestion, .. } => {
                        dashboard.stale.insert(slot, holding);
                    }
                    condition => {
                        let Some(metric) = condition.metric() else { return };
                        let bound = dashboard.series.entry(metric.to_owned()).or_default();
                        if !bound.states.iter().any(|state| state.slot == slot) {
                            bound.states.push(SeriesState::new(slot, condition));
                            self.counts.states += 1;
                        }
                        for state in bound.states.iter_mut().filter(|state| state.slot == slot) {
                            state.holding = holding;
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Sets the deadlines of what a dashboard's state calls for already.
    pub(super) fn bind(&mut self, id: &DashboardId) {
        let Some(dashboard) = self.dashboards.get_mut(id) else { return };
        if dashboard.liveness == Some(Liveness::Offline) {
            for slot in &self.lost {
                let Some(rule) = &self.slots[*slot] else { continue };
                if dashboard.is_matched(id, rule) {
                    let holding = dashboard.lost.entry(*slot).or_default();
                    if holding.since.is_none() {
                        holding.since = Some(self.clock);
                        self.deadlines.insert((self.clock + wait_of(rule), Due::Lost(id.clone(), *slot)));
                    }
                }
            }
        }
        let clock = self.clock;
        // Changes nothing by itself: what is met is told when its time has come.
        self.trouble(id, clock, &mut Vec::new());
    }
}
