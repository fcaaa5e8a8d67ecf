import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { RequestError } from "../../bindings/RequestError";
import type { SearchPosition } from "../../bindings/SearchPosition";
import type { SearchRow } from "../../bindings/SearchRow";
import type { SearchScope } from "../../bindings/SearchScope";
import type { Timestamp } from "../../bindings/Timestamp";
import { asRequestError } from "../../platform/platform";
import { usePlatform } from "../../platform/useView";
import { countOf, locate, missing, type Page, trimmed } from "./pages";

const PAGE = 200;
/** Hits that are fetched without being asked for: about two screenfuls. */
const FIRST = 120;
/** Time between two looks for new hits, in milliseconds. */
const TAIL_EVERY = 1_000;
/** New hits that are put in front, one after the other, before the newest page is fetched instead. */
const MOST_IN_FRONT = 1_000;
/** Hits from the end at which older ones are fetched. */
const NEAR_END = 40;

export interface Search {
  /** Hits that are known of so far, those that are set aside included. */
  count: number;
  /** The hit at a place, newest first; undefined while it is being fetched again. */
  rowAt: (index: number) => SearchRow | undefined;
  /** The place of a hit among those that are there; -1 for none. */
  indexOf: (isWanted: (row: SearchRow) => boolean) => number;
  /** New hits that are not in the list, since one reads further down. */
  fresh: number;
  loading: boolean;
  /** Whether there is nothing older. */
  complete: boolean;
  /** How far back it has been searched. */
  searchedTo: Timestamp | null;
  error: RequestError | null;
  /** Tells which hits are in sight: what is missing of them is fetched, and what comes after them. */
  show: (first: number, last: number) => void;
  /** Tells whether the list stands at its beginning: only there do new hits come into it. */
  setAtTop: (isAtTop: boolean) => void;
  /** Begins anew with the newest hits. */
  restart: () => void;
}

interface State {
  /** Hits that came since the search began, newest first. */
  front: SearchRow[];
  pages: Page[];
  fresh: number;
  loading: boolean;
  searchedTo: Timestamp | null;
  error: RequestError | null;
  next: SearchPosition[] | null;
  tail: SearchPosition[];
}

const nothing: State = {
  front: [],
  pages: [],
  fresh: 0,
  loading: true,
  searchedTo: null,
  error: null,
  next: null,
  tail: [],
};

/**
 * The hits of a search, fetched a page at a time in both directions; however many there are, only those near the ones in
 * sight are kept. With `tailing`, new ones are put in front as they come, or counted while one reads further down.
 */
