//! The state machine of alerts, step by step and by properties.

mod rules;

use std::collections::BTreeMap;

use mission_control_protocol::{
    Alert, AlertId, DashboardConfig, DashboardId, EnrichedAlert, ErrorCode, OperatorId, Severity, SilenceId,
    Timestamp,
    alert::{AlertCondition, AlertState, AlertTransition},
    alerting::{
        AlertPolicyChange, AlertSettings, EscalationAfter, Hold, Inhibition, MaintenanceWindow, Matcher,
        Silence, SilenceEnd, WindowSchedule,
    },
    limits::OPEN_ALERTS_LIMIT,
    operator_wire::OperatorRequest,
};
use mission_control_store::{Projection, projection::fold_alert};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::manager::{Body, HUB, Manager, Step};

const MINUTE: i64 = 60_000;

pub(super) fn alert(dashboard: &str, title: &str) -> EnrichedAlert {
    EnrichedAlert {
        alert: Alert {
            kind: "DATA_QUALITY".to_owned(),
            severity: Severity::Warning,
            title: title.to_owned(),
            message: String::new(),
            actions: Vec::new(),
            condition: AlertCondition::Firing,
            fingerprint: None,
        },
        source: "dashboard".to_owned(),
        dashboard_id: DashboardId::new(dashboard).unwrap(),
        context: Value::Null,
        timestamp: Timestamp::from_milliseconds(0),
    }
}

fn over(mut alert: EnrichedAlert) -> EnrichedAlert {
    alert.alert.condition = AlertCondition::Resolved;
    alert
}

fn id(number: usize) -> AlertId {
    AlertId::new(&format!("alert-{number:06}")).unwrap()
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_700_000_000_000 + milliseconds)
}

fn operator() -> OperatorId {
    OperatorId::new("amara").unwrap()
}

fn matcher(text: &str) -> Matcher {
    text.parse().unwrap()
}

/// A manager beside the projection that a console folds from its records.
struct Bench {
    manager: Manager,
    folded: Projection,
    next: usize,
}

impl Bench {
    fn new() -> Self {
        let folded = Projection::default();
        let manager = Manager::new(&folded, DashboardId::new(HUB).unwrap());
        let mut bench = Self { manager, folded, next: 0 };
        // Alone, alerts are easier to follow.
        let settings = AlertSettings { group_by: Vec::new(), ..AlertSettings::default() };
        bench.ask(OperatorRequest::SaveAlertSettings { settings }, 0).unwrap();
        for (dashboard, use_case) in [("energy-01", "energy"), ("energy-02", "energy"), ("water-01", "water")]
        {
            let config: DashboardConfig = serde_json::from_value(json!({
                "id": dashboard, "type": "run-dashboard", "useCase": use_case, "version": "1",
                "metadata": {"environment": "production"}
            }))
            .unwrap();
            bench.manager.registered(&config);
        }
        bench
    }

    fn keep(&mut self, steps: &[Step], now: i64) {
        for step in steps {
            match step.body.clone() {
                Body::Alert(record) => fold_alert(
                    &mut self.folded.alerts,
                    &mut self.folded.alert_policies,
                    (at(now), &step.dashboard_id),
                    *record,
                ),
                Body::Policy(record) => self.folded.alert_policies.apply(at(now), *record),
            }
        }
    }

    fn try_report(
        &mut self,
        alert: EnrichedAlert,
        now: i64,
    ) -> Result<Vec<Step>, mission_control_protocol::ProtocolError> {
        self.next += 1;
        let steps = self.manager.report(alert, &[], id(self.next), at(now))?;
        self.keep(&steps, now);
        Ok(steps)
    }

    /// Reports, and returns the transitions it led to.
    fn report(&mut self, alert: EnrichedAlert, now: i64) -> Vec<AlertTransition> {
        transitions(&self.try_report(alert, now).unwrap())
    }

    fn ask(
        &mut self,
        request: OperatorRequest,
        now: i64,
    ) -> Result<Vec<Step>, mission_control_protocol::ProtocolError> {
        let (steps, _) = self.manager.asked(request, operator(), at(now))?;
        self.keep(&steps, now);
        Ok(steps)
    }

