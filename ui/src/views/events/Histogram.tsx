import { type PointerEvent, useRef, useState } from "react";
import type { SearchOverview } from "../../bindings/SearchOverview";
import { formatCount } from "../../format/numbers";
import { formatInstant, formatMoment, milliseconds } from "../../format/times";
import { useNow } from "../../format/useNow";
import { MissingHatch } from "../../frame/missing/MissingHatch";

const HEIGHT = 56;

interface HistogramProps {
  overview: SearchOverview | null;
  /** Narrows the search to a stretch of time. */
  onNarrow: (from: string, to: string) => void;
}

/** Hits over time, the bad ones in their colours; dragging over it narrows the search. */
export function Histogram({ overview, onNarrow }: HistogramProps) {
  const now = useNow();
  const [drag, setDrag] = useState<{ start: number; end: number } | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const buckets = overview?.buckets ?? [];
  const most = Math.max(1, ...buckets.map((bucket) => bucket.count));
  const placeOf = (event: PointerEvent) => {
    const area = box.current?.getBoundingClientRect();
    if (!area || buckets.length === 0) return 0;
    const place = Math.floor(((event.clientX - area.left) / Math.max(1, area.width)) * buckets.length);
    return Math.max(0, Math.min(buckets.length - 1, place));
  };
  const bars = (count: (index: number) => number, below: (index: number) => number) =>
    buckets
      .map((_, index) => {
        const size = count(index);
        if (size === 0) return "";
        const bottom = HEIGHT - (below(index) / most) * (HEIGHT - 4);
        const height = Math.max(1.5, (size / most) * (HEIGHT - 4));
        return `M${index * 10 + 0.5} ${bottom.toFixed(1)}v${(-height).toFixed(1)}h9v${height.toFixed(1)}z`;
      })
      .join("");
  const shown = pointed === null ? undefined : buckets[pointed];
  const first = buckets[0];
  const last = buckets.at(-1);
  const [from, to] = drag ? [Math.min(drag.start, drag.end), Math.max(drag.start, drag.end)] : [0, 0];
  return (
    <div className="flex-none">
      <div
        ref={box}
        role="img"
        aria-label={`Hits over time: ${formatCount(overview?.total ?? 0)}`}
        data-testid="histogram"
        onPointerDown={(event) => {
          if (event.button !== 0 || buckets.length === 0) return;
          event.currentTarget.setPointerCapture?.(event.pointerId);
          const place = placeOf(event);
          setDrag({ start: place, end: place });
        }}
        onPointerMove={(event) => {
          const place = placeOf(event);
          setPointed(place);
          setDrag((current) => current && { ...current, end: place });
        }}
        onPointerUp={() => {
          const [begin, end] = [buckets[from], buckets[to]];
          if (drag && begin && end) onNarrow(begin.from, end.to);
          setDrag(null);
        }}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => setPointed(null)}
        className="relative h-14 cursor-crosshair touch-none overflow-hidden rounded-md border border-line bg-bg"
      >
        {first && last && (
          <MissingHatch from={milliseconds(first.from) ?? 0} to={milliseconds(last.to) ?? 0} />
        )}
        <svg
          aria-hidden="true"
          viewBox={`0 0 ${Math.max(1, buckets.length) * 10} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="absolute inset-0 size-full"
        >
          <path
            d={bars(
              (index) => rest(buckets[index]),
              (index) => (buckets[index]?.errors ?? 0) + (buckets[index]?.warnings ?? 0),
            )}
            fill="var(--text-3)"
            opacity=".5"
          />
          <path
            d={bars(
              (index) => buckets[index]?.warnings ?? 0,
              (index) => buckets[index]?.errors ?? 0,
            )}
            fill="var(--caution)"
          />
          <path
            d={bars(
              (index) => buckets[index]?.errors ?? 0,
              () => 0,
            )}
            fill="var(--serious)"
          />
          {drag && (
            <rect
              x={from * 10}
              width={(to - from + 1) * 10}
              height={HEIGHT}
              fill="var(--accent)"
              opacity=".25"
            />
          )}
        </svg>
      </div>
      <div className="flex h-4 justify-between gap-4 pt-0.5 font-mono text-2xs text-fg-3">
        <span>{first && formatMoment(first.from, now)}</span>
        <span className="text-fg-2">
          {shown &&
            `${formatInstant(shown.from).slice(0, 19)}: ${formatCount(shown.count)}${shown.errors > 0 ? `, ${formatCount(shown.errors)} errors` : ""}`}
        </span>
        <span>{last && formatMoment(last.to, now)}</span>
      </div>
    </div>
  );
}

function rest(bucket: SearchOverview["buckets"][number] | undefined): number {
  return bucket ? Math.max(0, bucket.count - bucket.errors - bucket.warnings) : 0;
}
