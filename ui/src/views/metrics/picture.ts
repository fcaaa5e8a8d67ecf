import uPlot from "uplot";
import type { ChartMarker } from "../../bindings/ChartMarker";
import type { SeriesLine } from "../../bindings/SeriesLine";
import { readPaint } from "../../charts/chartOptions";
import { formatUnit } from "../../format/numbers";
import { plainLine } from "../../format/plainText";
import { formatInstant } from "../../format/times";
import type { Stretch } from "../../frame/conductor/span";
import { byUnit, colourOf, joined, lineLabel } from "./lines";
import { plotOptions } from "./plotOptions";

/** Sizes a picture can have, in pixels. */
export const pictureSizes = [
  { value: "1280x720", label: "1280 × 720", width: 1280, height: 720, scale: 1 },
  { value: "1920x1080", label: "1920 × 1080", width: 1920, height: 1080, scale: 1.5 },
  { value: "3840x2160", label: "3840 × 2160", width: 3840, height: 2160, scale: 3 },
] as const;

export type PictureSize = (typeof pictureSizes)[number]["value"];

export interface PictureInput {
  lines: SeriesLine[];
  markers: ChartMarker[];
  stretch: Stretch;
}

/** What stands over a picture, and names its file. */
export function pictureTitle(lines: readonly SeriesLine[]): string {
  const titles = [...new Set(lines.map((line) => plainLine(line.title)))];
  return titles.length > 3
    ? `${titles.slice(0, 3).join(", ")} and ${titles.length - 3} more`
    : titles.join(", ");
}

/** The span in words, with its time zone. */
export function spanText({ from, to }: Stretch): string {
  const [begin, end] = [formatInstant(from).slice(0, 19), formatInstant(to).slice(0, 19)];
  return begin.slice(0, 10) === end.slice(0, 10)
    ? `${begin} – ${end.slice(11)} UTC`
    : `${begin} – ${end} UTC`;
}

/**
 * Draws all charts of the page into one picture, in the theme that is shown: title, span, legend, charts below each other,
 * markers, and when it was made.
 */
export async function drawPicture(
  canvas: HTMLCanvasElement,
  { lines, markers, stretch }: PictureInput,
  size: PictureSize,
  madeAt: number,
): Promise<void> {
  const { width, height, scale } = pictureSizes.find((one) => one.value === size) ?? pictureSizes[0];
  canvas.width = width;
  canvas.height = height;
  const brush = canvas.getContext("2d");
  if (!brush) throw new Error("This system gives no canvas to draw on.");
  await document.fonts.ready;
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  const write = (text: string, x: number, y: number, points: number, weight: number, colour: string) => {
    brush.font = `${weight} ${points * scale}px ${token("--font")}`;
    brush.fillStyle = token(colour);
    brush.fillText(text, x, y);
    return brush.measureText(text).width;
  };
  const edge = 28 * scale;

  brush.fillStyle = token("--surface");
  brush.fillRect(0, 0, width, height);
  brush.textBaseline = "alphabetic";
  write(pictureTitle(lines), edge, edge + 16 * scale, 20, 600, "--text");
  write(spanText(stretch), edge, edge + 40 * scale, 13, 400, "--text-2");

  // The legend: as many rows as it takes, each entry with its line as it is drawn.
  let [x, y] = [edge, edge + 68 * scale];
  for (const line of lines) {
    const text = lineLabel(line);
    brush.font = `400 ${13 * scale}px ${token("--font")}`;
    const entry = brush.measureText(text).width + 46 * scale;
    if (x > edge && x + entry > width - edge) {
      x = edge;
      y += 22 * scale;
    }
    brush.strokeStyle = token(`--series-${colourOf(lines, line)}`);
    brush.lineWidth = 2 * scale;
    brush.setLineDash(line.shiftedBy === 0 ? [] : [4 * scale, 3 * scale]);
    brush.beginPath();
    brush.moveTo(x, y - 4 * scale);
    brush.lineTo(x + 18 * scale, y - 4 * scale);
    brush.stroke();
    brush.setLineDash([]);
    write(text, x + 24 * scale, y, 13, 400, "--text");
    x += entry;
  }

  const groups = byUnit(lines);
  const top = y + 18 * scale;
  const bottom = height - edge - 22 * scale;
  const each = (bottom - top) / Math.max(1, groups.length);
  for (const [index, group] of groups.entries()) {
    const place = top + index * each;
    const heading = group.unit === "" ? "count" : group.unit;
    write(heading, edge, place + 14 * scale, 12, 500, "--text-3");
    const drawn = await drawnPlot({
      lines: group.lines,
      all: lines,
      unit: group.unit,
      markers,
      stretch,
      width: width - 2 * edge,
      height: each - 26 * scale,
      scale,
    });
    brush.drawImage(drawn, edge, place + 20 * scale, width - 2 * edge, each - 26 * scale);
  }

  const foot = height - edge + 4 * scale;
  const worst = markers.filter((marker) => marker.kind === "alert").length;
  const commands = markers.length - worst;
  const marks = [
    worst > 0 ? `${formatUnit(worst, "")} ${worst === 1 ? "alert" : "alerts"} (marked above)` : "",
    commands > 0
      ? `${formatUnit(commands, "")} ${commands === 1 ? "command" : "commands"} (marked below)`
      : "",
  ].filter(Boolean);
  write(["Times are UTC", ...marks].join(" · "), edge, foot, 12, 400, "--text-3");
  brush.textAlign = "right";
  write(
    `Mission Control, ${formatInstant(madeAt).slice(0, 19)} UTC`,
    width - edge,
    foot,
    12,
    400,
    "--text-3",
  );
  brush.textAlign = "left";
}

interface PlotPicture {
  lines: SeriesLine[];
  all: SeriesLine[];
  unit: string;
  markers: ChartMarker[];
  stretch: Stretch;
  width: number;
  height: number;
  scale: number;
}

/** One chart, drawn as on the screen but out of sight; of the size in pixels that is asked for. */
async function drawnPlot(input: PlotPicture): Promise<HTMLCanvasElement> {
  const ratio = uPlot.pxRatio;
  const root = document.documentElement;
  const style = getComputedStyle(root);
  const options = plotOptions({
    ...input,
    width: Math.round(input.width / ratio),
    height: Math.round(input.height / ratio),
    scale: input.scale / ratio,
    paint: readPaint(root),
    token: (name) => style.getPropertyValue(name).trim(),
    stretch: () => input.stretch,
    markers: () => input.markers,
  });
  const frame = document.createElement("div");
  const plot = await new Promise<uPlot>((done) => {
    const hooks = { ...options.hooks, draw: [(made: uPlot) => done(made)] };
    new uPlot({ ...options, cursor: { show: false }, hooks }, joined(input.lines), frame);
  });
  const { canvas } = plot.ctx;
  // Copied, since the plot takes its canvas along.
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  plot.destroy();
  return copy;
}
