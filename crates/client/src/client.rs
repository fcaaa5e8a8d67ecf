//! The handle to a running client.

use std::sync::Arc;

use mission_control_protocol::{DashboardConfig, DashboardId, config::RegistrationResult};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Alert, DashboardEvent, DashboardMetrics, DashboardStatus, ResourceUsage, WorkflowUpdate,
    builder::ClientBuilder,
    enrichment::Identity,
    error::{DisconnectError, PublishError, ReceiptError, RegistrationError, TryPublishError},
    inbox::{HandedOver, Request},
    message::Publication,
    queue::StorageState,
    receipt::{Receipt, Stage},
    state::{ClientMetrics, ConnectionState},
};

/// A handle to one dashboard's connection with Mission Control: the plan's `MissionControlInterface` (section 2).
/// Clones are handles to the same connection; when the last is dropped, the client disconnects.
#[derive(Debug, Clone)]
pub struct MissionControlClient {
    pub(crate) identity: Arc<Identity>,
    pub(crate) publications: mpsc::Sender<HandedOver>,
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) status: Arc<watch::Sender<Option<DashboardStatus>>>,
    pub(crate) state: watch::Receiver<ConnectionState>,
    pub(crate) frame_limit: watch::Receiver<usize>,
    pub(crate) storage: watch::Receiver<StorageState>,
    pub(crate) accepted_before: Option<u64>,
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
    pub async fn publish_event(&self, event: DashboardEvent) -> Result<Receipt, PublishError> {
        self.publish(event).await
    }

    /// Reports a measurement. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: the metrics are not queued.
    pub async fn report_metrics(&self, metrics: DashboardMetrics) -> Result<Receipt, PublishError> {
        self.publish(metrics).await
    }

    /// Raises an alert, or says that it is over. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: the alert is not queued.
    pub async fn raise_alert(&self, alert: Alert) -> Result<Receipt, PublishError> {
        self.publish(alert).await
    }

    /// Reports what the dashboard and its host use. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: the report is not queued.
    pub async fn report_resource_usage(&self, usage: ResourceUsage) -> Result<Receipt, PublishError> {
        self.publish(usage).await
    }

    /// Tells how a dashboard's workflow goes; for clients of type `backend`. Waits while the queue is full.
    ///
    /// # Errors
    /// [`PublishError`]: the update is not queued.
    pub async fn publish_workflow_update(&self, update: WorkflowUpdate) -> Result<Receipt, PublishError> {
        self.publish(update).await
    }

    /// Publishes anything. Waits while the queue is full. What is published is accepted when this returns; the [`Receipt`]
    /// says when it is on disk, and when the hub has it.
    ///
    /// # Errors
    /// [`PublishError`]: it is not queued.
    pub async fn publish(&self, publication: impl Into<Publication>) -> Result<Receipt, PublishError> {
        let (handed_over, receipt) = self.prepare(publication.into())?;
        self.publications.send(handed_over).await.map_err(|_| PublishError::Disconnected)?;
        Ok(receipt)
    }

    /// Publishes anything without waiting.
    ///
    /// # Errors
    /// [`TryPublishError::QueueFull`] when the hub is away or slow; any [`PublishError`].
    pub fn try_publish(&self, publication: impl Into<Publication>) -> Result<Receipt, TryPublishError> {
        let (handed_over, receipt) = self.prepare(publication.into())?;
        self.publications.try_send(handed_over).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => TryPublishError::QueueFull,
            mpsc::error::TrySendError::Closed(_) => PublishError::Disconnected.into(),
        })?;
        Ok(receipt)
    }

    /// How many publications the queue's file had accepted when this client started: the first publication of this
    /// client is the next one. A program that was killed while it published one thing after the other goes on with
    /// number `accepted_before + 1`: everything up to there is on disk or with the hub.
    ///
    /// `None` when that is not known: the queue has no file, or its file was damaged or could not be read.
    #[must_use]
    pub fn accepted_before(&self) -> Option<u64> {
        self.accepted_before
    }

    /// Waits until all that was published before would survive the end of the process.
    ///
    /// # Errors
    /// [`ReceiptError::NotDurable`] when the queue has no file, or the file cannot be used now;
    /// [`ReceiptError::Disconnected`] when the client ends first.
    pub async fn stored(&self) -> Result<(), ReceiptError> {
        match self.ask(Request::Stored).await {
            Some(Ok(())) => Ok(()),
            Some(Err(reason)) => Err(ReceiptError::NotDurable { reason }),
            None => Err(ReceiptError::Disconnected),
        }
    }

    /// Where the queue is kept, now and at every change.
    #[must_use]
    pub fn on_storage_change(&self) -> watch::Receiver<StorageState> {
        self.storage.clone()
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
    /// the hub shows the dashboard as left, not lost. `reason` is for people. When this returns, the queue's file is free
    /// for another client.
    ///
    /// # Errors
    /// [`DisconnectError`] when messages are not acknowledged: whether they are kept on disk or lost.
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

    fn prepare(&self, publication: Publication) -> Result<(HandedOver, Receipt), PublishError> {
        let is_error = publication.is_error();
        let message = self.identity.enrich(publication, self.status.borrow().as_ref())?;
        let (size, limit) = (message.frame_size(), *self.frame_limit.borrow());
        if size > limit {
            return Err(PublishError::TooLarge { size, limit });
        }
        let (sender, stage) = watch::channel(Stage::HandedOver);
        let receipt = Receipt { stage, storage: self.storage.clone() };
        Ok((HandedOver { message, is_error, stage: sender }, receipt))
    }
}
