//! `cargo xtask run`: the main job. The desktop program with its embedded hub, and a live fleet that connects to it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
    sync::mpsc,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::{
    USAGE,
    desktop::{Desktop, build_ui, wait_until},
    process::{Beside, cargo, catch_interrupts, command, interrupted, run as run_command},
    root, setup,
};

/// How the program is run.
pub struct Options {
    data: PathBuf,
    listen: String,
    dashboards: u32,
    seconds: Option<u64>,
    on_virtual_display: bool,
}

impl Options {
    /// Reads the command line.
    pub fn parse(arguments: &[String]) -> anyhow::Result<Self> {
        let displayless = ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty()));
        let mut options = Self {
            data: root().join("target/run"),
            listen: "127.0.0.1:7420".to_owned(),
            dashboards: 24,
            seconds: None,
            on_virtual_display: displayless,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().with_context(|| format!("{argument} needs a value\n\n{USAGE}"));
            match argument.as_str() {
                "--data" => options.data = std::path::absolute(value()?)?,
                "--listen" => options.listen.clone_from(value()?),
                "--dashboards" => {
                    options.dashboards = value()?.parse().context("--dashboards takes a number")?;
                }
                "--seconds" => options.seconds = Some(value()?.parse().context("--seconds takes a number")?),
                "--virtual" => options.on_virtual_display = true,
                other => bail!("`run` has no option {other:?}\n\n{USAGE}"),
            }
        }
        Ok(options)
    }
}

/// What the desktop program says when it is ready.
#[derive(Debug, Default)]
struct Ready {
    address: Option<String>,
    dashboard_token: Option<String>,
}

impl Ready {
    /// Takes note of a line; true once everything is known.
    fn read(&mut self, line: &str) -> bool {
        if let Some(address) = line.strip_prefix("mission-control listening on ") {
            self.address = Some(address.to_owned());
        } else if let Some(file) = line.strip_prefix("dashboard token: ") {
            self.dashboard_token = Some(file.to_owned());
        }
        self.address.is_some() && self.dashboard_token.is_some()
    }
}

/// Sets up, builds, starts, and keeps running until the window is closed, Ctrl-C, or the time is up.
pub fn run(options: &Options) -> anyhow::Result<()> {
    setup::build_packages()?;
    if options.on_virtual_display {
        setup::desktop_packages()?;
    }
    setup::node_modules("ui")?;
    build_ui()?;
    run_command(cargo().args(["build", "--workspace", "--bins"]))?;

    catch_interrupts()?;
    fs::create_dir_all(&options.data)
        .with_context(|| format!("{} cannot be made", options.data.display()))?;
    let desktop = options.on_virtual_display.then(|| Desktop::start(&options.data)).transpose()?;
    let (mut program, ready) = start_program(options, desktop.as_ref())?;
    let mut fleet = start_fleet(options, &ready)?;

    if let Some(desktop) = &desktop {
        println!("There is no display here: the window is on a virtual one.");
        show(desktop, options.dashboards)?;
    }
    println!("Running. Close the window or press Ctrl-C to stop.");
    let deadline = options.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let failure = loop {
        if let Some(status) = program.ended() {
            break (!status.success()).then(|| format!("the desktop program ended: {status}"));
        }
        if let Some(status) = fleet.ended() {
            break Some(format!("the fleet ended: {status}"));
        }
        if interrupted() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break None;
        }
        sleep(Duration::from_millis(100));
    };
    if let Some(desktop) = &desktop {
        let file = root().join("target/screenshots/run-at-end.png");
        match desktop.screenshot(&file) {
            Ok(()) => println!("screenshot: {}", file.display()),
            Err(error) => eprintln!("no screenshot of the end: {error:#}"),
        }
    }
    println!("Stopping.");
    fleet.stop(Duration::from_secs(10));
    program.stop(Duration::from_secs(20));
    match failure {
        Some(failure) => bail!(failure),
        None => Ok(()),
    }
}

/// Starts the desktop program and waits until it says where it listens.
fn start_program(options: &Options, desktop: Option<&Desktop>) -> anyhow::Result<(Beside, Ready)> {
    let program = binary("mission-control")?;
    let mut command = desktop.map_or_else(|| command(&program), |desktop| desktop.command(&program));
    command.arg("--data").arg(&options.data).arg("--listen").arg(&options.listen).stdout(Stdio::piped());
    let mut program = Beside::start(&mut command)?;

    let output = program.child().stdout.take().context("its output is not piped")?;
    let (lines, received) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            println!("{line}");
            // Lines that come after the program is ready are only shown.
            let _ = lines.send(line);
        }
    });
    let mut ready = Ready::default();
    wait_until("the desktop program says where it listens", Duration::from_secs(60), || {
        if let Some(status) = program.ended() {
            bail!("the desktop program ended: {status}");
        }
        Ok(received.try_iter().any(|line| ready.read(&line)))
    })?;
    Ok((program, ready))
}

fn start_fleet(options: &Options, ready: &Ready) -> anyhow::Result<Beside> {
    let (Some(address), Some(token)) = (&ready.address, &ready.dashboard_token) else {
        bail!("the desktop program did not say where it listens");
    };
    let mut command = command(binary("mission-control-fleet")?);
    command.args(["--hub", address, "--token-file", token, "--dashboards", &options.dashboards.to_string()]);
    Beside::start(&mut command)
}

/// A program built by the same cargo command as this one, so it lies beside it.
fn binary(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let file = own.parent().unwrap_or(Path::new(".")).join(name);
    if !file.is_file() {
        bail!("{} was not built", file.display());
    }
    Ok(file)
}

/// Waits until the fleet is shown, and takes pictures of it.
fn show(desktop: &Desktop, dashboards: u32) -> anyhow::Result<()> {
    wait_until("the window says that the fleet is online", Duration::from_secs(120), || {
        Ok(desktop.window_title().and_then(|title| online(&title)).is_some_and(|online| online >= dashboards))
    })?;
    let file = root().join("target/screenshots/run-fleet.png");
    desktop.screenshot_when_painted(&file)?;
    println!("screenshot: {}", file.display());
    Ok(())
}

/// How many dashboards are online, by the title of the window: `Mission Control · 24 online · 2 alerts`.
fn online(title: &str) -> Option<u32> {
    title.split(" · ").find_map(|part| part.strip_suffix(" online")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_program_says() {
        let mut ready = Ready::default();
        assert!(!ready.read("mission-control listening on ws://127.0.0.1:7420"));
        assert!(!ready.read("something else"));
        assert!(ready.read("dashboard token: /data/hub/tokens/dashboard.token"));
        assert_eq!(ready.address.as_deref(), Some("ws://127.0.0.1:7420"));
        assert_eq!(ready.dashboard_token.as_deref(), Some("/data/hub/tokens/dashboard.token"));
    }

    #[test]
    fn reads_how_many_are_online() {
        assert_eq!(online("Mission Control · 24 online · 2 alerts"), Some(24));
        assert_eq!(online("Mission Control"), None);
    }

    #[test]
    fn refuses_options_it_does_not_know() {
        assert!(Options::parse(&["--seconds".to_owned()]).is_err());
        assert!(Options::parse(&["--fast".to_owned()]).is_err());
        let options = Options::parse(&["--seconds".to_owned(), "5".to_owned()]).unwrap();
        assert_eq!(options.seconds, Some(5));
    }
}
