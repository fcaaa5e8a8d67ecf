//! The floor of ingest: tungstenite, borrowed `serde_json`, and an append with the rowid as the only key, in groups of
//! up to 8,192 with an fsync each. Nothing else: no token, no watermark, no validation, no follower.

use std::{
    net::SocketAddr,
    path::Path,
    sync::mpsc::{self, SyncSender},
};

use anyhow::Result;
use futures_util::{FutureExt, SinkExt, StreamExt};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::{net::TcpListener, sync::mpsc as task};
use tokio_tungstenite::tungstenite::Message;

const GROUP: usize = 8_192;

struct Chunk {
    bodies: Vec<Box<RawValue>>,
    last_seq: u64,
    acknowledge: task::UnboundedSender<u64>,
}

#[derive(Deserialize)]
struct Frame<'a> {
    seq: u64,
    #[serde(borrow)]
    event: &'a RawValue,
}

/// Serves until it is ended.
pub async fn serve(listen: SocketAddr, database: &Path) -> Result<()> {
    let (chunks, to_write) = mpsc::sync_channel::<Chunk>(256);
    let connection = Connection::open(database)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.execute_batch("CREATE TABLE log (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)")?;
    std::thread::spawn(move || write(connection, &to_write));
    let listener = TcpListener::bind(listen).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection_task(stream, chunks.clone()));
    }
}

async fn connection_task(stream: tokio::net::TcpStream, chunks: SyncSender<Chunk>) -> Result<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    let (acknowledge, mut acknowledged) = task::unbounded_channel();
    // The first frame is the registration.
    let _ = socket.next().await;
    socket.send(Message::text(r#"{"type":"REGISTERED"}"#)).await?;
    loop {
        tokio::select! {
            first = socket.next() => {
                let mut next = first;
                let mut chunk = Chunk { bodies: Vec::new(), last_seq: 0, acknowledge: acknowledge.clone() };
                while let Some(message) = next {
                    if let Message::Text(text) = message? {
                        let frame: Frame<'_> = serde_json::from_str(&text)?;
                        chunk.last_seq = frame.seq;
                        chunk.bodies.push(frame.event.to_owned());
                    }
                    match socket.next().now_or_never() {
                        Some(more) if chunk.bodies.len() < 1_024 => next = more,
                        Some(more) => {
                            next = more;
                            let full = std::mem::replace(
                                &mut chunk,
                                Chunk { bodies: Vec::new(), last_seq: 0, acknowledge: acknowledge.clone() },
                            );
                            tokio::task::block_in_place(|| chunks.send(full))?;
                        }
                        None => break,
                    }
                }
                if chunk.bodies.is_empty() {
                    return Ok(());
                }
                tokio::task::block_in_place(|| chunks.send(chunk))?;
            }
            Some(mut seq) = acknowledged.recv() => {
                while let Ok(later) = acknowledged.try_recv() {
                    seq = later;
                }
                socket.send(Message::text(format!(r#"{{"type":"ACK","seq":{seq}}}"#))).await?;
            }
        }
    }
}

fn write(mut connection: Connection, chunks: &mpsc::Receiver<Chunk>) -> Result<()> {
    while let Ok(first) = chunks.recv() {
        let mut size = first.bodies.len();
        let mut group = vec![first];
        while size < GROUP
            && let Ok(next) = chunks.try_recv()
        {
            size += next.bodies.len();
            group.push(next);
        }
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO log (body) VALUES (?1)")?;
            for body in group.iter().flat_map(|chunk| &chunk.bodies) {
                insert.execute([body.get()])?;
            }
        }
        transaction.commit()?;
        for chunk in group {
            // A connection that is gone needs no acknowledgement.
            let _ = chunk.acknowledge.send(chunk.last_seq);
        }
    }
    Ok(())
}
