//! A copy of a log while it is being written.

use std::{
    fs::{self, File},
    ops::ControlFlow,
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, backup::Backup};

use crate::{
    LogReader, StoreError,
    database::{database_error, file_error, private, with_suffix},
};

/// Pages that are copied between two reports of progress.
const PAGES: i32 = 2_000;

/// Part of the work that is copying; the rest is reading the copy again.
const COPYING: f64 = 0.8;

impl LogReader {
    /// Copies the log, as it is at this moment, to a new file at `to`, while it goes on being written; reads the copy
    /// again to see that it is whole, and only then gives it its name. [`crate::restore`] puts it back. Tells `progress`
    /// what part is done, 0 to 1; breaking off leaves no file.
    ///
    /// # Errors
    /// Those of the disk, [`StoreError::Exists`] when there is a file at `to` already, and [`StoreError::BadCopy`].
    /// Then there is no file at `to`.
    pub fn backup(
        &mut self,
        to: &Path,
        progress: impl FnMut(f64) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, StoreError> {
        if to.exists() {
            return Err(StoreError::Exists { path: to.to_owned() });
        }
        let unfinished = with_suffix(to, ".partial");
        let copied = self.copy_to(&unfinished, progress);
        if !matches!(copied, Ok(ControlFlow::Continue(()))) {
            remove(&unfinished);
            return copied;
        }
        // Somebody may have made one meanwhile.
        if to.exists() {
            remove(&unfinished);
            return Err(StoreError::Exists { path: to.to_owned() });
        }
        name(&unfinished, to)?;
        copied
    }

    /// Copies to a file that is nobody else's, and reads it again. What one left behind by a crash is written over.
    pub(crate) fn copy_to(
        &mut self,
        to: &Path,
        mut progress: impl FnMut(f64) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, StoreError> {
        remove(to);
        private().create_new(true).write(true).open(to).map_err(|source| file_error(to, source))?;
        // In one read transaction: else the copy would begin anew with each group that is appended.
        let copied = self.read(|reader| {
            reader.connection().query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
            Ok(copy(reader.connection(), to, |done| progress(done * COPYING)))
        })?;
        if copied.map_err(|source| database_error(to, source))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        verify(to, |done| progress(COPYING + done * (1.0 - COPYING)))
    }
}

/// Gives a finished file its name, so that a crash leaves it whole under one name or the other.
pub(crate) fn name(unfinished: &Path, to: &Path) -> Result<(), StoreError> {
    let named = || {
        File::open(unfinished)?.sync_all()?;
        fs::rename(unfinished, to)?;
        // The directory too: else a power cut may take the name back.
        match to.parent() {
            Some(directory) if directory.as_os_str().is_empty() => File::open(".")?.sync_all(),
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    };
    named().map_err(|source| file_error(to, source))
}

/// Removes a file that was never finished.
pub(crate) fn remove(unfinished: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal", ".lock"] {
        let _ = fs::remove_file(with_suffix(unfinished, suffix));
    }
}

fn copy(
    from: &Connection,
    to: &Path,
    mut progress: impl FnMut(f64) -> ControlFlow<()>,
) -> rusqlite::Result<ControlFlow<()>> {
    let mut copy = Connection::open(to)?;
    // The file is nobody's until it is named: it is written without a journal, and synchronised once at the end.
    copy.pragma_update(None, "journal_mode", "OFF")?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    {
        let backup = Backup::new(from, &mut copy)?;
        loop {
            let step = backup.step(PAGES)?;
            let pages = backup.progress();
            let done = pages.pagecount - pages.remaining;
            if progress(f64::from(done) / f64::from(pages.pagecount.max(1))).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            match step {
                rusqlite::backup::StepResult::Done => break,
                rusqlite::backup::StepResult::More => {}
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
    // One file that needs no other beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(ControlFlow::Continue(()))
}

/// Reads every page of a file that nobody writes, table by table.
pub(crate) fn verify(
    path: &Path,
    mut progress: impl FnMut(f64) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, StoreError> {
    let mut read = || {
        let connection = Connection::open(path)?;
        let mut statement =
            connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let tables: Vec<String> =
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        #[expect(clippy::cast_precision_loss, reason = "progress is no exact number")]
        for (done, table) in tables.iter().enumerate() {
            if progress(done as f64 / tables.len() as f64).is_break() {
                return Ok(ControlFlow::Break(None));
            }
            let told: String =
                connection
                    .query_row("SELECT quick_check FROM pragma_quick_check(?1)", [table], |row| row.get(0))?;
            if told != "ok" {
                return Ok(ControlFlow::Break(Some(told)));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    match read().map_err(|source| database_error(path, source))? {
        ControlFlow::Continue(()) => {
            let _ = progress(1.0);
            Ok(ControlFlow::Continue(()))
        }
        ControlFlow::Break(None) => Ok(ControlFlow::Break(())),
        ControlFlow::Break(Some(reason)) => Err(StoreError::BadCopy { path: path.to_owned(), reason }),
    }
}
