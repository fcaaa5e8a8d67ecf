//! The peer: NATS JetStream with file storage, given the same bodies. It acknowledges what is in its file, and leaves it to the
//! system when that is on the disk: no fsync per acknowledgement, which the hub does.

use std::{
    collections::VecDeque,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use async_nats::jetstream::{
    self,
    stream::{Config, StorageType},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    task::JoinSet,
    time::timeout,
};

use crate::load;

/// Messages that are under way at most, of all publishers together.
const IN_FLIGHT: u64 = 256;

/// Numbers of publishers that are tried; the best counts.
const PUBLISHERS: [u64; 3] = [1, 4, 16];

/// Messages per second that are published and acknowledged.
pub async fn rate(messages: u64) -> Result<f64> {
    let mut best: f64 = 0.0;
    for publishers in PUBLISHERS {
        best = best.max(rate_of(publishers, messages).await?);
    }
    Ok(best)
}

async fn rate_of(publishers: u64, messages: u64) -> Result<f64> {
    let directory = tempfile::tempdir_in("target")?;
    let (mut server, address) = start(directory.path()).await?;
    let context = jetstream::new(async_nats::connect(&address).await?);
    context
        .create_stream(Config {
            name: "events".to_owned(),
            subjects: vec!["events.>".to_owned()],
            storage: StorageType::File,
            ..Config::default()
        })
        .await?;
    let each = messages / publishers;
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for number in 0..publishers {
        tasks.spawn(publish(address.clone(), number, each, usize::try_from(IN_FLIGHT / publishers)?));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let elapsed = started.elapsed();
    server.kill().await.context("nats-server could not be ended")?;
    #[expect(clippy::cast_precision_loss, reason = "a message count is far below 2^52")]
    Ok((each * publishers) as f64 / elapsed.as_secs_f64())
}

async fn publish(address: String, number: u64, messages: u64, in_flight: usize) -> Result<()> {
    let context = jetstream::new(async_nats::connect(&address).await?);
    let id = format!("producer-{number}");
    let at = load::now();
    let mut under_way = VecDeque::with_capacity(in_flight);
    for seq in 1..=messages {
        if under_way.len() == in_flight
            && let Some(oldest) = under_way.pop_front()
        {
            acknowledged(oldest).await?;
        }
        let body = load::event_message(&id, seq, &at);
        under_way.push_back(context.publish(format!("events.{id}"), body.into()).await?);
    }
    for rest in under_way {
        acknowledged(rest).await?;
    }
    Ok(())
}

async fn acknowledged(publication: jetstream::context::PublishAckFuture) -> Result<()> {
    publication.await.context("JetStream did not take a message")?;
    Ok(())
}

/// Starts a server with its streams in `directory`, and returns it with its address.
async fn start(directory: &Path) -> Result<(Child, String)> {
    let mut server = Command::new("nats-server")
        .args(["--addr", "127.0.0.1", "--port", "-1", "--jetstream", "--store_dir"])
        .arg(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("nats-server does not start; install the package nats-server")?;
    let log = server.stderr.take().context("nats-server has no log")?;
    let mut lines = BufReader::new(log).lines();
    let address = timeout(Duration::from_secs(20), async {
        let mut address = None;
        while let Some(line) = lines.next_line().await? {
            if let Some((_, found)) = line.split_once("Listening for client connections on ") {
                address = Some(format!("nats://{}", found.trim()));
            }
            if line.contains("Server is ready")
                && let Some(address) = address
            {
                return Ok(address);
            }
        }
        bail!("nats-server ended before it listened")
    })
    .await
    .context("nats-server did not say where it listens")??;
    // Goes on reading, so that it never blocks on its output.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((server, address))
}
