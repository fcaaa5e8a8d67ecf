import uPlot from "uplot";
import type { Chart } from "../bindings/Chart";
import { formatUnit } from "../format/numbers";

/** Colours and type of the page, as a canvas needs them. */
export interface ChartPaint {
  series: string[];
  axis: string;
  grid: string;
  font: string;
}

export function readPaint(element: Element): ChartPaint {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    series: [1, 2, 3, 4, 5, 6].map((index) => token(`--series-${index}`)),
    axis: token("--text-3"),
    grid: token("--line"),
    font: `11px ${token("--font")}`,
  };
}

/** The chart's points as uPlot takes them; times in seconds. */
export function chartData(chart: Chart): uPlot.AlignedData {
  return [chart.times.map((time) => time / 1000), ...chart.series.map((series) => series.values)];
}

/** What makes a chart another one, its points aside. */
export function chartShape(chart: Chart): string {
  return JSON.stringify([chart.key, chart.unit, chart.series.map((series) => series.label)]);
}

const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

/** Steps of an axis of bytes: powers of two, so that its labels are round. */
const byteSteps = Array.from({ length: 54 }, (_, power) => 2 ** power);

/** Steps of an axis of times, in seconds. */
const timeSteps = [
  1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
];

/** Short labels for an axis: the unit stands beside the value. */
export function axisLabel(value: number, unit: string): string {
  if ((unit === "" || unit === "/s") && Math.abs(value) >= 10_000) return short.format(value);
  const text = formatUnit(value, unit);
  return unit === "" || unit === "B" || unit === "B/s"
    ? text.replace("/s", "")
    : text.replace(` ${unit}`, "");
}

interface OptionsInput {
  chart: Chart;
  width: number;
  height: number;
  paint: ChartPaint;
  syncKey: string;
  /** Called with the place of the point under the crosshair; null when there is none. */
  onPoint: (index: number | null, plot: uPlot) => void;
  /** The span that is shown, in seconds. */
  span: () => [number, number];
  /** Draws over the grid, beneath the series. */
  onDrawAxes: (plot: uPlot) => void;
}

export function chartOptions({
  chart,
  width,
  height,
  paint,
  syncKey,
  onPoint,
  span,
  onDrawAxes,
}: OptionsInput): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: paint.axis,
    font: paint.font,
    grid: { stroke: paint.grid, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    // Room on the right for half a time label.
    padding: [8, 16, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    cursor: { sync: { key: syncKey }, points: { size: 5 }, drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: true, range: () => span() },
      y: { range: { min: { soft: 0, mode: 1, pad: 0, hard: undefined }, max: { pad: 0.12 } } },
    },
    axes: [
      { ...axis, size: 22, gap: 3, space: 70, incrs: timeSteps, values: timeLabels },
      {
        ...axis,
        size: (_, labels) => Math.max(34, ...(labels ?? []).map((label) => label.length * 6.4 + 10)),
        gap: 4,
        ...(chart.unit.startsWith("B") ? { incrs: byteSteps } : {}),
        space: 28,
        values: (_, splits) => splits.map((value) => axisLabel(value, chart.unit)),
      },
    ],
    series: [
      {},
      ...chart.series.map((series, index): uPlot.Series => {
        const stroke = paint.series[index % paint.series.length];
        return {
          label: series.label,
          stroke,
          width: 1.4,
          spanGaps: false,
          points: {
            show: (plot, place) => isLone(plot.data[place], plot.data[0].length),
            size: 3,
            fill: stroke,
          },
          ...(chart.series.length === 1 && stroke ? { fill: `${stroke}18` } : {}),
        };
      }),
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null, plot)], drawAxes: [onDrawAxes] },
  };
}

/** Few points are shown as points: a single one would otherwise not be seen at all. */
function isLone(values: ArrayLike<number | null | undefined> | undefined, length: number): boolean {
  if (!values || length > 60) return false;
  return Array.from(values).some(
    (value, index) =>
      value !== null && value !== undefined && values[index - 1] == null && values[index + 1] == null,
  );
}

function timeLabels(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
  return splits.map((seconds) => {
    const text = new Date(seconds * 1000).toISOString();
    return step < 60 ? text.slice(11, 19) : text.slice(11, 16);
  });
}
