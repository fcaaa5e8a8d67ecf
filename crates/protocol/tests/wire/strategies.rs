//! Arbitrary values of everything on the wire.

use std::{collections::BTreeMap, sync::Arc};

use mission_control_protocol::{
    Alert, AlertAction, AttemptReason, Command, CommandDeclaration, CommandResult, ConnectionAttempt,
    DashboardConfig, DashboardEvent, DashboardId, DashboardMetrics, DashboardStatus, DashboardToken,
    EnrichedAlert, EnrichedEvent, EnrichedMetrics, EnrichedResourceUsage, ErrorCode, EventContext, Hazard,
    ProtocolError, Query, QueryResult, Record, RecordKind, ResourceUsage, SessionEpoch, Severity, Timestamp,
    TokenSecret, WorkflowUpdate,
    alert::AlertCondition,
    config::{DashboardMetadata, RegistrationResult},
    configuration::Configuration,
    dashboard_wire::{DashboardMessage, HubMessage, ProgressStage, Session},
    metrics::{AgentMetrics, DataMetrics, PerformanceMetrics, UsageMetrics, WorkflowMetrics},
    operator_wire::{
        ConsoleMessage, Cursor, OperatorMessage, OperatorReply, OperatorRequest, PartitionExtent,
        RecordBatch, RequestOutcome, Snapshot,
    },
    resource::{Capacity, DiskUsage, HostUsage, NetworkUsage, ProcessUsage},
    status::{DashboardState, DataStatus, StatusPerformance},
    workflow::WorkflowState,
};
use proptest::{collection, option, prelude::*, sample::select};
use serde_json::Value;
use uuid::Uuid;

fn text() -> impl Strategy<Value = String> {
    // Whatever a person or a program may write, control characters and astral planes included.
    prop_oneof![3 => "[A-Z_]{1,12}", 1 => any::<String>().prop_map(|text| text.chars().take(24).collect())]
}

/// Any finite number, down to the last bit.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("JSON has finite numbers only", |number| number.is_finite()),
        (0..1_000_000_u32).prop_map(f64::from)
    ]
}

fn part() -> impl Strategy<Value = f64> {
    0.0..=1.0_f64
}

pub fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        number().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map(text(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// A value for an optional field: absent is `None`, so a present `null` would read as absent.
fn some_json() -> impl Strategy<Value = Option<Value>> {
    option::of(json().prop_filter("null reads as absent", |value| !value.is_null()))
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    "[A-Za-z0-9._:-]{1,24}".prop_map(|text| text.parse().unwrap())
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-62_135_596_800_000_i64..253_402_207_200_000).prop_map(Timestamp::from_milliseconds)
}

fn severity() -> impl Strategy<Value = Severity> {
    select(&Severity::ALL[..])
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..100_u64, any::<u64>()]
}

pub fn seq() -> impl Strategy<Value = u64> {
    prop_oneof![1..100_u64, 1..=u64::MAX]
}

fn declaration() -> impl Strategy<Value = CommandDeclaration> {
    let hazard = select(&[Hazard::None, Hazard::Disruptive, Hazard::Destructive][..]);
    (text(), text(), text(), json(), hazard).prop_map(|(kind, title, description, payload_schema, hazard)| {
        CommandDeclaration { kind, title, description, payload_schema, hazard }
    })
}

fn config() -> impl Strategy<Value = DashboardConfig> {
    // The names of the declared fields would be read as those fields.
    let other = collection::btree_map("x-[a-z]{1,6}", json(), 0..3);
    let metadata = (option::of(text()), option::of(text()), option::of(time()), other).prop_map(
        |(user, environment, start_time, other)| DashboardMetadata { user, environment, start_time, other },
    );
    (id(), text(), text(), text(), collection::vec(text(), 0..3), metadata).prop_map(
        |(id, kind, use_case, version, capabilities, metadata)| DashboardConfig {
            id,
            kind,
            use_case,
            version,
            capabilities,
            metadata,
        },
    )
}

