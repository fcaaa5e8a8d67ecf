//! Rules for the text of the sources.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{
    process::{capture, command},
    root,
};

const MOST_LINES: usize = 600;

/// What is written by hand, in a language with lines worth counting.
fn is_source(file: &Path) -> bool {
    let by_hand = !file.starts_with("ui/src/bindings") && !file.starts_with("sdk/typescript/src/protocol");
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    by_hand && matches!(extension, "rs" | "ts" | "tsx" | "css" | "py" | "sql" | "mjs")
}

/// Every source file that git knows or would add, relative to the root.
fn files() -> anyhow::Result<Vec<PathBuf>> {
    let listed =
        capture(command("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    Ok(listed
        .split('\0')
        .map(PathBuf::from)
        // A file that was removed and not yet committed is still listed.
        .filter(|file| is_source(file) && root().join(file).is_file())
        .collect())
}

/// Lines of source files that `is_finding` names, as `file:line: text`.
fn lines(
    is_searched: impl Fn(&Path) -> bool,
    is_finding: impl Fn(&str) -> bool,
) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in files()?.iter().filter(|file| is_searched(file)) {
        for (index, line) in read(file)?.lines().enumerate().filter(|(_, line)| is_finding(line)) {
            findings.push(format!("{}:{}: {}", file.display(), index + 1, line.trim()));
        }
    }
    Ok(findings)
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(root().join(file)).with_context(|| format!("{} cannot be read", file.display()))
}

/// Imports of Tauri outside the one seam.
pub fn tauri_imports() -> anyhow::Result<Vec<String>> {
    lines(
        |file| file.starts_with("ui/src") && !file.starts_with("ui/src/platform"),
        |line| line.contains("@tauri-apps/"),
    )
}

/// Files that are too long to be about one thing.
pub fn long_files() -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in files()? {
        let lines = read(&file)?.lines().count();
        if lines > MOST_LINES {
            findings.push(format!("{} has {lines} lines", file.display()));
        }
    }
    Ok(findings)
}

/// Work that was put off. The markers are put together here so that this file is not found.
pub fn leftovers() -> anyhow::Result<Vec<String>> {
    let markers = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
    ];
    lines(|_| true, |line| markers.iter().any(|marker| line.contains(marker)))
}
