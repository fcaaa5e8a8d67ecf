//! Durable, acknowledged ingest from 100 producers with one console following, against the bare pipeline.

use std::path::Path;

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::process::Command;
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};

use crate::{
    jetstream,
    load::{self, Load},
    programs::{self, Program},
    table::Row,
};

const PRODUCERS: u64 = 100;

/// Measures hub, floor and peer alternately, and compares the medians.
pub async fn measure(binaries: &Path, messages: u64, rounds: usize) -> Result<Vec<Row>> {
    let (mut hub, mut bare, mut peer) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        bare.push(bare_rate(messages).await.context("the bare pipeline")?);
        hub.push(hub_rate(binaries, None, messages).await.context("the hub")?);
        peer.push(jetstream::rate(messages).await.context("JetStream")?);
        let at = round - 1;
        println!(
            "ingest round {round}: hub {:.0}/s, bare pipeline {:.0}/s, JetStream {:.0}/s",
            hub[at], bare[at], peer[at]
        );
    }
    let (hub, bare, peer) = (median(&mut hub), median(&mut bare), median(&mut peer));
    let bytes = load::event_message("producer-00", 100_000, &load::now()).len();
    let work = format!("durable ingest, {PRODUCERS} producers, {bytes}-byte frames, one console following");
    let row = |beside: String, ratio: f64, least: f64| Row {
        work: work.clone(),
        measured: format!("{hub:.0}/s"),
        beside,
        ratio: Some(ratio),
        budget: format!("at least {least}"),
        met: Some(ratio >= least),
    };
    Ok(vec![
        row(format!("bare pipeline {bare:.0}/s"), hub / bare, 0.65),
        row(format!("JetStream, file storage, 256 in flight {peer:.0}/s"), hub / peer, 3.5),
    ])
}

/// Ingest on top of the `records` records at `log`, against an empty log.
pub async fn measure_grown(
    binaries: &Path,
    (log, records): (&Path, u64),
    messages: u64,
    rounds: usize,
) -> Result<Row> {
    let (mut grown, mut empty) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        empty.push(hub_rate(binaries, None, messages).await?);
        grown.push(hub_rate(binaries, Some(log), messages).await?);
        let at = round - 1;
        println!("growth round {round}: on {records} records {:.0}/s, on none {:.0}/s", grown[at], empty[at]);
    }
    let (grown, empty) = (median(&mut grown), median(&mut empty));
    Ok(Row {
        work: format!("durable ingest on top of {records} records"),
        measured: format!("{grown:.0}/s"),
        beside: format!("on none {empty:.0}/s"),
        ratio: Some(grown / empty),
        budget: "at least 0.8".to_owned(),
        met: Some(grown / empty >= 0.8),
    })
}

/// The median, whatever the order.
pub fn median(rates: &mut [f64]) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Starts the bare pipeline, its database in `directory`.
pub async fn bare_pipeline(directory: &Path) -> Result<Program> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bare-pipeline", "--listen", "127.0.0.1:0", "--database"]);
    command.arg(directory.join("bare.sqlite"));
    Program::start(command).await
}

async fn bare_rate(messages: u64) -> Result<f64> {
    let directory = tempfile::tempdir_in("target")?;
    let program = bare_pipeline(directory.path()).await?;
    let rate = rate(&program.address, "", messages).await?;
    program.stop().await?;
    Ok(rate)
}

async fn hub_rate(binaries: &Path, log: Option<&Path>, messages: u64) -> Result<f64> {
    let directory = tempfile::tempdir_in("target")?;
    if let Some(log) = log {
        std::fs::copy(log, directory.path().join("log.sqlite"))?;
    }
    let program = Program::start(programs::hub(binaries, directory.path())).await?;
    let follower = follow(&program.address, &programs::token(directory.path(), "operator")?).await?;
    let rate = rate(&program.address, &programs::token(directory.path(), "dashboard")?, messages).await?;
    follower.abort();
    program.stop().await?;
    Ok(rate)
}

async fn rate(address: &str, token: &str, messages: u64) -> Result<f64> {
    let load = Load {
        address: address.to_owned(),
        token: token.to_owned(),
        producers: PRODUCERS,
        messages: messages / PRODUCERS,
    };
    let total = load.producers * load.messages;
    let elapsed = load::run(load).await?;
    #[expect(clippy::cast_precision_loss, reason = "a message count is far below 2^52")]
    Ok(total as f64 / elapsed.as_secs_f64())
}

/// A console that reads every record and drops it.
async fn follow(address: &str, token: &str) -> Result<tokio::task::JoinHandle<()>> {
    let limits = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let url = format!("ws://{address}/v1/operator");
    let (mut socket, _) = tokio_tungstenite::connect_async_with_config(url, Some(limits), true).await?;
    let hello = json!({"type": "HELLO", "token": token, "operator": "benchmark", "cursors": []});
    socket.send(Message::text(hello.to_string())).await?;
    Ok(tokio::spawn(async move { while let Some(Ok(_)) = socket.next().await {} }))
}
