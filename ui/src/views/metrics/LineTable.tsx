import type { SeriesLine } from "../../bindings/SeriesLine";
import { Button } from "../../components/Button";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatUnit } from "../../format/numbers";
import { formatInstant } from "../../format/times";
import { colourOf } from "./lines";

interface LineTableProps {
  lines: SeriesLine[];
  /** The time under the crosshair. */
  point: number | null;
  onRemove: (line: SeriesLine) => void;
}

/** Each line in numbers: under the crosshair, and over the whole span. */
export function LineTable({ lines, point, onRemove }: LineTableProps) {
  return (
    <table className="w-full text-sm" data-testid="line-table">
      <thead>
        <tr className="text-left text-fg-3 [&>th]:px-2 [&>th]:py-1 [&>th]:font-normal">
          <th scope="col">Dashboard</th>
          <th scope="col">Series</th>
          <th scope="col" className="text-right">
            {point === null ? "Last" : "At the line"}
          </th>
          <th scope="col" className="text-right">
            Mean
          </th>
          <th scope="col" className="text-right">
            Least
          </th>
          <th scope="col" className="text-right">
            Greatest
          </th>
          <th scope="col" className="text-right">
            Samples
          </th>
          <th scope="col">
            <span className="sr-only">Remove</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => {
          const { numbers, unit } = line;
          const number = (value: number | null | undefined) => (
            <td className="px-2 text-right tabular-nums">{formatUnit(value, unit)}</td>
          );
          return (
            <tr
              key={`${line.selection.dashboard.hub}/${line.selection.dashboard.dashboardId}/${line.selection.name}/${line.shiftedBy}`}
              className="border-t border-line [&>td]:py-1"
            >
              <td className="max-w-56 px-2">
                <span className="flex min-w-0 items-center gap-2">
                  <span
                    aria-hidden="true"
                    className={`w-3.5 flex-none border-t-2 ${line.shiftedBy === 0 ? "" : "border-dashed"}`}
                    style={{ borderColor: `var(--series-${colourOf(lines, line)})` }}
                  />
                  <Text value={line.dashboardName} className="truncate" titled />
                </span>
              </td>
              <td className="max-w-64 px-2 text-fg-2">
                <span className="flex min-w-0 items-center gap-2">
                  <Text value={line.title} className="truncate" titled />
                  {line.shiftedBy > 0 && (
                    <span className="flex-none text-fg-3">
                      {line.shiftedBy > 86_400_000 ? "a week before" : "a day before"}
                    </span>
                  )}
                  {line.problem && (
                    <span className="flex flex-none items-center gap-1 text-caution" title={line.problem}>
                      <StatusIcon status="caution" label="" /> cannot be read
                    </span>
                  )}
                  {!line.isComplete && <span className="flex-none text-fg-3">still being read in</span>}
                </span>
              </td>
              {number(point === null ? numbers?.last : valueAt(line, point))}
              {number(numbers?.mean)}
              <td className="px-2 text-right tabular-nums" title={formatInstant(numbers?.minAt)}>
                {formatUnit(numbers?.min, unit)}
              </td>
              <td className="px-2 text-right tabular-nums" title={formatInstant(numbers?.maxAt)}>
                {formatUnit(numbers?.max, unit)}
              </td>
              <td className="px-2 text-right text-fg-2 tabular-nums">
                {formatUnit(numbers?.count ?? 0, "")}
              </td>
              <td className="px-1 text-right">
                {line.shiftedBy === 0 && (
                  <Button
                    variant="quiet"
                    aria-label={`Take ${line.dashboardName} out`}
                    className="-my-1"
                    onClick={() => onRemove(line)}
                  >
                    ×
                  </Button>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** The value of the point before a time that is nearest to it; null in a gap. */
export function valueAt(line: SeriesLine, at: number): number | null {
  let low = 0;
  let high = line.times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((line.times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : (line.values[low - 1] ?? null);
}
