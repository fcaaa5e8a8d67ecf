import { useEffect, useState } from "react";
import { USER } from "../../dashboard-state/actor";
import type { Export } from "../../dashboard-state/export";
import { DataTable } from "../components/DataTable";
import { EmptyState } from "../components/EmptyState";
import { StatusMark } from "../components/StatusMark";
import { useDashboard, useDashboardState } from "../dashboard-context";
import { formatBytes, formatCount, formatTime } from "../format";

/** The rows, what was wrong with those that are not there, and the exports. */
export function DataTab() {
  const dashboard = useDashboard();
  const data = useDashboardState((state) => state.data);
  const exports = useDashboardState((state) => state.exports);
  if (!data.dataset) {
    return (
      <EmptyState title="No data">
        <span>Choose a sample, enter an address, or drop a CSV or JSON file anywhere.</span>
        <button type="button" className="button primary" onClick={() => dashboard.openModal("ingest")}>
          Ingest data
        </button>
        <Exports exports={exports} />
      </EmptyState>
    );
  }
  return (
    <div className="data-tab">
      <div className="stack">
        <div className="row">
          <h1 className="cut" title={data.source ?? undefined}>
            {data.source}
          </h1>
          <span className="dim grow cut">
            {formatCount(data.dataset.rowCount)} rows · {data.dataset.columns.length} columns · {data.format}
            {data.truncated && " · cut at the limit of rows held"}
          </span>
          <button
            type="button"
            className="button"
            onClick={() => {
              // What goes wrong is shown by the ingestion.
              dashboard.refreshData(USER).catch(() => {});
            }}
          >
            Refresh
          </button>
          <button type="button" className="button" onClick={() => dashboard.openModal("export")}>
            Export
          </button>
          <button type="button" className="button danger" onClick={() => dashboard.clearData(USER)}>
            Clear
          </button>
        </div>
        <Problems />
        <Exports exports={exports} />
      </div>
      <DataTable key={data.ingestedAt} dataset={data.dataset} />
    </div>
  );
}

function Problems() {
  const problems = useDashboardState(({ data }) => data.problems);
  const rejected = useDashboardState(({ data }) => data.quality?.rejectedRows ?? 0);
  const [open, setOpen] = useState(false);
  if (problems.length === 0) return null;
  return (
    <section
      className="notice"
      style={{ "--tone": "var(--caution)" } as React.CSSProperties}
      data-testid="row-problems"
    >
      <StatusMark tone="caution" />
      <div className="grow stack">
        <span>
          {formatCount(rejected)} rows were left out. {problems[0] && describeProblem(problems[0])}
        </span>
        {open && (
          <ul className="mono dim" style={{ maxHeight: 168, overflow: "auto" }}>
            {problems.map((problem) => (
              <li key={`${problem.row} ${problem.message}`}>{describeProblem(problem)}</li>
            ))}
          </ul>
        )}
      </div>
      <button type="button" className="button small" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "Hide" : "Show all"}
      </button>
    </section>
  );
}

function describeProblem({ row, field, message }: { row: number; field?: string; message: string }): string {
  return `Row ${formatCount(row)}${field === undefined ? "" : `, ${field}`}: ${message}.`;
}

function Exports({ exports }: { exports: readonly Export[] }) {
  if (exports.length === 0) return null;
  return (
    <div className="row" data-testid="exports" style={{ flexWrap: "wrap" }}>
      <h3>Exports</h3>
      {exports.slice(0, 4).map((one) => (
        <Download key={one.id} made={one} />
      ))}
    </div>
  );
}

function Download({ made }: { made: Export }) {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const created = URL.createObjectURL(made.blob);
    setAddress(created);
    return () => URL.revokeObjectURL(created);
  }, [made]);
  return (
    <a
      className="button small"
      href={address}
      download={made.name}
      style={{ textDecoration: "none" }}
      data-testid="export-entry"
    >
      {made.name}{" "}
      <span className="faint">
        {formatBytes(made.blob.size)} · {formatTime(made.at)}
      </span>
    </a>
  );
}
