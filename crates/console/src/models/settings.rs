//! Settings.

use super::{Knowledge, connect, frame};
use crate::view::{
    SettingsView,
    settings::{About, HubRow},
};

/// Settings.
pub(crate) fn view(knowledge: &Knowledge) -> SettingsView {
    let hubs = knowledge.hubs.iter().map(|hub| HubRow {
        chip: frame::chip(hub),
        address: hub.address.clone(),
        token_file: hub.token_file.as_ref().map(|path| path.display().to_string()),
        tokens: connect::tokens(hub),
        tokens_note: hub.tokens_note.clone(),
        cached_records: hub.statistics.records,
        cache_bytes: hub.statistics.bytes,
        holes: u32::try_from(hub.statistics.missing.len()).unwrap_or(u32::MAX),
    });
    SettingsView {
        preferences: knowledge.preferences.clone(),
        notification_policy: knowledge.notification_policy.clone(),
        hubs: hubs.collect(),
        notifications: frame::notification_service(knowledge),
        about: About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_directory: knowledge.data_directory.display().to_string(),
        },
    }
}
