/** What a cell holds. A text in a column of another type is a value that does not fit it. */
export type Cell = string | number | boolean | null;

/** What a column holds. */
export type ColumnType = "number" | "boolean" | "date" | "text";

/** A column: its values in the order of the rows. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly values: readonly Cell[];
}

/** A table, kept by columns: that is how workers read it. */
export interface Dataset {
  readonly columns: readonly Column[];
  readonly rowCount: number;
}

/** A row that was left out, or something else that a person should look at. */
export interface RowProblem {
  /** Place in the file: the header of a CSV file is row 1; the first record of a JSON file is record 1. */
  readonly row: number;
  /** Name of the field, where one is to blame. */
  readonly field?: string;
  readonly message: string;
}

/** The row at `index`, by column. */
export function rowAt(dataset: Dataset, index: number): Cell[] {
  return dataset.columns.map((column) => column.values[index] ?? null);
}

/** Whether `value` is what its column says. */
export function fits(value: Cell, type: ColumnType): boolean {
  if (value === null) return true;
  if (type === "date") return typeof value === "string" && isDate(value);
  return type === "text" ? typeof value === "string" : typeof value === type;
}

/** ISO 8601 dates, with or without a time: what is written in one way only. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** Whether a text is a date that exists. */
export function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const day = text.slice(0, 10);
  const parsed = new Date(`${day}T00:00:00Z`);
  return (
    !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day) && !Number.isNaN(Date.parse(text))
  );
}

/** The numbers of a column, gaps and misfits left out. */
export function numbersOf(column: Column): number[] {
  return column.values.filter(
    (value): value is number => typeof value === "number" && Number.isFinite(value),
  );
}

/** The columns of numbers. */
export function numericColumns(dataset: Dataset): readonly Column[] {
  return dataset.columns.filter((column) => column.type === "number");
}
