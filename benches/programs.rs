//! Starting the real programs, and ending exactly those.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// How long a program may take to say that it is ready.
const READY: Duration = Duration::from_secs(30);

/// A program that listens.
pub struct Program {
    child: Child,
    /// Its address, such as `127.0.0.1:40123`.
    pub address: String,
}

impl Program {
    /// Starts `command` and waits for the line that says where it listens.
    pub async fn start(mut command: Command) -> Result<Self> {
        let name = format!("{:?}", command.as_std().get_program());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{name} does not start; build it with `cargo xtask bench`"))?;
        let stdout = child.stdout.take().ok_or_else(|| anyhow!("{name} has no output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let address = timeout(READY, async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, address)) = line.split_once("listening on ws://") {
                    return Ok(address.trim().to_owned());
                }
            }
            bail!("{name} ended before it listened")
        })
        .await
        .with_context(|| format!("{name} did not say where it listens"))??;
        // Goes on reading, so that the program never blocks on its output.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, address })
    }

    /// Ends it.
    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("a benchmarked program could not be ended")
    }
}

/// A headless hub with its data in `directory`.
pub fn hub(binaries: &Path, directory: &Path) -> Command {
    let mut command = Command::new(binaries.join("mission-control-hub"));
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(directory);
    command
}

/// The token that dashboards (or operators) of the hub in `directory` use.
pub fn token(directory: &Path, role: &str) -> Result<String> {
    let path = directory.join("tokens").join(format!("{role}.token"));
    let token = std::fs::read_to_string(&path).with_context(|| format!("no token in {}", path.display()))?;
    Ok(token.trim().to_owned())
}
