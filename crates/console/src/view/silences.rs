//! What keeps alerts from notifying: silences, shelves, maintenance windows, inhibitions, grouping.

use mission_control_protocol::{
    Timestamp,
    alerting::{AlertSettings, Inhibition, MaintenanceWindow, Silence},
};
use serde::Serialize;
use ts_rs::TS;

use super::{AlertRow, HubKey, rules::AlertingHub};

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SilencesView {
    /// The hubs.
    pub hubs: Vec<AlertingHub>,
    /// Silences: those that hold, then those that will, then those that are over, newest first.
    pub silences: Vec<SilenceRow>,
    /// Alerts on the shelf, the one that comes off first in front; at most 200.
    pub shelved: Vec<AlertRow>,
    /// Maintenance windows.
    pub windows: Vec<WindowRow>,
    /// Inhibitions.
    pub inhibitions: Vec<InhibitionRow>,
    /// How each hub groups and escalates.
    pub settings: Vec<HubAlertSettings>,
}

/// Whether a silence holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SilenceState {
    /// It holds.
    Active,
    /// It will.
    Pending,
    /// It is over.
    Over,
}

/// A silence.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SilenceRow {
    /// At which hub.
    pub hub: HubKey,
    /// All of it.
    pub silence: Silence,
    /// Whether it holds.
    pub state: SilenceState,
    /// From when on.
    pub starts_at: Timestamp,
    /// When it was over.
    pub over_at: Option<Timestamp>,
    /// Why it was over, in words.
    pub ending: Option<String>,
    /// Alerts it held.
    #[ts(type = "number")]
    pub held: u64,
    /// Reports it kept silent.
    #[ts(type = "number")]
    pub reports: u64,
    /// Open alerts that it holds now: they notify when it ends.
    pub holding: u32,
    /// Whether it was said that it ends soon.
    pub ends_soon: bool,
}

/// A maintenance window.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WindowRow {
    /// At which hub.
    pub hub: HubKey,
    /// All of it.
    pub window: MaintenanceWindow,
    /// When, in words.
    pub schedule: String,
    /// Until when it is open; null when it is not.
    pub open_until: Option<Timestamp>,
    /// When it opens next; null when it is open, and when it is over.
    pub opens_at: Option<Timestamp>,
    /// Alerts it held.
    #[ts(type = "number")]
    pub held: u64,
}

/// An inhibition.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct InhibitionRow {
    /// At which hub.
    pub hub: HubKey,
    /// All of it.
    pub inhibition: Inhibition,
    /// Alerts it held.
    #[ts(type = "number")]
    pub held: u64,
    /// Open alerts that it holds now.
    pub holding: u32,
}

/// How a hub groups and escalates.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HubAlertSettings {
    /// Which hub.
    pub hub: HubKey,
    /// All of them.
    pub settings: AlertSettings,
}