    fn sweep(&mut self, now: i64) -> Vec<Step> {
        if !self.manager.is_due(at(now)) {
            return Vec::new();
        }
        let steps = self.manager.sweep(at(now));
        self.keep(&steps, now);
        steps
    }

    fn holds(&self, number: usize) -> Vec<Hold> {
        self.folded.alerts.get(&id(number)).unwrap().held_by.clone()
    }
}

fn transitions(steps: &[Step]) -> Vec<AlertTransition> {
    steps
        .iter()
        .filter_map(|step| match &step.body {
            Body::Alert(record) => Some(record.transition),
            Body::Policy(_) => None,
        })
        .collect()
}

fn silence(name: &str, matchers: &[&str], ends: i64) -> Silence {
    Silence {
        id: SilenceId::new(name).unwrap(),
        matchers: matchers.iter().map(|text| matcher(text)).collect(),
        starts_at: None,
        ends_at: at(ends),
        comment: "maintenance".to_owned(),
        ends_with_problem: false,
        created_by: None,
    }
}

#[test]
fn a_problem_is_one_episode_until_it_is_over() {
    let mut bench = Bench::new();
    assert_eq!(bench.report(alert("energy-01", "low"), 1), [AlertTransition::Raised]);
    assert_eq!(bench.report(alert("energy-01", "low"), 2), [AlertTransition::Repeated]);
    assert_eq!(bench.report(over(alert("energy-01", "low")), 3), [AlertTransition::Resolved]);
    assert_eq!(bench.report(alert("energy-01", "low"), 4), [AlertTransition::Raised]);
    let first = bench.folded.alerts.get(&id(1)).unwrap();
    assert_eq!((first.count, first.first_seen, first.last_seen), (2, at(1), at(2)));
    assert_eq!(first.label("useCase"), Some("energy"));
    assert_eq!(first.label("environment"), Some("production"));
    assert!(bench.folded.alerts.get(&id(4)).unwrap().is_open());
}

#[test]
fn an_alert_is_acknowledged_once_and_a_resolved_one_not_at_all() {
    let mut bench = Bench::new();
    bench.report(alert("energy-01", "low"), 1);
    let acknowledge = || OperatorRequest::AcknowledgeAlert { alert_id: id(1), note: None };
    bench.ask(acknowledge(), 2).unwrap();
    assert_eq!(bench.ask(acknowledge(), 3).unwrap_err().code, ErrorCode::AlertStateConflict);
    let resolve = |number| OperatorRequest::ResolveAlert { alert_id: id(number), note: None };
    bench.ask(resolve(1), 4).unwrap();
    assert_eq!(bench.ask(resolve(1), 5).unwrap_err().code, ErrorCode::AlertStateConflict);
    assert_eq!(bench.ask(resolve(9), 6).unwrap_err().code, ErrorCode::AlertUnknown);
    let nothing = bench.try_report(over(alert("energy-01", "low")), 7).unwrap_err();
    assert_eq!(nothing.code, ErrorCode::AlertUnknown);
}

#[test]
fn requests_that_are_sent_twice_are_one() {
    let mut bench = Bench::new();
    bench.report(alert("energy-01", "low"), 1);
    let requests = [
        OperatorRequest::AssignAlert { alert_id: id(1), to: Some(operator()), note: None },
        OperatorRequest::ShelveAlert { alert_id: id(1), until: at(MINUTE), note: None },
        OperatorRequest::UnshelveAlert { alert_id: id(1) },
        OperatorRequest::AddAlertNote { alert_id: id(1), note_id: Uuid::from_u128(1), note: "x".to_owned() },
        OperatorRequest::CreateSilence { silence: silence("s", &["useCase=water"], MINUTE).into() },
        OperatorRequest::ExpireSilence { silence_id: SilenceId::new("s").unwrap() },
        OperatorRequest::EnableRule { rule_id: "dashboard-lost".parse().unwrap(), enabled: false },
        OperatorRequest::DeleteRule { rule_id: "cpu-saturated".parse().unwrap() },
        OperatorRequest::ResolveAlert { alert_id: id(1), note: None },
        OperatorRequest::ReopenAlert { alert_id: id(1), note: None },
    ];
    for (number, request) in (10..).zip(requests) {
        assert!(!bench.ask(request.clone(), number).unwrap().is_empty(), "{request:?}");
        if !matches!(request, OperatorRequest::ResolveAlert { .. }) {
            assert_eq!(bench.ask(request.clone(), number + 1).unwrap(), [], "{request:?}");
        }
    }
    let reopened = bench.folded.alerts.get(&id(1)).unwrap();
    assert_eq!(
        (reopened.state, reopened.reopened, reopened.resolved.is_none()),
        (AlertState::Raised, 1, true)
    );
    assert_eq!(reopened.notes.len(), 1);
}

