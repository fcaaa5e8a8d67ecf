//! Who is here, as a pure state machine: one session per dashboard, take-over, liveness.

use std::collections::HashMap;

use mission_control_protocol::{
    DashboardId, SessionEpoch, Timestamp,
    limits::OFFLINE_AFTER_INTERVALS,
    record::{ConnectionRecord, Liveness},
};
use tokio::time::Instant;

use crate::clock::milliseconds;

/// Names one connection; never used twice while the hub runs.
pub(crate) type ConnectionNumber = u64;

/// How a connection came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// It said `DISCONNECT`, and why.
    Left(String),
    /// It was lost, or closed by the hub; why.
    Lost(String),
}

/// What becomes of a registration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The connection is registered.
    Admitted,
    /// The connection is registered once this older connection of the same session is gone. A connection that was
    /// waiting for the same gives way too.
    AfterTakeover { older: ConnectionNumber, displaced: Option<ConnectionNumber> },
    /// Another session is connected under this id.
    InUse,
}

/// What follows from a connection's end.
#[derive(Debug, PartialEq)]
pub(crate) enum Departure {
    /// The dashboard is gone; this is to be recorded.
    Gone(ConnectionRecord),
    /// The dashboard is still there: this connection, which was waiting, is registered now.
    TakenOver(ConnectionNumber),
    /// The connection was not the registered one; nothing changes.
    Nothing,
}

/// The dashboards that are connected.
#[derive(Debug)]
pub(crate) struct Roster {
    sessions: HashMap<DashboardId, Session>,
    heartbeat_milliseconds: i64,
}

#[derive(Debug)]
struct Session {
    connection: ConnectionNumber,
    epoch: SessionEpoch,
    liveness: Liveness,
    /// A newer connection of the same session, waiting for this one's end.
    successor: Option<ConnectionNumber>,
    /// It has been silent too long, and its connection is being closed.
    ending: bool,
}

/// A change of liveness that was found by looking at the clock.
#[derive(Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) dashboard_id: DashboardId,
    pub(crate) connection: ConnectionNumber,
    pub(crate) record: ConnectionRecord,
}

impl Roster {
    pub(crate) fn new(heartbeat_milliseconds: i64) -> Self {
        Self { sessions: HashMap::new(), heartbeat_milliseconds }
    }

    /// A connection asks to be registered.
    pub(crate) fn register(
        &mut self,
        id: &DashboardId,
        epoch: SessionEpoch,
        connection: ConnectionNumber,
    ) -> Admission {
        if let Some(session) = self.sessions.get_mut(id) {
            if session.epoch != epoch && !session.ending {
                return Admission::InUse;
            }
            session.epoch = epoch;
            let displaced = session.successor.replace(connection);
            return Admission::AfterTakeover { older: session.connection, displaced };
        }
        self.seat(id, epoch, connection);
        Admission::Admitted
    }

    /// A connection has ended, and will submit nothing any more.
    pub(crate) fn departed(
        &mut self,
        id: &DashboardId,
        connection: ConnectionNumber,
        farewell: Farewell,
    ) -> Departure {
        let Some(session) = self.sessions.get_mut(id) else { return Departure::Nothing };
        if session.connection != connection {
            if session.successor == Some(connection) {
                session.successor = None;
            }
            return Departure::Nothing;
        }
        if let Some(successor) = session.successor {
            let epoch = session.epoch;
            self.seat(id, epoch, successor);
            return Departure::TakenOver(successor);
        }
        // Silence was recorded when it was found.
        let recorded = session.ending;
        self.sessions.remove(id);
        match farewell {
            _ if recorded => Departure::Nothing,
            Farewell::Left(reason) => Departure::Gone(ConnectionRecord { liveness: Liveness::Left, reason }),
            Farewell::Lost(reason) => {
                Departure::Gone(ConnectionRecord { liveness: Liveness::Offline, reason })
            }
        }
    }

