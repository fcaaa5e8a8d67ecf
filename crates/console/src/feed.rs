//! The events and charts of one dashboard that is looked at: read from the log once, extended live.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mission_control_protocol::{DashboardId, Record, Timestamp};
use mission_control_store::{LogReader, ONLY_PARTITION, RecordFilter, StoreError};
use tokio::time::Instant;

use crate::{
    charts::{ChartSet, MEASURED, POINTS},
    hub_state::HubState,
    models::events,
    view::{ChartRange, DashboardKey, EventRow, dashboard::ChartGroup, frame::HubConnection},
};

/// Lines of the event feed.
pub(crate) const EVENTS: usize = 200;

/// Records looked at for the first lines; older ones come with the feed's next page.
const LOOK_AT: u64 = 2_000_000;

/// What was read from the log.
pub(crate) struct Loaded {
    charts: ChartSet,
    /// Newest first.
    events: Vec<Record>,
    /// Everything up to here has been read.
    reached: u64,
}

/// The events and charts of one dashboard.
pub(crate) struct DashboardFeed {
    pub(crate) dashboard: DashboardKey,
    range: ChartRange,
    charts: ChartSet,
    /// Newest first.
    events: VecDeque<EventRow>,
    /// While the log is being read: what came meanwhile.
    meanwhile: Option<Vec<Record>>,
    /// Number of the reading whose result is wanted.
    reading: u64,
    cancel: Arc<AtomicBool>,
    drawn: Vec<ChartGroup>,
    draw_at: Instant,
}

/// A reading that is to be started.
pub(crate) struct Reading {
    pub(crate) number: u64,
    path: PathBuf,
    dashboard: DashboardId,
    from: Timestamp,
    to: Timestamp,
    /// Nothing after this is read, when it is the past that is shown.
    until: Option<Timestamp>,
    cancel: Arc<AtomicBool>,
}

impl DashboardFeed {
    pub(crate) fn new(dashboard: DashboardKey, range: ChartRange) -> Self {
        Self {
            dashboard,
            range,
            charts: ChartSet::new(),
            events: VecDeque::new(),
            meanwhile: None,
            reading: 0,
            cancel: Arc::default(),
            drawn: Vec::new(),
            draw_at: Instant::now(),
        }
    }

    /// Starts over: everything is to be read from the log (again).
    pub(crate) fn read_anew(&mut self, hub: &HubState, now: Timestamp) -> Reading {
        self.cancel.store(true, Ordering::Relaxed);
        self.cancel = Arc::default();
        self.reading += 1;
        self.meanwhile = Some(Vec::new());
        let (from, to) = self.span(hub, now);
        let until = matches!(hub.connection, HubConnection::Past { .. }).then_some(to);
        Reading {
            number: self.reading,
            path: hub.log_path.clone(),
            dashboard: self.dashboard.dashboard_id.clone(),
            from,
            to,
            until,
            cancel: Arc::clone(&self.cancel),
        }
    }

    /// Takes what was read, unless a later reading was started.
    pub(crate) fn loaded(&mut self, hub: &HubState, number: u64, loaded: Loaded) {
        if number != self.reading {
            return;
        }
        self.charts = loaded.charts;
        self.events =
            loaded.events.iter().filter_map(|record| events::row(hub, record)).take(EVENTS).collect();
        self.draw_at = Instant::now();
        let meanwhile = self.meanwhile.take().unwrap_or_default();
        for record in meanwhile.iter().filter(|record| record.seq > loaded.reached) {
            self.extend(hub, record);
        }
    }

    /// The log could not be read; what comes live is shown all the same.
    pub(crate) fn failed(&mut self, hub: &HubState, number: u64) {
        if number == self.reading {
            for record in self.meanwhile.take().unwrap_or_default() {
                self.extend(hub, &record);
            }
        }
    }

