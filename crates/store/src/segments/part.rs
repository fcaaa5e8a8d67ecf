//! A part of a segment: the records of one kind. Their columns are one compressed piece, so that a filter is decided
//! without a body in sight; the bodies are blocks of a few records each, so that one body costs no more than its block.

use zstd::bulk::{Compressor, Decompressor};

use super::{
    codec::{self, Decoder, Encoder},
    selection::CodeSet,
    summary::{NumberSet, PartSummary, dashboards_of_rare_severities},
};
use mission_control_protocol::Severity;

/// A record as it is stored: its columns and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) place: i64,
    /// When it was received, in milliseconds.
    pub(crate) at: i64,
    /// The dashboard's number.
    pub(crate) dashboard: i64,
    pub(crate) kind: u8,
    pub(crate) severity: u8,
    pub(crate) body: String,
}

/// How sealed records are compressed: the defaults are chosen by measurement (decision 0014).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentForm {
    /// Level of zstd at which bodies are compressed.
    pub level: i32,
    /// Bytes of bodies after which a block ends; one body costs the reading of its block.
    pub block_bytes: usize,
    /// Bytes of the dictionary that is trained from the log's own records for each kind; 0 for none.
    pub dictionary_bytes: usize,
}

impl Default for SegmentForm {
    fn default() -> Self {
        Self { level: 3, block_bytes: 64 * 1024, dictionary_bytes: 16 * 1024 }
    }
}

/// Level of the compression of columns, which are small.
const COLUMNS_LEVEL: i32 = 3;

/// Columns never take more than this.
const COLUMNS_LIMIT: u64 = 1 << 28;

/// A part, ready to be written.
#[derive(Debug)]
pub(crate) struct EncodedPart {
    /// What it holds; the row is not known yet.
    pub(crate) summary: PartSummary,
    pub(crate) columns: Vec<u8>,
    pub(crate) bodies: Vec<u8>,
}

/// Encodes `rows`, all of one kind and in order of their places; `compressor` has the dictionary with this id, or none
/// and the id is 0. `None` when there are no rows.
pub(crate) fn encode(
    rows: &[&Row],
    dictionary: i64,
    compressor: &mut Compressor<'_>,
    block_bytes: usize,
) -> std::io::Result<Option<EncodedPart>> {
    let Some((first, last)) = rows.first().copied().zip(rows.last()) else { return Ok(None) };
    let mut encoder = Encoder::default();
    encoder.signed(dictionary);
    encoder.number(rows.len() as u64);
    let mut previous = (0_i64, 0_i64);
    for row in rows {
        encoder.signed(row.place.wrapping_sub(previous.0));
        previous.0 = row.place;
    }
    for row in rows {
        encoder.signed(row.at.wrapping_sub(previous.1));
        previous.1 = row.at;
    }
    rows.iter().for_each(|row| encoder.signed(row.dashboard));
    rows.iter().for_each(|row| encoder.bytes(&[row.severity]));
    rows.iter().for_each(|row| encoder.number(row.body.len() as u64));

    let mut bodies = Vec::new();
    let mut blocks = Encoder::default();
    let mut block_count = 0;
    let mut block = Vec::with_capacity(block_bytes * 2);
    let mut block_records = 0_u64;
    for (index, row) in rows.iter().enumerate() {
        block.extend_from_slice(row.body.as_bytes());
        block_records += 1;
        if block.len() >= block_bytes || index + 1 == rows.len() {
            let compressed = compressor.compress(&block)?;
            blocks.number(block_records);
            blocks.number(compressed.len() as u64);
            blocks.number(crc32fast::hash(&compressed).into());
            bodies.extend_from_slice(&compressed);
            block_count += 1;
            block_records = 0;
            block.clear();
        }
    }
    encoder.number(block_count);
    encoder.bytes(&blocks.finish());
    let plain = encoder.finish();
    let mut payload = Encoder::default();
    payload.number(plain.len() as u64);
    payload.bytes(&zstd::bulk::compress(&plain, COLUMNS_LEVEL)?);
    let columns = codec::seal(&payload.finish());

    let mut severities = [0; Severity::ALL.len()];
    let mut severity_codes = CodeSet::NONE;
    for row in rows {
        severities[usize::from(row.severity).min(Severity::ALL.len() - 1)] += 1;
        severity_codes = severity_codes.with(row.severity);
    }
    let mut dashboards: Vec<i64> = rows.iter().map(|row| row.dashboard).collect();
    dashboards.sort_unstable();
    dashboards.dedup();
    let summary = PartSummary {
        row: 0,
        kind: first.kind,
        count: rows.len() as u64,
        first_place: first.place,
        last_place: last.place,
        first_at: rows.iter().map(|row| row.at).min().unwrap_or(first.at),
        last_at: rows.iter().map(|row| row.at).max().unwrap_or(last.at),
        severities,
        severity_codes,
        raw_bytes: rows.iter().map(|row| row.body.len() as u64).sum(),
        stored_bytes: (columns.len() + bodies.len()) as u64,
        dashboards: NumberSet::new(dashboards),
        severe: dashboards_of_rare_severities(rows.iter().map(|row| (row.severity, row.dashboard))),
    };
    Ok(Some(EncodedPart { summary, columns, bodies }))
}

