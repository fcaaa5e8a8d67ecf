//! What goes wrong where and when. Troubles come in a few slots, one after the other in each, so that the fleet is
//! mostly calm and yet never without a dashboard that needs attention for long.

use std::time::Duration;

use crate::model::{Incident, IncidentKind};

/// An incident, and when it begins after the one before it in its slot ended.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedIncident {
    /// Quiet before it.
    pub pause: Duration,
    /// Place of the dashboard in the fleet.
    pub dashboard: usize,
    /// What goes wrong, and for how long.
    pub incident: Incident,
}

/// The incidents of one slot, for ever. The same seed gives the same incidents.
#[derive(Debug, Clone)]
pub struct IncidentPlan {
    rng: fastrand::Rng,
    slot: usize,
    slots: usize,
    dashboards: usize,
    planned: u64,
}

/// How many slots a fleet of `dashboards` has: two for the usual two dozen, and one more for each further dozen.
#[must_use]
pub fn slots(dashboards: usize) -> usize {
    match dashboards {
        0 => 0,
        1..12 => 1,
        _ => dashboards / 12,
    }
}

impl IncidentPlan {
    /// The plan of slot number `slot` (from 0) in a fleet of `dashboards`.
    #[must_use]
    pub fn new(seed: u64, slot: usize, dashboards: usize) -> Self {
        let rng = fastrand::Rng::with_seed(seed ^ (slot as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Self { rng, slot, slots: slots(dashboards).max(1), dashboards, planned: 0 }
    }
}

impl Iterator for IncidentPlan {
    type Item = PlannedIncident;

    fn next(&mut self) -> Option<PlannedIncident> {
        // Each slot has dashboards of its own, so that two incidents never meet in one.
        let own = (self.dashboards + self.slots - 1).saturating_sub(self.slot) / self.slots;
        if own == 0 {
            return None;
        }
        let dashboard = self.rng.usize(..own) * self.slots + self.slot;
        let pause = match (self.planned, self.slot) {
            (0, 0) => 12.0,
            (0, _) => 40.0 + 80.0 * self.rng.f64(),
            (_, 0) => 10.0 + 20.0 * self.rng.f64(),
            _ => 60.0 + 120.0 * self.rng.f64(),
        };
        let kind = IncidentKind::ALL[self.rng.usize(..IncidentKind::ALL.len())];
        self.planned += 1;
        Some(PlannedIncident {
            pause: Duration::from_secs_f64(pause),
            dashboard,
            incident: Incident { kind, duration: Duration::from_secs_f64(80.0 + 100.0 * self.rng.f64()) },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn slots_never_meet_in_a_dashboard_and_stay_in_the_fleet(seed: u64, dashboards in 1_usize..200) {
            for slot in 0..slots(dashboards) {
                for planned in IncidentPlan::new(seed, slot, dashboards).take(20) {
                    prop_assert!(planned.dashboard < dashboards);
                    prop_assert_eq!(planned.dashboard % slots(dashboards), slot);
                }
            }
        }
    }

    #[test]
    fn one_or_two_of_the_usual_fleet_are_in_trouble_and_most_are_calm() {
        let mut troubled_seconds = 0.0;
        let horizon = 20_000.0;
        for slot in 0..slots(24) {
            let mut at = 0.0;
            for planned in IncidentPlan::new(7, slot, 24) {
                at += planned.pause.as_secs_f64() + planned.incident.duration.as_secs_f64();
                if at > horizon {
                    break;
                }
                troubled_seconds += planned.incident.duration.as_secs_f64();
            }
        }
        let mean = troubled_seconds / horizon;
        assert!((1.0..2.0).contains(&mean), "{mean}");
    }
}
