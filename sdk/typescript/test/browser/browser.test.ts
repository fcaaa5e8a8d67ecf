import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page as Tab } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually, Hub, Operator } from "../hub/hub.js";
import { CHROMIUM } from "./chromium.js";
import type { Page } from "./page.js";

let browser: Browser;
let context: BrowserContext;
let server: Server;
let origin: string;
let hub: Hub;
let operator: Operator;

beforeAll(async () => {
  const output = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      rollupOptions: { input: fileURLToPath(new URL("page.ts", import.meta.url)), output: { format: "es" } },
    },
  });
  const [first] = [output].flat();
  if (!first || !("output" in first)) throw new Error("the page was not built");
  const script = first.output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
  server = createServer((request, response) => {
    const page = request.url?.startsWith("/page.js");
    response.setHeader("content-type", page ? "text/javascript" : "text/html");
    response.end(
      page ? script : '<!doctype html><title>Dashboard</title><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--host-resolver-rules=MAP dashboards.test 127.0.0.1"],
  });
});
beforeEach(async () => {
  hub = await Hub.start();
  context = await browser.newContext();
});
afterEach(async () => {
  operator?.close();
  await context?.close();
  await hub?.stop();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function open(from = origin): Promise<Tab> {
  const tab = await context.newPage();
  await tab.goto(`${from}/?hub=${encodeURIComponent(hub.url)}&token=${await hub.token("dashboard")}`);
  await ready(tab);
  return tab;
}

const ready = (tab: Tab) => tab.waitForFunction(() => "page" in globalThis);

const publish = (tab: Tab, run: number, from: number, to: number) =>
  tab.evaluate(([run, from, to]) => (globalThis as unknown as { page: Page }).page.publish(run, from, to), [
    run,
    from,
    to,
  ] as const);

const read = <T>(tab: Tab, what: "connection" | "metrics") =>
  tab.evaluate((what) => {
    const { service } = (globalThis as unknown as { page: Page }).page;
    return (what === "metrics" ? service.getMetrics() : service.connection) as unknown;
  }, what) as Promise<T>;

async function becomes(tab: Tab, connection: object): Promise<void> {
  await expect.poll(() => read(tab, "connection"), { timeout: 20_000 }).toEqual(connection);
}

/** The numbers of each run's events, in the order of the log. */
function runs(): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const { body } of operator.of("ts-browser", "EVENT")) {
    const { run, n } = body.payload;
    found.set(run, [...(found.get(run) ?? []), n]);
  }
  return found;
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

test("10,000 events over five killed hubs and two reloads arrive once and in order", async () => {
  const tab = await open();
  const total = 10_000;
  let published = 0;
  const acknowledged = async () => (await read<{ acknowledged: number }>(tab, "metrics")).acknowledged;
  for (let round = 1; round <= 5; round++) {
    await becomes(tab, { status: "connected" });
    // The first half is published while the hub is killed, the second while it is away.
    const before = await acknowledged();
    const publishing = publish(tab, 1, published + 1, published + 1_000);
    await expect.poll(acknowledged, { timeout: 20_000, interval: 5 }).toBeGreaterThan(before + 100);
    await hub.kill();
    await publishing;
    await publish(tab, 1, published + 1_001, published + 2_000);
    published += 2_000;
    // Once with the hub away, and once while it is being given what it missed.
    if (round === 2) await tab.reload();
    await hub.start();
    if (round === 4) await tab.reload();
    await ready(tab);
  }
  expect(published).toBe(total);
  operator = await Operator.connect(hub);
  await eventually("all are in the log", () => (runs().get(1)?.length ?? 0) >= total, 60_000);
  expect(runs().get(1)).toEqual(upTo(total));
  const epochs = new Set(operator.of("ts-browser", "REGISTRATION").map(({ body }) => body.epoch));
  expect(epochs.size).toBe(1);
  await expect
    .poll(() => read(tab, "metrics"), { timeout: 20_000 })
    .toMatchObject({ queued: 0, dropped: 0, durable: true });
}, 180_000);

test("two tabs are one dashboard; when the one that is connected is closed, the other goes on", async () => {
  const one = await open();
  await becomes(one, { status: "connected" });
  const two = await open();
  await becomes(two, { status: "connected", inOtherTab: true });
  operator = await Operator.connect(hub);
  await Promise.all([publish(one, 1, 1, 300), publish(two, 2, 1, 300)]);
  await eventually("both tabs' events are there", () => operator.of("ts-browser", "EVENT").length >= 600);
  // Without a goodbye, and with events on their way.
  const publishing = publish(two, 2, 301, 600);
  await one.close({ runBeforeUnload: false });
  await publishing;
  await becomes(two, { status: "connected" });
  await publish(two, 2, 601, 700);
  await eventually("all are there", () => (runs().get(2)?.length ?? 0) >= 700);
  expect(runs()).toEqual(
    new Map([
      [1, upTo(300)],
      [2, upTo(700)],
    ]),
  );
  expect(new Set(operator.of("ts-browser", "REGISTRATION").map(({ body }) => body.epoch)).size).toBe(1);
}, 60_000);

test("a browser that denies its database leaves the dashboard working, and says that it is not durable", async () => {
  await context.addInitScript(() => {
    Object.defineProperty(globalThis, "indexedDB", {
      value: {
        open: () => {
          throw new DOMException("denied", "SecurityError");
        },
      },
    });
  });
  const tab = await open();
  await becomes(tab, { status: "connected" });
  await publish(tab, 1, 1, 10);
  operator = await Operator.connect(hub);
  await eventually("they are there", () => (runs().get(1)?.length ?? 0) === 10);
  expect(await read(tab, "metrics")).toMatchObject({ durable: false });
}, 60_000);

test("a page that came over plain HTTP from another machine works without what browsers then leave out", async () => {
  await hub.stop();
  const elsewhere = origin.replace("127.0.0.1", "dashboards.test");
  hub = await Hub.start("--allow-origin", elsewhere);
  const tab = await open(elsewhere);
  expect(await tab.evaluate(() => [isSecureContext, typeof crypto.randomUUID, typeof crypto.subtle])).toEqual(
    [false, "undefined", "undefined"],
  );
  await becomes(tab, { status: "connected" });
  await publish(tab, 1, 1, 10);
  operator = await Operator.connect(hub);
  await eventually("they are there", () => (runs().get(1)?.length ?? 0) === 10);
}, 60_000);
