import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { beforeAll, describe, expect, test } from "vitest";
import type { EventInput } from "../interface.js";
import type { Command } from "../protocol/index.js";
import { decryptPayload, encryptPayload } from "./encryption.js";
import { SecurityIntegration, type SecurityOptions } from "./integration.js";
import { publicKeyOf, signDetached } from "./signature.js";

const NOW = Date.parse("2026-11-22T20:00:00.000Z");
const SECRET = new Uint8Array(32).fill(3);
let trusted: string;
beforeAll(async () => {
  trusted = await publicKeyOf(SECRET);
});

function command(over: Partial<Command> = {}): Command {
  return {
    id: "c1",
    type: "CLEAR_DATA",
    payload: {},
    dashboardId: "d",
    issuedBy: "ada",
    issuedAt: "2026-11-22T19:59:59.000Z",
    expiresAt: "2026-11-22T20:01:00.000Z",
    ...over,
  };
}

/** The code with which a signed command is refused, or `allowed`. */
async function verdict(
  security: SecurityIntegration,
  over: Partial<Command> = {},
  at = NOW,
): Promise<string> {
  const issued = command(over);
  const outcome = await security.checkCommand(issued, await signDetached(issued, SECRET), at);
  return outcome.allowed ? "allowed" : outcome.code;
}

const security = (options: SecurityOptions = {}) =>
  new SecurityIntegration({ operatorKeys: () => [trusted], ...options });

describe("authorizeCommand", () => {
  test("lets a good command pass, once", async () => {
    const integration = security();
    expect(await verdict(integration)).toBe("allowed");
    expect(await verdict(integration)).toBe("REPLAYED");
    expect(await verdict(integration, { id: "c2" })).toBe("allowed");
  });

  test("refuses what is unsigned, wrongly signed, or signed for another content", async () => {
    const integration = security();
    expect(await integration.checkCommand(command(), undefined, NOW)).toMatchObject({ code: "UNSIGNED" });
    const signature = await signDetached(command(), SECRET);
    expect(
      await integration.checkCommand(command({ type: "RESTART_SERVICES" }), signature, NOW),
    ).toMatchObject({
      code: "SIGNATURE_INVALID",
    });
    expect(await integration.checkCommand(command(), signature.slice(0, -2), NOW)).toMatchObject({
      allowed: false,
    });
  });

  test("an unsigned command passes where signatures are not required, a wrongly signed one never", async () => {
    const integration = security({ requireSignature: false });
    expect(await integration.checkCommand(command(), undefined, NOW)).toEqual({ allowed: true });
    expect(await integration.checkCommand(command({ id: "c2" }), "x..y", NOW)).toMatchObject({
      code: "SIGNATURE_INVALID",
    });
  });

  test("refuses what has expired, or is from the future", async () => {
    expect(await verdict(security(), {}, NOW + 60_000)).toBe("EXPIRED");
    expect(await verdict(security(), { expiresAt: "never" })).toBe("EXPIRED");
    expect(await verdict(security(), { issuedAt: "2026-11-22T20:30:00.000Z" })).toBe("NOT_YET_ISSUED");
  });

  test("refuses what is signed for another dashboard", async () => {
    const integration = security();
    integration.auditTo({ dashboardId: "d", publishEvent: () => {} });
    expect(await verdict(integration, { dashboardId: "e" })).toBe("WRONG_DASHBOARD");
    expect(await verdict(integration)).toBe("allowed");
  });

  test("asks for permission, and takes a failure for a no", async () => {
    const checkPermission = (operator: string, type: string) => operator === "ada" && type !== "CLEAR_DATA";
    expect(await verdict(security({ checkPermission }))).toBe("NOT_PERMITTED");
    expect(await verdict(security({ checkPermission }), { type: "REFRESH_DATA" })).toBe("allowed");
    const failing = security({ checkPermission: () => Promise.reject(new Error("no directory")) });
    expect(await verdict(failing)).toBe("CHECK_FAILED");
  });

  test("limits the rate of each type, and forgives with time", async () => {
    const integration = security({ rateLimit: () => ({ count: 2, perMs: 10_000 }) });
    expect(await verdict(integration, { id: "a" })).toBe("allowed");
    expect(await verdict(integration, { id: "b" })).toBe("allowed");
    expect(await verdict(integration, { id: "c" })).toBe("RATE_LIMITED");
    expect(await verdict(integration, { id: "c", type: "REFRESH_DATA" })).toBe("allowed");
    expect(await verdict(integration, { id: "d" }, NOW + 5_000)).toBe("allowed");
  });

  test("checks the signature first, then expiry, replay, permission and rate", async () => {
    const asked: string[] = [];
    const integration = security({
      checkPermission: () => {
        asked.push("permission");
        return true;
      },
      rateLimit: () => {
        asked.push("rate");
        return { count: 1, perMs: 1_000 };
      },
    });
    await integration.checkCommand(command(), "x..y", NOW);
    await verdict(integration, {}, NOW + 60_000);
    expect(asked).toEqual([]);
    await verdict(integration);
    expect(asked).toEqual(["permission", "rate"]);
    await verdict(integration);
    expect(asked).toEqual(["permission", "rate"]);
  });

  test("a refusal that was not for a replay leaves the command to be tried again", async () => {
    let permitted = false;
    const integration = security({ checkPermission: () => permitted });
    expect(await verdict(integration)).toBe("NOT_PERMITTED");
    permitted = true;
    expect(await verdict(integration)).toBe("allowed");
  });
});

