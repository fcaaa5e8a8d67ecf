//! `protocol_client.py`, written from `docs/PROTOCOL.md` by someone who had not seen the code, against the real hub.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{path::PathBuf, process::Command};

use mission_control_protocol::{
    CommandStage, DashboardId, RecordKind,
    operator_wire::{OperatorReply, OperatorRequest},
};
use mission_control_tests::{
    log::{assert_unbroken, records},
    operator::Operator,
    process::Running,
    programs::{Hub, repository},
};
use serde_json::{Value, json};

/// The interpreter of the environment that holds the client's one package.
fn python() -> PathBuf {
    let interpreter = std::env::var_os("MISSION_CONTROL_PYTHON")
        .map_or_else(|| repository().join("target/python/bin/python"), PathBuf::from);
    assert!(
        interpreter.is_file(),
        "{} is not there. `cargo xtask test` makes it; MISSION_CONTROL_PYTHON names another",
        interpreter.display()
    );
    interpreter
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_written_from_the_page_alone_is_understood() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(&directory.path().join("hub"), &[]);
    let id = DashboardId::new("python-client").unwrap();
    let operator = Operator::connect(hub.address(), "tester", Vec::new()).await;
    let mut client = Command::new(python());
    client.arg(repository().join("tests/protocol_client.py"));
    client.args([&hub.address().url, &hub.address().dashboard_token(), id.as_str()]);
    let mut client = Running::start(&client, &directory.path().join("client.txt"));
    operator.registration(&id).await;

    let values = json!({"refreshSeconds": 30});
    let pushed = OperatorRequest::PushConfiguration { dashboard_id: id.clone(), values };
    assert_eq!(operator.request(pushed).await.unwrap(), OperatorReply::Configuration { version: 1 });
    let notice = OperatorRequest::NotifyDashboard {
        dashboard_id: id.clone(),
        title: "Maintenance at noon".to_owned(),
        message: "Save your work.".to_owned(),
    };
    assert_eq!(operator.request(notice).await.unwrap(), OperatorReply::Done);
    let question =
        OperatorRequest::Query { dashboard_id: id.clone(), kind: "STATUS".to_owned(), params: Value::Null };
    match operator.request(question).await.unwrap() {
        OperatorReply::Query { result, .. } => assert_eq!(result["activeTab"], "overview"),
        other => panic!("a query was answered with {other:?}"),
    }
    let command = operator.command(&id, "INGEST_DATA", json!({"source": "meters"})).await.unwrap();
    let outcome = operator.outcome(&command).await;
    assert_eq!(outcome.stage, CommandStage::Succeeded, "{outcome:?}");
    assert_eq!(outcome.result, Some(json!({"recordCount": 1200})));
    assert_eq!(
        operator.stages(&command),
        [
            CommandStage::Queued,
            CommandStage::Sent,
            CommandStage::Accepted,
            CommandStage::Running,
            CommandStage::Succeeded
        ]
    );

    assert!(client.wait().success(), "{}", client.output());
    operator
        .record("the client's goodbye", |record| {
            (record.kind == RecordKind::Connection && record.body.get().contains("left")).then_some(())
        })
        .await;
    let output = client.output();
    assert!(output.ends_with("done\n"), "{output}");
    assert!(output.contains("Maintenance at noon"), "the notice has not reached it: {output}");
    assert!(!output.contains("\"ERROR\""), "{output}");

    assert!(hub.stop().success());
    assert_unbroken(&hub.log_file());
    let of_kind = |kind: RecordKind| -> Vec<Value> {
        let found = records(&hub.log_file(), Some(&id), &[kind]);
        found.iter().map(|record| serde_json::from_str(record.body.get()).unwrap()).collect()
    };
    // One of everything, in the log as it was sent.
    for (kind, pointer, wanted) in [
        (RecordKind::Registration, "/config/metadata/language", json!("Python")),
        (RecordKind::Status, "/state", json!("active")),
        (RecordKind::Event, "/type", json!("DATA_INGESTED")),
        (RecordKind::Metrics, "/data/dataQuality", json!(97.5)),
        (RecordKind::Alert, "/alert/title", json!("Quality fell")),
        (RecordKind::ResourceUsage, "/host/memory/totalBytes", json!(2)),
        (RecordKind::WorkflowUpdate, "/executionId", json!("w-1")),
    ] {
        let found = of_kind(kind);
        let matching = found.iter().filter(|body| body.pointer(pointer) == Some(&wanted)).count();
        assert_eq!(matching, 1, "{kind:?}: {found:?}");
    }
    let answers = of_kind(RecordKind::Query);
    assert!(answers.iter().any(|answer| answer["result"]["state"] == "active"), "{answers:?}");
    let configurations = of_kind(RecordKind::Configuration);
    assert!(configurations.iter().any(|step| step["state"] == "applied"), "{configurations:?}");
    assert_eq!(of_kind(RecordKind::Refusal), Vec::<Value>::new());
}
