//! From an alert's frame to its notification on the session bus, while other dashboards publish 5,000 events a second:
//! the real desktop program in a virtual display, the real notification daemon, and a monitor on the bus.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    commands::{connect, send, wait_for},
    load,
    programs::{self, Program},
    session::Session,
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