#[test]
fn a_silence_holds_says_what_it_held_warns_and_lets_go() {
    let mut bench = Bench::new();
    bench.report(alert("energy-01", "before"), 1);
    let silence = silence("calm", &["useCase=energy", "dashboard!=energy-02"], 60 * MINUTE);
    bench.ask(OperatorRequest::CreateSilence { silence: silence.into() }, 2).unwrap();
    let by = Hold::Silenced { silence_id: SilenceId::new("calm").unwrap() };
    assert_eq!(bench.holds(1), std::slice::from_ref(&by));
    bench.report(alert("energy-01", "during"), 3);
    bench.report(alert("energy-01", "during"), 4);
    bench.report(alert("energy-02", "other"), 5);
    bench.report(alert("water-01", "other"), 6);
    assert_eq!([2, 4, 5].map(|number| bench.holds(number)), [vec![by], vec![], vec![]]);
    let known = bench.folded.alert_policies.silence(&SilenceId::new("calm").unwrap()).unwrap();
    assert_eq!((known.held, known.reports), (2, 2));
    assert!(bench.sweep(49 * MINUTE).iter().all(|step| matches!(step.body, Body::Alert(_))));
    let warning = bench.sweep(50 * MINUTE + 1);
    let Body::Policy(record) = &warning[0].body else { panic!("no notice") };
    assert_eq!(
        record.change,
        AlertPolicyChange::SilenceEnding {
            silence_id: SilenceId::new("calm").unwrap(),
            ends_at: at(60 * MINUTE),
            holding: 2
        }
    );
    let ended = bench.sweep(60 * MINUTE);
    assert_eq!(transitions(&ended), [AlertTransition::Notified; 2]);
    assert_eq!(bench.holds(1), []);
}

#[test]
fn a_silence_may_end_with_its_problem() {
    let mut bench = Bench::new();
    let silence =
        Silence { ends_with_problem: true, ..silence("calm", &["dashboard=energy-01"], 60 * MINUTE) };
    bench.ask(OperatorRequest::CreateSilence { silence: silence.into() }, 1).unwrap();
    assert_eq!(bench.sweep(10), []);
    bench.report(alert("energy-01", "low"), 20);
    bench.sweep(1_020);
    bench.report(over(alert("energy-01", "low")), 2_000);
    let ended = bench.sweep(3_000);
    let Body::Policy(record) = &ended[0].body else { panic!("it goes on") };
    assert!(matches!(
        record.change,
        AlertPolicyChange::SilenceExpired { reason: SilenceEnd::ProblemOver, .. }
    ));
}

#[test]
fn an_inhibitor_explains_and_lets_go_and_never_itself() {
    let mut bench = Bench::new();
    let inhibition = Inhibition {
        id: "lost".parse().unwrap(),
        title: "A lost dashboard explains the rest".to_owned(),
        source: vec![matcher("type=LOST")],
        target: vec![matcher("severity=~warning|error")],
        equal: vec!["dashboard".to_owned()],
    };
    bench.ask(OperatorRequest::SaveInhibition { inhibition: inhibition.into() }, 0).unwrap();
    let mut lost = alert("energy-01", "lost");
    lost.alert.kind = "LOST".to_owned();
    bench.report(lost.clone(), 1);
    bench.report(alert("energy-01", "low"), 2);
    bench.report(alert("energy-02", "low"), 3);
    assert_eq!(bench.holds(1), []);
    assert_eq!(bench.holds(2), [Hold::Inhibited { inhibition_id: "lost".parse().unwrap(), by: id(1) }]);
    assert_eq!(bench.holds(3), []);
    assert_eq!(bench.folded.alert_policies.held_by("lost"), 1);
    bench.report(over(lost), 4);
    assert_eq!(transitions(&bench.sweep(1_000)), [AlertTransition::Notified]);
}

