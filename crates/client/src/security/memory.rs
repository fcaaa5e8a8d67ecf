//! The commands that were started, so that none runs twice.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
};

use mission_control_protocol::{CommandId, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

/// Commands remembered at most.
pub(super) const MEMORY_LIMIT: usize = 10_000;
/// Time that a command is remembered after it expired, lest clocks that differ let it run again, in milliseconds.
const REMEMBER_MS: i64 = 600_000;
/// Commands on their way to the disk.
const WAITING: usize = 256;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: CommandId,
    expires_at: Timestamp,
}

impl Entry {
    fn is_needed(&self, now: Timestamp) -> bool {
        self.expires_at > now.plus_milliseconds(-REMEMBER_MS)
    }
}

/// The commands that were started and may come again. Nothing that could still run is forgotten: when there are too many,
/// no more are taken.
#[derive(Debug, Default)]
pub(crate) struct CommandMemory {
    started: HashMap<CommandId, Timestamp>,
    /// Where they are kept over restarts, if anywhere.
    file: Option<mpsc::Sender<WaitingEntry>>,
}

/// An entry on its way to the disk, when it was made, and who waits for it.
type WaitingEntry = (Entry, Timestamp, oneshot::Sender<io::Result<()>>);

/// Done when a command will be remembered after a crash.
pub(crate) struct Remembering(Option<(mpsc::Sender<WaitingEntry>, Entry, Timestamp)>);

impl Remembering {
    /// Waits for the disk.
    ///
    /// # Errors
    /// When it cannot be written: the command is remembered only as long as the process lives.
    pub(crate) async fn done(self) -> io::Result<()> {
        let Some((file, entry, now)) = self.0 else { return Ok(()) };
        let gone = || io::Error::other("the file's thread has ended");
        let (sender, receiver) = oneshot::channel();
        file.send((entry, now, sender)).await.map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

impl CommandMemory {
    /// Remembers in the file at `path`, too, and begins with what is in it. Where the file cannot be used, commands are
    /// remembered as long as the process lives.
    pub(crate) fn in_file(path: &Path) -> Self {
        Self::try_in_file(path).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "after a restart, commands could run again");
            Self::default()
        })
    }

    fn try_in_file(path: &Path) -> io::Result<Self> {
        let mut file = MemoryFile::read(path)?;
        let started = file.entries.iter().map(|entry| (entry.id.clone(), entry.expires_at)).collect();
        let (sender, mut receiver) = mpsc::channel::<WaitingEntry>(WAITING);
        // A thread of its own: the disk may be slow. It ends with the sender.
        thread::Builder::new().name("command-memory".to_owned()).spawn(move || {
            while let Some((entry, now, done)) = receiver.blocking_recv() {
                // Whoever asked may have gone.
                let _ = done.send(file.append(entry, now));
            }
        })?;
        Ok(Self { started, file: Some(sender) })
    }

    pub(crate) fn contains(&self, id: &CommandId) -> bool {
        self.started.contains_key(id)
    }

    /// Whether there is no room for another command at `now`.
    pub(super) fn is_full(&mut self, now: Timestamp) -> bool {
        if self.started.len() >= MEMORY_LIMIT {
            let oldest = now.plus_milliseconds(-REMEMBER_MS);
            self.started.retain(|_, expires_at| *expires_at > oldest);
        }
        self.started.len() >= MEMORY_LIMIT
    }

    pub(super) fn remember(&mut self, id: CommandId, expires_at: Timestamp, now: Timestamp) -> Remembering {
        self.started.insert(id.clone(), expires_at);
        Remembering(self.file.clone().map(|file| (file, Entry { id, expires_at }, now)))
    }
}

/// A line of JSON for each command. Written anew when most lines are of no use any more.
#[derive(Debug)]
struct MemoryFile {
    path: PathBuf,
    /// Open for the next line; not when the file must be written anew first.
    file: Option<File>,
    /// What the file holds, or is to hold.
    entries: Vec<Entry>,
}

