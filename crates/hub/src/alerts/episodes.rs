//! The life of alerts, as a pure state machine. The same problem reported again while it is open is a repetition, not
//! a new alert; once resolved, the next report begins a new episode under a new id.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use mission_control_protocol::{
    AlertId, DashboardId, EnrichedAlert, ErrorCode, OperatorId, ProtocolError,
    alert::{AlertCondition, AlertState, AlertTransition},
    limits::OPEN_ALERTS_LIMIT,
    record::AlertRecord,
};

/// Resolved episodes whose ids are remembered, so that a late click is told that the alert is over.
const RESOLVED_REMEMBERED: usize = 10_000;

/// The open alerts.
#[derive(Debug, Default)]
pub(crate) struct Episodes {
    open: HashMap<AlertId, Episode>,
    by_fingerprint: HashMap<String, AlertId>,
    /// The open alerts of each dashboard, in the order in which they were raised.
    of_dashboard: HashMap<DashboardId, BTreeMap<u64, AlertId>>,
    raised: u64,
    resolved: HashSet<AlertId>,
    resolved_order: VecDeque<AlertId>,
}

#[derive(Debug)]
struct Episode {
    dashboard_id: DashboardId,
    fingerprint: String,
    state: AlertState,
    /// Which in the order of all that were raised.
    number: u64,
}

/// What a report leads to.
#[derive(Debug)]
pub(crate) struct Reported {
    /// Alerts of the dashboard that had to make room, and are resolved before the report counts.
    pub(crate) displaced: Vec<AlertRecord>,
    pub(crate) record: AlertRecord,
}

/// What an operator does to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Acknowledge,
    Resolve,
}

impl Episodes {
    /// Takes over an alert that was open when the hub stopped. They are given in the order in which they were raised.
    pub(crate) fn restore(&mut self, id: AlertId, alert: &EnrichedAlert, state: AlertState) {
        self.open(id, alert.dashboard_id.clone(), alert.fingerprint(), state);
    }

    fn open(&mut self, id: AlertId, dashboard_id: DashboardId, fingerprint: String, state: AlertState) {
        self.raised += 1;
        let number = self.raised;
        self.by_fingerprint.insert(fingerprint.clone(), id.clone());
        self.of_dashboard.entry(dashboard_id.clone()).or_default().insert(number, id.clone());
        self.open.insert(id, Episode { dashboard_id, fingerprint, state, number });
    }

    /// A producer says that a problem is there, or over. `new_id` becomes the id of a new episode. A dashboard that has
    /// as many open alerts as it may loses its oldest to a new one.
    ///
    /// # Errors
    /// `ALERT_UNKNOWN` when a problem is said to be over that is not open.
    pub(crate) fn report(
        &mut self,
        alert: EnrichedAlert,
        new_id: AlertId,
    ) -> Result<Reported, ProtocolError> {
        let fingerprint = alert.fingerprint();
        let known = self.by_fingerprint.get(&fingerprint).cloned();
        let (id, transition) = match (known, alert.alert.condition) {
            (Some(id), AlertCondition::Firing) => (id, AlertTransition::Repeated),
            (Some(id), AlertCondition::Resolved) => (id, AlertTransition::Resolved),
            (None, AlertCondition::Firing) => (new_id, AlertTransition::Raised),
            (None, AlertCondition::Resolved) => {
                return Err(ProtocolError::new(
                    ErrorCode::AlertUnknown,
                    format!(
                        "no {} alert with this fingerprint is open, so there is nothing to resolve; `type` and \
                         `fingerprint` (or `title`) must be those it was raised with.",
                        alert.alert.kind
                    ),
                ));
            }
        };
        let mut displaced = Vec::new();
        match transition {
            AlertTransition::Raised => {
                displaced = self.make_room(&alert.dashboard_id);
                self.open(id.clone(), alert.dashboard_id.clone(), fingerprint, AlertState::Raised);
            }
            AlertTransition::Resolved => self.close(&id),
            AlertTransition::Repeated | AlertTransition::Acknowledged => {}
        }
        let record = AlertRecord { alert_id: id, transition, alert: Some(alert), by: None, note: None };
        Ok(Reported { displaced, record })
    }

