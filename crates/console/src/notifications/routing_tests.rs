use jiff::civil::date;

use super::*;
use crate::view::notification_policy::NotificationRoute;

fn at(zone: &TimeZone, day: i8, hour: i8, minute: i8) -> Timestamp {
    let zoned = date(2026, 11, day).at(hour, minute, 0, 0).to_zoned(zone.clone()).unwrap();
    Timestamp::from_milliseconds(zoned.timestamp().as_millisecond())
}

#[test]
fn quiet_hours_go_by_the_local_clock_and_over_midnight() {
    let zone = TimeZone::fixed(jiff::tz::offset(5));
    // 2026-11-27 is a Friday.
    let hours =
        QuietHours { enabled: true, days: vec![Weekday::Friday], start_minute: 22 * 60, end_minute: 7 * 60 };
    for (day, hour, minute, expected) in [
        (27, 21, 59, false),
        (27, 22, 0, true),
        (28, 6, 59, true),
        (28, 7, 0, false),
        (28, 22, 0, false),
        (27, 3, 0, false),
    ] {
        let is_quiet = is_within(&hours, at(&zone, day, hour, minute), &zone);
        assert_eq!(is_quiet, expected, "{day} {hour}:{minute}");
    }
    let noon = QuietHours { start_minute: 12 * 60, end_minute: 13 * 60, ..hours.clone() };
    assert!(is_within(&noon, at(&zone, 27, 12, 59), &zone));
    assert!(!is_within(&noon, at(&zone, 27, 13, 0), &zone));
    let off = QuietHours { enabled: false, ..hours };
    assert!(!is_within(&off, at(&zone, 27, 23, 0), &zone));
    // Equal ends are a whole day.
    let day = QuietHours { start_minute: 480, end_minute: 480, ..noon };
    assert!(is_within(&day, at(&zone, 27, 8, 0), &zone) && is_within(&day, at(&zone, 28, 7, 59), &zone));
    assert!(!is_within(&day, at(&zone, 28, 8, 0), &zone));
}

#[test]
fn what_is_wrong_with_a_policy_names_the_field() {
    let fine = NotificationPolicySettings::default();
    assert_eq!(check(&fine), Ok(()));
    let route = |sound: &str| NotificationRoute {
        name: String::new(),
        matchers: vec!["severity=info".parse().unwrap()],
        notify: true,
        urgency: None,
        sound: Some(sound.to_owned()),
    };
    let mut cases = Vec::new();
    let mut wrong = |part: &'static str, change: &dyn Fn(&mut NotificationPolicySettings)| {
        let mut settings = fine.clone();
        change(&mut settings);
        cases.push((part, settings));
    };
    wrong("Route 1: it matches everything", &|it| {
        it.routes = vec![NotificationRoute { matchers: Vec::new(), ..route("") }];
    });
    wrong("Route 2: sound", &|it| it.routes = vec![route(""), route("../loud")]);
    wrong("Routes: 51", &|it| it.routes = vec![route(""); 51]);
    wrong("Quiet hours: beginning", &|it| it.quiet_hours.end_minute = 1_440);
    wrong("Quiet hours: no day", &|it| {
        it.quiet_hours = QuietHours { enabled: true, days: Vec::new(), ..QuietHours::default() };
    });
    wrong("Sound of warning", &|it| it.sounds.warning = "a b".to_owned());
    wrong("Reminder", &|it| it.remind_seconds.info = 604_801);
    wrong("Snooze", &|it| it.snooze_minutes = 0);
    for (part, settings) in cases {
        let problem = check(&settings).unwrap_err();
        assert!(problem.starts_with(part), "{problem}");
    }
}

#[test]
fn a_policy_of_before_lacks_nothing() {
    let settings: NotificationPolicySettings = serde_json::from_str(
        r#"{"routes": [{"matchers": ["severity=info"], "notify": true}], "sounds": {"critical": "bell"}}"#,
    )
    .unwrap();
    assert_eq!(settings.sounds.critical, "bell");
    assert_eq!(settings.snooze_minutes, 30);
    assert_eq!(check(&settings), Ok(()));
}
