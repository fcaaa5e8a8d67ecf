import { useState } from "react";
import type { SeriesCatalog } from "../../bindings/SeriesCatalog";
import { FilterBox } from "../../components/FilterBox";
import { Text } from "../../components/Text";

interface SeriesPickerProps {
  catalog: SeriesCatalog;
  chosen: string[];
  /** The series that the ranking is about. */
  focus: string | null;
  onToggle: (name: string) => void;
}

/** Every series there is, by group. */
export function SeriesPicker({ catalog, chosen, focus, onToggle }: SeriesPickerProps) {
  const [filter, setFilter] = useState("");
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = catalog.groups
    .map((group) => ({
      ...group,
      series: group.series.filter((series) => {
        const text = `${group.title} ${series.title} ${series.name}`.toLowerCase();
        return words.every((word) => text.includes(word));
      }),
    }))
    .filter((group) => group.series.length > 0);
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3">
      <div className="flex flex-none">
        <FilterBox value={filter} placeholder="Filter series" onChange={setFilter} testId="series-filter" />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {groups.length === 0 && <p className="px-2 text-fg-3 text-sm">No series has all of these words.</p>}
        {groups.map((group) => (
          <section key={group.key} aria-label={group.title} className="pb-3">
            <h3 className="caps px-1.5 pb-1">{group.title}</h3>
            <ul>
              {group.series.map((series) => (
                <li key={series.name}>
                  <button
                    type="button"
                    aria-pressed={chosen.includes(series.name)}
                    data-testid={`series-${series.name}`}
                    title={series.name}
                    onClick={() => onToggle(series.name)}
                    className={`flex h-6 w-full items-center gap-2 rounded-sm px-1.5 text-left text-sm hover:bg-raised aria-pressed:bg-accent-quiet aria-pressed:text-accent ${series.name === focus ? "font-semibold" : ""}`}
                  >
                    <Text value={series.title} className="min-w-0 flex-1 truncate" />
                    <span className="flex-none text-fg-3">
                      {series.unit}
                      {series.dashboards.length < catalog.dashboards.length &&
                        ` · ${series.dashboards.length}`}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}
