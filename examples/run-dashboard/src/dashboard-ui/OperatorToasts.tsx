import { useEffect, useState } from "react";
import { describeActor } from "../dashboard-state/actor";
import { StatusMark } from "./components/StatusMark";
import { useDashboardState } from "./dashboard-context";
import { formatTime } from "./format";

/** How long a command stays in sight, in milliseconds. */
const SHOWN_MS = 8_000;

/** What operators just did here: a page must not change under its user's hands without a word. */
export function OperatorToasts() {
  const activity = useDashboardState((state) => state.activity);
  const [now, setNow] = useState(Date.now);
  const shown = activity.filter(({ command, at }) => command !== null && now - at < SHOWN_MS).slice(0, 3);
  const newest = activity[0]?.at ?? 0;
  useEffect(() => {
    setNow(Date.now());
    const timers = [setTimeout(() => setNow(Date.now()), Math.max(newest + SHOWN_MS + 50 - Date.now(), 0))];
    return () => timers.forEach(clearTimeout);
  }, [newest]);
  return (
    <div className="toasts" aria-live="polite">
      {shown.map(({ id, at, by, title, detail, tone }) => (
        <div key={id} className="toast" data-testid="operator-toast">
          <StatusMark tone={tone} />
          <span className="cut">
            <b>{describeActor(by)}</b> <span className="faint">{formatTime(at)}</span>
          </span>
          <span />
          <span className="mono cut" title={`${title}: ${detail}`}>
            {title} · {detail}
          </span>
        </div>
      ))}
    </div>
  );
}
