//! The ordered log in SQLite, and its projections.
//!
//! One file holds one hub's log, either as its origin (the hub that writes it) or as a replica (a console's cache of
//! it). There is one writer and any number of readers:
//!
//! | type | does |
//! |---|---|
//! | [`OriginWriter`] | numbers entries, drops what a producer sent twice, commits a group durably, folds it |
//! | [`ReplicaWriter`] | copies batches of a remote log with its cursor in the same transaction, keeps track of holes |
//! | [`LogReader`] | reads records by place, by time, by dashboard and kind; loads the projection |
//! | [`search`] | the query language, what it matches, and searching and counting with it |
//! | [`rules`] | what rules say of records: the evaluator that the hub runs live and back-tests run over the past |
//! | [`export_records`], [`export_samples`] | writes what leaves the program as CSV, NDJSON or Parquet |
//! | [`write_archive`], [`import_archive`] | a stretch of a log in one file, made and taken in |
//! | [`Projection`] | the pure fold: dashboards, alerts, commands and configurations, as the records tell them |
//!
//! Invariants: a record is never changed; `at` never falls within a partition; a writer's memory never runs ahead of
//! what is committed; a damaged file is never deleted ([`set_aside`] moves a cache out of the way).

mod archive;
mod backup;
mod check;
mod database;
mod error;
mod export;
mod folding;
mod missing;
mod origin;
pub mod projection;
mod reader;
mod replica;
mod restore;
pub mod rules;
pub mod search;
mod segments;
mod series;
mod snapshot;
mod statistics;
mod storage;
mod upkeep;

pub use archive::{
    ARCHIVE_EXTENSION, ArchiveError, ArchiveManifest, ArchiveRequest, import_archive, open_archive,
    read_manifest, write_archive,
};
pub use check::Check;
pub use database::set_aside;
pub use error::StoreError;
pub use export::{
    ExportError, ExportFormat, ExportProgress, Exported, NewFile, RecordSource, SampleSource, Watch,
    csv_field, export_records, export_samples,
};
pub use folding::Folded;
pub use missing::HoleSpan;
pub use origin::{Appended, Entry, OriginWriter, ProducerSequence, Watermark};
pub use projection::Projection;
pub use reader::{LogReader, Page, RecordFilter};
pub use replica::{Hole, HubIdentity, ReplicaWriter};
pub use restore::{forget_restore, is_restore_waiting, restore, stage_restore};
pub use segments::SegmentForm;
pub use segments::going::{Going, GoingKind};
pub use segments::retention::{BULK, KindRetention, Retention};
pub use series::{SeriesAggregate, SeriesChart, SeriesName, SeriesNumbersReader};
pub use statistics::{KindStatistics, Statistics};
pub use storage::{Area, Areas, Disk, ScrubDamage, Storage, disk_of};
pub use upkeep::{PreparedUpkeep, Upkeep, UpkeepSettings, UpkeepThread};

/// The one partition of a log that is not clustered.
pub const ONLY_PARTITION: u16 = 0;
