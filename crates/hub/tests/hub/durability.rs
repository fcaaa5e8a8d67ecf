//! The binary itself: what it prints, how it stops, and that what it acknowledged survives being killed at any moment
//! and a disk that fills up.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use mission_control_hub::TlsFiles;
use mission_control_protocol::RecordKind;
use mission_control_store::LogReader;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
};

use crate::support::{self, Client, PATIENCE};

pub const BINARY: &str = env!("CARGO_BIN_EXE_mission-control-hub");

/// The hub as a process.
pub struct Process {
    pub child: Child,
    pub url: String,
    data: PathBuf,
}

impl Process {
    pub async fn start(data: &Path) -> Self {
        Self::start_with(data, &[]).await
    }

    pub async fn start_with(data: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        command.arg("--listen").arg("127.0.0.1:0").arg("--data").arg(data).args(arguments);
        Self::spawn(command, data).await
    }

    pub async fn spawn(mut command: Command, data: &Path) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line =
            async || tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
        let first = line().await;
        let url = first.strip_prefix("mission-control-hub listening on ").expect(&first).to_owned();
        assert_eq!(line().await, format!("dashboard token: {}/tokens/dashboard.token", data.display()));
        assert_eq!(line().await, format!("operator token: {}/tokens/operator.token", data.display()));
        Self { child, url, data: data.to_owned() }
    }

    pub async fn dashboard(&self, id: &str, epoch: &str) -> Client {
        let mut client = Client::connect(&format!("{}/v1/dashboard", self.url)).await.unwrap();
        let token = support::token(&self.data.join("tokens/dashboard.token"));
        client.register(id, &token, json!({"session": {"epoch": epoch}})).await;
        client
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    }
}

/// Publishes until the connection breaks or `limit` is reached; returns the highest number acknowledged.
pub async fn publish_until_broken(mut client: Client, limit: u64) -> u64 {
    use futures_util::{SinkExt, StreamExt, stream::SplitSink};
    use tokio_tungstenite::tungstenite::Message;
    let mut acknowledged = client.seq;
    for message in client.unread.drain(..) {
        acknowledged = acknowledged.max(message["seq"].as_u64().unwrap_or(0));
    }
    let template = json!({"type": "EVENT", "seq": 0, "event": client.event_body("X", 0)});
    let first = client.seq + 1;
    let (mut sink, mut stream): (SplitSink<_, Message>, _) = client.socket.split();
    let send = async move {
        for seq in first..=limit {
            let mut body = template.clone();
            body["seq"] = json!(seq);
            body["event"]["payload"]["number"] = json!(seq);
            if sink.send(Message::Text(body.to_string().into())).await.is_err() {
                break;
            }
        }
        sink
    };
    let receive = async {
        while acknowledged < limit {
            match stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] == "ACK" {
                        acknowledged = message["seq"].as_u64().unwrap();
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            }
        }
        acknowledged
    };
    let (sink, acknowledged) = tokio::join!(send, receive);
    drop(sink);
    acknowledged
}

