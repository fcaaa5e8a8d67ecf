import { describe, expect, it } from "vitest";
import { barsPath } from "../../frame/ActivityStrip";
import { sparkPath } from "./sparkPath";
import { timedPath } from "./timedPath";

const moves = (path: string) => path.match(/M/g)?.length ?? 0;

describe("a sparkline", () => {
  it("is one line where nothing is missing", () => {
    const { line, area } = sparkPath([1, 2, 3, 2], 30, 28);
    expect(moves(line)).toBe(1);
    expect(moves(area)).toBe(1);
    expect(line.startsWith("M0.0 ")).toBe(true);
    expect(line).toContain("L30.0 ");
  });

  it("is broken where values are missing, and nothing is drawn across the gap", () => {
    const { line, area } = sparkPath([1, 2, null, null, 3, 4], 50, 28);
    expect(moves(line)).toBe(2);
    expect(moves(area)).toBe(2);
    expect(line).not.toContain("20.0 ");
    expect(line).not.toContain("30.0 ");
  });

  it("shows a value between two gaps as a dot", () => {
    const { line, area } = sparkPath([null, 5, null], 20, 28);
    expect(line).toMatch(/^M10\.0 [\d.]+h\.1$/);
    expect(area).toBe("");
  });

  it("stays inside its box, and draws nothing where there is nothing", () => {
    expect(sparkPath([], 10, 28).line).toBe("");
    expect(sparkPath([null, null], 10, 28).line).toBe("");
    const heights = [...sparkPath([0, 1e9, 5, 0], 30, 28).line.matchAll(/ ([\d.-]+)/g)].map((match) =>
      Number(match[1]),
    );
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...heights)).toBeLessThanOrEqual(28);
  });
});

describe("a line over time", () => {
  it("stands where its times are in the span", () => {
    const { line } = timedPath([500, 1000], [1, 1], 0, 1000, 100, 50);
    expect(line.startsWith("M50.0 ")).toBe(true);
    expect(line).toContain("L100.0 ");
  });

  it("keeps a gap", () => {
    expect(moves(timedPath([0, 1, 2, 3, 4], [1, 2, null, 2, 1], 0, 4, 100, 50).line)).toBe(2);
  });
});

it("the activity strip has a bar for each minute with records", () => {
  const minutes = [3, 0, 9].map((records) => ({ records, worst: "normal" as const }));
  expect(moves(barsPath(minutes))).toBe(2);
});
