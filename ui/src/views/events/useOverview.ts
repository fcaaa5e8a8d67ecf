import { useEffect, useState } from "react";
import type { SearchOverview } from "../../bindings/SearchOverview";
import type { SearchScope } from "../../bindings/SearchScope";
import { usePlatform } from "../../platform/useView";

const BUCKETS = 120;
/** A count that is complete is made anew this often while new hits come, in milliseconds. */
const REFRESH = 15_000;

/** Counts over all hits of a search; shown while they are still being made. The last ones stay until there are others. */
export function useOverview(scope: SearchScope, refreshing: boolean): SearchOverview | null {
  const platform = usePlatform();
  const [overview, setOverview] = useState<SearchOverview | null>(null);
  const key = JSON.stringify(scope);

  useEffect(() => {
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const count = async () => {
      try {
        for (;;) {
          const counted = await platform.request("search_overview", {
            request: { scope: JSON.parse(key), buckets: BUCKETS },
          });
          if (!wanted) return;
          setOverview(counted);
          if (counted.isComplete) break;
        }
      } catch {
        // The list beside it says what is wrong with the search.
        if (wanted) setOverview(null);
        return;
      }
      if (refreshing) timer = setTimeout(() => void count(), REFRESH);
    };
    void count();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [platform, key, refreshing]);

  return overview;
}
