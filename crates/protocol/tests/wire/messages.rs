//! Every message of the protocol, by the name of its golden file.

use std::{collections::BTreeMap, sync::Arc};

use mission_control_protocol::{
    CommandResult, DashboardToken, ErrorCode, ProtocolError, TokenSecret,
    alerting::AlertSettings,
    dashboard_wire::{DashboardMessage, HubMessage, ProgressStage, Session},
    operator_wire::{
        ConsoleMessage, Cursor, OperatorMessage, OperatorReply, OperatorRequest, PartitionExtent,
        RecordBatch, RequestOutcome, SavedRule, Snapshot,
    },
};
use serde_json::json;

use crate::{records, samples::*};

pub fn dashboard_messages() -> Vec<(&'static str, DashboardMessage)> {
    use DashboardMessage as M;
    vec![
        (
            "register",
            M::Register {
                config: config(),
                token: "k3Jm0cXw1nQz".into(),
                session: Session { epoch: epoch() },
                commands: vec![declaration()],
            },
        ),
        ("heartbeat", M::Heartbeat),
        ("status", M::Status { status: status() }),
        ("event", M::Event { seq: 42, event: enriched_event() }),
        ("metrics", M::Metrics { seq: 43, metrics: enriched_metrics() }),
        ("alert", M::Alert { seq: 44, alert: enriched_alert() }),
        ("resource-usage", M::ResourceUsage { seq: 45, usage: enriched_usage() }),
        ("workflow-update", M::WorkflowUpdate { seq: 1, update: workflow_update() }),
        (
            "command-progress",
            M::CommandProgress {
                command_id: id(COMMAND_ID),
                stage: ProgressStage::Running,
                progress: Some(0.5),
                message: Some("600 of 1200 records".into()),
            },
        ),
        (
            "command-progress.accepted",
            M::CommandProgress {
                command_id: id(COMMAND_ID),
                stage: ProgressStage::Accepted,
                progress: None,
                message: None,
            },
        ),
        ("command-result", M::CommandResult { seq: Some(46), result: command_result() }),
        (
            "command-result.failed",
            M::CommandResult {
                seq: None,
                result: CommandResult {
                    success: false,
                    result: None,
                    error: Some("source `meters` did not answer within 10 s".into()),
                    ..command_result()
                },
            },
        ),
        ("query-result", M::QueryResult(query_result())),
        ("config-result", M::ConfigResult { version: 3, success: true, error: None }),
        (
            "config-result.rejected",
            M::ConfigResult {
                version: 3,
                success: false,
                error: Some("refreshSeconds: expected 60 or more".into()),
            },
        ),
        ("disconnect", M::Disconnect { reason: "maintenance".into() }),
    ]
}

pub fn hub_messages() -> Vec<(&'static str, HubMessage)> {
    use HubMessage as M;
    vec![
        ("registered", M::Registered(registration())),
        ("ack", M::Ack { seq: 45 }),
        ("command", M::Command { command: command(), signature: None }),
        (
            "command.signed",
            M::Command {
                command: command(),
                signature: Some("eyJhbGciOiJFZERTQSJ9..dGhlIHNpZ25hdHVyZSwgYmFzZTY0dXJs".into()),
            },
        ),
        ("command-cancel", M::CommandCancel { command_id: id(COMMAND_ID) }),
        ("query", M::Query { query: query() }),
        ("alert", M::Alert { alert: enriched_alert() }),
        ("config-update", M::ConfigUpdate { config: configuration() }),
        ("workflow-update", M::WorkflowUpdate { update: workflow_update() }),
        ("error", M::Error(error())),
    ]
}

