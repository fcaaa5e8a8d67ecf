import type { QueuedMessage, SessionRecord } from "./message.js";
import type { QueueChange, QueueStorage, StoredQueue } from "./storage.js";

/** Keeps the queue for as long as the object lives. For tests, and for dashboards that may forget. */
export class MemoryQueueStorage implements QueueStorage {
  readonly durable: boolean = false;
  readonly #messages = new Map<string, QueuedMessage>();
  #session: SessionRecord | undefined;

  async open(): Promise<StoredQueue> {
    return { session: this.#session, messages: [...this.#messages.values()] };
  }

  async commit(change: QueueChange): Promise<void> {
    this.#session = change.session ?? this.#session;
    for (const message of change.put) this.#messages.set(message.key, message);
    for (const key of change.remove) this.#messages.delete(key);
  }

  async close(): Promise<void> {}
}
