import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import type { Command } from "../src/protocol/index.js";
import { fromBase64Url, toBase64Url } from "../src/security/base64url.js";
import { canonicalize } from "../src/security/canonical.js";
import { decryptPayload, encryptPayload } from "../src/security/encryption.js";
import { SecurityIntegration } from "../src/security/integration.js";
import {
  publicKeyOf,
  signBytes,
  signDetached,
  verifyBytes,
  verifyDetached,
} from "../src/security/signature.js";

// What Rust and TypeScript must agree on. `rust.json` and `refused.json` are made by the protocol crate's tests,
// `typescript.json` here; `UPDATE_GOLDEN=1` makes it anew. Each side reads all of them.
const path = (name: string) =>
  fileURLToPath(new URL(`../../../crates/protocol/tests/vectors/${name}`, import.meta.url));
const read = (name: string) => JSON.parse(readFileSync(path(name), "utf8"));

interface Made {
  signedCommands: {
    name: string;
    secretKey: string;
    publicKey: string;
    command: unknown;
    canonical: string;
    signature: string;
  }[];
  encryptedPayloads: {
    name: string;
    key: string;
    nonce: string;
    boundTo: string;
    payload: unknown;
    text: string;
  }[];
  numbers?: { bits: string; text: string }[];
}

/** What a dashboard that trusts `publicKey` says of a command: a code, or that it is allowed. */
async function judge(command: unknown, signature: string, publicKey: string): Promise<string> {
  const security = new SecurityIntegration({ operatorKeys: [publicKey] });
  const now = Date.parse("2026-11-22T20:01:00.000Z");
  const authorization = await security.checkCommand(command as Command, signature, now);
  return authorization.allowed ? "allowed" : authorization.code;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const doubleOf = (bits: string) => Buffer.from(bits, "hex").readDoubleBE();

/** Encrypts as always, but for the nonce, which is not random. */
function encryptWith(nonce: Uint8Array, payload: unknown, key: Uint8Array, boundTo: string): string {
  const random = vi.spyOn(crypto, "getRandomValues").mockImplementation((target) => {
    (target as unknown as Uint8Array).set(nonce);
    return target;
  });
  try {
    return encryptPayload(payload, key, boundTo);
  } finally {
    random.mockRestore();
  }
}

test("RFC 8037: signing and validation", async () => {
  const { secretKey, publicKey, payload, header, signature } = read("rfc8037.json");
  expect(await publicKeyOf(fromBase64Url(secretKey))).toBe(publicKey);
  expect(await signBytes(utf8(payload), fromBase64Url(secretKey))).toBe(`${header}..${signature}`);
  expect(await verifyBytes(utf8(payload), `${header}..${signature}`, [publicKey])).toBe(true);
});

test("RFC 8785: texts and numbers", () => {
  const { texts, numbers } = read("rfc8785.json");
  for (const { name, input, canonicalHex } of texts) {
    expect(Buffer.from(canonicalize(JSON.parse(input))).toString("hex"), name).toBe(canonicalHex);
  }
  expect(numbers.length).toBe(24);
  for (const { bits, text } of numbers) expect(canonicalize(doubleOf(bits))).toBe(text);
});

/** Doubles of all magnitudes, always the same (splitmix64). */
function* doubles(): Generator<string> {
  for (let exponent = 0n; exponent < 2047n; exponent += 8n) yield hex(exponent << 52n);
  let state = 42n;
  for (let count = 0; count < 1_000; count++) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    const bits = hex(mixed ^ (mixed >> 31n));
    if (Number.isFinite(doubleOf(bits))) yield bits;
  }
}
const hex = (bits: bigint) => bits.toString(16).padStart(16, "0");

