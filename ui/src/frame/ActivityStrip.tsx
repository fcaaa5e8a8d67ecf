import { memo } from "react";
import type { ActivityMinute } from "../bindings/ActivityMinute";
import type { Status } from "../bindings/Status";
import { formatCount } from "../format/numbers";

const HEIGHT = 26;
const marked: Partial<Record<Status, string>> = {
  caution: "var(--caution)",
  serious: "var(--serious)",
  critical: "var(--critical)",
};

/** Bars of an SVG path, one for each minute: one element however many bars. */
export function barsPath(minutes: ActivityMinute[]): string {
  const most = Math.max(1, ...minutes.map((minute) => minute.records));
  return minutes
    .map(({ records }, index) => {
      if (records === 0) return "";
      const height = Math.max(2, (records / most) * (HEIGHT - 6));
      return `M${index * 10 + 1} ${HEIGHT}v${(-height).toFixed(1)}h7v${height.toFixed(1)}z`;
    })
    .join("");
}

/** How much came in during each minute of the last hour, and when something was wrong. */
export const ActivityStrip = memo(function ActivityStrip({ minutes }: { minutes: ActivityMinute[] }) {
  const last = minutes.at(-1);
  return (
    <div className="flex min-w-0 flex-1 items-center gap-2.5 overflow-hidden">
      <svg
        role="img"
        aria-label={`Activity of the last hour; ${formatCount(last?.records ?? 0)} records in the last minute`}
        data-testid="activity-strip"
        viewBox={`0 0 ${minutes.length * 10} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-[26px] min-w-20 flex-1 rounded-md border border-line bg-bg"
      >
        <path d={barsPath(minutes)} fill="var(--text-3)" opacity=".5" />
        {minutes.map(({ worst }, index) =>
          marked[worst] ? (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a minute is its place in the hour
              key={index}
              x={index * 10 + 3}
              width="4"
              height={worst === "caution" ? 8 : HEIGHT}
              y={worst === "caution" ? HEIGHT - 8 : 0}
              fill={marked[worst]}
            />
          ) : null,
        )}
      </svg>
      <span className="flex-none font-mono text-sm whitespace-nowrap text-fg-3">−1 h</span>
    </div>
  );
});
