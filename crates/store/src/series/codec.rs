//! How a block of samples is written: its times and its values apart, each in the shortest of a few forms, with a
//! checksum. Decision 0016 has the numbers.

use pco::{
    ChunkConfig, DeltaSpec,
    data_types::Number,
    wrapped::{FileCompressor, FileDecompressor},
};

/// Samples decoded at once at most: more than any block has, so that a damaged count cannot ask for all memory.
const MOST: usize = 1 << 20;

/// Powers of ten that values are tried to be whole multiples of.
const DECIMALS: i32 = 7;

/// Length of the checksum at a text's end.
const CHECKSUM: usize = 4;

/// Why a block cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a block of a series is damaged")]
pub(crate) struct DamagedBlock;

/// The forms of values; the number is stored.
mod value_form {
    /// Eight bytes each.
    pub(super) const PLAIN: u8 = 0;
    /// `pco` over the numbers.
    pub(super) const NUMBERS: u8 = 1;
    /// A power of ten, then `pco` over how often its inverse fits in each value: exact, and shorter for what was
    /// measured in decimals.
    pub(super) const DECIMALS: u8 = 2;
}

/// The forms of times; the number is stored.
mod time_form {
    /// Every spacing is the same: that spacing.
    pub(super) const EVEN: u8 = 0;
    /// One variable-length number per spacing.
    pub(super) const PLAIN: u8 = 1;
    /// `pco` over the spacings: a producer that waits between reports.
    pub(super) const SPACINGS: u8 = 2;
    /// An interval, and `pco` over the distances from the times it gives: a producer that keeps a schedule.
    pub(super) const SCHEDULE: u8 = 3;
}

/// Writes values as short as it can.
pub(crate) fn encode_values(values: &[f64]) -> Vec<u8> {
    let mut best = encode_values_plain(values);
    if let Some(numbers) = compress(&[value_form::NUMBERS], values, &ChunkConfig::default()) {
        keep_shorter(&mut best, numbers);
    }
    if let Some((exponent, whole)) = as_decimals(values)
        && let Some(decimals) = compress(&[value_form::DECIMALS, exponent], &whole, &ChunkConfig::default())
    {
        keep_shorter(&mut best, decimals);
    }
    best
}

/// Writes values as fast as it can: for a few that will soon be written anew.
pub(crate) fn encode_values_plain(values: &[f64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + values.len() * 8 + CHECKSUM);
    bytes.push(value_form::PLAIN);
    bytes.extend(values.iter().flat_map(|value| value.to_bits().to_le_bytes()));
    sealed(bytes)
}

/// Reads `count` values.
pub(crate) fn decode_values(bytes: &[u8], count: usize) -> Result<Vec<f64>, DamagedBlock> {
    let bytes = unsealed(bytes, count)?;
    match bytes {
        [value_form::PLAIN, rest @ ..] if rest.len() == count * 8 => Ok(rest
            .chunks_exact(8)
            .filter_map(|chunk| chunk.try_into().ok())
            .map(|chunk| f64::from_bits(u64::from_le_bytes(chunk)))
            .collect()),
        [value_form::NUMBERS, rest @ ..] => decompress(rest, count),
        [value_form::DECIMALS, exponent, rest @ ..] if i32::from(*exponent) < DECIMALS => {
            let scale = 10_f64.powi(i32::from(*exponent));
            let whole: Vec<i64> = decompress(rest, count)?;
            #[expect(clippy::cast_precision_loss, reason = "checked to be exact when it was written")]
            let values = whole.into_iter().map(|whole| whole as f64 / scale).collect();
            Ok(values)
        }
        _ => Err(DamagedBlock),
    }
}

/// Writes times as short as it can. The first one is kept elsewhere; they do not fall.
pub(crate) fn encode_times(times: &[i64]) -> Vec<u8> {
    let spacings = spacings(times);
    if let Some(even) = even_spacing(&spacings) {
        let mut bytes = vec![time_form::EVEN];
        write_number(&mut bytes, even);
        return sealed(bytes);
    }
    let mut best = encode_times_plain(times);
    let undelayed = ChunkConfig::default().with_delta_spec(DeltaSpec::NoOp);
    if let Some(compressed) = compress(&[time_form::SPACINGS], &spacings, &undelayed) {
        keep_shorter(&mut best, compressed);
    }
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return best };
    let mut head = vec![time_form::SCHEDULE];
    let steps = spacings.len().max(1) as u64;
    let interval = (last.abs_diff(*first) + steps / 2) / steps;
    write_number(&mut head, interval);
    let distances: Vec<i64> =
        (0..).zip(times).map(|(step, time)| time.wrapping_sub(scheduled(*first, interval, step))).collect();
    if let Some(compressed) = compress(&head, &distances, &undelayed) {
        keep_shorter(&mut best, compressed);
    }
    best
}

