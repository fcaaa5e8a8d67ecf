//! What the console knows of one hub.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    path::PathBuf,
};

use mission_control_protocol::{
    AlertId, ConnectionAttempt, DashboardId, DashboardToken, Record, RecordKind, Severity, Timestamp,
    operator_wire::{Cursor, PartitionExtent, RecordBatch},
    record::{AlertRecord, Liveness},
};
use mission_control_store::{HoleSpan, Projection, projection::DashboardProjection};

use crate::{
    activity::Activity,
    hub_link::{CacheStatistics, LinkEvent, OpenedCache},
    models::events,
    pace::Pace,
    plain_text::harmless,
    replay::HubInstant,
    view::{
        DashboardKey, EventRow, Freshness, HubKey,
        frame::{ArchiveMark, HubConnection},
    },
};

/// Newest events kept of each hub for the frame.
pub(crate) const TAIL: usize = 20;

/// Why nothing can be done to what was.
pub(crate) const IN_THE_PAST: &str = "This is the past, where nothing can be changed; go back to Live first.";

/// Why nothing can be done to what is in an archive.
pub(crate) fn archived(archive: &ArchiveMark) -> String {
    format!(
        "This is an archive of {}, made at {}: it can be looked at, and nothing can be sent to it.",
        archive.hub_name, archive.made_at
    )
}

/// Refused attempts kept of each hub.
pub(crate) const ATTEMPTS: usize = 32;

/// One hub, as the console knows it.
pub(crate) struct HubState {
    pub(crate) key: HubKey,
    pub(crate) name: String,
    /// Whether the operator chose the name; else the hub's own is taken over.
    name_is_chosen: bool,
    pub(crate) address: String,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) log_path: PathBuf,
    pub(crate) projection: Projection,
    pub(crate) connection: HubConnection,
    /// When it is no hub but an archive of one.
    pub(crate) archive: Option<ArchiveMark>,
    /// When what is shown was last current: when the hub was last heard from while it was live.
    current_at: Option<Timestamp>,
    /// When dashboards were last heard from, by the hub's word; for those in the last notices.
    heard: HashMap<DashboardId, Timestamp>,
    pub(crate) latency: Option<f64>,
    pub(crate) tail: VecDeque<EventRow>,
    pub(crate) activity: Activity,
    pub(crate) statistics: CacheStatistics,
    /// Tokens that operators had the hub make, the oldest first.
    pub(crate) tokens: Vec<DashboardToken>,
    /// What became of the hub's file of them.
    pub(crate) tokens_note: Option<String>,
    /// Who came last and was not let in, newest first.
    pub(crate) attempts: Vec<ConnectionAttempt>,
    /// How far the projection has come, per partition.
    reached: BTreeMap<u16, u64>,
    /// How far it must come to be live, per partition.
    targets: BTreeMap<u16, u64>,
    /// How the catching up goes.
    catching_up: Pace,
    /// How the filling of holes goes.
    pub(crate) filling: Pace,
    /// What happened to the cache, told with the reason until the hub is live.
    cache_note: Option<String>,
}

/// What an event from the link changed.
pub(crate) enum Change<'event> {
    /// New records; those after `live_after` happened while the operator was watching.
    Records {
        records: &'event [Record],
        live_after: Option<u64>,
        /// The worst severity, before these records, of alerts that are among those after `live_after`.
        worst_before: HashMap<AlertId, Severity>,
    },
    /// The whole past was replaced: what was read from the log must be read again.
    History,
    /// The connection, or anything but records.
    Connection,
    /// Only when dashboards were last heard from, or the latency.
    Presence,
    /// Who may connect, or who tried to.
    Access,
}

impl HubState {
    pub(crate) fn new(key: HubKey, name: &str, address: &str, log_path: PathBuf) -> Self {
        Self {
            key,
            name: if name.is_empty() { address.to_owned() } else { name.to_owned() },
            name_is_chosen: !name.is_empty(),
            address: address.to_owned(),
            token_file: None,
            log_path,
            projection: Projection::default(),
            connection: HubConnection::Connecting,
            archive: None,
            current_at: None,
            heard: HashMap::new(),
            latency: None,
            tail: VecDeque::new(),
            activity: Activity::default(),
            statistics: CacheStatistics::default(),
            tokens: Vec::new(),
            tokens_note: None,
            attempts: Vec::new(),
            reached: BTreeMap::new(),
            targets: BTreeMap::new(),
            catching_up: Pace::default(),
            filling: Pace::default(),
            cache_note: None,
        }
    }

