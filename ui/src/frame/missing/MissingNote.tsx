import type { HubKey } from "../../bindings/HubKey";
import { Text } from "../../components/Text";
import { formatCount } from "../../format/numbers";
import { useNow } from "../../format/useNow";
import { fetchingText, missingBetween, whenText } from "./missing";
import { useMissing } from "./useMissing";

/** Stretches named one by one; more of them are told together. */
const NAMED = 2;

interface MissingNoteProps {
  /** What is looked at, in milliseconds since the Unix epoch; everything when left out. */
  from?: number;
  to?: number;
  /** Only of these hubs; of all when left out. */
  hubs?: readonly HubKey[];
  className?: string;
}

/** Says which records of what is looked at are not here yet, and when they will be; nothing when all of them are. */
export function MissingNote({ from = 0, to, hubs, className }: MissingNoteProps) {
  const now = useNow();
  const stretches = missingBetween(useMissing(), from, to ?? now, hubs);
  if (stretches.length === 0) return null;
  const named = stretches.slice(-NAMED).reverse();
  const others = stretches.slice(0, -NAMED).reduce((sum, stretch) => sum + stretch.records, 0);
  return (
    <ul
      role="status"
      data-testid="missing-note"
      className={`grid gap-0.5 text-fg-2 text-sm ${className ?? ""}`}
    >
      {named.map((stretch, index) => (
        <li key={`${stretch.hub.hub}/${stretch.from}`} className="flex min-w-0 items-center gap-2">
          <span aria-hidden="true" className="hatch h-3 w-4 flex-none rounded-sm border border-line" />
          <span className="min-w-0 truncate">
            <span className="text-fg">
              {formatCount(stretch.records)} {stretch.records === 1 ? "record" : "records"}{" "}
              {whenText(stretch, now)}
            </span>{" "}
            of <Text value={stretch.hub.name} /> {stretch.records === 1 ? "is" : "are"} not here yet
            {named[index - 1]?.hub === stretch.hub ? "" : `; ${fetchingText(stretch.hub)}`}
          </span>
        </li>
      ))}
      {others > 0 && <li className="pl-6">and {formatCount(others)} older ones</li>}
    </ul>
  );
}
