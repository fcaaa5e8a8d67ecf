import type { HubChip } from "../../bindings/HubChip";
import type { HubKey } from "../../bindings/HubKey";
import { formatCount } from "../../format/numbers";
import { formatDuration, formatMoment, formatSpan, milliseconds } from "../../format/times";

/** A stretch of time of which a hub's records are not here yet. */
export interface MissingStretch {
  hub: HubChip;
  /** Milliseconds since the Unix epoch; null when it begins before everything that is here. */
  from: number | null;
  /** Null when it ends after everything that is here. */
  to: number | null;
  records: number;
}

/** What is missing of the hubs' records, as far as it may lie between two instants; of the hubs named, or of all. */
export function missingBetween(
  hubs: readonly HubChip[],
  from: number,
  to: number,
  of: readonly HubKey[] = [],
): MissingStretch[] {
  return hubs
    .filter((hub) => of.length === 0 || of.includes(hub.hub))
    .flatMap((hub) =>
      (hub.missing?.spans ?? []).map((span) => ({
        hub,
        from: milliseconds(span.from),
        to: milliseconds(span.to),
        records: span.records,
      })),
    )
    .filter((span) => (span.from ?? from) <= to && (span.to ?? to) >= from);
}

/** When it is from, such as `from 09:10:00 to 11:30:00`. */
export function whenText({ from, to }: MissingStretch, now: number): string {
  const parts = [
    from === null ? null : `from ${formatMoment(from, now)}`,
    to === null ? null : `${from === null ? "from before" : "to"} ${formatMoment(to, now)}`,
  ].filter((part) => part !== null);
  return parts.length > 0 ? `${parts.join(" ")} UTC` : "";
}

/** How far the fetching has come: `fetching: 12 %, 8,120 a second, about 4 min left`, or when it goes on. */
export function fetchingText(hub: HubChip): string {
  const { missing } = hub;
  if (!missing) return "";
  if (!missing.isFetching) return "fetched once the hub is connected";
  return [`fetching: ${percent(missing.progress)}`, ...paceTexts(missing)].join(", ");
}

/** How fast something goes and how long it takes yet, as far as that is known. */
export function paceTexts(pace: { recordsPerSecond: number | null; secondsLeft: number | null }): string[] {
  return [
    pace.recordsPerSecond === null ? null : `${formatCount(pace.recordsPerSecond)} a second`,
    pace.secondsLeft === null ? null : `about ${roundSpan(pace.secondsLeft * 1000)} left`,
  ].filter((text) => text !== null);
}

/** A span without tenths: it is only about right. */
function roundSpan(span: number): string {
  return span < 10_000 ? formatSpan(span) : formatDuration(span);
}

/** A part done; never 100 % while anything is left. */
export function percent(part: number): string {
  return `${Math.floor(Math.min(0.99, Math.max(0, part)) * 100)} %`;
}
