//! The handle to a running client.

use std::sync::Arc;

use mission_control_protocol::{DashboardConfig, DashboardId, config::RegistrationResult};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Alert, DashboardEvent, DashboardMetrics, DashboardStatus, ResourceUsage, WorkflowUpdate,
    builder::ClientBuilder,
    enrichment::Identity,
    error::{DisconnectError, PublishError, RegistrationError, TryPublishError},
    inbox::Request,
    message::{Publication, QueuedMessage},
    state::{ClientMetrics, ConnectionState},
};

/// A handle to one dashboard's connection with Mission Control: the plan's `MissionControlInterface` (section 2).
/// Clones are handles to the same connection; when the last is dropped, the client disconnects.
#[derive(Debug, Clone)]
pub struct MissionControlClient {
    pub(crate) identity: Arc<Identity>,
    pub(crate) publications: mpsc::Sender<QueuedMessage>,
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) status: Arc<watch::Sender<Option<DashboardStatus>>>,
    pub(crate) state: watch::Receiver<ConnectionState>,
    pub(crate) frame_limit: watch::Receiver<usize>,
}

impl MissionControlClient {
    /// Begins a client for the dashboard described by `config`, of the hub at `hub` (`ws://127.0.0.1:7420`,
    /// `wss://hub.example.org`).
    #[must_use]
    pub fn builder(hub: &str, config: DashboardConfig) -> ClientBuilder {
        ClientBuilder::new(hub, config)
    }

    /// The dashboard this is.
    #[must_use]
    pub fn dashboard_id(&self) -> &DashboardId {
        &self.identity.dashboard_id
    }

    /// Connects and registers, and waits until the hub has accepted. While the hub cannot be reached this goes on
    /// trying; watch [`Self::on_connection_change`] for what happens meanwhile.
    ///
    /// # Errors
    /// [`RegistrationError`] when the hub refuses in a way that asking again will not change.
    pub async fn register_dashboard(&self) -> Result<RegistrationResult, RegistrationError> {
        self.ask(Request::Register).await.unwrap_or(Err(RegistrationError::Disconnected))
    }

    /// Says what the dashboard is doing now. Only the latest status counts: it is sent as soon as possible, and again
    /// after a reconnection. Never waits.
    pub fn update_status(&self, status: DashboardStatus) {
        self.status.send_replace(Some(status));
    }

    /// Says that something happened. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: the event is not queued.
    pub async fn publish_event(&self, event: DashboardEvent) -> Result<(), PublishError> {
        self.publish(event).await
    }

    /// Reports a measurement. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: the metrics are not queued.
    pub async fn report_metrics(&self, metrics: DashboardMetrics) -> Result<(), PublishError> {
        self.publish(metrics).await
    }

    /// Raises an alert, or says that it is over. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: the alert is not queued.
    pub async fn raise_alert(&self, alert: Alert) -> Result<(), PublishError> {
        self.publish(alert).await
    }

    /// Reports what the dashboard and its host use. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: the report is not queued.
    pub async fn report_resource_usage(&self, usage: ResourceUsage) -> Result<(), PublishError> {
        self.publish(usage).await
    }

    /// Tells how a dashboard's workflow goes; for clients of type `backend`. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: the update is not queued.
    pub async fn publish_workflow_update(&self, update: WorkflowUpdate) -> Result<(), PublishError> {
        self.publish(update).await
    }

    /// Publishes anything. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: it is not queued.
    pub async fn publish(&self, publication: impl Into<Publication>) -> Result<(), PublishError> {
        let message = self.prepare(publication.into())?;
        self.publications.send(message).await.map_err(|_| PublishError::Disconnected)
    }

    /// Publishes anything without waiting.
    ///
    /// # Errors
    /// [`TryPublishError::QueueFull`] when the hub is away or slow; any [`PublishError`].
    pub fn try_publish(&self, publication: impl Into<Publication>) -> Result<(), TryPublishError> {
        let message = self.prepare(publication.into())?;
        self.publications.try_send(message).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => TryPublishError::QueueFull,
            mpsc::error::TrySendError::Closed(_) => PublishError::Disconnected.into(),
        })
    }

    /// Waits until the hub has acknowledged all that was published before.
    ///
    /// # Errors
    /// [`PublishError::Disconnected`] when the client disconnects first.
    pub async fn flush(&self) -> Result<(), PublishError> {
        self.ask(Request::Flush).await.ok_or(PublishError::Disconnected)
    }

    /// How the client stands with its hub, now and at every change.
    #[must_use]
    pub fn on_connection_change(&self) -> watch::Receiver<ConnectionState> {
        self.state.clone()
    }

    /// What the client counted since it started; `None` once it has disconnected.
    pub async fn get_metrics(&self) -> Option<ClientMetrics> {
        self.ask(Request::Metrics).await
    }

    /// Says goodbye: running commands are cancelled, what is published is given a few seconds to be acknowledged, and
    /// the hub shows the dashboard as left, not lost. `reason` is for people.
    ///
    /// # Errors
    /// [`DisconnectError`] when messages may be lost.
    pub async fn disconnect(&self, reason: impl Into<String>) -> Result<(), DisconnectError> {
        let reason = reason.into();
        self.ask(|done| Request::Disconnect { reason, done })
            .await
            .unwrap_or(Err(DisconnectError::AlreadyDisconnected))
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        self.requests.send(request(sender)).await.ok()?;
        receiver.await.ok()
    }

    fn prepare(&self, publication: Publication) -> Result<QueuedMessage, PublishError> {
        let message = self.identity.enrich(publication, self.status.borrow().as_ref())?;
        let (size, limit) = (message.frame_size(), *self.frame_limit.borrow());
        if size > limit { Err(PublishError::TooLarge { size, limit }) } else { Ok(message) }
    }
}
