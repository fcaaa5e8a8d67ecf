//! Work that keeps a log small and its history fast, done beside the writer.
//!
//! A [`Chore`] looks at the log through a reader of its own, on a thread of its own, and does the heavy part there:
//! compressing, indexing, counting. What it made is committed by the log's one writer, in a short transaction of its own
//! between two groups, so that appending never waits for a chore.

use std::path::Path;

use rusqlite::Transaction;

use crate::{LogReader, StoreError, database::Database};

/// One kind of upkeep.
pub(crate) trait Chore: Send {
    /// Its name, for logs and counters.
    fn name(&self) -> &'static str;

    /// Does the heavy part of the next piece of work; `None` when there is nothing to do now.
    fn prepare(&mut self, reader: &mut LogReader) -> Result<Option<Box<dyn Prepared>>, StoreError>;
}

/// A piece of upkeep that only has to be written.
pub(crate) trait Prepared: Send {
    /// Writes it. Checks first that the log still is what it was prepared from, and does nothing when it is not: the
    /// chore will find what there is to do anew.
    fn commit(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()>;
}

/// A piece of upkeep, ready for [`crate::OriginWriter::tend`] or [`crate::ReplicaWriter::tend`].
pub struct PreparedUpkeep {
    chore: &'static str,
    work: Box<dyn Prepared>,
}

impl PreparedUpkeep {
    pub(crate) fn commit(&self, database: &mut Database) -> Result<(), StoreError> {
        let committed = (|| {
            let transaction = database.connection.transaction()?;
            self.work.commit(&transaction)?;
            transaction.commit()
        })();
        committed.map_err(|source| database.error(source))
    }
}

impl std::fmt::Debug for PreparedUpkeep {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PreparedUpkeep").field("chore", &self.chore).finish_non_exhaustive()
    }
}

/// The chores of one log. Blocks on the disk: for a thread of its own.
pub struct Upkeep {
    reader: LogReader,
    chores: Vec<Box<dyn Chore>>,
}

impl std::fmt::Debug for Upkeep {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Upkeep").finish_non_exhaustive()
    }
}

impl Upkeep {
    /// Looks after the log at `path`, beside its writer.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { reader: LogReader::open(path)?, chores: Vec::new() })
    }

    /// Prepares what is to be done next; `None` when there is nothing to do now. Commit what it returns before asking
    /// again.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn prepare(&mut self) -> Result<Option<PreparedUpkeep>, StoreError> {
        for chore in &mut self.chores {
            if let Some(work) = chore.prepare(&mut self.reader)? {
                return Ok(Some(PreparedUpkeep { chore: chore.name(), work }));
            }
        }
        Ok(None)
    }
}
