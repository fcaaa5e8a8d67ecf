import { describe, expect, it } from "vitest";
import { chartColumns, isWide } from "./chartColumns";

const charts = (...series: number[]) => series.map((count) => ({ series: Array(count).fill({}) }));

describe("the columns of a group of charts", () => {
  it("leave no chart alone in its row when the rows can be even", () => {
    expect(chartColumns(832, charts(1, 1, 1, 1, 1))).toBe(3);
    expect(chartColumns(1500, charts(1, 1, 1, 1, 1))).toBe(5);
    expect(chartColumns(832, charts(1, 1, 1, 1))).toBe(4);
  });

  it("count a chart with several series twice", () => {
    expect(chartColumns(832, charts(1, 1, 2, 2))).toBe(3);
    expect(isWide({ series: Array(2).fill({}) }, 3)).toBe(true);
  });

  it("are one where nothing else fits, and before the width is known", () => {
    expect(chartColumns(0, charts(1, 2))).toBe(1);
    expect(chartColumns(200, charts(1, 1, 1))).toBe(1);
    expect(isWide({ series: Array(2).fill({}) }, 1)).toBe(false);
  });
});
