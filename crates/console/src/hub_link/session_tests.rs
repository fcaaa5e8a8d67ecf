use std::{path::PathBuf, sync::Arc};

use mission_control_protocol::{DashboardId, Record, RecordKind, Severity, Timestamp};
use serde_json::{json, value::to_raw_value};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::*;
use crate::view::HubKey;

const EPOCH: Uuid = Uuid::from_u128(5);

/// A session in the making, and the hub's side of it.
struct Hub {
    from_console: mpsc::Receiver<OperatorMessage>,
    to_console: mpsc::Sender<ConsoleMessage>,
    commands: mpsc::Sender<LinkCommand>,
    events: mpsc::Receiver<(HubKey, LinkEvent)>,
    session: JoinHandle<(End, Progress)>,
}

fn cursor(seq: u64) -> Cursor {
    Cursor { partition: 0, epoch: EPOCH, seq }
}

/// A session of a console that has everything up to `seq`.
fn session(seq: u64) -> Hub {
    let (outgoing, from_console) = mpsc::channel(16);
    let (to_console, incoming) = mpsc::channel(16);
    let (commands, mut inbox) = mpsc::channel(16);
    let (tell, events) = mpsc::channel(64);
    let began = Instant::now();
    let context = LinkContext {
        key: HubKey::EMBEDDED,
        log_path: PathBuf::new(),
        operator: OperatorId::new("ada").unwrap(),
        clock: Arc::new(move || {
            Timestamp::from_milliseconds(i64::try_from(began.elapsed().as_millis()).unwrap())
        }),
        events: tell,
        upkeep: mission_control_store::UpkeepSettings::default(),
    };
    let session = tokio::spawn(async move {
        let (tell_end, ended) = oneshot::channel();
        let _ = tell_end.send("Gone.".to_owned());
        let transport = Transport { outgoing, incoming, ended };
        let hello = Hello {
            token: String::new(),
            operator: context.operator.clone(),
            cursors: if seq == 0 { Vec::new() } else { vec![cursor(seq)] },
            newest: None,
        };
        let mut progress = Progress::default();
        let end = hold(&context, &mut inbox, transport, Sink::Core, hello, &mut progress).await;
        (end, progress)
    });
    Hub { from_console, to_console, commands, events, session }
}

impl Hub {
    async fn welcome(&mut self, epoch: Uuid, last_seq: u64) {
        assert!(matches!(self.from_console.recv().await, Some(OperatorMessage::Hello { .. })));
        let extent = PartitionExtent { partition: 0, epoch, first_seq: 1, last_seq };
        let welcome = ConsoleMessage::Welcome {
            hub_id: Uuid::from_u128(1),
            hub_name: "Hub".to_owned(),
            version: String::new(),
            server_time: Timestamp::from_milliseconds(1),
            heartbeat_interval: 5_000,
            partitions: vec![extent],
        };
        self.to_console.send(welcome).await.unwrap();
    }

    async fn records(&self, seqs: std::ops::RangeInclusive<u64>) {
        let records: Vec<_> = seqs
            .map(|seq| Record {
                seq,
                at: Timestamp::from_milliseconds(1),
                dashboard_id: DashboardId::new("a").unwrap(),
                kind: RecordKind::Event,
                severity: Severity::Info,
                body: to_raw_value(&json!({})).unwrap(),
            })
            .collect();
        let batch = RecordBatch { partition: 0, epoch: EPOCH, head_seq: 99, records: records.into() };
        self.to_console.send(ConsoleMessage::Records(batch)).await.unwrap();
    }

    /// The numbers of the next records the core is told.
    async fn told(&mut self) -> Vec<u64> {
        loop {
            match self.events.recv().await.unwrap().1 {
                LinkEvent::Records(batch) => return batch.records.iter().map(|record| record.seq).collect(),
                LinkEvent::Welcome { .. } | LinkEvent::Latency(_) => {}
                _ => panic!("something else was told"),
            }
        }
    }

