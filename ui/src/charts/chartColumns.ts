import type { Chart } from "../bindings/Chart";

const MINIMUM_WIDTH = 196;
const GAP = 10;
const MOST = 5;

/** Whether a chart takes two columns: several series need the room for their legend. */
export function isWide(chart: Pick<Chart, "series">, columns: number): boolean {
  return chart.series.length > 1 && columns > 1;
}

/**
 * How many columns the charts of a group stand in: as few as need no more rows than the most columns that fit, so that
 * rows are filled evenly and five charts never leave one alone.
 */
export function chartColumns(width: number, charts: ReadonlyArray<Pick<Chart, "series">>): number {
  const fit = Math.max(1, Math.min(MOST, Math.floor((width + GAP) / (MINIMUM_WIDTH + GAP))));
  const cells = charts.reduce((sum, chart) => sum + (isWide(chart, fit) ? 2 : 1), 0);
  const rows = Math.max(1, Math.ceil(cells / fit));
  const even = Math.ceil(cells / rows);
  return Math.max(1, Math.min(fit, Math.max(even, charts.some((chart) => isWide(chart, fit)) ? 2 : 1)));
}
