import { getPublicKeyAsync, signAsync, verifyAsync } from "@noble/ed25519";
import { fromBase64Url, toBase64Url } from "./base64url.js";
import { canonicalize } from "./canonical.js";

const ALGORITHMS = ["EdDSA", "Ed25519"];

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What is signed: the protected header and the payload, each as base64url (RFC 7515, section 5.1). */
function signingInput(header: string, payload: Uint8Array): Uint8Array {
  return utf8(`${header}.${toBase64Url(payload)}`);
}

/**
 * Whether `signature` is a detached JWS (RFC 7515 appendix F, Ed25519 as in RFC 8037) over `payload` by one of `keys`
 * (Ed25519 public keys, base64url). Never rejects: what cannot be read is not a valid signature.
 */
export async function verifyBytes(
  payload: Uint8Array,
  signature: string,
  keys: readonly string[],
): Promise<boolean> {
  try {
    const [header = "", between, signed = "", ...more] = signature.split(".");
    if (between !== "" || more.length > 0) return false;
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const parameters = JSON.parse(decoder.decode(fromBase64Url(header)));
    // `crit` names extensions that must be understood, and none are; `b64: false` is one of them.
    if (!ALGORITHMS.includes(parameters.alg) || parameters.crit !== undefined || parameters.b64 === false) {
      return false;
    }
    const bytes = fromBase64Url(signed);
    const input = signingInput(header, payload);
    for (const key of keys) {
      // A key that is none must not keep the next from being tried.
      const valid = async () => verifyAsync(bytes, input, fromBase64Url(key), { zip215: false });
      if (await valid().catch(() => false)) return true;
    }
    return false;
  } catch {
    return false;
  }
}

/** Signs `payload` with an Ed25519 secret key (32 bytes): a detached JWS. */
export async function signBytes(payload: Uint8Array, secretKey: Uint8Array): Promise<string> {
  const header = toBase64Url(utf8(JSON.stringify({ alg: "EdDSA" })));
  const signed = await signAsync(signingInput(header, payload), secretKey);
  return `${header}..${toBase64Url(signed)}`;
}

/**
 * Whether `signature` is a detached JWS (RFC 7515 appendix F, Ed25519 as in RFC 8037) over the RFC 8785 form of `value` by
 * one of `keys` (Ed25519 public keys, base64url): how commands are signed. Never rejects: what cannot be read is not a valid
 * signature.
 */
export async function verifyDetached(
  value: unknown,
  signature: string,
  keys: readonly string[],
): Promise<boolean> {
  let payload: Uint8Array;
  try {
    payload = utf8(canonicalize(value));
  } catch {
    return false;
  }
  return verifyBytes(payload, signature, keys);
}

/**
 * Signs the RFC 8785 form of `value` with an Ed25519 secret key (32 bytes): a detached JWS.
 *
 * Rejects with a TypeError when `value` has no such form.
 */
export async function signDetached(value: unknown, secretKey: Uint8Array): Promise<string> {
  return signBytes(utf8(canonicalize(value)), secretKey);
}

/** The public key, in base64url, that belongs to an Ed25519 secret key (32 bytes). */
export async function publicKeyOf(secretKey: Uint8Array): Promise<string> {
  return toBase64Url(await getPublicKeyAsync(secretKey));
}
