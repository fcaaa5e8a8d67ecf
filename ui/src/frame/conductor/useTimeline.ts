import { useEffect, useState } from "react";
import type { Timeline } from "../../bindings/Timeline";
import { asRequestError } from "../../platform/platform";
import { usePlatform } from "../../platform/useView";
import type { Span, Stretch } from "./span";

/** Parts the track is divided into. */
const BUCKETS = 240;
/** A track that ends now is read again this often, in milliseconds. */
const REFRESH = 15_000;

/** What the track is drawn from; null until it was read. */
export function useTimeline(
  span: Span,
  stretch: Stretch,
): { timeline: Timeline | null; problem: string | null } {
  const platform = usePlatform();
  const [timeline, setTimeline] = useState<Timeline | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  // Read anew when the stretch has moved by a part, not with every millisecond.
  const grain = Math.max(1000, Math.min(REFRESH, (stretch.to - stretch.from) / BUCKETS));
  const to = Math.ceil(stretch.to / grain) * grain;
  const from = span === "all" ? null : to - (stretch.to - stretch.from);

  useEffect(() => {
    let wanted = true;
    const iso = (at: number) => new Date(at).toISOString();
    platform
      .request("timeline", {
        request: { from: from === null ? null : iso(from), to: iso(to), buckets: BUCKETS },
      })
      .then(
        (read) => {
          if (!wanted) return;
          setTimeline(read);
          setProblem(null);
        },
        (error) => wanted && setProblem(asRequestError(error).message),
      );
    return () => {
      wanted = false;
    };
  }, [platform, from, to]);

  return { timeline, problem };
}
