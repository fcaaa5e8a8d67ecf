//! An answer in plain HTTP, for those who ask for something else than a WebSocket.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Time for the client to read the answer.
const TIME: Duration = Duration::from_millis(500);

/// Answers with `status`, such as `400 Bad Request`, and a line of text. What the client still sends is read first, for a
/// socket closed with unread input resets, and the client would see that instead of the answer.
pub(super) async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, status: &str, text: &str) {
    let response = format!(
        "HTTP/1.1 {status}\r\nUpgrade: websocket\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\n\r\n{text}\n",
        text.len() + 1
    );
    let answering = async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await?;
        let mut rest = [0; 4096];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    // Whether the client waits for it is its own affair.
    let _ = tokio::time::timeout(TIME, answering).await;
}
