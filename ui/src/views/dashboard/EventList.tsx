import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useRef, useState } from "react";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { EventRow } from "../../bindings/EventRow";
import { Button } from "../../components/Button";
import { EmptyState } from "../../components/EmptyState";
import { RequestFailure } from "../../components/Notice";
import { StatusIcon } from "../../components/StatusIcon";
import { CodeText, Text } from "../../components/Text";
import { formatInstant, formatMoment, formatPreciseTime } from "../../format/times";
import { useNow } from "../../format/useNow";
import { indentJson } from "./indentJson";
import { useEventFeed } from "./useEventFeed";

interface EventListProps {
  dashboard: DashboardKey;
  pushed: EventRow[];
}

/** The event feed: only the rows in sight are drawn, older ones are fetched on the way down, a row opens its payload. */
export function EventList({ dashboard, pushed }: EventListProps) {
  const feed = useEventFeed(dashboard, pushed);
  const { events, loadOlder } = feed;
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 24,
    getItemKey: (index) => events[index]?.seq ?? index,
    overscan: 20,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  // Fewer than a screenful of what was pushed is no reason to fetch: the operator scrolls for more.
  const near =
    events.length > 0 && last >= events.length - 30 && (virtual.scrollOffset ?? 0) > 0 && !feed.error;
  useEffect(() => {
    if (near) void loadOlder();
  }, [near, loadOlder]);

  const older = (
    <Button
      testId="load-older"
      disabledReason={feed.loading ? "Loading." : null}
      onClick={() => void loadOlder()}
    >
      {feed.loading ? "Loading older events" : "Load older events"}
    </Button>
  );
  if (events.length === 0) {
    return (
      <EmptyState title={feed.complete ? "No event yet" : "No recent event"} testId="events-empty">
        <p>What the dashboard publishes, and each change of its state, stands here.</p>
        <RequestFailure error={feed.error} />
        {!feed.complete && older}
      </EmptyState>
    );
  }
  const toggle = (seq: number) =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(seq)) next.add(seq);
      return next;
    });
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-5 pt-2 pb-4" data-testid="event-feed">
      <ol
        aria-label="Events"
        className="relative font-mono text-sm"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map((item) => {
          const event = events[item.index];
          return event ? (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <EventLine event={event} open={open.has(event.seq)} onToggle={toggle} />
            </li>
          ) : null;
        })}
      </ol>
      <div className="grid justify-items-center gap-2 py-3 text-fg-3">
        <RequestFailure error={feed.error} />
        {feed.complete ? <p>This is where the record begins.</p> : older}
      </div>
    </div>
  );
}

interface EventLineProps {
  event: EventRow;
  open: boolean;
  onToggle: (seq: number) => void;
}

const EventLine = memo(function EventLine({ event, open, onToggle }: EventLineProps) {
  return (
    <div className={open ? "border-b border-line pb-2" : ""}>
      <button
        type="button"
        aria-expanded={open}
        data-testid="event-row"
        data-seq={event.seq}
        data-kind={event.kind}
        onClick={() => onToggle(event.seq)}
        className="grid h-6 w-full grid-cols-[160px_12px_minmax(150px,220px)_minmax(0,1fr)_auto] items-center gap-3 text-left whitespace-nowrap text-fg-2 -outline-offset-2 hover:bg-surface"
      >
        <EventTime event={event} />
        <StatusIcon status={event.status} size={10} />
        <Text value={event.kind} className="truncate text-fg" />
        <Text value={event.summary} className="truncate" />
        <span className="w-4 text-fg-3" aria-hidden="true">
          {open ? "−" : "+"}
        </span>
      </button>
      {open && (
        <div className="grid gap-1 pl-[172px]">
          <span className="text-fg-3">
            {formatInstant(event.at)} · record {event.seq}
          </span>
          <CodeText value={indentJson(event.payload)} className="max-h-80" testId="event-payload" />
        </div>
      )}
    </div>
  );
});

function EventTime({ event }: { event: EventRow }) {
  const now = useNow();
  const moment = formatMoment(event.at, now);
  const date = moment.length > 8 ? `${moment.slice(5, 10)} ` : "";
  return (
    <time dateTime={event.at} title={formatInstant(event.at)} className="text-fg-3">
      {date}
      {formatPreciseTime(event.at)}
    </time>
  );
}
