//! What is usual among the dashboards of one use case.

use std::collections::{BTreeMap, HashMap};

use mission_control_protocol::DashboardId;

use super::state::GAP;

/// What is usual is found anew after so long, in milliseconds: a sample need not look at every peer.
const ANEW_AFTER: i64 = 1_000;

/// The newest values of one metric in one use case.
#[derive(Debug, Default)]
struct Peers {
    newest: BTreeMap<DashboardId, (i64, f64)>,
    found_at: Option<i64>,
    count: usize,
    usual: Option<(f64, f64)>,
}

/// By use case and metric.
#[derive(Debug, Default)]
pub(super) struct AllPeers(HashMap<(String, String), Peers>);

impl AllPeers {
    /// Takes a sample, and says how many peers there are, their median, and the size of a usual distance from it: the
    /// median absolute deviation, scaled to a standard deviation; at least a hundredth of the median, so that peers that
    /// are all alike do not make an outlier of whoever differs by nothing to speak of.
    pub(super) fn sample(
        &mut self,
        (use_case, metric): (&str, &str),
        dashboard: &DashboardId,
        at: i64,
        value: f64,
    ) -> (usize, Option<(f64, f64)>) {
        let peers = self.0.entry((use_case.to_owned(), metric.to_owned())).or_default();
        peers.newest.insert(dashboard.clone(), (at, value));
        if peers.found_at.is_none_or(|found_at| at - found_at >= ANEW_AFTER || at < found_at) {
            peers.newest.retain(|_, (then, _)| at - *then <= GAP);
            peers.found_at = Some(at);
            peers.count = peers.newest.len();
            let mut values: Vec<f64> = peers.newest.values().map(|(_, value)| *value).collect();
            peers.usual = median(&mut values).map(|middle| {
                let mut distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
                let distance = median(&mut distances).unwrap_or(0.0) * 1.4826;
                (middle, distance.max(middle.abs() / 100.0).max(1e-9))
            });
        }
        (peers.count, peers.usual)
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    Some(if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_is_robust() {
        let mut peers = AllPeers::default();
        let mut last = (0, None);
        for (number, value) in [10.0, 11.0, 9.0, 10.5, 1_000.0].into_iter().enumerate() {
            let dashboard = DashboardId::new(&format!("energy-{number}")).unwrap();
            last = peers.sample(("energy", "m"), &dashboard, number as i64 * 2_000, value);
        }
        let (count, Some((median, usual))) = last else { panic!("nothing is usual") };
        assert_eq!((count, median), (5, 10.5));
        assert!((usual - 0.5 * 1.4826).abs() < 1e-9, "{usual}");
    }
}
