import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, memo, type ReactNode, useEffect, useMemo, useRef } from "react";
import type { DashboardCard } from "../../bindings/DashboardCard";
import type { FleetColumn } from "../../bindings/FleetColumn";
import type { FleetSort } from "../../bindings/FleetSort";
import { FreshnessText } from "../../components/Moment";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { useWidth } from "../../components/useWidth";
import { formatCompact, formatCount, formatDecimal, NO_VALUE } from "../../format/numbers";
import { keyText } from "../../navigation/route";
import type { FleetListProps } from "./FleetGrid";
import { fleetRows, isFirst } from "./fleetRows";
import { GroupTitle } from "./GroupTitle";
import { stateText } from "./stateText";
import { useScrollToCursor } from "./useScrollToCursor";

interface Column {
  by: FleetColumn;
  title: string;
  /** Track of the grid. */
  width: string;
  /** Set right, as numbers are. */
  numeric?: boolean;
  /** Shown only where there is room. */
  wide?: boolean;
  cell: (card: DashboardCard) => ReactNode;
}

const columns: Column[] = [
  { by: "status", title: "", width: "14px", cell: (card) => <StatusIcon status={card.status} /> },
  {
    by: "name",
    title: "Name",
    width: "minmax(108px, 1.6fr)",
    cell: (card) => <Text value={card.name} titled className="font-[560] text-fg" />,
  },
  {
    by: "useCase",
    title: "Use case",
    width: "minmax(110px, 1.2fr)",
    wide: true,
    cell: (card) => <Text value={card.useCase} titled />,
  },
  { by: "state", title: "State", width: "84px", cell: stateText },
  {
    by: "responseTime",
    title: "Response",
    width: "72px",
    numeric: true,
    cell: (card) => withUnit(formatCompact(card.responseTime), " ms"),
  },
  {
    by: "errorRate",
    title: "Errors",
    width: "60px",
    numeric: true,
    cell: (card) => withUnit(formatDecimal(card.errorRate), " %"),
  },
  {
    by: "throughput",
    title: "Rate",
    width: "62px",
    numeric: true,
    cell: (card) => withUnit(formatCompact(card.throughput), " /s"),
  },
  {
    by: "recordCount",
    title: "Records",
    width: "78px",
    numeric: true,
    cell: (card) => formatCount(card.recordCount),
  },
  {
    by: "connectedUsers",
    title: "Users",
    width: "46px",
    numeric: true,
    cell: (card) => formatCount(card.connectedUsers),
  },
  {
    by: "dataQuality",
    title: "Quality",
    width: "64px",
    numeric: true,
    cell: (card) => withUnit(formatDecimal(card.dataQuality), " %"),
  },
  {
    by: "openAlerts",
    title: "Alerts",
    width: "52px",
    numeric: true,
    cell: (card) => (card.openAlerts > 0 ? card.openAlerts : <span className="text-fg-3">0</span>),
  },
  {
    by: "lastHeard",
    title: "Heard",
    width: "86px",
    numeric: true,
    cell: (card) => <FreshnessText freshness={card.freshness} />,
  },
];

function withUnit(value: string, unit: string): ReactNode {
  return (
    <>
      {value}
      {value !== NO_VALUE && <span className="text-fg-3">{unit}</span>}
    </>
  );
}

interface FleetTableProps extends FleetListProps {
  sort: FleetSort;
  onSort: (by: FleetColumn) => void;
}

