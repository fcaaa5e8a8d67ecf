//! Base64url without padding (RFC 4648, section 5), as JOSE writes it.

use base64::{DecodeError, Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// `bytes` as text.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a text that [`encode`] could have written: without padding, and without bits that stand for nothing,
/// since those could be changed without changing the bytes.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, DecodeError> {
    URL_SAFE_NO_PAD.decode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_text_for_each_value() {
        for text in ["=", "a", "a+b", "ab/c", "ab==", "AB", "é"] {
            assert!(decode(text).is_err(), "{text:?}");
        }
        assert_eq!(encode(decode("-_8").unwrap()), "-_8");
    }
}
