import { Button } from "../../components/Button";
import { formatDuration, formatMoment } from "../../format/times";
import { usePresent } from "../../format/useNow";
import { parseRoute } from "../../navigation/route";
import { navigate } from "../../navigation/useRoute";
import { withinTime } from "../../views/events/query";
import type { Stretch } from "./span";
import { useSpanStore } from "./spanStore";

/** The span that was chosen on the track, and what can be done with it. */
export function ChosenSpan({ span }: { span: Stretch }) {
  const clear = useSpanStore((store) => store.clear);
  const present = usePresent();
  const search = () => {
    const here = parseRoute(window.location.hash);
    const query = here.view === "events" ? here.query : "";
    const iso = (at: number) => new Date(at).toISOString();
    navigate({ view: "events", query: withinTime(query, iso(span.from), iso(span.to)), record: null });
  };
  return (
    <div className="flex flex-wrap items-center gap-2" data-testid="chosen-span">
      <span className="caps">Span</span>
      <span className="font-mono text-sm">
        {formatMoment(span.from, present)} – {formatMoment(span.to, present)}
      </span>
      <span className="text-fg-2">{formatDuration(span.to - span.from)}</span>
      <Button testId="chart-span" onClick={() => navigate({ view: "metrics" })}>
        Chart it
      </Button>
      <Button testId="search-span" onClick={search}>
        Search it
      </Button>
      <Button variant="quiet" testId="clear-span" onClick={clear}>
        Clear
      </Button>
    </div>
  );
}