/// Writes times as fast as it can: for a few that will soon be written anew.
pub(crate) fn encode_times_plain(times: &[i64]) -> Vec<u8> {
    let mut bytes = vec![time_form::PLAIN];
    for spacing in spacings(times) {
        write_number(&mut bytes, spacing);
    }
    sealed(bytes)
}

/// Reads `count` times, of which the first is `start_at`.
pub(crate) fn decode_times(bytes: &[u8], start_at: i64, count: usize) -> Result<Vec<i64>, DamagedBlock> {
    let bytes = unsealed(bytes, count)?;
    let from_spacings = |spacings: &mut dyn Iterator<Item = Option<u64>>| {
        let mut time = start_at;
        let mut times = Vec::with_capacity(count);
        times.push(time);
        for _ in 1..count {
            let spacing = spacings.next().flatten().ok_or(DamagedBlock)?;
            time = time.checked_add_unsigned(spacing).ok_or(DamagedBlock)?;
            times.push(time);
        }
        Ok(times)
    };
    match bytes {
        _ if count == 0 => Ok(Vec::new()),
        [time_form::EVEN, rest @ ..] => {
            let even = read_number(&mut &*rest);
            from_spacings(&mut std::iter::repeat(even))
        }
        [time_form::PLAIN, rest @ ..] => {
            let mut rest = rest;
            from_spacings(&mut std::iter::from_fn(|| Some(read_number(&mut rest))))
        }
        [time_form::SPACINGS, rest @ ..] => {
            let spacings: Vec<u64> = decompress(rest, count - 1)?;
            from_spacings(&mut spacings.into_iter().map(Some))
        }
        [time_form::SCHEDULE, rest @ ..] => {
            let mut rest = rest;
            let interval = read_number(&mut rest).ok_or(DamagedBlock)?;
            let distances: Vec<i64> = decompress(rest, count)?;
            let time = |(step, distance)| scheduled(start_at, interval, step).wrapping_add(distance);
            Ok((0..).zip(distances).map(time).collect())
        }
        _ => Err(DamagedBlock),
    }
}

/// The time of a step on a schedule.
fn scheduled(first: i64, interval: u64, step: u64) -> i64 {
    first.wrapping_add_unsigned(interval.wrapping_mul(step))
}

fn spacings(times: &[i64]) -> Vec<u64> {
    times.windows(2).map(|pair| pair[1].saturating_sub(pair[0]).max(0).cast_unsigned()).collect()
}

fn even_spacing(spacings: &[u64]) -> Option<u64> {
    let first = spacings.first().copied().unwrap_or(0);
    spacings.iter().all(|spacing| *spacing == first).then_some(first)
}

/// The values as whole multiples of a power of ten, with its exponent, if they are that exactly, bit by bit.
fn as_decimals(values: &[f64]) -> Option<(u8, Vec<i64>)> {
    /// Whole numbers beyond this are not exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (0..DECIMALS).find_map(|exponent| {
        let scale = 10_f64.powi(exponent);
        let whole: Option<Vec<i64>> = values
            .iter()
            .map(|value| {
                let scaled = (value * scale).round();
                #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough to be exact")]
                (scaled.abs() < EXACT
                    && (scaled / scale).to_bits() == value.to_bits()
                    && scaled.to_bits() != (-0.0_f64).to_bits())
                .then_some(scaled as i64)
            })
            .collect();
        whole.map(|whole| (u8::try_from(exponent).unwrap_or(0), whole))
    })
}

fn compress<T: Number>(head: &[u8], numbers: &[T], config: &ChunkConfig) -> Option<Vec<u8>> {
    if numbers.is_empty() {
        return None;
    }
    let write = || {
        let file = FileCompressor::default();
        let bytes = file.write_header(head.to_vec())?;
        let mut chunk = file.chunk_compressor(numbers, config)?;
        let bytes = chunk.write_meta(bytes)?;
        chunk.write_page(0, bytes)
    };
    write().ok().map(sealed)
}

