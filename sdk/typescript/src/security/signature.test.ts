import { describe, expect, test } from "vitest";
import { fromBase64Url, toBase64Url } from "./base64url.js";
import { canonicalize } from "./canonical.js";
import { publicKeyOf, signBytes, signDetached, verifyBytes, verifyDetached } from "./signature.js";

const utf8 = (text: string) => new TextEncoder().encode(text);

// RFC 8037, appendix A.
const SECRET = fromBase64Url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
const PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const PAYLOAD = utf8("Example of Ed25519 signing");
const HEADER = "eyJhbGciOiJFZERTQSJ9";
const SIGNATURE = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

describe("RFC 8037", () => {
  test("A.1: the key pair", async () => {
    expect(await publicKeyOf(SECRET)).toBe(PUBLIC);
  });

  test("A.4: signing", async () => {
    expect(await signBytes(PAYLOAD, SECRET)).toBe(`${HEADER}..${SIGNATURE}`);
  });

  test("A.5: validation", async () => {
    expect(await verifyBytes(PAYLOAD, `${HEADER}..${SIGNATURE}`, [PUBLIC])).toBe(true);
    expect(await verifyBytes(utf8("Example of Ed25519 signinG"), `${HEADER}..${SIGNATURE}`, [PUBLIC])).toBe(
      false,
    );
  });
});

describe("detached signatures of values", () => {
  const command = { type: "CLEAR_DATA", id: "c1", payload: { b: 1, a: [1.5, "é"] } };

  test("do not depend on the order of members", async () => {
    const signature = await signDetached(command, SECRET);
    const reordered = { payload: { a: [1.5, "é"], b: 1 }, id: "c1", type: "CLEAR_DATA" };
    expect(await verifyDetached(reordered, signature, [PUBLIC])).toBe(true);
    expect(await verifyDetached({ ...command, id: "c2" }, signature, [PUBLIC])).toBe(false);
  });

  test("count by any of the trusted keys, and by no other", async () => {
    const signature = await signDetached(command, SECRET);
    const other = await publicKeyOf(new Uint8Array(32).fill(1));
    expect(await verifyDetached(command, signature, ["no key", other, PUBLIC])).toBe(true);
    expect(await verifyDetached(command, signature, [other])).toBe(false);
    expect(await verifyDetached(command, signature, [])).toBe(false);
  });

  const header = (parameters: object) => toBase64Url(utf8(JSON.stringify(parameters)));
  test.each([
    ["nothing", ""],
    ["a payload that is not detached", `${HEADER}.e30.${SIGNATURE}`],
    ["no algorithm", `${header({})}..${SIGNATURE}`],
    ["the algorithm `none`", `${header({ alg: "none" })}..`],
    ["an extension", `${header({ alg: "EdDSA", crit: ["b64"], b64: false })}..${SIGNATURE}`],
    ["no JSON", `e..${SIGNATURE}`],
    ["more parts", `${HEADER}..${SIGNATURE}.x`],
  ])("%s is no signature", async (_, signature) => {
    expect(await verifyDetached(command, signature, [PUBLIC])).toBe(false);
  });
});

describe("RFC 8785", () => {
  test("3.2.2 and 3.2.4: the example, byte for byte", () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    const expected =
      "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e33333333333333" +
      "2c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d";
    expect(Buffer.from(utf8(canonicalize(JSON.parse(input)))).toString("hex")).toBe(expected);
  });

  test("3.2.3: members are sorted by UTF-16 code units", () => {
    const input = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    const values = Object.values(JSON.parse(canonicalize(input)));
    const names = [...canonicalize(input).matchAll(/:"([^"]*)"/g)].map((match) => match[1]);
    expect(values.length).toBe(7);
    expect(names).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  test.each([
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["ffefffffffffffff", "-1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["c340000000000000", "-9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef4f", "999999999999999900000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["41b3de4355555554", "333333333.33333325"],
    ["41b3de4355555555", "333333333.3333333"],
    ["41b3de4355555556", "333333333.3333334"],
    ["41b3de4355555557", "333333333.33333343"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ])("appendix B: %s is %s", (bits, text) => {
    expect(canonicalize(Buffer.from(bits, "hex").readDoubleBE())).toBe(text);
  });

  test.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    "\ud800",
    { a: undefined },
    [() => 1],
    { "\udead": 1 },
  ])("%s has no canonical form", (value) => {
    expect(() => canonicalize(value)).toThrow(TypeError);
  });
});

test("base64url is there and back, and refuses what is none", () => {
  for (const length of [0, 1, 2, 3, 4, 61]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + 250) % 256);
    expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
    expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
  }
  for (const text of ["=", "a", "a+b", "ab/c", "ab==", "AB"])
    expect(() => fromBase64Url(text)).toThrow(TypeError);
});
