//! Python for the protocol test client, which must owe nothing to this project's code: an environment of its own
//! under `target/`, with what `tests/requirements.txt` pins.

use std::{fs, path::PathBuf};

use anyhow::Context;

use crate::{
    process::{command, run},
    root,
};

/// Makes the environment where it is missing or has other packages than are pinned, and returns its interpreter.
pub fn environment() -> anyhow::Result<PathBuf> {
    let directory = root().join("target/python");
    let interpreter = directory.join("bin/python");
    let pinned = root().join("tests/requirements.txt");
    // Copied last, so an interrupted installation is made again.
    let installed = directory.join("requirements.txt");
    let wanted = fs::read(&pinned).with_context(|| format!("{} cannot be read", pinned.display()))?;
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(interpreter);
    }
    run(command("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(command(&interpreter).args(install).arg(&pinned))?;
    fs::write(&installed, wanted).with_context(|| format!("{} cannot be written", installed.display()))?;
    Ok(interpreter)
}
