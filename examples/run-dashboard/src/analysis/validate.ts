import { type Dataset, fits } from "../dashboard-state/dataset";

/** Something wrong with a column. */
export interface Finding {
  readonly rule: "missing" | "misfit";
  readonly column: string;
  readonly count: number;
  /** Of the rows, in percent. */
  readonly percent: number;
  /** Row of the first, from 0, and what stands there. */
  readonly firstRow: number;
  readonly example: string | null;
}

/** What a check of all rows came to. */
export interface Validation {
  /** Rows with a value that does not fit. */
  readonly invalidRows: number;
  /** Those, of all, in percent. */
  readonly invalidPercent: number;
  readonly findings: readonly Finding[];
}

/** Checks every cell; yields the part done. */
export function* validate(dataset: Dataset): Generator<number, Validation> {
  const invalid = new Uint8Array(dataset.rowCount);
  const findings: Finding[] = [];
  for (const [index, { name, type, values }] of dataset.columns.entries()) {
    const found = { missing: { count: 0, row: -1 }, misfit: { count: 0, row: -1 } };
    values.forEach((value, row) => {
      if (value !== null && fits(value, type)) return;
      const kind = value === null ? "missing" : "misfit";
      if (kind === "misfit") invalid[row] = 1;
      found[kind].count += 1;
      if (found[kind].row < 0) found[kind].row = row;
    });
    for (const rule of ["misfit", "missing"] as const) {
      const { count, row } = found[rule];
      if (count === 0) continue;
      const percent = (count / dataset.rowCount) * 100;
      const example = rule === "misfit" ? String(values[row]) : null;
      findings.push({ rule, column: name, count, percent, firstRow: row, example });
    }
    yield (index + 1) / dataset.columns.length;
  }
  const invalidRows = invalid.reduce((sum, one) => sum + one, 0);
  const invalidPercent = dataset.rowCount > 0 ? (invalidRows / dataset.rowCount) * 100 : 0;
  findings.sort((one, other) => other.count - one.count);
  return { invalidRows, invalidPercent, findings };
}
