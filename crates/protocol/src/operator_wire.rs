//! The messages between a console and a hub, on `/v1/operator`. The same types travel through memory between the
//! desktop program's console and its embedded hub.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use crate::snapshot::Snapshot;
use crate::{
    AlertId, CommandId, ConnectionAttempt, DashboardId, DashboardToken, InhibitionId, OperatorId,
    ProtocolError, QueryId, Record, RuleId, SilenceId, Timestamp, TokenId, TokenSecret, WindowId,
    alerting::{AlertSettings, BackTest, Inhibition, MaintenanceWindow, Rule, Silence},
    tagged::{self, Tagged},
};

/// Where a replica stands in one partition of a hub's log. `seq` 0 stands before the first record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// Which partition.
    pub partition: u16,
    /// Which life of the log; a log that starts anew has a new epoch, and `seq` counts from 1 again.
    pub epoch: Uuid,
    /// The last record the replica has.
    pub seq: u64,
}

/// What a hub has of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartitionExtent {
    /// Which partition.
    pub partition: u16,
    /// Which life of the log.
    pub epoch: Uuid,
    /// Oldest record kept; 0 when the log is empty.
    pub first_seq: u64,
    /// Newest record; 0 when the log is empty.
    pub last_seq: u64,
}

/// A message from a console to a hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum OperatorMessage {
    /// The first message on a connection. The hub answers with `WELCOME`, then sends `RECORDS` from the cursors on.
    Hello {
        /// An operator token of this hub.
        #[serde(default)]
        token: String,
        /// On whose behalf the console acts.
        operator: OperatorId,
        /// What the console has already, per partition; a partition left out is followed from its first record.
        #[serde(default)]
        cursors: Vec<Cursor>,
        /// Newest records wanted at once. What the console misses beyond that is passed over with a `SNAPSHOT`, for the
        /// console to fetch in its own time. Without it everything missed is sent, oldest first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        newest: Option<u64>,
    },
    /// Is the hub there? Answered with `PONG`.
    Ping {
        /// Comes back in the answer.
        nonce: u64,
    },
    /// Ask for something; answered with `REPLY` under the same number.
    Request {
        /// Chosen by the console; unique among its open requests.
        request_id: u64,
        /// What is asked.
        request: OperatorRequest,
    },
}

