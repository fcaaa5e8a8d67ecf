//! What a connection gets when too many others have not registered yet: HTTP 503.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Connections that are being turned away at once; more are closed without a word.
pub(super) const AT_ONCE: usize = 64;

/// Time for the client to send its request and read the answer.
const TIME: Duration = Duration::from_millis(500);

const RESPONSE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    Retry-After: 5\r\n\
    Connection: close\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 67\r\n\r\n\
    TOO_MANY_CONNECTIONS: too many connections have not registered yet\n";

/// Answers whatever the client asks with 503. Its request is read first, for a socket closed with unread input
/// resets, and the client would see that instead of the answer.
pub(super) async fn turn_away(mut stream: TcpStream) {
    let answer = async {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await?;
        stream.write_all(RESPONSE).await?;
        stream.shutdown().await?;
        while stream.read(&mut request).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    // Whether the client waits for it is its own affair.
    let _ = tokio::time::timeout(TIME, answer).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_that_of_the_body() {
        let text = std::str::from_utf8(RESPONSE).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())));
    }
}
