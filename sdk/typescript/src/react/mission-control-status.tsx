import type { CSSProperties, ReactElement } from "react";
import type { ConnectionDetail, ConnectionStatus } from "../connection/status.js";
import { useConnection, useLastCommand, useServiceMetrics } from "./hooks.js";
import type { StatusSource } from "./source.js";

/** Texts of a {@link MissionControlStatus}. */
export interface StatusLabels {
  /** Name of the whole. */
  readonly title: string;
  /** One word for each status. */
  readonly status: Readonly<Record<ConnectionStatus, string>>;
  /** Before the last command. */
  readonly lastCommand: string;
  /** Before the number of events. */
  readonly events: string;
  /** Before the number of errors. */
  readonly errors: string;
  /** Before the time since the start. */
  readonly uptime: string;
  /** Before the number of messages that wait. */
  readonly waiting: string;
}

/** The English texts. */
export const ENGLISH_LABELS: StatusLabels = {
  title: "Mission Control",
  status: {
    disconnected: "Disconnected",
    connecting: "Connecting",
    connected: "Connected",
    reconnecting: "Reconnecting",
    refused: "Refused",
  },
  lastCommand: "Last Command",
  events: "Events",
  errors: "Errors",
  uptime: "Uptime",
  waiting: "Waiting",
};

/** Properties of a {@link MissionControlStatus}. */
export interface MissionControlStatusProps {
  /** The service it shows. */
  readonly service: StatusSource;
  /** Added to the class `mission-control-status`. */
  readonly className?: string;
  /** Other texts. */
  readonly labels?: StatusLabels;
  /** How often the numbers are read, in milliseconds; 5,000 when not said. */
  readonly intervalMs?: number;
}

/** A shape for each status, for those to whom colours say nothing, in a square of 10. */
const SHAPES: Record<ConnectionStatus, string> = {
  connected: "M5 0.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9z",
  connecting: "M5 0.5a4.5 4.5 0 1 1 0 9z",
  reconnecting: "M5 0.5a4.5 4.5 0 1 1 0 9z",
  disconnected: "M1 1h8v8h-8zM2.5 2.5v5h5v-5z",
  refused: "M5 0.5L9.7 9.5H0.3z",
};

/** Each has a custom property, `--mission-control-` and the status, that takes its place. */
const COLOURS: Record<ConnectionStatus, string> = {
  connected: "#2e9e44",
  connecting: "#b7791f",
  reconnecting: "#b7791f",
  disconnected: "#868e96",
  refused: "#d6336c",
};

const ROW: CSSProperties = { display: "flex", alignItems: "center", gap: "0.5em" };
const DETAIL: CSSProperties = { fontSize: "0.85em", marginBlockStart: "0.5em" };
const GRID: CSSProperties = {
  ...DETAIL,
  display: "flex",
  flexWrap: "wrap",
  gap: "0.25em 1em",
  marginBlockEnd: 0,
};
const PAIR: CSSProperties = { display: "flex", gap: "0.25em" };
const NUMBER: CSSProperties = { margin: 0, fontVariantNumeric: "tabular-nums" };

/**
 * Shows whether Mission Control is connected, the last command, and how the service does. It takes font and colour from
 * where it stands; the mark's colours are custom properties (`--mission-control-connected` and so on), and each part has a
 * class for anything else. A change of the connection is announced to screen readers.
 */
export function MissionControlStatus({
  service,
  className,
  labels = ENGLISH_LABELS,
  intervalMs,
}: MissionControlStatusProps): ReactElement {
  const connection = useConnection(service);
  const command = useLastCommand(service);
  const metrics = useServiceMetrics(service, intervalMs);
  const { status } = connection;
  const numbers: [label: string, value: string][] = [
    [labels.events, String(metrics.eventCount)],
    [labels.errors, String(metrics.errorCount)],
    [labels.uptime, formatUptime(metrics.uptime)],
  ];
  if (metrics.queued > 0) numbers.push([labels.waiting, String(metrics.queued)]);
  return (
    <section
      aria-label={labels.title}
      className={className ? `mission-control-status ${className}` : "mission-control-status"}
      data-status={status}
    >
      <div role="status" style={ROW} title={explanation(connection)}>
        <svg
          aria-hidden="true"
          width="10"
          height="10"
          viewBox="0 0 10 10"
          className="mission-control-status-mark"
        >
          <path
            d={SHAPES[status]}
            fillRule="evenodd"
            style={{ fill: `var(--mission-control-${status}, ${COLOURS[status]})` }}
          />
        </svg>
        <span className="mission-control-status-text">
          {labels.title} {labels.status[status]}
        </span>
      </div>
      {connection.cause && status === "refused" && (
        <div className="mission-control-status-cause" style={DETAIL}>
          {connection.cause}
        </div>
      )}
      {command && (
        <div className="mission-control-status-command" style={DETAIL}>
          {labels.lastCommand}: {command.type} (
          <time dateTime={command.issuedAt}>{formatTime(command.issuedAt)}</time>)
        </div>
      )}
      <dl className="mission-control-status-metrics" style={GRID}>
        {numbers.map(([label, value]) => (
          <div key={label} style={PAIR}>
            <dt>{label}:</dt>
            <dd style={NUMBER}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function explanation({ cause, inOtherTab }: ConnectionDetail): string | undefined {
  return cause ?? (inOtherTab ? "through another tab" : undefined);
}

function formatTime(timestamp: string): string {
  return new Date(timestamp).toLocaleTimeString();
}

/** Milliseconds as days, hours, minutes and seconds: the two largest that matter. */
function formatUptime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([amount], index) => amount > 0 || index === parts.length - 1);
  return parts
    .slice(first, first + 2)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}
