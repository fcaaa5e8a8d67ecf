import type { ConnectionState } from "./machine.js";

/** How the connection is, in a word. */
export type ConnectionStatus =
  /** Not asked to connect, or said goodbye. */
  | "disconnected"
  /** Connecting for the first time. */
  | "connecting"
  /** Registered: what is published arrives, and commands come. */
  | "connected"
  /** The connection was lost; it is tried again. What is published is kept. */
  | "reconnecting"
  /** The hub refused; `cause` says why. Register again once that is mended. */
  | "refused";

/** How the connection is, in detail. */
export interface ConnectionDetail {
  /** The same as the first argument of the callback. */
  readonly status: ConnectionStatus;
  /** Why it is not connected, as a sentence. */
  readonly cause?: string;
  /** The hub's code, when it refused. */
  readonly code?: string;
  /** Wait until the next attempt, in milliseconds, when it waits. */
  readonly retryInMs?: number;
  /** Attempts that failed since the last connection that held. */
  readonly failures?: number;
  /** Whether another tab of this dashboard holds the connection. */
  readonly inOtherTab?: boolean;
}

/** The detail of `state`; `before` says whether there was a connection before. */
export function detailOf(state: ConnectionState, before: boolean): ConnectionDetail {
  switch (state.phase) {
    case "idle":
      return { status: "disconnected" };
    case "standby":
      return { status: "connecting", inOtherTab: true };
    case "connected":
      return { status: "connected" };
    case "refused":
      return { status: "refused", code: state.code, cause: state.cause };
    case "waiting":
      return {
        status: "reconnecting",
        cause: state.cause,
        retryInMs: Math.round(state.delayMs),
        failures: state.memory.failures,
      };
    default:
      return before || state.memory.failures > 0
        ? { status: "reconnecting", failures: state.memory.failures }
        : { status: "connecting" };
  }
}
