//! Searching the record of several hubs: pages, tails, counts, one record, mistakes in a query, and the past.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::collections::HashSet;

use mission_control_console::{
    ConsoleHandle,
    view::{
        HubKey,
        requests::RequestErrorCode,
        search::{
            CompleteQuery, SearchOverview, SearchOverviewRequest, SearchPageRequest, SearchPosition,
            SearchRecordRequest, SearchRow, SearchScope, SearchTailRequest,
        },
    },
};
use mission_control_protocol::{RecordKind, Severity, Timestamp};
use support::*;

const HUB: HubKey = HubKey::EMBEDDED;

fn scope(query: &str) -> SearchScope {
    SearchScope {
        view: "events".to_owned(),
        hubs: Vec::new(),
        query: query.to_owned(),
        utc_offset_minutes: 60,
        until: None,
    }
}

/// All hits, in pages of `limit`.
async fn all(
    handle: &ConsoleHandle,
    scope: &SearchScope,
    limit: u32,
) -> (Vec<SearchRow>, Vec<SearchPosition>) {
    let mut position = None;
    let mut rows = Vec::new();
    let mut tail = None;
    loop {
        let request = SearchPageRequest { scope: scope.clone(), position, limit };
        let page = handle.search_page(request).await.unwrap();
        assert!(page.rows.len() <= limit as usize);
        tail.get_or_insert(page.tail);
        rows.extend(page.rows);
        assert_eq!(page.searched_to.is_none(), page.next.is_none());
        position = page.next;
        if position.is_none() {
            return (rows, tail.unwrap());
        }
    }
}

async fn overview(handle: &ConsoleHandle, query: &str) -> SearchOverview {
    loop {
        let request = SearchOverviewRequest { scope: scope(query), buckets: 20 };
        let overview = handle.search_overview(request).await.unwrap();
        if overview.is_complete {
            return overview;
        }
    }
}

fn minutes_ago(minutes: i64) -> Timestamp {
    now().plus_milliseconds(-minutes * 60_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hits_of_two_hubs_are_one_list_in_order() {
    let (here, there, directory) = (StubHub::new(), StubHub::new(), tempfile::tempdir().unwrap());
    for minute in (1..=30_u32).rev() {
        here.append_at(
            minutes_ago(2 * i64::from(minute)),
            vec![event("a", "TICK", minute.into()), event("a", "TOCK", minute.into())],
        );
        there.append_at(minutes_ago(2 * i64::from(minute) - 1), vec![event("b", "TICK", minute.into())]);
    }
    let console = start(directory.path(), Some(here.embedded())).await;
    let handle = console.handle();
    let listening = there.listen(0).await;
    let remote = add_hub(&handle, listening.address()).await;
    until_live(&handle, remote).await;

    for limit in [1, 7, 500] {
        let (rows, _) = all(&handle, &scope("type:TICK"), limit).await;
        assert_eq!(rows.len(), 60, "in pages of {limit}");
        assert!(rows.is_sorted_by(|left, right| left.at >= right.at));
        let places: HashSet<_> = rows.iter().map(|row| (row.dashboard.hub, row.seq)).collect();
        assert_eq!(places.len(), 60);
    }
    let (rows, _) = all(&handle, &SearchScope { hubs: vec![remote], ..scope("tick") }, 500).await;
    assert!(rows.len() == 30 && rows.iter().all(|row| row.dashboard.hub == remote));

    let counted = overview(&handle, "kind:event").await;
    assert_eq!(counted.total, 90);
    assert_eq!(counted.buckets.iter().map(|bucket| bucket.count).sum::<u64>(), 90);
    let types: Vec<_> = counted.types.iter().map(|facet| (facet.condition.as_str(), facet.count)).collect();
    assert_eq!(types, [("type:TICK", 60), ("type:TOCK", 30)]);
    for facet in counted.types.iter().chain(&counted.dashboards).chain(&counted.kinds) {
        assert_eq!(overview(&handle, &format!("kind:event {}", facet.condition)).await.total, facet.count);
    }
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_brings_what_came_since_and_a_record_opens_in_full() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.register(&["a"]);
    hub.append(vec![event("a", "TICK", 1)]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    // Dashboards have names once the log has been folded.
    until_live(&handle, HUB).await;
    let (rows, tail) = all(&handle, &scope("tick"), 10).await;
    assert_eq!(rows.len(), 1);

    hub.append(vec![event("a", "TOCK", 2), event("a", "TICK", 3), event("a", "TICK", 4)]);
    let tailed = |position: Vec<SearchPosition>, limit| {
        handle.search_tail(SearchTailRequest { scope: scope("tick"), position, limit })
    };
    let first = tailed(tail, 1).await.unwrap();
    assert!(first.rows.len() == 1 && first.has_more);
    let second = tailed(first.tail, 500).await.unwrap();
    assert!(second.rows.len() == 1 && second.rows[0].seq > first.rows[0].seq && !second.has_more);
    assert!(tailed(second.tail, 500).await.unwrap().rows.is_empty());

    let request = SearchRecordRequest { hub: HUB, seq: rows[0].seq };
    let record = handle.search_record(request).await.unwrap();
    assert_eq!(record.row, rows[0]);
    assert!(record.body.contains("\n  \"type\": \"TICK\""), "{}", record.body);
    let gone = handle.search_record(SearchRecordRequest { hub: HUB, seq: 1_000 }).await.unwrap_err();
    assert_eq!(gone.code, RequestErrorCode::InvalidInput);

    let (kinds, _) = all(&handle, &scope("-kind:event"), 500).await;
    assert!(kinds.iter().any(|row| row.kind == RecordKind::Registration && !row.summary.is_empty()));
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistakes_are_pointed_at_and_the_past_hides_what_came_after() {
    let (hub, directory) = (StubHub::new(), tempfile::tempdir().unwrap());
    hub.append_at(minutes_ago(30), vec![registration("a"), alert("a", "al-1", Severity::Critical)]);
    hub.append_at(minutes_ago(10), vec![event("a", "TICK", 1)]);
    let console = start(directory.path(), Some(hub.embedded())).await;
    let handle = console.handle();
    until_live(&handle, HUB).await;

    let request = SearchPageRequest { scope: scope("é sevrity:error"), position: None, limit: 10 };
    let error = handle.search_page(request).await.unwrap_err();
    assert_eq!(error.code, RequestErrorCode::QueryInvalid);
    assert_eq!(error.span.map(|span| (span.offset, span.length)), Some((2, 7)));
    assert!(error.message.contains("did you mean `severity`?"));

    let then = SearchScope { until: Some(minutes_ago(20)), ..scope("") };
    let (rows, _) = all(&handle, &then, 10).await;
    assert_eq!(rows.len(), 2);
    let (rows, _) = all(&handle, &SearchScope { query: "after:-15m".to_owned(), ..then }, 10).await;
    assert_eq!(rows.len(), 2, "ago is from the instant shown");

    let found =
        handle.complete_query(CompleteQuery { query: "dashboard:".to_owned(), cursor: 10 }).await.unwrap();
    assert_eq!(found.suggestions[0].text, "a");
    assert!(found.mistake.is_some(), "it is not finished");

    let unknown = SearchScope { hubs: vec![HubKey(uuid::Uuid::from_u128(9))], ..scope("") };
    let request = SearchPageRequest { scope: unknown, position: None, limit: 10 };
    assert_eq!(handle.search_page(request).await.unwrap_err().code, RequestErrorCode::HubUnknown);
    console.shutdown().await;
}
