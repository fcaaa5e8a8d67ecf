import type { Cell, Column, RowProblem } from "./dataset";
import { typedColumn } from "./infer";
import { IngestionError } from "./ingestion-error";

/** More columns than this is no table, but a mistaken delimiter or a document. */
const MOST_COLUMNS = 500;
/** Problems that are kept; all are counted. */
const PROBLEMS_KEPT = 200;

/** Takes what parsers find, and keeps no more of it than it may. */
export class RecordSink {
  readonly problems: RowProblem[] = [];
  /** Rows left out because something is wrong with them. */
  rejected = 0;
  /** Rows taken. */
  rowCount = 0;
  /** Whether there was more than may be kept. */
  full = false;
  readonly #columns = new Map<string, Cell[]>();
  #names: string[] = [];

  /** @param limit rows to keep at most */
  constructor(private readonly limit: number) {}

  /** The first row of a CSV file names the columns. */
  header(cells: readonly string[]): void {
    cells.forEach((cell, index) => {
      const name = cell.trim() || `column_${index + 1}`;
      let unique = name;
      for (let copy = 2; this.#columns.has(unique); copy++) unique = `${name}_${copy}`;
      if (unique !== name)
        this.#note({ row: 1, field: name, message: `the name comes twice; the second is ${unique}` });
      this.#addColumn(unique);
    });
    this.#names = [...this.#columns.keys()];
  }

  /** A row of a CSV file. */
  cells(row: number, cells: readonly string[]): void {
    const expected = this.#names.length;
    if (cells.length !== expected) {
      const at = cells.length < expected ? this.#names[cells.length] : undefined;
      this.reject(row, `it has ${cells.length} fields instead of ${expected}`, at);
      return;
    }
    if (!this.#room()) return;
    this.#names.forEach((name, index) => {
      this.#columns.get(name)?.push(cells[index] ?? null);
    });
    this.rowCount += 1;
  }

  /** A record of a JSON file. A field that was not there before begins a column. */
  fields(row: number, fields: ReadonlyMap<string, Cell>): void {
    if (fields.size === 0) {
      this.reject(row, "it has no fields");
      return;
    }
    if (!this.#room()) return;
    for (const name of fields.keys()) if (!this.#columns.has(name)) this.#addColumn(name);
    for (const [name, values] of this.#columns) values.push(fields.get(name) ?? null);
    this.rowCount += 1;
  }

  /** A row is left out. */
  reject(row: number, message: string, field?: string): void {
    this.rejected += 1;
    this.#note({ row, message, ...(field !== undefined && { field }) });
  }

  /** The columns, typed. */
  columns(): Column[] {
    return [...this.#columns].map(([name, values]) => typedColumn(name, values));
  }

  #addColumn(name: string): void {
    if (this.#columns.size >= MOST_COLUMNS) {
      throw new IngestionError("TOO_WIDE", `there are more than ${MOST_COLUMNS} columns: is this a table?`);
    }
    this.#columns.set(name, new Array<Cell>(this.rowCount).fill(null));
  }

  #room(): boolean {
    this.full ||= this.rowCount >= this.limit;
    return !this.full;
  }

  #note(problem: RowProblem): void {
    if (this.problems.length < PROBLEMS_KEPT) this.problems.push(problem);
  }
}
