//! Trying a rule on the log that is here: the hub's own, or the copy of it. Works while the hub is away.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use mission_control_protocol::{
    DashboardId,
    alerting::{BackTest, Rule},
};
use mission_control_store::{LogReader, rules::back_test};

use crate::{
    metrics::{MetricsSource, Turn, check_span},
    models::rules,
    view::{
        metrics::SeriesSelection,
        requests::{RequestError, RequestErrorCode},
        rules::BackTestView,
    },
};

/// How long one may take; what was evaluated by then is the answer, and says so.
const LONGEST: Duration = Duration::from_secs(20);

/// Dashboards whose series are drawn.
const DRAWN: usize = 6;

/// Says what `rule` would have done on the log of `source` from `from` to `to`, in milliseconds.
pub(super) fn run(
    source: &MetricsSource,
    rule: &Rule,
    (from, to): (i64, i64),
    turn: &Turn,
) -> Result<BackTestView, RequestError> {
    let (from, to) = check_span(from, to)?;
    rule.check().map_err(|problem| RequestError::new(RequestErrorCode::InvalidInput, problem))?;
    let unreadable = |error: mission_control_store::StoreError| {
        RequestError::new(
            RequestErrorCode::CacheUnavailable,
            format!("The history of {} cannot be read: {error}.", source.hub_name),
        )
    };
    let mut reader = LogReader::open(&source.path).map_err(unreadable)?;
    let ends_at = Instant::now() + LONGEST;
    let result = back_test(&mut reader, rule, from, to, |_| !turn.is_over() && Instant::now() < ends_at)
        .map_err(unreadable)?;
    turn.go_on()?;
    let missing = reader.holes().map_err(unreadable)?;
    let mut notes = Vec::new();
    if !result.complete {
        notes.push(format!(
            "It was stopped after {} s, at {}: what came later was not looked at. Choose a shorter span.",
            LONGEST.as_secs(),
            result.to
        ));
    }
    if !missing.is_empty() {
        notes.push("Part of the record is not here yet: it may have fired there too.".to_owned());
    }
    if result.dashboards == 0 {
        notes.push("No dashboard matches what the rule is about.".to_owned());
    } else if result.samples == 0 && rule.condition.metric().is_some() {
        notes.push("No dashboard it is about reported this metric in that time.".to_owned());
    }
    let listed = u64::try_from(result.firings.len()).unwrap_or(u64::MAX);
    if result.fired > listed {
        notes.push(format!("Only the first {listed} are listed."));
    }
    Ok(BackTestView {
        summary: summary(&result, to.milliseconds_since(from)),
        notes,
        selections: selections(source, rule, &result),
        bounds: rules::bounds(&rule.condition),
        result,
    })
}

/// `It would have fired 3 times in 7 d, on 2 dashboards.`
fn summary(result: &BackTest, asked: i64) -> String {
    let seconds = u32::try_from(asked / 1_000).unwrap_or(u32::MAX);
    // To the minute: nobody asked for a span to the second.
    let span = rules::span((seconds.saturating_add(30) / 60 * 60).max(60));
    let subjects: std::collections::BTreeSet<_> =
        result.firings.iter().map(|firing| (&firing.dashboard_id, &firing.use_case)).collect();
    let of = rules::dashboards(result.dashboards);
    match result.fired {
        0 => format!("It would not have fired in {span}, on {of}."),
        fired => {
            let on = if result.firings.iter().all(|firing| firing.use_case.is_some()) {
                format!("for {} of the use cases", subjects.len())
            } else {
                format!("on {} of {of}", subjects.len())
            };
            format!("It would have fired {} in {span}, {on}.", rules::times(fired))
        }
    }
}

/// The rule's series of the dashboards that would have fired most; of any that it is about where none would have.
fn selections(source: &MetricsSource, rule: &Rule, result: &BackTest) -> Vec<SeriesSelection> {
    let Some(name) = rule.condition.metric() else { return Vec::new() };
    let mut counts: BTreeMap<&DashboardId, usize> = BTreeMap::new();
    for firing in &result.firings {
        *counts.entry(&firing.dashboard_id).or_default() += 1;
    }
    let mut most: Vec<_> = counts.into_iter().collect();
    most.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), (*id).clone()));
    let mut ids: Vec<DashboardId> = most.into_iter().map(|(id, _)| id.clone()).collect();
    if ids.is_empty() {
        ids = source.names.keys().cloned().collect();
        ids.sort();
    }
    let selection = |dashboard_id| SeriesSelection {
        dashboard: crate::view::DashboardKey { hub: source.hub, dashboard_id },
        name: name.to_owned(),
    };
    ids.into_iter().take(DRAWN).map(selection).collect()
}
