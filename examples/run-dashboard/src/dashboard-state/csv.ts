import Papa from "papaparse";
import { IngestionError } from "./ingestion-error";
import type { RecordSink } from "./record-sink";

/** A row that is not complete after so many characters has a quote that nothing closes. */
const LONGEST_ROW = 1_000_000;

const DELIMITERS = [",", ";", "\t", "|"] as const;

/** What the parser says of what it was given. */
interface Parsed {
  readonly data: string[][];
  readonly errors: readonly { readonly code: string; readonly message: string; readonly row?: number }[];
  readonly meta: { readonly cursor: number };
}

/** Parses CSV piece by piece: never more than a piece and an unfinished row is held. */
export class CsvParser {
  #rest = "";
  #row = 0;
  #delimiter: string | undefined;
  #headerSeen = false;

  constructor(private readonly sink: RecordSink) {}

  /** Takes the next piece. */
  push(text: string): void {
    this.#rest += text;
    this.#parse(false);
    if (this.#rest.length > LONGEST_ROW) {
      throw new IngestionError(
        "BAD_QUOTES",
        `row ${this.#row + 1} does not end: a quote (") that opens in it is never closed`,
      );
    }
  }

  /** There is no more. */
  end(): void {
    if (this.#rest.trim() !== "") this.#parse(true);
  }

  #parse(last: boolean): void {
    this.#delimiter ??= delimiterOf(this.#rest, last);
    if (this.#delimiter === undefined) return;
    const parser = new Papa.Parser({ delimiter: this.#delimiter });
    const { data, errors, meta } = parser.parse(this.#rest, 0, !last) as Parsed;
    const broken = new Map(errors.map((error) => [error.row ?? data.length - 1, error]));
    data.forEach((cells, index) => {
      this.#row += 1;
      const error = broken.get(index);
      if (error?.code === "MissingQuotes") {
        throw new IngestionError(
          "BAD_QUOTES",
          `row ${this.#row} does not end: a quote (") that opens in it is never closed`,
        );
      }
      // A line with nothing on it is no record.
      if (cells.length === 1 && cells[0]?.trim() === "") return;
      if (!this.#headerSeen) {
        this.#headerSeen = true;
        this.sink.header(cells);
      } else if (error) this.sink.reject(this.#row, `its quotes are malformed: ${error.message}`);
      else this.sink.cells(this.#row, cells);
    });
    this.#rest = last ? "" : this.#rest.slice(meta.cursor);
  }
}

/** The delimiter that the first line has most of; `undefined` while that line has not come. */
function delimiterOf(text: string, last: boolean): string | undefined {
  const end = text.search(/[\r\n]/);
  if (end < 0 && !last) return undefined;
  const line = (end < 0 ? text : text.slice(0, end)).replace(/"[^"]*"/g, "");
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  counted.sort((one, other) => other.count - one.count);
  return counted[0]?.delimiter;
}