    pub(crate) fn is_embedded(&self) -> bool {
        self.key == HubKey::EMBEDDED
    }

    /// Whether what is shown of it is current, or was at the instant that is shown.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.connection, HubConnection::Live | HubConnection::Past { missing: 0, .. })
    }

    /// Whether what is shown of it is of the instant that is shown: an archive is of no present.
    pub(crate) fn is_of_the_instant(&self) -> bool {
        self.archive.is_none() || matches!(self.connection, HubConnection::Past { .. })
    }

    /// This hub as it was at `at`, by what its log says of that instant.
    pub(crate) fn past(&self, at: Timestamp, instant: HubInstant) -> Self {
        let mut past = Self::new(self.key, &self.name, &self.address, self.log_path.clone());
        past.token_file.clone_from(&self.token_file);
        past.filling.clone_from(&self.filling);
        past.archive.clone_from(&self.archive);
        past.current_at = Some(at);
        past.open(OpenedCache {
            projection: instant.projection,
            cursors: instant.cursors,
            newest: instant.newest,
            activity: instant.activity,
            current_at: Some(at),
            statistics: self.statistics.clone(),
            ..OpenedCache::default()
        });
        past.connection = match instant.problem {
            None => HubConnection::Past { at, missing: instant.missing },
            // Shown as empty, it would look as if there had been nothing.
            Some(reason) => HubConnection::Cached { at: None, reason, retry_at: None },
        };
        past
    }

    /// When what is shown was last current; `None` when nothing was ever received.
    pub(crate) fn cached_at(&self) -> Option<Timestamp> {
        self.current_at.max(self.projection.last_at)
    }

    /// Names a dashboard of this hub.
    pub(crate) fn dashboard_key(&self, id: &DashboardId) -> DashboardKey {
        DashboardKey { hub: self.key, dashboard_id: id.clone() }
    }

    /// The name of a dashboard, for people: `metadata.name` when it gives one, else its id.
    pub(crate) fn dashboard_name(&self, id: &DashboardId) -> String {
        self.projection
            .dashboards
            .get(id)
            .and_then(|dashboard| dashboard.registration.as_ref())
            .and_then(|registration| registration.config.metadata.other.get("name")?.as_str())
            .map(|name| harmless(name, 80))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| id.as_str().to_owned())
    }

    /// When a dashboard was last heard from.
    pub(crate) fn last_heard(&self, id: &DashboardId, dashboard: &DashboardProjection) -> Option<Timestamp> {
        self.heard.get(id).copied().max(dashboard.last_at)
    }

    /// How fresh what is shown of a dashboard is.
    pub(crate) fn freshness(&self, id: &DashboardId) -> Freshness {
        let dashboard = self.projection.dashboards.get(id);
        if !self.is_live() {
            let at = self.cached_at().unwrap_or_default();
            return match &self.archive {
                Some(archive) => Freshness::Archived { at: archive.to.unwrap_or(at) },
                None => Freshness::Cached { at },
            };
        }
        let at = dashboard.and_then(|dashboard| self.last_heard(id, dashboard)).unwrap_or_default();
        let online = dashboard
            .and_then(|dashboard| dashboard.liveness.as_ref())
            .is_some_and(|liveness| liveness.liveness == Liveness::Online);
        if online { Freshness::Live { at } } else { Freshness::Stale { at } }
    }

    /// Why no command can be sent to a dashboard now; `None` when one can.
    pub(crate) fn commands_disabled(&self, id: &DashboardId) -> Option<String> {
        let hub = &self.name;
        if let Some(archive) = &self.archive {
            return Some(archived(archive));
        }
        match &self.connection {
            HubConnection::Live => {}
            HubConnection::Connecting => return Some(format!("{hub} is not connected yet.")),
            HubConnection::CatchingUp { .. } => {
                return Some(format!("{hub} is still sending what was missed; this takes a moment."));
            }
            HubConnection::Cached { reason, .. } => return Some(format!("{hub} is not connected: {reason}")),
            HubConnection::Past { .. } => return Some(IN_THE_PAST.to_owned()),
        }
        let name = self.dashboard_name(id);
        let Some(dashboard) = self.projection.dashboards.get(id) else {
            return Some(format!("{hub} knows no dashboard {id}."));
        };
        match dashboard.liveness.as_ref().map(|liveness| liveness.liveness) {
            Some(Liveness::Online | Liveness::Stale) => {}
            Some(Liveness::Left) => {
                return Some(format!("{name} has left; it takes commands again when it is back."));
            }
            Some(Liveness::Offline) | None => {
                return Some(format!("{name} is offline; it takes commands again when it is back."));
            }
        }
        let accepts = dashboard.registration.as_ref().is_some_and(|known| !known.commands.is_empty());
        (!accepts).then(|| format!("{name} accepts no commands."))
    }

    /// Takes in what the link tells. `now` is this computer's clock.
    pub(crate) fn apply<'event>(&mut self, event: &'event mut LinkEvent, now: Timestamp) -> Change<'event> {
        match event {
            LinkEvent::Opened(opened) => {
                self.open(std::mem::take(opened));
                Change::History
            }
            LinkEvent::Welcome { name, partitions } => {
                self.welcome(name, partitions, now);
                Change::Connection
            }
            LinkEvent::Records(batch) => {
                let worst_before = self.worst_before(batch);
                let live_after = self.records(batch, now);
                Change::Records { records: &batch.records, live_after, worst_before }
            }
            LinkEvent::Reset { note } => {
                let note = std::mem::take(note);
                self.open(OpenedCache { note: Some(note), ..OpenedCache::default() });
                self.connection = HubConnection::Connecting;
                Change::History
            }
            LinkEvent::PassedOver { projection, cursors } => {
                self.projection = std::mem::take(projection);
                self.reached = cursors.iter().map(|cursor| (cursor.partition, cursor.seq)).collect();
                self.catching_up = Pace::default();
                self.progress(now);
                Change::History
            }
            LinkEvent::Refilled(projection) => {
                if let Some(projection) = projection {
                    self.projection = std::mem::take(projection);
                }
                Change::History
            }
            LinkEvent::Presence(heard) => {
                self.note_current(now);
                self.heard.extend(std::mem::take(heard));
                Change::Presence
            }
            LinkEvent::Tokens { tokens, note } => {
                self.tokens = std::mem::take(tokens);
                self.tokens_note = note.take().map(|note| harmless(&note, 600));
                Change::Access
            }
            LinkEvent::Attempts(attempts) => {
                self.attempts = std::mem::take(attempts);
                self.attempts.truncate(ATTEMPTS);
                Change::Access
            }
            LinkEvent::Latency(milliseconds) => {
                self.note_current(now);
                self.latency = Some(*milliseconds);
                Change::Presence
            }
            LinkEvent::Statistics(statistics) => {
                self.statistics = std::mem::take(statistics);
                self.filling.note(self.missing(), now);
                Change::Presence
            }
            LinkEvent::Down { reason, retry_at } => {
                self.lose(std::mem::take(reason), *retry_at);
                Change::Connection
            }
        }
    }

    fn note_current(&mut self, now: Timestamp) {
        if self.is_live() {
            self.current_at = Some(now);
        }
    }

    fn open(&mut self, opened: OpenedCache) {
        self.projection = opened.projection;
        self.reached = opened.cursors.iter().map(|cursor| (cursor.partition, cursor.seq)).collect();
        self.current_at = opened.current_at;
        self.statistics = opened.statistics;
        self.activity = opened.activity;
        self.cache_note = opened.note;
        self.heard.clear();
        if let Some(name) = opened.name
            && !self.name_is_chosen
        {
            self.name = harmless(&name, 80);
        }
        let rows: Vec<_> = opened.newest.iter().filter_map(|record| events::headline(self, record)).collect();
        self.tail = rows.into_iter().take(TAIL).collect();
    }

    fn welcome(&mut self, name: &str, partitions: &[PartitionExtent], now: Timestamp) {
        if !self.name_is_chosen {
            let name = harmless(name, 80);
            if !name.is_empty() {
                self.name = name;
            }
        }
        self.targets = partitions.iter().map(|extent| (extent.partition, extent.last_seq)).collect();
        self.catching_up = Pace::default();
        self.progress(now);
    }

    fn records(&mut self, batch: &RecordBatch, now: Timestamp) -> Option<u64> {
        let live_after = self.targets.get(&batch.partition).copied();
        for record in batch.records.iter() {
            self.projection.apply(record);
            self.activity.record(record);
        }
        let mut newest = VecDeque::new();
        for record in batch.records.iter().rev() {
            if newest.len() == TAIL {
                break;
            }
            newest.extend(events::headline(self, record));
        }
        for row in newest.into_iter().rev() {
            self.tail.push_front(row);
        }
        self.tail.truncate(TAIL);
        if let Some(last) = batch.records.last() {
            self.reached.insert(batch.partition, last.seq);
        }
        if self.is_live() {
            self.current_at = Some(now);
        } else {
            self.progress(now);
        }
        live_after
    }

    fn worst_before(&self, batch: &RecordBatch) -> HashMap<AlertId, Severity> {
        let Some(live_after) = self.targets.get(&batch.partition) else { return HashMap::new() };
        let live = batch
            .records
            .iter()
            .filter(|record| record.kind == RecordKind::Alert && record.seq > *live_after);
        let steps = live.filter_map(|record| serde_json::from_str::<AlertRecord>(record.body.get()).ok());
        let known = steps
            .filter_map(|step| Some((step.alert_id.clone(), self.projection.alert(&step.alert_id)?.worst)));
        known.collect()
    }

    fn behind(&self) -> u64 {
        let missing = |(partition, target): (&u16, &u64)| {
            target.saturating_sub(self.reached.get(partition).copied().unwrap_or(0))
        };
        self.targets.iter().map(missing).sum()
    }

    fn progress(&mut self, now: Timestamp) {
        let behind = self.behind();
        if behind == 0 {
            self.connection = HubConnection::Live;
            self.current_at = Some(now);
            self.cache_note = None;
            return;
        }
        self.catching_up.note(behind, now);
        self.connection = HubConnection::CatchingUp {
            behind,
            progress: self.catching_up.progress(),
            records_per_second: self.catching_up.per_second(),
            seconds_left: self.catching_up.seconds_left(),
        };
    }

    /// Records that are missing from what is here of its log.
    pub(crate) fn missing(&self) -> u64 {
        self.statistics.missing.iter().map(HoleSpan::records).sum()
    }

    fn lose(&mut self, reason: String, retry_at: Option<Timestamp>) {
        let reason = match &self.cache_note {
            Some(note) => format!("{note} {reason}"),
            None => reason,
        };
        self.latency = None;
        self.filling.pause();
        self.connection = HubConnection::Cached { at: self.cached_at(), reason, retry_at };
    }

    /// Shows the hub as not running, with its history.
    pub(crate) fn not_running(&mut self, reason: String) {
        self.connection = HubConnection::Cached { at: self.cached_at(), reason, retry_at: None };
    }

    /// Number of dashboards that are online, and of all.
    pub(crate) fn dashboard_counts(&self) -> (u32, u32) {
        let dashboards = self.projection.dashboards.values();
        let online = dashboards.clone().filter(|dashboard| {
            dashboard.liveness.as_ref().is_some_and(|liveness| liveness.liveness == Liveness::Online)
        });
        let online = if self.is_live() { online.count() } else { 0 };
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        (number(online), number(dashboards.count()))
    }
}

/// What the records of a batch can have changed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Touched {
    pub(crate) alerts: bool,
    pub(crate) policies: bool,
    pub(crate) commands: bool,
}

impl Touched {
    pub(crate) fn by(records: &[Record]) -> Self {
        let mut touched = Self::default();
        for record in records {
            match record.kind {
                // Names, what is accepted and whether it can be sent stand in both views.
                RecordKind::Registration | RecordKind::Connection => {
                    touched.alerts = true;
                    touched.commands = true;
                }
                RecordKind::Alert => touched.alerts = true,
                RecordKind::AlertPolicy => touched.policies = true,
                RecordKind::Command => touched.commands = true,
                _ => {}
            }
        }
        touched
    }
}

/// The cursors from which a log is followed.
pub(crate) fn seq_of(cursors: &[Cursor], partition: u16) -> u64 {
    cursors.iter().find(|cursor| cursor.partition == partition).map_or(0, |cursor| cursor.seq)
}
