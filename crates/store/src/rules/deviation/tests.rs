#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::{collection::vec, prelude::*};

use super::*;

const MINUTE: i64 = 60_000;

/// Noise between -1 and 1 that is the same on every machine.
fn noise(number: u64) -> f64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

fn five_minutes(number: usize) -> Timestamp {
    Timestamp::from_milliseconds(1_700_000_000_000 + 5 * MINUTE * i64::try_from(number).unwrap())
}

fn scores(values: impl IntoIterator<Item = f64>) -> Vec<Score> {
    let mut detector = DeviationDetector::new();
    values
        .into_iter()
        .enumerate()
        .map(|(number, value)| detector.observe(five_minutes(number), value))
        .collect()
}

/// Two weeks of noise of which `change` makes something else.
fn two_weeks(change: impl Fn(usize, f64) -> f64) -> Vec<f64> {
    (0..4_032).map(|number| change(number, 50.0 + noise(number as u64))).collect()
}

/// The samples called anomalies after the first two days.
fn anomalies(values: &[f64]) -> Vec<usize> {
    let scores = scores(values.iter().copied());
    (576..values.len()).filter(|number| scores[*number].is_anomaly()).collect()
}

/// Something is called an anomaly within `within` samples of `from`, little before it, and not all the time after it.
fn assert_found(values: &[f64], from: usize, within: usize) {
    let found = anomalies(values);
    let before = found.iter().filter(|number| **number < from).count();
    // A record of what is only noise comes now and then, and ever more rarely.
    assert!(before <= 5, "{before} before anything happened: {found:?}");
    assert!(found.iter().any(|number| (from..from + within).contains(number)), "not found: {found:?}");
    assert!(found.len() <= before + 12, "again and again: {found:?}");
}

#[test]
fn a_spike_is_found_at_once() {
    assert_found(&two_weeks(|number, value| if number == 3_000 { value + 5.0 } else { value }), 3_000, 1);
}

#[test]
fn a_drop_to_zero_is_found_at_once() {
    assert_found(&two_weeks(|number, value| if number >= 3_000 { 0.0 } else { value }), 3_000, 1);
}

#[test]
fn a_level_that_moves_within_the_noise_is_found_in_two_hours() {
    assert_found(&two_weeks(|number, value| if number >= 3_000 { value + 0.9 } else { value }), 3_000, 24);
}

#[test]
fn a_series_that_stops_moving_is_found_in_half_a_day() {
    assert_found(&two_weeks(|number, value| if number >= 3_000 { 50.0 } else { value }), 3_000, 144);
}

#[test]
fn noise_that_grows_is_found_in_two_hours() {
    assert_found(
        &two_weeks(|number, value| if number >= 3_000 { 50.0 + 4.0 * (value - 50.0) } else { value }),
        3_000,
        24,
    );
}

#[test]
fn a_day_that_does_not_come_is_found_though_its_values_are_ordinary() {
    let daily = |number: usize| 20.0 * (number as f64 / 288.0 * std::f64::consts::TAU).sin();
    let found = anomalies(&two_weeks(|number, value| value + daily(number)));
    assert!(found.len() <= 3, "a daily wave is usual: {found:?}");
    assert_found(
        &two_weeks(|number, value| {
            value + if (2_880..3_168).contains(&number) { -20.0 } else { daily(number) }
        }),
        2_880,
        288,
    );
}

#[test]
fn a_constant_series_is_calm_and_its_first_change_is_not() {
    let values: Vec<f64> = (0..1_000).map(|number| if number == 900 { 45.1 } else { 45.0 }).collect();
    let scores = scores(values);
    assert!(scores[..900].iter().all(|score| *score == Score::CALM));
    assert!(scores[900].anomaly > 0.9);
    assert_eq!(scores[900].aspect, Some(Aspect::Value));
}

#[test]
fn rounding_is_no_change() {
    let scores = scores((0..1_000).map(|number| if number % 7 == 3 { 0.1 + 0.2 } else { 0.3 }));
    assert!(scores.iter().all(|score| !score.is_anomaly()));
}

