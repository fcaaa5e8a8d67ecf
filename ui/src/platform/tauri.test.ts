import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ViewModel } from "../bindings/ViewModel";
import { tauriPlatform } from "./tauri";

type Call = { command: string; args: Record<string, unknown> };

let calls: Call[];
let answer: (call: Call) => unknown;
let callbacks: Map<number, (message: unknown) => void>;

/** What the shell injects into the page, as far as commands and channels need it. */
beforeEach(() => {
  calls = [];
  answer = () => null;
  callbacks = new Map();
  Object.assign(window, {
    __TAURI_INTERNALS__: {
      transformCallback: (callback: (message: unknown) => void) => {
        callbacks.set(callbacks.size + 1, callback);
        return callbacks.size;
      },
      unregisterCallback: () => undefined,
      invoke: async (command: string, args: Record<string, unknown>) => {
        calls.push({ command, args });
        return answer({ command, args });
      },
    },
  });
});
afterEach(() => {
  Reflect.deleteProperty(window, "__TAURI_INTERNALS__");
});

const settled = () => new Promise((resolve) => setTimeout(resolve));
const model = { view: "commands", model: { targets: [], history: [] } } as ViewModel;

it("follows a view through a channel until it is closed", async () => {
  answer = ({ command }) => (command === "subscribe" ? 7 : null);
  const onModel = vi.fn();
  const close = tauriPlatform.subscribe({ view: "commands" }, onModel, vi.fn());
  await settled();
  expect(calls[0]).toMatchObject({ command: "subscribe", args: { request: { view: "commands" } } });
  callbacks.get(1)?.({ index: 0, message: model });
  expect(onModel).toHaveBeenCalledWith(model);

  close();
  callbacks.get(1)?.({ index: 1, message: model });
  expect(onModel).toHaveBeenCalledTimes(1);
  expect(calls[1]).toEqual({ command: "unsubscribe", args: { subscription: 7 } });
});

it("closes a subscription that was given up before it was made", async () => {
  answer = ({ command }) => (command === "subscribe" ? 8 : null);
  tauriPlatform.subscribe(
    { view: "fleet", filter: "", grouping: "none", sort: { by: "name", descending: false } },
    vi.fn(),
    vi.fn(),
  )();
  await settled();
  expect(calls.map((call) => call.command)).toEqual(["subscribe", "unsubscribe"]);
  expect(calls[1]?.args).toEqual({ subscription: 8 });
});

it("says why a view cannot be followed", async () => {
  const refusal = { code: "cacheUnavailable", message: "The cache cannot be read.", problems: [] };
  answer = () => Promise.reject(refusal);
  const onError = vi.fn();
  tauriPlatform.subscribe({ view: "settings" }, vi.fn(), onError);
  await settled();
  expect(onError).toHaveBeenCalledWith(refusal);
});

it("rejects with the error the console gave, and wraps anything else", async () => {
  const refusal = { code: "payloadInvalid", message: "No.", problems: [{ pointer: "/a", message: "wrong" }] };
  answer = () => Promise.reject(refusal);
  await expect(tauriPlatform.request("retry_hub", { hub: "h" })).rejects.toEqual(refusal);
  answer = () => Promise.reject("command retry_hub not found");
  await expect(tauriPlatform.request("retry_hub", { hub: "h" })).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining("command retry_hub not found"),
  });
});

it("passes on where the shell wants to go", async () => {
  const seen = vi.fn();
  tauriPlatform.onNavigation(seen);
  await settled();
  expect(calls[0]?.command).toBe("subscribe_navigation");
  callbacks.get(1)?.({ index: 0, message: { kind: "view", name: "alerts" } });
  expect(seen).toHaveBeenCalledWith({ kind: "view", name: "alerts" });
});
