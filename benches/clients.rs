//! What one dashboard can publish durably with each SDK: kept on its own disk, sent to the real hub, and acknowledged after
//! the hub's fsync. The floor does the least that has the same effect: it appends the same frames to a file with an fsync
//! for each group, sends them to the bare pipeline, and waits for the acknowledgements.

use std::{
    ffi::OsStr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use mission_control_client::{DashboardEvent, MissionControlClient};
use mission_control_protocol::{DashboardConfig, DashboardId, Severity};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::{fs::File, io::AsyncWriteExt, process::Command};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    commands::connect,
    ingest::{bare_pipeline, median},
    load,
    programs::{self, Program},
    table::Row,
};

/// Events that the floor keeps with one fsync.
const BURST: u64 = 256;
/// Events that the floor has under way at most.
const UNDER_WAY: u64 = 8 * BURST;

/// Where the programs written for Node are.
const NODE_PROGRAMS: &str = "sdk/typescript/bench";

/// Measures both SDKs, each alternating with its floor.
pub async fn measure(binaries: &Path, messages: u64, rounds: usize) -> Result<Vec<Row>> {
    let (mut rust, mut rust_bare) = (Vec::new(), Vec::new());
    let (mut node, mut node_bare) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        rust.push(with_hub(binaries, messages, Sdk::Rust).await.context("the Rust client")?);
        rust_bare
            .push(with_bare_pipeline(messages, Sdk::Rust).await.context("the floor of the Rust client")?);
        node.push(with_hub(binaries, messages, Sdk::Node).await.context("the SDK in Node")?);
        node_bare.push(with_bare_pipeline(messages, Sdk::Node).await.context("the floor in Node")?);
        println!(
            "client round {round}: Rust {:.0}/s, its floor {:.0}/s; Node {:.0}/s, its floor {:.0}/s",
            rust[round - 1],
            rust_bare[round - 1],
            node[round - 1],
            node_bare[round - 1]
        );
    }
    Ok(vec![
        row("one Rust client, queue on disk", &mut rust, &mut rust_bare),
        row("one TypeScript client in Node, queue in a file", &mut node, &mut node_bare),
    ])
}

#[derive(Clone, Copy)]
enum Sdk {
    Rust,
    Node,
}

fn row(name: &str, measured: &mut [f64], bare: &mut [f64]) -> Row {
    let (measured, bare) = (median(measured), median(bare));
    Row {
        work: format!("durable events from {name}"),
        measured: format!("{measured:.0}/s"),
        beside: format!("append, fsync, send, acknowledged: {bare:.0}/s"),
        ratio: Some(measured / bare),
        budget: "-".to_owned(),
        met: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a message count is far below 2^52")]
fn rate(messages: u64, took: Duration) -> f64 {
    messages as f64 / took.as_secs_f64()
}

async fn with_hub(binaries: &Path, messages: u64, sdk: Sdk) -> Result<f64> {
    let directory = tempfile::tempdir_in("target")?;
    let program = Program::start(programs::hub(binaries, directory.path())).await?;
    let url = format!("ws://{}", program.address);
    let queue = directory.path().join("queue");
    std::fs::create_dir_all(&queue)?;
    let took = match sdk {
        Sdk::Rust => {
            let token = programs::token(directory.path(), "dashboard")?;
            publish(&url, &token, &queue.join("queue.sqlite"), messages).await?
        }
        Sdk::Node => {
            let token_file = directory.path().join("tokens/dashboard.token");
            let count = messages.to_string();
            let arguments =
                ["sdk".as_ref(), url.as_ref(), queue.as_os_str(), count.as_ref(), token_file.as_os_str()];
            seconds(&arguments).await?
        }
    };
    program.stop().await?;
    Ok(rate(messages, took))
}

async fn with_bare_pipeline(messages: u64, sdk: Sdk) -> Result<f64> {
    let directory = tempfile::tempdir_in("target")?;
    let program = bare_pipeline(directory.path()).await?;
    let took = match sdk {
        Sdk::Rust => {
            append_and_send(&program.address, &directory.path().join("bare.queue"), messages).await?
        }
        Sdk::Node => {
            let url = format!("ws://{}", program.address);
            let count = messages.to_string();
            seconds(&["bare".as_ref(), url.as_ref(), directory.path().as_os_str(), count.as_ref()]).await?
        }
    };
    program.stop().await?;
    Ok(rate(messages, took))
}

/// The Rust SDK, as a dashboard uses it: from the first event to the last acknowledgement.
async fn publish(url: &str, token: &str, queue_file: &Path, messages: u64) -> Result<Duration> {
    let config = DashboardConfig {
        id: DashboardId::new("bench-rust")?,
        kind: "run-dashboard".to_owned(),
        use_case: "benchmark".to_owned(),
        version: "1.0.0".to_owned(),
        capabilities: Vec::new(),
        metadata: mission_control_protocol::config::DashboardMetadata {
            user: Some("operator".to_owned()),
            ..Default::default()
        },
    };
    let client = MissionControlClient::builder(url, config).token(token).queue_file(queue_file).start()?;
    client.register_dashboard().await?;
    let start = Instant::now();
    for number in 1..=messages {
        let payload = json!({"source": "scada-feed", "recordCount": 1200, "timestamp": load::now(), "quality": 97.3,
            "batch": format!("{number:012}")});
        client
            .publish_event(DashboardEvent {
                kind: "DATA_INGESTED".to_owned(),
                severity: Severity::Info,
                payload,
            })
            .await?;
    }
    client.flush().await?;
    let took = start.elapsed();
    client.disconnect("measured").await?;
    Ok(took)
}

/// The floor in Rust.
async fn append_and_send(address: &str, file: &Path, messages: u64) -> Result<Duration> {
    let mut file = File::create(file).await?;
    let mut socket = connect(address, "/").await?;
    socket.send(Message::text("{}")).await?;
    socket.next().await.context("the bare pipeline ended")??;
    let start = Instant::now();
    let (mut published, mut acknowledged) = (0, 0);
    let mut group = String::new();
    while acknowledged < messages {
        if published < messages && published - acknowledged <= UNDER_WAY - BURST {
            group.clear();
            let numbers = published + 1..=(published + BURST).min(messages);
            let frames: Vec<String> =
                numbers.map(|seq| load::event_message("bench-bare", seq, &load::now())).collect();
            for frame in &frames {
                group.push_str(frame);
                group.push('\n');
            }
            file.write_all(group.as_bytes()).await?;
            file.sync_data().await?;
            published += BURST.min(messages - published);
            for frame in frames {
                socket.feed(Message::text(frame)).await?;
            }
            socket.flush().await?;
            continue;
        }
        let Message::Text(text) = socket.next().await.context("the bare pipeline ended")?? else { continue };
        let message: Value = serde_json::from_str(&text)?;
        acknowledged = message["seq"].as_u64().unwrap_or(acknowledged);
    }
    Ok(start.elapsed())
}

async fn seconds(arguments: &[&OsStr]) -> Result<Duration> {
    #[derive(serde::Deserialize)]
    struct Took {
        seconds: f64,
    }
    let took: Took = node("publish.mjs", arguments).await?;
    Ok(Duration::try_from_secs_f64(took.seconds)?)
}

/// Runs one of the programs written for Node, and reads the one line that it prints.
pub async fn node<T: DeserializeOwned>(program: &str, arguments: &[&OsStr]) -> Result<T> {
    let output = Command::new("node")
        .arg(Path::new(NODE_PROGRAMS).join(program))
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
        .context("node does not start")?;
    if !output.status.success() {
        bail!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim()).with_context(|| format!("{program} printed {text:?}"))
}
