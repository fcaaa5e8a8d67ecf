use mission_control_protocol::{Alert, AlertAction, DashboardId, EnrichedAlert, alert::AlertCondition};
use serde_json::Value;

use super::*;
use crate::notifications::{
    ACTION_SNOOZE, NotificationTarget, Urgency,
    content::{BODY, TITLE},
};

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
            policy: NotificationPolicy::new(
                &Preferences::default(),
                &NotificationPolicySettings::default(),
                TimeZone::UTC,
            ),
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
        let step =
            Raised { hub: HUB, transition, alert, worst_before, dashboard_name: "Energy", hub_name: "Plant" };
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
    assert_eq!(keys, ["default", "acknowledge", "snooze", "action:0:REINGEST_DATA"]);
    assert_eq!(critical.body, "Energy: Look");
}

#[test]
fn a_storm_is_one_summary_updated_in_place() {
    let mut test = Test::new();
    for number in 0..5 {
        shown(test.raise(number, Severity::Error));
    }
    let first = shown(test.raise(5, Severity::Error));
    assert_eq!(first.title, "1 alert from 1 dashboard: 1 serious");
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
    assert_eq!(summary.title, "501 alerts from 3 dashboards: 5 critical");
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

impl Test {
    fn with(change: impl FnOnce(&mut NotificationPolicySettings)) -> Self {
        let mut test = Self::new();
        let mut settings = NotificationPolicySettings::default();
        change(&mut settings);
        test.policy.set_policy(&settings, test.now);
        test
    }
}

#[test]
fn what_nobody_takes_up_is_told_again_until_it_is() {
    let mut test = Test::with(|settings| settings.remind_seconds.error = 600);
    let mut known = alert(1, Severity::Error);
    let first = shown(test.step(AlertTransition::Raised, &known));
    assert_eq!(test.wait(599_000), []);
    for minutes in [10, 20] {
        let due = test.wait(if minutes == 10 { 1_000 } else { 600_000 });
        let [NotificationIntent::Show(reminder)] = due.as_slice() else { panic!("{due:?}") };
        assert_eq!(reminder.key, first.key);
        assert_eq!(reminder.body, format!("Open for {minutes} min, not acknowledged. Energy: Look"));
    }
    known.state = AlertState::Acknowledged;
    test.step(AlertTransition::Acknowledged, &known);
    assert_eq!(test.wait(600_000), []);
}

#[test]
fn reminders_keep_to_the_cap_and_wait_for_the_end_of_quiet() {
    let mut test = Test::with(|settings| settings.remind_seconds.error = 600);
    for number in 0..5 {
        test.raise(number, Severity::Error);
    }
    test.wait(61_000);
    for number in 5..10 {
        shown(test.raise(number, Severity::Error));
    }
    assert_eq!(test.wait(600_000).len(), 5, "no more than a minute may have");
    assert_eq!(test.wait(1_000).len(), 0);
    let quiet = NotificationPolicySettings {
        do_not_disturb_until: Some(test.now.plus_milliseconds(3_600_000)),
        ..NotificationPolicySettings::default()
    };
    test.policy.set_policy(&quiet, test.now);
    assert_eq!(test.wait(3_599_000), []);
    assert_eq!(test.wait(1_000).len(), 5);
}

#[test]
fn what_is_left_of_a_storm_is_told_again() {
    let mut test = Test::with(|settings| settings.remind_seconds.error = 600);
    for number in 0..8 {
        test.raise(number, Severity::Error);
    }
    let summary = test.wait(1_000);
    let [NotificationIntent::Update(summary)] = summary.as_slice() else { panic!("{summary:?}") };
    assert_eq!(summary.title, "3 alerts from 3 dashboards: 3 serious");
    test.wait(60_000);
    let due = test.wait(600_000);
    let about_many: Vec<_> = due
        .iter()
        .filter_map(|intent| match intent {
            NotificationIntent::Show(shown) if shown.target == NotificationTarget::Alerts => Some(shown),
            _ => None,
        })
        .collect();
    assert_eq!(about_many.len(), 1, "{due:?}");
    assert_eq!(about_many[0].key, summary.key);
    assert!(about_many[0].body.starts_with("Open for "), "{}", about_many[0].body);
    for number in 5..8 {
        let mut over = alert(number, Severity::Error);
        over.state = AlertState::Resolved;
        let intent = test.step(AlertTransition::Resolved, &over);
        let is_gone = matches!(&intent, Some(NotificationIntent::Dismiss { key }) if *key == summary.key);
        assert_eq!(is_gone, number == 7, "{intent:?}");
    }
    assert!(test.wait(600_000).iter().all(|intent| !matches!(intent,
        NotificationIntent::Show(shown) if shown.target == NotificationTarget::Alerts)));
}

#[test]
fn while_it_is_quiet_only_what_is_critical_is_told_and_the_rest_in_one_summary_afterwards() {
    let mut test = Test::new();
    let until = test.now.plus_milliseconds(3_600_000);
    let mut settings = NotificationPolicySettings { do_not_disturb_until: Some(until), ..Default::default() };
    test.policy.set_policy(&settings, test.now);
    for number in 0..40 {
        assert_eq!(test.raise(number, Severity::Error), None);
    }
    assert_eq!(shown(test.raise(50, Severity::Critical)).title, "Alert 50");
    let mut over = alert(0, Severity::Error);
    over.state = AlertState::Resolved;
    assert_eq!(test.step(AlertTransition::Resolved, &over), None);
    let mut due: Vec<_> = test.wait(3_599_999);
    assert!(
        due.iter().all(
            |intent| matches!(intent, NotificationIntent::Show(shown) if shown.key.contains("alert-50"))
        )
    );
    due = test.wait(1);
    let [NotificationIntent::Show(summary)] = due.as_slice() else { panic!("{due:?}") };
    assert_eq!(summary.title, "39 alerts from 3 dashboards: 39 serious");
    // Not even what is critical, where it is so set.
    settings.critical_breaks_through = false;
    settings.do_not_disturb_until = Some(test.now.plus_milliseconds(60_000));
    test.policy.set_policy(&settings, test.now);
    assert_eq!(test.raise(60, Severity::Critical), None);
}

#[test]
fn the_first_route_that_matches_says_how() {
    let route = |matcher: &str, notify, urgency, sound: Option<&str>| {
        crate::view::notification_policy::NotificationRoute {
            name: String::new(),
            matchers: vec![matcher.parse().unwrap()],
            notify,
            urgency,
            sound: sound.map(str::to_owned),
        }
    };
    let mut test = Test::with(|settings| {
        settings.routes = vec![
            route("dashboard=dashboard-1", false, None, None),
            route("severity=info", true, Some(Urgency::Critical), Some("bell")),
            route("hub=Plant", true, Some(Urgency::Low), None),
        ];
    });
    assert_eq!(test.raise(1, Severity::Critical), None);
    let info = shown(test.raise(2, Severity::Info));
    assert_eq!((info.urgency, info.sound.as_str()), (Urgency::Critical, "bell"));
    let error = shown(test.raise(3, Severity::Error));
    assert_eq!((error.urgency, error.sound.as_str()), (Urgency::Low, "dialog-warning"));
}

#[test]
fn an_escalated_alert_draws_attention_again_and_says_so() {
    let mut test = Test::new();
    let mut known = alert(1, Severity::Error);
    let first = shown(test.step(AlertTransition::Raised, &known));
    known.escalated = Some((1, test.now));
    let again = shown(test.step(AlertTransition::Escalated, &known));
    assert_eq!((again.key, again.body.as_str()), (first.key, "(escalated, level 1) Energy: Look"));
}

#[test]
fn a_snoozed_alert_is_out_of_sight() {
    let mut test = Test::new();
    let known = alert(1, Severity::Error);
    let first = shown(test.step(AlertTransition::Raised, &known));
    assert!(first.actions.contains(&(ACTION_SNOOZE.to_owned(), "Snooze 30 min".to_owned())));
    let intent = test.step(AlertTransition::Shelved, &known);
    assert_eq!(intent, Some(NotificationIntent::Dismiss { key: first.key }));
    assert_eq!(test.wait(86_400_000), []);
}
