//! The time conductor: which instant every view shows.

use mission_control_protocol::{AlertId, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{HubKey, Status};

/// Which instant is shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "mode")]
pub enum ConductorView {
    /// Now.
    Live,
    /// An instant of the recorded past.
    Past {
        /// Which. Where it is heading, while `isLoading`.
        at: Timestamp,
        /// Seconds of the past per second, while it plays; null while it stands still.
        speed: Option<f64>,
        /// Whether the state at that instant is still being read; what is shown is older until it is.
        is_loading: bool,
        /// When the last record before that instant was received: long before it, nothing was being recorded.
        last_record_at: Option<Timestamp>,
    },
}

/// `conduct_time`: choose what every view shows.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum ConductTime {
    /// Now.
    Live,
    /// That instant, standing still. One that is yet to come is now.
    Seek {
        /// Which.
        at: Timestamp,
    },
    /// On from the instant shown, so many times as fast as it happened. Where the record ends, it goes live.
    Play {
        /// 1 to 1000.
        speed: f64,
    },
    /// Stand still at the instant shown; that is now, when it is live.
    Pause,
    /// To the nearest of these after, or before, the instant shown.
    Step {
        /// To what.
        to: StepTarget,
        /// Whether before.
        backwards: bool,
    },
}

/// What one steps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum StepTarget {
    /// An alert that was raised.
    Alert,
    /// A dashboard that came, went, or changed its state.
    StateChange,
}

/// `timeline`: what the scrubber is drawn from. Nulls stand for the oldest record and for now.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TimelineRequest {
    /// Where it begins.
    pub from: Option<Timestamp>,
    /// Where it ends.
    pub to: Option<Timestamp>,
    /// In how many parts, 1 to 2,000.
    pub buckets: u32,
}

/// `timeline` returns this.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// When the oldest record of any hub was received; null when there is none.
    pub earliest: Option<Timestamp>,
    /// Where it begins.
    pub from: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
    /// Records received in each of the equal parts from `from` to `to`.
    #[ts(type = "Array<number>")]
    pub records: Vec<u64>,
    /// Alerts raised in the span, oldest first; the newest 500 of them.
    pub alerts: Vec<TimelineAlert>,
    /// Whether older alerts of the span were left out.
    pub has_more_alerts: bool,
    /// Dashboards that came, went, or changed their state in the span, oldest first; the newest 1,000 of them.
    pub changes: Vec<TimelineChange>,
    /// Whether older changes of the span were left out.
    pub has_more_changes: bool,
}

/// A dashboard that came, went, or changed its state.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TimelineChange {
    /// Its hub.
    pub hub: HubKey,
    /// When.
    pub at: Timestamp,
    /// How what it became looks.
    pub status: Status,
    /// What it did, such as `came online`, to be read after its name.
    pub title: &'static str,
    /// Its name.
    pub dashboard_name: String,
}

/// An alert on the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TimelineAlert {
    /// Its hub.
    pub hub: HubKey,
    /// Which.
    pub alert_id: AlertId,
    /// When it was raised.
    pub at: Timestamp,
    /// How it looks.
    pub status: Status,
    /// Its title.
    pub title: String,
    /// The dashboard it is about, by name.
    pub dashboard_name: String,
}
