//! What reaches the actor from its handles and from running handlers.

use mission_control_protocol::{DashboardStatus, config::RegistrationResult};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    error::{DisconnectError, RegistrationError},
    handlers::Progress,
    message::QueuedMessage,
    state::ClientMetrics,
    work::{Finished, Work},
};

/// Something a handle wants of the actor.
#[derive(Debug)]
pub(crate) enum Request {
    /// Register, and say when that is done.
    Register(oneshot::Sender<Result<RegistrationResult, RegistrationError>>),
    /// Say when everything published so far is acknowledged.
    Flush(oneshot::Sender<()>),
    /// Say what was counted.
    Metrics(oneshot::Sender<ClientMetrics>),
    /// Say goodbye and end.
    Disconnect { reason: String, done: oneshot::Sender<Result<(), DisconnectError>> },
}

/// One thing for the actor to deal with.
#[derive(Debug)]
pub(crate) enum Input {
    Publications(Vec<QueuedMessage>),
    Request(Request),
    Progress(Progress),
    Finished(Finished),
    StatusChanged,
    /// Every handle is gone.
    Abandoned,
}

/// The actor's ends of its channels.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) publications: mpsc::Receiver<QueuedMessage>,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) progress: mpsc::Receiver<Progress>,
    pub(crate) status: watch::Receiver<Option<DashboardStatus>>,
}

/// Publications taken at once, so that requests and the socket get their turn.
const BATCH: usize = 64;

impl Inbox {
    /// Waits for the next input. Publications are left in their channel while the queue has no `room`: that is what
    /// makes publishers wait. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self, work: &mut Work, room: usize) -> Input {
        let mut batch = Vec::new();
        let input = tokio::select! {
            request = self.requests.recv() => request.map_or(Input::Abandoned, Input::Request),
            finished = work.next(), if !work.is_idle() => Input::Finished(finished),
            Some(progress) = self.progress.recv() => Input::Progress(progress),
            Ok(()) = self.status.changed() => Input::StatusChanged,
            count = self.publications.recv_many(&mut batch, room.min(BATCH)), if room > 0 => {
                if count == 0 { Input::Abandoned } else { Input::Publications(Vec::new()) }
            }
        };
        match input {
            Input::Publications(_) => Input::Publications(batch),
            other => other,
        }
    }

    /// Takes what publishers have already handed over.
    pub(crate) fn take_waiting(&mut self) -> Vec<QueuedMessage> {
        std::iter::from_fn(|| self.publications.try_recv().ok()).collect()
    }
}
