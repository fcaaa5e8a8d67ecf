import { useMemo, useState } from "react";
import type { SearchScope } from "../../bindings/SearchScope";
import { Button } from "../../components/Button";
import { EmptyState, LoadingState } from "../../components/EmptyState";
import { Notice } from "../../components/Notice";
import { MultilineText } from "../../components/Text";
import { formatCount } from "../../format/numbers";
import { formatMoment, milliseconds } from "../../format/times";
import { useNow } from "../../format/useNow";
import { useConductor } from "../../frame/conductor/useConductor";
import { MissingNote } from "../../frame/missing/MissingNote";
import { useShortcuts } from "../../keyboard/useShortcuts";
import type { Route } from "../../navigation/route";
import { replaceRoute } from "../../navigation/useRoute";
import { useTransferStore } from "../../transfers/transferStore";
import { Facets } from "./Facets";
import { Histogram } from "./Histogram";
import { HitDetail } from "./HitDetail";
import { HitList, hitKey } from "./HitList";
import { QueryField } from "./QueryField";
import { withCondition, withinTime } from "./query";
import { useOverview } from "./useOverview";
import { type Search, useSearch } from "./useSearch";

/** Everything that was recorded: searched, counted, followed. */
export function EventsPage({ route }: { route: Extract<Route, { view: "events" }> }) {
  const conductor = useConductor();
  const openDialog = useTransferStore((state) => state.open);
  const now = useNow();
  const [following, setFollowing] = useState(true);
  const until = conductor.mode === "past" ? conductor.at : null;
  const plays = conductor.mode === "past" && conductor.speed !== null;
  const scope = useMemo<SearchScope>(
    () => ({ view: "events", hubs: [], query: route.query, utcOffsetMinutes: 0, until }),
    [route.query, until],
  );
  const tailing = following && until === null;
  const search = useSearch(scope, tailing);
  const overview = useOverview(scope, tailing);
  const { error } = search;
  const selected = route.record ? `${route.record.hub}/${route.record.seq}` : null;

  const go = (change: Partial<Pick<typeof route, "query" | "record">>) =>
    replaceRoute({ ...route, ...change });
  const select = (index: number) => {
    const row = search.rowAt(Math.max(0, Math.min(search.count - 1, index)));
    if (row) go({ record: { hub: row.dashboard.hub, seq: row.seq } });
  };
  const place = () => search.indexOf((row) => hitKey(row) === selected);
  useShortcuts({
    j: () => select(place() + 1),
    k: () => select(Math.max(0, place() - 1)),
    f: () => setFollowing(!following),
    Escape: () => go({ record: null }),
  });
  const add = (condition: string) => go({ query: withCondition(route.query, condition), record: null });

  // Nothing to divide, and no time to spread it over.
  const isEmpty = overview?.isComplete === true && overview.total === 0;
  const invalid = error?.code === "queryInvalid";
  return (
    <main className="flex min-h-0 flex-1 flex-col" data-testid="events-page">
      <header className="grid flex-none gap-2.5 px-5 pt-4 pb-2">
        <div className="flex items-start gap-3">
          <h1 className="pt-0.5 font-[650] text-xl">Events</h1>
          <QueryField
            value={route.query}
            onSearch={(query) => go({ query, record: null })}
            problem={invalid ? { message: error.message, span: error.span ?? null } : null}
          />
          {route.query !== "" && (
            <Button variant="quiet" onClick={() => go({ query: "", record: null })}>
              Clear
            </Button>
          )}
          <Button
            testId="export-records"
            disabledReason={invalid ? "Finish the query first." : null}
            onClick={() => openDialog({ name: "export", wish: { kind: "records", scope } })}
          >
            Export…
          </Button>
          <Button
            aria-pressed={tailing}
            variant={tailing ? "primary" : "normal"}
            testId="follow"
            hint="New records are put in front as they come (f)"
            disabledReason={until === null ? null : "The past has no new records."}
            onClick={() => setFollowing(!following)}
          >
            {tailing ? "Following" : "Follow"}
          </Button>
        </div>
        {!isEmpty && (
          <Histogram
            overview={overview}
            onNarrow={(from, to) => go({ query: withinTime(route.query, from, to), record: null })}
          />
        )}
      </header>
      <div className="flex min-h-0 flex-1 border-t border-line">
        {!isEmpty && (
          <aside
            aria-label="Narrow the search"
            className="flex w-[212px] flex-none flex-col gap-4 overflow-y-auto border-r border-line px-3 py-3"
          >
            <Facets
              overview={overview}
              query={route.query}
              onQuery={(query) => go({ query, record: null })}
            />
          </aside>
        )}
        <section aria-label="Hits" className="flex min-w-0 flex-1 flex-col">
          {error && !invalid && (
            <Notice status="serious" className="m-3" testId="search-error">
              <MultilineText value={error.message} />
            </Notice>
          )}
          <MissingNote
            to={milliseconds(until) ?? undefined}
            className="flex-none border-b border-line px-3 py-1.5"
          />
          <Hits
            search={search}
            query={route.query}
            invalid={invalid}
            selected={selected}
            plays={plays}
            onSelect={(row) => go({ record: { hub: row.dashboard.hub, seq: row.seq } })}
          />
          <footer
            role="status"
            data-testid="search-progress"
            className="flex h-7 flex-none items-center gap-3 border-t border-line px-3 text-fg-3 text-sm"
          >
            <span>
              {overview
                ? `${overview.isComplete ? "" : "at least "}${formatCount(overview.total)} ${overview.total === 1 ? "record" : "records"}`
                : "counting"}
            </span>
            {!search.complete && search.searchedTo && (
              <span>listed back to {formatMoment(search.searchedTo, now)} UTC</span>
            )}
            {search.loading && <span>searching…</span>}
            <span className="ml-auto">
              <kbd className="kbd">j</kbd> <kbd className="kbd">k</kbd> move · <kbd className="kbd">f</kbd>{" "}
              follow · <kbd className="kbd">g</kbd> newest
            </span>
          </footer>
        </section>
        {route.record && (
          <aside
            aria-label="Record"
            className="flex w-[400px] flex-none flex-col overflow-hidden border-l border-line bg-surface 2xl:w-[520px]"
          >
            <HitDetail
              hub={route.record.hub}
              seq={route.record.seq}
              onCondition={add}
              onClose={() => go({ record: null })}
            />
          </aside>
        )}
      </div>
    </main>
  );
}

