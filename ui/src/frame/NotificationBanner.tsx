import type { FrameView } from "../bindings/FrameView";
import { StatusIcon } from "../components/StatusIcon";
import { formatCount } from "../format/numbers";

/** Tells of alerts in the window when the desktop's notification service does not. */
export function NotificationBanner({ frame }: { frame: FrameView }) {
  const { notifications, unacknowledgedAlerts, alertCounts } = frame;
  if (notifications.state !== "unavailable" || unacknowledgedAlerts === 0) return null;
  const status = alertCounts.critical > 0 ? "critical" : alertCounts.serious > 0 ? "serious" : "caution";
  return (
    <p
      role="alert"
      data-testid="notification-banner"
      className="flex items-center gap-2 border-b border-line bg-surface bg-[linear-gradient(var(--caution-quiet),var(--caution-quiet))] px-5 py-1.5 text-fg-2"
    >
      <StatusIcon status={status} label="" />
      <span className="min-w-0 flex-1 truncate">
        <span className="font-semibold text-fg">
          {formatCount(unacknowledgedAlerts)} alert{unacknowledgedAlerts === 1 ? "" : "s"} nobody has
          acknowledged.
        </span>{" "}
        The desktop shows no notifications, so they are told here.
      </span>
      <a href="#/alerts" className="flex-none text-accent hover:underline">
        Open alerts
      </a>
    </p>
  );
}
