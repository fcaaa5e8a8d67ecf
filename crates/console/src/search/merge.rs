//! The hits of several hubs as one list, newest first.

use mission_control_protocol::{Record, Timestamp};
use mission_control_store::{
    LogReader, ONLY_PARTITION, StoreError,
    search::{Effort, Plan},
};

use super::at_of;
use crate::view::{HubKey, search::SearchPosition};

/// The search of one hub: what is to be found, and what was.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) plan: Plan,
    /// Where to begin: before or after this place.
    pub(crate) from: u64,
    pub(crate) limit: usize,
    /// In the order of the search.
    pub(crate) records: Vec<Record>,
    /// How far it came; `None` when to the end.
    pub(crate) reached: Option<u64>,
    /// When what it came to was received.
    pub(crate) reached_at: Option<Timestamp>,
    /// The newest place in the log when the search began.
    pub(crate) last_seq: u64,
}

impl Found {
    pub(crate) fn new(plan: Plan, from: u64, limit: usize) -> Self {
        Self { plan, from, limit, records: Vec::new(), reached: None, reached_at: None, last_seq: 0 }
    }
}

/// Finds the newest hits before a place.
pub(crate) fn before(
    reader: &mut LogReader,
    found: &mut Found,
    effort: &Effort<'_>,
) -> Result<(), StoreError> {
    found.last_seq = last_seq(reader)?;
    let from = found.from.min(found.last_seq.saturating_add(1));
    let hits = reader.search_before(ONLY_PARTITION, &found.plan, from, found.limit, effort)?;
    found.records = hits.records;
    found.reached = hits.reached;
    found.reached_at = match hits.reached {
        Some(seq) => at_of(reader, seq)?,
        None => None,
    };
    Ok(())
}

/// Finds the oldest hits after a place.
pub(crate) fn after(
    reader: &mut LogReader,
    found: &mut Found,
    effort: &Effort<'_>,
) -> Result<(), StoreError> {
    found.last_seq = last_seq(reader)?;
    let hits = reader.search_after(ONLY_PARTITION, &found.plan, found.from, found.limit, effort)?;
    // What came in the meantime may have been looked at too.
    let newest = hits.records.last().map_or(0, |record| record.seq);
    found.last_seq = found.last_seq.max(newest);
    found.records = hits.records;
    found.reached = hits.reached;
    Ok(())
}

fn last_seq(reader: &LogReader) -> Result<u64, StoreError> {
    let extents = reader.extents()?;
    Ok(extents.iter().find(|extent| extent.partition == ONLY_PARTITION).map_or(0, |extent| extent.last_seq))
}

/// One list of hits, newest first, and where to go on.
#[derive(Debug)]
pub(crate) struct Merged {
    pub(crate) hits: Vec<(HubKey, Record)>,
    pub(crate) next: Vec<SearchPosition>,
    pub(crate) searched_to: Option<Timestamp>,
}

