//! One console's WebSocket: carries the messages of an [`OperatorSession`].

use std::{net::SocketAddr, sync::Arc, time::Duration};

use mission_control_protocol::{
    AttemptReason, DASHBOARD_PATH, ErrorCode, OPERATOR_PATH, ProtocolError, Record,
    operator_wire::{ConsoleMessage, OperatorMessage, RecordBatch},
};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::Instant,
};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use uuid::Uuid;

use super::{
    Probation, Services,
    attempts::Rejection,
    link::{slow_consumer, text_of},
    operator_session::{Admission, OperatorSession},
    registration,
    socket::{Incoming, Socket, WriteError, close_reason},
};

/// Messages that may wait between the session and the socket, each way.
const WAITING: usize = 8;

/// Records in one frame.
const FRAME_RECORDS: usize = 1_000;

/// Bytes of bodies in one frame, the last record aside.
const FRAME_BYTES: usize = 1024 * 1024;

/// Silence after which the console's WebSocket is asked for a sign of life; after three such, it is given up.
const SILENCE: Duration = Duration::from_secs(20);

/// Serves one console.
pub(super) async fn serve<S>(
    socket: Socket<S>,
    remote: SocketAddr,
    services: Arc<Services>,
    probation: Probation,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (to_session, incoming) = mpsc::channel(WAITING);
    let (console, to_socket) = mpsc::channel(WAITING);
    let attempts = services.attempts.clone();
    let session = OperatorSession { services, incoming, console: console.clone() };
    let admission = Admission::Token { probation: probation.into(), remote };
    let carrier = Carrier { socket, to_session, errors: console.downgrade() };
    drop(console);
    let (_, carried) = tokio::join!(session.run(admission), carrier.run(to_socket));
    if let Carried::Misdirected = carried {
        let rejection = Rejection::new(
            AttemptReason::WrongPath,
            format!("a dashboard sent REGISTER to {OPERATOR_PATH}, which is for consoles."),
            format!("Connect to {DASHBOARD_PATH}."),
        );
        attempts.note(remote, rejection);
    }
}

/// What a carrier can tell at its end.
enum Carried {
    /// Nothing of note.
    Messages,
    /// A dashboard took the wrong path.
    Misdirected,
}

struct Carrier<S> {
    socket: Socket<S>,
    to_session: mpsc::Sender<OperatorMessage>,
    errors: mpsc::WeakSender<ConsoleMessage>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Carrier<S> {
    async fn run(mut self, mut to_socket: mpsc::Receiver<ConsoleMessage>) -> Carried {
        let mut heard_at = Instant::now();
        let mut silence = tokio::time::interval(SILENCE);
        let mut last: Option<ProtocolError> = None;
        let mut carried = Carried::Messages;
        // Room in the session for one message. Nothing is read without it: while the session is busy the console waits,
        // and what the session has to say is written all the same.
        let mut room: Option<mpsc::OwnedPermit<OperatorMessage>> = None;
        let over = loop {
            tokio::select! {
                message = to_socket.recv() => match message {
                    // The session is over, and has said why.
                    None => break None,
                    Some(ConsoleMessage::Error(error)) if ends(error.code) => last = Some(error),
                    Some(message) => if let Err(error) = self.write(message).await {
                        break Some(error);
                    }
                },
                reserved = self.to_session.clone().reserve_owned(),
                    if room.is_none() && !self.to_session.is_closed() =>
                {
                    // A session that has ended reads no more; what it said last is still to be written.
                    room = reserved.ok();
                    heard_at = Instant::now();
                }
                incoming = self.socket.next(), if last.is_none() && room.is_some() => {
                    heard_at = Instant::now();
                    match self.take(incoming, &mut room) {
                        Taken::Fine => {}
                        Taken::Over => return carried,
                        Taken::Misdirected(error) => {
                            carried = Carried::Misdirected;
                            last = Some(error);
                            break None;
                        }
                        Taken::Fatal(error) => { last = Some(error); break None }
                    }
                }
                _ = silence.tick(), if room.is_some() => {
                    if heard_at.elapsed() > 3 * SILENCE {
                        return carried;
                    }
                    if heard_at.elapsed() >= SILENCE && let Err(error) = self.socket.ping().await {
                        break Some(error);
                    }
                }
            }
        };
        // The session sees that, should it still run.
        drop((room, self.to_session, to_socket));
        match over {
            Some(WriteError::Lost(reason)) => {
                tracing::debug!(reason, "console gone");
                return carried;
            }
            Some(WriteError::TooSlow) => last = Some(slow_consumer()),
            None => {}
        }
        let reason = last.as_ref().map_or_else(|| "goodbye".to_owned(), close_reason);
        self.socket.finish(last.map(ConsoleMessage::Error).as_ref(), &reason).await;
        carried
    }

    fn take(&mut self, incoming: Incoming, room: &mut Option<mpsc::OwnedPermit<OperatorMessage>>) -> Taken {
        let error = match incoming {
            Incoming::Text(text) => match parse(&text) {
                Ok(message) => {
                    if let Some(room) = room.take() {
                        room.send(message);
                    }
                    return Taken::Fine;
                }
                Err(error) if error.code == ErrorCode::NotRegistered => return Taken::Misdirected(error),
                Err(error) => error,
            },
            Incoming::Control => return Taken::Fine,
            Incoming::Binary => registration::binary(),
            Incoming::TooLarge { size, limit } => return Taken::Fatal(registration::too_large(size, limit)),
            Incoming::Over(_) => return Taken::Over,
        };
        if let Some(errors) = self.errors.upgrade() {
            // A console that sends nonsense and does not read gets no more answers than fit.
            let _ = errors.try_send(ConsoleMessage::Error(error));
        }
        Taken::Fine
    }

    async fn write(&mut self, message: ConsoleMessage) -> Result<(), WriteError> {
        match message {
            ConsoleMessage::Records(batch) => {
                for frame in frames(&batch) {
                    self.socket.write(frame.text()).await?;
                }
                Ok(())
            }
            message => {
                let text: Option<Utf8Bytes> = text_of(&message);
                self.socket.write(text).await
            }
        }
    }
}

enum Taken {
    Fine,
    Over,
    Fatal(ProtocolError),
    /// A dashboard speaks.
    Misdirected(ProtocolError),
}

/// Whether the session ends with an error of this code.
fn ends(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::NotRegistered
            | ErrorCode::RegistrationTimeout
            | ErrorCode::TokenMissing
            | ErrorCode::TokenInvalid
            | ErrorCode::HubStopping
    )
}

