//! Whether a log is whole.

use std::ops::ControlFlow;

use crate::{
    LogReader, StoreError,
    database::{MAX_SEQ, place, unplace},
    replica::Hole,
    segments::{Direction, Selection, retention},
};

/// Records that are checked between two reports of progress.
const STRETCH: u64 = 50_000;

/// Findings of one sort that are told; one more would help nobody.
const TOLD: usize = 100;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// Records that were read.
    pub records: u64,
    /// Stretches in which sealed records are damaged; what else lies there is readable.
    pub damage: Vec<Hole>,
    /// Stretches of which nothing is there, though nothing says why.
    pub missing: Vec<Hole>,
    /// Records that are older than one before them.
    pub out_of_order: Vec<Hole>,
    /// What SQLite found wrong with the file, in its own words.
    pub file: Vec<String>,
    /// It was broken off before the end.
    pub is_partial: bool,
}

impl Check {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.damage.is_empty()
            && self.missing.is_empty()
            && self.out_of_order.is_empty()
            && self.file.is_empty()
    }
}

impl LogReader {
    /// Reads everything, and says what is wrong with it. Tells `progress` now and then what part is done, 0 to 1, and
    /// ends early when that breaks off. The log can be written meanwhile.
    ///
    /// # Errors
    /// Those of the disk. What is damaged is no error, but told in the answer.
    pub fn check(&mut self, mut progress: impl FnMut(f64) -> ControlFlow<()>) -> Result<Check, StoreError> {
        let mut check = Check::default();
        if progress(0.0).is_break() {
            return Ok(Check { is_partial: true, ..check });
        }
        check.file = self.read(|reader| {
            let mut statement = reader.connection().prepare("PRAGMA quick_check(20)")?;
            let told =
                statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
            Ok(told.into_iter().filter(|told| told != "ok").collect())
        })?;
        let known = self.damage().len();
        let extents = self.extents()?;
        let total: u64 = extents.iter().map(|extent| extent.last_seq).sum();
        let mut before = 0;
        for extent in extents {
            let mut last: Option<(i64, i64)> = None;
            let mut from = 1;
            while from <= extent.last_seq {
                let to = extent.last_seq.min(from + STRETCH - 1);
                self.check_stretch(&mut check, extent.partition, (from, to), &mut last)?;
                from = to + 1;
                #[expect(clippy::cast_precision_loss, reason = "progress is no exact number")]
                let done = (before + to) as f64 / total.max(1) as f64;
                if progress(done).is_break() {
                    check.is_partial = true;
                    break;
                }
            }
            before += extent.last_seq;
        }
        check.damage = self.damage().get(known..).unwrap_or_default().to_vec();
        // What is damaged is not missing besides.
        check.missing.retain(|missing| !check.damage.iter().any(|damage| overlap(missing, damage)));
        Ok(check)
    }

    fn check_stretch(
        &mut self,
        check: &mut Check,
        partition: u16,
        seqs: (u64, u64),
        last: &mut Option<(i64, i64)>,
    ) -> Result<(), StoreError> {
        let holes = self.holes()?;
        let whole_from = self.read(|reader| retention::whole_from(reader.connection(), partition))?;
        let first_seq =
            self.extents()?.iter().find(|extent| extent.partition == partition).map_or(0, |e| e.first_seq);
        let is_explained = |missing: &Hole| {
            missing.last_seq < whole_from.max(first_seq) || holes.iter().any(|hole| overlap(hole, missing))
        };
        self.visit(
            partition,
            &Selection::default(),
            seqs,
            Direction::Forward,
            u64::MAX,
            |mut visited, _| {
                let (place_now, at) = (visited.place, visited.at);
                if visited.body()?.is_some() {
                    check.records += 1;
                }
                let expected = last.map_or(place(partition, 1), |(last, _)| last + 1);
                let stretch = |first: i64, last: i64| Hole {
                    partition,
                    first_seq: unplace(first).1,
                    last_seq: unplace(last).1,
                };
                if place_now > expected {
                    let missing = stretch(expected, place_now - 1);
                    if check.missing.len() < TOLD && !is_explained(&missing) {
                        check.missing.push(missing);
                    }
                }
                if last.is_some_and(|(_, last_at)| at < last_at) && check.out_of_order.len() < TOLD {
                    check.out_of_order.push(stretch(place_now, place_now));
                }
                *last = Some((place_now, at));
                Ok(ControlFlow::Continue(()))
            },
        )?;
        Ok(())
    }
}

fn overlap(one: &Hole, other: &Hole) -> bool {
    one.partition == other.partition
        && one.first_seq <= other.last_seq
        && other.first_seq <= one.last_seq.min(MAX_SEQ)
}
