import { useEffect, useState } from "react";
import type { AlertFilter } from "../../bindings/AlertFilter";
import type { AlertScope } from "../../bindings/AlertScope";
import type { Severity } from "../../bindings/Severity";
import { Button } from "../../components/Button";
import { EmptyState, FailedState, LoadingState } from "../../components/EmptyState";
import { FilterBox } from "../../components/FilterBox";
import { Segmented } from "../../components/Segmented";
import { Select } from "../../components/Select";
import { formatCount } from "../../format/numbers";
import { useShortcuts } from "../../keyboard/useShortcuts";
import { navigate, replaceRoute } from "../../navigation/useRoute";
import { useView } from "../../platform/useView";
import { AlertDetail } from "./AlertDetail";
import { AlertList } from "./AlertList";
import { AlertNoteDialog, type AlertStep } from "./AlertNoteDialog";

const scopes: ReadonlyArray<{ value: AlertScope; label: string }> = [
  { value: "open", label: "Open" },
  { value: "unacknowledged", label: "Not acknowledged" },
  { value: "resolved", label: "Resolved" },
  { value: "all", label: "All" },
];

const severities: ReadonlyArray<{ value: Severity | "any"; label: string }> = [
  { value: "any", label: "any" },
  { value: "info", label: "info" },
  { value: "warning", label: "warning" },
  { value: "error", label: "error" },
  { value: "critical", label: "critical" },
];

const everything: AlertFilter = { text: "", scope: "open", minimumSeverity: null };

export function AlertsPage({ alertId }: { alertId: string | null }) {
  const [filter, setFilter] = useState(everything);
  const [step, setStep] = useState<AlertStep | null>(null);
  const { model, error } = useView<"alerts">({ view: "alerts", filter });
  // An alert that was asked for by its address may be one the filter leaves out.
  const wanted = alertId && model && !model.alerts.some((alert) => alert.alertId === alertId);
  const { model: all } = useView<"alerts">(
    wanted ? { view: "alerts", filter: { ...everything, scope: "all" } } : null,
  );
  const alerts = model?.alerts ?? [];
  const current =
    (alertId && [...alerts, ...(all?.alerts ?? [])].find((alert) => alert.alertId === alertId)) ||
    alerts[0] ||
    null;
  const currentId = current?.alertId ?? null;

  useEffect(() => {
    if (alertId === null && currentId !== null) replaceRoute({ view: "alerts", alertId: currentId });
  }, [alertId, currentId]);

  const go = (steps: number) => {
    const at = alerts.findIndex((alert) => alert.alertId === currentId);
    const next = alerts[Math.min(alerts.length - 1, Math.max(0, at + steps))];
    if (next) replaceRoute({ view: "alerts", alertId: next.alertId });
  };
  const live = current && (current.freshness.kind === "live" || current.freshness.kind === "stale");
  useShortcuts({
    j: () => go(1),
    k: () => go(-1),
    ArrowDown: () => go(1),
    ArrowUp: () => go(-1),
    a: () => live && current.state === "raised" && setStep({ kind: "acknowledge", alert: current }),
    r: () => live && current.state !== "resolved" && setStep({ kind: "resolve", alert: current }),
    Enter: () => current && navigate({ view: "dashboard", dashboard: current.dashboard, section: "alerts" }),
  });

  return (
    <main className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(348px,32%)]">
      <div className="flex min-h-0 min-w-0 flex-col">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-5 pt-4 pb-3">
          <h1 className="text-xl font-[620] tracking-[-.015em]">Alerts</h1>
          {model && (
            <span className="mr-3 whitespace-nowrap text-fg-2" data-testid="alerts-summary">
              {formatCount(model.counts.critical)} critical · {formatCount(model.unacknowledged)} not
              acknowledged
            </span>
          )}
          <div className="flex min-w-0 flex-1 basis-[600px] flex-wrap items-center gap-2">
            <FilterBox
              value={filter.text}
              placeholder="Filter: title, message, type, dashboard"
              onChange={(text) => setFilter((before) => ({ ...before, text }))}
              testId="alerts-filter"
            />
            <Select
              label="At least this severe"
              prefix="From"
              value={filter.minimumSeverity ?? "any"}
              options={severities}
              onChange={(severity) =>
                setFilter((before) => ({ ...before, minimumSeverity: severity === "any" ? null : severity }))
              }
              testId="alerts-severity"
            />
            <Segmented
              label="Which alerts"
              value={filter.scope}
              options={scopes}
              onChange={(scope) => setFilter((before) => ({ ...before, scope }))}
              testId="alerts-scope"
            />
          </div>
        </div>
        {error && !model ? (
          <FailedState what="the alerts" error={error} />
        ) : !model ? (
          <div className="px-5">
            <LoadingState what="the alerts" />
          </div>
        ) : alerts.length === 0 ? (
          <NoAlerts filter={filter} onClear={() => setFilter(everything)} />
        ) : (
          <AlertList alerts={alerts} more={model.more} current={currentId} />
        )}
      </div>
      <AlertDetail alert={current} onStep={setStep} />
      {step && <AlertNoteDialog step={step} onClose={() => setStep(null)} />}
    </main>
  );
}

function NoAlerts({ filter, onClear }: { filter: AlertFilter; onClear: () => void }) {
  const narrowed = filter.text !== "" || filter.minimumSeverity !== null;
  if (narrowed)
    return (
      <EmptyState title="No alert passes the filter" testId="alerts-filtered-empty">
        <Button onClick={onClear}>Clear the filter</Button>
      </EmptyState>
    );
  const texts: Record<AlertScope, [title: string, detail: string]> = {
    open: ["No open alert", "What dashboards raise appears here, and as a notification on this desktop."],
    unacknowledged: [
      "Every alert has been taken up",
      "Those that are acknowledged but not over are under Open.",
    ],
    resolved: ["No alert has been resolved yet", "Alerts that are over are kept here."],
    all: [
      "No alert was ever raised",
      "What dashboards raise appears here, and as a notification on this desktop.",
    ],
  };
  const [title, detail] = texts[filter.scope];
  return (
    <EmptyState title={title} status="normal" testId="alerts-empty">
      <p>{detail}</p>
    </EmptyState>
  );
}
