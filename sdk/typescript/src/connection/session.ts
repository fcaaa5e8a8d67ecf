import { describe } from "../errors.js";
import type { Report } from "../listeners.js";
import { DEFAULT_FRAME_LIMIT, OFFLINE_AFTER_INTERVALS, PROTOCOL } from "../protocol/constants.js";
import type {
  CommandDeclaration,
  DashboardConfig,
  DashboardMessage,
  DashboardStatus,
  HubMessage,
  ProtocolError,
  RegistrationResult,
} from "../protocol/index.js";
import type { DurableQueue } from "../queue/durable.js";
import type { QueuedKind, QueuedMessage } from "../queue/message.js";
import { randomUuid } from "../uuid.js";
import { Link, type WebSocketConstructor } from "./link.js";
import {
  type ConnectionEvent,
  type ConnectionState,
  isRefusal,
  type MachineOptions,
  transition,
} from "./machine.js";
import { Ticker } from "./ticker.js";

/** Messages that may be on the wire without an acknowledgement. */
const WINDOW = 2_048;
/** Wait until a full WebSocket is looked at again, in milliseconds. */
const CONGESTION_MS = 20;
/** Time for the hub to acknowledge a message on a connection that seems alive, in milliseconds. */
const ACKNOWLEDGEMENT_TIMEOUT_MS = 30_000;
/** A hub is not given up for a shorter silence than this, in milliseconds. */
const SHORTEST_SILENCE_MS = 2_000;
/** A clock that leaps this far has slept, and the connection with it. More than a hidden tab's slow timer. In ms. */
const SLEPT_MS = 150_000;
/** Times a gap is answered by sending again without any acknowledgement in between. */
const REWIND_LIMIT = 5;
/** Codes with which the hub says that it did not keep a message, and counts its number as spent. */
const SPENT_CODES = ["INVALID_MESSAGE", "WRONG_DASHBOARD", "NOT_A_BACKEND"];
/** Codes in answer to a registration that say nothing against it: worth another attempt. */
const PASSING_CODES = [
  "CLOCK_SKEW",
  "HUB_STOPPING",
  "LOG_UNAVAILABLE",
  "REGISTRATION_TIMEOUT",
  "SLOW_CONSUMER",
  "TOO_MANY_CONNECTIONS",
];
/** Name of the event that stands for a message the hub did not take. */
const MESSAGE_REFUSED = "MESSAGE_REFUSED";

/** What a session needs to know. */
export interface SessionOptions extends MachineOptions {
  /** Address with the path of the dashboard protocol. */
  readonly url: string;
  /** The dashboard token, read anew for each connection. */
  readonly token: () => string | Promise<string>;
  /** Makes WebSockets. */
  readonly WebSocket: WebSocketConstructor;
  /** What the dashboard says of itself. */
  readonly config: DashboardConfig;
}

/** What a session asks of, and tells, its owner. */
export interface SessionOwner {
  /** The commands accepted now. */
  declarations(): CommandDeclaration[];
  /** The latest status, if there is one. */
  status(): DashboardStatus | undefined;
  /** The connection is in another state. */
  onState(state: ConnectionState): void;
  /** The hub confirmed the registration. */
  onRegistered(registration: RegistrationResult): void;
  /** The hub sent something that is not about the connection or the queue. */
  onMessage(message: HubMessage): void;
  /** The hub acknowledged messages. */
  onAcknowledged(count: number): void;
  /** The hub did not take a message. */
  onRefused(): void;
  /** Takes note of a problem. */
  readonly report: Report;
}

/** One dashboard's connection over any number of WebSockets: registration, heartbeats, and the flow of the queue. */
export class Session {
  /** The hub's clock minus this one, in milliseconds. */
  hubClockAheadMs = 0;
  /** Largest frame the hub accepts, in bytes. */
  frameLimit = DEFAULT_FRAME_LIMIT;
  #state: ConnectionState = { phase: "idle" };
  #link: Link | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #congestion: ReturnType<typeof setTimeout> | undefined;
  #ticker: Ticker | undefined;
  #pumping = false;
  #statusDue = false;
  #heartbeatMs = 0;
  #tickedAt = 0;
  /** Since when messages wait for an acknowledgement, or when the last one came. */
  #progressedAt = 0;
  /** The hub said that it cannot write its log; it acknowledges again once it can, however long that takes. */
  #logUnavailable = false;
  #rewinds = 0;
  /** After a rewind: gaps reported up to this number stem from before it. */
  #staleGapsUntil = 0;

  constructor(
    private readonly options: SessionOptions,
    private readonly durable: DurableQueue,
    private readonly owner: SessionOwner,
  ) {}

  /** Whether messages reach the hub now. */
  get connected(): boolean {
    return this.#state.phase === "connected";
  }

