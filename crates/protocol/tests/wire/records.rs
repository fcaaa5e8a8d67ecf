//! A body for each kind of record, and a record around each.

use mission_control_protocol::{
    CommandStage, ErrorCode, Record, RecordKind, Severity,
    alert::AlertTransition,
    alerting::{AlertPolicyChange, AlertPolicyRecord, Hold},
    record::{
        AccessChange, AccessRecord, AlertRecord, CommandRecord, ConfigurationRecord, ConfigurationState,
        ConnectionRecord, Liveness, QueryRecord, RefusalRecord, RegistrationRecord, StageError,
    },
};

use crate::samples::*;

pub fn registration_record() -> RegistrationRecord {
    RegistrationRecord {
        config: config(),
        commands: vec![declaration()],
        epoch: epoch(),
        remote_address: "127.0.0.1:50432".into(),
        token_id: Some(id(TOKEN_ID)),
    }
}

pub fn connection_record() -> ConnectionRecord {
    ConnectionRecord { liveness: Liveness::Stale, reason: "no heartbeat for 7 s".into() }
}

pub fn alert_record() -> AlertRecord {
    AlertRecord { alert: Some(enriched_alert()), ..AlertRecord::new(id(ALERT_ID), AlertTransition::Raised) }
}

pub fn acknowledged_alert_record() -> AlertRecord {
    AlertRecord {
        by: Some(id("amara")),
        note: Some("Looking into it.".into()),
        ..AlertRecord::new(id(ALERT_ID), AlertTransition::Acknowledged)
    }
}

pub fn held_alert_record() -> AlertRecord {
    let labels = [("dashboard", "energy-01"), ("useCase", "energy"), ("type", "DATA_QUALITY")];
    AlertRecord {
        labels: labels.map(|(label, value)| (label.to_owned(), value.to_owned())).into(),
        group: Some("dashboard=energy-01 type=DATA_QUALITY".into()),
        held_by: vec![
            Hold::Silenced { silence_id: id("maintenance-7") },
            Hold::Inhibited { inhibition_id: id("lost-explains"), by: id(ALERT_ID) },
            Hold::Shelved { until: at(40) },
            Hold::Maintenance { window_id: id("sunday-night") },
            Hold::Grouped { with: id(ALERT_ID), until: at(30) },
        ],
        ..AlertRecord::new(id(ALERT_ID), AlertTransition::Held)
    }
}

pub fn noted_alert_record() -> AlertRecord {
    AlertRecord {
        by: Some(id("amara")),
        note: Some("The meter was changed.".into()),
        note_id: Some(uuid(LOG_EPOCH)),
        to: Some(id("ben")),
        until: Some(at(40)),
        level: Some(1),
        ..AlertRecord::new(id(ALERT_ID), AlertTransition::Noted)
    }
}

pub fn policy_record() -> AlertPolicyRecord {
    AlertPolicyRecord {
        change: AlertPolicyChange::SilenceEnding {
            silence_id: id("maintenance-7"),
            ends_at: at(40),
            holding: 2,
        },
        by: None,
    }
}

pub fn rule_policy_record() -> AlertPolicyRecord {
    AlertPolicyRecord {
        change: AlertPolicyChange::RuleSaved { rule: rule().into(), version: 3 },
        by: Some(id("amara")),
    }
}

pub fn command_record() -> CommandRecord {
    CommandRecord {
        command_id: id(COMMAND_ID),
        stage: CommandStage::Queued,
        command: Some(command()),
        progress: None,
        message: None,
        result: None,
        error: None,
        duration: None,
    }
}

pub fn timed_out_command_record() -> CommandRecord {
    CommandRecord {
        stage: CommandStage::TimedOut,
        command: None,
        error: Some(StageError {
            code: Some(ErrorCode::DashboardOffline),
            message: "no result within 60 s; the dashboard may still have done it.".into(),
        }),
        ..command_record()
    }
}

pub fn query_record() -> QueryRecord {
    QueryRecord {
        query_id: id(QUERY_ID),
        query: Some(query()),
        by: Some(id("amara")),
        result: None,
        error: None,
    }
}

pub fn configuration_record() -> ConfigurationRecord {
    ConfigurationRecord {
        version: 3,
        state: ConfigurationState::Pushed,
        configuration: Some(configuration()),
        by: Some(id("amara")),
        error: None,
    }
}

pub fn refusal_record() -> RefusalRecord {
    RefusalRecord {
        code: ErrorCode::TokenInvalid,
        message: "this is not a dashboard token of this hub.".into(),
        remote_address: "127.0.0.1:50440".into(),
    }
}

pub fn access_record() -> AccessRecord {
    AccessRecord {
        change: AccessChange::DashboardTokenCreated,
        token_id: id(TOKEN_ID),
        label: "Energy, hall 3".into(),
        by: id("amara"),
    }
}

/// One record of each kind, in stored order.
pub fn records() -> Vec<(&'static str, Record)> {
    let record = |kind: RecordKind, severity, body| Record {
        seq: 1_248 + kind as u64,
        at: at(10),
        dashboard_id: dashboard(),
        kind,
        severity,
        body,
    };
    use RecordKind as K;
    use Severity as S;
    vec![
        ("registration", record(K::Registration, S::Info, raw(&registration_record()))),
        ("connection", record(K::Connection, S::Warning, raw(&connection_record()))),
        ("status", record(K::Status, S::Info, raw(&status()))),
        ("event", record(K::Event, S::Info, raw(&enriched_event()))),
        ("metrics", record(K::Metrics, S::Info, raw(&enriched_metrics()))),
        ("resource-usage", record(K::ResourceUsage, S::Info, raw(&enriched_usage()))),
        ("alert", record(K::Alert, S::Warning, raw(&alert_record()))),
        ("command", record(K::Command, S::Info, raw(&command_record()))),
        ("query", record(K::Query, S::Info, raw(&query_record()))),
        ("configuration", record(K::Configuration, S::Info, raw(&configuration_record()))),
        ("workflow-update", record(K::WorkflowUpdate, S::Info, raw(&workflow_update()))),
        ("refusal", record(K::Refusal, S::Warning, raw(&refusal_record()))),
        ("access", record(K::Access, S::Info, raw(&access_record()))),
        ("alert-policy", record(K::AlertPolicy, S::Info, raw(&policy_record()))),
    ]
}
