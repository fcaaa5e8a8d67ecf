import { memo, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import type { ChartMarker } from "../../bindings/ChartMarker";
import type { SeriesLine } from "../../bindings/SeriesLine";
import { axisLabel, readPaint } from "../../charts/chartOptions";
import { useInSight } from "../../charts/useInSight";
import { useThemeName } from "../../charts/useThemeName";
import { milliseconds } from "../../format/times";
import { MissingOverPlot } from "../../frame/missing/MissingOverPlot";
import { colourOf, joined } from "./lines";
import type { Stretch } from "./metricsSpan";

const HEIGHT = 220;

interface SeriesPlotProps {
  unit: string;
  lines: SeriesLine[];
  /** Every line of the page: colours are the same in all charts. */
  all: SeriesLine[];
  markers: ChartMarker[];
  stretch: Stretch;
  onZoom: (stretch: Stretch) => void;
  /** The time under the crosshair, in milliseconds; null when there is none. */
  onPoint: (at: number | null) => void;
  label: string;
}

/** Lines of one unit over time. Dragging zooms, a double click goes back; the crosshair is shared with the other charts. */
export const SeriesPlot = memo(function SeriesPlot(props: SeriesPlotProps) {
  const { lines, all, unit, stretch, markers, label } = props;
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const plot = useRef<uPlot | null>(null);
  const [over, setOver] = useState<HTMLElement | null>(null);
  const hubs = useMemo(() => lines.map((line) => line.selection.dashboard.hub), [lines]);
  const inSight = useInSight(box);
  const theme = useThemeName();
  const shape = JSON.stringify([
    unit,
    lines.map((line) => [line.selection, line.shiftedBy, colourOf(all, line)]),
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another shape or theme builds the chart anew
  useEffect(() => {
    const element = box.current;
    if (!element || !inSight) return;
    const paint = readPaint(element);
    const token = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: paint.axis,
      font: paint.font,
      grid: { stroke: paint.grid, width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        cursor: {
          sync: { key: "metrics" },
          points: { size: 5 },
          drag: { x: true, y: false, setScale: false },
          y: false,
        },
        scales: {
          x: {
            time: true,
            range: () => [latest.current.stretch.from / 1000, latest.current.stretch.to / 1000],
          },
          y: { range: { min: { pad: 0.08, soft: 0, mode: 2 }, max: { pad: 0.12 } } },
        },
        axes: [
          { ...axis, size: 24, gap: 3, space: 80, values: timeLabels },
          {
            ...axis,
            size: (_, labels) => Math.max(40, ...(labels ?? []).map((text) => text.length * 6.4 + 12)),
            gap: 4,
            space: 32,
            values: (_, splits) => splits.map((value) => axisLabel(value, unit)),
          },
        ],
        series: [
          {},
          ...lines.map(
            (line): uPlot.Series => ({
              stroke: paint.series[colourOf(all, line) - 1] ?? paint.axis,
              width: line.shiftedBy === 0 ? 1.5 : 1,
              ...(line.shiftedBy === 0 ? {} : { dash: [4, 4], alpha: 0.7 }),
              spanGaps: false,
              points: { show: line.times.length < 40, size: 4 },
            }),
          ),
        ],
        hooks: {
          setCursor: [
            (self) => {
              const { left } = self.cursor;
              const at = left === undefined || left < 0 ? null : self.posToVal(left, "x") * 1000;
              latest.current.onPoint(at);
            },
          ],
          setSelect: [
            (self) => {
              const { left, width } = self.select;
              if (width > 4) {
                const from = self.posToVal(left, "x") * 1000;
                const to = self.posToVal(left + width, "x") * 1000;
                latest.current.onZoom({ from: Math.round(from), to: Math.round(to) });
              }
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
          drawAxes: [
            (self) => {
              const { ctx, bbox } = self;
              ctx.save();
              for (const marker of latest.current.markers) {
                const at = milliseconds(marker.at);
                if (at === null) continue;
                const x = Math.round(self.valToPos(at / 1000, "x", true));
                if (x < bbox.left || x > bbox.left + bbox.width) continue;
                ctx.fillStyle = marker.kind === "alert" ? token(`--${marker.status}`) : token("--text-3");
                ctx.globalAlpha = marker.kind === "alert" ? 0.75 : 0.5;
                ctx.fillRect(x, bbox.top, marker.kind === "alert" ? 2 : 1, bbox.height);
              }
              ctx.restore();
            },
          ],
        },
      },
      joined(latest.current.lines),
      element,
    );
    plot.current = made;
    setOver(made.over);
    const observer = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0 && width !== made.width) made.setSize({ width, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      setOver(null);
      made.destroy();
      plot.current = null;
    };
  }, [shape, theme, inSight]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the markers and the span are drawn too
  useEffect(() => {
    plot.current?.setData(joined(lines));
  }, [lines, markers, stretch]);

  return (
    <div
      ref={box}
      role="img"
      aria-label={label}
      data-testid={`plot-${unit || "count"}`}
      style={{ height: HEIGHT }}
      className="min-w-0 overflow-hidden"
    >
      <MissingOverPlot over={over} from={stretch.from} to={stretch.to} hubs={hubs} />
    </div>
  );
});

/** The time of day in UTC; the date at midnight, and where the steps are days. */
function timeLabels(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
  return splits.map((seconds) => {
    const text = new Date(seconds * 1000).toISOString();
    if (step >= 86_400 || seconds % 86_400 === 0) return text.slice(5, 10);
    return step < 60 ? text.slice(11, 19) : text.slice(11, 16);
  });
}
