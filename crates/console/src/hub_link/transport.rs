//! A WebSocket as a pair of message channels.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mission_control_protocol::{
    OPERATOR_PATH,
    operator_wire::{ConsoleMessage, OperatorMessage},
};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};

use super::wire;

/// Messages between the socket and the session.
const BUFFERED: usize = 16;

/// How long making the connection may take, in all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest message taken from a hub, in bytes: a full batch of records, with room to spare.
const MESSAGE_LIMIT: usize = 64 * 1024 * 1024;

/// A connection to a hub, as messages.
pub(super) struct Transport {
    pub(super) outgoing: mpsc::Sender<OperatorMessage>,
    pub(super) incoming: mpsc::Receiver<ConsoleMessage>,
    /// Why it ended, once it has.
    pub(super) ended: oneshot::Receiver<String>,
}

/// Connects to the hub at `address`.
///
/// # Errors
/// A sentence for the operator.
pub(super) async fn connect(address: &str) -> Result<Transport, String> {
    let url = format!("{address}{OPERATOR_PATH}");
    let config =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_LIMIT)).max_frame_size(Some(MESSAGE_LIMIT));
    let connecting = async {
        if address.starts_with("wss://") {
            // Reading the system's certificates touches the disk.
            prepare_tls().await?;
        }
        tokio_tungstenite::connect_async_tls_with_config(&url, Some(config), true, None)
            .await
            .map_err(|error| explain(address, &error))
    };
    let (socket, _) = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| {
        format!("{address} does not answer; check that the hub runs and that a firewall lets it through.")
    })??;
    Ok(start(socket))
}

/// Chooses the one cryptography provider of the program; a second choice changes nothing.
async fn prepare_tls() -> Result<(), String> {
    let prepared = tokio::task::spawn_blocking(|| {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    prepared.await.map_err(|error| format!("TLS cannot be used: {error}."))
}

fn explain(address: &str, error: &Error) -> String {
    match error {
        Error::Io(source) if source.kind() == std::io::ErrorKind::ConnectionRefused => {
            format!("Nothing listens at {address}; check that the hub runs.")
        }
        Error::Io(source) => format!("{address} cannot be reached: {source}."),
        Error::Tls(source) => format!("{address} cannot be trusted: {source}; check its certificate."),
        Error::Http(response) => {
            format!(
                "{address} answers, but not as a hub (HTTP {}); check the address.",
                response.status().as_u16()
            )
        }
        other => format!("{address} does not speak the hub's protocol: {other}; check the address."),
    }
}

fn start(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Transport {
    let (outgoing, to_send) = mpsc::channel(BUFFERED);
    let (received, incoming) = mpsc::channel(BUFFERED);
    let (tell_end, ended) = oneshot::channel();
    let (sink, stream) = socket.split();
    tokio::spawn(write(sink, to_send));
    tokio::spawn(async move {
        let reason = read(stream, &received).await;
        let _ = tell_end.send(reason);
    });
    Transport { outgoing, incoming, ended }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn write(
    mut sink: futures_util::stream::SplitSink<Socket, Message>,
    mut messages: mpsc::Receiver<OperatorMessage>,
) {
    while let Some(message) = messages.recv().await {
        let Ok(text) = serde_json::to_string(&message) else { continue };
        if sink.send(Message::text(text)).await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

/// Reads until the connection ends; returns why it did.
async fn read(
    mut stream: futures_util::stream::SplitStream<Socket>,
    received: &mpsc::Sender<ConsoleMessage>,
) -> String {
    loop {
        let frame = tokio::select! {
            frame = stream.next() => frame,
            () = received.closed() => return "The console closed the connection.".to_owned(),
        };
        let text = match frame {
            None => return "The hub closed the connection.".to_owned(),
            Some(Err(error)) => return format!("The connection broke: {error}."),
            Some(Ok(Message::Close(close))) => {
                return match close {
                    Some(close) if !close.reason.is_empty() => {
                        format!(
                            "The hub closed the connection: {}",
                            crate::plain_text::harmless(&close.reason, 200)
                        )
                    }
                    _ => "The hub closed the connection.".to_owned(),
                };
            }
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(_)) => continue,
        };
        match wire::read(&text) {
            Ok(Some(message)) => {
                if received.send(message).await.is_err() {
                    return "The console closed the connection.".to_owned();
                }
            }
            Ok(None) => {}
            Err(error) => {
                return format!(
                    "The hub sent what this version does not understand ({error}); check both versions."
                );
            }
        }
    }
}
