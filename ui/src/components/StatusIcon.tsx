import type { Severity } from "../bindings/Severity";
import type { Status } from "../bindings/Status";

/** What each status is called, for those who hear the page. */
export const statusLabel: Record<Status, string> = {
  off: "Off",
  standby: "Standby",
  normal: "Normal",
  caution: "Caution",
  serious: "Serious",
  critical: "Critical",
};

/** The status a severity looks like. */
export const severityStatus: Record<Severity, Status> = {
  debug: "standby",
  info: "standby",
  warning: "caution",
  error: "serious",
  critical: "critical",
};

export const statusText: Record<Status, string> = {
  off: "text-off",
  standby: "text-standby",
  normal: "text-normal",
  caution: "text-caution",
  serious: "text-serious",
  critical: "text-critical",
};

interface StatusIconProps {
  status: Status;
  /** Edge in pixels. */
  size?: number;
  /** What it stands for, when that is more than the status; empty when the text beside it says so. */
  label?: string;
  className?: string;
}

/** A status as a shape and a colour: neither is needed to read the other. */
export function StatusIcon({ status, size = 12, label, className }: StatusIconProps) {
  const name = label ?? statusLabel[status];
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: named by aria-label, or hidden where the text beside it names it
    <svg
      viewBox="0 0 12 12"
      width={size}
      height={size}
      className={`block flex-none ${statusText[status]} ${className ?? ""}`}
      data-status={status}
      {...(name === "" ? { "aria-hidden": true } : { role: "img", "aria-label": name })}
    >
      <Shape status={status} />
    </svg>
  );
}

function Shape({ status }: { status: Status }) {
  switch (status) {
    case "critical":
      return <path d="M6 .8 11.6 11H.4z" fill="currentColor" />;
    case "serious":
      return <path d="M6 0l6 6-6 6-6-6z" fill="currentColor" />;
    case "caution":
      return <path d="M1.5 1.5h9v9h-9z" fill="currentColor" />;
    case "normal":
      return <circle cx="6" cy="6" r="5" fill="currentColor" />;
    case "standby":
      return <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" strokeWidth="2" />;
    case "off":
      return <path d="M1 6h10" stroke="currentColor" strokeWidth="2.4" />;
  }
}
