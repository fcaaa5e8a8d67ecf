import { memo, useRef } from "react";
import type { Chart } from "../bindings/Chart";
import type { ChartGroup } from "../bindings/ChartGroup";
import type { HubKey } from "../bindings/HubKey";
import { Text } from "../components/Text";
import { useWidth } from "../components/useWidth";
import { chartColumns, isWide } from "./chartColumns";
import type { PlotMarker } from "./markers";
import { TimeChart } from "./TimeChart";

interface ChartGroupsProps {
  groups: ChartGroup[];
  /** Charts of the same key share their crosshair. */
  syncKey: string;
  /** Whose records they are drawn from. */
  hub: HubKey;
  /** Alerts and commands, marked on every chart. */
  markers: readonly PlotMarker[];
  /** A lone group whose title stands elsewhere. */
  untitled?: boolean;
}

/** Charts, group by group. */
export const ChartGroups = memo(function ChartGroups({
  groups,
  syncKey,
  hub,
  markers,
  untitled,
}: ChartGroupsProps) {
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
        <ChartGrid charts={group.charts} syncKey={syncKey} hub={hub} markers={markers} />
      </section>
    ));
});

interface ChartGridProps {
  charts: Chart[];
  syncKey: string;
  hub: HubKey;
  markers: readonly PlotMarker[];
}

function ChartGrid({ charts, syncKey, hub, markers }: ChartGridProps) {
  const grid = useRef<HTMLDivElement>(null);
  const columns = chartColumns(useWidth(grid), charts);
  return (
    <div
      ref={grid}
      className="grid grid-flow-dense gap-2.5"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
    >
      {charts.map((chart) => (
        <TimeChart
          key={chart.key}
          chart={chart}
          syncKey={syncKey}
          wide={isWide(chart, columns)}
          hub={hub}
          markers={markers}
        />
      ))}
    </div>
  );
}
