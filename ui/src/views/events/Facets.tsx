import { useState } from "react";
import type { SearchFacet } from "../../bindings/SearchFacet";
import type { SearchOverview } from "../../bindings/SearchOverview";
import { formatCount } from "../../format/numbers";
import { plainLine } from "../../format/plainText";
import { hasCondition, withCondition, withoutCondition } from "./query";

/** Facets shown before "more". */
const SHOWN = 7;

interface FacetsProps {
  overview: SearchOverview | null;
  query: string;
  onQuery: (query: string) => void;
}

/** How the hits divide; a click adds the condition or takes it out. */
export function Facets({ overview, query, onQuery }: FacetsProps) {
  if (!overview) return null;
  const sections: ReadonlyArray<[title: string, facets: SearchFacet[], complete: boolean]> = [
    ["Severity", overview.severities, overview.isComplete],
    ["Kind", overview.kinds, overview.isComplete],
    ["Type", overview.types, overview.isComplete && overview.typesAreComplete],
    ["Use case", overview.useCases, overview.isComplete],
    ["Dashboard", overview.dashboards, overview.isComplete],
  ];
  return sections.map(([title, facets, complete]) =>
    facets.length > 0 ? (
      <FacetSection
        key={title}
        title={title}
        facets={facets}
        complete={complete}
        query={query}
        onQuery={onQuery}
      />
    ) : null,
  );
}

interface FacetSectionProps {
  title: string;
  facets: SearchFacet[];
  complete: boolean;
  query: string;
  onQuery: (query: string) => void;
}

function FacetSection({ title, facets, complete, query, onQuery }: FacetSectionProps) {
  const [all, setAll] = useState(false);
  const most = Math.max(1, ...facets.map((facet) => facet.count));
  const shown = all ? facets : facets.slice(0, SHOWN);
  return (
    <section aria-label={title}>
      <h3 className="caps flex justify-between pb-1">
        {title}
        {!complete && <span className="text-fg-3 normal-case">at least</span>}
      </h3>
      <ul>
        {shown.map((facet) => {
          const chosen = hasCondition(query, facet.condition);
          return (
            <li key={facet.condition}>
              <button
                type="button"
                aria-pressed={chosen}
                title={plainLine(facet.condition)}
                data-testid={`facet-${facet.condition}`}
                onClick={() =>
                  onQuery(
                    chosen ? withoutCondition(query, facet.condition) : withCondition(query, facet.condition),
                  )
                }
                className="relative flex h-6 w-full items-center gap-2 rounded-sm px-1.5 text-left text-sm hover:bg-raised aria-pressed:bg-accent-quiet aria-pressed:text-accent"
              >
                <span
                  aria-hidden="true"
                  className="absolute bottom-0 left-1.5 h-px bg-line-strong"
                  style={{ width: `${(facet.count / most) * 88}%` }}
                />
                <bdi className="min-w-0 flex-1 truncate">{plainLine(facet.label)}</bdi>
                <span className="flex-none text-fg-3 tabular-nums">{formatCount(facet.count)}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {facets.length > SHOWN && (
        <button
          type="button"
          onClick={() => setAll(!all)}
          className="px-1.5 pt-0.5 text-accent text-sm hover:underline"
        >
          {all ? "Fewer" : `${facets.length - SHOWN} more`}
        </button>
      )}
    </section>
  );
}
