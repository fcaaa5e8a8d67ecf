import type { RegistrationResult } from "../protocol/index.js";
import type { QueuedMessage } from "../queue/message.js";
import type { ConnectionDetail } from "./status.js";

/** What tabs of one dashboard tell each other. */
export type TabMessage =
  /** To the leader: these were stored. */
  | { readonly type: "APPENDED"; readonly messages: readonly QueuedMessage[] }
  /** To the others: how the connection is. */
  | {
      readonly type: "CONNECTION";
      readonly detail: ConnectionDetail;
      readonly registration?: RegistrationResult;
    }
  /** To the leader: how is the connection? */
  | { readonly type: "HELLO" };

/** What a tab hears. */
export interface TabEvents {
  /** This tab is to hold the connection and the queue, from now until it ends. */
  onLead(): void;
  /** Another tab holds them. */
  onFollow(): void;
  /** Another tab says something. */
  onMessage(message: TabMessage): void;
}

/**
 * Agrees with the other tabs of a dashboard on which one holds the connection: the one with a lock that the browser
 * gives to one tab at a time, and to the next when that one is closed or crashes. All tabs are one dashboard with one
 * id, one queue and one session, so an operator sees the dashboard go on when the user closes one of its tabs.
 *
 * Where the platform has no such locks (Node, some web views), every instance leads.
 */
export class Tabs {
  readonly #leaving = new AbortController();
  #channel: BroadcastChannel | undefined;
  #release: (() => void) | undefined;

  constructor(
    private readonly name: string,
    private readonly events: TabEvents,
    /** Off where there is one instance by design. */
    private readonly shared: boolean,
  ) {}

  /** Begins; one of `onLead` and `onFollow` follows. */
  start(): void {
    const locks = this.shared ? globalThis.navigator?.locks : undefined;
    if (!locks || typeof BroadcastChannel === "undefined") {
      this.events.onLead();
      return;
    }
    this.#channel = new BroadcastChannel(this.name);
    this.#channel.onmessage = (event: MessageEvent<TabMessage>) => this.events.onMessage(event.data);
    locks.request(this.name, { ifAvailable: true }, (lock) => this.#hold(lock)).catch(() => this.#alone());
  }

  /** Tells the other tabs. */
  tell(message: TabMessage): void {
    this.#channel?.postMessage(message);
  }

  /** Ends; another tab may lead now. */
  stop(): void {
    this.#leaving.abort();
    this.#release?.();
    this.#channel?.close();
    this.#channel = undefined;
  }

  #hold(lock: Lock | null): Promise<void> {
    if (this.#leaving.signal.aborted) return Promise.resolve();
    if (lock) {
      this.events.onLead();
      return new Promise((resolve) => {
        this.#release = resolve;
      });
    }
    this.events.onFollow();
    const { signal } = this.#leaving;
    navigator.locks
      .request(this.name, { signal }, (granted) => this.#hold(granted))
      .catch(() => {
        // Only this tab's own goodbye ends the wait.
      });
    return Promise.resolve();
  }

  /** The browser denies locks (a sandboxed frame, say). */
  #alone(): void {
    if (!this.#leaving.signal.aborted) this.events.onLead();
  }
}
