//! The link to a remote hub: a WebSocket, and a cache of its log.

use std::time::Duration;

use tokio::sync::mpsc;

use super::{
    LinkCommand, LinkContext, LinkEvent,
    backoff::Backoff,
    cache::{CachePlace, CacheReport, CacheThread, Unusable},
    session::{self, End, Hello, Progress, Sink},
    transport,
};

/// A console that misses more records than these shows the present first and fetches the others behind it. These it has
/// in a few seconds, and an hour of a fleet of two dozen is among them.
const NEWEST: u64 = 50_000;

/// Follows the hub until the core wants the link to end.
pub(super) async fn run(
    mut context: LinkContext,
    mut commands: mpsc::Receiver<LinkCommand>,
    address: String,
    token: String,
) {
    loop {
        let place = CachePlace {
            key: context.key,
            path: context.log_path.clone(),
            upkeep: context.upkeep.clone(),
            events: context.events.clone(),
        };
        let opened = CacheThread::open(place, context.now());
        match opened.await {
            Ok((cache, mut reports)) => {
                follow(&mut context, &mut commands, &cache, &mut reports, &address, &token).await;
                cache.close().await;
                return;
            }
            // A newer format, or another program at work on it: trying again by itself would change nothing.
            Err(Unusable(reason)) => {
                if !pause(&mut context, &mut commands, reason, None).await {
                    return;
                }
            }
        }
    }
}

async fn follow(
    context: &mut LinkContext,
    commands: &mut mpsc::Receiver<LinkCommand>,
    cache: &CacheThread,
    reports: &mut mpsc::Receiver<CacheReport>,
    address: &str,
    token: &str,
) {
    let mut backoff = Backoff::default();
    loop {
        let cursors = match cache.begin(context.now()).await {
            None => return,
            Some(Ok(cursors)) => cursors,
            Some(Err(reason)) => {
                if !pause(context, commands, reason, Some(backoff.next())).await {
                    return;
                }
                continue;
            }
        };
        // What is reported of the session before concerns this one no more.
        while reports.try_recv().is_ok() {}
        let is_empty = cursors.is_empty();
        let mut progress = Progress::default();
        let end = match connect(commands, address).await {
            Ok(transport) => {
                let hello = Hello {
                    token: token.to_owned(),
                    operator: context.operator.clone(),
                    cursors,
                    newest: Some(NEWEST),
                };
                let sink = Sink::Cache { thread: cache, reports };
                session::hold(context, commands, transport, sink, hello, &mut progress).await
            }
            Err(end) => end,
        };
        if progress.welcomed {
            backoff.reset();
        }
        if progress.live
            && let Some(heard_at) = progress.heard_at
        {
            cache.note_current(heard_at).await;
        }
        let (reason, wait) = match end {
            End::Stopped => return,
            End::Again => (AGAIN.to_owned(), Some(Duration::ZERO)),
            End::NewOperator(operator) => {
                context.operator = operator;
                (AGAIN.to_owned(), Some(Duration::ZERO))
            }
            // Whatever the copy was at the start of the session.
            End::Rebuild => match cache.reset("The operator asked for it.".to_owned()).await {
                Ok(()) => continue,
                Err(reason) => (reason, Some(backoff.next())),
            },
            // A hub that does not fit a copy from its very start is at odds with itself: no hurry then.
            End::Resync(reason) if is_empty => (reason, Some(backoff.next())),
            End::Resync(reason) => match cache.reset(reason).await {
                Ok(()) => continue,
                Err(reason) => (reason, Some(backoff.next())),
            },
            End::Fatal(reason) => (reason, None),
            End::Lost(reason) => (reason, Some(backoff.next())),
        };
        if !pause(context, commands, reason, wait).await {
            return;
        }
    }
}

/// Why there is no connection for a moment when a new one is wanted.
pub(super) const AGAIN: &str = "Connecting anew.";

/// Connects, unless a command ends the attempt.
async fn connect(
    commands: &mut mpsc::Receiver<LinkCommand>,
    address: &str,
) -> Result<transport::Transport, End> {
    let connecting = transport::connect(address);
    tokio::pin!(connecting);
    loop {
        tokio::select! {
            connected = &mut connecting => return connected.map_err(End::Lost),
            command = commands.recv() => {
                if let Some(end) = session::while_down(command) {
                    return Err(end);
                }
            }
        }
    }
}

/// Tells the core that the hub is down, and waits: `wait` long, or until the operator asks to try again when there
/// is none. False when the link is to end.
pub(super) async fn pause(
    context: &mut LinkContext,
    commands: &mut mpsc::Receiver<LinkCommand>,
    reason: String,
    wait: Option<Duration>,
) -> bool {
    let retry_at =
        wait.map(|wait| context.now().plus_milliseconds(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)));
    if !context.tell(LinkEvent::Down { reason, retry_at }).await {
        return false;
    }
    let over = async {
        match wait {
            Some(wait) => tokio::time::sleep(wait).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => return true,
            command = commands.recv() => match command {
                // A changed operator is no reason to try before its time, nor to try a refused token again.
                Some(LinkCommand::SetOperator(operator)) => context.operator = operator,
                command => match session::while_down(command) {
                    Some(End::Stopped) => return false,
                    Some(_) => return true,
                    None => {}
                },
            },
        }
    }
}
