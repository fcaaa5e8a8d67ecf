import type { QueuedMessage, SessionRecord } from "./message.js";

/** What a storage holds. */
export interface StoredQueue {
  /** The session, if one was begun. */
  readonly session?: SessionRecord;
  /** The messages, in any order. */
  readonly messages: readonly QueuedMessage[];
}

/** A change that is made as a whole or not at all. */
export interface QueueChange {
  /** Replaces the session. */
  readonly session?: SessionRecord;
  /** Messages to keep, each in the place of the one with its key. */
  readonly put: readonly QueuedMessage[];
  /** Keys of messages to let go. */
  readonly remove: readonly string[];
}

/** Where a queue lives. Implementations: memory, IndexedDB (browser) and a file (Node); or one of your own. */
export interface QueueStorage {
  /** Whether what is committed is still there after the page or process ends. */
  readonly durable: boolean;
  /**
   * Opens the storage for `dashboardId` and returns what it holds.
   *
   * Rejects when it cannot be had: denied, damaged beyond use, or in use by another process.
   */
  open(dashboardId: string): Promise<StoredQueue>;
  /** Makes a change. Resolves once it would survive a crash; rejects, with nothing changed, when it cannot be made. */
  commit(change: QueueChange): Promise<void>;
  /** Lets go of files and connections. Called once, after the last commit. */
  close(): Promise<void>;
}
