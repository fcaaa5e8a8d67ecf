import { memo } from "react";
import type { EventRow } from "../bindings/EventRow";
import { StatusIcon } from "../components/StatusIcon";
import { Text } from "../components/Text";
import { formatInstant, formatPreciseTime } from "../format/times";
import { formatRoute } from "../navigation/route";

/** The newest events over all hubs. */
export const EventTail = memo(function EventTail({
  events,
  rows = 4,
}: {
  events: EventRow[];
  rows?: number;
}) {
  return (
    <section
      aria-label="Newest events"
      data-testid="event-tail"
      className="h-[93px] flex-none overflow-hidden border-t border-line bg-surface px-5 py-1.5 font-mono text-sm/5 text-fg-2"
    >
      {events.length === 0 && (
        <p className="text-fg-3">No event yet. What dashboards publish runs by here.</p>
      )}
      {events.slice(0, rows).map((event) => (
        <a
          key={`${event.dashboard.hub} ${event.seq}`}
          href={formatRoute({ view: "dashboard", dashboard: event.dashboard, section: "events" })}
          className="grid grid-cols-[88px_12px_minmax(96px,150px)_minmax(150px,200px)_minmax(0,1fr)] items-center gap-3 whitespace-nowrap -outline-offset-1 hover:text-fg"
        >
          <time dateTime={event.at} title={formatInstant(event.at)} className="text-fg-3">
            {formatPreciseTime(event.at)}
          </time>
          <StatusIcon status={event.status} size={10} />
          <Text value={event.dashboardName} className="truncate" />
          <Text value={event.kind} className="truncate text-fg" />
          <Text value={event.summary} className="truncate" />
        </a>
      ))}
    </section>
  );
});
