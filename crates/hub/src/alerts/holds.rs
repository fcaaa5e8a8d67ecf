//! What holds alerts from notifying, and what is due with time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mission_control_protocol::{
    AlertId, InhibitionId, Severity, Timestamp,
    alert::{AlertCondition, AlertState, AlertTransition},
    alerting::{AlertPolicyChange, AlertSettings, Hold, Inhibition, SilenceEnd, all_match},
    record::AlertRecord,
};
use mission_control_store::projection::{
    AlertPoliciesProjection, AlertProjection, AlertsProjection, SilenceProjection,
};

use super::manager::{FLAP_WINDOW, Manager, Step};

/// A silence says that it ends so long before it does, in milliseconds; shorter ones when a quarter of them is left.
const SILENCE_WARNING: i64 = 10 * 60_000;

/// Levels of escalation.
const LEVELS: u8 = 3;

/// Things named of one kind that hold one alert; more are not named.
const NAMED: usize = 4;

/// The open alerts that explain others, by what they explain.
#[derive(Debug, Default)]
pub(super) struct Inhibitors {
    /// By inhibition and the values of its `equal` labels.
    sources: HashMap<(InhibitionId, Vec<String>), BTreeSet<AlertId>>,
    keys: HashMap<AlertId, Vec<(InhibitionId, Vec<String>)>>,
}

impl Inhibitors {
    /// Finds them anew.
    pub(super) fn rebuild(&mut self, policies: &AlertPoliciesProjection, alerts: &AlertsProjection) {
        *self = Self::default();
        for alert in alerts.open() {
            self.opened(policies, alert);
        }
    }

    /// An alert is open: perhaps it explains others.
    pub(super) fn opened(&mut self, policies: &AlertPoliciesProjection, alert: &AlertProjection) {
        for inhibition in policies.inhibitions() {
            if all_match(&inhibition.source, |label| alert.label(label))
                && let Some(values) = equal_values(inhibition, |label| alert.label(label))
            {
                let key = (inhibition.id.clone(), values);
                self.sources.entry(key.clone()).or_default().insert(alert.id.clone());
                self.keys.entry(alert.id.clone()).or_default().push(key);
            }
        }
    }

    /// An alert is over.
    pub(super) fn closed(&mut self, alert: &AlertProjection) {
        for key in self.keys.remove(&alert.id).unwrap_or_default() {
            if let Some(sources) = self.sources.get_mut(&key) {
                sources.remove(&alert.id);
                if sources.is_empty() {
                    self.sources.remove(&key);
                }
            }
        }
    }

    /// What explains the alert with these labels.
    fn explain<'labels>(
        &self,
        policies: &AlertPoliciesProjection,
        id: &AlertId,
        label: impl Fn(&str) -> Option<&'labels str> + Copy,
    ) -> Vec<Hold> {
        let mut found = Vec::new();
        if self.sources.is_empty() {
            return found;
        }
        for inhibition in policies.inhibitions() {
            if found.len() < NAMED
                && all_match(&inhibition.target, label)
                && let Some(values) = equal_values(inhibition, label)
                && let Some(sources) = self.sources.get(&(inhibition.id.clone(), values))
                && let Some(by) = sources.iter().find(|by| *by != id)
            {
                found.push(Hold::Inhibited { inhibition_id: inhibition.id.clone(), by: by.clone() });
            }
        }
        found
    }
}

/// The values of an inhibition's `equal` labels, where all are there.
fn equal_values<'labels>(
    inhibition: &Inhibition,
    label: impl Fn(&str) -> Option<&'labels str>,
) -> Option<Vec<String>> {
    inhibition.equal.iter().map(|name| label(name).map(str::to_owned)).collect()
}

/// The group of an alert with these labels; none where alerts are not grouped.
pub(super) fn group_of(settings: &AlertSettings, labels: &BTreeMap<String, String>) -> Option<String> {
    if settings.group_by.is_empty() {
        return None;
    }
    let value = |label: &String| labels.get(label).map_or("", String::as_str);
    let parts: Vec<_> = settings.group_by.iter().map(|label| format!("{label}={}", value(label))).collect();
    Some(parts.join(" "))
}

/// Whether a silence matches an alert with these labels.
fn silences<'labels>(silence: &SilenceProjection, label: impl Fn(&str) -> Option<&'labels str>) -> bool {
    all_match(&silence.silence.matchers, label)
}

