//! The shapes of a dashboard's messages, for reading them.
//!
//! They say the same as the public types, laid out so that serde needs no buffer: without `flatten` and without a tag
//! inside. That is what makes reading fast, and what lets an error name its field. The tests hold the two layouts to
//! accept the same messages.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use crate::{
    Alert, AlertAction, CommandDeclaration, CommandId, CommandResult, DashboardConfig, DashboardId,
    DashboardStatus, EnrichedAlert, Severity, Timestamp, WorkflowUpdate,
    alert::AlertCondition,
    dashboard_wire::{DashboardMessage, ProgressStage, Session},
    ids,
    metrics::{AgentMetrics, DataMetrics, PerformanceMetrics, WorkflowMetrics},
    resource::{Capacity, DiskUsage, NetworkUsage},
};

/// Any JSON that a [`Value`] could hold. Unlike `IgnoredAny`, it refuses what would fail when the body is read later:
/// numbers out of range, broken surrogate pairs, nesting beyond the parser's limit.
#[derive(Default)]
pub(crate) struct WellFormed;

/// A text, not kept.
pub(crate) struct Text;

/// A JSON object that reads as `T`, not kept. A bare `T` would accept an array too.
pub(crate) struct Object<T>(PhantomData<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// An object of numbers, not kept.
#[derive(Default)]
pub(crate) struct Counts;

impl<'de> Deserialize<'de> for WellFormed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = WellFormed;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any JSON")
            }
            fn visit_bool<E>(self, _: bool) -> Result<WellFormed, E> {
                Ok(WellFormed)
            }
            fn visit_i64<E>(self, _: i64) -> Result<WellFormed, E> {
                Ok(WellFormed)
            }
            fn visit_u64<E>(self, _: u64) -> Result<WellFormed, E> {
                Ok(WellFormed)
            }
            fn visit_f64<E>(self, _: f64) -> Result<WellFormed, E> {
                Ok(WellFormed)
            }
            fn visit_str<E>(self, _: &str) -> Result<WellFormed, E> {
                Ok(WellFormed)
            }
            fn visit_unit<E>(self) -> Result<WellFormed, E> {
                Ok(WellFormed)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<WellFormed, A::Error> {
                while seq.next_element::<WellFormed>()?.is_some() {}
                Ok(WellFormed)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WellFormed, A::Error> {
                while map.next_entry::<Text, WellFormed>()?.is_some() {}
                Ok(WellFormed)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyText;
        impl Visitor<'_> for AnyText {
            type Value = Text;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }
            fn visit_str<E>(self, _: &str) -> Result<Text, E> {
                Ok(Text)
            }
        }
        deserializer.deserialize_str(AnyText)
    }
}

/// Reads a JSON object as `T`, and refuses an array.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct AnObject<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for AnObject<T> {
        type Value = T;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }
    deserializer.deserialize_map(AnObject(PhantomData))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object::<D, T>(deserializer).map(|_| Self(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;
        impl<'de> Visitor<'de> for Numbers {
            type Value = Counts;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of numbers")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Counts, A::Error> {
                while map.next_entry::<Text, f64>()?.is_some() {}
                Ok(Counts)
            }
        }
        deserializer.deserialize_map(Numbers)
    }
}

fn dashboard_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
    let Borrowed(text) = Borrowed::deserialize(deserializer)?;
    ids::check(&text).map_err(D::Error::custom)?;
    Ok(text)
}

/// [`crate::EnrichedEvent`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventShape<'a> {
    #[serde(rename = "type")]
    _kind: Text,
    #[serde(default)]
    pub(crate) severity: Severity,
    #[serde(default, rename = "payload")]
    _payload: WellFormed,
    #[serde(borrow, deserialize_with = "dashboard_id")]
    pub(crate) dashboard_id: Cow<'a, str>,
    pub(crate) timestamp: Timestamp,
    #[serde(default, rename = "context")]
    _context: Object<ContextShape>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContextShape {
    #[serde(rename = "useCase")]
    _use_case: Option<Text>,
    #[serde(rename = "user")]
    _user: Option<Text>,
    #[serde(rename = "sessionId")]
    _session_id: Option<Text>,
}

/// [`crate::EnrichedMetrics`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetricsShape<'a> {
    #[serde(borrow, deserialize_with = "dashboard_id")]
    pub(crate) dashboard_id: Cow<'a, str>,
    pub(crate) timestamp: Timestamp,
    #[serde(rename = "performance")]
    _performance: Option<Object<PerformanceMetrics>>,
    #[serde(rename = "usage")]
    _usage: Option<Object<UsageShape>>,
    #[serde(rename = "data")]
    _data: Option<Object<DataMetrics>>,
    #[serde(rename = "agents")]
    _agents: Option<Object<AgentMetrics>>,
    #[serde(rename = "workflows")]
    _workflows: Option<Object<WorkflowMetrics>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UsageShape {
    #[serde(rename = "activeUsers")]
    _active_users: f64,
    #[serde(rename = "sessionDuration")]
    _session_duration: f64,
    #[serde(default, rename = "tabViews")]
    _tab_views: Counts,
    #[serde(default, rename = "featureUsage")]
    _feature_usage: Counts,
}