#[test]
fn a_shelf_and_a_maintenance_window_end_by_themselves() {
    let mut bench = Bench::new();
    bench.report(alert("energy-01", "low"), 1);
    let shelve = OperatorRequest::ShelveAlert { alert_id: id(1), until: at(MINUTE), note: None };
    assert_eq!(
        transitions(&bench.ask(shelve, 2).unwrap()),
        [AlertTransition::Shelved, AlertTransition::Held]
    );
    let window = MaintenanceWindow {
        id: "night".parse().unwrap(),
        title: "Upgrade".to_owned(),
        matchers: vec![matcher("dashboard=energy-01")],
        schedule: WindowSchedule::Once { from: at(30_000), to: at(2 * MINUTE) },
    };
    bench.ask(OperatorRequest::SaveMaintenanceWindow { window: window.into() }, 3).unwrap();
    bench.sweep(30_000);
    assert_eq!(bench.holds(1).len(), 2);
    assert_eq!(transitions(&bench.sweep(MINUTE)), [AlertTransition::Unshelved, AlertTransition::Held]);
    assert_eq!(bench.holds(1), [Hold::Maintenance { window_id: "night".parse().unwrap() }]);
    assert_eq!(transitions(&bench.sweep(2 * MINUTE)), [AlertTransition::Notified]);
    let late = OperatorRequest::ShelveAlert { alert_id: id(1), until: at(0), note: None };
    assert_eq!(bench.ask(late, 3 * MINUTE).unwrap_err().code, ErrorCode::AlertPolicyInvalid);
}

#[test]
fn a_group_is_told_together_and_critical_alerts_never_wait() {
    let mut bench = Bench::new();
    let settings = AlertSettings { group_by: vec!["useCase".to_owned()], ..AlertSettings::default() };
    bench.ask(OperatorRequest::SaveAlertSettings { settings }, 0).unwrap();
    for title in ["one", "two", "three"] {
        bench.report(alert("energy-01", title), 1_000);
    }
    let mut worst = alert("energy-02", "worst");
    worst.alert.severity = Severity::Critical;
    bench.report(worst, 1_001);
    bench.report(alert("water-01", "other"), 1_002);
    let held = Hold::Grouped { with: id(1), until: at(31_000) };
    assert_eq!(
        [1, 2, 3, 4, 5].map(|number| bench.holds(number)),
        [vec![], vec![held.clone()], vec![held], vec![], vec![]]
    );
    assert_eq!(bench.sweep(2_000), []);
    assert_eq!(transitions(&bench.sweep(31_000)), [AlertTransition::Notified; 2]);
}

#[test]
fn what_nobody_takes_up_is_escalated_three_times() {
    let mut bench = Bench::new();
    let settings = AlertSettings {
        group_by: Vec::new(),
        escalation: vec![EscalationAfter { severity: Severity::Warning, after_seconds: 60 }],
        ..AlertSettings::default()
    };
    bench.ask(OperatorRequest::SaveAlertSettings { settings }, 0).unwrap();
    bench.report(alert("energy-01", "low"), 0);
    bench.report(alert("energy-01", "taken"), 0);
    bench.ask(OperatorRequest::AcknowledgeAlert { alert_id: id(2), note: None }, 1).unwrap();
    let mut levels = Vec::new();
    for second in 0..600 {
        for step in bench.sweep(second * 1_000) {
            let Body::Alert(record) = step.body else { continue };
            assert_eq!((record.transition, &record.alert_id), (AlertTransition::Escalated, &id(1)));
            levels.push((second, record.level.unwrap()));
        }
    }
    assert_eq!(levels, [(60, 1), (120, 2), (180, 3)]);
}

