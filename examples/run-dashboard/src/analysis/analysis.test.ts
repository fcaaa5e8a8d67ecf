import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dataset } from "../dashboard-state/dataset";
import { aggregate, groupingColumn } from "./aggregate";
import { bootstrapMedians } from "./bootstrap";
import { correlate, ranks } from "./correlate";
import { findOutliers, robustZ } from "./outliers";
import { profileColumn } from "./profile";
import { quantile, sorted } from "./statistics";
import { trend } from "./trend";
import { validate } from "./validate";

/** Runs a computation to its end; what it yields must grow from 0 to 1. */
function finish<Result>(work: Generator<number, Result>): Result {
  let before = 0;
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    expect(next.value).toBeGreaterThanOrEqual(before);
    expect(next.value).toBeLessThanOrEqual(1);
    before = next.value;
  }
}

function numbers(columns: Record<string, (number | null)[]>): Dataset {
  const entries = Object.entries(columns);
  return {
    columns: entries.map(([name, values]) => ({ name, type: "number" as const, values })),
    rowCount: entries[0]?.[1].length ?? 0,
  };
}

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe("outliers", () => {
  test("the robust z-score is that of the textbook", () => {
    // Median 3, absolute deviations 2 1 0 1 97: MAD 1.
    const z = robustZ([1, 2, 3, 4, 100]);
    expect(z[4]).toBeCloseTo(97 / 1.4826);
    expect(z[2]).toBe(0);
  });

  test("where most values are equal, the mean deviation takes the place of the median's", () => {
    const z = robustZ([5, 5, 5, 5, 5, 5, 5, 5, 5, 15]);
    expect(z[9]).toBeCloseTo(10 / (1 * 1.2533));
    expect(robustZ([7, 7, 7])).toEqual([0, 0, 0]);
    expect(robustZ([])).toEqual([]);
  });

  test("are found by column and row, the farthest first, past gaps", () => {
    const found = finish(
      findOutliers(numbers({ a: [1, 2, 3, null, 500, 2, 3, 1], b: [1, 1, 2, 90, 2, 1, 2, 1] })),
    );
    expect(found.map(({ column, row }) => [column, row])).toEqual([
      ["a", 4],
      ["b", 3],
    ]);
  });

  test("do not depend on scale or place", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 40 }),
        (values) => {
          const moved = robustZ(values.map((value) => value * 4 + 64));
          for (const [index, z] of robustZ(values).entries()) expect(moved[index]).toBeCloseTo(z, 6);
        },
      ),
    );
  });
});

describe("profiles", () => {
  test("quantiles lie between the neighbours, and between lowest and highest", () => {
    expect(quantile(sorted([4, 1, 3, 2]), 0.5)).toBe(2.5);
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const value = quantile(sorted(values), share);
          expect(value).toBeGreaterThanOrEqual(Math.min(...values));
          expect(value).toBeLessThanOrEqual(Math.max(...values));
        },
      ),
    );
  });

  test("every value is in the histogram once", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (values) => {
        const { numbers: found } = profileColumn({ name: "n", type: "number", values });
        expect(found?.histogram.reduce((sum, count) => sum + count, 0)).toBe(values.length);
      }),
    );
  });

  test("count gaps, misfits and the most frequent", () => {
    const text = profileColumn({ name: "t", type: "text", values: ["a", "b", "a", null] });
    expect(text).toMatchObject({
      missing: 1,
      filled: 3,
      distinct: 2,
      frequent: [{ value: "a", count: 2 }, { value: "b" }],
    });
    expect(profileColumn({ name: "n", type: "number", values: [1, "x"] })).toMatchObject({ invalid: 1 });
  });
});

test("validation tells what is wrong by column, the worst first, and counts rows once", () => {
  const data: Dataset = {
    columns: [
      { name: "n", type: "number", values: [1, "x", null, "y"] },
      { name: "d", type: "date", values: ["2026-01-01", "never", "2026-01-02", "2026-01-03"] },
    ],
    rowCount: 4,
  };
  const found = finish(validate(data));
  expect(found.invalidRows).toBe(2);
  expect(found.findings[0]).toMatchObject({
    rule: "misfit",
    column: "n",
    count: 2,
    firstRow: 1,
    example: "x",
  });
  expect(found.findings).toHaveLength(3);
});

test("aggregation takes means of what is there", () => {
  const data: Dataset = {
    columns: [
      { name: "id", type: "text", values: ["1", "2", "3", "4"] },
      { name: "who", type: "text", values: ["b", "a", "b", null] },
      { name: "n", type: "number", values: [1, 5, null, 8] },
    ],
    rowCount: 4,
  };
  const column = groupingColumn({ ...data, columns: data.columns.slice(1) }, "who");
  if (!column) throw new Error("no column");
  expect(finish(aggregate(data, column)).groups).toEqual([
    { key: "(missing)", count: 1, means: { n: 8 } },
    { key: "a", count: 1, means: { n: 5 } },
    { key: "b", count: 2, means: { n: 1 } },
  ]);
});

test("bootstrap intervals hold the median and are the same each time", () => {
  const data = numbers({
    a: Array.from({ length: 101 }, (_, index) => index),
    b: [...Array(101)].map(() => 3),
  });
  const [a, b] = finish(bootstrapMedians(data, 200));
  expect(a?.median).toBe(50);
  expect(a?.low).toBeLessThan(50);
  expect(a?.high).toBeGreaterThan(50);
  expect(b).toMatchObject({ low: 3, median: 3, high: 3 });
  expect(finish(bootstrapMedians(data, 200))).toEqual([a, b]);
});

test("rank correlations are those of the textbook, and chance is told from none", () => {
  expect([...ranks([30, 10, 20, 10])]).toEqual([4, 1.5, 3, 1.5]);
  const up = Array.from({ length: 40 }, (_, index) => index);
  const data = numbers({ up, squares: up.map((n) => n * n), down: up.map((n) => -n), flat: up.map(() => 1) });
  const found = finish(correlate(data, 100));
  expect(found.map(({ rho }) => Math.round(rho))).toEqual([1, -1, -1]);
  expect(found.every(({ p }) => p < 0.02)).toBe(true);
});

test("a trend holds every value in one of its stretches, in the order of time", () => {
  const times = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T02:00:00Z",
    "never",
    "2026-01-01T01:00:00Z",
    "2026-01-01T02:00:00Z",
  ];
  const points = trend(
    { name: "t", type: "date", values: times },
    { name: "n", type: "number", values: [1, 6, 100, null, 2] },
    4,
  );
  expect(points.map(({ mean, lowest, highest }) => [mean, lowest, highest])).toEqual([
    [1, 1, 1],
    [4, 2, 6],
  ]);
  expect(points[0]?.at).toBe(Date.UTC(2026, 0, 1));
  expect(
    trend({ name: "t", type: "date", values: [] }, { name: "n", type: "number", values: [] }, 4),
  ).toEqual([]);
});
