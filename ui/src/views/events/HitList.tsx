import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { SearchRow } from "../../bindings/SearchRow";
import { Button } from "../../components/Button";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatCount } from "../../format/numbers";
import { formatInstant, formatPreciseTime } from "../../format/times";
import { useNow } from "../../format/useNow";
import { useShortcuts } from "../../keyboard/useShortcuts";
import type { Search } from "./useSearch";

const ROW = 26;

export const hitKey = (row: Pick<SearchRow, "dashboard" | "seq">) => `${row.dashboard.hub}/${row.seq}`;

interface HitListProps {
  search: Search;
  selected: string | null;
  onSelect: (row: SearchRow) => void;
}

/** The hits: only the rows in sight are drawn, and only those near them are kept; new ones do not move who reads on. */
export function HitList({ search, selected, onSelect }: HitListProps) {
  const { count, rowAt, indexOf, show, setAtTop, fresh, restart } = search;
  const now = useNow();
  const today = new Date(now).toISOString().slice(0, 10);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 24,
  });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: also when hits came
  useEffect(() => show(first, last), [show, first, last, count]);

  const place = selected === null ? -1 : indexOf((row) => hitKey(row) === selected);
  const shownFor = useRef<string | null>(null);
  useEffect(() => {
    if (place < 0 || shownFor.current === selected) return;
    shownFor.current = selected;
    virtual.scrollToIndex(place, { align: "auto" });
  }, [place, selected, virtual]);

  const toNewest = () => {
    scroller.current?.scrollTo({ top: 0 });
    setAtTop(true);
    restart();
  };
  useShortcuts({ g: toNewest });

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {fresh > 0 && (
        <Button
          variant="primary"
          testId="fresh-hits"
          hint="Shows the newest (g)"
          className="absolute top-2 left-1/2 z-10 -translate-x-1/2 shadow-lg"
          onClick={toNewest}
        >
          {formatCount(fresh)} new ↑
        </Button>
      )}
      <div
        ref={scroller}
        className="min-h-0 flex-1 overflow-y-auto"
        data-testid="hits"
        onScroll={(event) => setAtTop(event.currentTarget.scrollTop <= ROW)}
      >
        <ol
          aria-label="Hits"
          className="relative font-mono text-sm"
          style={{ height: virtual.getTotalSize() }}
        >
          {items.map((item) => {
            const row = rowAt(item.index);
            if (!row) {
              return (
                <li
                  key={item.index}
                  aria-hidden="true"
                  className="absolute inset-x-0 top-0 flex items-center px-3 text-fg-3"
                  style={{ height: ROW, transform: `translateY(${item.start}px)` }}
                >
                  …
                </li>
              );
            }
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
                  className="grid size-full grid-cols-[auto_14px_minmax(70px,0.8fr)_minmax(90px,1fr)_minmax(0,1.6fr)] 2xl:grid-cols-[auto_14px_150px_220px_minmax(0,1fr)] items-center gap-3 px-3 text-left -outline-offset-2 hover:bg-raised aria-[current]:bg-accent-quiet aria-[current]:shadow-[inset_2px_0_var(--accent)]"
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
    </div>
  );
}
