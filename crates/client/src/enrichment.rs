//! Adds who, when and in what setting to what a dashboard publishes.

use std::time::SystemTime;

use mission_control_protocol::{
    DashboardConfig, DashboardEvent, DashboardId, DashboardStatus, EnrichedAlert, EnrichedEvent,
    EnrichedMetrics, EnrichedResourceUsage, ErrorCode, EventContext, Severity, Timestamp,
    config::TYPE_BACKEND,
};
use serde_json::{Value, json};

use crate::{
    error::PublishError,
    message::{Publication, QueuedMessage},
};

/// Name of the event that stands for a message the hub did not take.
pub(crate) const MESSAGE_REFUSED: &str = "MESSAGE_REFUSED";

/// Who publishes.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) dashboard_id: DashboardId,
    is_backend: bool,
    context: EventContext,
}

/// This machine's clock.
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_milliseconds(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

impl Identity {
    pub(crate) fn new(config: &DashboardConfig, session_id: String) -> Self {
        Self {
            dashboard_id: config.id.clone(),
            is_backend: config.kind == TYPE_BACKEND,
            context: EventContext {
                use_case: Some(config.use_case.clone()),
                user: config.metadata.user.clone(),
                session_id: Some(session_id),
            },
        }
    }

    /// An event of the client's own; `None` when it cannot be written, which no event of these is.
    pub(crate) fn event(
        &self,
        kind: &str,
        severity: Severity,
        payload: Value,
        timestamp: Timestamp,
    ) -> Option<QueuedMessage> {
        let event = EnrichedEvent {
            event: DashboardEvent { kind: kind.to_owned(), severity, payload },
            dashboard_id: self.dashboard_id.clone(),
            timestamp,
            context: self.context.clone(),
        };
        QueuedMessage::event(&event)
            .inspect_err(|error| tracing::error!(%error, kind, "an event cannot be written"))
            .ok()
    }

    /// Stands for `message`, which the hub did not take.
    pub(crate) fn refusal(
        &self,
        message: &QueuedMessage,
        code: ErrorCode,
        why: &str,
        timestamp: Timestamp,
    ) -> Option<QueuedMessage> {
        tracing::warn!(dashboard = %self.dashboard_id, refused = message.name(), ?code, why, "a message is not taken");
        let payload = json!({
            "refused": message.kind().tag(), "subject": message.subject(), "code": code, "message": why,
        });
        self.event(MESSAGE_REFUSED, Severity::Error, payload, timestamp)
    }

    /// The message as it goes into the queue.
    pub(crate) fn enrich(
        &self,
        publication: Publication,
        status: Option<&DashboardStatus>,
    ) -> Result<QueuedMessage, PublishError> {
        let dashboard_id = self.dashboard_id.clone();
        let timestamp = now();
        let message = match publication {
            Publication::Event(event) => QueuedMessage::event(&EnrichedEvent {
                event,
                dashboard_id,
                timestamp,
                context: self.context.clone(),
            }),
            Publication::Metrics(metrics) => {
                QueuedMessage::metrics(&EnrichedMetrics { dashboard_id, timestamp, metrics })
            }
            Publication::Alert(alert) => {
                let mut context = json!(self.context);
                if let Some(status) = status {
                    context["state"] = json!(status.state);
                    context["activeTab"] = json!(status.active_tab);
                }
                let source = if self.is_backend { "backend" } else { "dashboard" }.to_owned();
                QueuedMessage::alert(&EnrichedAlert { alert, source, dashboard_id, context, timestamp })
            }
            Publication::ResourceUsage(usage) => {
                QueuedMessage::resource_usage(&EnrichedResourceUsage { dashboard_id, timestamp, usage })
            }
            Publication::WorkflowUpdate(update) if self.is_backend => QueuedMessage::workflow_update(&update),
            Publication::WorkflowUpdate(_) => return Err(PublishError::NotABackend),
        };
        message.map_err(|error| PublishError::NotJson(error.to_string()))
    }
}
