use mission_control_protocol::{Alert, AlertAction, DashboardId, EnrichedAlert, alert::AlertCondition};
use serde_json::Value;

use super::*;

const HUB: HubKey = HubKey::EMBEDDED;

fn alert(number: u32, severity: Severity) -> AlertProjection {
    let at = Timestamp::from_milliseconds(1_000);
    AlertProjection::new(
        AlertId::new(&format!("alert-{number}")).unwrap(),
        DashboardId::new(&format!("dashboard-{}", number % 3)).unwrap(),
        EnrichedAlert {
            alert: Alert {
                kind: "DATA_QUALITY".to_owned(),
                severity,
                title: format!("Alert {number}"),
                message: "Look".to_owned(),
                actions: vec![AlertAction {
                    label: "Re-ingest".to_owned(),
                    action: "REINGEST_DATA".to_owned(),
                    payload: None,
                }],
                condition: AlertCondition::Firing,
                fingerprint: None,
            },
            source: "dashboard".to_owned(),
            dashboard_id: DashboardId::new("dashboard-1").unwrap(),
            context: Value::Null,
            timestamp: at,
        },
        at,
    )
}

struct Test {
    policy: NotificationPolicy,
    now: Timestamp,
}

impl Test {
    fn new() -> Self {
        Self {
            policy: NotificationPolicy::new(&Preferences::default()),
            now: Timestamp::from_milliseconds(1_000_000),
        }
    }

    fn wait(&mut self, milliseconds: i64) -> Vec<NotificationIntent> {
        self.now = self.now.plus_milliseconds(milliseconds);
        self.policy.tick(self.now)
    }

    fn step(&mut self, transition: AlertTransition, alert: &AlertProjection) -> Option<NotificationIntent> {
        self.step_from(transition, alert, None)
    }

    fn step_from(
        &mut self,
        transition: AlertTransition,
        alert: &AlertProjection,
        worst_before: Option<Severity>,
    ) -> Option<NotificationIntent> {
        let step = Raised { hub: HUB, transition, alert, worst_before, dashboard_name: "Energy" };
        self.policy.step(&step, self.now)
    }

    fn raise(&mut self, number: u32, severity: Severity) -> Option<NotificationIntent> {
        self.step(AlertTransition::Raised, &alert(number, severity))
    }
}

fn shown(intent: Option<NotificationIntent>) -> Notification {
    match intent {
        Some(NotificationIntent::Show(notification)) => notification,
        other => panic!("not shown: {other:?}"),
    }
}

#[test]
fn urgency_follows_severity_and_the_threshold_holds() {
    let mut test = Test::new();
    assert_eq!(test.raise(1, Severity::Info), None);
    assert_eq!(shown(test.raise(2, Severity::Warning)).urgency, Urgency::Normal);
    assert_eq!(shown(test.raise(3, Severity::Error)).urgency, Urgency::Normal);
    let critical = shown(test.raise(4, Severity::Critical));
    assert_eq!(critical.urgency, Urgency::Critical);
    let keys: Vec<_> = critical.actions.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["default", "acknowledge", "action:0:REINGEST_DATA"]);
    assert_eq!(critical.body, "Energy: Look");
}

#[test]
fn a_storm_is_one_summary_updated_in_place() {
    let mut test = Test::new();
    for number in 0..5 {
        shown(test.raise(number, Severity::Error));
    }
    let first = shown(test.raise(5, Severity::Error));
    assert_eq!(first.title, "1 alert from 1 dashboard");
    assert_eq!(first.target, NotificationTarget::Alerts);
    for number in 6..506 {
        let severity = if number % 100 == 0 { Severity::Critical } else { Severity::Error };
        let intent = test.raise(number, severity);
        if number == 100 {
            assert_eq!(shown(intent).urgency, Urgency::Critical, "it became more urgent");
        } else {
            assert_eq!(intent, None, "held back: the summary was just drawn");
        }
    }
    let due = test.wait(1_000);
    let [NotificationIntent::Update(summary)] = due.as_slice() else { panic!("{due:?}") };
    assert_eq!(summary.key, first.key);
    assert_eq!(summary.title, "501 alerts from 3 dashboards");
    assert_eq!(summary.body, "5 critical, 496 serious");
    assert_eq!(summary.urgency, Urgency::Critical);
    assert_eq!(test.wait(1_000), []);
}

#[test]
fn after_the_storm_alerts_are_their_own_again() {
    let mut test = Test::new();
    for number in 0..7 {
        test.raise(number, Severity::Error);
    }
    test.wait(1_000);
    test.wait(60_000);
    assert_eq!(shown(test.raise(8, Severity::Error)).title, "Alert 8");
}

#[test]
fn a_lasting_storm_draws_attention_once_a_window_and_ends_when_fewer_alerts_come() {
    let mut test = Test::new();
    let (mut own, mut summaries) = (0, 0);
    // Two a window more than may be shown, for ten minutes.
    for number in 0..70 {
        for intent in test.wait(8_500).into_iter().chain(test.raise(number, Severity::Error)) {
            match intent {
                NotificationIntent::Show(shown) if shown.target == NotificationTarget::Alerts => {
                    summaries += 1;
                }
                NotificationIntent::Show(_) => own += 1,
                NotificationIntent::Update(_) | NotificationIntent::Dismiss { .. } => {}
            }
        }
    }
    assert_eq!(own, 5);
    assert!((8..=10).contains(&summaries), "{summaries}");
    // Half as many: not silent although they never stop.
    for number in 70..75 {
        test.wait(20_000);
        test.raise(number, Severity::Error);
    }
    test.wait(20_000);
    assert_eq!(shown(test.raise(75, Severity::Error)).title, "Alert 75");
}

