//! Encrypted payloads: any JSON under a key that the operator and the dashboard share, and the hub does not have.
//!
//! The form is `xc20p.` and the base64url of nonce and ciphertext (XChaCha20-Poly1305,
//! draft-irtf-cfrg-xchacha-03). The TypeScript SDK reads and writes the same.

use std::{fmt, str::FromStr};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::base64url;

/// Beginning of every encrypted payload; names the form, so that another can follow it one day.
const FORM: &str = "xc20p.";
/// Bytes of a nonce: long enough to be drawn at random for each payload.
pub const NONCE_BYTES: usize = 24;
/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// A key that encrypts and decrypts payloads. Its memory is overwritten when it is dropped, and it is in no debug output.
#[derive(Clone)]
pub struct EncryptionKey(Zeroizing<[u8; KEY_BYTES]>);

/// Why a text is not an encryption key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an encryption key is {KEY_BYTES} bytes as a base64url text without padding, and this is none")]
pub struct InvalidEncryptionKey;

impl EncryptionKey {
    /// The key that these bytes are. They must come from a cryptographic random number generator.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl FromStr for EncryptionKey {
    type Err = InvalidEncryptionKey;
    fn from_str(text: &str) -> Result<Self, InvalidEncryptionKey> {
        let bytes = Zeroizing::new(base64url::decode(text).map_err(|_| InvalidEncryptionKey)?);
        Ok(Self::from_bytes(bytes.as_slice().try_into().map_err(|_| InvalidEncryptionKey)?))
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EncryptionKey(…)")
    }
}

/// Why a payload cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// It cannot be written as JSON.
    #[error("the payload cannot be written as JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// It is more than the cipher takes under one nonce.
    #[error("the payload is too large to be encrypted")]
    TooLarge,
}

/// Why a payload cannot be decrypted.
#[derive(Debug, thiserror::Error)]
pub enum DecryptionError {
    /// It is in another form, or in none.
    #[error("an encrypted payload begins with {FORM} and goes on in base64url")]
    UnknownForm,
    /// The nonce is not all there.
    #[error("the encrypted payload is too short")]
    TooShort,
    /// The cipher says no.
    #[error(
        "the payload cannot be decrypted: it was changed, or encrypted with another key or for another place"
    )]
    NotAuthentic,
    /// It is something else than what is expected.
    #[error("the decrypted payload is not what it should be: {0}")]
    NotJson(#[from] serde_json::Error),
}

/// Encrypts `payload`. `nonce` must be random and never used again with this key. `bound_to` is a text that is not
/// encrypted but must be the same when it is decrypted, such as a command's id: so that an encrypted payload cannot be put
/// in another place.
///
/// # Errors
/// [`EncryptionError`] when the payload is no JSON, or is larger than the cipher takes (256 GiB).
pub fn encrypt_payload<T: Serialize + ?Sized>(
    payload: &T,
    key: &EncryptionKey,
    bound_to: &str,
    nonce: [u8; NONCE_BYTES],
) -> Result<String, EncryptionError> {
    let json = Zeroizing::new(serde_json::to_vec(payload)?);
    let ciphertext = key
        .cipher()
        .encrypt(&nonce.into(), Payload { msg: &json, aad: bound_to.as_bytes() })
        .map_err(|_| EncryptionError::TooLarge)?;
    Ok(format!("{FORM}{}", base64url::encode([&nonce[..], &ciphertext].concat())))
}

/// Decrypts what [`encrypt_payload`] made.
///
/// # Errors
/// [`DecryptionError`] when it is in no known form, was changed, or the key or `bound_to` is another.
pub fn decrypt_payload<T: DeserializeOwned>(
    text: &str,
    key: &EncryptionKey,
    bound_to: &str,
) -> Result<T, DecryptionError> {
    let encoded = text.strip_prefix(FORM).ok_or(DecryptionError::UnknownForm)?;
    let bytes = base64url::decode(encoded).map_err(|_| DecryptionError::UnknownForm)?;
    let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(DecryptionError::TooShort)?;
    let json = key
        .cipher()
        .decrypt(nonce.into(), Payload { msg: ciphertext, aad: bound_to.as_bytes() })
        .map_err(|_| DecryptionError::NotAuthentic)?;
    Ok(serde_json::from_slice(&Zeroizing::new(json))?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn key() -> EncryptionKey {
        EncryptionKey::from_bytes([5; 32])
    }

    fn encrypted() -> String {
        encrypt_payload(&json!({"password": "pä$$"}), &key(), "c1", [9; 24]).unwrap()
    }

    #[test]
    fn a_payload_comes_back_in_its_place_only() {
        let text = encrypted();
        assert_eq!(decrypt_payload::<Value>(&text, &key(), "c1").unwrap(), json!({"password": "pä$$"}));
        let fails = |text: &str, key: &EncryptionKey, bound_to: &str| {
            decrypt_payload::<Value>(text, key, bound_to).unwrap_err()
        };
        assert!(matches!(fails(&text, &key(), "c2"), DecryptionError::NotAuthentic));
        let other = EncryptionKey::from_bytes([6; 32]);
        assert!(matches!(fails(&text, &other, "c1"), DecryptionError::NotAuthentic));
        assert!(matches!(fails("plain", &key(), ""), DecryptionError::UnknownForm));
        assert!(matches!(fails("xc20p.AAAA", &key(), ""), DecryptionError::TooShort));
        assert!(matches!(decrypt_payload::<u8>(&text, &key(), "c1"), Err(DecryptionError::NotJson(_))));
    }

    #[test]
    fn a_key_does_not_show_itself() {
        assert_eq!(format!("{:?}", key()), "EncryptionKey(…)");
        assert!("AAAA".parse::<EncryptionKey>().is_err());
    }

    /// draft-irtf-cfrg-xchacha-03, A.3.1.
    #[test]
    fn the_cipher_is_the_one_of_the_draft() {
        let key = EncryptionKey::from_bytes(std::array::from_fn(|index| 0x80 + index as u8));
        let nonce: [u8; 24] = std::array::from_fn(|index| 0x40 + index as u8);
        let aad = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let msg = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let sealed = key.cipher().encrypt(&nonce.into(), Payload { msg, aad: &aad }).unwrap();
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54\
             c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f6\
             15c68b13b52ec0875924c1c7987947deafd8780acf49"
        );
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_noticed(at: prop::sample::Index, flip in 1_u8..128) {
            let mut bytes = encrypted().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(decrypt_payload::<Value>(&String::from_utf8(bytes).unwrap(), &key(), "c1").is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text in "(xc20p\\.)?\\PC*") {
            prop_assert!(decrypt_payload::<Value>(&text, &key(), "c1").is_err());
        }
    }
}
