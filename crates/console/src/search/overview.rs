//! Counts over all hits of all hubs, a piece at a time.

use std::collections::HashMap;

use mission_control_protocol::{Severity, Timestamp};
use mission_control_store::{
    LogReader, ONLY_PARTITION, StoreError,
    search::{
        Effort, Plan, Span, Tally, UseCases,
        query::{Pattern, kind_name, severity_name},
    },
};

use super::{SearchedHub, at_of};
use crate::{
    plain_text::harmless,
    view::{
        HubKey,
        search::{SearchBucket, SearchFacet, SearchOverview, SearchOverviewRequest},
    },
};

/// Facets of a sort at most.
const FACETS: usize = 100;

/// Parts of the time at most.
const BUCKETS: u32 = 500;

/// What is being counted: counting goes on when the same is asked for again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CountingKey {
    hubs: Vec<HubKey>,
    query: String,
    until: Option<Timestamp>,
    buckets: u32,
}

impl CountingKey {
    pub(crate) fn of(request: &SearchOverviewRequest) -> Self {
        Self {
            hubs: request.scope.hubs.clone(),
            query: request.scope.query.clone(),
            until: request.scope.until,
            buckets: request.buckets.clamp(1, BUCKETS),
        }
    }
}

/// Counts over all hits, as far as they have come.
#[derive(Debug)]
pub(crate) struct Counting {
    key: CountingKey,
    pub(crate) jobs: Vec<(HubKey, std::path::PathBuf, CountingJob)>,
    span: Option<Span>,
    until: Timestamp,
}

/// The counting in one hub.
#[derive(Debug)]
pub(crate) struct CountingJob {
    plan: Plan,
    use_cases: UseCases,
    /// What is found when the log is first looked at: its oldest time, and its newest place.
    extent: Option<(Timestamp, u64)>,
    tally: Option<Tally>,
    counted_to: Option<Timestamp>,
}

impl Counting {
    pub(crate) fn new(key: CountingKey, hubs: Vec<(SearchedHub, Plan)>, now: Timestamp) -> Self {
        let until = key.until.map_or(now, |until| until.min(now)).plus_milliseconds(1);
        let jobs = hubs
            .into_iter()
            .map(|(hub, plan)| {
                let job = CountingJob {
                    plan: plan.until(until),
                    use_cases: hub.use_cases,
                    extent: None,
                    tally: None,
                    counted_to: None,
                };
                (hub.key, hub.log, job)
            })
            .collect();
        Self { key, jobs, span: None, until }
    }

    pub(crate) fn is_of(&self, key: &CountingKey) -> bool {
        self.key == *key
    }

    /// Whether it is known yet which time the counts are over.
    pub(crate) fn is_measured(&self) -> bool {
        self.span.is_some()
    }

