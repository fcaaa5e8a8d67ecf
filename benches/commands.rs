//! A command's round trip: operator → hub → dashboard → hub → operator, result on disk, against a WebSocket echo.

use std::{net::SocketAddr, path::Path, time::Instant};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    process::Command,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

use crate::{
    load,
    programs::{self, Program},
    table::Row,
};

const COMMANDS: u32 = 1_000;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Measures one command after another on an idle hub, from asked to the record of its success.
pub async fn measure(binaries: &Path) -> Result<Row> {
    let hub = hub_round_trips(binaries).await.context("the hub")?;
    let echo = echo_round_trips().await.context("the echo")?;
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a round trip are far below 2^52")]
    let milliseconds =
        |histogram: &Histogram<u64>, quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    let (p50, p99) = (milliseconds(&hub, 0.5), milliseconds(&hub, 0.99));
    let (echo50, echo99) = (milliseconds(&echo, 0.5), milliseconds(&echo, 0.99));
    Ok(Row {
        work: "command round trip on loopback, idle".to_owned(),
        measured: format!("p50 {p50:.2} ms, p99 {p99:.2} ms"),
        beside: format!("two WebSocket echoes p50 {echo50:.2} ms, p99 {echo99:.2} ms"),
        ratio: Some(p50 / echo50),
        budget: "p99 at most 5 ms".to_owned(),
        met: Some(p99 <= 5.0),
    })
}

async fn hub_round_trips(binaries: &Path) -> Result<Histogram<u64>> {
    let directory = tempfile::tempdir_in("target")?;
    let program = Program::start(programs::hub(binaries, directory.path())).await?;
    let dashboard = connect(&program.address, "/v1/dashboard").await?;
    let answering = tokio::spawn(answer(dashboard, programs::token(directory.path(), "dashboard")?));
    let mut operator = connect(&program.address, "/v1/operator").await?;
    let token = programs::token(directory.path(), "operator")?;
    send(&mut operator, &json!({"type": "HELLO", "token": token, "operator": "benchmark"})).await?;
    wait_for(&mut operator, |message| message.to_string().contains(r#""online""#)).await?;
    let mut histogram = Histogram::new(3)?;
    for number in 0..COMMANDS {
        let start = Instant::now();
        let request = json!({"kind": "ISSUE_COMMAND", "dashboardId": "answering", "commandType": "REFRESH_DATA",
            "payload": {}});
        send(&mut operator, &json!({"type": "REQUEST", "requestId": number, "request": request})).await?;
        wait_for(&mut operator, |message| {
            message["records"].as_array().is_some_and(|records| {
                records
                    .iter()
                    .any(|record| record["kind"] == "COMMAND" && record["body"]["stage"] == "SUCCEEDED")
            })
        })
        .await?;
        histogram.record(u64::try_from(start.elapsed().as_micros())?)?;
    }
    answering.abort();
    program.stop().await?;
    Ok(histogram)
}

/// A dashboard that does at once what it is told.
async fn answer(mut socket: Socket, token: String) -> Result<()> {
    socket.send(Message::text(load::register_message("answering", &token))).await?;
    let mut seq = 0;
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message? else { continue };
        let message: Value = serde_json::from_str(&text)?;
        if message["type"] == "COMMAND" {
            seq += 1;
            let id = &message["command"]["id"];
            send(
                &mut socket,
                &json!({"type": "COMMAND_RESULT", "seq": seq, "commandId": id, "success": true, "duration": 0.1}),
            )
            .await?;
        }
    }
    Ok(())
}

async fn echo_round_trips() -> Result<Histogram<u64>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["echo", "--listen", "127.0.0.1:0"]);
    let program = Program::start(command).await?;
    let mut socket = connect(&program.address, "/").await?;
    let text = load::event_message("echo", 1, &load::now());
    let mut histogram = Histogram::new(3)?;
    for _ in 0..COMMANDS {
        let start = Instant::now();
        // A command crosses two sockets there and two back: so do two echoes.
        for _ in 0..2 {
            socket.send(Message::text(text.clone())).await?;
            socket.next().await.context("the echo ended")??;
        }
        histogram.record(u64::try_from(start.elapsed().as_micros())?)?;
    }
    program.stop().await?;
    Ok(histogram)
}

/// Serves until it is ended.
pub async fn serve_echo(listen: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(listen).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut socket = tokio_tungstenite::accept_async(stream).await?;
            while let Some(message) = socket.next().await {
                socket.send(message?).await?;
            }
            anyhow::Ok(())
        });
    }
}

/// Opens a WebSocket with Nagle's algorithm off.
pub async fn connect(address: &str, path: &str) -> Result<Socket> {
    let (socket, _) =
        tokio_tungstenite::connect_async_with_config(format!("ws://{address}{path}"), None, true).await?;
    Ok(socket)
}

/// Sends a message.
pub async fn send(socket: &mut Socket, message: &Value) -> Result<()> {
    Ok(socket.send(Message::text(message.to_string())).await?)
}

/// Reads until a message is `wanted`.
pub async fn wait_for(socket: &mut Socket, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    while let Some(message) = socket.next().await {
        if let Message::Text(text) = message? {
            let message: Value = serde_json::from_str(&text)?;
            if message["outcome"]["error"].is_object() || message["type"] == "ERROR" {
                bail!("the hub refused: {message}");
            }
            if wanted(&message) {
                return Ok(message);
            }
        }
    }
    bail!("the connection ended")
}
