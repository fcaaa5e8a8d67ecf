//! Which words the records of each kind in a segment have, so that a search for a word skips the parts that have it not.
//!
//! Each segment notes its words, with the kind of their record, in a Bloom filter of a fixed size. Filters are numbered in
//! the order they are made; each [`GROUP`] of them are turned into slices, in which the bits of all of the group for one
//! position lie side by side. A search then reads a few slices of each group, whatever the number of segments: 10 million
//! records are 40 groups. The word alone decides on the slices, and the kind on the places in them, so that a word is
//! looked up for all kinds at once.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::CodeSet;
use crate::{
    LogReader, StoreError,
    upkeep::{Chore, Prepared},
};

/// What filters are kept in.
pub(crate) const TABLES: &str = "
    -- Filters that are not in a group yet: their numbers follow one on the other.
    CREATE TABLE word_filters (number INTEGER PRIMARY KEY, bits BLOB NOT NULL);
    -- Slices of groups: the row of a group's nth slice is the group's number times the slices of a group, plus n.
    CREATE TABLE word_slices (number INTEGER PRIMARY KEY, slice BLOB NOT NULL);
";

/// Filters of the format before words were noted by kind rule nothing out. They keep their numbers, and the last slice, which
/// no word uses, so that numbers go on from there.
pub(crate) const FORGET_WORDS_WITHOUT_KINDS: &str = "
    UPDATE word_filters SET bits = unhex(replace(hex(zeroblob(16384)), '0', 'F'));
    DELETE FROM word_slices WHERE number < (SELECT max(number) FROM word_slices);
";

/// Bits of a filter: about 1 in 100 words is taken for one that a segment of 4,096 events has, 4 bytes for each.
const BITS: usize = 1 << 17;

/// Bits that stand for a word.
const HASHES: usize = 5;

/// Filters of a group.
const GROUP: i64 = 64;

/// Positions of a slice: with 8 bytes each it fits into a page of the file.
const SLICE_POSITIONS: usize = 1_000;

/// Slices of a group.
const SLICES: i64 = BITS.div_ceil(SLICE_POSITIONS) as i64;

/// Number of a segment that has no filter: it may have any word.
pub(crate) const NO_FILTER: i64 = 0;

/// The words of a segment.
pub(super) struct WordFilter {
    bits: Vec<u8>,
}

impl WordFilter {
    pub(super) fn new() -> Self {
        Self { bits: vec![0; BITS / 8] }
    }

    /// Notes that a record of this kind has the word.
    pub(super) fn note(&mut self, kind: u8, word: &str) {
        let word = WordHash::of(word);
        for nth in 0..HASHES {
            let position = word.slice(nth) * SLICE_POSITIONS + word.place_in_slice(nth, kind);
            self.bits[position / 8] |= 1 << (position % 8);
        }
    }

    /// Writes the filter, and returns its number.
    pub(super) fn insert(&self, transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
        let last: Option<i64> =
            transaction.query_row("SELECT max(number) FROM word_filters", [], |row| row.get(0))?;
        let number = match last {
            Some(last) => last + 1,
            None => (last_group(transaction)?.unwrap_or(0) + 1) * GROUP,
        };
        transaction
            .prepare_cached("INSERT INTO word_filters VALUES (?1, ?2)")?
            .execute(params![number, self.bits])?;
        Ok(number)
    }
}

/// What of a word decides on its bits. They are stored: never to be changed.
#[derive(Debug, Clone, Copy)]
struct WordHash(u64);

impl WordHash {
    fn of(word: &str) -> Self {
        // FNV-1a, and the finish of MurmurHash3 to spread what it leaves close together.
        Self(spread(word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        })))
    }

    /// The slice of the nth bit, among those that are whole.
    fn slice(self, nth: usize) -> usize {
        nth_of(self.0, nth, BITS / SLICE_POSITIONS)
    }

    /// The place of the nth bit in its slice, for a record of this kind.
    fn place_in_slice(self, nth: usize, kind: u8) -> usize {
        nth_of(spread(self.0.wrapping_add(u64::from(kind) + 1)), nth, SLICE_POSITIONS)
    }
}

