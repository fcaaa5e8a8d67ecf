//! Making an archive.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use mission_control_protocol::{DashboardId, Timestamp, operator_wire::Cursor};
use rusqlite::params;

use super::manifest::{ArchiveManifest, Content, FORM};
use crate::{
    ExportError, ExportProgress, HubIdentity, LogReader, ONLY_PARTITION, Projection, StoreError, Upkeep,
    UpkeepSettings,
    database::{Database, Role, place},
    export::{Walk, Watch, beside, part_of, put_in_place},
    replica::{insert, write_hole},
    search::{
        Plan,
        query::{Expression, Node, Query, Test},
    },
    series, snapshot,
};

/// Records written in one transaction, about.
const GROUP: usize = 8_192;

/// Records after which what is there is sealed.
const SEAL_AFTER: u64 = 65_536;

/// What is put into an archive.
#[derive(Debug, Clone)]
pub struct ArchiveRequest {
    /// The hub's log.
    pub log: PathBuf,
    /// The hub's name.
    pub hub_name: String,
    /// Who makes it, with what.
    pub made_by: String,
    /// This computer's clock.
    pub made_at: Timestamp,
    /// What is asked for, as typed; empty for everything.
    pub query: String,
    /// The same, made ready.
    pub plan: Plan,
}

/// Deletes what is left of the unfinished archive.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes an archive to `target`. A query that names nothing but a time puts everything of that time into it, and every
/// instant of it is as it was. Any other query puts in what it asks for, and the state of the dashboards that it may
/// ask for; what follows is what those records say.
///
/// # Errors
/// See [`ExportError`]; then there is no file, and one that was there is as it was.
pub fn write_archive(
    request: &ArchiveRequest,
    target: &Path,
    replace: bool,
    watch: Watch<'_>,
) -> Result<ArchiveManifest, ExportError> {
    let scratch = Scratch(beside(target, replace)?);
    fs::create_dir(&scratch.0).map_err(|source| ExportError::from_disk(target, source))?;
    let of = |error: StoreError| match error {
        StoreError::DiskFull { .. } => ExportError::DiskFull { path: target.to_owned() },
        other => ExportError::Log(other),
    };
    let (working, whole) = (scratch.0.join("working"), scratch.0.join("whole"));
    let manifest = Writing::begin(request, &working).and_then(|writing| writing.run(watch)).map_err(
        |error| match error {
            ExportError::Log(error) => of(error),
            other => other,
        },
    )?;
    compact(&working, &whole).map_err(of)?;
    fs::File::open(&whole)
        .and_then(|file| file.sync_all())
        .map_err(|source| ExportError::from_disk(target, source))?;
    put_in_place(&whole, target, replace)?;
    Ok(manifest)
}

struct Writing<'a> {
    request: &'a ArchiveRequest,
    walk: Walk,
    epoch: uuid::Uuid,
    path: PathBuf,
    database: Database,
    dashboards: HashMap<DashboardId, i64>,
    content: Content,
    is_partial: bool,
    /// What the records in it come to, where no snapshot of the whole log can say so.
    folded: Option<Projection>,
}

impl<'a> Writing<'a> {
    fn begin(request: &'a ArchiveRequest, path: &Path) -> Result<Self, ExportError> {
        let walk = Walk::begin(&request.log, &request.plan)?;
        let extent = walk.reader.extents()?.into_iter().find(|extent| extent.partition == ONLY_PARTITION);
        let Some((extent, (first, last))) = extent.zip(walk.stretch()) else {
            return Err(ExportError::Invalid("nothing was recorded in that time; choose another".to_owned()));
        };
        let database = Database::open_writer(path, Role::Archive)?;
        let is_partial = request.query.parse::<Query>().is_ok_and(|query| !names_only_time(&query));
        let mut writing = Self {
            request,
            walk,
            epoch: extent.epoch,
            path: path.to_owned(),
            database,
            dashboards: HashMap::new(),
            content: Content::default(),
            is_partial,
            folded: None,
        };
        writing.begin_with_state(first, last)?;
        Ok(writing)
    }

    /// The state at the beginning, and what is known of the stretch.
    fn begin_with_state(&mut self, first: u64, last: u64) -> Result<(), ExportError> {
        let connection = &self.database.connection;
        let written = (|| {
            // The scratch file is of no use after a crash: only the finished one must be on the disk.
            connection.pragma_update(None, "synchronous", "OFF")?;
            connection.execute(
                "INSERT INTO partitions VALUES (?1, ?2, ?3)",
                params![ONLY_PARTITION, self.epoch.to_string(), last.cast_signed()],
            )?;
            series::nothing_between(connection, (place(ONLY_PARTITION, 1), place(ONLY_PARTITION, first - 1)))
        })();
        written.map_err(|source| self.database.error(source))?;
        for hole in self.walk.reader.holes()?.into_iter().filter_map(|hole| self.walk.within(hole)) {
            write_hole(&self.database.connection, hole).map_err(|source| self.database.error(source))?;
        }
        let mut state = self.state_before(first)?;
        if self.is_partial {
            let plan = &self.request.plan;
            state.retain(|dashboard| !plan.rules_out_dashboard(dashboard.as_str()));
        }
        if state.last_at.is_some() {
            snapshot::write(&self.database, &[self.cursor(first - 1)], &state)?;
        }
        if self.is_partial {
            self.folded = Some(state);
        } else {
            let between = (self.cursor(first), self.cursor(last));
            snapshot::copy(self.walk.reader.connection(), &self.database.connection, between)
                .map_err(|source| self.database.error(source))?;
        }
        Ok(())
    }

