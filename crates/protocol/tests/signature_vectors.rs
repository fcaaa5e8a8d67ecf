//! The vectors that hold this crate and the TypeScript SDK to the same signatures, canonical forms and encrypted payloads.
//!
//! `rfc8037.json` and `rfc8785.json` are the RFCs'; `rust.json` and `refused.json` are made here, `typescript.json` by
//! `sdk/typescript/test/vectors.test.ts`, and each side reads all of them. `UPDATE_GOLDEN=1` makes them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{env, fs, path::Path};

use mission_control_protocol::{
    Command,
    encryption::{EncryptionKey, decrypt_payload, encrypt_payload},
    signature::{
        PublicKey, SecretKey, canonicalize, sign_bytes, sign_command, sign_detached, verify_bytes,
        verify_detached,
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name)).unwrap()
}

fn vectors<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&text(name)).unwrap()
}

/// Compares what is made now with what is in the file.
fn is_fresh(name: &str, made: &impl Serialize) {
    let made = serde_json::to_string_pretty(made).unwrap() + "\n";
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name), &made).unwrap();
    }
    assert_eq!(text(name), made, "{name} is stale: UPDATE_GOLDEN=1 makes it anew");
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    signed_commands: Vec<SignedCommand>,
    encrypted_payloads: Vec<EncryptedPayload>,
    /// Numbers, by the bits of the double, as ECMAScript writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    numbers: Vec<NumberText>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedCommand {
    name: String,
    secret_key: String,
    public_key: String,
    command: Value,
    canonical: String,
    signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptedPayload {
    name: String,
    key: String,
    nonce: String,
    bound_to: String,
    payload: Value,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct NumberText {
    bits: String,
    text: String,
}

/// Something that must not be taken for a command signed with the key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    name: String,
    public_key: String,
    command: Value,
    signature: String,
}

fn base64url(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes)
}

fn from_base64url(text: &str) -> Vec<u8> {
    base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text).unwrap()
}

fn number(bits: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(bits, 16).unwrap())
}

#[test]
fn rfc_8037_signing_and_validation() {
    let vector: Value = vectors("rfc8037.json");
    let member = |name: &str| vector[name].as_str().unwrap();
    let secret: SecretKey = member("secretKey").parse().unwrap();
    assert_eq!(secret.public_key().to_string(), member("publicKey"));
    let signature = format!("{}..{}", member("header"), member("signature"));
    assert_eq!(sign_bytes(member("payload").as_bytes(), &secret), signature);
    let keys: [PublicKey; 1] = [member("publicKey").parse().unwrap()];
    assert!(verify_bytes(member("payload").as_bytes(), &signature, &keys).is_ok());
    assert!(verify_bytes(b"Example of Ed25519 signinG", &signature, &keys).is_err());
}

#[test]
fn rfc_8785_texts_and_numbers() {
    let vector: Value = vectors("rfc8785.json");
    for example in vector["texts"].as_array().unwrap() {
        let input: Value = serde_json::from_str(example["input"].as_str().unwrap()).unwrap();
        let canonical = canonicalize(&input).unwrap();
        let hex: String = canonical.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, example["canonicalHex"], "{}", example["name"]);
    }
    let numbers: Vec<NumberText> = serde_json::from_value(vector["numbers"].clone()).unwrap();
    assert_eq!(numbers.len(), 24);
    for NumberText { bits, text } in numbers {
        assert_eq!(canonicalize(&json!(number(&bits))).unwrap(), text, "{bits}");
    }
}

