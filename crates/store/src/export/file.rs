//! A file that is there as a whole or not at all: written beside its place, and put there at the end.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use super::ExportError;
use crate::database::private;

/// A file on its way to its place. Until [`Self::finish`] it has another name; dropped before, it leaves nothing.
#[derive(Debug)]
pub struct NewFile {
    target: PathBuf,
    scratch: Scratch,
    replace: bool,
    file: BufWriter<File>,
    bytes: u64,
}

impl NewFile {
    /// Begins a file that will be at `target`, in place of one that is there only if `replace` says so.
    ///
    /// # Errors
    /// [`ExportError::Exists`], [`ExportError::File`] when the directory is none or cannot be written.
    pub fn create(target: &Path, replace: bool) -> Result<Self, ExportError> {
        let scratch = Scratch(beside(target, replace)?);
        let file = private()
            .create_new(true)
            .write(true)
            .open(&scratch.0)
            .map_err(|source| ExportError::from_disk(target, source))?;
        Ok(Self { target: target.to_owned(), scratch, replace, file: BufWriter::new(file), bytes: 0 })
    }

    /// Where it will be.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the file in its place, with everything on the disk, and returns how many bytes it has.
    ///
    /// # Errors
    /// [`ExportError::DiskFull`] and others of the disk; then nothing is there.
    pub fn finish(self) -> Result<u64, ExportError> {
        let Self { target, scratch, replace, file, bytes } = self;
        let of = |source| ExportError::from_disk(&target, source);
        let file = file.into_inner().map_err(|error| of(error.into_error()))?;
        file.sync_all().map_err(of)?;
        drop(file);
        put_in_place(&scratch.0, &target, replace)?;
        Ok(bytes)
    }
}

impl Write for NewFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Deletes what is left of the unfinished file.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Put in its place, it is here no more.
        let _ = fs::remove_file(&self.0);
    }
}

/// A name beside `target` for what is not finished.
pub(crate) fn beside(target: &Path, replace: bool) -> Result<PathBuf, ExportError> {
    let Some(name) = target.file_name() else {
        return Err(ExportError::NoName { path: target.to_owned() });
    };
    if target.is_dir() {
        return Err(ExportError::NoName { path: target.to_owned() });
    }
    if !replace && target.exists() {
        return Err(ExportError::Exists { path: target.to_owned() });
    }
    let mut scratch = OsString::from(".");
    scratch.push(name);
    scratch.push(format!(".{}.partial", uuid::Uuid::new_v4().simple()));
    Ok(target.with_file_name(scratch))
}

/// Moves the finished file to its place.
pub(crate) fn put_in_place(scratch: &Path, target: &Path, replace: bool) -> Result<(), ExportError> {
    let of = |source| ExportError::from_disk(target, source);
    // Somebody else may have put a file there meanwhile.
    if !replace && target.exists() {
        return Err(ExportError::Exists { path: target.to_owned() });
    }
    fs::rename(scratch, target).map_err(of)?;
    // The directory too: else a power cut may take the name back.
    if let Some(directory) = target.parent()
        && let Ok(directory) = File::open(directory)
    {
        let _ = directory.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let names = fs::read_dir(directory).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn it_is_there_once_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("events.csv");
        let mut file = NewFile::create(&target, false).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!target.exists());
        file.write_all(b" and half").unwrap();
        assert_eq!(file.finish().unwrap(), 13);
        assert_eq!(fs::read(&target).unwrap(), b"half and half");
        assert_eq!(names(directory.path()), ["events.csv"]);
    }

    #[test]
    fn given_up_it_leaves_nothing_and_what_was_there_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("events.csv");
        fs::write(&target, "before").unwrap();
        assert!(matches!(NewFile::create(&target, false), Err(ExportError::Exists { .. })));
        let mut file = NewFile::create(&target, true).unwrap();
        file.write_all(&[b'x'; 100_000]).unwrap();
        drop(file);
        assert_eq!(fs::read(&target).unwrap(), b"before");
        assert_eq!(names(directory.path()), ["events.csv"]);
    }

    #[test]
    fn a_place_that_is_none_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let error = NewFile::create(directory.path(), true).unwrap_err();
        assert!(matches!(error, ExportError::NoName { .. }), "{error}");
        let error = NewFile::create(&directory.path().join("no/such/events.csv"), true).unwrap_err();
        assert!(error.to_string().contains("no such folder"), "{error}");
    }
}
