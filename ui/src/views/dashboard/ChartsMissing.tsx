import type { ChartGroup } from "../../bindings/ChartGroup";
import type { HubKey } from "../../bindings/HubKey";
import { MissingNote } from "../../frame/missing/MissingNote";

/** Says why charts have gaps, where the hub's records are not here yet. */
export function ChartsMissing({ groups, hub }: { groups: ChartGroup[]; hub: HubKey }) {
  const charts = groups.flatMap((group) => group.charts);
  if (charts.length === 0) return null;
  return (
    <MissingNote
      from={Math.min(...charts.map((chart) => chart.from))}
      to={Math.max(...charts.map((chart) => chart.to))}
      hubs={[hub]}
    />
  );
}
