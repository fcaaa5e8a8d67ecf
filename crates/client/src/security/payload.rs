//! Payloads that the hub cannot read.

use mission_control_protocol::encryption::{
    self, DecryptionError, EncryptionError, EncryptionKey, NONCE_BYTES,
};
use serde::{Serialize, de::DeserializeOwned};

/// Why a payload cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum EncryptError {
    /// The options have no key.
    #[error("give an encryption_key in the security options to encrypt and decrypt payloads")]
    NoKey,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    NoRandomNumbers(getrandom::Error),
    /// The payload cannot be encrypted.
    #[error(transparent)]
    Payload(#[from] EncryptionError),
}

/// Why a payload cannot be decrypted.
#[derive(Debug, thiserror::Error)]
pub enum DecryptError {
    /// The options have no key.
    #[error("give an encryption_key in the security options to encrypt and decrypt payloads")]
    NoKey,
    /// The payload cannot be decrypted.
    #[error(transparent)]
    Payload(#[from] DecryptionError),
}

/// Encrypts `payload` under `key`; see [`encryption::encrypt_payload`]. The nonce is drawn at random.
///
/// # Errors
/// [`EncryptError`] when the payload is no JSON, or the system gives no random numbers.
pub fn encrypt_payload<T: Serialize + ?Sized>(
    payload: &T,
    key: &EncryptionKey,
    bound_to: &str,
) -> Result<String, EncryptError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(EncryptError::NoRandomNumbers)?;
    Ok(encryption::encrypt_payload(payload, key, bound_to, nonce)?)
}

/// Decrypts what [`encrypt_payload`] made, here or in TypeScript.
///
/// # Errors
/// [`DecryptionError`] when it is in no known form, was changed, or the key or `bound_to` is another.
pub fn decrypt_payload<T: DeserializeOwned>(
    text: &str,
    key: &EncryptionKey,
    bound_to: &str,
) -> Result<T, DecryptionError> {
    encryption::decrypt_payload(text, key, bound_to)
}
