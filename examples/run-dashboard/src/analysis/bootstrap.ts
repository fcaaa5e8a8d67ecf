import { type Dataset, numbersOf, numericColumns } from "../dashboard-state/dataset";
import { quantile, seededRandom, sorted } from "./statistics";

/** How sure a median is. */
export interface Interval {
  readonly column: string;
  readonly median: number;
  /** Bounds of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/** Medians of the columns of numbers with their 95 % bootstrap intervals; yields the part done. */
export function* bootstrapMedians(
  dataset: Dataset,
  resamples: number,
  seed = 1,
): Generator<number, Interval[]> {
  const random = seededRandom(seed);
  const columns = numericColumns(dataset);
  const intervals: Interval[] = [];
  for (const [index, column] of columns.entries()) {
    const values = Float64Array.from(numbersOf(column));
    if (values.length === 0) continue;
    const medians = new Float64Array(resamples);
    const resample = new Float64Array(values.length);
    for (let round = 0; round < resamples; round++) {
      for (let at = 0; at < resample.length; at++) {
        resample[at] = values[Math.floor(random() * values.length)] ?? 0;
      }
      medians[round] = quantile(resample.sort(), 0.5);
      yield (index + round / resamples) / columns.length;
    }
    medians.sort();
    intervals.push({
      column: column.name,
      median: quantile(sorted(values), 0.5),
      low: quantile(medians, 0.025),
      high: quantile(medians, 0.975),
    });
  }
  return intervals;
}
