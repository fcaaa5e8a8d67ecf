import { useCallback, useEffect, useRef, useState } from "react";
import type { RequestError } from "../../bindings/RequestError";
import type { SearchPosition } from "../../bindings/SearchPosition";
import type { SearchRow } from "../../bindings/SearchRow";
import type { SearchScope } from "../../bindings/SearchScope";
import type { Timestamp } from "../../bindings/Timestamp";
import { asRequestError } from "../../platform/platform";
import { usePlatform } from "../../platform/useView";

const PAGE = 200;
/** Hits that are fetched without being asked for: about two screenfuls. */
const FIRST = 120;
/** Time between two looks for new hits, in milliseconds. */
const TAIL_EVERY = 1_000;

export interface Search {
  /** Newest first. */
  rows: SearchRow[];
  /** How many rows came in front since the search began: a list keeps its place by it. */
  prepended: number;
  loading: boolean;
  /** Whether there is nothing older. */
  complete: boolean;
  /** How far back it has been searched. */
  searchedTo: Timestamp | null;
  error: RequestError | null;
  loadOlder: () => void;
}

interface State extends Omit<Search, "loadOlder"> {
  next: SearchPosition[] | null;
  tail: SearchPosition[];
}

const nothing: State = {
  rows: [],
  prepended: 0,
  loading: true,
  complete: false,
  searchedTo: null,
  error: null,
  next: null,
  tail: [],
};

/** The hits of a search, fetched a page at a time; with `tailing`, new ones are put in front as they come. */
export function useSearch(scope: SearchScope, tailing: boolean): Search {
  const platform = usePlatform();
  const [state, setState] = useState<State>(nothing);
  const key = JSON.stringify(scope);
  /** Ends the fetching of a search that is no longer wanted. */
  const run = useRef(0);
  const busy = useRef(false);
  const latest = useRef(state);
  latest.current = state;

  const fetchPages = useCallback(
    async (wanted: number, position: SearchPosition[] | null, enough: number) => {
      const asked: SearchScope = JSON.parse(key);
      let next = position;
      let found = 0;
      busy.current = true;
      setState((current) => ({ ...current, loading: true, error: null }));
      try {
        do {
          const page = await platform.request("search_page", {
            request: { scope: asked, position: next, limit: PAGE },
          });
          if (run.current !== wanted) return;
          const isFirst = next === null;
          next = page.next;
          found += page.rows.length;
          setState((current) => ({
            ...current,
            rows: isFirst ? page.rows : [...current.rows, ...page.rows],
            tail: isFirst ? page.tail : current.tail,
            next: page.next,
            complete: page.next === null,
            searchedTo: page.searchedTo,
            loading: page.next !== null && found < enough,
          }));
        } while (next !== null && found < enough);
      } catch (caught) {
        const error = asRequestError(caught);
        if (run.current !== wanted || error.code === "superseded") return;
        setState((current) => ({ ...current, loading: false, error }));
      } finally {
        if (run.current === wanted) busy.current = false;
      }
    },
    [platform, key],
  );

  useEffect(() => {
    run.current += 1;
    const wanted = run.current;
    setState(nothing);
    void fetchPages(wanted, null, FIRST);
    return () => {
      run.current += 1;
      busy.current = false;
    };
  }, [fetchPages]);

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
        setState((current) => ({
          ...current,
          rows: found.rows.length > 0 ? [...found.rows, ...current.rows] : current.rows,
          prepended: current.prepended + found.rows.length,
          tail: found.tail,
        }));
      } catch (caught) {
        const error = asRequestError(caught);
        if (run.current === wanted && error.code !== "superseded") {
          setState((current) => ({ ...current, error }));
        }
      } finally {
        looking = false;
      }
    };
    const timer = setInterval(() => void look(), TAIL_EVERY);
    return () => clearInterval(timer);
  }, [platform, key, tailing, ready]);

  const loadOlder = useCallback(() => {
    const { next, error } = latest.current;
    if (next && !busy.current && !error) void fetchPages(run.current, next, PAGE / 2);
  }, [fetchPages]);

  return { ...state, loadOlder };
}