#[test]
fn a_producer_that_flaps_at_ten_hertz_is_one_open_alert_with_exact_counts() {
    let mut bench = Bench::new();
    let mut told = 0;
    for number in 0..3_000 {
        let now = number * 100;
        let said = alert("energy-01", "flap");
        let said = if number % 2 == 0 { said } else { over(said) };
        let steps = bench.try_report(said, now).unwrap();
        told += transitions(&steps).iter().filter(|it| **it == AlertTransition::Raised).count();
        bench.sweep(now);
    }
    assert_eq!(told, 4);
    let open: Vec<_> = bench.folded.alerts.open().collect();
    assert_eq!(open.len(), 1);
    assert!(open[0].flapping);
    // Three episodes took two reports each; the fourth has the rest, the one that raised it not being a flap.
    assert_eq!((open[0].flaps, open[0].count), (3_000 - 6 - 1, (3_000 - 6) / 2));
    // It said last that it is over, and once it is steady it is.
    let id = open[0].id.clone();
    let mut last = Vec::new();
    for second in 300..700 {
        last.extend(transitions(&bench.sweep(second * 1_000)));
    }
    assert_eq!(last, [AlertTransition::Steady, AlertTransition::Resolved]);
    assert!(bench.folded.alerts.is_over(&id));
}

#[test]
fn a_dashboards_open_alerts_are_bounded_and_the_oldest_makes_room() {
    let mut bench = Bench::new();
    let mut displaced = Vec::new();
    for number in 1..=OPEN_ALERTS_LIMIT + 3 {
        let steps = bench.try_report(alert("energy-01", &format!("title {number}")), number as i64).unwrap();
        displaced.extend(steps.into_iter().filter_map(|step| match step.body {
            Body::Alert(record) if record.transition == AlertTransition::Resolved => Some(record),
            _ => None,
        }));
    }
    let ids: Vec<_> = displaced.iter().map(|record| record.alert_id.clone()).collect();
    assert_eq!(ids, [id(1), id(2), id(3)]);
    assert!(displaced.iter().all(|record| record.note.as_ref().unwrap().contains("resolved by the hub")));
    assert_eq!(bench.folded.alerts.open_count(), OPEN_ALERTS_LIMIT);
}

#[test]
fn ten_thousand_alerts_are_counted_exactly_and_looked_at_once() {
    let mut bench = Bench::new();
    for number in 0..10_000 {
        bench.report(alert("energy-01", &format!("title {}", number % 100)), number / 10);
    }
    assert_eq!(bench.folded.alerts.open_count(), 100);
    assert_eq!(bench.folded.alerts.open().map(|alert| alert.count).sum::<u64>(), 10_000);
}

#[test]
fn what_is_wrong_with_a_rule_or_a_text_of_rules_changes_nothing() {
    let mut bench = Bench::new();
    for toml in ["[[rule]]\nid = ", "[[rule]]\nid = \"a\"\ntitle = \"A\"\nseverity = \"info\"\n"] {
        let error = bench.ask(OperatorRequest::ImportRules { toml: toml.to_owned() }, 1).unwrap_err();
        assert_eq!(error.code, ErrorCode::AlertPolicyInvalid);
        assert!(error.message.contains("line"), "{error}");
    }
    let toml = r#"
        [[rule]]
        id = "slow"
        title = "Slow"
        severity = "warning"
        condition = { kind = "THRESHOLD", metric = "status.responseTime", comparison = "ABOVE", value = 5 }
        [[rule]]
        id = "bad"
        title = "Bad"
        severity = "warning"
        condition = { kind = "THRESHOLD", metric = "status.responseTime", unit = "s", comparison = "ABOVE", value = 5 }
    "#;
    let error = bench.ask(OperatorRequest::ImportRules { toml: toml.to_owned() }, 1).unwrap_err();
    assert!(error.message.contains("is in ms"), "{error}");
    assert!(bench.manager.policies().rule(&"slow".parse().unwrap()).is_none());
    let toml = toml.replace("\"s\"", "\"ms\"");
    bench.ask(OperatorRequest::ImportRules { toml }, 1).unwrap();
    let rule = bench.folded.alert_policies.rule(&"slow".parse().unwrap()).unwrap();
    let request = OperatorRequest::SaveRule { rule: Box::new(rule.rule.clone()), expected_version: Some(7) };
    assert_eq!((rule.version, rule.rule.enabled), (1, true));
    assert_eq!(bench.ask(request, 1).unwrap_err().code, ErrorCode::AlertPolicyConflict);
}

/// One thing that may happen.
#[derive(Debug, Clone)]
enum Happening {
    Report { which: usize, firing: bool },
    Ask { what: u8, which: usize },
    Time(i64),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        5 => (0..4_usize, any::<bool>()).prop_map(|(which, firing)| Happening::Report { which, firing }),
        3 => (0..12_u8, 0..6_usize).prop_map(|(what, which)| Happening::Ask { what, which }),
        2 => prop_oneof![Just(1_000), Just(30_000), Just(400_000), Just(4_000_000)].prop_map(Happening::Time),
    ];
    prop::collection::vec(one, 0..120)
}

