//! A hub as a console sees one: a real log, and the operator protocol spoken over memory or over a real WebSocket.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use mission_control_console::{
    Console, ConsoleConfig, ConsoleHandle, EmbeddedHub, OperatorPair, ViewSubscription,
    notifications::NotificationIntent,
    view::{
        ChartRange, DashboardKey, DashboardView, FleetGrouping, FleetSort, FleetView, FrameView, HubKey,
        SettingsView, ViewModel, ViewRequest,
        fleet::DashboardCard,
        frame::{HubChip, HubConnection},
        requests::AddHub,
    },
};
use mission_control_protocol::{
    CommandId, DashboardId, DashboardToken, ErrorCode, OperatorId, ProtocolError, Record, RecordKind,
    Severity, Timestamp, TokenId, TokenSecret,
    operator_wire::{
        ConsoleMessage, Cursor, OperatorMessage, OperatorReply, OperatorRequest, RecordBatch, RequestOutcome,
    },
};
use mission_control_store::{Entry, LogReader, ONLY_PARTITION, OriginWriter, Upkeep, UpkeepSettings};
use serde_json::{Value, json, value::to_raw_value};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

/// How long a condition may take to come true before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const TOKEN: &str = "operator-token";

/// What a dashboard shows that was given a token by the stub.
pub const SECRET: &str = "mcd_the-secret-of-a-dashboard";

/// A hub with a real log.
#[derive(Clone)]
pub struct StubHub {
    state: Arc<Mutex<State>>,
    pub log_path: PathBuf,
}

struct State {
    /// Kept for the lifetime of the hub.
    _directory: Option<TempDir>,
    writer: Option<OriginWriter>,
    sessions: Vec<mpsc::Sender<ConsoleMessage>>,
    hellos: Vec<(OperatorId, Vec<Cursor>)>,
    requests: Vec<OperatorRequest>,
    /// Records that are not streamed, as if the hub had dropped them for this console.
    withheld: Option<(u64, u64)>,
    /// Answers nothing at all.
    is_silent: bool,
}

