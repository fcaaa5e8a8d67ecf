import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DurableQueue } from "./durable.js";
import { MemoryQueueStorage } from "./memory.js";
import type { QueueChange, StoredQueue } from "./storage.js";

/** A storage that can be made to fail. */
class Fragile extends MemoryQueueStorage {
  override readonly durable = true;
  failing = false;
  commits = 0;

  override open(): Promise<StoredQueue> {
    return this.failing ? Promise.reject(new Error("denied")) : super.open();
  }

  override async commit(change: QueueChange): Promise<void> {
    if (this.failing) throw new Error("the disk is full");
    this.commits += 1;
    await super.commit(change);
  }
}

let storage: Fragile;
const told: unknown[] = [];
const open = () =>
  DurableQueue.open(storage, "d", 1e6, "a", { onStored: () => {}, onStorage: (error) => told.push(error) });

beforeEach(() => {
  vi.useFakeTimers();
  storage = new Fragile();
  told.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

const ready = (durable: DurableQueue) => {
  durable.queue.number(99, 1e6, (message) => message);
  return durable.stored();
};

describe("the durable queue", () => {
  test("stores what is published in one turn together", async () => {
    const durable = await open();
    for (let n = 0; n < 100; n++) {
      durable.queue.push("EVENT", "E", "{}", n);
      durable.store();
    }
    await durable.stored();
    expect(storage.commits).toBe(1);
    expect((await storage.open()).messages.length).toBe(100);
  });

  test("sends nothing that is not stored under its number", async () => {
    const durable = await open();
    durable.queue.push("EVENT", "E", '{"type":"E"}', 1);
    durable.queue.number(1, 1e6, (message) => message);
    expect(durable.nextFrame("d")).toBeUndefined();
    await durable.stored();
    expect(durable.nextFrame("d")).toContain('"seq":1');
  });

  test("goes on in memory while the storage fails, says so, and is durable again later", async () => {
    const durable = await open();
    expect(durable.durable).toBe(true);
    storage.failing = true;
    durable.queue.push("EVENT", "E", '{"type":"E"}', 1);
    await ready(durable);
    expect(durable.durable).toBe(false);
    expect(told).toEqual([new Error("the disk is full")]);
    expect(durable.nextFrame("d")).toContain('"seq":1');
    // Told once, however often it fails.
    durable.queue.push("EVENT", "E", '{"type":"E"}', 2);
    await ready(durable);
    expect(told.length).toBe(1);
    storage.failing = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(durable.durable).toBe(true);
    expect(told).toEqual([new Error("the disk is full"), undefined]);
    expect((await storage.open()).messages.map(({ seq }) => seq).sort()).toEqual([1, 2]);
  });

  test("a storage that does not open is left as it is", async () => {
    storage.failing = true;
    const durable = await open();
    storage.failing = false;
    expect(durable.durable).toBe(false);
    durable.queue.push("EVENT", "E", '{"type":"E"}', 1);
    await ready(durable);
    expect(durable.nextFrame("d")).toContain('"seq":1');
    expect(storage.commits).toBe(0);
    await durable.close();
  });
});
