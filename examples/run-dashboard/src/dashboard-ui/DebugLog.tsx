import { useEffect, useRef } from "react";
import { useDashboardState } from "./dashboard-context";

/** What the dashboard says of itself in debug mode. */
export function DebugLog() {
  const debug = useDashboardState((state) => state.debug);
  const log = useDashboardState((state) => state.log);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (log.length > 0) end.current?.scrollIntoView?.({ block: "end" });
  }, [log]);
  if (!debug) return null;
  return (
    <section className="log" aria-label="Debug log" data-testid="debug-log">
      {log.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines are only added
        <div key={index}>{line}</div>
      ))}
      <div ref={end} />
    </section>
  );
}
