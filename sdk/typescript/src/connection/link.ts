import { describe } from "../errors.js";
import { REGISTRATION_TIMEOUT_MS } from "../protocol/constants.js";

/** What of a WebSocket is used; the browser's, Node's and that of the package `ws` all have it. */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** What was sent and is not on the network yet, in bytes. */
  readonly bufferedAmount: number;
  /** Called once it is open. */
  onopen: ((event: never) => void) | null;
  /** Called with each frame; the event's `data` is its text. */
  onmessage: ((event: never) => void) | null;
  /** Called before it closes for an error. */
  onerror: ((event: never) => void) | null;
  /** Called once it is closed. */
  onclose: ((event: never) => void) | null;
  /** Sends a text frame. */
  send(text: string): void;
  /** Closes it. */
  close(code?: number, reason?: string): void;
  /** Only outside of browsers: asks the other side for a sign of life. */
  ping?(): void;
  /** Only outside of browsers. */
  terminate?(): void;
  /** Only outside of browsers. */
  on?(event: "pong", listener: () => void): unknown;
}

/** Makes a WebSocket. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;

/** What a link tells its owner. After `onLost` it tells nothing more. */
export interface LinkEvents {
  onOpen(): void;
  /** A text frame came. */
  onFrame(text: string): void;
  /** The connection ended, or did not open; `cause` is a sentence. */
  onLost(cause: string): void;
}

const OPEN = 1;

/** Bytes that may wait in the WebSocket before no more is written. */
const BUFFER_LIMIT = 1024 * 1024;

/** One WebSocket, from opening to closing. */
export class Link {
  /** When something was last heard, in ms since 1970. */
  heardAt = Date.now();
  #socket: WebSocketLike | undefined;
  #ended = false;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(
    url: string,
    protocol: string,
    WebSocket: WebSocketConstructor,
    private readonly events: LinkEvents,
  ) {
    this.#timer = setTimeout(
      () => this.#lose(`${url} did not answer within ${REGISTRATION_TIMEOUT_MS / 1000} s`),
      REGISTRATION_TIMEOUT_MS,
    );
    // A refused port or a bad address may be told by an exception; the caller is to hear of it later, like of any other.
    try {
      this.#listen(new WebSocket(url, protocol), url);
    } catch (error) {
      queueMicrotask(() => this.#lose(`${url} cannot be opened: ${describe(error)}`));
    }
  }

  /** Whether more may be written. */
  get writable(): boolean {
    return this.#socket?.readyState === OPEN && this.#socket.bufferedAmount < BUFFER_LIMIT;
  }

  /** Whether the other side can be asked for a sign of life. */
  get pings(): boolean {
    return typeof this.#socket?.ping === "function";
  }

  /** The registration was confirmed: the time for it no longer counts. */
  settle(): void {
    clearTimeout(this.#timer);
  }

  /** Writes a frame. */
  send(text: string): void {
    if (this.#socket?.readyState !== OPEN) return;
    try {
      this.#socket.send(text);
    } catch (error) {
      this.#lose(`the connection broke while writing: ${describe(error)}`);
    }
  }

  /** Asks the other side for a sign of life, where the platform can. */
  ping(): void {
    try {
      if (this.#socket?.readyState === OPEN) this.#socket.ping?.();
    } catch (error) {
      this.#lose(`the connection broke: ${describe(error)}`);
    }
  }

  /** Ends the connection; nothing is told any more. `abruptly` does not wait for the other side. */
  close(abruptly = false): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // `ws` throws an error that nobody listens to.
    socket.onerror = () => {};
    try {
      if (abruptly && socket.terminate) socket.terminate();
      else socket.close(1000);
    } catch {
      // It is gone already.
    }
  }

  #listen(socket: WebSocketLike, url: string): void {
    this.#socket = socket;
    let problem = "";
    socket.onopen = () => {
      this.heardAt = Date.now();
      this.events.onOpen();
    };
    socket.onmessage = (event: { data: unknown }) => {
      this.heardAt = Date.now();
      if (typeof event.data === "string") this.events.onFrame(event.data);
    };
    socket.onerror = (event: { message?: string }) => {
      problem = event.message ?? "";
    };
    socket.onclose = (event: { code?: number; reason?: string }) => {
      const why = event.reason || problem || `code ${event.code ?? "unknown"}`;
      this.#lose(`the connection to ${url} was closed: ${why}`);
    };
    socket.on?.("pong", () => {
      this.heardAt = Date.now();
    });
  }

  #lose(cause: string): void {
    if (this.#ended) return;
    this.close(true);
    this.events.onLost(cause);
  }
}
