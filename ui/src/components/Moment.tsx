import type { Freshness } from "../bindings/Freshness";
import type { Timestamp } from "../bindings/Timestamp";
import { formatAge, formatInstant, formatMoment, formatTime } from "../format/times";
import { useNow } from "../format/useNow";

/** How long ago something was; the instant on hovering. */
export function Age({ at, className }: { at: Timestamp; className?: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={formatInstant(at)} className={className}>
      {formatAge(at, now)} ago
    </time>
  );
}

/** When something was, with its age beside it. */
export function Moment({ at, className }: { at: Timestamp; className?: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={formatInstant(at)} className={`whitespace-nowrap ${className ?? ""}`}>
      {formatMoment(at, now)} <span className="text-fg-3">{formatAge(at, now)} ago</span>
    </time>
  );
}

/** How fresh what stands beside it is. */
export function FreshnessText({ freshness, className }: { freshness: Freshness; className?: string }) {
  const now = useNow();
  return (
    <time
      dateTime={freshness.at}
      title={`${freshnessPhrase[freshness.kind]} ${formatInstant(freshness.at)}`}
      data-freshness={freshness.kind}
      className={`whitespace-nowrap ${className ?? ""}`}
    >
      {freshnessText(freshness, now)}
    </time>
  );
}

function freshnessText({ kind, at }: Freshness, now: number): string {
  switch (kind) {
    case "archived":
      return `archive ${formatMoment(at, now).slice(0, -3)}`;
    case "cached":
      return `cached ${formatTime(at).slice(0, 5)}`;
    case "stale":
      return `stale ${formatAge(at, now)}`;
    case "live":
      return `${formatAge(at, now)} ago`;
  }
}

const freshnessPhrase: Record<Freshness["kind"], string> = {
  live: "Last heard from at",
  stale: "Not heard from since",
  cached: "The hub is not connected. This is what was known at",
  archived: "This is an archive, which is never current. It ends at",
};