impl StubHub {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log_path = directory.path().join("log.sqlite");
        Self::with_log(log_path, Some(directory))
    }

    /// A hub whose log is at `log_path`.
    pub fn at(log_path: &Path) -> Self {
        Self::with_log(log_path.to_owned(), None)
    }

    fn with_log(log_path: PathBuf, directory: Option<TempDir>) -> Self {
        let state = State {
            _directory: directory,
            writer: Some(OriginWriter::open(&log_path).unwrap()),
            sessions: Vec::new(),
            hellos: Vec::new(),
            requests: Vec::new(),
            withheld: None,
            is_silent: false,
        };
        Self { state: Arc::new(Mutex::new(state)), log_path }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Starts the log anew, with another epoch.
    pub fn start_log_anew(&self) {
        let mut state = self.state();
        state.sessions.clear();
        state.writer = None;
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let mut name = self.log_path.as_os_str().to_owned();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
        state.writer = Some(OriginWriter::open(&self.log_path).unwrap());
    }

    /// Opens the log again, as a hub does that starts.
    pub fn restart_log(&self) {
        let mut state = self.state();
        state.sessions.clear();
        state.writer.take().unwrap().close().unwrap();
        state.writer = Some(OriginWriter::open(&self.log_path).unwrap());
    }

    /// Does all of the upkeep that there is, as a hub does in the background: old records are sealed.
    pub fn tend(&self) {
        let settings = UpkeepSettings { head_records: 64, segment_records: 32, ..UpkeepSettings::default() };
        let mut upkeep = Upkeep::open(&self.log_path, &settings).unwrap();
        let mut state = self.state();
        while let Some(piece) = upkeep.prepare().unwrap() {
            state.writer.as_mut().unwrap().tend(&piece).unwrap();
        }
    }

    /// Does not stream these records; they can be fetched.
    pub fn withhold(&self, first: u64, last: u64) {
        self.state().withheld = Some((first, last));
    }

    pub fn hellos(&self) -> Vec<(OperatorId, Vec<Cursor>)> {
        self.state().hellos.clone()
    }

    pub fn requests(&self) -> Vec<OperatorRequest> {
        self.state().requests.clone()
    }

    pub fn last_seq(&self) -> u64 {
        self.state().writer.as_ref().unwrap().last_seq()
    }

    /// Ends every connection.
    pub fn drop_connections(&self) {
        self.state().sessions.clear();
    }

    /// Appends records and streams them.
    pub fn append(&self, entries: Vec<Entry>) -> Arc<[Record]> {
        self.append_at(now(), entries)
    }

    /// Appends records as if they had been received at `at`.
    pub fn append_at(&self, at: Timestamp, entries: Vec<Entry>) -> Arc<[Record]> {
        let mut state = self.state();
        let mut entries = entries;
        let writer = state.writer.as_mut().unwrap();
        let appended = writer.append(at, &mut entries).unwrap();
        let (epoch, head_seq) = (writer.epoch(), writer.last_seq());
        for batch in streamed(&state, epoch, head_seq, &appended.records) {
            state.sessions.retain(|session| session.try_send(ConsoleMessage::Records(batch.clone())).is_ok());
        }
        appended.records
    }

    /// Registers dashboards and brings them online.
    pub fn register(&self, ids: &[&str]) {
        self.append(ids.iter().flat_map(|id| [registration(id), connection(id, "online")]).collect());
    }

    /// Serves one console until it is gone.
    async fn serve(
        self,
        mut incoming: mpsc::Receiver<OperatorMessage>,
        console: mpsc::Sender<ConsoleMessage>,
        token: Option<&str>,
    ) {
        let Some(OperatorMessage::Hello { token: given, operator, cursors, .. }) = incoming.recv().await
        else {
            return;
        };
        if token.is_some_and(|token| token != given) {
            let refused = ProtocolError::new(ErrorCode::TokenInvalid, "the token is not valid for operators");
            let _ = console.send(ConsoleMessage::Error(refused)).await;
            return;
        }
        self.admit(operator, &cursors, &console);
        let weak = console.downgrade();
        drop(console);
        while let Some(message) = incoming.recv().await {
            let Some(console) = weak.upgrade() else { return };
            if let Some(answer) = self.answer(message)
                && console.send(answer).await.is_err()
            {
                return;
            }
        }
    }

    /// Sends what was missed and joins the console to the stream, under one lock: nothing falls in between.
    fn admit(&self, operator: OperatorId, cursors: &[Cursor], console: &mpsc::Sender<ConsoleMessage>) {
        let mut state = self.state();
        state.hellos.push((operator, cursors.to_vec()));
        let (epoch, head_seq) =
            state.writer.as_ref().map(|writer| (writer.epoch(), writer.last_seq())).unwrap();
        let mut reader = LogReader::open(&self.log_path).unwrap();
        let from = cursors
            .iter()
            .find(|cursor| cursor.partition == ONLY_PARTITION && cursor.epoch == epoch)
            .map_or(0, |cursor| cursor.seq);
        let records: Arc<[Record]> = reader.records(ONLY_PARTITION, from + 1, 100_000).unwrap().into();
        let welcome = ConsoleMessage::Welcome {
            hub_id: Uuid::from_u128(42),
            hub_name: "Stub hub".to_owned(),
            version: "0.1.0".to_owned(),
            server_time: now(),
            heartbeat_interval: 5_000,
            partitions: reader.extents().unwrap(),
        };
        let batches = streamed(&state, epoch, head_seq, &records);
        for message in std::iter::once(welcome).chain(batches.into_iter().map(ConsoleMessage::Records)) {
            console.try_send(message).unwrap();
        }
        state.sessions.push(console.clone());
    }

    /// Sends a message to every console that is in.
    pub fn tell(&self, message: &ConsoleMessage) {
        for session in &self.state().sessions {
            session.try_send(message.clone()).unwrap();
        }
    }

    fn answer(&self, message: OperatorMessage) -> Option<ConsoleMessage> {
        match message {
            OperatorMessage::Ping { .. } if self.state().is_silent => None,
            OperatorMessage::Ping { nonce } => Some(ConsoleMessage::Pong { nonce }),
            OperatorMessage::Hello { .. } => None,
            OperatorMessage::Request { request_id, request } => {
                self.state().requests.push(request.clone());
                Some(ConsoleMessage::Reply { request_id, outcome: self.grant(request) })
            }
        }
    }

    fn grant(&self, request: OperatorRequest) -> RequestOutcome {
        let reply = match request {
            OperatorRequest::IssueCommand { dashboard_id, .. } if dashboard_id.as_str() == "offline" => {
                let refusal =
                    ProtocolError::new(ErrorCode::DashboardOffline, "the dashboard is not connected");
                return RequestOutcome::Error(refusal);
            }
            OperatorRequest::IssueCommand { .. } => {
                OperatorReply::Command { command_id: CommandId::from(Uuid::new_v4()) }
            }
            OperatorRequest::Query { .. } => OperatorReply::Query {
                query_id: mission_control_protocol::QueryId::from(Uuid::new_v4()),
                result: json!({"answer": 42}),
            },
            OperatorRequest::PushConfiguration { .. } => OperatorReply::Configuration { version: 1 },
            OperatorRequest::CreateToken { label } if label == "refused" => {
                let refusal = ProtocolError::new(ErrorCode::LogUnavailable, "the disk is full");
                return RequestOutcome::Error(refusal);
            }
            OperatorRequest::CreateToken { label } => OperatorReply::Token {
                token: Box::new(token(&label)),
                secret: TokenSecret(SECRET.to_owned()),
            },
            OperatorRequest::FetchRecords { partition, from_seq, to_seq, .. } => {
                let mut reader = LogReader::open(&self.log_path).unwrap();
                let limit = u32::try_from(to_seq - from_seq + 1).unwrap();
                let records = reader.records(partition, from_seq, limit).unwrap().into();
                let state = self.state();
                let writer = state.writer.as_ref().unwrap();
                OperatorReply::Records(RecordBatch {
                    partition,
                    epoch: writer.epoch(),
                    head_seq: writer.last_seq(),
                    records,
                })
            }
            _ => OperatorReply::Done,
        };
        RequestOutcome::Ok(reply)
    }

    /// Connects a console through memory.
    pub fn connect(&self) -> OperatorPair {
        let (to_hub, incoming) = mpsc::channel(64);
        let (console, from_hub) = mpsc::channel(4_096);
        tokio::spawn(self.clone().serve(incoming, console, None));
        (to_hub, from_hub)
    }

    /// What the desktop program hands the console.
    pub fn embedded(&self) -> EmbeddedHub {
        let hub = self.clone();
        EmbeddedHub {
            name: "This computer".to_owned(),
            address: "ws://127.0.0.1:7420".to_owned(),
            token_file: "tokens/dashboard.token".into(),
            log_path: self.log_path.clone(),
            note: None,
            retain: tokio::sync::watch::Sender::default(),
            connect: Box::new(move || hub.connect()),
        }
    }

    /// Listens for consoles on a WebSocket, on `port` (0: any).
    pub async fn listen(&self, port: u16) -> Listening {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let hub = self.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                connections.spawn(serve_socket(hub.clone(), socket));
            }
        });
        Listening { port, task }
    }
}