fn spread(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

fn nth_of(hash: u64, nth: usize, bound: usize) -> usize {
    let (first, step) = (hash & 0xffff_ffff, (hash >> 32) | 1);
    usize::try_from(first.wrapping_add(step.wrapping_mul(nth as u64)) % bound as u64).unwrap_or(0)
}

/// The parts that have all of some words, and which filters there are at all.
pub(crate) struct WordMatches {
    /// By filter, the kinds whose records may have all of them.
    matching: HashMap<i64, CodeSet>,
    /// The groups that were looked at.
    groups: HashSet<i64>,
}

/// Kinds are told apart up to this one, as [`CodeSet`] does.
const KINDS: usize = 64;

impl WordMatches {
    /// Looks `words` up in every filter, for each of `kinds`.
    pub(crate) fn find(connection: &Connection, words: &[String], kinds: CodeSet) -> rusqlite::Result<Self> {
        let kinds: Vec<u8> = (0..KINDS as u8).filter(|kind| kinds.contains(*kind)).collect();
        // Slice, and for each kind the place in it.
        let wanted: Vec<(usize, Vec<usize>)> = words
            .iter()
            .map(|word| WordHash::of(word))
            .flat_map(|word| (0..HASHES).map(move |nth| (word, nth)))
            .map(|(word, nth)| {
                (word.slice(nth), kinds.iter().map(|kind| word.place_in_slice(nth, *kind)).collect())
            })
            .collect();
        let mut matches = Self { matching: HashMap::new(), groups: HashSet::new() };
        let mut slice = connection.prepare_cached("SELECT slice FROM word_slices WHERE number = ?1")?;
        for group in groups(connection)? {
            let mut bits = vec![u64::MAX; kinds.len()];
            for (number, places) in &wanted {
                let number = group * SLICES + i64::try_from(*number).unwrap_or(0);
                // A slice that is not there rules nothing out.
                slice
                    .query_row([number], |row| {
                        let slice = row.get_ref(0)?.as_blob().unwrap_or_default();
                        for (bits, place) in bits.iter_mut().zip(places) {
                            let found = slice.get(place * 8..place * 8 + 8);
                            let found = found.and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
                            *bits &= found.unwrap_or(u64::MAX);
                        }
                        Ok(())
                    })
                    .optional()?;
                if bits.iter().all(|bits| *bits == 0) {
                    break;
                }
            }
            matches.groups.insert(group);
            for (kind, bits) in kinds.iter().zip(bits) {
                for bit in (0..GROUP).filter(|bit| bits & 1 << bit != 0) {
                    matches.add(group * GROUP + bit, *kind);
                }
            }
        }
        let mut single = connection.prepare_cached("SELECT number, bits FROM word_filters")?;
        let mut rows = single.query([])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let bits = row.get_ref(1)?.as_blob().unwrap_or_default();
            let has = |(slice, places): &(usize, Vec<usize>), index: usize| {
                let position = slice * SLICE_POSITIONS + places[index];
                bits.get(position / 8).is_none_or(|byte| byte & 1 << (position % 8) != 0)
            };
            for (index, kind) in kinds.iter().enumerate() {
                if wanted.iter().all(|wanted| has(wanted, index)) {
                    matches.add(number, *kind);
                }
            }
            matches.groups.insert(number / GROUP);
        }
        Ok(matches)
    }

    fn add(&mut self, filter: i64, kind: u8) {
        let kinds = self.matching.entry(filter).or_insert(CodeSet::NONE);
        *kinds = kinds.with(kind);
    }

    /// Whether the records of this kind, in the segment with this filter, may have all of the words.
    pub(crate) fn may_have(&self, filter: i64, kind: u8) -> bool {
        filter == NO_FILTER
            || !self.groups.contains(&(filter / GROUP))
            || self.matching.get(&filter).is_some_and(|kinds| kinds.contains(kind))
    }
}

fn groups(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut found = Vec::new();
    let mut next = connection.prepare_cached("SELECT min(number) FROM word_slices WHERE number >= ?1")?;
    let mut from = 0;
    while let Some(number) = next.query_row([from], |row| row.get::<_, Option<i64>>(0))? {
        let group = number / SLICES;
        found.push(group);
        from = (group + 1) * SLICES;
    }
    Ok(found)
}

