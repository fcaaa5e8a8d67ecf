//! How noisy alerts are and how fast they are dealt with: a fold over the steps of a span.

use std::{cmp::Reverse, collections::BTreeMap, ops::ControlFlow};

use mission_control_protocol::{
    AlertId, Record, RecordKind, Severity, Timestamp, alert::AlertTransition, alerting::labels,
    record::AlertRecord,
};
use mission_control_store::{LogReader, ONLY_PARTITION, RecordFilter, StoreError};

use crate::{
    metrics::{MetricsSource, Turn, check_span},
    plain_text::harmless,
    view::{
        DashboardKey, HubKey,
        alert_statistics::{
            AlertDay, AlertStatistics, AlertStatisticsRequest, AlertTotals, NoiseRow, Spread,
        },
        requests::{RequestError, RequestErrorCode},
    },
};

/// Alerts counted at most; of further ones nothing is kept, and the answer says so.
const MOST: usize = 200_000;

/// Rows of each list.
const ROWS: usize = 10;

/// Days counted at most.
const DAYS: i64 = 400;

const DAY: i64 = 86_400_000;

/// One alert that was raised in the span.
#[derive(Debug, Clone)]
struct Episode {
    raised_at: Timestamp,
    severity: Severity,
    kind: String,
    rule: Option<String>,
    dashboard: DashboardKey,
    was_held: bool,
    reports: u64,
    acknowledged_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
    resolved_by_hand: bool,
    reopened: bool,
    escalated: bool,
}

/// The fold. Steps must come in the order of their log.
#[derive(Debug, Default)]
struct Fold {
    episodes: BTreeMap<(HubKey, AlertId), Episode>,
    passed_over: u64,
}

impl Fold {
    fn step(&mut self, hub: HubKey, record: &Record, step: AlertRecord) {
        let key = (hub, step.alert_id.clone());
        if step.transition == AlertTransition::Raised {
            let Some(said) = step.alert else { return };
            if self.episodes.len() == MOST {
                self.passed_over += 1;
                return;
            }
            let episode = Episode {
                raised_at: record.at,
                severity: said.alert.severity,
                kind: said.alert.kind,
                rule: step.labels.get(labels::RULE).cloned(),
                dashboard: DashboardKey { hub, dashboard_id: record.dashboard_id.clone() },
                was_held: !step.held_by.is_empty(),
                reports: 1,
                acknowledged_at: None,
                resolved_at: None,
                resolved_by_hand: false,
                reopened: false,
                escalated: false,
            };
            self.episodes.entry(key).or_insert(episode);
            return;
        }
        // One that was raised before the span is none of it.
        let Some(episode) = self.episodes.get_mut(&key) else { return };
        match step.transition {
            AlertTransition::Repeated => episode.reports += 1,
            AlertTransition::Acknowledged => {
                episode.acknowledged_at.get_or_insert(record.at);
            }
            AlertTransition::Resolved => {
                episode.resolved_at = Some(record.at);
                episode.resolved_by_hand = step.by.is_some();
            }
            AlertTransition::Reopened => {
                episode.resolved_at = None;
                episode.reopened = true;
            }
            AlertTransition::Escalated => episode.escalated = true,
            _ => {}
        }
    }
}

/// Counts the alerts of all hubs that were raised in the span. The titles of rules come from `titles`.
pub(super) fn count(
    sources: &[MetricsSource],
    titles: &BTreeMap<(HubKey, String), String>,
    request: &AlertStatisticsRequest,
    turn: &Turn,
) -> Result<AlertStatistics, RequestError> {
    let (from, to) = check_span(request.from, request.to)?;
    if to.milliseconds_since(from) > DAYS * DAY {
        let message = format!("Span: it is longer than {DAYS} days; choose a shorter one.");
        return Err(RequestError::new(RequestErrorCode::InvalidInput, message));
    }
    let mut fold = Fold::default();
    let mut problems = Vec::new();
    for source in sources {
        turn.go_on()?;
        match read(source, (from, to), turn, &mut fold) {
            Ok(true) => {}
            Ok(false) => problems.push(format!(
                "Part of the record of {} is not here yet; what is missing is not counted.",
                source.hub_name
            )),
            Err(error) => {
                problems.push(format!("The history of {} cannot be read: {error}.", source.hub_name));
            }
        }
    }
    turn.go_on()?;
    if fold.passed_over > 0 {
        problems.push(format!(
            "{} further alerts are not counted; choose a shorter span to count them.",
            fold.passed_over
        ));
    }
    let name_of = |key: &DashboardKey| {
        let source = sources.iter().find(|source| source.hub == key.hub);
        let name = source.and_then(|source| source.names.get(&key.dashboard_id).cloned());
        name.unwrap_or_else(|| key.dashboard_id.as_str().to_owned())
    };
    Ok(numbers(&fold, titles, name_of, (from, to), problems))
}

/// Folds the steps of one log; returns whether all of it is here.
fn read(
    source: &MetricsSource,
    (from, to): (Timestamp, Timestamp),
    turn: &Turn,
    fold: &mut Fold,
) -> Result<bool, StoreError> {
    let mut reader = LogReader::open(&source.path)?;
    let first = reader.seq_at(ONLY_PARTITION, from)?;
    let end = reader.seq_at(ONLY_PARTITION, to.plus_milliseconds(1))?;
    let holes = reader.holes()?;
    let filter = RecordFilter { kinds: vec![RecordKind::Alert], ..RecordFilter::default() };
    reader.scan(ONLY_PARTITION, &filter, first, end.saturating_sub(1), |record| {
        if turn.is_over() {
            return ControlFlow::Break(());
        }
        if let Ok(step) = serde_json::from_str::<AlertRecord>(record.body.get()) {
            fold.step(source.hub, &record, step);
        }
        ControlFlow::Continue(())
    })?;
    Ok(holes.is_empty())
}

