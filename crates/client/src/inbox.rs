//! What reaches the actor from its handles and from running handlers.

use mission_control_protocol::{DashboardStatus, config::RegistrationResult};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    error::{DisconnectError, RegistrationError},
    handlers::Progress,
    message::QueuedMessage,
    queue::{DiskEvent, DurableQueue},
    receipt::Stage,
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
    /// Say when everything published so far is on disk, or why it is not.
    Stored(oneshot::Sender<Result<(), String>>),
    /// Say what was counted.
    Metrics(oneshot::Sender<ClientMetrics>),
    /// Say goodbye and end.
    Disconnect { reason: String, done: oneshot::Sender<Result<(), DisconnectError>> },
}

/// A publication on its way into the queue.
#[derive(Debug)]
pub(crate) struct HandedOver {
    pub(crate) message: QueuedMessage,
    /// Whether it is an event of severity error or worse.
    pub(crate) is_error: bool,
    pub(crate) stage: watch::Sender<Stage>,
}

/// One thing for the actor to deal with.
#[derive(Debug)]
pub(crate) enum Input {
    Publications(Vec<HandedOver>),
    Request(Request),
    Progress(Progress),
    Finished(Finished),
    StatusChanged,
    Disk(DiskEvent),
    /// Every handle is gone.
    Abandoned,
}

/// The actor's ends of its channels.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) publications: mpsc::Receiver<HandedOver>,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) progress: mpsc::Receiver<Progress>,
    pub(crate) status: watch::Receiver<Option<DashboardStatus>>,
}

/// Publications taken at once, so that requests and the socket get their turn.
const BATCH: usize = 64;

impl Inbox {
    /// Waits for the next input. Publications are left in their channel while the queue has no room: that is what makes
    /// publishers wait. As many are taken as fit when each is as large as the hub accepts. Dropping the future loses
    /// nothing.
    pub(crate) async fn next(
        &mut self,
        work: &mut Work,
        queue: &mut DurableQueue,
        frame_limit: usize,
    ) -> Input {
        let room = queue.room();
        let limit = if room == 0 { 0 } else { (room / frame_limit.max(1)).clamp(1, BATCH) };
        let mut batch = Vec::new();
        let input = tokio::select! {
            request = self.requests.recv() => request.map_or(Input::Abandoned, Input::Request),
            finished = work.next(), if !work.is_idle() => Input::Finished(finished),
            Some(progress) = self.progress.recv() => Input::Progress(progress),
            Ok(()) = self.status.changed() => Input::StatusChanged,
            event = queue.next() => Input::Disk(event),
            count = self.publications.recv_many(&mut batch, limit), if limit > 0 => {
                if count == 0 { Input::Abandoned } else { Input::Publications(Vec::new()) }
            }
        };
        match input {
            Input::Publications(_) => Input::Publications(batch),
            other => other,
        }
    }

    /// Takes what publishers have already handed over.
    pub(crate) fn take_waiting(&mut self) -> Vec<HandedOver> {
        std::iter::from_fn(|| self.publications.try_recv().ok()).collect()
    }
}
