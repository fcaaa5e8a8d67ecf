//! Keeping: how logs fare on disk, what is kept of them, checks, backups and restores. Blocks on the disk, so all of it
//! runs on threads that may, and the core takes no part in it.

mod health;
mod journal;
mod requests;
mod words;
mod work;

pub(crate) use work::StorageDesk;

use std::path::PathBuf;

use crate::view::{
    HubKey,
    storage::{LogRole, RetentionChoice},
};

/// A log, as the core knows it.
#[derive(Debug, Clone)]
pub(crate) struct StoredLog {
    pub(crate) hub: HubKey,
    pub(crate) role: LogRole,
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) data_directory: PathBuf,
    pub(crate) retention: RetentionChoice,
}