/// Joins what was found before a place. A hit older than how far the search of another hub has come has to wait: what
/// that hub is yet to give may be newer.
pub(crate) fn merge(found: Vec<(HubKey, Found)>, limit: usize) -> Merged {
    let horizon = found.iter().filter_map(|(_, one)| one.reached.and(one.reached_at)).max();
    let mut hits = Vec::new();
    let mut ends = Vec::new();
    for (hub, one) in found {
        ends.push((hub, one.reached));
        let ripe = one.records.into_iter().map(|record| {
            let is_ripe = horizon.is_none_or(|horizon| record.at >= horizon);
            (hub, record, is_ripe)
        });
        hits.extend(ripe);
    }
    hits.sort_by(|(left_hub, left, _), (right_hub, right, _)| {
        (right.at, left_hub, right.seq).cmp(&(left.at, right_hub, left.seq))
    });
    let shown = hits.iter().take_while(|(.., is_ripe)| *is_ripe).count().min(limit);
    let waiting = hits.split_off(shown);
    let mut next = Vec::new();
    for (hub, reached) in ends {
        // Hits of a hub that have to wait are found again from the newest of them on.
        let first_waiting = waiting.iter().find(|(of, ..)| *of == hub).map(|(_, record, _)| record.seq + 1);
        next.extend(first_waiting.or(reached).map(|seq| SearchPosition { hub, seq }));
    }
    let last_shown = hits.last().map(|(_, record, _)| record.at);
    let searched_to = if next.is_empty() {
        None
    } else if waiting.is_empty() {
        horizon
    } else {
        horizon.max(last_shown)
    };
    Merged { hits: hits.into_iter().map(|(hub, record, _)| (hub, record)).collect(), next, searched_to }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use mission_control_protocol::{DashboardId, RecordKind, Severity};
    use mission_control_store::search::{UseCases, query::LocalTime};
    use proptest::prelude::*;
    use serde_json::value::RawValue;
    use uuid::Uuid;

    use super::*;

    fn record(seq: u64, at: i64) -> Record {
        Record {
            seq,
            at: Timestamp::from_milliseconds(at),
            dashboard_id: DashboardId::new("a").unwrap(),
            kind: RecordKind::Event,
            severity: Severity::Info,
            body: RawValue::from_string("{}".to_owned()).unwrap(),
        }
    }

    fn plan() -> Plan {
        let local = LocalTime { now: Timestamp::default(), utc_offset_minutes: 0 };
        Plan::new(&"".parse().unwrap(), local, &UseCases::new())
    }

    /// Searches a log by definition: each call looks at `look` records at most.
    fn search(log: &[Record], before: u64, limit: usize, look: usize) -> Found {
        let mut found = Found::new(plan(), before, limit);
        let rest = log.iter().rev().filter(|record| record.seq < before).collect::<Vec<_>>();
        let taken = limit.min(look).min(rest.len());
        found.records = rest.iter().take(taken).map(|record| (*record).clone()).collect();
        if let Some(last) = found.records.last().filter(|_| taken < rest.len()) {
            (found.reached, found.reached_at) = (Some(last.seq), Some(last.at));
        }
        found
    }

    proptest! {
        #[test]
        fn pages_of_several_hubs_join_to_one_list_in_order(
            times in prop::collection::vec(prop::collection::vec(0_i64..40, 0..20), 1..4),
            limit in 1_usize..6,
            look in 1_usize..6,
        ) {
            let logs: Vec<(HubKey, Vec<Record>)> = times.into_iter().zip(0_u128..).map(|(mut times, hub)| {
                times.sort_unstable();
                let records = times.into_iter().zip(1..).map(|(at, seq)| record(seq, at)).collect();
                (HubKey(Uuid::from_u128(hub)), records)
            }).collect();
            let mut position: Vec<_> =
                logs.iter().map(|(hub, _)| SearchPosition { hub: *hub, seq: u64::MAX }).collect();
            let mut shown: Vec<(HubKey, u64, Timestamp)> = Vec::new();
            while !position.is_empty() {
                let found = position.iter().map(|position| {
                    let (_, log) = logs.iter().find(|(hub, _)| *hub == position.hub).unwrap();
                    (position.hub, search(log, position.seq, limit, look))
                });
                let merged = merge(found.collect(), limit);
                prop_assert!(merged.hits.len() <= limit);
                prop_assert!(merged.next != position, "it goes on");
                shown.extend(merged.hits.iter().map(|(hub, record)| (*hub, record.seq, record.at)));
                position = merged.next;
            }
            prop_assert!(shown.is_sorted_by(|left, right| left.2 >= right.2), "{:?}", shown);
            let all = logs.iter().map(|(_, log)| log.len()).sum::<usize>();
            prop_assert_eq!(shown.len(), all);
            let distinct: HashSet<_> = shown.iter().map(|(hub, seq, _)| (*hub, *seq)).collect();
            prop_assert_eq!(distinct.len(), all, "none twice");
        }
    }
}