fn request(what: u8, alert_id: AlertId, now: i64) -> OperatorRequest {
    match what {
        0 => OperatorRequest::AcknowledgeAlert { alert_id, note: Some("mine".to_owned()) },
        1 => OperatorRequest::ResolveAlert { alert_id, note: None },
        2 => OperatorRequest::AssignAlert { alert_id, to: Some(operator()), note: None },
        3 => OperatorRequest::ShelveAlert { alert_id, until: at(now + 5 * MINUTE), note: None },
        4 => OperatorRequest::UnshelveAlert { alert_id },
        5 | 6 => OperatorRequest::ReopenAlert { alert_id, note: None },
        7 => OperatorRequest::CreateSilence {
            silence: Box::new(Silence {
                ends_with_problem: true,
                ..silence("s", &["dashboard=~energy.*"], now + MINUTE)
            }),
        },
        8 => OperatorRequest::ExpireSilence { silence_id: SilenceId::new("s").unwrap() },
        9 => OperatorRequest::SaveInhibition {
            inhibition: Box::new(Inhibition {
                id: "i".parse().unwrap(),
                title: String::new(),
                source: vec![matcher("dashboard=energy-01")],
                target: vec![matcher("dashboard!=energy-01")],
                equal: vec!["useCase".to_owned()],
            }),
        },
        10 => OperatorRequest::DeleteInhibition { inhibition_id: "i".parse().unwrap() },
        _ => OperatorRequest::SaveAlertSettings { settings: AlertSettings::default() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    /// Whatever happens, each record is a step that its alert's state allows, folding the records gives what the manager
    /// knows, and a manager that starts from them knows the same.
    #[test]
    fn records_tell_all_that_is_known(happenings in happenings()) {
        let mut bench = Bench::new();
        let mut states: BTreeMap<AlertId, AlertState> = BTreeMap::new();
        let mut now = 0;
        for happening in happenings {
            now += 1;
            let steps = match happening {
                Happening::Report { which, firing } => {
                    let dashboard = ["energy-01", "energy-02", "water-01"][which % 3];
                    let said = alert(dashboard, ["a", "b"][which / 2]);
                    let said = if firing { said } else { over(said) };
                    bench.try_report(said, now).unwrap_or_default()
                }
                Happening::Ask { what, which } => {
                    let alert_id = states.keys().nth(which).cloned().unwrap_or_else(|| id(1));
                    bench.ask(request(what, alert_id, now), now).unwrap_or_default()
                }
                Happening::Time(passes) => {
                    now += passes;
                    bench.sweep(now)
                }
            };
            for step in steps {
                let Body::Alert(record) = step.body else { continue };
                if record.transition == AlertTransition::Raised {
                    prop_assert!(states.insert(record.alert_id, AlertState::Raised).is_none());
                } else {
                    let next = states[&record.alert_id].after(record.transition);
                    prop_assert!(next.is_some(), "{:?}", record);
                    states.insert(record.alert_id, next.unwrap());
                }
            }
            prop_assert_eq!(&bench.manager.alerts, &bench.folded.alerts);
            prop_assert_eq!(&bench.manager.policies, &bench.folded.alert_policies);
        }
        let open = states.values().filter(|state| **state != AlertState::Resolved).count();
        prop_assert_eq!(open, bench.manager.alerts.open_count());
        prop_assert_eq!(open, bench.manager.of_dashboard.values().map(std::collections::BTreeSet::len).sum::<usize>());
        let mut again = Manager::new(&bench.folded, DashboardId::new(HUB).unwrap());
        prop_assert_eq!(&again.of_dashboard, &bench.manager.of_dashboard);
        // Long after, what is held is held for the same reasons.
        now += 40 * MINUTE;
        bench.manager.sweep(at(now));
        again.sweep(at(now));
        for alert in again.alerts.open() {
            prop_assert_eq!(&alert.held_by, &bench.manager.alerts.get(&alert.id).unwrap().held_by);
        }
    }
}
