import { expect, it } from "vitest";
import type { Chart } from "../bindings/Chart";
import { axisLabel, chartData, chartShape } from "./chartOptions";

const chart: Chart = {
  key: "data.dataQuality",
  title: "Data quality",
  unit: "%",
  from: 0,
  to: 3000,
  times: [1000, 2000, 3000],
  series: [{ label: "Data quality", values: [90, null, 92], latest: 92 }],
};

it("hands gaps over as gaps", () => {
  expect(chartData(chart)).toEqual([
    [1, 2, 3],
    [90, null, 92],
  ]);
});

it("has the same shape when only its points are others", () => {
  expect(chartShape({ ...chart, times: [4000], from: 1, to: 2 })).toBe(chartShape(chart));
  expect(chartShape({ ...chart, series: [{ label: "other", values: [], latest: null }] })).not.toBe(
    chartShape(chart),
  );
});

it("labels its axis without repeating the unit", () => {
  expect(axisLabel(50, "%")).toBe("50");
  expect(axisLabel(1_500_000, "")).toBe("1.5M");
  expect(axisLabel(300, "ms")).toBe("300");
  expect(axisLabel(2 * 1024 * 1024, "B/s")).toBe("2 MiB");
});
