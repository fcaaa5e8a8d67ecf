import { ProgressBar } from "./components/ProgressBar";
import { StatusMark } from "./components/StatusMark";
import { useDashboard, useDashboardState } from "./dashboard-context";
import { formatBytes, formatCount } from "./format";

/** How the ingestion goes, or why it did not. */
export function IngestionStatus() {
  const dashboard = useDashboard();
  const { status, source, read, progress, error } = useDashboardState((state) => state.ingestion);
  if (status === "running") {
    return (
      <div className="stack" data-testid="ingestion" data-status={status}>
        <div className="row">
          <StatusMark tone="standby" />
          <span className="grow cut">
            Ingesting {source}
            <span className="faint">
              {" "}
              {read &&
                `${formatBytes(read.bytesRead)}${read.bytes ? ` of ${formatBytes(read.bytes)}` : ""} · ${formatCount(read.rows)} rows`}
            </span>
          </span>
          <button type="button" className="button small" onClick={() => dashboard.cancelIngestion()}>
            Cancel
          </button>
        </div>
        <ProgressBar part={read?.bytes ? progress : null} label="Ingestion" />
      </div>
    );
  }
  if (!error) return null;
  const tone = status === "cancelled" ? "off" : "serious";
  return (
    <div
      className="notice"
      style={{ "--tone": `var(--${tone})` } as React.CSSProperties}
      role="alert"
      data-testid="ingestion"
      data-status={status}
      data-code={error.code}
    >
      <StatusMark tone={tone} />
      <span className="grow">
        <b>{source}</b>: {error.message}
      </span>
    </div>
  );
}
