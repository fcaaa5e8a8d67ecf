//! Numbers as bytes: variable length, small ones short; and a checked envelope around what is stored.

/// Form of everything a segment stores. What has another form was written by a newer version, and is not read.
const FORM: u8 = 1;

/// Bytes of the envelope: the form, and the checksum of the rest.
const ENVELOPE: usize = 5;

/// Writes numbers one after the other.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    pub(super) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// A number that may be negative.
    pub(super) fn signed(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads what an [`Encoder`] wrote. Every read is `None` where the bytes end too early.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// A count of things that take at least a byte each: never more than there are bytes left.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.bytes.len()).then_some(count)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }
}

/// `payload` with its form and checksum before it.
pub(super) fn seal(payload: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(payload.len() + ENVELOPE);
    sealed.push(FORM);
    sealed.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    sealed.extend_from_slice(payload);
    sealed
}

/// The payload of what [`seal`] made; `None` when it is damaged.
pub(super) fn open(sealed: &[u8]) -> Option<&[u8]> {
    let (form, rest) = sealed.split_first()?;
    let (checksum, payload) = rest.split_first_chunk()?;
    (*form == FORM && u32::from_le_bytes(*checksum) == crc32fast::hash(payload)).then_some(payload)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(values in prop::collection::vec((any::<u64>(), any::<i64>()), 0..50)) {
            let mut encoder = Encoder::default();
            for (value, signed) in &values {
                encoder.number(*value);
                encoder.signed(*signed);
            }
            let bytes = encoder.finish();
            let mut decoder = Decoder::new(&bytes);
            for (value, signed) in &values {
                prop_assert_eq!(decoder.number(), Some(*value));
                prop_assert_eq!(decoder.signed(), Some(*signed));
            }
            prop_assert_eq!(decoder.number(), None);
        }

        #[test]
        fn a_flipped_bit_is_seen(payload in prop::collection::vec(any::<u8>(), 0..200), bit in any::<prop::sample::Index>()) {
            let mut sealed = seal(&payload);
            prop_assert_eq!(open(&sealed), Some(&payload[..]));
            let bit = bit.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(open(&sealed), None);
        }

        #[test]
        fn garbage_never_breaks_the_decoder(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut decoder = Decoder::new(&bytes);
            while decoder.number().is_some() {}
            let mut decoder = Decoder::new(&bytes);
            prop_assert!(decoder.count().is_none_or(|count| count <= bytes.len()));
        }
    }
}
