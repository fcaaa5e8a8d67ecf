//! The link to the hub inside this program: its log is the cache, read and never written here.

use std::{sync::Arc, time::Duration};

use mission_control_protocol::operator_wire::Cursor;
use mission_control_store::open_archive;
use tokio::sync::{mpsc, oneshot};

use super::{
    LinkCommand, LinkContext, LinkEvent,
    backoff::Backoff,
    history,
    remote::{AGAIN, pause},
    session::{self, End, Hello, Progress, Sink},
    transport::Transport,
};
use crate::config::OperatorPair;

/// Follows the hub until the core wants the link to end.
pub(super) async fn run(
    mut context: LinkContext,
    mut commands: mpsc::Receiver<LinkCommand>,
    connect: Arc<dyn Fn() -> OperatorPair + Send + Sync>,
) {
    let mut backoff = Backoff::default();
    loop {
        // The log is read again for each connection: what came while there was none is in it already.
        let end = match open(&context).await {
            Ok(cursors) => {
                let (outgoing, incoming) = connect();
                let (tell_end, ended) = oneshot::channel();
                let _ = tell_end.send("The hub inside this program has stopped.".to_owned());
                let transport = Transport { outgoing, incoming, ended };
                let hello =
                    Hello { token: String::new(), operator: context.operator.clone(), cursors, newest: None };
                let mut progress = Progress::default();
                let end =
                    session::hold(&context, &mut commands, transport, Sink::Core, hello, &mut progress).await;
                if progress.welcomed {
                    backoff.reset();
                }
                end
            }
            Err(reason) => End::Lost(reason),
        };
        let (reason, wait) = match end {
            End::Stopped => return,
            End::Again | End::Rebuild => (AGAIN.to_owned(), Duration::ZERO),
            End::NewOperator(operator) => {
                context.operator = operator;
                (AGAIN.to_owned(), Duration::ZERO)
            }
            End::Fatal(reason) | End::Lost(reason) => (reason, backoff.next()),
            End::Resync(reason) => {
                tracing::debug!(reason, "reading the hub's log again");
                (reason, backoff.next())
            }
        };
        if !pause(&mut context, &mut commands, reason, Some(wait)).await {
            return;
        }
    }
}

/// Reads the log and tells the core what it holds.
async fn open(context: &LinkContext) -> Result<Vec<Cursor>, String> {
    let (path, now) = (context.log_path.clone(), context.now());
    let opened = tokio::task::spawn_blocking(move || history::read_with_projection(&path, now))
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    let cursors = opened.cursors.clone();
    context.tell(LinkEvent::Opened(opened)).await;
    Ok(cursors)
}

/// Shows an archive, until the core wants the link to end.
pub(super) async fn show_archive(
    context: LinkContext,
    commands: mpsc::Receiver<LinkCommand>,
    reason: String,
) {
    let path = context.log_path.clone();
    let ready = tokio::task::spawn_blocking(move || open_archive(&path)).await;
    let reason = match ready
        .map_err(|error| error.to_string())
        .and_then(|ready| ready.map_err(|error| error.to_string()))
    {
        Ok(_) => reason,
        Err(error) => format!("The archive cannot be read: {error}."),
    };
    show_history(context, commands, reason).await;
}

/// Shows the history of a hub that does not run, until the core wants the link to end.
pub(super) async fn show_history(
    context: LinkContext,
    mut commands: mpsc::Receiver<LinkCommand>,
    reason: String,
) {
    let mut reason = reason;
    if context.log_path.exists()
        && let Err(error) = open(&context).await
    {
        tracing::error!(error, "the history of the hub inside this program cannot be read");
        if !reason.contains(&error) {
            reason = format!("{reason} Its history cannot be shown: {error}.");
        }
    }
    context.tell(LinkEvent::Down { reason, retry_at: None }).await;
    loop {
        if let Some(End::Stopped) = session::while_down(commands.recv().await) {
            return;
        }
    }
}
