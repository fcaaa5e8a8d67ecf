import { memo, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import type { Chart } from "../bindings/Chart";
import type { HubKey } from "../bindings/HubKey";
import { Text } from "../components/Text";
import { formatUnit } from "../format/numbers";
import { formatTime } from "../format/times";
import { MissingOverPlot } from "../frame/missing/MissingOverPlot";
import { chartData, chartOptions, chartShape, readPaint } from "./chartOptions";
import { MarkerTip } from "./MarkerTip";
import { drawMarkers, markersAt, type PlotMarker } from "./markers";
import { useInSight } from "./useInSight";
import { useThemeName } from "./useThemeName";

const HEIGHT = 132;

interface TimeChartProps {
  chart: Chart;
  /** Charts of the same key share their crosshair. */
  syncKey: string;
  /** Whether it takes two columns of its grid. */
  wide: boolean;
  /** Whose records it is drawn from. */
  hub: HubKey;
  markers: readonly PlotMarker[];
}

/** One chart. Another shape builds it anew, another width resizes it, other points are set; out of sight it rests. */
export const TimeChart = memo(function TimeChart({ chart, syncKey, wide, hub, markers }: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const drawn = useRef<Chart | null>(null);
  const latest = useRef(chart);
  latest.current = chart;
  const marked = useRef(markers);
  marked.current = markers;
  const [hover, setHover] = useState<{ markers: PlotMarker[]; left: number; width: number } | null>(null);
  const inSight = useInSight(box);
  const theme = useThemeName();
  const [point, setPoint] = useState<number | null>(null);
  const [over, setOver] = useState<HTMLElement | null>(null);
  const hubs = useMemo(() => [hub], [hub]);
  const shape = chartShape(chart);
  const empty = chart.times.length === 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another shape or theme builds the chart anew
  useEffect(() => {
    const element = box.current;
    if (!element || !inSight || empty) return;
    const style = getComputedStyle(element);
    const options = chartOptions({
      chart: latest.current,
      width: element.clientWidth,
      height: HEIGHT,
      paint: readPaint(element),
      syncKey,
      onPoint: (index, self) => {
        setPoint(index);
        const { left } = self.cursor;
        const under =
          left !== undefined && left >= 0 && element.matches(":hover")
            ? markersAt(self, marked.current, left)
            : [];
        const width = self.width;
        setHover(
          under.length > 0 ? { markers: under, left: self.over.offsetLeft + (left ?? 0), width } : null,
        );
      },
      onDrawAxes: (self) => drawMarkers(self, marked.current, (name) => style.getPropertyValue(name).trim()),
      span: () => [latest.current.from / 1000, latest.current.to / 1000],
    });
    const made = new uPlot(options, chartData(latest.current), element);
    plot.current = made;
    setOver(made.over);
    drawn.current = latest.current;
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
      drawn.current = null;
    };
  }, [shape, theme, syncKey, inSight, empty]);

  const drawnMarkers = useRef(markers);
  useEffect(() => {
    if (!plot.current || (drawn.current === chart && drawnMarkers.current === markers)) return;
    drawn.current = chart;
    drawnMarkers.current = markers;
    plot.current.setData(chartData(chart));
  }, [chart, markers]);

  const at = point === null ? undefined : chart.times[point];
  return (
    <figure
      className={`panel min-w-0 px-3 pt-2 pb-1 ${wide ? "col-span-2" : ""}`}
      data-testid={`chart-${chart.key}`}
    >
      <figcaption className="flex items-baseline gap-2">
        <Text value={chart.title} className="truncate font-[560]" titled />
        {chart.unit !== "" && chart.series.length > 1 && (
          <span className="text-fg-3 text-sm">{chart.unit}</span>
        )}
        {chart.series.length === 1 && (
          <span className="ml-auto flex-none text-right">{valueAt(chart, 0, point)}</span>
        )}
      </figcaption>
      {chart.series.length > 1 && (
        <ul className="flex flex-wrap gap-x-3 text-fg-2 text-sm">
          {chart.series.map((series, index) => (
            <li key={series.label} className="flex items-center gap-1.5">
              <span className="h-0.5 w-2.5" style={{ background: `var(--series-${(index % 6) + 1})` }} />
              <Text value={series.label} className="max-w-28 truncate" titled />
              <span className="text-fg">{valueAt(chart, index, point)}</span>
            </li>
          ))}
        </ul>
      )}
      <div className="relative">
        {hover && <MarkerTip {...hover} />}
        <div
          ref={box}
          style={{ height: HEIGHT }}
          className="relative grid min-w-0 place-items-center overflow-hidden"
        >
          {at !== undefined && (
            <time className="pointer-events-none absolute top-0 right-1 z-10 bg-surface px-1 text-fg-2 text-xs">
              {formatTime(at)}
            </time>
          )}
          <MissingOverPlot over={over} from={chart.from} to={chart.to} hubs={hubs} />
          {empty && <p className="text-fg-3 text-sm">No values in this span</p>}
        </div>
      </div>
    </figure>
  );
});

/** The value under the crosshair, else the newest. */
function valueAt(chart: Chart, index: number, point: number | null): string {
  const series = chart.series[index];
  return formatUnit(point === null ? series?.latest : series?.values[point], chart.unit);
}
