import type { MissionControlError } from "./errors.js";
import type { RegistrationResult } from "./protocol/index.js";

/** A promise of a registration, and what settles it. */
export interface Deferred {
  readonly promise: Promise<RegistrationResult>;
  resolve(registration: RegistrationResult): void;
  reject(error: MissionControlError): void;
}

/** A promise that may be left alone: it is never an unhandled rejection. */
export function deferred(): Deferred {
  let settle: Omit<Deferred, "promise"> | undefined;
  const promise = new Promise<RegistrationResult>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // A caller who does not wait for the outcome hears of it through `onConnectionChange`.
  promise.catch(() => {});
  return { promise, ...(settle as Omit<Deferred, "promise">) };
}
