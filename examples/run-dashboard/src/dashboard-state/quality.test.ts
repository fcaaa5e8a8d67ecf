import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cell } from "./dataset";
import { isDate } from "./dataset";
import { inferType, typedColumn } from "./infer";
import { scoreQuality, WEIGHTS } from "./quality";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 22);
const context = { rejected: 0, modifiedAt: NOW, now: NOW, freshWithinHours: 24 };

function dataset(columns: Record<string, Cell[]>) {
  const typed = Object.entries(columns).map(([name, values]) => typedColumn(name, values));
  return { columns: typed, rowCount: typed[0]?.values.length ?? 0 };
}

describe("types", () => {
  test.each<[Cell[], string]>([
    [["1", "2.5", "-3e4", ""], "number"],
    [["1", "2", "3", "4", "x"], "number"],
    [["1", "2", "x", "y"], "text"],
    [["true", "FALSE", "NA"], "boolean"],
    [["2026-11-20", "2026-11-20T10:00:00Z", null], "date"],
    [["", "NA", null], "text"],
    [[1, 2, 3], "number"],
    [["007", "x7"], "text"],
  ])("%j is %s", (values, type) => expect(inferType(values)).toBe(type));

  test("days that do not exist are no dates", () => {
    expect(isDate("2026-02-29")).toBe(false);
    expect(isDate("2024-02-29")).toBe(true);
    expect(isDate("2026-13-01T00:00:00Z")).toBe(false);
    expect(isDate("20.11.2026")).toBe(false);
  });
});

describe("the score", () => {
  test("of faultless data is 100", () => {
    expect(scoreQuality(dataset({ a: ["1", "2"], b: ["x", "y"] }), context).score).toBe(100);
  });

  test("has the parts that its documentation says", () => {
    const data = dataset({
      n: ["1", "2", "3", "4", "5", "six", "", "", "1", "9"],
      t: ["on", "on", "On", "on ", "off", "off", "on", "off", "on", "on"],
    });
    const { parts, score, columns, repeatedRows } = scoreQuality(data, { ...context, rejected: 10 });
    expect(parts.completeness).toBeCloseTo(90);
    expect(parts.validity).toBeCloseTo((17 / 18) * 50);
    expect(parts.uniqueness).toBeCloseTo(90);
    expect(parts.consistency).toBeCloseTo(80);
    expect(parts.freshness).toBe(100);
    expect(repeatedRows).toBe(1);
    expect(columns).toMatchObject([
      { name: "n", missing: 2, invalid: 1, example: "six" },
      { name: "t", inconsistent: 2 },
    ]);
    const weighted = (90 * 30 + (17 / 18) * 50 * 30 + 90 * 15 + 80 * 15 + 100 * 10) / 100;
    expect(score).toBeCloseTo(weighted, 0);
  });

  test("falls with the age of the source, and does without it where that is not known", () => {
    const data = dataset({ a: ["1"] });
    const freshness = (hours: number) =>
      scoreQuality(data, { ...context, modifiedAt: NOW - hours * HOUR }).parts.freshness;
    expect(freshness(24)).toBe(100);
    expect(freshness(132)).toBeCloseTo(50);
    expect(freshness(10_000)).toBe(0);
    const unknown = scoreQuality(data, { ...context, modifiedAt: null });
    expect([unknown.parts.freshness, unknown.score]).toEqual([null, 100]);
  });

  test("lies between 0 and 100, whatever the data", () => {
    expect(Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0)).toBe(100);
    const cell = fc.oneof(fc.constant(""), fc.string(), fc.integer().map(String));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 30 }),
        fc.nat(50),
        (cells, rejected) => {
          const data = dataset({ a: cells.map(([one]) => one), b: cells.map(([, other]) => other) });
          const { score } = scoreQuality(data, { ...context, rejected });
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(100);
        },
      ),
    );
  });
});
