use std::{collections::BTreeMap, sync::LazyLock};

use mission_control_protocol::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const ACCEPT: i64 = 10_000;
const ACCEPT_TIME: Duration = Duration::from_secs(10);
const LIFE: i64 = 60_000;

fn dashboard(name: &str) -> DashboardId {
    DashboardId::new(name).unwrap()
}

fn id(number: usize) -> CommandId {
    CommandId::new(&format!("command-{number:04}")).unwrap()
}

fn operator() -> OperatorId {
    OperatorId::new("alice").unwrap()
}

/// A moment of the tests' time.
fn at(milliseconds: i64) -> Instant {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    *START + Duration::from_millis(milliseconds.unsigned_abs())
}

fn command(number: usize, target: &str, issued_at: i64) -> Command {
    Command {
        id: id(number),
        kind: "REFRESH_DATA".to_owned(),
        payload: Value::Null,
        dashboard_id: dashboard(target),
        issued_by: operator(),
        issued_at: Timestamp::from_milliseconds(issued_at),
        expires_at: Timestamp::from_milliseconds(issued_at + LIFE),
    }
}

fn outcome(number: usize, success: bool, error: Option<&str>) -> CommandResult {
    CommandResult {
        command_id: id(number),
        success,
        result: None,
        error: error.map(str::to_owned),
        duration: Some(1.0),
    }
}

fn stages(steps: &[Step]) -> Vec<CommandStage> {
    steps.iter().map(|step| step.record.stage).collect()
}

/// A ledger with one command that has been written to the socket at time 0.
fn sent() -> Ledger {
    let mut ledger = Ledger::new(ACCEPT_TIME);
    ledger.issue(command(1, "a", 0), at(LIFE));
    ledger.hand_over(&id(1)).unwrap();
    ledger.written(&id(1), at(0)).unwrap();
    ledger
}

#[test]
fn a_command_goes_through_its_stages() {
    let mut ledger = Ledger::new(ACCEPT_TIME);
    assert_eq!(ledger.issue(command(1, "a", 0), at(LIFE)).record.stage, CommandStage::Queued);
    assert!(ledger.hand_over(&id(1)).is_some());
    assert!(ledger.hand_over(&id(1)).is_none(), "handed over once");
    assert_eq!(ledger.written(&id(1), at(1)).unwrap().record.stage, CommandStage::Sent);
    let a = dashboard("a");
    let accepted = ledger.progress(&a, &id(1), ProgressStage::Accepted, None, None).unwrap();
    assert_eq!(stages(&accepted), [CommandStage::Accepted]);
    assert_eq!(ledger.progress(&a, &id(1), ProgressStage::Accepted, None, None).unwrap(), []);
    for _ in 0..2 {
        let running = ledger.progress(&a, &id(1), ProgressStage::Running, Some(0.5), None).unwrap();
        assert_eq!(stages(&running), [CommandStage::Running]);
    }
    assert_eq!(stages(&ledger.result(&a, outcome(1, true, None)).unwrap()), [CommandStage::Succeeded]);
    assert_eq!(ledger.result(&a, outcome(1, true, None)).unwrap(), [], "said already");
    let revised = ledger.result(&a, outcome(1, false, None)).unwrap_err();
    assert_eq!(revised.code, ErrorCode::CommandStageConflict);
}

#[test]
fn a_command_that_is_not_accepted_times_out_and_a_late_result_is_the_truth() {
    let mut ledger = sent();
    assert_eq!(ledger.tick(at(ACCEPT - 1)), []);
    assert_eq!(stages(&ledger.tick(at(ACCEPT))), [CommandStage::TimedOut]);
    assert_eq!(
        stages(&ledger.result(&dashboard("a"), outcome(1, true, None)).unwrap()),
        [CommandStage::Succeeded]
    );
}

#[test]
fn a_running_command_has_until_it_expires() {
    let mut ledger = sent();
    ledger.progress(&dashboard("a"), &id(1), ProgressStage::Running, None, None).unwrap();
    assert_eq!(ledger.tick(at(LIFE - 1)), []);
    assert_eq!(stages(&ledger.tick(at(LIFE))), [CommandStage::TimedOut]);
}

#[test]
fn what_was_never_written_expires() {
    let mut ledger = Ledger::new(ACCEPT_TIME);
    ledger.issue(command(1, "a", 0), at(LIFE));
    assert_eq!(stages(&ledger.tick(at(LIFE))), [CommandStage::Expired]);
}

#[test]
fn what_was_not_written_before_a_loss_is_handed_over_again() {
    let mut ledger = Ledger::new(ACCEPT_TIME);
    ledger.issue(command(1, "a", 0), at(LIFE));
    ledger.hand_over(&id(1)).unwrap();
    assert_eq!(ledger.disconnected(&dashboard("a")), []);
    assert_eq!(ledger.queued_for(&dashboard("a")), [id(1)]);
    assert!(ledger.hand_over(&id(1)).is_some());
}

