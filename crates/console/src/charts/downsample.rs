//! Fewer points without losing an extreme, and gaps where nothing was measured.

use std::collections::BTreeSet;

/// A stretch without points is a gap when it is this many times longer than usual.
const GAP_FACTOR: i64 = 3;

/// Which points to draw: indices into `times`, rising. At most `limit` are chosen where there are more; then time is
/// divided into equal buckets and each column keeps its least and its greatest value of each bucket, so that no
/// extreme is lost. Buckets stand still as time goes on, so that a chart does not flicker.
///
/// `times` rises; each column is as long as `times`. `limit` below 4 per column is taken as 4 per column.
pub(crate) fn choose(times: &[i64], columns: &[Vec<Option<f64>>], limit: usize) -> Vec<usize> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Vec::new() };
    if times.len() <= limit {
        return (0..times.len()).collect();
    }
    // One bucket more than counted can be touched (the first and the last are cut off), and the last point is kept.
    let buckets = (limit.saturating_sub(1) / (2 * columns.len().max(1))).saturating_sub(1).max(1);
    let width = (last - first) / i64::try_from(buckets).unwrap_or(i64::MAX) + 1;
    let mut chosen = BTreeSet::new();
    let mut start = 0;
    while start < times.len() {
        let bucket = times[start].div_euclid(width);
        let length = times[start..].partition_point(|time| time.div_euclid(width) == bucket);
        for column in columns {
            if let Some((least, greatest)) = extremes(&column[start..start + length]) {
                chosen.insert(start + least);
                chosen.insert(start + greatest);
            }
        }
        start += length;
    }
    chosen.insert(times.len() - 1);
    chosen.into_iter().collect()
}

/// Where the least and the greatest value stand.
fn extremes(values: &[Option<f64>]) -> Option<(usize, usize)> {
    let mut found: Option<((usize, f64), (usize, f64))> = None;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = *value else { continue };
        let (least, greatest) = found.get_or_insert(((index, value), (index, value)));
        if value < least.1 {
            *least = (index, value);
        }
        if value > greatest.1 {
            *greatest = (index, value);
        }
    }
    found.map(|(least, greatest)| (least.0, greatest.0))
}

/// The spacing that nine in ten points keep, or `None` with too few points to tell.
pub(crate) fn usual_spacing(times: &[i64]) -> Option<i64> {
    let mut spacings: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if spacings.len() < 3 {
        return None;
    }
    let place = (spacings.len() * 9 / 10).min(spacings.len() - 1);
    let (_, usual, _) = spacings.select_nth_unstable(place);
    Some((*usual).max(1))
}

/// Whether two neighbouring points are so far apart that something is missing between them.
pub(crate) fn is_gap(spacing: i64, usual: Option<i64>) -> bool {
    usual.is_some_and(|usual| spacing > usual.saturating_mul(GAP_FACTOR))
}

/// Where something is missing: the middle of each stretch that is longer than usual.
pub(crate) fn gaps(times: &[i64]) -> Vec<i64> {
    let usual = usual_spacing(times);
    times
        .windows(2)
        .filter(|pair| is_gap(pair[1] - pair[0], usual))
        .map(|pair| pair[0] + (pair[1] - pair[0]) / 2)
        .collect()
}

/// The chosen points, with an empty one at each of `gaps` (rising) that lies between two of them, so that no line is
/// drawn over it.
pub(crate) fn draw(
    times: &[i64],
    columns: &[Vec<Option<f64>>],
    gaps: &[i64],
    limit: usize,
) -> (Vec<i64>, Vec<Vec<Option<f64>>>) {
    let chosen = choose(times, columns, limit);
    let mut drawn_times: Vec<i64> = Vec::with_capacity(chosen.len());
    let mut drawn: Vec<Vec<Option<f64>>> = columns.iter().map(|_| Vec::with_capacity(chosen.len())).collect();
    for index in chosen {
        if let Some(previous) = drawn_times.last()
            && let Some(gap) = gaps.get(gaps.partition_point(|gap| gap <= previous))
            && *gap < times[index]
        {
            drawn_times.push(*gap);
            for column in &mut drawn {
                column.push(None);
            }
        }
        drawn_times.push(times[index]);
        for (column, values) in drawn.iter_mut().zip(columns) {
            column.push(values[index]);
        }
    }
    (drawn_times, drawn)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_points_are_all_drawn() {
        let times = [0, 10, 20];
        let (drawn, values) = draw(&times, &[vec![Some(1.0), None, Some(3.0)]], &gaps(&times), 600);
        assert_eq!(drawn, times);
        assert_eq!(values, [[Some(1.0), None, Some(3.0)]]);
    }

    #[test]
    fn a_silence_is_a_gap() {
        let times = [0, 10, 20, 30, 100, 110, 120, 130, 140, 150, 160, 170, 180];
        let values = vec![vec![Some(1.0); times.len()]];
        let (drawn, values) = draw(&times, &values, &gaps(&times), 600);
        assert_eq!(drawn[3..6], [30, 65, 100]);
        assert_eq!(values[0][4], None);
        assert_eq!(values[0].iter().filter(|value| value.is_none()).count(), 1);
    }

    fn series() -> impl Strategy<Value = (Vec<i64>, Vec<Vec<Option<f64>>>)> {
        (1_usize..4, 1_usize..1_500).prop_flat_map(|(columns, length)| {
            let spacings = proptest::collection::vec(1_i64..5_000, length);
            let value = proptest::option::weighted(0.9, -1e6_f64..1e6);
            let values = proptest::collection::vec(proptest::collection::vec(value, length), columns);
            (spacings, values).prop_map(|(spacings, values)| {
                let mut time = 1_000;
                let times = spacings
                    .into_iter()
                    .map(|spacing| {
                        time += spacing;
                        time
                    })
                    .collect();
                (times, values)
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn extremes_are_kept_and_points_are_few((times, columns) in series(), limit in 20_usize..700) {
            let chosen = choose(&times, &columns, limit);
            prop_assert!(chosen.len() <= limit.max(4 * columns.len() + 1), "{} of {limit}", chosen.len());
            prop_assert!(chosen.is_sorted());
            prop_assert_eq!(chosen.last(), Some(&(times.len() - 1)));
            for column in &columns {
                let all = column.iter().flatten().copied();
                let kept = || chosen.iter().filter_map(|index| column[*index]);
                let greatest = all.clone().fold(f64::NEG_INFINITY, f64::max);
                let least = all.fold(f64::INFINITY, f64::min);
                prop_assert_eq!(kept().fold(f64::NEG_INFINITY, f64::max), greatest);
                prop_assert_eq!(kept().fold(f64::INFINITY, f64::min), least);
            }
        }

        #[test]
        fn what_is_drawn_was_measured_or_is_a_gap((times, columns) in series(), limit in 20_usize..700) {
            let (drawn, values) = draw(&times, &columns, &gaps(&times), limit);
            prop_assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
            for (column, measured) in values.iter().zip(&columns) {
                prop_assert_eq!(column.len(), drawn.len());
                for (time, value) in drawn.iter().zip(column) {
                    match times.binary_search(time) {
                        Ok(index) => prop_assert_eq!(*value, measured[index]),
                        Err(_) => prop_assert_eq!(*value, None),
                    }
                }
            }
        }
    }
}
