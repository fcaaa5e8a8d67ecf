//! A WebSocket as the hub uses it: text frames in, text frames out, and an end that reaches the other side.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use mission_control_protocol::ProtocolError;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::CapacityError,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::link::text_of;

/// Time for the other side to take note that the connection ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// Longest silence while what is left of an oversized frame is read and thrown away.
const DRAIN_SILENCE: Duration = Duration::from_millis(300);

/// One WebSocket.
pub(super) struct Socket<S> {
    stream: WebSocketStream<S>,
    write_timeout: Duration,
    /// The rest of a frame that was too large is still coming.
    has_remains: bool,
}

/// What comes in.
#[derive(Debug)]
pub(super) enum Incoming {
    Text(Utf8Bytes),
    Binary,
    /// Ping or pong: a sign of life, answered already.
    Control,
    /// A frame of this size, in bytes, over the limit.
    TooLarge {
        size: usize,
        limit: usize,
    },
    /// The other side closed, or the connection was lost; why.
    Over(String),
}

/// Writing failed.
#[derive(Debug)]
pub(super) enum WriteError {
    /// The other side does not read.
    TooSlow,
    /// The connection is lost.
    Lost(String),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) fn new(stream: WebSocketStream<S>, write_timeout: Duration) -> Self {
        Self { stream, write_timeout, has_remains: false }
    }

    /// The next frame. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Incoming {
        let next = self.stream.next().await;
        self.classify(next)
    }

    /// The next frame, if it is there already.
    pub(super) fn ready(&mut self) -> Option<Incoming> {
        let next = self.stream.next().now_or_never()?;
        Some(self.classify(next))
    }

    fn classify(&mut self, next: Option<Result<Message, Error>>) -> Incoming {
        match next {
            Some(Ok(Message::Text(text))) => Incoming::Text(text),
            Some(Ok(Message::Binary(_))) => Incoming::Binary,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Incoming::Control,
            Some(Ok(Message::Close(_))) | None => Incoming::Over("the connection was closed".to_owned()),
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { size, max_size }))) => {
                self.has_remains = true;
                Incoming::TooLarge { size, limit: max_size }
            }
            Some(Err(error)) => Incoming::Over(format!("the connection was lost ({error})")),
        }
    }

    /// Writes `texts` and flushes.
    pub(super) async fn write(
        &mut self,
        texts: impl IntoIterator<Item = Utf8Bytes>,
    ) -> Result<(), WriteError> {
        let stream = &mut self.stream;
        let write = async {
            for text in texts {
                stream.feed(Message::Text(text)).await?;
            }
            stream.flush().await
        };
        match tokio::time::timeout(self.write_timeout, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(WriteError::Lost(format!("the connection was lost ({error})"))),
            Err(_) => Err(WriteError::TooSlow),
        }
    }

    /// Asks the other side's WebSocket for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), WriteError> {
        match tokio::time::timeout(self.write_timeout, self.stream.send(Message::Ping(Vec::new().into())))
            .await
        {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(WriteError::Lost(format!("the connection was lost ({error})"))),
            Err(_) => Err(WriteError::TooSlow),
        }
    }

    /// Ends the connection, with `last` as the last message, and waits a little until the other side has read it.
    pub(super) async fn finish<M: Serialize>(mut self, last: Option<&M>, reason: &str) {
        let farewell = async {
            if let Some(text) = last.and_then(text_of) {
                self.stream.feed(Message::Text(text)).await?;
            }
            // A close frame's reason holds at most 123 bytes.
            let reason: String = reason.chars().filter(char::is_ascii).take(120).collect();
            let code = if last.is_some() { CloseCode::Policy } else { CloseCode::Normal };
            self.stream.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await?;
            if self.has_remains {
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(Ok(1..)) =
                    tokio::time::timeout(DRAIN_SILENCE, self.stream.get_mut().read(&mut buffer)).await
                {
                }
            } else {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
            Ok::<_, Error>(())
        };
        match tokio::time::timeout(FAREWELL, farewell).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the other side did not wait for the end"),
            Err(_) => tracing::debug!("the other side took no note of the end"),
        }
    }
}

/// The code in a close frame's reason, for those who look there only.
pub(super) fn close_reason(error: &ProtocolError) -> String {
    serde_json::to_value(error.code)
        .ok()
        .and_then(|code| code.as_str().map(str::to_owned))
        .unwrap_or_default()
}
