/** What a {@link Problem} or {@link MissionControlError} is about, for a program to act on. */
export type ProblemCode =
  /** An option or a registration is not as it must be. */
  | "INVALID_CONFIGURATION"
  /** The platform has no WebSocket and none was given. */
  | "NO_WEBSOCKET"
  /** The hub refused the registration. */
  | "REGISTRATION_REFUSED"
  /** The dashboard said goodbye before it was registered. */
  | "DISCONNECTED"
  /** The connection was lost; it is tried again. */
  | "CONNECTION_LOST"
  /** Something published cannot be sent: it is no JSON, or too large. */
  | "NOT_SENDABLE"
  /** The hub did not take a message. */
  | "MESSAGE_REFUSED"
  /** The hub reports something else. */
  | "HUB_ERROR"
  /** The queue's storage fails; what is published is kept in memory. */
  | "STORAGE_FAILED"
  /** A command was refused. */
  | "COMMAND_REFUSED"
  /** A callback of the dashboard threw. */
  | "CALLBACK_FAILED"
  /** Goodbye was said while messages were waiting; they are kept for the next start where the storage is durable. */
  | "UNACKNOWLEDGED";

/** Something an engineer should know of. The dashboard goes on. */
export interface Problem {
  /** For a program to act on. */
  readonly code: ProblemCode;
  /** For an engineer to act on: what is wrong, and what to do. */
  readonly message: string;
  /** What caused it, if anything was thrown. */
  readonly cause?: unknown;
}

/** What a rejected promise of this package holds. */
export class MissionControlError extends Error {
  /** Tells it from other errors. */
  override readonly name = "MissionControlError";

  constructor(
    /** For a program to act on. */
    readonly code: ProblemCode,
    message: string,
    /** The hub's code, when the hub refused. */
    readonly hubCode?: string,
  ) {
    super(message);
  }
}

/** An error as a sentence. */
export function describe(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "something that has no text was thrown";
  }
}
