//! Where files are written.

use std::path::{Path, PathBuf};

use mission_control_protocol::Timestamp;
use mission_control_store::{ARCHIVE_EXTENSION, ExportFormat};

use crate::view::{
    requests::{RequestError, RequestErrorCode},
    transfers::{FileFormat, SuggestExportPath},
};

/// The ending of a format's files.
pub(crate) fn extension(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Csv => ExportFormat::Csv.extension(),
        FileFormat::Ndjson => ExportFormat::Ndjson.extension(),
        FileFormat::Parquet => ExportFormat::Parquet.extension(),
        FileFormat::Archive => ARCHIVE_EXTENSION,
    }
}

/// A path in `directory` at which there is no file yet; or the one that was chosen, with the ending that fits.
pub(crate) fn suggest(directory: &Path, request: &SuggestExportPath, now: Timestamp) -> PathBuf {
    let ending = extension(request.format);
    if let Some(current) = request.current.as_deref().filter(|current| !current.trim().is_empty()) {
        let current = PathBuf::from(current.trim());
        let known = [FileFormat::Csv, FileFormat::Ndjson, FileFormat::Parquet, FileFormat::Archive];
        let has_known =
            current.extension().is_some_and(|found| known.iter().any(|format| found == extension(*format)));
        return if has_known { current.with_extension(ending) } else { current };
    }
    // 2026-11-22T14:30:05.123Z, as far as the minute, without what file systems may not like.
    let at: String = now.to_string().chars().take(16).filter(|character| *character != ':').collect();
    let name: String = request
        .name
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' })
        .take(60)
        .collect();
    let base = format!("mission-control-{name}-{}", at.replace('T', "-"));
    let numbered = |number: u32| match number {
        1 => directory.join(format!("{base}.{ending}")),
        number => directory.join(format!("{base}-{number}.{ending}")),
    };
    (1..1_000).map(numbered).find(|path| !path.exists()).unwrap_or_else(|| numbered(1))
}

/// What the operator typed as the path of a file.
pub(crate) fn checked(path: &str) -> Result<PathBuf, RequestError> {
    let invalid = |message: &str| Err(RequestError::new(RequestErrorCode::InvalidInput, message));
    let typed = path.trim();
    if typed.is_empty() {
        return invalid("File: write the whole path of a file.");
    }
    let path = PathBuf::from(typed);
    if !path.is_absolute() {
        return invalid("File: write the whole path, from / on, such as /home/ada/events.csv.");
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(format: FileFormat, current: Option<&str>) -> SuggestExportPath {
        SuggestExportPath { name: "Events".to_owned(), format, current: current.map(str::to_owned) }
    }

    #[test]
    fn a_name_tells_what_and_when_and_is_free() {
        let directory = tempfile::tempdir().unwrap();
        let now = Timestamp::from_milliseconds(1_800_000_000_000);
        let first = suggest(directory.path(), &request(FileFormat::Csv, None), now);
        assert_eq!(first, directory.path().join("mission-control-events-2027-01-15-0800.csv"));
        std::fs::write(&first, "").unwrap();
        let second = suggest(directory.path(), &request(FileFormat::Csv, None), now);
        assert_eq!(second, directory.path().join("mission-control-events-2027-01-15-0800-2.csv"));
    }

    #[test]
    fn what_was_chosen_keeps_all_but_its_ending() {
        let now = Timestamp::from_milliseconds(0);
        let suggested = |format, current| suggest(Path::new("/d"), &request(format, Some(current)), now);
        assert_eq!(suggested(FileFormat::Parquet, "/a/b.csv"), Path::new("/a/b.parquet"));
        assert_eq!(suggested(FileFormat::Archive, "/a/b.csv"), Path::new("/a/b.mcarchive"));
        assert_eq!(suggested(FileFormat::Csv, "/a/v1.2"), Path::new("/a/v1.2"));
    }

    #[test]
    fn a_path_is_whole() {
        assert!(checked("/a/b.csv").is_ok());
        for path in ["", "  ", "b.csv", "./b.csv"] {
            assert!(checked(path).unwrap_err().message.starts_with("File:"), "{path}");
        }
    }
}
