import { memo } from "react";
import type { ChartGroup } from "../bindings/ChartGroup";
import { Text } from "../components/Text";
import { TimeChart } from "./TimeChart";

interface ChartGroupsProps {
  groups: ChartGroup[];
  /** Charts of the same key share their crosshair. */
  syncKey: string;
  /** A lone group whose title stands elsewhere. */
  untitled?: boolean;
}

/** Charts, group by group. */
export const ChartGroups = memo(function ChartGroups({ groups, syncKey, untitled }: ChartGroupsProps) {
  return groups
    .filter((group) => group.charts.length > 0)
    .map((group) => (
      <section
        key={group.key}
        aria-label={group.title}
        data-testid={`charts-${group.key}`}
        className="grid gap-2"
      >
        {!untitled && (
          <h2 className="caps flex items-center gap-2">
            <Text value={group.title} />
            <span className="h-px flex-1 bg-line" />
          </h2>
        )}
        <div className="grid grid-flow-dense grid-cols-[repeat(auto-fill,minmax(max(196px,(100%_-_40px)/5),1fr))] gap-2.5">
          {group.charts.map((chart) => (
            <TimeChart key={chart.key} chart={chart} syncKey={syncKey} />
          ))}
        </div>
      </section>
    ));
});