    /// Looks at the clock. `heard_at` says when a connection was last heard from; `wall` is `now` on the clock that
    /// people read. A dashboard that is *offline* is to be disconnected.
    pub(crate) fn tick(
        &mut self,
        now: Instant,
        wall: Timestamp,
        heard_at: impl Fn(ConnectionNumber) -> Option<Instant>,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        for (id, session) in &mut self.sessions {
            let Some(heard_at) = heard_at(session.connection) else { continue };
            let silence = milliseconds(now.saturating_duration_since(heard_at));
            let heard_at = wall.plus_milliseconds(silence.saturating_neg());
            // A heartbeat that comes a little late is not missed.
            let missed = (silence - self.heartbeat_milliseconds / 4) / self.heartbeat_milliseconds.max(1);
            let next = match missed {
                ..=0 => Liveness::Online,
                missed if missed < OFFLINE_AFTER_INTERVALS.into() => Liveness::Stale,
                _ => Liveness::Offline,
            };
            if session.ending || next == session.liveness {
                continue;
            }
            let reason = match next {
                Liveness::Online => "heard from again".to_owned(),
                Liveness::Stale => format!("a heartbeat was missed; last heard from at {heard_at}"),
                _ => {
                    format!("{OFFLINE_AFTER_INTERVALS} heartbeats were missed; last heard from at {heard_at}")
                }
            };
            session.liveness = next;
            session.ending = next == Liveness::Offline;
            changes.push(Change {
                dashboard_id: id.clone(),
                connection: session.connection,
                record: ConnectionRecord { liveness: next, reason },
            });
        }
        changes
    }

    /// The registered connection of a dashboard.
    pub(crate) fn connection(&self, id: &DashboardId) -> Option<ConnectionNumber> {
        self.sessions.get(id).map(|session| session.connection)
    }

    /// Every dashboard that is connected, with its connection.
    pub(crate) fn connected(&self) -> impl Iterator<Item = (&DashboardId, ConnectionNumber)> {
        self.sessions.iter().map(|(id, session)| (id, session.connection))
    }