    /// Resolves the oldest alerts of a dashboard until there is room for one more.
    fn make_room(&mut self, dashboard: &DashboardId) -> Vec<AlertRecord> {
        let mut displaced = Vec::new();
        while let Some(alerts) = self.of_dashboard.get(dashboard)
            && alerts.len() >= OPEN_ALERTS_LIMIT
            && let Some(oldest) = alerts.values().next().cloned()
        {
            self.close(&oldest);
            displaced.push(AlertRecord {
                alert_id: oldest,
                transition: AlertTransition::Resolved,
                alert: None,
                by: None,
                note: Some(format!(
                    "resolved by the hub: {dashboard} had {OPEN_ALERTS_LIMIT} open alerts, and a new one needed the \
                     place of the oldest; whether the problem is over is not known"
                )),
            });
        }
        displaced
    }

    /// An operator takes a step. Returns the dashboard that the alert is about, and the record.
    ///
    /// # Errors
    /// `ALERT_UNKNOWN`, or `ALERT_STATE_CONFLICT` when the alert is past that step.
    pub(crate) fn step(
        &mut self,
        id: &AlertId,
        step: Step,
        by: OperatorId,
        note: Option<String>,
    ) -> Result<(DashboardId, AlertRecord), ProtocolError> {
        let Some(episode) = self.open.get_mut(id) else {
            return Err(if self.resolved.contains(id) {
                ProtocolError::new(ErrorCode::AlertStateConflict, "the alert is resolved already.")
            } else {
                ProtocolError::new(ErrorCode::AlertUnknown, "the hub knows no open alert with this id.")
            });
        };
        let transition = match step {
            Step::Acknowledge => AlertTransition::Acknowledged,
            Step::Resolve => AlertTransition::Resolved,
        };
        let Some(next) = episode.state.after(transition) else {
            return Err(ProtocolError::new(
                ErrorCode::AlertStateConflict,
                "the alert has been acknowledged already, by you or another operator.",
            ));
        };
        episode.state = next;
        let dashboard_id = episode.dashboard_id.clone();
        if next == AlertState::Resolved {
            self.close(id);
        }
        Ok((dashboard_id, AlertRecord { alert_id: id.clone(), transition, alert: None, by: Some(by), note }))
    }

