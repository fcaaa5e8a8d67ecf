//! Python for the protocol test client, which must owe nothing to this project's code: an environment of its own
//! under `target/`, with the one package it needs.

use std::path::PathBuf;

use crate::{
    process::{command, run, succeeds},
    root,
};

/// Version of the WebSocket library that the protocol test client is run with.
const WEBSOCKETS: &str = "websockets==15.0.1";

/// Makes the environment where it is missing, and returns its interpreter.
pub fn environment() -> anyhow::Result<PathBuf> {
    let directory = root().join("target/python");
    let interpreter = directory.join("bin/python");
    if !succeeds(command(&interpreter).args(["-c", "import websockets"])) {
        run(command("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
        run(command(&interpreter).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            WEBSOCKETS,
        ]))?;
    }
    Ok(interpreter)
}