    /// Takes new records of the hub's log; true when one of them is about the dashboard.
    pub(crate) fn records(&mut self, hub: &HubState, records: &[Record]) -> bool {
        let mut any = false;
        for record in records {
            if record.dashboard_id != self.dashboard.dashboard_id {
                continue;
            }
            any = true;
            match &mut self.meanwhile {
                Some(waiting) => waiting.push(record.clone()),
                None => self.extend(hub, record),
            }
        }
        any
    }

    fn extend(&mut self, hub: &HubState, record: &Record) {
        if MEASURED.contains(&record.kind) {
            self.charts.push(record);
        } else if let Some(row) = events::row(hub, record) {
            self.events.push_front(row);
            self.events.truncate(EVENTS);
        }
    }

    pub(crate) fn events(&self) -> Vec<EventRow> {
        self.events.iter().cloned().collect()
    }

    /// The charts; drawn anew about as often as they move by a pixel.
    pub(crate) fn charts(&mut self, hub: &HubState, now: Timestamp) -> Vec<ChartGroup> {
        if Instant::now() >= self.draw_at {
            let (from, to) = self.span(hub, now);
            self.charts.forget_before(from);
            self.drawn = self.charts.draw(from, to);
            self.draw_at = Instant::now()
                + match self.range {
                    ChartRange::FiveMinutes | ChartRange::HalfHour => Duration::from_secs(1),
                    ChartRange::SixHours | ChartRange::Day => Duration::from_secs(5),
                    ChartRange::Week | ChartRange::Month | ChartRange::Year => Duration::from_secs(30),
                };
        }
        self.drawn.clone()
    }

    /// The span shown: it ends now, or where the cache does.
    fn span(&self, hub: &HubState, now: Timestamp) -> (Timestamp, Timestamp) {
        let to = if hub.is_live() { now } else { hub.cached_at().unwrap_or(now) };
        (to.plus_milliseconds(-self.range.milliseconds()), to)
    }
}

impl Drop for DashboardFeed {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Reading {
    /// Reads the log. Blocks on the disk. `None` when it was cancelled.
    pub(crate) fn run(&self) -> Result<Option<Loaded>, StoreError> {
        let mut reader = LogReader::open(&self.path)?;
        let reached = match self.until {
            Some(until) => reader.seq_at(ONLY_PARTITION, until.plus_milliseconds(1))?.saturating_sub(1),
            None => last_seq(&reader)?,
        };
        let feed = RecordFilter { dashboard: Some(self.dashboard.clone()), kinds: events::FED.to_vec() };
        // Some lines are no news and are left out: read a few more.
        let wanted = u32::try_from(EVENTS * 2).unwrap_or(u32::MAX);
        let events = reader.newest(ONLY_PARTITION, &feed, reached + 1, wanted, LOOK_AT)?.records;
        // Nothing that is new is missed: a remote hub's clock may be ahead of this one.
        let ahead = self.to.plus_milliseconds(self.to.milliseconds_since(self.from));
        let end = self.until.unwrap_or(ahead);
        let go_on = || !self.cancel.load(Ordering::Relaxed);
        let history = reader.charts(&self.dashboard, None, self.from, end, POINTS * 2, go_on)?;
        let cancelled = self.cancel.load(Ordering::Relaxed);
        let charts = ChartSet::of_history(history);
        Ok((!cancelled).then_some(Loaded { charts, events, reached }))
    }
}

fn last_seq(reader: &LogReader) -> Result<u64, StoreError> {
    let extents = reader.extents()?;
    let extent = extents.iter().find(|extent| extent.partition == ONLY_PARTITION);
    Ok(extent.map_or(0, |extent| extent.last_seq))
}

/// Part of the event feed, as records. Blocks on the disk.
pub(crate) fn read_page(
    path: &Path,
    dashboard: &DashboardId,
    before_seq: u64,
    limit: u32,
) -> Result<mission_control_store::Page, StoreError> {
    let mut reader = LogReader::open(path)?;
    let filter = RecordFilter { dashboard: Some(dashboard.clone()), kinds: events::FED.to_vec() };
    reader.newest(ONLY_PARTITION, &filter, before_seq, limit, LOOK_AT)
}
