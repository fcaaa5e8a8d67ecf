//! The searches that a [`ConsoleHandle`] answers.

use std::collections::HashMap;

use mission_control_protocol::Record;
use mission_control_store::{LogReader, ONLY_PARTITION};

use super::{
    Counting, CountingKey, Found, Leash, PAGE, Purpose, SearchGround, completions, merge, on_each, overview,
    plan, unreadable,
};
use crate::{
    core::CoreRequest,
    handle::{ConsoleHandle, ended},
    models::commands::indented,
    view::{
        HubKey,
        requests::{RequestError, RequestErrorCode},
        search::{
            CompleteQuery, QueryCompletions, SearchOverview, SearchOverviewRequest, SearchPage,
            SearchPageRequest, SearchPosition, SearchRecord, SearchRecordRequest, SearchRow, SearchScope,
            SearchTail, SearchTailRequest,
        },
    },
};

impl ConsoleHandle {
    /// The newest hits of a search, or older ones, of all its hubs.
    ///
    /// # Errors
    /// [`RequestErrorCode::QueryInvalid`] with the place of the mistake, [`RequestErrorCode::Superseded`] when a newer
    /// search of the view took the place of this one, [`RequestErrorCode::HubUnknown`], and
    /// [`RequestErrorCode::CacheUnavailable`] when a log cannot be read.
    pub async fn search_page(&self, request: SearchPageRequest) -> Result<SearchPage, RequestError> {
        let leash = self.leash(&request.scope, Purpose::Page).await?;
        let ground = self.ground(&request.scope).await?;
        let limit = limited(request.limit);
        let mut jobs = Vec::with_capacity(ground.hubs.len());
        for hub in &ground.hubs {
            let from = match &request.position {
                None => u64::MAX,
                Some(position) => match place_of(position, hub.key) {
                    Some(seq) => seq,
                    // This hub has nothing older.
                    None => continue,
                },
            };
            let found = Found::new(plan(&request.scope, ground.now, hub)?, from, limit);
            jobs.push((hub.key, hub.log.clone(), found));
        }
        let found: Vec<_> = on_each(jobs, &leash, merge::before)
            .await?
            .into_iter()
            .map(|(hub, _, found)| (hub, found))
            .collect();
        let is_first = request.position.is_none();
        let tail = found
            .iter()
            .filter(|_| is_first)
            .map(|(hub, one)| SearchPosition { hub: *hub, seq: one.last_seq });
        let tail = tail.collect();
        let merged = merge::merge(found, limit);
        let rows = self.search_rows(merged.hits).await?;
        let next = Some(merged.next).filter(|next| !next.is_empty());
        Ok(SearchPage { rows, next, searched_to: merged.searched_to, tail })
    }

    /// Hits that came since.
    ///
    /// # Errors
    /// As [`Self::search_page`].
    pub async fn search_tail(&self, request: SearchTailRequest) -> Result<SearchTail, RequestError> {
        let leash = self.leash(&request.scope, Purpose::Tail).await?;
        let ground = self.ground(&request.scope).await?;
        let limit = limited(request.limit);
        let mut jobs = Vec::with_capacity(ground.hubs.len());
        for hub in &ground.hubs {
            let from = place_of(&request.position, hub.key).unwrap_or(0);
            let found = Found::new(plan(&request.scope, ground.now, hub)?, from, limit);
            jobs.push((hub.key, hub.log.clone(), found));
        }
        let found = on_each(jobs, &leash, merge::after).await?;
        let mut hits = Vec::new();
        let mut tail = Vec::new();
        let mut has_more = false;
        for (hub, _, one) in found {
            has_more |= one.reached.is_some();
            // A log that started anew is followed from where it is now.
            let seq = one.reached.unwrap_or(one.last_seq);
            tail.push(SearchPosition { hub, seq });
            hits.extend(one.records.into_iter().map(|record| (hub, record)));
        }
        hits.sort_by(|(left_hub, left), (right_hub, right)| {
            (right.at, left_hub, right.seq).cmp(&(left.at, right_hub, left.seq))
        });
        Ok(SearchTail { rows: self.search_rows(hits).await?, tail, has_more })
    }

