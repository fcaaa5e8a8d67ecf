import { JSONParser } from "@streamparser/json";
import type { Cell } from "./dataset";
import { IngestionError } from "./ingestion-error";
import type { RecordSink } from "./record-sink";

/** A line that is longer than this is no record, in characters. */
const LONGEST_LINE = 1_000_000;

/** Parses a JSON document piece by piece: a list of records, or an object that holds one list of them. */
export class JsonParser {
  readonly #parser: JSONParser;
  #record = 0;
  #list: string | number | undefined;
  #ended = false;

  constructor(
    private readonly sink: RecordSink,
    topLevel: "list" | "object",
  ) {
    this.#parser = new JSONParser({ paths: [topLevel === "list" ? "$.*" : "$.*.*"], keepStack: false });
    this.#parser.onValue = ({ value, parent, stack }) => {
      if (!Array.isArray(parent)) return;
      const list = topLevel === "list" ? "" : stack.at(-1)?.key;
      this.#list ??= list;
      // Of several lists, the first is the data.
      if (list !== this.#list) return;
      this.#record += 1;
      takeRecord(this.sink, this.#record, value);
    };
    this.#parser.onError = (error) => {
      throw error;
    };
    this.#parser.onEnd = () => {
      this.#ended = true;
    };
  }

  push(text: string): void {
    if (this.#ended) {
      if (text.trim() !== "")
        throw new IngestionError("BAD_JSON", "something follows after the end of the JSON document");
      return;
    }
    try {
      this.#parser.write(text);
    } catch (error) {
      throw this.#asError(error);
    }
  }

  end(): void {
    if (!this.#ended) {
      throw new IngestionError(
        "BAD_JSON",
        `the JSON breaks off after record ${this.#record}: the file is not complete`,
      );
    }
  }

  #asError(error: unknown): IngestionError {
    if (error instanceof IngestionError) return error;
    const message = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return new IngestionError("BAD_JSON", `this is not JSON after record ${this.#record}: ${message}`);
  }
}

/** Parses NDJSON: a record a line. A line that is wrong costs that line only. */
export class NdjsonParser {
  #rest = "";
  #line = 0;

  constructor(private readonly sink: RecordSink) {}

  push(text: string): void {
    this.#rest += text;
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
    if (this.#rest.length > LONGEST_LINE) {
      throw new IngestionError("BAD_JSON", `line ${this.#line + 1} does not end: is this one JSON document?`);
    }
  }

  end(): void {
    if (this.#rest !== "") this.#take(this.#rest);
  }

  #take(line: string): void {
    this.#line += 1;
    if (line.trim() === "") return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      this.sink.reject(this.#line, `it is not JSON: ${(error as Error).message}`);
      return;
    }
    takeRecord(this.sink, this.#line, value);
  }
}

function takeRecord(sink: RecordSink, row: number, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const what = value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
    sink.reject(row, `it is ${what}, not an object with fields`);
    return;
  }
  const fields = new Map<string, Cell>();
  for (const [name, field] of Object.entries(value)) fields.set(name, asCell(field));
  sink.fields(row, fields);
}

/** What is inside a field is shown as it was written. */
function asCell(value: unknown): Cell {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  return JSON.stringify(value);
}
