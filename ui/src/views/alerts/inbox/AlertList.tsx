import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useMemo, useRef } from "react";
import type { AlertRow } from "../../../bindings/AlertRow";
import { Age } from "../../../components/Moment";
import { StatusIcon } from "../../../components/StatusIcon";
import { Text } from "../../../components/Text";
import { formatCount } from "../../../format/numbers";
import { plainLine } from "../../../format/plainText";
import { useNow } from "../../../format/useNow";
import { replaceRoute } from "../../../navigation/useRoute";
import { alertEdge, holdText, stateSentence } from "../alertText";
import { type ListItem, listItems } from "./groups";

const HEIGHT = 58;
const TITLE = 26;

interface AlertListProps {
  alerts: AlertRow[];
  more: number;
  current: string | null;
  selected: ReadonlySet<string>;
}

export function AlertList({ alerts, more, current, selected }: AlertListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const items = useMemo(() => listItems(alerts), [alerts]);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (items[index]?.kind === "group" ? TITLE + 4 : HEIGHT + 6),
    getItemKey: (index) => items[index]?.key ?? index,
    overscan: 8,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another current alert may scroll, not a pushed model
  useEffect(() => {
    const index = items.findIndex((item) => item.kind === "alert" && item.alert.alertId === current);
    if (index >= 0) virtual.scrollToIndex(index, { align: "auto" });
  }, [current]);

  // Whoever came here by a link goes on with the keyboard: Enter must open the alert, not the link once more.
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const focused = document.activeElement;
    if (focused === document.body || focused?.closest("nav")) box.current?.focus({ preventScroll: true });
  }, []);

  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-5 pt-px pb-4" data-testid="alert-list">
      <div
        ref={box}
        role="listbox"
        aria-label="Alerts"
        aria-multiselectable={selected.size > 0 || undefined}
        aria-activedescendant={current ? `alert-${current}` : undefined}
        tabIndex={0}
        data-roving="true"
        className="relative rounded-md"
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map((place) => {
          const item = items[place.index];
          return item ? (
            <div
              key={place.key}
              role="presentation"
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${place.start}px)` }}
            >
              <Item item={item} current={current} selected={selected} />
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

function Item({
  item,
  current,
  selected,
}: {
  item: ListItem;
  current: string | null;
  selected: ReadonlySet<string>;
}) {
  if (item.kind === "group")
    return (
      <p
        style={{ height: TITLE }}
        className="flex items-end gap-2 pb-1 text-fg-3 text-sm"
        data-testid="alert-group"
      >
        <Text value={item.title} className="truncate" titled />
        <span className="flex-none">· {formatCount(item.count)} told together</span>
      </p>
    );
  const { alert } = item;
  return (
    <AlertListRow
      alert={alert}
      current={alert.alertId === current}
      selected={selected.has(alert.alertId)}
      selecting={selected.size > 0}
      inGroup={item.inGroup}
    />
  );
}

interface RowProps {
  alert: AlertRow;
  current: boolean;
  selected: boolean;
  selecting: boolean;
  inGroup: boolean;
}

const AlertListRow = memo(function AlertListRow({ alert, current, selected, selecting, inGroup }: RowProps) {
  const over = alert.state === "resolved";
  const held = !over && alert.holds.length > 0;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the view handles the keyboard
    <div
      role="option"
      id={`alert-${alert.alertId}`}
      aria-selected={selecting ? selected : current}
      data-current={current}
      tabIndex={-1}
      data-testid="alert-row"
      data-alert-id={alert.alertId}
      data-state={alert.state}
      data-held={held}
      onClick={() => replaceRoute({ view: "alerts", alertId: alert.alertId })}
      style={{ height: HEIGHT }}
      className={`grid cursor-default grid-cols-[minmax(0,1fr)_auto] content-center gap-x-4 rounded-md border border-line border-l-2 bg-surface px-3 hover:border-y-line-strong hover:border-r-line-strong data-[current=true]:border-y-accent data-[current=true]:border-r-accent data-[current=true]:bg-raised ${inGroup ? "ml-3" : ""} ${over ? "border-l-off opacity-75" : alertEdge[alert.status]}`}
    >
      <div className="flex min-w-0 items-center gap-2">
        {selecting && (
          <span
            aria-hidden
            className={`grid size-3.5 flex-none place-items-center rounded-[3px] border text-2xs ${selected ? "border-accent bg-accent text-on-accent" : "border-line-strong"}`}
          >
            {selected ? "✓" : ""}
          </span>
        )}
        <StatusIcon status={over ? "off" : alert.status} label={over ? "Resolved" : undefined} />
        <Text
          value={alert.title}
          className={`truncate ${held ? "font-medium text-fg-2" : "font-semibold"}`}
          titled
        />
        {alert.count > 1 && <span className="flex-none text-fg-3 text-sm">× {formatCount(alert.count)}</span>}
        <Marks alert={alert} />
      </div>
      <div className="text-right text-fg-2">
        <Text value={alert.dashboardName} />
      </div>
      {held ? <Held alert={alert} /> : <Text value={alert.message} className="truncate pl-5 text-fg-2" />}
      <div className="flex-none text-right text-fg-3 text-sm whitespace-nowrap">
        {alert.assignedTo && alert.state === "raised" ? (
          <span className="text-fg-2">{plainLine(alert.assignedTo)} has it</span>
        ) : alert.state === "raised" ? (
          <span className="text-fg-2">not acknowledged</span>
        ) : (
          stateSentence(alert)
        )}{" "}
        · <Age at={alert.lastSeen} />
      </div>
    </div>
  );
});

function Held({ alert }: { alert: AlertRow }) {
  const now = useNow();
  const hold = alert.holds[0];
  if (!hold) return null;
  return (
    <span className="truncate pl-5 text-fg-3" data-testid="alert-held">
      {holdText(hold, now)}
      {alert.holds.length > 1 && ` · and ${alert.holds.length - 1} more`}
    </span>
  );
}

/** What more there is to say of an alert, in a word each. */
function Marks({ alert }: { alert: AlertRow }) {
  const marks = [
    ...(alert.escalation > 0 ? [`escalated ${alert.escalation}×`] : []),
    ...(alert.isFlapping ? ["flapping"] : []),
    ...(alert.reopened > 0 ? ["reopened"] : []),
  ];
  return marks.map((mark) => (
    <span key={mark} className="flex-none rounded-sm border border-line-strong px-1 text-2xs text-fg-2">
      {mark}
    </span>
  ));
}
