//! A quick look at the raw bytes of a body, before anything in it is decoded.

use memchr::{memchr_iter, memchr2_iter};

/// Letters and digits from rare to common in what dashboards send; the rarest one of a needle is looked for.
const RARE_FIRST: &[u8] = b"zqjxkvw98765ybgf43hpum210-:._lcdrnsoiate";

/// A piece of text that a body must contain to be of interest, in upper or lower case.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    /// In lower case; not empty.
    bytes: Vec<u8>,
    /// Where in it the rarest byte is.
    rarest: usize,
}

impl Needle {
    /// A needle for the longest piece of `text` that JSON writes as it is (or with `\u`, which [`Self::is_missing`]
    /// heeds); `None` when there is none.
    pub(super) fn of(text: &str) -> Option<Self> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-:._".contains(byte);
        let piece =
            text.as_bytes().split(|byte| !plain(byte)).max_by_key(|piece| piece.len())?.to_ascii_lowercase();
        let rank = |byte: u8| RARE_FIRST.iter().position(|other| *other == byte);
        let rarest = (0..piece.len()).min_by_key(|index| piece.get(*index).copied().and_then(rank))?;
        Some(Self { bytes: piece, rarest })
    }

    /// Whether no text in `body` can contain the piece.
    pub(super) fn is_missing(&self, body: &str) -> bool {
        !self.is_in(body.as_bytes()) && !has_unicode_escape(body.as_bytes())
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let Some(rarest) = self.bytes.get(self.rarest).copied() else { return true };
        memchr2_iter(rarest, rarest.to_ascii_uppercase(), bytes).any(|found| {
            found
                .checked_sub(self.rarest)
                .and_then(|start| bytes.get(start..start + self.bytes.len()))
                .is_some_and(|piece| piece.eq_ignore_ascii_case(&self.bytes))
        })
    }
}

fn has_unicode_escape(bytes: &[u8]) -> bool {
    memchr_iter(b'\\', bytes).any(|index| bytes.get(index + 1) == Some(&b'u'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_escape_could_be_anything() {
        let needle = Needle::of("zeitüberschreitung").unwrap();
        assert!(!needle.is_missing("[\"ZEITÜBERSCHREITUNG\"]"));
        assert!(needle.is_missing("[\"Zeit\"]"));
        assert!(!needle.is_missing(r#"["\u0042erschreitung"]"#));
        assert!(Needle::of("é/\"").is_none());
    }

    proptest! {
        #[test]
        fn finds_what_is_there(before in "[a-cA-C\"]{0,6}", needle in "[a-c]{1,4}", after in "[a-cA-C]{0,6}") {
            let needle_found = Needle::of(&needle).unwrap();
            let text = format!("{before}{}{after}", needle.to_ascii_uppercase());
            prop_assert!(!needle_found.is_missing(&text));
            let expected = before.to_ascii_lowercase().contains(&needle);
            prop_assert_eq!(!needle_found.is_missing(&before), expected);
        }
    }
}
