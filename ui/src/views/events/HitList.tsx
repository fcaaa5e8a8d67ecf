import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef } from "react";
import type { SearchRow } from "../../bindings/SearchRow";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatInstant, formatPreciseTime } from "../../format/times";
import { useNow } from "../../format/useNow";
import type { Search } from "./useSearch";

const ROW = 26;

export const hitKey = (row: Pick<SearchRow, "dashboard" | "seq">) => `${row.dashboard.hub}/${row.seq}`;

interface HitListProps {
  search: Search;
  selected: string | null;
  onSelect: (row: SearchRow) => void;
}

/** The hits: only the rows in sight are drawn; older ones are fetched on the way down, new ones do not move the rest. */
export function HitList({ search, selected, onSelect }: HitListProps) {
  const { rows, loadOlder } = search;
  const now = useNow();
  const today = new Date(now).toISOString().slice(0, 10);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 24,
  });
  const items = virtual.getVirtualItems();
  const near = rows.length > 0 && (items.at(-1)?.index ?? 0) >= rows.length - 40;
  useEffect(() => {
    if (near) loadOlder();
  }, [near, loadOlder]);

  // Who has scrolled down reads on undisturbed.
  const seen = useRef(search.prepended);
  useLayoutEffect(() => {
    const added = search.prepended - seen.current;
    seen.current = search.prepended;
    const element = scroller.current;
    if (element && added > 0 && element.scrollTop > ROW) element.scrollTop += added * ROW;
  }, [search.prepended]);

  const place = rows.findIndex((row) => hitKey(row) === selected);
  const shownFor = useRef<string | null>(null);
  useEffect(() => {
    if (place < 0 || shownFor.current === selected) return;
    shownFor.current = selected;
    virtual.scrollToIndex(place, { align: "auto" });
  }, [place, selected, virtual]);

  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto" data-testid="hits">
      <ol aria-label="Hits" className="relative font-mono text-sm" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const key = hitKey(row);
          return (
            <li
              key={key}
              className="absolute inset-x-0 top-0"
              style={{ height: ROW, transform: `translateY(${item.start}px)` }}
            >
              <button
                type="button"
                data-roving
                tabIndex={key === selected ? 0 : -1}
                aria-current={key === selected || undefined}
                data-testid={`hit-${row.seq}`}
                onClick={() => onSelect(row)}
                className="grid size-full grid-cols-[auto_14px_minmax(90px,150px)_minmax(120px,220px)_minmax(0,1fr)] items-center gap-3 px-3 text-left -outline-offset-2 hover:bg-raised aria-[current]:bg-accent-quiet aria-[current]:shadow-[inset_2px_0_var(--accent)]"
              >
                <time className="text-fg-3" dateTime={row.at} title={formatInstant(row.at)}>
                  {row.at.startsWith(today) ? "" : `${row.at.slice(5, 10)} `}
                  {formatPreciseTime(row.at)}
                </time>
                <StatusIcon status={row.status} label={row.severity} />
                <Text value={row.dashboardName} className="truncate text-fg-2" titled />
                <Text value={row.type} className="truncate text-fg" titled />
                <Text value={row.summary} className="truncate text-fg-2" />
              </button>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
