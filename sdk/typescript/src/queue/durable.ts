import { randomUuid } from "../uuid.js";
import { OutgoingQueue } from "./outgoing.js";
import type { QueueStorage, StoredQueue } from "./storage.js";

/** Wait before the storage is tried again after a failure, in milliseconds. */
const STORAGE_RETRY_MS = 10_000;

/** What a durable queue tells its owner. */
export interface DurableQueueEvents {
  /** More may go on the wire now. */
  onStored(): void;
  /** The storage failed with `error`, or works again (`undefined`). */
  onStorage(error: unknown): void;
}

/**
 * The outgoing queue with its storage: what is published is stored in groups, and nothing goes on the wire before the
 * storage holds it under its number. While the storage fails, the queue goes on in memory and says so.
 */
export class DurableQueue {
  /** The queue itself; after changing it, call {@link store}. */
  readonly queue: OutgoingQueue;
  #storing: Promise<void> | undefined;
  #failed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  private constructor(
    private readonly storage: QueueStorage,
    stored: StoredQueue,
    capacity: number,
    origin: string,
    private readonly events: DurableQueueEvents,
    opened: boolean,
  ) {
    this.queue = new OutgoingQueue(stored, capacity, randomUuid(), origin);
    // A storage that did not open is not to be overwritten: it may hold what could not be read.
    this.#unusable = !opened;
  }

  readonly #unusable: boolean;

  /** Opens `storage`; when that fails, the queue lives in memory. Never rejects. */
  static async open(
    storage: QueueStorage,
    dashboardId: string,
    capacity: number,
    origin: string,
    events: DurableQueueEvents,
  ): Promise<DurableQueue> {
    try {
      const stored = await storage.open(dashboardId);
      return new DurableQueue(storage, stored, capacity, origin, events, true);
    } catch (error) {
      events.onStorage(error);
      return new DurableQueue(storage, { messages: [] }, capacity, origin, events, false);
    }
  }

  /** Whether what is published would survive the end of the page or process. */
  get durable(): boolean {
    return this.storage.durable && !this.#failed && !this.#unusable;
  }

  /** Stores what changed, together with whatever changes until the storage is free. */
  store(): void {
    if (this.#unusable || this.#closed) return;
    this.#storing ??= this.#run().finally(() => {
      this.#storing = undefined;
    });
  }

  /** Resolves when the storage holds all that was published, or cannot. */
  async stored(): Promise<void> {
    this.store();
    await this.#storing;
  }

  /** The next frame that may go on the wire. */
  nextFrame(dashboardId: string): string | undefined {
    return this.queue.nextFrame(dashboardId, !this.#unusable && !this.#failed);
  }

  /** Stores what is left and closes the storage. Never rejects. */
  async close(): Promise<void> {
    await this.stored();
    this.#closed = true;
    clearTimeout(this.#retry);
    // Nothing is lost by a storage that does not close well: all was committed before.
    await this.storage.close().catch(() => {});
  }

  async #run(): Promise<void> {
    // Everything that is published in this turn goes into one commit.
    await Promise.resolve();
    for (;;) {
      const change = this.queue.takeChange();
      if (!change) return;
      try {
        await this.storage.commit(change);
      } catch (error) {
        this.queue.unsettle(change);
        this.#fail(error);
        return;
      }
      this.queue.settle(change);
      if (this.#failed) {
        this.#failed = false;
        this.events.onStorage(undefined);
      }
      this.events.onStored();
    }
  }

  #fail(error: unknown): void {
    const first = !this.#failed;
    this.#failed = true;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.store(), STORAGE_RETRY_MS);
    (this.#retry as { unref?: () => void }).unref?.();
    if (first) {
      this.events.onStorage(error);
      this.events.onStored();
    }
  }
}
