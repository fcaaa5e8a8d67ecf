import type { Column, Dataset } from "../dashboard-state/dataset";
import { numericColumns } from "../dashboard-state/dataset";

/** One group of rows. */
export interface Group {
  readonly key: string;
  readonly count: number;
  /** Mean of each column of numbers; `null` where the group has none. */
  readonly means: Readonly<Record<string, number | null>>;
}

/** Rows grouped by a column. */
export interface Aggregate {
  readonly by: string;
  readonly groups: readonly Group[];
}

const MOST_GROUPS = 60;

/** The column to group by when none is named: the first of texts or truths with a few values that come again. */
export function groupingColumn(dataset: Dataset, named?: string): Column | undefined {
  if (named !== undefined) return dataset.columns.find(({ name }) => name === named);
  return dataset.columns.find(({ type, values }) => {
    if (type !== "text" && type !== "boolean") return false;
    const distinct = new Set(values).size;
    return distinct > 1 && distinct <= MOST_GROUPS && distinct <= dataset.rowCount / 2;
  });
}

/** Groups the rows by `column` and takes means; yields the part done. */
export function* aggregate(dataset: Dataset, column: Column): Generator<number, Aggregate> {
  const measures = numericColumns(dataset);
  const groups = new Map<string, { count: number; sums: number[]; counts: number[] }>();
  for (let row = 0; row < dataset.rowCount; row++) {
    const key = String(column.values[row] ?? "(missing)");
    let group = groups.get(key);
    if (!group) {
      group = { count: 0, sums: measures.map(() => 0), counts: measures.map(() => 0) };
      groups.set(key, group);
    }
    group.count += 1;
    for (const [index, { values }] of measures.entries()) {
      const value = values[row];
      if (typeof value !== "number") continue;
      group.sums[index] = (group.sums[index] ?? 0) + value;
      group.counts[index] = (group.counts[index] ?? 0) + 1;
    }
    if (row % 1000 === 999) yield row / dataset.rowCount;
  }
  const sorted = [...groups].sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }));
  return {
    by: column.name,
    groups: sorted.slice(0, MOST_GROUPS).map(([key, { count, sums, counts }]) => ({
      key,
      count,
      means: Object.fromEntries(
        measures.map(({ name }, index) => [name, counts[index] ? (sums[index] ?? 0) / counts[index] : null]),
      ),
    })),
  };
}
