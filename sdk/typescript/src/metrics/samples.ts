/** How a quantity is distributed: half, 95 % and 99 % of the samples are at or below these. */
export interface Percentiles {
  /** The median. */
  readonly p50: number;
  /** 95 % of the samples are at or below it. */
  readonly p95: number;
  /** 99 % of the samples are at or below it. */
  readonly p99: number;
}

/** The newest samples of a quantity. */
export class Samples {
  readonly #ring: number[] = [];
  #next = 0;
  #count = 0;
  #sum = 0;

  /** @param capacity how many samples count for the percentiles and the mean */
  constructor(private readonly capacity = 512) {}

  /** Samples taken, those that were forgotten included. */
  get count(): number {
    return this.#count;
  }

  /** Mean of the newest samples; 0 when there are none. */
  get mean(): number {
    return this.#ring.length === 0 ? 0 : this.#sum / this.#ring.length;
  }

  /** Takes a sample; one that is no finite number is left out. */
  add(sample: number): void {
    if (!Number.isFinite(sample)) return;
    this.#sum += sample - (this.#ring[this.#next] ?? 0);
    this.#ring[this.#next] = sample;
    this.#next = (this.#next + 1) % this.capacity;
    this.#count += 1;
  }

  /** Percentiles of the newest samples (nearest rank); `undefined` when there are none. */
  percentiles(): Percentiles | undefined {
    const sorted = [...this.#ring].sort((a, b) => a - b);
    if (sorted.length === 0) return undefined;
    const rank = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] as number;
    return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) };
  }
}
