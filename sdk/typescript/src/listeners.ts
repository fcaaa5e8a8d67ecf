import { describe, type Problem } from "./errors.js";

/** Ends a subscription. */
export type Unsubscribe = () => void;

/** Takes note of a problem. */
export type Report = (problem: Problem) => void;

/** Calls `work`; what it throws, or rejects with, is reported and goes no further. */
export function guarded(what: string, report: Report, work: () => unknown): void {
  const failed = (cause: unknown) =>
    report({ code: "CALLBACK_FAILED", message: `${what} failed: ${describe(cause)}`, cause });
  try {
    const outcome = work();
    if (outcome instanceof Promise) outcome.catch(failed);
  } catch (cause) {
    failed(cause);
  }
}

/** What `read` returns; `undefined` when it throws, which is reported and goes no further. */
export function tried<T>(
  what: string,
  report: Report | undefined,
  read: (() => T) | undefined,
): T | undefined {
  try {
    return read?.();
  } catch (cause) {
    try {
      report?.({ code: "CALLBACK_FAILED", message: `${what} failed: ${describe(cause)}`, cause });
    } catch {
      // There is nobody left to tell.
    }
    return undefined;
  }
}

/** Callbacks for one sort of news. A callback that fails disturbs neither the others nor the caller. */
export class Listeners<Arguments extends unknown[]> {
  readonly #listeners = new Set<{ call: (...values: Arguments) => unknown }>();

  /** @param what names the callback in a problem report */
  constructor(
    private readonly what: string,
    private readonly report: Report,
  ) {}

  /** Adds a callback. */
  add(call: (...values: Arguments) => unknown): Unsubscribe {
    const entry = { call };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** Calls every callback. */
  tell(...values: Arguments): void {
    for (const { call } of [...this.#listeners]) guarded(this.what, this.report, () => call(...values));
  }
}
