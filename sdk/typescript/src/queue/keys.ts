/** Makes keys that rise with time and are unique among the writers of one storage. */
export class KeySequence {
  #last = 0;

  /** @param origin tells this writer's keys from those of others */
  constructor(private readonly origin: string) {}

  /** The next key, for a message published at `now` (ms since 1970). Rises even when the clock goes back. */
  next(now: number): string {
    this.#last = Math.max(this.#last + 1, now * 1024);
    return `${this.#last.toString(36).padStart(11, "0")}-${this.origin}`;
  }

  /** Makes every following key higher than `key`. */
  goOnAfter(key: string): void {
    // The number ends at the hyphen.
    const place = Number.parseInt(key, 36);
    if (Number.isSafeInteger(place)) this.#last = Math.max(this.#last, place);
  }
}
