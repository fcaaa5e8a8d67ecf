import { screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, test } from "vitest";
import type { ChartSeriesRequest } from "../../bindings/ChartSeriesRequest";
import type { SeriesLine } from "../../bindings/SeriesLine";
import { renderApp } from "../../test/renderApp";
import { valueAt } from "./LineTable";
import { byUnit, colourOf, joined, MOST_LINES, selectionsOf } from "./lines";
import { useMetricsStore } from "./metricsStore";

const asked = (platform: Awaited<ReturnType<typeof renderApp>>["platform"]) =>
  platform.sent
    .filter((one) => one.name === "chart_series")
    .map((one) => (one.args as { request: ChartSeriesRequest }).request);

const line = (name: string, unit: string, times: number[], values: (number | null)[]): SeriesLine => ({
  selection: { dashboard: { hub: "h", dashboardId: "d" }, name },
  dashboardName: "d",
  title: name,
  unit,
  shiftedBy: 0,
  times,
  values,
  usualSpacing: null,
  numbers: null,
  isComplete: true,
  problem: null,
});

beforeEach(() => useMetricsStore.setState({ series: [], dashboards: [], span: "hour", compare: "none" }));

describe("the metrics", () => {
  test("show the catalogue and who stands out, and toggle a series", async () => {
    const { user } = await renderApp("live", "#/metrics");
    await screen.findByTestId("metrics-page");
    const first = await screen.findByTestId("series-status.responseTime");
    await waitFor(() => expect(first.getAttribute("aria-pressed")).toBe("true"));
    await user.click(screen.getByTestId("series-agents.successRate"));
    expect(screen.getByTestId("series-agents.successRate").getAttribute("aria-pressed")).toBe("true");
    expect(useMetricsStore.getState().series).toEqual(["status.responseTime", "agents.successRate"]);
    expect((await screen.findByTestId("standing")).textContent).toContain("Who stands out");
    await user.click(screen.getByTestId("standing-view-outliers"));
    await waitFor(() =>
      expect(screen.getByTestId("standing").textContent).toMatch(/unlike the rest|fewer than five/),
    );
  });

  test("ask for what is chosen, and keep it", async () => {
    const { platform, user } = await renderApp("live", "#/metrics");
    await user.click(await screen.findByTestId("metrics-span-day"));
    await user.selectOptions(screen.getByTestId("metrics-compare"), "previousWeek");
    expect(useMetricsStore.getState()).toMatchObject({ span: "day", compare: "previousWeek" });
    await waitFor(() => expect(asked(platform).at(-1)?.compare).toBe("previousWeek"));
    const last = asked(platform).at(-1);
    if (!last) throw new Error("no chart was asked for");
    expect(last.to - last.from).toBe(86_400_000);
    expect(last.selections).toHaveLength(4);
  });

  test("say that there are none yet", async () => {
    await renderApp("empty", "#/metrics");
    expect((await screen.findByTestId("metrics-empty")).textContent).toContain("as soon as it is reported");
  });
});

describe("lines", () => {
  test("of one unit share a chart, whatever their times", () => {
    const lines = [
      line("a", "ms", [1000, 3000], [1, 3]),
      line("b", "ms", [2000, 3000, 4000], [20, null, 40]),
      line("c", "%", [1000], [5]),
    ];
    expect(byUnit(lines).map((group) => [group.unit, group.lines.length])).toEqual([
      ["ms", 2],
      ["%", 1],
    ]);
    const [times, ...values] = joined(lines.slice(0, 2));
    expect(times).toEqual([1, 2, 3, 4]);
    expect(values[0]?.[0]).toBe(1);
    expect(values[1]?.[2]).toBeNull();
  });

  test("have a colour of their own in their chart, a dashboard the same in each", () => {
    const of = (name: string, unit: string, dashboardId: string) => {
      const one = line(name, unit, [], []);
      return { ...one, selection: { ...one.selection, dashboard: { hub: "h", dashboardId } } };
    };
    const lines = [of("a", "ms", "x"), of("a", "ms", "y"), of("b", "%", "x"), of("b", "%", "y")];
    expect(lines.map((one) => colourOf(lines, one))).toEqual([1, 2, 1, 2]);
  });

  test("are as many as can be told apart", () => {
    const dashboards = Array.from({ length: 30 }, (_, index) => ({ hub: "h", dashboardId: `d${index}` }));
    expect(selectionsOf(["a", "b"], dashboards)).toHaveLength(MOST_LINES);
  });

  test("have the value of the point before the crosshair", () => {
    const one = line("a", "ms", [1000, 2000, 3000], [1, null, 3]);
    expect([500, 1000, 1999, 2500, 9000].map((at) => valueAt(one, at))).toEqual([null, 1, 1, null, 3]);
  });
});
