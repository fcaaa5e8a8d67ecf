//! A hub to test, and clients that speak the wire to it over real sockets.

use std::{fs, net::SocketAddr, path::Path, time::Duration};

use futures_util::{SinkExt, StreamExt};
use mission_control_hub::{Hub, HubConfig, TlsFiles};
use mission_control_protocol::{
    Record, RecordKind,
    operator_wire::{ConsoleMessage, RequestOutcome},
};
use mission_control_store::{LogReader, ONLY_PARTITION};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

/// Longest wait for anything. A test that reaches it fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct TestHub {
    pub hub: Hub,
    pub directory: TempDir,
}

impl TestHub {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(adjust: impl FnOnce(&mut HubConfig)) -> Self {
        Self::on(tempfile::tempdir().unwrap(), adjust).await
    }

    pub async fn on(directory: TempDir, adjust: impl FnOnce(&mut HubConfig)) -> Self {
        let mut config = HubConfig::new(directory.path());
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        adjust(&mut config);
        Self { hub: Hub::start(config).await.unwrap(), directory }
    }

    /// Stops the hub and starts another on the same data.
    pub async fn restart(self, adjust: impl FnOnce(&mut HubConfig)) -> Self {
        self.hub.shutdown().await;
        Self::on(self.directory, adjust).await
    }

    pub fn dashboard_token(&self) -> String {
        token(self.hub.dashboard_token_file())
    }

    pub fn operator_token(&self) -> String {
        token(self.hub.operator_token_file())
    }

    pub async fn dashboard(&self, id: &str) -> Client {
        self.dashboard_with(id, json!({})).await
    }

    /// Registers, with `more` laid over the usual `REGISTER`.
    pub async fn dashboard_with(&self, id: &str, more: Value) -> Client {
        let mut client = self.connect().await;
        client.register(id, &self.dashboard_token(), more).await;
        client
    }

    /// A connection that has not registered.
    pub async fn connect(&self) -> Client {
        Client::connect(&self.hub.dashboard_url()).await.unwrap()
    }

    pub async fn operator(&self) -> Client {
        self.operator_from(json!([])).await
    }

    pub async fn operator_from(&self, cursors: Value) -> Client {
        let mut client = Client::connect(&self.hub.operator_url()).await.unwrap();
        client
            .send(json!({"type": "HELLO", "token": self.operator_token(), "operator": "alice", "cursors": cursors}))
            .await;
        client
    }

    pub fn records(&self) -> Vec<Record> {
        records(self.hub.log_path())
    }

    /// The bodies of the records of one kind.
    pub fn bodies(&self, kind: RecordKind) -> Vec<Value> {
        bodies(&self.records(), kind)
    }
}

pub fn token(path: &Path) -> String {
    fs::read_to_string(path).unwrap().trim().to_owned()
}

pub fn records(log: &Path) -> Vec<Record> {
    LogReader::open(log).unwrap().records(ONLY_PARTITION, 1, u32::MAX).unwrap()
}

pub fn bodies(records: &[Record], kind: RecordKind) -> Vec<Value> {
    records.iter().filter(|record| record.kind == kind).map(body).collect()
}

pub fn body<T: DeserializeOwned>(record: &Record) -> T {
    serde_json::from_str(record.body.get()).unwrap()
}

/// Waits until `condition` gives something.
pub async fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A WebSocket client that sends and receives JSON as it is told.
pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub seq: u64,
    pub id: String,
    pub epoch: String,
    /// What came while something else was awaited.
    pub unread: Vec<Value>,
    next_request: u64,
}

