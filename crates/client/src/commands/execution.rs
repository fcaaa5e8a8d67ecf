//! One command, run to its end and not for ever.

use std::time::{Duration, Instant};

use mission_control_protocol::{Command, CommandResult, payload};
use serde_json::Value;
use tokio::{
    runtime::Handle,
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    error::CommandFailure,
    handlers::{AcceptedCommand, CommandContext},
    security::Remembering,
};

/// Time for a handler to end after it was told to stop, before it is ended and answered for, at most.
const GRACE: Duration = Duration::from_secs(5);

/// A command that may run.
pub(crate) struct Execution {
    pub(crate) command: Command,
    pub(crate) accepted: AcceptedCommand,
    pub(crate) context: CommandContext,
    /// Cancelled by the operator. The context has a child of it, which is also cancelled when the time is up.
    pub(crate) cancellation: CancellationToken,
    /// Time until the command expires.
    pub(crate) left: Duration,
    pub(crate) remembering: Remembering,
}

impl Execution {
    /// Runs the handler. Whatever it does, this ends, with something to answer.
    pub(crate) async fn run(self) -> CommandResult {
        let command_id = self.command.id.clone();
        let began = Instant::now();
        let outcome = self.outcome().await;
        let duration = Some(began.elapsed().as_secs_f64() * 1000.0);
        match outcome {
            Ok(value) => {
                CommandResult { command_id, success: true, result: Some(value), error: None, duration }
            }
            Err(error) => {
                CommandResult { command_id, success: false, result: None, error: Some(error), duration }
            }
        }
    }

    async fn outcome(self) -> Result<Value, String> {
        let Self { command, accepted, context, cancellation, left, remembering } = self;
        if let Err(error) = remembering.done().await {
            // Whoever frees the disk may need a command for it.
            tracing::warn!(command = %command.id, %error, "after a restart this command could run again");
        }
        let limit = accepted.time_out.map_or(left, |limit| limit.min(left));
        let overdue = if limit < left {
            format!(
                "the handler did not end within {} s; whether it was done is not known",
                limit.as_secs_f64()
            )
        } else {
            "the handler did not end before the command expired; whether it was done is not known".to_owned()
        };
        let stop = context.cancellation.clone();
        // A thread of its own: neither a panic, nor a handler that never waits, keeps the client from its work. The guard ends
        // the handler at its next wait, when it is not waited for any more.
        let given_up = CancellationToken::new();
        let _guard = given_up.clone().drop_guard();
        let runtime = Handle::current();
        let mut task = spawn_blocking(move || {
            runtime.block_on(given_up.run_until_cancelled(async {
                check(&accepted.declaration.payload_schema, &command)?;
                (accepted.handler)(command, context).await
            }))
        });
        let (ended, was_overdue) = tokio::select! {
            ended = &mut task => (ended, false),
            () = sleep(limit) => {
                stop.cancel();
                let grace = accepted.time_out.map_or(GRACE, |limit| limit.min(GRACE));
                match timeout(grace, &mut task).await {
                    Ok(ended) => (ended, true),
                    Err(_) => return Err(overdue),
                }
            }
        };
        match ended {
            Ok(Some(Ok(value))) => Ok(value),
            Ok(Some(Err(_))) if cancellation.is_cancelled() => Err(CommandFailure::CANCELLED.to_owned()),
            Ok(None) => Err(overdue),
            Ok(Some(Err(_))) if was_overdue => Err(overdue),
            Ok(Some(Err(failure))) => Err(failure.into_message()),
            Err(error) => {
                tracing::error!(%error, "a command's handler failed unexpectedly");
                Err("the dashboard's handler failed unexpectedly; see the dashboard's own log".to_owned())
            }
        }
    }
}

fn check(schema: &Value, command: &Command) -> Result<(), CommandFailure> {
    let problems = payload::validate(schema, &command.payload).map_err(CommandFailure::new)?;
    if problems.is_empty() {
        return Ok(());
    }
    let listed: Vec<_> =
        problems.iter().map(|problem| format!("payload{}: {}", problem.pointer, problem.message)).collect();
    Err(CommandFailure::new(listed.join("; ")))
}
