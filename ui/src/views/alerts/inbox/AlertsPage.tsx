import { useCallback, useEffect, useMemo, useState } from "react";
import type { AlertFilter } from "../../../bindings/AlertFilter";
import type { AlertScope } from "../../../bindings/AlertScope";
import type { Severity } from "../../../bindings/Severity";
import { Button } from "../../../components/Button";
import { EmptyState, FailedState, LoadingState } from "../../../components/EmptyState";
import { FilterBox } from "../../../components/FilterBox";
import { RequestFailure } from "../../../components/Notice";
import { Segmented } from "../../../components/Segmented";
import { Select } from "../../../components/Select";
import { formatCount } from "../../../format/numbers";
import { usePastReason } from "../../../frame/conductor/useConductor";
import { useShortcuts } from "../../../keyboard/useShortcuts";
import { navigate, replaceRoute } from "../../../navigation/useRoute";
import { useView } from "../../../platform/useView";
import { type AlertStep, AlertStepDialog } from "../AlertStepDialog";
import { AlertTabs } from "../AlertTabs";
import { AlertDetail } from "../detail/AlertDetail";
import { SilenceDialog, type SilenceDraft, silenceOf } from "../silences/SilenceDialog";
import { useBulkAcknowledge } from "../useAlerting";
import { AlertList } from "./AlertList";

const scopes: ReadonlyArray<{ value: AlertScope; label: string }> = [
  { value: "open", label: "Open" },
  { value: "unacknowledged", label: "Not acknowledged" },
  { value: "resolved", label: "Resolved" },
  { value: "all", label: "All" },
];

const severities: ReadonlyArray<{ value: Severity | "any"; label: string }> = [
  { value: "any", label: "any severity" },
  { value: "info", label: "info" },
  { value: "warning", label: "warning" },
  { value: "error", label: "error" },
  { value: "critical", label: "critical" },
];

const everything: AlertFilter = { text: "", scope: "open", minimumSeverity: null, useCase: null };
const none: ReadonlySet<string> = new Set();

interface AlertsPageProps {
  alertId: string | null;
  /** Whether the alert takes all of the page. */
  open: boolean;
}

