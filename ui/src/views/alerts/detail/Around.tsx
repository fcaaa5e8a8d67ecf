import { useMemo } from "react";
import type { AlertDetail } from "../../../bindings/AlertDetail";
import { RequestFailure } from "../../../components/Notice";
import { StatusIcon } from "../../../components/StatusIcon";
import { Text } from "../../../components/Text";
import { formatInstant, formatMoment, milliseconds } from "../../../format/times";
import { useNow } from "../../../format/useNow";
import { useLatest } from "../../metrics/useLatest";

const MINUTE = 60_000;

/** What happened on the same dashboard shortly before an alert and a while after it began. */
export function Around({ detail }: { detail: AlertDetail }) {
  const now = useNow();
  const { row } = detail;
  const request = useMemo(() => {
    const began = milliseconds(row.firstSeen) ?? 0;
    return {
      dashboard: row.dashboard,
      from: new Date(began - 10 * MINUTE).toISOString(),
      to: new Date(began + 10 * MINUTE).toISOString(),
      limit: 60,
    };
  }, [row.dashboard, row.firstSeen]);
  const { answer, loading, error } = useLatest("events_around", { request });
  return (
    <section data-testid="alert-around">
      <h3 className="caps pb-1.5">Ten minutes before and after it began</h3>
      <RequestFailure error={error} />
      {answer && answer.events.length === 0 && (
        <p className="text-fg-3">Nothing else was recorded of this dashboard then.</p>
      )}
      {!answer && loading && <p className="text-fg-3">Reading the record…</p>}
      <ol className="grid gap-1">
        {answer?.events.map((event) => (
          <li key={event.seq} className="grid grid-cols-[auto_12px_minmax(0,1fr)] items-baseline gap-x-2">
            <time dateTime={event.at} title={formatInstant(event.at)} className="text-fg-3 text-sm">
              {formatMoment(event.at, now)}
            </time>
            <StatusIcon status={event.status} size={9} />
            <span className="min-w-0 truncate">
              <Text value={event.kind} className="font-mono text-sm" />{" "}
              <Text value={event.summary} className="text-fg-2 text-sm" titled />
            </span>
          </li>
        ))}
      </ol>
      {answer?.isPartial && <p className="pt-1 text-fg-3 text-sm">There is more; Events has all of it.</p>}
    </section>
  );
}
