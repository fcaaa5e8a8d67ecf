//! The load: dashboards that publish events as fast as they are acknowledged.
//!
//! Frames are written and read as bytes, with the masking key zero (RFC 6455 allows any), so that the generator takes
//! as little of the two cores as it can.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use mission_control_protocol::Timestamp;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

/// Messages a producer has under way at most.
const IN_FLIGHT: u64 = 2_048;
/// Messages written at once.
const BURST: u64 = 128;

/// What to send where.
#[derive(Clone)]
pub struct Load {
    /// Address, such as `127.0.0.1:40123`.
    pub address: String,
    /// Dashboard token.
    pub token: String,
    /// Connections.
    pub producers: u64,
    /// Messages of each.
    pub messages: u64,
}

/// A producer's connection, registered and ready.
struct Producer {
    stream: TcpStream,
    id: String,
}

/// Registers every producer, then has all of them publish, and returns how long it took from the first message to the
/// last acknowledgement.
pub async fn run(load: Load) -> Result<Duration> {
    let mut producers = Vec::new();
    for number in 0..load.producers {
        producers.push(register(&load, number).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for producer in producers {
        tasks.spawn(publish(producer, load.messages));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(start.elapsed())
}

/// The `REGISTER` of a producer.
pub fn register_message(id: &str, token: &str) -> String {
    json!({
        "type": "REGISTER",
        "config": {"id": id, "type": "run-dashboard", "useCase": "benchmark", "version": "1.0.0"},
        "token": token,
        "session": {"epoch": uuid::Uuid::new_v4()},
        "commands": [{"type": "REFRESH_DATA", "title": "Refresh data", "payloadSchema": {"type": "object"}}]
    })
    .to_string()
}

async fn register(load: &Load, number: u64) -> Result<Producer> {
    let id = format!("producer-{number}");
    let stream = TcpStream::connect(&load.address).await.context("the program under test does not answer")?;
    stream.set_nodelay(true)?;
    let request = format!("ws://{}/v1/dashboard", load.address).into_client_request()?;
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
    socket.send(Message::text(register_message(&id, &load.token))).await?;
    let Some(answer) = socket.next().await else { bail!("{id} was not registered") };
    let answer = answer?.into_text()?;
    if !answer.contains("REGISTERED") {
        bail!("{id} was refused: {answer}");
    }
    Ok(Producer { stream: socket.into_inner(), id })
}

async fn publish(producer: Producer, messages: u64) -> Result<()> {
    let Producer { mut stream, id } = producer;
    let (mut reader, mut writer) = stream.split();
    let at = now();
    let mut acknowledged = 0;
    let mut sent = 0;
    let mut outgoing = Vec::with_capacity(64 * 1024);
    let mut incoming = Vec::with_capacity(4 * 1024);
    while acknowledged < messages {
        if sent < messages && sent - acknowledged <= IN_FLIGHT - BURST {
            outgoing.clear();
            for seq in sent + 1..=(sent + BURST).min(messages) {
                push_frame(&mut outgoing, &event_message(&id, seq, &at));
            }
            writer.write_all(&outgoing).await?;
            sent = (sent + BURST).min(messages);
            continue;
        }
        if reader.read_buf(&mut incoming).await? == 0 {
            bail!("{id}: the connection ended after {acknowledged} of {messages}");
        }
        acknowledged = take_acknowledgements(&mut incoming, acknowledged)
            .with_context(|| format!("{id}: the hub sent what is not an ACK"))?;
    }
    Ok(())
}

/// This machine's clock, as a message states it.
pub fn now() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_milliseconds(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)).to_string()
}

/// An event of about 330 bytes that happened at `at`.
pub fn event_message(id: &str, seq: u64, at: &str) -> String {
    format!(
        concat!(
            r#"{{"type":"EVENT","seq":{seq},"event":{{"type":"DATA_INGESTED","severity":"info","dashboardId":"{id}","#,
            r#""timestamp":"{at}","payload":{{"source":"scada-feed","recordCount":1200,"#,
            r#""timestamp":"{at}","quality":97.3,"batch":"{seq:012}"}},"#,
            r#""context":{{"useCase":"benchmark","user":"operator","sessionId":"5f0c7a52-9d1e"}}}}}}"#
        ),
        seq = seq,
        id = id,
        at = at
    )
}

/// Appends a masked text frame whose key is zero.
fn push_frame(buffer: &mut Vec<u8>, text: &str) {
    buffer.push(0x81);
    let length = text.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => buffer.push(0x80 | short),
        (_, Ok(medium)) => {
            buffer.push(0x80 | 126);
            buffer.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            buffer.push(0x80 | 127);
            buffer.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(text.as_bytes());
}

/// Takes every whole frame out of `buffer` and returns the highest number acknowledged.
fn take_acknowledgements(buffer: &mut Vec<u8>, mut acknowledged: u64) -> Result<u64> {
    let mut taken = 0;
    while let [_, length, rest @ ..] = &buffer[taken..] {
        let (header, length) = match (length, rest) {
            (126, [high, low, ..]) => (4, usize::from(u16::from_be_bytes([*high, *low]))),
            (126, _) => break,
            (length, _) if *length < 126 => (2, usize::from(*length)),
            _ => bail!("a frame of over 64 KiB"),
        };
        let Some(payload) = buffer.get(taken + header..taken + header + length) else { break };
        let text = std::str::from_utf8(payload)?;
        if text.contains(r#""ERROR""#) {
            bail!("{text}");
        }
        if let Some((_, number)) = text.split_once(r#""seq":"#) {
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            acknowledged = acknowledged.max(digits.parse()?);
        }
        taken += header + length;
    }
    buffer.drain(..taken);
    Ok(acknowledged)
}
