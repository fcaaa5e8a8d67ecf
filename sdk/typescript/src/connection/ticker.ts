/** Counts in a worker, whose timers the browser does not slow down when the tab is hidden. */
const WORKER = "let t;onmessage=e=>{clearInterval(t);t=setInterval(()=>postMessage(0),e.data)}";

/**
 * Calls `tick` at an interval, in a hidden tab too. Browsers run a hidden tab's timers once a minute, which would make
 * the dashboard look offline; where a worker is allowed, it counts instead while the tab is hidden.
 */
export class Ticker {
  readonly #timer: ReturnType<typeof setInterval>;
  #worker: Worker | undefined;
  #stopped = false;

  constructor(
    private readonly intervalMs: number,
    private readonly tick: () => void,
  ) {
    this.#timer = setInterval(tick, intervalMs);
    globalThis.document?.addEventListener("visibilitychange", this.#onVisibility);
    this.#onVisibility();
  }

  /** Ends it. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    globalThis.document?.removeEventListener("visibilitychange", this.#onVisibility);
    this.#endWorker();
  }

  readonly #onVisibility = (): void => {
    if (globalThis.document?.visibilityState === "hidden") this.#startWorker();
    else this.#endWorker();
  };

  #startWorker(): void {
    if (this.#worker || this.#stopped || typeof Worker === "undefined" || !URL.createObjectURL) return;
    // A content security policy may forbid it; then the slow timer has to do.
    try {
      const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
      this.#worker = new Worker(url);
      URL.revokeObjectURL(url);
      this.#worker.onmessage = () => this.tick();
      this.#worker.onerror = (event) => {
        event.preventDefault();
        this.#endWorker();
      };
      this.#worker.postMessage(this.intervalMs);
    } catch {
      this.#endWorker();
    }
  }

  #endWorker(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
