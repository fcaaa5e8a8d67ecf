//! Files that are written from the code and checked in.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A path from the workspace's root.
pub fn in_workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Whether generated files are to be written anew instead of checked.
pub fn updating() -> bool {
    std::env::var_os("UPDATE_GENERATED").is_some()
}

/// Checks that the file holds `text`, or writes it when `update` says so.
pub fn check_file(path: &Path, text: &str, update: bool, how: &str) {
    if update {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let present = fs::read_to_string(path).unwrap_or_default();
    assert!(present == text, "{} is stale; {how}", path.display());
}
