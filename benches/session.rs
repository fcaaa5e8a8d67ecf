//! A desktop of the measurement's own, on which the real desktop program runs.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

/// A virtual display, a session bus and a notification daemon, all of this measurement's own.
pub struct Session {
    display: String,
    bus: String,
    _programs: Vec<Child>,
}

impl Session {
    /// Starts one; what it writes goes to `directory`.
    pub async fn start(directory: &Path) -> Result<Self> {
        let mut display_server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("Xvfb does not start; install the package xvfb")?;
        let display = format!(":{}", first_line(&mut display_server).await.context("Xvfb gave no display")?);
        let mut bus_daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("dbus-daemon does not start; install the package dbus")?;
        let bus = first_line(&mut bus_daemon).await.context("dbus-daemon gave no address")?;
        let mut session = Self { display, bus, _programs: vec![display_server, bus_daemon] };
        let configuration = directory.join("dunstrc");
        std::fs::write(&configuration, "[global]\n")?;
        let mut daemon = session.command("dunst");
        let daemon = daemon.arg("-config").arg(configuration).stdout(Stdio::null()).stderr(Stdio::null());
        session._programs.push(daemon.spawn().context("dunst does not start; install the package dunst")?);
        Ok(session)
    }

    /// A program that runs in this session.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("NO_AT_BRIDGE", "1")
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env_remove("WAYLAND_DISPLAY")
            .kill_on_drop(true);
        command
    }

    /// Sends every line that the bus monitor prints, with the moment it was printed.
    pub fn monitor(&self, lines: mpsc::Sender<(String, Instant)>) -> Result<Child> {
        let mut monitor = self
            .command("dbus-monitor")
            .args(["--session", "interface=org.freedesktop.Notifications,member=Notify"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("dbus-monitor does not start; install the package dbus")?;
        let stdout = monitor.stdout.take().ok_or_else(|| anyhow!("dbus-monitor has no output"))?;
        tokio::spawn(async move {
            let mut read = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = read.next_line().await {
                if lines.send((line, Instant::now())).await.is_err() {
                    break;
                }
            }
        });
        Ok(monitor)
    }
}

/// Reads byte by byte, so that nothing after the line is lost.
async fn first_line(child: &mut Child) -> Result<String> {
    let stdout = child.stdout.as_mut().ok_or_else(|| anyhow!("no output"))?;
    let mut line = Vec::new();
    loop {
        let byte = timeout(Duration::from_secs(10), stdout.read_u8()).await??;
        if byte == b'\n' {
            return Ok(String::from_utf8(line)?);
        }
        line.push(byte);
    }
}
