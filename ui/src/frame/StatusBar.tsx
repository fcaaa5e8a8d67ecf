import type { ConductorView } from "../bindings/ConductorView";
import type { FrameView } from "../bindings/FrameView";
import type { HubChip } from "../bindings/HubChip";
import type { NotificationService } from "../bindings/NotificationService";
import type { Status } from "../bindings/Status";
import { ProgressBar } from "../components/ProgressBar";
import { StatusIcon, statusText } from "../components/StatusIcon";
import { Text } from "../components/Text";
import { Tooltip } from "../components/Tooltip";
import { formatCompact, formatCount } from "../format/numbers";
import { plainLine } from "../format/plainText";
import { formatInstant, formatMoment, formatTime } from "../format/times";
import { useNow } from "../format/useNow";
import { TransferMark } from "../transfers/TransferMark";
import { ActivityStrip } from "./ActivityStrip";
import { BrandMark } from "./icons";
import { fetchingText, percent } from "./missing/missing";

type PastView = Extract<ConductorView, { mode: "past" }>;

/** The bar over every view: hubs, whether this is live, alerts, the clock. */
interface StatusBarProps {
  frame: FrameView | null;
  /** Whether the time conductor is in sight. */
  conductorOpen: boolean;
  onConductor: () => void;
}

export function StatusBar({ frame, conductorOpen, onConductor }: StatusBarProps) {
  return (
    <header className="col-span-2 flex min-w-0 items-center gap-4 border-b border-line bg-surface px-4">
      <div className="mr-1 flex flex-none items-center gap-2 font-[650] tracking-[-.01em]">
        <BrandMark />
        Mission Control
      </div>
      {frame && (
        <>
          <ul aria-label="Hubs" className="flex min-w-0 flex-[0_1_auto] gap-2 overflow-hidden">
            {frame.hubs.map((hub) => (
              <HubItem key={hub.hub} hub={hub} />
            ))}
          </ul>
          <LiveMark frame={frame} open={conductorOpen} onToggle={onConductor} />
          <ActivityStrip minutes={frame.activity} />
          <TransferMark />
          <NotificationProblem service={frame.notifications} />
          <AlertCountList frame={frame} />
        </>
      )}
      <Clock
        className={frame ? "" : "ml-auto"}
        past={frame?.conductor.mode === "past" ? frame.conductor : null}
      />
    </header>
  );
}

function HubItem({ hub }: { hub: HubChip }) {
  const now = useNow();
  return (
    <li className="min-w-0">
      <Tooltip
        text={
          hub.connection.state === "cached"
            ? hub.connection.reason
            : [
                `${hub.onlineDashboards} of ${hub.dashboards} dashboards online`,
                hub.missing &&
                  `${formatCount(hub.missing.records)} older records are not here yet; ${fetchingText(hub)}`,
              ]
                .filter(Boolean)
                .join(". ")
        }
      >
        <a
          href="#/settings"
          data-testid={`hub-chip-${hub.name}`}
          data-state={hub.connection.state}
          className="relative flex h-[26px] min-w-0 items-center gap-1.5 overflow-hidden rounded-md border border-line px-2 whitespace-nowrap text-fg-2 -outline-offset-2 hover:border-line-strong"
        >
          <StatusIcon
            status={hub.status}
            label={hub.archive ? "Archive" : connectionLabel[hub.connection.state]}
          />
          <Text value={hub.name} className="truncate" titled />
          <span className="flex-none text-fg-3">{connectionDetail(hub, now)}</span>
          <ChipProgress hub={hub} />
        </a>
      </Tooltip>
    </li>
  );
}

/** How far what was missed, or what is older, has been fetched. */
function ChipProgress({ hub }: { hub: HubChip }) {
  const part =
    hub.connection.state === "catchingUp"
      ? hub.connection.progress
      : hub.connection.state === "live" && hub.missing
        ? hub.missing.progress
        : null;
  if (part === null) return null;
  return (
    <span className="absolute inset-x-0 bottom-0">
      <ProgressBar part={part} label={`Records of ${plainLine(hub.name)} fetched`} />
    </span>
  );
}

