//! Reaches the hub: address, TLS and the WebSocket handshake.

use std::{net::IpAddr, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt, stream::SplitSink, stream::SplitStream};
use mission_control_protocol::{DASHBOARD_PATH, PROTOCOL};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        http::{HeaderValue, Uri, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::WebSocketConfig,
    },
};
use tokio_util::task::AbortOnDropHandle;

use crate::error::SetupError;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The hub's frames, as they come.
pub(crate) type Frames = SplitStream<Socket>;

/// Time for the TCP connection, TLS and the WebSocket handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest message accepted from a hub, in bytes.
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// Frames handed to the writer ahead of the socket.
const WRITE_AHEAD: usize = 64;

/// Where the hub is, and how to speak to it.
#[derive(Clone)]
pub(crate) struct HubAddress {
    uri: Uri,
    connector: Connector,
}

impl HubAddress {
    /// Checks `address`, and sets TLS up where it is `wss`. `roots` are PEM certificates trusted beside the system's.
    pub(crate) fn new(address: &str, roots: &[u8]) -> Result<Self, SetupError> {
        let bad =
            |reason: &str| SetupError::Address { address: address.to_owned(), reason: reason.to_owned() };
        let given: Uri = address.trim().parse().map_err(|_| bad("it is not a URL"))?;
        let host = given.host().ok_or_else(|| bad("it names no host"))?;
        let connector = match given.scheme_str() {
            Some("wss") => Connector::Rustls(Arc::new(tls(roots)?)),
            Some("ws") if is_loopback(host) => Connector::Plain,
            Some("ws") => return Err(SetupError::Unencrypted { address: address.to_owned() }),
            _ => return Err(bad("it starts with neither ws:// nor wss://")),
        };
        let path = given.path().trim_end_matches('/');
        let path =
            if path.ends_with(DASHBOARD_PATH) { path.to_owned() } else { format!("{path}{DASHBOARD_PATH}") };
        let uri = Uri::builder()
            .scheme(given.scheme_str().unwrap_or("ws"))
            .authority(given.authority().map_or(host, |authority| authority.as_str()))
            .path_and_query(path)
            .build()
            .map_err(|error| bad(&error.to_string()))?;
        Ok(Self { uri, connector })
    }

    /// Connects; the error is a sentence for the connection state.
    pub(crate) async fn connect(&self) -> Result<Socket, String> {
        let describe = |error: tungstenite::Error| match error {
            tungstenite::Error::Io(error) => format!("{} cannot be reached: {error}", self.uri),
            tungstenite::Error::Http(response) => {
                format!("{} answered {} instead of opening a WebSocket", self.uri, response.status())
            }
            error => format!("{} did not open a WebSocket: {error}", self.uri),
        };
        let mut request = self.uri.clone().into_client_request().map_err(describe)?;
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE))
            .read_buffer_size(16 * 1024)
            .write_buffer_size(16 * 1024);
        let connecting =
            connect_async_tls_with_config(request, Some(config), true, Some(self.connector.clone()));
        match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(describe(error)),
            Err(_) => Err(format!("{} did not answer within {} s", self.uri, CONNECT_TIMEOUT.as_secs())),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn tls(extra_roots: &[u8]) -> Result<ClientConfig, SetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(extra_roots) {
        let certificate =
            certificate.map_err(|error| SetupError::Tls(format!("a root certificate: {error}")))?;
        roots.add(certificate).map_err(|error| SetupError::Tls(format!("a root certificate: {error}")))?;
    }
    // The provider is named, since a program that links two has no default.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Tls(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The sending half of a connection. Writing happens in a task of its own, so that the actor reads on while the socket
/// is full; dropping this ends the task.
#[derive(Debug)]
pub(crate) struct Writer {
    frames: mpsc::Sender<Message>,
    task: AbortOnDropHandle<()>,
}

/// Divides a socket into what is read and what writes.
pub(crate) fn split(socket: Socket) -> (Frames, Writer) {
    let (sink, stream) = socket.split();
    let (frames, receiver) = mpsc::channel(WRITE_AHEAD);
    let task = AbortOnDropHandle::new(tokio::spawn(async move {
        if let Err(error) = write(sink, receiver).await {
            tracing::debug!(%error, "writing to the hub ended");
        }
    }));
    (stream, Writer { frames, task })
}

async fn write(
    mut sink: SplitSink<Socket, Message>,
    mut frames: mpsc::Receiver<Message>,
) -> Result<(), tungstenite::Error> {
    let mut batch = Vec::with_capacity(WRITE_AHEAD);
    while frames.recv_many(&mut batch, WRITE_AHEAD).await > 0 {
        for frame in batch.drain(..) {
            sink.feed(frame).await?;
        }
        sink.flush().await?;
    }
    sink.close().await
}

impl Writer {
    /// Waits for space to write one frame; `None` when the socket is broken. Dropping the future loses nothing.
    pub(crate) async fn reserve(&self) -> Option<mpsc::Permit<'_, Message>> {
        self.frames.reserve().await.ok()
    }

    /// Writes what was handed over, closes the WebSocket, and waits until the hub has seen it or `patience` ends.
    pub(crate) async fn close(self, mut stream: Frames, patience: Duration) {
        let Self { frames, task } = self;
        drop(frames);
        // Reading on until the hub closes keeps the goodbye from being cut off by a reset.
        let closing = async {
            if task.await.is_ok() {
                while let Some(Ok(_)) = stream.next().await {}
            }
        };
        if tokio::time::timeout(patience, closing).await.is_err() {
            tracing::debug!("the hub did not close the connection in time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_protocol_is_added() {
        for address in ["ws://127.0.0.1:7420", "ws://localhost:7420/", "ws://[::1]:7420/v1/dashboard"] {
            let address = HubAddress::new(address, &[]).unwrap();
            assert_eq!(address.uri.path(), DASHBOARD_PATH);
        }
        let behind_a_proxy = HubAddress::new("wss://example.org/hub/", &[]).unwrap();
        assert_eq!(behind_a_proxy.uri.to_string(), "wss://example.org/hub/v1/dashboard");
    }

    #[test]
    fn a_token_never_crosses_a_network_unencrypted() {
        assert!(matches!(HubAddress::new("ws://192.0.2.1:7420", &[]), Err(SetupError::Unencrypted { .. })));
        assert!(matches!(HubAddress::new("ws://hub.example.org", &[]), Err(SetupError::Unencrypted { .. })));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for address in ["", "127.0.0.1:7420", "http://localhost", "ws://", "not a url"] {
            assert!(matches!(HubAddress::new(address, &[]), Err(SetupError::Address { .. })), "{address}");
        }
    }
}
