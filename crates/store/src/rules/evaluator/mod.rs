//! The evaluator: a fold over records, and a clock.

mod detectors;
mod setup;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use mission_control_protocol::{
    DashboardConfig, DashboardId, DashboardStatus, Record, RecordKind, RuleId, Timestamp,
    alerting::{FleetCondition, Rule, RuleCondition, all_match, labels},
    record::{ConnectionRecord, Liveness, RegistrationRecord},
    status::DashboardState,
};

use super::{
    deviation::{Aspect, DeviationDetector},
    peers::AllPeers,
    state::{Holding, SeriesState, Standing},
};
use crate::SeriesNumbersReader;

/// Series states that are kept; further ones are counted and left out. One takes about 100 bytes, and 600 more where its
/// rule looks back.
const STATES: usize = 1_000_000;

/// What a rule is about, besides itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleSubject {
    /// A dashboard.
    Dashboard(DashboardId),
    /// The dashboards of a use case.
    UseCase(String),
}

/// A rule began or ceased to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleStep {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub rule: Arc<Rule>,
    /// For what.
    pub subject: RuleSubject,
    /// Whether it holds now.
    pub holds: bool,
    /// The value that decided it, where one did: of the metric, of its change a minute, or the share in percent.
    pub value: Option<f64>,
    /// From which side it is unusual, where a deviation began.
    pub aspect: Option<Aspect>,
}

/// What the evaluator did and keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EvaluatorCounts {
    /// Samples that a rule looked at.
    pub samples: u64,
    /// Series states kept.
    pub states: usize,
    /// Bindings of a rule to a series that were left out for want of room.
    pub left_out: u64,
    /// Series whose usual is known or being learned.
    pub detectors: usize,
    /// Times that a series got no detector, for want of room: rules on deviations say nothing of it.
    pub detectors_left_out: u64,
    /// Dashboards known.
    pub dashboards: usize,
}

/// A deadline: of which rule, for what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A metric may be missing.
    Metric(DashboardId, usize),
    /// A dashboard may be lost for long enough.
    Lost(DashboardId, usize),
    /// A dashboard's ingestion may be stale.
    Ingestion(DashboardId, usize),
    /// A share may have been too large for long enough.
    Fleet(usize, String),
}

/// Evaluates rules on the stream of records. Results depend on the records and their times alone: neither on how the stream is
/// cut into batches nor on when [`Evaluator::advance`] is called, as long as it never runs ahead of the next record.
#[derive(Debug, Default)]
pub struct Evaluator {
    slots: Vec<Option<Arc<Rule>>>,
    slot_of: HashMap<RuleId, usize>,
    by_metric: HashMap<String, Vec<usize>>,
    lost: Vec<usize>,
    ingestion: Vec<usize>,
    fleet: Vec<usize>,
    /// Counts the changes of rules: bindings of another one are looked at again.
    revision: u64,
    dashboards: HashMap<DashboardId, Dashboard>,
    shares: HashMap<(usize, String), Share>,
    peers: AllPeers,
    deadlines: BTreeSet<(i64, Due)>,
    clock: i64,
    counts: EvaluatorCounts,
    /// Fewer detectors than usual, for tests.
    most_detectors: Option<usize>,
    numbers: SeriesNumbersReader,
    /// Sums of the report at hand: processes of one name are added up.
    sums: Vec<(String, f64)>,
}

#[derive(Debug, Default)]
struct Dashboard {
    kind: String,
    use_case: String,
    environment: String,
    liveness: Option<Liveness>,
    is_in_error: bool,
    has_data: bool,
    ingested: Option<(u64, Option<Timestamp>)>,
    ingested_at: i64,
    series: HashMap<String, Bound>,
    lost: HashMap<usize, Holding>,
    stale: HashMap<usize, Holding>,
}

/// The rules on one series.
#[derive(Debug, Default)]
struct Bound {
    revision: u64,
    states: Vec<SeriesState>,
    /// What is usual, once a rule on deviations looks at it. All rules share it, and one that is changed goes on with it.
    detector: Option<Box<DeviationDetector>>,
}

/// The share of a use case that is in trouble, as one rule counts it.
#[derive(Debug, Default)]
struct Share {
    members: HashMap<DashboardId, bool>,
    bad: usize,
    holding: Holding,
}