const connectionLabel: Record<HubChip["connection"]["state"], string> = {
  connecting: "Connecting",
  catchingUp: "Catching up",
  live: "Connected",
  cached: "Not connected",
  past: "As it was",
};

function connectionDetail(hub: HubChip, now: number): string {
  const { connection, latencyMilliseconds, onlineDashboards, missing, archive } = hub;
  if (archive && connection.state === "cached") {
    return archive.to ? `up to ${formatMoment(archive.to, now).slice(0, -3)}` : "empty";
  }
  switch (connection.state) {
    case "connecting":
      return "connecting";
    case "catchingUp":
      return `catching up ${percent(connection.progress)}`;
    case "live":
      if (missing) return `older records ${percent(missing.progress)}`;
      return latencyMilliseconds === null ? "connected" : `${formatCompact(latencyMilliseconds)} ms`;
    case "cached":
      return connection.at ? `cached at ${formatTime(connection.at)}` : "never reached";
    case "past":
      return `${onlineDashboards} online`;
  }
}

/** Whether what is shown is what is. Only a connected, current hub makes it live. Opens the time conductor. */
function LiveMark({ frame, open, onToggle }: { frame: FrameView; open: boolean; onToggle: () => void }) {
  const states = frame.hubs.map((hub) => hub.connection.state);
  const [status, text]: [Status, string] =
    frame.conductor.mode === "past"
      ? ["standby", "Past"]
      : states.includes("live")
        ? ["normal", "Live"]
        : states.some((state) => state !== "cached")
          ? ["standby", "Connecting"]
          : ["off", "Offline"];
  return (
    <Tooltip text="Show any instant of the record (t)">
      <button
        type="button"
        data-testid="live-mark"
        data-live={text === "Live"}
        aria-expanded={open}
        onClick={onToggle}
        className={`flex h-[26px] flex-none items-center gap-1.5 rounded-md px-1.5 font-semibold -outline-offset-2 hover:bg-raised ${text === "Past" ? "text-accent" : statusText[status]}`}
      >
        {text === "Past" ? <PastIcon /> : <StatusIcon status={status} label="" />}
        {text}
      </button>
    </Tooltip>
  );
}

function PastIcon() {
  return (
    <svg
      width="14"
      height="14"
      viewBox="0 0 18 18"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
    >
      <path d="M3.2 5.2A7 7 0 1 1 2 9M2.6 2v3.6h3.6M9 5v4.4l2.8 1.8" />
    </svg>
  );
}

function NotificationProblem({ service }: { service: NotificationService }) {
  if (service.state !== "unavailable") return null;
  return (
    <Tooltip text={service.reason}>
      <a
        href="#/settings"
        data-testid="notification-problem"
        className="flex flex-none items-center gap-1.5 text-fg-2 hover:text-fg"
      >
        <StatusIcon status="caution" label="" />
        No notifications
      </a>
    </Tooltip>
  );
}

const shownCounts = ["critical", "serious", "caution"] as const;

function AlertCountList({ frame }: { frame: FrameView }) {
  return (
    <a
      href="#/alerts"
      aria-label="Open alerts"
      className="flex flex-none items-center gap-3"
      data-testid="alert-counts"
    >
      {shownCounts.map((status) => (
        <span
          key={status}
          className={`flex items-center gap-2 ${frame.alertCounts[status] === 0 ? "opacity-45" : ""}`}
        >
          <StatusIcon status={status} />
          <b className="font-semibold" data-testid={`alert-count-${status}`}>
            {frame.alertCounts[status]}
          </b>
        </span>
      ))}
    </a>
  );
}

/** The time now; in the past the instant that was chosen, also while what it looked like is still being read. */
function Clock({ className, past }: { className: string; past: PastView | null }) {
  const now = useNow();
  const isLoading = past?.isLoading ?? false;
  return (
    <time
      className={`flex-none font-mono text-sm ${past ? "text-accent" : "text-fg-2"} ${isLoading ? "opacity-60" : ""} ${className}`}
      aria-busy={isLoading}
      data-testid="clock"
    >
      {past ? formatInstant(past.at).slice(0, 19) : formatTime(now)} <span className="text-fg-3">UTC</span>
    </time>
  );
}