test("the vectors of TypeScript are fresh", async () => {
  const secretKey = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
  const key = new Uint8Array(32).fill(0xaa);
  const payloads: [string, unknown][] = [
    ["no payload to speak of", null],
    ["numbers as ECMAScript writes them", { "-0": -0, list: [2 ** 53, 2 ** 63, 1e21, 1e-7, 0.1 + 0.2, 100] }],
    ["names in the order of UTF-16", { "\u{1f600}": 1, "\ufb33": 2, "\u0080": 3, "": 4, "10": 5, "9": 6 }],
    ["an encrypted payload", encryptWith(new Uint8Array(24).fill(1), { pin: 1234 }, key, "t-3")],
  ];
  const signedCommands = await Promise.all(
    payloads.map(async ([name, payload], index) => {
      const command: Command = {
        id: `t-${index}`,
        type: "INGEST_DATA",
        payload: payload as Command["payload"],
        dashboardId: "energy-north",
        issuedBy: "grace",
        issuedAt: "2026-11-22T20:00:00.000Z",
        expiresAt: "2026-11-22T20:05:00.000Z",
      };
      return {
        name,
        secretKey: toBase64Url(secretKey),
        publicKey: await publicKeyOf(secretKey),
        command,
        canonical: canonicalize(command),
        signature: await signDetached(command, secretKey),
      };
    }),
  );
  const bound: [string, string, unknown][] = [
    ["an object bound to a command", "t-1", { a: [1, null, true, 0.5], password: "pä$$ 😀" }],
    ["a list bound to nothing", "", ["secret", 2 ** 53, 1e-7]],
  ];
  const encryptedPayloads = bound.map(([name, boundTo, payload], index) => {
    const nonce = new Uint8Array(24).fill(100 + index);
    const text = encryptWith(nonce, payload, key, boundTo);
    return { name, key: toBase64Url(key), nonce: toBase64Url(nonce), boundTo, payload, text };
  });
  const numbers = [...doubles()].map((bits) => ({ bits, text: canonicalize(doubleOf(bits)) }));
  const made: Made = { signedCommands, encryptedPayloads, numbers };
  // One number a line: there are many.
  const { numbers: _, ...rest } = made;
  const lines = numbers.map((number) => `    ${JSON.stringify(number)}`).join(",\n");
  const text = `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "numbers": [\n${lines}\n  ]\n}\n`;
  if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(path("typescript.json"), text);
  expect(readFileSync(path("typescript.json"), "utf8"), "UPDATE_GOLDEN=1 makes it anew").toBe(text);
});

test.each(["rust.json", "typescript.json"])("the vectors of %s are read", async (file) => {
  const made: Made = read(file);
  expect(Math.min(made.signedCommands.length, made.encryptedPayloads.length)).toBeGreaterThan(0);
  for (const { name, secretKey, publicKey, command, canonical, signature } of made.signedCommands) {
    expect(canonicalize(command), name).toBe(canonical);
    expect(await publicKeyOf(fromBase64Url(secretKey)), name).toBe(publicKey);
    expect(await signDetached(command, fromBase64Url(secretKey)), name).toBe(signature);
    expect(await verifyDetached(command, signature, [publicKey]), name).toBe(true);
    expect(await judge(command, signature, publicKey), name).toBe("allowed");
  }
  for (const { name, key, nonce, boundTo, payload, text } of made.encryptedPayloads) {
    expect(decryptPayload(text, fromBase64Url(key), boundTo), name).toEqual(payload);
    expect(encryptWith(fromBase64Url(nonce), payload, fromBase64Url(key), boundTo), name).toBe(text);
  }
  for (const { bits, text } of made.numbers ?? []) expect(canonicalize(doubleOf(bits))).toBe(text);
});

test("what Rust refuses is refused", async () => {
  const refused: { name: string; publicKey: string; command: unknown; signature: string }[] =
    read("refused.json");
  expect(refused.length).toBeGreaterThan(20);
  for (const { name, publicKey, command, signature } of refused) {
    expect(await verifyDetached(command, signature, [publicKey]), name).toBe(false);
    expect(await judge(command, signature, publicKey), name).toBe("SIGNATURE_INVALID");
  }
});
