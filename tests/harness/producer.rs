//! A dashboard's end of `/v1/dashboard`, without the SDK: what is sent is what the test says, wrong or right.

use futures_util::{SinkExt, StreamExt};
use mission_control_protocol::{
    DASHBOARD_PATH, DashboardId, ErrorCode, PROTOCOL, ProtocolError, RegistrationResult,
    dashboard_wire::HubMessage,
};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue},
};
use uuid::Uuid;

use crate::{programs::HubAddress, wait::PATIENCE};

/// A WebSocket to a hub.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a WebSocket, offering the protocol.
///
/// # Errors
/// When the hub is not there, or refuses.
pub async fn open(url: &str, path: &str) -> Result<Socket, tungstenite::Error> {
    let mut request = format!("{url}{path}").into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(PROTOCOL));
    Ok(connect_async(request).await?.0)
}

/// A connection of one dashboard.
#[derive(Debug)]
pub struct Producer {
    id: DashboardId,
    socket: Socket,
}

impl Producer {
    /// Connects without registering.
    ///
    /// # Errors
    /// When the hub is not there, or refuses.
    pub async fn connect(hub_url: &str, id: &DashboardId) -> Result<Self, tungstenite::Error> {
        Ok(Self { id: id.clone(), socket: open(hub_url, DASHBOARD_PATH).await? })
    }

    /// Connects and registers a new session; the hub must accept it.
    pub async fn register(hub: &HubAddress, id: &str) -> Self {
        let id = DashboardId::new(id).unwrap();
        let mut producer = Self::connect(&hub.url, &id).await.unwrap();
        producer.send(&registration(&id, &hub.dashboard_token(), Uuid::new_v4())).await.unwrap();
        producer.registered().await;
        producer
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, message: &Value) -> Result<(), tungstenite::Error> {
        self.send_text(message.to_string()).await
    }

    /// Sends any text.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send_text(&mut self, text: impl Into<String>) -> Result<(), tungstenite::Error> {
        self.socket.send(Message::text(text.into())).await
    }

    /// Sends an event with this number.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send_event(&mut self, seq: u64, payload: &Value) -> Result<(), tungstenite::Error> {
        self.send(&event(&self.id.clone(), seq, payload)).await
    }

    /// The next message of the hub; `None` once the connection is closed.
    pub async fn receive(&mut self) -> Option<HubMessage> {
        let next = async {
            loop {
                match self.socket.next().await? {
                    Ok(Message::Text(text)) => {
                        return Some(
                            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}")),
                        );
                    }
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("the hub sends something, or closes the connection")
    }

    /// Reads on until the hub has accepted the registration.
    pub async fn registered(&mut self) -> RegistrationResult {
        loop {
            match self.receive().await {
                Some(HubMessage::Registered(result)) => return result,
                Some(HubMessage::Error(error)) => panic!("registration of {}: {error}", self.id),
                Some(_) => {}
                None => panic!("the hub closed the connection of {} without a word", self.id),
            }
        }
    }

    /// Reads on until everything up to `seq` is acknowledged.
    pub async fn acknowledged(&mut self, seq: u64) {
        loop {
            match self.receive().await {
                Some(HubMessage::Ack { seq: acknowledged }) if acknowledged >= seq => return,
                Some(HubMessage::Error(error)) => panic!("{} waits for {seq}: {error}", self.id),
                Some(_) => {}
                None => panic!("the hub closed the connection of {}, which waits for {seq}", self.id),
            }
        }
    }

    /// Reads on until the hub reports an error, which must have this code.
    pub async fn refused(&mut self, code: ErrorCode) -> ProtocolError {
        loop {
            match self.receive().await {
                Some(HubMessage::Error(error)) => {
                    assert_eq!(error.code, code, "{error}");
                    assert!(!error.message.is_empty());
                    return error;
                }
                Some(_) => {}
                None => panic!("the hub closed the connection of {} without saying {code:?}", self.id),
            }
        }
    }

    /// Reads on until the hub has closed the connection.
    pub async fn closed(&mut self) {
        while self.receive().await.is_some() {}
    }
}

/// A registration as it stands on the wire.
#[must_use]
pub fn registration(id: &DashboardId, token: &str, epoch: Uuid) -> Value {
    json!({
        "type": "REGISTER",
        "token": token,
        "session": {"epoch": epoch},
        "config": {
            "id": id, "type": "run-dashboard", "useCase": "whole-program test", "version": "1.0.0",
            "capabilities": ["data-ingestion"], "metadata": {"user": "tester", "environment": "test"}
        },
        "commands": []
    })
}

/// An event as it stands on the wire.
#[must_use]
pub fn event(id: &DashboardId, seq: u64, payload: &Value) -> Value {
    event_at(id, seq, payload, &now())
}

/// The same by another clock.
#[must_use]
pub fn event_at(id: &DashboardId, seq: u64, payload: &Value, timestamp: &str) -> Value {
    json!({
        "type": "EVENT",
        "seq": seq,
        "event": {
            "type": "DATA_INGESTED", "severity": "info", "payload": payload, "dashboardId": id,
            "timestamp": timestamp, "context": {"useCase": "whole-program test"}
        }
    })
}

/// An alert as it stands on the wire.
#[must_use]
pub fn alert(id: &DashboardId, seq: u64, alert: &Value) -> Value {
    let mut enriched = json!({"source": "dashboard", "dashboardId": id, "context": {}, "timestamp": now()});
    enriched.as_object_mut().unwrap().extend(alert.as_object().expect("an alert is an object").clone());
    json!({"type": "ALERT", "seq": seq, "alert": enriched})
}

/// This moment as RFC 3339, moved by so many seconds.
#[must_use]
pub fn time_off_by(seconds: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let milliseconds = i64::try_from(now.as_millis()).unwrap() + seconds * 1_000;
    mission_control_protocol::Timestamp::from_milliseconds(milliseconds).to_string()
}

fn now() -> String {
    time_off_by(0)
}
