//! Pictures of charts, written where the operator wants them.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mission_control_console::view::requests::{RequestError, RequestErrorCode};

/// What every PNG begins with.
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Bytes of a picture at most: more than any screen's worth.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Longest name that is suggested, in bytes.
const LONGEST_NAME: usize = 120;

/// Where a picture called `name` could go: a file that is not there yet, in the operator's pictures, or else at home.
pub fn place_for(name: &str) -> PathBuf {
    let directory = dirs::picture_dir()
        .filter(|directory| directory.is_dir())
        .or_else(dirs::home_dir)
        .unwrap_or_default();
    free_in(&directory, name)
}

fn free_in(directory: &Path, name: &str) -> PathBuf {
    let stem = file_stem(name);
    let first = directory.join(format!("{stem}.png"));
    if !first.exists() {
        return first;
    }
    let numbered = (2..1_000).map(|number| directory.join(format!("{stem} {number}.png")));
    numbered.into_iter().find(|path| !path.exists()).unwrap_or(first)
}

/// The name with nothing in it that a file system or a shell would take for something else.
fn file_stem(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(
            |character| {
                if character.is_alphanumeric() || " ._-%".contains(character) { character } else { ' ' }
            },
        )
        .collect();
    let mut stem = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    while stem.len() > LONGEST_NAME {
        stem.pop();
    }
    let stem = stem.trim_matches(['.', ' ', '-']);
    if stem.is_empty() { "chart".to_owned() } else { stem.to_owned() }
}

/// Writes a picture, wholly or not at all, and returns where it is. `png` is base64. A file that is there is only
/// replaced with `replace`; without it nothing is written then, and `None` returned.
///
/// # Errors
/// [`RequestErrorCode::InvalidInput`], with what to do next.
pub fn save(path: &str, png: &str, replace: bool) -> Result<Option<PathBuf>, RequestError> {
    let invalid = |message: String| RequestError::new(RequestErrorCode::InvalidInput, message);
    let path = expanded(path.trim());
    if !path.is_absolute() {
        return Err(invalid(
            "File: write the whole path, from the root (/) or from your home (~/).".to_owned(),
        ));
    }
    if path.is_dir() {
        return Err(invalid(format!("File: {} is a folder. Add the name of a file.", path.display())));
    }
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("png")) {
        return Err(invalid("File: the picture is a PNG. Let the name end in .png.".to_owned()));
    }
    let Some(directory) = path.parent().filter(|directory| directory.is_dir()) else {
        let parent = path.parent().unwrap_or(&path);
        return Err(invalid(format!(
            "File: there is no folder {}. Choose one that is there.",
            parent.display()
        )));
    };
    if png.len() > MOST_BYTES / 3 * 4 {
        return Err(invalid("Size: the picture is larger than 64 MiB. Choose a smaller one.".to_owned()));
    }
    let bytes = STANDARD.decode(png).ok().filter(|bytes| bytes.starts_with(&SIGNATURE));
    let Some(bytes) = bytes else {
        return Err(invalid("The chart could not be drawn as a picture. Try a smaller size.".to_owned()));
    };
    match write(directory, &path, &bytes, replace) {
        Ok(()) => Ok(Some(path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(invalid(format!("File: {} cannot be written: {error}.", path.display()))),
    }
}

/// The path with `~` as the operator's home.
fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), dirs::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// Written beside its place and then moved there: who looks at the place sees the whole picture, or what was there before.
fn write(directory: &Path, path: &Path, bytes: &[u8], replace: bool) -> io::Result<()> {
    if !replace && path.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.unfinished", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        if replace {
            return fs::rename(&beside, path);
        }
        // Unlike a rename, a link never takes the place of a file that came meanwhile.
        fs::hard_link(&beside, path).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Err(error),
            // Not every file system has links.
            _ => fs::rename(&beside, path),
        })
    });
    if beside.exists() {
        let _ = fs::remove_file(&beside);
    }
    written?;
    // The directory too: else a power cut may take the name away again.
    if let Ok(directory) = fs::File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests {

    use super::*;

    fn png() -> Vec<u8> {
        [&SIGNATURE[..], b"the rest"].concat()
    }

    #[test]
    fn a_picture_is_written_whole_and_nothing_is_replaced_unasked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chart.png");
        let text = path.to_str().unwrap();
        assert_eq!(save(text, &STANDARD.encode(png()), false).unwrap(), Some(path.clone()));
        assert_eq!(fs::read(&path).unwrap(), png());
        let other = [png(), b"!".to_vec()].concat();
        assert_eq!(save(text, &STANDARD.encode(&other), false).unwrap(), None);
        assert_eq!(fs::read(&path).unwrap(), png());
        save(text, &STANDARD.encode(&other), true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), other);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_bad_place_is_refused_and_says_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let good = STANDARD.encode(png());
        let of = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let refused = [
            ("chart.png".to_owned(), good.as_str(), "whole path"),
            (of(""), good.as_str(), "is a folder"),
            (of("chart.jpg"), good.as_str(), ".png"),
            (of("no/such/chart.png"), good.as_str(), "no folder"),
            (of("chart.png"), "AAAA", "could not be drawn"),
            (of("chart.png"), "no base64!", "could not be drawn"),
        ];
        for (path, png, expected) in refused {
            let error = save(&path, png, false).unwrap_err();
            assert!(error.message.contains(expected), "{path}: {}", error.message);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_name_is_suggested_that_is_free_and_harmless() {
        let directory = tempfile::tempdir().unwrap();
        let first = free_in(directory.path(), "../CPU / load: 5 %\n");
        assert_eq!(first.file_name().unwrap(), "CPU load 5 %.png");
        fs::write(&first, "").unwrap();
        assert_eq!(free_in(directory.path(), "CPU load 5 %").file_name().unwrap(), "CPU load 5 % 2.png");
        assert_eq!(file_stem("///"), "chart");
        assert!(file_stem(&"ä".repeat(400)).len() <= LONGEST_NAME);
    }
}