impl Dashboard {
    fn is_matched(&self, id: &DashboardId, rule: &Rule) -> bool {
        let values = [
            (labels::DASHBOARD, id.as_str()),
            (labels::USE_CASE, self.use_case.as_str()),
            (labels::ENVIRONMENT, self.environment.as_str()),
            (labels::TYPE, self.kind.as_str()),
        ];
        all_match(&rule.dashboards, |label| {
            values.iter().find(|(known, _)| *known == label).map(|(_, value)| *value)
        })
    }

    fn is_there(&self) -> bool {
        matches!(self.liveness, Some(Liveness::Online | Liveness::Stale))
    }
}

fn wait_of(rule: &Rule) -> i64 {
    i64::from(rule.for_seconds) * 1_000
}

impl Evaluator {
    /// What it did and keeps.
    #[must_use]
    pub fn counts(&self) -> EvaluatorCounts {
        EvaluatorCounts { dashboards: self.dashboards.len(), ..self.counts }
    }

    /// Dashboards that at least one rule is about.
    #[must_use]
    pub fn matched_dashboards(&self) -> usize {
        let rules = || self.slots.iter().flatten();
        self.dashboards.iter().filter(|(id, known)| rules().any(|rule| known.is_matched(id, rule))).count()
    }

    /// Lets the clock pass to `now`: what is due before it happens at the instant it was due.
    pub fn advance(&mut self, now: Timestamp, steps: &mut Vec<RuleStep>) {
        let now = now.as_milliseconds();
        while let Some((at, _)) = self.deadlines.first()
            && *at < now
            && let Some((at, due)) = self.deadlines.pop_first()
        {
            self.clock = self.clock.max(at);
            self.due(at, due, steps);
        }
        self.clock = self.clock.max(now);
    }

    /// Takes a record. Records must come in the order of their log.
    pub fn record(&mut self, record: &Record, steps: &mut Vec<RuleStep>) {
        self.advance(record.at, steps);
        let at = self.clock;
        match record.kind {
            RecordKind::Registration => {
                if let Ok(registration) = serde_json::from_str::<RegistrationRecord>(record.body.get()) {
                    let dashboard = self.dashboards.entry(record.dashboard_id.clone()).or_default();
                    if dashboard.describe(&registration.config) {
                        dashboard.series.values_mut().for_each(|bound| bound.revision = 0);
                    }
                    self.bind(&record.dashboard_id);
                    self.trouble(&record.dashboard_id, at, steps);
                }
            }
            RecordKind::Connection => {
                if let Ok(connection) = serde_json::from_str::<ConnectionRecord>(record.body.get()) {
                    self.connection(&record.dashboard_id, connection.liveness, at, steps);
                }
            }
            RecordKind::Status => {
                if let Ok(status) = serde_json::from_str::<DashboardStatus>(record.body.get()) {
                    self.status(&record.dashboard_id, &status, at, steps);
                }
                self.samples(record, at, steps);
            }
            RecordKind::Metrics | RecordKind::ResourceUsage => self.samples(record, at, steps),
            _ => {}
        }
    }

    fn samples(&mut self, record: &Record, at: i64, steps: &mut Vec<RuleStep>) {
        self.read_samples(record, |evaluator, name, value| {
            evaluator.sample(&record.dashboard_id, name, at, value, steps);
        });
    }

    /// The numbers of a record that rules look at, each series once.
    fn read_samples(&mut self, record: &Record, mut take: impl FnMut(&mut Self, &str, f64)) {
        if self.by_metric.is_empty() {
            return;
        }
        let mut numbers = std::mem::take(&mut self.numbers);
        let mut sums = std::mem::take(&mut self.sums);
        sums.clear();
        numbers.read(record, |name, value| {
            if self.by_metric.contains_key(name) {
                match sums.iter_mut().find(|(known, _)| known == name) {
                    Some((_, sum)) => *sum += value,
                    None => sums.push((name.to_owned(), value)),
                }
            }
        });
        for (name, value) in &sums {
            take(self, name, *value);
        }
        self.numbers = numbers;
        self.sums = sums;
    }