fn kept(data: &Path, id: &str) -> Vec<u64> {
    support::records(&data.join("log.sqlite"))
        .iter()
        .filter(|record| record.kind == RecordKind::Event && record.dashboard_id.as_str() == id)
        .map(|record| support::body::<Value>(record)["payload"]["number"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_has_every_acknowledged_message_exactly_once() {
    const DASHBOARDS: usize = 4;
    const ROUNDS: u64 = 6;
    let directory = tempfile::tempdir().unwrap();
    let epochs: Vec<_> = (0..DASHBOARDS).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    let ids: Vec<_> = (0..DASHBOARDS).map(|number| format!("energy-{number:02}")).collect();
    let mut acknowledged = vec![0; DASHBOARDS];
    for round in 0..ROUNDS {
        let mut hub = Process::start(directory.path()).await;
        let mut publishing = Vec::new();
        for (number, id) in ids.iter().enumerate() {
            let client = hub.dashboard(id, &epochs[number]).await;
            assert!(client.seq >= acknowledged[number], "{} {} < {}", id, client.seq, acknowledged[number]);
            publishing.push(tokio::spawn(publish_until_broken(client, u64::MAX)));
        }
        // At a different moment each time: early in the first group, or well under load.
        tokio::time::sleep(Duration::from_millis(40 + 90 * round)).await;
        hub.signal("-KILL");
        hub.child.wait().await.unwrap();
        for (number, task) in publishing.into_iter().enumerate() {
            acknowledged[number] =
                tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap().max(acknowledged[number]);
        }
        for (number, id) in ids.iter().enumerate() {
            let kept = kept(directory.path(), id);
            assert!(
                kept.len() as u64 >= acknowledged[number],
                "{id}: acknowledged {} of {}",
                acknowledged[number],
                kept.len()
            );
            assert!(kept.iter().copied().eq(1..=kept.len() as u64), "{id}: each once, in order");
        }
    }
    assert!(acknowledged.iter().all(|seq| *seq > 0), "the load was real: {acknowledged:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_seals_and_drops_it_has_the_newest_of_each_dashboard_exactly_once() {
    const ROUNDS: u64 = 8;
    /// On a machine that is busy it takes longer until there is something to drop.
    const ROUNDS_AT_MOST: u64 = 30;
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log.sqlite");
    let epoch = uuid::Uuid::new_v4().to_string();
    let (mut acknowledged, mut sealed, mut dropped) = (0, 0, 0);
    for round in 0..ROUNDS_AT_MOST {
        if round >= ROUNDS && dropped > 0 {
            break;
        }
        // Small segments and little room, so that sealing never ends and each start has something to drop.
        let hub = Process::start_with(
            directory.path(),
            &["--head-records", "64", "--segment-records", "32", "--keep-bytes", "2000000"],
        );
        let mut hub = hub.await;
        let client = hub.dashboard("energy-01", &epoch).await;
        assert!(client.seq >= acknowledged, "{} < {acknowledged}", client.seq);
        let publishing = tokio::spawn(publish_until_broken(client, u64::MAX));
        tokio::time::sleep(Duration::from_millis(150 + 130 * round)).await;
        hub.signal("-KILL");
        hub.child.wait().await.unwrap();
        acknowledged = tokio::time::timeout(PATIENCE, publishing).await.unwrap().unwrap().max(acknowledged);
        let kept = kept(directory.path(), "energy-01");
        let (first, last) = (kept[0], kept[kept.len() - 1]);
        assert!(last >= acknowledged, "acknowledged {acknowledged}, kept up to {last}");
        assert!(kept.iter().copied().eq(first..=last), "each once, in order");
        let mut reader = LogReader::open(&log).unwrap();
        let check = reader.check(|_| std::ops::ControlFlow::Continue(())).unwrap();
        assert!(check.is_clean(), "{check:?}");
        // What the fold tells counts what was dropped, too.
        let (projection, _) = reader.projection().unwrap();
        let dashboard = projection.dashboards.values().next().unwrap();
        assert_eq!(dashboard.event_count, last, "of {} records that are left", kept.len());
        sealed = sealed.max(reader.statistics().unwrap().segments);
        dropped = dropped.max(first - 1);
    }
    assert!(sealed > 10, "it was sealing: {sealed}");
    assert!(dropped > 0, "it was dropping");
}

#[tokio::test]
async fn a_signal_stops_it_cleanly_and_a_wrong_start_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let mut hub = Process::start(directory.path()).await;
        let client = hub.dashboard("energy-01", &uuid::Uuid::new_v4().to_string()).await;
        hub.signal(signal);
        let status = tokio::time::timeout(PATIENCE, hub.child.wait()).await.unwrap().unwrap();
        assert_eq!(status.code(), Some(0));
        drop(client);
        let wal = directory.path().join("log.sqlite-wal");
        assert!(!wal.exists() || wal.metadata().unwrap().len() == 0, "the log is closed");
    }
    let data = directory.path().to_str().unwrap();
    for (arguments, said) in [
        (vec!["--listen", "0.0.0.0:0", "--data", data], "--tls-cert"),
        (vec!["--listen", "127.0.0.1:0", "--data", "/proc/no-such-place"], "/proc/no-such-place"),
        (vec!["--listen", "127.0.0.1:0", "--data", data, "--allow-origin", "example"], "web origin"),
    ] {
        let mut command = Command::new(BINARY);
        let output = command.args(&arguments).output().await.unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.lines().last().unwrap().contains(said), "{stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[tokio::test]
async fn a_full_disk_stops_acknowledgements_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path();
    // A bound on the size of files stands for a full disk: writes beyond it fail, until it is lifted.
    let mut command = Command::new("sh");
    command.arg("-c").arg("trap '' XFSZ; ulimit -S -f 1000; exec \"$0\" \"$@\"").arg(BINARY);
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(data);
    let hub = Process::spawn(command, data).await;
    let epoch = uuid::Uuid::new_v4().to_string();
    let mut client = hub.dashboard("energy-01", &epoch).await;
    let payload = "x".repeat(10_000);
    let mut acknowledged = 0;
    let error = 'filling: loop {
        client.seq += 1;
        let mut event = client.event_body("X", client.seq);
        event["payload"]["padding"] = json!(payload);
        client.send(json!({"type": "EVENT", "seq": client.seq, "event": event})).await;
        loop {
            let message = client.next().await.unwrap();
            match message["type"].as_str() {
                Some("ACK") => {
                    acknowledged = message["seq"].as_u64().unwrap();
                    break;
                }
                Some("ERROR") => break 'filling message,
                _ => {}
            }
        }
        assert!(client.seq < 1_000, "10 MB did not fill it");
    };
    assert_eq!(error["code"], "LOG_UNAVAILABLE");
    assert!(acknowledged > 0 && acknowledged < client.seq);
    // A dashboard that comes now is told the same, or waits; nobody is told that anything was kept.
    let pid = hub.child.id().unwrap().to_string();
    let lifted =
        std::process::Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap();
    assert!(lifted.success());
    client.acknowledged(client.seq).await;
    let seq = client.event("AFTER").await;
    client.acknowledged(seq).await;
    assert_eq!(kept(data, "energy-01"), (1..=seq).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_waits_for_a_full_disk_is_not_taken_for_silent() {
    const HEARTBEAT: Duration = Duration::from_millis(300);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path();
    let mut command = Command::new("sh");
    command.arg("-c").arg("trap '' XFSZ; ulimit -S -f 1000; exec \"$0\" \"$@\"").arg(BINARY);
    command.args(["--listen", "127.0.0.1:0", "--heartbeat-ms", &HEARTBEAT.as_millis().to_string(), "--data"]);
    command.arg(data);
    let hub = Process::spawn(command, data).await;
    let mut client = hub.dashboard("energy-01", &uuid::Uuid::new_v4().to_string()).await;
    let payload = "x".repeat(900_000);
    while client.unread.iter().all(|message| message["code"] != "LOG_UNAVAILABLE") {
        client.seq += 1;
        let mut event = client.event_body("X", client.seq);
        event["payload"]["padding"] = json!(payload);
        client.send(json!({"type": "EVENT", "seq": client.seq, "event": event})).await;
        let answer = client.next().await.unwrap();
        client.unread.push(answer);
    }
    // Each alert goes to the log on its own: more than may wait for the writer, so that the hub stops reading.
    for _ in 0..400 {
        client.seq += 1;
        let alert = json!({"type": "X", "severity": "warning", "title": "again", "source": "dashboard",
            "dashboardId": "energy-01", "timestamp": support::now()});
        client.send(json!({"type": "ALERT", "seq": client.seq, "alert": alert})).await;
    }
    // The dashboard does what it is asked to all the while.
    for _ in 0..30 {
        tokio::time::sleep(HEARTBEAT / 3).await;
        client.send(json!({"type": "HEARTBEAT"})).await;
    }
    let pid = hub.child.id().unwrap().to_string();
    let lifted =
        std::process::Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap();
    assert!(lifted.success());
    client.acknowledged(client.seq).await;
    let liveness: Vec<Value> =
        support::bodies(&support::records(&data.join("log.sqlite")), RecordKind::Connection)
            .into_iter()
            .map(|record| record["liveness"].clone())
            .collect();
    assert!(!liveness.contains(&json!("offline")), "{liveness:?}");
}

#[tokio::test]
async fn a_configuration_is_sent_when_it_is_on_disk_and_not_before() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path();
    let hub = Process::start(data).await;
    let mut client = hub.dashboard("energy-01", &uuid::Uuid::new_v4().to_string()).await;
    let mut operator = Client::connect(&format!("{}/v1/operator", hub.url)).await.unwrap();
    let token = support::token(&data.join("tokens/operator.token"));
    operator.send(json!({"type": "HELLO", "token": token, "operator": "alice", "cursors": []})).await;
    operator.expect("WELCOME").await;
    for version in 1..=20 {
        operator
            .post(json!({"kind": "PUSH_CONFIGURATION", "dashboardId": "energy-01", "values": {"a": version}}))
            .await;
        let update = client.expect("CONFIG_UPDATE").await;
        assert_eq!(update["config"]["version"], version);
        // Whoever has it can find it in the log at that moment.
        let kept = support::bodies(&support::records(&data.join("log.sqlite")), RecordKind::Configuration);
        assert!(kept.iter().any(|record| record["version"] == version), "version {version} is not on disk");
    }
}

#[tokio::test]
async fn over_tls_it_serves_wss() {
    let directory = tempfile::tempdir().unwrap();
    let TlsFiles { certificate, key } = support::certificate(directory.path());
    let data = directory.path().join("data");
    let mut command = Command::new(BINARY);
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(&data);
    command.arg("--tls-cert").arg(&certificate).arg("--tls-key").arg(&key);
    let hub = Process::spawn(command, &data).await;
    let port = hub.url.strip_prefix("wss://127.0.0.1:").unwrap();
    // A client of another make: openssl checks the certificate and speaks HTTP to the hub by hand.
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-servername", "localhost", "-CAfile"])
        .arg(&certificate)
        .args(["-connect", &format!("127.0.0.1:{port}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let request = "GET /v1/dashboard HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: mission-control.v1\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(client.stdin.as_mut().unwrap(), request.as_bytes()).await.unwrap();
    let mut head = vec![0; 12];
    let stdout = client.stdout.as_mut().unwrap();
    tokio::time::timeout(PATIENCE, stdout.read_exact(&mut head)).await.unwrap().unwrap();
    assert_eq!(head, b"HTTP/1.1 101");
}
