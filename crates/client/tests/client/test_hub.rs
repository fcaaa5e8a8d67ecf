//! A hub of a few lines, told by each test what to say.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mission_control_client::ClientBuilder;
use mission_control_protocol::{
    DashboardConfig, DashboardId, DashboardStatus, Timestamp,
    dashboard_wire::DashboardMessage,
    status::{DashboardState, DataStatus, StatusPerformance},
};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// Longer than anything here takes, shorter than anyone waits.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct TestHub {
    listener: TcpListener,
    address: String,
}

/// The hub's end of one connection.
pub struct Peer {
    socket: WebSocketStream<TcpStream>,
}

impl TestHub {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("ws://{}", listener.local_addr().unwrap());
        Self { listener, address }
    }

    /// A client for this hub that reconnects at once, and takes commands that nobody signed.
    pub fn client(&self) -> ClientBuilder {
        self.client_of_type("run-dashboard")
    }

    pub fn client_of_type(&self, kind: &str) -> ClientBuilder {
        let config = DashboardConfig {
            id: DashboardId::new("d1").unwrap(),
            kind: kind.into(),
            use_case: "tests".into(),
            version: "1".into(),
            capabilities: vec![],
            metadata: Default::default(),
        };
        mission_control_client::MissionControlClient::builder(&self.address, config)
            .token("secret\n")
            .accept_unsigned_commands()
            .reconnect_backoff(Duration::from_millis(5), Duration::from_millis(20))
    }

    pub async fn accept(&self) -> Peer {
        let (stream, _) =
            tokio::time::timeout(PATIENCE, self.listener.accept()).await.expect("no connection").unwrap();
        #[expect(clippy::result_large_err, reason = "the library's signature")]
        let echo =
            |request: &tokio_tungstenite::tungstenite::handshake::server::Request,
             mut response: tokio_tungstenite::tungstenite::handshake::server::Response| {
                assert_eq!(request.uri().path(), "/v1/dashboard");
                let protocol = request.headers()["sec-websocket-protocol"].clone();
                response.headers_mut().insert("sec-websocket-protocol", protocol);
                Ok(response)
            };
        let socket = tokio_tungstenite::accept_hdr_async(stream, echo).await.unwrap();
        Peer { socket }
    }

    /// Accepts a connection and its registration; returns the `REGISTER` too.
    pub async fn register(&self, last_seq: u64) -> (Peer, Value) {
        let mut peer = self.accept().await;
        let register = peer.next().await;
        assert_eq!(register["type"], "REGISTER");
        peer.send(&registered(last_seq)).await;
        (peer, register)
    }

    /// Whether a client connects within a while.
    pub async fn is_left_alone(&self) -> bool {
        tokio::time::timeout(Duration::from_millis(300), self.listener.accept()).await.is_err()
    }
}

pub fn registered(last_seq: u64) -> Value {
    json!({
        "type": "REGISTERED", "success": true, "dashboardId": "d1", "heartbeatInterval": 60_000,
        "serverTime": "2026-11-22T20:00:00.000Z", "lastSeq": last_seq, "frameLimit": 65_536
    })
}

impl Peer {
    pub async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub async fn refuse(&mut self, code: &str, seq: Option<u64>) {
        let mut error = json!({"type": "ERROR", "code": code, "message": "as the test says"});
        if let Some(seq) = seq {
            error["seq"] = json!(seq);
        }
        self.send(&error).await;
    }

    /// The next message but heartbeats; each must be one of the protocol's.
    pub async fn next(&mut self) -> Value {
        loop {
            let received =
                tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the client is silent");
            let Message::Text(text) = received.expect("the client closed").unwrap() else { continue };
            serde_json::from_str::<DashboardMessage>(&text).expect("not a message of the protocol");
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["type"] != "HEARTBEAT" {
                return message;
            }
        }
    }

    /// Takes numbered messages `from..=to`, in this order and no other.
    pub async fn expect_numbers(&mut self, from: u64, to: u64) -> Vec<Value> {
        let mut messages = vec![];
        for seq in from..=to {
            let message = self.next().await;
            assert_eq!(message["seq"], seq, "{message}");
            messages.push(message);
        }
        messages
    }

    pub async fn acknowledge(&mut self, seq: u64) {
        self.send(&json!({"type": "ACK", "seq": seq})).await;
    }

    pub async fn command(&mut self, id: &str, kind: &str, payload: Value) {
        self.send(&json!({"type": "COMMAND", "command": command(id, kind, payload)})).await;
    }

    /// Reads on until the client has closed the connection.
    pub async fn closed(mut self) {
        let drained = async { while let Some(Ok(_)) = self.socket.next().await {} };
        tokio::time::timeout(PATIENCE, drained).await.expect("the client did not close");
    }
}

/// A command for the client, good for the first five minutes of the hub's clock.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
pub fn command(id: &str, kind: &str, payload: Value) -> Value {
    json!({
        "id": id, "type": kind, "payload": payload, "dashboardId": "d1", "issuedBy": "ada",
        "issuedAt": "2026-11-22T20:00:00.000Z", "expiresAt": "2026-11-22T20:05:00.000Z"
    })
}

pub fn status(tab: &str) -> DashboardStatus {
    DashboardStatus {
        dashboard_id: DashboardId::new("d1").unwrap(),
        use_case: "tests".into(),
        state: DashboardState::Active,
        data_status: DataStatus {
            has_data: true,
            last_ingested: Some(Timestamp::from_milliseconds(0)),
            record_count: 1,
        },
        active_tab: tab.into(),
        connected_users: 1,
        performance: StatusPerformance { response_time: 1.0, error_rate: 0.0, throughput: 1.0 },
    }
}
