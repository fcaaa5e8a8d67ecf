import type { EventRow } from "../../bindings/EventRow";
import type { EventsPage } from "../../bindings/EventsPage";

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

/** Events, newest first, and where the older ones are. */
export interface Feed {
  events: EventRow[];
  /** Older events stand before this record; null when there are none. */
  nextBeforeSeq: number | null;
}

/** The feed that begins with what is pushed; without it, with the newest there is. */
export function feedFrom(pushed: EventRow[]): Feed {
  return { events: pushed, nextBeforeSeq: pushed.at(-1)?.seq ?? Number.MAX_SAFE_INTEGER };
}

/** `feed` with what was pushed before it. Where its oldest events were dropped, they can be asked for again. */
export function feedWithPushed(feed: Feed, pushed: EventRow[]): Feed {
  const events = withPushed(feed.events, pushed);
  const oldest = events.at(-1)?.seq;
  if (oldest === undefined || oldest === feed.events.at(-1)?.seq) return { ...feed, events };
  return { events, nextBeforeSeq: oldest };
}

/** `feed` with the page of what is before `beforeSeq` after it; as it is when it no longer ends there. */
export function feedWithOlder(feed: Feed, beforeSeq: number, page: EventsPage): Feed {
  if (feed.nextBeforeSeq !== beforeSeq) return feed;
  return { events: withOlder(feed.events, page.events), nextBeforeSeq: page.nextBeforeSeq };
}