/// `RECORDS`, without its records being copied.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordsFrame<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    partition: u16,
    epoch: Uuid,
    head_seq: u64,
    records: &'a [Record],
}

impl RecordsFrame<'_> {
    /// The frame as JSON, written into a buffer that need not grow.
    fn text(&self) -> Option<Utf8Bytes> {
        /// About what a record takes besides its body.
        const AROUND_A_BODY: usize = 192;
        let bodies: usize = self.records.iter().map(|record| record.body.get().len() + AROUND_A_BODY).sum();
        let mut buffer = Vec::with_capacity(bodies + AROUND_A_BODY);
        let written = serde_json::to_writer(&mut buffer, self)
            .inspect_err(|error| tracing::error!(%error, "records have no JSON form"));
        written.ok().and_then(|()| Utf8Bytes::try_from(buffer).ok())
    }
}

/// The frames in which a batch is sent: a group may be larger than any one frame should be.
fn frames(batch: &RecordBatch) -> impl Iterator<Item = RecordsFrame<'_>> {
    let mut rest: &[Record] = &batch.records;
    std::iter::from_fn(move || {
        let mut size = 0;
        let count = rest
            .iter()
            .take(FRAME_RECORDS)
            .take_while(|record| {
                let fits = size < FRAME_BYTES;
                size += record.body.get().len();
                fits
            })
            .count();
        let (records, others) = rest.split_at(count);
        rest = others;
        (!records.is_empty()).then_some(RecordsFrame {
            kind: "RECORDS",
            partition: batch.partition,
            epoch: batch.epoch,
            head_seq: batch.head_seq,
            records,
        })
    })
}