fn status() -> impl Strategy<Value = DashboardStatus> {
    use DashboardState as S;
    let state = select(&[S::Idle, S::Active, S::Processing, S::Error][..]);
    let data =
        (any::<bool>(), option::of(time()), count()).prop_map(|(has_data, last_ingested, record_count)| {
            DataStatus { has_data, last_ingested, record_count }
        });
    let performance = (number(), number(), number()).prop_map(|(response_time, error_rate, throughput)| {
        StatusPerformance { response_time, error_rate, throughput }
    });
    (id(), text(), state, data, text(), any::<u32>(), performance).prop_map(
        |(dashboard_id, use_case, state, data_status, active_tab, connected_users, performance)| {
            DashboardStatus {
                dashboard_id,
                use_case,
                state,
                data_status,
                active_tab,
                connected_users,
                performance,
            }
        },
    )
}

fn event() -> impl Strategy<Value = EnrichedEvent> {
    let context = (option::of(text()), option::of(text()), option::of(text()))
        .prop_map(|(use_case, user, session_id)| EventContext { use_case, user, session_id });
    (text(), severity(), json(), id(), time(), context).prop_map(
        |(kind, severity, payload, dashboard_id, timestamp, context)| EnrichedEvent {
            event: DashboardEvent { kind, severity, payload },
            dashboard_id,
            timestamp,
            context,
        },
    )
}

fn counts() -> impl Strategy<Value = BTreeMap<String, f64>> {
    collection::btree_map(text(), number(), 0..3)
}

fn metrics() -> impl Strategy<Value = EnrichedMetrics> {
    let four = || (number(), number(), number(), number());
    let performance = (number(), four()).prop_map(|(page_load_time, (a, b, c, d))| PerformanceMetrics {
        page_load_time,
        api_response_time: a,
        render_time: b,
        memory_usage: c,
        cpu_usage: d,
    });
    let usage = (number(), number(), counts(), counts()).prop_map(
        |(active_users, session_duration, tab_views, feature_usage)| UsageMetrics {
            active_users,
            session_duration,
            tab_views,
            feature_usage,
        },
    );
    let data = four().prop_map(|(total_records, processing_rate, error_rate, data_quality)| DataMetrics {
        total_records,
        processing_rate,
        error_rate,
        data_quality,
    });
    let agents = four().prop_map(|(execution_count, avg_execution_time, success_rate, queue_length)| {
        AgentMetrics { execution_count, avg_execution_time, success_rate, queue_length }
    });
    let workflows = four().prop_map(|(active_count, completed_count, failed_count, avg_duration)| {
        WorkflowMetrics { active_count, completed_count, failed_count, avg_duration }
    });
    let groups = (
        option::of(performance),
        option::of(usage),
        option::of(data),
        option::of(agents),
        option::of(workflows),
    )
        .prop_map(|(performance, usage, data, agents, workflows)| DashboardMetrics {
            performance,
            usage,
            data,
            agents,
            workflows,
        });
    (id(), time(), groups).prop_map(|(dashboard_id, timestamp, metrics)| EnrichedMetrics {
        dashboard_id,
        timestamp,
        metrics,
    })
}

fn alert() -> impl Strategy<Value = EnrichedAlert> {
    let action = (text(), text(), some_json()).prop_map(|(label, action, payload)| AlertAction {
        label,
        action,
        payload,
    });
    let condition = select(&[AlertCondition::Firing, AlertCondition::Resolved][..]);
    let alert =
        (text(), severity(), text(), text(), collection::vec(action, 0..3), condition, option::of(text()))
            .prop_map(|(kind, severity, title, message, actions, condition, fingerprint)| Alert {
                kind,
                severity,
                title,
                message,
                actions,
                condition,
                fingerprint,
            });
    (alert, text(), id(), json(), time()).prop_map(|(alert, source, dashboard_id, context, timestamp)| {
        EnrichedAlert { alert, source, dashboard_id, context, timestamp }
    })
}