    fn state_before(&mut self, first: u64) -> Result<Projection, StoreError> {
        let Some(at) = self.walk.reader.at_of(ONLY_PARTITION, first)? else {
            return Ok(Projection::default());
        };
        let (state, _) = self.walk.reader.projection_at(at.plus_milliseconds(-1))?;
        Ok(state)
    }

    fn cursor(&self, seq: u64) -> Cursor {
        Cursor { partition: ONLY_PARTITION, epoch: self.epoch, seq }
    }

    fn run(mut self, watch: Watch<'_>) -> Result<ArchiveManifest, ExportError> {
        let total = self.walk.length();
        let mut group = Vec::new();
        let mut unsealed = 0;
        while !self.walk.is_over() {
            let page = self.walk.next_page(&self.request.plan)?;
            for record in &page {
                self.content.record(record);
                if let Some(folded) = &mut self.folded {
                    folded.apply(record);
                }
            }
            unsealed += page.len() as u64;
            group.extend(page);
            if group.len() >= GROUP || self.walk.is_over() {
                self.write_group(&group)?;
                group.clear();
            }
            if unsealed >= SEAL_AFTER {
                unsealed = 0;
                self.seal(&mut *watch)?;
            }
            self.report(total, watch)?;
        }
        self.seal(watch)?;
        if let Some(folded) = self.folded.as_ref().filter(|folded| folded.last_at.is_some()) {
            let last = self.walk.stretch().map_or(0, |(_, last)| last);
            snapshot::write(&self.database, &[self.cursor(last)], folded)?;
        }
        self.finish()
    }

    fn report(&self, total: u64, watch: Watch<'_>) -> Result<(), ExportError> {
        let looked_at = self.walk.looked_at();
        let progress =
            ExportProgress { looked_at, written: self.content.records, part: part_of(looked_at, total) };
        if watch(progress).is_break() { Err(ExportError::Cancelled) } else { Ok(()) }
    }

    fn write_group(&mut self, group: &[mission_control_protocol::Record]) -> Result<(), ExportError> {
        let written = (|| {
            let transaction = self.database.connection.transaction()?;
            let added = insert(&transaction, &self.dashboards, ONLY_PARTITION, group)?;
            transaction.commit()?;
            Ok(added)
        })();
        self.dashboards.extend(written.map_err(|source| self.database.error(source))?);
        Ok(())
    }

    /// Reads numbers into series, and seals what fills a segment.
    fn seal(&mut self, watch: Watch<'_>) -> Result<(), ExportError> {
        let settings = UpkeepSettings { head_records: 0, ..UpkeepSettings::default() };
        let mut upkeep = Upkeep::of_an_archive(&self.path, &settings)?;
        let total = self.walk.length();
        while let Some(piece) = upkeep.prepare()? {
            piece.commit(&mut self.database)?;
            self.report(total, &mut *watch)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<ArchiveManifest, ExportError> {
        let missing = self.walk.missing()?;
        let (first_seq, last_seq) = self.walk.stretch().unwrap_or_default();
        let Content { records, first_at, last_at, .. } = self.content;
        let mut manifest = ArchiveManifest {
            form: FORM,
            hub_name: self.request.hub_name.clone(),
            hub_id: self.walk.reader.hub()?.map(|HubIdentity { id, .. }| id),
            epoch: self.epoch,
            made_by: self.request.made_by.clone(),
            made_at: self.request.made_at,
            query: self.request.query.clone(),
            is_partial: self.is_partial,
            first_seq,
            last_seq,
            first_at,
            last_at,
            records,
            missing,
            sha256: String::new(),
        };
        let written = (|| {
            manifest.sha256 = self.content.finish(&self.database.connection)?;
            manifest.write(&self.database.connection)
        })();
        written.map_err(|source| self.database.error(source))?;
        Ok(manifest)
    }
}

/// Whether a query asks for everything that was received in a time.
fn names_only_time(query: &Query) -> bool {
    fn is_time(node: &Node) -> bool {
        match &node.expression {
            Expression::All(parts) => parts.iter().all(is_time),
            Expression::Test(Test::After(_) | Test::Before(_)) => true,
            _ => false,
        }
    }
    query.root.as_ref().is_none_or(is_time)
}

/// Copies the working file into one without its gaps and companions.
fn compact(working: &Path, whole: &Path) -> Result<(), StoreError> {
    let reader = LogReader::open(working)?;
    let compacted = (|| {
        reader.connection().execute("VACUUM INTO ?1", [whole.to_string_lossy()])?;
        let copy = rusqlite::Connection::open(whole)?;
        // A file that can be read where nothing can be written.
        copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
    })();
    compacted.map_err(|source| reader.error(source))
}
