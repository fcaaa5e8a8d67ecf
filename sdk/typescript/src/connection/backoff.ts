/** Bounds of the waits between attempts to connect, in milliseconds. */
export interface BackoffOptions {
  /** The first wait at most. */
  readonly shortestMs: number;
  /** Every wait at most. */
  readonly longestMs: number;
}

/** What the protocol recommends. */
export const DEFAULT_BACKOFF: BackoffOptions = { shortestMs: 250, longestMs: 15_000 };

/**
 * The wait before attempt `attempt` (1 is the first after a loss), in milliseconds. It doubles each time; half of it is
 * fixed and half `jitter` (0 to 1), so that a fleet does not return all at once.
 */
export function backoff(attempt: number, jitter: number, options: BackoffOptions = DEFAULT_BACKOFF): number {
  const doubled = options.shortestMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 30);
  return Math.min(doubled, options.longestMs) * (0.5 + 0.5 * jitter);
}
