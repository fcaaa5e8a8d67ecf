//! A private desktop: virtual screen, session bus, notification service. Nothing of the machine's own desktop is
//! touched, and tests do not see each other.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    notifications::Notifications,
    process::Running,
    wait::{wait_for, wait_until},
};

/// Larger than any window a test asks for, so that no window is cut off.
const SCREEN: &str = "1984x1144x24";

/// A bus without services to activate: what a test needs it starts, and no portal or accessibility bus of the machine
/// slows it down.
const BUS_CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=@DIRECTORY@</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// A running desktop. It ends when this value goes.
#[derive(Debug)]
pub struct Desktop {
    directory: tempfile::TempDir,
    display: String,
    bus_address: String,
    // Ended in this order: what depends on another before it.
    notifications: Option<Notifications>,
    _bus: Running,
    _screen: Running,
}

impl Desktop {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        for name in ["home", "runtime", "bus"] {
            fs::create_dir(path.join(name)).unwrap();
            fs::set_permissions(path.join(name), fs::Permissions::from_mode(0o700)).unwrap();
        }

        let mut screen = Command::new("Xvfb");
        screen.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0", SCREEN]);
        let mut screen = Running::start(&screen, &path.join("xvfb.log"));
        let number = wait_for("Xvfb to name its display", || {
            let output = screen.output();
            let number = output.lines().find(|line| line.parse::<u32>().is_ok()).map(str::to_owned);
            assert!(screen.has_ended().is_none(), "Xvfb ended: {output}");
            number.filter(|_| output.ends_with('\n')).ok_or(output)
        });

        let configuration = path.join("bus.conf");
        fs::write(
            &configuration,
            BUS_CONFIGURATION.replace("@DIRECTORY@", &path.join("bus").to_string_lossy()),
        )
        .unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.arg("--config-file").arg(&configuration).args(["--nofork", "--nopidfile", "--print-address=1"]);
        let mut bus = Running::start(&bus, &path.join("bus.log"));
        let bus_address = format!("unix:{}", bus.line_after("unix:"));

        let mut desktop = Self {
            display: format!(":{number}"),
            bus_address,
            notifications: None,
            _bus: bus,
            _screen: screen,
            directory,
        };
        desktop.notifications = Some(Notifications::start(&desktop));
        desktop
    }

    /// A command that runs on this desktop, with a home of its own.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let home = self.directory.path().join("home");
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus_address)
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", self.directory.path().join("runtime"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("GDK_BACKEND", "x11")
            // There is no accessibility bus here, and GTK would wait for one.
            .env("NO_AT_BRIDGE", "1")
            .env("TZ", "UTC")
            .env_remove("WAYLAND_DISPLAY");
        command
    }

    /// Runs a command of this desktop to its end and returns what it printed.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let output =
            self.command(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
        }
    }

    /// A directory that goes with the desktop, for logs and data.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A file of this desktop's, for the output of a program.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The notification service.
    #[must_use]
    pub fn notifications(&self) -> &Notifications {
        self.notifications.as_ref().expect("it is started with the desktop")
    }

    /// Waits until a program owns `name` on the bus.
    pub fn wait_for_bus_name(&self, name: &str) {
        let name = format!("string:{name}");
        wait_until(&format!("{name} on the bus"), || {
            let method = "org.freedesktop.DBus.NameHasOwner";
            let to = [
                "--session",
                "--print-reply=literal",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
            ];
            self.run("dbus-send", &[to[0], to[1], to[2], to[3], method, &name])
                .is_ok_and(|answer| answer.contains("true"))
        });
    }

    /// Titles of the visible windows whose title contains `part`.
    #[must_use]
    pub fn windows(&self, part: &str) -> Vec<String> {
        // xdotool fails when it finds none.
        let found = self.run("xdotool", &["search", "--onlyvisible", "--name", part]).unwrap_or_default();
        found
            .lines()
            .filter_map(|id| self.run("xdotool", &["getwindowname", id]).ok())
            .map(|title| title.trim().to_owned())
            .collect()
    }
}