test("the audit tells of executions and refusals", async () => {
  const audit: EventInput[] = [];
  const integration = security({ user: () => "grace" });
  integration.auditTo({ publishEvent: (event) => audit.push(event) });
  expect(await integration.authorizeCommand(command(), undefined, NOW)).toBe(false);
  integration.logCommandExecution(command(), { success: true, duration: 12 });
  expect(audit).toMatchObject([
    {
      type: "MISSION_CONTROL_COMMAND_REFUSED",
      severity: "warning",
      payload: { code: "UNSIGNED", issuedBy: "ada" },
    },
    {
      type: "MISSION_CONTROL_COMMAND",
      severity: "info",
      payload: { command: "CLEAR_DATA", commandId: "c1", user: "grace", success: true, duration: 12 },
    },
  ]);
});

describe("encrypted payloads", () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index);

  test("come back as they were, and never look the same twice", () => {
    const payload = { password: "pä$$", list: [1, null, true] };
    const text = encryptPayload(payload, key, "c1");
    expect(decryptPayload(text, key, "c1")).toEqual(payload);
    expect(text).not.toBe(encryptPayload(payload, key, "c1"));
    expect(text).toMatch(/^xc20p\.[A-Za-z0-9_-]+$/);
  });

  test("are refused when changed, put elsewhere, or opened with another key", () => {
    const text = encryptPayload({ a: 1 }, key, "c1");
    for (let index = "xc20p.".length; index < text.length; index++) {
      const changed = text.slice(0, index) + (text[index] === "A" ? "B" : "A") + text.slice(index + 1);
      expect(() => decryptPayload(changed, key, "c1")).toThrow(TypeError);
    }
    expect(() => decryptPayload(text, key, "c2")).toThrow("cannot be decrypted");
    expect(() => decryptPayload(text, new Uint8Array(32), "c1")).toThrow("cannot be decrypted");
    expect(() => decryptPayload("xc20p.AAAA", key)).toThrow("too short");
    expect(() => decryptPayload("plain", key)).toThrow("begins with xc20p.");
    expect(() => encryptPayload({}, new Uint8Array(16))).toThrow("must be 32");
  });

  test("are XChaCha20-Poly1305: draft-irtf-cfrg-xchacha-03, A.3.1", () => {
    const nonce = Uint8Array.from({ length: 24 }, (_, index) => 0x40 + index);
    const bound = Buffer.from("50515253c0c1c2c3c4c5c6c7", "hex");
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    const expected =
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96" +
      "b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e" +
      "c0875924c1c7987947deafd8780acf49";
    const sealed = xchacha20poly1305(key, nonce, bound).encrypt(new TextEncoder().encode(text));
    expect(Buffer.from(sealed).toString("hex")).toBe(expected);
  });

  test("are the nonce and the ciphertext of the JSON text, as another language must read and write them", () => {
    const nonce = new Uint8Array(24).fill(9);
    const cipher = xchacha20poly1305(key, nonce, new TextEncoder().encode("c1"));
    const sealed = cipher.encrypt(new TextEncoder().encode('{"a":1}'));
    const text = `xc20p.${Buffer.concat([nonce, sealed]).toString("base64url")}`;
    expect(decryptPayload(text, key, "c1")).toEqual({ a: 1 });
  });

  test("need a key in the options of the integration", () => {
    const integration = security({ encryptionKey: key });
    expect(integration.decryptPayload(integration.encryptPayload([1], "c1"), "c1")).toEqual([1]);
    expect(() => security().encryptPayload(1)).toThrow("encryptionKey");
  });
});
