import type { Column } from "../dashboard-state/dataset";

/** What a measure was in a stretch of time. */
export interface TrendPoint {
  /** Begin of the stretch, in ms since 1970. */
  readonly at: number;
  readonly mean: number;
  readonly lowest: number;
  readonly highest: number;
}

/** A measure over time, in at most `stretches` equal stretches; those without values are left out. */
export function trend(times: Column, measure: Column, stretches: number): TrendPoint[] {
  const samples: [at: number, value: number][] = [];
  times.values.forEach((time, row) => {
    const value = measure.values[row];
    const at = typeof time === "string" ? Date.parse(time) : Number.NaN;
    if (typeof value === "number" && !Number.isNaN(at)) samples.push([at, value]);
  });
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const [at] of samples) {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  const width = (last - first) / stretches || 1;
  const found = new Map<number, { sum: number; count: number; lowest: number; highest: number }>();
  for (const [at, value] of samples) {
    const stretch = Math.min(Math.floor((at - first) / width), stretches - 1);
    const one = found.get(stretch) ?? { sum: 0, count: 0, lowest: value, highest: value };
    one.sum += value;
    one.count += 1;
    one.lowest = Math.min(one.lowest, value);
    one.highest = Math.max(one.highest, value);
    found.set(stretch, one);
  }
  const inOrder = [...found].sort(([one], [other]) => one - other);
  return inOrder.map(([stretch, { sum, count, lowest, highest }]) => ({
    at: first + stretch * width,
    mean: sum / count,
    lowest,
    highest,
  }));
}