    /// One number of one series.
    fn sample(&mut self, id: &DashboardId, name: &str, at: i64, value: f64, steps: &mut Vec<RuleStep>) {
        let Some(mut bound) = self.bound(id, name, at, steps) else { return };
        let mut usual = None;
        let score = bound
            .detector
            .as_mut()
            .map(|detector| (detector.observed(), detector.observe(Timestamp::from_milliseconds(at), value)));
        let Some(dashboard) = self.dashboards.get_mut(id) else { return };
        for state in &mut bound.states {
            let Some(rule) = &self.slots[state.slot] else { continue };
            self.counts.samples += 1;
            let mut standing = Standing::default();
            match &rule.condition {
                RuleCondition::Outlier { at_least, .. } => {
                    let (count, usual) = *usual
                        .get_or_insert_with(|| self.peers.sample((&dashboard.use_case, name), id, at, value));
                    standing.peers = usual.filter(|_| count >= *at_least as usize);
                }
                RuleCondition::Deviation { at_least, .. } => {
                    let known = score.filter(|(observed, _)| *observed >= u64::from(*at_least));
                    standing.score = known.map(|(_, score)| score);
                }
                RuleCondition::Absence { .. } => {
                    state.last = at;
                    if state.holding.end().is_some() {
                        steps.push(step(rule, at, RuleSubject::Dashboard(id.clone()), false, Some(value)));
                    }
                    state.holding.since = Some(at);
                    let due = Due::Metric(id.clone(), state.slot);
                    // One that waits already is looked at again when it is due.
                    if !state.is_waiting {
                        state.is_waiting = true;
                        self.deadlines.insert((at + wait_of(rule), due));
                    }
                    continue;
                }
                _ => {}
            }
            if let Some((holds, value)) = state.sample(&rule.condition, wait_of(rule), (at, value), standing)
            {
                let aspect = standing.score.and_then(|score| score.aspect).filter(|_| holds);
                let told = step(rule, at, RuleSubject::Dashboard(id.clone()), holds, Some(value));
                steps.push(RuleStep { aspect, ..told });
            }
        }
        self.put_back(id, name, bound);
    }

    fn put_back(&mut self, id: &DashboardId, name: &str, bound: Bound) {
        let Some(dashboard) = self.dashboards.get_mut(id) else { return };
        match dashboard.series.get_mut(name) {
            Some(known) => *known = bound,
            None if bound.states.is_empty() => {}
            None => {
                dashboard.series.insert(name.to_owned(), bound);
            }
        }
    }

    /// The rules on one series, taken out of their place; `None` where no rule names it. Rules that came, and labels that
    /// changed, since it was looked at last are regarded.
    fn bound(&mut self, id: &DashboardId, name: &str, at: i64, steps: &mut Vec<RuleStep>) -> Option<Bound> {
        let rules = self.by_metric.get(name)?;
        let dashboard = match self.dashboards.get_mut(id) {
            Some(dashboard) => dashboard,
            None => self.dashboards.entry(id.clone()).or_default(),
        };
        let mut bound = match dashboard.series.get_mut(name) {
            Some(bound) => std::mem::take(bound),
            None => Bound::default(),
        };
        if bound.revision == self.revision {
            return Some(bound);
        }
        bound.revision = self.revision;
        let mut wants_detector = false;
        for slot in rules {
            let Some(rule) = &self.slots[*slot] else { continue };
            let is_bound = bound.states.iter().any(|state| state.slot == *slot);
            let is_matched = dashboard.is_matched(id, rule);
            wants_detector |= is_matched && matches!(rule.condition, RuleCondition::Deviation { .. });
            if is_matched && !is_bound {
                if self.counts.states >= STATES {
                    self.counts.left_out += 1;
                    continue;
                }
                self.counts.states += 1;
                bound.states.push(SeriesState::new(*slot, &rule.condition));
            } else if !is_matched && is_bound {
                bound.states.retain(|state| {
                    let goes = state.slot == *slot;
                    if goes && state.holding.holds {
                        steps.push(step(rule, at, RuleSubject::Dashboard(id.clone()), false, None));
                    }
                    !goes
                });
                self.counts.states = self.counts.states.saturating_sub(1);
            }
        }
        self.fit_detector(&mut bound, wants_detector);
        Some(bound)
    }

