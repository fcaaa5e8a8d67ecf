import { type Cell, type Column, type Dataset, fits } from "./dataset";

/**
 * A part of the score, in percent. The score is their mean, weighted by {@link WEIGHTS}:
 *
 * | part | what it is |
 * |---|---|
 * | completeness | filled cells, of all cells |
 * | validity | filled cells that fit their column's type, times rows accepted, of all rows |
 * | uniqueness | rows that are no repetition of another |
 * | consistency | filled cells of text columns written as most cells of the same meaning are (case, spaces) |
 * | freshness | 100 while the source is at most so many hours old, then falling to 0 at ten times that; left out where the age is not known |
 */
export type QualityPart = "completeness" | "validity" | "uniqueness" | "consistency" | "freshness";

/** How much each part counts. */
export const WEIGHTS: Readonly<Record<QualityPart, number>> = {
  completeness: 30,
  validity: 30,
  uniqueness: 15,
  consistency: 15,
  freshness: 10,
};

/** How good a dataset is. */
export interface QualityReport {
  /** 0 to 100, to one decimal. */
  readonly score: number;
  /** 0 to 100 each; `null` where it cannot be told. */
  readonly parts: Readonly<Record<QualityPart, number | null>>;
  readonly columns: readonly ColumnQuality[];
  readonly repeatedRows: number;
  readonly rejectedRows: number;
}

/** What is wrong with a column. */
export interface ColumnQuality {
  readonly name: string;
  readonly missing: number;
  readonly invalid: number;
  readonly inconsistent: number;
  /** A value that does not fit, for people to see. */
  readonly example: string | null;
}

/** What the score depends on beside the data. */
export interface QualityContext {
  /** Rows that were left out. */
  readonly rejected: number;
  /** When the source was last changed, in ms since 1970. */
  readonly modifiedAt: number | null;
  /** In ms since 1970. */
  readonly now: number;
  readonly freshWithinHours: number;
}

/** Scores a dataset. */
export function scoreQuality(dataset: Dataset, context: QualityContext): QualityReport {
  const columns = dataset.columns.map(columnQuality);
  const cells = dataset.rowCount * dataset.columns.length;
  const sum = (pick: (column: ColumnQuality) => number) =>
    columns.reduce((total, column) => total + pick(column), 0);
  const filled = cells - sum(({ missing }) => missing);
  const texts = dataset.columns.filter(({ type }) => type === "text");
  const filledTexts = texts.reduce(
    (total, { values }) => total + values.filter((value) => value !== null).length,
    0,
  );
  const rows = dataset.rowCount + context.rejected;
  const repeatedRows = repeated(dataset);
  const parts: Record<QualityPart, number | null> = {
    completeness: percent(filled, cells),
    validity:
      percent(filled - sum(({ invalid }) => invalid), filled) * (rows > 0 ? dataset.rowCount / rows : 1),
    uniqueness: percent(dataset.rowCount - repeatedRows, dataset.rowCount),
    consistency: percent(filledTexts - sum(({ inconsistent }) => inconsistent), filledTexts),
    freshness: freshness(context),
  };
  return { score: weighted(parts), parts, columns, repeatedRows, rejectedRows: context.rejected };
}

function weighted(parts: Record<QualityPart, number | null>): number {
  let total = 0;
  let weights = 0;
  for (const [part, weight] of Object.entries(WEIGHTS) as [QualityPart, number][]) {
    const value = parts[part];
    if (value === null) continue;
    total += value * weight;
    weights += weight;
  }
  return Math.round((total / weights) * 10) / 10;
}

/** All of nothing is as it should be. */
function percent(part: number, whole: number): number {
  return whole > 0 ? (part / whole) * 100 : 100;
}

function columnQuality({ name, type, values }: Column): ColumnQuality {
  let missing = 0;
  let invalid = 0;
  let example: Cell = null;
  for (const value of values) {
    if (value === null) missing += 1;
    else if (!fits(value, type)) {
      invalid += 1;
      example ??= value;
    }
  }
  const inconsistent = type === "text" ? unusualSpellings(values) : 0;
  return { name, missing, invalid, inconsistent, example: example === null ? null : String(example) };
}

/** Cells that mean what others mean but are written in another way than most of them. */
function unusualSpellings(values: readonly Cell[]): number {
  const meanings = new Map<string, Map<string, number>>();
  for (const value of values) {
    if (typeof value !== "string") continue;
    const meaning = value.trim().replace(/\s+/g, " ").toLowerCase();
    const spellings = meanings.get(meaning) ?? new Map<string, number>();
    spellings.set(value, (spellings.get(value) ?? 0) + 1);
    meanings.set(meaning, spellings);
  }
  let unusual = 0;
  for (const spellings of meanings.values()) {
    const counts = [...spellings.values()];
    unusual += counts.reduce((total, count) => total + count, 0) - Math.max(...counts);
  }
  return unusual;
}

function repeated({ columns, rowCount }: Dataset): number {
  const seen = new Set<string>();
  for (let row = 0; row < rowCount; row++) {
    seen.add(JSON.stringify(columns.map(({ values }) => values[row] ?? null)));
  }
  return rowCount - seen.size;
}

function freshness({ modifiedAt, now, freshWithinHours }: QualityContext): number | null {
  if (modifiedAt === null) return null;
  const hours = Math.max(now - modifiedAt, 0) / 3_600_000;
  const share = (10 * freshWithinHours - hours) / (9 * freshWithinHours);
  return Math.min(Math.max(share, 0), 1) * 100;
}
