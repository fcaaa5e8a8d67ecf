import uPlot from "uplot";
import type { SeriesLine } from "../../bindings/SeriesLine";
import { drawBounds, type PlotBound, type PlotFiring, spanWith } from "../../charts/bounds";
import { axisLabel, type ChartPaint } from "../../charts/chartOptions";
import { drawMarkers, type PlotMarker } from "../../charts/markers";
import type { Stretch } from "../../frame/conductor/span";
import { colourOf } from "./lines";

interface PlotInput {
  unit: string;
  lines: readonly SeriesLine[];
  /** Every line of the page: colours are the same in all charts. */
  all: readonly SeriesLine[];
  width: number;
  height: number;
  /** How much larger than on the screen everything is drawn. */
  scale: number;
  paint: ChartPaint;
  /** A token of the theme. */
  token: (name: string) => string;
  stretch: () => Stretch;
  markers: () => readonly PlotMarker[];
  /** Values drawn as lines across; the axis shows them. */
  bounds?: () => readonly PlotBound[];
  /** Times drawn as shaded stretches. */
  firings?: () => readonly PlotFiring[];
}

/** How lines of one unit over time are drawn: the same on the screen and in a picture. */
export function plotOptions(input: PlotInput): uPlot.Options {
  const { unit, lines, all, width, height, scale, paint, token } = input;
  const letter = 6.4 * scale;
  const axis: uPlot.Axis = {
    stroke: paint.axis,
    font: `${11 * scale}px ${token("--font")}`,
    grid: { stroke: paint.grid, width: scale },
    ticks: { show: false },
  };
  return {
    width,
    height,
    padding: [8 * scale, 16 * scale, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: {
      x: {
        time: true,
        range: () => {
          const { from, to } = input.stretch();
          return [from / 1000, to / 1000];
        },
      },
      y: input.bounds
        ? { range: (_, least, greatest) => spanWith(input.bounds?.() ?? [], least, greatest) }
        : { range: { min: { pad: 0.08, soft: 0, mode: 2 }, max: { pad: 0.12 } } },
    },
    axes: [
      { ...axis, size: 24 * scale, gap: 3 * scale, space: 80 * scale, values: timeLabels },
      {
        ...axis,
        size: (_, labels) =>
          Math.max(40 * scale, ...(labels ?? []).map((text) => text.length * letter + 12 * scale)),
        gap: 4 * scale,
        space: 32 * scale,
        values: (_, splits) => splits.map((value) => axisLabel(value, unit)),
      },
    ],
    series: [
      {},
      ...lines.map(
        (line): uPlot.Series => ({
          stroke: paint.series[colourOf(all, line) - 1] ?? paint.axis,
          width: (line.shiftedBy === 0 ? 1.5 : 1) * scale,
          ...(line.shiftedBy === 0 ? {} : { dash: [4 * scale, 4 * scale], alpha: 0.7 }),
          spanGaps: false,
          points: { show: line.times.length < 40, size: 4 * scale },
        }),
      ),
    ],
    hooks: {
      drawAxes: [
        (plot) => {
          drawMarkers(plot, input.markers(), token);
          if (input.bounds || input.firings)
            drawBounds(plot, input.bounds?.() ?? [], input.firings?.() ?? [], token);
        },
      ],
    },
  };
}

/** The time of day in UTC; the date at midnight, and where the steps are days. */
function timeLabels(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
  return splits.map((seconds) => {
    const text = new Date(seconds * 1000).toISOString();
    if (step >= 86_400 || seconds % 86_400 === 0) return text.slice(5, 10);
    return step < 60 ? text.slice(11, 19) : text.slice(11, 16);
  });
}
