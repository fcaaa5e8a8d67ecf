//! Searching a log against going through it.

use std::cell::Cell;

use mission_control_protocol::{DashboardId, Record, RecordKind, Severity, Timestamp};
use serde_json::value::RawValue;

use super::{
    Effort, Plan, RecordView, Span, Tally, UseCases,
    query::{LocalTime, Query},
};
use crate::{Entry, LogReader, ONLY_PARTITION, OriginWriter};

const START: i64 = 1_795_000_000_000;

const QUERIES: [&str; 12] = [
    "",
    "kind:event",
    "kind:alert severity>=warning",
    "timeout",
    "\"disk full\" dashboard:d-1",
    "dashboard:d-* -dashboard:d-2 kind:event",
    "type:DATA_INGESTED",
    "timeout OR kind:connection",
    "after:-20s before:-5s",
    "after:-20s timeout",
    "payload.n>=900",
    "nowhere",
];

struct Log {
    _directory: tempfile::TempDir,
    reader: LogReader,
    records: Vec<Record>,
}

/// A log of `count` records, ten a second.
fn log(count: u64) -> Log {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let mut writer = OriginWriter::open(&path).unwrap();
    for group in 0..count.div_ceil(10) {
        let mut entries: Vec<_> = (group * 10..count.min(group * 10 + 10)).map(entry).collect();
        let at = Timestamp::from_milliseconds(START + i64::try_from(group).unwrap() * 1_000);
        writer.append(at, &mut entries).unwrap();
    }
    let mut reader = LogReader::open(&path).unwrap();
    let records = reader.records(ONLY_PARTITION, 1, u32::MAX).unwrap();
    assert_eq!(records.len() as u64, count);
    Log { _directory: directory, reader, records }
}

fn entry(n: u64) -> Entry {
    let (kind, body) = match n % 7 {
        0 => (RecordKind::Connection, r#"{"liveness":"online","reason":"timeout over"}"#.to_owned()),
        1 => (
            RecordKind::Alert,
            format!(
                r#"{{"alertId":"a-{n}","transition":"raised","alert":{{"type":"DISK","title":"Disk full"}}}}"#
            ),
        ),
        2 => (RecordKind::Event, format!(r#"{{"type":"DATA_INGESTED","payload":{{"n":{n}}}}}"#)),
        _ => (RecordKind::Event, format!(r#"{{"type":"ERROR","payload":{{"text":"Timeout {n}"}}}}"#)),
    };
    Entry {
        dashboard_id: DashboardId::new(&format!("d-{}", n % 3)).unwrap(),
        kind,
        severity: Severity::ALL[usize::try_from(n % 5).unwrap()],
        body: RawValue::from_string(body).unwrap(),
        producer: None,
    }
}

fn plan(query: &str, log: &Log) -> Plan {
    let now = log.records.last().unwrap().at;
    let query: Query = query.parse().unwrap();
    Plan::new(&query, LocalTime { now, utc_offset_minutes: 0 }, &UseCases::default())
}

/// The places of what the query asks for, found by going through all.
fn expected(plan: &Plan, log: &Log) -> Vec<u64> {
    let matching = log.records.iter().filter(|record| plan.matcher.matches(&RecordView::from(*record)));
    matching.map(|record| record.seq).collect()
}

#[test]
fn pages_join_to_all_hits_newest_first_and_oldest_first() {
    let mut log = log(1_000);
    for query in QUERIES {
        let plan = plan(query, &log);
        let mut expected = expected(&plan, &log);
        assert_eq!(expected.is_empty(), query == "nowhere", "{query}");
        for limit in [1, 7, 2_000] {
            // Stops at every chance: what is not done is gone on with.
            let asked = Cell::new(0_u64);
            let stop = || {
                asked.set(asked.get() + 1);
                asked.get().is_multiple_of(3)
            };
            let effort = Effort { stop: &stop };
            let mut found = Vec::new();
            let mut after = 0;
            loop {
                let hits = log.reader.search_after(ONLY_PARTITION, &plan, after, limit, &effort).unwrap();
                found.extend(hits.records.iter().map(|record| record.seq));
                let Some(reached) = hits.reached else { break };
                assert!(hits.records.len() == limit || hits.stopped, "{query}");
                after = reached;
            }
            assert_eq!(found, expected, "{query}");

            let mut found = Vec::new();
            let mut before = u64::MAX;
            loop {
                let hits = log.reader.search_before(ONLY_PARTITION, &plan, before, limit, &effort).unwrap();
                found.extend(hits.records.iter().map(|record| record.seq));
                let Some(reached) = hits.reached else { break };
                before = reached;
            }
            expected.reverse();
            assert_eq!(found, expected, "{query}");
            expected.reverse();
        }
    }
}

#[test]
fn counts_agree_with_the_hits_however_often_counting_is_interrupted() {
    let mut log = log(1_000);
    let (first, last) = (log.records[0].at, log.records[999].at);
    let span = Span::new(first, last.plus_milliseconds(1), 10);
    for query in QUERIES {
        let plan = plan(query, &log);
        let expected = expected(&plan, &log);
        let hits: Vec<_> = log.records.iter().filter(|record| expected.contains(&record.seq)).collect();
        let mut tally = Tally::new(ONLY_PARTITION, plan, span, 1_000);
        let mut total = 0;
        while !tally.is_complete() {
            let asked = Cell::new(0);
            let stop = || {
                asked.set(asked.get() + 1);
                asked.get() > 2
            };
            tally.count(&mut log.reader, &Effort { stop: &stop }).unwrap();
            assert!(tally.total() >= total);
            total = tally.total();
        }
        assert_eq!(total, hits.len() as u64, "{query}");
        for (kind, count) in tally.kinds() {
            assert_eq!(count, hits.iter().filter(|record| record.kind == kind).count() as u64, "{query}");
        }
        for (id, count) in tally.dashboards() {
            assert_eq!(
                count,
                hits.iter().filter(|record| record.dashboard_id == *id).count() as u64,
                "{query}"
            );
        }
        assert_eq!(tally.severities().map(|(_, count)| count).sum::<u64>(), total);
        for (index, bucket) in tally.buckets().iter().enumerate() {
            let in_bucket = hits.iter().filter(|record| span.bucket(record.at) == index).count();
            assert_eq!(bucket.iter().sum::<u64>(), in_bucket as u64, "{query}");
        }
        assert!(tally.is_typed());
        let ingested = tally.types().find(|(name, _)| *name == "DATA_INGESTED").map_or(0, |(_, count)| count);
        assert_eq!(
            ingested,
            hits.iter().filter(|record| record.body.get().contains("INGESTED")).count() as u64
        );
    }
}

#[test]
fn buckets_cover_their_time_evenly() {
    let at = Timestamp::from_milliseconds;
    let span = Span::new(at(1_000), at(1_100), 7);
    assert_eq!((span.bucket(at(1_000)), span.bucket(at(1_099)), span.width), (0, 6, 15));
    assert_eq!((span.bucket(at(0)), span.bucket(at(9_000))), (0, 6));
    let empty = Span::new(at(5), at(5), 0);
    assert_eq!((empty.count, empty.width, empty.bucket(at(5))), (1, 1, 0));
}
