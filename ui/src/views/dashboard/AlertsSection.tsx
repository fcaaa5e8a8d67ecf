import type { AlertRow } from "../../bindings/AlertRow";
import { EmptyState } from "../../components/EmptyState";
import { AlertCard } from "../alerts/AlertCard";

/** The alerts of one dashboard. */
export function AlertsSection({ alerts }: { alerts: AlertRow[] }) {
  if (alerts.length === 0) {
    return (
      <EmptyState title="It has raised no alert" status="normal" testId="dashboard-alerts-empty">
        <p>What it raises stands here, and as a notification on this desktop.</p>
      </EmptyState>
    );
  }
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[repeat(auto-fill,minmax(340px,1fr))] content-start gap-2.5 overflow-y-auto px-5 py-4">
      {alerts.map((alert) => (
        <AlertCard key={alert.alertId} alert={alert} />
      ))}
    </div>
  );
}