/// The columns of a part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// The dictionary of the bodies; 0 for none.
    pub(crate) dictionary: i64,
    pub(crate) places: Vec<i64>,
    pub(crate) ats: Vec<i64>,
    pub(crate) dashboards: Vec<i64>,
    pub(crate) severities: Vec<u8>,
    /// Bytes of each body.
    lengths: Vec<usize>,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    /// Its first record, and the one after its last.
    records: (usize, usize),
    /// Where it lies among the compressed bodies.
    bytes: (usize, usize),
    checksum: u32,
}

impl Columns {
    /// `None` when the bytes are damaged.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut envelope = Decoder::new(codec::open(bytes)?);
        let plain_length =
            usize::try_from(envelope.number().filter(|length| *length <= COLUMNS_LIMIT)?).ok()?;
        let plain = zstd::bulk::decompress(envelope.rest(), plain_length).ok()?;
        let mut decoder = Decoder::new(&plain);
        let dictionary = decoder.signed()?;
        let count = decoder.count()?;
        let sum = |decoder: &mut Decoder<'_>| {
            let mut last: i64 = 0;
            (0..count)
                .map(|_| {
                    last = last.wrapping_add(decoder.signed()?);
                    Some(last)
                })
                .collect::<Option<Vec<i64>>>()
        };
        let places = sum(&mut decoder)?;
        let ats = sum(&mut decoder)?;
        let dashboards = (0..count).map(|_| decoder.signed()).collect::<Option<_>>()?;
        let severities = decoder.bytes(count)?.to_vec();
        let lengths =
            (0..count).map(|_| usize::try_from(decoder.number()?).ok()).collect::<Option<Vec<usize>>>()?;
        let mut blocks = Vec::new();
        let (mut record, mut byte) = (0_usize, 0_usize);
        for _ in 0..decoder.count()? {
            let records = (record, record.checked_add(usize::try_from(decoder.number()?).ok()?)?);
            let bytes = (byte, byte.checked_add(usize::try_from(decoder.number()?).ok()?)?);
            (record, byte) = (records.1, bytes.1);
            blocks.push(Block { records, bytes, checksum: u32::try_from(decoder.number()?).ok()? });
        }
        (record == count).then_some(Self { dictionary, places, ats, dashboards, severities, lengths, blocks })
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }
}

/// The bodies of a part, a block at a time.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    compressed: Vec<u8>,
    /// The block that was read last, its text, and where each of its bodies begins.
    open: Option<(usize, String, Vec<usize>)>,
}