impl Manager {
    /// What holds an alert that is about to be raised.
    pub(super) fn holds_of_new(&self, record: &AlertRecord, severity: Severity, now: Timestamp) -> Vec<Hold> {
        let label = |name: &str| record.labels.get(name).map(String::as_str);
        let mut holds = self.standing_holds(&record.alert_id, label, now);
        if holds.is_empty() {
            holds.extend(self.group_hold(&record.alert_id, record.group.as_deref(), severity, now));
        }
        holds
    }

    /// What holds an alert that is about to be opened again.
    pub(super) fn holds_of_reopened(&self, alert: &AlertProjection, now: Timestamp) -> Vec<Hold> {
        self.standing_holds(&alert.id, |name| alert.label(name), now)
    }

    /// The silences, inhibitors and maintenance windows that hold an alert with these labels.
    fn standing_holds<'labels>(
        &self,
        id: &AlertId,
        label: impl Fn(&str) -> Option<&'labels str> + Copy,
        now: Timestamp,
    ) -> Vec<Hold> {
        let mut holds: Vec<_> = self
            .policies
            .silences()
            .filter(|silence| silence.is_active(now) && silences(silence, label))
            .take(NAMED)
            .map(|silence| Hold::Silenced { silence_id: silence.silence.id.clone() })
            .collect();
        holds.extend(self.inhibitors.explain(&self.policies, id, label));
        let windows = self
            .policies
            .windows()
            .filter(|window| window.schedule.open_until(now).is_some() && all_match(&window.matchers, label));
        holds.extend(windows.take(NAMED).map(|window| Hold::Maintenance { window_id: window.id.clone() }));
        holds
    }

    fn group_hold(
        &self,
        id: &AlertId,
        group: Option<&str>,
        severity: Severity,
        now: Timestamp,
    ) -> Option<Hold> {
        let wait = i64::from(self.policies.settings().group_wait_seconds) * 1_000;
        if wait == 0 || severity >= Severity::Critical {
            return None;
        }
        let (with, at) = self.groups.get(group?)?;
        let until = at.plus_milliseconds(wait);
        (with != id && now < until).then(|| Hold::Grouped { with: with.clone(), until })
    }

    /// Whether [`Manager::sweep`] has something to do at `now`.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.is_dirty || self.next_due.is_some_and(|due| due <= now)
    }

    /// Looks at everything that time, or what happened since the last time, may have changed.
    pub(crate) fn sweep(&mut self, now: Timestamp) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut due = Due { now, next: None };
        self.is_dirty = false;
        self.sweep_silences(&mut due, &mut steps);
        for window in self.policies.windows() {
            if let Some(change) = window.schedule.next_change(now) {
                due.at(change);
            }
        }
        let open: Vec<AlertId> = self.alerts.open().map(|alert| alert.id.clone()).collect();
        for id in open {
            self.sweep_alert(&id, &mut due, &mut steps);
        }
        let wait = i64::from(self.policies.settings().group_wait_seconds) * 1_000;
        self.groups.retain(|_, (_, at)| now.milliseconds_since(*at) < wait);
        let alerts = &self.alerts;
        self.changes.retain(|fingerprint, times| {
            while times.front().is_some_and(|at| now.milliseconds_since(*at) > FLAP_WINDOW) {
                times.pop_front();
            }
            !times.is_empty() || alerts.open_with_fingerprint(fingerprint).is_some_and(|alert| alert.flapping)
        });
        if !self.changes.is_empty() {
            due.at(now.plus_milliseconds(FLAP_WINDOW));
        }
        self.next_due = due.next;
        steps
    }

    fn sweep_silences(&mut self, due: &mut Due, steps: &mut Vec<Step>) {
        let now = due.now;
        let mut changes = Vec::new();
        for silence in self.policies.silences().filter(|silence| silence.over.is_none()) {
            let ends_at = silence.silence.ends_at;
            let expire =
                |reason| AlertPolicyChange::SilenceExpired { silence_id: silence.silence.id.clone(), reason };
            if ends_at <= now {
                changes.push(expire(SilenceEnd::Elapsed));
                continue;
            }
            due.at(ends_at);
            if silence.starts_at() > now {
                due.at(silence.starts_at());
                continue;
            }
            let holding = || {
                let matching = self.alerts.open().filter(|alert| silences(silence, |name| alert.label(name)));
                u32::try_from(matching.count()).unwrap_or(u32::MAX)
            };
            if silence.silence.ends_with_problem && silence.held > 0 && holding() == 0 {
                changes.push(expire(SilenceEnd::ProblemOver));
                continue;
            }
            let length = ends_at.milliseconds_since(silence.starts_at());
            let warn_at = ends_at.plus_milliseconds(-SILENCE_WARNING.min(length / 4));
            if silence.warned_at.is_none() {
                if warn_at <= now {
                    changes.push(AlertPolicyChange::SilenceEnding {
                        silence_id: silence.silence.id.clone(),
                        ends_at,
                        holding: holding(),
                    });
                } else {
                    due.at(warn_at);
                }
            }
        }
        for change in changes {
            self.take_policy(change, None, now, steps);
        }
        self.is_dirty = false;
    }

    fn sweep_alert(&mut self, id: &AlertId, due: &mut Due, steps: &mut Vec<Step>) {
        let now = due.now;
        let Some(alert) = self.alerts.get(id) else { return };
        let mut taken: Vec<AlertRecord> = Vec::new();
        let step = |transition| AlertRecord::new(id.clone(), transition);
        let shelf = match alert.shelved_until {
            Some(until) if until <= now => {
                taken.push(AlertRecord {
                    note: Some("its time on the shelf is over".to_owned()),
                    ..step(AlertTransition::Unshelved)
                });
                None
            }
            shelf => shelf,
        };
        if alert.flapping && self.is_steady(alert, due) {
            taken.push(step(AlertTransition::Steady));
            if alert.condition == AlertCondition::Resolved {
                taken.push(AlertRecord {
                    note: Some("it is steady, and over".to_owned()),
                    ..step(AlertTransition::Resolved)
                });
                for record in taken {
                    self.take(record, Severity::Info, now, steps);
                }
                return;
            }
        }
        let mut holds = self.standing_holds(id, |name| alert.label(name), now);
        if let Some(until) = shelf {
            due.at(until);
            holds.push(Hold::Shelved { until });
        }
        if holds.is_empty()
            && let [Hold::Grouped { with, until }] = alert.held_by.as_slice()
            && *until > now
        {
            due.at(*until);
            holds.push(Hold::Grouped { with: with.clone(), until: *until });
        }
        let is_free = holds.is_empty();
        if holds != alert.held_by {
            let notifies = is_free && alert.state == AlertState::Raised;
            let transition = if notifies { AlertTransition::Notified } else { AlertTransition::Held };
            taken.push(AlertRecord { held_by: holds, ..step(transition) });
        } else if is_free && let Some(level) = self.escalation(alert, due) {
            taken.push(AlertRecord { level: Some(level), ..step(AlertTransition::Escalated) });
        }
        let worst = alert.worst;
        for record in taken {
            let severity =
                if record.transition == AlertTransition::Escalated { worst } else { Severity::Info };
            self.take(record, severity, now, steps);
        }
    }

    fn is_steady(&self, alert: &AlertProjection, due: &mut Due) -> bool {
        let times = self.changes.get(&alert.alert.fingerprint());
        let recent: Vec<Timestamp> = times
            .into_iter()
            .flatten()
            .copied()
            .filter(|at| due.now.milliseconds_since(*at) <= FLAP_WINDOW)
            .collect();
        if let [.., last_but_one, _] = recent.as_slice() {
            due.at(last_but_one.plus_milliseconds(FLAP_WINDOW + 1));
            return false;
        }
        true
    }

    /// The level that an alert is to be escalated to now.
    fn escalation(&self, alert: &AlertProjection, due: &mut Due) -> Option<u8> {
        let level = alert.escalated.map_or(0, |(level, _)| level);
        if alert.state != AlertState::Raised || level >= LEVELS {
            return None;
        }
        let steps = &self.policies.settings().escalation;
        let after = steps.iter().find(|after| after.severity == alert.worst)?;
        let since = alert.escalated.map(|(_, at)| at).or(alert.notified_at)?;
        let at = since.plus_milliseconds(i64::from(after.after_seconds) * 1_000);
        if at <= due.now {
            due.at(due.now.plus_milliseconds(i64::from(after.after_seconds) * 1_000));
            return Some(level + 1);
        }
        due.at(at);
        None
    }
}

/// When something is due next.
struct Due {
    now: Timestamp,
    next: Option<Timestamp>,
}

impl Due {
    fn at(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}