    fn connection(&mut self, id: &DashboardId, liveness: Liveness, at: i64, steps: &mut Vec<RuleStep>) {
        let dashboard = self.dashboards.entry(id.clone()).or_default();
        dashboard.liveness = Some(liveness);
        for slot in &self.lost {
            let Some(rule) = &self.slots[*slot] else { continue };
            if !dashboard.is_matched(id, rule) {
                continue;
            }
            let holding = dashboard.lost.entry(*slot).or_default();
            if liveness == Liveness::Offline {
                if holding.since.is_none() {
                    holding.since = Some(at);
                    self.deadlines.insert((at + wait_of(rule), Due::Lost(id.clone(), *slot)));
                }
            } else if holding.end().is_some() {
                steps.push(step(rule, at, RuleSubject::Dashboard(id.clone()), false, None));
            }
        }
        if liveness == Liveness::Left {
            // Who said goodbye owes nothing.
            let mut ended = Vec::new();
            for (slot, holding) in &mut dashboard.stale {
                ended.extend(holding.end().map(|_| *slot));
            }
            for state in dashboard.series.values_mut().flat_map(|bound| &mut bound.states) {
                ended.extend(state.holding.end().map(|_| state.slot));
            }
            ended.sort_unstable();
            for rule in ended.into_iter().filter_map(|slot| self.slots[slot].as_ref()) {
                steps.push(step(rule, at, RuleSubject::Dashboard(id.clone()), false, None));
            }
        }
        self.trouble(id, at, steps);
    }

    fn status(&mut self, id: &DashboardId, status: &DashboardStatus, at: i64, steps: &mut Vec<RuleStep>) {
        let dashboard = self.dashboards.entry(id.clone()).or_default();
        let data = &status.data_status;
        let ingested = Some((data.record_count, data.last_ingested));
        dashboard.has_data = data.has_data;
        if dashboard.ingested != ingested {
            dashboard.ingested = ingested;
            dashboard.ingested_at = at;
            for (slot, holding) in &mut dashboard.stale {
                let Some(rule) = &self.slots[*slot] else { continue };
                if holding.end().is_some() {
                    steps.push(step(rule, at, RuleSubject::Dashboard(id.clone()), false, None));
                }
            }
        }
        for slot in &self.ingestion {
            let Some(rule) = &self.slots[*slot] else { continue };
            if !dashboard.has_data || !dashboard.is_matched(id, rule) {
                continue;
            }
            let holding = dashboard.stale.entry(*slot).or_default();
            if holding.since.is_none() {
                holding.since = Some(dashboard.ingested_at);
                let due = (dashboard.ingested_at + wait_of(rule)).max(at);
                self.deadlines.insert((due, Due::Ingestion(id.clone(), *slot)));
            }
        }
        let is_in_error = status.state == DashboardState::Error;
        if dashboard.is_in_error != is_in_error {
            dashboard.is_in_error = is_in_error;
            self.trouble(id, at, steps);
        }
    }

    /// Counts a dashboard anew in the shares of its use case.
    fn trouble(&mut self, id: &DashboardId, at: i64, steps: &mut Vec<RuleStep>) {
        let Some(dashboard) = self.dashboards.get(id) else { return };
        for slot in &self.fleet {
            let Some(rule) = &self.slots[*slot] else { continue };
            let RuleCondition::Fleet { condition, percent, at_least } = &rule.condition else { continue };
            let key = (*slot, dashboard.use_case.clone());
            let counts =
                !matches!(dashboard.liveness, None | Some(Liveness::Left)) && dashboard.is_matched(id, rule);
            let is_lost = dashboard.liveness == Some(Liveness::Offline);
            let is_bad = match condition {
                FleetCondition::Error => dashboard.is_in_error && !is_lost,
                FleetCondition::Offline => is_lost,
                FleetCondition::ErrorOrOffline => dashboard.is_in_error || is_lost,
            };
            let share = self.shares.entry(key.clone()).or_default();
            let before =
                if counts { share.members.insert(id.clone(), is_bad) } else { share.members.remove(id) };
            share.bad -= usize::from(before == Some(true));
            share.bad += usize::from(counts && is_bad);
            let total = share.members.len();
            let percent_bad = if total == 0 { 0.0 } else { share.bad as f64 * 100.0 / total as f64 };
            let is_met = total >= *at_least as usize && percent_bad > *percent;
            let was_waiting = share.holding.since.is_some();
            let changed = share.holding.see(at, is_met, is_met, wait_of(rule));
            if !was_waiting && share.holding.since.is_some() && !share.holding.holds {
                self.deadlines.insert((at + wait_of(rule), Due::Fleet(*slot, key.1.clone())));
            }
            if let Some(holds) = changed {
                steps.push(step(rule, at, RuleSubject::UseCase(key.1), holds, Some(percent_bad)));
            }
        }
    }

