import { type Dataset, numericColumns } from "../dashboard-state/dataset";
import { mean, seededRandom } from "./statistics";

/** How two columns go together. */
export interface Correlation {
  readonly columns: readonly [string, string];
  /** Spearman's rank correlation, -1 to 1. */
  readonly rho: number;
  /** How likely so strong a correlation is by chance, by a permutation test. */
  readonly p: number;
}

/** Rank of each value, from 1; equal values share the mean of theirs. */
export function ranks(values: readonly number[]): Float64Array {
  const order = values
    .map((_, index) => index)
    .sort((one, other) => (values[one] ?? 0) - (values[other] ?? 0));
  const found = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1] ?? 0] === values[order[start] ?? 0]) end += 1;
    for (let at = start; at <= end; at++) found[order[at] ?? 0] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return found;
}

/** Spearman's correlations of all pairs of columns of numbers, the strongest first; yields the part done. */
export function* correlate(
  dataset: Dataset,
  permutations: number,
  seed = 1,
): Generator<number, Correlation[]> {
  const random = seededRandom(seed);
  const columns = numericColumns(dataset);
  const pairs = columns.flatMap((one, index) =>
    columns.slice(index + 1).map((other) => [one, other] as const),
  );
  const found: Correlation[] = [];
  for (const [index, [one, other]] of pairs.entries()) {
    const [left, right]: [number[], number[]] = [[], []];
    one.values.forEach((value, row) => {
      const beside = other.values[row];
      if (typeof value !== "number" || typeof beside !== "number") return;
      left.push(value);
      right.push(beside);
    });
    const [first, second] = [centred(ranks(left)), centred(ranks(right))];
    const scale = Math.sqrt(product(first, first) * product(second, second));
    if (!(scale > 0)) continue;
    const rho = product(first, second) / scale;
    let asStrong = 0;
    for (let round = 0; round < permutations; round++) {
      shuffle(second, random);
      if (Math.abs(product(first, second) / scale) >= Math.abs(rho)) asStrong += 1;
      yield (index + round / permutations) / pairs.length;
    }
    found.push({ columns: [one.name, other.name], rho, p: (asStrong + 1) / (permutations + 1) });
  }
  return found.sort((a, b) => Math.abs(b.rho) - Math.abs(a.rho));
}

function centred(values: Float64Array): Float64Array {
  const middle = mean(values);
  return values.map((value) => value - middle);
}

function product(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}

function shuffle(values: Float64Array, random: () => number): void {
  for (let last = values.length - 1; last > 0; last--) {
    const at = Math.floor(random() * (last + 1));
    const value = values[last] ?? 0;
    values[last] = values[at] ?? 0;
    values[at] = value;
  }
}
