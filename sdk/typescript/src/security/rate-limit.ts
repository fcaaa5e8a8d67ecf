/** How many, in which time. */
export interface RateLimit {
  /** How many at most. */
  readonly count: number;
  /** In this time, in milliseconds. */
  readonly perMs: number;
}

/** Token buckets: `count` at once, refilled evenly over `perMs`. Pure but for what it remembers. */
export class RateLimiter {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  /** @param limit the limit for each name */
  constructor(private readonly limit: (name: string) => RateLimit) {}

  /** Takes one at `now` (ms); `false` when there is none left. */
  take(name: string, now: number): boolean {
    const { count, perMs } = this.limit(name);
    const bucket = this.#buckets.get(name) ?? { tokens: count, at: now };
    const refilled = bucket.tokens + (Math.max(now - bucket.at, 0) * count) / perMs;
    const tokens = Math.min(refilled, count);
    const granted = tokens >= 1;
    this.#buckets.set(name, { tokens: granted ? tokens - 1 : tokens, at: now });
    return granted;
  }
}
