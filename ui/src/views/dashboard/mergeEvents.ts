import type { EventRow } from "../../bindings/EventRow";

/** Older than this many are forgotten while newer ones come. */
const KEPT = 5000;

/** `seen` with what was pushed before it; newest first, each once. When the push does not reach what was seen, so that
 * something between may be missing, only the push is kept: older events can be asked for again. */
export function withPushed(seen: EventRow[], pushed: EventRow[]): EventRow[] {
  const newest = seen[0];
  const oldestPushed = pushed.at(-1);
  if (!newest || !oldestPushed) return pushed.length > 0 ? pushed : seen;
  if (oldestPushed.seq > newest.seq) return pushed;
  const rest = seen.filter((event) => event.seq < oldestPushed.seq);
  return rest.length === 0 ? pushed : [...pushed, ...rest].slice(0, KEPT);
}

/** `seen` with an older page after it. */
export function withOlder(seen: EventRow[], page: EventRow[]): EventRow[] {
  const oldest = seen.at(-1);
  return [...seen, ...page.filter((event) => !oldest || event.seq < oldest.seq)];
}
