import { PauseSwitch, runPaced } from "./paced";

/** A job that runs elsewhere: in a worker, or in a test beside it. */
export interface Job<Result> {
  readonly result: Promise<Result>;
  /** Lets it wait, or go on. */
  setPaused(paused: boolean): void;
  /** Ends it for good; `result` then stays open. */
  terminate(): void;
}

/** Starts a job. */
export type StartJob<Request, Progress, Result> = (
  request: Request,
  onProgress: (progress: Progress) => void,
) => Job<Result>;

/** What a job computes: yields how far it is, returns what it found, throws why it failed. */
export type Work<Request, Progress, Result> = (request: Request) => Generator<Progress, Result>;

type ToWorker<Request> =
  | { readonly type: "start"; readonly request: Request }
  | { readonly type: "pause"; readonly paused: boolean };

type FromWorker<Progress, Result> =
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "done"; readonly result: Result }
  | { readonly type: "failed"; readonly message: string };

/** What a worker does: one job in its life. */
export function serveJob<Request, Progress, Result>(work: Work<Request, Progress, Result>): void {
  const pause = new PauseSwitch();
  const tell = (message: FromWorker<Progress, Result>) => globalThis.postMessage(message);
  globalThis.onmessage = async ({ data }: MessageEvent<ToWorker<Request>>) => {
    if (data.type === "pause") {
      pause.set(data.paused);
      return;
    }
    try {
      const result = await runPaced(work(data.request), pause, (progress) =>
        tell({ type: "progress", progress }),
      );
      tell({ type: "done", result });
    } catch (error) {
      tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  };
}

/** Runs each job in a worker of its own. */
export function jobsInWorkers<Request, Progress, Result>(
  createWorker: () => Worker,
): StartJob<Request, Progress, Result> {
  return (request, onProgress) => {
    const worker = createWorker();
    const send = (message: ToWorker<Request>) => worker.postMessage(message);
    const result = new Promise<Result>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromWorker<Progress, Result>>) => {
        if (data.type === "progress") onProgress(data.progress);
        else {
          worker.terminate();
          if (data.type === "done") resolve(data.result);
          else reject(new Error(data.message));
        }
      };
      worker.onerror = (event) => {
        event.preventDefault();
        worker.terminate();
        reject(new Error(event.message || "the worker could not be started"));
      };
      send({ type: "start", request });
    });
    return {
      result,
      setPaused: (paused) => send({ type: "pause", paused }),
      terminate: () => worker.terminate(),
    };
  };
}

/** Runs jobs on this thread, in slices: where there are no workers. */
export function jobsHere<Request, Progress, Result>(
  work: Work<Request, Progress, Result>,
): StartJob<Request, Progress, Result> {
  return (request, onProgress) => {
    const pause = new PauseSwitch();
    let ended = false;
    const iterator = work(request);
    return {
      result: runPaced(iterator, pause, (progress) => {
        if (!ended) onProgress(progress);
      }),
      setPaused: (paused) => pause.set(paused),
      terminate: () => {
        ended = true;
        pause.set(true);
      },
    };
  };
}
