import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useRef } from "react";
import type { AlertRow } from "../../bindings/AlertRow";
import { Age } from "../../components/Moment";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatCount } from "../../format/numbers";
import { replaceRoute } from "../../navigation/useRoute";
import { alertEdge, stateSentence } from "./alertText";

const HEIGHT = 58;

interface AlertListProps {
  alerts: AlertRow[];
  more: number;
  current: string | null;
}

export function AlertList({ alerts, more, current }: AlertListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: alerts.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT + 6,
    getItemKey: (index) => alerts[index]?.alertId ?? index,
    overscan: 8,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another current alert may scroll, not a pushed model
  useEffect(() => {
    const index = alerts.findIndex((alert) => alert.alertId === current);
    if (index >= 0) virtual.scrollToIndex(index, { align: "auto" });
  }, [current]);

  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-5 pt-px pb-4" data-testid="alert-list">
      <div
        role="listbox"
        aria-label="Alerts"
        aria-activedescendant={current ? `alert-${current}` : undefined}
        tabIndex={0}
        data-roving="true"
        className="relative rounded-md"
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map((item) => {
          const alert = alerts[item.index];
          return alert ? (
            <div
              key={item.key}
              role="presentation"
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <AlertListRow alert={alert} current={alert.alertId === current} />
            </div>
          ) : null;
        })}
      </div>
      {more > 0 && (
        <p className="pt-2 text-center text-fg-3">
          {formatCount(more)} more pass the filter; narrow it to see them.
        </p>
      )}
    </div>
  );
}

const AlertListRow = memo(function AlertListRow({ alert, current }: { alert: AlertRow; current: boolean }) {
  const over = alert.state === "resolved";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the view handles the keyboard
    <div
      role="option"
      id={`alert-${alert.alertId}`}
      aria-selected={current}
      tabIndex={-1}
      data-testid="alert-row"
      data-alert-id={alert.alertId}
      data-state={alert.state}
      onClick={() => replaceRoute({ view: "alerts", alertId: alert.alertId })}
      style={{ height: HEIGHT }}
      className={`grid cursor-default grid-cols-[minmax(0,1fr)_auto] content-center gap-x-4 rounded-md border border-line border-l-2 bg-surface px-3 hover:border-y-line-strong hover:border-r-line-strong aria-selected:border-y-accent aria-selected:border-r-accent aria-selected:bg-raised ${over ? "border-l-off opacity-75" : alertEdge[alert.status]}`}
    >
      <div className="flex min-w-0 items-center gap-2">
        <StatusIcon status={over ? "off" : alert.status} label={over ? "Resolved" : undefined} />
        <Text value={alert.title} className="truncate font-semibold" titled />
        {alert.count > 1 && <span className="flex-none text-fg-3 text-sm">× {formatCount(alert.count)}</span>}
      </div>
      <div className="text-right text-fg-2">
        <Text value={alert.dashboardName} />
      </div>
      <Text value={alert.message} className="truncate pl-5 text-fg-2" />
      <div className="flex-none text-right text-fg-3 text-sm whitespace-nowrap">
        {alert.state === "raised" ? (
          <span className="text-fg-2">not acknowledged</span>
        ) : (
          stateSentence(alert)
        )}{" "}
        · <Age at={alert.lastSeen} />
      </div>
    </div>
  );
});