#[test]
fn the_vectors_of_rust_are_fresh() {
    let secret = SecretKey::from_bytes(&std::array::from_fn(|index| index as u8));
    let signed_commands = [
        ("without a payload", json!({})),
        (
            "numbers of every form",
            json!({"numbers": [0, -0.0, 1.0, -1, 4.50, 1e21, 1e-7, 1e-6, 333_333_333.333_333_3, 5e-324,
                1.797_693_134_862_315_7e308, 9_007_199_254_740_992_u64, -9_007_199_254_740_992_i64, 0.1]}),
        ),
        (
            "texts and names that need care",
            json!({"\u{20ac}": "\u{0}\u{8}\t\n\u{b}\u{c}\r\"\\/\u{7f}\u{2028}", "\u{1f600}": "😀", "\u{fb33}": "é e\u{301}",
                "\r": "", "1": [], "10": {}, "9": null, "__proto__": {"constructor": true}, "": false}),
        ),
        (
            "a payload that the hub cannot read",
            json!(encrypt_payload(&json!({"password": "p\u{e4}$$"}), &key(7), "c-3", [3; 24]).unwrap()),
        ),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (name, payload))| {
        let command: Command = serde_json::from_value(json!({
            "id": format!("c-{index}"), "type": "EXECUTE_AGENT", "payload": payload, "dashboardId": "energy-north",
            "issuedBy": "ada", "issuedAt": "2026-11-22T20:00:00.000Z", "expiresAt": "2026-11-22T20:05:00.000Z",
        }))
        .unwrap();
        SignedCommand {
            name: name.to_owned(),
            secret_key: secret.to_base64url().to_string(),
            public_key: secret.public_key().to_string(),
            canonical: canonicalize(&json!(command)).unwrap(),
            signature: sign_command(&command, &secret).unwrap(),
            command: json!(command),
        }
    })
    .collect();
    let encrypted_payloads = [
        (
            "an object bound to a command",
            "c-1",
            json!({"a": [1, null, true, 0.5], "password": "p\u{e4}$$ 😀"}),
        ),
        ("a text bound to nothing", "", json!("secret")),
        ("nothing at all, bound to a text that is not ASCII", "schl\u{fc}ssel", Value::Null),
    ]
    .into_iter()
    .zip(1_u8..)
    .map(|((name, bound_to, payload), number)| EncryptedPayload {
        name: name.to_owned(),
        key: base64url(&[number; 32]),
        nonce: base64url(&[number; 24]),
        bound_to: bound_to.to_owned(),
        text: encrypt_payload(&payload, &key(number), bound_to, [number; 24]).unwrap(),
        payload,
    })
    .collect();
    is_fresh("rust.json", &Made { signed_commands, encrypted_payloads, numbers: vec![] });
}

fn key(byte: u8) -> EncryptionKey {
    EncryptionKey::from_bytes([byte; 32])
}

#[test]
fn both_sides_vectors_are_read() {
    for file in ["rust.json", "typescript.json"] {
        let made: Made = vectors(file);
        assert!(!made.signed_commands.is_empty() && !made.encrypted_payloads.is_empty());
        for signed in &made.signed_commands {
            let SignedCommand { name, command, signature, .. } = signed;
            assert_eq!(canonicalize(command).unwrap(), signed.canonical, "{file}: {name}");
            let secret: SecretKey = signed.secret_key.parse().unwrap();
            let public: PublicKey = signed.public_key.parse().unwrap();
            assert_eq!(secret.public_key(), public, "{file}: {name}");
            assert_eq!(&sign_detached(command, &secret).unwrap(), signature, "{file}: {name}");
            assert!(verify_detached(command, signature, &[public]).is_ok(), "{file}: {name}");
            // Read as a command, it is the same.
            let typed: Command = serde_json::from_value(command.clone()).unwrap();
            assert_eq!(canonicalize(&json!(typed)).unwrap(), signed.canonical, "{file}: {name}");
        }
        for encrypted in &made.encrypted_payloads {
            let EncryptedPayload { name, bound_to, payload, .. } = encrypted;
            let key: EncryptionKey = encrypted.key.parse().unwrap();
            let decrypted: Value = decrypt_payload(&encrypted.text, &key, bound_to).unwrap();
            assert_eq!(&decrypted, payload, "{file}: {name}");
            let nonce = from_base64url(&encrypted.nonce).try_into().unwrap();
            assert_eq!(
                encrypt_payload(payload, &key, bound_to, nonce).unwrap(),
                encrypted.text,
                "{file}: {name}"
            );
        }
        for NumberText { bits, text } in &made.numbers {
            assert_eq!(&canonicalize(&json!(number(bits))).unwrap(), text, "{file}: {bits}");
        }
    }
    assert!(vectors::<Made>("typescript.json").numbers.len() > 1000);
}

#[test]
fn the_document_shows_a_command_that_is_signed_like_this() {
    let document =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/PROTOCOL.md")).unwrap();
    let signed = &vectors::<Made>("rust.json").signed_commands[0];
    let shown = document.split("### Signed commands").nth(1).unwrap();
    let example = shown.split("```json").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(serde_json::from_str::<Value>(example).unwrap(), signed.command);
    for part in [&signed.canonical, &signed.secret_key, &signed.public_key, &signed.signature] {
        assert!(shown.contains(part.as_str()), "docs/PROTOCOL.md lacks {part}");
    }
}

