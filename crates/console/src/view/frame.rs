//! The frame: what is seen around every view.

use mission_control_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{EventRow, HubKey, Status, conductor::ConductorView};

/// The frame.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FrameView {
    /// The instant that is shown, for the UI to reckon ages by: this computer's clock, or where the conductor is.
    pub now: Timestamp,
    /// Which instant every view shows.
    pub conductor: ConductorView,
    /// Each hub that is followed, the embedded one first.
    pub hubs: Vec<HubChip>,
    /// Open alerts by how they look.
    pub alert_counts: AlertCounts,
    /// Open alerts nobody has acknowledged.
    pub unacknowledged_alerts: u32,
    /// Worst status of any dashboard; a hub that is lost counts too.
    pub worst: Status,
    /// Records per minute over the last hour, oldest first: 60 numbers, and the worst status seen in each minute.
    pub activity: Vec<ActivityMinute>,
    /// The newest events over all hubs, newest first, at most 20.
    pub tail: Vec<EventRow>,
    /// Whether native notifications work, and why not.
    pub notifications: NotificationService,
    /// What the operator should know of how the program started, a sentence each.
    pub notices: Vec<String>,
}

/// One minute of the activity strip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ActivityMinute {
    /// Records received.
    pub records: u32,
    /// Worst status of an event or alert in it; `off` when there was none.
    pub worst: Status,
}

/// One hub in the status bar.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HubChip {
    /// Which.
    pub hub: HubKey,
    /// Its name.
    pub name: String,
    /// Whether it is the one inside this program.
    pub embedded: bool,
    /// Where it stands.
    pub connection: HubConnection,
    /// How that looks.
    pub status: Status,
    /// Round trip to it, in milliseconds; null when not connected.
    pub latency_milliseconds: Option<f64>,
    /// Its dashboards that are online.
    pub online_dashboards: u32,
    /// All its dashboards.
    pub dashboards: u32,
    /// What of its log is not here yet; null when all of it is.
    pub missing: Option<MissingRecords>,
    /// When it is no hub but an archive of one: never connected, and never current. Null for a hub.
    pub archive: Option<ArchiveMark>,
}

/// What an archive is of.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveMark {
    /// The hub's name.
    pub hub_name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who made it, with what.
    pub made_by: String,
    /// What was asked for when it was made; everything when empty.
    pub query: String,
    /// Whether only part of what was recorded in its time is in it.
    pub is_partial: bool,
    /// When the first record in it was received.
    pub from: Option<Timestamp>,
    /// When the last record in it was received.
    pub to: Option<Timestamp>,
}

/// Where the connection to a hub stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "state")]
pub enum HubConnection {
    /// Connecting for the first time since the program started.
    Connecting,
    /// Connected, and fetching what was missed.
    CatchingUp {
        /// Records still to come.
        #[ts(type = "number")]
        behind: u64,
        /// Part done, 0 to 1.
        progress: f64,
        /// How fast; null until that is known.
        records_per_second: Option<f64>,
        /// How long it takes yet; null until that can be told.
        seconds_left: Option<f64>,
    },
    /// Connected, and current.
    Live,
    /// Not connected: what is shown is from the cache.
    Cached {
        /// When the cache was last current; null when nothing was ever received.
        at: Option<Timestamp>,
        /// Why it is not connected, and what to do, in a sentence.
        reason: String,
        /// When the next attempt is made; null when none will be (a refused token).
        retry_at: Option<Timestamp>,
    },
    /// An instant of the past is shown, whether the hub is connected or not.
    Past {
        /// Which.
        at: Timestamp,
        /// Records that it would take to know for sure how it was, and that are not here; 0 when nothing is missing.
        #[ts(type = "number")]
        missing: u64,
    },
}

/// Records of a hub's log that are not in this console's copy.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MissingRecords {
    /// How many.
    #[ts(type = "number")]
    pub records: u64,
    /// How many there were when fetching them began.
    #[ts(type = "number")]
    pub total: u64,
    /// Part fetched, 0 to 1.
    pub progress: f64,
    /// Whether they are being fetched: the hub is connected.
    pub is_fetching: bool,
    /// How fast; null until that is known.
    pub records_per_second: Option<f64>,
    /// How long it takes yet; null until that can be told.
    pub seconds_left: Option<f64>,
    /// When they were received, oldest first; the newest 50 stretches.
    pub spans: Vec<MissingSpan>,
}

/// A stretch of time of which records are missing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MissingSpan {
    /// When the last record before it was received; null when nothing older is here.
    pub from: Option<Timestamp>,
    /// When the first record after it was received; null when nothing newer is here.
    pub to: Option<Timestamp>,
    /// How many.
    #[ts(type = "number")]
    pub records: u64,
}

/// Open alerts by how they look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlertCounts {
    /// Severity critical.
    pub critical: u32,
    /// Severity error.
    pub serious: u32,
    /// Severity warning.
    pub caution: u32,
    /// Severity info or debug.
    pub standby: u32,
}

/// Whether native notifications work.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "state")]
pub enum NotificationService {
    /// Not tried yet.
    Unknown,
    /// The desktop's notification service answers.
    Working {
        /// Name it gives itself.
        server: String,
    },
    /// Switched off in the settings.
    Off,
    /// It does not answer.
    Unavailable {
        /// Why, and what to do.
        reason: String,
    },
}
