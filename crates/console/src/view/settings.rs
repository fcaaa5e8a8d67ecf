//! Settings: hubs, notifications, theme.

use mission_control_protocol::Severity;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    connect::TokenRow,
    frame::{HubChip, NotificationService},
    notification_policy::NotificationPolicySettings,
};

/// Settings.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SettingsView {
    /// What the operator chose.
    pub preferences: Preferences,
    /// How the desktop is told of alerts.
    pub notification_policy: NotificationPolicySettings,
    /// Each hub that is followed, the embedded one first.
    pub hubs: Vec<HubRow>,
    /// Whether native notifications work.
    pub notifications: NotificationService,
    /// What this program is.
    pub about: About,
}

/// What the operator chose; kept in `settings.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Preferences {
    /// The operator's id, under which commands and acknowledgements are recorded.
    pub operator: String,
    /// Dark or light.
    pub theme: Theme,
    /// Whether alerts are shown by the desktop's notification service.
    pub notifications_enabled: bool,
    /// Alerts milder than this are not notified.
    pub notify_from: Severity,
    /// Notifications of single alerts in any minute, 1 or more; what comes on top is told in one summary.
    pub notifications_per_minute: u32,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            operator: "operator".to_owned(),
            theme: Theme::default(),
            notifications_enabled: true,
            notify_from: Severity::Warning,
            notifications_per_minute: 5,
        }
    }
}

/// Dark or light.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the desktop says.
    System,
    /// Dark.
    #[default]
    Dark,
    /// Light.
    Light,
}

/// One hub in the settings.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HubRow {
    /// As in the status bar.
    pub chip: HubChip,
    /// Its address, such as `ws://127.0.0.1:7420`.
    pub address: String,
    /// Where dashboards find a token for it (a path), for the embedded hub.
    pub token_file: Option<String>,
    /// Tokens that operators had it make, the oldest first; as they were when it was last connected.
    pub tokens: Vec<TokenRow>,
    /// What became of its file of tokens, if that should be known.
    pub tokens_note: Option<String>,
    /// Records in this console's cache of it.
    #[ts(type = "number")]
    pub cached_records: u64,
    /// Size of that cache on disk, in bytes.
    #[ts(type = "number")]
    pub cache_bytes: u64,
    /// Stretches of its log that are missing from the cache.
    pub holes: u32,
}

/// What this program is.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// Its version.
    pub version: String,
    /// Where its data is.
    pub data_directory: String,
}