fn parse(text: &str) -> Result<OperatorMessage, ProtocolError> {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(rename = "type")]
        kind: Option<serde_json::Value>,
    }
    serde_json::from_str(text).map_err(|error| {
        if !text.trim_start().starts_with('{') || serde_json::from_str::<IgnoredAny>(text).is_err() {
            return ProtocolError::new(
                ErrorCode::MalformedJson,
                format!("the frame is not a JSON object: {error}; send one JSON object in each text frame."),
            );
        }
        let kind = serde_json::from_str::<Envelope>(text).ok().and_then(|envelope| envelope.kind);
        match kind.as_ref().and_then(|kind| kind.as_str()) {
            Some(kind @ ("HELLO" | "PING" | "REQUEST")) => ProtocolError::new(
                ErrorCode::InvalidMessage,
                format!("{kind}: {error}; this message was not taken."),
            ),
            Some("REGISTER") => ProtocolError::new(
                ErrorCode::NotRegistered,
                "this path is for consoles; a dashboard connects to /v1/dashboard.",
            ),
            _ => ProtocolError::new(
                ErrorCode::UnknownType,
                "`type` is missing or unknown; a console sends HELLO, PING or REQUEST.",
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::{DashboardId, RecordKind, Severity, Timestamp};
    use serde_json::value::RawValue;

    use super::*;

    fn batch(bodies: impl Iterator<Item = usize>) -> RecordBatch {
        let records = bodies
            .zip(1..)
            .map(|(size, seq)| Record {
                seq,
                at: Timestamp::from_milliseconds(0),
                dashboard_id: DashboardId::new("energy-01").unwrap(),
                kind: RecordKind::Event,
                severity: Severity::Info,
                body: RawValue::from_string(format!("\"{}\"", "x".repeat(size))).unwrap(),
            })
            .collect();
        RecordBatch { partition: 0, epoch: Uuid::from_u128(7), head_seq: 9, records }
    }

    #[tokio::test]
    async fn a_busy_session_is_still_written_for() {
        use futures_util::{SinkExt, StreamExt};
        use tokio_tungstenite::{
            WebSocketStream,
            tungstenite::{Message, protocol::Role},
        };
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let ours = WebSocketStream::from_raw_socket(ours, Role::Server, None).await;
        let mut theirs = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
        let (to_session, mut incoming) = mpsc::channel(WAITING);
        let (console, to_socket) = mpsc::channel(WAITING);
        let carrier = Carrier {
            socket: Socket::new(ours, Duration::from_secs(5)),
            to_session,
            errors: console.downgrade(),
        };
        let carrier = tokio::spawn(carrier.run(to_socket));
        // More requests than fit, to a session that takes none of them for now,
        for nonce in 0..3 * WAITING as u64 {
            let ping = serde_json::json!({"type": "PING", "nonce": nonce}).to_string();
            theirs.send(Message::Text(ping.into())).await.unwrap();
        }
        while incoming.len() < WAITING {
            tokio::task::yield_now().await;
        }
        // and more to be written than fits.
        for nonce in 0..3 * WAITING as u64 {
            let send = console.send(ConsoleMessage::Pong { nonce });
            tokio::time::timeout(Duration::from_secs(5), send)
                .await
                .expect("the socket is written to")
                .unwrap();
        }
        for nonce in 0..3 * WAITING as u64 {
            let next =
                tokio::time::timeout(Duration::from_secs(5), theirs.next()).await.expect("it is written");
            let text = next.unwrap().unwrap().into_text().unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["nonce"], nonce);
        }
        // Nothing that was asked is lost, and all of it in order.
        for nonce in 0..3 * WAITING as u64 {
            let OperatorMessage::Ping { nonce: next } = incoming.recv().await.unwrap() else {
                panic!("not PING")
            };
            assert_eq!(next, nonce);
        }
        drop((theirs, console));
        carrier.await.unwrap();
    }

    #[test]
    fn a_batch_is_cut_without_loss_by_count_and_by_size() {
        for bodies in [vec![1; 2_500], vec![700_000; 5], vec![], vec![3_000_000, 1]] {
            let batch = batch(bodies.clone().into_iter());
            let mut next = 1;
            for frame in frames(&batch) {
                assert!(frame.records.len() <= FRAME_RECORDS);
                assert_eq!(frame.records[0].seq, next);
                next += frame.records.len() as u64;
                let text = frame.text().unwrap();
                let read: ConsoleMessage = serde_json::from_str(&text).unwrap();
                let ConsoleMessage::Records(read) = read else { panic!("not RECORDS") };
                assert_eq!((read.epoch, read.head_seq, &*read.records), (batch.epoch, 9, frame.records));
            }
            assert_eq!(next, bodies.len() as u64 + 1);
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, code) in [
            ("{", ErrorCode::MalformedJson),
            ("[]", ErrorCode::MalformedJson),
            ("{}", ErrorCode::UnknownType),
            (r#"{"type":"HI"}"#, ErrorCode::UnknownType),
            (r#"{"type":"REGISTER"}"#, ErrorCode::NotRegistered),
            (r#"{"type":"PING"}"#, ErrorCode::InvalidMessage),
            (r#"{"type":"REQUEST","requestId":1,"request":{"kind":"NO_SUCH"}}"#, ErrorCode::InvalidMessage),
        ] {
            assert_eq!(parse(text).unwrap_err().code, code, "{text}");
        }
    }
}
