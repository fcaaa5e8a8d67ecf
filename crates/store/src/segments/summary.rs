//! What a segment holds, in a few bytes: enough to know that a read can skip it.

use std::collections::BTreeMap;

use mission_control_protocol::Severity;

use super::{
    codec::{self, Decoder, Encoder},
    selection::{CodeSet, Selection},
};

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Number of the filter of its words; 0 for none.
    pub(crate) words: i64,
    /// Its parts, in the order of their kinds.
    pub(crate) parts: Vec<PartSummary>,
}

/// What a part holds: the records of one kind in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartSummary {
    /// The row that holds the part.
    pub(crate) row: i64,
    /// The kind, as stored.
    pub(crate) kind: u8,
    /// How many records.
    pub(crate) count: u64,
    /// Place of the first.
    pub(crate) first_place: i64,
    /// Place of the last.
    pub(crate) last_place: i64,
    /// When the first was received, in milliseconds.
    pub(crate) first_at: i64,
    /// When the last was received, in milliseconds.
    pub(crate) last_at: i64,
    /// Records of each severity, mildest first.
    pub(crate) severities: [u64; Severity::ALL.len()],
    /// The severities that occur, as stored.
    pub(crate) severity_codes: CodeSet,
    /// Bytes of the bodies before they were compressed.
    pub(crate) raw_bytes: u64,
    /// Bytes that the part takes.
    pub(crate) stored_bytes: u64,
    /// The dashboards that occur.
    pub(crate) dashboards: NumberSet,
    /// Of severities that few records have, which dashboards have them: by the severity as stored, rising. Of a severity
    /// that is not listed, any of `dashboards` may have it.
    pub(crate) severe: Vec<(u8, NumberSet)>,
}

/// A severity is rare in a part when no more than one in so many records has it.
const RARE: usize = 4;

/// The dashboards of each severity that is rare among `records`, pairs of severity and dashboard.
pub(crate) fn dashboards_of_rare_severities(
    records: impl ExactSizeIterator<Item = (u8, i64)>,
) -> Vec<(u8, NumberSet)> {
    let bound = records.len() / RARE;
    let mut of: BTreeMap<u8, Vec<i64>> = BTreeMap::new();
    for (severity, dashboard) in records {
        of.entry(severity).or_default().push(dashboard);
    }
    of.retain(|_, dashboards| dashboards.len() <= bound);
    of.into_iter()
        .map(|(severity, mut dashboards)| {
            dashboards.sort_unstable();
            dashboards.dedup();
            (severity, NumberSet::new(dashboards))
        })
        .collect()
}

impl PartSummary {
    /// Whether a record of the part may be wanted.
    pub(crate) fn may_have(&self, selection: &Selection) -> bool {
        selection.kinds.contains(self.kind)
            && selection.severities.meets(self.severity_codes)
            && self.first_at <= selection.last_at
            && self.last_at >= selection.first_at
            && selection.dashboards.as_ref().is_none_or(|numbers| {
                numbers.iter().any(|number| {
                    self.dashboards.contains(*number) && self.may_be_of(*number, selection.severities)
                })
            })
    }

    /// Whether a dashboard of the part may have a record of one of these severities.
    fn may_be_of(&self, dashboard: i64, severities: CodeSet) -> bool {
        let common = self.severe.iter().fold(self.severity_codes, |codes, (code, _)| codes.without(*code));
        severities.meets(common)
            || self
                .severe
                .iter()
                .any(|(code, dashboards)| severities.contains(*code) && dashboards.contains(dashboard))
    }
}

impl Summary {
    /// Place of the first record.
    pub(crate) fn first_place(&self) -> Option<i64> {
        self.parts.iter().map(|part| part.first_place).min()
    }

    /// Place of the last record.
    pub(crate) fn last_place(&self) -> Option<i64> {
        self.parts.iter().map(|part| part.last_place).max()
    }

    /// When the first record was received, in milliseconds.
    pub(crate) fn first_at(&self) -> Option<i64> {
        self.parts.iter().map(|part| part.first_at).min()
    }

