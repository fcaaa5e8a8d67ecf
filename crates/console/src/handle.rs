//! The console, from outside.

use std::sync::Arc;

use mission_control_protocol::{
    AlertId, CommandId, Hazard, TokenId,
    operator_wire::{OperatorReply, OperatorRequest},
    payload::{self, PayloadProblem},
};
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use crate::{
    alerting::AlertingTurns,
    config::{ConsoleConfig, ConsoleError},
    core::{AlertActionPlan, Core, CoreChannels, CoreMessage, CoreParts, CoreRequest, INBOX},
    feed,
    hub_link::{EVENTS, Route},
    hub_state::HubState,
    metrics::MetricsTurns,
    models::{Knowledge, commands::indented},
    notifications::NotificationIntent,
    search::SearchDesk,
    settings::{SettingsFile, check_preferences},
    snippets,
    storage::StorageDesk,
    view::{
        DashboardKey, DashboardSection, HubKey, Preferences, ViewModel, ViewRequest,
        conductor::{ConductTime, Timeline, TimelineRequest},
        connect::{CreateToken, CreatedToken},
        frame::NotificationService,
        requests::{
            AddHub, AlertActionOutcome, AlertButton, EventsPage, EventsPageRequest, IssueCommand,
            IssuedCommand, PayloadVerdict, PushConfiguration, QueryAnswer, QueryDashboard, RequestError,
            RequestErrorCode, ValidatePayload,
        },
    },
};

/// Notifications that wait for the shell at most.
const INTENTS: usize = 256;

/// Lines of an event page at most.
const PAGE: u32 = 500;

/// The running console.
#[derive(Debug)]
pub struct Console {
    handle: ConsoleHandle,
    notifications: Option<mpsc::Receiver<NotificationIntent>>,
    core: JoinHandle<()>,
}

impl Console {
    /// Starts the console: reads the settings, opens the caches and connects to the hubs. Returns at once; caches are
    /// read and connections made in the background, and views follow.
    ///
    /// # Errors
    /// [`ConsoleError::DataDirectory`] when the data directory cannot be created.
    #[expect(clippy::unused_async, reason = "it starts tasks, and so must run inside a runtime")]
    pub async fn start(config: ConsoleConfig) -> Result<Self, ConsoleError> {
        let directory = config.data_directory;
        create_private(&directory.join("cache"))
            .map_err(|source| ConsoleError::DataDirectory { path: directory.clone(), source })?;
        let settings_file = SettingsFile::new(&directory);
        let (mut settings, settings_note) = settings_file.load((config.clock)());
        let mut notices: Vec<String> = settings_note.into_iter().collect();
        let operator = match check_preferences(&settings.preferences) {
            Ok(operator) => operator,
            Err(_) => {
                settings.preferences = Preferences::default();
                match check_preferences(&settings.preferences) {
                    Ok(operator) => operator,
                    Err(error) => {
                        let source = std::io::Error::other(error.message);
                        return Err(ConsoleError::DataDirectory { path: directory, source });
                    }
                }
            }
        };

        let (messages_in, messages) = mpsc::channel(INBOX);
        let (events_in, events) = mpsc::channel(EVENTS);
        let (intents, notifications) = mpsc::channel(INTENTS);
        let (remotes, archives) = (settings.hubs.clone(), settings.archives.clone());
        let mut core = Core::new(CoreParts {
            knowledge: Knowledge {
                hubs: Vec::new(),
                preferences: settings.preferences.clone(),
                notification_policy: settings.notification_policy.clone(),
                notifications: NotificationService::Unknown,
                data_directory: directory.clone(),
                notices: Vec::new(),
            },
            settings,
            settings_file,
            operator,
            downloads_directory: config.downloads_directory,
            clock: Arc::clone(&config.clock),
            events_in,
            messages_in: messages_in.downgrade(),
            intents,
        });
        match (config.embedded, config.embedded_problem) {
            (Some(embedded), _) => {
                let mut hub =
                    HubState::new(HubKey::EMBEDDED, &embedded.name, &embedded.address, embedded.log_path);
                hub.token_file = Some(embedded.token_file);
                notices.extend(embedded.note);
                core.retain_embedded = Some(embedded.retain);
                core.follow(hub, Route::Embedded { connect: embedded.connect });
            }
            (None, Some(reason)) => {
                let path = ConsoleConfig::embedded_log(&directory);
                let mut hub = HubState::new(HubKey::EMBEDDED, "This computer", "", path);
                hub.not_running(reason.clone());
                core.follow(hub, Route::None { reason });
            }
            (None, None) => {}
        }
        for remote in &remotes {
            core.follow_remote(remote);
        }
        for archive in &archives {
            core.follow_archive(archive);
        }
        core.notice(notices);
        let core = tokio::spawn(core.run(CoreChannels { messages, events }));
        let handle = ConsoleHandle {
            messages: messages_in,
            search: SearchDesk::open(),
            metrics_turns: MetricsTurns::default(),
            alerting_turns: AlertingTurns::default(),
            storage: StorageDesk::new(config.clock),
        };
        Ok(Self { handle, notifications: Some(notifications), core })
    }