/// [`crate::EnrichedResourceUsage`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceUsageShape<'a> {
    #[serde(borrow, deserialize_with = "dashboard_id")]
    pub(crate) dashboard_id: Cow<'a, str>,
    pub(crate) timestamp: Timestamp,
    #[serde(rename = "host")]
    _host: Object<HostShape>,
    #[serde(default, rename = "processes")]
    _processes: Vec<Object<ProcessShape>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HostShape {
    #[serde(rename = "name")]
    _name: Option<Text>,
    #[serde(rename = "cpuPercent")]
    _cpu_percent: f64,
    #[serde(rename = "cores")]
    _cores: Option<u32>,
    #[serde(rename = "memory")]
    _memory: Object<Capacity>,
    #[serde(rename = "disk")]
    _disk: Object<DiskUsage>,
    #[serde(rename = "network")]
    _network: Object<NetworkUsage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProcessShape {
    #[serde(rename = "pid")]
    _pid: u32,
    #[serde(rename = "name")]
    _name: Text,
    #[serde(rename = "cpuPercent")]
    _cpu_percent: f64,
    #[serde(rename = "memoryBytes")]
    _memory_bytes: u64,
}

/// `REGISTER`.
#[derive(Deserialize)]
pub(crate) struct Register {
    #[serde(deserialize_with = "object")]
    config: DashboardConfig,
    #[serde(default)]
    token: String,
    #[serde(deserialize_with = "object")]
    session: Session,
    #[serde(default)]
    commands: Vec<CommandDeclaration>,
}

impl From<Register> for DashboardMessage {
    fn from(Register { config, token, session, commands }: Register) -> Self {
        Self::Register { config, token, session, commands }
    }
}

/// `STATUS`.
#[derive(Deserialize)]
pub(crate) struct Status {
    #[serde(deserialize_with = "object")]
    status: DashboardStatus,
}

impl From<Status> for DashboardMessage {
    fn from(Status { status }: Status) -> Self {
        Self::Status { status }
    }
}

/// `ALERT`.
#[derive(Deserialize)]
pub(crate) struct AlertMessage {
    pub(crate) seq: u64,
    #[serde(deserialize_with = "object")]
    alert: AlertShape,
}

/// [`EnrichedAlert`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertShape {
    #[serde(rename = "type")]
    kind: String,
    severity: Severity,
    title: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    actions: Vec<AlertAction>,
    #[serde(default)]
    condition: AlertCondition,
    fingerprint: Option<String>,
    source: String,
    dashboard_id: DashboardId,
    #[serde(default)]
    context: Value,
    timestamp: Timestamp,
}

impl From<AlertMessage> for DashboardMessage {
    fn from(AlertMessage { seq, alert: shape }: AlertMessage) -> Self {
        Self::Alert {
            seq,
            alert: EnrichedAlert {
                alert: Alert {
                    kind: shape.kind,
                    severity: shape.severity,
                    title: shape.title,
                    message: shape.message,
                    actions: shape.actions,
                    condition: shape.condition,
                    fingerprint: shape.fingerprint,
                },
                source: shape.source,
                dashboard_id: shape.dashboard_id,
                context: shape.context,
                timestamp: shape.timestamp,
            },
        }
    }
}

/// `WORKFLOW_UPDATE`.
#[derive(Deserialize)]
pub(crate) struct Workflow {
    pub(crate) seq: u64,
    #[serde(deserialize_with = "object")]
    pub(crate) update: WorkflowUpdate,
}

impl From<Workflow> for DashboardMessage {
    fn from(Workflow { seq, update }: Workflow) -> Self {
        Self::WorkflowUpdate { seq, update }
    }
}

/// `COMMAND_PROGRESS`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommandProgress {
    command_id: CommandId,
    stage: ProgressStage,
    pub(crate) progress: Option<f64>,
    message: Option<String>,
}

impl From<CommandProgress> for DashboardMessage {
    fn from(CommandProgress { command_id, stage, progress, message }: CommandProgress) -> Self {
        Self::CommandProgress { command_id, stage, progress, message }
    }
}

/// `COMMAND_RESULT`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommandOutcome {
    pub(crate) seq: Option<u64>,
    command_id: CommandId,
    success: bool,
    result: Option<Value>,
    error: Option<String>,
    duration: Option<f64>,
}

impl From<CommandOutcome> for DashboardMessage {
    fn from(CommandOutcome { seq, command_id, success, result, error, duration }: CommandOutcome) -> Self {
        Self::CommandResult { seq, result: CommandResult { command_id, success, result, error, duration } }
    }
}

/// `CONFIG_RESULT`.
#[derive(Deserialize)]
pub(crate) struct ConfigOutcome {
    version: u64,
    success: bool,
    error: Option<String>,
}

impl From<ConfigOutcome> for DashboardMessage {
    fn from(ConfigOutcome { version, success, error }: ConfigOutcome) -> Self {
        Self::ConfigResult { version, success, error }
    }
}

/// `DISCONNECT`.
#[derive(Deserialize)]
pub(crate) struct Disconnect {
    #[serde(default)]
    reason: String,
}

impl From<Disconnect> for DashboardMessage {
    fn from(Disconnect { reason }: Disconnect) -> Self {
        Self::Disconnect { reason }
    }
}
