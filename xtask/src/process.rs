//! Running other programs.

use std::{
    ffi::OsStr,
    fs::File,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::root;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C and SIGTERM only set a flag, so that children are stopped in order.
pub fn catch_interrupts() -> anyhow::Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst)).context("Ctrl-C cannot be caught")
}

/// Whether Ctrl-C was pressed or SIGTERM received.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A command that runs at the root of the repository.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that runs this, so that the toolchain is the same.
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// How the command reads in a terminal.
pub fn written(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words =
        std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy().into_owned());
    words.collect::<Vec<_>>().join(" ")
}

/// Runs a command to its end, its output shown; an error unless it succeeds.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    println!("$ {}", written(command));
    let status = command.status().with_context(|| format!("{} could not be started", written(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", written(command));
    }
    Ok(())
}

/// Runs a command to its end and returns what it printed on its standard output; an error unless it succeeds.
pub fn capture(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{} could not be started", written(command)))?;
    if !output.status.success() {
        bail!(
            "{} failed: {}\n{}",
            written(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed what is not text", written(command)))
}

/// Whether a command can be started and succeeds; it prints nothing.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Waits for a child to end, at most `limit`; `None` when it is still running then.
pub fn wait_at_most(child: &mut Child, limit: Duration) -> anyhow::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(Duration::from_millis(20));
    }
}

/// A program that runs beside this one, and is stopped when this value goes.
///
/// It has its own process group, so that Ctrl-C in the terminal reaches this program alone, which then stops its
/// children in the order in which they depend on each other.
pub struct Beside {
    name: String,
    child: Child,
}

impl Beside {
    /// Starts it.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let name =
            Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} could not be started", written(command)))?;
        Ok(Self { name, child })
    }

    /// Starts it, its standard error in a file.
    pub fn start_logged(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let file = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
        Self::start(command.stderr(file))
    }

    /// The process.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end, and ends it when it does not within `grace`.
    pub fn stop(&mut self, grace: Duration) {
        if self.ended().is_some() {
            return;
        }
        signal(&self.child, "TERM");
        if !matches!(wait_at_most(&mut self.child, grace), Ok(Some(_))) {
            eprintln!("{} did not stop within {} s: ended", self.name, grace.as_secs());
            if self.child.kill().is_ok() {
                // Nothing is left to decide on once it is gone.
                let _ = self.child.wait();
            }
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.stop(Duration::from_secs(10));
    }
}

/// Sends a signal to a child that has not been waited for, so its id is still its own.
fn signal(child: &Child, name: &str) {
    // The shell's built-in: neither a bare machine nor std has another way without unsafe code.
    let _ = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", child.id())).status();
}