    /// Takes the logs' extents in, and begins to count.
    pub(crate) fn begin(&mut self) {
        let jobs = || self.jobs.iter().map(|(.., job)| job);
        let oldest = jobs().filter_map(|job| job.extent.map(|(from, _)| from)).min().unwrap_or(self.until);
        let from =
            jobs().filter_map(|job| job.plan.requirements.from).min().map_or(oldest, |from| from.max(oldest));
        let to =
            jobs().filter_map(|job| job.plan.requirements.to).max().unwrap_or(self.until).min(self.until);
        let count = usize::try_from(self.key.buckets).unwrap_or(1);
        let span = Span::new(from.min(to), to, count);
        self.span = Some(span);
        for (.., job) in &mut self.jobs {
            if let Some((_, last_seq)) = job.extent {
                job.tally = Some(Tally::new(ONLY_PARTITION, job.plan.clone(), span, last_seq));
            }
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.jobs.iter().all(|(.., job)| job.tally.as_ref().is_none_or(Tally::is_complete))
    }

    /// The counts so far.
    pub(crate) fn overview(&self) -> SearchOverview {
        let tallies = || self.jobs.iter().filter_map(|(.., job)| Some((job, job.tally.as_ref()?)));
        let mut kinds = HashMap::new();
        let mut severities = HashMap::new();
        let mut dashboards = HashMap::new();
        let mut types = HashMap::new();
        let mut use_cases = HashMap::new();
        for (job, tally) in tallies() {
            for (kind, count) in tally.kinds() {
                *kinds.entry(kind_name(kind).to_owned()).or_default() += count;
            }
            for (severity, count) in tally.severities() {
                *severities.entry(severity).or_default() += count;
            }
            for (name, count) in tally.types() {
                *types.entry(name.to_owned()).or_default() += count;
            }
            for (id, count) in tally.dashboards() {
                *dashboards.entry(id.as_str().to_owned()).or_default() += count;
                if let Some(use_case) = job.use_cases.get(id.as_str()) {
                    *use_cases.entry(use_case.clone()).or_default() += count;
                }
            }
        }
        let mut severities: Vec<(Severity, u64)> = severities.into_iter().collect();
        severities.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        let severities = severities.into_iter().map(|(severity, count)| {
            let name = severity_name(severity);
            SearchFacet { label: name.to_owned(), count, condition: format!("severity:{name}") }
        });
        SearchOverview {
            total: tallies().map(|(_, tally)| tally.total()).sum(),
            is_complete: self.is_complete(),
            counted_to: self.jobs.iter().filter_map(|(.., job)| job.counted_to).max(),
            kinds: facets(kinds, "kind"),
            severities: severities.collect(),
            dashboards: facets(dashboards, "dashboard"),
            types: facets(types, "type"),
            types_are_complete: tallies().all(|(_, tally)| tally.is_typed()),
            use_cases: facets(use_cases, "useCase"),
            buckets: self.buckets(),
        }
    }

    fn buckets(&self) -> Vec<SearchBucket> {
        let Some(span) = self.span else { return Vec::new() };
        let start = |index: usize| {
            span.from.plus_milliseconds(i64::try_from(index).unwrap_or(i64::MAX).saturating_mul(span.width))
        };
        let count = |index: usize, admits: fn(Severity) -> bool| {
            let tallies = self.jobs.iter().filter_map(|(.., job)| job.tally.as_ref());
            let counts = tallies.filter_map(|tally| tally.buckets().get(index));
            counts
                .flat_map(|counts| Severity::ALL.into_iter().zip(counts))
                .filter(|(severity, _)| admits(*severity))
                .map(|(_, count)| count)
                .sum()
        };
        (0..span.count)
            .map(|index| SearchBucket {
                from: start(index),
                to: start(index + 1),
                count: count(index, |_| true),
                warnings: count(index, |severity| severity == Severity::Warning),
                errors: count(index, |severity| severity >= Severity::Error),
            })
            .collect()
    }
}

/// Looks at how far a log reaches.
pub(crate) fn measure(
    reader: &mut LogReader,
    job: &mut CountingJob,
    _effort: &Effort<'_>,
) -> Result<(), StoreError> {
    let extents = reader.extents()?;
    let extent = extents.iter().find(|extent| extent.partition == ONLY_PARTITION);
    if let Some(extent) = extent
        && let Some(from) = at_of(reader, extent.first_seq)?
    {
        job.extent = Some((from, extent.last_seq));
    }
    Ok(())
}

/// Counts on.
pub(crate) fn count(
    reader: &mut LogReader,
    job: &mut CountingJob,
    effort: &Effort<'_>,
) -> Result<(), StoreError> {
    if let Some(tally) = &mut job.tally {
        tally.count(reader, effort)?;
        job.counted_to = match tally.counted_from() {
            Some(seq) => at_of(reader, seq)?,
            None => None,
        };
    }
    Ok(())
}

/// Most first.
fn facets(counts: HashMap<String, u64>, field: &str) -> Vec<SearchFacet> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(left, left_count), (right, right_count)| (right_count, left).cmp(&(left_count, right)));
    counts
        .into_iter()
        .take(FACETS)
        .map(|(value, count)| SearchFacet {
            label: harmless(&value, 80),
            count,
            // Quoted where need be: a `*` in a value is a `*`.
            condition: format!("{field}:{}", Pattern::new(&value, true)),
        })
        .collect()
}