/** The inbox: every alert in one list, for triage by keyboard alone. */
export function AlertsPage({ alertId, open }: AlertsPageProps) {
  const [filter, setFilter] = useState(everything);
  const [step, setStep] = useState<AlertStep | null>(null);
  const [silence, setSilence] = useState<SilenceDraft | null>(null);
  const [selected, setSelected] = useState(none);
  const bulk = useBulkAcknowledge();
  const past = usePastReason();
  const { model, error } = useView<"alerts">({ view: "alerts", filter });
  const alerts = model?.alerts ?? [];
  // An alert that was asked for by its address may be one the filter leaves out.
  const listed = alerts.find((alert) => alert.alertId === alertId) ?? null;
  const currentId = alertId ?? alerts[0]?.alertId ?? null;
  const { model: detail } = useView<"alert">(currentId ? { view: "alert", alertId: currentId } : null);
  const found = detail?.found?.row.alertId === currentId ? detail.found : null;
  const current = listed ?? found?.row ?? (alertId === null ? (alerts[0] ?? null) : null);

  useEffect(() => {
    if (alertId === null && currentId !== null) replaceRoute({ view: "alerts", alertId: currentId });
  }, [alertId, currentId]);
  const chosen = useMemo(
    () => alerts.filter((alert) => selected.has(alert.alertId) && alert.state !== "resolved"),
    [alerts, selected],
  );

  const go = (steps: number) => {
    const at = alerts.findIndex((alert) => alert.alertId === currentId);
    const next = alerts[Math.min(alerts.length - 1, Math.max(0, at + steps))];
    if (next) replaceRoute({ view: "alerts", alertId: next.alertId, ...(open ? { open } : {}) });
  };
  const may =
    !past && current !== null && (current.freshness.kind === "live" || current.freshness.kind === "stale");
  const isOpen = current?.state !== "resolved";
  const begin = (kind: AlertStep["kind"]) => {
    if (may && current) setStep({ kind, alert: current });
  };
  const acknowledge = useCallback(
    async (list: typeof alerts) => {
      await bulk.acknowledge(list);
      setSelected(none);
    },
    [bulk.acknowledge],
  );
  useShortcuts({
    j: () => go(1),
    k: () => go(-1),
    ArrowDown: () => go(1),
    ArrowUp: () => go(-1),
    a: () => {
      if (past) return;
      if (chosen.length > 0) void acknowledge(chosen);
      else if (may && current?.state === "raised") void acknowledge([current]);
    },
    A: () => current?.state === "raised" && begin("acknowledge"),
    r: () => isOpen && begin("resolve"),
    o: () => !isOpen && begin("reopen"),
    z: () => isOpen && begin("shelve"),
    n: () => begin("note"),
    u: () => isOpen && begin("assign"),
    s: () => may && current && setSilence(silenceOf(current)),
    x: () => current && setSelected((before) => toggled(before, current.alertId)),
    d: () => current && navigate({ view: "dashboard", dashboard: current.dashboard, section: "alerts" }),
    Enter: () => current && navigate({ view: "alerts", alertId: current.alertId, open: true }),
    Escape: () => {
      if (open && current) navigate({ view: "alerts", alertId: current.alertId });
      else setSelected(none);
    },
  });

  const dialogs = (
    <>
      {step && (
        <AlertStepDialog step={step} operators={found?.operators ?? []} onClose={() => setStep(null)} />
      )}
      {silence && <SilenceDialog draft={silence} onClose={() => setSilence(null)} />}
    </>
  );
  if (open && current)
    return (
      <main className="flex min-h-0 flex-1 flex-col">
        <AlertDetail
          alert={current}
          detail={found}
          wide
          onStep={setStep}
          onSilence={() => setSilence(silenceOf(current))}
        />
        {dialogs}
      </main>
    );

  return (
    <main className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(380px,36%)]">
      <div className="flex min-h-0 min-w-0 flex-col">
        <AlertTabs view="alerts">
          {model && (
            <span className="whitespace-nowrap text-fg-2" data-testid="alerts-summary">
              {formatCount(model.counts.critical)} critical · {formatCount(model.unacknowledged)} not
              acknowledged
            </span>
          )}
          <div className="flex min-w-0 flex-1 basis-[620px] flex-wrap items-center gap-2">
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
            <Select
              label="Use case"
              value={filter.useCase ?? ""}
              options={[
                { value: "", label: "Every use case" },
                ...(model?.useCases ?? []).map((useCase) => ({ value: useCase, label: useCase })),
              ]}
              onChange={(useCase) => setFilter((before) => ({ ...before, useCase: useCase || null }))}
              testId="alerts-use-case"
              className="max-w-44"
            />
            <Segmented
              label="Which alerts"
              value={filter.scope}
              options={scopes}
              onChange={(scope) => setFilter((before) => ({ ...before, scope }))}
              testId="alerts-scope"
            />
          </div>
        </AlertTabs>
        {(selected.size > 0 || bulk.error) && (
          <div className="mx-5 mb-2 flex items-center gap-2" data-testid="alerts-selection">
            <span className="text-fg-2">{formatCount(chosen.length)} selected</span>
            <Button
              variant="primary"
              testId="bulk-acknowledge"
              disabledReason={past ?? (bulk.pending ? "Under way." : null)}
              onClick={() => void acknowledge(chosen)}
            >
              Acknowledge all
            </Button>
            <Button onClick={() => setSelected(new Set(alerts.map((alert) => alert.alertId)))}>
              Select all {formatCount(alerts.length)}
            </Button>
            <Button variant="quiet" onClick={() => setSelected(none)}>
              Clear
            </Button>
          </div>
        )}
        <p role="status" className={bulk.error ? "px-5 pb-2 text-fg-2" : "sr-only"}>
          {bulk.outcome}
        </p>
        <RequestFailure error={bulk.error} className="mx-5 mb-2" />
        {error && !model ? (
          <FailedState what="the alerts" error={error} />
        ) : !model ? (
          <div className="px-5">
            <LoadingState what="the alerts" />
          </div>
        ) : alerts.length === 0 ? (
          <NoAlerts filter={filter} onClear={() => setFilter(everything)} />
        ) : (
          <AlertList alerts={alerts} more={model.more} current={currentId} selected={selected} />
        )}
        <p
          className="flex flex-wrap gap-x-3 gap-y-1 border-t border-line px-5 py-1.5 text-fg-3 text-xs"
          aria-hidden
        >
          {keys.map(([key, meaning]) => (
            <span key={key} className="whitespace-nowrap">
              <kbd className="kbd">{key}</kbd> {meaning}
            </span>
          ))}
        </p>
      </div>
      <AlertDetail
        alert={current}
        detail={found}
        onStep={setStep}
        onSilence={() => current && setSilence(silenceOf(current))}
      />
      {dialogs}
    </main>
  );
}

const keys = [
  ["j k", "move"],
  ["a", "acknowledge"],
  ["s", "silence"],
  ["z", "shelve"],
  ["n", "note"],
  ["u", "assign"],
  ["r", "resolve"],
  ["x", "select"],
  ["Enter", "open"],
] as const;

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(before);
  if (!next.delete(id)) next.add(id);
  return next;
}

function NoAlerts({ filter, onClear }: { filter: AlertFilter; onClear: () => void }) {
  const narrowed = filter.text !== "" || filter.minimumSeverity !== null || filter.useCase !== null;
  if (narrowed)
    return (
      <EmptyState title="No alert passes the filter" testId="alerts-filtered-empty">
        <Button onClick={onClear}>Clear the filter</Button>
      </EmptyState>
    );
  const texts: Record<AlertScope, [title: string, detail: string]> = {
    open: [
      "No open alert",
      "What dashboards and rules raise appears here, and as a notification on this desktop.",
    ],
    unacknowledged: [
      "Every alert has been taken up",
      "Those that are acknowledged but not over are under Open.",
    ],
    resolved: ["No alert has been resolved yet", "Alerts that are over are kept here."],
    all: [
      "No alert was ever raised",
      "What dashboards and rules raise appears here, and as a notification on this desktop.",
    ],
  };
  const [title, detail] = texts[filter.scope];
  return (
    <EmptyState title={title} status="normal" testId="alerts-empty">
      <p>{detail}</p>
    </EmptyState>
  );
}
