//! The HTTP request that opens a WebSocket: path, origin and version of the protocol.

use mission_control_protocol::{AttemptReason, DASHBOARD_PATH, OPERATOR_PATH, PROTOCOL};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        self,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderMap, HeaderValue, StatusCode, header},
        protocol::{self, WebSocketConfig},
    },
};

use super::{attempts::Rejection, http};
use crate::HubError;

/// Bytes read from a socket at once. Large enough to find many small frames in one read, small enough for thousands of
/// idle connections.
const READ_BUFFER: usize = 8 * 1024;

/// Bytes collected before they are written to a socket without being asked.
const WRITE_BUFFER: usize = 8 * 1024;

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Dashboard,
    Operator,
}

/// Web origins whose pages may connect as dashboards.
#[derive(Debug, Clone)]
pub(crate) struct AllowedOrigins(Vec<String>);

impl AllowedOrigins {
    pub(crate) fn new(origins: &[String]) -> Result<Self, HubError> {
        origins
            .iter()
            .map(|origin| {
                let normal = origin.trim().trim_end_matches('/').to_ascii_lowercase();
                let host = normal.strip_prefix("https://").or_else(|| normal.strip_prefix("http://"));
                match host {
                    Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', ' ', '*']) => Ok(normal),
                    _ => Err(HubError::InvalidOrigin { origin: origin.clone() }),
                }
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn allows(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        is_loopback(&origin) || self.0.contains(&origin)
    }
}

/// Whether a page of this origin was served from this very machine.
fn is_loopback(origin: &str) -> bool {
    let Some(authority) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else {
        return false;
    };
    let host = match authority.strip_prefix("[::1]") {
        Some(rest) => return rest.is_empty() || is_port(rest),
        None => authority,
    };
    ["localhost", "127.0.0.1"]
        .iter()
        .any(|loopback| host.strip_prefix(loopback).is_some_and(|rest| rest.is_empty() || is_port(rest)))
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':')
        .is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Longest path and origin that are repeated to operators, in characters.
const REPEATED: usize = 100;

/// Longest part of a path that is repeated: what is longer may be a secret somebody put there.
const REPEATED_PART: usize = 20;

/// Shakes hands, or answers with an HTTP error and says why; `None` when the client just went away.
pub(super) async fn accept<S>(
    mut stream: S,
    origins: &AllowedOrigins,
    frame_bytes: usize,
) -> Result<(Role, WebSocketStream<S>), Option<Rejection>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut judged = Ok(Role::Dashboard);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(frame_bytes))
        .max_frame_size(Some(frame_bytes));
    #[expect(clippy::result_large_err, reason = "the type that the handshake asks for")]
    let judge = |request: &Request, mut response: Response| {
        let answer = judge(request.uri().path(), request.headers(), origins);
        judged = answer.as_ref().map(|role| *role).map_err(|(_, rejection)| rejection.clone());
        if let Err((status, rejection)) = answer {
            return Err(refusal(status, &rejection));
        }
        if offers_protocol(request.headers()) {
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        }
        Ok(response)
    };
    // Borrowed, so that it is still there for an answer when the request asks for no WebSocket. Nothing is lost: the
    // handshake refuses a client that sends frames before it is answered.
    match accept_hdr_async_with_config(&mut stream, judge, Some(config)).await {
        Ok(shaken) => drop(shaken),
        Err(error) => return Err(unshaken(stream, error, judged.err()).await),
    }
    let role = judged.map_err(Some)?;
    let stream = WebSocketStream::from_raw_socket(stream, protocol::Role::Server, Some(config)).await;
    Ok((role, stream))
}

/// Why there is no WebSocket, after the client was told.
async fn unshaken<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    error: tungstenite::Error,
    judged: Option<Rejection>,
) -> Option<Rejection> {
    use tungstenite::error::ProtocolError as Fault;
    match error {
        tungstenite::Error::Http(_) => judged,
        tungstenite::Error::Io(_)
        | tungstenite::Error::ConnectionClosed
        | tungstenite::Error::Protocol(Fault::HandshakeIncomplete) => None,
        error => {
            let rejection = Rejection::new(
                AttemptReason::NotWebsocket,
                format!("a request that asks for no WebSocket ({error})."),
                format!(
                    "Open a WebSocket to {DASHBOARD_PATH}, as the snippets do; this is no address for a browser's \
                         address bar or an HTTP client."
                ),
            );
            let text = format!("This is a WebSocket endpoint. Dashboards connect to {DASHBOARD_PATH}.");
            http::answer(&mut stream, "426 Upgrade Required", &text).await;
            Some(rejection)
        }
    }
}

