import type { HubKey } from "../../bindings/HubKey";
import { missingBetween } from "./missing";
import { useMissing } from "./useMissing";

interface MissingHatchProps {
  /** The time axis it lies on, in milliseconds since the Unix epoch. */
  from: number;
  to: number;
  /** Only of these hubs; of all when left out. */
  hubs?: readonly HubKey[];
}

/** Hatches the stretches of a time axis whose records are not here yet: an empty place there does not mean that nothing
 * happened. */
export function MissingHatch({ from, to, hubs }: MissingHatchProps) {
  const place = (at: number) => Math.min(100, Math.max(0, ((at - from) / Math.max(1, to - from)) * 100));
  return missingBetween(useMissing(), from, to, hubs).map((stretch) => {
    const left = place(stretch.from ?? from);
    const right = place(stretch.to ?? to);
    return (
      <div
        key={`${stretch.hub.hub}/${stretch.from}`}
        aria-hidden="true"
        data-testid="missing-hatch"
        className="hatch pointer-events-none absolute inset-y-0"
        style={{ left: `${left}%`, width: `${Math.max(0.2, right - left)}%` }}
      />
    );
  });
}