fn last_group(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let last: Option<i64> =
        connection.query_row("SELECT max(number) FROM word_slices", [], |row| row.get(0))?;
    Ok(last.map(|number| number / SLICES))
}

/// Turns full groups of filters into slices.
pub(crate) struct Slicing;

/// A group that is full, as slices.
struct Group {
    number: i64,
    slices: Vec<Vec<u8>>,
}

impl Chore for Slicing {
    fn name(&self) -> &'static str {
        "slicing word filters"
    }

    fn prepare(&mut self, reader: &mut LogReader) -> Result<Option<Box<dyn Prepared>>, StoreError> {
        let group = reader.read(|reader| {
            let connection = reader.connection();
            let first: Option<i64> =
                connection.query_row("SELECT min(number) FROM word_filters", [], |row| row.get(0))?;
            let Some(first) = first else { return Ok(None) };
            let number = first / GROUP;
            let mut statement = connection
                .prepare_cached("SELECT number, bits FROM word_filters WHERE number BETWEEN ?1 AND ?2")?;
            let mut slices = vec![Vec::new(); usize::try_from(SLICES).unwrap_or(0)];
            for (index, slice) in slices.iter_mut().enumerate() {
                *slice = vec![0; SLICE_POSITIONS.min(BITS - index * SLICE_POSITIONS) * 8];
            }
            let mut filters = 0;
            let mut rows = statement.query([number * GROUP, number * GROUP + GROUP - 1])?;
            while let Some(row) = rows.next()? {
                let bit = usize::try_from(row.get::<_, i64>(0)? - number * GROUP).unwrap_or(0);
                let bits = row.get_ref(1)?.as_blob().unwrap_or_default();
                for (index, byte) in bits.iter().enumerate().filter(|(_, byte)| **byte != 0) {
                    for position in (0..8).filter(|nth| byte & 1 << nth != 0).map(|nth| index * 8 + nth) {
                        let at = position % SLICE_POSITIONS * 8 + bit / 8;
                        if let Some(byte) =
                            slices.get_mut(position / SLICE_POSITIONS).and_then(|slice| slice.get_mut(at))
                        {
                            *byte |= 1 << (bit % 8);
                        }
                    }
                }
                filters += 1;
            }
            Ok((filters == GROUP).then_some(Group { number, slices }))
        })?;
        Ok(group.map(|group| Box::new(group) as Box<dyn Prepared>))
    }
}

impl Prepared for Group {
    fn commit(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut insert = transaction.prepare_cached("INSERT INTO word_slices VALUES (?1, ?2)")?;
        for (number, slice) in (self.number * SLICES..).zip(&self.slices) {
            insert.execute(params![number, slice])?;
        }
        transaction
            .prepare_cached("DELETE FROM word_filters WHERE number BETWEEN ?1 AND ?2")?
            .execute([self.number * GROUP, self.number * GROUP + GROUP - 1])
            .map(|_| ())
    }
}

