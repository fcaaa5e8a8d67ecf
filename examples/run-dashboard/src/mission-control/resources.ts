import type { ResourceUsage } from "@mission-control/sdk";

const INTERVAL_MS = 10_000;

/** What Chromium adds to `performance`. */
interface ChromiumPerformance {
  readonly memory?: { readonly usedJSHeapSize: number; readonly jsHeapSizeLimit: number };
}

/**
 * Reports what the page uses, as far as the browser tells: a page sees neither the machine's processor nor its disk. So the
 * "host" is the browser's sandbox and says so by its name: the main thread's load, the scripts' heap, the origin's storage
 * and what the page received.
 */
export function watchResources(report: (usage: ResourceUsage) => void): () => void {
  const page = new PageUsage();
  const timer = setInterval(async () => report(await page.measure()), INTERVAL_MS);
  return () => {
    clearInterval(timer);
    page.stop();
  };
}

class PageUsage {
  readonly #observers: PerformanceObserver[] = [];
  #busyMs = 0;
  #received = 0;
  #measuredAt = performance.now();

  constructor() {
    this.#observe("longtask", ({ duration }) => {
      this.#busyMs += duration;
    });
    this.#observe("resource", (entry) => {
      this.#received += (entry as PerformanceResourceTiming).transferSize ?? 0;
    });
  }

  stop(): void {
    for (const observer of this.#observers) observer.disconnect();
  }

  async measure(): Promise<ResourceUsage> {
    const now = performance.now();
    const seconds = Math.max((now - this.#measuredAt) / 1000, 0.001);
    const { memory } = performance as ChromiumPerformance;
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    const measured: ResourceUsage = {
      host: {
        name: "browser page",
        cpuPercent: Math.min(this.#busyMs / 10 / seconds, 100),
        cores: navigator.hardwareConcurrency,
        memory: { usedBytes: memory?.usedJSHeapSize ?? 0, totalBytes: memory?.jsHeapSizeLimit ?? 0 },
        disk: { usedBytes: usage, totalBytes: quota, readBytesPerSecond: 0, writeBytesPerSecond: 0 },
        network: { receivedBytesPerSecond: this.#received / seconds, sentBytesPerSecond: 0 },
      },
      processes: [],
    };
    this.#busyMs = this.#received = 0;
    this.#measuredAt = now;
    return measured;
  }

  #observe(type: string, take: (entry: PerformanceEntry) => void): void {
    if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes(type)) return;
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
    observer.observe({ type });
    this.#observers.push(observer);
  }
}