#[test]
fn something_critical_is_not_silent_in_a_storm_and_many_are_one_summary() {
    let mut test = Test::new();
    for number in 0..6 {
        test.raise(number, Severity::Error);
    }
    let first = shown(test.raise(6, Severity::Critical));
    assert_eq!((first.target, first.urgency), (NotificationTarget::Alerts, Urgency::Critical));
    test.wait(12_000);
    assert_eq!(shown(test.raise(7, Severity::Critical)).key, first.key, "and so is the next");
    let mut shows = 0;
    for number in 8..308 {
        let intents = test.wait(100).into_iter().chain(test.raise(number, Severity::Critical));
        for intent in intents {
            if let NotificationIntent::Show(summary) = intent {
                assert_eq!(summary.key, first.key);
                shows += 1;
            }
        }
    }
    assert_eq!(shows, 3, "in thirty seconds");
}

#[test]
fn a_repeat_that_is_worse_than_ever_is_news() {
    let mut test = Test::new();
    let mut mild = alert(1, Severity::Info);
    assert_eq!(test.step(AlertTransition::Raised, &mild), None);
    mild.alert.alert.severity = Severity::Warning;
    let own = shown(test.step_from(AlertTransition::Repeated, &mild, Some(Severity::Info)));
    mild.alert.alert.severity = Severity::Critical;
    let worse = shown(test.step_from(AlertTransition::Repeated, &mild, Some(Severity::Warning)));
    assert_eq!((worse.key, worse.urgency), (own.key, Urgency::Critical));
    assert_eq!(test.step_from(AlertTransition::Repeated, &mild, Some(Severity::Critical)), None);
    for number in 2..5 {
        shown(test.raise(number, Severity::Error));
    }
    let mut known = alert(9, Severity::Error);
    let intent = test.step_from(AlertTransition::Repeated, &known, Some(Severity::Warning));
    assert_eq!(shown(intent).target, NotificationTarget::Alerts, "no more than may be shown");
    known.state = AlertState::Resolved;
    assert!(matches!(test.step(AlertTransition::Resolved, &known), Some(NotificationIntent::Dismiss { .. })));
}

#[test]
fn slow_alerts_are_never_a_storm() {
    let mut test = Test::new();
    for number in 0..30 {
        shown(test.raise(number, Severity::Error));
        test.wait(13_000);
    }
}

#[test]
fn a_repeat_updates_in_place_at_most_once_a_second() {
    let mut test = Test::new();
    let mut alert = alert(1, Severity::Warning);
    let key = shown(test.step(AlertTransition::Raised, &alert)).key;
    for count in 2..=100 {
        alert.count = count;
        assert_eq!(test.step(AlertTransition::Repeated, &alert), None);
    }
    let due = test.wait(1_000);
    let [NotificationIntent::Update(updated)] = due.as_slice() else { panic!("{due:?}") };
    assert_eq!(updated.key, key);
    assert_eq!(updated.body, "(100 times) Energy: Look");
    assert_eq!(test.wait(5_000), []);
}

#[test]
fn what_is_taken_up_goes_away() {
    let mut test = Test::new();
    let mut first = alert(1, Severity::Warning);
    let key = shown(test.step(AlertTransition::Raised, &first)).key;
    first.state = AlertState::Acknowledged;
    assert_eq!(test.step(AlertTransition::Acknowledged, &first), Some(NotificationIntent::Dismiss { key }));
    assert_eq!(test.step(AlertTransition::Resolved, &first), None);
}

#[test]
fn a_storm_that_was_taken_up_goes_away() {
    let mut test = Test::new();
    for number in 0..5 {
        test.raise(number, Severity::Error);
    }
    let key = shown(test.raise(5, Severity::Error)).key;
    test.raise(6, Severity::Error);
    test.wait(1_000);
    let mut over = alert(5, Severity::Error);
    over.state = AlertState::Resolved;
    test.step(AlertTransition::Resolved, &over);
    let mut over = alert(6, Severity::Error);
    over.state = AlertState::Resolved;
    assert_eq!(test.step(AlertTransition::Resolved, &over), Some(NotificationIntent::Dismiss { key }));
}

#[test]
fn a_repeat_of_what_was_known_before_is_not_news() {
    let mut test = Test::new();
    let mut alert = alert(1, Severity::Critical);
    alert.count = 7;
    assert_eq!(test.step(AlertTransition::Repeated, &alert), None);
}

#[test]
fn switched_off_everything_goes_away() {
    let mut test = Test::new();
    for number in 0..6 {
        test.raise(number, Severity::Error);
    }
    let off = Preferences { notifications_enabled: false, ..Preferences::default() };
    assert_eq!(test.policy.set_preferences(&off).len(), 6);
    assert_eq!(test.raise(9, Severity::Critical), None);
}

#[test]
fn text_is_harmless_and_short() {
    let mut test = Test::new();
    let mut alert = alert(1, Severity::Error);
    alert.alert.alert.title = format!("Quality\u{202e}\n{}", "x".repeat(500));
    alert.alert.alert.message = format!("<a href='http://example.org'>press</a>{}", "&".repeat(2_000));
    let notification = shown(test.step(AlertTransition::Raised, &alert));
    assert!(notification.title.starts_with("Quality xxx"));
    assert_eq!(notification.title.chars().count(), TITLE);
    assert!(!notification.body.contains(['<', '>', '\'']));
    assert!(notification.body.chars().count() <= BODY * 5);
}