#[test]
fn noise_is_calm_after_a_gap() {
    let mut detector = DeviationDetector::new();
    let mut found = 0;
    for number in 0..4_000 {
        let gap = if number >= 2_000 { 9 * 24 * 60 * MINUTE } else { 0 };
        let score = detector.observe(five_minutes(number).plus_milliseconds(gap), noise(number as u64));
        found += usize::from(score.is_anomaly() && number >= 1_500);
    }
    assert!(found <= 2, "{found}");
}

#[test]
fn what_is_no_number_is_counted_and_changes_nothing() {
    let mut with = DeviationDetector::new();
    let mut without = DeviationDetector::new();
    for number in 0..500 {
        let at = five_minutes(number);
        if number % 5 == 0 {
            for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                assert_eq!(with.observe(at, value), Score::CALM);
            }
        }
        let value = noise(number as u64);
        assert_eq!(with.observe(at, value), without.observe(at, value));
    }
    assert_eq!((with.observed(), with.ignored()), (500, 300));
}

#[test]
fn one_problem_gives_few_high_scores() {
    let found = anomalies(&two_weeks(|number, value| if number >= 3_000 { value + 30.0 } else { value }));
    assert!(found.contains(&3_000), "{found:?}");
    assert!(found.len() <= 6, "{found:?}");
}

#[test]
fn scores_are_the_same_in_any_unit() {
    let values = two_weeks(|number, value| if number % 1_000 == 999 { value + 4.0 } else { value });
    let as_is = scores(values.iter().copied());
    // Powers of two change no digit.
    for factor in [2.0_f64.powi(-40), 1_024.0, -8.0] {
        assert_eq!(scores(values.iter().map(|value| value * factor)), as_is, "{factor}");
    }
    for shift in [-50.0, 1_000.0, -4_096.0] {
        for (number, (moved, score)) in
            scores(values.iter().map(|value| value + shift)).iter().zip(&as_is).enumerate()
        {
            assert!((moved.anomaly - score.anomaly).abs() < 1e-3, "{shift}, {number}: {moved:?} {score:?}");
        }
    }
}

#[test]
fn its_memory_is_bounded_and_small() {
    let mut detector = DeviationDetector::new();
    let before = detector.bytes();
    for number in 0..100_000 {
        detector.observe(five_minutes(number), noise(number as u64) * 1e6);
    }
    assert_eq!(detector.bytes(), before);
    assert!(before <= 4_096, "{before} bytes");
}

/// Any number, the extremes and what is no number among them.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -100.0..100.0,
        1 => any::<f64>(),
        1 => Just(0.0),
        1 => prop_oneof![Just(f64::MAX), Just(f64::MIN), Just(f64::MIN_POSITIVE), Just(5e-324), Just(f64::NAN)],
    ]
}

proptest! {
    #[test]
    fn a_score_is_between_nought_and_one(
        samples in vec((-1_000_000_000_000_i64..4_000_000_000_000, any_value()), 0..400),
    ) {
        let mut detector = DeviationDetector::new();
        for (at, value) in samples {
            let score = detector.observe(Timestamp::from_milliseconds(at), value);
            prop_assert!((0.0..=1.0).contains(&score.anomaly), "{score:?}");
            prop_assert_eq!(score.aspect.is_none(), score.anomaly == 0.0);
        }
    }

    /// Written down and read back between any two samples, a detector goes on as if it had not been.
    #[test]
    fn the_same_samples_give_the_same_scores_wherever_the_batches_end(
        values in vec(any_value(), 1..300),
        cut in 0_usize..300,
    ) {
        let whole = scores(values.iter().copied());
        let mut detector = DeviationDetector::new();
        for (number, value) in values.iter().enumerate() {
            if number == cut {
                detector = serde_json::from_str(&serde_json::to_string(&detector).unwrap()).unwrap();
            }
            prop_assert_eq!(detector.observe(five_minutes(number), *value), whole[number]);
        }
    }

    #[test]
    fn a_constant_is_calm(value in any::<f64>(), length in 1_usize..500) {
        prop_assert!(scores(std::iter::repeat_n(value, length)).iter().all(|score| *score == Score::CALM));
    }
}

#[test]
fn half_is_what_is_no_longer_usual() {
    assert!((HALF - band::UNUSUAL.ln_1p()).abs() < 1e-15);
}
