//! What a dashboard publishes, as it is kept in the queue and written to the socket.

use std::sync::Arc;

use mission_control_protocol::{
    Alert, CommandResult, DashboardEvent, DashboardMetrics, EnrichedAlert, EnrichedEvent, EnrichedMetrics,
    EnrichedResourceUsage, ResourceUsage, Severity, WorkflowUpdate,
};
use serde::{Serialize, de::IgnoredAny};

/// Anything that can be published; each is numbered, kept until acknowledged, and sent again when need be.
#[derive(Debug, Clone, PartialEq)]
pub enum Publication {
    /// Something happened.
    Event(DashboardEvent),
    /// A measurement.
    Metrics(DashboardMetrics),
    /// A problem began or ended.
    Alert(Alert),
    /// What the dashboard and its host use.
    ResourceUsage(ResourceUsage),
    /// How a workflow goes; backends only.
    WorkflowUpdate(WorkflowUpdate),
}

impl Publication {
    /// Whether it is an event of severity error or worse.
    pub(crate) fn is_error(&self) -> bool {
        matches!(self, Self::Event(event) if event.severity >= Severity::Error)
    }
}

macro_rules! publication_from {
    ($($variant:ident($content:ty)),* $(,)?) => {$(
        impl From<$content> for Publication {
            fn from(content: $content) -> Self {
                Self::$variant(content)
            }
        }
    )*};
}
publication_from!(
    Event(DashboardEvent),
    Metrics(DashboardMetrics),
    Alert(Alert),
    ResourceUsage(ResourceUsage),
    WorkflowUpdate(WorkflowUpdate),
);

/// The kinds of numbered message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    Event,
    Metrics,
    Alert,
    ResourceUsage,
    WorkflowUpdate,
    CommandResult,
}

impl MessageKind {
    const ALL: [Self; 6] = [
        Self::Event,
        Self::Metrics,
        Self::Alert,
        Self::ResourceUsage,
        Self::WorkflowUpdate,
        Self::CommandResult,
    ];

    /// The kind whose messages have this `type`.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.tag() == tag)
    }

    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Event => "EVENT",
            Self::Metrics => "METRICS",
            Self::Alert => "ALERT",
            Self::ResourceUsage => "RESOURCE_USAGE",
            Self::WorkflowUpdate => "WORKFLOW_UPDATE",
            Self::CommandResult => "COMMAND_RESULT",
        }
    }

    /// The field that holds the body; `None` where the body's fields stand in the message itself.
    fn field(self) -> Option<&'static str> {
        match self {
            Self::Event => Some("event"),
            Self::Metrics => Some("metrics"),
            Self::Alert => Some("alert"),
            Self::ResourceUsage => Some("usage"),
            Self::WorkflowUpdate => Some("update"),
            Self::CommandResult => None,
        }
    }
}

/// A message without its number, its body already JSON: written once, whatever number it gets and however often it is
/// sent. This is also what a queue on disk holds. Clones share the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueuedMessage {
    kind: MessageKind,
    /// The `type` of the event or alert in it, for the count of what an overflow dropped; empty for other kinds.
    subject: Arc<str>,
    body: Arc<str>,
}

/// Bytes a frame has besides its body, at most: the tag, a 20-digit number, the field's name and punctuation.
const FRAME_OVERHEAD: usize = 80;

impl QueuedMessage {
    pub(crate) fn event(event: &EnrichedEvent) -> serde_json::Result<Self> {
        Self::write(MessageKind::Event, &event.event.kind, event)
    }

    pub(crate) fn metrics(metrics: &EnrichedMetrics) -> serde_json::Result<Self> {
        Self::write(MessageKind::Metrics, "", metrics)
    }

    pub(crate) fn alert(alert: &EnrichedAlert) -> serde_json::Result<Self> {
        Self::write(MessageKind::Alert, &alert.alert.kind, alert)
    }

    pub(crate) fn resource_usage(usage: &EnrichedResourceUsage) -> serde_json::Result<Self> {
        Self::write(MessageKind::ResourceUsage, "", usage)
    }

    pub(crate) fn workflow_update(update: &WorkflowUpdate) -> serde_json::Result<Self> {
        Self::write(MessageKind::WorkflowUpdate, &update.workflow_id, update)
    }

    pub(crate) fn command_result(result: &CommandResult) -> serde_json::Result<Self> {
        Self::write(MessageKind::CommandResult, "", result)
    }

