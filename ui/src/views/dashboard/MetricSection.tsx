import { useMemo } from "react";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { DashboardView } from "../../bindings/DashboardView";
import { ChartGroups } from "../../charts/ChartGroups";
import { EmptyState } from "../../components/EmptyState";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatInstant, formatPreciseTime } from "../../format/times";
import { keyText } from "../../navigation/route";
import { ChartsMissing } from "./ChartsMissing";
import { sectionTitle } from "./SectionTabs";
import { useMarkers } from "./useMarkers";

type MetricGroup = "data" | "workflows" | "agents";

/** Kinds of events that tell of a group, by how they begin. */
const kinds: Record<MetricGroup, readonly string[]> = {
  data: ["DATA", "INGEST"],
  workflows: ["WORKFLOW"],
  agents: ["AGENT"],
};

interface MetricSectionProps {
  section: MetricGroup;
  dashboard: DashboardKey;
  view: DashboardView;
}

/** The charts of one group of metrics, and the newest events that tell of it. */
export function MetricSection({ section, dashboard, view }: MetricSectionProps) {
  const groups = useMemo(() => view.charts.filter((group) => group.key === section), [view.charts, section]);
  const events = useMemo(
    () => view.events.filter((event) => kinds[section].some((begin) => event.kind.startsWith(begin))),
    [view.events, section],
  );
  const markers = useMarkers(view);
  const title = sectionTitle[section];
  return (
    <div className="grid min-h-0 flex-1 content-start gap-5 overflow-y-auto px-5 py-4">
      {groups.every((group) => group.charts.length === 0) ? (
        <EmptyState title={`No ${title.toLowerCase()} metrics yet`} small />
      ) : (
        <>
          <ChartsMissing groups={groups} hub={dashboard.hub} />
          <ChartGroups
            groups={groups}
            syncKey={keyText(dashboard)}
            hub={dashboard.hub}
            markers={markers}
            untitled
          />
        </>
      )}
      <section aria-label={`${title} events`}>
        <h2 className="caps flex items-center gap-2 pb-1.5">
          Newest events <span className="h-px flex-1 bg-line" />
        </h2>
        {events.length === 0 ? (
          <p className="text-fg-3">None among the newest {view.events.length} events.</p>
        ) : (
          <ol className="font-mono text-sm/6 text-fg-2">
            {events.slice(0, 50).map((event) => (
              <li
                key={event.seq}
                className="grid grid-cols-[96px_12px_minmax(150px,240px)_minmax(0,1fr)] items-center gap-3 whitespace-nowrap"
              >
                <time dateTime={event.at} title={formatInstant(event.at)} className="text-fg-3">
                  {formatPreciseTime(event.at)}
                </time>
                <StatusIcon status={event.status} size={10} />
                <Text value={event.kind} className="truncate text-fg" />
                <Text value={event.summary} className="truncate" titled />
              </li>
            ))}
          </ol>
        )}
      </section>
    </div>
  );
}
