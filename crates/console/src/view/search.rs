//! Searching the record: what is asked for, and what is found.

use mission_control_protocol::{RecordKind, Severity, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DashboardKey, HubKey, Status};

/// What is searched for, and where. The same in every request of a search.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchScope {
    /// Which view asks, such as `events`: a newer search of the same view ends an older one.
    pub view: String,
    /// In which hubs; in all when empty.
    pub hubs: Vec<HubKey>,
    /// The query, as typed.
    pub query: String,
    /// How far the operator's clock is ahead of UTC, in minutes.
    pub utc_offset_minutes: i32,
    /// Only what was received up to this instant: the one that the time conductor shows. Null when that is now.
    pub until: Option<Timestamp>,
}

/// `search_page`: the newest hits, or older ones.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchPageRequest {
    /// What is searched for.
    pub scope: SearchScope,
    /// Where to go on: `next` of the page before. Null for the first page.
    pub position: Option<Vec<SearchPosition>>,
    /// At most so many hits; 500 at the most.
    pub limit: u32,
}

/// How far a search has come in one hub's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchPosition {
    /// The hub.
    pub hub: HubKey,
    /// The place in its log.
    #[ts(type = "number")]
    pub seq: u64,
}

/// `search_page` returns this. A page may have fewer hits than asked for, or none, although there are more: it is given
/// back in time to be shown, and `next` goes on.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    /// The hits of all hubs, newest first.
    pub rows: Vec<SearchRow>,
    /// Where to go on; null when there is nothing older.
    pub next: Option<Vec<SearchPosition>>,
    /// Everything received since then was searched; null when everything was.
    pub searched_to: Option<Timestamp>,
    /// Where a tail begins that continues this page; of the first page only.
    pub tail: Vec<SearchPosition>,
}

/// `search_tail`: hits that came since.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchTailRequest {
    /// What is searched for.
    pub scope: SearchScope,
    /// From where on: `tail` of the first page, or of the tail before.
    pub position: Vec<SearchPosition>,
    /// At most so many hits; 500 at the most.
    pub limit: u32,
}

/// `search_tail` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchTail {
    /// The new hits of all hubs, newest first.
    pub rows: Vec<SearchRow>,
    /// Where to go on.
    pub tail: Vec<SearchPosition>,
    /// Whether there is more already.
    pub has_more: bool,
}

/// One hit.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchRow {
    /// The dashboard it is about.
    pub dashboard: DashboardKey,
    /// The dashboard's name.
    pub dashboard_name: String,
    /// Place in its hub's log; unique in the hub.
    #[ts(type = "number")]
    pub seq: u64,
    /// When the hub received it.
    pub at: Timestamp,
    /// What sort of thing happened.
    pub kind: RecordKind,
    /// How bad it is.
    pub severity: Severity,
    /// Colour and shape.
    pub status: Status,
    /// What happened: the type of the event, or the kind of record.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The details in one line.
    pub summary: String,
}

/// `search_record`: one hit in full.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchRecordRequest {
    /// The hub.
    pub hub: HubKey,
    /// The place in its log.
    #[ts(type = "number")]
    pub seq: u64,
}

/// `search_record` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchRecord {
    /// Its line.
    pub row: SearchRow,
    /// Its body, as JSON text, indented.
    pub body: String,
}

/// `search_overview`: counts over all hits. It returns in time to be shown; asked again with the same scope, it counts
/// on, until `isComplete`. Asked again after that, it counts anew.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchOverviewRequest {
    /// What is searched for.
    pub scope: SearchScope,
    /// In how many parts time is divided, 1 to 500.
    pub buckets: u32,
}

/// `search_overview` returns this. Unless `isComplete`, each count is "at least".
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchOverview {
    /// Hits.
    #[ts(type = "number")]
    pub total: u64,
    /// Whether all of the log has been counted.
    pub is_complete: bool,
    /// Everything received since then was counted; null when everything was.
    pub counted_to: Option<Timestamp>,
    /// Hits by kind, most first.
    pub kinds: Vec<SearchFacet>,
    /// Hits by severity, worst first.
    pub severities: Vec<SearchFacet>,
    /// Hits by dashboard, most first; the first 100.
    pub dashboards: Vec<SearchFacet>,
    /// Hits by type, most first; the first 100.
    pub types: Vec<SearchFacet>,
    /// Whether `types` counts all hits; else it counts the newest of them.
    pub types_are_complete: bool,
    /// Hits by what the dashboard is for, most first; the first 100.
    pub use_cases: Vec<SearchFacet>,
    /// Hits over time, rising.
    pub buckets: Vec<SearchBucket>,
}

/// Hits that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchFacet {
    /// What they have in common.
    pub label: String,
    /// How many.
    #[ts(type = "number")]
    pub count: u64,
    /// The condition that asks for them, to be added to the query: `kind:event`.
    pub condition: String,
}

/// Hits in a stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchBucket {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends; that instant is not in it.
    pub to: Timestamp,
    /// Hits in it.
    #[ts(type = "number")]
    pub count: u64,
    /// Of those, the ones of severity warning.
    #[ts(type = "number")]
    pub warnings: u64,
    /// Of those, the ones of severity error or worse.
    #[ts(type = "number")]
    pub errors: u64,
}

/// `complete_query`: what could stand at the cursor, and what is wrong with the query as it is.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CompleteQuery {
    /// The query, as typed.
    pub query: String,
    /// Where the cursor is, in UTF-16 units, as a text field counts.
    pub cursor: u32,
}

/// `complete_query` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueryCompletions {
    /// What a suggestion takes the place of.
    pub replace: QuerySpan,
    /// What could stand there, best first; 20 at the most.
    pub suggestions: Vec<QuerySuggestion>,
    /// What is wrong with the query, in a sentence; null when nothing is.
    pub mistake: Option<String>,
    /// Where that is.
    pub mistake_at: Option<QuerySpan>,
    /// The query as the program reads it; empty when it is wrong.
    pub canonical: String,
}

/// What could stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QuerySuggestion {
    /// What to put there.
    pub text: String,
    /// What it is; may be empty.
    pub note: String,
}

/// A stretch of a query, in UTF-16 units, as a text field counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QuerySpan {
    /// Where it begins.
    pub offset: u32,
    /// How long it is.
    pub length: u32,
}
