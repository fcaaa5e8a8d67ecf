//! The HTTP request that opens a WebSocket: path and origin.

use mission_control_protocol::{DASHBOARD_PATH, OPERATOR_PATH, PROTOCOL};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        self,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderMap, HeaderValue, StatusCode, header},
        protocol::WebSocketConfig,
    },
};

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

#[expect(clippy::result_large_err, reason = "the type that the handshake asks for")]
/// Shakes hands, or answers with an HTTP error and fails.
pub(super) async fn accept<S>(
    stream: S,
    origins: &AllowedOrigins,
    frame_bytes: usize,
) -> Result<(Role, WebSocketStream<S>), tungstenite::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut role = Role::Dashboard;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(frame_bytes))
        .max_frame_size(Some(frame_bytes));
    let judge = |request: &Request, mut response: Response| {
        role = judge(request.uri().path(), request.headers(), origins)?;
        if offers_protocol(request.headers()) {
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        }
        Ok(response)
    };
    let stream = accept_hdr_async_with_config(stream, judge, Some(config)).await?;
    Ok((role, stream))
}

#[expect(clippy::result_large_err, reason = "the type that the handshake asks for")]
fn judge(path: &str, headers: &HeaderMap, origins: &AllowedOrigins) -> Result<Role, ErrorResponse> {
    let origin = headers.get(header::ORIGIN);
    match path {
        // Browsers always send an origin, and operators never use one: no web page can pose as an operator.
        OPERATOR_PATH => match origin {
            None => Ok(Role::Operator),
            Some(_) => Err(refusal(StatusCode::FORBIDDEN, "operators do not connect from web pages")),
        },
        DASHBOARD_PATH => match origin {
            None => Ok(Role::Dashboard),
            Some(origin) if origin.to_str().is_ok_and(|origin| origins.allows(origin)) => Ok(Role::Dashboard),
            Some(_) => Err(refusal(
                StatusCode::FORBIDDEN,
                "this web origin may not connect; allow it with --allow-origin when the hub starts",
            )),
        },
        _ => Err(refusal(StatusCode::NOT_FOUND, "connect to /v1/dashboard or /v1/operator")),
    }
}

fn offers_protocol(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|offered| offered.trim() == PROTOCOL)
}

fn refusal(status: StatusCode, reason: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(format!("{reason}\n")));
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
}
