import { type Ingested, type IngestOptions, type IngestProgress, ingest } from "./ingest";
import { IngestionError, type IngestionErrorCode } from "./ingestion-error";
import { openSource, type Source } from "./source";

/** Reads a source, wherever that is done. */
export type RunIngestion = (
  source: Source,
  options: IngestOptions,
  onProgress: (progress: IngestProgress) => void,
  signal: AbortSignal,
) => Promise<Ingested>;

/** Reads it on this thread. */
export const ingestHere: RunIngestion = async (source, options, onProgress, signal) => {
  const opened = await openSource(source, signal);
  return ingest(opened, options, onProgress, signal);
};

/** Shortest time between two reports of progress, in milliseconds. */
const PROGRESS_MS = 80;

interface Request {
  readonly source: Source;
  readonly options: IngestOptions;
}

type Answer =
  | { readonly type: "progress"; readonly progress: IngestProgress }
  | { readonly type: "done"; readonly ingested: Ingested }
  | { readonly type: "failed"; readonly code: IngestionErrorCode; readonly message: string };

/** What the worker does: one ingestion in its life. */
export function serveIngestion(): void {
  const tell = (answer: Answer) => globalThis.postMessage(answer);
  globalThis.onmessage = async ({ data }: MessageEvent<Request>) => {
    let toldAt = 0;
    const onProgress = (progress: IngestProgress) => {
      if (performance.now() - toldAt < PROGRESS_MS) return;
      toldAt = performance.now();
      tell({ type: "progress", progress });
    };
    try {
      const ingested = await ingestHere(data.source, data.options, onProgress, new AbortController().signal);
      tell({ type: "done", ingested });
    } catch (error) {
      const known = error instanceof IngestionError ? error : new IngestionError("UNREADABLE", String(error));
      tell({ type: "failed", code: known.code, message: known.message });
    }
  };
}

/** Reads it in a worker, which is ended when the signal says so: the page stays free, whatever the source is like. */
export const ingestInWorker: RunIngestion = (source, options, onProgress, signal) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./ingest.worker.ts", import.meta.url), { type: "module" });
    const end = (settle: () => void) => {
      worker.terminate();
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const fail = (code: IngestionErrorCode, message: string) =>
      end(() => reject(new IngestionError(code, message)));
    const onAbort = () => fail("CANCELLED", "the ingestion was cancelled");
    signal.addEventListener("abort", onAbort);
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.type === "progress") onProgress(data.progress);
      else if (data.type === "done") end(() => resolve(data.ingested));
      else fail(data.code, data.message);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail("UNREADABLE", event.message || "the worker could not be started");
    };
    worker.postMessage({ source, options } satisfies Request);
    if (signal.aborted) onAbort();
  });
