import { type Dataset, numericColumns } from "../dashboard-state/dataset";
import { mean, quantile, sorted } from "./statistics";

/** A value far from the others. */
export interface Outlier {
  readonly column: string;
  /** Place of its row in the dataset, from 0. */
  readonly row: number;
  readonly value: number;
  /** Robust z-score: how many (robust) standard deviations from the median. */
  readonly z: number;
}

/** Robust z-score from which on a value counts as an outlier (Iglewicz and Hoaglin). */
export const OUTLIER_Z = 3.5;

/** What makes the median absolute deviation of a normal distribution its standard deviation. */
const MAD_TO_SD = 1.4826;
/** The same for the mean absolute deviation, which takes its place where more than half of the values are equal. */
const MEAN_AD_TO_SD = 1.2533;

/** The robust z-score of every value; all 0 where the values do not differ. */
export function robustZ(values: readonly number[]): number[] {
  const median = quantile(sorted(values), 0.5);
  const distances = values.map((value) => Math.abs(value - median));
  const scale = quantile(sorted(distances), 0.5) * MAD_TO_SD || mean(distances) * MEAN_AD_TO_SD;
  return values.map((value) => (scale > 0 ? (value - median) / scale : 0));
}

/** Outliers of all columns of numbers, the farthest first; yields the part done. */
export function* findOutliers(dataset: Dataset, threshold = OUTLIER_Z): Generator<number, Outlier[]> {
  const found: Outlier[] = [];
  const columns = numericColumns(dataset);
  for (const [index, { name, values }] of columns.entries()) {
    const rows: number[] = [];
    const numbers: number[] = [];
    values.forEach((value, row) => {
      if (typeof value !== "number") return;
      rows.push(row);
      numbers.push(value);
    });
    robustZ(numbers).forEach((z, at) => {
      if (Math.abs(z) < threshold) return;
      found.push({ column: name, row: rows[at] ?? 0, value: numbers[at] ?? 0, z: Math.round(z * 100) / 100 });
    });
    yield (index + 1) / columns.length;
  }
  return found.sort((one, other) => Math.abs(other.z) - Math.abs(one.z));
}