/// What a console can ask of a hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum OperatorRequest {
    /// Send a command. Replied with [`OperatorReply::Command`] once it is queued; its stages follow as records.
    IssueCommand {
        /// To which dashboard.
        dashboard_id: DashboardId,
        /// One of the types the dashboard declared.
        #[serde(rename = "commandType")]
        kind: String,
        /// Valid against the declared schema.
        #[serde(default)]
        payload: Value,
        /// How long the command may take, from now to its result, in milliseconds. The hub's default is 60,000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_milliseconds: Option<u32>,
    },
    /// Stop a command: at once when it is still queued, else by asking the dashboard.
    CancelCommand {
        /// The command.
        command_id: CommandId,
    },
    /// Ask a dashboard. Replied with [`OperatorReply::Query`] when it has answered.
    Query {
        /// Which dashboard.
        dashboard_id: DashboardId,
        /// What is asked.
        #[serde(rename = "queryType")]
        kind: String,
        /// Details.
        #[serde(default)]
        params: Value,
    },
    /// Push a configuration. Replied with [`OperatorReply::Configuration`] once the hub holds it.
    PushConfiguration {
        /// To which dashboard.
        dashboard_id: DashboardId,
        /// The settings, an object.
        values: Value,
    },
    /// Take an alert up.
    AcknowledgeAlert {
        /// Which.
        alert_id: AlertId,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Say that an alert is over.
    ResolveAlert {
        /// Which.
        alert_id: AlertId,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Give an open alert to an operator, or to nobody.
    AssignAlert {
        /// Which.
        alert_id: AlertId,
        /// To whom; absent: to nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<OperatorId>,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Keep an open alert from notifying until a time, at most 30 days from now.
    ShelveAlert {
        /// Which.
        alert_id: AlertId,
        /// Until when.
        until: Timestamp,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Take an alert off the shelf.
    UnshelveAlert {
        /// Which.
        alert_id: AlertId,
    },
    /// Open an alert again that was resolved too early.
    ReopenAlert {
        /// Which. One of those that ended last.
        alert_id: AlertId,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Remark something on an alert.
    AddAlertNote {
        /// Which.
        alert_id: AlertId,
        /// Chosen by the console: a remark that is sent twice is one.
        note_id: Uuid,
        /// The remark; 1 to 1,000 characters.
        note: String,
    },
    /// Make a silence.
    CreateSilence {
        /// All of it.
        silence: Box<Silence>,
    },
    /// Change a silence that is not over.
    UpdateSilence {
        /// All of it, as it is to be.
        silence: Box<Silence>,
    },
    /// End a silence.
    ExpireSilence {
        /// Which.
        silence_id: SilenceId,
    },
    /// Make or change a rule. Replied with [`OperatorReply::Rules`].
    SaveRule {
        /// All of it, as it is to be.
        rule: Box<Rule>,
        /// The version that is changed, 0 for a new or a built-in one; refused when somebody changed it meanwhile. Not looked at
        /// when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected_version: Option<u32>,
    },
    /// Make or change all rules of a TOML text, or none of them. Replied with [`OperatorReply::Rules`].
    ImportRules {
        /// The text.
        toml: String,
    },
    /// Switch a rule on or off.
    EnableRule {
        /// Which.
        rule_id: RuleId,
        /// On, or off.
        enabled: bool,
    },
    /// Remove a rule. Its open alerts are resolved.
    DeleteRule {
        /// Which.
        rule_id: RuleId,
    },
    /// Say what a rule would have done over the recorded past, without saving it. Replied with
    /// [`OperatorReply::BackTest`]; takes at most 20 seconds, and says how far it came.
    BackTestRule {
        /// All of it.
        rule: Box<Rule>,
        /// From when on.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// Make or change a maintenance window.
    SaveMaintenanceWindow {
        /// All of it, as it is to be.
        window: Box<MaintenanceWindow>,
    },
    /// Remove a maintenance window.
    DeleteMaintenanceWindow {
        /// Which.
        window_id: WindowId,
    },
    /// Make or change an inhibition.
    SaveInhibition {
        /// All of it, as it is to be.
        inhibition: Box<Inhibition>,
    },
    /// Remove an inhibition.
    DeleteInhibition {
        /// Which.
        inhibition_id: InhibitionId,
    },
    /// Change how alerts are grouped and escalated.
    SaveAlertSettings {
        /// All of them, as they are to be.
        settings: AlertSettings,
    },
    /// Show something to a dashboard's user, by way of `ALERT`.
    NotifyDashboard {
        /// Which dashboard.
        dashboard_id: DashboardId,
        /// One line.
        title: String,
        /// A sentence or two.
        message: String,
    },
    /// Send records again, to fill a hole. Replied with [`OperatorReply::Records`], at most 4,096 at a time; with
    /// [`OperatorReply::History`] when snapshots are wanted.
    FetchRecords {
        /// Of which partition.
        partition: u16,
        /// The first wanted.
        from_seq: u64,
        /// The last wanted.
        to_seq: u64,
        /// Send the hub's snapshots of the stretch too, so that its instants can be looked at before what is older came.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        snapshots: bool,
    },
    /// Make a token for a dashboard. Replied with [`OperatorReply::Token`], the only message that ever holds the secret.
    CreateToken {
        /// What it is for; 1 to 80 characters.
        label: String,
    },
    /// Let nobody in with a token from now on, and end the connections that were. Replied with `DONE`.
    RevokeToken {
        /// Which.
        token_id: TokenId,
    },
}

/// A message from a hub to a console.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum ConsoleMessage {
    /// The console is in.
    Welcome {
        /// Stable id of the hub.
        hub_id: Uuid,
        /// Name of the hub, for people.
        hub_name: String,
        /// Version of the hub's software.
        version: String,
        /// The hub's clock.
        server_time: Timestamp,
        /// Milliseconds between heartbeats it expects of dashboards.
        heartbeat_interval: u32,
        /// What it has.
        partitions: Vec<PartitionExtent>,
    },
    /// Records in order, without a hole inside.
    Records(RecordBatch),
    /// Records were passed over; this is what everything up to here comes to, and the records that follow begin after
    /// it. Sent only to a console that said in `HELLO` how many of the newest it wants.
    Snapshot(Snapshot),
    /// When dashboards were last heard from, for those heard from since the last of these. At most once a second.
    Presence {
        /// By dashboard.
        heard_at: BTreeMap<DashboardId, Timestamp>,
    },
    /// The tokens that operators had made and nobody revoked. After `WELCOME`, and whenever they change; at most once a
    /// second.
    Tokens {
        /// All of them, the oldest first.
        tokens: Vec<DashboardToken>,
        /// What became of the hub's file of them, if operators should know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Who came last and was not let in. After `WELCOME` when there is any, and whenever that changes; at most once a
    /// second. Not in the log: what strangers do is worth a look while it happens, and must not fill a disk.
    Attempts {
        /// The last 32 that differ, newest first.
        attempts: Vec<ConnectionAttempt>,
        /// How many there were since the hub started, these included.
        total: u64,
    },
    /// Answer to `PING`.
    Pong {
        /// As it was sent.
        nonce: u64,
    },
    /// Answer to a request.
    Reply {
        /// As it was sent.
        request_id: u64,
        /// What came of it.
        outcome: RequestOutcome,
    },
    /// Something was wrong; unless the code says so, the connection goes on.
    Error(ProtocolError),
}

/// Records of one partition, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordBatch {
    /// Of which partition.
    pub partition: u16,
    /// Of which life of the log.
    pub epoch: Uuid,
    /// Newest record the hub has, for the console to know how far behind it is.
    pub head_seq: u64,
    /// The records; consecutive.
    pub records: Arc<[Record]>,
}

/// Whether a request was granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RequestOutcome {
    /// Yes, with this.
    Ok(OperatorReply),
    /// No, because of this.
    Error(ProtocolError),
}

/// What a granted request returns.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum OperatorReply {
    /// Nothing but yes.
    Done,
    /// The command is queued under this id.
    Command {
        /// Its id.
        command_id: CommandId,
    },
    /// The dashboard answered.
    Query {
        /// Id of the query.
        query_id: QueryId,
        /// The answer.
        result: Value,
    },
    /// The hub holds the configuration under this version.
    Configuration {
        /// The version.
        version: u64,
    },
    /// The records asked for that the hub still has.
    Records(RecordBatch),
    /// The records asked for that the hub still has, and its snapshots among them.
    History {
        /// The records.
        batch: RecordBatch,
        /// Those that fold up to a place from just before the first record asked for to the last; at most 8, in order.
        snapshots: Vec<Snapshot>,
    },
    /// The token was made.
    Token {
        /// What the hub keeps of it.
        token: Box<DashboardToken>,
        /// What the dashboard shows. The hub does not keep it and cannot say it again.
        secret: TokenSecret,
    },
    /// The rules are saved.
    Rules {
        /// Each, and the version it has now.
        saved: Vec<SavedRule>,
        /// What is not wrong, but perhaps not what was meant: a metric that nobody reports, say.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    },
    /// What the rule would have done.
    BackTest(BackTest),
}

/// A rule, and the version it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedRule {
    /// Which.
    pub rule_id: RuleId,
    /// Counts 1, 2, 3… for each rule id.
    pub version: u32,
}

// The variants with more than one field, laid out for reading; see `tagged`.

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Welcome {
    hub_id: Uuid,
    hub_name: String,
    version: String,
    server_time: Timestamp,
    heartbeat_interval: u32,
    partitions: Vec<PartitionExtent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Presence {
    heard_at: BTreeMap<DashboardId, Timestamp>,
}

#[derive(Deserialize)]
struct Tokens {
    tokens: Vec<DashboardToken>,
    note: Option<String>,
}

#[derive(Deserialize)]
struct Attempts {
    attempts: Vec<ConnectionAttempt>,
    total: u64,
}

#[derive(Deserialize)]
struct Pong {
    nonce: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    request_id: u64,
    outcome: RequestOutcome,
}

impl Tagged for ConsoleMessage {
    const TAG: &'static str = "type";
    const VARIANTS: &'static [&'static str] =
        &["WELCOME", "RECORDS", "SNAPSHOT", "PRESENCE", "TOKENS", "ATTEMPTS", "PONG", "REPLY", "ERROR"];

    fn read<'de, D: Deserializer<'de>>(tag: &str, fields: D) -> Result<Self, D::Error> {
        match tag {
            "WELCOME" => Welcome::deserialize(fields).map(|welcome| Self::Welcome {
                hub_id: welcome.hub_id,
                hub_name: welcome.hub_name,
                version: welcome.version,
                server_time: welcome.server_time,
                heartbeat_interval: welcome.heartbeat_interval,
                partitions: welcome.partitions,
            }),
            "RECORDS" => RecordBatch::deserialize(fields).map(Self::Records),
            "SNAPSHOT" => Snapshot::deserialize(fields).map(Self::Snapshot),
            "PRESENCE" => {
                Presence::deserialize(fields).map(|presence| Self::Presence { heard_at: presence.heard_at })
            }
            "TOKENS" => Tokens::deserialize(fields)
                .map(|tokens| Self::Tokens { tokens: tokens.tokens, note: tokens.note }),
            "ATTEMPTS" => Attempts::deserialize(fields)
                .map(|attempts| Self::Attempts { attempts: attempts.attempts, total: attempts.total }),
            "PONG" => Pong::deserialize(fields).map(|pong| Self::Pong { nonce: pong.nonce }),
            "REPLY" => Reply::deserialize(fields)
                .map(|reply| Self::Reply { request_id: reply.request_id, outcome: reply.outcome }),
            "ERROR" => ProtocolError::deserialize(fields).map(Self::Error),
            other => Err(tagged::unknown::<Self, _>(other)),
        }
    }
}

impl<'de> Deserialize<'de> for ConsoleMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        tagged::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommandReply {
    command_id: CommandId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryReply {
    query_id: QueryId,
    result: Value,
}

#[derive(Deserialize)]
struct TokenReply {
    token: Box<DashboardToken>,
    secret: TokenSecret,
}

#[derive(Deserialize)]
struct RulesReply {
    saved: Vec<SavedRule>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct HistoryReply {
    batch: RecordBatch,
    snapshots: Vec<Snapshot>,
}

#[derive(Deserialize)]
struct ConfigurationReply {
    version: u64,
}

impl Tagged for OperatorReply {
    const TAG: &'static str = "kind";
    const VARIANTS: &'static [&'static str] =
        &["DONE", "COMMAND", "QUERY", "CONFIGURATION", "RECORDS", "HISTORY", "TOKEN", "RULES", "BACK_TEST"];

    fn read<'de, D: Deserializer<'de>>(tag: &str, fields: D) -> Result<Self, D::Error> {
        match tag {
            "DONE" => serde::de::IgnoredAny::deserialize(fields).map(|_| Self::Done),
            "COMMAND" => {
                CommandReply::deserialize(fields).map(|reply| Self::Command { command_id: reply.command_id })
            }
            "QUERY" => QueryReply::deserialize(fields)
                .map(|reply| Self::Query { query_id: reply.query_id, result: reply.result }),
            "CONFIGURATION" => ConfigurationReply::deserialize(fields)
                .map(|reply| Self::Configuration { version: reply.version }),
            "RECORDS" => RecordBatch::deserialize(fields).map(Self::Records),
            "HISTORY" => HistoryReply::deserialize(fields)
                .map(|reply| Self::History { batch: reply.batch, snapshots: reply.snapshots }),
            "TOKEN" => TokenReply::deserialize(fields)
                .map(|reply| Self::Token { token: reply.token, secret: reply.secret }),
            "RULES" => RulesReply::deserialize(fields)
                .map(|reply| Self::Rules { saved: reply.saved, warnings: reply.warnings }),
            "BACK_TEST" => BackTest::deserialize(fields).map(Self::BackTest),
            other => Err(tagged::unknown::<Self, _>(other)),
        }
    }
}

impl<'de> Deserialize<'de> for OperatorReply {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        tagged::deserialize(deserializer)
    }
}
