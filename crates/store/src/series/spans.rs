//! Which stretches of the log have been read into series.

use rusqlite::Connection;

/// Stretches of places, both ends included: apart from each other, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spans(Vec<(i64, i64)>);

impl Spans {
    /// What the file says.
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut statement = connection
            .prepare_cached("SELECT first_place, last_place FROM series_spans ORDER BY first_place")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<_>>().map(Self)
    }

    /// Writes them in place of what the file says.
    pub(crate) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute("DELETE FROM series_spans", [])?;
        let mut insert = connection.prepare_cached("INSERT INTO series_spans VALUES (?1, ?2)")?;
        for (first, last) in &self.0 {
            insert.execute([first, last])?;
        }
        Ok(())
    }

    /// Adds a stretch; stretches that touch become one.
    pub(crate) fn add(&mut self, first: i64, last: i64) {
        if first > last {
            return;
        }
        let start = self.0.partition_point(|span| span.1.saturating_add(1) < first);
        let end = self.0.partition_point(|span| span.0 <= last.saturating_add(1));
        let merged = self.0[start..end]
            .iter()
            .fold((first, last), |merged, span| (merged.0.min(span.0), merged.1.max(span.1)));
        self.0.splice(start..end, [merged]);
    }

    /// The stretch that has `place`: a number that is the same for all places in it.
    pub(crate) fn number_of(&self, place: i64) -> usize {
        self.0.partition_point(|span| span.0 <= place)
    }

    /// What of `first` to `last` is in none of them.
    pub(crate) fn missing(&self, first: i64, last: i64) -> Vec<(i64, i64)> {
        let mut missing = Vec::new();
        let mut next = first;
        for (span_first, span_last) in &self.0 {
            if *span_last < next {
                continue;
            }
            if *span_first > last {
                break;
            }
            if *span_first > next {
                missing.push((next, span_first - 1));
            }
            next = span_last.saturating_add(1);
        }
        if next <= last {
            missing.push((next, last));
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_a_set_of_places(
            stretches in proptest::collection::vec((0..60_i64, 0..8_i64), 0..12),
            first in 0..60_i64,
            length in 0..30_i64,
        ) {
            let mut spans = Spans::default();
            let mut places = BTreeSet::new();
            for (first, length) in stretches {
                spans.add(first, first + length);
                places.extend(first..=first + length);
            }
            let inside: BTreeSet<i64> = spans.0.iter().flat_map(|span| span.0..=span.1).collect();
            prop_assert_eq!(&inside, &places);
            prop_assert!(spans.0.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "{spans:?}");
            let missing: BTreeSet<i64> =
                spans.missing(first, first + length).into_iter().flat_map(|span| span.0..=span.1).collect();
            let expected: BTreeSet<i64> =
                (first..=first + length).filter(|place| !places.contains(place)).collect();
            prop_assert_eq!(missing, expected);
        }
    }
}
