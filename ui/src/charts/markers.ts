import type uPlot from "uplot";
import type { MarkerKind } from "../bindings/MarkerKind";
import type { Status } from "../bindings/Status";
import type { Timestamp } from "../bindings/Timestamp";
import { plainLine } from "../format/plainText";
import { milliseconds } from "../format/times";

/** An alert or a command, where it stands on a chart. */
export interface PlotMarker {
  kind: MarkerKind;
  at: Timestamp;
  title: string;
  status: Status;
  dashboardName: string;
}

/** How near to one the crosshair must be, in pixels. */
const NEAR = 6;

/** Draws each marker as a line with a mark that tells alerts (above, in colour) from commands (below, grey). */
export function drawMarkers(
  plot: uPlot,
  markers: readonly PlotMarker[],
  token: (name: string) => string,
): void {
  const { ctx, bbox } = plot;
  const size = Math.max(4, Math.round(bbox.height / 60));
  ctx.save();
  for (const marker of markers) {
    const at = milliseconds(marker.at);
    if (at === null) continue;
    const x = Math.round(plot.valToPos(at / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const isAlert = marker.kind === "alert";
    const [top, bottom] = [bbox.top, bbox.top + bbox.height];
    ctx.fillStyle = isAlert ? token(`--${marker.status}`) : token("--text-3");
    ctx.globalAlpha = isAlert ? 0.6 : 0.45;
    ctx.fillRect(x, top, Math.max(1, Math.round(size / 5)), bbox.height);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    if (isAlert) {
      ctx.moveTo(x - size, top);
      ctx.lineTo(x + size, top);
      ctx.lineTo(x, top + size * 1.4);
    } else {
      ctx.moveTo(x - size, bottom);
      ctx.lineTo(x + size, bottom);
      ctx.lineTo(x, bottom - size * 1.4);
    }
    ctx.closePath();
    ctx.fill();
  }
  ctx.restore();
}

/** The markers under the crosshair, which stands `left` pixels from the left of the plot; at most three. */
export function markersAt<M extends PlotMarker>(plot: uPlot, markers: readonly M[], left: number): M[] {
  return markers
    .filter((marker) => {
      const at = milliseconds(marker.at);
      return at !== null && Math.abs(plot.valToPos(at / 1000, "x") - left) <= NEAR;
    })
    .slice(0, 3);
}

/** A marker in words. */
export function markerText(marker: PlotMarker): string {
  const what = marker.kind === "alert" ? "Alert" : "Command";
  return `${what}: ${plainLine(marker.title)} · ${plainLine(marker.dashboardName)}`;
}
