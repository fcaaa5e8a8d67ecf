//! From an alert's frame to its notification on the session bus, while other dashboards publish 5,000 events a second:
//! the real desktop program in a virtual display, the real notification daemon, and a monitor on the bus.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use futures_util::{SinkExt, StreamExt};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    commands::{connect, send, wait_for},
    load,
    programs::{self, Program},
    table::Row,
};

const ALERTS: u64 = 100;
const EVENTS_PER_SECOND: u64 = 5_000;
/// Events sent at once, every 20 ms.
const BURST: u64 = EVENTS_PER_SECOND / 50;
/// Longest wait for one notification.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures alerts one after another.
pub async fn measure(binaries: &Path) -> Result<Row> {
    let directory = tempfile::tempdir_in("target")?;
    let session = Session::start(directory.path()).await?;
    let data = directory.path().join("data");
    std::fs::create_dir_all(&data)?;
    // The cap that turns a storm into a summary is not what is measured here.
    let settings = json!({"preferences": {"notificationsPerMinute": 60_000}});
    std::fs::write(data.join("settings.json"), settings.to_string())?;
    let mut command = session.command(binaries.join("mission-control"));
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(&data);
    let program = Program::start(command).await.context("the desktop program")?;
    let token = programs::token(&data.join("hub"), "dashboard")?;

    let (lines, mut notified) = mpsc::channel(1_024);
    let monitor = session.monitor(lines)?;
    let background = tokio::spawn(publish_steadily(program.address.clone(), token.clone()));
    let mut socket = connect(&program.address, "/v1/dashboard").await?;
    socket.send(Message::text(load::register_message("alarming", &token))).await?;
    wait_for(&mut socket, |message| message["type"] == "REGISTERED").await?;
    let mut histogram = Histogram::<u64>::new(3)?;
    for number in 0..=ALERTS {
        let title = format!("Benchmark alert {number}.");
        let sent = Instant::now();
        send(
            &mut socket,
            &json!({"type": "ALERT", "seq": number + 1, "alert": {"type": "BENCHMARK", "severity": "critical",
                "title": title, "message": "Measured.", "actions": [], "source": "dashboard",
                "dashboardId": "alarming", "context": {}, "timestamp": load::now()}}),
        )
        .await?;
        let seen = timeout(PATIENCE, wait_for_title(&mut notified, &title))
            .await
            .with_context(|| format!("no notification of {title:?}"))??;
        // The first one also opens the program's connection to the bus.
        if number > 0 {
            histogram.record(u64::try_from(seen.duration_since(sent).as_micros())?)?;
        }
    }
    if background.is_finished() {
        background.await??;
        bail!("the background load ended early");
    }
    background.abort();
    drop(monitor);
    program.stop().await?;
    #[expect(clippy::cast_precision_loss, reason = "microseconds are far below 2^52")]
    let milliseconds = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    let (p50, p99) = (milliseconds(0.5), milliseconds(0.99));
    Ok(Row {
        work: format!("alert frame to notification on the bus, under {EVENTS_PER_SECOND} events/s"),
        measured: format!("p50 {p50:.1} ms, p99 {p99:.1} ms"),
        beside: "-".to_owned(),
        ratio: None,
        budget: "p99 at most 50 ms".to_owned(),
        met: Some(p99 <= 50.0),
    })
}

async fn wait_for_title(lines: &mut mpsc::Receiver<(String, Instant)>, title: &str) -> Result<Instant> {
    while let Some((line, at)) = lines.recv().await {
        if line.contains(title) {
            return Ok(at);
        }
    }
    bail!("the monitor of the bus ended")
}

/// Publishes events at an even pace until it is ended.
async fn publish_steadily(address: String, token: String) -> Result<()> {
    let mut socket = connect(&address, "/v1/dashboard").await?;
    socket.send(Message::text(load::register_message("background", &token))).await?;
    wait_for(&mut socket, |message| message["type"] == "REGISTERED").await?;
    let (mut sink, mut stream) = socket.split();
    let reading = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    let mut ticks = interval(Duration::from_millis(20));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let at = load::now();
    let mut seq = 0;
    while !reading.is_finished() {
        ticks.tick().await;
        for _ in 0..BURST {
            seq += 1;
            sink.feed(Message::text(load::event_message("background", seq, &at))).await?;
        }
        sink.flush().await?;
    }
    bail!("the hub closed the connection of the background load")
}

/// A virtual display, a session bus and a notification daemon, all of this measurement's own.
struct Session {
    display: String,
    bus: String,
    _programs: Vec<Child>,
}

impl Session {
    async fn start(directory: &Path) -> Result<Self> {
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
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
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
    fn monitor(&self, lines: mpsc::Sender<(String, Instant)>) -> Result<Child> {
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
