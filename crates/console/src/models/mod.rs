//! View models from what is known: pure functions, computed here so that the UI computes nothing.

pub(crate) mod alert_detail;
pub(crate) mod alerts;
pub(crate) mod commands;
pub(crate) mod connect;
pub(crate) mod dashboard;
pub(crate) mod events;
pub(crate) mod fleet;
pub(crate) mod frame;
pub(crate) mod holds;
pub(crate) mod rules;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod silences;
pub(crate) mod status;

use std::path::PathBuf;

use mission_control_protocol::Timestamp;

use crate::{
    hub_state::HubState,
    view::{
        HubKey, Preferences, frame::NotificationService, notification_policy::NotificationPolicySettings,
    },
};

/// Everything view models are computed from.
pub(crate) struct Knowledge {
    /// Each hub that is followed, the embedded one first, then in the order they were added.
    pub(crate) hubs: Vec<HubState>,
    /// What the operator chose.
    pub(crate) preferences: Preferences,
    /// How the desktop is told of alerts.
    pub(crate) notification_policy: NotificationPolicySettings,
    /// Whether native notifications work.
    pub(crate) notifications: NotificationService,
    /// Where the program's data is.
    pub(crate) data_directory: PathBuf,
    /// What the operator should know of how the program started, a sentence each.
    pub(crate) notices: Vec<String>,
}

impl Knowledge {
    pub(crate) fn hub(&self, key: HubKey) -> Option<&HubState> {
        self.hubs.iter().find(|hub| hub.key == key)
    }

    pub(crate) fn hub_mut(&mut self, key: HubKey) -> Option<&mut HubState> {
        self.hubs.iter_mut().find(|hub| hub.key == key)
    }
}

/// A length as the view models write it.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Whether each of `words` occurs in one of `texts`; both in lower case.
fn all_occur(words: &[String], texts: &[String]) -> bool {
    words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
}

/// The words of a filter, in lower case.
fn words(filter: &str) -> Vec<String> {
    filter.split_whitespace().map(str::to_lowercase).collect()
}

/// Milliseconds cut to whole seconds, so that a model does not change with every millisecond.
fn whole_seconds(milliseconds: i64) -> i64 {
    milliseconds - milliseconds.rem_euclid(1_000)
}

/// The age of something at `at`, seen at `now`; never negative, whatever the clocks say.
fn since(now: Timestamp, at: Timestamp) -> i64 {
    now.milliseconds_since(at).max(0)
}
