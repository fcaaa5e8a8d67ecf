//! The model as a whole.

use std::{collections::HashMap, time::Duration};

use mission_control_protocol::{
    Command, CommandId, DashboardId, OperatorId, Timestamp, alert::AlertCondition, catalog,
    configuration::Configuration, status::DashboardState,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::roster;

const TICK: Duration = Duration::from_millis(250);

fn model(seed: u64) -> Model {
    let profile = roster::profiles(1).remove(0);
    Model::new(
        DashboardId::new(&profile.name).unwrap(),
        profile,
        seed,
        Timestamp::from_milliseconds(1_800_000_000_000),
    )
}

fn command(number: usize, kind: &str, payload: Value) -> Command {
    let now = Timestamp::from_milliseconds(1_800_000_000_000);
    Command {
        id: CommandId::new(&format!("c{number}")).unwrap(),
        kind: kind.into(),
        payload,
        dashboard_id: DashboardId::new("energy-north").unwrap(),
        issued_by: OperatorId::new("ada").unwrap(),
        issued_at: now,
        expires_at: now,
    }
}

fn run(model: &mut Model, seconds: u64) -> Vec<Output> {
    (0..seconds * 4).flat_map(|_| model.step(TICK, Timestamp::from_milliseconds(1_800_000_000_000))).collect()
}

/// Applies a command and, where it takes a while, runs until it is done.
fn execute(model: &mut Model, kind: &str, payload: Value) -> (Result<Value, String>, Vec<Output>) {
    let command = command(1, kind, payload);
    match model.apply(&command) {
        Applied::Done(outcome) => (outcome, model.step(Duration::ZERO, model.now)),
        Applied::Pending => {
            let mut outputs = vec![];
            for _ in 0..400 {
                outputs.extend(model.step(TICK, model.now));
                if let Some(Output::CommandDone { outcome, .. }) =
                    outputs.iter().find(|output| matches!(output, Output::CommandDone { .. }))
                {
                    return (outcome.clone(), outputs);
                }
            }
            panic!("{kind} never ended");
        }
    }
}

fn events(outputs: &[Output]) -> Vec<&str> {
    let kinds = outputs.iter().filter_map(|output| match output {
        Output::Event(event) => Some(event.kind.as_str()),
        _ => None,
    });
    kinds.collect()
}

fn alerts(outputs: &[Output]) -> Vec<(&str, AlertCondition)> {
    let alerts = outputs.iter().filter_map(|output| match output {
        Output::Alert(alert) => Some((alert.kind.as_str(), alert.condition)),
        _ => None,
    });
    alerts.collect()
}

#[test]
fn the_same_seed_gives_the_same_run() {
    assert_eq!(run(&mut model(11), 600), run(&mut model(11), 600));
    assert_ne!(run(&mut model(11), 600), run(&mut model(12), 600));
}

#[test]
fn ingesting_raises_the_record_count_with_progress() {
    let mut model = model(1);
    let before = model.status().data_status.record_count;
    let (outcome, outputs) =
        execute(&mut model, "INGEST_DATA", json!({"source": "scada", "params": {"limit": 1500}}));
    assert_eq!(outcome.unwrap()["recordCount"], 1500);
    assert_eq!(model.status().data_status.record_count, before + 1500);
    assert!(outputs.iter().filter(|output| matches!(output, Output::CommandProgress { .. })).count() >= 3);
    assert!(events(&outputs).contains(&"DATA_INGESTED"));
}

#[test]
fn a_faulty_sensor_raises_the_quality_alert_and_good_data_resolves_it() {
    for seed in 0..50 {
        let mut model = model(seed);
        let (outcome, outputs) = execute(&mut model, "INGEST_DATA", json!({"source": FAULTY_SOURCE}));
        outcome.unwrap();
        assert_eq!(alerts(&outputs), [("DATA_QUALITY", AlertCondition::Firing)], "seed {seed}");
        assert!(model.data().data_quality < 80.0);
        let (_, outputs) = execute(&mut model, "INGEST_DATA", json!({"source": "scada"}));
        assert_eq!(alerts(&outputs), [("DATA_QUALITY", AlertCondition::Resolved)], "seed {seed}");
    }
}

#[test]
fn data_is_cleared_replaced_refreshed_and_exported() {
    let mut model = model(2);
    let (outcome, outputs) = execute(&mut model, "CLEAR_DATA", json!({}));
    assert!(outcome.unwrap()["removed"].as_u64().unwrap() > 0);
    assert_eq!(events(&outputs), ["DATA_CLEARED"]);
    assert!(!model.status().data_status.has_data);
    execute(&mut model, "INGEST_DATA", json!({"source": "scada", "params": {"limit": 50}})).0.unwrap();
    execute(
        &mut model,
        "INGEST_DATA",
        json!({"source": "scada", "params": {"limit": 20, "mode": "replace"}}),
    )
    .0
    .unwrap();
    assert_eq!(model.status().data_status.record_count, 20);
    execute(&mut model, "REFRESH_DATA", json!({})).0.unwrap();
    assert_eq!(model.status().data_status.record_count, 20);

    let exported = execute(&mut model, "EXPORT_DATA", json!({"format": "json"})).0.unwrap();
    assert_eq!(exported["data"].as_array().unwrap().len(), 20);
    assert_eq!(exported["data"][0]["source"], "scada");
    let exported = execute(&mut model, "EXPORT_DATA", json!({"format": "csv"})).0.unwrap();
    assert_eq!(exported["data"].as_str().unwrap().lines().count(), 21);
    let exported = execute(&mut model, "EXPORT_DATA", json!({"format": "ndjson"})).0.unwrap();
    for line in exported["data"].as_str().unwrap().lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

#[test]
fn tabs_and_dialogs_obey_and_unknown_ones_are_refused() {
    let mut model = model(3);
    execute(&mut model, "NAVIGATE_TAB", json!({"tabId": "quality"})).0.unwrap();
    assert_eq!(model.status().active_tab, "quality");
    assert!(
        execute(&mut model, "NAVIGATE_TAB", json!({"tabId": "nowhere"})).0.unwrap_err().contains("overview")
    );
    execute(&mut model, "OPEN_MODAL", json!({"modalId": "export"})).0.unwrap();
    assert_eq!(model.answer("STATUS").unwrap()["openModals"], json!(["export"]));
    execute(&mut model, "CLOSE_ALL_MODALS", json!({})).0.unwrap();
    assert_eq!(model.answer("STATUS").unwrap()["openModals"], json!([]));
    execute(&mut model, "OPEN_MODAL", json!({"modalId": "nothing"})).0.unwrap_err();
}

#[test]
fn workflows_start_pause_resume_stop_and_complete() {
    let mut model = model(4);
    let started = execute(&mut model, "START_WORKFLOW", json!({"workflowId": "balance-grid"})).0.unwrap();
    let execution = json!({"executionId": started["executionId"]});
    let paused = execute(&mut model, "PAUSE_WORKFLOW", execution.clone()).0.unwrap();
    assert_eq!(paused["state"], "paused");
    let of = |model: &Model| {
        let report = model.answer("WORKFLOWS").unwrap();
        let executions = report["executions"].as_array().unwrap().clone();
        executions.into_iter().find(|entry| entry["executionId"] == started["executionId"])
    };
    let before = of(&model).unwrap();
    run(&mut model, 60);
    assert_eq!(of(&model).unwrap()["progress"], before["progress"]);
    assert_eq!(execute(&mut model, "PAUSE_WORKFLOW", execution.clone()).0.unwrap()["state"], "running");
    execute(&mut model, "STOP_WORKFLOW", execution.clone()).0.unwrap();
    assert!(of(&model).is_none());
    assert!(execute(&mut model, "STOP_WORKFLOW", execution).0.unwrap_err().contains("no execution"));

    let (outcome, outputs) =
        execute(&mut model, "EXECUTE_WORKFLOW", json!({"workflowId": "bill-consumption"}));
    assert_eq!(outcome.unwrap()["state"], "completed");
    assert!(events(&outputs).contains(&"WORKFLOW_COMPLETED"));
    assert!(
        execute(&mut model, "EXECUTE_WORKFLOW", json!({"workflowId": "x"}))
            .0
            .unwrap_err()
            .contains("balance-grid")
    );
}

#[test]
fn agents_run_and_are_cancelled() {
    let mut model = model(5);
    let (outcome, outputs) = execute(&mut model, "EXECUTE_AGENT", json!({"agentId": "anomaly", "data": {}}));
    assert_eq!(outcome.unwrap()["agent"], "anomaly");
    assert!(events(&outputs).contains(&"AGENT_RESULT"));
    let command = command(9, "EXECUTE_AGENT", json!({"agentId": "forecaster"}));
    assert_eq!(model.apply(&command), Applied::Pending);
    let report = model.answer("WORKFLOWS").unwrap();
    let id = report["agents"]["executions"].as_array().unwrap().last().unwrap()["executionId"].clone();
    let (outcome, outputs) = execute(&mut model, "CANCEL_AGENT", json!({"executionId": id}));
    outcome.unwrap();
    assert!(outputs.iter().any(|output| matches!(output, Output::CommandDone { outcome: Err(_), .. })));
    execute(&mut model, "CANCEL_AGENT", json!({"executionId": id})).0.unwrap_err();
}

#[test]
fn debug_mode_says_more() {
    let mut model = model(6);
    assert!(!events(&run(&mut model, 10)).contains(&"DEBUG_TRACE"));
    execute(&mut model, "ENABLE_DEBUG_MODE", json!({})).0.unwrap();
    assert!(events(&run(&mut model, 10)).contains(&"DEBUG_TRACE"));
    execute(&mut model, "DISABLE_DEBUG_MODE", json!({})).0.unwrap();
    run(&mut model, 1);
    assert!(!events(&run(&mut model, 10)).contains(&"DEBUG_TRACE"));
}

#[test]
fn a_restart_goes_through_error_and_idle_and_ends_a_crash() {
    let mut model = model(7);
    model.begin_incident(&Incident { kind: IncidentKind::ServiceCrash, duration: Duration::from_secs(600) });
    let outputs = run(&mut model, 5);
    assert_eq!(alerts(&outputs), [("SERVICES_DOWN", AlertCondition::Firing)]);
    assert_eq!(model.status().state, DashboardState::Error);
    assert!(
        execute(&mut model, "INGEST_DATA", json!({"source": "scada"})).0.unwrap_err().contains("restart")
    );

    assert_eq!(model.apply(&command(2, "RESTART_SERVICES", json!({}))), Applied::Pending);
    let mut states = vec![];
    let mut outputs = vec![];
    for _ in 0..20 {
        outputs.extend(model.step(TICK, model.now));
        states.push(model.status().state);
    }
    assert_eq!(states[0], DashboardState::Error);
    assert!(states.contains(&DashboardState::Idle));
    assert_ne!(states[19], DashboardState::Error);
    assert_eq!(alerts(&outputs), [("SERVICES_DOWN", AlertCondition::Resolved)]);
    assert!(outputs.iter().any(|output| matches!(output, Output::CommandDone { outcome: Ok(_), .. })));
}

#[test]
fn a_restart_of_healthy_services_raises_no_alert() {
    for seed in 0..20 {
        let mut model = model(seed);
        let (outcome, mut outputs) = execute(&mut model, "RESTART_SERVICES", json!({}));
        outcome.unwrap();
        outputs.extend(run(&mut model, 60));
        assert_eq!(alerts(&outputs), [], "seed {seed}");
    }
}

#[test]
fn good_data_mends_the_quality_even_after_a_refresh_from_a_faulty_sensor() {
    let mut model = model(13);
    execute(&mut model, "INGEST_DATA", json!({"source": FAULTY_SOURCE})).0.unwrap();
    execute(&mut model, "REFRESH_DATA", json!({})).0.unwrap();
    let (_, outputs) = execute(&mut model, "INGEST_DATA", json!({"source": "scada"}));
    assert_eq!(alerts(&outputs), [("DATA_QUALITY", AlertCondition::Resolved)]);
}

#[test]
fn diagnostics_and_queries_tell_what_is() {
    let mut model = model(8);
    let diagnostics = execute(&mut model, "COLLECT_DIAGNOSTICS", json!({})).0.unwrap();
    assert_eq!(diagnostics["dashboard"]["id"], "energy-north");
    assert_eq!(diagnostics["status"], json!(model.status()));
    assert!(model.answer("METRICS").unwrap()["workflows"].is_object());
    assert_eq!(model.answer("CONFIGURATION").unwrap()["qualityThreshold"], 80.0);
    assert!(model.answer("WEATHER").unwrap_err().contains("WORKFLOWS"));
}

#[test]
fn a_configuration_is_put_in_force_whole_or_not_at_all() {
    let mut model = model(9);
    let push = |model: &mut Model, values: Value| model.configure(&Configuration { version: 3, values });
    push(&mut model, json!({"qualityThreshold": 99.9, "reportInterval": 2000})).unwrap();
    assert_eq!((model.settings().version, model.settings().report_interval), (3, 2000));
    assert_eq!(alerts(&run(&mut model, 1)), [("DATA_QUALITY", AlertCondition::Firing)]);
    for values in [json!({"qualityThreshold": 50, "reportInterval": 1}), json!({"colour": "red"}), json!([1])]
    {
        assert!(push(&mut model, values).is_err());
        assert_eq!(model.settings().quality_threshold, 99.9);
    }
}

#[test]
fn every_incident_is_felt_and_passes() {
    for kind in IncidentKind::ALL {
        let mut model = model(10);
        run(&mut model, 60);
        model.begin_incident(&Incident { kind, duration: Duration::from_secs(120) });
        let during = run(&mut model, 130);
        let felt = alerts(&during).iter().any(|(_, condition)| *condition == AlertCondition::Firing)
            || during.iter().any(|output| {
                matches!(output, Output::Event(event) if event.kind == "AGENT_RESULT"
                && event.payload["success"] == false)
            });
        assert!(felt, "{kind:?} left no trace");
        run(&mut model, 900);
        assert_eq!(model.alerts.open(), 0, "{kind:?} never passed");
        assert_ne!(model.status().state, DashboardState::Error);
    }
}

#[test]
fn a_fleet_without_incidents_is_calm() {
    let firing = (0..24)
        .flat_map(|seed| run(&mut model(seed), 600))
        .filter(|output| matches!(output, Output::Alert(alert) if alert.condition == AlertCondition::Firing))
        .count();
    assert_eq!(firing, 0);
}

fn any_command() -> impl Strategy<Value = (String, Value)> {
    let kinds: Vec<String> = catalog::seed_commands().into_iter().map(|command| command.kind).collect();
    let payload = prop_oneof![
        Just(json!({})),
        Just(json!({"source": "scada"})),
        Just(json!({"source": FAULTY_SOURCE, "params": {"limit": 10, "mode": "replace"}})),
        Just(json!({"workflowId": "bill-consumption"})),
        Just(json!({"agentId": "anomaly"})),
        Just(json!({"executionId": "bill-consumption-40"})),
        Just(json!({"format": "csv", "tabId": "data", "modalId": "help"})),
    ];
    (proptest::sample::select(kinds), payload)
}

#[derive(Debug, Clone)]
enum Step {
    Command(String, Value),
    Cancel(usize),
    Wait(u64),
    Incident(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any_command().prop_map(|(kind, payload)| Step::Command(kind, payload)),
        1 => (0_usize..40).prop_map(Step::Cancel),
        3 => (1_u64..20).prop_map(Step::Wait),
        1 => (0_usize..IncidentKind::ALL.len()).prop_map(Step::Incident),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever operators do and whatever goes wrong: every command ends exactly once, percentages stay percentages,
    /// and alerts are resolved only after they were raised.
    #[test]
    fn every_command_ends_once_and_numbers_stay_in_range(
        seed: u64,
        steps in proptest::collection::vec(any_step(), 1..60),
    ) {
        let mut model = model(seed);
        let mut outputs = vec![];
        let mut pending: HashMap<CommandId, u32> = HashMap::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Command(kind, payload) => {
                    let command = command(number, &kind, payload);
                    if model.apply(&command) == Applied::Pending {
                        pending.insert(command.id, 0);
                    }
                }
                Step::Cancel(number) => { model.cancel(&CommandId::new(&format!("c{number}")).unwrap()); }
                Step::Wait(seconds) => outputs.extend(run(&mut model, seconds)),
                Step::Incident(kind) => model.begin_incident(&Incident {
                    kind: IncidentKind::ALL[kind], duration: Duration::from_secs(30),
                }),
            }
            let (status, data) = (model.status(), model.data());
            for percent in [status.performance.error_rate, data.error_rate, data.data_quality, model.agents().success_rate] {
                prop_assert!((0.0..=100.0).contains(&percent));
            }
            prop_assert!(status.performance.response_time > 0.0 && status.performance.throughput >= 0.0);
            prop_assert_eq!(status.data_status.has_data, status.data_status.record_count > 0);
        }
        outputs.extend(run(&mut model, 600));
        let mut open: HashMap<String, bool> = HashMap::new();
        for output in &outputs {
            match output {
                Output::CommandDone { command, .. } => *pending.get_mut(command).expect("not pending") += 1,
                Output::Alert(alert) => {
                    let key = format!("{} {:?}", alert.kind, alert.fingerprint);
                    let firing = alert.condition == AlertCondition::Firing;
                    let before = open.insert(key, firing).unwrap_or(false);
                    prop_assert!(firing || before, "{} resolved, but never raised", alert.kind);
                }
                _ => {}
            }
        }
        for (command, times) in pending {
            prop_assert_eq!(times, 1, "{}", command);
        }
    }
}
