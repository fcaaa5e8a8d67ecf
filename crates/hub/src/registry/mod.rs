//! The registry: one actor knows which dashboards are connected, admits new ones, watches their liveness and reaches
//! them on behalf of others.

mod roster;

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use mission_control_protocol::{
    CommandDeclaration, DashboardConfig, DashboardId, ErrorCode, ProtocolError, RecordKind, SessionEpoch,
    Severity, Timestamp, TokenId,
    configuration::Configuration,
    dashboard_wire::HubMessage,
    record::{ConnectionRecord, Liveness, RegistrationRecord},
};
use mission_control_store::{Entry, Projection};
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::{Instant, MissedTickBehavior},
};

use self::roster::{Admission, Departure, Roster};
pub(crate) use self::roster::{ConnectionNumber, Farewell};
use crate::{
    clock,
    commands::Commands,
    gateway::{Link, Outgoing},
    log::{self, Log, Receipt, Stopped, Submission},
};

/// Requests that may wait for the actor.
const WAITING: usize = 1_024;

/// Presence reports that an operator may lag behind.
const PRESENCE_REPORTS: usize = 16;

/// Time between presence reports.
const PRESENCE_PAUSE: Duration = Duration::from_secs(1);

/// When dashboards were last heard from.
pub(crate) type Presence = Arc<BTreeMap<DashboardId, Timestamp>>;

/// What a dashboard says when it registers, its token aside.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) config: DashboardConfig,
    pub(crate) commands: Vec<CommandDeclaration>,
    pub(crate) epoch: SessionEpoch,
    pub(crate) remote: SocketAddr,
    /// The token it showed, unless that was the shared one.
    pub(crate) token_id: Option<TokenId>,
}

/// A registration that was accepted.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// Where the session's numbering stands, once the registration is durable.
    pub(crate) last_seq: oneshot::Receiver<u64>,
    /// The configuration that the hub holds for the dashboard.
    pub(crate) configuration: oneshot::Receiver<Option<Configuration>>,
}

type Answer = oneshot::Sender<Result<Admitted, ProtocolError>>;

#[derive(Debug)]
enum Request {
    Register { registration: Box<Registration>, link: Link, answer: Answer },
    Departed { dashboard_id: DashboardId, connection: ConnectionNumber, farewell: Farewell },
    Forward { dashboard_id: DashboardId, message: Outgoing },
    Revoke { token_id: TokenId, error: ProtocolError },
}

/// The way to the registry.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    requests: mpsc::Sender<Request>,
    presence: broadcast::Sender<Presence>,
}

impl Registry {
    /// Starts the actor. Dashboards that were there when the hub stopped are recorded as offline.
    pub(crate) async fn start(
        projection: &Projection,
        heartbeat_interval: Duration,
        log: Log,
        commands: Commands,
    ) -> Result<Self, Stopped> {
        let entries = projection.dashboards.iter().filter_map(|(id, dashboard)| {
            let liveness = dashboard.liveness.as_ref()?.liveness;
            matches!(liveness, Liveness::Online | Liveness::Stale)
                .then(|| connection_entry(id.clone(), Liveness::Offline, "the hub restarted"))?
        });
        log.submit(Submission { entries: entries.collect(), receipt: None }).await?;
        let (requests, waiting) = mpsc::channel(WAITING);
        let (presence, _) = broadcast::channel(PRESENCE_REPORTS);
        let actor = Actor {
            roster: Roster::new(clock::milliseconds(heartbeat_interval)),
            links: HashMap::new(),
            pending: HashMap::new(),
            shown: HashMap::new(),
            revoked: HashMap::new(),
            log,
            commands,
            presence: presence.clone(),
            presence_at: Instant::now(),
        };
        let pause = (heartbeat_interval / 4).clamp(Duration::from_millis(20), Duration::from_secs(1));
        tokio::spawn(actor.run(waiting, pause));
        Ok(Self { requests, presence })
    }

    /// Registers a connection, after any older connection of the same session has given way.
    pub(crate) async fn register(
        &self,
        registration: Registration,
        link: Link,
    ) -> Result<Admitted, ProtocolError> {
        let (answer, outcome) = oneshot::channel();
        let request = Request::Register { registration: Box::new(registration), link, answer };
        self.requests.send(request).await.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }

    /// A registered connection has ended, and will submit nothing any more.
    pub(crate) async fn departed(
        &self,
        dashboard_id: DashboardId,
        connection: ConnectionNumber,
        farewell: Farewell,
    ) {
        // When the registry is gone the hub is stopping, and nobody needs to know.
        let _ = self.requests.send(Request::Departed { dashboard_id, connection, farewell }).await;
    }

