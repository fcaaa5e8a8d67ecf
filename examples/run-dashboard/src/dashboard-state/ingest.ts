import { CsvParser } from "./csv";
import type { Dataset, RowProblem } from "./dataset";
import { IngestionError } from "./ingestion-error";
import { JsonParser, NdjsonParser } from "./json";
import { type QualityReport, scoreQuality } from "./quality";
import { RecordSink } from "./record-sink";
import type { OpenSource } from "./source";
import { decodedText } from "./text-stream";

/** What to do with a source. */
export interface IngestOptions {
  /** Rows to hold at most, those that are there already included. */
  readonly limit: number;
  /** Data that the new rows are added to. */
  readonly appendTo?: Dataset | null;
  /** Age up to which a source counts as fresh, in hours. */
  readonly freshWithinHours: number;
}

/** How far it is. */
export interface IngestProgress {
  readonly bytesRead: number;
  /** In all, where it is known. */
  readonly bytes: number | null;
  readonly rows: number;
}

/** What came of it. */
export interface Ingested {
  readonly dataset: Dataset;
  readonly quality: QualityReport;
  /** Rows that this source added. */
  readonly added: number;
  readonly rejected: number;
  /** The first of what is wrong with rows. */
  readonly problems: readonly RowProblem[];
  /** Whether the source has more rows than may be held. */
  readonly truncated: boolean;
  readonly format: Format;
  readonly bytes: number;
}

/** What a source turned out to be. */
export type Format = "csv" | "json" | "ndjson";

interface Parser {
  push(text: string): void;
  end(): void;
}

/** Reads a source to its end, or until there is no room for more. Never holds more of it than a piece and the rows kept. */
export async function ingest(
  source: OpenSource,
  options: IngestOptions,
  onProgress: (progress: IngestProgress) => void,
  signal?: AbortSignal,
): Promise<Ingested> {
  const before = options.appendTo ?? null;
  const sink = new RecordSink(Math.max(options.limit - (before?.rowCount ?? 0), 0));
  let parser: Parser | undefined;
  let format: Format = "csv";
  let start = "";
  let bytesRead = 0;
  for await (const piece of decodedText(source.stream)) {
    if (signal?.aborted) throw new IngestionError("CANCELLED", "the ingestion was cancelled");
    bytesRead = piece.bytesRead;
    if (parser) parser.push(piece.text);
    else {
      start += piece.text;
      const sniffed = sniff(start, false);
      if (sniffed) {
        format = sniffed;
        parser = parserFor(sniffed, start, sink);
        parser.push(start);
        start = "";
      }
    }
    onProgress({ bytesRead, bytes: source.bytes, rows: sink.rowCount });
    if (sink.full) break;
  }
  if (!parser) {
    format = sniff(start, true) ?? "csv";
    parser = parserFor(format, start, sink);
    parser.push(start);
  }
  if (!sink.full) parser.end();
  if (sink.rowCount === 0) throw nothing(sink);
  const columns = sink.columns();
  const dataset = before
    ? appended(before, { columns, rowCount: sink.rowCount })
    : { columns, rowCount: sink.rowCount };
  const quality = scoreQuality(dataset, {
    rejected: sink.rejected,
    modifiedAt: source.modifiedAt,
    now: Date.now(),
    freshWithinHours: options.freshWithinHours,
  });
  return {
    dataset,
    quality,
    added: sink.rowCount,
    rejected: sink.rejected,
    problems: sink.problems,
    truncated: sink.full,
    format,
    bytes: bytesRead,
  };
}

/** What the text is; `undefined` while more is needed to tell. */
function sniff(text: string, last: boolean): Format | undefined {
  const start = text.trimStart();
  if (start === "") {
    if (last) throw new IngestionError("EMPTY", "the source has nothing but blank lines");
    return undefined;
  }
  if (/^<(?:!doctype|html|head|body|\?xml)/i.test(start)) {
    throw new IngestionError(
      "IS_HTML",
      "the source is a web page, not data: is the address that of a sign-in page or of a preview?",
    );
  }
  if (start.startsWith("[")) return "json";
  if (!start.startsWith("{")) return "csv";
  const end = start.indexOf("\n");
  if (end < 0 && !last) return start.length > 65_536 ? "json" : undefined;
  try {
    JSON.parse(end < 0 ? start : start.slice(0, end));
  } catch {
    return "json";
  }
  // One complete object on a line: with more after it, or not, it is a record.
  return "ndjson";
}

function parserFor(format: Format, start: string, sink: RecordSink): Parser {
  if (format === "csv") return new CsvParser(sink);
  if (format === "ndjson") return new NdjsonParser(sink);
  return new JsonParser(sink, start.trimStart().startsWith("[") ? "list" : "object");
}

function nothing(sink: RecordSink): IngestionError {
  if (sink.full) {
    return new IngestionError(
      "NO_RECORDS",
      "there is no room for more rows: clear the data, replace it, or raise the limit",
    );
  }
  const [first] = sink.problems;
  const why = first ? `; row ${first.row}: ${first.message}` : "";
  return new IngestionError("NO_RECORDS", `the source has no usable record${why}`);
}

/** The rows of `added` after those of `before`; the columns must be the same. */
function appended(before: Dataset, added: Dataset): Dataset {
  const names = (dataset: Dataset) => dataset.columns.map(({ name }) => name).sort();
  const [there, here] = [names(before), names(added)];
  if (there.join("\n") !== here.join("\n")) {
    const extra = here.find((name) => !there.includes(name));
    const missing = there.find((name) => !here.includes(name));
    const difference = [extra && `"${extra}" is new`, missing && `"${missing}" is missing`]
      .filter(Boolean)
      .join(", ");
    throw new IngestionError(
      "COLUMNS_DIFFER",
      `the columns differ from those of the data (${difference}): replace the data instead`,
    );
  }
  const columns = before.columns.map((column) => {
    const other = added.columns.find(({ name }) => name === column.name);
    return { ...column, values: column.values.concat(other?.values ?? []) };
  });
  return { columns, rowCount: before.rowCount + added.rowCount };
}
