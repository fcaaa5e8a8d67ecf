import uPlot from "uplot";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { SeriesLine } from "../../bindings/SeriesLine";
import type { SeriesSelection } from "../../bindings/SeriesSelection";
import { keyText } from "../../navigation/route";

/** Lines the console draws at most. */
export const MOST_LINES = 24;

/** Every series of every dashboard, as many as are drawn. */
export function selectionsOf(
  series: readonly string[],
  dashboards: readonly DashboardKey[],
): SeriesSelection[] {
  return series.flatMap((name) => dashboards.map((dashboard) => ({ dashboard, name }))).slice(0, MOST_LINES);
}

/** Lines of one unit, which share a chart. */
export interface UnitGroup {
  unit: string;
  lines: SeriesLine[];
}

export function byUnit(lines: readonly SeriesLine[]): UnitGroup[] {
  const groups: UnitGroup[] = [];
  for (const line of lines) {
    const known = groups.find((group) => group.unit === line.unit);
    if (known) known.lines.push(line);
    else groups.push({ unit: line.unit, lines: [line] });
  }
  return groups;
}

/** The points of all lines over one axis of times, as uPlot takes them; in seconds. A line's gaps stay gaps. */
export function joined(lines: readonly SeriesLine[]): uPlot.AlignedData {
  if (lines.length === 0) return [[]];
  const tables = lines.map((line): uPlot.AlignedData => [line.times.map((time) => time / 1000), line.values]);
  return uPlot.join(tables);
}

/** What a line is called. */
export function lineLabel(line: SeriesLine): string {
  const when = line.shiftedBy === 0 ? "" : line.shiftedBy > 86_400_000 ? ", a week before" : ", a day before";
  return `${line.dashboardName}: ${line.title}${when}`;
}

/**
 * The colour of a line, told apart from the others of its chart: a dashboard has the same in each, and a compared line that
 * of the line it is compared with.
 */
export function colourOf(lines: readonly SeriesLine[], line: SeriesLine): number {
  const own = lines.filter((other) => other.shiftedBy === 0 && other.unit === line.unit);
  const place = own.findIndex(
    (other) =>
      other.selection.name === line.selection.name &&
      keyText(other.selection.dashboard) === keyText(line.selection.dashboard),
  );
  return (Math.max(0, place) % 6) + 1;
}
