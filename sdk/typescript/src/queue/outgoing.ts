import { KeySequence } from "./keys.js";
import { frame, frameSize, type QueuedKind, type QueuedMessage, type SessionRecord } from "./message.js";
import type { QueueChange, StoredQueue } from "./storage.js";

/** What to drop first when the queue is full: lower ranks before higher, older before newer. */
const RANKS: Record<QueuedKind, number> = {
  METRICS: 0,
  RESOURCE_USAGE: 0,
  EVENT: 1,
  WORKFLOW_UPDATE: 1,
  ALERT: 2,
  COMMAND_RESULT: 2,
};

/** Name of the event that counts what was dropped. */
export const QUEUE_OVERFLOW = "QUEUE_OVERFLOW";

/** After an overflow the queue is emptied to this part of its capacity, lest every message sweep it again. */
const LOW_WATER = 0.9;

interface Entry {
  message: QueuedMessage;
  size: number;
  /** Whether the storage holds it as it is. */
  stored: boolean;
}

/** What an overflow dropped, until its event has a number. */
interface Overflow {
  readonly key: string;
  entry?: Entry;
  readonly dropped: Record<string, number>;
  count: number;
  bytes: number;
  readonly since: string;
}

/**
 * The messages that wait for an acknowledgement, oldest first, and their numbers. Pure: it does no I/O and reads no
 * clock. What the storage has yet to learn is collected until {@link takeChange}.
 *
 * A message gets its number when it is first about to be sent ({@link number}), so what is dropped before that leaves
 * no gap. Numbered messages are the front of the queue, and their numbers count on from the last acknowledged one.
 */
export class OutgoingQueue {
  #entries: Entry[] = [];
  #numberedCount = 0;
  /** How many, from the front, are on the wire of this connection. */
  #sent = 0;
  #bytes = 0;
  #session: SessionRecord;
  #sessionChanged: boolean;
  readonly #keys: KeySequence;
  #changed = new Set<Entry>();
  #taken: Entry[] = [];
  /** Keys of messages that were not published here, lest one is taken in twice. */
  #foreign = new Set<string>();
  #removed: string[] = [];
  #overflow: Overflow | undefined;
  #droppedCount = 0;

  /**
   * @param stored what the storage held
   * @param capacity in bytes, of frames
   * @param epoch of the session to begin when none was stored
   * @param origin makes keys unique among the writers of one storage
   */
  constructor(
    stored: StoredQueue,
    private readonly capacity: number,
    epoch: string,
    origin: string,
  ) {
    this.#keys = new KeySequence(origin);
    this.#session = stored.session ?? { epoch, acknowledged: 0, commands: [] };
    this.#sessionChanged = !stored.session;
    const { acknowledged } = this.#session;
    const numbered: QueuedMessage[] = [];
    const rest: QueuedMessage[] = [];
    for (const message of stored.messages) {
      if (message.seq === undefined) rest.push(message);
      else if (message.seq > acknowledged) numbered.push(message);
      else this.#removed.push(message.key);
    }
    numbered.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
    rest.sort(byKey);
    for (const message of [...numbered, ...rest]) this.#add(message, true);
    this.#numberedCount = numbered.length;
    for (const { key } of stored.messages) {
      this.#keys.goOnAfter(key);
      this.#foreign.add(key);
    }
  }

  /** UUID of the numbering session. */
  get epoch(): string {
    return this.#session.epoch;
  }

  /** How many messages wait. */
  get length(): number {
    return this.#entries.length;
  }

  /** Size of all that waits, in bytes. */
  get size(): number {
    return this.#bytes;
  }

  /** Highest number acknowledged. */
  get acknowledged(): number {
    return this.#session.acknowledged;
  }

  /** Highest number given to a message. */
  get lastNumber(): number {
    return this.acknowledged + this.#numberedCount;
  }

  /** How many messages are on the wire and not acknowledged. */
  get inFlight(): number {
    return this.#sent;
  }

  /** Messages dropped since the queue was opened. */
  get dropped(): number {
    return this.#droppedCount;
  }

  /** Commands that were started and may come again. */
  get commands(): SessionRecord["commands"] {
    return this.#session.commands;
  }

