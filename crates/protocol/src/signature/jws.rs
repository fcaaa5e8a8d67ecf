//! Detached JWS (RFC 7515, appendix F) with Ed25519 (RFC 8037).

use ed25519_dalek::Signature;
use serde_json::{Map, Value};

use super::{NoCanonicalForm, PublicKey, SecretKey, canonicalize};
use crate::{Command, base64url};

/// The protected header of every signature made here.
const HEADER: &str = r#"{"alg":"EdDSA"}"#;
/// Names of Ed25519 in a header: of RFC 8037, and of RFC 9864.
const ALGORITHMS: [&str; 2] = ["EdDSA", "Ed25519"];

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureInvalid {
    /// It is not `header..signature`, each a base64url text.
    #[error("this is no detached signature: it must be header..signature, each in base64url")]
    Malformed,
    /// The header asks for another algorithm or for an extension.
    #[error("the signature's header must name the algorithm EdDSA and no extension")]
    UnsupportedHeader,
    /// None of the trusted keys made it over this content.
    #[error("the signature is not one of a trusted key over this content")]
    NotTrusted,
    /// What it is said to sign cannot have been signed.
    #[error(transparent)]
    NoCanonicalForm(#[from] NoCanonicalForm),
}

/// What is signed: the protected header and the payload, each as base64url (RFC 7515, section 5.1).
fn signing_input(header: &str, payload: &[u8]) -> String {
    format!("{header}.{}", base64url::encode(payload))
}

/// Signs `payload`.
#[must_use]
pub fn sign_bytes(payload: &[u8], key: &SecretKey) -> String {
    let header = base64url::encode(HEADER);
    let signature = key.sign(signing_input(&header, payload).as_bytes());
    format!("{header}..{}", base64url::encode(signature))
}

/// Whether `signature` is one over `payload` by one of `keys`; returns that key.
///
/// # Errors
/// [`SignatureInvalid`] when it is not.
pub fn verify_bytes<'keys>(
    payload: &[u8],
    signature: &str,
    keys: &'keys [PublicKey],
) -> Result<&'keys PublicKey, SignatureInvalid> {
    let (header, signed) = signature.split_once("..").ok_or(SignatureInvalid::Malformed)?;
    check_header(&base64url::decode(header).map_err(|_| SignatureInvalid::Malformed)?)?;
    let bytes = base64url::decode(signed).map_err(|_| SignatureInvalid::Malformed)?;
    let signature = Signature::from_slice(&bytes).map_err(|_| SignatureInvalid::Malformed)?;
    let input = signing_input(header, payload);
    keys.iter()
        .find(|key| key.verifying().verify_strict(input.as_bytes(), &signature).is_ok())
        .ok_or(SignatureInvalid::NotTrusted)
}

/// `crit` names extensions that must be understood, and none are; `b64: false` is one of them.
fn check_header(json: &[u8]) -> Result<(), SignatureInvalid> {
    let header: Map<String, Value> = serde_json::from_slice(json).map_err(|_| SignatureInvalid::Malformed)?;
    let algorithm = header.get("alg").and_then(Value::as_str);
    let is_supported = algorithm.is_some_and(|algorithm| ALGORITHMS.contains(&algorithm))
        && !header.contains_key("crit")
        && header.get("b64") != Some(&Value::Bool(false));
    if is_supported { Ok(()) } else { Err(SignatureInvalid::UnsupportedHeader) }
}

/// Like [`sign_bytes`], over the canonical form of `value`.
///
/// # Errors
/// [`NoCanonicalForm`] when `value` has none.
pub fn sign_detached(value: &Value, key: &SecretKey) -> Result<String, NoCanonicalForm> {
    Ok(sign_bytes(canonicalize(value)?.as_bytes(), key))
}

/// Signs `command`, as `COMMAND.signature` has it.
///
/// # Errors
/// [`NoCanonicalForm`] when its payload holds an integer that would not come back as itself.
pub fn sign_command(command: &Command, key: &SecretKey) -> Result<String, NoCanonicalForm> {
    sign_detached(&serde_json::to_value(command)?, key)
}

/// Like [`verify_bytes`], over the canonical form of `value`.
///
/// A command is verified as the JSON that came, and not as the [`Command`] read from it: fields that this version does not
/// know are signed too.
///
/// # Errors
/// [`SignatureInvalid`] when the signature does not count.
pub fn verify_detached<'keys>(
    value: &Value,
    signature: &str,
    keys: &'keys [PublicKey],
) -> Result<&'keys PublicKey, SignatureInvalid> {
    verify_bytes(canonicalize(value)?.as_bytes(), signature, keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn secret() -> SecretKey {
        SecretKey::from_bytes(&[3; 32])
    }

    fn command(id: &str, n: u32) -> Value {
        json!({"id": id, "type": "CLEAR_DATA", "payload": {"n": n, "é": [1.5, null]}, "dashboardId": "d"})
    }

    #[test]
    fn the_first_trusted_key_that_fits_is_named() {
        let others: Vec<_> = (0..3).map(|n| SecretKey::from_bytes(&[n; 32]).public_key()).collect();
        let signature = sign_detached(&command("c", 1), &secret()).unwrap();
        let untrusted = verify_detached(&command("c", 1), &signature, &others);
        assert_eq!(untrusted.err(), Some(SignatureInvalid::NotTrusted));
        let keys: Vec<_> = others.into_iter().chain([secret().public_key()]).collect();
        assert_eq!(verify_detached(&command("c", 1), &signature, &keys), Ok(&keys[3]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_was_signed_is_verified(id in "[a-z]{1,9}", n: u32, seed: [u8; 32]) {
            let secret = SecretKey::from_bytes(&seed);
            let signature = sign_detached(&command(&id, n), &secret).unwrap();
            prop_assert!(verify_detached(&command(&id, n), &signature, &[secret.public_key()]).is_ok());
        }

        #[test]
        fn a_changed_byte_of_the_content_is_noticed(at: prop::sample::Index, flip in 1_u8..) {
            let mut bytes = canonicalize(&command("c", 1)).unwrap().into_bytes();
            let signature = sign_bytes(&bytes, &secret());
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(verify_bytes(&bytes, &signature, &[secret().public_key()]).is_err());
        }

        #[test]
        fn a_changed_byte_of_the_signature_is_noticed(at: prop::sample::Index, flip in 1_u8..128) {
            let mut bytes = sign_detached(&command("c", 1), &secret()).unwrap().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let keys = [secret().public_key()];
            prop_assert!(verify_detached(&command("c", 1), &String::from_utf8(bytes).unwrap(), &keys).is_err());
        }

        #[test]
        fn a_changed_byte_of_the_key_is_noticed(at in 0_usize..32, flip in 1_u8..) {
            let signature = sign_detached(&command("c", 1), &secret()).unwrap();
            let mut bytes = *secret().public_key().verifying().as_bytes();
            bytes[at] ^= flip;
            if let Ok(other) = PublicKey::from_bytes(&bytes) {
                prop_assert!(verify_detached(&command("c", 1), &signature, &[other]).is_err());
            }
        }

        #[test]
        fn no_text_makes_it_panic(signature: String) {
            prop_assert!(verify_detached(&command("c", 1), &signature, &[secret().public_key()]).is_err());
        }
    }
}