    fn seat(&mut self, id: &DashboardId, epoch: SessionEpoch, connection: ConnectionNumber) {
        let session =
            Session { connection, epoch, liveness: Liveness::Online, successor: None, ending: false };
        self.sessions.insert(id.clone(), session);
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const INTERVAL: i64 = 5_000;

    fn id() -> DashboardId {
        DashboardId::new("energy-01").unwrap()
    }

    fn epoch(number: u128) -> SessionEpoch {
        SessionEpoch(Uuid::from_u128(number))
    }

    fn liveness(changes: Vec<Change>) -> Vec<Liveness> {
        changes.into_iter().map(|change| change.record.liveness).collect()
    }

    #[test]
    fn the_same_session_takes_over_and_another_is_turned_away() {
        let mut roster = Roster::new(INTERVAL);
        assert_eq!(roster.register(&id(), epoch(1), 1), Admission::Admitted);
        assert_eq!(roster.register(&id(), epoch(2), 2), Admission::InUse);
        let waiting = roster.register(&id(), epoch(1), 3);
        assert_eq!(waiting, Admission::AfterTakeover { older: 1, displaced: None });
        let waiting = roster.register(&id(), epoch(1), 4);
        assert_eq!(waiting, Admission::AfterTakeover { older: 1, displaced: Some(3) });
        assert_eq!(roster.departed(&id(), 3, Farewell::Lost(String::new())), Departure::Nothing);
        assert_eq!(roster.departed(&id(), 1, Farewell::Lost(String::new())), Departure::TakenOver(4));
        assert_eq!(roster.connection(&id()), Some(4));
    }

    #[test]
    fn a_goodbye_is_told_apart_from_a_loss() {
        let mut roster = Roster::new(INTERVAL);
        roster.register(&id(), epoch(1), 1);
        let Departure::Gone(record) = roster.departed(&id(), 1, Farewell::Left("maintenance".to_owned()))
        else {
            panic!("it was registered")
        };
        assert_eq!((record.liveness, record.reason.as_str()), (Liveness::Left, "maintenance"));
        roster.register(&id(), epoch(2), 2);
        let Departure::Gone(record) = roster.departed(&id(), 2, Farewell::Lost("reset".to_owned())) else {
            panic!("it was registered")
        };
        assert_eq!(record.liveness, Liveness::Offline);
    }

    #[test]
    fn silence_makes_stale_then_offline_once_and_a_word_makes_online() {
        let mut roster = Roster::new(INTERVAL);
        roster.register(&id(), epoch(1), 1);
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let wall = Timestamp::from_milliseconds(0);
        assert_eq!(liveness(roster.tick(at(6_249), wall, |_| Some(at(0)))), []);
        assert_eq!(liveness(roster.tick(at(6_250), wall, |_| Some(at(0)))), [Liveness::Stale]);
        assert_eq!(liveness(roster.tick(at(9_000), wall, |_| Some(at(0)))), []);
        assert_eq!(liveness(roster.tick(at(9_500), wall, |_| Some(at(9_400)))), [Liveness::Online]);
        assert_eq!(liveness(roster.tick(at(25_650), wall, |_| Some(at(9_400)))), [Liveness::Offline]);
        assert_eq!(liveness(roster.tick(at(26_000), wall, |_| Some(at(25_900)))), []);
        // The record is there already; a new session may come at once.
        assert_eq!(
            roster.register(&id(), epoch(2), 2),
            Admission::AfterTakeover { older: 1, displaced: None }
        );
        assert_eq!(roster.departed(&id(), 1, Farewell::Lost(String::new())), Departure::TakenOver(2));
    }

    #[test]
    fn the_wall_clock_may_jump_without_anyone_falling_silent() {
        let mut roster = Roster::new(INTERVAL);
        roster.register(&id(), epoch(1), 1);
        let start = Instant::now();
        let now = start + Duration::from_secs(6);
        for wall in [0, i64::from(i32::MAX), -86_400_000] {
            let wall = Timestamp::from_milliseconds(wall);
            assert_eq!(liveness(roster.tick(now, wall, |_| Some(start))), []);
        }
        // It serves only to tell people when that was.
        let wall: Timestamp = "2026-11-22T20:00:07Z".parse().unwrap();
        let changes = roster.tick(start + Duration::from_secs(7), wall, |_| Some(start));
        assert!(changes[0].record.reason.contains("2026-11-22T20:00:00.000Z"), "{changes:?}");
    }

    proptest! {
        /// A dashboard never has two registered connections, and each one registered was once admitted.
        #[test]
        fn one_connection_at_a_time(steps in prop::collection::vec((0..3_u8, 1..4_u128), 1..100)) {
            let mut roster = Roster::new(INTERVAL);
            let mut next = 0;
            let mut alive: HashSet<ConnectionNumber> = HashSet::new();
            for (what, which) in steps {
                if what == 0 {
                    let leaving = alive.iter().min().copied();
                    if let Some(leaving) = leaving {
                        alive.remove(&leaving);
                        if let Departure::TakenOver(successor) = roster.departed(&id(), leaving, Farewell::Lost(String::new())) {
                            prop_assert!(alive.contains(&successor));
                        }
                    }
                } else {
                    next += 1;
                    match roster.register(&id(), epoch(which), next) {
                        Admission::Admitted => { alive.insert(next); }
                        Admission::AfterTakeover { older, displaced } => {
                            prop_assert!(alive.contains(&older));
                            if let Some(displaced) = displaced {
                                prop_assert!(alive.remove(&displaced));
                                roster.departed(&id(), displaced, Farewell::Lost(String::new()));
                            }
                            alive.insert(next);
                        }
                        Admission::InUse => {}
                    }
                }
                if let Some(connection) = roster.connection(&id()) {
                    prop_assert!(alive.contains(&connection));
                } else {
                    prop_assert!(alive.is_empty());
                }
            }
        }
    }
}
