import {
  type Cell,
  type Column,
  type ColumnType,
  type Dataset,
  fits,
  numbersOf,
} from "../dashboard-state/dataset";
import { mean, quantile, sorted, standardDeviation } from "./statistics";

/** What a column is like. */
export interface ColumnProfile {
  readonly name: string;
  readonly type: ColumnType;
  readonly filled: number;
  readonly missing: number;
  readonly invalid: number;
  readonly distinct: number;
  /** Of a column of numbers. */
  readonly numbers: NumberProfile | null;
  /** The most frequent values, of any other column. */
  readonly frequent: readonly { readonly value: string; readonly count: number }[];
}

/** What numbers are like. */
export interface NumberProfile {
  readonly lowest: number;
  readonly highest: number;
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly deviation: number;
  /** How many fall into each of as many equal parts of the range. */
  readonly histogram: readonly number[];
}

const HISTOGRAM_BARS = 24;
const FREQUENT = 6;

/** Profiles the columns, one at a time; yields the part done. */
export function* profile(dataset: Dataset): Generator<number, ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  for (const column of dataset.columns) {
    profiles.push(profileColumn(column));
    yield profiles.length / dataset.columns.length;
  }
  return profiles;
}

/** Profiles one column. */
export function profileColumn(column: Column): ColumnProfile {
  const counts = new Map<Cell, number>();
  let missing = 0;
  let invalid = 0;
  for (const value of column.values) {
    if (value === null) missing += 1;
    else {
      if (!fits(value, column.type)) invalid += 1;
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  const isNumber = column.type === "number";
  const frequent = [...counts].sort(([, one], [, other]) => other - one).slice(0, FREQUENT);
  return {
    name: column.name,
    type: column.type,
    filled: column.values.length - missing,
    missing,
    invalid,
    distinct: counts.size,
    numbers: isNumber ? numberProfile(sorted(numbersOf(column))) : null,
    frequent: isNumber ? [] : frequent.map(([value, count]) => ({ value: String(value), count })),
  };
}

function numberProfile(values: Float64Array): NumberProfile | null {
  const [lowest] = values;
  const highest = values.at(-1);
  if (lowest === undefined || highest === undefined) return null;
  const histogram = new Array<number>(HISTOGRAM_BARS).fill(0);
  const width = (highest - lowest) / HISTOGRAM_BARS || 1;
  for (const value of values) {
    const bar = Math.min(Math.floor((value - lowest) / width), HISTOGRAM_BARS - 1);
    histogram[bar] = (histogram[bar] ?? 0) + 1;
  }
  return {
    lowest,
    highest,
    mean: mean(values),
    median: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    deviation: standardDeviation(values),
    histogram,
  };
}