/// Frees what the filters take that are not in use.
pub(crate) fn delete_unused(transaction: &Transaction<'_>, used: &HashSet<i64>) -> rusqlite::Result<()> {
    let groups_used: HashSet<i64> = used.iter().map(|filter| filter / GROUP).collect();
    // Of the last group the last slice stays, and a single filter's row: numbers go on from there.
    let last = last_group(transaction)?;
    for group in groups(transaction)?.into_iter().filter(|group| !groups_used.contains(group)) {
        let kept = i64::from(Some(group) == last);
        transaction
            .prepare_cached("DELETE FROM word_slices WHERE number BETWEEN ?1 AND ?2")?
            .execute([group * SLICES, (group + 1) * SLICES - 1 - kept])?;
    }
    let single: Vec<i64> = transaction
        .prepare_cached("SELECT number FROM word_filters WHERE octet_length(bits) > 0")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for number in single.into_iter().filter(|number| !used.contains(number)) {
        transaction
            .prepare_cached("UPDATE word_filters SET bits = x'' WHERE number = ?1")?
            .execute([number])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: u8 = 2;
    const OTHER_KIND: u8 = 7;

    fn tables() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLES).unwrap();
        connection
    }

    /// Adds a filter with a word of its own and one that all have.
    fn add(connection: &mut Connection, word: usize) -> i64 {
        let transaction = connection.transaction().unwrap();
        let mut filter = WordFilter::new();
        filter.note(KIND, "everywhere");
        filter.note(OTHER_KIND, "everywhere");
        filter.note(KIND, &format!("word{word}"));
        let number = filter.insert(&transaction).unwrap();
        transaction.commit().unwrap();
        number
    }

    #[test]
    fn a_word_is_found_in_the_filters_that_have_it_whether_sliced_or_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.sqlite");
        drop(crate::OriginWriter::open(&path).unwrap());
        let mut connection = Connection::open(&path).unwrap();
        let mut numbers: Vec<i64> = (0..150).map(|word| add(&mut connection, word)).collect();
        for sliced in [0, 1, 2] {
            let groups = groups(&connection).unwrap();
            assert_eq!(groups.len(), sliced);
            for (word, number) in numbers.iter().enumerate() {
                let words = [format!("word{word}"), "everywhere".to_owned()];
                let matches = WordMatches::find(&connection, &words, CodeSet::ALL).unwrap();
                assert!(matches.may_have(*number, KIND));
                let others = numbers
                    .iter()
                    .filter(|other| *other != number && matches.may_have(**other, KIND))
                    .count();
                assert!(others <= 1, "{others} taken for having word{word}");
                let of_other_kind = numbers.iter().filter(|number| matches.may_have(**number, OTHER_KIND));
                assert!(of_other_kind.count() <= 1, "records of another kind do not have word{word}");
            }
            let mut reader = LogReader::open(&path).unwrap();
            if let Some(piece) = Slicing.prepare(&mut reader).unwrap() {
                let transaction = connection.transaction().unwrap();
                piece.commit(&transaction).unwrap();
                transaction.commit().unwrap();
            }
        }
        assert!(
            Slicing.prepare(&mut LogReader::open(&path).unwrap()).unwrap().is_none(),
            "the third is not full"
        );
        numbers.push(add(&mut connection, 150));
        numbers.dedup();
        assert_eq!(numbers.len(), 151, "each has a number of its own");
        let matches = WordMatches::find(&connection, &["nowhere".to_owned()], CodeSet::ALL).unwrap();
        assert!(matches.may_have(NO_FILTER, KIND));
        let transaction = connection.transaction().unwrap();
        delete_unused(&transaction, &HashSet::new()).unwrap();
        assert_eq!(groups(&transaction).unwrap().len(), 1);
    }

    #[test]
    fn filters_without_kinds_rule_nothing_out_and_later_ones_go_on_from_them() {
        let mut connection = tables();
        for number in 0..SLICES {
            let slice = vec![0_u8; SLICE_POSITIONS * 8];
            connection
                .execute("INSERT INTO word_slices VALUES (?1, ?2)", params![GROUP * SLICES + number, slice])
                .unwrap();
        }
        let earlier = [add(&mut connection, 1), add(&mut connection, 2)];
        connection.execute_batch(FORGET_WORDS_WITHOUT_KINDS).unwrap();
        let later = add(&mut connection, 3);
        assert_eq!(later, earlier[1] + 1);
        let matches = WordMatches::find(&connection, &["word9".to_owned()], CodeSet::ALL).unwrap();
        assert!(earlier.iter().all(|number| matches.may_have(*number, KIND)));
        assert!(matches.may_have(GROUP * GROUP + 5, KIND), "one that is in slices");
        assert!(!matches.may_have(later, KIND));
    }

    #[test]
    fn numbers_go_on_when_every_filter_is_in_a_group() {
        let mut connection = tables();
        connection.execute("INSERT INTO word_slices VALUES (?1, x'00')", [7 * SLICES]).unwrap();
        assert_eq!(add(&mut connection, 1), 8 * GROUP);
    }
}