#[test]
fn cancelling_depends_on_how_far_it_got() {
    let mut ledger = Ledger::new(ACCEPT_TIME);
    ledger.issue(command(1, "a", 0), at(LIFE));
    let Cancellation::Cancelled(step) = ledger.cancel(&id(1), operator()).unwrap() else {
        panic!("not sent yet")
    };
    assert_eq!(step.record.stage, CommandStage::Cancelled);
    assert_eq!(ledger.cancel(&id(1), operator()).unwrap_err().code, ErrorCode::CommandStageConflict);

    let mut ledger = sent();
    assert_eq!(ledger.cancel(&id(1), operator()).unwrap(), Cancellation::Ask(dashboard("a")));
    let steps = ledger.result(&dashboard("a"), outcome(1, false, Some("cancelled"))).unwrap();
    assert_eq!(stages(&steps), [CommandStage::Cancelled]);
    assert_eq!(steps[0].record.message.as_deref(), Some("cancelled on request of alice"));
    assert_eq!(ledger.cancel(&id(7), operator()).unwrap_err().code, ErrorCode::CommandUnknown);
}

#[test]
fn another_dashboards_command_is_unknown() {
    let mut ledger = sent();
    let b = dashboard("b");
    assert_eq!(ledger.result(&b, outcome(1, true, None)).unwrap_err().code, ErrorCode::CommandUnknown);
    let error = ledger.progress(&b, &id(1), ProgressStage::Accepted, None, None).unwrap_err();
    assert_eq!(error.code, ErrorCode::CommandUnknown);
    assert_eq!(
        stages(&ledger.result(&dashboard("a"), outcome(1, true, None)).unwrap()),
        [CommandStage::Succeeded]
    );
}

#[test]
fn a_result_to_a_command_not_known_to_be_sent_catches_up() {
    let mut ledger = Ledger::new(ACCEPT_TIME);
    ledger.restore(command(1, "a", 0), CommandStage::Queued, at(LIFE));
    let steps = ledger.result(&dashboard("a"), outcome(1, true, None)).unwrap();
    assert_eq!(stages(&steps), [CommandStage::Sent, CommandStage::Succeeded]);
}

#[test]
fn after_a_restart_a_sent_command_waits_for_its_result_until_it_expires() {
    let mut ledger = Ledger::new(ACCEPT_TIME);
    ledger.restore(command(1, "a", 0), CommandStage::Sent, at(LIFE));
    assert_eq!(ledger.tick(at(LIFE - 1)), []);
    assert_eq!(stages(&ledger.tick(at(LIFE))), [CommandStage::TimedOut]);
}

proptest! {
    /// Whatever happens, in whatever order, each step recorded is one that the command's stage allows.
    #[test]
    fn every_step_is_a_possible_one(
        steps in prop::collection::vec((0..9_u8, 0..3_usize, prop::bool::ANY, 0..20_000_i64), 0..300)
    ) {
        let mut ledger = Ledger::new(ACCEPT_TIME);
        let mut known: BTreeMap<CommandId, CommandStage> = BTreeMap::new();
        let mut now = 0;
        for (number, (what, which, flag, pause)) in steps.into_iter().enumerate() {
            now += pause;
            let target = ["a", "b"][usize::from(flag)];
            let some = known.keys().rev().nth(which).cloned();
            let recorded: Vec<Step> = match (what, some) {
                (0, _) => vec![ledger.issue(command(number, target, now), at(now + LIFE))],
                (1, _) => vec![ledger.refuse(command(number, target, now),
                    &ProtocolError::new(ErrorCode::PayloadInvalid, ""))],
                (2, _) => ledger.tick(at(now)),
                (3, _) => ledger.disconnected(&dashboard(target)),
                (4, Some(id)) => {
                    ledger.hand_over(&id);
                    if flag { ledger.written(&id, at(now)).into_iter().collect() } else { Vec::new() }
                }
                (5, Some(id)) => match ledger.cancel(&id, operator()) {
                    Ok(Cancellation::Cancelled(step)) => vec![*step],
                    _ => Vec::new(),
                },
                (6, Some(id)) => {
                    let stage = if flag { ProgressStage::Running } else { ProgressStage::Accepted };
                    ledger.progress(&dashboard("a"), &id, stage, None, None).unwrap_or_default()
                }
                (_, Some(id)) => {
                    let result = CommandResult { command_id: id, ..outcome(0, flag, Some("cancelled")) };
                    ledger.result(&dashboard("a"), result).unwrap_or_default()
                }
                (_, None) => Vec::new(),
            };
            for step in recorded {
                let id = step.record.command_id;
                match known.get(&id) {
                    None => prop_assert!(step.record.command.is_some()),
                    Some(stage) => prop_assert!(stage.may_become(step.record.stage), "{stage:?} {:?}", step.record.stage),
                }
                known.insert(id, step.record.stage);
            }
        }
        let open = known.values().filter(|stage| !stage.is_final()).count();
        prop_assert_eq!(open, ledger.open.len());
    }
}
