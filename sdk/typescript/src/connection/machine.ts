import { type BackoffOptions, backoff } from "./backoff.js";

/** Where a connection stands. */
export type ConnectionState =
  /** Not asked to connect, or said goodbye. */
  | { readonly phase: "idle" }
  /** Another tab of this dashboard holds the connection. */
  | { readonly phase: "standby" }
  /** The WebSocket is opening. */
  | { readonly phase: "opening"; readonly memory: Memory }
  /** `REGISTER` is sent. */
  | { readonly phase: "registering"; readonly memory: Memory }
  /** Registered. */
  | { readonly phase: "connected"; readonly since: number; readonly memory: Memory }
  /** Waits to try again. */
  | { readonly phase: "waiting"; readonly cause: string; readonly delayMs: number; readonly memory: Memory }
  /** The hub refused; trying again in the same way is no use. */
  | { readonly phase: "refused"; readonly code: string; readonly cause: string };

/** What is remembered from one attempt to the next. */
export interface Memory {
  /** Attempts that failed since the last connection that held. */
  readonly failures: number;
  /** Since when another session has been holding the id, in ms since 1970. */
  readonly inUseSince?: number;
}

/** What happens to a connection. Times are ms since 1970, `jitter` is random from 0 to 1. */
export type ConnectionEvent =
  /** The dashboard wants to be connected. */
  | { readonly type: "START" }
  /** Another tab has the connection. */
  | { readonly type: "STAND_BY" }
  /** The WebSocket is open. */
  | { readonly type: "OPENED" }
  /** The hub confirmed the registration. */
  | { readonly type: "REGISTERED"; readonly at: number }
  /** The connection ended, or could not be had. */
  | { readonly type: "LOST"; readonly cause: string; readonly at: number; readonly jitter: number }
  /** The hub refused with a code after which nobody should reconnect, or not at once. */
  | {
      readonly type: "REFUSED";
      readonly code: string;
      readonly cause: string;
      readonly at: number;
      readonly jitter: number;
    }
  /** The wait is over. */
  | { readonly type: "TIMER" }
  /** The network came back, or the tab awoke: no need to wait any longer. */
  | { readonly type: "HURRY" }
  /** Something in the registration changed: connect anew. */
  | { readonly type: "RESTART" }
  /** The dashboard says goodbye. */
  | { readonly type: "LEAVE" };

/** What is to be done. */
export type ConnectionEffect =
  | { readonly do: "open" }
  | { readonly do: "register" }
  | { readonly do: "close" }
  | { readonly do: "wait"; readonly delayMs: number };

/** Settings of the state machine. */
export interface MachineOptions {
  /** Bounds of the waits. */
  readonly backoff: BackoffOptions;
  /** How long to try again while another session holds the id, in milliseconds. */
  readonly inUsePatienceMs: number;
}

/** A connection that lasted this long was a good one: the next wait starts short again. In milliseconds. */
const STABLE_MS = 5_000;

/** The code of an id that another session holds: worth trying again until that one is known to be gone. */
const IN_USE = "DASHBOARD_ID_IN_USE";

/** Codes after which a client must not reconnect by itself. */
const FINAL_CODES = new Set(["TOKEN_MISSING", "TOKEN_INVALID", "SESSION_TAKEN_OVER", IN_USE]);

/** Whether `code` ends the connection for good, or until the id is free. */
export function isRefusal(code: string): boolean {
  return FINAL_CODES.has(code);
}

const AFRESH: Memory = { failures: 0 };

/** The next state and what is to be done. Pure. */
export function transition(
  state: ConnectionState,
  event: ConnectionEvent,
  options: MachineOptions,
): [ConnectionState, readonly ConnectionEffect[]] {
  const open = (memory: Memory, ...before: ConnectionEffect[]): [ConnectionState, ConnectionEffect[]] => [
    { phase: "opening", memory },
    [...before, { do: "open" }],
  ];
  const retry = (cause: string, jitter: number, memory: Memory): [ConnectionState, ConnectionEffect[]] => {
    const failures = memory.failures + 1;
    const delayMs = backoff(failures, jitter, options.backoff);
    return [
      { phase: "waiting", cause, delayMs, memory: { ...memory, failures } },
      [{ do: "close" }, { do: "wait", delayMs }],
    ];
  };
  const { phase } = state;
  const busy = phase === "opening" || phase === "registering" || phase === "connected";
  switch (event.type) {
    case "START":
      return phase === "idle" || phase === "standby" || phase === "refused" ? open(AFRESH) : [state, []];
    case "STAND_BY":
      return [{ phase: "standby" }, busy ? [{ do: "close" }] : []];
    case "OPENED":
      return phase === "opening"
        ? [{ phase: "registering", memory: state.memory }, [{ do: "register" }]]
        : [state, []];
    case "REGISTERED":
      return phase === "registering"
        ? [{ phase: "connected", since: event.at, memory: { failures: state.memory.failures } }, []]
        : [state, []];
    case "LOST": {
      if (!busy) return [state, []];
      const held = phase === "connected" && event.at - state.since >= STABLE_MS;
      return retry(event.cause, event.jitter, held ? AFRESH : state.memory);
    }
    case "REFUSED": {
      if (!busy) return [state, []];
      const since = state.memory.inUseSince ?? event.at;
      if (event.code === IN_USE && event.at - since < options.inUsePatienceMs) {
        return retry(event.cause, event.jitter, { ...state.memory, inUseSince: since });
      }
      return [{ phase: "refused", code: event.code, cause: event.cause }, [{ do: "close" }]];
    }
    case "TIMER":
      return phase === "waiting" ? open(state.memory) : [state, []];
    case "HURRY":
      return phase === "waiting" ? open({ ...state.memory, failures: 0 }) : [state, []];
    case "RESTART":
      return phase === "registering" || phase === "connected"
        ? open(state.memory, { do: "close" })
        : [state, []];
    case "LEAVE":
      return [{ phase: "idle" }, busy ? [{ do: "close" }] : []];
  }
}