    fn write(kind: MessageKind, subject: &str, body: &impl Serialize) -> serde_json::Result<Self> {
        Ok(Self { kind, subject: subject.into(), body: serde_json::to_string(body)?.into() })
    }

    /// The message as a storage kept it; `None` when it is none.
    pub(crate) fn restore(tag: &str, subject: &str, body: &str) -> Option<Self> {
        let kind = MessageKind::from_tag(tag)?;
        let whole = body.starts_with('{') && serde_json::from_str::<IgnoredAny>(body).is_ok();
        whole.then(|| Self { kind, subject: subject.into(), body: body.into() })
    }

    /// The `type` of the event or alert in it.
    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    /// The object as JSON.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// What it is, in words for a count.
    pub(crate) fn name(&self) -> String {
        match &*self.subject {
            "" => self.kind.tag().to_owned(),
            subject => format!("{} {subject}", self.kind.tag()),
        }
    }

    pub(crate) fn kind(&self) -> MessageKind {
        self.kind
    }

    /// Size of the frame it becomes, in bytes, at most.
    pub(crate) fn frame_size(&self) -> usize {
        self.body.len() + FRAME_OVERHEAD
    }

    /// The frame, under number `seq`.
    pub(crate) fn frame(&self, seq: u64) -> String {
        let (tag, body) = (self.kind.tag(), &*self.body);
        match self.kind.field() {
            Some(field) => format!(r#"{{"type":"{tag}","seq":{seq},"{field}":{body}}}"#),
            // The body is an object with fields; its opening brace gives way to the two fields before them.
            None => format!(r#"{{"type":"{tag}","seq":{seq},{}"#, body.get(1..).unwrap_or("}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::{
        CommandId, DashboardId, EventContext, Timestamp, dashboard_wire::DashboardMessage,
        workflow::WorkflowState,
    };

    use super::*;

    fn parsed(message: &QueuedMessage) -> DashboardMessage {
        let frame = message.frame(u64::MAX);
        assert!(frame.len() <= message.frame_size());
        serde_json::from_str(&frame).unwrap()
    }

    #[test]
    fn a_stored_message_is_the_same_again_and_anything_else_is_none() {
        let result = CommandResult {
            command_id: CommandId::new("c").unwrap(),
            success: true,
            result: None,
            error: None,
            duration: None,
        };
        let message = QueuedMessage::command_result(&result).unwrap();
        let restored = QueuedMessage::restore(message.kind().tag(), message.subject(), message.body());
        assert_eq!(restored.as_ref(), Some(&message));
        for (tag, body) in [("NEWS", "{}"), ("EVENT", "{"), ("EVENT", "[]"), ("EVENT", "")] {
            assert_eq!(QueuedMessage::restore(tag, "", body), None, "{tag} {body}");
        }
    }

    #[test]
    fn frames_are_the_protocol_s_messages() {
        let dashboard_id = DashboardId::new("d").unwrap();
        let timestamp = Timestamp::from_milliseconds(1);
        let seq = u64::MAX;

        let event = EnrichedEvent {
            event: DashboardEvent {
                kind: "X".into(),
                severity: Severity::Error,
                payload: serde_json::json!({"a": 1}),
            },
            dashboard_id: dashboard_id.clone(),
            timestamp,
            context: EventContext::default(),
        };
        let message = QueuedMessage::event(&event).unwrap();
        assert_eq!(parsed(&message), DashboardMessage::Event { seq, event });

        let metrics = EnrichedMetrics {
            dashboard_id: dashboard_id.clone(),
            timestamp,
            metrics: DashboardMetrics::default(),
        };
        let message = QueuedMessage::metrics(&metrics).unwrap();
        assert_eq!(parsed(&message), DashboardMessage::Metrics { seq, metrics });

        let update = WorkflowUpdate {
            dashboard_id,
            workflow_id: "w".into(),
            execution_id: "e".into(),
            state: WorkflowState::Running,
            progress: Some(0.5),
            error: None,
            timestamp,
        };
        let message = QueuedMessage::workflow_update(&update).unwrap();
        assert_eq!(parsed(&message), DashboardMessage::WorkflowUpdate { seq, update });

        let result = CommandResult {
            command_id: CommandId::new("c").unwrap(),
            success: true,
            result: Some(serde_json::json!({"n": 1})),
            error: None,
            duration: Some(1.5),
        };
        let message = QueuedMessage::command_result(&result).unwrap();
        assert_eq!(parsed(&message), DashboardMessage::CommandResult { seq: Some(seq), result });
    }
}
