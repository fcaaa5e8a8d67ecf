//! Signed commands: a detached JWS (RFC 7515, appendix F) with Ed25519 (RFC 8037) over the canonical form (RFC 8785) of a
//! [`Command`](crate::Command).
//!
//! The TypeScript SDK (`sdk/typescript/src/security`) does the same; the vectors in `tests/vectors` hold both to it.
//! No key is made here: a [`SecretKey`] is 32 random bytes that the caller draws.

mod canonical;
mod jws;
mod keys;

pub use canonical::{NoCanonicalForm, canonicalize};
pub use jws::{SignatureInvalid, sign_bytes, sign_command, sign_detached, verify_bytes, verify_detached};
pub use keys::{InvalidKey, PublicKey, SecretKey};