    /// One hit in full.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] when there is no such record any more, and those of [`Self::search_page`].
    pub async fn search_record(&self, request: SearchRecordRequest) -> Result<SearchRecord, RequestError> {
        let SearchRecordRequest { hub, seq } = request;
        let path = self.ask_core(|reply| CoreRequest::LogPath { hub, reply }).await?;
        let read = tokio::task::spawn_blocking(move || {
            LogReader::open(&path)?.records(ONLY_PARTITION, seq, 1).map(|mut found| found.pop())
        });
        let found = read
            .await
            .map_err(|error| unreadable(error.to_string()))?
            .map_err(|error| unreadable(error.to_string()))?;
        let Some(record) = found.filter(|record| record.seq == seq) else {
            let message = "This record is no longer kept.";
            return Err(RequestError::new(RequestErrorCode::InvalidInput, message));
        };
        let body = serde_json::from_str(record.body.get())
            .map_or_else(|_| record.body.get().to_owned(), |body| indented(&body));
        let mut rows = self.search_rows(vec![(hub, record)]).await?;
        match rows.pop() {
            Some(row) => Ok(SearchRecord { row, body }),
            None => Err(ended()),
        }
    }

    /// Counts over all hits of a search. Asked again, it counts on.
    ///
    /// # Errors
    /// As [`Self::search_page`].
    pub async fn search_overview(
        &self,
        request: SearchOverviewRequest,
    ) -> Result<SearchOverview, RequestError> {
        let leash = self.leash(&request.scope, Purpose::Overview).await?;
        let view = request.scope.view.as_str();
        let key = CountingKey::of(&request);
        let mut counting = match self.search_desk().take(view, key.clone()).await {
            Some(counting) => counting,
            None => {
                let ground = self.ground(&request.scope).await?;
                let now = ground.now;
                let mut hubs = Vec::with_capacity(ground.hubs.len());
                for hub in ground.hubs {
                    let plan = plan(&request.scope, now, &hub)?;
                    hubs.push((hub, plan));
                }
                Counting::new(key, hubs, now)
            }
        };
        if !counting.is_measured() {
            counting.jobs = on_each(counting.jobs, &leash, overview::measure).await?;
            counting.begin();
        }
        counting.jobs = on_each(counting.jobs, &leash, overview::count).await?;
        let overview = counting.overview();
        if !overview.is_complete {
            self.search_desk().put(view, counting).await;
        }
        Ok(overview)
    }

    /// What could stand at the cursor in a query, and what is wrong with it so far.
    ///
    /// # Errors
    /// Only while the console is shutting down.
    pub async fn complete_query(&self, request: CompleteQuery) -> Result<QueryCompletions, RequestError> {
        let known = self.ask_core(|reply| CoreRequest::KnownValues { reply }).await?;
        Ok(completions(&request, &known))
    }

    async fn leash(&self, scope: &SearchScope, purpose: Purpose) -> Result<Leash, RequestError> {
        self.search_desk().begin(&scope.view, purpose).await.map(Leash::new).ok_or_else(ended)
    }

    async fn ground(&self, scope: &SearchScope) -> Result<SearchGround, RequestError> {
        let hubs = scope.hubs.clone();
        self.ask_core(|reply| CoreRequest::SearchGround { hubs, reply }).await
    }

    /// Hits as lines, in their order. A hub that is followed no more has none.
    async fn search_rows(&self, hits: Vec<(HubKey, Record)>) -> Result<Vec<SearchRow>, RequestError> {
        let order: Vec<_> = hits.iter().map(|(hub, record)| (*hub, record.seq)).collect();
        let rows = self.ask_core(|reply| CoreRequest::SearchRows { hits, reply }).await?;
        let mut by_place: HashMap<_, _> =
            rows.into_iter().map(|row| ((row.dashboard.hub, row.seq), row)).collect();
        Ok(order.into_iter().filter_map(|place| by_place.remove(&place)).collect())
    }
}

fn limited(limit: u32) -> usize {
    usize::try_from(limit.clamp(1, PAGE)).unwrap_or(1)
}

fn place_of(position: &[SearchPosition], hub: HubKey) -> Option<u64> {
    position.iter().find(|position| position.hub == hub).map(|position| position.seq)
}
