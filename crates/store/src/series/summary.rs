//! What is known of a stretch of samples without reading them.

/// A stretch of a series in a few numbers. Summaries of neighbours add up to the summary of both, so that a chart or a
/// mean over a year reads few samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Summary {
    /// Time of the first sample.
    pub(crate) start_at: i64,
    /// Time of the last sample.
    pub(crate) end_at: i64,
    /// How many samples.
    pub(crate) count: u64,
    /// The least value.
    pub(crate) min: f64,
    /// When it was first reached.
    pub(crate) min_at: i64,
    /// The greatest value.
    pub(crate) max: f64,
    /// When it was first reached.
    pub(crate) max_at: i64,
    /// All values added up.
    pub(crate) sum: f64,
    /// The last value.
    pub(crate) last: f64,
}

impl Summary {
    /// Of one sample.
    pub(crate) fn of_one(at: i64, value: f64) -> Self {
        Self {
            start_at: at,
            end_at: at,
            count: 1,
            min: value,
            min_at: at,
            max: value,
            max_at: at,
            sum: value,
            last: value,
        }
    }

    /// Of samples in the order of their times; `None` when there are none.
    pub(crate) fn of(times: &[i64], values: &[f64]) -> Option<Self> {
        let mut samples = times.iter().zip(values);
        let (at, value) = samples.next()?;
        let mut summary = Self::of_one(*at, *value);
        for (at, value) in samples {
            summary.add(*at, *value);
        }
        Some(summary)
    }

    /// Takes one more sample, not earlier than the last.
    pub(crate) fn add(&mut self, at: i64, value: f64) {
        self.follow(&Self::of_one(at, value));
    }

    /// Takes what follows this stretch.
    pub(crate) fn follow(&mut self, later: &Self) {
        self.end_at = later.end_at;
        self.count += later.count;
        if later.min < self.min {
            (self.min, self.min_at) = (later.min, later.min_at);
        }
        if later.max > self.max {
            (self.max, self.max_at) = (later.max, later.max_at);
        }
        self.sum += later.sum;
        self.last = later.last;
    }

    /// The mean of all values.
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 samples")]
    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(
            values in proptest::collection::vec(-1_000_i32..1_000, 2..200),
            cut in any::<prop::sample::Index>(),
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let times: Vec<i64> = (0..).take(values.len()).collect();
            let cut = 1 + cut.index(values.len() - 1);
            let mut sum = Summary::of(&times[..cut], &values[..cut]).unwrap();
            sum.follow(&Summary::of(&times[cut..], &values[cut..]).unwrap());
            prop_assert_eq!(sum, Summary::of(&times, &values).unwrap());
            let naive = values.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert_eq!(sum.min, naive);
            prop_assert_eq!(times.iter().position(|at| *at == sum.min_at), values.iter().position(|value| *value == naive));
        }
    }
}