interface HitsProps {
  search: Search;
  query: string;
  invalid: boolean;
  selected: string | null;
  plays: boolean;
  onSelect: Parameters<typeof HitList>[0]["onSelect"];
}

function Hits({ search, query, invalid, selected, plays, onSelect }: HitsProps) {
  if (search.count > 0) return <HitList search={search} selected={selected} onSelect={onSelect} />;
  if (invalid) {
    return (
      <EmptyState title="The query is not finished" testId="query-invalid">
        <p>What is wrong with it stands below it. Try one of these:</p>
        <Examples />
      </EmptyState>
    );
  }
  if (search.error) return <div className="flex-1" />;
  if (search.loading) return plays ? <div className="flex-1" /> : <LoadingState what="the hits" />;
  return (
    <EmptyState title={query === "" ? "Nothing has been recorded yet" : "Nothing matches"} testId="no-hits">
      {query === "" ? (
        <p>What dashboards publish, and everything that is done with them, stands here.</p>
      ) : (
        <>
          <p>
            Take a condition out, or look further back. A word matches whole words; `time*` matches their
            beginning.
          </p>
          <Examples />
        </>
      )}
    </EmptyState>
  );
}

function Examples() {
  return (
    <ul className="grid gap-1 font-mono text-fg-2 text-sm">
      <li>severity&gt;=error after:-2h</li>
      <li>kind:alert dashboard:energy-*</li>
      <li>type:DATA_INGESTED payload.recordCount&gt;1000</li>
      <li>"connection timeout" -kind:command</li>
    </ul>
  );
}
