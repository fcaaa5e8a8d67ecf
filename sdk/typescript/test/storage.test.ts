import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IDBFactory } from "fake-indexeddb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  IndexedDbQueueStorage,
  MemoryQueueStorage,
  type QueuedMessage,
  type QueueStorage,
  type StoredQueue,
} from "../src/index.js";
import { FileQueueStorage } from "../src/node/index.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "mc-storage-"));
});
afterAll(() => rm(root, { recursive: true }));

const opened: QueueStorage[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((storage) => storage.close()));
});

/** Opens `storage`, and closes it after the test if the test does not. */
function open(storage: QueueStorage, dashboardId = "d"): Promise<StoredQueue> {
  opened.push(storage);
  return storage.open(dashboardId);
}

let made = 0;
const directory = () => join(root, String(++made));
const message = (key: string, seq?: number): QueuedMessage => ({
  key,
  kind: "EVENT",
  subject: "E",
  body: `{"k":"${key} é"}`,
  seq,
});
const session = { epoch: "e1", acknowledged: 3, commands: [["c1", 99] as const] };
const keys = (messages: readonly QueuedMessage[]) => messages.map(({ key }) => key).sort();

/** A storage, and another on the same place. */
const kinds: [string, () => () => QueueStorage][] = [
  [
    "memory",
    () => {
      const storage = new MemoryQueueStorage();
      return () => storage;
    },
  ],
  [
    "IndexedDB",
    () => {
      const indexedDB = new IDBFactory();
      return () => new IndexedDbQueueStorage({ indexedDB });
    },
  ],
  [
    "file",
    () => {
      const place = directory();
      return () => new FileQueueStorage({ directory: place });
    },
  ],
];

describe.each(kinds)("the storage in %s", (_, place) => {
  test("is empty at first, and has what was committed when it is opened again", async () => {
    const again = place();
    const storage = again();
    expect(await open(storage, "a:1")).toEqual({ session: undefined, messages: [] });
    await storage.commit({ session, put: [message("k1"), message("k2"), message("k3")], remove: [] });
    await storage.commit({ put: [message("k2", 4)], remove: ["k1", "never there"] });
    await storage.close();
    const next = again();
    const stored = await open(next, "a:1");
    expect(stored.session).toEqual(session);
    expect(keys(stored.messages)).toEqual(["k2", "k3"]);
    expect(stored.messages.find(({ key }) => key === "k2")).toEqual(message("k2", 4));
    await next.commit({ put: [], remove: ["k2", "k3"] });
    await next.close();
    expect((await open(again(), "a:1")).messages).toEqual([]);
  });

  test("makes changes in the order in which they are asked for", async () => {
    const again = place();
    const storage = again();
    await open(storage);
    for (let n = 1; n <= 20; n++) await storage.commit({ put: [message("k", n)], remove: [] });
    await storage.close();
    expect((await open(again())).messages).toEqual([message("k", 20)]);
  });
});

test.each(kinds.slice(1))("in %s, each dashboard has a queue of its own", async (_, place) => {
  const again = place();
  const [one, two] = [again(), again()];
  await open(one, "d1");
  await open(two, "d2");
  await one.commit({ put: [message("k1")], remove: [] });
  await two.commit({ put: [message("k2")], remove: [] });
  await Promise.all([one.close(), two.close()]);
  expect(keys((await open(again(), "d1")).messages)).toEqual(["k1"]);
});

describe("IndexedDB", () => {
  test("that is denied is told as it is", async () => {
    const indexedDB = {
      open: () => {
        throw new DOMException("denied", "SecurityError");
      },
    } as unknown as IDBFactory;
    await expect(new IndexedDbQueueStorage({ indexedDB }).open("d")).rejects.toThrow("denied");
    await expect(new IndexedDbQueueStorage().open("d")).rejects.toThrow("no IndexedDB");
  });

  test("that the browser closed refuses commits instead of losing them", async () => {
    const storage = new IndexedDbQueueStorage({ indexedDB: new IDBFactory() });
    await open(storage);
    await storage.close();
    await expect(storage.commit({ put: [message("k")], remove: [] })).rejects.toThrow("reload");
  });
});

describe("the file", () => {
  async function ready(place: string, compactAboveBytes?: number): Promise<FileQueueStorage> {
    const storage = new FileQueueStorage({ directory: place, compactAboveBytes });
    await open(storage);
    return storage;
  }

  test("loses nothing but the line that a crash cut short", async () => {
    const place = directory();
    const storage = await ready(place);
    await storage.commit({ session, put: [message("k1")], remove: [] });
    await storage.commit({ put: [message("k2")], remove: [] });
    await storage.close();
    const path = join(place, "d.queue");
    const text = await readFile(path, "utf8");
    for (const cut of [1, 5, 40]) {
      await writeFile(path, text.slice(0, -cut));
      const torn = new FileQueueStorage({ directory: place });
      expect(keys((await open(torn)).messages)).toEqual(["k1"]);
      await torn.close();
    }
  });

  test("that is damaged is set aside, and what can be read of it is kept", async () => {
    const place = directory();
    const storage = await ready(place);
    await storage.commit({ session, put: [message("k1")], remove: [] });
    await storage.commit({ put: [message("k2")], remove: [] });
    await storage.commit({ put: [message("k3")], remove: [] });
    await storage.close();
    const path = join(place, "d.queue");
    await writeFile(path, (await readFile(path, "utf8")).replace('\\"k2 é', '\\"kX é'));
    const damaged = new FileQueueStorage({ directory: place });
    expect(keys((await open(damaged)).messages)).toEqual(["k1", "k3"]);
    await damaged.close();
    expect((await readdir(place)).some((name) => name.startsWith("d.queue.damaged-"))).toBe(true);
  });

  test("does not grow with what has passed through it", async () => {
    const place = directory();
    const storage = await ready(place, 2_000);
    for (let n = 0; n < 200; n++) {
      await storage.commit({ put: [message(`k${n}`)], remove: n > 0 ? [`k${n - 1}`] : [] });
    }
    expect((await stat(join(place, "d.queue"))).size).toBeLessThan(4_000);
    await storage.close();
    expect(keys((await open(new FileQueueStorage({ directory: place }))).messages)).toEqual(["k199"]);
  });

  test("is for one program at a time, and the lock of one that was killed does not count", async () => {
    const place = directory();
    const storage = await ready(place);
    await expect(ready(place)).rejects.toThrow("another service of this process");
    await storage.close();
    // Process 1 is always there; one with a number beyond all never is.
    await writeFile(join(place, "d.queue.lock"), "1");
    await expect(ready(place)).rejects.toThrow("in use by process 1");
    await writeFile(join(place, "d.queue.lock"), "999999999");
    await (await ready(place)).close();
    expect(await readdir(place)).toEqual(["d.queue"]);
  });

  test("half a line after a failed write does not spoil what follows", async () => {
    const place = directory();
    const storage = await ready(place);
    await storage.commit({ put: [message("k1")], remove: [] });
    await appendFile(join(place, "d.queue"), "half a line");
    // @ts-expect-error: as after a write that failed.
    storage.torn = true;
    await storage.commit({ put: [message("k2")], remove: [] });
    await storage.close();
    expect(keys((await open(new FileQueueStorage({ directory: place }))).messages)).toEqual(["k1", "k2"]);
  });
});
