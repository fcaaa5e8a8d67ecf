/** Bytes as base64url without padding (RFC 7515). */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The bytes of a base64url text without padding.
 *
 * @throws TypeError when it is none
 */
export function fromBase64Url(text: string): Uint8Array {
  const none = () => new TypeError("this is no base64url text");
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw none();
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  // Bits of the last character that stand for nothing could be changed without changing the bytes.
  if (toBase64Url(bytes) !== text) throw none();
  return bytes;
}
