//! The Command Manager: one actor for everything an operator asks of a dashboard: commands with their stages, queries,
//! configurations and notices.

mod actor;
mod configurations;
mod ledger;
mod queries;

use std::time::Duration;

use mission_control_protocol::{
    CommandDeclaration, CommandId, CommandResult, DashboardId, ErrorCode, OperatorId, ProtocolError,
    QueryResult, configuration::Configuration, dashboard_wire::ProgressStage, operator_wire::OperatorRequest,
};
use mission_control_store::Projection;
use tokio::sync::{mpsc, oneshot};

use crate::{
    gateway::{Link, Producer},
    log::{Log, Reply, Stopped},
    registry::ConnectionNumber,
};

/// Requests that may wait for the actor.
const WAITING: usize = 1_024;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) accept: Duration,
    pub(crate) command: Duration,
    pub(crate) query: Duration,
}

/// The way to the Command Manager.
#[derive(Debug, Clone)]
pub(crate) struct Commands(mpsc::Sender<Request>);

/// What a dashboard says of something it was asked.
#[derive(Debug)]
pub(crate) enum Word {
    Progress { id: CommandId, stage: ProgressStage, progress: Option<f64>, message: Option<String> },
    Result(CommandResult),
    Answer(QueryResult),
    Configuration { version: u64, success: bool, error: Option<String> },
}

#[derive(Debug)]
enum Request {
    Connected {
        dashboard_id: DashboardId,
        declarations: Vec<CommandDeclaration>,
        link: Link,
        configuration: oneshot::Sender<Option<Configuration>>,
    },
    Disconnected {
        dashboard_id: DashboardId,
        connection: ConnectionNumber,
    },
    Written {
        command: CommandId,
    },
    Heard {
        word: Box<Word>,
        producer: Producer,
        done: oneshot::Sender<Result<(), ProtocolError>>,
    },
    Asked {
        operator: OperatorId,
        request: Box<OperatorRequest>,
        reply: Reply,
    },
}

impl Commands {
    /// Starts the actor with what was under way when the hub stopped.
    pub(crate) fn start(projection: &Projection, log: Log, times: Times) -> Self {
        let (requests, waiting) = mpsc::channel(WAITING);
        let actor = actor::Actor::new(projection, log, times);
        tokio::spawn(actor.run(waiting));
        Self(requests)
    }

    /// A dashboard is connected. What waits for it goes into `link`; the configuration it is to have is returned.
    pub(crate) async fn connected(
        &self,
        dashboard_id: DashboardId,
        declarations: Vec<CommandDeclaration>,
        link: Link,
    ) -> Result<oneshot::Receiver<Option<Configuration>>, Stopped> {
        let (configuration, held) = oneshot::channel();
        let request = Request::Connected { dashboard_id, declarations, link, configuration };
        self.0.send(request).await.map_err(|_| Stopped)?;
        Ok(held)
    }

    /// A dashboard's connection has ended.
    pub(crate) async fn disconnected(
        &self,
        dashboard_id: DashboardId,
        connection: ConnectionNumber,
    ) -> Result<(), Stopped> {
        self.0.send(Request::Disconnected { dashboard_id, connection }).await.map_err(|_| Stopped)
    }

    /// A command was written to its dashboard's socket.
    pub(crate) async fn written(&self, command: CommandId) {
        // When the actor is gone the hub is stopping, and the command counts as not sent.
        let _ = self.0.send(Request::Written { command }).await;
    }

    /// A dashboard says something of what it was asked. Returns once the record is on its way to the log, so that what
    /// the dashboard sends next comes after it.
    pub(crate) async fn heard(&self, word: Word, producer: Producer) -> Result<(), ProtocolError> {
        let (done, outcome) = oneshot::channel();
        let request = Request::Heard { word: Box::new(word), producer, done };
        self.0.send(request).await.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }

    /// An operator asks for something.
    pub(crate) async fn asked(&self, operator: OperatorId, request: OperatorRequest, reply: Reply) {
        // Should the hub be stopping, `reply` is dropped, and its receiver sees that.
        let _ = self.0.send(Request::Asked { operator, request: Box::new(request), reply }).await;
    }
}

fn stopping() -> ProtocolError {
    ProtocolError::new(ErrorCode::HubStopping, "the hub is stopping; connect again.")
}
