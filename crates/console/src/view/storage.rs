//! Storage: how a hub's log or its copy fares on disk, and what can be done about it.

use std::collections::BTreeMap;

use mission_control_protocol::{RecordKind, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{HubKey, Status};

/// How one log fares.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StorageHealth {
    /// Whose.
    pub hub: HubKey,
    /// Its name.
    pub name: String,
    /// What it is to this program.
    pub role: LogRole,
    /// The file.
    pub path: String,
    /// How it looks altogether.
    pub status: Status,
    /// That in a sentence, with what to do.
    pub summary: String,
    /// Its numbers; null when it cannot be read, and then `summary` says why.
    pub numbers: Option<StorageNumbers>,
    /// What is kept.
    pub retention: RetentionChoice,
    /// The last check that was made; null when there was none.
    pub last_check: Option<CheckNote>,
    /// The last backup that was made; null when there was none.
    pub last_backup: Option<BackupNote>,
    /// A backup waits to take the place of the log when the program starts next.
    pub restore_waiting: bool,
    /// A name for the next backup: a path that is not taken.
    pub suggested_backup: String,
}

/// What a log is to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LogRole {
    /// The log of the hub inside it.
    Own,
    /// A copy of a remote hub's log.
    Copy,
    /// An archive, which nobody adds to and nothing goes from.
    Archive,
}

/// The numbers of a log.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StorageNumbers {
    /// Records kept.
    #[ts(type = "number")]
    pub records: u64,
    /// Bytes on disk, the write-ahead log included.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Bytes free on the disk; null when the system does not say.
    #[ts(type = "number | null")]
    pub disk_free_bytes: Option<u64>,
    /// Bytes the log grows by in a day, at the pace of the last week.
    #[ts(type = "number")]
    pub growth_bytes: u64,
    /// Records that come in a day, at that pace.
    #[ts(type = "number")]
    pub growth_records: u64,
    /// What that leads to, in a sentence.
    pub forecast: String,
    /// When the oldest record was received; null when there is none.
    pub oldest_at: Option<Timestamp>,
    /// What the bytes are for; together they are `bytes`.
    pub areas: Vec<StorageArea>,
    /// By kind of record, the largest first.
    pub kinds: Vec<StorageKind>,
    /// Stretches that are missing.
    pub holes: u32,
    /// Records missing in them.
    #[ts(type = "number")]
    pub missing_records: u64,
    /// The work in the background, in a sentence.
    pub upkeep: String,
    /// How that looks.
    pub upkeep_status: Status,
    /// The last damage that was found in the background, in a sentence; null when none was.
    pub damage: Option<String>,
}

/// What bytes are for.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StorageArea {
    /// In words.
    pub name: String,
    /// How many.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Part of the whole, 0 to 1.
    pub part: f64,
}

/// What one kind of record comes to.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StorageKind {
    /// Which.
    pub kind: RecordKind,
    /// How many.
    #[ts(type = "number")]
    pub records: u64,
    /// Bytes that they take.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Part of what all records take, 0 to 1.
    pub part: f64,
    /// Since when they are kept; null when nothing was dropped.
    pub kept_since: Option<Timestamp>,
    /// How long they are kept, in words.
    pub kept: String,
}

/// What is kept of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct RetentionChoice {
    /// Days for which statuses, events, metrics, resource usage, queries and workflow updates are kept; 0 for ever.
    pub keep_days: u32,
    /// Bytes of the file beyond which the oldest of those go; no bound when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub keep_bytes: Option<u64>,
    /// Days for which series of numbers are kept, which outlive the records they come from; 0 for ever.
    pub keep_series_days: u32,
    /// Kinds with a rule of their own.
    pub kinds: BTreeMap<RecordKind, KindRule>,
}

/// The rule of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct KindRule {
    /// Days; 0 for ever.
    pub keep_days: u32,
    /// Bytes that its records may take; no bound when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub keep_bytes: Option<u64>,
}

impl Default for RetentionChoice {
    fn default() -> Self {
        Self { keep_days: 365, keep_bytes: None, keep_series_days: 1_095, kinds: BTreeMap::new() }
    }
}

impl RetentionChoice {
    /// Everything is kept.
    #[must_use]
    pub fn for_ever() -> Self {
        Self { keep_days: 0, keep_bytes: None, keep_series_days: 0, kinds: BTreeMap::new() }
    }
}

/// A choice of what is kept, and of which hub's log.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RetentionRequest {
    /// The embedded hub's own log, or the copy of a remote one's: all copies have one choice.
    pub hub: HubKey,
    /// What is to be kept.
    pub retention: RetentionChoice,
}

/// What a choice would drop.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RetentionPreview {
    /// Whether anything would go.
    pub drops: bool,
    /// What, a sentence for each kind.
    pub lines: Vec<String>,
    /// What is freed, in a sentence.
    pub freed: String,
}

/// The last check of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CheckNote {
    /// When it ended.
    pub at: Timestamp,
    /// How it looks.
    pub status: Status,
    /// What it found, in words, the gist first.
    pub lines: Vec<String>,
}

/// The last backup of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupNote {
    /// When it was made.
    pub at: Timestamp,
    /// The file.
    pub file: String,
    /// Its size.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// Work on a log that takes a while.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum StorageTask {
    /// Read everything, and say what is wrong.
    Check,
    /// Copy the log to a file.
    Backup {
        /// The file; it must not exist yet.
        file: String,
    },
    /// Make of a backup what takes the log's place when the program starts next; of the embedded hub only.
    Restore {
        /// The backup.
        file: String,
    },
}

/// Work on a log, as far as it is.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StorageWork {
    /// On whose log.
    pub hub: HubKey,
    /// What is done, such as "Checking".
    pub title: String,
    /// Part done, 0 to 1.
    pub progress: f64,
    /// Where it stands.
    pub state: WorkState,
    /// What came of it, in a sentence; empty while it runs.
    pub outcome: String,
}

/// Where work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum WorkState {
    /// It is under way.
    Running,
    /// It is done.
    Done,
    /// It could not be done.
    Failed,
    /// The operator broke it off; nothing of it is left.
    Cancelled,
}