export function useSearch(scope: SearchScope, tailing: boolean): Search {
  const platform = usePlatform();
  const [state, setState] = useState<State>(nothing);
  const [round, setRound] = useState(0);
  const key = JSON.stringify(scope);
  /** Ends the fetching of a search that is no longer wanted. */
  const run = useRef(0);
  const busy = useRef(false);
  const atTop = useRef(true);
  const inSight = useRef<[first: number, last: number]>([0, 0]);
  const latest = useRef(state);
  const change = useCallback((to: (state: State) => State) => {
    latest.current = to(latest.current);
    setState(latest.current);
  }, []);

  /** Fetches until `enough` hits are there or there are no more; `each` is told of every answer. */
  const fetchPages = useCallback(
    async (
      wanted: number,
      position: SearchPosition[] | null,
      enough: number,
      each: (from: SearchPosition[] | null, page: FetchedPage, isLast: boolean) => void,
    ) => {
      const asked: SearchScope = JSON.parse(key);
      let next = position;
      let found = 0;
      busy.current = true;
      try {
        do {
          const from: SearchPosition[] | null = next;
          const page: FetchedPage = await platform.request("search_page", {
            request: { scope: asked, position: from, limit: PAGE },
          });
          if (run.current !== wanted) return;
          next = page.next;
          found += page.rows.length;
          each(from, page, next === null || found >= enough);
        } while (next !== null && found < enough);
      } catch (caught) {
        const error = asRequestError(caught);
        if (run.current !== wanted || error.code === "superseded") return;
        change((current) => ({ ...current, loading: false, error }));
      } finally {
        if (run.current === wanted) busy.current = false;
      }
    },
    [platform, key, change],
  );

  const older = useCallback(
    (wanted: number, position: SearchPosition[] | null, enough: number) => {
      change((current) => ({ ...current, loading: true, error: null }));
      return fetchPages(wanted, position, enough, (from, page, isLast) =>
        change((current) => {
          const before = from === null ? nothing : current;
          const fetched = { position: from, count: page.rows.length, rows: page.rows };
          return {
            ...before,
            pages: fetched.count > 0 ? [...before.pages, fetched] : before.pages,
            tail: from === null ? page.tail : before.tail,
            next: page.next,
            searchedTo: page.searchedTo,
            loading: !isLast,
          };
        }),
      );
    },
    [fetchPages, change],
  );

  /** Fetches a page again whose rows were set aside. */
  const again = useCallback(
    (wanted: number, index: number, { position, count }: Page) => {
      let rows: SearchRow[] = [];
      return fetchPages(wanted, position, count, (_, page, isLast) => {
        rows = [...rows, ...page.rows];
        if (!isLast) return;
        // Fewer than there were when the rest is no longer kept.
        const kept = rows.slice(0, count);
        change((current) => ({
          ...current,
          pages: current.pages.map((one, place) =>
            place === index ? { position, count: kept.length, rows: kept } : one,
          ),
        }));
      });
    },
    [fetchPages, change],
  );

  const searched = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round begins anew
  useEffect(() => {
    run.current += 1;
    atTop.current = true;
    inSight.current = [0, 0];
    // The hits stay in sight until there are newer ones; those of another search do not.
    const isSame = searched.current === key;
    searched.current = key;
    if (!isSame || latest.current.error) change(() => nothing);
    void older(run.current, null, FIRST);
    return () => {
      run.current += 1;
      busy.current = false;
    };
  }, [older, change, key, round]);

  const restart = useCallback(() => setRound((before) => before + 1), []);

  const ready = state.tail.length > 0 && state.error === null;
  useEffect(() => {
    if (!tailing || !ready) return;
    const wanted = run.current;
    let looking = false;
    const look = async () => {
      if (looking || busy.current) return;
      looking = true;
      try {
        const found = await platform.request("search_tail", {
          request: { scope: JSON.parse(key), position: latest.current.tail, limit: PAGE },
        });
        if (run.current !== wanted) return;
        const { front, fresh } = latest.current;
        const isLong = front.length + found.rows.length > MOST_IN_FRONT;
        if (atTop.current && (fresh > 0 || isLong)) {
          restart();
          return;
        }
        change((current) => ({
          ...current,
          front: atTop.current && found.rows.length > 0 ? [...found.rows, ...current.front] : current.front,
          fresh: atTop.current ? current.fresh : current.fresh + found.rows.length,
          tail: found.tail,
        }));
      } catch (caught) {
        const error = asRequestError(caught);
        if (run.current === wanted && error.code !== "superseded")
          change((current) => ({ ...current, error }));
      } finally {
        looking = false;
      }
    };
    const timer = setInterval(() => void look(), TAIL_EVERY);
    return () => clearInterval(timer);
  }, [platform, key, tailing, ready, change, restart]);

  const fill = useCallback(() => {
    const { pages, front, next, error } = latest.current;
    if (busy.current || error) return;
    const [first, last] = inSight.current;
    const pageAt = (index: number) =>
      locate(pages, Math.max(0, index - front.length))?.page ?? Math.max(0, pages.length - 1);
    const [from, to] = [pageAt(first), pageAt(last)];
    const kept = trimmed(pages, from, to);
    if (kept !== pages) change((current) => ({ ...current, pages: kept }));
    const absent = missing(kept, from, to);
    const page = absent === null ? undefined : kept[absent];
    const isNear = last >= front.length + countOf(kept) - NEAR_END;
    const work =
      absent !== null && page
        ? again(run.current, absent, page)
        : next && isNear
          ? older(run.current, next, PAGE / 2)
          : null;
    // What came into sight meanwhile is looked after next.
    void work?.then(() => fill());
  }, [again, older, change]);

  const show = useCallback(
    (first: number, last: number) => {
      inSight.current = [first, last];
      fill();
    },
    [fill],
  );
  const setAtTop = useCallback((isAtTop: boolean) => {
    atTop.current = isAtTop;
  }, []);

  return useMemo(() => {
    const { front, pages, fresh, loading, searchedTo, error, next } = state;
    const rowAt = (index: number) => {
      if (index < front.length) return front[index];
      const place = locate(pages, index - front.length);
      return place ? pages[place.page]?.rows?.[place.offset] : undefined;
    };
    const indexOf = (isWanted: (row: SearchRow) => boolean) => {
      const before = front.findIndex(isWanted);
      if (before >= 0) return before;
      let start = front.length;
      for (const page of pages) {
        const place = page.rows?.findIndex(isWanted) ?? -1;
        if (place >= 0) return start + place;
        start += page.count;
      }
      return -1;
    };
    const count = front.length + countOf(pages);
    const complete = next === null && !loading;
    return { count, rowAt, indexOf, fresh, loading, complete, searchedTo, error, show, setAtTop, restart };
  }, [state, show, setAtTop, restart]);
}

interface FetchedPage {
  rows: SearchRow[];
  next: SearchPosition[] | null;
  searchedTo: Timestamp | null;
  tail: SearchPosition[];
}