/** The fleet as a table. Only the rows in sight are drawn. */
export function FleetTable({ groups, selection, sort, onSort, onClick, onOpen }: FleetTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const shown = useMemo(
    () => columns.filter((column) => !column.wide || width === 0 || width >= 980),
    [width],
  );
  const template = shown.map((column) => column.width).join(" ");
  const rows = useMemo(() => fleetRows(groups, 1), [groups]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === "group" ? 36 : 30),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
    scrollPaddingStart: 32,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the rows change
  useEffect(() => virtual.measure(), [rows, virtual]);

  const { cursor } = selection;
  useScrollToCursor(cursor, true, () => {
    const row = rows.findIndex(
      (one) => one.kind === "cards" && one.cards.some((card) => keyText(card.dashboard) === cursor),
    );
    // The first dashboards are shown from the beginning, with the title above them.
    if (isFirst(rows, row)) virtual.scrollToOffset(0);
    else if (row >= 0) virtual.scrollToIndex(row, { align: "auto" });
  });

  const selected = new Set(selection.selected);
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-auto px-5 pb-4" data-testid="fleet-table">
      <div
        role="grid"
        aria-label="Dashboards"
        aria-multiselectable="true"
        aria-rowcount={rows.length}
        tabIndex={0}
        data-roving="true"
        className="min-w-[780px]"
      >
        <div
          role="row"
          tabIndex={-1}
          className="sticky top-0 z-10 grid h-8 items-center gap-1.5 border-b border-line-strong bg-bg px-2"
          style={{ gridTemplateColumns: template }}
        >
          {shown.map((column) => (
            <SortHeader key={column.by} column={column} sort={sort} onSort={onSort} />
          ))}
        </div>
        <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            const card = row?.kind === "cards" ? row.cards[0] : undefined;
            if (!row) return null;
            return (
              <div
                key={item.key}
                role="presentation"
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {row.kind === "group" ? (
                  <GroupTitle group={row.group} />
                ) : card ? (
                  <TableRow
                    card={card}
                    shown={shown}
                    template={template}
                    selected={selected.has(keyText(card.dashboard))}
                    onClick={onClick}
                    onOpen={onOpen}
                  />
                ) : null}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function SortHeader({
  column,
  sort,
  onSort,
}: {
  column: Column;
  sort: FleetSort;
  onSort: (by: FleetColumn) => void;
}) {
  const active = sort.by === column.by;
  return (
    <div
      role="columnheader"
      tabIndex={-1}
      aria-sort={active ? (sort.descending ? "descending" : "ascending") : "none"}
      className={column.numeric ? "text-right" : ""}
    >
      <button
        type="button"
        data-testid={`sort-${column.by}`}
        aria-label={column.title === "" ? "Status" : undefined}
        onClick={() => onSort(column.by)}
        className={`caps -outline-offset-1 whitespace-nowrap hover:text-fg ${active ? "text-fg" : ""}`}
      >
        {column.title === "" && !active ? "◆" : column.title}
        {active && <span aria-hidden="true">{sort.descending ? " ↓" : " ↑"}</span>}
      </button>
    </div>
  );
}

interface TableRowProps {
  card: DashboardCard;
  shown: Column[];
  template: string;
  selected: boolean;
  onClick: (key: string, event: MouseEvent) => void;
  onOpen: (card: DashboardCard) => void;
}

const TableRow = memo(function TableRow({ card, shown, template, selected, onClick, onOpen }: TableRowProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the view handles the keyboard
    <div
      role="row"
      tabIndex={-1}
      aria-selected={selected}
      data-testid={`row-${card.dashboard.dashboardId}`}
      data-status={card.status}
      data-freshness={card.freshness.kind}
      onClick={(event) => onClick(keyText(card.dashboard), event)}
      onDoubleClick={() => onOpen(card)}
      className={`grid h-[30px] cursor-default items-center gap-1.5 border-b border-line px-2 whitespace-nowrap select-none hover:bg-surface aria-selected:bg-accent-quiet aria-selected:shadow-[inset_2px_0_var(--accent)] ${card.freshness.kind === "live" ? "text-fg" : "text-fg-3"}`}
      style={{ gridTemplateColumns: template }}
    >
      {shown.map((column) => (
        <div
          key={column.by}
          role="gridcell"
          tabIndex={-1}
          className={`truncate ${column.numeric ? "text-right" : ""} ${column.by === "useCase" || column.by === "state" ? "text-fg-2" : ""}`}
        >
          {column.cell(card)}
        </div>
      ))}
    </div>
  );
});