fn decompress<T: Number + Default>(bytes: &[u8], count: usize) -> Result<Vec<T>, DamagedBlock> {
    let read = || {
        let mut numbers = vec![T::default(); count];
        let (file, rest) = FileDecompressor::new(bytes)?;
        let (mut chunk, rest) = file.chunk_decompressor::<T, _>(rest)?;
        let progress = chunk.page_decompressor(rest, count)?.read(&mut numbers)?;
        Ok::<_, pco::errors::PcoError>((progress.n_processed == count).then_some(numbers))
    };
    read().ok().flatten().ok_or(DamagedBlock)
}

fn keep_shorter(best: &mut Vec<u8>, other: Vec<u8>) {
    if other.len() < best.len() {
        *best = other;
    }
}

fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn unsealed(bytes: &[u8], count: usize) -> Result<&[u8], DamagedBlock> {
    let (bytes, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(DamagedBlock)?;
    let intact = u32::from_le_bytes(*checksum) == crc32fast::hash(bytes) && count <= MOST;
    intact.then_some(bytes).ok_or(DamagedBlock)
}

/// Seven bits per byte, the lowest first.
fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    fn any_value() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<u64>().prop_map(f64::from_bits),
            Just(-0.0),
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(f64::from_bits(1)),
            (-1_000_000_i64..1_000_000, 0..7_i32)
                .prop_map(|(whole, exponent)| whole as f64 / 10_f64.powi(exponent)),
        ]
    }

    fn rising() -> impl Strategy<Value = Vec<i64>> {
        let spacing = prop_oneof![Just(0_i64), Just(5_000), 4_980_i64..5_020, 0_i64..1_000_000_000];
        (-1_000_000_000_000_i64..4_000_000_000_000, proptest::collection::vec(spacing, 0..700)).prop_map(
            |(mut time, spacings)| {
                let mut times = vec![time];
                for spacing in spacings {
                    time += spacing;
                    times.push(time);
                }
                times
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_value_comes_back_bit_by_bit(values in proptest::collection::vec(any_value(), 0..700)) {
            for bytes in [encode_values(&values), encode_values_plain(&values)] {
                prop_assert_eq!(bits(&decode_values(&bytes, values.len()).unwrap()), bits(&values));
            }
        }

        #[test]
        fn decimals_come_back_bit_by_bit(
            whole in proptest::collection::vec(-10_000_000_i64..10_000_000, 1..700),
            exponent in 0..8_i32,
        ) {
            let values: Vec<f64> = whole.iter().map(|whole| *whole as f64 / 10_f64.powi(exponent)).collect();
            let bytes = encode_values(&values);
            prop_assert_eq!(bits(&decode_values(&bytes, values.len()).unwrap()), bits(&values));
        }

        #[test]
        fn times_come_back(times in rising()) {
            for bytes in [encode_times(&times), encode_times_plain(&times)] {
                prop_assert_eq!(&decode_times(&bytes, times[0], times.len()).unwrap(), &times);
            }
        }

        #[test]
        fn a_flipped_bit_is_noticed(
            values in proptest::collection::vec(any_value(), 1..100),
            place in any::<prop::sample::Index>(),
            bit in 0..8_u32,
        ) {
            let mut bytes = encode_values(&values);
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            prop_assert_eq!(decode_values(&bytes, values.len()).map(|_| ()), Err(DamagedBlock));
        }
    }

    #[test]
    fn a_schedule_kept_loosely_takes_less_than_its_spacings() {
        let loose = |index: i64| {
            let noise = index.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
            1_700_000_000_000
                + index * 5_000
                + ((noise ^ (noise >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 61).cast_signed()
        };
        let times: Vec<i64> = (0..1_024).map(loose).collect();
        let bytes = encode_times(&times);
        assert_eq!(bytes[0], time_form::SCHEDULE);
        assert!(bytes.len() < 1_024 / 2, "{}", bytes.len());
    }

    #[test]
    fn a_count_beyond_reason_is_damage() {
        let bytes = encode_times(&[1, 2, 3]);
        assert_eq!(decode_times(&bytes, 1, usize::MAX), Err(DamagedBlock));
    }
}
