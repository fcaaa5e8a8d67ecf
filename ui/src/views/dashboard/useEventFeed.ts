import { useCallback, useEffect, useRef, useState } from "react";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { EventRow } from "../../bindings/EventRow";
import type { RequestError } from "../../bindings/RequestError";
import { useRequest } from "../../platform/useView";
import { feedFrom, feedWithOlder, feedWithPushed } from "./mergeEvents";

const PAGE = 200;
/** Pages without an event that are passed over at a time: other dashboards may fill a long stretch of the record. */
const EMPTY_PAGES = 10;

export interface EventFeed {
  events: EventRow[];
  /** Fetches what is older; does nothing while it does so already, or when there is nothing older. */
  loadOlder: () => Promise<void>;
  loading: boolean;
  /** Whether everything there is has been fetched. */
  complete: boolean;
  error: RequestError | null;
}

/** The events of a dashboard: those pushed, and the older ones that were scrolled to. */
export function useEventFeed(dashboard: DashboardKey, pushed: EventRow[]): EventFeed {
  const { send, pending, error } = useRequest("events_page");
  const [feed, setFeed] = useState(() => feedFrom(pushed));
  const busy = useRef(false);

  useEffect(() => {
    setFeed((before) => feedWithPushed(before, pushed));
  }, [pushed]);

  const { events, nextBeforeSeq } = feed;
  const loadOlder = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    let beforeSeq = nextBeforeSeq;
    for (let count = 0; count < EMPTY_PAGES && beforeSeq !== null; count++) {
      const asked = beforeSeq;
      const page = await send({ request: { dashboard, beforeSeq: asked, limit: PAGE } });
      if (!page) break;
      setFeed((before) => feedWithOlder(before, asked, page));
      if (page.events.length > 0) break;
      beforeSeq = page.nextBeforeSeq;
    }
    busy.current = false;
  }, [send, dashboard, nextBeforeSeq]);

  return {
    events,
    loadOlder,
    loading: pending,
    complete: nextBeforeSeq === null,
    error,
  };
}
