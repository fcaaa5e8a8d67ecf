import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { IndexedDbQueueStorage, type MissionControlOptions, MissionControlService } from "../../src/index.js";
import { eventually, Hub, Operator } from "./hub.js";

/** The part of the Web Locks API that is used, as the browser would do it: one holder at a time, the others in a row. */
class FakeLocks {
  private held = false;
  private readonly waiting: (() => void)[] = [];

  async request(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    callback: (lock: { name: string } | null) => Promise<unknown>,
  ): Promise<unknown> {
    if (this.held && options.ifAvailable) return callback(null);
    while (this.held) {
      await new Promise<void>((resolve, reject) => {
        options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
        this.waiting.push(resolve);
      });
    }
    this.held = true;
    try {
      return await callback({ name });
    } finally {
      this.held = false;
      this.waiting.shift()?.();
    }
  }
}

let hub: Hub;
let operator: Operator;
let indexedDB: IDBFactory;

beforeEach(async () => {
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  vi.stubGlobal("document", document);
  vi.stubGlobal("navigator", { locks: new FakeLocks() });
  indexedDB = new IDBFactory();
  hub = await Hub.start();
  operator = await Operator.connect(hub);
});
afterEach(async () => {
  operator.close();
  await hub.stop();
  vi.unstubAllGlobals();
});

async function tab(options: Partial<MissionControlOptions> = {}): Promise<MissionControlService> {
  return new MissionControlService({
    url: hub.url,
    token: await hub.token("dashboard"),
    WebSocket,
    storage: new IndexedDbQueueStorage({ indexedDB }),
    backoff: { shortestMs: 20, longestMs: 100 },
    ...options,
  });
}

const config = { id: "ts-tabs", useCase: "energy", version: "1" };

test("three tabs are one dashboard, and the next goes on when one is closed", async () => {
  const [one, two, three] = [await tab(), await tab(), await tab()];
  await one.registerDashboard(config);
  expect(await two.registerDashboard(config)).toMatchObject({ dashboardId: "ts-tabs" });
  await three.registerDashboard(config);
  expect(one.connection).toEqual({ status: "connected" });
  expect(two.connection).toEqual({ status: "connected", inOtherTab: true });

  for (let n = 1; n <= 20; n++) {
    one.publishEvent({ type: "STEP", payload: { tab: 1, n } });
    two.publishEvent({ type: "STEP", payload: { tab: 2, n } });
    three.publishEvent({ type: "STEP", payload: { tab: 3, n } });
  }
  await eventually("all tabs' events are there", () => operator.of("ts-tabs", "EVENT").length === 60);
  await two.stored();

  // The leader goes while the hub is away: what the others publish waits in the storage for the next leader.
  await hub.kill();
  await eventually(
    "the others see that the connection is lost",
    () => two.connection.status === "reconnecting",
  );
  for (let n = 21; n <= 40; n++) three.publishEvent({ type: "STEP", payload: { tab: 3, n } });
  await three.stored();
  await one.disconnect();
  await eventually("another tab leads", () => !two.connection.inOtherTab || !three.connection.inOtherTab);
  await hub.start();
  operator.close();
  operator = await Operator.connect(hub);
  await eventually("it is connected", () => two.connection.status === "connected");
  await eventually("the other hears of it", () => three.connection.status === "connected");
  three.publishEvent({ type: "STEP", payload: { tab: 3, n: 41 } });
  await eventually("all is there", () => operator.of("ts-tabs", "EVENT").length >= 81);

  const found = operator.of("ts-tabs", "EVENT").map(({ body }) => body.payload);
  const of = (wanted: number) => found.filter(({ tab }) => tab === wanted).map(({ n }) => n);
  const count = (until: number) => Array.from({ length: until }, (_, index) => index + 1);
  expect(of(1)).toEqual(count(20));
  expect(of(2)).toEqual(count(20));
  expect(of(3)).toEqual(count(41));
  // One session through all of it.
  const epochs = new Set(operator.of("ts-tabs", "REGISTRATION").map(({ body }) => body.epoch));
  expect(epochs.size).toBe(1);
  await three.disconnect();
  await two.disconnect();
});

test("a page that is loaded anew goes on in the same session", async () => {
  const first = await tab();
  await first.registerDashboard(config);
  first.publishEvent({ type: "STEP", payload: { n: 1 } });
  await first.flush();
  await hub.kill();
  for (let n = 2; n <= 50; n++) first.publishEvent({ type: "STEP", payload: { n } });
  await first.stored();
  await first.disconnect();
  await hub.start();
  const second = await tab();
  await second.registerDashboard(config);
  second.publishEvent({ type: "STEP", payload: { n: 51 } });
  await second.flush();
  operator.close();
  operator = await Operator.connect(hub);
  await eventually("all is there", () => operator.of("ts-tabs", "EVENT").length >= 51);
  const numbers = operator.of("ts-tabs", "EVENT").map(({ body }) => body.payload.n);
  expect(numbers).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
  await second.disconnect();
});