async fn serve_socket(hub: StubHub, socket: tokio::net::TcpStream) {
    let Ok(socket) = tokio_tungstenite::accept_async(socket).await else { return };
    let (mut sink, mut stream) = socket.split();
    let (to_hub, incoming) = mpsc::channel(64);
    let (console, mut from_hub) = mpsc::channel(4_096);
    let write = async {
        while let Some(message) = from_hub.recv().await {
            let text = serde_json::to_string(&message).unwrap();
            if sink.send(Message::text(text)).await.is_err() {
                return;
            }
        }
        let _ = sink.close().await;
    };
    let read = async {
        while let Some(Ok(frame)) = stream.next().await {
            if let Message::Text(text) = frame
                && to_hub.send(serde_json::from_str(&text).unwrap()).await.is_err()
            {
                return;
            }
        }
    };
    let serve = hub.serve(incoming, console, Some(TOKEN));
    tokio::select! {
        () = write => {}
        () = read => {}
        () = async { serve.await; std::future::pending().await } => {}
    }
}

/// A hub that listens; dropping it cuts every connection.
pub struct Listening {
    pub port: u16,
    task: JoinHandle<()>,
}

impl Listening {
    pub fn address(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    pub async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn streamed(state: &State, epoch: Uuid, head_seq: u64, records: &[Record]) -> Vec<RecordBatch> {
    let (first, last) = state.withheld.unwrap_or((u64::MAX, u64::MAX));
    let parts = [
        records.iter().filter(|record| record.seq < first).cloned().collect::<Vec<_>>(),
        records.iter().filter(|record| record.seq > last).cloned().collect(),
    ];
    let batches = parts.into_iter().filter(|part| !part.is_empty()).map(|part| RecordBatch {
        partition: ONLY_PARTITION,
        epoch,
        head_seq,
        records: part.into(),
    });
    batches.collect()
}

pub fn now() -> Timestamp {
    mission_control_console::system_clock()()
}

pub fn id(text: &str) -> DashboardId {
    DashboardId::new(text).unwrap()
}

pub fn entry(dashboard: &str, kind: RecordKind, severity: Severity, body: &Value) -> Entry {
    Entry { dashboard_id: id(dashboard), kind, severity, body: to_raw_value(body).unwrap(), producer: None }
}

/// A token that the stub makes, never used.
pub fn token(label: &str) -> DashboardToken {
    DashboardToken {
        id: TokenId::new("token-1").unwrap(),
        label: label.to_owned(),
        created_at: Timestamp::from_milliseconds(1_000_000),
        created_by: OperatorId::new("ada").unwrap(),
        last_used_at: None,
        last_used_by: None,
    }
}

pub fn registration(dashboard: &str) -> Entry {
    let body = json!({
        "config": {"id": dashboard, "type": "run-dashboard", "useCase": "energy", "version": "1.2.3",
            "capabilities": [], "metadata": {"user": "ada", "name": format!("Name of {dashboard}")}},
        "commands": mission_control_protocol::catalog::seed_commands(),
        "epoch": Uuid::from_u128(7),
        "remoteAddress": "127.0.0.1:50432",
    });
    entry(dashboard, RecordKind::Registration, Severity::Info, &body)
}

pub fn connection(dashboard: &str, liveness: &str) -> Entry {
    let body = json!({"liveness": liveness, "reason": "registered"});
    entry(dashboard, RecordKind::Connection, Severity::Info, &body)
}

pub fn status(dashboard: &str, response_time: f64) -> Entry {
    let body = json!({
        "dashboardId": dashboard, "useCase": "energy", "state": "active",
        "dataStatus": {"hasData": true, "lastIngested": null, "recordCount": 12},
        "activeTab": "overview", "connectedUsers": 3,
        "performance": {"responseTime": response_time, "errorRate": 0.5, "throughput": 20.0},
    });
    entry(dashboard, RecordKind::Status, Severity::Info, &body)
}

pub fn event(dashboard: &str, kind: &str, number: u64) -> Entry {
    let body = json!({"type": kind, "severity": "info", "payload": {"number": number}, "dashboardId": dashboard,
        "timestamp": now(), "context": {}});
    entry(dashboard, RecordKind::Event, Severity::Info, &body)
}

pub fn alert(dashboard: &str, alert_id: &str, severity: Severity) -> Entry {
    let body = json!({"alertId": alert_id, "transition": "raised", "alert": {
        "type": "DATA_QUALITY", "severity": severity, "title": format!("Title of {alert_id}"),
        "message": "Look", "source": "dashboard", "dashboardId": dashboard, "timestamp": now(),
        "context": {"source": "meter-7"},
        "actions": [
            {"label": "View Details", "action": "VIEW_DATA_QUALITY"},
            {"label": "Re-ingest", "action": "REINGEST_DATA"},
            {"label": "Clear", "action": "CLEAR_DATA"},
            {"label": "Export", "action": "EXPORT_DATA"},
        ],
    }});
    entry(dashboard, RecordKind::Alert, severity, &body)
}

pub fn alert_step(dashboard: &str, alert_id: &str, transition: &str) -> Entry {
    let body = json!({"alertId": alert_id, "transition": transition, "by": "ada"});
    entry(dashboard, RecordKind::Alert, Severity::Info, &body)
}

/// A console in a directory of its own, with an embedded hub or without.
pub async fn start(directory: &Path, embedded: Option<EmbeddedHub>) -> Console {
    let mut config = ConsoleConfig::new(directory.to_owned());
    config.embedded = embedded;
    Console::start(config).await.unwrap()
}

/// Follows a hub that listens.
pub async fn add_hub(handle: &ConsoleHandle, address: String) -> HubKey {
    let request = AddHub { name: String::new(), address, token: TOKEN.to_owned() };
    handle.add_hub(request).await.unwrap()
}

pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}

/// Waits until a model of the view satisfies `condition`, and returns what it makes of it.
pub async fn until<T>(
    view: &mut ViewSubscription,
    what: &str,
    mut condition: impl FnMut(&ViewModel) -> Option<T>,
) -> T {
    let mut last = None;
    let waiting = timeout(PATIENCE, async {
        loop {
            let model = view.next().await.expect("the console has ended");
            if let Some(found) = condition(&model) {
                return found;
            }
            last = Some(model);
        }
    });
    let found = waiting.await;
    found.unwrap_or_else(|_| panic!("waited too long for {what}; last was {last:#?}"))
}

pub fn frame(model: &ViewModel) -> &FrameView {
    let ViewModel::Frame(frame) = model else { panic!("not a frame") };
    frame
}

pub fn fleet(model: &ViewModel) -> &FleetView {
    let ViewModel::Fleet(fleet) = model else { panic!("not a fleet") };
    fleet
}

pub fn settings(model: &ViewModel) -> &SettingsView {
    let ViewModel::Settings(settings) = model else { panic!("not settings") };
    settings
}

pub fn dashboard(model: &ViewModel) -> &DashboardView {
    let ViewModel::Dashboard(dashboard) = model else { panic!("not a dashboard") };
    dashboard
}

pub fn cards(model: &ViewModel) -> Vec<&DashboardCard> {
    fleet(model).groups.iter().flat_map(|group| &group.cards).collect()
}

pub fn whole_fleet() -> ViewRequest {
    ViewRequest::Fleet { filter: String::new(), grouping: FleetGrouping::None, sort: FleetSort::default() }
}

pub fn one_dashboard(hub: HubKey, dashboard: &str) -> ViewRequest {
    ViewRequest::Dashboard {
        dashboard: DashboardKey { hub, dashboard_id: id(dashboard) },
        range: ChartRange::HalfHour,
    }
}

/// Waits until the hub's chip satisfies `condition`.
pub async fn until_chip(
    handle: &ConsoleHandle,
    hub: HubKey,
    what: &str,
    mut condition: impl FnMut(&HubChip) -> bool,
) -> HubChip {
    let mut view = handle.subscribe(ViewRequest::Frame);
    until(&mut view, what, |model| {
        frame(model).hubs.iter().find(|chip| chip.hub == hub && condition(chip)).cloned()
    })
    .await
}

pub async fn until_live(handle: &ConsoleHandle, hub: HubKey) -> HubChip {
    until_chip(handle, hub, "the hub to be live", |chip| chip.connection == HubConnection::Live).await
}

pub fn is_cached(chip: &HubChip) -> bool {
    matches!(chip.connection, HubConnection::Cached { .. })
}

/// The event numbers a dashboard's feed shows, oldest first.
pub fn event_numbers(view: &DashboardView) -> Vec<u64> {
    let events = view.events.iter().filter(|row| row.kind == "TICK");
    events
        .rev()
        .map(|row| serde_json::from_str::<Value>(&row.payload).unwrap()["number"].as_u64().unwrap())
        .collect()
}

pub async fn next_intent(intents: &mut mpsc::Receiver<NotificationIntent>) -> NotificationIntent {
    within("a notification", intents.recv()).await.expect("the console has ended")
}