impl Bodies {
    pub(crate) fn new(compressed: Vec<u8>) -> Self {
        Self { compressed, open: None }
    }

    /// The body of record `index`; `None` when its block is damaged.
    pub(crate) fn get(
        &mut self,
        columns: &Columns,
        index: usize,
        decompressor: &mut Decompressor<'_>,
    ) -> Option<&str> {
        let number = columns.blocks.partition_point(|block| block.records.1 <= index);
        if self.open.as_ref().is_none_or(|(open, ..)| *open != number) {
            self.open = None;
            let block = columns.blocks.get(number)?;
            let compressed = self.compressed.get(block.bytes.0..block.bytes.1)?;
            if crc32fast::hash(compressed) != block.checksum {
                return None;
            }
            let lengths = columns.lengths.get(block.records.0..block.records.1)?;
            let mut starts = Vec::with_capacity(lengths.len() + 1);
            let mut length = 0_usize;
            starts.push(0);
            for body in lengths {
                length = length.checked_add(*body)?;
                starts.push(length);
            }
            let text = decompressor.decompress(compressed, length).ok()?;
            let text = String::from_utf8(text).ok().filter(|text| text.len() == length)?;
            self.open = Some((number, text, starts));
        }
        let (number, text, starts) = self.open.as_ref()?;
        let nth = index.checked_sub(columns.blocks.get(*number)?.records.0)?;
        text.get(*starts.get(nth)?..*starts.get(nth + 1)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let row = (1_i64..4, 0_i64..2_000, 1_i64..500, 0_u8..5, "\\PC{0,60}");
        prop::collection::vec(row, 1..120).prop_map(|steps| {
            let (mut place, mut at) = (7, 1_800_000_000_000);
            steps
                .into_iter()
                .map(|(step, later, dashboard, severity, body)| {
                    place += step;
                    at += later;
                    Row { place, at, dashboard, kind: 4, severity, body }
                })
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn rows_come_back_byte_for_byte(rows in rows(), block_bytes in 1_usize..2_000) {
            let references: Vec<&Row> = rows.iter().collect();
            let part = encode(&references, 0, &mut Compressor::new(1).unwrap(), block_bytes).unwrap().unwrap();
            let columns = Columns::decode(&part.columns).unwrap();
            let mut bodies = Bodies::new(part.bodies);
            let mut decompressor = Decompressor::new().unwrap();
            let back: Vec<Row> = (0..columns.len())
                .map(|index| Row {
                    place: columns.places[index],
                    at: columns.ats[index],
                    dashboard: columns.dashboards[index],
                    kind: part.summary.kind,
                    severity: columns.severities[index],
                    body: bodies.get(&columns, index, &mut decompressor).unwrap().to_owned(),
                })
                .collect();
            prop_assert_eq!(back, rows);
        }

        #[test]
        fn a_damaged_part_gives_no_wrong_row(rows in rows(), bit in any::<prop::sample::Index>()) {
            let references: Vec<&Row> = rows.iter().collect();
            let mut part = encode(&references, 0, &mut Compressor::new(1).unwrap(), 300).unwrap().unwrap();
            let columns = Columns::decode(&part.columns).unwrap();
            let at = bit.index(part.bodies.len() * 8);
            part.bodies[at / 8] ^= 1 << (at % 8);
            let mut bodies = Bodies::new(part.bodies);
            let mut decompressor = Decompressor::new().unwrap();
            let read: Vec<Option<String>> = (0..columns.len())
                .map(|index| bodies.get(&columns, index, &mut decompressor).map(str::to_owned))
                .collect();
            prop_assert!(read.iter().any(Option::is_none));
            for (body, row) in read.iter().zip(&rows) {
                prop_assert!(body.as_ref().is_none_or(|body| *body == row.body));
            }
            let at = bit.index(part.columns.len() * 8);
            part.columns[at / 8] ^= 1 << (at % 8);
            prop_assert_eq!(Columns::decode(&part.columns), None);
        }
    }
}