impl Client {
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Self::connect_with(url, &[]).await
    }

    pub async fn connect_with(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let (socket, _) =
            tokio::time::timeout(PATIENCE, tokio_tungstenite::connect_async(request)).await.unwrap()?;
        Ok(Self {
            socket,
            seq: 0,
            id: String::new(),
            epoch: uuid::Uuid::new_v4().to_string(),
            unread: Vec::new(),
            next_request: 0,
        })
    }

    pub async fn send(&mut self, message: Value) {
        self.send_text(message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }

    /// Sends `REGISTER` and returns the `REGISTERED` that answers it.
    pub async fn register(&mut self, id: &str, token: &str, more: Value) -> Value {
        self.id = id.to_owned();
        let mut message = json!({
            "type": "REGISTER",
            "token": token,
            "config": {"id": id, "type": "run-dashboard", "useCase": "energy", "version": "1.0"},
            "session": {"epoch": self.epoch},
            "commands": [
                {"type": "INGEST_DATA", "title": "Ingest", "payloadSchema": {"type": "object",
                    "required": ["source"], "properties": {"source": {"type": "string"}}}},
                {"type": "REFRESH_DATA", "title": "Refresh", "payloadSchema": {}}
            ]
        });
        merge(&mut message, more);
        if let Some(epoch) = message["session"]["epoch"].as_str() {
            self.epoch = epoch.to_owned();
        }
        self.send(message).await;
        let registered = self.expect("REGISTERED").await;
        self.seq = registered["lastSeq"].as_u64().unwrap();
        registered
    }

    /// Sends an event under the next number, which it returns.
    pub async fn event(&mut self, kind: &str) -> u64 {
        self.seq += 1;
        self.event_at(self.seq, kind).await;
        self.seq
    }

    pub async fn event_at(&mut self, seq: u64, kind: &str) {
        let message = json!({"type": "EVENT", "seq": seq, "event": self.event_body(kind, seq)});
        self.send(message).await;
    }

    pub fn event_body(&self, kind: &str, number: u64) -> Value {
        json!({"type": kind, "severity": "info", "dashboardId": self.id, "timestamp": now(),
            "payload": {"number": number, "epoch": self.epoch}})
    }

    /// The next message, whatever it is; `None` when the connection is over.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("nothing came") {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(other)) => panic!("unexpected {other:?}"),
            }
        }
    }

    /// The next message of this type; others are put aside into `unread`.
    pub async fn expect(&mut self, kind: &str) -> Value {
        self.expect_that(kind, |message| message["type"] == kind).await
    }

    /// The next message that passes; others are put aside.
    pub async fn expect_that(&mut self, what: &str, mut passes: impl FnMut(&Value) -> bool) -> Value {
        if let Some(place) = self.unread.iter().position(&mut passes) {
            return self.unread.remove(place);
        }
        loop {
            let Some(message) = self.next().await else {
                panic!("closed instead of {what}; unread: {:?}", self.unread)
            };
            if passes(&message) {
                return message;
            }
            self.unread.push(message);
        }
    }

    /// Waits for an `ERROR` of this code.
    pub async fn expect_error(&mut self, code: &str) -> Value {
        self.expect_that(code, |message| message["type"] == "ERROR" && message["code"] == code).await
    }

    /// Waits until everything up to `seq` is acknowledged.
    pub async fn acknowledged(&mut self, seq: u64) {
        self.expect_that("the ACK", |message| {
            message["type"] == "ACK" && message["seq"].as_u64() >= Some(seq)
        })
        .await;
    }

    /// Waits until the hub closes the connection.
    pub async fn expect_end(&mut self) {
        while let Some(message) = self.next().await {
            self.unread.push(message);
        }
    }

    /// Sends a request as an operator and waits for its outcome.
    pub async fn request(&mut self, request: Value) -> RequestOutcome {
        let id = self.post(request).await;
        self.reply(id).await
    }

    /// Sends a request as an operator, and returns its number.
    pub async fn post(&mut self, request: Value) -> u64 {
        self.next_request += 1;
        let id = self.next_request;
        self.send(json!({"type": "REQUEST", "requestId": id, "request": request})).await;
        id
    }

    pub async fn reply(&mut self, id: u64) -> RequestOutcome {
        let reply = self
            .expect_that("the reply", |message| message["type"] == "REPLY" && message["requestId"] == id)
            .await;
        serde_json::from_value(reply["outcome"].clone()).unwrap()
    }

    /// Reads `RECORDS` until one of them passes, and returns it. Records before it are forgotten.
    pub async fn record(&mut self, what: &str, passes: impl Fn(&Value) -> bool) -> Value {
        loop {
            let batch = self.expect("RECORDS").await;
            let records = batch["records"].as_array().unwrap();
            if let Some(place) = records.iter().position(&passes) {
                let found = records[place].clone();
                // What came with it is still to be read.
                let mut rest = batch.clone();
                rest["records"] = records[place + 1..].into();
                self.unread.insert(0, rest);
                return found;
            }
            let _ = what;
        }
    }

    /// Waits for a command's record of this stage.
    pub async fn stage(&mut self, command: &str, stage: &str) -> Value {
        self.record(stage, |record| {
            record["kind"] == "COMMAND"
                && record["body"]["commandId"] == command
                && record["body"]["stage"] == stage
        })
        .await["body"]
            .clone()
    }
}

pub fn now() -> String {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    mission_control_protocol::Timestamp::from_milliseconds(i64::try_from(elapsed.as_millis()).unwrap())
        .to_string()
}

/// Lays `more` over `base`, object by object.
pub fn merge(base: &mut Value, more: Value) {
    match (base, more) {
        (Value::Object(base), Value::Object(more)) => {
            for (key, value) in more {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, more) => *base = more,
    }
}

/// The next message from a hub in the same program.
pub async fn from_hub(receiver: &mut tokio::sync::mpsc::Receiver<ConsoleMessage>) -> ConsoleMessage {
    tokio::time::timeout(PATIENCE, receiver.recv()).await.expect("nothing came").expect("the hub hung up")
}

/// A certificate for `localhost`, made in `directory`.
pub fn certificate(directory: &Path) -> TlsFiles {
    let (certificate, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(std::process::Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "openssl makes the certificate");
    TlsFiles { certificate, key }
}
