import { KeySequence } from "./keys.js";
import type { QueuedKind, QueuedMessage } from "./message.js";
import type { QueueStorage } from "./storage.js";

/** Adds messages to a storage whose queue another tab holds. */
export class SharedAppender {
  #waiting: QueuedMessage[] = [];
  #appending: Promise<void> | undefined;
  readonly #keys: KeySequence;

  /**
   * @param storage already open
   * @param origin tells this tab's keys from those of others
   * @param onAppended hands the messages to the tab that holds the queue
   * @param onFailure told when the storage took them not; the other tab then has them in memory only
   */
  constructor(
    private readonly storage: QueueStorage,
    origin: string,
    private readonly onAppended: (messages: readonly QueuedMessage[]) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#keys = new KeySequence(origin);
  }

  /** Stores a message published at `now` (ms since 1970). */
  push(kind: QueuedKind, subject: string, body: string, now: number): void {
    this.#waiting.push({ key: this.#keys.next(now), kind, subject, body });
    this.#appending ??= this.#run().finally(() => {
      this.#appending = undefined;
    });
  }

  /** Resolves when everything pushed is handed over. */
  async idle(): Promise<void> {
    await this.#appending;
  }

  async #run(): Promise<void> {
    // Everything that is published in this turn goes into one commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const put = this.#waiting.splice(0);
      await this.storage.commit({ put, remove: [] }).catch(this.onFailure);
      this.onAppended(put);
    }
  }
}