    fn ask(&self) -> oneshot::Receiver<Result<OperatorReply, RequestError>> {
        let (reply, answer) = oneshot::channel();
        let request = OperatorRequest::CancelCommand {
            command_id: mission_control_protocol::CommandId::new("c").unwrap(),
        };
        assert!(self.commands.try_send(LinkCommand::Request { request, reply }).is_ok());
        answer
    }
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_falls_silent_is_lost() {
    let mut hub = session(0);
    hub.welcome(EPOCH, 0).await;
    let began = Instant::now();
    let (end, progress) = (&mut hub.session).await.unwrap();
    assert!(matches!(end, End::Lost(reason) if reason.contains("said nothing for 20 seconds")));
    assert!(progress.welcomed && progress.live);
    let heard_at = progress.heard_at.unwrap().as_milliseconds();
    assert!(heard_at < 1_000, "when it last said something, not when that was noticed: {heard_at}");
    assert!(began.elapsed() >= SILENCE && began.elapsed() < SILENCE * 2);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_never_lets_in_is_given_up() {
    let mut hub = session(0);
    assert!(matches!(hub.from_console.recv().await, Some(OperatorMessage::Hello { .. })));
    let waiting = hub.ask();
    assert_eq!(waiting.await.unwrap().unwrap_err().code, RequestErrorCode::HubDisconnected);
    let (end, progress) = hub.session.await.unwrap();
    assert!(matches!(end, End::Lost(reason) if reason.contains("says nothing")));
    assert!(!progress.welcomed);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_fails_in_time_and_the_session_goes_on() {
    let mut hub = session(0);
    hub.welcome(EPOCH, 0).await;
    assert!(matches!(hub.events.recv().await, Some((_, LinkEvent::Welcome { .. }))));
    let mut answer = hub.ask();
    let error = loop {
        tokio::select! {
            answered = &mut answer => break answered.unwrap().unwrap_err(),
            message = hub.from_console.recv() => if let Some(OperatorMessage::Ping { nonce }) = message {
                hub.to_console.send(ConsoleMessage::Pong { nonce }).await.unwrap();
            },
        }
    };
    assert_eq!(error.code, RequestErrorCode::Timeout);
    let answer = hub.ask();
    while !matches!(hub.from_console.recv().await, Some(OperatorMessage::Request { .. })) {}
    drop(hub.to_console);
    assert_eq!(answer.await.unwrap().unwrap_err().code, RequestErrorCode::HubDisconnected);
    assert!(matches!(hub.session.await.unwrap().0, End::Lost(reason) if reason == "Gone."));
}

#[tokio::test(start_paused = true)]
async fn what_is_there_already_is_dropped_and_what_was_skipped_is_noticed() {
    let mut hub = session(10);
    hub.welcome(EPOCH, 12).await;
    hub.records(8..=12).await;
    assert_eq!(hub.told().await, [11, 12]);
    hub.records(9..=12).await;
    hub.records(13..=13).await;
    assert_eq!(hub.told().await, [13]);
    hub.records(15..=16).await;
    assert!(matches!(hub.session.await.unwrap().0, End::Resync(_)));
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_cannot_be_of_this_log_is_noticed_at_once() {
    for (epoch, last_seq) in [(Uuid::from_u128(6), 20), (EPOCH, 9)] {
        let mut hub = session(10);
        hub.welcome(epoch, last_seq).await;
        assert!(matches!(hub.session.await.unwrap().0, End::Resync(_)));
        assert!(hub.events.recv().await.is_none(), "the core is told nothing of it");
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_refused_token_is_fatal() {
    for (code, fatal) in [
        (ErrorCode::TokenInvalid, true),
        (ErrorCode::TokenMissing, true),
        (ErrorCode::TooManyConnections, false),
        (ErrorCode::RecordsUnavailable, false),
        (ErrorCode::HubStopping, false),
    ] {
        let mut hub = session(10);
        assert!(matches!(hub.from_console.recv().await, Some(OperatorMessage::Hello { .. })));
        hub.to_console.send(ConsoleMessage::Error(ProtocolError::new(code, "No."))).await.unwrap();
        match hub.session.await.unwrap().0 {
            End::Fatal(_) => assert!(fatal, "{code:?}"),
            End::Lost(_) => assert!(!fatal, "{code:?}"),
            _ => panic!("{code:?}"),
        }
    }
}
