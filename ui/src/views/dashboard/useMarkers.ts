import { useRef } from "react";
import type { DashboardView } from "../../bindings/DashboardView";
import type { PlotMarker } from "../../charts/markers";

/** The alerts and commands of a dashboard, to be marked on its charts; the same array while they are the same. */
export function useMarkers(view: DashboardView): readonly PlotMarker[] {
  const markers: PlotMarker[] = [
    ...view.alerts.map(
      (alert): PlotMarker => ({
        kind: "alert",
        at: alert.firstSeen,
        title: alert.title,
        status: alert.status,
        dashboardName: alert.dashboardName,
      }),
    ),
    ...view.commands.map(
      (command): PlotMarker => ({
        kind: "command",
        at: command.issuedAt,
        title: command.title,
        status: command.status,
        dashboardName: command.dashboardName,
      }),
    ),
  ];
  const last = useRef<{ key: string; markers: readonly PlotMarker[] }>({ key: "[]", markers: [] });
  const key = JSON.stringify(markers);
  if (last.current.key !== key) last.current = { key, markers };
  return last.current.markers;
}