  /** Replaces the commands that may come again. */
  setCommands(commands: SessionRecord["commands"]): void {
    this.#setSession({ ...this.#session, commands });
  }

  /** Adds a message published at `now` (ms since 1970). May drop others to hold the bound; see {@link QUEUE_OVERFLOW}. */
  push(kind: QueuedKind, subject: string, body: string, now: number): void {
    this.#changed.add(this.#add({ key: this.#keys.next(now), kind, subject, body }, false));
    if (this.#bytes > this.capacity) this.#makeRoom(now);
  }

  /** Takes everything out of a queue that was never stored or sent. */
  takeAll(): QueuedMessage[] {
    const messages = this.#entries.map((entry) => entry.message);
    this.#entries = [];
    this.#changed.clear();
    this.#removed = [];
    this.#bytes = this.#droppedCount = 0;
    this.#overflow = undefined;
    return messages;
  }

  /** Takes in a message that another tab stored. */
  adopt(message: QueuedMessage): void {
    if (this.#foreign.has(message.key)) return;
    this.#foreign.add(message.key);
    this.#add(message, true);
  }

  /**
   * Gives the next `count` messages their numbers. A message whose frame is larger than `frameLimit` is replaced by what
   * `instead` makes of it.
   */
  number(count: number, frameLimit: number, instead: (message: QueuedMessage) => QueuedMessage): void {
    const end = Math.min(this.#entries.length, this.#numberedCount + count);
    for (; this.#numberedCount < end; this.#numberedCount++) {
      const entry = this.#entries[this.#numberedCount] as Entry;
      const message = entry.size > frameLimit ? instead(entry.message) : entry.message;
      if (message.key === this.#overflow?.key) this.#overflow = undefined;
      this.#replace(entry, { ...message, seq: this.lastNumber + 1 });
    }
  }

  /**
   * The next frame for the wire; it counts as sent. `undefined` when there is none with a number, or when the storage
   * does not hold it yet and `storedOnly` says that it must.
   */
  nextFrame(dashboardId: string, storedOnly: boolean): string | undefined {
    const entry = this.#entries[this.#sent];
    if (this.#sent >= this.#numberedCount || !entry || (storedOnly && !entry.stored)) return undefined;
    this.#sent += 1;
    return frame(entry.message, entry.message.seq ?? 0, dashboardId);
  }

  /** Everything unacknowledged goes on the wire again. */
  rewind(): void {
    this.#sent = 0;
  }

  /** Lets go of everything up to `seq`, and says how many that were. A number never sent changes nothing. */
  acknowledge(seq: number): number {
    return seq <= this.acknowledged + this.#sent ? this.#release(seq) : 0;
  }

  /**
   * Takes up the session with a hub that has everything up to `lastSeq` on disk. When the hub lost what it had
   * acknowledged, a new session begins under `epoch` and all that is left is numbered anew: answers `false`, and the
   * caller registers again.
   */
  resume(lastSeq: number, epoch: string): boolean {
    this.rewind();
    if (lastSeq < this.acknowledged) {
      this.#setSession({ ...this.#session, epoch, acknowledged: 0 });
      for (const entry of this.#entries.slice(0, this.#numberedCount)) {
        this.#replace(entry, { ...entry.message, seq: undefined });
      }
      this.#numberedCount = 0;
      return false;
    }
    this.#release(lastSeq);
    // More than was numbered here: the storage lost its newest changes. The hub's count is the one that goes on.
    if (lastSeq > this.acknowledged) this.#setSession({ ...this.#session, acknowledged: lastSeq });
    return true;
  }

  /** The unacknowledged message numbered `seq`. */
  get(seq: number): QueuedMessage | undefined {
    return seq > this.lastNumber ? undefined : this.#entries[seq - this.acknowledged - 1]?.message;
  }

  /** What the storage has yet to learn; `undefined` when it knows all. {@link settle} says whether it does now. */
  takeChange(): QueueChange | undefined {
    if (!this.#sessionChanged && this.#changed.size === 0 && this.#removed.length === 0) return undefined;
    this.#taken = [...this.#changed];
    const put = this.#taken.map((entry) => entry.message);
    const change: QueueChange = {
      put,
      remove: this.#removed,
      ...(this.#sessionChanged && { session: this.#session }),
    };
    this.#changed.clear();
    this.#removed = [];
    this.#sessionChanged = false;
    return change;
  }

  /** The storage made `change`: what has not been changed since may go on the wire. */
  settle(change: QueueChange): void {
    for (const [index, entry] of this.#taken.entries()) {
      if (entry.message === change.put[index]) entry.stored = true;
    }
    this.#taken = [];
  }

  /** The storage did not make `change`: all of it, and the rest of the queue, is to be stored again. */
  unsettle(change: QueueChange): void {
    for (const entry of this.#entries) if (!entry.stored) this.#changed.add(entry);
    this.#removed = [...change.remove, ...this.#removed];
    this.#sessionChanged = true;
  }

  #add(message: QueuedMessage, stored: boolean): Entry {
    const entry = { message, size: frameSize(message), stored };
    this.#entries.push(entry);
    this.#bytes += entry.size;
    return entry;
  }

  #replace(entry: Entry, message: QueuedMessage): void {
    const size = frameSize(message);
    this.#bytes += size - entry.size;
    Object.assign(entry, { message, size, stored: false });
    this.#changed.add(entry);
  }

  #setSession(session: SessionRecord): void {
    this.#session = session;
    this.#sessionChanged = true;
  }

  #release(seq: number): number {
    const count = Math.min(Math.max(seq - this.acknowledged, 0), this.#numberedCount);
    for (const entry of this.#entries.splice(0, count)) this.#forget(entry);
    this.#numberedCount -= count;
    this.#sent = Math.max(0, this.#sent - count);
    if (count > 0) this.#setSession({ ...this.#session, acknowledged: this.acknowledged + count });
    return count;
  }

  #forget(entry: Entry): void {
    this.#bytes -= entry.size;
    this.#changed.delete(entry);
    this.#removed.push(entry.message.key);
  }

  #makeRoom(now: number): void {
    const target = this.capacity * LOW_WATER;
    for (let rank = 0; rank <= 2 && this.#bytes > target; rank++) {
      const kept: Entry[] = [];
      for (const [index, entry] of this.#entries.entries()) {
        const { kind, subject } = entry.message;
        const stays = index < this.#numberedCount || this.#bytes <= target || RANKS[kind] !== rank;
        if (stays || subject === QUEUE_OVERFLOW) kept.push(entry);
        else this.#drop(entry, now);
      }
      this.#entries = kept;
    }
    this.#tellOverflow(now);
  }

  #drop(entry: Entry, now: number): void {
    this.#overflow ??= {
      key: this.#keys.next(now),
      dropped: {},
      count: 0,
      bytes: 0,
      since: new Date(now).toISOString(),
    };
    const { kind, subject } = entry.message;
    const name = subject ? `${kind} ${subject}` : kind;
    this.#overflow.dropped[name] = (this.#overflow.dropped[name] ?? 0) + 1;
    this.#overflow.count += 1;
    this.#overflow.bytes += entry.size;
    this.#droppedCount += 1;
    this.#forget(entry);
  }

  /** Puts the event that counts what was dropped into the queue, or brings it up to date. */
  #tellOverflow(now: number): void {
    if (!this.#overflow) return;
    const { key, dropped, count, bytes, since } = this.#overflow;
    const grave = Object.keys(dropped).some((name) => name.startsWith("ALERT") || name.startsWith("COMMAND"));
    const message: QueuedMessage = {
      key,
      kind: "EVENT",
      subject: QUEUE_OVERFLOW,
      body: JSON.stringify({
        type: QUEUE_OVERFLOW,
        severity: grave ? "error" : "warning",
        payload: { count, dropped, bytes, since, capacity: this.capacity },
        timestamp: new Date(now).toISOString(),
      }),
    };
    if (this.#overflow.entry) this.#replace(this.#overflow.entry, message);
    else {
      this.#overflow.entry = this.#add(message, false);
      this.#changed.add(this.#overflow.entry);
    }
  }
}

function byKey(a: QueuedMessage, b: QueuedMessage): number {
  return a.key < b.key ? -1 : 1;
}