fn usage() -> impl Strategy<Value = EnrichedResourceUsage> {
    let capacity =
        (count(), count()).prop_map(|(used_bytes, total_bytes)| Capacity { used_bytes, total_bytes });
    let disk = (count(), count(), number(), number()).prop_map(
        |(used_bytes, total_bytes, read_bytes_per_second, write_bytes_per_second)| DiskUsage {
            used_bytes,
            total_bytes,
            read_bytes_per_second,
            write_bytes_per_second,
        },
    );
    let network = (number(), number()).prop_map(|(received_bytes_per_second, sent_bytes_per_second)| {
        NetworkUsage { received_bytes_per_second, sent_bytes_per_second }
    });
    let host = (option::of(text()), number(), option::of(any::<u32>()), capacity, disk, network).prop_map(
        |(name, cpu_percent, cores, memory, disk, network)| HostUsage {
            name,
            cpu_percent,
            cores,
            memory,
            disk,
            network,
        },
    );
    let process =
        (any::<u32>(), text(), number(), count()).prop_map(|(pid, name, cpu_percent, memory_bytes)| {
            ProcessUsage { pid, name, cpu_percent, memory_bytes }
        });
    (id(), time(), host, collection::vec(process, 0..3)).prop_map(
        |(dashboard_id, timestamp, host, processes)| EnrichedResourceUsage {
            dashboard_id,
            timestamp,
            usage: ResourceUsage { host, processes },
        },
    )
}

