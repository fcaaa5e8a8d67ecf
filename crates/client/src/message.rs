//! What a dashboard publishes, as it is kept in the queue and written to the socket.

use mission_control_protocol::{
    Alert, CommandResult, DashboardEvent, DashboardMetrics, EnrichedAlert, EnrichedEvent, EnrichedMetrics,
    EnrichedResourceUsage, ResourceUsage, Severity, WorkflowUpdate,
};
use serde::Serialize;

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
/// sent. This is also what a queue on disk would hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QueuedMessage {
    kind: MessageKind,
    severity: Severity,
    body: Box<str>,
}

/// Bytes a frame has besides its body, at most: the tag, a 20-digit number, the field's name and punctuation.
const FRAME_OVERHEAD: usize = 80;

impl QueuedMessage {
    pub(crate) fn event(event: &EnrichedEvent) -> serde_json::Result<Self> {
        Self::write(MessageKind::Event, event.event.severity, event)
    }

    pub(crate) fn metrics(metrics: &EnrichedMetrics) -> serde_json::Result<Self> {
        Self::write(MessageKind::Metrics, Severity::Info, metrics)
    }

    pub(crate) fn alert(alert: &EnrichedAlert) -> serde_json::Result<Self> {
        Self::write(MessageKind::Alert, alert.alert.severity, alert)
    }

    pub(crate) fn resource_usage(usage: &EnrichedResourceUsage) -> serde_json::Result<Self> {
        Self::write(MessageKind::ResourceUsage, Severity::Info, usage)
    }

    pub(crate) fn workflow_update(update: &WorkflowUpdate) -> serde_json::Result<Self> {
        Self::write(MessageKind::WorkflowUpdate, Severity::Info, update)
    }

    pub(crate) fn command_result(result: &CommandResult) -> serde_json::Result<Self> {
        Self::write(MessageKind::CommandResult, Severity::Info, result)
    }

    fn write(kind: MessageKind, severity: Severity, body: &impl Serialize) -> serde_json::Result<Self> {
        Ok(Self { kind, severity, body: serde_json::to_string(body)?.into_boxed_str() })
    }

    pub(crate) fn kind(&self) -> MessageKind {
        self.kind
    }

    pub(crate) fn severity(&self) -> Severity {
        self.severity
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
