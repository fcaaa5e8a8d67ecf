import { describe } from "../errors.js";
import type { Report } from "../listeners.js";
import { randomUuid } from "../uuid.js";
import { SharedAppender } from "./appender.js";
import { DurableQueue, type DurableQueueEvents } from "./durable.js";
import type { QueuedKind, QueuedMessage } from "./message.js";
import { OutgoingQueue } from "./outgoing.js";
import type { QueueStorage } from "./storage.js";

/** Where published messages go: into memory until it is known who holds the queue, then into the queue. */
export class Outbox {
  /** The queue, while this instance holds it. */
  durable: DurableQueue | undefined;
  readonly #origin = randomUuid().slice(0, 8);
  readonly #early: OutgoingQueue;
  #appender: SharedAppender | undefined;
  /** Opening and closing happen one after the other. */
  #moving: Promise<void> = Promise.resolve();
  #opened = false;
  /** What other tabs stored while the queue was being opened here. */
  #toAdopt: QueuedMessage[] = [];
  #droppedEarly = 0;

  constructor(
    private readonly storage: QueueStorage,
    private readonly capacity: number,
    private readonly report: Report,
    /** Something was added to the queue, or may go on the wire now. */
    private readonly onChange: () => void,
  ) {
    this.#early = new OutgoingQueue({ messages: [] }, capacity, "", this.#origin);
  }

  /** Messages waiting here. */
  get length(): number {
    return (this.durable?.queue.length ?? 0) + this.#early.length;
  }

  /** Their size, in bytes. */
  get size(): number {
    return (this.durable?.queue.size ?? 0) + this.#early.size;
  }

  /** Messages dropped because the queue was full. */
  get dropped(): number {
    return this.#droppedEarly + this.#early.dropped + (this.durable?.queue.dropped ?? 0);
  }

  /** Whether what is published would survive the end of the page or process. */
  get isDurable(): boolean {
    return this.durable ? this.durable.durable : this.#appender !== undefined && this.storage.durable;
  }

  /** Adds a message. */
  push(kind: QueuedKind, subject: string, body: string): void {
    const target = this.durable?.queue ?? this.#appender ?? this.#early;
    target.push(kind, subject, body, Date.now());
    if (this.durable) this.onChange();
  }

  /** Takes in what another tab stored. */
  adopt(messages: readonly QueuedMessage[]): void {
    // Another tab holds the queue: it is the one that takes them in. Later they are found in the storage, or are done.
    if (this.#appender) return;
    this.#toAdopt.push(...messages);
    const queue = this.durable?.queue;
    if (!queue) return;
    for (const message of this.#toAdopt.splice(0)) queue.adopt(message);
    this.onChange();
  }

  /** From now on this instance holds the queue; resolves with it. Never rejects. */
  lead(dashboardId: string): Promise<DurableQueue> {
    const events: DurableQueueEvents = {
      onStored: () => this.onChange(),
      onStorage: (error) => this.#tellStorage(error),
    };
    const opening = this.#moving.then(async () => {
      await this.#letGo();
      const durable = await DurableQueue.open(this.storage, dashboardId, this.capacity, this.#origin, events);
      this.#opened = true;
      this.durable = durable;
      this.#takeEarly();
      this.adopt([]);
      return durable;
    });
    this.#moving = opening.then(() => {});
    return opening;
  }

  /** From now on another tab holds the queue; `onAppended` hands messages to it. Never rejects. */
  follow(dashboardId: string, onAppended: (messages: readonly QueuedMessage[]) => void): Promise<void> {
    this.#moving = this.#moving.then(async () => {
      await this.#letGo();
      const failed = (error: unknown) => this.#tellStorage(error);
      await this.storage.open(dashboardId).then(() => {
        this.#opened = true;
      }, failed);
      this.#toAdopt = [];
      this.#appender = new SharedAppender(this.storage, this.#origin, onAppended, failed);
      this.#takeEarly();
    });
    return this.#moving;
  }

  /** Resolves when the storage holds everything that was pushed, or cannot. */
  async stored(): Promise<void> {
    await this.#moving;
    await (this.durable?.stored() ?? this.#appender?.idle());
  }

  /** Stores what is left and lets go of the storage. Never rejects. */
  close(): Promise<void> {
    this.#moving = this.#moving.then(() => this.#letGo());
    return this.#moving;
  }

  async #letGo(): Promise<void> {
    const { durable } = this;
    const appender = this.#appender;
    this.durable = undefined;
    this.#appender = undefined;
    await appender?.idle();
    this.#droppedEarly += durable?.queue.dropped ?? 0;
    if (durable) await durable.close();
    else if (this.#opened) await this.storage.close().catch(() => {});
    this.#opened = false;
  }

  #takeEarly(): void {
    const target = this.durable?.queue ?? this.#appender;
    if (!target) return;
    this.#droppedEarly += this.#early.dropped;
    const now = Date.now();
    for (const { kind, subject, body } of this.#early.takeAll()) target.push(kind, subject, body, now);
    if (this.durable) this.onChange();
  }

  #tellStorage(error: unknown): void {
    if (error === undefined) return;
    this.report({
      code: "STORAGE_FAILED",
      message: `the queue's storage fails, and what is published is kept in memory only: ${describe(error)}. Free storage, or allow it for this site`,
      cause: error,
    });
  }
}
