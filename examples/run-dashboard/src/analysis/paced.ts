/** Time a job computes before it looks whether it should go on, in milliseconds. */
const SLICE_MS = 8;
/** Rest between two slices, in milliseconds: a study in the background leaves the machine to its user. */
const REST_MS = 12;

/** Whether a job is to wait. */
export interface Pause {
  readonly paused: boolean;
  /** Resolves when it is to go on. */
  wait(): Promise<void>;
}

/** A pause that can be switched. */
export class PauseSwitch implements Pause {
  #paused = false;
  #resume: (() => void) | undefined;
  #waiting: Promise<void> = Promise.resolve();

  get paused(): boolean {
    return this.#paused;
  }

  wait(): Promise<void> {
    return this.#waiting;
  }

  /** Lets the job wait, or go on. */
  set(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) {
      this.#waiting = new Promise((resolve) => {
        this.#resume = resolve;
      });
    } else this.#resume?.();
  }
}

/** Runs a computation in slices, so that it can be watched and held; what it yields last in a slice is told. */
export async function runPaced<Progress, Result>(
  work: Iterator<Progress, Result>,
  pause: Pause,
  onProgress: (progress: Progress) => void,
): Promise<Result> {
  for (;;) {
    if (pause.paused) await pause.wait();
    const until = performance.now() + SLICE_MS;
    const latest: Progress[] = [];
    try {
      do {
        const step = work.next();
        if (step.done) return step.value;
        latest[0] = step.value;
      } while (performance.now() < until);
    } finally {
      // Of what fails, too, it is told how far it came.
      latest.forEach(onProgress);
    }
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
}