    fn due(&mut self, at: i64, due: Due, steps: &mut Vec<RuleStep>) {
        match due {
            Due::Metric(id, slot) => {
                let Some(rule) = &self.slots[slot] else { return };
                let Some(metric) = rule.condition.metric() else { return };
                let Some(dashboard) = self.dashboards.get_mut(&id) else { return };
                let is_there = dashboard.is_there();
                let Some(bound) = dashboard.series.get_mut(metric) else { return };
                let Some(state) = bound.states.iter_mut().find(|state| state.slot == slot) else { return };
                let due_at = state.last + wait_of(rule);
                if due_at > at {
                    self.deadlines.insert((due_at, Due::Metric(id, slot)));
                    return;
                }
                // The next sample sets another deadline.
                state.is_waiting = false;
                if is_there && state.holding.ripen(at, due_at).is_some() {
                    steps.push(step(rule, at, RuleSubject::Dashboard(id), true, None));
                }
            }
            Due::Lost(id, slot) => {
                let Some(rule) = &self.slots[slot] else { return };
                let Some(dashboard) = self.dashboards.get_mut(&id) else { return };
                let Some(holding) = dashboard.lost.get_mut(&slot) else { return };
                let due_at = holding.since.map_or(i64::MAX, |since| since + wait_of(rule));
                if holding.ripen(at, due_at).is_some() {
                    steps.push(step(rule, at, RuleSubject::Dashboard(id), true, None));
                }
            }
            Due::Ingestion(id, slot) => {
                let Some(rule) = &self.slots[slot] else { return };
                let Some(dashboard) = self.dashboards.get_mut(&id) else { return };
                let (is_there, has_data) = (dashboard.is_there(), dashboard.has_data);
                let due_at = dashboard.ingested_at + wait_of(rule);
                let Some(holding) = dashboard.stale.get_mut(&slot) else { return };
                if !is_there || !has_data {
                    // Its next status sets another deadline.
                    holding.since = holding.since.filter(|_| holding.holds);
                } else if holding.ripen(at, due_at).is_some() {
                    steps.push(step(rule, at, RuleSubject::Dashboard(id), true, None));
                }
            }
            Due::Fleet(slot, use_case) => {
                let Some(rule) = &self.slots[slot] else { return };
                let key = (slot, use_case);
                let Some(share) = self.shares.get_mut(&key) else { return };
                let due_at = share.holding.since.map_or(i64::MAX, |since| since + wait_of(rule));
                if share.holding.ripen(at, due_at).is_some() {
                    let percent = share.bad as f64 * 100.0 / share.members.len().max(1) as f64;
                    steps.push(step(rule, at, RuleSubject::UseCase(key.1), true, Some(percent)));
                }
            }
        }
    }
}

impl Dashboard {
    /// Takes what a dashboard says of itself, and says whether that changed what matchers see.
    fn describe(&mut self, config: &DashboardConfig) -> bool {
        let environment = config.metadata.environment.clone().unwrap_or_default();
        let is_new =
            self.kind != config.kind || self.use_case != config.use_case || self.environment != environment;
        self.kind.clone_from(&config.kind);
        self.use_case.clone_from(&config.use_case);
        self.environment = environment;
        is_new
    }
}

fn step(rule: &Arc<Rule>, at: i64, subject: RuleSubject, holds: bool, value: Option<f64>) -> RuleStep {
    RuleStep { at: Timestamp::from_milliseconds(at), rule: rule.clone(), subject, holds, value, aspect: None }
}
