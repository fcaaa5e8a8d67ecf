import uPlot from "uplot";

/** A value drawn as a line across a chart. */
export interface PlotBound {
  value: number;
  label: string;
  /** Whether a rule fires there; else it clears there. */
  fires: boolean;
}

/** A time in which a rule held, or would have; in milliseconds. Still going on with null. */
export interface PlotFiring {
  from: number;
  to: number | null;
}

/** Draws each firing as a shaded stretch with its beginning marked, and each bound as a dashed line with its name. */
export function drawBounds(
  plot: uPlot,
  bounds: readonly PlotBound[],
  firings: readonly PlotFiring[],
  token: (name: string) => string,
): void {
  const { ctx, bbox } = plot;
  const ratio = Math.max(1, uPlot.pxRatio || 1);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const firing of firings) {
    const from = plot.valToPos(firing.from / 1000, "x", true);
    const to = firing.to === null ? bbox.left + bbox.width : plot.valToPos(firing.to / 1000, "x", true);
    ctx.fillStyle = token("--serious");
    ctx.globalAlpha = 0.16;
    ctx.fillRect(from, bbox.top, Math.max(2 * ratio, to - from), bbox.height);
    ctx.globalAlpha = 0.9;
    ctx.fillRect(from, bbox.top, Math.max(1, ratio), bbox.height);
  }
  ctx.globalAlpha = 1;
  for (const bound of bounds) {
    const y = Math.round(plot.valToPos(bound.value, "y", true)) + 0.5;
    const colour = token(bound.fires ? "--serious" : "--text-3");
    ctx.strokeStyle = colour;
    ctx.lineWidth = ratio;
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.font = `${11 * ratio}px ${token("--font")}`;
    ctx.textAlign = "right";
    // Beside the line, and inside the plot.
    const above = y - bbox.top > 16 * ratio;
    ctx.textBaseline = above ? "bottom" : "top";
    const at = bbox.left + bbox.width - 4 * ratio;
    const width = ctx.measureText(bound.label).width;
    ctx.fillStyle = token("--surface");
    ctx.globalAlpha = 0.8;
    ctx.fillRect(at - width - 2 * ratio, above ? y - 15 * ratio : y + ratio, width + 4 * ratio, 14 * ratio);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colour;
    ctx.fillText(bound.label, at, above ? y - 2 * ratio : y + 2 * ratio);
  }
  ctx.restore();
}

/** The span of an axis that shows the values and the bounds, with some room. */
export function spanWith(
  bounds: readonly PlotBound[],
  least: number | null,
  greatest: number | null,
): [number, number] {
  const values = [...bounds.map((bound) => bound.value)];
  if (least !== null && Number.isFinite(least)) values.push(least);
  if (greatest !== null && Number.isFinite(greatest)) values.push(greatest);
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * 0.12;
  // Counts and shares begin at nothing, as long as that does not squeeze them.
  const from = low >= 0 && low < high * 0.6 ? 0 : low - room;
  return [from, high + room];
}
