import { useCallback, useEffect, useRef, useState } from "react";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { EventRow } from "../../bindings/EventRow";
import type { RequestError } from "../../bindings/RequestError";
import { useRequest } from "../../platform/useView";
import { withOlder, withPushed } from "./mergeEvents";

const PAGE = 200;

export interface EventFeed {
  events: EventRow[];
  /** Fetches what is older; does nothing while it does so already, or when there is nothing older. */
  loadOlder: () => void;
  loading: boolean;
  /** Whether everything there is has been fetched. */
  complete: boolean;
  error: RequestError | null;
}

/** The events of a dashboard: those pushed, and the older ones that were scrolled to. */
export function useEventFeed(dashboard: DashboardKey, pushed: EventRow[]): EventFeed {
  const request = useRequest("events_page");
  const [events, setEvents] = useState(pushed);
  const [complete, setComplete] = useState(false);
  const busy = useRef(false);

  useEffect(() => {
    setEvents((seen) => withPushed(seen, pushed));
  }, [pushed]);

  const beforeSeq = events.at(-1)?.seq;
  const loadOlder = useCallback(() => {
    if (busy.current || complete || beforeSeq === undefined) return;
    busy.current = true;
    void request.send({ request: { dashboard, beforeSeq, limit: PAGE } }).then((page) => {
      busy.current = false;
      if (!page) return;
      setEvents((seen) => withOlder(seen, page.events));
      if (page.nextBeforeSeq === null) setComplete(true);
    });
  }, [request.send, dashboard, beforeSeq, complete]);

  return { events, loadOlder, loading: request.pending, complete, error: request.error };
}
