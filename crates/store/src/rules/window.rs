//! The samples of a stretch of time, thinned to a bound: rates and forecasts are read off them.

use std::collections::VecDeque;

/// Samples kept of a stretch: the first of each of so many parts.
const PARTS: i64 = 32;

/// The last stretch of a series.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    samples: VecDeque<(i64, f64)>,
}

impl Window {
    /// Takes a sample, and forgets what lies more than `over` milliseconds before it.
    pub(super) fn push(&mut self, at: i64, value: f64, over: i64) {
        while self.samples.front().is_some_and(|(first, _)| at - first > over) {
            self.samples.pop_front();
        }
        let part = (over / PARTS).max(1);
        if self.samples.back().is_none_or(|(last, _)| last.div_euclid(part) != at.div_euclid(part)) {
            self.samples.push_back((at, value));
        }
    }

    /// The change from the oldest sample to `value` at `at`, a minute; `None` where the samples span less than half.
    pub(super) fn per_minute(&self, at: i64, value: f64, over: i64) -> Option<f64> {
        let (first, from) = *self.samples.front()?;
        let span = at - first;
        (span > 0 && span * 2 >= over).then(|| (value - from) / span as f64 * 60_000.0)
    }

    /// Where a straight line through the samples stands `ahead` milliseconds after `at`.
    pub(super) fn line_at(&self, at: i64, value: f64, over: i64, ahead: i64) -> Option<f64> {
        let (first, _) = *self.samples.front()?;
        if (at - first) * 2 < over || self.samples.len() < 3 {
            return None;
        }
        // Times from `at`, in seconds, keep the sums small.
        let points = self.samples.iter().filter(|(then, _)| *then != at).copied().chain([(at, value)]);
        let points = points.map(|(then, value)| ((then - at) as f64 / 1_000.0, value));
        let (mut count, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (then, value) in points {
            count += 1.0;
            x += then;
            y += value;
            xx += then * then;
            xy += then * value;
        }
        let spread = count * xx - x * x;
        if spread <= 0.0 {
            return None;
        }
        let slope = (count * xy - x * y) / spread;
        Some((y - slope * x) / count + slope * ahead as f64 / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_is_found_and_thinned() {
        let mut window = Window::default();
        for second in 0..1_000 {
            window.push(second * 1_000, second as f64 * 2.0, 600_000);
        }
        assert!(window.samples.len() <= 34);
        let rate = window.per_minute(999_000, 1_998.0, 600_000).unwrap();
        assert!((rate - 120.0).abs() < 1e-9);
        let ahead = window.line_at(999_000, 1_998.0, 600_000, 60_000).unwrap();
        assert!((ahead - 2_118.0).abs() < 1e-6, "{ahead}");
    }

    #[test]
    fn too_little_says_nothing() {
        let mut window = Window::default();
        window.push(0, 1.0, 600_000);
        window.push(100_000, 2.0, 600_000);
        assert_eq!(window.per_minute(100_000, 2.0, 600_000), None);
        assert_eq!(window.line_at(100_000, 2.0, 600_000, 1), None);
    }
}