pub fn operator_requests() -> Vec<(&'static str, OperatorRequest)> {
    use OperatorRequest as R;
    vec![
        (
            "issue-command",
            R::IssueCommand {
                dashboard_id: dashboard(),
                kind: "INGEST_DATA".into(),
                payload: json!({"source": "meters"}),
                timeout_milliseconds: Some(30_000),
            },
        ),
        ("cancel-command", R::CancelCommand { command_id: id(COMMAND_ID) }),
        (
            "query",
            R::Query { dashboard_id: dashboard(), kind: "STATUS".into(), params: json!({"detail": "full"}) },
        ),
        (
            "push-configuration",
            R::PushConfiguration { dashboard_id: dashboard(), values: configuration().values },
        ),
        (
            "acknowledge-alert",
            R::AcknowledgeAlert { alert_id: id(ALERT_ID), note: Some("Looking into it.".into()) },
        ),
        ("resolve-alert", R::ResolveAlert { alert_id: id(ALERT_ID), note: None }),
        (
            "notify-dashboard",
            R::NotifyDashboard {
                dashboard_id: dashboard(),
                title: "Maintenance at 20:00".into(),
                message: "Save your work; the services restart at 20:00 UTC.".into(),
            },
        ),
        ("fetch-records", R::FetchRecords { partition: 0, from_seq: 1_001, to_seq: 1_250, snapshots: false }),
        ("create-token", R::CreateToken { label: "Energy, hall 3".into() }),
        ("revoke-token", R::RevokeToken { token_id: id(TOKEN_ID) }),
        (
            "assign-alert",
            R::AssignAlert {
                alert_id: id(ALERT_ID),
                to: Some(id("ben")),
                note: Some("Yours, I think.".into()),
            },
        ),
        ("shelve-alert", R::ShelveAlert { alert_id: id(ALERT_ID), until: at(40), note: None }),
        ("unshelve-alert", R::UnshelveAlert { alert_id: id(ALERT_ID) }),
        ("reopen-alert", R::ReopenAlert { alert_id: id(ALERT_ID), note: None }),
        (
            "add-alert-note",
            R::AddAlertNote {
                alert_id: id(ALERT_ID),
                note_id: uuid(LOG_EPOCH),
                note: "The meter was changed.".into(),
            },
        ),
        ("create-silence", R::CreateSilence { silence: silence().into() }),
        ("update-silence", R::UpdateSilence { silence: silence().into() }),
        ("expire-silence", R::ExpireSilence { silence_id: id("maintenance-7") }),
        ("save-rule", R::SaveRule { rule: rule().into(), expected_version: Some(2) }),
        ("import-rules", R::ImportRules { toml: "[[rule]]\nid = \"api-slow\"\n…".into() }),
        ("enable-rule", R::EnableRule { rule_id: id("api-slow"), enabled: false }),
        ("delete-rule", R::DeleteRule { rule_id: id("api-slow") }),
        ("back-test-rule", R::BackTestRule { rule: rule().into(), from: at(0), to: at(50) }),
        ("save-maintenance-window", R::SaveMaintenanceWindow { window: window().into() }),
        ("delete-maintenance-window", R::DeleteMaintenanceWindow { window_id: id("sunday-night") }),
        ("save-inhibition", R::SaveInhibition { inhibition: inhibition().into() }),
        ("delete-inhibition", R::DeleteInhibition { inhibition_id: id("lost-explains") }),
        ("save-alert-settings", R::SaveAlertSettings { settings: AlertSettings::default() }),
        ("fetch-history", R::FetchRecords { partition: 0, from_seq: 1_001, to_seq: 1_250, snapshots: true }),
    ]
}

pub fn operator_messages() -> Vec<(String, OperatorMessage)> {
    use OperatorMessage as M;
    let mut messages = vec![
        (
            "hello".into(),
            M::Hello {
                token: "pZ81vTq6hR0b".into(),
                operator: id("amara"),
                cursors: vec![Cursor { partition: 0, epoch: uuid(LOG_EPOCH), seq: 1_250 }],
                newest: None,
            },
        ),
        (
            "hello.newest".into(),
            M::Hello {
                token: "pZ81vTq6hR0b".into(),
                operator: id("amara"),
                cursors: Vec::new(),
                newest: Some(50_000),
            },
        ),
        ("ping".into(), M::Ping { nonce: 8 }),
    ];
    messages.extend((7..).zip(operator_requests()).map(|(request_id, (name, request))| {
        (format!("request.{name}"), M::Request { request_id, request })
    }));
    messages
}