  /** Something happened. */
  dispatch(event: ConnectionEvent): void {
    const [next, effects] = transition(this.#state, event, this.options);
    const changed = next !== this.#state;
    this.#state = next;
    if (next.phase !== "waiting") clearTimeout(this.#waiting);
    if (next.phase !== "connected") this.#ticker?.stop();
    for (const effect of effects) {
      if (effect.do === "open") this.#open();
      else if (effect.do === "close") this.#close();
      else if (effect.do === "register") this.#register();
      else this.#waiting = setTimeout(() => this.dispatch({ type: "TIMER" }), effect.delayMs);
    }
    if (changed) this.owner.onState(next);
  }

  /** The network is back, or the tab awoke. */
  wake(): void {
    this.dispatch({ type: "HURRY" });
    if (this.connected) this.#tick();
  }

  /** Sends a message that is of use on this connection only. */
  send(message: DashboardMessage): void {
    if (this.connected) this.#write(message);
  }

  /** The status changed. */
  statusChanged(): void {
    this.#statusDue = true;
    this.pumpSoon();
  }

  /** There may be something to send: everything published in this turn goes together. */
  pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.pump();
    });
  }

  /** Sends what may be sent now. */
  pump(): void {
    const link = this.#link;
    const { queue } = this.durable;
    if (!this.connected || !link) {
      this.durable.store();
      return;
    }
    if (this.#statusDue) this.#sendStatus();
    queue.number(WINDOW - (queue.lastNumber - queue.acknowledged), this.frameLimit, (message) =>
      this.#standIn(
        message,
        "FRAME_TOO_LARGE",
        `the hub accepts frames of ${this.frameLimit} bytes; publish less at once`,
      ),
    );
    this.durable.store();
    clearTimeout(this.#congestion);
    if (queue.inFlight === 0) this.#progressedAt = Date.now();
    while (link.writable) {
      const frame = this.durable.nextFrame(this.options.config.id);
      if (frame === undefined) return;
      link.send(frame);
      if (this.#link !== link) return;
    }
    this.#congestion = setTimeout(() => this.pump(), CONGESTION_MS);
  }

  /** Says goodbye and closes. */
  leave(reason: string): void {
    this.send({ type: "DISCONNECT", reason });
    this.dispatch({ type: "LEAVE" });
  }

  #open(): void {
    const { url, WebSocket } = this.options;
    const link = new Link(url, PROTOCOL, WebSocket, {
      onOpen: () => this.dispatch({ type: "OPENED" }),
      onFrame: (text) => this.#receive(text),
      onLost: (cause) => this.#lost(cause),
    });
    this.#link = link;
    this.#logUnavailable = false;
  }

  #close(): void {
    clearTimeout(this.#congestion);
    this.#ticker?.stop();
    this.#link?.close();
    this.#link = undefined;
  }

  #lost(cause: string): void {
    this.owner.report({ code: "CONNECTION_LOST", message: cause });
    this.dispatch({ type: "LOST", cause, at: Date.now(), jitter: Math.random() });
  }

  #register(): void {
    const link = this.#link;
    // The token may have to be fetched; what goes wrong there is worth another attempt.
    Promise.resolve()
      .then(() => this.options.token())
      .then((token) => {
        if (this.#link !== link) return;
        const { config } = this.options;
        const commands = this.owner.declarations();
        this.#write({
          type: "REGISTER",
          config,
          token: token.trim(),
          session: { epoch: this.durable.queue.epoch },
          commands,
        });
      })
      .catch((error) => {
        if (this.#link === link) this.#lost(`the token cannot be had: ${String(error)}`);
      });
  }

  #write(message: DashboardMessage): void {
    this.#link?.send(JSON.stringify(message));
  }

  #receive(text: string): void {
    try {
      this.#take(JSON.parse(text));
    } catch (cause) {
      const message = `the hub sent a frame that is not understood, and was ignored: ${describe(cause)}`;
      this.owner.report({ code: "HUB_ERROR", message, cause });
    }
  }

  #take(message: HubMessage): void {
    switch (message.type) {
      case "REGISTERED":
        this.#registered(message);
        break;
      case "ACK":
        this.#acknowledged(message.seq);
        break;
      case "ERROR":
        this.#takeError(message);
        break;
      default:
        this.owner.onMessage(message);
    }
  }

  #registered(registration: RegistrationResult): void {
    if (this.#state.phase !== "registering") return;
    const { queue } = this.durable;
    const { lastSeq, heartbeatInterval, frameLimit } = registration;
    if (!Number.isSafeInteger(lastSeq) || !(heartbeatInterval > 0) || !(frameLimit > 0)) {
      this.#lost("what answers at the hub's address does not speak mission-control.v1: check `url`");
      return;
    }
    const before = queue.length;
    if (!queue.resume(lastSeq, randomUuid())) {
      this.owner.report({
        code: "HUB_ERROR",
        message: `the hub has only ${lastSeq} of the messages it acknowledged (was it restored from a backup?); what it has not acknowledged is sent in a new session`,
      });
      this.durable.store();
      this.dispatch({ type: "RESTART" });
      return;
    }
    this.#link?.settle();
    this.hubClockAheadMs = Date.parse(registration.serverTime) - Date.now() || 0;
    this.frameLimit = frameLimit;
    this.#heartbeatMs = heartbeatInterval;
    this.#rewinds = 0;
    this.#staleGapsUntil = 0;
    this.#progressedAt = this.#tickedAt = Date.now();
    this.#statusDue = true;
    this.dispatch({ type: "REGISTERED", at: Date.now() });
    // A tenth early, so that a timer that is a little late is not a missed heartbeat.
    this.#ticker?.stop();
    this.#ticker = new Ticker(Math.max(Math.floor(this.#heartbeatMs * 0.9), 1), () => this.#tick());
    if (before > queue.length) this.owner.onAcknowledged(before - queue.length);
    this.owner.onRegistered(registration);
    this.pump();
  }

  #tick(): void {
    const now = Date.now();
    const slept = now - this.#tickedAt > Math.max(SLEPT_MS, this.#heartbeatMs * OFFLINE_AFTER_INTERVALS);
    this.#tickedAt = now;
    const link = this.#link;
    const { queue } = this.durable;
    if (!link || !this.connected) return;
    if (slept) {
      this.#lost("the machine or the tab slept; connecting anew");
      this.dispatch({ type: "HURRY" });
      return;
    }
    const silence = now - link.heardAt;
    // Only where the hub was asked for a sign of life does its silence mean anything.
    if (link.pings && silence > Math.max(this.#heartbeatMs * OFFLINE_AFTER_INTERVALS, SHORTEST_SILENCE_MS)) {
      this.#lost(`the hub was silent for ${Math.round(silence / 1000)} s`);
      return;
    }
    const overdue = !this.#logUnavailable && now - this.#progressedAt > ACKNOWLEDGEMENT_TIMEOUT_MS;
    if (queue.inFlight > 0 && overdue) {
      this.#lost(`the hub acknowledged nothing for ${ACKNOWLEDGEMENT_TIMEOUT_MS / 1000} s`);
      return;
    }
    this.#write({ type: "HEARTBEAT" });
    link.ping();
  }

  #sendStatus(): void {
    this.#statusDue = false;
    const status = this.owner.status();
    if (status) this.#write({ type: "STATUS", status });
  }

  #acknowledged(seq: number): void {
    const count = this.durable.queue.acknowledge(seq);
    if (count === 0) return;
    this.#progressedAt = Date.now();
    this.#logUnavailable = false;
    this.#rewinds = 0;
    this.#staleGapsUntil = 0;
    this.owner.onAcknowledged(count);
    this.pumpSoon();
  }

  #takeError(error: ProtocolError): void {
    const { code, message, seq } = error;
    const refused = this.#state.phase === "registering" && !PASSING_CODES.includes(code);
    if (refused || isRefusal(code)) {
      this.dispatch({ type: "REFUSED", code, cause: message, at: Date.now(), jitter: Math.random() });
    } else if (code === "SEQUENCE_GAP") {
      this.#fillGap(error);
    } else if (SPENT_CODES.includes(code) && seq !== undefined && this.durable.queue.get(seq)) {
      this.#tellRefused(this.durable.queue.get(seq) as QueuedMessage, error);
    } else {
      // What is not acknowledged is kept, and the hub goes on by itself.
      if (code === "LOG_UNAVAILABLE") this.#logUnavailable = true;
      this.owner.report({ code: "HUB_ERROR", message: `${code}: ${message}` });
    }
  }

  /** The hub counts the message's number as spent and did not keep it; an event in its stead says so. */
  #tellRefused(message: QueuedMessage, error: ProtocolError): void {
    const standIn = this.#standIn(message, error.code, error.message);
    if (message.subject !== MESSAGE_REFUSED)
      this.durable.queue.push("EVENT", MESSAGE_REFUSED, standIn.body, Date.now());
    this.pumpSoon();
  }

  #standIn(message: QueuedMessage, code: string, why: string): QueuedMessage {
    const kind: QueuedKind = "EVENT";
    const name = message.subject ? `${message.kind} ${message.subject}` : message.kind;
    this.owner.onRefused();
    this.owner.report({ code: "MESSAGE_REFUSED", message: `${name} was not taken (${code}): ${why}` });
    const body = JSON.stringify({
      type: MESSAGE_REFUSED,
      severity: "error",
      payload: { refused: message.kind, subject: message.subject, code, message: why },
      timestamp: new Date().toISOString(),
    });
    return { key: message.key, kind, subject: MESSAGE_REFUSED, body };
  }

  /** The hub lacks numbers before the one it refused: everything unacknowledged goes again. */
  #fillGap({ seq, message }: ProtocolError): void {
    // Every message on the wire behind the gap is refused too; one rewind answers them all.
    if (seq !== undefined && seq <= this.#staleGapsUntil) return;
    this.#rewinds += 1;
    if (this.#rewinds > REWIND_LIMIT) {
      this.#lost(`the hub misses messages that were sent again ${REWIND_LIMIT} times: ${message}`);
      return;
    }
    const { queue } = this.durable;
    this.#staleGapsUntil = queue.acknowledged + queue.inFlight;
    queue.rewind();
    this.pumpSoon();
  }
}