    fn close(&mut self, id: &AlertId) {
        if let Some(episode) = self.open.remove(id) {
            self.by_fingerprint.remove(&episode.fingerprint);
            if let Some(alerts) = self.of_dashboard.get_mut(&episode.dashboard_id) {
                alerts.remove(&episode.number);
                if alerts.is_empty() {
                    self.of_dashboard.remove(&episode.dashboard_id);
                }
            }
        }
        self.resolved.insert(id.clone());
        self.resolved_order.push_back(id.clone());
        if self.resolved_order.len() > RESOLVED_REMEMBERED
            && let Some(oldest) = self.resolved_order.pop_front()
        {
            self.resolved.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mission_control_protocol::{Alert, Severity, Timestamp};
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn alert(title: &str, condition: AlertCondition) -> EnrichedAlert {
        EnrichedAlert {
            alert: Alert {
                kind: "DATA_QUALITY".to_owned(),
                severity: Severity::Warning,
                title: title.to_owned(),
                message: String::new(),
                actions: Vec::new(),
                condition,
                fingerprint: None,
            },
            source: "dashboard".to_owned(),
            dashboard_id: DashboardId::new("energy-01").unwrap(),
            context: Value::Null,
            timestamp: Timestamp::from_milliseconds(0),
        }
    }

    fn id(number: usize) -> AlertId {
        AlertId::new(&format!("alert-{number}")).unwrap()
    }

    fn operator() -> OperatorId {
        OperatorId::new("alice").unwrap()
    }

    #[test]
    fn a_problem_is_one_episode_until_it_is_over() {
        let mut episodes = Episodes::default();
        let raised = episodes.report(alert("low", AlertCondition::Firing), id(1)).unwrap().record;
        let repeated = episodes.report(alert("low", AlertCondition::Firing), id(2)).unwrap().record;
        assert_eq!(
            (raised.transition, repeated.transition),
            (AlertTransition::Raised, AlertTransition::Repeated)
        );
        assert_eq!(raised.alert_id, repeated.alert_id);
        let resolved = episodes.report(alert("low", AlertCondition::Resolved), id(3)).unwrap().record;
        assert_eq!((resolved.alert_id, resolved.transition), (id(1), AlertTransition::Resolved));
        let again = episodes.report(alert("low", AlertCondition::Firing), id(4)).unwrap().record;
        assert_eq!((again.alert_id, again.transition), (id(4), AlertTransition::Raised));
    }

    #[test]
    fn an_alert_is_acknowledged_once_and_a_resolved_one_not_at_all() {
        let mut episodes = Episodes::default();
        episodes.report(alert("low", AlertCondition::Firing), id(1)).unwrap();
        episodes.step(&id(1), Step::Acknowledge, operator(), None).unwrap();
        let twice = episodes.step(&id(1), Step::Acknowledge, operator(), None).unwrap_err();
        assert_eq!(twice.code, ErrorCode::AlertStateConflict);
        episodes.step(&id(1), Step::Resolve, operator(), None).unwrap();
        let late = episodes.step(&id(1), Step::Resolve, operator(), None).unwrap_err();
        assert_eq!(late.code, ErrorCode::AlertStateConflict);
        let unknown = episodes.step(&id(9), Step::Resolve, operator(), None).unwrap_err();
        assert_eq!(unknown.code, ErrorCode::AlertUnknown);
        let nothing = episodes.report(alert("low", AlertCondition::Resolved), id(2)).unwrap_err();
        assert_eq!(nothing.code, ErrorCode::AlertUnknown);
    }

    #[test]
    fn a_dashboards_open_alerts_are_bounded_and_the_oldest_makes_room() {
        let mut episodes = Episodes::default();
        let mut displaced = Vec::new();
        for number in 0..OPEN_ALERTS_LIMIT + 3 {
            let firing = alert(&format!("title {number}"), AlertCondition::Firing);
            displaced.extend(episodes.report(firing, id(number)).unwrap().displaced);
            if number == 10 {
                // Another dashboard's alerts are no concern of this one's.
                let mut other = alert("other", AlertCondition::Firing);
                other.dashboard_id = DashboardId::new("energy-02").unwrap();
                episodes.report(other, id(9_999)).unwrap();
            }
        }
        let ids: Vec<_> = displaced.iter().map(|record| record.alert_id.clone()).collect();
        assert_eq!(ids, [id(0), id(1), id(2)]);
        for record in &displaced {
            assert_eq!((record.transition, &record.by), (AlertTransition::Resolved, &None));
            assert!(record.note.as_ref().unwrap().contains("resolved by the hub"));
        }
        assert_eq!(episodes.open.len(), OPEN_ALERTS_LIMIT + 1);
        let late = episodes.step(&id(0), Step::Resolve, operator(), None).unwrap_err();
        assert_eq!(late.code, ErrorCode::AlertStateConflict);
        // A repetition needs no room.
        let again = episodes.report(alert("title 9", AlertCondition::Firing), id(10_000)).unwrap();
        assert_eq!((again.record.transition, again.displaced.len()), (AlertTransition::Repeated, 0));
    }

    proptest! {
        /// Whatever is reported and done, each record is a step that its alert's state allows.
        #[test]
        fn every_record_is_a_possible_step(steps in prop::collection::vec((0..4_u8, 0..3_usize), 0..200)) {
            let mut episodes = Episodes::default();
            let mut states: BTreeMap<AlertId, AlertState> = BTreeMap::new();
            for (number, (what, which)) in steps.into_iter().enumerate() {
                let title = ["a", "b", "c"][which];
                let record = match what {
                    0 => episodes.report(alert(title, AlertCondition::Firing), id(number)).ok().map(|reported| reported.record),
                    1 => episodes.report(alert(title, AlertCondition::Resolved), id(number)).ok().map(|reported| reported.record),
                    _ => {
                        let step = if what == 2 { Step::Acknowledge } else { Step::Resolve };
                        let known = states.keys().nth(which).cloned();
                        known.and_then(|id| episodes.step(&id, step, operator(), None).ok()).map(|(_, record)| record)
                    }
                };
                let Some(record) = record else { continue };
                if record.transition == AlertTransition::Raised {
                    prop_assert!(states.insert(record.alert_id, AlertState::Raised).is_none());
                } else {
                    let next = states[&record.alert_id].after(record.transition);
                    prop_assert!(next.is_some());
                    states.insert(record.alert_id, next.unwrap());
                }
            }
            let open = states.values().filter(|state| **state != AlertState::Resolved).count();
            prop_assert_eq!(open, episodes.open.len());
            prop_assert_eq!(open, episodes.by_fingerprint.len());
            prop_assert_eq!(open, episodes.of_dashboard.values().map(BTreeMap::len).sum::<usize>());
        }
    }
}
