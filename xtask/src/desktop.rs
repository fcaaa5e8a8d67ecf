//! A desktop where there is none: a display, a session bus, a notification service.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::process::{Beside, capture, command, interrupted, run, succeeds};

/// Size of the virtual screen: that of the program's window, which fills it.
const SCREEN: &str = "1440x900x24";

/// Colours below which a picture is of a window that has not been painted.
const PAINTED_COLOURS: u32 = 100;

/// A virtual desktop; it goes when this value goes, what depends on the bus first.
pub struct Desktop {
    display: String,
    bus: String,
    runtime: PathBuf,
    // Dropped in this order.
    _notifications: Beside,
    _bus: Beside,
    _screen: Beside,
}

impl Desktop {
    /// Starts it; its logs and sockets go into `directory`.
    pub fn start(directory: &Path) -> anyhow::Result<Self> {
        let runtime = directory.join("runtime");
        fs::create_dir_all(&runtime)?;
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700))?;

        let mut screen = command("Xvfb");
        screen.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", SCREEN]).stdout(Stdio::piped());
        let mut screen = Beside::start_logged(&mut screen, &directory.join("xvfb.log"))?;
        let display = format!(":{}", first_line(&mut screen).context("Xvfb did not start: see xvfb.log")?);

        let mut bus = command("dbus-daemon");
        bus.args(["--session", "--nofork", "--print-address=1"]).stdout(Stdio::piped());
        bus.env("DISPLAY", &display).env("XDG_RUNTIME_DIR", &runtime);
        let mut bus = Beside::start_logged(&mut bus, &directory.join("dbus.log"))?;
        let address = first_line(&mut bus).context("dbus-daemon did not start: see dbus.log")?;

        let mut dunst = command("dunst");
        dunst
            .env("DISPLAY", &display)
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .env("XDG_RUNTIME_DIR", &runtime);
        let notifications = Beside::start_logged(dunst.stdout(Stdio::null()), &directory.join("dunst.log"))?;

        let desktop = Self {
            display,
            bus: address,
            runtime,
            _notifications: notifications,
            _bus: bus,
            _screen: screen,
        };
        wait_until("the notification service answers", Duration::from_secs(20), || {
            Ok(succeeds(desktop.command("dbus-send").args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.Notifications",
                "/org/freedesktop/Notifications",
                "org.freedesktop.Notifications.GetServerInformation",
            ])))
        })?;
        Ok(desktop)
    }

    /// A command that runs on this desktop.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = command(program);
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("XDG_RUNTIME_DIR", &self.runtime)
            .env("GDK_BACKEND", "x11")
            // No accessibility bus is there: without this, GTK waits for one.
            .env("NO_AT_BRIDGE", "1")
            .env_remove("WAYLAND_DISPLAY");
        command
    }

    /// Title of the program's window, once there is one.
    pub fn window_title(&self) -> Option<String> {
        let mut search = self.command("xdotool");
        search.args(["search", "--onlyvisible", "--name", "^Mission Control", "getwindowname"]);
        capture(&mut search).ok().map(|title| title.trim().to_owned())
    }

    /// Takes a picture of the screen.
    pub fn screenshot(&self, file: &Path) -> anyhow::Result<()> {
        if let Some(directory) = file.parent() {
            fs::create_dir_all(directory)?;
        }
        capture(self.command("import").args(["-window", "root"]).arg(file)).map(drop)
    }

    /// Takes a picture of the screen as soon as something is painted on it.
    pub fn screenshot_when_painted(&self, file: &Path) -> anyhow::Result<()> {
        wait_until("the window is painted", Duration::from_secs(60), || {
            self.screenshot(file)?;
            let colours = capture(self.command("identify").args(["-format", "%k"]).arg(file))?;
            Ok(colours.trim().parse::<u32>().is_ok_and(|colours| colours >= PAINTED_COLOURS))
        })
    }
}

/// The first line a child prints; the rest is read and thrown away, lest it block.
fn first_line(beside: &mut Beside) -> anyhow::Result<String> {
    let output = beside.child().stdout.take().context("its output is not piped")?;
    let mut reader = BufReader::new(output);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if line.trim().is_empty() {
        bail!("it ended without a word");
    }
    std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    Ok(line.trim().to_owned())
}

/// Asks every 200 ms until it is so, for at most `limit`.
pub fn wait_until(
    what: &str,
    limit: Duration,
    mut is_so: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + limit;
    loop {
        if interrupted() {
            bail!("interrupted before {what}");
        }
        if is_so()? {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("waited {} s in vain until {what}", limit.as_secs());
        }
        sleep(Duration::from_millis(200));
    }
}

/// Builds the web UI, which the desktop program embeds.
pub fn build_ui() -> anyhow::Result<()> {
    run(command("npm").args(["run", "--silent", "build"]).current_dir(crate::root().join("ui")))
}
