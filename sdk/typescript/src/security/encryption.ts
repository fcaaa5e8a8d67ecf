import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { fromBase64Url, toBase64Url } from "./base64url.js";

/** Beginning of every encrypted payload; names the form, so that another can follow it one day. */
const FORM = "xc20p.";
const NONCE_BYTES = 24;
const KEY_BYTES = 32;

/**
 * Encrypts any JSON with XChaCha20-Poly1305: `xc20p.` and the base64url of nonce (24 random bytes) and ciphertext.
 *
 * `boundTo` is a text that is not encrypted but must be the same when it is decrypted, such as a command's id: so that an
 * encrypted payload cannot be put in another place.
 *
 * @throws TypeError when the key is not 32 bytes or `payload` is no JSON
 */
export function encryptPayload(payload: unknown, key: Uint8Array, boundTo = ""): string {
  const json = JSON.stringify(payload);
  if (json === undefined) throw new TypeError("the payload is no JSON");
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const ciphertext = cipher(key, nonce, boundTo).encrypt(new TextEncoder().encode(json));
  const bytes = new Uint8Array(NONCE_BYTES + ciphertext.length);
  bytes.set(nonce);
  bytes.set(ciphertext, NONCE_BYTES);
  return FORM + toBase64Url(bytes);
}

/**
 * Decrypts what {@link encryptPayload} made.
 *
 * @throws TypeError when it is in no known form, or was changed, or the key or `boundTo` is another
 */
export function decryptPayload(text: string, key: Uint8Array, boundTo = ""): unknown {
  if (!text.startsWith(FORM)) throw new TypeError(`an encrypted payload begins with ${FORM}`);
  const bytes = fromBase64Url(text.slice(FORM.length));
  const decrypter = cipher(key, bytes.subarray(0, NONCE_BYTES), boundTo);
  let plain: Uint8Array;
  try {
    plain = decrypter.decrypt(bytes.subarray(NONCE_BYTES));
  } catch (cause) {
    throw new TypeError(
      "the payload cannot be decrypted: it was changed, or encrypted with another key or for another place",
      { cause },
    );
  }
  return JSON.parse(new TextDecoder().decode(plain));
}

function cipher(key: Uint8Array, nonce: Uint8Array, boundTo: string) {
  if (key.length !== KEY_BYTES)
    throw new TypeError(`the key is ${key.length} bytes and must be ${KEY_BYTES}`);
  if (nonce.length !== NONCE_BYTES) throw new TypeError("the encrypted payload is too short");
  return xchacha20poly1305(key, nonce, new TextEncoder().encode(boundTo));
}