pub fn operator_replies() -> Vec<(&'static str, OperatorReply)> {
    use OperatorReply as R;
    vec![
        ("done", R::Done),
        ("command", R::Command { command_id: id(COMMAND_ID) }),
        ("query", R::Query { query_id: id(QUERY_ID), result: json!({"state": "active"}) }),
        ("configuration", R::Configuration { version: 3 }),
        ("records", R::Records(batch())),
        (
            "token",
            R::Token {
                token: DashboardToken { last_used_at: None, last_used_by: None, ..token() }.into(),
                secret: TokenSecret("mcd_c2VjcmV0LW9mLXRoZS1kYXNoYm9hcmQtaW4taGFsbC0z".into()),
            },
        ),
        (
            "rules",
            R::Rules {
                saved: vec![SavedRule { rule_id: id("api-slow"), version: 3 }],
                warnings: vec![
                    "rule \"api-slow\": no dashboard reports performance.apiResponseTime yet.".into(),
                ],
            },
        ),
        ("back-test", R::BackTest(back_test())),
        ("history", R::History { batch: batch(), snapshots: vec![snapshot()] }),
    ]
}

fn snapshot() -> Snapshot {
    Snapshot {
        form: 1,
        cursors: vec![Cursor { partition: 0, epoch: uuid(LOG_EPOCH), seq: 1_251 }],
        projection: raw(&json!({"dashboards": {}})),
    }
}

fn batch() -> RecordBatch {
    let all: Vec<_> = records::records().into_iter().map(|(_, record)| record).collect();
    RecordBatch {
        partition: 0,
        epoch: uuid(LOG_EPOCH),
        head_seq: 1_253,
        records: Arc::from(vec![all[3].clone(), all[4].clone()]),
    }
}

pub fn console_messages() -> Vec<(String, ConsoleMessage)> {
    use ConsoleMessage as M;
    let mut messages = vec![
        (
            "welcome".into(),
            M::Welcome {
                hub_id: uuid(HUB_ID),
                hub_name: "plant".into(),
                version: "0.1.0".into(),
                server_time: at(9),
                heartbeat_interval: 5_000,
                partitions: vec![PartitionExtent {
                    partition: 0,
                    epoch: uuid(LOG_EPOCH),
                    first_seq: 1,
                    last_seq: 1_253,
                }],
            },
        ),
        ("records".into(), M::Records(batch())),
        ("snapshot".into(), M::Snapshot(snapshot())),
        ("presence".into(), M::Presence { heard_at: BTreeMap::from([(dashboard(), at(9))]) }),
        ("tokens".into(), M::Tokens { tokens: vec![token()], note: None }),
        ("attempts".into(), M::Attempts { attempts: vec![attempt()], total: 5 }),
        ("pong".into(), M::Pong { nonce: 8 }),
        (
            "error".into(),
            M::Error(ProtocolError::new(
                ErrorCode::TokenInvalid,
                "this is not an operator token of this hub; it stands in tokens/operator.token in the hub's data directory.",
            )),
        ),
        (
            "reply.error".into(),
            M::Reply {
                request_id: 7,
                outcome: RequestOutcome::Error(ProtocolError::new(
                    ErrorCode::DashboardOffline,
                    "energy-01 is not connected; send the command again when it is back.",
                )),
            },
        ),
    ];
    messages.extend((7..).zip(operator_replies()).map(|(request_id, (name, reply))| {
        (format!("reply.{name}"), M::Reply { request_id, outcome: RequestOutcome::Ok(reply) })
    }));
    messages
}
