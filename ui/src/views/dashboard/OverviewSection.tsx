import type { DashboardKey } from "../../bindings/DashboardKey";
import type { DashboardView } from "../../bindings/DashboardView";
import { ChartGroups } from "../../charts/ChartGroups";
import { EmptyState } from "../../components/EmptyState";
import { keyText } from "../../navigation/route";
import { AlertCard } from "../alerts/AlertCard";
import { ChartsMissing } from "./ChartsMissing";
import { MissionControlStatus } from "./MissionControlStatus";
import { ResourcePanel } from "./ResourcePanel";
import { StatusPanel } from "./StatusPanel";
import { useMarkers } from "./useMarkers";

/** The charts of every group; beside them what it is like now. */
export function OverviewSection({ dashboard, view }: { dashboard: DashboardKey; view: DashboardView }) {
  const open = view.alerts.filter((alert) => alert.state !== "resolved");
  const markers = useMarkers(view);
  const empty = view.charts.every((group) => group.charts.length === 0);
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_348px]">
      <div
        className="grid min-h-0 content-start gap-5 overflow-y-auto px-5 py-4"
        data-testid="dashboard-charts"
        role="region"
        aria-label="Charts"
        tabIndex={0}
      >
        {empty ? (
          <EmptyState title="No metrics yet">
            <p>Charts appear with the first status, metrics or resource report.</p>
          </EmptyState>
        ) : (
          <>
            <ChartsMissing groups={view.charts} hub={dashboard.hub} />
            <ChartGroups
              groups={view.charts}
              syncKey={keyText(dashboard)}
              hub={dashboard.hub}
              markers={markers}
            />
          </>
        )}
      </div>
      <aside className="flex min-h-0 flex-col gap-5 overflow-y-auto border-l border-line bg-surface px-4 py-3.5">
        <MissionControlStatus model={view.missionControl} />
        {open.slice(0, 3).map((alert) => (
          <AlertCard key={alert.alertId} alert={alert} />
        ))}
        <StatusPanel status={view.status} at={view.statusAt} />
        <ResourcePanel usage={view.resources} at={view.resourcesAt} />
      </aside>
    </div>
  );
}