#[test]
fn the_refused_vectors_are_fresh_and_refused() {
    let secret = SecretKey::from_bytes(&[1; 32]);
    let key = secret.public_key().to_string();
    let command = json!({
        "id": "c-9", "type": "CLEAR_DATA", "payload": {"n": 1}, "dashboardId": "energy-north", "issuedBy": "ada",
        "issuedAt": "2026-11-22T20:00:00.000Z", "expiresAt": "2026-11-22T20:05:00.000Z",
    });
    let signature = sign_detached(&command, &secret).unwrap();
    let (header, signed) = signature.split_once("..").unwrap();
    let altered = |name: &str, value: Value| {
        let mut altered = command.clone();
        altered[name] = value;
        altered
    };
    let with_header = |parameters: Value| {
        let header = base64url(parameters.to_string().as_bytes());
        // Signed anew with this header: it is the header that is refused, not the bytes.
        let payload = base64url(canonicalize(&command).unwrap().as_bytes());
        let signature = ed25519_dalek::Signer::sign(
            &ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
            format!("{header}.{payload}").as_bytes(),
        );
        format!("{header}..{}", base64url(&signature.to_bytes()))
    };
    let neutral = [&[1_u8][..], &[0; 31]].concat();
    let not_canonical_neutral = [&[0xee_u8][..], &[0xff; 30], &[0x7f]].concat();
    // Whoever checks only S·B = R + k·A takes this for a signature by a key of small order, over anything.
    let of_anyone = format!("{header}..{}", base64url(&[&neutral[..], &[0; 32]].concat()));
    let made: Vec<Refused> = [
        ("another type", &key, altered("type", json!("RESTART_SERVICES")), signature.clone()),
        ("another payload", &key, altered("payload", json!({"n": 2})), signature.clone()),
        ("another dashboard", &key, altered("dashboardId", json!("energy-south")), signature.clone()),
        ("another operator", &key, altered("issuedBy", json!("grace")), signature.clone()),
        ("a later expiry", &key, altered("expiresAt", json!("2027-11-22T20:05:00.000Z")), signature.clone()),
        ("a member more", &key, altered("force", json!(true)), signature.clone()),
        ("no signature at all", &key, command.clone(), String::new()),
        ("a payload that is not detached", &key, command.clone(), format!("{header}.e30.{signed}")),
        ("parts too many", &key, command.clone(), format!("{signature}.x")),
        ("padding", &key, command.clone(), format!("{signature}==")),
        ("bits that stand for nothing", &key, command.clone(), with_idle_bits(&signature)),
        ("a signature cut short", &key, command.clone(), signature[..signature.len() - 2].to_owned()),
        ("S that is not reduced", &key, command.clone(), format!("{header}..{}", not_reduced(signed))),
        ("no algorithm", &key, command.clone(), with_header(json!({}))),
        ("the algorithm none", &key, command.clone(), with_header(json!({"alg": "none"}))),
        ("the algorithm HS256", &key, command.clone(), with_header(json!({"alg": "HS256"}))),
        ("algorithms in a list", &key, command.clone(), with_header(json!({"alg": ["EdDSA"]}))),
        (
            "an extension",
            &key,
            command.clone(),
            with_header(json!({"alg": "EdDSA", "crit": ["b64"], "b64": false})),
        ),
        (
            "an empty list of extensions",
            &key,
            command.clone(),
            with_header(json!({"alg": "EdDSA", "crit": []})),
        ),
        (
            "a payload that is not encoded",
            &key,
            command.clone(),
            with_header(json!({"alg": "EdDSA", "b64": false})),
        ),
        ("a header that is no object", &key, command.clone(), with_header(json!(["EdDSA"]))),
        (
            "a key that did not sign",
            &SecretKey::from_bytes(&[2; 32]).public_key().to_string(),
            command.clone(),
            signature.clone(),
        ),
        ("a key of small order", &base64url(&neutral), command.clone(), of_anyone.clone()),
        ("a key that is not canonical", &base64url(&not_canonical_neutral), command.clone(), of_anyone),
        ("a key that is none", &"no key".to_owned(), command.clone(), signature.clone()),
    ]
    .into_iter()
    .map(|(name, public_key, command, signature)| Refused {
        name: name.to_owned(),
        public_key: public_key.clone(),
        command,
        signature,
    })
    .collect();
    is_fresh("refused.json", &made);
    // They fail for their own reason only.
    assert!(verify_detached(&command, &signature, &[secret.public_key()]).is_ok());
    let same_key = with_header(json!({"alg": "Ed25519", "typ": "JOSE"}));
    assert!(verify_detached(&command, &same_key, &[secret.public_key()]).is_ok());
    for refused in vectors::<Vec<Refused>>("refused.json") {
        let keys: Vec<PublicKey> = refused.public_key.parse().into_iter().collect();
        assert!(verify_detached(&refused.command, &refused.signature, &keys).is_err(), "{}", refused.name);
    }
}

/// The same bytes in another text: the last of 86 characters carries only two bits.
fn with_idle_bits(signature: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = signature.chars().next_back().unwrap();
    let next = ALPHABET.chars().nth(ALPHABET.find(last).unwrap() + 1).unwrap();
    format!("{}{next}", &signature[..signature.len() - 1])
}

/// The signature with S + L for S: the same scalar, written in a way that RFC 8032 forbids.
fn not_reduced(signed: &str) -> String {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = from_base64url(signed);
    let mut carry = 0;
    for (byte, addend) in bytes[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(addend) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    base64url(&bytes)
}
