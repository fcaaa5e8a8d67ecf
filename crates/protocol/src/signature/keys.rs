//! Ed25519 keys, as base64url texts.

use std::{fmt, str::FromStr};

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::base64url;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// It cannot be read.
    #[error("a key is a base64url text without padding, and this is none")]
    NotBase64Url,
    /// It is too short or too long.
    #[error("a key is {KEY_BYTES} bytes, and this is {0}")]
    WrongLength(usize),
    /// The bytes are not the canonical form of a point on the curve.
    #[error("this is no Ed25519 public key: its bytes are not a point, or not written as RFC 8032 writes it")]
    NotAPoint,
    /// A signature by such a key can be made by anyone.
    #[error("this Ed25519 public key is of small order: anyone can sign for it")]
    Weak,
}

fn key_bytes(text: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, InvalidKey> {
    let bytes = Zeroizing::new(base64url::decode(text).map_err(|_| InvalidKey::NotBase64Url)?);
    let array = <[u8; KEY_BYTES]>::try_from(bytes.as_slice());
    array.map(Zeroizing::new).map_err(|_| InvalidKey::WrongLength(bytes.len()))
}

/// An operator's public key: what a dashboard trusts.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key that these bytes are, if they are the canonical form of one that only its owner can sign for.
    ///
    /// # Errors
    /// [`InvalidKey::NotAPoint`] or [`InvalidKey::Weak`] when they are not.
    pub fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Result<Self, InvalidKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| InvalidKey::NotAPoint)?;
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(InvalidKey::NotAPoint);
        }
        if key.is_weak() { Err(InvalidKey::Weak) } else { Ok(Self(key)) }
    }

    pub(super) fn verifying(&self) -> &VerifyingKey {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = InvalidKey;
    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        Self::from_bytes(&*key_bytes(text)?)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&base64url::encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

/// An operator's secret key. Its memory is overwritten when it is dropped, and it is in no debug output.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key that these 32 bytes are. They must come from a cryptographic random number generator.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// The key as a base64url text, for a keychain. The text is overwritten when it is dropped.
    #[must_use]
    pub fn to_base64url(&self) -> Zeroizing<String> {
        Zeroizing::new(base64url::encode(self.0.as_bytes()))
    }

    /// The public key that belongs to it.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl FromStr for SecretKey {
    type Err = InvalidKey;
    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        Ok(Self::from_bytes(&*key_bytes(text)?))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_key_does_not_show_itself() {
        let key = SecretKey::from_bytes(&[7; 32]);
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
        let again: SecretKey = key.to_base64url().parse().unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }

    #[test]
    fn a_key_that_is_none_says_why() {
        assert_eq!("no key".parse::<PublicKey>(), Err(InvalidKey::NotBase64Url));
        assert_eq!("AAAA".parse::<PublicKey>(), Err(InvalidKey::WrongLength(3)));
        assert_eq!("AAAA".parse::<SecretKey>().err(), Some(InvalidKey::WrongLength(3)));
        // The neutral element, and the same written with y + p.
        let mut bytes = [0; 32];
        bytes[0] = 1;
        assert_eq!(PublicKey::from_bytes(&bytes), Err(InvalidKey::Weak));
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xee, 0x7f);
        assert_eq!(PublicKey::from_bytes(&bytes), Err(InvalidKey::NotAPoint));
        // There is no point with this y.
        let mut bytes = [0; 32];
        bytes[0] = 2;
        assert_eq!(PublicKey::from_bytes(&bytes), Err(InvalidKey::NotAPoint));
    }
}