fn judge(path: &str, headers: &HeaderMap, origins: &AllowedOrigins) -> Result<Role, (StatusCode, Rejection)> {
    let origin = headers.get(header::ORIGIN);
    let role = match path {
        // Browsers always send an origin, and operators never use one: no web page can pose as an operator.
        OPERATOR_PATH => match origin {
            None => Role::Operator,
            Some(_) => {
                let rejection = Rejection::new(
                    AttemptReason::WrongPath,
                    "a web page asked for /v1/operator, and operators do not connect from web pages",
                    format!("Connect to {DASHBOARD_PATH} instead."),
                );
                return Err((StatusCode::FORBIDDEN, rejection));
            }
        },
        DASHBOARD_PATH => match origin {
            None => Role::Dashboard,
            Some(origin) if origin.to_str().is_ok_and(|origin| origins.allows(origin)) => Role::Dashboard,
            Some(origin) => {
                let origin: String =
                    String::from_utf8_lossy(origin.as_bytes()).chars().take(REPEATED).collect();
                let remedy = if origin == "null" || origin.starts_with("file:") {
                    "Serve the page over http://localhost instead of opening it as a file.".to_owned()
                } else {
                    format!(
                        "Start the hub with --allow-origin {origin}, or serve the page from the hub's machine."
                    )
                };
                let message = format!(
                    "this web origin may not connect ({origin}); allow it with --allow-origin when the hub starts"
                );
                let rejection = Rejection::new(AttemptReason::OriginNotAllowed, message, remedy);
                return Err((StatusCode::FORBIDDEN, rejection));
            }
        },
        _ => {
            let shown = repeatable(path);
            let rejection = if is_other_version(path) {
                Rejection::new(
                    AttemptReason::VersionMismatch,
                    format!("a client asked for {shown}, and this hub speaks {PROTOCOL}"),
                    format!("Use an SDK of this hub's version, and connect to {DASHBOARD_PATH}."),
                )
            } else {
                Rejection::new(
                    AttemptReason::WrongPath,
                    format!("there is no {shown}; connect to /v1/dashboard or /v1/operator"),
                    format!("Connect to {DASHBOARD_PATH}."),
                )
            };
            return Err((StatusCode::NOT_FOUND, rejection));
        }
    };
    if let Some(offered) = other_version(headers) {
        let rejection = Rejection::new(
            AttemptReason::VersionMismatch,
            format!("a client offers only {offered}, and this hub speaks {PROTOCOL}"),
            "Use an SDK of this hub's version.",
        );
        return Err((StatusCode::BAD_REQUEST, rejection));
    }
    Ok(role)
}

/// A path as it may be shown: without what somebody may have put there as a secret.
fn repeatable(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.chars().count() > REPEATED_PART { "…" } else { part });
    parts.collect::<Vec<_>>().join("/").chars().take(REPEATED).collect()
}

/// Whether this is our path in another version of the protocol.
fn is_other_version(path: &str) -> bool {
    let version = path.strip_prefix("/v").and_then(|rest| rest.strip_suffix("/dashboard"));
    version.is_some_and(|version| version != "1" && version.parse::<u32>().is_ok())
}

/// The version that is offered, when that is not ours.
fn other_version(headers: &HeaderMap) -> Option<String> {
    let ours = |offered: &&str| offered.starts_with("mission-control.v");
    let other = offered(headers).find(ours)?.chars().take(REPEATED_PART + 10).collect();
    (!offers_protocol(headers)).then_some(other)
}

fn offers_protocol(headers: &HeaderMap) -> bool {
    offered(headers).any(|offered| offered == PROTOCOL)
}

fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn refusal(status: StatusCode, rejection: &Rejection) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(format!("{}\n", rejection.message)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_loopback_origins_pass_for_loopback() {
        for origin in
            ["http://localhost", "http://localhost:5173", "https://127.0.0.1:1", "http://[::1]:8080"]
        {
            assert!(is_loopback(origin), "{origin}");
        }
        for origin in [
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "http://localhost:x",
            "https://example.org",
            "null",
            "file://",
            "http://localhost@example.org",
        ] {
            assert!(!is_loopback(origin), "{origin}");
        }
    }

    #[test]
    fn origins_are_allowed_by_name_and_checked_when_given() {
        let origins = AllowedOrigins::new(&["https://Dashboards.example.org/".to_owned()]).unwrap();
        assert!(origins.allows("https://dashboards.example.org"));
        assert!(!origins.allows("https://other.example.org"));
        for wrong in ["dashboards.example.org", "https://", "https://x/y", "https://*"] {
            assert!(AllowedOrigins::new(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_path_is_repeated_without_what_may_be_a_secret() {
        assert_eq!(repeatable("/socket.io/"), "/socket.io/");
        assert_eq!(repeatable(&format!("/v1/dashboard/{}", "s".repeat(43))), "/v1/dashboard/…");
        assert!(repeatable(&"/a".repeat(1_000)).len() <= REPEATED);
    }

    #[test]
    fn another_version_is_told_from_another_path() {
        for path in ["/v2/dashboard", "/v10/dashboard"] {
            assert!(is_other_version(path), "{path}");
        }
        for path in ["/v1/dashboard", "/vx/dashboard", "/v2/operator", "/dashboard"] {
            assert!(!is_other_version(path), "{path}");
        }
        let mut headers = HeaderMap::new();
        assert_eq!(other_version(&headers), None);
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("mission-control.v2"));
        assert_eq!(other_version(&headers).as_deref(), Some("mission-control.v2"));
        headers.insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static("mission-control.v2, mission-control.v1"),
        );
        assert_eq!(other_version(&headers), None);
    }
}