fn workflow_update() -> impl Strategy<Value = WorkflowUpdate> {
    use WorkflowState as S;
    let state = select(&[S::Queued, S::Running, S::Paused, S::Completed, S::Failed, S::Stopped][..]);
    (id(), text(), text(), state, option::of(part()), option::of(text()), time()).prop_map(
        |(dashboard_id, workflow_id, execution_id, state, progress, error, timestamp)| WorkflowUpdate {
            dashboard_id,
            workflow_id,
            execution_id,
            state,
            progress,
            error,
            timestamp,
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    (id(), text(), json(), id(), id(), time(), time()).prop_map(
        |(id, kind, payload, dashboard_id, issued_by, issued_at, expires_at)| Command {
            id,
            kind,
            payload,
            dashboard_id,
            issued_by,
            issued_at,
            expires_at,
        },
    )
}

fn configuration() -> impl Strategy<Value = Configuration> {
    (count(), json()).prop_map(|(version, values)| Configuration { version, values })
}

fn error() -> impl Strategy<Value = ProtocolError> {
    (select(&ErrorCode::ALL[..]), text(), option::of(count()))
        .prop_map(|(code, message, seq)| ProtocolError { code, message, seq })
}

pub fn dashboard_message() -> impl Strategy<Value = DashboardMessage> {
    use DashboardMessage as M;
    let result = (id(), any::<bool>(), some_json(), option::of(text()), option::of(number())).prop_map(
        |(command_id, success, result, error, duration)| CommandResult {
            command_id,
            success,
            result,
            error,
            duration,
        },
    );
    let stage = select(&[ProgressStage::Accepted, ProgressStage::Running][..]);
    prop_oneof![
        (config(), text(), uuid(), collection::vec(declaration(), 0..3)).prop_map(
            |(config, token, epoch, commands)| M::Register {
                config,
                token,
                session: Session { epoch: SessionEpoch(epoch) },
                commands
            }
        ),
        Just(M::Heartbeat),
        status().prop_map(|status| M::Status { status }),
        (seq(), event()).prop_map(|(seq, event)| M::Event { seq, event }),
        (seq(), metrics()).prop_map(|(seq, metrics)| M::Metrics { seq, metrics }),
        (seq(), alert()).prop_map(|(seq, alert)| M::Alert { seq, alert }),
        (seq(), usage()).prop_map(|(seq, usage)| M::ResourceUsage { seq, usage }),
        (seq(), workflow_update()).prop_map(|(seq, update)| M::WorkflowUpdate { seq, update }),
        (id(), stage, option::of(part()), option::of(text())).prop_map(
            |(command_id, stage, progress, message)| M::CommandProgress {
                command_id,
                stage,
                progress,
                message
            }
        ),
        (option::of(seq()), result).prop_map(|(seq, result)| M::CommandResult { seq, result }),
        (id(), any::<bool>(), some_json(), option::of(text())).prop_map(
            |(query_id, success, result, error)| M::QueryResult(QueryResult {
                query_id,
                success,
                result,
                error
            })
        ),
        (count(), any::<bool>(), option::of(text())).prop_map(|(version, success, error)| M::ConfigResult {
            version,
            success,
            error
        }),
        text().prop_map(|reason| M::Disconnect { reason }),
    ]
}

pub fn hub_message() -> impl Strategy<Value = HubMessage> {
    use HubMessage as M;
    let registration = (
        (id(), any::<u32>(), time(), count(), count()),
        option::of(configuration()),
        collection::vec(text(), 0..2),
    )
        .prop_map(
            |(
                (dashboard_id, heartbeat_interval, server_time, last_seq, frame_limit),
                configuration,
                keys,
            )| {
                RegistrationResult {
                    success: true,
                    dashboard_id,
                    heartbeat_interval,
                    server_time,
                    last_seq,
                    frame_limit,
                    configuration,
                    operator_keys: keys,
                }
            },
        );
    prop_oneof![
        registration.prop_map(M::Registered),
        count().prop_map(|seq| M::Ack { seq }),
        (command(), option::of(text())).prop_map(|(command, signature)| M::Command { command, signature }),
        id().prop_map(|command_id| M::CommandCancel { command_id }),
        (id(), text(), json()).prop_map(|(id, kind, params)| M::Query { query: Query { id, kind, params } }),
        alert().prop_map(|alert| M::Alert { alert }),
        configuration().prop_map(|config| M::ConfigUpdate { config }),
        workflow_update().prop_map(|update| M::WorkflowUpdate { update }),
        error().prop_map(M::Error),
    ]
}

pub fn operator_message() -> impl Strategy<Value = OperatorMessage> {
    use OperatorMessage as M;
    use OperatorRequest as R;
    let cursor =
        (any::<u16>(), uuid(), count()).prop_map(|(partition, epoch, seq)| Cursor { partition, epoch, seq });
    let request = prop_oneof![
        (id(), text(), json(), option::of(any::<u32>())).prop_map(
            |(dashboard_id, kind, payload, timeout_milliseconds)| R::IssueCommand {
                dashboard_id,
                kind,
                payload,
                timeout_milliseconds
            }
        ),
        id().prop_map(|command_id| R::CancelCommand { command_id }),
        (id(), text(), json()).prop_map(|(dashboard_id, kind, params)| R::Query {
            dashboard_id,
            kind,
            params
        }),
        (id(), json()).prop_map(|(dashboard_id, values)| R::PushConfiguration { dashboard_id, values }),
        (id(), option::of(text())).prop_map(|(alert_id, note)| R::AcknowledgeAlert { alert_id, note }),
        (id(), option::of(text())).prop_map(|(alert_id, note)| R::ResolveAlert { alert_id, note }),
        (id(), text(), text()).prop_map(|(dashboard_id, title, message)| R::NotifyDashboard {
            dashboard_id,
            title,
            message
        }),
        (any::<u16>(), count(), count(), any::<bool>()).prop_map(
            |(partition, from_seq, to_seq, snapshots)| R::FetchRecords {
                partition,
                from_seq,
                to_seq,
                snapshots
            }
        ),
        text().prop_map(|label| R::CreateToken { label }),
        id().prop_map(|token_id| R::RevokeToken { token_id }),
    ];
    prop_oneof![
        (text(), id(), collection::vec(cursor, 0..3), option::of(count()))
            .prop_map(|(token, operator, cursors, newest)| M::Hello { token, operator, cursors, newest }),
        count().prop_map(|nonce| M::Ping { nonce }),
        (count(), request).prop_map(|(request_id, request)| M::Request { request_id, request }),
    ]
}

fn batch() -> impl Strategy<Value = RecordBatch> {
    let record = (count(), time(), id(), select(&RecordKind::ALL[..]), severity(), json()).prop_map(
        |(seq, at, dashboard_id, kind, severity, body)| Record {
            seq,
            at,
            dashboard_id,
            kind,
            severity,
            body: crate::samples::raw(&body),
        },
    );
    (any::<u16>(), uuid(), count(), collection::vec(record, 0..4)).prop_map(
        |(partition, epoch, head_seq, records)| RecordBatch {
            partition,
            epoch,
            head_seq,
            records: Arc::from(records),
        },
    )
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let cursor = (any::<u16>(), uuid(), count());
    (any::<u32>(), collection::vec(cursor, 0..3), json()).prop_map(|(form, cursors, projection)| Snapshot {
        form,
        cursors: cursors
            .into_iter()
            .map(|(partition, epoch, seq)| Cursor { partition, epoch, seq })
            .collect(),
        projection: crate::samples::raw(&projection),
    })
}

fn token() -> impl Strategy<Value = DashboardToken> {
    (id(), text(), time(), id(), option::of((time(), id()))).prop_map(
        |(id, label, created_at, created_by, used)| {
            let (last_used_at, last_used_by) = used.unzip();
            DashboardToken { id, label, created_at, created_by, last_used_at, last_used_by }
        },
    )
}

fn attempt() -> impl Strategy<Value = ConnectionAttempt> {
    let reason = select(vec![AttemptReason::TokenUnknown, AttemptReason::NotWebsocket, AttemptReason::Other]);
    (count(), time(), time(), count(), text(), reason, text(), text(), option::of(id())).prop_map(
        |(number, first_at, last_at, count, remote_address, reason, message, remedy, dashboard_id)| {
            ConnectionAttempt {
                number,
                first_at,
                last_at,
                count,
                remote_address,
                reason,
                message,
                remedy,
                dashboard_id,
            }
        },
    )
}

pub fn console_message() -> impl Strategy<Value = ConsoleMessage> {
    use ConsoleMessage as M;
    use OperatorReply as R;
    let extent =
        (any::<u16>(), uuid(), count(), count()).prop_map(|(partition, epoch, first_seq, last_seq)| {
            PartitionExtent { partition, epoch, first_seq, last_seq }
        });
    let reply = prop_oneof![
        Just(R::Done),
        id().prop_map(|command_id| R::Command { command_id }),
        (id(), json()).prop_map(|(query_id, result)| R::Query { query_id, result }),
        count().prop_map(|version| R::Configuration { version }),
        batch().prop_map(R::Records),
        (batch(), collection::vec(snapshot(), 0..2))
            .prop_map(|(batch, snapshots)| R::History { batch, snapshots }),
        (token(), text())
            .prop_map(|(token, secret)| R::Token { token: token.into(), secret: TokenSecret(secret) }),
    ];
    let outcome = prop_oneof![reply.prop_map(RequestOutcome::Ok), error().prop_map(RequestOutcome::Error)];
    prop_oneof![
        (uuid(), text(), text(), time(), any::<u32>(), collection::vec(extent, 0..2)).prop_map(
            |(hub_id, hub_name, version, server_time, heartbeat_interval, partitions)| M::Welcome {
                hub_id,
                hub_name,
                version,
                server_time,
                heartbeat_interval,
                partitions
            }
        ),
        batch().prop_map(M::Records),
        snapshot().prop_map(M::Snapshot),
        collection::btree_map(id::<DashboardId>(), time(), 0..3)
            .prop_map(|heard_at| M::Presence { heard_at }),
        (collection::vec(token(), 0..3), option::of(text()))
            .prop_map(|(tokens, note)| M::Tokens { tokens, note }),
        (collection::vec(attempt(), 0..3), count())
            .prop_map(|(attempts, total)| M::Attempts { attempts, total }),
        count().prop_map(|nonce| M::Pong { nonce }),
        (count(), outcome).prop_map(|(request_id, outcome)| M::Reply { request_id, outcome }),
        error().prop_map(M::Error),
    ]
}
