import { Samples } from "./samples.js";

/** What of Node's `process` is used. */
interface ProcessLike {
  cpuUsage?(): { user: number; system: number };
  memoryUsage?(): { rss: number };
}

/** What some platforms add to `performance`. */
interface ExtendedPerformance {
  /** Chromium. */
  readonly memory?: { readonly usedJSHeapSize: number };
  /** Node. */
  readonly nodeTiming?: { readonly bootstrapComplete: number };
}

const nodeProcess = (): ProcessLike | undefined => (globalThis as { process?: ProcessLike }).process;

/** Shortest event that counts as a render, in milliseconds; the least that browsers report. */
const SHORTEST_EVENT_MS = 16;

/** Measures the page, or the Node process, by what the platform offers. What it does not offer stays 0. */
export class PlatformProbe {
  /** API responses, in milliseconds: Resource Timing of `fetch` and `XMLHttpRequest`. */
  readonly apiResponses = new Samples();
  /** From an input to the next paint, in milliseconds: Event Timing; and whatever the dashboard adds. */
  readonly renders = new Samples();
  readonly #observers: PerformanceObserver[] = [];
  #busyMs = 0;
  #measuredAt = performance.now();
  #cpuMs = cpuMs();

  /** Begins to observe. */
  start(): void {
    this.#observe("resource", (entry) => {
      const { initiatorType } = entry as PerformanceResourceTiming;
      if (initiatorType === "fetch" || initiatorType === "xmlhttprequest")
        this.apiResponses.add(entry.duration);
    });
    this.#observe("event", (entry) => this.renders.add(entry.duration));
    this.#observe("longtask", (entry) => {
      this.#busyMs += entry.duration;
    });
  }

  /** Ends it. */
  stop(): void {
    for (const observer of this.#observers.splice(0)) observer.disconnect();
  }

  /** From the navigation to the end of the page's load, or from the start of the process until it was ready, in ms. */
  pageLoadMs(): number {
    const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    return (
      navigation?.loadEventEnd || (performance as ExtendedPerformance).nodeTiming?.bootstrapComplete || 0
    );
  }

  /** Memory in use, in bytes: of the page's scripts, or of the process. */
  memoryBytes(): number {
    return (
      (performance as ExtendedPerformance).memory?.usedJSHeapSize ?? nodeProcess()?.memoryUsage?.().rss ?? 0
    );
  }

  /**
   * CPU in use since this was last asked, in percent of one core: the process's; in a browser, the part of the time in
   * which tasks of more than 50 ms held the main thread.
   */
  cpuPercent(): number {
    const now = performance.now();
    const elapsed = now - this.#measuredAt;
    const cpu = cpuMs();
    const busy = cpu === undefined ? this.#busyMs : cpu - (this.#cpuMs ?? cpu);
    this.#measuredAt = now;
    this.#cpuMs = cpu;
    this.#busyMs = 0;
    return elapsed > 0 ? (busy / elapsed) * 100 : 0;
  }

  #observe(type: string, take: (entry: PerformanceEntry) => void): void {
    if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes(type)) return;
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
    const options = { type, buffered: true, durationThreshold: SHORTEST_EVENT_MS };
    try {
      observer.observe(options as PerformanceObserverInit);
      this.#observers.push(observer);
    } catch {
      // The platform knows the type, but not here (in a worker, say).
    }
  }
}

function cpuMs(): number | undefined {
  const usage = nodeProcess()?.cpuUsage?.();
  return usage && (usage.user + usage.system) / 1000;
}
