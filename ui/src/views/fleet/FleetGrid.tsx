import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, useEffect, useMemo, useRef } from "react";
import type { DashboardCard } from "../../bindings/DashboardCard";
import type { FleetGroup } from "../../bindings/FleetGroup";
import { useWidth } from "../../components/useWidth";
import { keyText } from "../../navigation/route";
import { FleetCard } from "./FleetCard";
import { fleetRows, isFirst } from "./fleetRows";
import { GroupTitle } from "./GroupTitle";
import type { Selection } from "./selection";
import { useScrollToCursor } from "./useScrollToCursor";

const MINIMUM_WIDTH = 196;
const MAXIMUM_WIDTH = 380;
const GAP = 10;

export interface FleetListProps {
  groups: FleetGroup[];
  selection: Selection;
  onClick: (key: string, event: MouseEvent) => void;
  onOpen: (card: DashboardCard) => void;
}

/** How many cards stand side by side: no more than the largest group can use, so far as none grows too wide. */
export function columnsFor(width: number, largestGroup: number): number {
  const most = Math.max(1, Math.floor((width + GAP) / (MINIMUM_WIDTH + GAP)));
  const fewest = Math.ceil((width + GAP) / (MAXIMUM_WIDTH + GAP));
  return Math.min(most, Math.max(fewest, largestGroup));
}

/** The fleet as cards. Only the rows in sight are drawn. */
export function FleetGrid({ groups, selection, onClick, onOpen }: FleetListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const width = useWidth(inner);
  const columns = columnsFor(width, Math.max(0, ...groups.map((group) => group.cards.length)));
  const rows = useMemo(() => fleetRows(groups, columns), [groups, columns]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === "group" ? 36 : 122 + GAP),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 4,
    // Room for the title of a group above its first row.
    scrollPaddingStart: 36,
  });

  // Cards and titles have other heights, and another width puts them in other places.
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the rows change
  useEffect(() => virtual.measure(), [rows.length, columns, virtual]);

  const { cursor } = selection;
  useScrollToCursor(cursor, width > 0, () => {
    const row = rows.findIndex(
      (one) => one.kind === "cards" && one.cards.some((card) => keyText(card.dashboard) === cursor),
    );
    // The first dashboards are shown from the beginning, with the title above them.
    if (isFirst(rows, row)) virtual.scrollToOffset(0);
    else if (row >= 0) virtual.scrollToIndex(row, { align: "auto" });
  });

  const selected = new Set(selection.selected);
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-5 pt-px pb-4" data-testid="fleet-cards">
      <div
        ref={inner}
        role="listbox"
        aria-label="Dashboards"
        aria-multiselectable="true"
        aria-activedescendant={cursor ? `option-${cursor}` : undefined}
        tabIndex={0}
        data-roving="true"
        className="relative rounded-md"
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
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
              ) : (
                <div
                  role="presentation"
                  className="grid gap-2.5"
                  style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
                >
                  {row.cards.map((card) => {
                    const key = keyText(card.dashboard);
                    return (
                      <FleetCard
                        key={key}
                        card={card}
                        selected={selected.has(key)}
                        current={key === cursor}
                        onClick={onClick}
                        onOpen={onOpen}
                      />
                    );
                  })}
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
