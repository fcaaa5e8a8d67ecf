import { StatusMark } from "./components/StatusMark";
import { useDashboard, useDashboardState } from "./dashboard-context";
import { formatTime } from "./format";

/** Alerts, and what operators want this dashboard's users to see. Always text, never markup. */
export function Notices() {
  const dashboard = useDashboard();
  const notices = useDashboardState((state) => state.notices);
  return notices.map(({ id, at, tone, title, message, from }) => (
    <div
      key={id}
      className="notice"
      role="status"
      data-testid="notice"
      style={{ "--tone": `var(--${tone})` } as React.CSSProperties}
    >
      <StatusMark tone={tone} />
      <span className="grow">
        <b>{title}</b> <span className="dim">{message}</span>
        {from && <span className="faint"> · {from}</span>}
      </span>
      <time className="faint" dateTime={new Date(at).toISOString()}>
        {formatTime(at)}
      </time>
      <button type="button" className="button small quiet" onClick={() => dashboard.dismiss(id)}>
        Dismiss
      </button>
    </div>
  ));
}