    /// A handle; cheap to clone.
    #[must_use]
    pub fn handle(&self) -> ConsoleHandle {
        self.handle.clone()
    }

    /// What the shell is to show as native notifications. There is one such stream: `None` when it was taken already.
    pub fn notifications(&mut self) -> Option<mpsc::Receiver<NotificationIntent>> {
        self.notifications.take()
    }

    /// Ends every connection and writes everything down.
    pub async fn shutdown(self) {
        let (done, ended) = oneshot::channel();
        if self.handle.messages.send(CoreMessage::Shutdown(done)).await.is_ok() {
            let _ = ended.await;
        }
        if let Err(error) = self.core.await {
            tracing::error!(%error, "the console's core ended unexpectedly");
        }
    }
}

/// Creates a directory and those above it that are missing, open to nobody but the owner.
fn create_private(path: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Follows one view; dropping it ends that.
#[derive(Debug)]
pub struct ViewSubscription {
    models: watch::Receiver<Option<Arc<ViewModel>>>,
}

impl ViewSubscription {
    /// The next model: the newest there is, once it differs from the one returned before. `None` when the console has
    /// ended.
    pub async fn next(&mut self) -> Option<Arc<ViewModel>> {
        loop {
            self.models.changed().await.ok()?;
            if let Some(model) = self.models.borrow_and_update().clone() {
                return Some(model);
            }
        }
    }
}

/// What the shell does everything with. Each request method has the name of its Tauri command.
#[derive(Debug, Clone)]
pub struct ConsoleHandle {
    messages: mpsc::Sender<CoreMessage>,
    search: SearchDesk,
    pub(crate) metrics_turns: MetricsTurns,
    pub(crate) alerting_turns: AlertingTurns,
    pub(crate) storage: StorageDesk,
}

pub(crate) fn ended() -> RequestError {
    RequestError::new(RequestErrorCode::HubDisconnected, "The console is shutting down.")
}

fn unexpected() -> RequestError {
    RequestError::new(
        RequestErrorCode::Refused,
        "The hub answered something else than was asked; check that hub and console are of fitting versions.",
    )
}

impl ConsoleHandle {
    /// Follows a view. The first model comes at once.
    #[must_use]
    pub fn subscribe(&self, request: ViewRequest) -> ViewSubscription {
        let (models, following) = watch::channel(None);
        let message = CoreMessage::Subscribe { request, models };
        // Only a core that is overrun has no room; then the message waits in a task of its own.
        if let Err(mpsc::error::TrySendError::Full(message)) = self.messages.try_send(message) {
            let messages = self.messages.clone();
            tokio::spawn(async move {
                let _ = messages.send(message).await;
            });
        }
        ViewSubscription { models: following }
    }

    /// Tells the console whether native notifications work.
    pub async fn report_notification_service(&self, service: NotificationService) {
        let _ = self.messages.send(CoreMessage::Request(CoreRequest::NotificationService(service))).await;
    }

    /// Sends a command. Its stages follow in the views.
    ///
    /// # Errors
    /// [`RequestErrorCode::PayloadInvalid`] with the problems, [`RequestErrorCode::Refused`] by the hub, and those of
    /// the connection.
    pub async fn issue_command(&self, request: IssueCommand) -> Result<IssuedCommand, RequestError> {
        self.require_changeable(request.dashboard.hub).await?;
        self.send_command(request).await
    }

    async fn send_command(&self, request: IssueCommand) -> Result<IssuedCommand, RequestError> {
        let dashboard = request.dashboard;
        let problems = self.check_payload(&dashboard, &request.kind, request.payload.clone()).await?;
        if !problems.is_empty() {
            let message =
                format!("The payload is not what {} takes; correct the fields marked.", request.kind);
            return Err(RequestError {
                problems,
                ..RequestError::new(RequestErrorCode::PayloadInvalid, message)
            });
        }
        let issued = OperatorRequest::IssueCommand {
            dashboard_id: dashboard.dashboard_id,
            kind: request.kind,
            payload: request.payload,
            timeout_milliseconds: request.timeout_milliseconds,
        };
        match self.ask_hub(dashboard.hub, issued).await? {
            OperatorReply::Command { command_id } => Ok(IssuedCommand { command_id }),
            _ => Err(unexpected()),
        }
    }

    /// Stops a command: at once when it is still queued, else by asking the dashboard.
    ///
    /// # Errors
    /// [`RequestErrorCode::Refused`] when it is over already, and those of the connection.
    pub async fn cancel_command(&self, hub: HubKey, command_id: CommandId) -> Result<(), RequestError> {
        self.require_changeable(hub).await?;
        self.ask_hub(hub, OperatorRequest::CancelCommand { command_id }).await.map(|_| ())
    }

    /// What is wrong with a payload.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] when the dashboard does not accept the command.
    pub async fn validate_payload(&self, request: ValidatePayload) -> Result<PayloadVerdict, RequestError> {
        let problems = self.check_payload(&request.dashboard, &request.kind, request.payload).await?;
        Ok(PayloadVerdict { problems })
    }

    /// Does what a button of an alert says. A destructive command, and one whose payload has to be filled in, is not
    /// sent: its form is opened instead.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] when nothing can be done, with the reason; and those of
    /// [`Self::issue_command`].
    pub async fn run_alert_action(
        &self,
        hub: HubKey,
        alert_id: AlertId,
        button: AlertButton,
    ) -> Result<AlertActionOutcome, RequestError> {
        self.require_changeable(hub).await?;
        self.press_alert_button(hub, alert_id, button).await
    }

    pub(crate) async fn press_alert_button(
        &self,
        hub: HubKey,
        alert_id: AlertId,
        button: AlertButton,
    ) -> Result<AlertActionOutcome, RequestError> {
        let plan = self.ask_core(|reply| CoreRequest::AlertAction { hub, alert_id, button, reply }).await?;
        match plan {
            AlertActionPlan::Open { dashboard, section } => {
                Ok(AlertActionOutcome::OpenView { dashboard, section })
            }
            AlertActionPlan::Send { dashboard, command, payload, hazard } => {
                let form = AlertActionOutcome::OpenView {
                    dashboard: dashboard.clone(),
                    section: DashboardSection::Commands,
                };
                if hazard == Hazard::Destructive
                    || !self.check_payload(&dashboard, &command, payload.clone()).await?.is_empty()
                {
                    return Ok(form);
                }
                let request = IssueCommand { dashboard, kind: command, payload, timeout_milliseconds: None };
                let issued = self.send_command(request).await?;
                Ok(AlertActionOutcome::CommandIssued { command_id: issued.command_id })
            }
        }
    }

    /// Older events of a dashboard.
    ///
    /// # Errors
    /// [`RequestErrorCode::CacheUnavailable`] when the log cannot be read.
    pub async fn events_page(&self, request: EventsPageRequest) -> Result<EventsPage, RequestError> {
        let DashboardKey { hub, dashboard_id } = request.dashboard;
        let path = self.ask_core(|reply| CoreRequest::LogPath { hub, reply }).await?;
        let limit = request.limit.clamp(1, PAGE);
        let page = tokio::task::spawn_blocking(move || {
            feed::read_page(&path, &dashboard_id, request.before_seq, limit)
        });
        let unreadable = |error: String| {
            RequestError::new(
                RequestErrorCode::CacheUnavailable,
                format!("The history cannot be read: {error}."),
            )
        };
        let page = page
            .await
            .map_err(|error| unreadable(error.to_string()))?
            .map_err(|error| unreadable(error.to_string()))?;
        let records = page.records;
        let events = self.ask_core(|reply| CoreRequest::EventRows { hub, records, reply }).await?;
        Ok(EventsPage { events, next_before_seq: page.next_before_seq })
    }

    /// Asks a dashboard something.
    ///
    /// # Errors
    /// [`RequestErrorCode::Refused`] by the hub or the dashboard, [`RequestErrorCode::Timeout`], and those of the
    /// connection.
    pub async fn query_dashboard(&self, request: QueryDashboard) -> Result<QueryAnswer, RequestError> {
        self.require_changeable(request.dashboard.hub).await?;
        let query = OperatorRequest::Query {
            dashboard_id: request.dashboard.dashboard_id,
            kind: request.kind,
            params: request.params,
        };
        match self.ask_hub(request.dashboard.hub, query).await? {
            OperatorReply::Query { result, .. } => Ok(QueryAnswer { result: indented(&result) }),
            _ => Err(unexpected()),
        }
    }

    /// Pushes a configuration to a dashboard.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] when the settings are no object, and those of the connection.
    pub async fn push_configuration(&self, request: PushConfiguration) -> Result<(), RequestError> {
        if !request.values.is_object() {
            let message = "Settings: a configuration is a JSON object, such as {\"refreshSeconds\": 5}.";
            return Err(RequestError::new(RequestErrorCode::InvalidInput, message));
        }
        self.require_changeable(request.dashboard.hub).await?;
        let push = OperatorRequest::PushConfiguration {
            dashboard_id: request.dashboard.dashboard_id,
            values: request.values,
        };
        self.ask_hub(request.dashboard.hub, push).await.map(|_| ())
    }

    /// Chooses the instant that every view shows.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] for a speed out of range, and when there is nothing to step to;
    /// [`RequestErrorCode::CacheUnavailable`] when the record cannot be read.
    pub async fn conduct_time(&self, request: ConductTime) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::Conduct { request, reply }).await
    }

    /// What the scrubber is drawn from.
    ///
    /// # Errors
    /// [`RequestErrorCode::CacheUnavailable`] when the record cannot be read.
    pub async fn timeline(&self, request: TimelineRequest) -> Result<Timeline, RequestError> {
        self.ask_core(|reply| CoreRequest::Timeline { request, reply }).await
    }

    /// Refuses while the views show the past: what the operator sees is not what would be changed. A notification is of
    /// the present, and its buttons work all the same. In an archive nothing is ever changed, whatever it would be.
    pub(crate) async fn require_changeable(&self, hub: HubKey) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::MayChange { hub, reply }).await
    }

    /// Follows a remote hub from now on.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] naming the field; [`RequestErrorCode::CacheUnavailable`] when the settings
    /// cannot be written.
    pub async fn add_hub(&self, request: AddHub) -> Result<HubKey, RequestError> {
        self.ask_core(|reply| CoreRequest::AddHub { request, reply }).await
    }

    /// Follows a remote hub no more, and deletes its cache.
    ///
    /// # Errors
    /// [`RequestErrorCode::HubUnknown`], and [`RequestErrorCode::InvalidInput`] for the hub inside the program.
    pub async fn remove_hub(&self, hub: HubKey) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::RemoveHub { hub, reply }).await
    }

    /// Connects to a hub now, whatever was decided before.
    ///
    /// # Errors
    /// [`RequestErrorCode::HubUnknown`].
    pub async fn retry_hub(&self, hub: HubKey) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::RetryHub { hub, reply }).await
    }

    /// Takes over what the operator chose, and keeps it.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] naming the field; [`RequestErrorCode::CacheUnavailable`] when the settings
    /// cannot be written.
    pub async fn save_preferences(&self, preferences: Preferences) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::SavePreferences { preferences, reply }).await
    }

    /// Has a hub make a token for a dashboard.
    ///
    /// # Errors
    /// [`RequestErrorCode::Refused`] by the hub, and those of the connection.
    pub async fn create_token(&self, request: CreateToken) -> Result<CreatedToken, RequestError> {
        let CreateToken { hub, label } = request;
        let address = self.ask_core(|reply| CoreRequest::HubAddress { hub, reply }).await?;
        let dashboard_id = snippets::dashboard_id(&label);
        match self.ask_hub(hub, OperatorRequest::CreateToken { label }).await? {
            OperatorReply::Token { token, secret } => {
                let snippets = snippets::filled_in(&address, &secret, &dashboard_id);
                Ok(CreatedToken { token_id: token.id, secret, dashboard_id, snippets })
            }
            _ => Err(unexpected()),
        }
    }

    /// Revokes a token: nobody gets in with it any more, and the connections that did end.
    ///
    /// # Errors
    /// As [`Self::create_token`].
    pub async fn revoke_token(&self, hub: HubKey, token_id: TokenId) -> Result<(), RequestError> {
        self.ask_hub(hub, OperatorRequest::RevokeToken { token_id }).await.map(|_| ())
    }

    async fn check_payload(
        &self,
        dashboard: &DashboardKey,
        kind: &str,
        value: Value,
    ) -> Result<Vec<PayloadProblem>, RequestError> {
        let (dashboard, kind) = (dashboard.clone(), kind.to_owned());
        let form = self.ask_core(|reply| CoreRequest::CommandForm { dashboard, kind, reply }).await?;
        let schema = form.declaration.payload_schema;
        // The schema is a stranger's, and may be large.
        let checked = tokio::task::spawn_blocking(move || payload::validate(&schema, &value)).await;
        let unusable = |error: String| RequestError::new(RequestErrorCode::Refused, error);
        checked.map_err(|error| unusable(error.to_string()))?.map_err(|error| unusable(error.to_string()))
    }

    pub(crate) async fn ask_hub(
        &self,
        hub: HubKey,
        request: OperatorRequest,
    ) -> Result<OperatorReply, RequestError> {
        self.ask_core(|reply| CoreRequest::Ask { hub, request, reply }).await
    }

    pub(crate) fn search_desk(&self) -> &SearchDesk {
        &self.search
    }

    pub(crate) async fn ask_core<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, RequestError>>) -> CoreRequest,
    ) -> Result<T, RequestError> {
        let (reply, answer) = oneshot::channel();
        self.messages.send(CoreMessage::Request(request(reply))).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}
