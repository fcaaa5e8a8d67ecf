//! `storage.json`: when each log was last checked and backed up. A note for people: one that is lost costs nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::view::{
    HubKey,
    storage::{BackupNote, CheckNote},
};

/// What is noted of one log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Noted {
    pub(super) last_check: Option<CheckNote>,
    pub(super) last_backup: Option<BackupNote>,
}

fn path(data_directory: &Path) -> PathBuf {
    data_directory.join("storage.json")
}

fn read_all(data_directory: &Path) -> BTreeMap<HubKey, Noted> {
    fs::read(path(data_directory))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

/// What is noted of a log.
pub(super) fn read(data_directory: &Path, hub: HubKey) -> Noted {
    read_all(data_directory).remove(&hub).unwrap_or_default()
}

/// Notes something of a log. Only the one piece of work that runs calls it.
pub(super) fn note(data_directory: &Path, hub: HubKey, change: impl FnOnce(&mut Noted)) {
    let mut all = read_all(data_directory);
    change(all.entry(hub).or_default());
    let path = path(data_directory);
    let unfinished = path.with_extension("json.new");
    let written = serde_json::to_vec_pretty(&all)
        .map_err(std::io::Error::from)
        .and_then(|text| fs::write(&unfinished, text))
        .and_then(|()| fs::rename(&unfinished, &path));
    if let Err(error) = written {
        tracing::warn!(%error, "that a log was checked or backed up could not be noted");
    }
}
