import { memo, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import type { ChartMarker } from "../../bindings/ChartMarker";
import type { SeriesLine } from "../../bindings/SeriesLine";
import type { PlotBound, PlotFiring } from "../../charts/bounds";
import { readPaint } from "../../charts/chartOptions";
import { MarkerTip } from "../../charts/MarkerTip";
import { markersAt } from "../../charts/markers";
import { useInSight } from "../../charts/useInSight";
import { useThemeName } from "../../charts/useThemeName";
import { between, type Stretch } from "../../frame/conductor/span";
import { MissingOverPlot } from "../../frame/missing/MissingOverPlot";
import { colourOf, joined } from "./lines";
import { plotOptions } from "./plotOptions";

interface SeriesPlotProps {
  unit: string;
  lines: SeriesLine[];
  /** Every line of the page: colours are the same in all charts. */
  all: SeriesLine[];
  markers: ChartMarker[];
  stretch: Stretch;
  height: number;
  onZoom: (stretch: Stretch) => void;
  onZoomBack: () => void;
  /** The time under the crosshair, in milliseconds; null when there is none. */
  onPoint: (at: number | null) => void;
  label: string;
  /** Values drawn as lines across. */
  bounds?: readonly PlotBound[];
  /** Times drawn as shaded stretches. */
  firings?: readonly PlotFiring[];
}

/** The markers under the crosshair, and where they are in the frame. */
interface Hover {
  markers: ChartMarker[];
  left: number;
  width: number;
}

/** Lines of one unit over time. Dragging zooms, a double click goes back; the crosshair is shared with the other charts. */
export const SeriesPlot = memo(function SeriesPlot(props: SeriesPlotProps) {
  const { lines, all, unit, stretch, markers, label, height, bounds, firings } = props;
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const plot = useRef<uPlot | null>(null);
  const [over, setOver] = useState<HTMLElement | null>(null);
  const hubs = useMemo(() => lines.map((line) => line.selection.dashboard.hub), [lines]);
  const [hover, setHover] = useState<Hover | null>(null);
  const inSight = useInSight(box);
  const theme = useThemeName();
  const shape = JSON.stringify([
    unit,
    height,
    lines.map((line) => [line.selection, line.shiftedBy, colourOf(all, line)]),
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another shape or theme builds the chart anew
  useEffect(() => {
    const element = box.current;
    if (!element || !inSight) return;
    const style = getComputedStyle(element);
    const options = plotOptions({
      unit,
      lines,
      all,
      width: element.clientWidth,
      height,
      scale: 1,
      paint: readPaint(element),
      token: (name) => style.getPropertyValue(name).trim(),
      stretch: () => latest.current.stretch,
      markers: () => latest.current.markers,
      ...(latest.current.bounds ? { bounds: () => latest.current.bounds ?? [] } : {}),
      ...(latest.current.firings ? { firings: () => latest.current.firings ?? [] } : {}),
    });
    const made = new uPlot(
      {
        ...options,
        cursor: {
          sync: { key: "metrics" },
          points: { size: 5 },
          drag: { x: true, y: false, setScale: false },
          bind: {
            dblclick: () => () => {
              latest.current.onZoomBack();
              return null;
            },
          },
          y: false,
        },
        hooks: {
          ...options.hooks,
          setCursor: [
            (self) => {
              const { left } = self.cursor;
              const isOver = left !== undefined && left >= 0;
              latest.current.onPoint(isOver ? self.posToVal(left, "x") * 1000 : null);
              const under = isOver ? markersAt(self, latest.current.markers, left) : [];
              // The tip stands where the pointer is, not over every chart of the page.
              const isHere = element.matches(":hover");
              setHover((before) =>
                under.length > 0 && isHere
                  ? { markers: under, left: self.over.offsetLeft + (left ?? 0), width: self.width }
                  : before && null,
              );
            },
          ],
          setSelect: [
            (self) => {
              const { left, width } = self.select;
              const span = between(self.posToVal(left, "x") * 1000, self.posToVal(left + width, "x") * 1000);
              // One of them was dragged over; the others have been told of it.
              if (width > 4 && span && element.matches(":hover")) latest.current.onZoom(span);
              if (width > 0) self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
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
      if (width > 0 && width !== made.width) made.setSize({ width, height });
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
  }, [lines, markers, stretch, bounds, firings]);

  return (
    <div className="relative min-w-0">
      <div
        ref={box}
        role="img"
        aria-label={label}
        data-testid={`plot-${unit || "count"}`}
        style={{ height }}
        className="min-w-0 overflow-hidden"
      >
        <MissingOverPlot over={over} from={stretch.from} to={stretch.to} hubs={hubs} />
      </div>
      {hover && <MarkerTip {...hover} />}
    </div>
  );
});
