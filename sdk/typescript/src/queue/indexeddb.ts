import type { QueuedMessage, SessionRecord } from "./message.js";
import type { QueueChange, QueueStorage, StoredQueue } from "./storage.js";

const MESSAGES = "messages";
const SESSION = "session";
const CURRENT = "current";

/** Time for the browser to open the database, in milliseconds: some never answer in private windows. */
const OPEN_TIMEOUT_MS = 5_000;

/** Settings of an {@link IndexedDbQueueStorage}. */
export interface IndexedDbQueueOptions {
  /** Beginning of the database's name; the dashboard's id follows. */
  readonly prefix?: string;
  /**
   * `relaxed` (the default) survives a reload and a crashed tab or browser; `strict` also a loss of power, and is
   * slower.
   */
  readonly durability?: "relaxed" | "strict";
  /** Where databases come from, when not from the platform. */
  readonly indexedDB?: IDBFactory;
}

/** Keeps the queue in the browser's database: it survives reloads, crashed tabs and restarts of the browser. */
export class IndexedDbQueueStorage implements QueueStorage {
  readonly durable: boolean = true;
  #database: IDBDatabase | undefined;

  constructor(private readonly options: IndexedDbQueueOptions = {}) {}

  async open(dashboardId: string): Promise<StoredQueue> {
    const factory = this.options.indexedDB ?? globalThis.indexedDB;
    if (!factory) throw new Error("this platform has no IndexedDB: give a `storage` of another kind");
    const name = `${this.options.prefix ?? "mission-control"}:${dashboardId}`;
    const opening = factory.open(name, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(MESSAGES, { keyPath: "key" });
      opening.result.createObjectStore(SESSION);
    };
    const database = await inTime(opening);
    // A newer version of this package in another tab is not to wait for this one.
    database.onversionchange = () => this.#letGo();
    database.onclose = () => this.#letGo();
    this.#database = database;
    const transaction = database.transaction([MESSAGES, SESSION], "readonly");
    const [messages, session] = await Promise.all([
      result<QueuedMessage[]>(transaction.objectStore(MESSAGES).getAll()),
      result<SessionRecord | undefined>(transaction.objectStore(SESSION).get(CURRENT)),
    ]);
    return { session, messages };
  }

  commit(change: QueueChange): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#database) throw new Error("the browser closed the queue's database; reload the page");
      const durability = this.options.durability ?? "relaxed";
      const transaction = this.#database.transaction([MESSAGES, SESSION], "readwrite", { durability });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the browser refused to store it"));
      const messages = transaction.objectStore(MESSAGES);
      for (const message of change.put) messages.put(message);
      for (const key of change.remove) messages.delete(key);
      if (change.session) transaction.objectStore(SESSION).put(change.session, CURRENT);
    });
  }

  async close(): Promise<void> {
    this.#letGo();
  }

  #letGo(): void {
    this.#database?.close();
    this.#database = undefined;
  }
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function inTime(opening: IDBOpenDBRequest): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(new Error(`the browser did not open the queue's database within ${OPEN_TIMEOUT_MS / 1000} s`));
    }, OPEN_TIMEOUT_MS);
    result(opening).then(
      (database) => {
        clearTimeout(timer);
        if (late) database.close();
        else resolve(database);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