impl MemoryFile {
    fn read(path: &Path) -> io::Result<Self> {
        let text = match fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        // The last line may have been cut short by a crash: then its command had not begun. What has expired stays until
        // room is needed: the hub's clock, by which commands expire, is not known yet.
        let entries = text.lines().filter_map(|line| serde_json::from_str::<Entry>(line).ok()).collect();
        Ok(Self { path: path.to_owned(), file: None, entries })
    }

    /// Adds `entry`. When that fails, the file is written anew with the next one: a line may have been cut short.
    fn append(&mut self, entry: Entry, now: Timestamp) -> io::Result<()> {
        if self.entries.len() >= MEMORY_LIMIT {
            self.entries.retain(|kept| kept.is_needed(now));
            self.file = None;
        }
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        self.entries.push(entry);
        let file = match self.file.take() {
            None => write_anew(&self.path, &self.entries)?,
            Some(mut file) => {
                file.write_all(&line)?;
                file
            }
        };
        file.sync_data()?;
        self.file = Some(file);
        Ok(())
    }
}

/// Puts a file with `entries` in the place of the one at `path`, or leaves that as it is.
fn write_anew(path: &Path, entries: &[Entry]) -> io::Result<File> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        fs::create_dir_all(parent)?;
    }
    let draft = path.with_extension("new");
    let mut text = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut text, entry)?;
        text.push(b'\n');
    }
    let mut file = File::create(&draft)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    if let Some(parent) = parent {
        File::open(parent)?.sync_all()?;
    }
    OpenOptions::new().append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> CommandId {
        CommandId::new(&format!("c{number}")).unwrap()
    }

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds)
    }

    #[test]
    fn what_could_run_again_is_never_forgotten() {
        let mut memory = CommandMemory::default();
        for number in 0..MEMORY_LIMIT {
            assert!(!memory.is_full(at(0)));
            drop(memory.remember(id(number), at(1_000), at(0)));
        }
        assert!(memory.is_full(at(1_000 + REMEMBER_MS - 1)));
        assert!(memory.contains(&id(0)));
        assert!(!memory.is_full(at(1_000 + REMEMBER_MS)));
        assert!(!memory.contains(&id(0)));
    }

    #[tokio::test]
    async fn a_restart_forgets_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("dashboard/commands.jsonl");
        let mut memory = CommandMemory::try_in_file(&path).unwrap();
        memory.remember(id(1), at(1_000), at(0)).done().await.unwrap();
        memory.remember(id(2), at(REMEMBER_MS), at(0)).done().await.unwrap();
        drop(memory);
        // A crash in the middle of a line.
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"id\":\"c3\",\"expi").unwrap();

        let mut memory = CommandMemory::try_in_file(&path).unwrap();
        assert!(memory.contains(&id(1)) && memory.contains(&id(2)) && !memory.contains(&id(3)));
        memory.remember(id(4), at(REMEMBER_MS), at(0)).done().await.unwrap();
        let memory = CommandMemory::try_in_file(&path).unwrap();
        assert!(memory.contains(&id(2)) && memory.contains(&id(4)));
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("commands.jsonl");
        let mut file = MemoryFile::read(&path).unwrap();
        file.entries = (0..MEMORY_LIMIT).map(|number| Entry { id: id(number), expires_at: at(0) }).collect();
        file.append(Entry { id: id(1), expires_at: at(REMEMBER_MS) }, at(REMEMBER_MS)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
    }

    #[tokio::test]
    async fn a_disk_that_cannot_be_written_is_tried_again_with_the_next_command() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("dashboard/commands.jsonl");
        let mut memory = CommandMemory::try_in_file(&path).unwrap();
        // A file where the directory should be.
        fs::write(directory.path().join("dashboard"), "").unwrap();
        memory.remember(id(1), at(1_000), at(0)).done().await.unwrap_err();
        assert!(memory.contains(&id(1)));
        fs::remove_file(directory.path().join("dashboard")).unwrap();
        memory.remember(id(2), at(1_000), at(0)).done().await.unwrap();
        let memory = CommandMemory::try_in_file(&path).unwrap();
        assert!(memory.contains(&id(1)) && memory.contains(&id(2)));
    }
}