fn numbers(
    fold: &Fold,
    titles: &BTreeMap<(HubKey, String), String>,
    name_of: impl Fn(&DashboardKey) -> String,
    (from, to): (Timestamp, Timestamp),
    problems: Vec<String>,
) -> AlertStatistics {
    let episodes = || fold.episodes.values();
    let mut totals = AlertTotals::default();
    for episode in episodes() {
        totals.raised += 1;
        totals.notified += u64::from(!episode.was_held);
        totals.held += u64::from(episode.was_held);
        totals.acknowledged += u64::from(episode.acknowledged_at.is_some());
        totals.resolved += u64::from(episode.resolved_at.is_some());
        let by_itself = episode.acknowledged_at.is_none() && !episode.resolved_by_hand;
        totals.resolved_by_themselves += u64::from(episode.resolved_at.is_some() && by_itself);
        totals.reopened += u64::from(episode.reopened);
        totals.escalated += u64::from(episode.escalated);
        totals.reports += episode.reports;
    }
    let after = |pick: fn(&Episode) -> Option<Timestamp>| {
        spread(
            episodes().filter_map(|one| Some(pick(one)?.milliseconds_since(one.raised_at).max(0))).collect(),
        )
    };
    let rules = noise(episodes().filter_map(|one| Some((one.rule.clone()?, one))), |rule, one| {
        let title = titles.get(&(one.dashboard.hub, rule.to_owned()));
        (title.cloned().unwrap_or_else(|| harmless(rule, 80)), None)
    });
    let types = noise(episodes().map(|one| (one.kind.clone(), one)), |kind, _| (harmless(kind, 80), None));
    let dashboards = noise(
        episodes().map(|one| (format!("{}/{}", one.dashboard.hub.0, one.dashboard.dashboard_id), one)),
        |_, one| (name_of(&one.dashboard), Some(one.dashboard.clone())),
    );
    AlertStatistics {
        totals,
        acknowledged_after: after(|one| one.acknowledged_at),
        resolved_after: after(|one| one.resolved_at),
        rules,
        types,
        dashboards,
        days: days(episodes(), from, to),
        problems,
    }
}

fn noise<'fold>(
    episodes: impl Iterator<Item = (String, &'fold Episode)>,
    named: impl Fn(&str, &Episode) -> (String, Option<DashboardKey>),
) -> Vec<NoiseRow> {
    let mut by_key: BTreeMap<String, Vec<&Episode>> = BTreeMap::new();
    for (key, episode) in episodes {
        by_key.entry(key).or_default().push(episode);
    }
    let mut groups: Vec<_> = by_key.into_iter().collect();
    groups.sort_by_key(|(_, group)| Reverse(group.len()));
    let row = |(key, group): (String, Vec<&Episode>)| {
        let first = group.first()?;
        let (name, dashboard) = named(&key, first);
        let lasted = group.iter().filter_map(|one| Some(one.resolved_at?.milliseconds_since(one.raised_at)));
        Some(NoiseRow {
            name,
            dashboard,
            raised: count_of(group.len()),
            acknowledged: count_of(group.iter().filter(|one| one.acknowledged_at.is_some()).count()),
            reports: group.iter().map(|one| one.reports).sum(),
            lasted: spread(lasted.collect()).median,
            key: harmless(&key, 200),
        })
    };
    groups.into_iter().take(ROWS).filter_map(row).collect()
}

fn count_of(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The median and the ninth decile: the least value that so many do not exceed.
fn spread(mut values: Vec<i64>) -> Spread {
    values.sort_unstable();
    let at = |tenths: usize| {
        let place = (values.len() * tenths).div_ceil(10).saturating_sub(1);
        values.get(place).copied()
    };
    Spread { count: count_of(values.len()), median: at(5), p90: at(9) }
}

fn days<'fold>(
    episodes: impl Iterator<Item = &'fold Episode>,
    from: Timestamp,
    to: Timestamp,
) -> Vec<AlertDay> {
    let day_of = |at: Timestamp| at.as_milliseconds().div_euclid(DAY);
    let first = day_of(from);
    let mut days: Vec<AlertDay> =
        (first..=day_of(to)).map(|day| AlertDay { from: day * DAY, ..AlertDay::default() }).collect();
    for episode in episodes {
        let place = usize::try_from(day_of(episode.raised_at) - first).ok();
        let Some(day) = place.and_then(|place| days.get_mut(place)) else { continue };
        *match episode.severity {
            Severity::Critical => &mut day.critical,
            Severity::Error => &mut day.serious,
            Severity::Warning => &mut day.caution,
            Severity::Info | Severity::Debug => &mut day.standby,
        } += 1;
    }
    days
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_and_nine_in_ten_take_no_longer() {
        assert_eq!(spread(Vec::new()), Spread::default());
        assert_eq!(spread(vec![7]), Spread { count: 1, median: Some(7), p90: Some(7) });
        let ten = (1..=10).rev().collect();
        assert_eq!(spread(ten), Spread { count: 10, median: Some(5), p90: Some(9) });
    }

    proptest! {
        #[test]
        fn a_spread_holds_what_it_says(values in proptest::collection::vec(0..1_000_000_i64, 1..200)) {
            let spread = spread(values.clone());
            for (bound, part) in [(spread.median.unwrap(), 5), (spread.p90.unwrap(), 9)] {
                let within = values.iter().filter(|value| **value <= bound).count();
                prop_assert!(within * 10 >= values.len() * part);
                prop_assert!(values.contains(&bound));
                let below = values.iter().filter(|value| **value < bound).count();
                prop_assert!(below * 10 < values.len() * part);
            }
        }
    }
}
