import { IngestionError } from "./ingestion-error";

/** Where data comes from: a configured source, an address, or a file that a user chose. */
export type Source =
  | { readonly kind: "url"; readonly name: string; readonly url: string }
  | { readonly kind: "file"; readonly name: string; readonly file: File };

/** A source that the dashboard offers by name. */
export interface ConfiguredSource {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly about: string;
}

/** The sources of this dashboard: samples that `scripts/make-samples.mjs` wrote. */
export const SOURCES: readonly ConfiguredSource[] = [
  {
    id: "turbines",
    title: "Turbine measurements",
    path: "data/turbines.csv",
    about: "CSV · 12 turbines, one day, every 10 minutes",
  },
  {
    id: "turbines-dirty",
    title: "Turbine measurements, damaged",
    path: "data/turbines-dirty.csv",
    about: "CSV · gaps, wrong units, repeats, torn lines",
  },
  {
    id: "forecast",
    title: "Wind forecast",
    path: "data/forecast.json",
    about: "JSON · 72 hours",
  },
  {
    id: "work-orders",
    title: "Work orders",
    path: "data/work-orders.ndjson",
    about: "NDJSON · three months of maintenance",
  },
];

/** What a name means: a configured source, or an http(s) address. */
export function resolveSource(name: string, base: string): Source {
  const configured = SOURCES.find((source) => source.id === name);
  if (configured) return { kind: "url", name, url: new URL(configured.path, base).href };
  const url = URL.canParse(name) ? new URL(name) : null;
  if (url && (url.protocol === "http:" || url.protocol === "https:")) {
    return { kind: "url", name, url: url.href };
  }
  const names = SOURCES.map(({ id }) => id).join(", ");
  throw new IngestionError(
    "NO_SOURCE",
    `"${name}" is neither a source of this dashboard (${names}) nor an http(s) address`,
  );
}

/** An opened source. */
export interface OpenSource {
  readonly stream: ReadableStream<Uint8Array>;
  /** Its size, in bytes, where it is known beforehand. */
  readonly bytes: number | null;
  /** When it was last changed, in ms since 1970, where that is known. */
  readonly modifiedAt: number | null;
}

/** Opens a source; what is wrong with it is told in words that say what to do. */
export async function openSource(source: Source, signal: AbortSignal): Promise<OpenSource> {
  if (source.kind === "file") {
    const { file } = source;
    return { stream: file.stream(), bytes: file.size, modifiedAt: file.lastModified || null };
  }
  let response: Response;
  try {
    response = await fetch(source.url, { signal, cache: "no-cache" });
  } catch (cause) {
    if (signal.aborted) throw new IngestionError("CANCELLED", "the ingestion was cancelled");
    const { host, origin } = new URL(source.url);
    const elsewhere = origin !== new URL(globalThis.location?.href ?? source.url).origin;
    const hint = elsewhere
      ? `it may be down, or it may not allow this page: it must answer with Access-Control-Allow-Origin`
      : "is the server still there?";
    throw new IngestionError(
      "UNREACHABLE",
      `${host} could not be read (${String((cause as Error).message)}): ${hint}`,
    );
  }
  if (response.status === 404) {
    throw new IngestionError("NOT_FOUND", `${source.url} does not exist (404): check the address`);
  }
  if (!response.ok || !response.body) {
    throw new IngestionError(
      "HTTP_ERROR",
      `${source.url} answered with ${response.status} ${response.statusText}`.trim(),
    );
  }
  const length = Number(response.headers.get("content-length"));
  // What is compressed on the way has another size when it arrives.
  const plain = !response.headers.get("content-encoding");
  const modified = Date.parse(response.headers.get("last-modified") ?? "");
  return {
    stream: response.body,
    bytes: plain && length > 0 ? length : null,
    modifiedAt: Number.isNaN(modified) ? null : modified,
  };
}