    /// When the last record was received, in milliseconds.
    pub(crate) fn last_at(&self) -> Option<i64> {
        self.parts.iter().map(|part| part.last_at).max()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let first_place = self.first_place().unwrap_or(0);
        let first_at = self.parts.iter().map(|part| part.first_at).min().unwrap_or(0);
        let mut encoder = Encoder::default();
        encoder.signed(first_place);
        encoder.signed(first_at);
        encoder.signed(self.words);
        encoder.number(self.parts.len() as u64);
        for part in &self.parts {
            encoder.number(part.kind.into());
            encoder.signed(part.row);
            encoder.number(part.count);
            encoder.signed(part.first_place - first_place);
            encoder.signed(part.last_place - part.first_place);
            encoder.signed(part.first_at - first_at);
            encoder.signed(part.last_at - part.first_at);
            part.severities.iter().for_each(|count| encoder.number(*count));
            encoder.number(part.severity_codes.bits());
            encoder.number(part.raw_bytes);
            encoder.number(part.stored_bytes);
            part.dashboards.encode(&mut encoder);
        }
        // Behind all of it, so that summaries that were written without it are read as well.
        for part in &self.parts {
            encoder.number(part.severe.len() as u64);
            for (severity, dashboards) in &part.severe {
                encoder.number((*severity).into());
                dashboards.encode(&mut encoder);
            }
        }
        codec::seal(&encoder.finish())
    }

    /// `None` when the bytes are damaged.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(codec::open(bytes)?);
        let first_place = decoder.signed()?;
        let first_at = decoder.signed()?;
        let words = decoder.signed()?;
        let mut parts = (0..decoder.count()?)
            .map(|_| {
                let kind = u8::try_from(decoder.number()?).ok()?;
                let row = decoder.signed()?;
                let count = decoder.number()?;
                let first_place = first_place.checked_add(decoder.signed()?)?;
                let last_place = first_place.checked_add(decoder.signed()?)?;
                let first_at = first_at.checked_add(decoder.signed()?)?;
                let last_at = first_at.checked_add(decoder.signed()?)?;
                let mut severities = [0; Severity::ALL.len()];
                for severity in &mut severities {
                    *severity = decoder.number()?;
                }
                Some(PartSummary {
                    row,
                    kind,
                    count,
                    first_place,
                    last_place,
                    first_at,
                    last_at,
                    severities,
                    severity_codes: CodeSet::from_bits(decoder.number()?),
                    raw_bytes: decoder.number()?,
                    stored_bytes: decoder.number()?,
                    dashboards: NumberSet::decode(&mut decoder)?,
                    severe: Vec::new(),
                })
            })
            .collect::<Option<Vec<_>>>()?;
        if !decoder.rest().is_empty() {
            for part in &mut parts {
                part.severe = (0..decoder.count()?)
                    .map(|_| Some((u8::try_from(decoder.number()?).ok()?, NumberSet::decode(&mut decoder)?)))
                    .collect::<Option<_>>()?;
            }
        }
        Some(Self { words, parts })
    }
}

/// A set of numbers, as a list or as bits, whichever is shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NumberSet {
    /// The numbers, rising.
    List(Vec<i64>),
    /// Bit `n` stands for `first + n`.
    Bits {
        /// The smallest number.
        first: i64,
        /// Eight numbers to a byte.
        bits: Vec<u8>,
    },
}

impl NumberSet {
    /// The set of `numbers`, which are rising.
    pub(crate) fn new(numbers: Vec<i64>) -> Self {
        let Some((first, last)) = numbers.first().copied().zip(numbers.last()) else {
            return Self::List(numbers);
        };
        // A number in a list takes a byte or two.
        let width = usize::try_from(last.abs_diff(first) / 8 + 1).unwrap_or(usize::MAX);
        if width > numbers.len() + 2 {
            return Self::List(numbers);
        }
        let mut bits = vec![0; width];
        for number in numbers {
            let bit = usize::try_from(number - first).unwrap_or_default();
            bits[bit / 8] |= 1 << (bit % 8);
        }
        Self::Bits { first, bits }
    }

    pub(crate) fn contains(&self, number: i64) -> bool {
        match self {
            Self::List(numbers) => numbers.binary_search(&number).is_ok(),
            Self::Bits { first, bits } => number
                .checked_sub(*first)
                .and_then(|bit| usize::try_from(bit).ok())
                .is_some_and(|bit| bits.get(bit / 8).is_some_and(|byte| byte & 1 << (bit % 8) != 0)),
        }
    }

    fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::List(numbers) => {
                encoder.number(0);
                encoder.number(numbers.len() as u64);
                let mut last = 0;
                for number in numbers {
                    encoder.signed(number.wrapping_sub(last));
                    last = *number;
                }
            }
            Self::Bits { first, bits } => {
                encoder.number(1);
                encoder.signed(*first);
                encoder.number(bits.len() as u64);
                encoder.bytes(bits);
            }
        }
    }

    fn decode(decoder: &mut Decoder<'_>) -> Option<Self> {
        match decoder.number()? {
            0 => {
                let mut last: i64 = 0;
                let numbers = (0..decoder.count()?)
                    .map(|_| {
                        last = last.wrapping_add(decoder.signed()?);
                        Some(last)
                    })
                    .collect::<Option<_>>()?;
                Some(Self::List(numbers))
            }
            1 => {
                let first = decoder.signed()?;
                let length = decoder.count()?;
                Some(Self::Bits { first, bits: decoder.bytes(length)?.to_vec() })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn part() -> impl Strategy<Value = PartSummary> {
        (
            (any::<i64>(), 0_u8..20, 1_u64..5_000),
            (0_i64..1 << 50, 0_i64..10_000, 0_i64..1 << 42, 0_i64..1 << 30),
            prop::array::uniform5(0_u64..5_000),
            (any::<u64>(), any::<u64>(), any::<u64>()),
            prop::collection::btree_set(0_i64..2_000, 0..40),
            prop::collection::vec((0_u8..6, 0_i64..30), 0..60),
        )
            .prop_map(
                |(
                    (row, kind, count),
                    (place, span, at, later),
                    severities,
                    (codes, raw, stored),
                    set,
                    of,
                )| {
                    PartSummary {
                        row,
                        kind,
                        count,
                        first_place: place,
                        last_place: place + span,
                        first_at: at,
                        last_at: at + later,
                        severities,
                        severity_codes: CodeSet::from_bits(codes),
                        raw_bytes: raw,
                        stored_bytes: stored,
                        dashboards: NumberSet::new(set.into_iter().collect()),
                        severe: dashboards_of_rare_severities(of.into_iter()),
                    }
                },
            )
    }

    proptest! {
        #[test]
        fn a_summary_comes_back(words in 0_i64..9_000, parts in prop::collection::vec(part(), 0..6)) {
            let summary = Summary { words, parts };
            let decoded = Summary::decode(&summary.encode());
            prop_assert_eq!(decoded.as_ref(), Some(&summary));
        }

        #[test]
        fn a_part_may_have_what_it_has(
            records in prop::collection::vec((prop_oneof![4 => Just(1_u8), 1 => 0_u8..6], 0_i64..12), 1..60),
            severities in prop::collection::btree_set(0_u8..6, 1..4),
            dashboards in prop::collection::btree_set(0_i64..12, 1..4),
            mut part in part(),
        ) {
            let severity_codes = records.iter().fold(CodeSet::NONE, |codes, (code, _)| codes.with(*code));
            let of_part: BTreeSet<i64> = records.iter().map(|(_, dashboard)| *dashboard).collect();
            part.severity_codes = severity_codes;
            part.dashboards = NumberSet::new(of_part.into_iter().collect());
            part.severe = dashboards_of_rare_severities(records.iter().copied());
            let selection = Selection {
                severities: severities.iter().fold(CodeSet::NONE, |codes, code| codes.with(*code)),
                dashboards: Some(dashboards.iter().copied().collect()),
                ..Selection::default()
            };
            let wanted = |rare: bool| {
                records.iter().any(|(severity, dashboard)| {
                    let is_rare = part.severe.iter().any(|(code, _)| code == severity);
                    severities.contains(severity) && dashboards.contains(dashboard) && (!rare || is_rare)
                })
            };
            prop_assert!(part.may_have(&selection) || !wanted(false));
            let only_rare = severities.iter().all(|code| part.severe.iter().any(|(known, _)| known == code));
            prop_assert!(!only_rare || part.may_have(&selection) == wanted(true), "it skips all it can");
        }

        #[test]
        fn a_summary_written_without_rare_severities_is_read(words in 0_i64..9_000, parts in prop::collection::vec(part(), 0..6)) {
            let mut summary = Summary { words, parts };
            summary.parts.iter_mut().for_each(|part| part.severe.clear());
            let bytes = summary.encode();
            let payload = codec::open(&bytes).unwrap();
            let older = codec::seal(&payload[..payload.len() - summary.parts.len()]);
            prop_assert_eq!(Summary::decode(&older), Some(summary));
        }

        #[test]
        fn a_set_has_its_numbers_and_no_others(numbers in prop::collection::btree_set(-50_i64..300, 0..200)) {
            let set = NumberSet::new(numbers.iter().copied().collect());
            let found: BTreeSet<i64> = (-100..400).filter(|number| set.contains(*number)).collect();
            prop_assert_eq!(found, numbers);
        }
    }
}
