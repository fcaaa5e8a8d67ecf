//! The scoring of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015, arXiv:1510.03336), standard profile: an early
//! detection in a labelled window earns up to 1, a window without any costs 1, each detection outside costs up to 0.11.
//! 0 is what detects nothing, 100 what detects each window at its very beginning.

/// What a detection outside of the windows costs, far from them.
const FALSE_POSITIVE: f64 = 0.11;

/// The share of a series, and the most samples, in which nothing counts: a detector gets to know the series.
const PROBATION_SHARE: f64 = 0.15;
const PROBATION_SAMPLES: usize = 750;

/// A labelled series with the scores of one detector.
pub struct Scored {
    /// One score a sample.
    pub scores: Vec<f64>,
    /// The windows of anomalies, first and last sample, in order.
    pub windows: Vec<(usize, usize)>,
}

/// What a detector is worth at one threshold.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    /// Of all series together, up to 100.
    pub score: f64,
    /// The threshold.
    pub threshold: f64,
    /// Detections in windows, of all detections.
    pub precision: f64,
    /// Windows with a detection, of all windows.
    pub recall: f64,
    /// Samples from the beginning of a window to its first detection, the mean of the windows that have one.
    pub delay: f64,
}

/// A sample that counts: its score, its worth, and its window, numbered over all series, with its place in it.
struct Sample {
    score: f64,
    worth: f64,
    window: Option<(usize, usize)>,
}

/// The verdict at the one threshold that is best for all `series` together.
pub fn best(series: &[Scored]) -> Verdict {
    let (mut samples, windows) = samples(series);
    samples.sort_by(|one, other| other.score.total_cmp(&one.score));
    let mut worth = vec![-1.0_f64; windows];
    let mut total = -(windows as f64);
    let mut best = (total, f64::INFINITY);
    for equal in samples.chunk_by(|one, other| one.score == other.score) {
        for sample in equal {
            match sample.window {
                None => total += sample.worth,
                Some((window, _)) if sample.worth > worth[window] => {
                    total += sample.worth - worth[window];
                    worth[window] = sample.worth;
                }
                Some(_) => {}
            }
        }
        if total > best.0 {
            best = (total, equal[0].score);
        }
    }
    at(series, best.1)
}

/// The verdict at `threshold`.
pub fn at(series: &[Scored], threshold: f64) -> Verdict {
    let (samples, windows) = samples(series);
    let mut worth = vec![-1.0_f64; windows];
    let mut delays = vec![None; windows];
    let (mut inside, mut outside, mut cost) = (0_usize, 0_usize, 0.0);
    for sample in samples.iter().filter(|sample| sample.score >= threshold) {
        if let Some((window, place)) = sample.window {
            inside += 1;
            worth[window] = worth[window].max(sample.worth);
            delays[window].get_or_insert(place);
        } else {
            outside += 1;
            cost += sample.worth;
        }
    }
    let found: Vec<usize> = delays.into_iter().flatten().collect();
    let total = worth.iter().sum::<f64>() + cost;
    Verdict {
        score: 100.0 * (total + windows as f64) / (2.0 * windows as f64),
        threshold,
        precision: inside as f64 / (inside + outside).max(1) as f64,
        recall: found.len() as f64 / windows.max(1) as f64,
        delay: found.iter().sum::<usize>() as f64 / found.len().max(1) as f64,
    }
}

/// The samples after each probation, and the number of windows.
fn samples(series: &[Scored]) -> (Vec<Sample>, usize) {
    let mut samples = Vec::new();
    let mut number = 0;
    for Scored { scores, windows } in series {
        let probation = ((scores.len() as f64 * PROBATION_SHARE) as usize).min(PROBATION_SAMPLES);
        let mut coming = windows.iter().enumerate().peekable();
        let mut past: Option<(usize, usize)> = None;
        for (place, score) in scores.iter().enumerate() {
            while let Some((_, window)) = coming.next_if(|(_, (_, last))| *last < place) {
                past = Some(*window);
            }
            let current = coming.peek().filter(|(_, (first, _))| *first <= place);
            let (worth, window) = match (current, past) {
                (Some((index, (first, last))), _) => {
                    let width = (last - first + 1) as f64;
                    let worth = sigmoid(-((last + 1 - place) as f64) / width) / sigmoid(-1.0);
                    (worth, Some((number + index, place - first)))
                }
                (None, Some((first, last))) => {
                    let after = (place - last) as f64 / (last - first).max(1) as f64;
                    (FALSE_POSITIVE * sigmoid(after), None)
                }
                (None, None) => (-FALSE_POSITIVE, None),
            };
            if place >= probation {
                samples.push(Sample { score: *score, worth, window });
            }
        }
        number += windows.len();
    }
    (samples, number)
}

/// From 1 well before the end of a window, where `position` is 0, to -1 well behind it.
fn sigmoid(position: f64) -> f64 {
    if position > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * position).exp()) - 1.0 }
}