    /// Sends `message` to a dashboard, if it is connected.
    pub(crate) async fn forward(
        &self,
        dashboard_id: DashboardId,
        message: &HubMessage,
    ) -> Result<(), ProtocolError> {
        let Some(message) = Outgoing::of(message) else { return Ok(()) };
        self.requests.send(Request::Forward { dashboard_id, message }).await.map_err(|_| stopping())
    }

    /// Ends all connections that showed a token, with `error`, and lets no more of them in. Those who showed it before it was
    /// revoked and are not registered yet are covered: there is one order of what the registry is told.
    pub(crate) async fn revoke(&self, token_id: TokenId, error: ProtocolError) {
        let _ = self.requests.send(Request::Revoke { token_id, error }).await;
    }

    /// Follows who is heard from.
    pub(crate) fn presence(&self) -> broadcast::Receiver<Presence> {
        self.presence.subscribe()
    }
}

fn stopping() -> ProtocolError {
    ProtocolError::new(ErrorCode::HubStopping, "the hub is stopping; connect again.")
}

struct Actor {
    roster: Roster,
    links: HashMap<ConnectionNumber, Link>,
    /// Registrations that wait for an older connection's end.
    pending: HashMap<ConnectionNumber, (Registration, Link, Answer)>,
    /// The token that a connection showed, unless that was the shared one.
    shown: HashMap<ConnectionNumber, TokenId>,
    /// What the bearers of tokens are told that were revoked since the hub started.
    revoked: HashMap<TokenId, ProtocolError>,
    log: Log,
    commands: Commands,
    presence: broadcast::Sender<Presence>,
    presence_at: Instant,
}

impl Actor {
    async fn run(mut self, mut waiting: mpsc::Receiver<Request>, pause: Duration) {
        let mut ticks = tokio::time::interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                request = waiting.recv() => match request {
                    Some(request) => self.handle(request).await,
                    None => break,
                },
                _ = ticks.tick() => self.tick().await,
            };
            if outcome.is_err() {
                break;
            }
        }
    }

    async fn handle(&mut self, request: Request) -> Result<(), Stopped> {
        match request {
            Request::Register { registration, link, answer } => {
                self.register(*registration, link, answer).await
            }
            Request::Departed { dashboard_id, connection, farewell } => {
                self.departed(dashboard_id, connection, farewell).await
            }
            Request::Forward { dashboard_id, message } => {
                if let Some(link) =
                    self.roster.connection(&dashboard_id).and_then(|number| self.links.get(&number))
                {
                    link.send(message);
                }
                Ok(())
            }
            Request::Revoke { token_id, error } => {
                self.revoke(token_id, error);
                Ok(())
            }
        }
    }

    fn revoke(&mut self, token_id: TokenId, error: ProtocolError) {
        for (number, _) in self.shown.iter().filter(|(_, shown)| **shown == token_id) {
            if let Some(link) = self.links.get(number) {
                link.end(error.clone());
            }
        }
        let waiting: Vec<_> = self
            .pending
            .iter()
            .filter(|(_, (registration, ..))| registration.token_id.as_ref() == Some(&token_id))
            .map(|(number, _)| *number)
            .collect();
        for number in waiting {
            if let Some((_, _, answer)) = self.pending.remove(&number) {
                let _ = answer.send(Err(error.clone()));
            }
        }
        self.revoked.insert(token_id, error);
    }

    async fn register(
        &mut self,
        registration: Registration,
        link: Link,
        answer: Answer,
    ) -> Result<(), Stopped> {
        let id = &registration.config.id;
        if let Some(error) = registration.token_id.as_ref().and_then(|shown| self.revoked.get(shown)) {
            let _ = answer.send(Err(error.clone()));
            return Ok(());
        }
        match self.roster.register(id, registration.epoch, link.connection()) {
            Admission::Admitted => self.admit(registration, link, answer, "registered").await,
            Admission::AfterTakeover { older, displaced } => {
                let gives_way = ProtocolError::new(
                    ErrorCode::SessionTakenOver,
                    format!("{id} connected again with the same session; this older connection ends."),
                );
                if let Some((_, _, answer)) = displaced.and_then(|number| self.pending.remove(&number)) {
                    let _ = answer.send(Err(gives_way.clone()));
                }
                if let Some(older) = self.links.get(&older) {
                    older.end(gives_way);
                }
                self.pending.insert(link.connection(), (registration, link, answer));
                Ok(())
            }
            Admission::InUse => {
                let error = ProtocolError::new(
                    ErrorCode::DashboardIdInUse,
                    format!(
                        "{id} is connected already with another session epoch; give this dashboard an id of its own, \
                         or wait until the other one is gone."
                    ),
                );
                let _ = answer.send(Err(error));
                Ok(())
            }
        }
    }

    /// Records the registration and lets the connection in.
    async fn admit(
        &mut self,
        registration: Registration,
        link: Link,
        answer: Answer,
        reason: &str,
    ) -> Result<(), Stopped> {
        let Registration { config, commands, epoch, remote, token_id } = registration;
        let id = config.id.clone();
        let record = RegistrationRecord {
            config,
            commands: commands.clone(),
            epoch,
            remote_address: remote.to_string(),
            token_id: token_id.clone(),
        };
        let registered = log::entry(id.clone(), RecordKind::Registration, Severity::Info, &record);
        let online = connection_entry(id.clone(), Liveness::Online, reason);
        let (reply, last_seq) = oneshot::channel();
        let receipt = Receipt::Watermark { dashboard_id: id.clone(), epoch, reply };
        self.log
            .submit(Submission {
                entries: registered.into_iter().chain(online).collect(),
                receipt: Some(receipt),
            })
            .await?;
        let configuration = self.commands.connected(id, commands, link.clone()).await?;
        if let Some(token_id) = token_id {
            self.shown.insert(link.connection(), token_id);
        }
        self.links.insert(link.connection(), link);
        let _ = answer.send(Ok(Admitted { last_seq, configuration }));
        Ok(())
    }

    async fn departed(
        &mut self,
        id: DashboardId,
        connection: ConnectionNumber,
        farewell: Farewell,
    ) -> Result<(), Stopped> {
        self.links.remove(&connection);
        self.shown.remove(&connection);
        self.pending.remove(&connection);
        let departure = self.roster.departed(&id, connection, farewell);
        self.commands.disconnected(id.clone(), connection).await?;
        match departure {
            Departure::Nothing => Ok(()),
            Departure::Gone(record) => self.record(id, record).await,
            Departure::TakenOver(successor) => match self.pending.remove(&successor) {
                Some((registration, link, answer)) => {
                    self.admit(registration, link, answer, "connected again").await
                }
                None => Ok(()),
            },
        }
    }

    async fn tick(&mut self) -> Result<(), Stopped> {
        let (now, wall) = (Instant::now(), clock::now());
        let links = &self.links;
        for change in self.roster.tick(now, wall, |number| links.get(&number).map(|link| link.heard_at(now)))
        {
            if change.record.liveness == Liveness::Offline
                && let Some(link) = self.links.get(&change.connection)
            {
                link.hang_up(change.record.reason.clone());
            }
            self.record(change.dashboard_id, change.record).await?;
        }
        if now.duration_since(self.presence_at) >= PRESENCE_PAUSE {
            self.report_presence(now, wall);
        }
        Ok(())
    }

    fn report_presence(&mut self, now: Instant, wall: Timestamp) {
        let since = std::mem::replace(&mut self.presence_at, now);
        if self.presence.receiver_count() == 0 {
            return;
        }
        let heard: BTreeMap<_, _> = self
            .roster
            .connected()
            .filter_map(|(id, number)| Some((id, self.links.get(&number)?.heard_at(now))))
            .filter(|(_, heard_at)| *heard_at >= since)
            .map(|(id, heard_at)| {
                let ago = clock::milliseconds(now.saturating_duration_since(heard_at));
                (id.clone(), wall.plus_milliseconds(ago.saturating_neg()))
            })
            .collect();
        if !heard.is_empty() {
            let _ = self.presence.send(Arc::new(heard));
        }
    }

    async fn record(&self, id: DashboardId, record: ConnectionRecord) -> Result<(), Stopped> {
        let entries = connection_entry(id, record.liveness, &record.reason).into_iter().collect();
        self.log.submit(Submission { entries, receipt: None }).await
    }
}

fn connection_entry(id: DashboardId, liveness: Liveness, reason: &str) -> Option<Entry> {
    let severity = match liveness {
        Liveness::Online | Liveness::Left => Severity::Info,
        Liveness::Stale => Severity::Warning,
        Liveness::Offline => Severity::Error,
    };
    log::entry(
        id,
        RecordKind::Connection,
        severity,
        &ConnectionRecord { liveness, reason: reason.to_owned() },
    )
}
